// Files mapped into memory, and what becomes of them when another program cuts them short.
//
// Reading a page of a mapping that lies beyond the end of its file is a SIGBUS, which ends the process: somewhere inside
// libtorch, on any of its threads, from where nothing can be unwound. So the handler puts zeros in the place of what is
// gone, from that page to the end of the mapping, and notes it; whoever reads looks at the note afterwards.
#ifndef CMAPPING_H
#define CMAPPING_H
#include <stdbool.h>
#include <stddef.h>

/// One mapping that the handler knows.
typedef struct cf_mapping *cf_mapping;

/// Maps a file from its start, private and writable, and guards it. NULL with the reason in errno.
///
/// Takes the signal over where it is not ours. What was there before gets the signals of all other addresses.
cf_mapping cf_map(int descriptor, size_t bytes);
/// Unmaps it; nobody reads it any more.
void cf_unmap(cf_mapping mapping);
/// The first byte.
void *cf_start(cf_mapping mapping);
/// Gives back the memory of the whole pages in these bytes, which lie in a mapping: they are read from the file again when they are
/// looked at. What was written to them is lost.
void cf_forget(void *start, size_t bytes);
/// True once a page of it was not there.
bool cf_is_lost(cf_mapping mapping);
/// How many times pages of any mapping were not there, in the life of the process.
size_t cf_losses(void);
#endif
