#include <math.h>
#include <string.h>

#include "CMedia.h"

void cm_grey(const uint8_t *rgb, size_t pixels, uint8_t *out) {
    for (size_t i = 0; i < pixels; i++, rgb += 3)
        out[i] = (uint8_t)((rgb[0] * 9798 + rgb[1] * 19235 + rgb[2] * 3735 + (1 << 14)) >> 15);
}

// MARK: Area

typedef struct {
    int from, to;
    float weight;
} share;

// Which source places each result place covers, and by how much (cv::computeResizeAreaTab).
static int shares(int from, int to, share *out) {
    double scale = (double)from / to;
    int count = 0;
    for (int place = 0; place < to; place++) {
        double start = place * scale, end = start + scale, cell = fmin(scale, from - start);
        int first = (int)ceil(start), last = (int)floor(end);
        if (last > from - 1) last = from - 1;
        if (first > last) first = last;
        if (first - start > 1e-3) out[count++] = (share){first - 1, place, (float)((first - start) / cell)};
        for (int s = first; s < last; s++) out[count++] = (share){s, place, (float)(1 / cell)};
        if (end - last > 1e-3) out[count++] = (share){last, place, (float)(fmin(fmin(end - last, 1.), cell) / cell)};
    }
    return count;
}

static uint8_t rounded(float x) { return x <= 0 ? 0 : x >= 255 ? 255 : (uint8_t)lrintf(x); }

// Up to four rows of one channel resized across: their sums do not wait for each other.
static void area_lines(const uint8_t *in, size_t row, const share *down, int rows, const share *across, int columns,
                       int out_width, float *lines) {
    const uint8_t *from[4];
    for (int k = 0; k < 4; k++) from[k] = in + (size_t)down[FFMIN(k, rows - 1)].from * row;
    for (int c = 0; c < columns;) {
        int to = across[c].to;
        float sum[4] = {0};
        for (; c < columns && across[c].to == to; c++)
            for (int k = 0; k < 4; k++) sum[k] += from[k][across[c].from] * across[c].weight;
        for (int k = 0; k < 4; k++) lines[(size_t)k * out_width + to] = sum[k];
    }
}

int cm_area(const uint8_t *in, int width, int height, int channels, int out_width, int out_height, uint8_t *out) {
    size_t row = (size_t)width * channels, out_row = (size_t)out_width * channels;
    if (width % out_width == 0 && height % out_height == 0) {
        int kx = width / out_width, ky = height / out_height;
        float scale = 1.f / (kx * ky);
        for (int y = 0; y < out_height; y++)
            for (size_t x = 0; x < out_row; x++) {
                const uint8_t *from = in + (size_t)y * ky * row + x / channels * kx * channels + x % channels;
                int sum = 0;
                for (int v = 0; v < ky; v++, from += row) {
                    if (channels == 1)
                        for (int u = 0; u < kx; u++) sum += from[u];
                    else
                        for (int u = 0; u < kx; u++) sum += from[(size_t)u * channels];
                }
                *out++ = kx == 2 && ky == 2 ? (uint8_t)((sum + 2) >> 2) : rounded(sum * scale);
            }
        return 0;
    }
    share *across = av_malloc_array(2 * (size_t)width + 2 * out_width, sizeof(share));
    share *down = av_malloc_array(2 * (size_t)height + 2 * out_height, sizeof(share));
    float *lines = av_malloc_array(out_row, 4 * sizeof(float)), *sum = av_calloc(out_row, sizeof(float));
    int code = AVERROR(ENOMEM);
    if (across && down && lines && sum) {
        int columns = shares(width, out_width, across), rows = shares(height, out_height, down);
        int current = 0;
        for (int r = 0; r < rows; r++) {
            float *line = channels == 1 ? lines + (r & 3) * out_row : lines;
            if (channels == 1) {
                if (!(r & 3))
                    area_lines(in, row, down + r, FFMIN(4, rows - r), across, columns, out_width, lines);
            } else {
                memset(line, 0, out_row * sizeof(float));
                const uint8_t *from = in + (size_t)down[r].from * row;
                for (int c = 0; c < columns; c++)
                    for (int k = 0; k < channels; k++)
                        line[across[c].to * channels + k] += from[across[c].from * channels + k] * across[c].weight;
            }
            if (down[r].to != current) {
                for (size_t x = 0; x < out_row; x++) out[current * out_row + x] = rounded(sum[x]);
                for (size_t x = 0; x < out_row; x++) sum[x] = down[r].weight * line[x];
                current = down[r].to;
            } else {
                for (size_t x = 0; x < out_row; x++) sum[x] += down[r].weight * line[x];
            }
        }
        for (size_t x = 0; x < out_row; x++) out[current * out_row + x] = rounded(sum[x]);
        code = 0;
    }
    av_free(across), av_free(down), av_free(lines), av_free(sum);
    return code;
}

void cm_enlarge(const uint8_t *in, int width, int height, int channels, int out_width, int out_height, uint8_t *out) {
    size_t row = (size_t)width * channels;
    for (int y = 0; y < out_height; y++) {
        float v = av_clipf((y + 0.5f) * height / out_height - 0.5f, 0, height - 1);
        int y0 = (int)v, y1 = FFMIN(y0 + 1, height - 1);
        for (int x = 0; x < out_width; x++) {
            float u = av_clipf((x + 0.5f) * width / out_width - 0.5f, 0, width - 1);
            int x0 = (int)u, x1 = FFMIN(x0 + 1, width - 1);
            for (int k = 0; k < channels; k++) {
                const uint8_t *a = in + y0 * row + k, *b = in + y1 * row + k;
                float top = a[(size_t)x0 * channels] * (1 - u + x0) + a[(size_t)x1 * channels] * (u - x0);
                float bottom = b[(size_t)x0 * channels] * (1 - u + x0) + b[(size_t)x1 * channels] * (u - x0);
                *out++ = rounded(top * (1 - v + y0) + bottom * (v - y0));
            }
        }
    }
}

int cm_dilate(const uint8_t *in, int width, int height, int kernel, uint8_t *out) {
    uint8_t *wide = av_malloc((size_t)width * height);
    if (!wide) return AVERROR(ENOMEM);
    int r = kernel / 2;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t most = 0;
            for (int u = FFMAX(0, x - r); u <= FFMIN(width - 1, x + r); u++) most = FFMAX(most, in[(size_t)y * width + u]);
            wide[(size_t)y * width + x] = most;
        }
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t most = 0;
            for (int v = FFMAX(0, y - r); v <= FFMIN(height - 1, y + r); v++) most = FFMAX(most, wide[(size_t)v * width + x]);
            out[(size_t)y * width + x] = most;
        }
    av_free(wide);
    return 0;
}

// MARK: Canny

int cm_canny(const uint8_t *grey, int width, int height, int low, int high, uint8_t *out) {
    if (low > high) { int swap = low; low = high; high = swap; }
    size_t stride = width + 2, cells = stride * (height + 2);
    int16_t *dx = av_malloc_array((size_t)width * height, 4), *dy = dx ? dx + (size_t)width * height : NULL;
    int *size = av_calloc(cells, sizeof(int));              // gradient sizes, with a border of zeros
    uint8_t *map = av_mallocz(cells);                       // 0 nothing, 1 may be an edge, 2 is one
    uint8_t **stack = av_malloc_array(cells, sizeof(uint8_t *));
    if (!dx || !size || !map || !stack) {
        av_free(dx), av_free(size), av_free(map), av_free(stack);
        return AVERROR(ENOMEM);
    }
    for (int y = 0; y < height; y++) {
        const uint8_t *above = grey + (size_t)FFMAX(y - 1, 0) * width, *here = grey + (size_t)y * width,
                      *below = grey + (size_t)FFMIN(y + 1, height - 1) * width;
        for (int x = 0; x < width; x++) {
            int l = FFMAX(x - 1, 0), r = FFMIN(x + 1, width - 1);
            int gx = above[r] - above[l] + 2 * (here[r] - here[l]) + below[r] - below[l];
            int gy = below[l] - above[l] + 2 * (below[x] - above[x]) + below[r] - above[r];
            dx[(size_t)y * width + x] = (int16_t)gx, dy[(size_t)y * width + x] = (int16_t)gy;
            size[(y + 1) * stride + x + 1] = abs(gx) + abs(gy);
        }
    }
    size_t top = 0;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            size_t at = (y + 1) * stride + x + 1;
            int m = size[at];
            if (m <= low) continue;
            int gx = dx[(size_t)y * width + x], gy = dy[(size_t)y * width + x];
            int64_t ax = abs(gx), ay = (int64_t)abs(gy) << 15, flat = ax * 13573;   // tan 22.5° · 2^15
            int keep;
            if (ay < flat) keep = m > size[at - 1] && m >= size[at + 1];
            else if (ay > flat + (ax << 16)) keep = m > size[at - stride] && m >= size[at + stride];
            else {
                ptrdiff_t s = (gx ^ gy) < 0 ? -1 : 1;
                keep = m > size[at - stride - s] && m > size[at + stride + s];
            }
            if (!keep) continue;
            map[at] = m > high ? 2 : 1;
            if (m > high) stack[top++] = map + at;
        }
    while (top > 0) {
        uint8_t *at = stack[--top];
        for (int v = -1; v <= 1; v++)
            for (int u = -1; u <= 1; u++) {
                uint8_t *near = at + v * (ptrdiff_t)stride + u;
                if (*near == 1) *near = 2, stack[top++] = near;
            }
    }
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) out[(size_t)y * width + x] = map[(y + 1) * stride + x + 1] == 2 ? 255 : 0;
    av_free(dx), av_free(size), av_free(map), av_free(stack);
    return 0;
}
