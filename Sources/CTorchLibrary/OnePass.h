#pragma once
#include <ATen/ATen.h>

/// at::gelu in its tanh form, as x * sigmoid(2u), which is the same. On the CPU in one pass there and one back.
at::Tensor tanh_gelu(const at::Tensor &x);
/// Neighbouring elements of the last axis of x as complex numbers, times `factors`, which broadcast to them; in fp32, in the dtype of x. On the
/// CPU in one pass there and one back, where libtorch makes copies in fp32. Gradients for x alone.
at::Tensor rotated(const at::Tensor &x, const at::Tensor &factors);
