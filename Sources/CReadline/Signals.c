#include "CReadline.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static atomic_int interrupts, sent, termination, resized, continued;
static atomic_long last_interrupt;
static _Atomic(void (*)(void)) interrupt_hook;
static atomic_int wakeup = -1, interrupted = -1;
static pthread_t main_thread;
static struct termios modes;
static bool have_modes;

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000L + t.tv_nsec / 1000000L;
}
static void post(int descriptor) {
  int saved = errno;
  if (descriptor >= 0) (void)eventfd_write(descriptor, 1);
  errno = saved;
}
static void handle(int signal, siginfo_t *about, void *context) {
  (void)context;
  // A signal to the process lands on any thread; the interpreter's hook may only be set from the one that runs it.
  if (!pthread_equal(pthread_self(), main_thread)) {
    pthread_kill(main_thread, signal);
    return;
  }
  int saved = errno;
  switch (signal) {
  case SIGINT: {
    atomic_fetch_add(&interrupts, 1);
    if (about->si_code != SI_KERNEL) atomic_fetch_add(&sent, 1);
    atomic_store(&last_interrupt, now());
    void (*hook)(void) = atomic_load(&interrupt_hook);
    if (hook) hook();
    post(interrupted);
    break;
  }
  case SIGTERM: case SIGHUP: {
    // The first one names the exit status; both stop what runs.
    int none = 0;
    atomic_compare_exchange_strong(&termination, &none, signal);
    void (*hook)(void) = atomic_load(&interrupt_hook);
    if (hook) hook();
    break;
  }
  case SIGCONT: atomic_store(&continued, 1);  // the window may have changed meanwhile, too
  // falls through
  default: atomic_store(&resized, 1);
  }
  post(wakeup);
  errno = saved;
}
static void crash(int signal) {
  static const char plain[] = "\033[?2004l\r\n";  // bracketed paste off
  if (have_modes) {
    tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
    if (cr_active()) (void)!write(STDOUT_FILENO, plain, sizeof plain - 1);
  }
  raise(signal);  // the default action: SA_RESETHAND has put it back
}
void cr_set_interrupt_hook(void (*hook)(void)) { atomic_store(&interrupt_hook, hook); }
void cr_signals_install(void) {
  main_thread = pthread_self();
  // A closed standard descriptor would be given to the next file that is opened, and be read or written as if it were still there.
  // Standard output still fails, as a closed one does: results that go nowhere are not a success.
  for (int standard = 0; standard < 3; standard++)
    if (fcntl(standard, F_GETFD) < 0 && open("/dev/null", standard == STDOUT_FILENO ? O_RDONLY : O_RDWR) < 0) break;
  if (wakeup < 0) wakeup = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (interrupted < 0) interrupted = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle;
  action.sa_flags = SA_RESTART | SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  const int taken[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT };
  for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
    struct sigaction old;
    // nohup and the like set SIGHUP to be ignored: leave that as it is.
    if (sigaction(taken[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN && taken[i] == SIGHUP) continue;
    sigaction(taken[i], &action, NULL);
  }
  action.sa_handler = crash;
  action.sa_flags = SA_RESETHAND | SA_NODEFER;
  const int fatal[] = { SIGSEGV, SIGABRT, SIGILL, SIGBUS, SIGFPE, SIGTRAP };
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
    struct sigaction old;
    if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL) sigaction(fatal[i], &action, NULL);
  }
  // The person's own wish, which no crash reporter is to hear of.
  struct sigaction old;
  if (sigaction(SIGQUIT, NULL, &old) == 0 && old.sa_handler != SIG_IGN) sigaction(SIGQUIT, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  // A write beyond the allowed file size then fails like a full disk, instead of killing the shell.
  signal(SIGXFSZ, SIG_IGN);
}
int cr_interrupts(void) { return atomic_load(&interrupts); }
int cr_sent_interrupts(void) { return atomic_load(&sent); }
long cr_last_interrupt(void) { return atomic_load(&last_interrupt); }
void cr_clear_interrupts(void) { atomic_store(&interrupts, 0); }
int cr_termination(void) { return atomic_load(&termination); }
bool cr_take_resize(void) { return atomic_exchange(&resized, 0) != 0; }
bool cr_take_continue(void) { return atomic_exchange(&continued, 0) != 0; }
int cr_wakeup(void) {
  if (wakeup < 0) wakeup = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return wakeup;
}
void cr_wake(void) { post(cr_wakeup()); }
void cr_sleep(int milliseconds) {
  struct pollfd fd = { cr_wakeup(), POLLIN, 0 };
  if (poll(&fd, 1, milliseconds) > 0) { eventfd_t value; eventfd_read(fd.fd, &value); }
}
int cr_interrupt_descriptor(void) { return interrupted; }

void cr_end_with_parent(int parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (parent > 0 && getppid() != parent) raise(SIGTERM);  // it has gone in the meantime
}
int cr_wait_child(int child) {
  int status = 0;
  int descriptor = (int)syscall(SYS_pidfd_open, child, 0);
  bool told = false;
  if (descriptor >= 0) {
    struct pollfd fds[2] = { { descriptor, POLLIN, 0 }, { cr_wakeup(), POLLIN, 0 } };
    while (poll(fds, 2, -1) < 0 || !fds[0].revents) {
      if (fds[1].revents) { eventfd_t value; eventfd_read(fds[1].fd, &value); }
      if (termination && !told) { told = true; kill(child, termination); }
    }
    close(descriptor);
  }
  while (waitpid(child, &status, 0) < 0) if (errno != EINTR) return 127;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool cr_reader_is_gone(void) {
  struct pollfd output = { STDOUT_FILENO, POLLOUT, 0 };
  return poll(&output, 1, 0) > 0 && (output.revents & (POLLERR | POLLHUP));
}
static int output_failure;  // main thread
void cr_flush_output(void) {
  // stdio may drop what it could not write: the reason is there this once.
  if (fflush(stdout) != 0 && !output_failure) output_failure = errno;
  fflush(NULL);
}
int cr_output_failure(void) {
  cr_flush_output();
  int code = output_failure;
  if (!code && ferror(stdout)) code = EIO;
  return code == EPIPE || cr_reader_is_gone() ? 0 : code;
}

void cr_save_modes(void) { have_modes = tcgetattr(STDIN_FILENO, &modes) == 0; }
void cr_restore_modes(void) { if (have_modes) tcsetattr(STDIN_FILENO, TCSADRAIN, &modes); }
bool cr_raw_mode(bool on) {
  struct termios changed;
  if (tcgetattr(STDIN_FILENO, &changed) != 0) return false;
  if (on) changed.c_lflag &= ~(tcflag_t)(ICANON | ECHO); else changed.c_lflag |= ICANON | ECHO;
  return tcsetattr(STDIN_FILENO, TCSANOW, &changed) == 0;
}
void cr_echo(bool on) {
  struct termios changed;
  // In the background a change of the modes would stop the program.
  if (tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &changed) != 0) return;
  if (on) changed.c_lflag |= ECHO; else changed.c_lflag &= ~(tcflag_t)ECHO;
  tcsetattr(STDIN_FILENO, TCSANOW, &changed);
}
