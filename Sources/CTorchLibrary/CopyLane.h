#pragma once
#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>
#include <optional>
#include <vector>

/// Copies from host memory to a device on a stream of their own. On the CPU they are done at once.
class CopyLane {
 public:
  explicit CopyLane(at::Device device);
  /// Begins to copy each source into its target, once the device is done with what it was asked so far.
  void copy(const std::vector<at::Tensor> &targets, const std::vector<at::Tensor> &sources);
  /// What the device is asked from now on waits for the copies.
  void wait();

 private:
  at::Device device;
  std::optional<c10::Stream> stream;
  std::optional<c10::Event> done;
};
