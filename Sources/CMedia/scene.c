#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "CMedia.h"

// Scores with PySceneDetect's numbers. The picture is sampled as cv2.resize(INTER_LINEAR) samples it, in OpenCV's own
// fixed point, and only the rows that are sampled are converted to RGB.

enum { weight_bits = 11, weight_one = 1 << weight_bits, slack = 64 };

typedef struct {
    int first;          // the first of the two source places
    int near, far;      // their weights, out of 2048
} sample;

struct cm_scorer {
    int bins, hash_size, lowpass, kernel;
    int has_before, width, height;
    uint8_t *rgb;                           // the sampled picture
    uint8_t *plane[4], *before[4];          // hue, saturation, value, edges
    float *histogram, *histogram_before;
    uint8_t *hash, *hash_before, *small, *grey;
    double *cosines, *block, *rows;
    int saturation_step[256], hue_step[256];
    uint8_t bin_of[256];
    // sampling
    int from_width, from_height;
    sample *across, *down;
    uint8_t *pair[2];                       // two converted source rows each
    int pair_row[2];
    int *line[2];                           // source rows resized across
    int line_row[2];
    struct SwsContext *rows_scaler;
    int rows_space;
    cm_converter *converter;
    uint8_t *whole;
    size_t whole_size;
};

cm_scorer *cm_scorer_new(int bins, int hash_size, int lowpass, int kernel) {
    cm_scorer *s = av_mallocz(sizeof *s);
    if (!s) return NULL;
    s->bins = bins, s->hash_size = hash_size, s->lowpass = lowpass, s->kernel = kernel;
    int side = hash_size * lowpass;
    s->histogram = av_calloc(bins, sizeof(float)), s->histogram_before = av_calloc(bins, sizeof(float));
    s->hash = av_mallocz(hash_size * hash_size), s->hash_before = av_mallocz(hash_size * hash_size);
    s->small = av_mallocz(side * side);
    s->cosines = av_calloc(side * side, sizeof(double)), s->rows = av_calloc(side * side, sizeof(double));
    s->block = av_calloc(side * side, sizeof(double));
    s->converter = cm_converter_new();
    if (!s->histogram || !s->histogram_before || !s->hash || !s->hash_before || !s->small || !s->cosines || !s->rows ||
        !s->block || !s->converter) {
        cm_scorer_free(s);
        return NULL;
    }
    for (int i = 1; i < 256; i++) {
        s->saturation_step[i] = (int)lrint((255 << 12) / (1. * i));
        s->hue_step[i] = (int)lrint((180 << 12) / (6. * i));
    }
    for (int i = 0; i < 256; i++) s->bin_of[i] = (uint8_t)(i * bins / 256);
    for (int k = 0; k < side; k++)
        for (int n = 0; n < side; n++)
            s->cosines[k * side + n] = sqrt((k ? 2. : 1.) / side) * cos(M_PI * (2 * n + 1) * k / (2. * side));
    return s;
}

static void drop_pictures(cm_scorer *s) {
    for (int i = 0; i < 4; i++) av_freep(&s->plane[i]), av_freep(&s->before[i]);
    av_freep(&s->rgb), av_freep(&s->grey);
}
static void drop_sampling(cm_scorer *s) {
    for (int i = 0; i < 2; i++) av_freep(&s->pair[i]), av_freep(&s->line[i]);
    av_freep(&s->across), av_freep(&s->down);
    sws_freeContext(s->rows_scaler);
    s->rows_scaler = NULL;
    s->from_width = s->from_height = 0;
}

void cm_scorer_free(cm_scorer *s) {
    if (!s) return;
    drop_pictures(s);
    drop_sampling(s);
    av_free(s->histogram), av_free(s->histogram_before), av_free(s->hash), av_free(s->hash_before), av_free(s->small);
    av_free(s->cosines), av_free(s->block), av_free(s->rows), av_free(s->whole);
    cm_converter_free(s->converter);
    av_free(s);
}

void cm_scorer_reset(cm_scorer *s) { s->has_before = 0; }

// MARK: Sampling

static void samples(int from, int to, int clamp_weight, sample *out) {
    double scale = 1. / ((double)to / from);
    for (int i = 0; i < to; i++) {
        float place = (float)((i + 0.5) * scale - 0.5);
        int first = (int)floorf(place);
        place -= first;
        if (clamp_weight && first < 0) first = 0, place = 0;
        if (clamp_weight && first >= from - 1) first = from - 1, place = 0;
        out[i] = (sample){first, (int)lrintf((1.f - place) * weight_one), (int)lrintf(place * weight_one)};
    }
}

static int prepare_sampling(cm_scorer *s, int from_width, int from_height) {
    if (s->from_width == from_width && s->from_height == from_height) return 0;
    drop_sampling(s);
    s->across = av_malloc_array(s->width, sizeof(sample));
    s->down = av_malloc_array(s->height, sizeof(sample));
    int stride = FFALIGN(from_width * 3, 64) + slack;
    for (int i = 0; i < 2; i++) {
        s->pair[i] = av_malloc((size_t)stride * 2 + slack);
        s->line[i] = av_malloc_array((size_t)s->width * 3, sizeof(int));
        if (!s->pair[i] || !s->line[i]) return AVERROR(ENOMEM);
    }
    if (!s->across || !s->down) return AVERROR(ENOMEM);
    samples(from_width, s->width, 1, s->across);
    samples(from_height, s->height, 0, s->down);
    s->from_width = from_width, s->from_height = from_height;
    return 0;
}

static void resize_across(const cm_scorer *s, const uint8_t *row, int *out) {
    for (int x = 0; x < s->width; x++, out += 3) {
        const uint8_t *a = row + (size_t)s->across[x].first * 3;
        const uint8_t *b = s->across[x].far ? a + 3 : a;
        int near = s->across[x].near, far = s->across[x].far;
        out[0] = a[0] * near + b[0] * far;
        out[1] = a[1] * near + b[1] * far;
        out[2] = a[2] * near + b[2] * far;
    }
}

// A source row as RGB: out of the whole converted picture, or converted now together with its neighbour.
static const uint8_t *source_row(cm_scorer *s, const AVFrame *frame, const uint8_t *whole, int y) {
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
        if (sws_scale(s->rows_scaler, planes, frame->linesize, 0, 2, out, strides) < 0) return NULL;
        s->pair_row[slot] = top;
    }
    return s->pair[slot] + (y & 1) * (size_t)stride;
}

static int sample_picture(cm_scorer *s, const AVFrame *frame, int orientation) {
    int swap = orientation >= 5 && orientation <= 8;
    int upright_width = swap ? frame->height : frame->width, upright_height = swap ? frame->width : frame->height;
    int code = prepare_sampling(s, upright_width, upright_height);
    if (code < 0) return code;

    // swscale's direct YUV 4:2:0 → RGB conversion treats each pair of rows alone; everything else goes whole.
    int by_rows = orientation <= 1 && frame->format == AV_PIX_FMT_YUV420P && !(frame->height & 1) &&
                  frame->color_range != AVCOL_RANGE_JPEG;
    const uint8_t *whole = NULL;
    if (by_rows) {
        if (!s->rows_scaler || s->rows_space != frame->colorspace) {
            sws_freeContext(s->rows_scaler);
            s->rows_scaler = sws_getContext(
                frame->width, 2, AV_PIX_FMT_YUV420P, frame->width, 2, AV_PIX_FMT_RGB24, SWS_BICUBIC, NULL, NULL, NULL);
            if (!s->rows_scaler) return AVERROR(ENOSYS);
            s->rows_space = frame->colorspace;
            int space = frame->colorspace == AVCOL_SPC_UNSPECIFIED ? SWS_CS_DEFAULT : frame->colorspace;
            sws_setColorspaceDetails(s->rows_scaler, sws_getCoefficients(space), 0,
                                     sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
        }
        s->pair_row[0] = s->pair_row[1] = -1;
    } else {
        size_t need = (size_t)upright_width * upright_height * 3;
        if (s->whole_size < need) {
            av_free(s->whole);
            s->whole = av_malloc(need);
            s->whole_size = s->whole ? need : 0;
            if (!s->whole) return AVERROR(ENOMEM);
        }
        code = cm_convert(s->converter, frame, orientation, upright_width, upright_height, SWS_BICUBIC,
                          cm_coded, 3, s->whole);
        if (code < 0) return code;
        whole = s->whole;
    }

    if (s->width == upright_width && s->height == upright_height) {
        for (int y = 0; y < s->height; y++) {
            const uint8_t *row = source_row(s, frame, whole, y);
            if (!row) return AVERROR_EXTERNAL;
            memcpy(s->rgb + (size_t)y * s->width * 3, row, (size_t)s->width * 3);
        }
        return 0;
    }
    s->line_row[0] = s->line_row[1] = -1;
    for (int y = 0; y < s->height; y++) {
        int *lines[2];
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
        uint8_t *out = s->rgb + (size_t)y * s->width * 3;
        const int near = s->down[y].near, far = s->down[y].far, *a = lines[0], *b = lines[1];
        for (int x = 0; x < s->width * 3; x++)
            out[x] = (uint8_t)((((near * (a[x] >> 4)) >> 16) + ((far * (b[x] >> 4)) >> 16) + 2) >> 2);
    }
    return 0;
}

// MARK: Scores

static void to_hsv(const cm_scorer *s) {   // OpenCV's 8-bit RGB → HSV, hue 0…179
    const uint8_t *p = s->rgb;
    size_t count = (size_t)s->width * s->height;
    for (size_t i = 0; i < count; i++, p += 3) {
        int r = p[0], g = p[1], b = p[2];
        int v = FFMAX(FFMAX(r, g), b), d = v - FFMIN(FFMIN(r, g), b);
        int h = v == r ? g - b : v == g ? b - r + 2 * d : r - g + 4 * d;
        h = (h * s->hue_step[d] + (1 << 11)) >> 12;
        s->plane[0][i] = (uint8_t)(h + (h < 0 ? 180 : 0));
        s->plane[1][i] = (uint8_t)((d * s->saturation_step[v] + (1 << 11)) >> 12);
        s->plane[2][i] = (uint8_t)v;
    }
}

static double distance(const uint8_t *a, const uint8_t *b, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count;) {
        uint32_t part = 0;
        size_t end = FFMIN(count, i + 65536);
        for (; i < end; i++) part += (uint32_t)abs(a[i] - b[i]);
        sum += part;
    }
    return (double)sum / (double)count;
}

static int by_value(const void *a, const void *b) {
    uint8_t x = *(const uint8_t *)a, y = *(const uint8_t *)b;
    return (x > y) - (x < y);
}
static int by_float(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static int find_edges(cm_scorer *s) {
    size_t count = (size_t)s->width * s->height;
    memcpy(s->grey, s->plane[2], count);
    qsort(s->grey, count, 1, by_value);
    double median = (s->grey[(count - 1) / 2] + s->grey[count / 2]) / 2.;
    double sigma = 1. / 3;
    int low = (int)fmax(0, (1 - sigma) * median), high = (int)fmin(255, (1 + sigma) * median);
    int code = cm_canny(s->plane[2], s->width, s->height, low, high, s->grey);
    return code < 0 ? code : cm_dilate(s->grey, s->width, s->height, s->kernel, s->plane[3]);
}

static void find_histogram(cm_scorer *s) {   // of Y in OpenCV's BGR → YUV, scaled to length 1
    uint32_t counts[256] = {0};
    const uint8_t *p = s->rgb;
    for (size_t i = 0, n = (size_t)s->width * s->height; i < n; i++, p += 3)
        counts[s->bin_of[(p[0] * 4899 + p[1] * 9617 + p[2] * 1868 + (1 << 13)) >> 14]]++;
    double square = 0;
    for (int i = 0; i < s->bins; i++) square += (double)counts[i] * counts[i];
    double scale = square > 0 ? 1 / sqrt(square) : 0;
    for (int i = 0; i < s->bins; i++) s->histogram[i] = (float)(counts[i] * scale);
}

static double correlation(const float *a, const float *b, int count) {
    double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
    for (int i = 0; i < count; i++) {
        double x = a[i], y = b[i];
        sa += x, sb += y, saa += x * x, sbb += y * y, sab += x * y;
    }
    double spread = (saa - sa * sa / count) * (sbb - sb * sb / count);
    return fabs(spread) > 2.220446049250313e-16 ? (sab - sa * sb / count) / sqrt(spread) : 1;
}

static int find_hash(cm_scorer *s) {   // low frequencies of the picture's DCT, above their median or not
    int side = s->hash_size * s->lowpass, size = s->hash_size, count = size * size;
    cm_grey(s->rgb, (size_t)s->width * s->height, s->grey);
    int code = cm_area(s->grey, s->width, s->height, 1, side, side, s->small);
    if (code < 0) return code;
    int most = 0;
    for (int i = 0; i < side * side; i++) most = FFMAX(most, s->small[i]);
    if (!most) most = 1;
    for (int i = 0; i < side * side; i++) s->block[i] = (float)s->small[i] / most;
    for (int k = 0; k < size; k++)           // down, then across; only what is kept
        for (int x = 0; x < side; x++) {
            double sum = 0;
            for (int n = 0; n < side; n++) sum += s->cosines[k * side + n] * s->block[n * side + x];
            s->rows[k * side + x] = sum;
        }
    float values[32 * 32], sorted[32 * 32];
    for (int k = 0; k < size; k++)
        for (int l = 0; l < size; l++) {
            double sum = 0;
            for (int n = 0; n < side; n++) sum += s->cosines[l * side + n] * s->rows[k * side + n];
            values[k * size + l] = fabs(sum) < 1e-6 ? 0 : (float)sum;   // OpenCV's are exactly 0 in flat pictures
        }
    memcpy(sorted, values, count * sizeof(float));
    qsort(sorted, count, sizeof(float), by_float);
    float median = count & 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
    for (int i = 0; i < count; i++) s->hash[i] = values[i] > median;
    return 0;
}

int cm_score(cm_scorer *s, const AVFrame *frame, int orientation, int width, int height, cm_scores *out) {
    if (frame->width <= 0 || frame->height <= 0 || width <= 0 || height <= 0) return AVERROR_INVALIDDATA;
    size_t count = (size_t)width * height;
    if (s->width != width || s->height != height) {
        drop_pictures(s);
        drop_sampling(s);
        s->width = width, s->height = height, s->has_before = 0;
        // The hash's picture may be larger than a tiny source; its area path needs the source to be no smaller.
        s->rgb = av_malloc(count * 3), s->grey = av_malloc(count);
        for (int i = 0; i < 4; i++) s->plane[i] = av_malloc(count), s->before[i] = av_malloc(count);
        for (int i = 0; i < 4; i++)
            if (!s->plane[i] || !s->before[i] || !s->rgb || !s->grey) {
                drop_pictures(s);
                s->width = s->height = 0;
                return AVERROR(ENOMEM);
            }
    }
    int code = sample_picture(s, frame, orientation);
    if (code < 0) return code;

    to_hsv(s);
    if (s->kernel && (code = find_edges(s)) < 0) return code;
    find_histogram(s);
    int side = s->hash_size * s->lowpass, hashes = width >= side && height >= side;
    if (hashes && (code = find_hash(s)) < 0) return code;

    uint64_t sum = 0;
    for (size_t i = 0; i < count * 3; i++) sum += s->rgb[i];
    *out = (cm_scores){.average = (double)sum / (double)(count * 3), .correlation = 1};
    if (s->has_before) {
        out->hue = distance(s->plane[0], s->before[0], count);
        out->saturation = distance(s->plane[1], s->before[1], count);
        out->luma = distance(s->plane[2], s->before[2], count);
        if (s->kernel) out->edges = distance(s->plane[3], s->before[3], count);
        out->correlation = correlation(s->histogram_before, s->histogram, s->bins);
        if (hashes)
            for (int i = 0; i < s->hash_size * s->hash_size; i++) out->hash += s->hash[i] != s->hash_before[i];
    }
    for (int i = 0; i < 4; i++) FFSWAP(uint8_t *, s->plane[i], s->before[i]);
    FFSWAP(float *, s->histogram, s->histogram_before);
    FFSWAP(uint8_t *, s->hash, s->hash_before);
    s->has_before = 1;
    return 0;
}
