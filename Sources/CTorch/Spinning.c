// OpenMP's threads wait for each other by spinning, a third of a second's worth of turns at most. Beside other work that is when
// the thread that they wait for does not run: sixty small training steps took 48 seconds instead of one. Not to spin at all makes a
// sleep of each wait: 0.16 s instead of 0.10 s a step of a model of 8 layers and 32 tokens on a quiet machine. So they spin for about as
// long as it takes to be woken: beside busy loops such a step takes as long as without, a tiny one twice as long at worst. libgomp asks
// the environment when it is loaded, which FFmpeg's libraries do before `main`, so the question is answered here, in front of the C
// library, unless the user has said something of his own.
#include <string.h>
#include <unistd.h>

extern char **environ;

static char *find(const char *name) {
  size_t length = strlen(name);
  for (char **entry = environ; entry && *entry; entry++)
    if (!strncmp(*entry, name, length) && (*entry)[length] == '=') return *entry + length + 1;
  return NULL;
}
/// The C library's, and for how many turns libgomp may spin.
char *getenv(const char *name) {
  static char few[] = "2000";
  if (!name) return NULL;
  char *value = find(name);
  if (!value && !strcmp(name, "GOMP_SPINCOUNT") && !find("OMP_WAIT_POLICY")) return few;
  return value;
}
