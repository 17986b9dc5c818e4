#define _GNU_SOURCE
#include "CMapping.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// Linked into a list that only grows, so that the handler can walk it without a lock; one that is free has no start.
struct cf_mapping {
  _Atomic(uintptr_t) start;
  atomic_size_t bytes;
  atomic_bool lost, taken;
  cf_mapping next;
};
static _Atomic(cf_mapping) first;
static atomic_size_t losses;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction previous;
static atomic_size_t page;

// Async-signal-safe: atomics, two system calls and nothing else. The address is in a mapping that its reader holds, so no
// entry is taken or given back while it is looked at.
static void handle(int number, siginfo_t *info, void *context) {
  (void)context;
  int saved = errno;
  uintptr_t address = (uintptr_t)info->si_addr, size = atomic_load(&page);
  // Above 0: from the kernel for an access, with an address; a signal that somebody sent has none.
  for (cf_mapping m = info->si_code > 0 ? atomic_load(&first) : NULL; m; m = m->next) {
    uintptr_t start = atomic_load(&m->start), bytes = atomic_load(&m->bytes);
    if (!start || address < start || address - start >= bytes) continue;
    uintptr_t from = address / size * size, length = (start + bytes - from + size - 1) / size * size;
    // To the end: a file is cut at one place, and each page of a large one would be a signal of its own.
    long made = syscall(SYS_mmap, from, length, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == (long)from) {
      atomic_store(&m->lost, true);
      atomic_fetch_add(&losses, 1);
      errno = saved;
      return;
    }
    break;
  }
  // Not ours: who was there before gets it, as the access is tried again or the signal sent once more.
  sigaction(SIGBUS, &previous, NULL);
  if (info->si_code <= 0) raise(number);
  errno = saved;
}

// With the lock held. Asked for every mapping: a program may have put another handler in since.
static int guard(void) {
  struct sigaction now;
  if (sigaction(SIGBUS, NULL, &now)) return -1;
  if (now.sa_flags & SA_SIGINFO && now.sa_sigaction == handle) return 0;
  previous = now;
  struct sigaction ours = { .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
  ours.sa_sigaction = handle;
  sigemptyset(&ours.sa_mask);
  return sigaction(SIGBUS, &ours, NULL);
}

cf_mapping cf_map(int descriptor, size_t bytes) {
  atomic_store(&page, (size_t)sysconf(_SC_PAGESIZE));
  pthread_mutex_lock(&lock);
  cf_mapping m = atomic_load(&first);
  while (m && atomic_load(&m->taken)) m = m->next;
  if (!m && (m = calloc(1, sizeof *m))) {
    m->next = atomic_load(&first);
    atomic_store(&first, m);
  }
  bool fits = m && guard() == 0;
  if (fits) {
    // Writable, so that an in-place operator on a tensor does not kill the process; private, so that the file stays.
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0);
    fits = start != MAP_FAILED;
    if (fits) {
      atomic_store(&m->taken, true);
      atomic_store(&m->lost, false);
      atomic_store(&m->bytes, bytes);
      atomic_store(&m->start, (uintptr_t)start);
    }
  }
  pthread_mutex_unlock(&lock);
  return fits ? m : NULL;
}
void cf_unmap(cf_mapping m) {
  pthread_mutex_lock(&lock);
  uintptr_t start = atomic_exchange(&m->start, 0);
  munmap((void *)start, atomic_load(&m->bytes));
  atomic_store(&m->taken, false);
  pthread_mutex_unlock(&lock);
}
void *cf_start(cf_mapping m) { return (void *)atomic_load(&m->start); }
void cf_forget(void *start, size_t bytes) {
  uintptr_t size = atomic_load(&page), from = ((uintptr_t)start + size - 1) / size * size, to = ((uintptr_t)start + bytes) / size * size;
  // It is advice: where it is not taken, the memory stays until it is needed elsewhere.
  if (to > from) madvise((void *)from, to - from, MADV_DONTNEED);
}
bool cf_is_lost(cf_mapping m) { return atomic_load(&m->lost); }
size_t cf_losses(void) { return atomic_load(&losses); }
