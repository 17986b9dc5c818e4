// string.find, match, gmatch and gsub over our matcher, in place of the library's.
#define _GNU_SOURCE   // memmem
#include "Matcher.h"
#include <ctype.h>

// The library's functions, for the tests that compare with them: a table in the registry.
#define ORIGINALS "ltxsh.library"

// Where a search begins: `init` of the manual, from 0, clipped at the start.
static size_t start_of(lua_Integer place, size_t length) {
    if (place > 0) return (size_t)place - 1;
    if (place == 0 || place < -(lua_Integer)length) return 0;
    return length - (size_t)-place;
}

// MARK: Captures

// Pushes capture `place`; without captures 0 is the whole match.
static void push_capture(matcher *m, int place, const char *start, const char *end) {
    if (place >= m->captures) {
        if (place > 0) luaL_error(m->L, "invalid capture index %%%d", place + 1);
        lua_pushlstring(m->L, start, (size_t)(end - start));
        return;
    }
    capture c = m->capture[place];
    if (c.length == CAPTURE_OPEN) luaL_error(m->L, "unfinished capture");
    if (c.length == CAPTURE_POSITION) lua_pushinteger(m->L, c.start - m->subject + 1);
    else lua_pushlstring(m->L, c.start, (size_t)c.length);
}
static int push_captures(matcher *m, const char *start, const char *end) {
    int count = m->captures == 0 && start ? 1 : m->captures;
    luaL_checkstack(m->L, count, "too many captures");
    for (int i = 0; i < count; i++) push_capture(m, i, start, end);
    return count;
}

// MARK: find and match

// What has a meaning in a pattern. A closing bracket alone has none, to the library.
static const bool is_special[256] = {
    ['^'] = true, ['$'] = true, ['*'] = true, ['+'] = true, ['?'] = true, ['.'] = true, ['('] = true, ['['] = true,
    ['%'] = true, ['-'] = true,
};
static bool is_plain(const char *pattern, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (is_special[(unsigned char)pattern[i]]) return false;
    return true;
}

// Looking for the first character is the fastest way, unless that one is everywhere.
static const char *find_plain(const char *s, size_t length, const char *wanted, size_t wanted_length) {
    const char *end = s + length;
    if (wanted_length == 0) return s;
    if (wanted_length > length) return NULL;
    for (int misses = 0; misses < 64; misses++) {
        const char *last = end - wanted_length + 1;
        if (s >= last || !(s = memchr(s, *wanted, (size_t)(last - s)))) return NULL;
        if (memcmp(s, wanted, wanted_length) == 0) return s;
        s++;
    }
    return memmem(s, (size_t)(end - s), wanted, wanted_length);
}

// The character that every match begins with, or -1: such places are found faster than they are tried.
static int first_character(matcher *m) {
    const char *p = m->pattern, *end = m->pattern_end;
    if (p >= end) return -1;
    if (*p == '%') {
        if (p + 1 >= end) return -1;
        if (p[1] == 'b') return p + 3 < end ? (unsigned char)p[2] : -1;
        if (isalnum((unsigned char)p[1])) return -1;
        p++;
    } else if (is_special[(unsigned char)*p] || *p == ')') {
        return -1;
    }
    if (p + 1 < end && (p[1] == '*' || p[1] == '?' || p[1] == '-')) return -1;
    return (unsigned char)*p;
}

// The first match from `start` on: moves `start` there and returns its end, or NULL.
static const char *search(matcher *m, const char **start, bool is_anchored) {
    if (is_anchored) return matcher_run(m, *start);
    int first = first_character(m);
    for (const char *s = *start; s <= m->end; s++) {
        if (first >= 0) {
            s = memchr(s, first, (size_t)(m->end - s));
            if (!s) return NULL;
        }
        const char *end = matcher_run(m, s);
        if (end) {
            *start = s;
            return end;
        }
    }
    return NULL;
}

static int find_or_match(lua_State *L, bool finds) {
    size_t length, pattern_length;
    const char *subject = luaL_checklstring(L, 1, &length), *pattern = luaL_checklstring(L, 2, &pattern_length);
    size_t from = start_of(luaL_optinteger(L, 3, 1), length);
    if (from > length) {
        luaL_pushfail(L);
        return 1;
    }
    if (finds && (lua_toboolean(L, 4) || is_plain(pattern, pattern_length))) {
        const char *found = find_plain(subject + from, length - from, pattern, pattern_length);
        if (!found) {
            luaL_pushfail(L);
            return 1;
        }
        lua_pushinteger(L, found - subject + 1);
        lua_pushinteger(L, found - subject + (lua_Integer)pattern_length);
        return 2;
    }
    bool is_anchored = pattern_length > 0 && *pattern == '^';
    matcher m;
    matcher_open(&m, L, subject, length, pattern + is_anchored, pattern_length - is_anchored);
    const char *start = subject + from, *end = search(&m, &start, is_anchored);
    if (!end) {
        luaL_pushfail(L);
        return 1;
    }
    if (!finds) return push_captures(&m, start, end);
    lua_pushinteger(L, start - subject + 1);
    lua_pushinteger(L, end - subject);
    return 2 + push_captures(&m, NULL, NULL);
}
static int pattern_find(lua_State *L) { return find_or_match(L, true); }
static int pattern_match(lua_State *L) { return find_or_match(L, false); }

// MARK: gmatch

// Upvalues: text, pattern, where to go on, where the last match ended (or -1). A script can change them with the debug
// library, so they are checked.
static int next_match(lua_State *L) {
    size_t length, pattern_length;
    const char *subject = lua_tolstring(L, lua_upvalueindex(1), &length);
    const char *pattern = lua_tolstring(L, lua_upvalueindex(2), &pattern_length);
    lua_Integer from = lua_tointeger(L, lua_upvalueindex(3)), last = lua_tointeger(L, lua_upvalueindex(4));
    if (!subject || !pattern || from < 0) return luaL_error(L, "the iterator was tampered with");
    matcher m;
    matcher_open(&m, L, subject, length, pattern, pattern_length);
    while ((size_t)from <= length) {
        const char *start = subject + from, *end = search(&m, &start, false);
        if (!end) break;
        if (end - subject == last) {   // an empty match where the last one ended is none
            from = start - subject + 1;
            continue;
        }
        lua_pushinteger(L, end - subject);
        lua_pushvalue(L, -1);
        lua_replace(L, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return push_captures(&m, start, end);
    }
    return 0;
}
static int pattern_gmatch(lua_State *L) {
    size_t length;
    luaL_checklstring(L, 1, &length);
    luaL_checkstring(L, 2);
    size_t from = start_of(luaL_optinteger(L, 3, 1), length);
    lua_settop(L, 2);
    lua_pushinteger(L, from > length ? (lua_Integer)length + 1 : (lua_Integer)from);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, next_match, 4);
    return 1;
}

// MARK: gsub

typedef struct { const char *text; size_t length; } replacement;

// Adds the replacement string with its %0, %1...
static void add_text(matcher *m, luaL_Buffer *out, replacement r, const char *start, const char *end) {
    const char *p = r.text, *last = r.text + r.length;
    while (p < last) {
        const char *escape = memchr(p, '%', (size_t)(last - p));
        luaL_addlstring(out, p, (size_t)((escape ? escape : last) - p));
        if (!escape) return;
        char c = escape + 1 < last ? escape[1] : 0;
        if (c == '%') {
            luaL_addchar(out, '%');
        } else if (c == '0') {
            luaL_addlstring(out, start, (size_t)(end - start));
        } else if (c >= '1' && c <= '9') {
            int place = c - '1';
            capture whole = m->captures == 0 ? (capture){ start, end - start } : m->capture[place];
            // Text goes into the buffer without a string between.
            if (place < (m->captures ? m->captures : 1) && whole.length >= 0) {
                luaL_addlstring(out, whole.start, (size_t)whole.length);
            } else {
                push_capture(m, place, start, end);
                luaL_addvalue(out);
            }
        } else {
            luaL_error(m->L, "invalid use of '%c' in replacement string", '%');
        }
        p = escape + 2;
    }
}

// Adds what a function or table has for the match. False where that is the match itself.
static bool add_answer(matcher *m, luaL_Buffer *out, int type, const char *start, const char *end) {
    lua_State *L = m->L;
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(m, start, end), 1);
    } else {
        push_capture(m, 0, start, end);
        lua_gettable(L, 3);
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(out, start, (size_t)(end - start));
        return false;
    }
    if (!lua_isstring(L, -1)) luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(out);
    return true;
}

static int pattern_gsub(lua_State *L) {
    size_t length, pattern_length;
    const char *subject = luaL_checklstring(L, 1, &length), *pattern = luaL_checklstring(L, 2, &pattern_length);
    int type = lua_type(L, 3);
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)length + 1), count = 0;
    bool is_text = type == LUA_TNUMBER || type == LUA_TSTRING;
    luaL_argexpected(L, is_text || type == LUA_TFUNCTION || type == LUA_TTABLE, 3, "string/function/table");
    replacement r = { NULL, 0 };
    if (is_text) r.text = lua_tolstring(L, 3, &r.length);
    bool is_anchored = pattern_length > 0 && *pattern == '^', changed = false;
    matcher m;
    matcher_open(&m, L, subject, length, pattern + is_anchored, pattern_length - is_anchored);
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    const char *from = subject, *kept = subject, *last = NULL;   // kept: what is not yet in the buffer
    while (count < most && from <= m.end) {
        const char *start = from, *end = search(&m, &start, is_anchored);
        if (!end) break;
        if (end == last) {   // empty, where the last one ended
            from = start + 1;
            continue;
        }
        luaL_addlstring(&out, kept, (size_t)(start - kept));
        count++;
        if (is_text) {
            add_text(&m, &out, r, start, end);
            changed = true;
        } else {
            changed |= add_answer(&m, &out, type, start, end);
        }
        from = kept = last = end;
        if (is_anchored) break;
    }
    if (changed) {
        luaL_addlstring(&out, kept, (size_t)(m.end - kept));
        luaL_pushresult(&out);
    } else {
        lua_pushvalue(L, 1);   // as it was, not a copy
    }
    lua_pushinteger(L, count);
    return 2;
}

void open_patterns(lua_State *L) {
    static const luaL_Reg functions[] = {
        { "find", pattern_find }, { "match", pattern_match }, { "gmatch", pattern_gmatch }, { "gsub", pattern_gsub },
        { NULL, NULL },
    };
    lua_getglobal(L, "string");
    lua_newtable(L);
    for (const luaL_Reg *f = functions; f->name; f++) {
        lua_getfield(L, -2, f->name);
        lua_setfield(L, -2, f->name);
    }
    lua_setfield(L, LUA_REGISTRYINDEX, ORIGINALS);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
