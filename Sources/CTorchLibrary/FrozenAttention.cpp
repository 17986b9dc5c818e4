#include "FrozenAttention.h"
#include "HalfProducts.h"
#include "Lanes.h"
#include "Threads.h"
#include <ATen/core/grad_mode.h>
#include <cmath>
#include <limits>

namespace {
using at::Tensor;

// What some heads that ask the same source see: q (heads, size) in fp32 and already scaled, keys and values so many elements a token apart.
struct View {
  const void *keys, *values;
  int64_t key_step, value_step, tokens, size;
  const float *mask;  // may be null
};
template <int Heads, class Element> INLINED void look(const View &view, const float *q, float *scores, float *out) {
  auto keys = static_cast<const Element *>(view.keys), values = static_cast<const Element *>(view.values);
  float most[Heads], sums[Heads];
  for (int h = 0; h < Heads; h++) most[h] = -std::numeric_limits<float>::infinity(), sums[h] = 0;
  for (int64_t t = 0; t < view.tokens; t++) {
    float own[Heads], added = view.mask ? view.mask[t] : 0;
    dots<Heads>(keys + t * view.key_step, q, view.size, view.size, own);
    for (int h = 0; h < Heads; h++) {
      float score = own[h] + added;
      scores[h * view.tokens + t] = score;
      most[h] = score > most[h] ? score : most[h];
    }
  }
  for (int h = 0; h < Heads; h++) {
    float *own = scores + h * view.tokens;
    for (int64_t t = 0; t < view.tokens; t++) own[t] = exponential(own[t] - most[h]);
    for (int64_t t = 0; t < view.tokens; t++) sums[h] += own[t];
  }
  int64_t c = 0;
  for (; c + 32 <= view.size; c += 32) {
    Lanes mixed[Heads][4] = {}, seen;
    for (int64_t t = 0; t < view.tokens; t++)
      for (int run = 0; run < 4; run++) {
        read_lanes(values + t * view.value_step + c + 8 * run, seen);
        for (int h = 0; h < Heads; h++) mixed[h][run] += seen * scores[h * view.tokens + t];
      }
    for (int h = 0; h < Heads; h++)
      for (int run = 0; run < 4; run++) {
        mixed[h][run] /= sums[h];
        std::memcpy(out + h * view.size + c + 8 * run, &mixed[h][run], sizeof(Lanes));
      }
  }
  for (; c < view.size; c++)
    for (int h = 0; h < Heads; h++) {
      float mixed = 0;
      for (int64_t t = 0; t < view.tokens; t++) mixed += widen(values[t * view.value_step + c]) * scores[h * view.tokens + t];
      out[h * view.size + c] = mixed / sums[h];
    }
}
template <class Element> INLINED void look(const View &view, int64_t heads, const float *q, float *scores, float *out) {
  if (heads == 2) look<2, Element>(view, q, scores, out);
  else if (heads == 1) look<1, Element>(view, q, scores, out);
}
EVERY_WIDTH void look_whole(const View &view, int64_t heads, const float *q, float *scores, float *out) {
  look<float>(view, heads, q, scores, out);
}
EVERY_WIDTH void look_half(const View &view, int64_t heads, const float *q, float *scores, float *out) {
  look<uint16_t>(view, heads, q, scores, out);
}

Tensor one_token(const Tensor &q, const Tensor &keys, const Tensor &values, const std::optional<Tensor> &mask) {
  int64_t heads = q.size(1), size = q.size(3), sources = keys.size(1), tokens = keys.size(2), times = heads / sources, pairs = (times + 1) / 2;
  bool half = keys.scalar_type() == at::kBFloat16;
  bool half_asks = q.scalar_type() == at::kBFloat16;
  float scale = static_cast<float>(1 / std::sqrt(static_cast<double>(size)));
  auto out = at::empty({q.size(0), 1, heads, size}, q.options());
  auto added = mask ? mask->to(at::kFloat).expand({q.size(0), 1, 1, tokens}).contiguous() : Tensor();
  auto start = [half](const Tensor &t, int64_t row, int64_t source) {
    return static_cast<const char *>(t.const_data_ptr()) + (row * t.stride(0) + source * t.stride(1)) * (half ? 2 : 4);
  };
  in_threads(q.size(0) * sources * pairs, std::max<int64_t>(1, 16384 / (tokens * size)), [&](int64_t first, int64_t last) {
    std::vector<float> scores(2 * tokens), asked(2 * size), seen(2 * size);
    for (int64_t i = first; i < last; i++) {
      int64_t row = i / (sources * pairs), source = i / pairs % sources, head = source * times + 2 * (i % pairs);
      View view{start(keys, row, source), start(values, row, source), keys.stride(2), values.stride(2), tokens, size,
                added.defined() ? added.data_ptr<float>() + row * tokens : nullptr};
      int64_t few = std::min<int64_t>(2, times - 2 * (i % pairs)), to = (row * heads + head) * size;
      for (int64_t h = 0; h < few; h++) {
        int64_t from = row * q.stride(0) + (head + h) * q.stride(1);
        for (int64_t c = 0; c < size; c++)
          asked[h * size + c] = scale * (half_asks ? from_bf16(static_cast<const uint16_t *>(q.const_data_ptr())[from + c])
                                                   : static_cast<const float *>(q.const_data_ptr())[from + c]);
      }
      (half ? look_half : look_whole)(view, few, asked.data(), scores.data(), seen.data());
      for (int64_t c = 0; c < few * size; c++)
        if (half_asks) static_cast<uint16_t *>(out.data_ptr())[to + c] = to_bf16(seen[c]);
        else static_cast<float *>(out.data_ptr())[to + c] = seen[c];
    }
  });
  return out.transpose(1, 2);
}

// Not contracted: what plain operators give.
EVERY_WIDTH void turn_whole(const float *x, const float *cos, const float *sin, int64_t half, float *out) {
#pragma clang fp contract(off)
  for (int64_t i = 0; i < half; i++) {
    float a = x[i], b = x[i + half];
    out[i] = a * cos[i] - b * sin[i];
    out[i + half] = b * cos[i + half] + a * sin[i + half];
  }
}
EVERY_WIDTH void turn_half(const uint16_t *x, const float *cos, const float *sin, int64_t half, uint16_t *out) {
#pragma clang fp contract(off)
  for (int64_t i = 0; i < half; i++) {
    float a = from_bf16(x[i]), b = from_bf16(x[i + half]);
    out[i] = to_bf16(a * cos[i] - b * sin[i]);
    out[i + half] = to_bf16(b * cos[i + half] + a * sin[i + half]);
  }
}
bool has_gradients(const Tensor &x) { return at::GradMode::is_enabled() && x.requires_grad(); }
bool is_read(const Tensor &t) { return t.is_cpu() && (t.scalar_type() == at::kFloat || t.scalar_type() == at::kBFloat16) && t.stride(-1) == 1; }
}  // namespace

Tensor frozen_attention(const Tensor &q, const Tensor &keys, const Tensor &values, const std::optional<Tensor> &mask, bool causal) {
  TORCH_CHECK(q.dim() == 4 && keys.dim() == 4 && q.size(1) % keys.size(1) == 0, "heads that ask were expected to share those that are asked");
  bool is_one = q.size(2) == 1 && q.numel() > 0 && keys.size(2) > 0 && !has_gradients(q) && is_read(q) && is_read(keys) && is_read(values) &&
                keys.scalar_type() == values.scalar_type() && (!mask || mask->is_floating_point());
  if (is_one) return one_token(q, keys, values, mask);
  int64_t times = q.size(1) / keys.size(1);
  auto all = [&](const Tensor &t) { return times == 1 ? t : t.repeat_interleave(times, 1); };
  if (times > 1 && q.size(2) == 1) {
    // Heads that share keys and values are as good as tokens that see the same: nothing need be repeated.
    auto grouped = q.reshape({q.size(0), keys.size(1), times, q.size(3)});
    return attention(grouped, keys, values, mask, false, std::nullopt).reshape(q.sizes());
  }
  return attention(q, all(keys), all(values), mask, causal, std::nullopt);
}

Tensor turned_halves(const Tensor &x, const Tensor &cos, const Tensor &sin) {
  int64_t size = x.size(-1), half = size / 2;
  TORCH_CHECK(size % 2 == 0, "channels in pairs were expected, got ", size);
  auto c = cos.expand(x.sizes()), s = sin.expand(x.sizes());
  if (!is_read(x) || has_gradients(x) || cos.scalar_type() != at::kFloat || sin.scalar_type() != at::kFloat || !is_read(c) || !is_read(s)) {
    auto wide = x.to(at::kFloat);
    auto halves = wide.chunk(2, -1);
    return (wide * cos + at::cat({-halves[1], halves[0]}, -1) * sin).to(x.scalar_type());
  }
  auto out = at::empty_like(x);
  int64_t axes = x.dim() - 1, rows = size > 0 ? x.numel() / size : 0;
  bool is_half = x.scalar_type() == at::kBFloat16;
  auto offset = [axes](const Tensor &like, const Tensor &t, int64_t row) {
    int64_t at = 0;
    for (int64_t axis = axes - 1; axis >= 0; row /= like.size(axis), axis--) at += row % like.size(axis) * t.stride(axis);
    return at;
  };
  in_threads(rows, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, size)), [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; row++) {
      auto own_cos = c.data_ptr<float>() + offset(x, c, row), own_sin = s.data_ptr<float>() + offset(x, s, row);
      int64_t from = offset(x, x, row), to = offset(x, out, row);
      if (is_half)
        turn_half(static_cast<const uint16_t *>(x.const_data_ptr()) + from, own_cos, own_sin, half, static_cast<uint16_t *>(out.data_ptr()) + to);
      else turn_whole(x.data_ptr<float>() + from, own_cos, own_sin, half, out.data_ptr<float>() + to);
    }
  });
  return out;
}
