// SHA-256 and SHA-1 over what comes in pieces: in C, because a checkpoint of 28 GB is hashed while it is fetched.
#ifndef CDIGEST_H
#define CDIGEST_H
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t state[8];
    uint64_t length;      // bytes so far
    uint8_t block[64];
    int is_sha1;
} cd_state;

void cd_begin(cd_state *self, int is_sha1);
void cd_add(cd_state *self, const void *bytes, size_t count);
/// Writes 32 bytes, of SHA-1 20; returns how many. `self` is used up.
int cd_end(cd_state *self, uint8_t *out);

#endif
