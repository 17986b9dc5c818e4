// What the C files of the bridge share.
#ifndef BRIDGE_H
#define BRIDGE_H
#include "LuaBridge.h"
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct chunk chunk;
struct chunk {
    chunk *next, *previous;
    size_t capacity, start;  // start: bytes in all chunks before this one
    char bytes[];
};

typedef struct lb_bridge {
    lua_State *L;                   // the main coroutine
    lua_State *current;             // the coroutine of the innermost call to Swift
    _Atomic(lua_State *) running;   // the coroutine that runs Lua code, for the signal handler
    _Atomic int stop;               // LB_INTERRUPTED, LB_EXITING
    _Atomic int in_native;          // calls to Swift that are under way
    _Atomic int depth;              // protected runs that are under way
    pthread_t owner;
    lb_dispatch dispatch;
    lb_release release;
    void *context;
    int32_t types;
    int64_t objects;
    int pushing;                    // values on their way into Lua
    int holding;                    // a stop waits: what a call came to is being handed over
    int closing;                    // nested coroutine.close
    size_t memory, limit;
    size_t asked;                   // strides of memory that the kernel was asked about
    size_t untold;                  // bytes behind new objects that the collector has not been told of
    int64_t fail_after;             // allocations that still succeed, negative for all
    chunk *arena;                   // bump allocator; the newest chunk
    size_t used;                    // bytes used of the newest chunk
    FILE *terminal;                 // stands for standard input where a person types
    char *typed;                    // what was typed there
    size_t typed_at, typed_count;
    char *asserted;                 // the text of the assert that held last, which it hands on behind its value
    size_t asserted_length;
    bool warns, warning_goes_on;    // warn("@on"); the text so far is the beginning of one
    bool traced;                    // the traceback belongs to the error that travels now
    char traceback[4096];
} bridge;

// A Swift object in Lua. The magic word and the odd size tell it from every other library's userdata, which a script
// can give our metatable with the debug library.
typedef struct {
    uint64_t magic;
    void *object;
    int64_t type;
    bridge *owner;
    uint64_t check;
} box;
#define BOX_MAGIC 0x6c747873684c7561u

static inline bridge *get_bridge(lua_State *L) { return *(bridge **)lua_getextraspace(L); }

// Keys of the registry: their addresses.
extern const char key_objects, key_classes, key_functions, key_error, key_interrupted, key_exiting, key_memory, key_mapping;

// Values.c
void *arena_allocate(bridge *b, size_t bytes);
size_t arena_mark(bridge *b);
void arena_release(bridge *b, size_t mark);
box *to_box(lua_State *L, int index);
const char *read_value(bridge *b, lua_State *L, int index, lb_value *out, int mode);
void drop_references(lua_State *L, lb_value *values, size_t count);
void push_value(bridge *b, lua_State *L, lb_value *value);
void release_objects(bridge *b, lb_value *values, size_t count);

// Objects.c
int invoke(lua_State *L, int64_t function, bool shallow);
int object_gc(lua_State *L);
void push_native(lua_State *L, int64_t function);
int raise_memory(lua_State *L);

// Safety.c
void open_safely(lua_State *L);
int message_handler(lua_State *L);
void stop_hook(lua_State *L, lua_Debug *ar);
void lb_receive_nothing(bridge *b);
void hook(bridge *b, lua_State *L);
/// Raises the stop that was asked for, if one was: for C that runs long.
void poll_stop(lua_State *L);
/// True when the value on top is the one that a stop travels as.
bool is_stop(lua_State *L);

// Coroutines.c
void open_coroutines(lua_State *L);

// Memory.c
void count_bytes(bridge *b, lua_State *L, int64_t bytes);
void *allocate_memory(void *context, void *block, size_t old, size_t new);

// Patterns.c
void open_patterns(lua_State *L);

// Library.c
void open_library(lua_State *L);
int load_long(lua_State *L);

// Console.c
void open_console(lua_State *L);
void close_console(bridge *b);
/// Prints everything on the stack through the shell; false when it does not take that.
bool print_through(lua_State *L);
/// Asks for a line at the terminal; false at the end of input. Raises when a stop is asked for.
bool ask_for_line(lua_State *L);

// Processes.c
void open_processes(lua_State *L);

// Reading.c
void open_reading(lua_State *L);
/// Waits until there is something to read; raises when a stop is asked for.
void wait_readable(lua_State *L, int descriptor);
#endif
