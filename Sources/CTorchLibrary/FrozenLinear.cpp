#include "FrozenLinear.h"
#include "HalfProducts.h"
#include "Lanes.h"
#include "Threads.h"
#include <ATen/core/grad_mode.h>

namespace {
using at::Tensor;

// Rows of x for which a matrix is read row by row; for more, a product of whole blocks is as fast.
constexpr int64_t few_rows = 16;

Tensor plain(const Tensor &x, const FrozenMatrix &m) {
  return m.quantized ? quantized_linear(x, *m.quantized, m.bias) : at::linear(x, m.dense, m.bias);
}
std::optional<MatrixRows> rows_of(const FrozenMatrix &m) { return m.quantized ? MatrixRows::of(*m.quantized) : MatrixRows::of(m.dense); }

// A matrix, its bias in fp32, where its product goes, and room for it in fp32.
struct Job {
  MatrixRows rows;
  Tensor bias, out;
  float *y = nullptr;

  // Of the units [first, last): summed, and rounded where that is wanted.
  void run(int64_t first, int64_t last, const float *x, const float *sums, int64_t count) const {
    rows.multiply(first, last, x, sums, count, y);
    for (int64_t row = first; row < rows.rows; row += rows.units()) finish(row, row + last - first, count);
  }
  void finish(int64_t first, int64_t last, int64_t count) const {
    const float *added = bias.defined() ? bias.data_ptr<float>() : nullptr;
    bool half = out.scalar_type() == at::kBFloat16;
    if (!half && !added) return;
    for (int64_t k = 0; k < count; k++) {
      float *own = y + k * rows.rows;
      if (added) for (int64_t row = first; row < last; row++) own[row] += added[row];
      auto to = half ? static_cast<uint16_t *>(out.data_ptr()) + k * rows.rows : nullptr;
      if (half) for (int64_t row = first; row < last; row++) to[row] = to_bf16(own[row]);
    }
  }
};

// The sum of every `group` numbers.
std::vector<float> sums_of(const float *x, int64_t count, int64_t group) {
  std::vector<float> sums(group ? count / group : 0);
  for (size_t i = 0; i < sums.size(); i++)
    for (int64_t k = 0; k < group; k++) sums[i] += x[i * group + k];
  return sums;
}
// x (…, columns), contiguous, by all of the matrices. No operator of libtorch: for one row each of them takes as long as a small product.
void few(const Tensor &x, std::vector<Job> &jobs) {
  int64_t units = 0, columns = x.size(-1), count = x.numel() / columns, room = 0;
  bool half = x.scalar_type() == at::kBFloat16;
  for (auto &job : jobs) {
    units += job.rows.units();
    room += half ? count * job.rows.rows : 0;
  }
  std::vector<float> wide(half ? x.numel() : 0), products(room);
  for (size_t i = 0; i < wide.size(); i++) wide[i] = from_bf16(static_cast<const uint16_t *>(x.const_data_ptr())[i]);
  const float *from = half ? wide.data() : x.const_data_ptr<float>();
  std::vector<std::vector<float>> sums;
  room = 0;
  for (auto &job : jobs) {
    sums.push_back(sums_of(from, x.numel(), job.rows.group()));
    job.y = half ? products.data() + room : job.out.data_ptr<float>();
    room += count * job.rows.rows;
  }
  // A thread takes its share of all of them: threads are woken and waited for once.
  in_threads(units, std::max<int64_t>(1, 32768 / columns), [&](int64_t first, int64_t last) {
    for (size_t i = 0; i < jobs.size(); i++) {
      int64_t own = jobs[i].rows.units(), begin = std::max<int64_t>(0, first), end = std::min(own, last);
      if (begin < end) jobs[i].run(begin, end, from, sums[i].data(), count);
      first -= own, last -= own;
    }
  });
}
}  // namespace

std::vector<Tensor> frozen_linears(const Tensor &x, const std::vector<FrozenMatrix> &matrices) {
  auto dtype = x.scalar_type();
  bool is_ours = x.is_cpu() && (dtype == at::kFloat || dtype == at::kBFloat16) && !(at::GradMode::is_enabled() && x.requires_grad());
  std::vector<Tensor> out;
  Tensor own = is_ours ? x.contiguous() : x;
  std::vector<Job> jobs;
  for (auto &m : matrices) {
    auto rows = is_ours ? rows_of(m) : std::nullopt;
    if (!rows) {
      out.push_back(plain(x, m));
      continue;
    }
    TORCH_CHECK(x.size(-1) == rows->columns, "rows of ", rows->columns, " elements were expected, got ", x.size(-1));
    auto shape = x.sizes().vec();
    shape.back() = rows->rows;
    bool is_few = x.numel() <= few_rows * rows->columns;
    // A product in the dtype of both needs nothing of ours, if the processor knows it.
    bool is_known = !m.quantized && m.dense.scalar_type() == dtype && (dtype == at::kFloat || has_half_products());
    if (!is_few && (is_known || (dtype == at::kBFloat16 && has_half_products()))) {
      out.push_back(plain(x, m));
      continue;
    }
    auto bias = m.bias ? m.bias->to(at::kFloat).contiguous() : Tensor();
    if (!is_few) {
      out.push_back(wide_product(own, *rows, bias));
      continue;
    }
    out.push_back(at::empty(shape, x.options()));
    jobs.push_back({*rows, bias, out.back()});
  }
  if (!jobs.empty() && x.numel() > 0) few(own, jobs);
  return out;
}
