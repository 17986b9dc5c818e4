#pragma once
#include <ATen/ATen.h>
#include <optional>

// What libtorch has no kernel for that makes shapes alone: the same tensors as on a device are made and kept for the way back, so that
// what they would take can be counted.

/// Attention as the kernels do it that never make the matrix of all weights: q, k and v (batch, heads, tokens, size).
at::Tensor outline_attention(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v);
/// Complex numbers of so many parts in fp32.
at::Tensor outline_complex(const at::Tensor &real);
/// Layer normalisation over the last axis, without weight and bias.
at::Tensor outline_layer_norm(const at::Tensor &x);
