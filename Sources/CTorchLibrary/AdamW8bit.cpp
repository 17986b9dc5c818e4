#include "AdamW8bit.h"
#include "DynamicMaps.h"
#include "Threads.h"
#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <array>
#include <cmath>

// The reference rounds after every operation.
#pragma STDC FP_CONTRACT OFF

namespace {
using at::Tensor;
constexpr int64_t block = 256;
using Map = std::array<float, 256>;

Map make_signed() {
  Map map;
  for (int i = 0; i < 127; i++) {
    map[126 - i] = -dynamic_map_positive[i];
    map[128 + i] = dynamic_map_positive[i];
  }
  map[127] = 0;
  map[255] = 1;
  return map;
}
Map make_unsigned() {
  Map map;
  std::copy_n(dynamic_map_unsigned, 256, map.begin());
  return map;
}
const Map signed_map = make_signed(), unsigned_map = make_unsigned();

/// `quantize_2D` of the kernels: seven halvings, then the midpoint to the neighbour decides. NaN gives 0.
uint8_t nearest(const Map &map, float x, float lowest) {
  int pivot = 127, upper_pivot = 255, lower_pivot = 0;
  float lower = lowest, upper = 1, value = map[pivot];
  for (int i = 64; i > 0; i >>= 1) {
    if (x > value) {
      lower_pivot = pivot;
      lower = value;
      pivot += i;
    } else {
      upper_pivot = pivot;
      upper = value;
      pivot -= i;
    }
    value = map[pivot];
  }
  if (x > value) return static_cast<uint8_t>(x > (upper + value) * 0.5f ? upper_pivot : pivot);
  return static_cast<uint8_t>(x < (lower + value) * 0.5f ? lower_pivot : pivot);
}
/// A first moment keeps its sign: what would lose it gets the neighbouring code.
uint8_t nearest_signed(float x, float moment) {
  uint8_t code = nearest(signed_map, x, -1);
  if (std::signbit(signed_map[code]) != std::signbit(moment)) code = static_cast<uint8_t>(code + (moment > 0 ? 1 : -1));
  return code;
}

float rounded(float value, at::ScalarType type) {
  switch (type) {
  case at::kBFloat16: return static_cast<float>(c10::BFloat16(value));
  case at::kHalf: return static_cast<float>(c10::Half(value));
  default: return value;
  }
}

/// The constants of a step as the kernels have them, in fp32.
struct Constants {
  float beta1, beta2, rest1, rest2, size, epsilon, kept;
  bool decays;

  Constants(const AdamW8bitNumbers &n, double step)
      : beta1(static_cast<float>(n.beta1)), beta2(static_cast<float>(n.beta2)), rest1(static_cast<float>(1.0 - beta1)),
        rest2(static_cast<float>(1.0 - beta2)), decays(n.decay > 0) {
    float rate = static_cast<float>(n.rate);
    float q1 = static_cast<float>(1.0 - static_cast<float>(std::pow(static_cast<double>(beta1), step)));
    float q2 = static_cast<float>(1.0 - static_cast<float>(std::pow(static_cast<double>(beta2), step)));
    float correction = static_cast<float>(std::sqrt(static_cast<double>(q2)));
    size = (-rate * correction) / q1;
    epsilon = correction * static_cast<float>(n.epsilon);
    kept = static_cast<float>(1.0 - static_cast<float>(static_cast<double>(rate) * static_cast<float>(n.decay)));
  }
  float moved(float x, float m1, float m2, at::ScalarType type) const {
    float y = rounded(x + size * (m1 / (std::sqrt(m2) + epsilon)), type);
    return decays ? rounded(y * kept, type) : y;
  }
};

void update_on_host(const AdamW8bitTensors &t, const AdamW8bitNumbers &numbers) {
  t.step.add_(1);
  const Constants c(numbers, t.step.item<double>());
  const bool is8bit = t.first_peaks.numel() > 0;
  const auto type = t.parameter.scalar_type();
  Tensor values = t.parameter.to(at::kFloat).contiguous().clone(), gradients = t.gradient.to(at::kFloat).contiguous();
  float *x = values.data_ptr<float>();
  const float *g = gradients.const_data_ptr<float>();
  const int64_t count = values.numel();
  if (!is8bit) {
    float *first = t.first.data_ptr<float>(), *second = t.second.data_ptr<float>();
    for (int64_t i = 0; i < count; i++) {
      first[i] = first[i] * c.beta1 + c.rest1 * g[i];
      second[i] = second[i] * c.beta2 + c.rest2 * (g[i] * g[i]);
      x[i] = c.moved(x[i], first[i], second[i], type);
    }
  } else {
    uint8_t *first = t.first.data_ptr<uint8_t>(), *second = t.second.data_ptr<uint8_t>();
    float *peaks1 = t.first_peaks.data_ptr<float>(), *peaks2 = t.second_peaks.data_ptr<float>();
    in_threads((count + block - 1) / block, 64, [&](int64_t from, int64_t to) {
      for (int64_t b = from; b < to; b++) {
        const int64_t start = b * block, length = std::min(block, count - start);
        float m1[block], m2[block], top1 = 0, top2 = 0;
        for (int64_t i = 0; i < length; i++) {
          const int64_t at = start + i;
          const float gradient = g[at];
          m1[i] = m2[i] = 0;
          if (!std::isfinite(gradient)) continue;  // both moments 0, the parameter as it was
          m1[i] = signed_map[first[at]] * peaks1[b] * c.beta1 + c.rest1 * gradient;
          m2[i] = unsigned_map[second[at]] * peaks2[b] * c.beta2 + (c.rest2 * gradient) * gradient;
          x[at] = c.moved(x[at], m1[i], m2[i], type);
          top1 = std::max(top1, std::abs(m1[i]));
          top2 = std::max(top2, m2[i]);
        }
        for (int64_t i = 0; i < length; i++) {
          first[start + i] = nearest_signed(m1[i] / top1, m1[i]);
          second[start + i] = nearest(unsigned_map, m2[i] / top2, 0);
        }
        peaks1[b] = top1;
        peaks2[b] = top2;
      }
    });
  }
  t.parameter.copy_(values.view_as(t.parameter));
}

// The same by operators, for devices whose memory is not at hand. A value right between two codes may get the other one.

Tensor table(const Map &map, at::Device device) {
  return at::from_blob(const_cast<float *>(map.data()), {256}, at::kFloat).clone().to(device);
}
Tensor spread(const Tensor &peaks, int64_t count) { return peaks.repeat_interleave(block).slice(0, 0, count); }
Tensor peaks_of(const Tensor &moment) {
  const int64_t rest = (block - moment.numel() % block) % block;
  return at::constant_pad_nd(moment.abs(), {0, rest}).view({-1, block}).amax(1);
}
Tensor codes_of(const Tensor &moment, const Tensor &peaks, const Tensor &map) {
  Tensor middle = (map.slice(0, 0, 255) + map.slice(0, 1, 256)) * 0.5;
  return at::bucketize(at::nan_to_num(moment / spread(peaks, moment.numel()), -2.0), middle);
}
void update_by_operators(const AdamW8bitTensors &t, const AdamW8bitNumbers &n, const std::optional<Tensor> &skip) {
  const bool is8bit = t.first_peaks.numel() > 0;
  const int64_t count = t.parameter.numel();
  const auto device = t.parameter.device();
  Tensor going = skip ? skip->eq(0) : at::ones({}, at::TensorOptions().dtype(at::kBool).device(device));
  Tensor step = t.step + going.to(at::kFloat), gradient = t.gradient.to(at::kFloat).flatten();
  Tensor time = at::where(going, step, at::ones_like(step)).to(at::kDouble);
  const float beta1 = static_cast<float>(n.beta1), beta2 = static_cast<float>(n.beta2), rate = static_cast<float>(n.rate);
  Tensor q1 = 1 - at::pow(at::Scalar(static_cast<double>(beta1)), time), correction = (1 - at::pow(at::Scalar(static_cast<double>(beta2)), time)).sqrt();
  Tensor map1 = table(signed_map, device), map2 = table(unsigned_map, device);
  Tensor old1 = t.first.flatten(), old2 = t.second.flatten();
  if (is8bit) {
    old1 = map1.index_select(0, old1.to(at::kInt)) * spread(t.first_peaks, count);
    old2 = map2.index_select(0, old2.to(at::kInt)) * spread(t.second_peaks, count);
  }
  Tensor m1 = old1 * beta1 + gradient * (1.0 - beta1), m2 = old2 * beta2 + (gradient * (1.0 - beta2)) * gradient;
  Tensor good = is8bit ? at::isfinite(gradient) : at::ones_like(gradient, at::kBool);
  m1 = at::where(good, m1, 0.0);
  m2 = at::where(good, m2, 0.0);
  Tensor old = t.parameter.flatten();
  Tensor moved = (old.to(at::kFloat) + m1 / (m2.sqrt() + correction * n.epsilon) * (correction * -rate / q1)).to(old.scalar_type());
  if (n.decay > 0) moved = (moved.to(at::kFloat) * (1.0 - rate * n.decay)).to(old.scalar_type());
  auto put = [&](const Tensor &place, const Tensor &value) {
    place.copy_(at::where(going, value.to(place.scalar_type()).view_as(place), place));
  };
  put(t.parameter, at::where(good, moved, old));
  put(t.step, step);
  if (!is8bit) {
    put(t.first, m1);
    put(t.second, m2);
    return;
  }
  Tensor peaks1 = peaks_of(m1), peaks2 = peaks_of(m2);
  Tensor codes1 = codes_of(m1, peaks1, map1);
  Tensor lost = at::signbit(map1.index_select(0, codes1)) != at::signbit(m1);
  codes1 = at::where(lost, codes1 + at::where(m1 > 0, 1, -1), codes1).bitwise_and(255);
  put(t.first, codes1);
  put(t.second, codes_of(m2, peaks2, map2));
  put(t.first_peaks, peaks1);
  put(t.second_peaks, peaks2);
}
}  // namespace

void adamw8bit(const AdamW8bitTensors &t, const AdamW8bitNumbers &numbers, const std::optional<Tensor> &skip) {
  if (!t.parameter.device().is_cpu()) return update_by_operators(t, numbers, skip);
  if (skip && skip->item<double>() != 0) return;
  update_on_host(t, numbers);
}
