// print, io.write and io.read where a person sits at a terminal: what is written goes through the shell, which keeps lines whole
// beside its own, and what is read comes from its line editor.
#define _GNU_SOURCE   // fopencookie
#include "Bridge.h"

static const char key_writer, key_reader;

// MARK: Writing

// Whether the shell writes what goes to this file; pushes its function then.
static bool push_writer(lua_State *L, FILE *file) {
    if (file != stdout && file != stderr) return false;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key_writer) != LUA_TNIL) return true;
    lua_pop(L, 1);
    return false;
}
// The shell's function at `writer`, the text on top.
static void write_text(lua_State *L, int writer, FILE *file) {
    lua_pushvalue(L, writer);
    lua_insert(L, -2);
    lua_pushboolean(L, file == stderr);
    lua_call(L, 2, 0);
}

bool print_through(lua_State *L) {
    int count = lua_gettop(L);
    if (!push_writer(L, stdout)) return false;
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    for (int i = 1; i <= count; i++) {
        if (i > 1) luaL_addchar(&out, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&out);
    }
    luaL_addchar(&out, '\n');
    luaL_pushresult(&out);
    write_text(L, count + 1, stdout);
    return true;
}

// Arguments from `first` on, the file below them. Upvalue 1 is the library's function.
static int write_values(lua_State *L, FILE *file, int first) {
    int count = lua_gettop(L);
    if (!file || !push_writer(L, file)) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_insert(L, 1);
        lua_call(L, count, LUA_MULTRET);
        return lua_gettop(L);
    }
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    for (int i = first; i <= count; i++) {
        if (lua_type(L, i) == LUA_TNUMBER && !lua_isinteger(L, i)) {   // as the library writes one
            char number[64];
            int wrote = snprintf(number, sizeof number, LUA_NUMBER_FMT, lua_tonumber(L, i));
            luaL_addlstring(&out, number, wrote > 0 ? (size_t)wrote : 0);
            continue;
        }
        size_t length;
        const char *text = luaL_checklstring(L, i, &length);
        luaL_addlstring(&out, text, length);
    }
    luaL_pushresult(&out);
    write_text(L, count + 1, file);
    return 0;
}
static FILE *file_at(lua_State *L, int index) {
    luaL_Stream *held = luaL_testudata(L, index, LUA_FILEHANDLE);
    return held && held->closef ? held->f : NULL;
}
static int file_write(lua_State *L) {
    int results = write_values(L, file_at(L, 1), 2);
    if (results) return results;
    lua_settop(L, 1);
    return 1;
}
// Upvalue 2: the library's io.output, which gives the file.
static int io_write(lua_State *L) {
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_call(L, 0, 1);
    FILE *file = file_at(L, -1);
    lua_pop(L, 1);   // the library keeps it
    int results = write_values(L, file, 1);
    if (results) return results;
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_call(L, 0, 1);
    return 1;
}

// MARK: Warnings

// What `warn` says, once `warn("@on")` has been called: as lauxlib has it, whose own function only its own states get.
static void write_warning(void *context, const char *text, int goes_on) {
    bridge *b = context;
    if (!b->warning_goes_on && !goes_on && *text == '@') {
        if (strcmp(text, "@on") == 0) b->warns = true;
        if (strcmp(text, "@off") == 0) b->warns = false;
        return;
    }
    if (b->warns) fprintf(stderr, "%s%s%s", b->warning_goes_on ? "" : "Lua warning: ", text, goes_on ? "" : "\n");
    b->warning_goes_on = goes_on;
}

// MARK: Reading

bool ask_for_line(lua_State *L) {
    bridge *b = get_bridge(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_reader);
    lua_call(L, 0, 1);
    poll_stop(L);
    size_t length;
    const char *line = lua_tolstring(L, -1, &length);
    char *typed = line ? realloc(b->typed, length + 1) : NULL;
    if (!typed) {   // the end of the input
        lua_pop(L, 1);
        return false;
    }
    memcpy(typed, line, length);
    typed[length] = '\n';
    b->typed = typed;
    b->typed_at = 0;
    b->typed_count = length + 1;
    lua_pop(L, 1);
    return true;
}
// The file that stands for the terminal hands out what was typed.
static ssize_t read_typed(void *context, char *out, size_t size) {
    bridge *b = context;
    size_t count = b->typed_count - b->typed_at;
    if (count > size) count = size;
    if (count) memcpy(out, b->typed + b->typed_at, count);
    b->typed_at += count;
    return (ssize_t)count;
}

// MARK: Attaching

typedef struct { bridge *b; int64_t writer, reader; } attachment;
static int attach(lua_State *L) {
    attachment *a = lua_touserdata(L, 1);
    if (a->writer >= 0) {
        push_native(L, a->writer);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &key_writer);
    }
    if (a->reader < 0 || a->b->terminal) return 0;
    lua_getglobal(L, "io");
    lua_getfield(L, -1, "stdin");
    luaL_Stream *held = luaL_testudata(L, -1, LUA_FILEHANDLE);
    FILE *terminal = held ? fopencookie(a->b, "r", (cookie_io_functions_t){ .read = read_typed }) : NULL;
    if (!terminal) return 0;
    a->b->terminal = terminal;
    held->f = terminal;
    push_native(L, a->reader);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key_reader);
    return 0;
}
int lb_attach_console(lb_state b, int64_t writer, int64_t reader) {
    attachment a = { b, writer, reader };
    lua_State *L = b->L;
    lua_pushcfunction(L, attach);
    lua_pushlightuserdata(L, &a);
    int status = lua_pcall(L, 1, 0, 0);
    if (status != LUA_OK) lua_pop(L, 1);
    return status;
}
void close_console(bridge *b) {
    if (b->terminal) fclose(b->terminal);
    free(b->typed);
}

void open_console(lua_State *L) {
    lua_setwarnf(L, write_warning, get_bridge(L));
    luaL_getmetatable(L, LUA_FILEHANDLE);
    lua_getfield(L, -1, "__index");
    lua_getfield(L, -1, "write");
    lua_pushcclosure(L, file_write, 1);
    lua_setfield(L, -2, "write");
    lua_getglobal(L, "io");
    lua_getfield(L, -1, "write");
    lua_getfield(L, -2, "output");
    lua_pushcclosure(L, io_write, 2);
    lua_setfield(L, -2, "write");
    lua_pop(L, 3);
}
