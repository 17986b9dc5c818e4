#pragma once
#include "EveryWidth.h"

// Eight numbers at a time, widened to fp32 as they are read. Results come through references: a vector that is returned has another ABI
// for each width.
using Lanes = float __attribute__((vector_size(32)));
using LaneBits = uint32_t __attribute__((vector_size(32)));

#define INLINED inline __attribute__((always_inline))

INLINED void read_lanes(const float *from, Lanes &out) { std::memcpy(&out, from, sizeof out); }
INLINED void read_lanes(const uint16_t *from, Lanes &out) {  // bf16
  uint16_t __attribute__((vector_size(16))) halves;
  std::memcpy(&halves, from, sizeof halves);
  LaneBits bits = __builtin_convertvector(halves, LaneBits) << 16;
  out = reinterpret_cast<Lanes>(bits);
}
INLINED void read_lanes(const int8_t *from, Lanes &out) {
  int8_t __attribute__((vector_size(8))) codes;
  std::memcpy(&codes, from, sizeof codes);
  out = __builtin_convertvector(codes, Lanes);
}
// Two codes a byte: those in the low bits, and those in the high ones.
INLINED void read_lanes(const uint8_t *from, Lanes &low, Lanes &high) {
  uint8_t __attribute__((vector_size(8))) bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  auto codes = __builtin_convertvector(bytes, int32_t __attribute__((vector_size(32))));
  low = __builtin_convertvector(codes & 15, Lanes);
  high = __builtin_convertvector(codes >> 4, Lanes);
}
INLINED float sum_of(const Lanes &v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

INLINED float widen(float v) { return v; }
INLINED float widen(uint16_t v) { return from_bf16(v); }
INLINED float widen(int8_t v) { return v; }
INLINED void narrow(float f, float *out) { *out = f; }
INLINED void narrow(float f, uint16_t *out) { *out = to_bf16(f); }

// out[k] = w · row k of x, whose rows lie `stride` apart.
template <int Rows, class Element>
INLINED void dots(const Element *w, const float *x, int64_t stride, int64_t count, float *out) {
  constexpr int runs = Rows == 1 ? 4 : 2;  // sums side by side, so that none waits for the one before
  Lanes sums[Rows][runs] = {}, weights, values;
  int64_t i = 0;
  for (; i + 8 * runs <= count; i += 8 * runs)
    for (int run = 0; run < runs; run++) {
      read_lanes(w + i + 8 * run, weights);
      for (int k = 0; k < Rows; k++) {
        read_lanes(x + k * stride + i + 8 * run, values);
        sums[k][run] += weights * values;
      }
    }
  for (; i + 8 <= count; i += 8) {
    read_lanes(w + i, weights);
    for (int k = 0; k < Rows; k++) {
      read_lanes(x + k * stride + i, values);
      sums[k][0] += weights * values;
    }
  }
  for (int k = 0; k < Rows; k++) {
    for (int run = 1; run < runs; run++) sums[k][0] += sums[k][run];
    float sum = sum_of(sums[k][0]);
    for (int64_t j = i; j < count; j++) sum += widen(w[j]) * x[k * stride + j];
    out[k] = sum;
  }
}

// e^x to within 2 units of the last place (Cephes' polynomial). x is clamped to where the result is a normal float.
INLINED float exponential(float x) {
  x = x < -87.f ? -87.f : x > 88.f ? 88.f : x;
  float shifted = x * 1.44269504088896341f + 12582912.f;  // adding 1.5 * 2^23 rounds to the nearest integer
  float n = shifted - 12582912.f;
  float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, 4);
  return p * power;
}
