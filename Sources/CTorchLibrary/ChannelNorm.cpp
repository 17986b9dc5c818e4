#include "ChannelNorm.h"
#include "Lanes.h"
#include <ATen/TensorIterator.h>
#include <ATen/core/grad_mode.h>
#include <cmath>
#include <cstring>
#include <vector>

namespace {
using at::Tensor;

// A value as it would be after a store and a load: in bfloat16 the reference rounds after each operation, and a result
// that is rounded once differs from it by as much as it differs from fp32.
template <class Element> inline float stored(float f) {
  Element e;
  narrow(f, &e);
  return widen(e);
}

template <class Element>
inline __attribute__((always_inline)) void row(const Element *x, Element *y, int64_t count, const float *scale,
                                               const float *shift, float epsilon) {
  // Sixteen sums side by side: what lets the compiler use vectors without changing the order of additions.
  float sums[16] = {};
  int64_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int k = 0; k < 16; k++) sums[k] += widen(x[i + k]) * widen(x[i + k]);
  float total = 0;
  for (; i < count; i++) total += widen(x[i]) * widen(x[i]);
  for (float s : sums) total += s;
  float factor = 1.f / std::sqrt(total / static_cast<float>(count) + epsilon);
  if (scale)
    for (i = 0; i < count; i++) {
      float v = stored<Element>(widen(x[i]) * factor);
      v = stored<Element>(stored<Element>(v * scale[i]) + shift[i]);
      narrow(v / (1.f + exponential(-v)), y + i);
    }
  else
    for (i = 0; i < count; i++) {
      float v = stored<Element>(widen(x[i]) * factor);
      narrow(v / (1.f + exponential(-v)), y + i);
    }
}

EVERY_WIDTH void rows_float(char *x, char *y, int64_t xs, int64_t ys, int64_t rows, int64_t count, const float *scale,
                            const float *shift, float epsilon) {
  for (int64_t r = 0; r < rows; r++)
    row(reinterpret_cast<const float *>(x + r * xs), reinterpret_cast<float *>(y + r * ys), count, scale, shift, epsilon);
}
EVERY_WIDTH void rows_bfloat16(char *x, char *y, int64_t xs, int64_t ys, int64_t rows, int64_t count, const float *scale,
                               const float *shift, float epsilon) {
  for (int64_t r = 0; r < rows; r++)
    row(reinterpret_cast<const uint16_t *>(x + r * xs), reinterpret_cast<uint16_t *>(y + r * ys), count, scale, shift, epsilon);
}

// One batch entry: (frames, height, width, channels), the channels contiguous.
void fused(const Tensor &x, const Tensor &y, const float *scale, const float *shift, float epsilon) {
  int64_t count = x.size(3);
  bool half = x.scalar_type() == at::kBFloat16;
  // An iterator over the first channel alone runs the loop on libtorch's own threads, a row a step.
  auto to = y.select(3, 0), from = x.select(3, 0);
  auto iterator = at::TensorIteratorConfig()
                      .add_output(to)
                      .add_const_input(from)
                      .resize_outputs(false)
                      .check_all_same_dtype(true)
                      .build();
  iterator.for_each(
      [=](char **data, const int64_t *strides, int64_t n) {
        (half ? rows_bfloat16 : rows_float)(data[1], data[0], strides[1], strides[0], n, count, scale, shift, epsilon);
      },
      std::max<int64_t>(1, 16384 / count));
}

// The same in plain operators, for other devices, other dtypes and gradients.
Tensor composed(const Tensor &x, const std::optional<Tensor> &scale, const std::optional<Tensor> &shift, double epsilon) {
  auto variance = x.to(at::kFloat).square().mean(1, true);
  auto y = (x * at::rsqrt(variance + epsilon)).to(x.scalar_type());
  if (scale) {
    auto shape = [&](const Tensor &t) { return t.reshape({x.size(0), x.size(1), 1, 1, 1}); };
    y = y * (1 + shape(*scale)) + shape(*shift);
  }
  return at::silu(y);
}

Tensor repeated(const Tensor &y, int64_t front, int64_t back) {
  if (front == 0 && back == 0) return y;
  auto end = [&](int64_t at, int64_t times) { return y.narrow(2, at, 1).expand({-1, -1, times, -1, -1}); };
  return at::cat({end(0, front), y, end(y.size(2) - 1, back)}, 2);
}
}  // namespace

Tensor channel_norm(const Tensor &x, const std::optional<Tensor> &scale, const std::optional<Tensor> &shift, double epsilon,
                    int64_t front, int64_t back) {
  TORCH_CHECK(x.dim() == 5 && x.numel() > 0, "channel_norm: a video (batch, channels, frames, height, width) was expected");
  TORCH_CHECK(scale.has_value() == shift.has_value(), "channel_norm: scale and shift go together");
  bool plain = x.device().is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
  if (!plain || (at::GradMode::is_enabled() && x.requires_grad())) return repeated(composed(x, scale, shift, epsilon), front, back);

  auto input = x.contiguous(at::MemoryFormat::ChannelsLast3d);
  int64_t batch = x.size(0), channels = x.size(1), frames = x.size(2);
  auto out = at::empty({batch, channels, frames + front + back, x.size(3), x.size(4)},
                       x.options().memory_format(at::MemoryFormat::ChannelsLast3d));
  Tensor factors, offsets;
  if (scale) {
    factors = (*scale + 1).to(at::kFloat).reshape({batch, channels}).contiguous();
    offsets = shift->to(at::kFloat).reshape({batch, channels}).contiguous();
  }
  for (int64_t b = 0; b < batch; b++) {
    auto from = input.select(0, b).permute({1, 2, 3, 0}), to = out.select(0, b).permute({1, 2, 3, 0});
    fused(from, to.narrow(0, front, frames), scale ? factors.data_ptr<float>() + b * channels : nullptr,
          scale ? offsets.data_ptr<float>() + b * channels : nullptr, static_cast<float>(epsilon));
    if (front > 0) to.narrow(0, 0, front).copy_(to.narrow(0, front, 1).expand({front, -1, -1, -1}));
    if (back > 0) to.narrow(0, front + frames, back).copy_(to.narrow(0, front + frames - 1, 1).expand({back, -1, -1, -1}));
  }
  return out;
}
