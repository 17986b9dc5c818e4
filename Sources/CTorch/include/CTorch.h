// The whole libtorch boundary.
//
//  * A function that can fail returns a status: 0 fine, 1 error, 2 out of memory; ct_last_error() has the message.
//  * Every `ct_tensor *out` receives a new handle (+1); free it once with ct_free(). Inputs are borrowed.
//  * No exception leaves this header.
//  * libtorch is opened on the first call (its static initialisers alone take 0.3 s): the functions here are trampolines
//    into libltxtorch.so, which lies beside the executable. Until then ct_live() is 0 and nothing is mapped.
//
// CTorchFunctions.def lists every function once; this header declares them from it, CTorch.c defines the trampolines,
// CTorchLibrary fills the table.
#ifndef CTORCH_H
#define CTORCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_opaque_tensor *ct_tensor;
typedef struct ct_opaque_generator *ct_generator;
typedef struct ct_opaque_lane *ct_lane;
typedef struct ct_opaque_group *ct_group;
typedef struct ct_opaque_sums *ct_sums;
typedef struct ct_opaque_work *ct_work;
typedef int ct_status;

/// c10::DeviceType and index: 0 cpu, 1 cuda, 14 meta; index -1 for the only or current one.
typedef struct { int32_t type; int32_t index; } ct_device;

/// A matrix (rows, columns) in fewer bits; `shift` is NULL for 8.
struct ct_quantized { ct_tensor codes, scale, shift; int64_t bits, rows, columns; };
/// A matrix in which nothing is trained, and the bias behind it, which may be NULL; one that is not quantized is `codes`, with no scale.
struct ct_frozen { struct ct_quantized matrix; ct_tensor bias; };

/// Where and as what a process joins others; times in milliseconds.
struct ct_rendezvous {
  /// Where the store is that rank 0 serves, unless `is_served` says that somebody else does; on the socket `listener` if it is not negative.
  const char *host;
  int32_t port, listener;
  bool is_served;
  int32_t rank, size;
  /// The CUDA device of this rank; -1 for none.
  int32_t device;
  /// Tells the keys of a restarted group from those of its forerunner.
  const char *attempt;
  /// How long to wait for the others to come; for the slowest in a call; for a host that no longer answers.
  int64_t join_ms, timeout_ms, link_ms;
  /// Asked now and then while the others are waited for: whether to give that up. NULL: never.
  bool (*stops)(void);
};

/// Frees what a borrowed buffer depends on, once its last tensor has gone. May run on any thread.
typedef void (*ct_release)(void *context);

// One word per regular operator. `self -> out`:
#define CT_UNARY(OP) \
  OP(neg) OP(exp) OP(log) OP(sin) OP(cos) OP(sqrt) OP(rsqrt) OP(square) OP(abs) OP(sigmoid) OP(tanh) OP(silu) OP(relu) \
  OP(round) OP(sign) OP(isfinite) OP(mean) OP(sum) OP(all) OP(any) OP(clone) OP(detach)
// `self, other -> out`:
#define CT_BINARY(OP) \
  OP(add) OP(sub) OP(mul) OP(div) OP(matmul) OP(lt) OP(gt)
// `self, number -> out`:
#define CT_SCALAR(OP) OP(add) OP(sub) OP(mul) OP(div) OP(pow) OP(eq) OP(lt) OP(gt)
// `self, other`, in place:
#define CT_BINARY_IN_PLACE(OP) OP(mul_) OP(copy_)
// `self, number`, in place:
#define CT_SCALAR_IN_PLACE(OP) OP(mul_) OP(fill_)

#define CT_STATUS_FUNCTION(name, parameters, arguments) ct_status ct_##name parameters;
#define CT_VALUE_FUNCTION(type, name, parameters, arguments, fallback) type ct_##name parameters;
#include "CTorchFunctions.def"
#undef CT_STATUS_FUNCTION
#undef CT_VALUE_FUNCTION

/// The message of the last failure on this thread, valid until the next one.
const char *ct_last_error(void);
/// Threads that operators will use on the CPU once the library is open; 0 leaves it to libtorch.
void ct_prefer_threads(int64_t count);
/// Opens libtorch now rather than on first use. 0, or 1 with the reason in ct_last_error().
ct_status ct_open(void);
/// True once libtorch has been opened.
bool ct_is_open(void);

/// What libltxtorch.so exports under the name `ct_table`.
struct ct_table {
  /// sizeof(struct ct_table) where the library was compiled: another size is another table.
  size_t bytes;
#define CT_STATUS_FUNCTION(name, parameters, arguments) ct_status (*name) parameters;
#define CT_VALUE_FUNCTION(type, name, parameters, arguments, fallback) type (*name) parameters;
#include "CTorchFunctions.def"
#undef CT_STATUS_FUNCTION
#undef CT_VALUE_FUNCTION
  const char *(*last_error)(void);
};

#ifdef __cplusplus
}
#endif
#endif
