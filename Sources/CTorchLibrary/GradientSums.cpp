#include "GradientSums.h"
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/csrc/distributed/c10d/Work.hpp>

namespace {
/// What is worth a call: the size that PyTorch's DDP has found.
constexpr int64_t partBytes = 25 << 20;
}  // namespace

/// Hears that the gradient of a leaf is there.
struct GradientSums::Hook : torch::autograd::PostAccumulateGradHook {
  GradientSums &sums;
  Part &part;
  bool isReady = false;
  Hook(GradientSums &sums, Part &part) : sums(sums), part(part) {}
  void operator()(const at::Tensor &) override { sums.add(part, isReady); }
};

GradientSums::GradientSums(ProcessGroup &group, const std::vector<at::Tensor> &all, at::ScalarType dtype, int64_t alone) : group(group), dtype(dtype), leaves(all) {
  auto bytes = static_cast<int64_t>(c10::elementSize(dtype));
  int64_t count = 0;
  bool wasAlone = true;
  for (auto leaf = leaves.rbegin(); leaf != leaves.rend(); ++leaf) {
    bool isAlone = leaf->scalar_type() == dtype && leaf->numel() * bytes >= alone;
    if (isAlone || wasAlone || parts.back()->count * bytes >= partBytes || parts.back()->leaves[0].device() != leaf->device())
      parts.push_back(std::make_unique<Part>());
    auto &part = *parts.back();
    part.leaves.push_back(*leaf);
    part.count += leaf->numel();
    part.missing++;
    count += leaf->numel();
    wasAlone = isAlone;
  }
  group.agree(count, dtype);
  for (auto &part : parts)
    for (auto &leaf : part->leaves) torch::autograd::impl::set_post_acc_grad_hooks(leaf, std::make_unique<Hook>(*this, *part));
}
GradientSums::~GradientSums() {
  for (auto &leaf : leaves) torch::autograd::impl::set_post_acc_grad_hooks(leaf, nullptr);
}

void GradientSums::add(Part &part, bool &isReady) {
  if (isReady) isTwice = true;
  if (std::exchange(isReady, true)) return;
  part.missing--;
  while (begun < parts.size() && parts[begun]->missing == 0 && group.isConcurrent(parts[begun]->leaves[0].device())) {
    begin(*parts[begun]);
    early++;
  }
}

void GradientSums::begin(Part &part) {
  at::NoGradGuard off;
  begun++;
  auto &first = part.leaves[0];
  if (part.leaves.size() == 1 && first.grad().defined() && first.scalar_type() == dtype && first.grad().is_contiguous()) {
    part.values = first.grad();
  } else {
    part.values = at::empty({part.count}, first.options().dtype(dtype));
    int64_t start = 0;
    for (auto &leaf : part.leaves) {
      auto place = part.values.narrow(0, start, leaf.numel()).view(leaf.sizes());
      if (leaf.grad().defined()) place.copy_(leaf.grad());
      else place.zero_();
      start += leaf.numel();
    }
  }
  if (group.isConcurrent(first.device())) part.work = group.begin(part.values);
}

void GradientSums::finish(const at::Tensor &figures) {
  at::NoGradGuard off;
  TORCH_CHECK(!isTwice, "a gradient came twice in one backward pass, which ranks cannot sum");
  while (begun < parts.size()) begin(*parts[begun]);
  int64_t count = figures.numel();
  for (auto &leaf : leaves) if (leaf.grad().defined()) count += leaf.numel();
  group.agree(count, dtype);
  for (auto &part : parts) {
    if (part->work) part->work->wait();
    else group.sumAgreed(part->values);
    int64_t start = 0;
    for (auto &leaf : part->leaves) {
      if (leaf.grad().defined() && !part->values.is_same(leaf.grad()))
        leaf.mutable_grad().copy_(part->values.narrow(0, start, leaf.numel()).view(leaf.sizes()));
      start += leaf.numel();
    }
    part->values = at::Tensor();
  }
  if (figures.numel()) group.sumAgreed(figures);
}
