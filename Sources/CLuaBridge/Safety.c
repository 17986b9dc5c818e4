// What keeps a script from taking the shell with it: interrupts that pcall cannot swallow, chunks in text form only,
// out-of-memory as an error with a kind.
#include "Bridge.h"

const char key_objects, key_classes, key_functions, key_error, key_interrupted, key_exiting, key_memory, key_mapping;

// MARK: Stopping

static void push_stop(lua_State *L, int reason) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, reason == LB_EXITING ? &key_exiting : &key_interrupted);
}

// Stays installed until the prompt is reached, so that a pcall in a loop is left at its next instruction.
void stop_hook(lua_State *L, lua_Debug *ar) {
    (void)ar;
    bridge *b = get_bridge(L);
    int reason = atomic_load(&b->stop);
    if (b->holding > 0) return;
    if (reason == LB_RUN) {
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    // Our pcall passes an exit on, so one strike is enough, and to-be-closed variables are closed undisturbed.
    if (reason == LB_EXITING) lua_sethook(L, NULL, 0, 0);
    push_stop(L, reason);
    lua_error(L);
}

void poll_stop(lua_State *L) {
    // Where the hook is gone the stop has struck: what closes after it runs undisturbed.
    if (atomic_load_explicit(&get_bridge(L)->stop, memory_order_relaxed) != LB_RUN && lua_gethook(L) == stop_hook)
        stop_hook(L, NULL);
}

void hook(bridge *b, lua_State *L) {
    // While Swift works, the statement that called it may still store what comes back: stop at the next line or call.
    int gentle = (atomic_load(&b->in_native) > 0 || b->holding > 0) && atomic_load(&b->stop) == LB_INTERRUPTED;
    lua_sethook(L, stop_hook, LUA_MASKCALL | LUA_MASKLINE | (gentle ? 0 : LUA_MASKRET | LUA_MASKCOUNT), 1);
}

void lb_stop(lb_state b, int reason) {
    if (!pthread_equal(pthread_self(), b->owner)) {
        // The hook may only be set on the thread that runs Lua: pass the signal on.
        pthread_kill(b->owner, SIGINT);
        return;
    }
    int none = LB_RUN;
    if (!atomic_compare_exchange_strong(&b->stop, &none, reason) && reason == LB_EXITING) atomic_store(&b->stop, reason);
    if (atomic_load(&b->depth) > 0) hook(b, atomic_load(&b->running));
}
int lb_stopping(lb_state b) { return atomic_load_explicit(&b->stop, memory_order_relaxed); }

static _Atomic(bridge *) receiver;
void lb_receive_interrupts(lb_state b) { atomic_store(&receiver, b); }
void lb_receive_nothing(bridge *b) {
    bridge *expected = b;
    atomic_compare_exchange_strong(&receiver, &expected, NULL);
}
void lb_interrupt(void) {
    bridge *b = atomic_load(&receiver);
    if (b) lb_stop(b, LB_INTERRUPTED);
}
void lb_resume(lb_state b) {
    atomic_store(&b->stop, LB_RUN);
    lua_sethook(atomic_load(&b->running), NULL, 0, 0);
}
bool lb_running(lb_state b) { return atomic_load(&b->depth) > 0; }

bool is_stop(lua_State *L) {
    int reason = atomic_load_explicit(&get_bridge(L)->stop, memory_order_relaxed);
    if (reason == LB_RUN) return false;
    push_stop(L, reason);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 1);
    return same;
}

// MARK: pcall and xpcall that let a stop pass and give out-of-memory its kind

static int finish_pcall(lua_State *L, int status, lua_KContext extra) {
    if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - (int)extra;
    if (is_stop(L)) return lua_error(L);
    if (status == LUA_ERRMEM) {
        lua_pop(L, 1);
        lua_rawgetp(L, LUA_REGISTRYINDEX, &key_memory);
    }
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}
static int safe_pcall(lua_State *L) {
    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    return finish_pcall(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_pcall), 0);
}
static int safe_xpcall(lua_State *L) {
    int count = lua_gettop(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);   // function, handler, true, function, arguments...
    return finish_pcall(L, lua_pcallk(L, count - 2, LUA_MULTRET, 2, 2, finish_pcall), 2);
}

// MARK: Chunks as text only

// Upvalue: the function of the library, whose mode is set: load(chunk, name, MODE, env), loadfile(name, MODE, env).
static int load_text(lua_State *L, int place) {
    int count = lua_gettop(L);
    if (count < place) lua_settop(L, count = place);
    lua_pushliteral(L, "t");
    lua_replace(L, place);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    return lua_gettop(L);
}
static int safe_load(lua_State *L) {
    const char *mode = luaL_optstring(L, 3, "t");
    if (!strchr(mode, 't')) {
        lua_pushnil(L);
        lua_pushfstring(L, "attempt to load a text chunk (mode is '%s'; binary chunks are refused here)", mode);
        return 2;
    }
    if (lua_type(L, 1) == LUA_TSTRING && lua_rawlen(L, 1) > 1 << 20) return load_long(L);
    return load_text(L, 3);
}
static int safe_loadfile(lua_State *L) { return load_text(L, 2); }
static int finish_dofile(lua_State *L, int status, lua_KContext context) {
    (void)status;
    (void)context;
    return lua_gettop(L) - 1;
}
static int safe_dofile(lua_State *L) {
    const char *name = luaL_optstring(L, 1, NULL);
    lua_settop(L, 1);
    if (luaL_loadfilex(L, name, "t") != LUA_OK) return lua_error(L);
    lua_callk(L, 0, LUA_MULTRET, 0, finish_dofile);
    return finish_dofile(L, LUA_OK, 0);
}
// The searcher of `require` for Lua files.
static int search_lua(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchpath");
    lua_pushvalue(L, 1);
    if (lua_getfield(L, -3, "path") != LUA_TSTRING) return luaL_error(L, "'package.path' must be a string");
    lua_call(L, 2, 2);
    if (lua_isnil(L, -2)) return 1;
    const char *file = luaL_checkstring(L, -2);
    lua_settop(L, lua_gettop(L) - 1);
    if (luaL_loadfilex(L, file, "t") != LUA_OK)
        return luaL_error(L, "error loading module '%s' from file '%s':\n\t%s", name, file, lua_tostring(L, -1));
    lua_insert(L, -2);
    return 2;
}
// debug.setmetatable of a userdata would let one library's object pass for another's.
static int safe_setmetatable(lua_State *L) {
    if (lua_type(L, 1) == LUA_TUSERDATA) return luaL_error(L, "the metatable of a userdata cannot be changed");
    int type = lua_type(L, 2);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

// print that notices when nobody reads any more: a loop that prints for ever ends with its reader.
static int safe_print(lua_State *L) {
    if (print_through(L)) return 0;
    int count = lua_gettop(L);
    for (int i = 1; i <= count; i++) {
        size_t length;
        const char *text = luaL_tolstring(L, i, &length);
        if (i > 1) fputc('\t', stdout);
        fwrite(text, 1, length, stdout);
        lua_pop(L, 1);
    }
    fputc('\n', stdout);
    if (ferror(stdout)) lb_stop(get_bridge(L), LB_EXITING);
    return 0;
}

// assert that remembers its text: it hands it on behind the value, where a call that takes no more arguments finds it.
static int remembering_assert(lua_State *L) {
    luaL_checkany(L, 1);
    if (lua_toboolean(L, 1)) {
        bridge *b = get_bridge(L);
        size_t length;
        if (lua_type(L, 2) == LUA_TSTRING) {
            const char *text = lua_tolstring(L, 2, &length);
            char *copy = length < 4096 ? realloc(b->asserted, length + 1) : NULL;
            if (copy) {
                memcpy(copy, text, length);
                b->asserted = copy;
                b->asserted_length = length;
            }
        }
        return lua_gettop(L);
    }
    lua_remove(L, 1);
    lua_pushliteral(L, "assertion failed!");
    lua_settop(L, 1);
    if (lua_type(L, 1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, 1);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

// table.move runs in C for as long as its counts say: beyond what memory can hold it would only hang. What the library
// refuses itself, and tables whose metamethods may end it, are left to it.
static int safe_move(lua_State *L) {
    lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3), place = luaL_checkinteger(L, 4);
    int count = lua_gettop(L);
    bool plain = !luaL_getmetafield(L, 1, "__index") && !luaL_getmetafield(L, lua_istable(L, 5) ? 5 : 1, "__newindex");
    lua_settop(L, count);
    if (plain && first > 0 && last >= first && last - first >= (lua_Integer)1 << 31 && place <= LUA_MAXINTEGER - (last - first))
        return luaL_error(L, "too many elements to move");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, 1);
    return 1;
}

// MARK: Traceback of the user's own code

int message_handler(lua_State *L) {
    bridge *b = get_bridge(L);
    if (b->traced) return 1;
    b->traced = true;
    size_t used = 0;
    lua_Debug ar;
    b->traceback[0] = 0;
    int lines = 0;
    for (int level = 1; lines < 24 && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Slnt", &ar);
        if (ar.currentline <= 0) continue;
        const char *kind = *ar.what == 'm' ? "main chunk" : ar.name ? "function" : "a function";
        int wrote = snprintf(b->traceback + used, sizeof b->traceback - used, "%s:%d: in %s%s%s%s\n", ar.short_src,
                             ar.currentline, kind, ar.name && *ar.what != 'm' ? " '" : "",
                             ar.name && *ar.what != 'm' ? ar.name : "", ar.name && *ar.what != 'm' ? "'" : "");
        if (wrote < 0 || used + (size_t)wrote >= sizeof b->traceback) break;
        used += (size_t)wrote;
        lines++;
    }
    return 1;
}

// MARK: Opening

static int error_text(lua_State *L) {
    if (!lua_istable(L, 1)) return luaL_error(L, "an error table expected");
    lua_pushliteral(L, "message");
    lua_rawget(L, 1);
    luaL_tolstring(L, -1, NULL);
    return 1;
}
static void make_error(lua_State *L, const void *key, const char *kind, const char *message) {
    lua_newtable(L);
    lua_pushstring(L, kind);
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_error);
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}
static void wrap_field(lua_State *L, const char *space, const char *name, lua_CFunction function, int upvalues) {
    lua_getglobal(L, space);
    if (upvalues) lua_getfield(L, -1, name);
    lua_pushcclosure(L, function, upvalues);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

void open_safely(lua_State *L) {
    luaL_openlibs(L);
    lua_newtable(L);
    lua_newtable(L);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key_objects);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key_classes);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key_functions);
    lua_newtable(L);
    lua_pushcfunction(L, error_text);
    lua_setfield(L, -2, "__tostring");
    lua_pushliteral(L, "error");
    lua_setfield(L, -2, "__name");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key_error);
    make_error(L, &key_interrupted, "interrupted", "interrupted");
    make_error(L, &key_exiting, "exit", "exit");
    make_error(L, &key_memory, "oom", "not enough memory for Lua's values (a table or string grew too large)");

    // What an empty table carries that was an object in JSON or a mapping in YAML; scripts may write it too.
    lua_newtable(L);
    lua_pushliteral(L, "object");
    lua_setfield(L, -2, "__jsontype");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key_mapping);

    open_patterns(L);
    open_library(L);
    open_processes(L);
    open_reading(L);
    open_console(L);
    open_coroutines(L);
    wrap_field(L, "_G", "print", safe_print, 0);
    wrap_field(L, "_G", "assert", remembering_assert, 0);
    wrap_field(L, "_G", "pcall", safe_pcall, 0);
    wrap_field(L, "_G", "xpcall", safe_xpcall, 0);
    wrap_field(L, "_G", "load", safe_load, 1);
    wrap_field(L, "_G", "loadfile", safe_loadfile, 1);
    wrap_field(L, "_G", "dofile", safe_dofile, 0);
    wrap_field(L, "table", "move", safe_move, 1);
    wrap_field(L, "debug", "setmetatable", safe_setmetatable, 0);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    lua_pushcfunction(L, search_lua);
    lua_rawseti(L, -2, 2);
    lua_pop(L, 2);
}
