#pragma once
#include <ATen/ATen.h>
#include <optional>

/// The activation between two convolutions of the video VAE, in one pass over memory on the CPU.
///
/// x (batch, channels, frames, height, width) is divided by its root mean square over the channels, then multiplied by
/// 1 + scale and shifted (both (batch, channels), or neither), then goes through SiLU. The result is channels-last and
/// has the first frame `front` and the last one `back` more times, so that the convolution that follows needs no copy.
at::Tensor channel_norm(const at::Tensor &x, const std::optional<at::Tensor> &scale, const std::optional<at::Tensor> &shift,
                        double epsilon, int64_t front, int64_t back);
