#pragma once
#include <ATen/ATen.h>
#include <ATen/TensorIterator.h>

/// `body(first, last)` for the parts of [0, count), on libtorch's own threads; of less than `grain` on this one. at::parallel_for is a template
/// that runs on one thread where it is compiled without OpenMP, as here; an iterator's loop is compiled in libtorch.
template <class Body> void in_threads(int64_t count, int64_t grain, const Body &body) {
  if (count <= 0) return;
  if (count <= grain) return body(0, count);
  auto places = at::empty({count}, at::kByte);
  auto start = static_cast<const char *>(places.const_data_ptr());
  auto iterator = at::TensorIteratorConfig().add_output(places).resize_outputs(false).check_all_same_dtype(false).build();
  iterator.for_each([&](char **data, const int64_t *, int64_t n) { body(data[0] - start, data[0] - start + n); }, grain);
}
