// The other side of CTorch.h: libtorch behind a table of functions. Built as libltxtorch.so and opened on first use.
#include "CTorch.h"
#include "AdaptedLinear.h"
#include "AdamW8bit.h"
#include "Allocations.h"
#include "ChannelNorm.h"
#include "CopyLane.h"
#include "FrozenAttention.h"
#include "FrozenLinear.h"
#include "GradientSums.h"
#include "HalfProducts.h"
#include "HostMemory.h"
#include "OnePass.h"
#include "Outline.h"
#include "ProcessGroup.h"
#include "Quantization.h"
#include "RowNorm.h"
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/csrc/distributed/c10d/Work.hpp>
#include <torch/version.h>
#include <atomic>
#include <cmath>
#include <dlfcn.h>
#include <memory>
#include <string>
#include <tuple>

namespace {
thread_local std::string last_error_text;
std::atomic<int64_t> live_handles{0};
std::string cuda_problem;

const at::Tensor &get(ct_tensor t) { return *reinterpret_cast<at::Tensor *>(t); }
std::optional<at::Tensor> maybe(ct_tensor t) { return t ? std::optional(get(t)) : std::nullopt; }
ct_tensor put(at::Tensor t) {
  auto handle = reinterpret_cast<ct_tensor>(new at::Tensor(std::move(t)));
  live_handles++;
  return handle;
}
std::optional<at::Generator> source(ct_generator g) {
  return g ? std::optional(*reinterpret_cast<at::Generator *>(g)) : std::nullopt;
}
at::IntArrayRef ints(const int64_t *p, int64_t n) { return {p, static_cast<size_t>(n)}; }
at::ScalarType scalar_type(int32_t dtype) { return static_cast<at::ScalarType>(dtype); }
at::Device place(ct_device d) { return {static_cast<at::DeviceType>(d.type), static_cast<at::DeviceIndex>(d.index)}; }
at::TensorOptions options(int32_t dtype, ct_device device) {
  return at::TensorOptions().dtype(scalar_type(dtype)).device(place(device));
}
std::vector<at::Tensor> list(const ct_tensor *tensors, int64_t count) {
  std::vector<at::Tensor> out;
  out.reserve(count);
  for (int64_t i = 0; i < count; i++) out.push_back(get(tensors[i]));
  return out;
}
// A Python number: an integer stays one, so that integer tensors keep their dtype.
at::Scalar number(double value) {
  // The range first: a cast of what does not fit is undefined.
  return std::abs(value) < 9e15 && std::trunc(value) == value ? at::Scalar(static_cast<int64_t>(value)) : at::Scalar(value);
}

// The only try/catch of the file: everything that can throw runs inside.
template <class Body> ct_status guard(Body body) noexcept {
  try { body(); return 0; }
  catch (const c10::OutOfMemoryError &e) { last_error_text = e.what_without_backtrace(); return 2; }
  catch (const c10::Error &e) {
    last_error_text = e.what_without_backtrace();
    // The CPU allocator has no class of its own, only these words.
    return last_error_text.find("allocate memory") != std::string::npos || last_error_text.find("enough memory") != std::string::npos ? 2 : 1;
  }
  catch (const std::bad_alloc &) { last_error_text = "not enough memory"; return 2; }
  catch (const std::exception &e) { last_error_text = e.what(); }
  catch (...) { last_error_text = "unknown C++ exception"; }
  return 1;
}
template <class Body> ct_status produce(ct_tensor *out, Body body) noexcept {
  *out = nullptr;
  return guard([&] { *out = put(body()); });
}
template <class Body> ct_status in_place(Body body) noexcept { return guard([&] { body(); }); }

#define OP(op) ct_status ctl_##op(ct_tensor self, ct_tensor *out) { return produce(out, [&] { return at::op(get(self)); }); }
CT_UNARY(OP)
#undef OP
#define OP(op) ct_status ctl_##op(ct_tensor self, ct_tensor other, ct_tensor *out) { return produce(out, [&] { return at::op(get(self), get(other)); }); }
CT_BINARY(OP)
#undef OP
#define OP(op) ct_status ctl_##op##_scalar(ct_tensor self, double other, ct_tensor *out) { return produce(out, [&] { return at::op(get(self), number(other)); }); }
CT_SCALAR(OP)
#undef OP
#define OP(op) ct_status ctl_##op(ct_tensor self, ct_tensor other) { return in_place([&] { get(self).op(get(other)); }); }
CT_BINARY_IN_PLACE(OP)
#undef OP
#define OP(op) ct_status ctl_##op##number(ct_tensor self, double other) { return in_place([&] { get(self).op(number(other)); }); }
CT_SCALAR_IN_PLACE(OP)
#undef OP

// MARK: Life and facts

void ctl_free(ct_tensor t) {
  if (!t) return;
  live_handles--;
  delete reinterpret_cast<at::Tensor *>(t);
}
int64_t ctl_live(void) { return live_handles; }
int64_t ctl_rank(ct_tensor t) { return get(t).dim(); }
int64_t ctl_size(ct_tensor t, int64_t axis) { return get(t).sizes()[axis]; }
int64_t ctl_stride(ct_tensor t, int64_t axis) { return get(t).strides()[axis]; }
int64_t ctl_numel(ct_tensor t) { return get(t).numel(); }
int32_t ctl_dtype(ct_tensor t) { return static_cast<int32_t>(get(t).scalar_type()); }
ct_device ctl_device_of(ct_tensor t) {
  auto d = get(t).device();
  return {static_cast<int32_t>(d.type()), d.index()};
}
bool ctl_is_contiguous(ct_tensor t) { return get(t).is_contiguous(); }
bool ctl_requires_grad(ct_tensor t) { return get(t).requires_grad(); }
void *ctl_data(ct_tensor t) { return get(t).device().is_cpu() ? get(t).data_ptr() : nullptr; }
ct_status ctl_item(ct_tensor t, double *out) { return guard([&] { *out = get(t).item<double>(); }); }
ct_status ctl_item_int(ct_tensor t, int64_t *out) { return guard([&] { *out = get(t).item<int64_t>(); }); }
ct_status ctl_equal(ct_tensor a, ct_tensor b, bool *out) { return guard([&] { *out = at::equal(get(a), get(b)); }); }

// MARK: Creation

ct_status ctl_empty(const int64_t *s, int64_t n, int32_t d, ct_device v, ct_tensor *out) { return produce(out, [&] { return at::empty(ints(s, n), options(d, v)); }); }
ct_status ctl_full(const int64_t *s, int64_t n, double value, int32_t d, ct_device v, ct_tensor *out) { return produce(out, [&] { return at::full(ints(s, n), number(value), options(d, v)); }); }
ct_status ctl_arange(double a, double b, double step, int32_t d, ct_device v, ct_tensor *out) { return produce(out, [&] { return at::arange(number(a), number(b), number(step), options(d, v)); }); }
ct_status ctl_linspace(double a, double b, int64_t count, int32_t d, ct_device v, ct_tensor *out) { return produce(out, [&] { return at::linspace(number(a), number(b), count, options(d, v)); }); }
ct_status ctl_randn(const int64_t *s, int64_t n, int32_t d, ct_device v, ct_generator g, ct_tensor *out) { return produce(out, [&] { return at::randn(ints(s, n), source(g), options(d, v)); }); }
ct_status ctl_rand(const int64_t *s, int64_t n, int32_t d, ct_device v, ct_generator g, ct_tensor *out) { return produce(out, [&] { return at::rand(ints(s, n), source(g), options(d, v)); }); }
ct_status ctl_randperm(int64_t count, ct_generator g, ct_tensor *out) { return produce(out, [&] { return at::randperm(count, source(g), at::TensorOptions().dtype(at::kLong)); }); }
ct_status ctl_random_int(ct_generator g, int64_t *out) { return guard([&] { *out = at::empty({}, at::kLong).random_(source(g)).item<int64_t>(); }); }
ct_status ctl_uniform_(ct_tensor t, double low, double high, ct_generator g) { return in_place([&] { at::NoGradGuard off; get(t).uniform_(low, high, source(g)); }); }
ct_status ctl_normal_(ct_tensor t, double mean, double deviation, ct_generator g) { return in_place([&] { at::NoGradGuard off; get(t).normal_(mean, deviation, source(g)); }); }
ct_status ctl_from_memory(void *data, const int64_t *s, int64_t n, int32_t d, ct_release release, void *context, ct_tensor *out) {
  return produce(out, [&] {
    // Every copy of the deleter shares it, so it is released once, with the last one: libtorch runs the deleter of a tensor
    // that it then fails to make, but not always.
    std::shared_ptr<void> owner(context, release);
    return at::from_blob(data, ints(s, n), [owner](void *) {}, at::TensorOptions().dtype(scalar_type(d)));
  });
}

// MARK: Generators

at::Generator &generator(ct_generator g) { return *reinterpret_cast<at::Generator *>(g); }
ct_status ctl_generator_new(ct_device device, uint64_t seed, ct_generator *out) {
  return guard([&] {
    auto d = place(device);
    auto made = d.is_cuda() ? at::detail::getCUDAHooks().getNewGenerator(d.index()) : at::detail::createCPUGenerator();
    made.set_current_seed(seed);
    *out = reinterpret_cast<ct_generator>(new at::Generator(std::move(made)));
  });
}
void ctl_generator_free(ct_generator g) { delete reinterpret_cast<at::Generator *>(g); }
ct_status ctl_generator_seed(ct_generator g, uint64_t seed) { return guard([&] { generator(g).set_current_seed(seed); }); }
ct_status ctl_generator_state(ct_generator g, ct_tensor *out) { return produce(out, [&] { return generator(g).get_state(); }); }
ct_status ctl_generator_set_state(ct_generator g, ct_tensor state) { return guard([&] { generator(g).set_state(get(state)); }); }

// MARK: Shape

ct_status ctl_reshape(ct_tensor t, const int64_t *s, int64_t n, ct_tensor *out) { return produce(out, [&] { return get(t).reshape(ints(s, n)); }); }
ct_status ctl_permute(ct_tensor t, const int64_t *s, int64_t n, ct_tensor *out) { return produce(out, [&] { return get(t).permute(ints(s, n)); }); }
ct_status ctl_expand(ct_tensor t, const int64_t *s, int64_t n, ct_tensor *out) { return produce(out, [&] { return get(t).expand(ints(s, n)); }); }
ct_status ctl_transpose(ct_tensor t, int64_t a, int64_t b, ct_tensor *out) { return produce(out, [&] { return get(t).transpose(a, b); }); }
ct_status ctl_flatten(ct_tensor t, int64_t a, int64_t b, ct_tensor *out) { return produce(out, [&] { return get(t).flatten(a, b); }); }
ct_status ctl_unflatten(ct_tensor t, int64_t axis, const int64_t *s, int64_t n, ct_tensor *out) { return produce(out, [&] { return get(t).unflatten(axis, ints(s, n)); }); }
ct_status ctl_squeeze(ct_tensor t, int64_t axis, ct_tensor *out) { return produce(out, [&] { return get(t).squeeze(axis); }); }
ct_status ctl_unsqueeze(ct_tensor t, int64_t axis, ct_tensor *out) { return produce(out, [&] { return get(t).unsqueeze(axis); }); }
ct_status ctl_slice(ct_tensor t, int64_t axis, int64_t start, int64_t end, int64_t step, ct_tensor *out) { return produce(out, [&] { return get(t).slice(axis, start, end, step); }); }
ct_status ctl_select(ct_tensor t, int64_t axis, int64_t i, ct_tensor *out) { return produce(out, [&] { return get(t).select(axis, i); }); }
ct_status ctl_index_select(ct_tensor t, int64_t axis, ct_tensor i, ct_tensor *out) { return produce(out, [&] { return get(t).index_select(axis, get(i)); }); }
ct_status ctl_chunk(ct_tensor t, int64_t count, int64_t axis, ct_tensor *out, int64_t *written) {
  return guard([&] {
    auto parts = at::chunk(get(t), count, axis);
    *written = static_cast<int64_t>(parts.size());
    for (size_t i = 0; i < parts.size(); i++) out[i] = put(std::move(parts[i]));
  });
}
ct_status ctl_qr(ct_tensor t, ct_tensor *q, ct_tensor *r) {
  return guard([&] { auto [a, b] = at::linalg_qr(get(t), "reduced"); *q = put(a); *r = put(b); });
}
ct_status ctl_svd(ct_tensor t, ct_tensor *u, ct_tensor *s, ct_tensor *v) {
  return guard([&] { auto [a, b, c] = at::linalg_svd(get(t), false); *u = put(a); *s = put(b); *v = put(c.mT()); });
}
ct_status ctl_cat(const ct_tensor *p, int64_t n, int64_t axis, ct_tensor *out) { return produce(out, [&] { return at::cat(list(p, n), axis); }); }
ct_status ctl_stack(const ct_tensor *p, int64_t n, int64_t axis, ct_tensor *out) { return produce(out, [&] { return at::stack(list(p, n), axis); }); }
ct_status ctl_repeat(ct_tensor t, const int64_t *s, int64_t n, ct_tensor *out) { return produce(out, [&] { return get(t).repeat(ints(s, n)); }); }
ct_status ctl_repeat_interleave(ct_tensor t, int64_t times, int64_t axis, ct_tensor *out) { return produce(out, [&] { return get(t).repeat_interleave(times, axis); }); }
ct_status ctl_flip(ct_tensor t, int64_t axis, ct_tensor *out) { return produce(out, [&] { return get(t).flip(axis); }); }
ct_status ctl_pad(ct_tensor t, const int64_t *a, int64_t n, const char *mode, double value, ct_tensor *out) {
  return produce(out, [&] {
    std::string kind = mode;
    return at::pad(get(t), ints(a, n), kind, kind == "constant" ? std::optional<double>(value) : std::nullopt);
  });
}
ct_status ctl_contiguous(ct_tensor t, ct_tensor *out) { return produce(out, [&] { return get(t).contiguous(); }); }
ct_status ctl_channels_last(ct_tensor t, ct_tensor *out) {
  return produce(out, [&] { return get(t).contiguous(get(t).dim() == 5 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast); });
}

// MARK: Conversion

ct_status ctl_to_dtype(ct_tensor t, int32_t d, ct_tensor *out) { return produce(out, [&] { return get(t).to(scalar_type(d)); }); }
ct_status ctl_to_device(ct_tensor t, ct_device d, ct_tensor *out) { return produce(out, [&] { return get(t).to(place(d), /*non_blocking=*/false); }); }
ct_status ctl_view_dtype(ct_tensor t, int32_t d, ct_tensor *out) { return produce(out, [&] { return get(t).view(scalar_type(d)); }); }

// MARK: Reductions and elementwise functions

ct_status ctl_sum_axes(ct_tensor t, const int64_t *a, int64_t n, bool keep, ct_tensor *out) { return produce(out, [&] { return get(t).sum(ints(a, n), keep); }); }
ct_status ctl_mean_axes(ct_tensor t, const int64_t *a, int64_t n, bool keep, ct_tensor *out) { return produce(out, [&] { return get(t).mean(ints(a, n), keep); }); }
ct_status ctl_max(ct_tensor t, ct_tensor *out) { return produce(out, [&] { return get(t).max(); }); }
ct_status ctl_min(ct_tensor t, ct_tensor *out) { return produce(out, [&] { return get(t).min(); }); }
ct_status ctl_argmax(ct_tensor t, int64_t axis, ct_tensor *out) { return produce(out, [&] { return get(t).argmax(axis); }); }
ct_status ctl_norm(ct_tensor t, ct_tensor *out) { return produce(out, [&] { return get(t).norm(); }); }
ct_status ctl_power_of(double base, ct_tensor t, ct_tensor *out) { return produce(out, [&] { return at::pow(at::Scalar(base), get(t)); }); }
ct_status ctl_clamp(ct_tensor t, double low, double high, ct_tensor *out) { return produce(out, [&] { return get(t).clamp(number(low), number(high)); }); }
ct_status ctl_where(ct_tensor c, ct_tensor yes, ct_tensor no, ct_tensor *out) { return produce(out, [&] { return at::where(get(c), get(yes), get(no)); }); }
ct_status ctl_addcmul(ct_tensor t, ct_tensor a, ct_tensor b, double s, ct_tensor *out) { return produce(out, [&] { return at::addcmul(get(t), get(a), get(b), number(s)); }); }
ct_status ctl_add_scaled(ct_tensor t, ct_tensor o, double s, ct_tensor *out) { return produce(out, [&] { return at::add(get(t), get(o), number(s)); }); }
ct_status ctl_add_scaled_(ct_tensor t, ct_tensor o, double s) { return in_place([&] { get(t).add_(get(o), number(s)); }); }

ct_status ctl_complex(ct_tensor re, ct_tensor im, ct_tensor *out) {
  return produce(out, [&] { return get(re).is_meta() ? outline_complex(get(re)) : at::complex(get(re), get(im)); });
}
ct_status ctl_rotate(ct_tensor t, ct_tensor factors, ct_tensor *out) { return produce(out, [&] { return rotated(get(t), get(factors)); }); }

// MARK: Layers

ct_status ctl_linear(ct_tensor t, ct_tensor w, ct_tensor b, ct_tensor *out) { return produce(out, [&] { return ::linear(get(t), get(w), maybe(b)); }); }
ct_status ctl_conv2d(ct_tensor t, ct_tensor w, ct_tensor b, const int64_t *s, const int64_t *p, ct_tensor *out) { return produce(out, [&] { return at::conv2d(get(t), get(w), maybe(b), ints(s, 2), ints(p, 2)); }); }
ct_status ctl_conv3d(ct_tensor t, ct_tensor w, ct_tensor b, const int64_t *s, const int64_t *p, ct_tensor *out) { return produce(out, [&] { return ::conv3d(get(t), get(w), maybe(b), ints(s, 3), ints(p, 3)); }); }
ct_status ctl_embedding(ct_tensor w, ct_tensor ids, ct_tensor *out) { return produce(out, [&] { return at::embedding(get(w), get(ids)); }); }
ct_status ctl_rms_norm(ct_tensor t, int64_t size, ct_tensor w, double eps, ct_tensor *out) { return produce(out, [&] { return row_norm(get(t), size, maybe(w), eps); }); }
ct_status ctl_modulated_norm(ct_tensor t, int64_t size, ct_tensor w, ct_tensor s, double eps, ct_tensor *out) {
  return produce(out, [&] { return modulated_norm(get(t), size, get(w), get(s), eps); });
}
ct_status ctl_layer_norm(ct_tensor t, int64_t size, ct_tensor w, ct_tensor b, double eps, ct_tensor *out) {
  return produce(out, [&] { return get(t).is_meta() && !w && !b ? outline_layer_norm(get(t)) : at::layer_norm(get(t), {size}, maybe(w), maybe(b), eps); });
}
ct_status ctl_softmax(ct_tensor t, int64_t axis, ct_tensor *out) { return produce(out, [&] { return at::softmax(get(t), axis); }); }
ct_status ctl_gelu(ct_tensor t, const char *approximate, ct_tensor *out) {
  return produce(out, [&] { return std::string(approximate) == "tanh" ? tanh_gelu(get(t)) : at::gelu(get(t), approximate); });
}
ct_status ctl_dropout(ct_tensor t, double p, ct_generator g, ct_tensor *out) {
  return produce(out, [&] {
    // at::dropout takes no generator; this is its formula.
    if (p >= 1) return get(t) * at::zeros({}, get(t).options());
    return get(t) * at::empty_like(get(t)).bernoulli_(1 - p, source(g)).div_(1 - p);
  });
}
ct_status ctl_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor mask, bool causal, double scale, ct_tensor *out) {
  return produce(out, [&] {
    if (get(q).is_meta()) return outline_attention(get(q), get(k), get(v));
    return attention(get(q), get(k), get(v), maybe(mask), causal, scale == 0 ? std::nullopt : std::optional<double>(scale));
  });
}
ct_status ctl_channel_norm(ct_tensor t, ct_tensor scale, ct_tensor shift, double eps, int64_t front, int64_t back, ct_tensor *out) {
  return produce(out, [&] { return channel_norm(get(t), maybe(scale), maybe(shift), eps, front, back); });
}
ct_status ctl_resize(ct_tensor t, int64_t height, int64_t width, const char *mode, ct_tensor *out) {
  return produce(out, [&] {
    int64_t size[] = {height, width};
    if (std::string(mode) == "bilinear") return at::_upsample_bilinear2d_aa(get(t), ints(size, 2), false);
    TORCH_CHECK(std::string(mode) == "bicubic", "unknown resize mode '", mode, "'");
    return at::_upsample_bicubic2d_aa(get(t), ints(size, 2), false);
  });
}

// MARK: Matrices in fewer bits

QuantizedMatrix matrix(ct_quantized m) { return {get(m.codes), get(m.scale), maybe(m.shift), m.bits, m.rows, m.columns}; }
ct_status ctl_quantize(ct_tensor t, int32_t dtype, int64_t bits, int32_t type, int64_t group, ct_tensor *codes, ct_tensor *scale, ct_tensor *shift) {
  return guard([&] {
    auto made = quantized(get(t), scalar_type(dtype), bits, scalar_type(type), group);
    *codes = put(made.codes);
    *scale = put(made.scale);
    *shift = made.shift ? put(*made.shift) : nullptr;
  });
}
ct_status ctl_dequantize(ct_quantized m, int32_t d, ct_tensor *out) { return produce(out, [&] { return dequantized(matrix(m), scalar_type(d)); }); }
ct_status ctl_quantized_linear(ct_tensor t, ct_quantized m, ct_tensor b, ct_tensor *out) { return produce(out, [&] { return quantized_linear(get(t), matrix(m), maybe(b)); }); }
FrozenMatrix frozen(const ct_frozen &m) {
  if (m.matrix.scale) return {{}, matrix(m.matrix), maybe(m.bias)};
  return {get(m.matrix.codes), std::nullopt, maybe(m.bias)};
}
ct_status ctl_unread_linear(ct_tensor t, ct_frozen m, ct_tensor *out) { return produce(out, [&] { return unread_linear(get(t), frozen(m)); }); }
ct_status ctl_adapted_linear(ct_tensor t, ct_frozen m, ct_tensor a, ct_tensor b, double scale, bool is_read, ct_tensor *out) {
  return produce(out, [&] { return adapted_linear(get(t), frozen(m), get(a), get(b), scale, is_read); });
}

// MARK: Without gradients

ct_status ctl_frozen_linears(ct_tensor t, const ct_frozen *m, int64_t n, ct_tensor *out) {
  return guard([&] {
    std::vector<FrozenMatrix> all;
    for (int64_t i = 0; i < n; i++) all.push_back(frozen(m[i]));
    auto made = frozen_linears(get(t), all);
    for (int64_t i = 0; i < n; i++) out[i] = put(std::move(made[i]));
  });
}
ct_status ctl_frozen_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor mask, bool causal, ct_tensor *out) {
  return produce(out, [&] { return frozen_attention(get(q), get(k), get(v), maybe(mask), causal); });
}
ct_status ctl_turn_halves(ct_tensor t, ct_tensor cos, ct_tensor sin, ct_tensor *out) {
  return produce(out, [&] { return turned_halves(get(t), get(cos), get(sin)); });
}

// MARK: Copies beside what a device computes

CopyLane &lane(ct_lane l) { return *reinterpret_cast<CopyLane *>(l); }
ct_status ctl_pin(ct_tensor t, ct_device d, ct_tensor *out) {
  return produce(out, [&] { return place(d).is_cuda() ? get(t).contiguous().pin_memory() : get(t); });
}
ct_status ctl_empty_pinned(const int64_t *s, int64_t n, int32_t t, ct_device d, ct_tensor *out) {
  return produce(out, [&] { return at::empty(ints(s, n), options(t, ct_device{}).pinned_memory(place(d).is_cuda())); });
}
ct_status ctl_lane_new(ct_device d, ct_lane *out) { return guard([&] { *out = reinterpret_cast<ct_lane>(new CopyLane(place(d))); }); }
void ctl_lane_free(ct_lane l) { delete reinterpret_cast<CopyLane *>(l); }
ct_status ctl_lane_copy(ct_lane l, const ct_tensor *targets, const ct_tensor *sources, int64_t n) {
  return guard([&] { lane(l).copy(list(targets, n), list(sources, n)); });
}
ct_status ctl_lane_wait(ct_lane l) { return guard([&] { lane(l).wait(); }); }

// MARK: Gradients

ct_status ctl_set_requires_grad(ct_tensor t, bool on) { return guard([&] { get(t).requires_grad_(on); }); }
ct_status ctl_backward(ct_tensor t, ct_tensor gradient) {
  return guard([&] { get(t).backward(gradient ? get(gradient) : at::Tensor()); });
}
ct_status ctl_backward_all(const ct_tensor *t, const ct_tensor *g, int64_t n) {
  return guard([&] { torch::autograd::backward(list(t, n), list(g, n)); });
}
ct_status ctl_grad(ct_tensor t, ct_tensor *out) {
  return guard([&] { auto g = get(t).grad(); *out = g.defined() ? put(g) : nullptr; });
}
ct_status ctl_set_grad(ct_tensor t, ct_tensor gradient) {
  return guard([&] { auto self = get(t); self.mutable_grad() = gradient ? get(gradient) : at::Tensor(); });
}
bool ctl_set_grad_enabled(bool on) { bool was = at::GradMode::is_enabled(); at::GradMode::set_enabled(on); return was; }
ct_status ctl_autocast(int32_t device_type, int32_t dtype) {
  return guard([&] {
    auto type = static_cast<at::DeviceType>(device_type);
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(type, dtype >= 0);
    if (dtype >= 0) at::autocast::set_autocast_dtype(type, scalar_type(dtype));
  });
}
int32_t ctl_autocast_dtype(int32_t device_type) {
  auto type = static_cast<at::DeviceType>(device_type);
  return at::autocast::is_autocast_enabled(type) ? static_cast<int32_t>(at::autocast::get_autocast_dtype(type)) : -1;
}

// MARK: Optimizers

ct_status ctl_adamw_(const ct_tensor *p, const ct_tensor *g, const ct_tensor *m, const ct_tensor *v, const ct_tensor *s, int64_t n, double rate, double beta1, double beta2, double decay, double epsilon, ct_tensor skip) {
  return guard([&] {
    at::NoGradGuard off;
    auto parameters = list(p, n), gradients = list(g, n), first = list(m, n), second = list(v, n), steps = list(s, n);
    std::optional<at::Tensor> skipped;
    if (skip) skipped = get(skip).ne(0).to(at::kFloat);  // the kernels look for exactly 1
    at::_foreach_add_(steps, 1);
    at::_fused_adamw_(parameters, gradients, first, second, {}, steps, rate, beta1, beta2, decay, epsilon, false, false, std::nullopt, skipped);
    // The kernels leave the rest alone; the counters are ours, as they are torch.optim's.
    if (skipped) at::_foreach_sub_(steps, std::vector<at::Tensor>(steps.size(), *skipped));
  });
}
ct_status ctl_adamw8bit_(const ct_tensor *p, const ct_tensor *g, const ct_tensor *m, const ct_tensor *v, const ct_tensor *a, const ct_tensor *b, const ct_tensor *s, int64_t n, double rate, double beta1, double beta2, double decay, double epsilon, ct_tensor skip) {
  return guard([&] {
    at::NoGradGuard off;
    for (int64_t i = 0; i < n; i++) {
      adamw8bit({get(p[i]), get(g[i]), get(m[i]), get(v[i]), get(a[i]), get(b[i]), get(s[i])}, {rate, beta1, beta2, decay, epsilon}, maybe(skip));
    }
  });
}
ct_status ctl_norms(const ct_tensor *t, int64_t n, ct_tensor *out) {
  return produce(out, [&] { at::NoGradGuard off; return at::stack(at::_foreach_norm(list(t, n), 2.0)); });
}
ct_status ctl_scale_all_(const ct_tensor *t, int64_t n, ct_tensor factor) {
  return guard([&] { at::NoGradGuard off; at::_foreach_mul_(list(t, n), get(factor)); });
}

// MARK: Ranks

ProcessGroup &group(ct_group g) { return *reinterpret_cast<ProcessGroup *>(g); }
ct_status ctl_group_join(const ct_rendezvous *how, ct_group *out) {
  *out = nullptr;
  return guard([&] { *out = reinterpret_cast<ct_group>(new ProcessGroup(*how)); });
}
void ctl_group_free(ct_group g) { delete reinterpret_cast<ProcessGroup *>(g); }
const char *ctl_group_backend(ct_group g) { return group(g).name(); }
ct_status ctl_group_sum(ct_group g, ct_tensor t) { return guard([&] { group(g).sum(get(t)); }); }
ct_status ctl_group_sums(ct_group g, const ct_tensor *leaves, int64_t n, int32_t dtype, int64_t alone, ct_sums *out) {
  *out = nullptr;
  return guard([&] { *out = reinterpret_cast<ct_sums>(new GradientSums(group(g), list(leaves, n), scalar_type(dtype), alone)); });
}
ct_status ctl_sums_finish(ct_sums s, ct_tensor figures, int64_t *early) {
  return guard([&] {
    auto &sums = *reinterpret_cast<GradientSums *>(s);
    sums.finish(get(figures));
    *early = sums.begunBefore();
  });
}
void ctl_sums_free(ct_sums s) { delete reinterpret_cast<GradientSums *>(s); }
ct_status ctl_group_broadcast(ct_group g, ct_tensor t, int32_t root, int64_t ms) { return guard([&] { group(g).broadcast(get(t), root, ms); }); }
ct_status ctl_group_broadcast_all(ct_group g, const ct_tensor *t, const int32_t *roots, int64_t n) {
  return guard([&] { group(g).broadcastAll(list(t, n), roots); });
}
ct_status ctl_group_barrier(ct_group g, int64_t ms) { return guard([&] { group(g).barrier(ms); }); }
ct_status ctl_group_gather(ct_group g, const void *bytes, int64_t n, void *out) { return guard([&] { group(g).gather(bytes, n, out); }); }
using Work = c10::intrusive_ptr<c10d::Work>;
ct_status ctl_group_parts(ct_group g, ct_tensor part, ct_tensor whole, ct_work *out) {
  *out = nullptr;
  return guard([&] {
    auto work = group(g).beginParts(get(part), get(whole));
    if (work) *out = reinterpret_cast<ct_work>(new Work(std::move(work)));
  });
}
ct_status ctl_work_wait(ct_work w) { return guard([&] { (*reinterpret_cast<Work *>(w))->wait(); }); }
void ctl_work_free(ct_work w) { delete reinterpret_cast<Work *>(w); }
ct_status ctl_group_add(ct_group g, const char *key, int64_t amount, int64_t *sum) {
  return guard([&] { *sum = group(g).add(key, amount); });
}
ct_status ctl_group_put(ct_group g, const char *key, const void *bytes, int64_t n) { return guard([&] { group(g).put(key, bytes, n); }); }
ct_status ctl_group_take(ct_group g, const char *key, bool stays, void *context, void (*read)(void *, const void *, int64_t)) {
  return guard([&] {
    std::vector<uint8_t> bytes;
    if (group(g).take(key, stays, bytes)) read(context, bytes.data(), static_cast<int64_t>(bytes.size()));
  });
}
ct_status ctl_group_abort(ct_group g) { return guard([&] { group(g).abort(); }); }

// MARK: The machine

const char *ctl_version(void) { return TORCH_VERSION; }
int64_t ctl_threads(void) { return at::get_num_threads(); }
ct_status ctl_set_threads(int64_t count) { return guard([&] { at::set_num_threads(static_cast<int>(count)); }); }
int64_t ctl_cuda_count(void) {
  try { return at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0; } catch (...) { return 0; }
}
const char *ctl_cuda_note(void) { return cuda_problem.c_str(); }
ct_status ctl_cuda_memory(int32_t index, int64_t *free_bytes, int64_t *total_bytes) {
  return guard([&] {
    at::Device device(at::kCUDA, static_cast<at::DeviceIndex>(index));
    c10::DeviceGuard here(device);
    auto facts = at::getDeviceAllocator(at::kCUDA)->getMemoryInfo(device.index());
    *free_bytes = static_cast<int64_t>(facts.first);
    *total_bytes = static_cast<int64_t>(facts.second);
  });
}
ct_status ctl_watch_allocations(ct_device device) { return guard([&] { watch_allocations(place(device)); }); }
ct_status ctl_allocations(ct_device device, int64_t *now, int64_t *most) {
  return guard([&] { std::tie(*now, *most) = allocations(place(device)); });
}
ct_status ctl_forget_peak(ct_device device) { return guard([&] { forget_peak(place(device)); }); }
ct_status ctl_empty_cache(void) {
  return guard([&] {
    release_host_memory();
    if (ctl_cuda_count() > 0) at::getDeviceAllocator(at::kCUDA)->emptyCache();
  });
}
ct_status ctl_release_host_memory(void) { return guard([&] { release_host_memory(); }); }
ct_status ctl_synchronize(ct_device device) {
  return guard([&] {
    auto d = place(device);
    if (d.is_cuda()) c10::impl::VirtualGuardImpl(d.type()).synchronizeDevice(d.index());
  });
}
ct_status ctl_manual_seed(uint64_t seed) { return guard([&] { at::manual_seed(seed); }); }
ct_status ctl_set_tf32(bool on) {
  return guard([&] { at::globalContext().setAllowTF32CuDNN(on); at::globalContext().setAllowTF32CuBLAS(on); });
}
const char *ctl_last_error(void) { return last_error_text.c_str(); }

__attribute__((constructor)) void keep_memory() { keep_host_memory(); }
// The CUDA half registers itself when it is loaded; it lies beside libtorch_cpu.so when this is a CUDA build.
__attribute__((constructor)) void load_cuda() {
  Dl_info here;
  if (!dladdr(reinterpret_cast<void *>(&at::get_num_threads), &here) || !here.dli_fname) return;
  std::string path = here.dli_fname;
  path = path.substr(0, path.rfind('/') + 1) + "libtorch_cuda.so";
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) return;
  const char *reason = dlerror();
  cuda_problem = reason ? reason : "libtorch_cuda.so could not be loaded";
}
}  // namespace

extern "C" __attribute__((visibility("default"))) const ct_table ct_table = {
    sizeof(struct ct_table),
#define CT_STATUS_FUNCTION(name, parameters, arguments) ctl_##name,
#define CT_VALUE_FUNCTION(type, name, parameters, arguments, fallback) ctl_##name,
#include "CTorchFunctions.def"
#undef CT_STATUS_FUNCTION
#undef CT_VALUE_FUNCTION
    ctl_last_error,
};
