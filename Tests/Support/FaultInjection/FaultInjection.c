// Counts the system calls that change files below FAULT_FOLDER, and makes one of them fail.
//
// FAULT_FOLDER=/path     which files count
// FAULT_AT=N             the call, from 1; without it calls are only counted
// FAULT_ACTION=kill      the process dies before the call
//              tear      half of a write is done, then the process dies
//              ENOSPC, EIO, EROFS, EDQUOT   the call fails with this error; "short" writes one byte less
// FAULT_ALWAYS=1         the calls after N fail too
// FAULT_LOG=/path        a line a call: its name and file
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long calls;
static __thread int busy;

static int counts(const char *path) {
    const char *folder = getenv("FAULT_FOLDER");
    return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}
static const char *path_of(int fd, char *buffer, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, buffer, size - 1);
    if (n < 0) return NULL;
    buffer[n] = 0;
    return buffer;
}
static void note(const char *name, const char *path) {
    const char *log = getenv("FAULT_LOG");
    if (!log) return;
    char line[4352];
    int n = snprintf(line, sizeof line, "%s %s\n", name, path);
    int fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd >= 0) {
        syscall(SYS_write, fd, line, n);
        syscall(SYS_close, fd);
    }
}
// 0: go on. Otherwise errno for the call. `tear` is set when half of a write is wanted first.
static int fault(const char *name, const char *path, int *tear) {
    *tear = 0;
    if (busy || !counts(path)) return 0;
    busy = 1;
    note(name, path);
    long number = ++calls;
    const char *at = getenv("FAULT_AT"), *action = getenv("FAULT_ACTION");
    int hit = at && (number == atol(at) || (getenv("FAULT_ALWAYS") && number > atol(at)));
    busy = 0;
    if (!hit || !action) return 0;
    if (!strcmp(action, "kill")) kill(getpid(), SIGKILL);
    if (!strcmp(action, "tear")) { *tear = 1; return 0; }
    if (!strcmp(action, "short")) { *tear = 2; return 0; }
    if (!strcmp(action, "ENOSPC")) return ENOSPC;
    if (!strcmp(action, "EDQUOT")) return EDQUOT;
    if (!strcmp(action, "EROFS")) return EROFS;
    return EIO;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define CHECK(name, path) \
    int tear, error = fault(name, path, &tear); \
    if (tear == 1) kill(getpid(), SIGKILL); \
    if (error) { errno = error; return -1; }

ssize_t write(int fd, const void *bytes, size_t count) {
    REAL(write);
    char buffer[4096];
    int tear, error = fault("write", path_of(fd, buffer, sizeof buffer), &tear);
    if (error) { errno = error; return -1; }
    if (tear == 1) { real(fd, bytes, count / 2); kill(getpid(), SIGKILL); }
    if (tear == 2 && count > 1) return real(fd, bytes, count - 1);
    return real(fd, bytes, count);
}
int fsync(int fd) {
    REAL(fsync);
    char buffer[4096];
    CHECK("fsync", path_of(fd, buffer, sizeof buffer));
    return real(fd);
}
int fdatasync(int fd) {
    REAL(fdatasync);
    char buffer[4096];
    CHECK("fdatasync", path_of(fd, buffer, sizeof buffer));
    return real(fd);
}
int ftruncate(int fd, off_t length) {
    REAL(ftruncate);
    char buffer[4096];
    CHECK("ftruncate", path_of(fd, buffer, sizeof buffer));
    return real(fd, length);
}
int rename(const char *from, const char *to) {
    REAL(rename);
    CHECK("rename", to);
    return real(from, to);
}
int unlink(const char *path) {
    REAL(unlink);
    CHECK("unlink", path);
    return real(path);
}
int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    CHECK("mkdir", path);
    return real(path, mode);
}
// Opening for reading changes nothing and is passed through.
#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list list; \
        va_start(list, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
        va_end(list); \
        if (flags & (O_WRONLY | O_RDWR | O_CREAT)) { CHECK("open", path); } \
        return real(path, flags, mode); \
    }
OPENS(open)
OPENS(open64)
