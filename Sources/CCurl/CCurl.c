#include "CCurl.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cc_session {
    CURL *easy;
    CURLM *multi;
};

static void start(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

cc_session *cc_session_new(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start);
    cc_session *session = calloc(1, sizeof *session);
    if (!session) return NULL;
    session->easy = curl_easy_init();
    session->multi = curl_multi_init();
    if (session->easy && session->multi) return session;
    cc_session_free(session);
    return NULL;
}

void cc_session_free(cc_session *session) {
    if (!session) return;
    if (session->easy) curl_easy_cleanup(session->easy);
    if (session->multi) curl_multi_cleanup(session->multi);
    free(session);
}

typedef struct {
    const cc_receiver *receiver;
    bool is_full;
    long long sent;
} transfer;

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    transfer *now = context;
    size_t taken = now->receiver->body(now->receiver->context, bytes, size * count);
    if (taken != size * count) now->is_full = true;
    return taken;
}
static size_t take_header(char *bytes, size_t size, size_t count, void *context) {
    transfer *now = context;
    now->receiver->header(now->receiver->context, bytes, size * count);
    return size * count;
}

static size_t give_body(char *bytes, size_t size, size_t count, void *context) {
    transfer *now = context;
    long given = now->receiver->upload(now->receiver->context, bytes, size * count, now->sent);
    if (given < 0) return CURL_READFUNC_ABORT;
    now->sent += given;
    return (size_t)given;
}
/// A connection that was kept may have been closed meanwhile: curl then sends again, from the beginning.
static int seek_body(void *context, curl_off_t offset, int origin) {
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    ((transfer *)context)->sent = offset;
    return CURL_SEEKFUNC_OK;
}

static cc_outcome outcome(CURLcode code, bool is_full) {
    if (is_full) return CC_TOO_LONG;
    switch (code) {
    case CURLE_OK: return CC_DONE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return CC_NO_HOST;
    case CURLE_COULDNT_CONNECT: return CC_NO_CONNECTION;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return CC_NOT_TRUSTED;
    case CURLE_OPERATION_TIMEDOUT: return CC_TIMED_OUT;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return CC_MALFORMED;
    default: return CC_BROKEN;
    }
}

cc_outcome cc_perform(cc_session *session, const cc_request *request, const cc_receiver *receiver, long *status, char *reason) {
    CURL *easy = session->easy;
    transfer now = {receiver, false, 0};
    struct curl_slist *headers = NULL;
    // curl would wait for a "100 Continue" that many servers never send.
    headers = curl_slist_append(headers, "Expect:");
    for (const char *const *line = request->headers; *line; line++) headers = curl_slist_append(headers, *line);
    reason[0] = 0;
    *status = 0;
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason);
    if (!request->identity) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_TRANSFER_DECODING, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, request->connect_seconds);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, request->idle_seconds);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, request->total_seconds);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (strcmp(request->method, "HEAD") == 0) curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (request->upload_length >= 0) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->upload_length);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
        curl_easy_setopt(easy, CURLOPT_READDATA, &now);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, &now);
    }
    if (request->body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    }
    if (request->authorities) curl_easy_setopt(easy, CURLOPT_CAINFO, request->authorities);
    if (request->once) curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    if (request->direct) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &now);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &now);

    // A multi handle, because its own wait ends in time to look at `stop`; an easy one asks once a second.
    cc_outcome result = CC_BROKEN;
    int running = 1;
    curl_multi_add_handle(session->multi, easy);
    while (running) {
        CURLMcode code = curl_multi_perform(session->multi, &running);
        if (code == CURLM_OK && running) code = curl_multi_poll(session->multi, NULL, 0, 50, NULL);
        if (code != CURLM_OK) {
            strncpy(reason, curl_multi_strerror(code), CC_REASON - 1);
            reason[CC_REASON - 1] = 0;
            break;
        }
        if (running && receiver->stop(receiver->context)) {
            result = CC_STOPPED;
            break;
        }
    }
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(session->multi, &left));) {
        if (message->msg != CURLMSG_DONE) continue;
        result = outcome(message->data.result, now.is_full);
        if (!reason[0]) {
            strncpy(reason, curl_easy_strerror(message->data.result), CC_REASON - 1);
            reason[CC_REASON - 1] = 0;
        }
    }
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
    curl_multi_remove_handle(session->multi, easy);
    // The buffers that the handle points to are the caller's.
    curl_easy_reset(easy);
    curl_slist_free_all(headers);
    return result;
}
