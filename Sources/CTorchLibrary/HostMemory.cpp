#include "HostMemory.h"
#include <atomic>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>
#include <list>
#include <map>
#include <mutex>
#include <sys/mman.h>

namespace {
// What is smaller is left to the C library.
constexpr size_t large = 1 << 18;
// Sizes of pages are multiples of it, so that tensors of about a size share them.
constexpr size_t unit = 1 << 16;

/// Pages of tensors that are gone, by size and by age. Those in use and those kept are never more than were in use at once.
class Pages {
public:
  void *take(size_t &size) {
    size = (size + unit - 1) / unit * unit;
    std::lock_guard held(lock);
    // An eighth more than it needs to be is better than new pages.
    auto found = by_size.lower_bound(size);
    if (found != by_size.end() && found->first <= size + size / 8) {
      size = found->first;
      void *start = found->second->start;
      by_age.erase(found->second);
      by_size.erase(found);
      kept -= size;
      use(size);
      return start;
    }
    while (!by_age.empty() && used + kept + size > most) drop_oldest();
    void *start = mapped(size);
    if (start == MAP_FAILED) {
      drop_all();
      start = mapped(size);
    }
    // In words that are taken for a want of memory (CTorchLibrary.cpp).
    TORCH_CHECK(start != MAP_FAILED, "not enough memory for a tensor of ", size, " bytes");
    use(size);
    return start;
  }
  void give(void *start, size_t size) {
    std::lock_guard held(lock);
    used -= size;
    kept += size;
    by_age.push_back({start});
    by_age.back().place = by_size.emplace(size, std::prev(by_age.end()));
  }
  void release() {
    std::lock_guard held(lock);
    drop_all();
    most = used;
  }

private:
  struct Kept;
  using BySize = std::multimap<size_t, std::list<Kept>::iterator>;
  struct Kept {
    void *start;
    BySize::iterator place{};
  };
  std::mutex lock;
  std::list<Kept> by_age;
  BySize by_size;
  size_t used = 0, kept = 0, most = 0;

  static void *mapped(size_t size) { return mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
  void use(size_t size) {
    used += size;
    most = std::max(most, used);
  }
  void drop_oldest() {
    auto &oldest = by_age.front();
    size_t size = oldest.place->first;
    munmap(oldest.start, size);
    kept -= size;
    by_size.erase(oldest.place);
    by_age.pop_front();
  }
  void drop_all() {
    while (!by_age.empty()) drop_oldest();
  }
};
// Tensors may outlive what is static.
Pages &pages() {
  static Pages &all = *new Pages;
  return all;
}

std::atomic<int64_t> alive{0}, most_alive{0};
void count(int64_t bytes) {
  int64_t now = alive.fetch_add(bytes) + bytes, most = most_alive.load();
  while (now > most && !most_alive.compare_exchange_weak(most, now)) {}
}

/// In front of each tensor's memory, since whoever asks for it raw keeps nothing but its address: as much as the default kind is aligned to.
struct alignas(64) Header {
  size_t bytes, pages;  // the latter 0 where the C library has it
};
struct HostAllocator final : c10::Allocator {
  static void release(void *data) {
    if (!data) return;
    auto header = static_cast<Header *>(data) - 1;
    count(-static_cast<int64_t>(header->bytes));
    if (header->pages) pages().give(header, header->pages);
    else c10::free_cpu(header);
  }
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0) return {nullptr, nullptr, &release, at::Device(at::kCPU)};
    size_t size = bytes + sizeof(Header), of_pages = 0;
    void *start = nullptr;
    if (bytes < large) start = c10::alloc_cpu(size);
    else {
      start = pages().take(size);
      of_pages = size;
    }
    auto header = new (start) Header{bytes, of_pages};
    count(static_cast<int64_t>(bytes));
    return {header + 1, header + 1, &release, at::Device(at::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void *to, const void *from, size_t bytes) const override { default_copy_data(to, from, bytes); }
};
HostAllocator host;
}  // namespace

void keep_host_memory() {
  // Beside what REGISTER_ALLOCATOR has put there, of priority 0.
  c10::SetCPUAllocator(&host, 1);
}
std::pair<int64_t, int64_t> host_memory() { return {alive.load(), most_alive.load()}; }
void forget_host_peak() { most_alive.store(alive.load()); }
void release_host_memory() { pages().release(); }
