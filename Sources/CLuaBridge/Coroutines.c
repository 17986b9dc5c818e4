// The library's coroutine functions, such that the signal handler finds the coroutine that runs.
#include "Bridge.h"

// Resumes `co` with `count` values from the top of L. Returns the number of results on L, or -1 with the error there.
static int resume(lua_State *L, lua_State *co, int count) {
    bridge *b = get_bridge(L);
    if (!lua_checkstack(co, count)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, count);
    atomic_store(&b->running, co);
    if (atomic_load(&b->stop) != LB_RUN) hook(b, co);
    int results = 0;
    int status = lua_resume(co, L, count, &results);
    atomic_store(&b->running, L);
    if (atomic_load(&b->stop) != LB_RUN) hook(b, L);
    if (status == LUA_OK || status == LUA_YIELD) {
        if (!lua_checkstack(L, results + 1)) {
            lua_pop(co, results);
            lua_pushliteral(L, "too many results to resume");
            return -1;
        }
        lua_xmove(co, L, results);
        return results;
    }
    if (status == LUA_ERRMEM) {
        lua_pop(co, 1);
        lua_rawgetp(L, LUA_REGISTRYINDEX, &key_memory);
    } else {
        lua_xmove(co, L, 1);
    }
    return -1;
}
static int safe_resume(lua_State *L) {
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co, 1, "coroutine");
    int results = resume(L, co, lua_gettop(L) - 1);
    if (results < 0) {
        if (is_stop(L)) return lua_error(L);
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    lua_pushboolean(L, 1);
    lua_insert(L, -(results + 1));
    return results + 1;
}
static int reset(lua_State *L, lua_State *co) {
    bridge *b = get_bridge(L);
    // Lua 5.4.4 does not count the C stack across nested closes.
    if (b->closing >= 100) return luaL_error(L, "C stack overflow");
    b->closing++;
    atomic_store(&b->running, co);
    int status = lua_resetthread(co);
    atomic_store(&b->running, L);
    b->closing--;
    return status;
}
static int wrapped(lua_State *L) {
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int results = resume(L, co, lua_gettop(L));
    if (results >= 0) return results;
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD && !is_stop(L)) {
        if (reset(L, co) != LUA_OK && status != LUA_ERRMEM) {   // that one stands on L, with its kind
            lua_settop(L, 0);
            lua_xmove(co, L, 1);
        }
    }
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}
static int safe_wrap(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, wrapped, 1);
    return 1;
}
static int safe_close(lua_State *L) {
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co, 1, "coroutine");
    lua_Debug ar;
    int status = lua_status(co);
    if (co == L) return luaL_error(L, "cannot close a running coroutine");
    if (status == LUA_OK && lua_getstack(co, 0, &ar)) return luaL_error(L, "cannot close a normal coroutine");
    if (reset(L, co) == LUA_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_xmove(co, L, 1);
    if (is_stop(L)) return lua_error(L);
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

void open_coroutines(lua_State *L) {
    static const luaL_Reg functions[] = {
        { "resume", safe_resume }, { "wrap", safe_wrap }, { "close", safe_close }, { NULL, NULL },
    };
    lua_getglobal(L, "coroutine");
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
