#pragma once
#include "Quantization.h"

/// A quantized matrix made dense in one pass over memory, bit for bit what the plain operators make of it. Undefined where it
/// does not apply: off the CPU, and for dtypes other than fp32 and bf16.
at::Tensor dequantized_rows(const QuantizedMatrix &matrix, at::ScalarType dtype);
