#include <libavutil/avstring.h>
#include <string.h>

#include "CMedia.h"

int cm_open_encoder(const char *name, int width, int height, int format, AVRational time_base, AVRational rate,
                    const char *options, int global_header, const AVFrame *tags, AVCodecContext **out) {
    *out = NULL;
    cm_log_install();
    const AVCodec *codec = avcodec_find_encoder_by_name(name);
    if (!codec) return AVERROR_ENCODER_NOT_FOUND;
    AVCodecContext *context = avcodec_alloc_context3(codec);
    if (!context) return AVERROR(ENOMEM);
    context->width = width, context->height = height, context->pix_fmt = format;
    context->time_base = time_base, context->framerate = rate;
    if (global_header) context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (tags) {
        context->color_range = tags->color_range, context->colorspace = tags->colorspace;
        context->color_primaries = tags->color_primaries, context->color_trc = tags->color_trc;
        context->sample_aspect_ratio = tags->sample_aspect_ratio;
        context->chroma_sample_location = tags->chroma_location;
    }
    AVDictionary *dictionary = NULL;
    int code = options ? av_dict_parse_string(&dictionary, options, "=", ":", 0) : 0;
    if (code >= 0) code = avcodec_open2(context, codec, &dictionary);
    if (code >= 0 && av_dict_count(dictionary) > 0) code = AVERROR_OPTION_NOT_FOUND;
    av_dict_free(&dictionary);
    if (code < 0) avcodec_free_context(&context);
    *out = context;
    return code < 0 ? code : 0;
}

int cm_open_aac(const AVCodecContext *source, int global_header, AVCodecContext **out) {
    *out = NULL;
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    if (!codec) return AVERROR_ENCODER_NOT_FOUND;
    AVCodecContext *context = avcodec_alloc_context3(codec);
    if (!context) return AVERROR(ENOMEM);
    context->sample_fmt = AV_SAMPLE_FMT_FLTP;
    context->sample_rate = source->sample_rate;
    if (codec->supported_samplerates) {
        int best = codec->supported_samplerates[0];
        for (const int *rate = codec->supported_samplerates; *rate; rate++)
            if (abs(*rate - source->sample_rate) < abs(best - source->sample_rate)) best = *rate;
        context->sample_rate = best;
    }
    // AAC names few layouts; the usual one of as many channels, at most 8, is among them.
    int channels = source->ch_layout.nb_channels;
    av_channel_layout_default(&context->ch_layout, channels < 1 ? 1 : channels > 8 || channels == 7 ? 2 : channels);
    context->time_base = (AVRational){1, context->sample_rate};
    if (global_header) context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    int code = avcodec_open2(context, codec, NULL);
    if (code < 0) avcodec_free_context(&context);
    *out = context;
    return code < 0 ? code : 0;
}

int cm_open_resampler(const AVCodecContext *source, const AVCodecContext *target, SwrContext **out) {
    *out = NULL;
    AVChannelLayout from = {0};
    if (source->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) av_channel_layout_default(&from, source->ch_layout.nb_channels);
    else av_channel_layout_copy(&from, &source->ch_layout);
    int code = swr_alloc_set_opts2(out, (AVChannelLayout *)&target->ch_layout, target->sample_fmt, target->sample_rate, &from,
                                   source->sample_fmt, source->sample_rate, 0, NULL);
    av_channel_layout_uninit(&from);
    if (code >= 0) code = swr_init(*out);
    if (code < 0) swr_free(out);
    return code < 0 ? code : 0;
}

int cm_create(const char *path, const char *format, AVFormatContext **out) {
    cm_log_install();
    int code = avformat_alloc_output_context2(out, NULL, format, path);
    return code < 0 ? code : 0;
}

int cm_begin(AVFormatContext *output, const char *path, const char *options) {
    char *url = av_asprintf("file:%s", path);
    if (!url) return AVERROR(ENOMEM);
    int code = avio_open(&output->pb, url, AVIO_FLAG_WRITE);
    av_free(url);
    if (code < 0) return code;
    AVDictionary *dictionary = NULL;
    if (options) av_dict_parse_string(&dictionary, options, "=", ":", 0);
    code = avformat_write_header(output, &dictionary);
    av_dict_free(&dictionary);
    return code < 0 ? code : 0;
}

int cm_end(AVFormatContext **output, int complete) {
    if (!*output) return 0;
    int code = 0;
    if (complete) code = av_write_trailer(*output);
    if ((*output)->pb) {
        if (code >= 0 && (*output)->pb->error < 0) code = (*output)->pb->error;
        int closed = avio_closep(&(*output)->pb);
        if (code >= 0) code = closed;
    }
    avformat_free_context(*output);
    *output = NULL;
    return code < 0 ? code : 0;
}

static int full_range(int format) {
    return format == AV_PIX_FMT_YUVJ420P || format == AV_PIX_FMT_YUVJ422P || format == AV_PIX_FMT_YUVJ444P;
}

int cm_fill(AVFrame *frame, const uint8_t *pixels, int width, int height, int channels) {
    int code = av_frame_make_writable(frame);
    if (code < 0) return code;
    int stride = FFALIGN(frame->width * channels, 64) + 64;
    uint8_t *wide = av_malloc((size_t)stride * frame->height + 64);
    if (!wide) return AVERROR(ENOMEM);
    for (int y = 0; y < frame->height; y++) {
        const uint8_t *from = pixels + (size_t)FFMIN(y, height - 1) * width * channels;
        uint8_t *to = wide + (size_t)y * stride;
        memcpy(to, from, (size_t)width * channels);
        for (int x = width; x < frame->width; x++) memcpy(to + x * channels, from + (width - 1) * channels, channels);
    }
    enum AVPixelFormat format = channels == 3 ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_GRAY8;
    struct SwsContext *scaler = sws_getContext(
        frame->width, frame->height, format, frame->width, frame->height, frame->format,
        SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP, NULL, NULL, NULL);
    code = scaler ? 0 : AVERROR(ENOSYS);
    if (scaler) {
        const int *space = sws_getCoefficients(SWS_CS_DEFAULT);
        sws_setColorspaceDetails(scaler, space, 1, space, full_range(frame->format), 0, 1 << 16, 1 << 16);
        const uint8_t *planes[4] = {wide};
        int strides[4] = {stride};
        code = sws_scale(scaler, planes, strides, 0, frame->height, frame->data, frame->linesize);
    }
    sws_freeContext(scaler);
    av_free(wide);
    return code < 0 ? code : 0;
}

int cm_turn(const AVFrame *frame, int orientation, AVFrame **out) {
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(frame->format);
    if (!format || format->log2_chroma_w != format->log2_chroma_h || !(format->flags & AV_PIX_FMT_FLAG_PLANAR) ||
        format->comp[0].depth > 16)
        return AVERROR(ENOSYS);
    AVFrame *to = *out = av_frame_alloc();
    if (!to) return AVERROR(ENOMEM);
    int swap = orientation >= 5, bytes = format->comp[0].depth > 8 ? 2 : 1;
    to->format = frame->format, to->width = swap ? frame->height : frame->width;
    to->height = swap ? frame->width : frame->height;
    int code = av_frame_copy_props(to, frame);
    if (swap && to->sample_aspect_ratio.num > 0)
        to->sample_aspect_ratio = (AVRational){frame->sample_aspect_ratio.den, frame->sample_aspect_ratio.num};
    if (code >= 0) code = av_frame_get_buffer(to, 0);
    for (int p = 0; code >= 0 && p < 4 && frame->data[p]; p++) {
        int shift = p == 1 || p == 2 ? format->log2_chroma_w : 0;
        int w = AV_CEIL_RSHIFT(frame->width, shift), h = AV_CEIL_RSHIFT(frame->height, shift);
        size_t row = (size_t)w * bytes;
        uint8_t *packed = av_malloc(row * h), *turned = av_malloc(row * h);
        if (packed && turned) {
            for (int y = 0; y < h; y++) memcpy(packed + y * row, frame->data[p] + (ptrdiff_t)y * frame->linesize[p], row);
            cm_orient(packed, w, h, bytes, orientation, turned);
            size_t turned_row = (size_t)(swap ? h : w) * bytes;
            for (int y = 0; y < (swap ? w : h); y++)
                memcpy(to->data[p] + (ptrdiff_t)y * to->linesize[p], turned + y * turned_row, turned_row);
        } else {
            code = AVERROR(ENOMEM);
        }
        av_free(packed), av_free(turned);
    }
    if (code < 0) av_frame_free(out);
    return code < 0 ? code : 0;
}

uint64_t cm_hash(const uint8_t *bytes, size_t count, uint64_t seed) {
    for (size_t i = 0; i < count; i++) seed = (seed ^ bytes[i]) * 0x100000001b3ull;
    return seed;
}

int cm_encoder_format(const char *name, int format) {
    const AVCodec *codec = avcodec_find_encoder_by_name(name);
    if (!codec || !codec->pix_fmts) return format;
    return avcodec_find_best_pix_fmt_of_list(codec->pix_fmts, format, 0, NULL);
}

void cm_drop_samples(AVFrame *frame, int count) {
    int bytes = av_get_bytes_per_sample(frame->format), planar = av_sample_fmt_is_planar(frame->format);
    int channels = frame->ch_layout.nb_channels, planes = planar ? channels : 1;
    for (int p = 0; p < planes; p++) {
        frame->extended_data[p] += (size_t)count * bytes * (planar ? 1 : channels);
        if (p < AV_NUM_DATA_POINTERS) frame->data[p] = frame->extended_data[p];
    }
    frame->nb_samples -= count;
}
