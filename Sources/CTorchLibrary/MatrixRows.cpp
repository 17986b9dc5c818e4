#include "MatrixRows.h"
#include "Lanes.h"

namespace {
// Four rows of x at a time share what is read and widened of a row of the matrix, which stays in the nearest cache for the next four.
template <class Element>
INLINED void multiply(const Element *w, int64_t first, int64_t last, int64_t rows, int64_t columns, const float *x, int64_t count, float *y) {
  for (int64_t row = first; row < last; row++) {
    const Element *own = w + row * columns;
    for (int64_t k = 0; k < count; k += 4) {
      float sums[4];
      const float *from = x + k * columns;
      int64_t few = count - k < 4 ? count - k : 4;
      switch (few) {
        case 1: dots<1>(own, from, columns, columns, sums); break;
        case 2: dots<2>(own, from, columns, columns, sums); break;
        case 3: dots<3>(own, from, columns, columns, sums); break;
        default: dots<4>(own, from, columns, columns, sums);
      }
      for (int64_t j = 0; j < few; j++) y[(k + j) * rows + row] = sums[j];
    }
  }
}
EVERY_WIDTH void multiply_whole(const float *w, int64_t first, int64_t last, int64_t rows, int64_t columns, const float *x, int64_t count, float *y) {
  multiply(w, first, last, rows, columns, x, count, y);
}
EVERY_WIDTH void multiply_half(const uint16_t *w, int64_t first, int64_t last, int64_t rows, int64_t columns, const float *x, int64_t count, float *y) {
  multiply(w, first, last, rows, columns, x, count, y);
}
EVERY_WIDTH void multiply_eight(const int8_t *w, int64_t first, int64_t last, int64_t rows, int64_t columns, const float *x, int64_t count, float *y) {
  multiply(w, first, last, rows, columns, x, count, y);
}

// Scales and shifts of the groups of a unit's two rows, in the order in which they lie: (run, group).
struct Groups {
  const float *scales, *shifts;
  int64_t count, length;
};
// Two rows whose codes share bytes: sum of (code * scale - shift) * x = scale * (sum of code * x) - shift * (sum of x), group by group.
template <int Rows>
INLINED void pair(const uint8_t *codes, const Groups &groups, const float *x, int64_t columns, const float *sums, float *low, float *high) {
  Lanes lows[Rows] = {}, highs[Rows] = {};
  float low_shifts[Rows] = {}, high_shifts[Rows] = {};
  for (int64_t g = 0; g < groups.count; g++) {
    Lanes own[2][Rows][2] = {}, codes_low, codes_high, values;
    const uint8_t *from = codes + g * groups.length;
    const float *at = x + g * groups.length;
    for (int64_t i = 0; i < groups.length; i += 8) {
      read_lanes(from + i, codes_low, codes_high);
      int run = (i >> 3) & 1;
      for (int k = 0; k < Rows; k++) {
        read_lanes(at + k * columns + i, values);
        own[0][k][run] += codes_low * values;
        own[1][k][run] += codes_high * values;
      }
    }
    const float *scale = groups.scales + g, *shift = groups.shifts + g;
    for (int k = 0; k < Rows; k++) {
      float sum = sums[k * groups.count + g];
      lows[k] += (own[0][k][0] + own[0][k][1]) * scale[0];
      highs[k] += (own[1][k][0] + own[1][k][1]) * scale[groups.count];
      low_shifts[k] += shift[0] * sum;
      high_shifts[k] += shift[groups.count] * sum;
    }
  }
  for (int k = 0; k < Rows; k++) {
    low[k] = sum_of(lows[k]) - low_shifts[k];
    high[k] = sum_of(highs[k]) - high_shifts[k];
  }
}
EVERY_WIDTH void multiply_pair(const uint8_t *codes, const Groups &groups, const float *x, int64_t columns, const float *sums, int64_t count,
                               float *low, float *high) {
  for (int64_t k = 0; k < count; k += 4) {
    const float *from = x + k * columns, *totals = sums + k * groups.count;
    switch (count - k < 4 ? count - k : 4) {
      case 1: pair<1>(codes, groups, from, columns, totals, low + k, high + k); break;
      case 2: pair<2>(codes, groups, from, columns, totals, low + k, high + k); break;
      case 3: pair<3>(codes, groups, from, columns, totals, low + k, high + k); break;
      default: pair<4>(codes, groups, from, columns, totals, low + k, high + k);
    }
  }
}

EVERY_WIDTH void widen_half(const uint16_t *from, int64_t count, float *out) {
  for (int64_t i = 0; i < count; i++) out[i] = from_bf16(from[i]);
}
EVERY_WIDTH void widen_eight(const int8_t *from, int64_t count, float scale, float *out) {
  for (int64_t i = 0; i < count; i++) out[i] = static_cast<float>(from[i]) * scale;
}
EVERY_WIDTH void widen_four(const uint8_t *from, int64_t count, int down, float scale, float shift, float *out) {
  for (int64_t i = 0; i < count; i++) out[i] = static_cast<float>((from[i] >> down) & 15) * scale - shift;
}

bool is_plain(const at::Tensor &t) { return t.is_cpu() && t.is_contiguous(); }
bool is_half(const at::Tensor &t) { return t.scalar_type() == at::kBFloat16; }
bool is_float(const at::Tensor &t) { return t.scalar_type() == at::kFloat || is_half(t); }
}  // namespace

std::optional<MatrixRows> MatrixRows::of(const at::Tensor &m) {
  if (!is_plain(m) || m.dim() != 2 || !is_float(m)) return {};
  return MatrixRows(is_half(m) ? Format::half : Format::whole, m.size(0), m.size(1), m.const_data_ptr());
}
std::optional<MatrixRows> MatrixRows::of(const QuantizedMatrix &m) {
  bool is_eight = m.bits == 8 && m.codes.scalar_type() == at::kChar, is_four = m.bits == 4 && m.shift;
  if ((!is_eight && !is_four) || !is_plain(m.codes) || !is_plain(m.scale) || !is_float(m.scale)) return {};
  MatrixRows rows(is_eight ? Format::eight : Format::four, m.rows, m.columns, m.codes.const_data_ptr());
  rows.scales = m.scale.const_data_ptr();
  rows.half_scales = is_half(m.scale);
  rows.one_scale = m.scale.numel() == 1;
  if (is_eight) return rows;
  rows.group_ = m.codes.size(1);
  // Rows that do not share their bytes in pairs, and groups that are no whole vectors, are in no model's matrices.
  if (m.rows % 2 != 0 || rows.group_ % 8 != 0 || m.scale.scalar_type() != m.shift->scalar_type() || !is_plain(*m.shift)) return {};
  rows.shifts = m.shift->const_data_ptr();
  return rows;
}
float MatrixRows::scale(int64_t at) const {
  if (one_scale) at = 0;
  return half_scales ? from_bf16(static_cast<const uint16_t *>(scales)[at]) : static_cast<const float *>(scales)[at];
}
float MatrixRows::shift(int64_t at) const {
  return half_scales ? from_bf16(static_cast<const uint16_t *>(shifts)[at]) : static_cast<const float *>(shifts)[at];
}

void MatrixRows::multiply(int64_t first, int64_t last, const float *x, const float *sums, int64_t count, float *y) const {
  switch (format) {
    case Format::whole: return multiply_whole(static_cast<const float *>(codes), first, last, rows, columns, x, count, y);
    case Format::half: return multiply_half(static_cast<const uint16_t *>(codes), first, last, rows, columns, x, count, y);
    case Format::eight:
      multiply_eight(static_cast<const int8_t *>(codes), first, last, rows, columns, x, count, y);
      for (int64_t k = 0; k < count; k++)
        for (int64_t row = first; row < last; row++) y[k * rows + row] *= scale(row);
      return;
    case Format::four: break;
  }
  int64_t groups = columns / group_, half = rows / 2;
  std::vector<float> own(4 * groups), results(2 * count);
  Groups described{own.data(), own.data() + 2 * groups, groups, group_};
  for (int64_t unit = first; unit < last; unit++) {
    for (int64_t g = 0; g < 2 * groups; g++) {
      int64_t at = (g < groups ? unit : unit + half - 1) * groups + g;
      own[g] = scale(at);
      own[2 * groups + g] = shift(at);
    }
    multiply_pair(static_cast<const uint8_t *>(codes) + unit * columns, described, x, columns, sums, count, results.data(),
                  results.data() + count);
    for (int64_t k = 0; k < count; k++) {
      y[k * rows + unit] = results[k];
      y[k * rows + unit + half] = results[count + k];
    }
  }
}

void MatrixRows::widen(int64_t first, int64_t last, float *out) const {
  for (int64_t row = first; row < last; row++, out += columns) {
    int64_t at = row * columns;
    switch (format) {
      case Format::whole: std::memcpy(out, static_cast<const float *>(codes) + at, columns * sizeof(float)); break;
      case Format::half: widen_half(static_cast<const uint16_t *>(codes) + at, columns, out); break;
      case Format::eight: widen_eight(static_cast<const int8_t *>(codes) + at, columns, scale(row), out); break;
      case Format::four: {
        int64_t groups = columns / group_, half = rows / 2, unit = row % half;
        for (int64_t g = 0; g < groups; g++)
          widen_four(static_cast<const uint8_t *>(codes) + unit * columns + g * group_, group_, row < half ? 0 : 4, scale(row * groups + g),
                     shift(row * groups + g), out + g * group_);
      }
    }
  }
}
