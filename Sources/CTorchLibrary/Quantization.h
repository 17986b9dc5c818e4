#pragma once
#include <ATen/ATen.h>
#include <optional>
#include <vector>

/// A matrix (rows, columns) in fewer bits, as quanto keeps it.
///
///  * 8 bits: `codes` (rows, columns) in int8 or a float8, `scale` (rows, 1) or (1, 1); the matrix is codes * scale.
///  * 4 and 2 bits: groups of a row's columns. `codes` holds the groups (groups of all rows, columns of a group) in uint8, 8 / bits
///    equal runs of groups on top of each other, the first in the lowest bits; `scale` and `shift` (groups, 1); the matrix is
///    codes * scale - shift.
struct QuantizedMatrix {
  at::Tensor codes, scale;
  std::optional<at::Tensor> shift;
  int64_t bits, rows, columns;
};

/// quanto's rounding, every operation in `dtype`, which the matrix is brought to first. `type` is that of the codes when bits are 8; `group` divides the
/// columns.
QuantizedMatrix quantized(const at::Tensor &matrix, at::ScalarType dtype, int64_t bits, at::ScalarType type, int64_t group);
/// The matrix again (rows, columns): rounded as quanto rounds, to the dtype of the scale and then to `dtype`.
at::Tensor dequantized(const QuantizedMatrix &matrix, at::ScalarType dtype);
/// x * matrix^T + bias, with gradients for x alone. The matrix is made dense for the product, and again for its gradient; nothing
/// of it is kept in between.
at::Tensor quantized_linear(const at::Tensor &x, const QuantizedMatrix &matrix, const std::optional<at::Tensor> &bias);
