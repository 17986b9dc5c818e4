#include "MatrixPages.h"
#include <c10/util/accumulate.h>
#include <sys/mman.h>

at::Tensor matrix_pages(at::IntArrayRef shape, const at::TensorOptions &options) {
  size_t bytes = c10::multiply_integers(shape) * options.dtype().itemsize();
  if (!options.device().is_cpu() || bytes < (1 << 16)) return at::empty(shape, options);
  void *pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  // In words that are taken for a want of memory (CTorchLibrary.cpp).
  TORCH_CHECK(pages != MAP_FAILED, "not enough memory for a matrix of ", bytes, " bytes");
  return at::from_blob(pages, shape, [bytes](void *p) { munmap(p, bytes); }, options);
}
