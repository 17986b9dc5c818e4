// The whole SentencePiece boundary.
//
//  * Functions with a status return 0, 1 for an error or 2 when memory ran out, with the message in csp_last_error().
//  * Inputs are borrowed. Every `out` buffer is the caller's: free it once with csp_free().
//  * No exception leaves this header. A processor may be used by several threads at once (it is only read).
#ifndef CSENTENCEPIECE_H
#define CSENTENCEPIECE_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct csp_opaque *csp_processor;
typedef int csp_status;

const char *csp_last_error(void);  // thread-local, valid until the next failure on this thread
void csp_free(void *buffer);

// A model from the bytes of a spiece.model file.
csp_status csp_open(const void *model, size_t length, csp_processor *out);
void csp_close(csp_processor processor);

int32_t csp_piece_count(csp_processor processor);
int32_t csp_unknown(csp_processor processor);  // the ID of the unknown piece
csp_status csp_piece(csp_processor processor, int32_t id, char **out, size_t *length);
int32_t csp_piece_id(csp_processor processor, const char *piece, size_t length);  // csp_unknown() when there is none

// `text` is UTF-8 and may hold NUL.
csp_status csp_encode(csp_processor processor, const char *text, size_t length, int32_t **out, size_t *count);
csp_status csp_decode(csp_processor processor, const int32_t *ids, size_t count, char **out, size_t *length);

// Trains on `count` sentences; `options` are `option_count` pairs "name", "value" as spm_train knows them.
csp_status csp_train(const char *const *sentences, const size_t *lengths, size_t count, const char *const *options,
                     size_t option_count, void **out, size_t *length);

#ifdef __cplusplus
}
#endif
#endif
