#include "RowNorm.h"
#include "Lanes.h"
#include "Rows.h"
#include "Threads.h"
#include <ATen/core/grad_mode.h>
#include <cmath>
#include <torch/csrc/autograd/custom_function.h>

namespace {
using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The sum of f(i) over a row, sixteen side by side: what lets the compiler use vectors without changing the order of additions.
template <class Term> INLINED float sum_over(int64_t size, const Term &term) {
  float sums[16] = {}, total = 0;
  int64_t i = 0;
  for (; i + 16 <= size; i += 16)
    for (int k = 0; k < 16; k++) sums[k] += term(i + k);
  for (; i < size; i++) total += term(i);
  for (float sum : sums) total += sum;
  return total;
}
// Returns what the row was multiplied by. What is shifted is rounded before it is weighed, as by an operator of its own.
template <class Element>
INLINED float normalize(const Element *x, const Element *weight, const Element *shift, int64_t size, float epsilon, Element *out) {
  float sum = sum_over(size, [x](int64_t i) { return widen(x[i]) * widen(x[i]); });
  float factor = 1.f / std::sqrt(sum / static_cast<float>(size) + epsilon);
  if (shift)
    for (int64_t i = 0; i < size; i++) {
      Element rounded;
      narrow(widen(x[i]) * factor, &rounded);
      narrow(widen(shift[i]) + widen(rounded) * widen(weight[i]), out + i);
    }
  else if (weight) for (int64_t i = 0; i < size; i++) narrow(widen(x[i]) * factor * widen(weight[i]), out + i);
  else for (int64_t i = 0; i < size; i++) narrow(widen(x[i]) * factor, out + i);
  return factor;
}
// With w = weight * gradient: factor * w - x * factor^3 * mean(w * x).
template <class Element>
INLINED void take_back(const Element *x, const Element *weight, const Element *gradient, int64_t size, float factor, Element *out) {
  float sum = weight ? sum_over(size, [=](int64_t i) { return widen(gradient[i]) * widen(weight[i]) * widen(x[i]); })
                     : sum_over(size, [=](int64_t i) { return widen(gradient[i]) * widen(x[i]); });
  float share = factor * factor * factor * sum / static_cast<float>(size);
  if (weight) for (int64_t i = 0; i < size; i++) narrow(factor * widen(gradient[i]) * widen(weight[i]) - share * widen(x[i]), out + i);
  else for (int64_t i = 0; i < size; i++) narrow(factor * widen(gradient[i]) - share * widen(x[i]), out + i);
}
EVERY_WIDTH float normalize_whole(const float *x, const float *weight, const float *shift, int64_t size, float epsilon, float *out) {
  return normalize(x, weight, shift, size, epsilon, out);
}
EVERY_WIDTH float normalize_half(const uint16_t *x, const uint16_t *weight, const uint16_t *shift, int64_t size, float epsilon, uint16_t *out) {
  return normalize(x, weight, shift, size, epsilon, out);
}
EVERY_WIDTH void take_back_whole(const float *x, const float *weight, const float *gradient, int64_t size, float factor, float *out) {
  take_back(x, weight, gradient, size, factor, out);
}
EVERY_WIDTH void take_back_half(const uint16_t *x, const uint16_t *weight, const uint16_t *gradient, int64_t size, float factor, uint16_t *out) {
  take_back(x, weight, gradient, size, factor, out);
}

// `body(row)` on all threads; of shapes alone nothing.
template <class Body> void each_row(const Tensor &x, const Body &body) {
  int64_t size = x.size(-1);
  if (x.is_meta() || x.numel() == 0) return;
  in_threads(x.numel() / size, std::max<int64_t>(1, 16384 / size), [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; row++) body(row);
  });
}

// `factors` undefined: nobody asks for them.
Tensor forward_norm(const Tensor &x, const Tensor &weight, const Tensor &shift, double epsilon, const Tensor &factors) {
  auto out = at::empty_like(x);
  int64_t size = x.size(-1);
  auto kept = start<float>(factors);
  auto own = static_cast<float>(epsilon);
  Beside weights(weight, x, size), shifts(shift, x, size);
  each_row(x, [&](int64_t row) {
    int64_t at = row * size;
    float factor = is_half(x) ? normalize_half(read<uint16_t>(x) + at, weights.row<uint16_t>(row), shifts.row<uint16_t>(row), size, own,
                                               start<uint16_t>(out) + at)
                              : normalize_whole(read<float>(x) + at, weights.row<float>(row), shifts.row<float>(row), size, own, start<float>(out) + at);
    if (kept) kept[row] = factor;
  });
  return out;
}

struct RowNorm : torch::autograd::Function<RowNorm> {
  static Tensor forward(AutogradContext *context, const Tensor &x, const std::optional<Tensor> &weight, const std::optional<Tensor> &shift,
                        double epsilon) {
    auto factors = at::empty({x.numel() / x.size(-1)}, x.options().dtype(at::kFloat));
    auto own = weight.value_or(Tensor());
    context->save_for_backward({x, own, factors});
    return forward_norm(x, own, shift.value_or(Tensor()), epsilon, factors);
  }
  static variable_list backward(AutogradContext *context, variable_list gradients) {
    auto saved = context->get_saved_variables();
    auto &x = saved[0], &factors = saved[2];
    auto gradient = gradients[0].contiguous(), out = at::empty_like(x);
    int64_t size = x.size(-1);
    Beside weights(saved[1], x, size);
    each_row(x, [&](int64_t row) {
      int64_t at = row * size;
      float factor = read<float>(factors)[row];
      if (is_half(x))
        take_back_half(read<uint16_t>(x) + at, weights.row<uint16_t>(row), read<uint16_t>(gradient) + at, size, factor, start<uint16_t>(out) + at);
      else take_back_whole(read<float>(x) + at, weights.row<float>(row), read<float>(gradient) + at, size, factor, start<float>(out) + at);
    });
    return {out, Tensor(), Tensor(), Tensor()};
  }
};

bool is_ours(const Tensor &x, int64_t size) {
  return (x.is_cpu() || x.is_meta()) && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) && x.dim() > 0 && x.is_contiguous() &&
         size > 0 && x.size(-1) == size;
}
bool is_frozen(const Tensor &t, const Tensor &x) {
  return t.scalar_type() == x.scalar_type() && t.device() == x.device() && t.dim() > 0 && t.dim() <= x.dim() && t.stride(-1) == 1 &&
         t.size(-1) == x.size(-1) && !(at::GradMode::is_enabled() && t.requires_grad());
}
Tensor norm(const Tensor &x, const std::optional<Tensor> &weight, const std::optional<Tensor> &shift, double epsilon) {
  if (at::GradMode::is_enabled() && x.requires_grad()) return RowNorm::apply(x, weight, shift, epsilon);
  return forward_norm(x, weight.value_or(Tensor()), shift.value_or(Tensor()), epsilon, Tensor());
}
}  // namespace

Tensor row_norm(const Tensor &x, int64_t size, const std::optional<Tensor> &weight, double epsilon) {
  if (!is_ours(x, size) || (weight && (weight->dim() != 1 || !is_frozen(*weight, x)))) return at::rms_norm(x, {size}, weight, epsilon);
  return norm(x, weight, std::nullopt, epsilon);
}
Tensor modulated_norm(const Tensor &x, int64_t size, const Tensor &weight, const Tensor &shift, double epsilon) {
  if (!x.is_cpu() || !is_ours(x, size) || !is_frozen(weight, x) || !is_frozen(shift, x))
    return at::addcmul(shift, row_norm(x, size, std::nullopt, epsilon), weight);
  return norm(x, weight, shift, epsilon);
}
