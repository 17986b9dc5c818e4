#include "sampler.h"

#include <math.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Only the rows that are sampled are converted to RGB.

// weight_bits: OpenCV's. slack: what swscale's vector code and the loops here may touch past the end of a row.
enum { weight_bits = 11, weight_one = 1 << weight_bits, slack = 64 };

typedef struct {
    int first;              // the first of the two source places
    int16_t near, far;      // their weights, out of 2048
} sample;

struct cm_sampler {
    int width, height, from_width, from_height;
    sample *across, *down;
    uint8_t *pair[2];       // two converted source rows each
    int pair_row[2];
    int16_t *line[2];       // source rows resized across, four values a pixel, 1/128 of a step each
    int line_row[2];
    struct SwsContext *scaler;
    int scaler_width;
    enum AVColorSpace scaler_space;
    cm_converter *converter;
    uint8_t *whole;
    size_t whole_size;
};

cm_sampler *cm_sampler_new(void) {
    cm_sampler *s = av_mallocz(sizeof *s);
    if (s && !(s->converter = cm_converter_new())) av_freep(&s);
    return s;
}

static void drop_tables(cm_sampler *s) {
    for (int i = 0; i < 2; i++) av_freep(&s->pair[i]), av_freep(&s->line[i]);
    av_freep(&s->across), av_freep(&s->down);
    s->from_width = s->from_height = 0;
}

void cm_sampler_free(cm_sampler *s) {
    if (!s) return;
    drop_tables(s);
    sws_freeContext(s->scaler);
    cm_converter_free(s->converter);
    av_free(s->whole);
    av_free(s);
}

static void samples(int from, int to, int clamp_weight, sample *out) {
    double scale = 1. / ((double)to / from);
    for (int i = 0; i < to; i++) {
        float place = (float)((i + 0.5) * scale - 0.5);
        int first = (int)floorf(place);
        place -= first;
        if (clamp_weight && first < 0) first = 0, place = 0;
        if (clamp_weight && first >= from - 1) first = from - 1, place = 0;
        out[i] = (sample){first, (int16_t)lrintf((1.f - place) * weight_one), (int16_t)lrintf(place * weight_one)};
    }
}

static int prepare(cm_sampler *s, int from_width, int from_height, int width, int height) {
    if (s->from_width == from_width && s->from_height == from_height && s->width == width && s->height == height)
        return 0;
    drop_tables(s);
    s->across = av_malloc_array(width, sizeof(sample));
    s->down = av_malloc_array(height, sizeof(sample));
    int stride = FFALIGN(from_width * 3, 64) + slack;
    for (int i = 0; i < 2; i++) {
        s->pair[i] = av_mallocz((size_t)stride * 2 + slack);
        s->line[i] = av_malloc_array((size_t)width * 4, sizeof(int16_t));
        if (!s->pair[i] || !s->line[i]) return AVERROR(ENOMEM);
    }
    if (!s->across || !s->down) return AVERROR(ENOMEM);
    samples(from_width, width, 1, s->across);
    samples(from_height, height, 0, s->down);
    s->width = width, s->height = height, s->from_width = from_width, s->from_height = from_height;
    return 0;
}

// MARK: Rows

// A place beyond the last pixel is read as well, with the weight 0: rows have slack.
static void resize_across(const cm_sampler *s, const uint8_t *row, int16_t *out) {
#if defined(__SSE2__)
    const __m128i zero = _mm_setzero_si128();
    for (int x = 0; x < s->width; x++, out += 4) {
        const uint8_t *from = row + (size_t)s->across[x].first * 3;
        int32_t a, b, both;
        memcpy(&a, from, 4), memcpy(&b, from + 3, 4), memcpy(&both, &s->across[x].near, 4);
        __m128i values = _mm_unpacklo_epi8(_mm_unpacklo_epi8(_mm_cvtsi32_si128(a), _mm_cvtsi32_si128(b)), zero);
        __m128i sums = _mm_srai_epi32(_mm_madd_epi16(values, _mm_set1_epi32(both)), 4);
        _mm_storel_epi64((__m128i *)out, _mm_packs_epi32(sums, sums));
    }
#else
    for (int x = 0; x < s->width; x++, out += 4) {
        const uint8_t *from = row + (size_t)s->across[x].first * 3;
        for (int k = 0; k < 3; k++)
            out[k] = (int16_t)((from[k] * s->across[x].near + from[k + 3] * s->across[x].far) >> 4);
        out[3] = 0;
    }
#endif
}

vectorized static void mix(const int16_t *a, const int16_t *b, int16_t near, int16_t far, size_t count, uint8_t *out) {
    for (size_t i = 0; i < count; i++) {
        int16_t x = (int16_t)((near * a[i]) >> 16), y = (int16_t)((far * b[i]) >> 16);
        out[i] = (uint8_t)((int16_t)(x + y + 2) >> 2);
    }
}

// A source row as RGB: out of the whole converted picture, or converted now together with its neighbour.
static const uint8_t *source_row(cm_sampler *s, const AVFrame *frame, const uint8_t *whole, int y) {
    if (whole) return whole + (size_t)y * s->from_width * 3;
    int stride = FFALIGN(s->from_width * 3, 64) + slack, top = y & ~1, slot = top >> 1 & 1;
    if (s->pair_row[slot] != top) {
        const uint8_t *planes[4] = {
            frame->data[0] + (ptrdiff_t)top * frame->linesize[0],
            frame->data[1] + (ptrdiff_t)(top >> 1) * frame->linesize[1],
            frame->data[2] + (ptrdiff_t)(top >> 1) * frame->linesize[2],
        };
        uint8_t *out[4] = {s->pair[slot]};
        int strides[4] = {stride};
        if (sws_scale(s->scaler, planes, frame->linesize, 0, 2, out, strides) < 0) return NULL;
        s->pair_row[slot] = top;
    }
    return s->pair[slot] + (y & 1) * (size_t)stride;
}

static int prepare_rows(cm_sampler *s, const AVFrame *frame) {
    s->pair_row[0] = s->pair_row[1] = -1;
    if (s->scaler && s->scaler_space == frame->colorspace && s->scaler_width == frame->width) return 0;
    sws_freeContext(s->scaler);
    s->scaler = sws_getContext(
        frame->width, 2, AV_PIX_FMT_YUV420P, frame->width, 2, AV_PIX_FMT_RGB24, SWS_BICUBIC, NULL, NULL, NULL);
    if (!s->scaler) return AVERROR(ENOSYS);
    s->scaler_space = frame->colorspace, s->scaler_width = frame->width;
    int space = frame->colorspace == AVCOL_SPC_UNSPECIFIED ? SWS_CS_DEFAULT : frame->colorspace;
    sws_setColorspaceDetails(
        s->scaler, sws_getCoefficients(space), 0, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
    return 0;
}

static int convert_whole(cm_sampler *s, const AVFrame *frame, int orientation) {
    size_t need = (size_t)s->from_width * s->from_height * 3 + slack;
    if (s->whole_size < need) {
        av_free(s->whole);
        s->whole = av_mallocz(need);
        s->whole_size = s->whole ? need : 0;
        if (!s->whole) return AVERROR(ENOMEM);
    }
    return cm_convert(
        s->converter, frame, orientation, s->from_width, s->from_height, SWS_BICUBIC, cm_coded, 3, s->whole);
}

// MARK: Pictures

static int copy_rows(cm_sampler *s, const AVFrame *frame, const uint8_t *whole, uint32_t *out) {
    for (int y = 0; y < s->height; y++) {
        const uint8_t *row = source_row(s, frame, whole, y);
        if (!row) return AVERROR_EXTERNAL;
        for (int x = 0; x < s->width; x++, row += 3) *out++ = row[0] | row[1] << 8 | row[2] << 16;
    }
    return 0;
}

int cm_sample(cm_sampler *s, const AVFrame *frame, int orientation, int width, int height, uint32_t *out) {
    int swap = orientation >= 5 && orientation <= 8;
    int upright_width = swap ? frame->height : frame->width, upright_height = swap ? frame->width : frame->height;
    int code = prepare(s, upright_width, upright_height, width, height);
    if (code < 0) return code;

    // swscale's direct YUV 4:2:0 → RGB conversion treats each pair of rows alone; everything else goes whole.
    int by_rows = orientation <= 1 && frame->format == AV_PIX_FMT_YUV420P && !(frame->height & 1) &&
                  frame->color_range != AVCOL_RANGE_JPEG;
    code = by_rows ? prepare_rows(s, frame) : convert_whole(s, frame, orientation);
    if (code < 0) return code;
    const uint8_t *whole = by_rows ? NULL : s->whole;
    if (width == upright_width && height == upright_height) return copy_rows(s, frame, whole, out);

    s->line_row[0] = s->line_row[1] = -1;
    for (int y = 0; y < height; y++) {
        const int16_t *lines[2];
        for (int k = 0; k < 2; k++) {
            int row = av_clip(s->down[y].first + k, 0, s->from_height - 1), slot = row & 1;
            if (s->line_row[slot] != row) {
                const uint8_t *from = source_row(s, frame, whole, row);
                if (!from) return AVERROR_EXTERNAL;
                resize_across(s, from, s->line[slot]);
                s->line_row[slot] = row;
            }
            lines[k] = s->line[slot];
        }
        mix(lines[0], lines[1], s->down[y].near, s->down[y].far, (size_t)width * 4,
            (uint8_t *)(out + (size_t)y * width));
    }
    return 0;
}
