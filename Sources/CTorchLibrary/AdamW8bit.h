#pragma once
#include <ATen/ATen.h>
#include <optional>

/// A parameter with its gradient and states. `first` and `second` are uint8 codes with a peak every 256 elements, or fp32 where the
/// peaks are empty. `step` is a scalar in fp32.
struct AdamW8bitTensors {
  at::Tensor parameter, gradient, first, second, first_peaks, second_peaks, step;
};
struct AdamW8bitNumbers {
  double rate, beta1, beta2, decay, epsilon;
};

/// One update in place, as bitsandbytes' CUDA kernels make it (`kOptimizerStatic8bit2StateBlockwise`, `kOptimizer32bit2State`): in
/// fp32, with weight decay after the update. On the CPU bit for bit in IEEE arithmetic without fused operations; elsewhere by the
/// library's own operators. A `skip` that is not zero leaves everything as it was.
void adamw8bit(const AdamW8bitTensors &tensors, const AdamW8bitNumbers &numbers, const std::optional<at::Tensor> &skip);
