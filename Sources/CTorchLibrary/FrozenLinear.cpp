#include "FrozenLinear.h"
#include "Lanes.h"
#include "MatrixPages.h"
#include "MatrixRows.h"
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

namespace {
using at::Tensor;

// Rows of x for which a matrix is read row by row; for more, a product of whole blocks is as fast.
constexpr int64_t few_rows = 16;

Tensor plain(const Tensor &x, const FrozenMatrix &m) {
  return m.quantized ? quantized_linear(x, *m.quantized, m.bias) : at::linear(x, m.dense, m.bias);
}
std::optional<MatrixRows> rows_of(const FrozenMatrix &m) { return m.quantized ? MatrixRows::of(*m.quantized) : MatrixRows::of(m.dense); }

// A matrix, its bias in fp32, and where its product goes.
struct Job {
  MatrixRows rows;
  Tensor bias, y, out;

  // Of the units [first, last): summed, and rounded where that is wanted.
  void run(int64_t first, int64_t last, const float *x, const float *sums, int64_t count) const {
    rows.multiply(first, last, x, sums, count, y.data_ptr<float>());
    for (int64_t row = first; row < rows.rows; row += rows.units()) finish(row, row + last - first, count);
  }
  void finish(int64_t first, int64_t last, int64_t count) const {
    const float *added = bias.defined() ? bias.data_ptr<float>() : nullptr;
    bool half = out.scalar_type() == at::kBFloat16;
    if (!half && !added) return;
    for (int64_t k = 0; k < count; k++) {
      float *own = y.data_ptr<float>() + k * rows.rows;
      if (added) for (int64_t row = first; row < last; row++) own[row] += added[row];
      auto to = half ? static_cast<uint16_t *>(out.data_ptr()) + k * rows.rows : nullptr;
      if (half) for (int64_t row = first; row < last; row++) to[row] = to_bf16(own[row]);
    }
  }
};

// x (count, columns) in fp32 by all of the matrices.
void few(const Tensor &x, const std::vector<Job> &jobs) {
  int64_t count = x.size(0), units = 0, columns = x.size(1);
  std::vector<Tensor> sums;
  for (auto &job : jobs) {
    auto group = job.rows.group();
    sums.push_back(group ? x.reshape({count, columns / group, group}).sum(2) : Tensor());
    units += job.rows.units();
  }
  // A thread takes its share of all of them: threads are woken and waited for once.
  at::parallel_for(0, units, std::max<int64_t>(1, 32768 / columns), [&](int64_t first, int64_t last) {
    for (size_t i = 0; i < jobs.size(); i++) {
      int64_t own = jobs[i].rows.units(), from = std::max<int64_t>(0, first), to = std::min(own, last);
      if (from < to) jobs[i].run(from, to, x.data_ptr<float>(), sums[i].defined() ? sums[i].data_ptr<float>() : nullptr, count);
      first -= own, last -= own;
    }
  });
}

// x (count, columns) in fp32 by one matrix, some of its rows at a time.
Tensor many(const Tensor &x, const MatrixRows &rows, const Tensor &bias, at::ScalarType dtype) {
  int64_t step = std::min(rows.rows, std::max<int64_t>(1, (1 << 22) / rows.columns));
  auto room = matrix_pages({step, rows.columns}, x.options()), out = at::empty({x.size(0), rows.rows}, x.options().dtype(dtype));
  for (int64_t at = 0; at < rows.rows; at += step) {
    int64_t count = std::min(step, rows.rows - at);
    at::parallel_for(0, count, std::max<int64_t>(1, 32768 / rows.columns), [&](int64_t first, int64_t last) {
      rows.widen(at + first, at + last, room.data_ptr<float>() + first * rows.columns);
    });
    auto block = room.narrow(0, 0, count);
    out.narrow(1, at, count).copy_(bias.defined() ? at::addmm(bias.narrow(0, at, count), x, block.t()) : at::mm(x, block.t()));
  }
  return out;
}
}  // namespace

bool has_half_products() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return has;
#else
  return true;
#endif
}

std::vector<Tensor> frozen_linears(const Tensor &x, const std::vector<FrozenMatrix> &matrices) {
  auto dtype = x.scalar_type();
  bool is_ours = x.is_cpu() && (dtype == at::kFloat || dtype == at::kBFloat16) && !(at::GradMode::is_enabled() && x.requires_grad());
  std::vector<Tensor> out;
  Tensor wide;
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
    if (!wide.defined()) wide = x.reshape({-1, rows->columns}).to(at::kFloat).contiguous();
    auto bias = m.bias ? m.bias->to(at::kFloat).contiguous() : Tensor();
    if (!is_few) {
      out.push_back(many(wide, *rows, bias, dtype).reshape(shape));
      continue;
    }
    auto y = at::empty({wide.size(0), rows->rows}, wide.options());
    jobs.push_back({*rows, bias, y, dtype == at::kFloat ? y : at::empty({wide.size(0), rows->rows}, x.options())});
    out.push_back(jobs.back().out.reshape(shape));
  }
  if (!jobs.empty() && wide.size(0) > 0) few(wide, jobs);
  return out;
}
