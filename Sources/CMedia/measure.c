#include "CMedia.h"

#include <math.h>
#include <stdlib.h>

double cm_difference(const uint8_t *a, const uint8_t *b, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += (uint64_t)abs(a[i] - b[i]);
    return count ? (double)sum / (double)count : 0;
}

double cm_sharpness(const uint8_t *grey, int width, int height) {
    if (width < 2 || height < 2) return 0;
    double sum = 0, squares = 0;
    for (int y = 0; y < height; y++) {
        const uint8_t *row = grey + (size_t)y * width;
        const uint8_t *above = y ? row - width : row + width, *below = y < height - 1 ? row + width : row - width;
        for (int x = 0; x < width; x++) {
            int left = row[x ? x - 1 : 1], right = row[x < width - 1 ? x + 1 : x - 1];
            double value = above[x] + below[x] + left + right - 4 * row[x];
            sum += value, squares += value * value;
        }
    }
    double count = (double)width * height, mean = sum / count;
    return squares / count - mean * mean;
}

int cm_sound(AVFormatContext *input, int index, AVCodecContext *decoder, cm_loudness *out) {
    *out = (cm_loudness){0};
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    SwrContext *converter = NULL;
    float *samples = NULL;
    unsigned int room = 0;
    double squares = 0;
    int code = packet && frame ? 0 : AVERROR(ENOMEM), ended = 0;
    while (code >= 0) {
        int got = avcodec_receive_frame(decoder, frame);
        if (got == AVERROR(EAGAIN) && !ended) {
            do {
                av_packet_unref(packet);
                ended = av_read_frame(input, packet) < 0;
            } while (!ended && packet->stream_index != index);
            avcodec_send_packet(decoder, ended ? NULL : packet);   // a damaged packet is a short silence, not an end
            continue;
        }
        if (got < 0) {
            if (got == AVERROR(EAGAIN) || got == AVERROR_EOF || ended) break;
            continue;
        }
        int channels = frame->ch_layout.nb_channels;
        if (frame->nb_samples <= 0 || channels <= 0) continue;
        if (!converter) {
            code = swr_alloc_set_opts2(&converter, &frame->ch_layout, AV_SAMPLE_FMT_FLT, frame->sample_rate, &frame->ch_layout,
                                       frame->format, frame->sample_rate, 0, NULL);
            if (code >= 0) code = swr_init(converter);
            if (code < 0) break;
            out->channels = channels;
        }
        if (channels != out->channels) continue;
        av_fast_malloc(&samples, &room, (size_t)frame->nb_samples * channels * sizeof(float));
        if (!samples) {
            code = AVERROR(ENOMEM);
            break;
        }
        uint8_t *to[1] = {(uint8_t *)samples};
        int count = swr_convert(converter, to, frame->nb_samples, (const uint8_t **)frame->extended_data, frame->nb_samples);
        for (int64_t i = 0; i < (int64_t)count * channels; i++) {
            double value = fabs(samples[i]);
            if (!(value <= 1e6)) continue;
            squares += value * value;
            if (value > out->peak) out->peak = value;
            out->samples++;
        }
    }
    if (out->samples) out->level = sqrt(squares / (double)out->samples);
    av_free(samples);
    swr_free(&converter);
    av_frame_free(&frame);
    av_packet_free(&packet);
    return code < 0 ? code : 0;
}
