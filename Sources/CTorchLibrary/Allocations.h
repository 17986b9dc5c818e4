#pragma once
#include <ATen/ATen.h>
#include <utility>

/// From now on the bytes of tensors on that kind of device are counted. Tensors without memory count as if they had it, on the
/// thread that makes them: what a model would take is known without the memory for it.
void watch_allocations(at::Device device);
/// Bytes of what lives of that, and the most that there was at once.
std::pair<int64_t, int64_t> allocations(at::Device device);
/// The most is what there is now.
void forget_peak(at::Device device);
