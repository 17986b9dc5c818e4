#include "HalfProducts.h"
#include "EveryWidth.h"
#include "Threads.h"
#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/csrc/autograd/custom_function.h>
#include <algorithm>
#include <limits>

namespace {
using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool is_half(const Tensor &x) { return x.is_cpu() && x.scalar_type() == at::kBFloat16; }
bool goes_wide(const Tensor &x, const Tensor &weight) { return is_half(x) && is_half(weight) && !has_half_products(); }
std::optional<Tensor> wide(const std::optional<Tensor> &x) { return x ? std::optional(x->to(at::kFloat)) : x; }

std::vector<int64_t> with_last(const Tensor &x, int64_t last) {
  auto shape = x.sizes().vec();
  shape.back() = last;
  return shape;
}
Tensor flat(const Tensor &x) { return x.reshape({-1, x.size(-1)}); }

EVERY_WIDTH void widen_all(const uint16_t *from, int64_t count, float *out) {
  for (int64_t i = 0; i < count; i++) out[i] = from_bf16(from[i]);
}
// What is added is null or as long as a row.
EVERY_WIDTH void narrow_all(const float *from, const float *added, int64_t count, uint16_t *out) {
  if (added) for (int64_t i = 0; i < count; i++) out[i] = to_bf16(from[i] + added[i]);
  else for (int64_t i = 0; i < count; i++) out[i] = to_bf16(from[i]);
}
EVERY_WIDTH void add_all(const float *from, int64_t count, float *out) {
  for (int64_t i = 0; i < count; i++) out[i] += from[i];
}

// Room in fp32 that a thread keeps for its next product: new pages each time would take as long as a small one.
float *kept(std::vector<float> &room, int64_t count) {
  if (static_cast<int64_t>(room.size()) < count) room = std::vector<float>(count);
  return room.data();
}
Tensor over(const float *room, int64_t rows, int64_t columns) {
  return at::from_blob(const_cast<float *>(room), {rows, columns}, at::TensorOptions(at::kFloat));
}

// `body(first, rows)` for some rows of the matrix after the other, in fp32, in one room for all.
template <class Body> void in_wide_blocks(const MatrixRows &matrix, const Body &body) {
  thread_local std::vector<float> mine;
  int64_t columns = matrix.columns, step = std::min(matrix.rows, std::max<int64_t>(1, (1 << 22) / std::max<int64_t>(1, columns)));
  float *room = kept(mine, step * columns);
  for (int64_t at = 0; at < matrix.rows; at += step) {
    int64_t count = std::min(step, matrix.rows - at);
    in_threads(count, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, columns)),
               [&](int64_t first, int64_t last) { matrix.widen(at + first, at + last, room + first * columns); });
    body(at, over(room, count, columns));
  }
}

// The product of `columns` of x (rows, …), in bf16, from `first` on with a matrix (columns, width) in fp32. Each thread widens rows of its
// own, few enough to stay in its cache, multiplies, and hands `finish(row, count, products)` what came of them.
template <class Finish> void multiply_rows(const Tensor &x, int64_t first, int64_t columns, const Tensor &matrix, const Finish &finish) {
  int64_t width = matrix.size(1), few = std::clamp<int64_t>((1 << 20) / std::max<int64_t>(1, columns + width), 32, 512);
  auto from = static_cast<const uint16_t *>(x.const_data_ptr()) + first;
  int64_t step = x.stride(0), grain = std::max<int64_t>(1, (1 << 20) / std::max<int64_t>(1, columns * width));
  in_threads(x.size(0), grain, [&](int64_t begin, int64_t end) {
    at::AutoDispatchBelowADInplaceOrView plain;
    thread_local std::vector<float> mine;
    int64_t most = std::min(few, end - begin);
    float *room = kept(mine, most * (columns + width)), *products = room + most * columns;
    for (int64_t row = begin; row < end; row += few) {
      int64_t count = std::min(few, end - row);
      for (int64_t k = 0; k < count; k++) widen_all(from + (row + k) * step, columns, room + k * columns);
      auto to = over(products, count, width);
      at::mm_out(to, over(room, count, columns), matrix);
      finish(row, count, products);
    }
  });
}

Tensor forward_product(const Tensor &x, const Tensor &matrix, const std::optional<Tensor> &bias) {
  auto own = matrix.contiguous();
  return wide_product(x, *MatrixRows::of(own), bias ? bias->to(at::kFloat).contiguous() : Tensor());
}
Tensor backward_product(const Tensor &x, const Tensor &matrix) {
  auto rows = flat(x).contiguous(), own = matrix.contiguous(), out = at::empty(with_last(x, matrix.size(1)), x.options());
  int64_t width = matrix.size(1);
  Tensor sums;  // where the matrix is more than one block
  in_wide_blocks(*MatrixRows::of(own), [&](int64_t at, const Tensor &block) {
    bool is_all = block.size(0) == own.size(0);
    if (!is_all && !sums.defined()) sums = at::zeros({rows.size(0), width}, rows.options().dtype(at::kFloat));
    multiply_rows(rows, at, block.size(0), block, [&](int64_t row, int64_t count, const float *products) {
      if (is_all) narrow_all(products, nullptr, count * width, static_cast<uint16_t *>(out.data_ptr()) + row * width);
      else add_all(products, count * width, sums.data_ptr<float>() + row * width);
    });
  });
  if (sums.defined()) flat(out).copy_(sums);
  return out;
}
// `body(first, rows in fp32)` for some rows of x after the other: few enough that they and what comes out of them, `width` columns, are
// small beside what is trained, and enough for a product.
template <class Body> void in_wide_rows(const Tensor &x, int64_t width, const Body &body) {
  int64_t step = std::max<int64_t>(128, (1 << 18) / std::max({int64_t(1), x.size(1), width}));
  for (int64_t first = 0; first < x.size(0); first += step)
    body(first, x.narrow(0, first, std::min(step, x.size(0) - first)).to(at::kFloat));
}
Tensor weight_product(const Tensor &gradient, const Tensor &x) {
  auto rows = flat(x), out = at::zeros({gradient.size(-1), x.size(-1)}, x.options().dtype(at::kFloat));
  in_wide_rows(flat(gradient), rows.size(1), [&](int64_t first, const Tensor &some) {
    out.addmm_(some.t(), rows.narrow(0, first, some.size(0)).to(at::kFloat));
  });
  return out.to(x.scalar_type());
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
    if (saved[0].defined()) out[1] = weight_product(g, saved[0]);
    if (context->saved_data["bias"].toBool()) out[2] = at::sum(flat(g), {0}, false, at::kFloat).to(g.scalar_type());
    return out;
  }
};

// `body(part)` for some heads of some batch after the other, few enough that copies of them in fp32 are small; `part` takes them out of a
// tensor (batch, heads, …), whole where an axis is 1.
template <class Body> void in_heads(const Tensor &q, const Tensor &k, const Body &body) {
  int64_t few = std::max<int64_t>(1, (1 << 19) / std::max<int64_t>(1, std::max(q.size(2), k.size(2)) * q.size(3)));
  for (int64_t batch = 0; batch < q.size(0); batch++)
    for (int64_t head = 0; head < q.size(1); head += few) {
      int64_t count = std::min(few, q.size(1) - head);
      body([&](const Tensor &t) {
        auto own = t.size(0) == 1 ? t : t.narrow(0, batch, 1);
        return own.size(1) == 1 ? own : own.narrow(1, head, count);
      });
    }
}
/// On the way back libtorch's attention in bf16 has products that are not vectors: half of a training step's time.
struct WideAttention : torch::autograd::Function<WideAttention> {
  static Tensor forward(
      AutogradContext *context, const Tensor &q, const Tensor &k, const Tensor &v, const std::optional<Tensor> &mask, bool causal,
      std::optional<double> scale) {
    // In memory as libtorch's own: the heads of a token side by side.
    auto out = at::empty({q.size(0), q.size(2), q.size(1), q.size(3)}, q.options()).transpose(1, 2);
    auto sums = at::empty({q.size(0), q.size(1), q.size(2)}, q.options().dtype(at::kFloat));
    in_heads(q, k, [&](auto part) {
      auto shown = mask ? std::optional(mask->dim() == 4 ? part(*mask) : *mask) : std::nullopt;
      auto [y, own] = at::_scaled_dot_product_flash_attention_for_cpu(widened(part(q)), widened(part(k)), widened(part(v)), 0.0, causal, shown, scale);
      part(out).copy_(y);
      part(sums).copy_(own);
    });
    context->save_for_backward({q, k, v, out, sums, mask.value_or(Tensor())});
    context->saved_data["causal"] = causal;
    context->saved_data["scale"] = scale;
    return out;
  }
  static variable_list backward(AutogradContext *context, variable_list gradients) {
    auto saved = context->get_saved_variables();
    auto &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[3], &sums = saved[4], &mask = saved[5], &gradient = gradients[0];
    auto like = [](const Tensor &t) { return at::empty_like(t.transpose(1, 2), at::MemoryFormat::Contiguous).transpose(1, 2); };
    auto to_q = like(q), to_k = like(k), to_v = like(v);
    in_heads(q, k, [&](auto part) {
      auto shown = mask.defined() ? std::optional(mask.dim() == 4 ? part(mask) : mask) : std::nullopt;
      auto [by_q, by_k, by_v] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
          widened(part(gradient)), widened(part(q)), widened(part(k)), widened(part(v)), widened(part(out)), part(sums).contiguous(), 0.0,
          context->saved_data["causal"].toBool(), shown, context->saved_data["scale"].toOptional<double>());
      part(to_q).copy_(by_q);
      part(to_k).copy_(by_k);
      part(to_v).copy_(by_v);
    });
    return {to_q, to_k, to_v, Tensor(), Tensor(), Tensor()};
  }

private:
  static Tensor widened(const Tensor &t) { return t.to(at::kFloat); }
};
}  // namespace

bool has_half_products() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  static const bool has = __builtin_cpu_supports("amx-bf16") || (__builtin_cpu_is("amd") && __builtin_cpu_supports("avx512bf16"));
  return has;
#else
  return true;
#endif
}

// What comes out is no view: to a view, which holds what it views, the engine cannot add in place what comes from other ways.
Tensor wide_product(const Tensor &x, const MatrixRows &matrix, const Tensor &bias) {
  auto rows = flat(x).contiguous(), out = at::empty(with_last(x, matrix.rows), x.options());
  int64_t width = matrix.rows;
  in_wide_blocks(matrix, [&](int64_t at, const Tensor &block) {
    if (!is_half(x)) {
      auto own = bias.defined() ? at::addmm(bias.narrow(0, at, block.size(0)), rows, block.t()) : at::mm(rows, block.t());
      flat(out).narrow(1, at, block.size(0)).copy_(own);
      return;
    }
    auto to = static_cast<uint16_t *>(out.data_ptr()) + at;
    auto added = bias.defined() ? bias.data_ptr<float>() + at : nullptr;
    multiply_rows(rows, 0, matrix.columns, block.t(), [&](int64_t row, int64_t count, const float *products) {
      for (int64_t k = 0; k < count; k++) narrow_all(products + k * block.size(0), added, block.size(0), to + (row + k) * width);
    });
  });
  return out;
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

Tensor transposed_times(const Tensor &y, const Tensor &x) { return goes_wide(y, x) ? weight_product(y, x) : at::mm(flat(y).t(), flat(x)); }
Tensor plus_product(Tensor y, const Tensor &x, const Tensor &matrix, double scale) {
  if (goes_wide(x, matrix)) return y.add_(backward_product(x, matrix), scale);
  if (!y.is_contiguous()) y = y.contiguous();
  y.view({-1, y.size(-1)}).addmm_(flat(x), matrix, 1, scale);
  return y;
}

Tensor attention(const Tensor &q, const Tensor &k, const Tensor &v, const std::optional<Tensor> &mask, bool causal, std::optional<double> scale) {
  bool is_plain = q.dim() == 4 && k.dim() == 4 && v.dim() == 4 && q.size(1) == k.size(1) && q.size(3) == v.size(3) && q.numel() > 0 && k.numel() > 0;
  bool is_shown = !mask || ((mask->dim() == 2 || mask->dim() == 4) && !mask->requires_grad());
  if (!is_plain || !is_shown || !goes_wide(q, k) || !is_half(v)) return at::scaled_dot_product_attention(q, k, v, mask, 0.0, causal, scale);
  auto added = mask;
  if (mask && mask->scalar_type() == at::kBool)
    added = at::zeros_like(*mask, mask->options().dtype(at::kFloat)).masked_fill_(mask->logical_not(), -std::numeric_limits<float>::infinity());
  return WideAttention::apply(q, k, v, wide(added), causal, scale);
}
