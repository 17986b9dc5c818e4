#define _GNU_SOURCE
#include "CTorch.h"
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic(const struct ct_table *) table;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char load_error[2048];
static _Atomic int64_t preferred_threads;

static void load(void) {
  Dl_info here;
  char path[PATH_MAX] = "libltxtorch.so";
  if (dladdr((void *)&load, &here) && here.dli_fname) {
    // The program or test bundle that holds this code; the library is built beside it.
    // A program that PATH found has no folder in its name, and an installed one is behind a link.
    char program[PATH_MAX];
    const char *file = strchr(here.dli_fname, '/') ? here.dli_fname : "/proc/self/exe", *slash = NULL;
    if (realpath(file, program)) slash = strrchr(file = program, '/');
    if (slash) snprintf(path, sizeof path, "%.*s/libltxtorch.so", (int)(slash - file), file);
  }
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  const struct ct_table *found = library ? dlsym(library, "ct_table") : NULL;
  if (!found) {
    const char *reason = dlerror();
    snprintf(load_error, sizeof load_error,
             "libtorch could not be loaded: %s. Run scripts/setup.sh and build again, or set LIBTORCH while building.",
             reason ? reason : "no ct_table in libltxtorch.so");
    return;
  }
  if (found->bytes != sizeof *found) {
    snprintf(load_error, sizeof load_error, "'%s' belongs to another version of this program; build the product ltxtorch too.", path);
    return;
  }
  // The environment variable of OpenMP is read when its library is loaded, which FFmpeg's may have done long ago.
  int64_t threads = atomic_load(&preferred_threads);
  if (threads > 0) found->set_threads(threads);
  atomic_store(&table, found);
}

void ct_prefer_threads(int64_t count) { atomic_store(&preferred_threads, count); }

static const struct ct_table *opened(void) {
  const struct ct_table *found = atomic_load_explicit(&table, memory_order_acquire);
  if (found) return found;
  pthread_once(&once, load);
  return atomic_load(&table);
}

ct_status ct_open(void) { return opened() ? 0 : 1; }
bool ct_is_open(void) { return atomic_load(&table) != NULL; }
const char *ct_last_error(void) {
  const struct ct_table *found = atomic_load(&table);
  return found ? found->last_error() : load_error;
}

#define CT_STATUS_FUNCTION(name, parameters, arguments) \
  ct_status ct_##name parameters { const struct ct_table *t = opened(); return t ? t->name arguments : 1; }
// Facts about tensors never open the library: without it there are no tensors.
#define CT_VALUE_FUNCTION(type, name, parameters, arguments, fallback) \
  type ct_##name parameters { const struct ct_table *t = atomic_load(&table); if (!t) return fallback; return t->name arguments; }
#include "CTorchFunctions.def"
