// libcurl for Swift: one request at a time over a connection that is kept, with what Swift cannot call (variadic setters)
// behind one function. Nothing is ever followed, retried or stored here.
#ifndef CCURL_H
#define CCURL_H
#include <stdbool.h>
#include <stddef.h>

/// A connection to use again and again, by one thread at a time.
typedef struct cc_session cc_session;
/// NULL without memory.
cc_session *cc_session_new(void);
void cc_session_free(cc_session *session);

typedef struct {
    const char *method, *url;
    /// "Name: value" each, ended by NULL.
    const char *const *headers;
    const void *body;            // NULL: none
    size_t body_length;
    long long upload_length;     // bytes that the receiver's `upload` gives instead of a body; -1: none
    bool identity;               // the answer's body as it is: asks for no packing and unpacks none
    long connect_seconds;        // to be connected
    long idle_seconds;           // without a byte in either direction
    long total_seconds;          // for all of it; 0: no limit
    const char *authorities;     // a file of certificates; NULL: the system's
    bool direct;                 // past any proxy
    bool once;                   // over a connection of its own: curl sends again what a kept one has swallowed
} cc_request;

typedef struct {
    /// Takes bytes of the answer's body; less than `count` ends the transfer.
    size_t (*body)(void *context, const char *bytes, size_t count);
    /// Takes one line of the answer's head.
    void (*header)(void *context, const char *bytes, size_t count);
    /// Whether the transfer is to end; asked ten times a second at least.
    bool (*stop)(void *context);
    /// Gives up to `count` bytes of what is sent, from `offset` of it; -1 ends the transfer.
    long (*upload)(void *context, char *bytes, size_t count, long long offset);
    void *context;
} cc_receiver;

/// What became of a request.
typedef enum {
    CC_DONE, CC_STOPPED, CC_TOO_LONG, CC_NO_HOST, CC_NO_CONNECTION, CC_NOT_TRUSTED, CC_TIMED_OUT, CC_BROKEN, CC_MALFORMED,
} cc_outcome;
enum { CC_REASON = 256 };
/// Performs the request. `status` is that of the answer, 0 without one; `reason` (CC_REASON bytes) is the library's sentence.
cc_outcome cc_perform(cc_session *session, const cc_request *request, const cc_receiver *receiver, long *status, char *reason);

#endif
