// Reading from files so that Ctrl-C ends it: at the terminal, from a pipe that stays silent, from a source without an end.
#define _GNU_SOURCE   // ppoll
#include "Bridge.h"
#include <errno.h>
#include <poll.h>
#include <sys/stat.h>

// MARK: Waiting

void wait_readable(lua_State *L, int descriptor) {
    // A signal that comes between the look at the flag and the wait must not be lost: it is let in only while waiting.
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    sigset_t open = before;
    sigdelset(&open, SIGINT);
    sigdelset(&open, SIGTERM);
    sigdelset(&open, SIGHUP);
    struct pollfd input = { descriptor, POLLIN, 0 };
    bridge *b = get_bridge(L);
    int ready = 0;
    while (ready <= 0 && atomic_load(&b->stop) == LB_RUN) {
        ready = ppoll(&input, 1, NULL, &open);
        if (ready < 0 && errno != EINTR) break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    poll_stop(L);
}

// MARK: Streams

typedef struct { lua_State *L; FILE *file; bool may_block; } stream;

static stream open_stream(lua_State *L, FILE *file) {
    struct stat status;
    int descriptor = fileno(file);
    bool is_regular = descriptor < 0 || (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode));
    return (stream){ L, file, !is_regular };
}

// How many bytes stand in the stream's buffer; reads more when there are none. 0 at the end.
static size_t fill(stream *s) {
    FILE *file = s->file;
    if (file->_IO_read_ptr < file->_IO_read_end) return (size_t)(file->_IO_read_end - file->_IO_read_ptr);
    poll_stop(s->L);
    bridge *b = get_bridge(s->L);
    if (file == b->terminal && b->typed_at == b->typed_count && !ask_for_line(s->L)) return 0;
    if (s->may_block) {
        fflush(stdout);   // a question that was written is to be seen
        wait_readable(s->L, fileno(file));
    }
    int c = getc(file);
    if (c == EOF) return 0;
    ungetc(c, file);
    return file->_IO_read_ptr < file->_IO_read_end ? (size_t)(file->_IO_read_end - file->_IO_read_ptr) : 1;
}

// Each pushes one value: a string, or one that is `fail`. True where something was read.
static bool read_line(stream *s, bool keeps_end) {
    luaL_Buffer out;
    luaL_buffinit(s->L, &out);
    bool any = false, ended = false;
    for (size_t ready; !ended && (ready = fill(s)) > 0;) {
        any = true;
        const char *from = s->file->_IO_read_ptr, *end = memchr(from, '\n', ready);
        size_t count = end ? (size_t)(end - from) + 1 : ready;
        char *place = luaL_prepbuffsize(&out, count);
        count = fread(place, 1, count, s->file);
        ended = count > 0 && place[count - 1] == '\n';
        luaL_addsize(&out, ended && !keeps_end ? count - 1 : count);
    }
    luaL_pushresult(&out);
    return any;
}
static bool read_bytes(stream *s, size_t wanted) {
    luaL_Buffer out;
    luaL_buffinit(s->L, &out);
    bool any = wanted == 0 && fill(s) > 0;   // read(0) asks whether the end has come
    for (size_t ready; wanted > 0 && (ready = fill(s)) > 0;) {
        size_t count = ready < wanted ? ready : wanted;
        count = fread(luaL_prepbuffsize(&out, count), 1, count, s->file);
        luaL_addsize(&out, count);
        wanted -= count;
        any = any || count > 0;
    }
    luaL_pushresult(&out);
    return any;
}
// The library reads numbers: `read` is its function, `handle` the file. Spaces before a number may go on for ever.
static bool read_number(stream *s, int handle, int read) {
    while (fill(s) > 0) {
        int c = getc(s->file);
        if (c == ' ' || (c >= '\t' && c <= '\r')) continue;
        ungetc(c, s->file);
        break;
    }
    lua_pushvalue(s->L, read);
    lua_pushvalue(s->L, handle);
    lua_pushliteral(s->L, "n");
    lua_call(s->L, 2, 1);
    return !lua_isnil(s->L, -1);
}

// Reads what the formats from `first` to the top ask for. Upvalue 1 is the library's function.
static int read_formats(lua_State *L, FILE *file, int handle, int first) {
    stream s = open_stream(L, file);
    int last = lua_gettop(L);
    clearerr(file);
    bool ok = true;
    if (last < first) {
        ok = read_line(&s, false);
    } else {
        luaL_checkstack(L, last - first + 1 + LUA_MINSTACK, "too many arguments");
        for (int n = first; n <= last && ok; n++) {
            if (lua_type(L, n) == LUA_TNUMBER) {
                ok = read_bytes(&s, (size_t)luaL_checkinteger(L, n));
                continue;
            }
            const char *format = luaL_checkstring(L, n);
            if (*format == '*') format++;
            switch (*format) {
                case 'n': ok = read_number(&s, handle, lua_upvalueindex(1)); break;
                case 'l': ok = read_line(&s, false); break;
                case 'L': ok = read_line(&s, true); break;
                case 'a': read_bytes(&s, SIZE_MAX); break;
                default: return luaL_argerror(L, n, "invalid format");
            }
        }
    }
    if (ferror(file)) return luaL_fileresult(L, 0, NULL);
    if (!ok) {
        lua_pop(L, 1);
        luaL_pushfail(L);
    }
    return lua_gettop(L) - last;
}

// MARK: The functions

static FILE *check_file(lua_State *L) {
    luaL_Stream *held = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    if (!held->closef) luaL_error(L, "attempt to use a closed file");
    return held->f;
}
// Upvalues: the library's read, the library's io.input.
static int file_read(lua_State *L) { return read_formats(L, check_file(L), 1, 2); }

static FILE *default_input(lua_State *L) {
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_call(L, 0, 1);
    luaL_Stream *held = luaL_checkudata(L, -1, LUA_FILEHANDLE);
    if (!held->closef) luaL_error(L, "default input file is closed");
    lua_insert(L, 1);   // kept alive
    return held->f;
}
static int io_read(lua_State *L) {
    FILE *file = default_input(L);
    return read_formats(L, file, 1, 2);
}

// Upvalues: the library's read, the file, how many formats, whether the end closes it, the formats.
static int next_line(lua_State *L) {
    luaL_Stream *held = luaL_testudata(L, lua_upvalueindex(2), LUA_FILEHANDLE);
    if (!held || !held->closef) return luaL_error(L, "file is already closed");
    int count = (int)lua_tointeger(L, lua_upvalueindex(3));
    if (count < 0 || count > 250) count = 0;
    lua_settop(L, 1);
    luaL_checkstack(L, count, "too many arguments");
    for (int i = 1; i <= count; i++) lua_pushvalue(L, lua_upvalueindex(4 + i));
    int results = read_formats(L, held->f, lua_upvalueindex(2), 2);
    if (lua_toboolean(L, -results)) return results;
    if (results > 1) return luaL_error(L, "%s", lua_tostring(L, -results + 1));
    if (lua_toboolean(L, lua_upvalueindex(4))) {
        lua_settop(L, 0);
        lua_pushvalue(L, lua_upvalueindex(2));
        lua_getfield(L, 1, "close");
        lua_insert(L, 1);
        lua_call(L, 1, 0);
    }
    return 0;
}
// The file at 1, formats behind it.
static int push_lines(lua_State *L, bool closes) {
    int count = lua_gettop(L) - 1;
    luaL_argcheck(L, count <= 250, 252, "too many arguments");
    luaL_checkstack(L, 8, "too many arguments");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_pushinteger(L, count);
    lua_pushboolean(L, closes);
    lua_rotate(L, 2, 4);
    lua_pushcclosure(L, next_line, 4 + count);
    return 1;
}
static int file_lines(lua_State *L) {
    check_file(L);
    return push_lines(L, false);
}
// Upvalue 3: the library's io.lines, which opens the file and says what is wrong with it.
static int io_lines(lua_State *L) {
    if (lua_isnoneornil(L, 1)) {
        if (lua_gettop(L) > 0) lua_remove(L, 1);
        default_input(L);
        return push_lines(L, false);
    }
    luaL_checkstring(L, 1);
    lua_pushvalue(L, lua_upvalueindex(3));
    lua_pushvalue(L, 1);
    lua_call(L, 1, 4);
    lua_replace(L, 1);
    lua_pop(L, 3);
    push_lines(L, true);
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushvalue(L, 1);   // closed at the end of the loop, however it ends
    return 4;
}

// MARK: Opening

static int close_file(lua_State *L) {
    luaL_Stream *held = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    return luaL_fileresult(L, fclose(held->f) == 0, NULL);
}
// Opening a named pipe waits for its other end: there the signals are let in.
static FILE *open_file(const char *path, const char *mode) {
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISFIFO(status.st_mode)) return fopen(path, mode);
    const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction before[3];
    for (int i = 0; i < 3; i++) {
        sigaction(numbers[i], NULL, &before[i]);
        struct sigaction interrupting = before[i];
        interrupting.sa_flags &= ~SA_RESTART;
        sigaction(numbers[i], &interrupting, NULL);
    }
    FILE *file = fopen(path, mode);
    int code = errno;
    for (int i = 0; i < 3; i++) sigaction(numbers[i], &before[i], NULL);
    errno = code;
    return file;
}
static int io_open(lua_State *L) {
    const char *path = luaL_checkstring(L, 1), *mode = luaL_optstring(L, 2, "r"), *rest = mode + 1;
    bool is_valid = *mode == 'r' || *mode == 'w' || *mode == 'a';
    if (is_valid && *rest == '+') rest++;
    luaL_argcheck(L, is_valid && rest[strspn(rest, "b")] == 0, 2, "invalid mode");
    luaL_Stream *held = lua_newuserdatauv(L, sizeof *held, 0);
    held->f = NULL;
    held->closef = NULL;   // closed, until it is open
    luaL_setmetatable(L, LUA_FILEHANDLE);
    poll_stop(L);
    held->f = open_file(path, mode);
    if (!held->f) {
        int code = errno;
        poll_stop(L);
        errno = code;
        return luaL_fileresult(L, 0, path);
    }
    held->closef = close_file;
    return 1;
}

void open_reading(lua_State *L) {
    luaL_getmetatable(L, LUA_FILEHANDLE);
    lua_getfield(L, -1, "__index");
    lua_getglobal(L, "io");
    int methods = lua_gettop(L) - 1, io = methods + 1;
    lua_getfield(L, methods, "read");
    lua_getfield(L, io, "input");
    lua_getfield(L, io, "lines");
    const struct { int table; const char *name; lua_CFunction body; } functions[] = {
        { methods, "read", file_read }, { methods, "lines", file_lines }, { io, "read", io_read }, { io, "lines", io_lines },
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        for (int value = 1; value <= 3; value++) lua_pushvalue(L, io + value);
        lua_pushcclosure(L, functions[i].body, 3);
        lua_setfield(L, functions[i].table, functions[i].name);
    }
    lua_pushcfunction(L, io_open);
    lua_setfield(L, io, "open");
    lua_pop(L, 6);
}
