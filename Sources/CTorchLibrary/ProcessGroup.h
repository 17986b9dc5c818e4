#pragma once
#include "CTorch.h"
#include <ATen/ATen.h>
#include <c10/util/intrusive_ptr.h>
#include <map>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace c10d {
class Backend;
class Store;
class Work;
}  // namespace c10d

/// The processes that compute together, over libtorch's c10d: a store where they meet, Gloo between hosts' memories, and NCCL between
/// CUDA devices where libltxnccl.so lies beside this library.
///
/// All calls are made by all ranks in the same order; one thread at a time. Every call first compares what the ranks ask for, because Gloo
/// ends the process, or returns a wrong sum, where they differ in size. After an error the group is of no use any more.
class ProcessGroup {
 public:
  /// Waits until all ranks are there. Throws with the numbers of those that are not.
  explicit ProcessGroup(const ct_rendezvous &how);
  ~ProcessGroup();
  /// In place. What lies on a device goes through host memory unless there is NCCL.
  void sum(const at::Tensor &tensor);
  /// Whether sums of tensors there can go on while something else is computed.
  bool isConcurrent(const at::Device &device) const { return device.is_cpu() || devices; }
  /// Begins the sum of a contiguous tensor where that is so, in place; unlike in other calls, it is not compared what the ranks ask for.
  c10::intrusive_ptr<c10d::Work> begin(const at::Tensor &contiguous);
  /// The sum of a tensor that the ranks have agreed on, in place, wherever it lies.
  void sumAgreed(const at::Tensor &tensor);
  /// Throws on all ranks where they do not ask for a sum of as many elements of one dtype.
  void agree(int64_t count, at::ScalarType dtype);
  /// Begins to put equal parts of all ranks together, in their order; both are contiguous bytes where the ranks compute. What they ask for
  /// is not compared.
  c10::intrusive_ptr<c10d::Work> beginParts(const at::Tensor &part, const at::Tensor &whole);
  void broadcast(const at::Tensor &tensor, int root, int64_t timeout_ms);
  /// Of each tensor the elements of the rank that `roots` has for it, all on their way at once. They are contiguous.
  void broadcastAll(const std::vector<at::Tensor> &tensors, const int32_t *roots);
  void barrier(int64_t timeout_ms);
  /// `bytes` of each rank, in their order, to every rank; `out` has room for all.
  void gather(const void *bytes, int64_t count, void *out);
  /// Where ranks leave each other notes, whatever else they do meanwhile: adds to a number there and returns it, leaves bytes under a key,
  /// takes them away (false when there are none yet). Callable from any thread; `take` by one rank alone for each key, unless it `stays`.
  int64_t add(const std::string &key, int64_t amount);
  void put(const std::string &key, const void *bytes, int64_t count);
  bool take(const std::string &key, bool stays, std::vector<uint8_t> &bytes);
  /// Ends what is under way, here and on the ranks that wait for this one. Callable from any thread.
  void abort();
  /// "gloo", or "nccl" for tensors on devices.
  const char *name() const { return devices ? "nccl" : "gloo"; }

 private:
  int rank, size;
  std::chrono::milliseconds timeout;
  c10::intrusive_ptr<c10d::Store> store, notes;
  c10::intrusive_ptr<c10d::Backend> hosts, devices;
  /// With the inode of each: Gloo closes them itself after an error, and the numbers come again.
  std::map<int, ino_t> sockets;

  void check(const char *what, int64_t kind, int64_t count, int64_t dtype, int64_t root, std::chrono::milliseconds patience);
  void finish(const c10::intrusive_ptr<c10d::Work> &work);
};
