#pragma once
#include "FrozenLinear.h"

/// x * matrix^T + bias + scale * (x * a^T) * b^T, a (rank, columns) and b (rows, rank) of the dtype of x, with gradients for x, a and b. The
/// adapter's part is added by its product, on the way back too; nothing of the size of x is kept but x itself.
///
/// Where nobody reads what comes out, and gradients go back through it all the same, zeros that take no room stand for it.
at::Tensor adapted_linear(const at::Tensor &x, const FrozenMatrix &matrix, const at::Tensor &a, const at::Tensor &b, double scale, bool is_read);
/// What stands for x * matrix^T + bias where nobody reads it, with a gradient for x alone.
at::Tensor unread_linear(const at::Tensor &x, const FrozenMatrix &matrix);
