#pragma once
#include "Quantization.h"
#include <optional>

/// The rows of a matrix, read as they lie in memory: fp32, bf16, int8 with a scale a row, or 4 bits in groups.
class MatrixRows {
public:
  /// Nothing where it lies elsewhere, has gaps, or is kept in another way.
  static std::optional<MatrixRows> of(const at::Tensor &matrix);
  static std::optional<MatrixRows> of(const QuantizedMatrix &matrix);

  int64_t rows, columns;
  /// What a thread takes at a time: a row, or the two whose codes share bytes. Unit u has row u, and row u + units() if there is one.
  int64_t units() const { return format == Format::four ? rows / 2 : rows; }
  /// Columns that share a scale and a shift; 0 where there is no shift.
  int64_t group() const { return format == Format::four ? group_ : 0; }
  /// y (count, rows) = x (count, columns) * matrix^T for the units [first, last), summed in fp32. `sums` (count, columns / group): of x.
  void multiply(int64_t first, int64_t last, const float *x, const float *sums, int64_t count, float *y) const;
  /// The rows [first, last) in fp32.
  void widen(int64_t first, int64_t last, float *out) const;

private:
  enum class Format { whole, half, eight, four };
  MatrixRows(Format format, int64_t rows, int64_t columns, const void *codes) : rows(rows), columns(columns), format(format), codes(codes) {}
  Format format;
  const void *codes;
  const void *scales = nullptr, *shifts = nullptr;
  bool half_scales = false, one_scale = false;
  int64_t group_ = 0;
  float scale(int64_t at) const;
  float shift(int64_t at) const;
};
