#include "CMedia.h"

#include <math.h>
#include <string.h>

// swscale's vector code writes up to this many bytes past the end of a row.
enum { slack = 64 };

struct cm_converter {
    struct SwsContext *scaler;
    int from_width, from_height, from_format, full, space, chroma, width, height, format, flags;
    uint8_t *scratch;
    size_t scratch_size;
    uint8_t *turned;
    size_t turned_size;
    float *linear;      // code value → linear light, 4096 entries, of `transfer`
    int transfer;
};

cm_converter *cm_converter_new(void) { return av_mallocz(sizeof(cm_converter)); }

void cm_converter_free(cm_converter *c) {
    if (!c) return;
    sws_freeContext(c->scaler);
    av_free(c->scratch);
    av_free(c->turned);
    av_free(c->linear);
    av_free(c);
}

int cm_is_hdr(int transfer) { return transfer == AVCOL_TRC_SMPTE2084 || transfer == AVCOL_TRC_ARIB_STD_B67; }

static int is_full_range(const AVFrame *frame) {
    switch (frame->format) {
        case AV_PIX_FMT_YUVJ420P: case AV_PIX_FMT_YUVJ422P: case AV_PIX_FMT_YUVJ444P:
        case AV_PIX_FMT_YUVJ440P: case AV_PIX_FMT_YUVJ411P: return 1;
        default: return frame->color_range == AVCOL_RANGE_JPEG;
    }
}

// Where the samples of coarse chroma lie among those of luma: OpenCV's swscale goes by the picture's tag, while ours has
// to be told. In 1/256 of the distance of two rows or columns of luma.
static void set_chroma_place(struct SwsContext *scaler, const AVFrame *frame) {
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(frame->format);
    int x = 128, y = 128;
    switch (frame->chroma_location) {
        case AVCHROMA_LOC_LEFT: x = 0; break;
        case AVCHROMA_LOC_TOPLEFT: x = 0, y = 0; break;
        case AVCHROMA_LOC_TOP: y = 0; break;
        case AVCHROMA_LOC_BOTTOMLEFT: x = 0, y = 256; break;
        case AVCHROMA_LOC_BOTTOM: y = 256; break;
        default: break;
    }
    if (!format) return;
    int across = (1 << format->log2_chroma_w) - 1, down = (1 << format->log2_chroma_h) - 1;
    if (across) av_opt_set_int(scaler, "src_h_chr_pos", x * across, 0);
    if (down) av_opt_set_int(scaler, "src_v_chr_pos", y * down, 0);
}

static int prepare(cm_converter *c, const AVFrame *frame, int width, int height, int format, int flags) {
    int full = is_full_range(frame);
    int space = frame->colorspace;
    if (c->scaler && c->from_width == frame->width && c->from_height == frame->height &&
        c->from_format == frame->format && c->full == full && c->space == space &&
        c->chroma == (int)frame->chroma_location && c->width == width && c->height == height && c->format == format &&
        c->flags == flags)
        return 0;
    sws_freeContext(c->scaler);
    c->scaler = sws_alloc_context();
    if (!c->scaler) return AVERROR(ENOMEM);
    av_opt_set_int(c->scaler, "srcw", frame->width, 0), av_opt_set_int(c->scaler, "srch", frame->height, 0);
    av_opt_set_int(c->scaler, "src_format", frame->format, 0);
    av_opt_set_int(c->scaler, "dstw", width, 0), av_opt_set_int(c->scaler, "dsth", height, 0);
    av_opt_set_int(c->scaler, "dst_format", format, 0), av_opt_set_int(c->scaler, "sws_flags", flags, 0);
    if (format == AV_PIX_FMT_BGR24) set_chroma_place(c->scaler, frame);
    if (sws_init_context(c->scaler, NULL, NULL) < 0) {
        sws_freeContext(c->scaler);
        c->scaler = NULL;
        return AVERROR(ENOSYS);
    }
    // An untagged picture is BT.601, as swscale, decord and OpenCV take it.
    const int *in = sws_getCoefficients(space == AVCOL_SPC_UNSPECIFIED ? SWS_CS_DEFAULT : space);
    sws_setColorspaceDetails(c->scaler, in, full, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
    c->from_width = frame->width, c->from_height = frame->height, c->from_format = frame->format;
    c->full = full, c->space = space, c->chroma = frame->chroma_location;
    c->width = width, c->height = height, c->format = format, c->flags = flags;
    return 0;
}

static int reserve(uint8_t **buffer, size_t *have, size_t need) {
    if (*have >= need) return 0;
    av_free(*buffer);
    *buffer = av_malloc(need);
    *have = *buffer ? need : 0;
    return *buffer ? 0 : AVERROR(ENOMEM);
}

// MARK: HDR

// Linear light in units of 203 nits, the level of diffuse white (ITU-R BT.2408).
static float from_pq(float e) {   // SMPTE ST 2084
    const float m1 = 2610.f / 16384, m2 = 2523.f / 32, c1 = 3424.f / 4096, c2 = 2413.f / 128, c3 = 2392.f / 128;
    float p = powf(e, 1 / m2);
    return powf(fmaxf(p - c1, 0) / (c2 - c3 * p), 1 / m1) * 10000 / 203;
}
static float from_hlg(float e) {   // ARIB STD-B67, scene light 0…1
    const float a = 0.17883277f, b = 0.28466892f, c = 0.55991073f;
    return e <= 0.5f ? e * e / 3 : (expf((e - c) / a) + b) / 12;
}
// Linear to the knee, then a hyperbola that reaches 1 at the peak (the "mobius" curve).
static float compress(float x) {
    const float j = 0.3f, peak = 1000.f / 203;
    if (x <= j) return x;
    if (x > peak) x = peak;
    float a = -j * j * (peak - 1) / (j * j - 2 * j + peak), b = (j * j - 2 * j * peak + peak) / (peak - 1);
    return (b * b + 2 * b * j + j * j) / (b - a) * (x + a) / (x + b);
}
static uint8_t to_srgb(float x) {
    if (!(x > 0)) return 0;
    if (x >= 1) return 255;
    float e = x <= 0.0031308f ? 12.92f * x : 1.055f * powf(x, 1 / 2.4f) - 0.055f;
    return (uint8_t)(e * 255 + 0.5f);
}

static int tone_map(cm_converter *c, const uint8_t *rows, int stride, int width, int height, int transfer, uint8_t *out) {
    if (!c->linear || c->transfer != transfer) {
        if (!c->linear && !(c->linear = av_malloc(4096 * sizeof(float)))) return AVERROR(ENOMEM);
        for (int i = 0; i < 4096; i++)
            c->linear[i] = transfer == AVCOL_TRC_SMPTE2084 ? from_pq(i / 4095.f) : from_hlg(i / 4095.f);
        c->transfer = transfer;
    }
    for (int y = 0; y < height; y++) {
        const uint16_t *in = (const uint16_t *)(rows + (size_t)y * stride);
        for (int x = 0; x < width; x++, in += 3, out += 3) {
            float r = c->linear[in[0] >> 4], g = c->linear[in[1] >> 4], b = c->linear[in[2] >> 4];
            if (transfer == AVCOL_TRC_ARIB_STD_B67) {   // the display's part of HLG, at 1000 nits: Y^0.2 · E
                float gain = powf(0.2627f * r + 0.6780f * g + 0.0593f * b, 0.2f) * 1000 / 203;
                r *= gain, g *= gain, b *= gain;
            }
            float most = fmaxf(r, fmaxf(g, b));   // scaled together, so that hues stay
            float gain = most > 0 ? compress(most) / most : 0;
            r *= gain, g *= gain, b *= gain;
            // BT.2020 → BT.709 primaries (ITU-R BT.2087)
            out[0] = to_srgb(1.6605f * r - 0.5876f * g - 0.0728f * b);
            out[1] = to_srgb(-0.1246f * r + 1.1329f * g - 0.0083f * b);
            out[2] = to_srgb(-0.0182f * r - 0.1006f * g + 1.1187f * b);
        }
    }
    return 0;
}

// MARK: Orientation

void cm_orient(const uint8_t *in, int width, int height, int channels, int orientation, uint8_t *out) {
    int swap = orientation >= 5, out_width = swap ? height : width, out_height = swap ? width : height;
    // Where the result's first pixel lies in the source, and what a step right or down in the result is there.
    ptrdiff_t right, down, first, row = (ptrdiff_t)width * channels, pixel = channels;
    ptrdiff_t last_x = (width - 1) * pixel, last_y = (height - 1) * row;
    switch (orientation) {
        case 2: first = last_x, right = -pixel, down = row; break;
        case 3: first = last_x + last_y, right = -pixel, down = -row; break;
        case 4: first = last_y, right = pixel, down = -row; break;
        case 5: first = 0, right = row, down = pixel; break;
        case 6: first = last_y, right = -row, down = pixel; break;
        case 7: first = last_x + last_y, right = -row, down = -pixel; break;
        case 8: first = last_x, right = row, down = -pixel; break;
        default: first = 0, right = pixel, down = row; break;
    }
    for (int y = 0; y < out_height; y++) {
        const uint8_t *from = in + first + y * down;
        for (int x = 0; x < out_width; x++, from += right)
            for (int k = 0; k < channels; k++) *out++ = from[k];
    }
}

int cm_convert(cm_converter *c, const AVFrame *frame, int orientation, int width, int height, int flags, int light,
               int channels, uint8_t *out) {
    if (frame->width <= 0 || frame->height <= 0 || width <= 0 || height <= 0) return AVERROR_INVALIDDATA;
    int turned = orientation >= 2 && orientation <= 8, swap = orientation >= 5 && turned;
    int w = swap ? height : width, h = swap ? width : height;
    int hdr = light == cm_sdr && channels == 3 && cm_is_hdr(frame->color_trc);
    // OpenCV converts to BGR; where swscale has no direct way, it rounds that otherwise than RGB.
    int swapped = light == cm_coded && channels == 3;
    int format = hdr ? AV_PIX_FMT_RGB48LE : swapped ? AV_PIX_FMT_BGR24 : channels == 3 ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_GRAY8;
    int code = prepare(c, frame, w, h, format, flags);
    if (code < 0) return code;

    int stride = FFALIGN(w * (hdr ? 6 : channels), 64) + slack;
    if ((code = reserve(&c->scratch, &c->scratch_size, (size_t)stride * h + slack)) < 0) return code;
    uint8_t *planes[4] = {c->scratch};
    int strides[4] = {stride};
    code = sws_scale(c->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height, planes, strides);
    if (code < 0) return code;

    uint8_t *packed = out;
    if (turned) {
        if ((code = reserve(&c->turned, &c->turned_size, (size_t)w * h * channels)) < 0) return code;
        packed = c->turned;
    }
    if (hdr) {
        if ((code = tone_map(c, c->scratch, stride, w, h, frame->color_trc, packed)) < 0) return code;
    } else if (swapped) {
        uint8_t *to = packed;
        for (int y = 0; y < h; y++) {
            const uint8_t *from = c->scratch + (size_t)y * stride;
            for (int x = 0; x < w; x++, from += 3, to += 3) to[0] = from[2], to[1] = from[1], to[2] = from[0];
        }
    } else {
        for (int y = 0; y < h; y++)
            memcpy(packed + (size_t)y * w * channels, c->scratch + (size_t)y * stride, (size_t)w * channels);
    }
    if (turned) cm_orient(packed, w, h, channels, orientation, out);
    return 0;
}
