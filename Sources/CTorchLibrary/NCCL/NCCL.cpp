// NCCL between the CUDA devices of ranks: libltxnccl.so, a library of its own, since it alone needs the headers of CUDA and NCCL and
// libtorch_cuda.so. ProcessGroup.cpp opens it where it lies beside libltxtorch.so; scripts/nccl.sh builds it.
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

extern "C" void ltx_make_nccl(
    const c10::intrusive_ptr<c10d::Store> &store, int rank, int size, int64_t timeout_ms, int device,
    c10::intrusive_ptr<c10d::Backend> &out) {
  // Before the group is made: its watchdog else ends the process on an error or a time-out.
  setenv("TORCH_NCCL_ASYNC_ERROR_HANDLING", "2", 0);  // clean up only
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = std::chrono::milliseconds(timeout_ms);
  out = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size, std::move(options));
  out->setBoundDeviceId(at::Device(at::kCUDA, static_cast<at::DeviceIndex>(device)));
}
