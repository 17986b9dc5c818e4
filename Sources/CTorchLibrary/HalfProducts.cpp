#include "HalfProducts.h"
#include <torch/csrc/autograd/custom_function.h>

namespace {
using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool is_half(const Tensor &x) { return x.is_cpu() && x.scalar_type() == at::kBFloat16; }
bool goes_wide(const Tensor &x, const Tensor &weight) { return is_half(x) && is_half(weight) && !has_half_products(); }
std::optional<Tensor> wide(const std::optional<Tensor> &x) { return x ? std::optional(x->to(at::kFloat)) : x; }

// Rows of x in fp32.
Tensor wide_rows(const Tensor &x) { return x.reshape({-1, x.size(-1)}).to(at::kFloat); }
std::vector<int64_t> with_last(const Tensor &x, int64_t last) {
  auto shape = x.sizes().vec();
  shape.back() = last;
  return shape;
}

Tensor forward_product(const Tensor &x, const Tensor &matrix, const std::optional<Tensor> &bias) {
  auto rows = wide_rows(x), out = at::empty({rows.size(0), matrix.size(0)}, x.options());
  auto own = matrix.contiguous();
  auto added = wide(bias);
  in_wide_blocks(*MatrixRows::of(own), [&](int64_t at, const Tensor &block) {
    int64_t count = block.size(0);
    out.narrow(1, at, count).copy_(added ? at::addmm(added->narrow(0, at, count), rows, block.t()) : at::mm(rows, block.t()));
  });
  return out.reshape(with_last(x, matrix.size(0)));
}
Tensor backward_product(const Tensor &x, const Tensor &matrix) {
  auto rows = wide_rows(x), out = at::zeros({rows.size(0), matrix.size(1)}, rows.options());
  auto own = matrix.contiguous();
  in_wide_blocks(*MatrixRows::of(own), [&](int64_t at, const Tensor &block) { out.addmm_(rows.narrow(1, at, block.size(0)), block); });
  return out.to(x.scalar_type()).reshape(with_last(x, matrix.size(1)));
}

struct WideLinear : torch::autograd::Function<WideLinear> {
  static Tensor forward(AutogradContext *context, const Tensor &x, const Tensor &weight, const std::optional<Tensor> &bias) {
    context->save_for_backward({weight.requires_grad() ? x : Tensor(), x.requires_grad() ? weight : Tensor()});
    context->saved_data["bias"] = bias && bias->requires_grad();
    return forward_product(x, weight, bias);
  }
  static variable_list backward(AutogradContext *context, variable_list gradients) {
    auto saved = context->get_saved_variables();
    auto g = gradients[0];
    variable_list out(3);
    if (saved[1].defined()) out[0] = backward_product(g, saved[1]);
    if (saved[0].defined()) out[1] = at::mm(wide_rows(g).t(), wide_rows(saved[0])).to(g.scalar_type());
    if (context->saved_data["bias"].toBool()) out[2] = wide_rows(g).sum(0).to(g.scalar_type());
    return out;
  }
};
}  // namespace

bool has_half_products() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return has;
#else
  return true;
#endif
}

Tensor linear(const Tensor &x, const Tensor &weight, const std::optional<Tensor> &bias) {
  bool is_ours = goes_wide(x, weight) && weight.dim() == 2 && x.dim() > 0 && x.size(-1) == weight.size(1) && weight.numel() > 0;
  return is_ours ? WideLinear::apply(x, weight, bias) : at::linear(x, weight, bias);
}
Tensor conv3d(const Tensor &x, const Tensor &weight, const std::optional<Tensor> &bias, at::IntArrayRef stride, at::IntArrayRef padding) {
  if (!goes_wide(x, weight)) return at::conv3d(x, weight, bias, stride, padding);
  return at::conv3d(x.to(at::kFloat), weight.to(at::kFloat), wide(bias), stride, padding).to(x.scalar_type());
}
Tensor times_transposed(const Tensor &x, const Tensor &matrix) {
  return goes_wide(x, matrix) ? forward_product(x, matrix, std::nullopt) : at::matmul(x, matrix.t());
}
Tensor times(const Tensor &x, const Tensor &matrix) { return goes_wide(x, matrix) ? backward_product(x, matrix) : at::matmul(x, matrix); }
