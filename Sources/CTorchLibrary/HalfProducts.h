#pragma once
#include "MatrixPages.h"
#include "MatrixRows.h"
#include "Threads.h"

/// Whether libtorch's products in bf16 on this CPU are vectors. Where they are not a product takes nine times as long as in fp32, the one on
/// the way back 75 times and a convolution 48 times (measured on AVX2).
bool has_half_products();

/// As at::linear and at::conv3d. In bf16 on a CPU that has no such products they go through fp32: summed there, rounded once.
/// A matrix of weights is widened block by block, on the way back again; nothing wide is kept.
at::Tensor linear(const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias);
at::Tensor conv3d(const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias, at::IntArrayRef stride, at::IntArrayRef padding);

/// As at::scaled_dot_product_attention without dropout. In bf16 on a CPU that has no such products it is computed in fp32, there and back,
/// with gradients or without; what is kept is as large as libtorch's.
at::Tensor attention(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const std::optional<at::Tensor> &mask, bool causal, std::optional<double> scale);

/// x * matrix^T + bias through fp32, without gradients, in the dtype of x; `matrix` kept in whatever way, the bias in fp32 or undefined.
at::Tensor wide_product(const at::Tensor &x, const MatrixRows &matrix, const at::Tensor &bias);
/// x * matrix^T and x * matrix, without gradients.
at::Tensor times_transposed(const at::Tensor &x, const at::Tensor &matrix);
at::Tensor times(const at::Tensor &x, const at::Tensor &matrix);

/// `body(first, rows)` for some rows of the matrix after the other, in fp32, in one room for all.
template <class Body> void in_wide_blocks(const MatrixRows &matrix, const Body &body) {
  int64_t step = std::min(matrix.rows, std::max<int64_t>(1, (1 << 22) / std::max<int64_t>(1, matrix.columns)));
  auto room = matrix_pages({step, matrix.columns}, at::TensorOptions(at::kFloat));
  for (int64_t at = 0; at < matrix.rows; at += step) {
    int64_t count = std::min(step, matrix.rows - at);
    in_threads(count, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, matrix.columns)), [&](int64_t first, int64_t last) {
      matrix.widen(at + first, at + last, room.data_ptr<float>() + first * matrix.columns);
    });
    body(at, room.narrow(0, 0, count));
  }
}
