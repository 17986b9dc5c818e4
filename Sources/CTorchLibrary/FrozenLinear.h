#pragma once
#include "Quantization.h"

/// A matrix in which nothing is trained, and the bias behind it.
struct FrozenMatrix {
  at::Tensor dense;  // undefined where there are codes
  std::optional<QuantizedMatrix> quantized;
  std::optional<at::Tensor> bias;
};

/// x * matrix^T + bias of each, in the dtype of x; without gradients. On the CPU the weights are read as they are kept: for few rows of
/// x they are widened in registers, once for all of the matrices that go through memory one after the other, and for many, where the
/// processor has no products in bf16, block by block. Sums are in fp32, and rounded once.
std::vector<at::Tensor> frozen_linears(const at::Tensor &x, const std::vector<FrozenMatrix> &matrices);
