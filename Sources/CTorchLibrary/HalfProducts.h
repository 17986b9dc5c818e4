#pragma once
#include "MatrixRows.h"

/// Whether libtorch's products in bf16 on this CPU are faster than those in fp32: with AMX, and with AMD's AVX512-BF16. That of Intel does
/// half as much at a time as fp32, AVX-512 without it takes four times as long; with AVX2 a product takes nine times as long, the one on the
/// way back 75 times and a convolution 48 times (each measured).
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
/// y^T * x of the rows of both, without gradients: how a matrix moves that makes y of x.
at::Tensor transposed_times(const at::Tensor &y, const at::Tensor &x);
/// y + scale * x * matrix, without gradients, where y is if nobody else has it.
at::Tensor plus_product(at::Tensor y, const at::Tensor &x, const at::Tensor &matrix, double scale);
