#include "DequantizeRows.h"
#include "EveryWidth.h"
#include "MatrixPages.h"
#include "Threads.h"
#include <array>
#include <cstring>

// A product and the difference after it are two roundings.
#pragma STDC FP_CONTRACT OFF

namespace {
using at::Tensor;

EVERY_WIDTH void scaled_float(const int8_t *codes, float *out, int64_t count, float scale) {
  for (int64_t i = 0; i < count; i++) out[i] = static_cast<float>(codes[i]) * scale;
}
EVERY_WIDTH void scaled_bfloat16(const int8_t *codes, uint16_t *out, int64_t count, float scale) {
  for (int64_t i = 0; i < count; i++) out[i] = to_bf16(static_cast<float>(codes[i]) * scale);
}
// A float8 has 256 values: `values` are those times the scale, as they are stored.
template <class Element> void looked_up(const uint8_t *codes, Element *out, int64_t count, const Element *values) {
  for (int64_t i = 0; i < count; i++) out[i] = values[codes[i]];
}
EVERY_WIDTH void shifted_float(const uint8_t *codes, float *out, int64_t count, int down, int mask, float scale, float shift) {
  for (int64_t i = 0; i < count; i++) {
    float product = static_cast<float>((codes[i] >> down) & mask) * scale;
    out[i] = product - shift;
  }
}
EVERY_WIDTH void shifted_bfloat16(const uint8_t *codes, uint16_t *out, int64_t count, int down, int mask, float scale, float shift) {
  for (int64_t i = 0; i < count; i++) {
    float product = from_bf16(to_bf16(static_cast<float>((codes[i] >> down) & mask) * scale));
    out[i] = to_bf16(product - shift);
  }
}

const std::array<float, 256> &float8_values(at::ScalarType type) {
  static const auto table = [](at::ScalarType t) {
    auto values = at::arange(256, at::TensorOptions().dtype(at::kByte)).view(t).to(at::kFloat);
    std::array<float, 256> out;
    std::memcpy(out.data(), values.data_ptr<float>(), sizeof out);
    return out;
  };
  static const auto fn = table(at::kFloat8_e4m3fn), fnuz = table(at::kFloat8_e4m3fnuz);
  return type == at::kFloat8_e4m3fn ? fn : fnuz;
}

// One row or group: scale and shift are numbers.
struct Rows {
  const QuantizedMatrix &m;
  Tensor scale, shift, out;
  bool half;

  void eight(int64_t row) const {
    auto count = m.columns;
    float factor = scale.data_ptr<float>()[scale.numel() == 1 ? 0 : row];
    auto codes = static_cast<const uint8_t *>(m.codes.const_data_ptr()) + row * count;
    if (m.codes.scalar_type() == at::kChar) {
      auto integers = reinterpret_cast<const int8_t *>(codes);
      if (half) scaled_bfloat16(integers, halves() + row * count, count, factor);
      else scaled_float(integers, floats() + row * count, count, factor);
      return;
    }
    auto &values = float8_values(m.codes.scalar_type());
    std::array<float, 256> wide;
    std::array<uint16_t, 256> narrowed;
    for (int i = 0; i < 256; i++) wide[i] = values[i] * factor, narrowed[i] = to_bf16(wide[i]);
    if (half) looked_up(codes, halves() + row * count, count, narrowed.data());
    else looked_up(codes, floats() + row * count, count, wide.data());
  }
  void few(int64_t group) const {
    auto length = m.codes.size(0), count = m.codes.size(1);
    int down = static_cast<int>(group / length * m.bits), mask = (1 << m.bits) - 1;
    float factor = scale.data_ptr<float>()[group], offset = shift.data_ptr<float>()[group];
    auto codes = static_cast<const uint8_t *>(m.codes.const_data_ptr()) + group % length * count;
    if (half) shifted_bfloat16(codes, halves() + group * count, count, down, mask, factor, offset);
    else shifted_float(codes, floats() + group * count, count, down, mask, factor, offset);
  }
  uint16_t *halves() const { return static_cast<uint16_t *>(out.data_ptr()); }
  float *floats() const { return static_cast<float *>(out.data_ptr()); }
};
}  // namespace

Tensor dequantized_rows(const QuantizedMatrix &m, at::ScalarType dtype) {
  auto kept = m.scale.scalar_type();
  bool rounds_once = dtype == kept || (m.bits == 8 && kept == at::kFloat);
  if (!m.codes.is_cpu() || !m.codes.is_contiguous() || !rounds_once || (dtype != at::kFloat && dtype != at::kBFloat16)) return {};
  auto plain = [](const Tensor &t) { return t.to(at::kFloat).contiguous(); };
  Rows rows{m, plain(m.scale), m.shift ? plain(*m.shift) : Tensor(), matrix_pages({m.rows, m.columns}, m.scale.options().dtype(dtype)),
            dtype == at::kBFloat16};
  int64_t count = m.bits == 8 ? m.rows : m.scale.numel(), width = m.bits == 8 ? m.columns : m.codes.size(1);
  in_threads(count, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, width)), [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; row++) m.bits == 8 ? rows.eight(row) : rows.few(row);
  });
  return rows.out;
}
