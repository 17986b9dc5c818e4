// Lua's memory: counted, limited, and refused while it is still Lua's error and not yet the kernel's kill.
#include "Bridge.h"
#include <fcntl.h>
#include <unistd.h>

// MARK: What there is

// The number in a small file of the kernel, after `label` where there is one; SIZE_MAX without.
static size_t read_number(const char *path, const char *label) {
    char text[4096];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return SIZE_MAX;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return SIZE_MAX;
    text[count] = 0;
    const char *place = label ? strstr(text, label) : text;
    if (!place) return SIZE_MAX;
    if (label) place += strlen(label);
    while (*place == ' ' || *place == '\t') place++;
    if (*place < '0' || *place > '9') return SIZE_MAX;   // "max"
    return (size_t)strtoull(place, NULL, 10);
}
static size_t either(const char *path, const char *other) {
    size_t number = read_number(path, NULL);
    return number != SIZE_MAX ? number : read_number(other, NULL);
}
static size_t container_limit(void) {
    return either("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes");
}

size_t lb_default_limit(void) {
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    size_t memory = pages > 0 && size > 0 ? (size_t)pages * (size_t)size : 0, limit = container_limit();
    if (limit < memory || memory == 0) memory = limit == SIZE_MAX ? 0 : limit;
    return memory / 4 * 3;
}

// Bytes that can be had without pushing others out; SIZE_MAX where the kernel does not say.
static size_t available(void) {
    size_t kilobytes = read_number("/proc/meminfo", "MemAvailable:");
    size_t free = kilobytes == SIZE_MAX ? SIZE_MAX : kilobytes * 1024, limit = container_limit();
    if (limit == SIZE_MAX || limit > (size_t)1 << 60) return free;
    size_t used = either("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes");
    // What the group's page cache holds can be had, too.
    size_t cache = read_number("/sys/fs/cgroup/memory.stat", "inactive_file ");
    if (used == SIZE_MAX) return free;
    if (cache != SIZE_MAX) used = used > cache ? used - cache : 0;
    size_t left = limit > used ? limit - used : 0;
    return left < free ? left : free;
}

// MARK: Bytes behind objects

// Lua counts its own bytes only: a picture of a megabyte is the 40 bytes of its box, and thousands of dropped ones would
// stay until the boxes alone are worth a collection. So the collector advances as if Lua had allocated the bytes. The
// new object is on the stack.
void count_bytes(bridge *b, lua_State *L, int64_t bytes) {
    enum { GRAIN = 64 << 10, MOST = 1 << 20 };   // in bytes; in kilobytes a step, more than any collection takes
    if (bytes <= 0) return;
    b->untold = (size_t)bytes > SIZE_MAX - b->untold ? SIZE_MAX : b->untold + (size_t)bytes;
    // Told later where a script has stopped the collector, or in one of its finalizers.
    if (b->untold < GRAIN || lua_gc(L, LUA_GCISRUNNING) != 1) return;
    size_t kilobytes = b->untold >> 10;
    b->untold = 0;
    lua_gc(L, LUA_GCSTEP, kilobytes < MOST ? (int)kilobytes : (int)MOST);
}

// MARK: The allocator

enum { STRIDE = 64 << 20, RESERVE = 128 << 20 };

// Models may have taken what the limit leaves to Lua: each time that it has grown by a stride, the kernel is asked.
static bool is_there(bridge *b, size_t total, size_t more) {
    if (more < STRIDE && total / STRIDE <= b->asked) return true;
    if (available() < more + RESERVE) return false;
    b->asked = total / STRIDE;
    return true;
}

// Where it gives nothing, Lua collects all that it can, asks again, and raises its error then.
void *allocate_memory(void *context, void *block, size_t old, size_t new) {
    bridge *b = context;
    if (!block) old = 0;
    if (new == 0) {
        free(block);
        b->memory -= old;
        return NULL;
    }
    if (new > old) {   // shrinking must not fail
        size_t total = b->memory - old + new;
        if (b->limit && total > b->limit) return NULL;
        if (b->fail_after == 0) return NULL;
        if (b->fail_after > 0) b->fail_after--;
        if (!is_there(b, total, new - old)) return NULL;
    }
    void *out = realloc(block, new);
    if (out) b->memory += new - old;
    if (b->memory / STRIDE < b->asked) b->asked = b->memory / STRIDE;
    return out;
}

void lb_limit_memory(lb_state b, size_t bytes) { b->limit = bytes; }
size_t lb_memory(lb_state b) { return b->memory; }
void lb_fail_allocation(lb_state b, int64_t count) { b->fail_after = count; }
