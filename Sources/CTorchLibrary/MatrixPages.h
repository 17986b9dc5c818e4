#pragma once
#include <ATen/ATen.h>

/// Room for a matrix, on the CPU in pages of its own: what is made for a moment and freed again leaves holes in malloc's heap that aligned
/// tensors of the same size do not fit into, and after a whole model the holes are as large as it (measured).
at::Tensor matrix_pages(at::IntArrayRef shape, const at::TensorOptions &options);
