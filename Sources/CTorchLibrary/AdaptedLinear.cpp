#include "AdaptedLinear.h"
#include "HalfProducts.h"
#include <torch/csrc/autograd/custom_function.h>

namespace {
using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

int64_t rows_of(const FrozenMatrix &m) { return m.quantized ? m.quantized->rows : m.dense.size(0); }
int64_t columns_of(const FrozenMatrix &m) { return m.quantized ? m.quantized->columns : m.dense.size(1); }

// For the way back: what lies in memory of the matrix, and the rest.
std::vector<Tensor> tensors_of(const FrozenMatrix &m) {
  if (!m.quantized) return {m.dense, Tensor(), Tensor()};
  return {m.quantized->codes, m.quantized->scale, m.quantized->shift.value_or(Tensor())};
}
std::vector<int64_t> sizes_of(const FrozenMatrix &m) {
  return m.quantized ? std::vector<int64_t>{m.quantized->bits, m.quantized->rows, m.quantized->columns} : std::vector<int64_t>{0, 0, 0};
}
// gradient * matrix
Tensor taken_back(const Tensor &gradient, const Tensor *tensors, const std::vector<int64_t> &sizes) {
  if (!tensors[1].defined()) return times(gradient, tensors[0]);
  auto shift = tensors[2].defined() ? std::optional(tensors[2]) : std::nullopt;
  return times(gradient, dequantized({tensors[0], tensors[1], shift, sizes[0], sizes[1], sizes[2]}, gradient.scalar_type()));
}
Tensor product(const Tensor &x, const FrozenMatrix &m) {
  return m.quantized ? quantized_linear(x, *m.quantized, m.bias) : ::linear(x, m.dense, m.bias);
}
Tensor unread(const Tensor &x, int64_t rows) {
  auto shape = x.sizes().vec();
  shape.back() = rows;
  return at::zeros({}, x.options()).expand(shape);
}
void check(const Tensor &x, const FrozenMatrix &m) {
  TORCH_CHECK(x.size(-1) == columns_of(m), "rows of ", columns_of(m), " elements were expected, got ", x.size(-1));
}

struct AdaptedLinear : torch::autograd::Function<AdaptedLinear> {
  static Tensor forward(AutogradContext *context, const Tensor &x, const Tensor &a, const Tensor &b, const FrozenMatrix &m, double scale, bool is_read) {
    auto down = times_transposed(x, a);
    auto kept = tensors_of(m);
    kept.insert(kept.end(), {x, down, a, b});
    context->save_for_backward(kept);
    context->saved_data["sizes"] = sizes_of(m);
    context->saved_data["scale"] = scale;
    if (!is_read) return unread(x, rows_of(m));
    return plus_product(product(x, m), down, b.t(), scale);
  }
  static variable_list backward(AutogradContext *context, variable_list gradients) {
    auto saved = context->get_saved_variables();
    auto &g = gradients[0], &x = saved[3], &down = saved[4], &a = saved[5], &b = saved[6];
    double scale = context->saved_data["scale"].toDouble();
    auto flowing = times(g, b);
    if (scale != 1) flowing.mul_(scale);
    variable_list out(6);
    if (context->needs_input_grad(0)) out[0] = plus_product(taken_back(g, saved.data(), context->saved_data["sizes"].toIntVector()), flowing, a, 1);
    if (context->needs_input_grad(1)) out[1] = transposed_times(flowing, x);
    if (context->needs_input_grad(2)) {
      out[2] = transposed_times(g, down);
      if (scale != 1) out[2].mul_(scale);
    }
    return out;
  }
};
struct UnreadLinear : torch::autograd::Function<UnreadLinear> {
  static Tensor forward(AutogradContext *context, const Tensor &x, const FrozenMatrix &m) {
    context->save_for_backward(tensors_of(m));
    context->saved_data["sizes"] = sizes_of(m);
    return unread(x, rows_of(m));
  }
  static variable_list backward(AutogradContext *context, variable_list gradients) {
    auto saved = context->get_saved_variables();
    return {taken_back(gradients[0], saved.data(), context->saved_data["sizes"].toIntVector()), Tensor()};
  }
};
}  // namespace

Tensor adapted_linear(const Tensor &x, const FrozenMatrix &m, const Tensor &a, const Tensor &b, double scale, bool is_read) {
  check(x, m);
  TORCH_CHECK(a.dim() == 2 && b.dim() == 2 && a.size(1) == columns_of(m) && b.size(0) == rows_of(m) && a.size(0) == b.size(1),
              "an adapter of ", a.sizes(), " and ", b.sizes(), " does not fit a matrix of ", rows_of(m), " rows and ", columns_of(m), " columns");
  return AdaptedLinear::apply(x, a, b, m, scale, is_read);
}
Tensor unread_linear(const Tensor &x, const FrozenMatrix &m) {
  check(x, m);
  return UnreadLinear::apply(x, m);
}
