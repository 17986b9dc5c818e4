#pragma once
#include <cstdint>
#include <utility>

/// From now on tensors in host memory lie here, and are counted. Large ones have pages of their own, which are kept when the tensor is
/// gone, for the next one of that size, as long as there were once as many in use: the C library gives large blocks back and asks for
/// them again in each training step, or lets small ones settle between them until half of the memory is holes.
void keep_host_memory();
/// Bytes of what lives in host memory, and the most that there was at once.
std::pair<int64_t, int64_t> host_memory();
/// The most is what there is now.
void forget_host_peak();
/// Gives back the pages that nobody uses.
void release_host_memory();
