#include "CMedia.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char line[512];

static void keep(void *context, int level, const char *format, va_list arguments) {
    (void)context;
    if (level > AV_LOG_ERROR || line[0]) return;   // the first line says why, the ones after it what followed
    vsnprintf(line, sizeof line, format, arguments);
    for (size_t end = strlen(line); end > 0 && (line[end - 1] == '\n' || line[end - 1] == '.'); end--) line[end - 1] = 0;
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < 32 || *c == 127) *c = ' ';   // a file's own text must not reach the terminal raw
}

static void install(void) { av_log_set_callback(keep); }

void cm_log_install(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
}

const char *cm_log_line(void) { return line; }
void cm_log_clear(void) { line[0] = 0; }
