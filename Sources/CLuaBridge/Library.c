// Functions of the standard library that run long in C, in forms that Ctrl-C stops.
#include "Bridge.h"
#include <limits.h>

enum { STEPS = 1 << 16 };   // between two looks at the stop flag

// MARK: Strings

static int safe_rep(lua_State *L) {
    size_t length, between;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_Integer count = luaL_checkinteger(L, 2);
    const char *separator = luaL_optlstring(L, 3, "", &between);
    size_t unit = length + between;
    if (count <= 0 || unit == 0) {   // nothing, however often
        lua_pushliteral(L, "");
        return 1;
    }
    // The library's limit, an int's.
    if (unit < length || unit > (size_t)INT_MAX / (size_t)count) return luaL_error(L, "resulting string too large");
    size_t total = unit * (size_t)count - between;
    luaL_Buffer out;
    char *place = luaL_buffinitsize(L, &out, total);
    // The first unit, then what is there already, twice as much each time.
    size_t done = unit < total ? unit : total;
    memcpy(place, text, length);
    if (done > length) memcpy(place + length, separator, done - length);
    while (done < total) {
        size_t more = total - done < done ? total - done : done;
        for (size_t copied = 0; copied < more; copied += 16 << 20) {
            size_t piece = more - copied < 16 << 20 ? more - copied : 16 << 20;
            memcpy(place + done + copied, place + copied, piece);
            if (total > 16 << 20) poll_stop(L);
        }
        done += more;
    }
    luaL_pushresultsize(&out, total);
    return 1;
}

typedef struct { const char *text; size_t left; } pieces;
static const char *next_piece(lua_State *L, void *context, size_t *count) {
    pieces *p = context;
    poll_stop(L);
    *count = p->left < STEPS ? p->left : STEPS;
    const char *piece = p->text;
    p->text += *count;
    p->left -= *count;
    return piece;
}
// A chunk of many megabytes is compiled piece by piece. The arguments of load, the mode looked at already.
int load_long(lua_State *L) {
    pieces p;
    p.text = lua_tolstring(L, 1, &p.left);
    bool has_environment = lua_gettop(L) >= 4;
    if (lua_load(L, next_piece, &p, luaL_optstring(L, 2, p.text), "t") != LUA_OK) {
        luaL_pushfail(L);
        lua_insert(L, -2);
        return 2;
    }
    if (has_environment) {
        lua_pushvalue(L, 4);
        if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
    }
    return 1;
}

// MARK: Tables

// What the library asks of a table: a plain one, or anything with these metamethods.
static void check_table(lua_State *L) {
    if (lua_istable(L, 1)) return;
    int top = lua_gettop(L);
    if (luaL_getmetafield(L, 1, "__index") && luaL_getmetafield(L, 1, "__newindex") && luaL_getmetafield(L, 1, "__len"))
        lua_settop(L, top);
    else
        luaL_checktype(L, 1, LUA_TTABLE);
}

static int safe_insert(lua_State *L) {
    check_table(L);
    lua_Integer place, end = (lua_Integer)((lua_Unsigned)luaL_len(L, 1) + 1);
    switch (lua_gettop(L)) {
        case 2: place = end; break;
        case 3:
            place = luaL_checkinteger(L, 2);
            luaL_argcheck(L, (lua_Unsigned)place - 1 < (lua_Unsigned)end, 2, "position out of bounds");
            for (lua_Integer i = end; i > place; i--) {
                lua_geti(L, 1, i - 1);
                lua_seti(L, 1, i);
                if (i % STEPS == 0) poll_stop(L);
            }
            break;
        default: return luaL_error(L, "wrong number of arguments to 'insert'");
    }
    lua_seti(L, 1, place);
    return 0;
}
static int safe_remove(lua_State *L) {
    check_table(L);
    lua_Integer size = luaL_len(L, 1), place = luaL_optinteger(L, 2, size);
    if (place != size)
        luaL_argcheck(L, (lua_Unsigned)size + 1 >= (lua_Unsigned)place && (size == 0 ? place >= 0 : place > 0), 2,
                      "position out of bounds");
    lua_geti(L, 1, place);
    for (; place < size; place++) {
        lua_geti(L, 1, place + 1);
        lua_seti(L, 1, place);
        if (place % STEPS == 0) poll_stop(L);
    }
    lua_pushnil(L);
    lua_seti(L, 1, place);
    return 1;
}

static int safe_concat(lua_State *L) {
    if (!lua_istable(L, 1) && !(luaL_getmetafield(L, 1, "__index") && luaL_getmetafield(L, 1, "__len")))
        luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 4);
    size_t between;
    const char *separator = luaL_optlstring(L, 2, "", &between);
    lua_Integer first = luaL_optinteger(L, 3, 1), last = lua_isnil(L, 4) ? luaL_len(L, 1) : luaL_checkinteger(L, 4);
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    for (lua_Integer i = first; i <= last; i++) {
        lua_geti(L, 1, i);
        if (!lua_isstring(L, -1))
            luaL_error(L, "invalid value (%s) at index %I in table for 'concat'", luaL_typename(L, -1), (LUAI_UACINT)i);
        luaL_addvalue(&out);
        if (i == last) break;   // also at the greatest integer
        luaL_addlstring(&out, separator, between);
        if (i % STEPS == 0) poll_stop(L);
    }
    luaL_pushresult(&out);
    return 1;
}

static int is_less(lua_State *L) {
    lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPLT));
    return 1;
}
// A comparison of ours makes the library's sort stoppable: the call of it is where the hook strikes.
static int safe_sort(lua_State *L) {
    check_table(L);
    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
    else if (luaL_len(L, 1) > STEPS) {
        lua_pushcfunction(L, is_less);
        lua_replace(L, 2);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 2, 0);
    return 0;
}

void open_library(lua_State *L) {
    static const struct { const char *space, *name; lua_CFunction body; } functions[] = {
        { "string", "rep", safe_rep }, { "table", "insert", safe_insert }, { "table", "remove", safe_remove },
        { "table", "concat", safe_concat }, { "table", "sort", safe_sort },
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        lua_getglobal(L, functions[i].space);
        lua_getfield(L, -1, functions[i].name);
        lua_pushcclosure(L, functions[i].body, 1);
        lua_setfield(L, -2, functions[i].name);
        lua_pop(L, 1);
    }
}
