#pragma once
#include "ProcessGroup.h"
#include <vector>

/// The sums over all ranks of the gradients of leaves, each begun while the rest of the backward pass goes on.
///
/// Leaves are taken from the last to the first, as a backward pass comes by them, and put together until there is enough to be worth a
/// call: so all ranks make the same calls in the same order, whatever order their gradients come in. A large gradient in the dtype of the
/// sums is summed where it is, without a copy. Where the group cannot sum and compute at a time, all is summed at the end.
class GradientSums {
 public:
  /// From now on until `finish` every leaf may get a gradient once. Sums are in `dtype`; gradients of it from `alone`
  /// bytes on are not copied.
  GradientSums(ProcessGroup &group, const std::vector<at::Tensor> &leaves, at::ScalarType dtype, int64_t alone);
  ~GradientSums();
  /// Waits for all sums and leaves them as the gradients. Leaves without a gradient stay without; that all ranks have the same is looked
  /// at. The sum of `figures`, in place, comes with them.
  void finish(const at::Tensor &figures);
  /// How many parts of the sum had begun before `finish`.
  int64_t begunBefore() const { return early; }

 private:
  struct Part {
    std::vector<at::Tensor> leaves;
    int64_t count = 0;
    /// Leaves whose gradients have not come yet.
    size_t missing = 0;
    at::Tensor values;
    c10::intrusive_ptr<c10d::Work> work;
  };
  struct Hook;
  ProcessGroup &group;
  const at::ScalarType dtype;
  std::vector<std::unique_ptr<Part>> parts;
  std::vector<at::Tensor> leaves;
  /// Parts that have begun.
  size_t begun = 0;
  int64_t early = 0;
  bool isTwice = false;

  void add(Part &part, bool &isReady);
  void begin(Part &part);
};
