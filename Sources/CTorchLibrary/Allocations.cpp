#include "Allocations.h"
#include <atomic>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <mutex>

namespace {
// Beside what REGISTER_ALLOCATOR has put there, of priority 0.
constexpr uint8_t over_the_default = 1;

std::atomic<int64_t> host_now{0}, host_most{0};

void host_add(int64_t bytes) {
  int64_t now = host_now.fetch_add(bytes) + bytes, most = host_most.load();
  while (now > most && !host_most.compare_exchange_weak(most, now)) {}
}

/// Memory of the default kind, counted as long as it lives. Its size stands before it, since whoever asks for it raw keeps nothing but
/// its address.
struct HostAllocator final : c10::Allocator {
  // As much as the default kind is aligned to.
  static constexpr size_t header = 64;

  static void release(void *data) {
    if (!data) return;
    char *start = static_cast<char *>(data) - header;
    host_add(-*reinterpret_cast<int64_t *>(start));
    c10::free_cpu(start);
  }
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0) return {nullptr, nullptr, &release, at::Device(at::kCPU)};
    char *start = static_cast<char *>(c10::alloc_cpu(bytes + header));
    *reinterpret_cast<int64_t *>(start) = static_cast<int64_t>(bytes);
    host_add(static_cast<int64_t>(bytes));
    return {start + header, start + header, &release, at::Device(at::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void *to, const void *from, size_t bytes) const override { default_copy_data(to, from, bytes); }
};

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
HostAllocator host;
OutlineAllocator outline;
}  // namespace

void watch_allocations(at::Device device) {
  static std::once_flag host_once, outline_once;
  if (device.is_cpu()) std::call_once(host_once, [] { c10::SetCPUAllocator(&host, over_the_default); });
  if (device.is_meta()) std::call_once(outline_once, [] { c10::SetAllocator(at::kMeta, &outline, over_the_default); });
}

std::pair<int64_t, int64_t> allocations(at::Device device) {
  if (device.is_cpu()) return {host_now.load(), host_most.load()};
  if (device.is_meta()) return {outline_now, outline_most};
  auto stats = at::getDeviceAllocator(device.type())->getDeviceStats(device.has_index() ? device.index() : 0);
  auto bytes = stats.allocated_bytes[static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE)];
  return {bytes.current, bytes.peak};
}

void forget_peak(at::Device device) {
  if (device.is_cpu()) host_most.store(host_now.load());
  else if (device.is_meta()) outline_most = outline_now;
  else at::getDeviceAllocator(device.type())->resetPeakStats(device.has_index() ? device.index() : 0);
}
