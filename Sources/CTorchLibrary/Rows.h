#pragma once
#include <ATen/ATen.h>

// What functions share that read tensors row by row on the CPU.
inline bool is_half(const at::Tensor &x) { return x.scalar_type() == at::kBFloat16; }
template <class Element> Element *start(const at::Tensor &t) { return t.defined() ? static_cast<Element *>(t.data_ptr()) : nullptr; }
template <class Element> const Element *read(const at::Tensor &t) { return t.defined() ? static_cast<const Element *>(t.const_data_ptr()) : nullptr; }

/// What is read beside each row of x, of a tensor that broadcasts to its rows, `size` elements each; undefined for nothing.
class Beside {
public:
  Beside(const at::Tensor &t, const at::Tensor &x, int64_t size) {
    if (!t.defined()) return;
    auto shape = x.sizes().vec();
    shape.back() = size;
    all = t.expand(shape);
  }
  template <class Element> const Element *row(int64_t row) const {
    if (!all.defined()) return nullptr;
    int64_t at = 0;
    for (int64_t axis = all.dim() - 2; axis >= 0; row /= all.size(axis), axis--) at += row % all.size(axis) * all.stride(axis);
    return static_cast<const Element *>(all.const_data_ptr()) + at;
  }

private:
  at::Tensor all;
};
