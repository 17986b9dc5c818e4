// Calls from Lua to Swift, and the metatables of Swift objects.
#include "Bridge.h"

// MARK: Errors

int raise_memory(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_memory);   // made at the start: raising it allocates nothing
    return lua_error(L);
}

// The innermost line of Lua code that led here, as "file.lua:12", or nil.
static void push_where(lua_State *L) {
    lua_Debug ar;
    for (int level = 1; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0) {
            lua_pushfstring(L, "%s:%d", ar.short_src, ar.currentline);
            return;
        }
    }
    lua_pushnil(L);
}

// Raises the error that the call holds. No Swift frame is alive here.
static int raise_failure(bridge *b, lua_State *L, lb_call *call, size_t mark) {
    lb_value *error = call->result_count ? call->results : NULL;
    if (!error) return raise_memory(L);
    push_value(b, L, error);
    if (error->kind == LB_TABLE) {
        push_where(L);
        lua_setfield(L, -2, "where");
        lua_rawgetp(L, LUA_REGISTRYINDEX, &key_error);
        lua_setmetatable(L, -2);
    }
    arena_release(b, mark);
    return lua_error(L);
}

// MARK: Calls

typedef struct { lb_value *arguments; size_t count; int mode; const char *refusal; } copying;

// Stack: the light userdata, then the arguments.
static int copy_arguments(lua_State *L) {
    copying *c = lua_touserdata(L, 1);
    bridge *b = get_bridge(L);
    for (size_t i = 0; i < c->count && !c->refusal; i++)
        c->refusal = read_value(b, L, (int)i + 2, &c->arguments[i], c->mode);
    return 0;
}

// Taking a reference allocates in Lua, which may raise; the rest of a copy never does.
static bool needs_guard(lua_State *L, int index) {
    switch (lua_type(L, index)) {
        case LUA_TNIL: case LUA_TBOOLEAN: case LUA_TNUMBER: case LUA_TSTRING: return false;
        case LUA_TUSERDATA: { box *b = to_box(L, index); return !b || !b->object; }
        default: return true;
    }
}

static int copy_guarded(lua_State *L, copying *c) {
    int count = (int)c->count;
    if (!lua_checkstack(L, count + 8)) return LUA_ERRMEM;
    memset(c->arguments, 0, c->count * sizeof(lb_value));
    lua_pushcfunction(L, copy_arguments);
    lua_pushlightuserdata(L, c);
    for (int i = 1; i <= count; i++) lua_pushvalue(L, i);
    bridge *b = get_bridge(L);
    b->holding++;   // a stop that struck in here would pass for a lack of memory
    int status = lua_pcall(L, count + 1, 0, 0);
    b->holding--;
    if (status != LUA_OK || c->refusal) drop_references(L, c->arguments, c->count);
    return status;
}

static int push_results(lua_State *L) {
    lb_call *call = lua_touserdata(L, 1);
    luaL_checkstack(L, (int)call->result_count + 8, "too many results");
    for (size_t i = 0; i < call->result_count; i++) push_value(get_bridge(L), L, &call->results[i]);
    return (int)call->result_count;
}

// Calls a Swift function with everything that is on the stack.
int invoke(lua_State *L, int64_t function, bool shallow) {
    bridge *b = get_bridge(L);
    int count = lua_gettop(L);
    luaL_checkstack(L, 24, "too many arguments");
    size_t mark = arena_mark(b);
    lb_value few[8];
    lb_value *arguments = count <= 8 ? few : arena_allocate(b, (size_t)count * sizeof(lb_value));
    if (!arguments) return raise_memory(L);

    copying c = { arguments, (size_t)count, shallow ? LB_SHALLOW : LB_DEEP, NULL };
    bool guarded = false;
    for (int i = 1; i <= count && !guarded; i++) guarded = needs_guard(L, i);
    if (guarded) {
        if (copy_guarded(L, &c) != LUA_OK) return raise_memory(L);
    } else {
        for (int i = 0; i < count && !c.refusal; i++) c.refusal = read_value(b, L, i + 1, &arguments[i], c.mode);
    }

    lb_call call = { .arguments = arguments, .count = c.refusal ? 0 : (size_t)count, .refusal = c.refusal };
    lua_State *previous = b->current;
    b->current = L;
    atomic_fetch_add_explicit(&b->in_native, 1, memory_order_relaxed);
    if (b->context) b->dispatch(b->context, function, &call);   // no Swift frame outlives this line
    // Before the other count is taken back: a signal between the two must not take the result away.
    b->holding++;
    atomic_fetch_sub_explicit(&b->in_native, 1, memory_order_relaxed);
    b->current = previous;

    // The traceback of a callback's error stays only while that error travels on.
    if (!call.failed || call.result_count == 0 || call.results[0].kind != LB_REFERENCE) b->traced = false;
    if (call.failed) {
        b->holding--;
        return raise_failure(b, L, &call, mark);
    }
    lua_settop(L, 0);
    b->pushing++;
    if (call.owns_objects) {
        lua_pushcfunction(L, push_results);
        lua_pushlightuserdata(L, &call);
        int status = lua_pcall(L, 1, LUA_MULTRET, 0);
        b->holding--;
        if (status != LUA_OK) {
            release_objects(b, call.results, call.result_count);
            b->pushing--;
            return raise_memory(L);
        }
    } else {
        // An error here leaves only the arena's mark, which the call around it takes back. Nothing here calls the hook.
        b->holding--;
        luaL_checkstack(L, (int)call.result_count + 8, "too many results");
        for (size_t i = 0; i < call.result_count; i++) push_value(b, L, &call.results[i]);
    }
    b->pushing--;
    arena_release(b, mark);
    return lua_gettop(L);
}

// Upvalues: the function's number; whether tables stay in Lua.
static int call_function(lua_State *L) {
    return invoke(L, lua_tointeger(L, lua_upvalueindex(1)), lua_toboolean(L, lua_upvalueindex(2)));
}

void push_native(lua_State *L, int64_t function) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_functions);
    lua_rawgeti(L, -1, function);
    lua_remove(L, -2);
}

// MARK: Metamethods

// Upvalues: methods by name; numbers of getters by name; the number of the function for every other key.
static int index_object(lua_State *L) {
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) == LUA_TNUMBER) {
        int64_t getter = lua_tointeger(L, -1);
        lua_settop(L, 1);
        return invoke(L, getter, false);
    }
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    lua_settop(L, 2);
    return invoke(L, lua_tointeger(L, lua_upvalueindex(3)), true);
}

// Upvalues: methods by name, or nil; the number of the function for every other key.
static int index_namespace(lua_State *L) {
    lua_settop(L, 2);
    if (lua_istable(L, lua_upvalueindex(1))) {
        lua_pushvalue(L, 2);
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
        lua_settop(L, 2);
    }
    return invoke(L, lua_tointeger(L, lua_upvalueindex(2)), true);
}

// Idempotent, and safe on anything: a script reaches it through the debug library.
int object_gc(lua_State *L) {
    box *held = to_box(L, 1);
    if (held && held->object) {
        void *object = held->object;
        held->object = NULL;
        get_bridge(L)->objects--;
        get_bridge(L)->release(object);
    }
    return 0;
}

// MARK: Definitions. Each is an operation for a protected call; the first argument is its record.

static void set_native(lua_State *L, int table, const char *name, int64_t function) {
    if (function < 0) return;
    push_native(L, function);
    lua_setfield(L, table, name);
}

typedef struct { int64_t function; bool shallow; } function_definition;
static int define_function(lua_State *L) {
    function_definition *d = lua_touserdata(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_functions);
    lua_pushinteger(L, d->function);
    lua_pushboolean(L, d->shallow);
    lua_pushcclosure(L, call_function, 2);
    lua_rawseti(L, -2, d->function);
    return 0;
}

static void set_operators(lua_State *L, const lb_class *c) {
    int table = lua_gettop(L);
    lua_pushstring(L, c->name);
    lua_setfield(L, table, "__name");
    lua_pushliteral(L, "ltxsh");
    lua_setfield(L, table, "__metatable");
    set_native(L, table, "__newindex", c->newindex);
    set_native(L, table, "__len", c->length);
    set_native(L, table, "__tostring", c->text);
    set_native(L, table, "__eq", c->equal);
    set_native(L, table, "__call", c->call);
    set_native(L, table, "__close", c->close);
    set_native(L, table, "__pairs", c->pairs);
}

typedef struct { const lb_class *c; int32_t type; const char *name; int64_t function; bool is_property; } definition;

// The class's record in the registry is its metatable; methods and getters hang on it under numbers.
enum { METHODS = 1, GETTERS = 2 };
static int define_class(lua_State *L) {
    definition *d = lua_touserdata(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_classes);
    lua_newtable(L);
    set_operators(L, d->c);
    lua_pushcfunction(L, object_gc);
    lua_setfield(L, -2, "__gc");
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, METHODS);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -4, GETTERS);
    lua_pushinteger(L, d->c->index);
    lua_pushcclosure(L, index_object, 3);
    lua_setfield(L, -2, "__index");
    lua_rawseti(L, -2, d->type);
    return 0;
}
static int define_member(lua_State *L) {
    definition *d = lua_touserdata(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_classes);
    lua_rawgeti(L, -1, d->type);
    lua_rawgeti(L, -1, d->is_property ? GETTERS : METHODS);
    if (d->is_property) lua_pushinteger(L, d->function); else push_native(L, d->function);
    lua_setfield(L, -2, d->name);
    return 0;
}
static int define_namespace(lua_State *L) {
    definition *d = lua_touserdata(L, 1);
    lua_newtable(L);
    lua_newtable(L);
    set_operators(L, d->c);
    if (d->type >= 0) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &key_classes);
        lua_rawgeti(L, -1, d->type);
        lua_rawgeti(L, -1, METHODS);
        lua_insert(L, -3);
        lua_pop(L, 2);
    } else {
        lua_pushnil(L);
    }
    lua_pushinteger(L, d->c->index);
    lua_pushcclosure(L, index_namespace, 2);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pushglobaltable(L);
    lua_insert(L, -2);
    lua_pushstring(L, d->c->name);
    lua_insert(L, -2);
    lua_rawset(L, -3);
    return 0;
}
static int define_field(lua_State *L) {
    definition *d = lua_touserdata(L, 1);
    lua_pushglobaltable(L);
    if (d->c) {
        lua_pushstring(L, d->c->name);
        if (lua_rawget(L, -2) != LUA_TTABLE) return luaL_error(L, "no namespace '%s'", d->c->name);
    }
    lua_pushstring(L, d->name);
    push_native(L, d->function);
    lua_rawset(L, -3);
    return 0;
}

static int protect(bridge *b, lua_CFunction operation, void *record) {
    lua_State *L = b->current;
    if (!lua_checkstack(L, 8)) return LB_MEMORY;
    int top = lua_gettop(L);
    lua_pushcfunction(L, operation);
    lua_pushlightuserdata(L, record);
    int status = lua_pcall(L, 1, 0, 0);
    lua_settop(L, top);
    return status;
}

int lb_define_function(lb_state b, int64_t function, bool shallow) {
    return protect(b, define_function, &(function_definition){ function, shallow });
}
int lb_define_class(lb_state b, const lb_class *c, int32_t *out) {
    definition d = { .c = c, .type = b->types };
    int status = protect(b, define_class, &d);
    if (status == LUA_OK) *out = b->types++;
    return status;
}
int lb_define_member(lb_state b, int32_t type, const char *name, int64_t function, bool is_property) {
    return protect(b, define_member, &(definition){ NULL, type, name, function, is_property });
}
int lb_define_namespace(lb_state b, const lb_class *c, int32_t type) {
    return protect(b, define_namespace, &(definition){ .c = c, .type = type });
}
int lb_define_field(lb_state b, const char *space, const char *name, int64_t function) {
    lb_class c = { .name = space };
    return protect(b, define_field, &(definition){ .c = space ? &c : NULL, .name = name, .function = function });
}
