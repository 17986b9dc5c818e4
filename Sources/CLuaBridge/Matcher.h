// The pattern matcher: one state a call, on the C stack, holding nothing that an error could leak.
#ifndef MATCHER_H
#define MATCHER_H
#include "Bridge.h"

enum { MAXIMUM_CAPTURES = 32, MAXIMUM_CHOICES = 200 };

// Lengths of captures that have none.
#define CAPTURE_OPEN (-1)
#define CAPTURE_POSITION (-2)

typedef struct { const char *start; ptrdiff_t length; } capture;

// A place to come back to when what follows does not match.
typedef struct {
    enum { FEWER, MORE, WITHOUT, OPENED, CLOSED } kind;
    int level;                 // CLOSED: the capture
    const char *item, *next;   // the repeated item, and what follows it in the pattern
    const char *least, *now;   // in the subject: FEWER goes down to `least`, MORE goes up from `now`
} choice;

typedef struct {
    lua_State *L;
    const char *subject, *end;           // the text
    const char *pattern, *pattern_end;   // without the anchor
    int budget;                          // steps until the next look at the stop flag
    int captures, choices;
    capture capture[MAXIMUM_CAPTURES];
    choice choice[MAXIMUM_CHOICES];
} matcher;

void matcher_open(matcher *m, lua_State *L, const char *subject, size_t length, const char *pattern, size_t pattern_length);
/// The end of the match that begins at `start`, or NULL. Raises for a malformed pattern, and when a stop is asked for.
const char *matcher_run(matcher *m, const char *start);
#endif
