#include "Outline.h"
#include <torch/csrc/autograd/custom_function.h>

namespace {
using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Tensor statistics(const Tensor &like, at::IntArrayRef shape) { return at::empty(shape, like.options().dtype(at::kFloat)); }

struct Attention : torch::autograd::Function<Attention> {
  static Tensor forward(AutogradContext *context, const Tensor &q, const Tensor &k, const Tensor &v) {
    auto y = at::empty({q.size(0), q.size(2), q.size(1), v.size(3)}, q.options()).transpose(1, 2);
    context->save_for_backward({q, k, v, y, statistics(q, {q.size(0), q.size(1), q.size(2)})});
    return y;
  }
  static variable_list backward(AutogradContext *context, variable_list) {
    auto saved = context->get_saved_variables();
    return {at::empty_like(saved[0]), at::empty_like(saved[1]), at::empty_like(saved[2])};
  }
};

struct LayerNorm : torch::autograd::Function<LayerNorm> {
  static Tensor forward(AutogradContext *context, const Tensor &x) {
    auto rows = x.sizes().slice(0, x.dim() - 1);
    context->save_for_backward({x, statistics(x, rows), statistics(x, rows)});
    return at::empty_like(x);
  }
  static variable_list backward(AutogradContext *context, variable_list) {
    return {at::empty_like(context->get_saved_variables()[0])};
  }
};
}  // namespace

Tensor outline_attention(const Tensor &q, const Tensor &k, const Tensor &v) { return Attention::apply(q, k, v); }
Tensor outline_layer_norm(const Tensor &x) { return LayerNorm::apply(x); }
Tensor outline_complex(const Tensor &real) { return at::empty(real.sizes(), real.options().dtype(at::kComplexFloat)); }
