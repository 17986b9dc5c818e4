#pragma once

#include <cstdint>
#include <cstring>

// One copy of a function a vector width, chosen when the library is loaded.
#if defined(__x86_64__) && defined(__clang__)
#define EVERY_WIDTH __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EVERY_WIDTH
#endif

// bf16 by hand, because the library's own vector types are compiled for one width here.
inline float from_bf16(uint16_t v) {
  uint32_t bits = static_cast<uint32_t>(v) << 16;
  float f;
  std::memcpy(&f, &bits, 4);
  return f;
}
// To nearest, halves to even; a NaN loses its sign and payload.
inline uint16_t to_bf16(float f) {
  uint32_t bits;
  std::memcpy(&bits, &f, 4);
  return static_cast<uint16_t>(f != f ? 0x7FC0 : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}
