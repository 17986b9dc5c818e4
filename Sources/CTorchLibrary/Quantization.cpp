#include "Quantization.h"
#include "DequantizeRows.h"
#include "HalfProducts.h"
#include "MatrixPages.h"
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

namespace {
using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// On the device: divided by a number of the host, CUDA multiplies with a rounded reciprocal, and quanto quantizes on the CPU.
Tensor divided(const Tensor &t, double number) { return t / at::full({}, number, t.options()); }

double largest(at::ScalarType type) {
  switch (type) {
    case at::kChar: return 127;
    case at::kFloat8_e4m3fn: return 448;
    case at::kFloat8_e4m3fnuz: return 240;
    default: TORCH_CHECK(false, "no codes of 8 bits are kept as ", type);
  }
}

// Rows are independent of each other: so many at a time that `values`, room for them in their dtype, is small beside the model.
template <class Body> void in_parts(const Tensor &rows, Body body) {
  int64_t step = std::min(rows.size(0), std::max<int64_t>(1, (1 << 22) / std::max<int64_t>(1, rows.size(1))));
  auto room = matrix_pages({step, rows.size(1)}, rows.options());
  for (int64_t at = 0; at < rows.size(0); at += step) {
    int64_t count = std::min(step, rows.size(0) - at);
    body(at, count, room.narrow(0, 0, count));
  }
}

void symmetric(const Tensor &matrix, Tensor values, const Tensor &codes, const Tensor &scale) {
  auto type = codes.scalar_type();
  double most = largest(type), least = type == at::kChar ? -128 : -most;
  scale.copy_(divided(at::maximum(matrix.amax(1, true), matrix.amin(1, true).neg()).abs_(), most));
  at::div_out(values, matrix, scale);
  if (type == at::kChar) values.round_();
  // A row of zeros: 0 / 0. Its scale makes zeros of any code that is a number.
  codes.copy_(values.clamp_(least, most).nan_to_num_(0.0));
}
QuantizedMatrix symmetric(const Tensor &matrix, at::ScalarType type) {
  auto codes = matrix_pages(matrix.sizes(), matrix.options().dtype(type)), scale = at::empty({matrix.size(0), 1}, matrix.options());
  in_parts(matrix, [&](int64_t at, int64_t n, const Tensor &values) {
    symmetric(matrix.narrow(0, at, n), values, codes.narrow(0, at, n), scale.narrow(0, at, n));
  });
  return {codes, scale, std::nullopt, 8, matrix.size(0), matrix.size(1)};
}

// Groups of codes, `count` of them, in the layout of the header.
Tensor packed(const Tensor &codes, int64_t bits) {
  int64_t runs = 8 / bits, count = codes.size(0), length = (count + runs - 1) / runs;
  auto out = matrix_pages({length, codes.size(1)}, codes.options()).zero_();
  for (int64_t run = 0; run * length < count; run++) {
    auto part = codes.narrow(0, run * length, std::min(length, count - run * length));
    auto room = matrix_pages(part.sizes(), part.options());
    at::bitwise_left_shift_out(room, part, at::Scalar(run * bits));
    out.narrow(0, 0, part.size(0)).bitwise_or_(room);
  }
  return out;
}

QuantizedMatrix affine(const Tensor &matrix, int64_t bits, int64_t group) {
  auto groups = matrix.reshape({-1, group});
  auto codes = matrix_pages(groups.sizes(), groups.options().dtype(at::kByte));
  auto scale = at::empty({groups.size(0), 1}, groups.options()), shift = at::empty_like(scale);
  in_parts(groups, [&](int64_t at, int64_t n, Tensor values) {
    auto part = groups.narrow(0, at, n), s = scale.narrow(0, at, n), z = shift.narrow(0, at, n), least = part.amin(1, true);
    s.copy_(divided(part.amax(1, true) - least, (1 << bits) - 1));
    z.copy_(least.neg());
    at::add_out(values, part, z);
    codes.narrow(0, at, n).copy_(values.div_(s).round_().clamp_(0, (1 << bits) - 1).nan_to_num_(0.0));
  });
  // What quanto hands to torch's 4-bit kernel keeps its zero in the middle of the range, and loses a bit of the shift on the way
  // there and back: once on the CPU, and once more when the weights go on to a GPU.
  if (bits == 4 && group == 128 && matrix.size(1) > group && matrix.scalar_type() == at::kBFloat16)
    for (int64_t way = 0; way < (matrix.is_cuda() ? 2 : 1); way++) shift = scale * 8 - (shift.neg() + scale * 8);
  return {packed(codes, bits), scale, shift, bits, matrix.size(0), matrix.size(1)};
}

// Shapes and dtypes alone: few operators know the meta device.
QuantizedMatrix outline(const Tensor &matrix, int64_t bits, at::ScalarType type, int64_t group) {
  int64_t rows = matrix.size(0), columns = matrix.size(1), groups = rows * (columns / group), runs = 8 / bits;
  auto empty = [&](int64_t a, int64_t b, at::ScalarType t) { return at::empty({a, b}, matrix.options().dtype(t)); };
  if (bits == 8) return {empty(rows, columns, type), empty(rows, 1, matrix.scalar_type()), std::nullopt, bits, rows, columns};
  auto scale = empty(groups, 1, matrix.scalar_type());
  return {empty((groups + runs - 1) / runs, group, at::kByte), scale, scale.clone(), bits, rows, columns};
}

// The same in plain operators, for other devices and dtypes.
Tensor composed(const QuantizedMatrix &m) {
  auto type = m.scale.scalar_type();
  if (m.bits == 8) return m.codes.to(type).mul_(m.scale);
  int64_t runs = 8 / m.bits, length = m.codes.size(0), group = m.codes.size(1);
  auto out = at::empty({runs, length, group}, m.scale.options());
  for (int64_t run = 0; run < runs; run++)
    out.select(0, run).copy_(m.codes.bitwise_right_shift(run * m.bits).bitwise_and_((1 << m.bits) - 1));
  auto groups = out.flatten(0, 1).narrow(0, 0, m.scale.size(0));
  return groups.mul_(m.scale).sub_(*m.shift).reshape({m.rows, m.columns});
}

// torch's own kernel makes nothing dense. It is faster than a dense product for few rows (measured: even at 64), four times slower for
// many, which shows from some work on; and it reads past the end of rows that are no multiple of its vectors, and ends the process.
bool suits_kernel(const Tensor &x, const QuantizedMatrix &m) {
  constexpr int64_t few_rows = 48, little_work = 1 << 26;
  return m.columns % 32 == 0 && (x.numel() <= few_rows * m.columns || x.numel() * m.rows <= little_work);
}

Tensor product(const Tensor &x, const QuantizedMatrix &m) {
  bool scales_after = x.is_cpu() && x.scalar_type() == at::kBFloat16 && m.codes.scalar_type() == at::kChar &&
                      m.scale.scalar_type() == at::kBFloat16;
  if (!scales_after) return times_transposed(x, dequantized(m, x.scalar_type()));
  if (!suits_kernel(x, m)) {
    // The codes are exact in bf16. To round them times their scales instead would move every product the same way.
    QuantizedMatrix plain{m.codes, at::ones({1, 1}, m.scale.options()), std::nullopt, m.bits, m.rows, m.columns};
    return times_transposed(x, dequantized(plain, x.scalar_type())).mul_(m.scale.flatten());
  }
  auto shape = x.sizes().vec();
  shape.back() = m.rows;
  return at::_weight_int8pack_mm(x.reshape({-1, m.columns}).contiguous(), m.codes, m.scale.flatten()).reshape(shape);
}

struct QuantizedLinear : torch::autograd::Function<QuantizedLinear> {
  static Tensor forward(AutogradContext *context, const Tensor &x, const Tensor &codes, const Tensor &scale,
                        const std::optional<Tensor> &shift, const std::optional<Tensor> &bias, int64_t bits, int64_t rows,
                        int64_t columns) {
    context->save_for_backward({codes, scale, shift.value_or(Tensor())});
    context->saved_data["sizes"] = std::vector<int64_t>{bits, rows, columns};
    QuantizedMatrix m{codes, scale, shift, bits, rows, columns};
    auto y = product(x, m);
    // As quanto: the product is rounded before the bias is added.
    return bias ? y.add_(*bias) : y;
  }
  static variable_list backward(AutogradContext *context, variable_list gradients) {
    auto saved = context->get_saved_variables();
    auto sizes = context->saved_data["sizes"].toIntVector();
    QuantizedMatrix m{saved[0], saved[1], saved[2].defined() ? std::optional(saved[2]) : std::nullopt, sizes[0], sizes[1], sizes[2]};
    variable_list out(8);
    out[0] = times(gradients[0], dequantized(m, gradients[0].scalar_type()));
    return out;
  }
};
}  // namespace

QuantizedMatrix quantized(const Tensor &matrix, at::ScalarType dtype, int64_t bits, at::ScalarType type, int64_t group) {
  at::NoGradGuard off;
  TORCH_CHECK(matrix.dim() == 2 && matrix.is_floating_point(), "a matrix of floating-point numbers was expected");
  TORCH_CHECK(bits == 8 || bits == 4 || bits == 2, "no codes of ", bits, " bits");
  TORCH_CHECK(group > 0 && matrix.size(1) % group == 0, "no groups of ", group, " columns in ", matrix.size(1));
  if (matrix.is_meta()) return outline(matrix.to(dtype), bits, type, group);
  auto dense = matrix;
  if (matrix.scalar_type() != dtype) dense = matrix_pages(matrix.sizes(), matrix.options().dtype(dtype)).copy_(matrix);
  return bits == 8 ? symmetric(dense, type) : affine(dense, bits, group);
}

Tensor dequantized(const QuantizedMatrix &m, at::ScalarType dtype) {
  at::NoGradGuard off;
  auto fast = dequantized_rows(m, dtype);
  return fast.defined() ? fast : composed(m).to(dtype);
}

Tensor quantized_linear(const Tensor &x, const QuantizedMatrix &m, const std::optional<Tensor> &bias) {
  TORCH_CHECK(x.size(-1) == m.columns, "rows of ", m.columns, " elements were expected, got ", x.size(-1));
  return QuantizedLinear::apply(x, m.codes, m.scale, m.shift, bias, m.bits, m.rows, m.columns);
}
