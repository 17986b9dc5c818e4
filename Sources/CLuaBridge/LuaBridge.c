// The state, its memory, and the operations that Swift asks for, each inside a protected call.
#include "Bridge.h"
#include <stdio.h>

// MARK: Life

static int panic(lua_State *L) {
    // Not reached: everything runs in protected calls.
    fprintf(stderr, "ltxsh: unprotected error in Lua: %s\n", lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?");
    return 0;
}

static int open_state(lua_State *L) {
    open_safely(L);
    return 0;
}

lb_state lb_open(lb_dispatch dispatch, lb_release release, void *context) {
    bridge *b = calloc(1, sizeof *b);
    if (!b) return NULL;
    b->dispatch = dispatch;
    b->release = release;
    b->context = context;
    b->fail_after = -1;
    b->limit = lb_default_limit();
    b->owner = pthread_self();
    lua_State *L = lua_newstate(allocate_memory, b);
    if (!L) {
        free(b);
        return NULL;
    }
    *(bridge **)lua_getextraspace(L) = b;
    b->L = b->current = L;
    atomic_store(&b->running, L);
    lua_atpanic(L, panic);
    lua_pushcfunction(L, open_state);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        lb_close(b);
        return NULL;
    }
    return b;
}

void lb_close(lb_state b) {
    lb_receive_nothing(b);
    b->owner = pthread_self();
    lb_resume(b);
    lua_close(b->L);
    close_console(b);
    for (chunk *c = b->arena; c;) {
        chunk *previous = c->previous;
        free(c);
        c = previous;
    }
    free(b->asserted);
    free(b);
}

void lb_set_context(lb_state b, void *context) { b->context = context; }
bool lb_was_asserted(lb_state b, const char *text, size_t length) {
    return b->asserted && b->asserted_length == length && (length == 0 || memcmp(b->asserted, text, length) == 0);
}
int64_t lb_objects(lb_state b) { return b->objects; }
void *lb_allocate(lb_state b, size_t bytes) { return arena_allocate(b, bytes); }
size_t lb_mark(lb_state b) { return arena_mark(b); }
void lb_forget(lb_state b, size_t mark) { arena_release(b, mark); }

// MARK: Protected operations

typedef struct {
    bridge *b;
    lb_outcome *out;
    const char *source, *name;
    size_t length, limit;
    int64_t slot;
    const lb_value *key, *value;
    lb_value *arguments;
    size_t count;
    int mode;
    bool does_not_compile;
} operation;

// Copies the values first...top of the stack into the outcome. May raise; `finish` cleans up.
static void collect(operation *o, lua_State *L, int first, int mode) {
    int count = lua_gettop(L) - first + 1;
    o->out->values = arena_allocate(o->b, (size_t)(count + 1) * sizeof(lb_value));
    if (!o->out->values) luaL_error(L, "not enough memory");
    memset(o->out->values, 0, (size_t)(count + 1) * sizeof(lb_value));
    o->out->count = (size_t)count;
    for (int i = 0; i < count; i++) {
        const char *refusal = read_value(o->b, L, first + i, &o->out->values[i], mode);
        if (refusal) luaL_error(L, "%s", refusal);
    }
}

static void set_text(operation *o, const char *text, size_t length) {
    char *copy = arena_allocate(o->b, length + 1);
    if (!copy) return;
    memcpy(copy, text, length);
    copy[length] = 0;
    o->out->text = copy;
    o->out->text_length = length;
}

// The error on top of the stack: its text, a reference to it, its fields.
static int describe_error(lua_State *L) {
    operation *o = lua_touserdata(L, 1);
    size_t length;
    const char *text = luaL_tolstring(L, 2, &length);
    set_text(o, text, length);
    lua_settop(L, 2);
    lua_settop(L, 3);
    if (lua_istable(L, 2)) {   // the fields that the shell reads, without metamethods
        static const char *const fields[] = { "kind", "message", "path", "key", "where", "usage", "code" };
        lua_newtable(L);
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            lua_pushstring(L, fields[i]);
            lua_pushvalue(L, -1);
            int type = lua_rawget(L, 2);
            if (type == LUA_TSTRING || type == LUA_TNUMBER) lua_rawset(L, -3); else lua_pop(L, 2);
        }
        lua_replace(L, 3);
    }
    o->out->count = 0;
    o->out->values = arena_allocate(o->b, 2 * sizeof(lb_value));
    if (!o->out->values) return 0;
    memset(o->out->values, 0, 2 * sizeof(lb_value));
    o->out->count = 2;
    read_value(o->b, L, 2, &o->out->values[0], LB_SHALLOW);
    read_value(o->b, L, 3, &o->out->values[1], LB_DEEP);
    return 0;
}

// Runs `body` protected, from C that Swift called. No error leaves it.
static void perform(operation *o, lua_CFunction body, bool traced) {
    bridge *b = o->b;
    lua_State *L = b->current;
    lb_outcome *out = o->out;
    memset(out, 0, sizeof *out);
    out->mark = arena_mark(b);
    bool outermost = atomic_load(&b->depth) == 0;
    if (outermost) {
        b->owner = pthread_self();
    } else if (!pthread_equal(pthread_self(), b->owner)) {
        out->status = LB_WRONG_THREAD;
        return;
    }
    if (!lua_checkstack(L, 16)) {
        out->status = LB_MEMORY;
        return;
    }
    int top = lua_gettop(L);
    lua_State *running = atomic_load(&b->running);
    int in_native = atomic_exchange(&b->in_native, 0), pushing = b->pushing, holding = b->holding;
    b->pushing = b->holding = 0;
    atomic_store(&b->running, L);
    atomic_fetch_add(&b->depth, 1);
    if (traced) b->traced = false;
    if (atomic_load(&b->stop) != LB_RUN && traced) lb_stop(b, atomic_load(&b->stop));
    int handler = 0;
    if (traced) {
        lua_pushcfunction(L, message_handler);
        handler = top + 1;
    }
    lua_pushcfunction(L, body);
    lua_pushlightuserdata(L, o);
    int status = lua_pcall(L, 1, 0, handler);
    if (status != LUA_OK) {
        // While it is described, an interrupt that is still travelling must not strike again.
        lua_sethook(L, NULL, 0, 0);
        drop_references(L, out->values, out->values ? out->count : 0);
        out->values = NULL;
        out->count = 0;
        out->status = status == LUA_ERRMEM ? LB_MEMORY : o->does_not_compile ? LB_SYNTAX : LB_FAILED;
        lua_pushcfunction(L, describe_error);
        lua_pushlightuserdata(L, o);
        lua_pushvalue(L, -3);
        lua_pcall(L, 2, 0, 0);   // where even this fails, the status alone must do
        if (traced) out->traceback = b->traceback;
    }
    lua_settop(L, top);
    atomic_fetch_sub(&b->depth, 1);
    atomic_store(&b->in_native, in_native);
    b->pushing = pushing;
    b->holding = holding;
    atomic_store(&b->running, running);
    // Last, so that it knows that Swift is at work again.
    if (!outermost && atomic_load(&b->stop) != LB_RUN) hook(b, running);
}

static void push_arguments(operation *o, lua_State *L) {
    o->b->pushing++;
    for (size_t i = 0; i < o->count; i++) push_value(o->b, L, &o->arguments[i]);
    o->b->pushing--;
}
static int run_chunk(lua_State *L) {
    operation *o = lua_touserdata(L, 1);
    int status = luaL_loadbufferx(L, o->source, o->length, o->name, "t");
    if (status != LUA_OK) {
        o->does_not_compile = status == LUA_ERRSYNTAX;
        o->b->traced = true;
        o->b->traceback[0] = 0;
        return lua_error(L);
    }
    luaL_checkstack(L, (int)o->count + 8, "too many arguments");
    push_arguments(o, L);
    lua_call(L, (int)o->count, LUA_MULTRET);
    collect(o, L, 2, LB_SHALLOW);
    return 0;
}
void lb_run(lb_state b, const char *source, size_t length, const char *name, lb_value *arguments, size_t count, lb_outcome *out) {
    operation o = { .b = b, .out = out, .source = source, .length = length, .name = name, .arguments = arguments, .count = count };
    perform(&o, run_chunk, true);
    release_objects(b, arguments, count);
}

static int check_chunk(lua_State *L) {
    operation *o = lua_touserdata(L, 1);
    if (luaL_loadbufferx(L, o->source, o->length, o->name, "t") == LUA_OK) return 0;
    size_t length;
    const char *message = lua_tolstring(L, -1, &length);
    // lua.c's rule: a chunk that fails at its end wants more.
    o->out->status = length >= 5 && strcmp(message + length - 5, "<eof>") == 0 ? LB_INCOMPLETE : LB_SYNTAX;
    set_text(o, message, length);
    return 0;
}
void lb_check(lb_state b, const char *source, size_t length, const char *name, lb_outcome *out) {
    operation o = { .b = b, .out = out, .source = source, .length = length, .name = name };
    perform(&o, check_chunk, false);
}

static int call_slot(lua_State *L) {
    operation *o = lua_touserdata(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, o->slot);
    luaL_checkstack(L, (int)o->count + 8, "too many arguments");
    push_arguments(o, L);
    lua_call(L, (int)o->count, LUA_MULTRET);
    collect(o, L, 2, o->mode);
    return 0;
}
void lb_call_reference(lb_state b, int64_t slot, lb_value *arguments, size_t count, int mode, lb_outcome *out) {
    operation o = { .b = b, .out = out, .slot = slot, .arguments = arguments, .count = count, .mode = mode };
    perform(&o, call_slot, true);
    release_objects(b, arguments, count);
}

// Gives a slot back. Both writes go to slots that exist, so nothing is allocated and nothing raises.
void lb_unreference(lb_state b, int64_t slot) { luaL_unref(b->current, LUA_REGISTRYINDEX, (int)slot); }

bool lb_may_unreference(lb_state b) { return b->pushing == 0; }
void lb_release_objects(lb_state b, lb_value *values, size_t count) { release_objects(b, values, count); }

// MARK: Looking

static void push_slot(lua_State *L, int64_t slot) {
    if (slot == 0) lua_pushglobaltable(L); else lua_rawgeti(L, LUA_REGISTRYINDEX, slot);
}
static int get_field(lua_State *L) {
    operation *o = lua_touserdata(L, 1);
    push_slot(L, o->slot);
    push_value(o->b, L, (lb_value *)o->key);   // at 3
    for (int loop = 0; loop < 16 && lua_istable(L, 2); loop++) {
        lua_pushvalue(L, 3);
        if (lua_rawget(L, 2) != LUA_TNIL) {
            collect(o, L, lua_gettop(L), LB_SHALLOW);
            return 0;
        }
        lua_settop(L, 3);
        if (!lua_getmetatable(L, 2)) break;
        lua_pushliteral(L, "__index");
        lua_rawget(L, -2);
        lua_replace(L, 2);
        lua_settop(L, 3);
    }
    return 0;
}
void lb_get(lb_state b, int64_t slot, const lb_value *key, lb_outcome *out) {
    operation o = { .b = b, .out = out, .slot = slot, .key = key };
    perform(&o, get_field, false);
}

static int read_entries(lua_State *L) {
    operation *o = lua_touserdata(L, 1);
    push_slot(L, o->slot);
    if (!lua_istable(L, 2)) return 0;
    int64_t total = 0;
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) total++;
    size_t wanted = (size_t)total < o->limit ? (size_t)total : o->limit;
    o->out->values = arena_allocate(o->b, (2 * wanted + 1) * sizeof(lb_value));
    if (!o->out->values) return luaL_error(L, "not enough memory");
    memset(o->out->values, 0, (2 * wanted + 1) * sizeof(lb_value));
    o->out->count = 2 * wanted;
    lua_settop(L, 2);
    size_t place = 0;
    for (lua_pushnil(L); place < 2 * wanted && lua_next(L, 2); lua_settop(L, 3)) {
        read_value(o->b, L, 3, &o->out->values[place++], LB_SHALLOW);
        read_value(o->b, L, 4, &o->out->values[place++], LB_SHALLOW);
    }
    o->out->total = total;
    return 0;
}
void lb_entries(lb_state b, int64_t slot, size_t limit, lb_outcome *out) {
    operation o = { .b = b, .out = out, .slot = slot, .limit = limit };
    perform(&o, read_entries, false);
}

static int read_metatable(lua_State *L) {
    operation *o = lua_touserdata(L, 1);
    push_slot(L, o->slot);
    if (lua_getmetatable(L, 2)) collect(o, L, 3, LB_SHALLOW);
    return 0;
}
void lb_metatable(lb_state b, int64_t slot, lb_outcome *out) {
    operation o = { .b = b, .out = out, .slot = slot };
    perform(&o, read_metatable, false);
}

static int copy_slot(lua_State *L) {
    operation *o = lua_touserdata(L, 1);
    push_slot(L, o->slot);
    collect(o, L, 2, LB_DEEP);
    return 0;
}
void lb_copy(lb_state b, int64_t slot, lb_outcome *out) {
    operation o = { .b = b, .out = out, .slot = slot };
    perform(&o, copy_slot, false);
}

static int read_text(lua_State *L) {
    operation *o = lua_touserdata(L, 1);
    push_value(o->b, L, (lb_value *)o->value);
    size_t length;
    const char *text = luaL_tolstring(L, 2, &length);
    set_text(o, text, length);
    return 0;
}
void lb_text(lb_state b, const lb_value *value, lb_outcome *out) {
    operation o = { .b = b, .out = out, .value = value };
    perform(&o, read_text, true);
    release_objects(b, (lb_value *)value, 1);
}

static int read_source(lua_State *L) {
    operation *o = lua_touserdata(L, 1);
    push_slot(L, o->slot);
    if (!lua_isfunction(L, 2)) return 0;
    lua_Debug ar;
    lua_getinfo(L, ">S", &ar);
    lua_settop(L, 1);
    lua_pushstring(L, ar.source);
    lua_pushinteger(L, ar.linedefined);
    lua_pushinteger(L, ar.lastlinedefined);
    collect(o, L, 2, LB_SHALLOW);
    return 0;
}
void lb_source(lb_state b, int64_t slot, lb_outcome *out) {
    operation o = { .b = b, .out = out, .slot = slot };
    perform(&o, read_source, false);
}

static int set_field(lua_State *L) {
    operation *o = lua_touserdata(L, 1);
    push_slot(L, o->slot);
    if (!lua_istable(L, 2)) return luaL_error(L, "not a table");
    push_value(o->b, L, (lb_value *)o->key);
    push_value(o->b, L, (lb_value *)o->value);
    lua_rawset(L, 2);
    return 0;
}
int lb_set(lb_state b, int64_t slot, const lb_value *key, const lb_value *value) {
    lb_outcome out;
    operation o = { .b = b, .out = &out, .slot = slot, .key = key, .value = value };
    perform(&o, set_field, false);
    release_objects(b, (lb_value *)value, 1);
    lb_forget(b, out.mark);
    return out.status;
}

static int collect_garbage(lua_State *L) {
    lua_gc(L, LUA_GCCOLLECT, 0);
    lua_gc(L, LUA_GCCOLLECT, 0);
    return 0;
}
void lb_collect(lb_state b) {
    lb_outcome out;
    operation o = { .b = b, .out = &out };
    perform(&o, collect_garbage, false);
    lb_forget(b, out.mark);
}
