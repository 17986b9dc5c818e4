// Matching by the rules of the reference manual (6.4.1), without recursion: what can be tried again waits on a stack of
// fixed size. The library's own matcher cannot be interrupted, and some patterns keep it busy for hours.
#include "Matcher.h"
#include <ctype.h>

enum { STEPS = 4096 };   // between two looks at the stop flag

void matcher_open(matcher *m, lua_State *L, const char *subject, size_t length, const char *pattern, size_t pattern_length) {
    m->L = L;
    m->subject = subject;
    m->end = subject + length;
    m->pattern = pattern;
    m->pattern_end = pattern + pattern_length;
    m->budget = STEPS;
    m->captures = m->choices = 0;
}

static void refill(matcher *m) {
    m->budget = STEPS;
    poll_stop(m->L);
}
static inline void spend(matcher *m, ptrdiff_t steps) {
    m->budget -= steps < STEPS ? (int)steps : STEPS;
    if (m->budget <= 0) refill(m);
}

// MARK: One character

static inline bool is_of_class(unsigned char c, unsigned char letter) {
    bool is;
    switch (letter | 0x20) {
        case 'a': is = isalpha(c); break;
        case 'c': is = iscntrl(c); break;
        case 'd': is = isdigit(c); break;
        case 'g': is = isgraph(c); break;
        case 'l': is = islower(c); break;
        case 'p': is = ispunct(c); break;
        case 's': is = isspace(c); break;
        case 'u': is = isupper(c); break;
        case 'w': is = isalnum(c); break;
        case 'x': is = isxdigit(c); break;
        case 'z': is = c == 0; break;   // of Lua 5.1; the library still knows it
        default: return letter == c;
    }
    return letter & 0x20 ? is : !is;   // an upper-case letter is the complement
}

// `set` is at its '[', `close` at the ']' that ends it.
static inline bool is_of_set(unsigned char c, const char *set, const char *close) {
    bool listed = set[1] != '^';
    const char *p = listed ? set + 1 : set + 2;
    while (p < close) {
        if (*p == '%') {
            if (is_of_class(c, (unsigned char)p[1])) return listed;
            p += 2;
        } else if (p[1] == '-' && p + 2 < close) {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2]) return listed;
            p += 3;
        } else {
            if ((unsigned char)*p == c) return listed;
            p++;
        }
    }
    return !listed;
}

static inline bool is_of_item(unsigned char c, const char *item, const char *after) {
    switch (*item) {
        case '.': return true;
        case '%': return is_of_class(c, (unsigned char)item[1]);
        case '[': return is_of_set(c, item, after - 1);
        default: return (unsigned char)*item == c;
    }
}

// Where the item for one character that begins at `item` ends.
static const char *after_item(matcher *m, const char *item) {
    const char *p = item + 1;
    if (*item == '%') {
        if (p == m->pattern_end) luaL_error(m->L, "malformed pattern (ends with '%%')");
        return p + 1;
    }
    if (*item != '[') return p;
    if (*p == '^') p++;
    // The first character belongs to the set, even a ']'.
    for (bool is_first = true; is_first || *p != ']' || p >= m->pattern_end; is_first = false) {
        if (p >= m->pattern_end) luaL_error(m->L, "malformed pattern (missing ']')");
        p += *p == '%' && p + 1 < m->pattern_end ? 2 : 1;
    }
    return p + 1;
}

// How far the item matches from `s` on.
static const char *longest(matcher *m, const char *s, const char *item, const char *after) {
    while (s < m->end) {
        // In stretches, so that a text of gigabytes does not keep a stop waiting.
        const char *from = s, *stop = m->end - s > 65536 ? s + 65536 : m->end;
        switch (*item) {
            case '.': s = stop; break;
            case '%': while (s < stop && is_of_class((unsigned char)*s, (unsigned char)item[1])) s++; break;
            case '[': while (s < stop && is_of_set((unsigned char)*s, item, after - 1)) s++; break;
            default: while (s < stop && *s == *item) s++;
        }
        spend(m, s - from);
        if (s < stop) break;
    }
    return s;
}

// MARK: Items that are no single character

static choice *add_choice(matcher *m) {
    // The library's limit, as its recursion counts.
    if (m->choices >= MAXIMUM_CHOICES - 1) luaL_error(m->L, "pattern too complex");
    return &m->choice[m->choices++];
}

static void open_capture(matcher *m, const char *s, ptrdiff_t length) {
    if (m->captures >= MAXIMUM_CAPTURES) luaL_error(m->L, "too many captures");
    m->capture[m->captures++] = (capture){ s, length };
    add_choice(m)->kind = OPENED;
}
static void close_capture(matcher *m, const char *s) {
    int level = m->captures - 1;
    while (level >= 0 && m->capture[level].length != CAPTURE_OPEN) level--;
    if (level < 0) luaL_error(m->L, "invalid pattern capture");
    m->capture[level].length = s - m->capture[level].start;
    choice *c = add_choice(m);
    c->kind = CLOSED;
    c->level = level;
}

// The end of what `%1` and the like match at `s`, or NULL.
static const char *repeated_capture(matcher *m, const char *s, unsigned char digit) {
    int level = digit - '1';
    if (level < 0 || level >= m->captures || m->capture[level].length == CAPTURE_OPEN)
        luaL_error(m->L, "invalid capture index %%%d", level + 1);
    ptrdiff_t length = m->capture[level].length;
    if (length < 0 || m->end - s < length) return NULL;   // a position never repeats
    spend(m, length >> 4);
    return memcmp(m->capture[level].start, s, (size_t)length) == 0 ? s + length : NULL;
}

// The end of the balanced text at `s` for `%bxy`, or NULL. `pair` is at the x.
static const char *balanced(matcher *m, const char *s, const char *pair) {
    if (m->pattern_end - pair < 2) luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (s >= m->end || *s != pair[0]) return NULL;
    ptrdiff_t depth = 1;
    for (s++; s < m->end; s++) {
        if (--m->budget <= 0) refill(m);
        if (*s == pair[1]) {
            if (--depth == 0) return s + 1;
        } else if (*s == pair[0]) {
            depth++;
        }
    }
    return NULL;
}

// Whether `%f` with this set matches between the characters at `s`; both ends of the text count as a zero.
static bool is_frontier(matcher *m, const char *s, const char *set, const char *after) {
    unsigned char before = s == m->subject ? 0 : (unsigned char)s[-1], here = s == m->end ? 0 : (unsigned char)*s;
    return !is_of_set(before, set, after - 1) && is_of_set(here, set, after - 1);
}

// MARK: The machine

// Takes the newest choice that has something left to try. False when there is none.
static bool go_back(matcher *m, const char **s, const char **p) {
    while (m->choices > 0) {
        choice *c = &m->choice[m->choices - 1];
        if (--m->budget <= 0) refill(m);
        switch (c->kind) {
            case FEWER:
                if (c->now == c->least) break;
                *s = --c->now;
                *p = c->next;
                return true;
            case MORE:
                if (c->now >= m->end || !is_of_item((unsigned char)*c->now, c->item, c->next - 1)) break;
                *s = ++c->now;
                *p = c->next;
                return true;
            case WITHOUT:
                *s = c->now;
                *p = c->next;
                m->choices--;
                return true;
            case OPENED: m->captures--; break;
            case CLOSED: m->capture[c->level].length = CAPTURE_OPEN; break;
        }
        m->choices--;
    }
    return false;
}

// One item for a single character, with its repetition. False where it does not match.
static bool take_item(matcher *m, const char **s, const char **p) {
    const char *item = *p, *after = after_item(m, item);
    char repetition = after < m->pattern_end ? *after : 0;
    bool matches = *s < m->end && is_of_item((unsigned char)**s, item, after);
    bool may_repeat = repetition == '*' || repetition == '-' || repetition == '?', must = repetition == '+';
    if (!matches) {   // nothing to come back for
        if (!may_repeat) return false;
        *p = after + 1;
        return true;
    }
    if (!may_repeat && !must) {
        ++*s;
        *p = after;
        return true;
    }
    *p = after + 1;
    const char *most = *s;
    if (repetition == '*' || must) most = longest(m, *s + 1, item, after);
    choice *c = add_choice(m);
    c->item = item;
    c->next = after + 1;
    c->now = *s;
    switch (repetition) {
        case '-': c->kind = MORE; break;
        case '?':
            c->kind = WITHOUT;
            ++*s;
            break;
        default:
            c->kind = FEWER;
            c->least = must ? *s + 1 : *s;
            *s = c->now = most;
    }
    return true;
}

// An item that begins with '%'. False where it does not match.
static bool take_escape(matcher *m, const char **s, const char **p) {
    const char *letter = *p + 1, *end;
    if (letter < m->pattern_end) switch (*letter) {
        case 'b':
            if (!(end = balanced(m, *s, letter + 1))) return false;
            *s = end;
            *p = letter + 3;
            return true;
        case 'f': {
            const char *set = letter + 1;
            if (set >= m->pattern_end || *set != '[') luaL_error(m->L, "missing '[' after '%%f' in pattern");
            const char *after = after_item(m, set);
            if (!is_frontier(m, *s, set, after)) return false;
            *p = after;
            return true;
        }
        case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
            if (!(end = repeated_capture(m, *s, (unsigned char)*letter))) return false;
            *s = end;
            *p = letter + 1;
            return true;
        default: break;
    }
    return take_item(m, s, p);
}

const char *matcher_run(matcher *m, const char *s) {
    const char *p = m->pattern;
    m->captures = m->choices = 0;
    while (p < m->pattern_end) {
        if (--m->budget <= 0) refill(m);
        bool matches;
        switch (*p) {
            case '(':
                matches = true;
                if (p + 1 < m->pattern_end && p[1] == ')') {
                    open_capture(m, s, CAPTURE_POSITION);
                    p++;
                } else {
                    open_capture(m, s, CAPTURE_OPEN);
                }
                p++;
                break;
            case ')':
                matches = true;
                close_capture(m, s);
                p++;
                break;
            case '$':
                if (p + 1 == m->pattern_end) {
                    matches = s == m->end;
                    p++;
                } else {
                    matches = take_item(m, &s, &p);
                }
                break;
            case '%': matches = take_escape(m, &s, &p); break;
            default: matches = take_item(m, &s, &p);
        }
        if (!matches && !go_back(m, &s, &p)) return NULL;
    }
    return s;
}
