#include "Allocations.h"
#include "HostMemory.h"
#include <c10/core/Allocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <mutex>

namespace {
// Beside what REGISTER_ALLOCATOR has put there, of priority 0.
constexpr uint8_t over_the_default = 1;

thread_local int64_t outline_now = 0, outline_most = 0;

/// No memory; its size stands where its address would.
struct OutlineAllocator final : c10::Allocator {
  static void release(void *size) { outline_now -= reinterpret_cast<intptr_t>(size); }
  c10::DataPtr allocate(size_t bytes) override {
    outline_now += static_cast<int64_t>(bytes);
    outline_most = std::max(outline_most, outline_now);
    return {nullptr, reinterpret_cast<void *>(bytes), &release, at::Device(at::kMeta)};
  }
  void copy_data(void *, const void *, size_t) const override {}
};
OutlineAllocator outline;
}  // namespace

void watch_allocations(at::Device device) {
  static std::once_flag outline_once;
  if (device.is_meta()) std::call_once(outline_once, [] { c10::SetAllocator(at::kMeta, &outline, over_the_default); });
}

std::pair<int64_t, int64_t> allocations(at::Device device) {
  if (device.is_cpu()) return host_memory();
  if (device.is_meta()) return {outline_now, outline_most};
  auto stats = at::getDeviceAllocator(device.type())->getDeviceStats(device.has_index() ? device.index() : 0);
  auto bytes = stats.allocated_bytes[static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE)];
  return {bytes.current, bytes.peak};
}

void forget_peak(at::Device device) {
  if (device.is_cpu()) forget_host_peak();
  else if (device.is_meta()) outline_most = outline_now;
  else at::getDeviceAllocator(device.type())->resetPeakStats(device.has_index() ? device.index() : 0);
}
