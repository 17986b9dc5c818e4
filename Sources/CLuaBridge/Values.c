// Values in both directions, and the arena that holds them while they cross.
#include "Bridge.h"

// MARK: Arena. Marks nest as calls do; a mark left behind by a Lua error is taken back by the call around it.

void *arena_allocate(bridge *b, size_t bytes) {
    bytes = (bytes + 15) & ~(size_t)15;
    chunk *top = b->arena;
    if (!top || b->used + bytes > top->capacity) {
        size_t capacity = bytes > 16384 ? bytes : 16384;
        chunk *fresh = malloc(sizeof(chunk) + capacity);
        if (!fresh) return NULL;
        fresh->previous = top;
        fresh->next = NULL;
        fresh->capacity = capacity;
        fresh->start = top ? top->start + b->used : 0;
        b->arena = fresh;
        b->used = 0;
        top = fresh;
    }
    void *out = top->bytes + b->used;
    b->used += bytes;
    return out;
}
size_t arena_mark(bridge *b) { return b->arena ? b->arena->start + b->used : 0; }
void arena_release(bridge *b, size_t mark) {
    // The first chunk stays, so that ordinary calls never reach malloc.
    while (b->arena && b->arena->previous && b->arena->start >= mark) {
        chunk *old = b->arena;
        b->arena = old->previous;
        b->used = old->start - b->arena->start;
        free(old);
    }
    if (b->arena && mark >= b->arena->start) b->used = mark - b->arena->start;
}

// MARK: Out of Lua

enum { MAXIMUM_DEPTH = 64, MAXIMUM_NODES = 8000000 };

box *to_box(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TUSERDATA || lua_rawlen(L, index) != sizeof(box)) return NULL;
    box *b = lua_touserdata(L, index);
    if (b->magic != BOX_MAGIC || b->owner != get_bridge(L) || b->check != (BOX_MAGIC ^ (uint64_t)(uintptr_t)b)) return NULL;
    return b;
}

typedef struct { bridge *b; int mode; size_t nodes; } reader;

static const char *read_node(reader *r, lua_State *L, int index, lb_value *out, int depth);

static const char *read_table(reader *r, lua_State *L, int index, lb_value *out, int depth) {
    if (depth >= MAXIMUM_DEPTH) return "a table is nested deeper than 64 levels (does it contain itself?)";
    if (!lua_checkstack(L, 6)) return "the stack is full";
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) count++;
    r->nodes += 2 * count;
    if (r->nodes > MAXIMUM_NODES) return "a table holds more than 4 million entries (does it contain itself?)";
    out->kind = LB_TABLE;
    if (count == 0) {
        if (lua_getmetatable(L, index)) {
            lua_pushliteral(L, "__jsontype");
            const char *type = lua_rawget(L, -2) == LUA_TSTRING ? lua_tostring(L, -1) : "";
            out->type = strcmp(type, "object") == 0;
            lua_pop(L, 2);
        }
        return NULL;
    }
    lb_value *pairs = arena_allocate(r->b, count * 2 * sizeof(lb_value));
    if (!pairs) return "not enough memory";
    memset(pairs, 0, count * 2 * sizeof(lb_value));
    out->pairs = pairs;
    out->integer = (int64_t)count;
    size_t place = 0;
    const char *refusal = NULL;
    lua_pushnil(L);
    // `place` is checked because taking a reference may run a finalizer that changes the table.
    while (place < 2 * count && lua_next(L, index)) {
        int top = lua_gettop(L);
        refusal = read_node(r, L, top - 1, &pairs[place], depth + 1);
        if (!refusal) refusal = read_node(r, L, top, &pairs[place + 1], depth + 1);
        if (refusal) return refusal;
        place += 2;
        lua_settop(L, top - 1);
    }
    out->integer = (int64_t)(place / 2);
    return NULL;
}

// May raise, out of memory, where it takes a reference.
static const char *read_node(reader *r, lua_State *L, int index, lb_value *out, int depth) {
    memset(out, 0, sizeof *out);
    switch (lua_type(L, index)) {
        case LUA_TNIL:
        case LUA_TNONE: return NULL;
        case LUA_TBOOLEAN:
            out->kind = LB_BOOL;
            out->integer = lua_toboolean(L, index);
            return NULL;
        case LUA_TNUMBER:
            if (lua_isinteger(L, index)) {
                out->kind = LB_INT;
                out->integer = lua_tointeger(L, index);
            } else {
                out->kind = LB_NUMBER;
                out->number = lua_tonumber(L, index);
            }
            return NULL;
        case LUA_TSTRING: {
            size_t length;
            out->pointer = lua_tolstring(L, index, &length);
            if (depth > 0) {   // a finalizer may change the table, and free the string, before Swift has read it
                void *copy = arena_allocate(r->b, length + 1);
                if (!copy) return "not enough memory";
                memcpy(copy, out->pointer, length);
                out->pointer = copy;
            }
            out->kind = LB_STRING;
            out->integer = (int64_t)length;
            return NULL;
        }
        case LUA_TTABLE:
            if (r->mode == LB_DEEP) return read_table(r, L, lua_absindex(L, index), out, depth);
            break;
        case LUA_TUSERDATA: {
            box *b = to_box(L, index);
            if (b && b->object) {
                out->kind = LB_OBJECT;
                out->pointer = b->object;
                out->type = (int32_t)b->type;
                return NULL;
            }
            break;
        }
        default: break;
    }
    out->native = -1;
    out->type = lua_type(L, index);
    out->pointer = lua_topointer(L, index);
    if (!lua_checkstack(L, 4)) return "the stack is full";
    if (lua_iscfunction(L, index) && lua_getupvalue(L, index, 1)) {
        // A closure of ours is the one that stands in the table of functions under its own number.
        if (lua_isinteger(L, -1)) {
            int64_t function = lua_tointeger(L, -1);
            lua_rawgetp(L, LUA_REGISTRYINDEX, &key_functions);
            lua_rawgeti(L, -1, function);
            if (lua_rawequal(L, -1, index)) out->native = function;
            lua_pop(L, 2);
        }
        lua_pop(L, 1);
    }
    lua_pushvalue(L, index);
    out->integer = luaL_ref(L, LUA_REGISTRYINDEX);
    out->kind = LB_REFERENCE;
    return NULL;
}

// The stack is as before, also after a refusal. See read_node for what may raise.
const char *read_value(bridge *b, lua_State *L, int index, lb_value *out, int mode) {
    reader r = { b, mode, 0 };
    int top = lua_gettop(L);
    const char *refusal = read_node(&r, L, lua_absindex(L, index), out, 0);
    lua_settop(L, top);
    return refusal;
}

void drop_references(lua_State *L, lb_value *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (values[i].kind == LB_REFERENCE) luaL_unref(L, LUA_REGISTRYINDEX, (int)values[i].integer);
        if (values[i].kind == LB_TABLE) drop_references(L, values[i].pairs, 2 * (size_t)values[i].integer);
        values[i].kind = LB_NIL;
    }
}

// MARK: Into Lua

static void push_object(bridge *b, lua_State *L, lb_value *value) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_objects);
    if (lua_rawgetp(L, -1, value->pointer) == LUA_TUSERDATA) {
        box *known = lua_touserdata(L, -1);
        if (known->object == value->pointer) {
            lua_remove(L, -2);
            b->release((void *)value->pointer);
            value->kind = LB_NIL;
            return;
        }
    }
    lua_pop(L, 1);
    box *fresh = lua_newuserdatauv(L, sizeof(box), 0);
    *fresh = (box){ BOX_MAGIC, NULL, value->type, b, BOX_MAGIC ^ (uint64_t)(uintptr_t)fresh };
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_classes);
    lua_rawgeti(L, -1, value->type);
    lua_setmetatable(L, -3);
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, -3, value->pointer);
    lua_remove(L, -2);
    fresh->object = (void *)value->pointer;   // from here on the collector owns it
    value->kind = LB_NIL;
    b->objects++;
    count_bytes(b, L, value->integer);
}

// May raise, out of memory; objects not yet pushed stay in the tree for release_objects.
void push_value(bridge *b, lua_State *L, lb_value *value) {
    luaL_checkstack(L, 8, "too many values");
    switch (value->kind) {
        case LB_BOOL: lua_pushboolean(L, (int)value->integer); break;
        case LB_INT: lua_pushinteger(L, value->integer); break;
        case LB_NUMBER: lua_pushnumber(L, value->number); break;
        case LB_STRING: lua_pushlstring(L, value->pointer, (size_t)value->integer); break;
        case LB_OBJECT: push_object(b, L, value); break;
        case LB_REFERENCE: lua_rawgeti(L, LUA_REGISTRYINDEX, value->integer); break;
        case LB_NATIVE: push_native(L, value->integer); break;
        case LB_TABLE: {
            int array = 0;
            for (int64_t i = 0; i < value->integer; i++)
                if (value->pairs[2 * i].kind == LB_INT && array < 1 << 26) array++;
            int64_t rest = value->integer - array;
            lua_createtable(L, array, rest < 1 << 26 ? (int)rest : 0);
            for (int64_t i = 0; i < value->integer; i++) {
                lb_value *key = &value->pairs[2 * i];
                if (key->kind == LB_NIL || (key->kind == LB_NUMBER && key->number != key->number)) continue;
                push_value(b, L, key);
                push_value(b, L, key + 1);
                lua_rawset(L, -3);
            }
            if (value->type) {
                lua_rawgetp(L, LUA_REGISTRYINDEX, &key_mapping);
                lua_setmetatable(L, -2);
            }
            break;
        }
        default: lua_pushnil(L);
    }
}

void release_objects(bridge *b, lb_value *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (values[i].kind == LB_OBJECT) b->release((void *)values[i].pointer);
        if (values[i].kind == LB_TABLE) release_objects(b, values[i].pairs, 2 * (size_t)values[i].integer);
        values[i].kind = LB_NIL;
    }
}
