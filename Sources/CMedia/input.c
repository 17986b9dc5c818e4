#include "CMedia.h"

#include <libavutil/avstring.h>
#include <libavutil/time.h>

typedef struct {
    int64_t until;
} deadline;

static int passed(void *opaque) {
    const deadline *limit = opaque;
    return limit->until && av_gettime_relative() > limit->until;
}

int cm_open(const char *path, const char *format, const char *formats, double seconds, AVFormatContext **out) {
    *out = NULL;
    cm_log_install();
    AVFormatContext *input = avformat_alloc_context();
    deadline *limit = av_mallocz(sizeof *limit);
    char *url = av_asprintf("file:%s", path);   // a name such as "http:x.mp4" is a name, not an address
    AVDictionary *options = NULL;
    int code = AVERROR(ENOMEM);
    if (!input || !limit || !url) goto fail;
    limit->until = av_gettime_relative() + (int64_t)(seconds * 1e6);
    input->interrupt_callback = (AVIOInterruptCB){passed, limit};
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    if (formats) av_dict_set(&options, "format_whitelist", formats, 0);
    code = avformat_open_input(&input, url, format ? av_find_input_format(format) : NULL, &options);
    if (code < 0) goto fail;   // avformat_open_input has freed input and set it to NULL
    input->opaque = limit;
    code = avformat_find_stream_info(input, NULL);
    if (code < 0) {
        avformat_close_input(&input);
        goto fail;
    }
    limit->until = 0;
    av_dict_free(&options);
    av_free(url);
    *out = input;
    return 0;
fail:
    if (input) avformat_free_context(input);
    av_dict_free(&options);
    av_free(url);
    av_free(limit);
    return code;
}

void cm_close(AVFormatContext **input) {
    if (!*input) return;
    void *limit = (*input)->opaque;
    avformat_close_input(input);
    av_free(limit);
}

int cm_open_decoder(const AVStream *stream, int threads, int64_t max_pixels, AVCodecContext **out) {
    *out = NULL;
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    if (!codec) return AVERROR_DECODER_NOT_FOUND;
    AVCodecContext *context = avcodec_alloc_context3(codec);
    if (!context) return AVERROR(ENOMEM);
    int code = avcodec_parameters_to_context(context, stream->codecpar);
    if (code >= 0) {
        context->thread_count = threads;
        context->max_pixels = max_pixels;
        context->pkt_timebase = stream->time_base;
        code = avcodec_open2(context, codec, NULL);
    }
    if (code < 0) avcodec_free_context(&context);
    *out = context;
    return code < 0 ? code : 0;
}

static int get_and_keep(AVCodecContext *context, AVFrame *frame, int flags) {
    AVFrame *latest = context->opaque;
    int code = avcodec_default_get_buffer2(context, frame, flags);
    if (code < 0) return code;
    // A picture that others refer to and that is missing gets a buffer as well: in HEVC after the picture, in H.264 before.
    if (latest->buf[0] && context->codec_id == AV_CODEC_ID_HEVC) return 0;
    av_frame_unref(latest);
    if ((code = av_frame_ref(latest, frame)) < 0) return code;
    latest->width = context->width, latest->height = context->height;
    return 0;
}

void cm_keep_latest(AVCodecContext *context, AVFrame *latest) {
    context->opaque = latest;
    context->get_buffer2 = get_and_keep;
}

int cm_index(AVStream *stream, int *shown, int *varies) {
    int count = avformat_index_get_entries_count(stream);
    *shown = *varies = 0;
    int64_t low = INT64_MAX, high = INT64_MIN, before = AV_NOPTS_VALUE;
    for (int i = 0; i < count; i++) {
        const AVIndexEntry *entry = avformat_index_get_entry(stream, i);
        if (!entry) break;
        *shown += !(entry->flags & AVINDEX_DISCARD_FRAME);
        if (before != AV_NOPTS_VALUE && entry->timestamp > before) {
            int64_t step = entry->timestamp - before;
            if (step < low) low = step;
            if (step > high) high = step;
        }
        before = entry->timestamp;
    }
    *varies = high > low && high - low > 1;
    return count;
}
