// os.execute and io.popen that Ctrl-C ends. The library's first waits with Ctrl-C turned off, so that a loop of them could
// not be left; its second waits for the program wherever a file is closed, in a collection too.
#define _GNU_SOURCE   // environ
#include "Bridge.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// MARK: Starting

// Runs a command line with /bin/sh, `descriptor` as its standard input or output; -1 for none. Returns an errno.
static int start(const char *command, int descriptor, int as, pid_t *child) {
    fflush(NULL);
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    if (descriptor >= 0) posix_spawn_file_actions_adddup2(&actions, descriptor, as);
    sigset_t defaults;
    sigemptyset(&defaults);
    // Ignored signals are inherited: the child must die of a broken pipe again.
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    sigaddset(&defaults, SIGQUIT);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    char *words[] = { "sh", "-c", (char *)command, NULL };
    int code = posix_spawn(child, "/bin/sh", &actions, &attributes, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return code;
}

// MARK: Waiting

static bool has_ended(pid_t child, int *status) {
    pid_t answer;
    do answer = waitpid(child, status, WNOHANG); while (answer < 0 && errno == EINTR);
    if (answer < 0) *status = 127 << 8;
    return answer != 0;
}
static bool ends_within(pid_t child, int *status, int milliseconds) {
    for (int waited = 0; !has_ended(child, status); waited += 10) {
        if (waited >= milliseconds) return false;
        nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
    }
    return true;
}

// Programs that nobody waits for any more; asked after when the next one starts, so that they do not pile up.
enum { LEFT = 256 };
static pid_t left[LEFT];
static void leave(pid_t child) {
    for (int i = 0; i < LEFT; i++) {
        if (left[i]) continue;
        left[i] = child;
        return;
    }
}
static void reap(void) {
    int status;
    for (int i = 0; i < LEFT; i++)
        if (left[i] && has_ended(left[i], &status)) left[i] = 0;
}

// Sends a signal to a program and to what it started: a shell does not pass one on.
static void signal_all(pid_t child, int number, int depth) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)child, (int)child);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0) close(file);
    text[count > 0 ? count : 0] = 0;
    char *place = text, *end;
    for (long pid; depth < 16 && (pid = strtol(place, &end, 10)) > 0 && end != place; place = end)
        signal_all((pid_t)pid, number, depth + 1);
    kill(child, number);
}

// The terminal sends Ctrl-C to the child as well. One that was not reached by it, or does not heed it, is asked in other
// ways; one that heeds none of them is left to itself, so that the prompt comes back.
static void end_child(pid_t child) {
    int status;
    if (ends_within(child, &status, 200)) return;
    signal_all(child, SIGINT, 0);
    if (ends_within(child, &status, 800)) return;
    signal_all(child, SIGTERM, 0);
    if (!ends_within(child, &status, 2000)) leave(child);
}

static int wait_descriptor(lua_State *L) {
    wait_readable(L, (int)lua_tointeger(L, 1));
    return 0;
}
// Waits for the child, whose status it gives. Raises the stop when one is asked for, the child ended.
static int wait_child(lua_State *L, pid_t child) {
    int status = -1, descriptor = (int)syscall(SYS_pidfd_open, child, 0);
    if (descriptor >= 0) {
        lua_pushcfunction(L, wait_descriptor);
        lua_pushinteger(L, descriptor);
        int result = lua_pcall(L, 1, 0, 0);
        close(descriptor);
        if (result != LUA_OK) {
            end_child(child);
            lua_error(L);
        }
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return 127 << 8;
    return status;
}

// MARK: os.execute

static int execute(lua_State *L) {
    const char *command = luaL_optstring(L, 1, NULL);
    if (!command) {
        lua_pushboolean(L, access("/bin/sh", X_OK) == 0);
        return 1;
    }
    luaL_checkstack(L, 8, NULL);
    pid_t child;
    int code = start(command, -1, -1, &child);
    int status = code == 0 ? wait_child(L, child) : -1;
    errno = code;   // with none, the status speaks
    return luaL_execresult(L, status);
}

// MARK: io.popen

// The library knows its first part; all that it does with a file works on it.
typedef struct { luaL_Stream stream; pid_t child; } program;

// Whether the collector, or the end of the state, closes the file.
static bool is_finalizer(lua_State *L) {
    lua_Debug ar;
    return lua_getstack(L, 0, &ar) && lua_getinfo(L, "n", &ar) && ar.name && strcmp(ar.name, "__gc") == 0;
}
static int close_program(lua_State *L) {
    program *p = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    fclose(p->stream.f);   // tells a program that reads from us that it is over
    if (is_finalizer(L)) {
        int status;
        if (!has_ended(p->child, &status)) leave(p->child);
        return 0;
    }
    int status = wait_child(L, p->child);
    errno = 0;
    return luaL_execresult(L, status);
}

static int open_program(lua_State *L) {
    const char *command = luaL_checkstring(L, 1), *mode = luaL_optstring(L, 2, "r");
    luaL_argcheck(L, (*mode == 'r' || *mode == 'w') && mode[1] == 0, 2, "invalid mode");
    reap();
    program *p = lua_newuserdatauv(L, sizeof *p, 0);
    p->stream.f = NULL;
    p->stream.closef = NULL;   // closed, until it is open
    luaL_setmetatable(L, LUA_FILEHANDLE);
    int ends[2], reads = *mode == 'r';
    if (pipe2(ends, O_CLOEXEC) != 0) return luaL_fileresult(L, 0, command);
    int ours = ends[!reads], theirs = ends[reads];
    p->stream.f = fdopen(ours, mode);
    int code = p->stream.f ? start(command, theirs, reads ? STDOUT_FILENO : STDIN_FILENO, &p->child) : errno;
    close(theirs);
    if (code != 0) {
        if (p->stream.f) fclose(p->stream.f); else close(ours);
        errno = code;
        return luaL_fileresult(L, 0, command);
    }
    p->stream.closef = close_program;
    return 1;
}

void open_processes(lua_State *L) {
    lua_getglobal(L, "os");
    lua_pushcfunction(L, execute);
    lua_setfield(L, -2, "execute");
    lua_getglobal(L, "io");
    lua_pushcfunction(L, open_program);
    lua_setfield(L, -2, "popen");
    lua_pop(L, 2);
}
