#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sampler.h"

// Scores with PySceneDetect's numbers.

struct cm_scorer {
    int bins, hash_size, lowpass, kernel;
    int width, height;
    cm_sampler *sampler;
    uint32_t *pixels;                       // the sampled picture
    uint8_t *luma, *grey, *small;
    double *cosines, *block, *rows;
};

struct cm_signature {
    int width, height, has_hash;
    uint8_t *plane[4];                      // hue, saturation, value, edges (where asked for)
    float *histogram;
    uint8_t *hash;
    double average;
};

cm_scorer *cm_scorer_new(int bins, int hash_size, int lowpass, int kernel) {
    cm_scorer *s = av_mallocz(sizeof *s);
    if (!s) return NULL;
    s->bins = bins, s->hash_size = hash_size, s->lowpass = lowpass, s->kernel = kernel;
    int side = hash_size * lowpass;
    s->small = av_mallocz(side * side);
    s->cosines = av_calloc(side * side, sizeof(double)), s->rows = av_calloc(side * side, sizeof(double));
    s->block = av_calloc(side * side, sizeof(double));
    s->sampler = cm_sampler_new();
    if (!s->small || !s->cosines || !s->rows || !s->block || !s->sampler) {
        cm_scorer_free(s);
        return NULL;
    }
    for (int k = 0; k < side; k++)
        for (int n = 0; n < side; n++)
            s->cosines[k * side + n] = sqrt((k ? 2. : 1.) / side) * cos(M_PI * (2 * n + 1) * k / (2. * side));
    return s;
}

void cm_scorer_free(cm_scorer *s) {
    if (!s) return;
    cm_sampler_free(s->sampler);
    av_free(s->pixels), av_free(s->luma), av_free(s->grey), av_free(s->small);
    av_free(s->cosines), av_free(s->block), av_free(s->rows);
    av_free(s);
}

void cm_signature_free(cm_signature *of) {
    if (!of) return;
    for (int i = 0; i < 4; i++) av_free(of->plane[i]);
    av_free(of->histogram), av_free(of->hash);
    av_free(of);
}

static cm_signature *new_signature(const cm_scorer *s) {
    cm_signature *of = av_mallocz(sizeof *of);
    if (!of) return NULL;
    of->width = s->width, of->height = s->height;
    int planes = s->kernel ? 4 : 3, complete = 1;
    for (int i = 0; i < planes; i++) complete &= !!(of->plane[i] = av_malloc((size_t)s->width * s->height));
    of->histogram = av_calloc(s->bins, sizeof(float));
    of->hash = av_mallocz(s->hash_size * s->hash_size);
    if (complete && of->histogram && of->hash) return of;
    cm_signature_free(of);
    return NULL;
}

// MARK: Colours

// x / y to the nearest whole number, halves to even: 1.5 · 2^23 leaves no bits for a fraction. Right for the quotients
// below, where OpenCV has tables; a division is faster than a look-up where eight go at once.
static inline int quotient(float x, int y) { return (int)((x / (float)FFMAX(y, 1) + 12582912.f) - 12582912.f); }

// OpenCV's 8-bit RGB → HSV with hue 0…179, the Y of its RGB → YUV and its grey. Returns the sum of all values.
vectorized static uint64_t split(
    const uint32_t *restrict pixels, size_t count, uint8_t *restrict hue, uint8_t *restrict saturation,
    uint8_t *restrict value, uint8_t *restrict luma, uint8_t *restrict grey
) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count;) {
        uint32_t part = 0;
        for (size_t end = FFMIN(count, i + 65536); i < end; i++) {
            int r = pixels[i] & 255, g = pixels[i] >> 8 & 255, b = pixels[i] >> 16 & 255;
            int v = FFMAX(FFMAX(r, g), b), d = v - FFMIN(FFMIN(r, g), b);
            int h = v == r ? g - b : v == g ? b - r + 2 * d : r - g + 4 * d;
            h = (h * quotient(180 << 12, 6 * d) + (1 << 11)) >> 12;
            hue[i] = (uint8_t)(h + (h < 0 ? 180 : 0));
            saturation[i] = (uint8_t)((d * quotient(255 << 12, v) + (1 << 11)) >> 12);
            value[i] = (uint8_t)v;
            luma[i] = (uint8_t)((r * 4899 + g * 9617 + b * 1868 + (1 << 13)) >> 14);
            grey[i] = (uint8_t)((r * 9798 + g * 19235 + b * 3735 + (1 << 14)) >> 15);
            part += (uint32_t)(r + g + b);
        }
        sum += part;
    }
    return sum;
}

vectorized static double distance(const uint8_t *a, const uint8_t *b, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count;) {
        uint32_t part = 0;
        for (size_t end = FFMIN(count, i + 65536); i < end; i++) part += (uint32_t)abs(a[i] - b[i]);
        sum += part;
    }
    return (double)sum / (double)count;
}

// MARK: Scores

static int by_float(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static int find_edges(cm_scorer *s, cm_signature *of) {   // with PySceneDetect's thresholds about the median
    size_t count = (size_t)s->width * s->height;
    size_t counts[256] = {0}, seen = 0;
    for (size_t i = 0; i < count; i++) counts[of->plane[2][i]]++;
    int below = -1, above = -1;   // the values in the middle
    for (int v = 0; v < 256; v++) {
        seen += counts[v];
        if (below < 0 && seen > (count - 1) / 2) below = v;
        if (above < 0 && seen > count / 2) above = v;
    }
    double median = (below + above) / 2.;
    double sigma = 1. / 3;
    int low = (int)fmax(0, (1 - sigma) * median), high = (int)fmin(255, (1 + sigma) * median);
    int code = cm_canny(of->plane[2], s->width, s->height, low, high, s->grey);
    return code < 0 ? code : cm_dilate(s->grey, s->width, s->height, s->kernel, of->plane[3]);
}

static void find_histogram(const cm_scorer *s, cm_signature *of) {   // of Y, scaled to length 1
    // Four tables: neighbours are often alike, and a counter is ready for another step only some cycles later.
    uint32_t part[4][256] = {{0}}, counts[256] = {0};
    size_t n = (size_t)s->width * s->height, i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++) part[k][s->luma[i + k]]++;
    for (; i < n; i++) part[0][s->luma[i]]++;
    for (int k = 0; k < 256; k++)
        counts[k * s->bins / 256] += part[0][k] + part[1][k] + part[2][k] + part[3][k];
    double square = 0;
    for (int k = 0; k < s->bins; k++) square += (double)counts[k] * counts[k];
    double scale = square > 0 ? 1 / sqrt(square) : 0;
    for (int k = 0; k < s->bins; k++) of->histogram[k] = (float)(counts[k] * scale);
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

// The low frequencies of the picture's DCT, above their median or not.
static int find_hash(cm_scorer *s, cm_signature *of) {
    int side = s->hash_size * s->lowpass, size = s->hash_size, count = size * size;
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
    for (int i = 0; i < count; i++) of->hash[i] = values[i] > median;
    return 0;
}

static int describe(cm_scorer *s, const AVFrame *frame, int orientation, cm_signature *of) {
    int code = cm_sample(s->sampler, frame, orientation, s->width, s->height, s->pixels);
    if (code < 0) return code;
    size_t count = (size_t)s->width * s->height;
    uint64_t sum = split(s->pixels, count, of->plane[0], of->plane[1], of->plane[2], s->luma, s->grey);
    of->average = (double)sum / (double)(count * 3);
    if (s->bins) find_histogram(s, of);
    // The hash's picture may be larger than a tiny source; its area path needs the source to be no smaller.
    int side = s->hash_size * s->lowpass;
    of->has_hash = side > 0 && s->width >= side && s->height >= side;
    if (of->has_hash && (code = find_hash(s, of)) < 0) return code;
    return s->kernel ? find_edges(s, of) : 0;   // last: it writes over the grey picture
}

int cm_describe(cm_scorer *s, const AVFrame *frame, int orientation, int width, int height, cm_signature **out) {
    *out = NULL;
    if (frame->width <= 0 || frame->height <= 0 || width <= 0 || height <= 0) return AVERROR_INVALIDDATA;
    if (s->width != width || s->height != height) {
        size_t count = (size_t)width * height;
        av_freep(&s->pixels), av_freep(&s->luma), av_freep(&s->grey);
        s->pixels = av_malloc_array(count, sizeof(uint32_t)), s->luma = av_malloc(count), s->grey = av_malloc(count);
        s->width = s->height = 0;
        if (!s->pixels || !s->luma || !s->grey) return AVERROR(ENOMEM);
        s->width = width, s->height = height;
    }
    cm_signature *of = new_signature(s);
    int code = of ? describe(s, frame, orientation, of) : AVERROR(ENOMEM);
    if (code < 0) {
        cm_signature_free(of);
        return code;
    }
    *out = of;
    return 0;
}

cm_scores cm_compare(const cm_scorer *s, const cm_signature *before, const cm_signature *after) {
    cm_scores out = {.average = after->average, .correlation = 1};
    if (!before || before->width != after->width || before->height != after->height) return out;
    size_t count = (size_t)after->width * after->height;
    out.hue = distance(after->plane[0], before->plane[0], count);
    out.saturation = distance(after->plane[1], before->plane[1], count);
    out.luma = distance(after->plane[2], before->plane[2], count);
    if (s->kernel) out.edges = distance(after->plane[3], before->plane[3], count);
    if (s->bins) out.correlation = correlation(before->histogram, after->histogram, s->bins);
    if (after->has_hash)
        for (int i = 0; i < s->hash_size * s->hash_size; i++) out.hash += after->hash[i] != before->hash[i];
    return out;
}
