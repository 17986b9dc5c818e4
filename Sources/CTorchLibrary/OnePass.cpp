#include "OnePass.h"
#include "Lanes.h"
#include "Rows.h"
#include "Threads.h"
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

namespace {
using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool is_ours(const Tensor &x) { return x.is_cpu() && x.is_contiguous() && (x.scalar_type() == at::kFloat || is_half(x)); }
bool has_gradients(const Tensor &x) { return at::GradMode::is_enabled() && x.requires_grad(); }

// sqrt(2 / pi), and what the cube is multiplied by.
constexpr float slope = 0.79788456080286535588f, cube = 0.044715f;
INLINED float power(float x) { return exponential(-2.f * slope * (x + cube * x * x * x)); }
template <class Element> INLINED void gelu(const Element *x, int64_t count, Element *out) {
  for (int64_t i = 0; i < count; i++) {
    float v = widen(x[i]);
    narrow(v / (1.f + power(v)), out + i);
  }
}
template <class Element> INLINED void gelu_back(const Element *x, const Element *gradient, int64_t count, Element *out) {
  for (int64_t i = 0; i < count; i++) {
    float v = widen(x[i]), e = power(v), gate = 1.f / (1.f + e), steep = 2.f * slope * (1.f + 3.f * cube * v * v);
    // Not gate * (1 - gate): of a gate near 1 nothing would be left.
    narrow(widen(gradient[i]) * (gate + v * (e * gate) * gate * steep), out + i);
  }
}
EVERY_WIDTH void gelu_whole(const float *x, int64_t count, float *out) { gelu(x, count, out); }
EVERY_WIDTH void gelu_half(const uint16_t *x, int64_t count, uint16_t *out) { gelu(x, count, out); }
EVERY_WIDTH void gelu_back_whole(const float *x, const float *gradient, int64_t count, float *out) { gelu_back(x, gradient, count, out); }
EVERY_WIDTH void gelu_back_half(const uint16_t *x, const uint16_t *gradient, int64_t count, uint16_t *out) { gelu_back(x, gradient, count, out); }

Tensor forward_gelu(const Tensor &x) {
  auto out = at::empty_like(x);
  in_threads(x.numel(), 8192, [&](int64_t first, int64_t last) {
    if (is_half(x)) gelu_half(read<uint16_t>(x) + first, last - first, start<uint16_t>(out) + first);
    else gelu_whole(read<float>(x) + first, last - first, start<float>(out) + first);
  });
  return out;
}
struct Gelu : torch::autograd::Function<Gelu> {
  static Tensor forward(AutogradContext *context, const Tensor &x) {
    context->save_for_backward({x});
    return forward_gelu(x);
  }
  static variable_list backward(AutogradContext *context, variable_list gradients) {
    auto x = context->get_saved_variables()[0], gradient = gradients[0].contiguous(), out = at::empty_like(x);
    in_threads(x.numel(), 8192, [&](int64_t first, int64_t last) {
      if (is_half(x)) gelu_back_half(read<uint16_t>(x) + first, read<uint16_t>(gradient) + first, last - first, start<uint16_t>(out) + first);
      else gelu_back_whole(read<float>(x) + first, read<float>(gradient) + first, last - first, start<float>(out) + first);
    });
    return {out};
  }
};

// `way` -1: by the conjugate.
template <class Element> INLINED void turn(const Element *x, const float *factors, int64_t size, float way, Element *out) {
  for (int64_t i = 0; i < size; i += 2) {
    float a = widen(x[i]), b = widen(x[i + 1]), cos = factors[i], sin = way * factors[i + 1];
    narrow(a * cos - b * sin, out + i);
    narrow(a * sin + b * cos, out + i + 1);
  }
}
EVERY_WIDTH void turn_whole(const float *x, const float *factors, int64_t size, float way, float *out) { turn(x, factors, size, way, out); }
EVERY_WIDTH void turn_half(const uint16_t *x, const float *factors, int64_t size, float way, uint16_t *out) { turn(x, factors, size, way, out); }

Tensor turned(const Tensor &x, const Tensor &factors, float way) {
  auto out = at::empty_like(x);
  int64_t size = x.size(-1), rows = size > 0 ? x.numel() / size : 0;
  Beside beside(factors, x, size / 2);
  in_threads(rows, std::max<int64_t>(1, 8192 / std::max<int64_t>(1, size)), [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; row++) {
      auto own = reinterpret_cast<const float *>(beside.row<c10::complex<float>>(row));
      if (is_half(x)) turn_half(read<uint16_t>(x) + row * size, own, size, way, start<uint16_t>(out) + row * size);
      else turn_whole(read<float>(x) + row * size, own, size, way, start<float>(out) + row * size);
    }
  });
  return out;
}
struct Rotation : torch::autograd::Function<Rotation> {
  static Tensor forward(AutogradContext *context, const Tensor &x, const Tensor &factors) {
    context->save_for_backward({factors});
    return turned(x, factors, 1);
  }
  static variable_list backward(AutogradContext *context, variable_list gradients) {
    return {turned(gradients[0].contiguous(), context->get_saved_variables()[0], -1), Tensor()};
  }
};
}  // namespace

Tensor tanh_gelu(const Tensor &x) {
  if (!is_ours(x)) return at::gelu(x, "tanh");
  return has_gradients(x) ? Gelu::apply(x) : forward_gelu(x);
}
Tensor rotated(const Tensor &x, const Tensor &factors) {
  bool is_fit = is_ours(x) && x.dim() > 0 && x.dim() >= factors.dim() && factors.dim() > 0 && factors.is_cpu() &&
                factors.scalar_type() == at::kComplexFloat && !factors.is_conj() && factors.stride(-1) == 1 && 2 * factors.size(-1) == x.size(-1) &&
                !has_gradients(factors);
  if (is_fit) return has_gradients(x) ? Rotation::apply(x, factors) : turned(x, factors, 1);
  auto pairs = at::view_as_complex(x.to(at::kFloat).unflatten(-1, {-1, 2}));
  return at::view_as_real(pairs * factors).flatten(-2).to(x.scalar_type());
}
