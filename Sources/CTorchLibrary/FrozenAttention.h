#pragma once
#include <ATen/ATen.h>
#include <optional>

/// Attention without gradients: q (rows, heads, tokens, size) to keys and values (rows, sources, all tokens, size), sources dividing heads;
/// in the shape of q. `mask` is added to what is seen. One token of a row on the CPU reads keys and values once, in place; more go to
/// libtorch, in fp32 where the processor has no products in bf16.
at::Tensor frozen_attention(const at::Tensor &q, const at::Tensor &keys, const at::Tensor &values, const std::optional<at::Tensor> &mask,
                            bool causal);

/// Channels turned in pairs that lie half a row apart, in fp32: x * cos + (-second half, first half) * sin, in the dtype of x. cos and sin, in
/// fp32, broadcast to x (…, size).
at::Tensor turned_halves(const at::Tensor &x, const at::Tensor &cos, const at::Tensor &sin);
