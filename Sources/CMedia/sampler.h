#ifndef CMEDIA_SAMPLER_H
#define CMEDIA_SAMPLER_H

#include "CMedia.h"

// A loop that is built twice, for processors with AVX2 and for the others; the one that fits is chosen at the start, which
// is before the thread sanitizer is ready.
#if defined(__x86_64__) && defined(__has_attribute) && defined(__has_feature)
#if __has_attribute(target_clones) && !__has_feature(thread_sanitizer)
#define vectorized __attribute__((target_clones("avx2", "default")))
#endif
#endif
#ifndef vectorized
#define vectorized
#endif

// Samples pictures as cv2.resize(INTER_LINEAR) does, in OpenCV's own fixed point, out of RGB as swscale makes it.
typedef struct cm_sampler cm_sampler;
cm_sampler *cm_sampler_new(void);
void cm_sampler_free(cm_sampler *sampler);
// Samples an upright picture of width × height: a pixel is red in its lowest byte, then green and blue.
int cm_sample(cm_sampler *sampler, const AVFrame *frame, int orientation, int width, int height, uint32_t *out);

#endif
