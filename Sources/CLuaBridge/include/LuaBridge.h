// The whole Lua boundary. Swift never sees a lua_State and never calls a function that can longjmp: it hands over value
// trees and gets value trees back. Everything that may raise runs inside lua_pcall on this side.
#ifndef LUA_BRIDGE_H
#define LUA_BRIDGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lb_bridge *lb_state;

enum {
    LB_NIL,
    LB_BOOL,
    LB_INT,
    LB_NUMBER,
    LB_STRING,
    LB_TABLE,      // copied: pairs
    LB_OBJECT,     // a Swift object of a defined class
    LB_REFERENCE,  // a Lua value that stays in Lua: held by a registry slot
    LB_NATIVE      // results only: the closure of a defined function
};

// The Lua types that a reference can have, as lua.h numbers them.
enum { LB_TYPE_LIGHT = 2, LB_TYPE_TABLE = 5, LB_TYPE_FUNCTION = 6, LB_TYPE_USERDATA = 7, LB_TYPE_COROUTINE = 8 };

typedef struct lb_value lb_value;
struct lb_value {
    int32_t kind;
    int32_t type;         // LB_OBJECT: class; LB_REFERENCE: Lua type; LB_TABLE: 1 for an empty one that is a mapping, no list
    int64_t integer;      // LB_BOOL, LB_INT; bytes of LB_STRING, or behind an LB_OBJECT; pairs of LB_TABLE; slot of
                          // LB_REFERENCE; function of LB_NATIVE
    int64_t native;       // LB_REFERENCE: the defined function that it is, or -1
    double number;        // LB_NUMBER
    const void *pointer;  // LB_STRING: bytes; LB_OBJECT: the object (+1 in results); LB_REFERENCE: identity
    lb_value *pairs;      // LB_TABLE: key, value, key, value...
};

// A call from Lua to Swift. Arguments live until the dispatcher returns; so do bytes from lb_allocate.
typedef struct {
    const lb_value *arguments;
    size_t count;
    lb_value *results;
    size_t result_count;
    lb_value single;      // room for one result without an allocation
    bool owns_objects;    // some result holds an object at +1
    bool failed;          // the first result is the error to raise: a table of fields, or a reference to raise as it is
    const char *refusal;  // why the arguments could not be copied, or NULL
} lb_call;

// What a protected operation came to.
typedef struct {
    int status;              // 0 or LB_FAILED...
    lb_value *values;        // results, or the one error value
    size_t count;
    int64_t total;           // lb_entries: pairs in the table
    const char *text;        // of the error, as tostring gives it
    size_t text_length;
    const char *traceback;   // one "file:line: in function 'name'" a line
    size_t mark;             // give it back to lb_forget
} lb_outcome;

enum { LB_OK = 0, LB_FAILED = 2, LB_SYNTAX = 3, LB_MEMORY = 4, LB_INCOMPLETE = 100, LB_WRONG_THREAD = 101 };
enum { LB_DEEP = 0, LB_SHALLOW = 1 };
enum { LB_RUN = 0, LB_INTERRUPTED = 1, LB_EXITING = 2 };

typedef void (*lb_dispatch)(void *context, int64_t function, lb_call *call);
typedef void (*lb_release)(void *object);

// Functions that a class answers Lua's operators with; -1 where it has none.
typedef struct {
    const char *name;
    int64_t index, newindex, length, text, equal, call, close, pairs;
} lb_class;

// MARK: Life

lb_state lb_open(lb_dispatch dispatch, lb_release release, void *context);
/// What the dispatcher gets; NULL from the moment that it must not be called any more.
void lb_set_context(lb_state, void *context);
/// Whether this is the text of the assert that held last: `f(assert(value, text))` hands it on, and means it for nobody.
bool lb_was_asserted(lb_state, const char *text, size_t length);
void lb_close(lb_state);
/// Three quarters of the machine's memory, or of the container's; 0 where that is not known.
size_t lb_default_limit(void);
/// Bytes that Lua may hold, `lb_default_limit()` at first; 0 is no limit.
void lb_limit_memory(lb_state, size_t bytes);
size_t lb_memory(lb_state);
/// Userdata that hold a Swift object now.
int64_t lb_objects(lb_state);
/// Makes every allocation after `count` more fail; a negative count ends that. For tests.
void lb_fail_allocation(lb_state, int64_t count);
void lb_collect(lb_state);

// MARK: Interrupts

/// Safe in a signal handler. Stops the running chunk; LB_EXITING unwinds it without a way to catch that.
void lb_stop(lb_state, int reason);
int lb_stopping(lb_state);
/// The state that lb_interrupt acts on; NULL for none.
void lb_receive_interrupts(lb_state);
/// Safe in a signal handler: lb_stop of that state.
void lb_interrupt(void);
/// Forgets a request to stop.
void lb_resume(lb_state);
bool lb_running(lb_state);

// MARK: Definitions. All return a status.

int lb_define_function(lb_state, int64_t function, bool shallow);
int lb_define_class(lb_state, const lb_class *, int32_t *out);
int lb_define_member(lb_state, int32_t type, const char *name, int64_t function, bool is_property);
/// A global table of functions; `type` is the class whose methods it shows too, or -1.
int lb_define_namespace(lb_state, const lb_class *, int32_t type);
/// `space` is NULL for a global.
int lb_define_field(lb_state, const char *space, const char *name, int64_t function);

/// Standard output, standard error and standard input go through these functions: `writer` gets a text and whether it is for
/// standard error, `reader` gives a line without its end, or nil at the end of input. -1 leaves them to C.
int lb_attach_console(lb_state, int64_t writer, int64_t reader);

// MARK: Running

void *lb_allocate(lb_state, size_t bytes);
size_t lb_mark(lb_state);
void lb_forget(lb_state, size_t mark);

void lb_run(lb_state, const char *source, size_t length, const char *name, lb_value *arguments, size_t count, lb_outcome *);
/// LB_OK, LB_INCOMPLETE, or LB_SYNTAX with the text.
void lb_check(lb_state, const char *source, size_t length, const char *name, lb_outcome *);
void lb_call_reference(lb_state, int64_t slot, lb_value *arguments, size_t count, int mode, lb_outcome *);
void lb_unreference(lb_state, int64_t slot);
/// False while values that may hold slots are on their way into Lua.
bool lb_may_unreference(lb_state);
/// Gives back the objects of nodes that will not be pushed.
void lb_release_objects(lb_state, lb_value *values, size_t count);

// MARK: Looking. None of these runs Lua code, except lb_text.

/// A field by raw access, following __index where that is a table. `slot` 0 is the table of globals.
void lb_get(lb_state, int64_t slot, const lb_value *key, lb_outcome *);
/// Up to `limit` pairs in `next` order, and how many there are.
void lb_entries(lb_state, int64_t slot, size_t limit, lb_outcome *);
/// The metatable as a reference, or nil.
void lb_metatable(lb_state, int64_t slot, lb_outcome *);
/// Copies the table at the slot, nested ones too.
void lb_copy(lb_state, int64_t slot, lb_outcome *);
/// `tostring(value)`, with metamethods.
void lb_text(lb_state, const lb_value *value, lb_outcome *);
/// Where a Lua function is defined: source, first and last line.
void lb_source(lb_state, int64_t slot, lb_outcome *);
/// Assigns a raw field.
int lb_set(lb_state, int64_t slot, const lb_value *key, const lb_value *value);
#endif
