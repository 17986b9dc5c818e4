#pragma once
#include <ATen/ATen.h>

/// at::rms_norm over the last axis: x / sqrt(mean(x^2) + epsilon), times the weight where there is one, summed in fp32 and rounded once. On the
/// CPU in one pass there and one back; what is kept for that is x and a number a row, where libtorch keeps several copies in fp32.
at::Tensor row_norm(const at::Tensor &x, int64_t size, const std::optional<at::Tensor> &weight, double epsilon);
/// The same without a weight, then times `weight` and plus `shift`, which broadcast to x: the norm in front of a modulated layer.
at::Tensor modulated_norm(const at::Tensor &x, int64_t size, const at::Tensor &weight, const at::Tensor &shift, double epsilon);
