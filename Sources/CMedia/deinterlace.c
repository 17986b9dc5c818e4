#include "CMedia.h"

#include <dlfcn.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <pthread.h>
#include <stdbool.h>

// Opened when something is deinterlaced, and for this file alone. As a library of the program it brings Debian's libblas along (its filter
// `asr` wants it), whose sgemm_ then takes the place of libtorch's own: every product in fp32 took ten times as long (measured).
#define FUNCTIONS(F)                                                                                                       \
    F(avfilter_graph_alloc) F(avfilter_graph_create_filter) F(avfilter_get_by_name) F(avfilter_link) F(avfilter_graph_config) \
    F(avfilter_graph_free) F(av_buffersrc_add_frame_flags) F(av_buffersink_get_frame) F(av_buffersink_get_time_base)
#define MEMBER(name) __typeof__(name) *name;
static struct { FUNCTIONS(MEMBER) } f;
static bool is_open;

static void open_filters(void) {
    void *library = dlopen("libavfilter.so." AV_STRINGIFY(LIBAVFILTER_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    is_open = true;
#define FIND(name)                                               \
    *(void **)&f.name = dlsym(library, #name);                   \
    is_open &= f.name != NULL;
    FUNCTIONS(FIND)
}

struct cm_deinterlacer {
    AVFilterGraph *graph;
    AVFilterContext *source, *sink;
};

int cm_deinterlacer_new(const AVFrame *like, int threads, cm_deinterlacer **out) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    *out = NULL;
    pthread_once(&once, open_filters);
    if (!is_open) return AVERROR_FILTER_NOT_FOUND;
    cm_log_install();
    cm_deinterlacer *d = av_mallocz(sizeof *d);
    if (!d) return AVERROR(ENOMEM);
    AVRational aspect = like->sample_aspect_ratio;
    char picture[160];
    // A tick a picture: the numbers of pictures come back as their times.
    snprintf(picture, sizeof picture, "video_size=%dx%d:pix_fmt=%d:time_base=1/1:pixel_aspect=%d/%d", like->width,
             like->height, like->format, aspect.num > 0 ? aspect.num : 1, aspect.num > 0 && aspect.den > 0 ? aspect.den : 1);
    AVFilterContext *filter = NULL;
    int code = AVERROR(ENOMEM);
    if (!(d->graph = f.avfilter_graph_alloc())) goto fail;
    d->graph->nb_threads = threads;
    const char *options = "mode=send_frame:parity=auto:deint=interlaced";
    if ((code = f.avfilter_graph_create_filter(&d->source, f.avfilter_get_by_name("buffer"), NULL, picture, NULL, d->graph)) < 0 ||
        (code = f.avfilter_graph_create_filter(&filter, f.avfilter_get_by_name("bwdif"), NULL, options, NULL, d->graph)) < 0 ||
        (code = f.avfilter_graph_create_filter(&d->sink, f.avfilter_get_by_name("buffersink"), NULL, NULL, NULL, d->graph)) < 0 ||
        (code = f.avfilter_link(d->source, 0, filter, 0)) < 0 || (code = f.avfilter_link(filter, 0, d->sink, 0)) < 0 ||
        (code = f.avfilter_graph_config(d->graph, NULL)) < 0)
        goto fail;
    *out = d;
    return 0;
fail:
    cm_deinterlacer_free(d);
    return code;
}

void cm_deinterlacer_free(cm_deinterlacer *d) {
    if (!d) return;
    if (d->graph) f.avfilter_graph_free(&d->graph);
    av_free(d);
}

int cm_deinterlacer_push(cm_deinterlacer *d, const AVFrame *frame, int64_t number) {
    if (!frame) return f.av_buffersrc_add_frame_flags(d->source, NULL, 0);
    AVFrame *own = av_frame_clone(frame);
    if (!own) return AVERROR(ENOMEM);
    own->pts = number;
    int code = f.av_buffersrc_add_frame_flags(d->source, own, 0);
    av_frame_free(&own);
    return code;
}

int cm_deinterlacer_pull(cm_deinterlacer *d, AVFrame *out, int64_t *number) {
    int code = f.av_buffersink_get_frame(d->sink, out);
    if (code < 0) return code;
    *number = av_rescale_q(out->pts, f.av_buffersink_get_time_base(d->sink), (AVRational){1, 1});
    return 0;
}
