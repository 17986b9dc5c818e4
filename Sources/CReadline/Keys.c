// What the terminal sends, on its way to readline: keys that were typed before there was a line, replies that come too late to
// be waited for, pastes that hold a NUL.
#include "Internal.h"
#include <errno.h>
#include <poll.h>
#include <readline/readline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// MARK: Typed ahead

static unsigned char *ahead;
static size_t ahead_at, ahead_end;

void cr_type_ahead(const char *bytes, size_t count) {
  unsigned char *all = malloc(ahead_end - ahead_at + count + 1);
  if (!all) return;
  memcpy(all, ahead + ahead_at, ahead_end - ahead_at);
  memcpy(all + ahead_end - ahead_at, bytes, count);
  ahead_end = ahead_end - ahead_at + count;
  ahead_at = 0;
  free(ahead);
  ahead = all;
}
bool has_typed_ahead(void) { return ahead_at < ahead_end; }

/// One byte; -1 at the end of input, or when none comes in time (-1: for ever).
static int read_byte(int milliseconds) {
  if (has_typed_ahead()) return ahead[ahead_at++];
  struct pollfd input = { STDIN_FILENO, POLLIN, 0 };
  unsigned char byte;
  for (;;) {
    if (milliseconds >= 0 && poll(&input, 1, milliseconds) <= 0) return -1;
    ssize_t got = read(STDIN_FILENO, &byte, 1);
    if (got == 1) return byte;
    if (got < 0 && errno == EINTR && !cr_termination()) continue;
    return -1;
  }
}

// MARK: Pastes

/// A C string ends at a NUL, and what came after it in a paste would be lost: it is written out instead.
static int without_nul(int byte) {
  static const char begin[] = "\033[200~", end[] = "\033[201~";
  static bool is_pasting;
  static size_t matched;
  const char *mark = is_pasting ? end : begin;
  matched = byte == mark[matched] ? matched + 1 : byte == mark[0] ? 1 : 0;
  if (matched == sizeof begin - 1) {
    is_pasting = !is_pasting;
    matched = 0;
  }
  if (byte != 0 || !is_pasting) return byte;
  // In front of what was typed ahead, of which it is a part.
  unsigned char *rest = ahead;
  size_t at = ahead_at, count = ahead_end - ahead_at;
  ahead = NULL;
  ahead_at = ahead_end = 0;
  cr_type_ahead("x00", 3);
  if (count) cr_type_ahead((const char *)rest + at, count);
  free(rest);
  return '\\';
}

int read_key(FILE *stream) {
  (void)stream;
  int byte = read_byte(-1);
  return byte < 0 ? EOF : without_nul(byte);
}

// MARK: Replies

/// The answer to a question about the terminal's abilities: ESC [ ? … letter.
static int swallow_report(int count, int key) {
  (void)count; (void)key;
  for (int byte; (byte = read_byte(200)) >= 0 && (byte < 0x40 || byte > 0x7E);) {}
  return 0;
}
/// The answer to the kitty query: ESC _ G … ESC \.
static int swallow_picture_reply(int count, int key) {
  (void)count; (void)key;
  for (int byte, last = 0; (byte = read_byte(200)) >= 0 && !(last == 0x1B && byte == '\\'); last = byte) {}
  return 0;
}
void bind_replies(void) {
  rl_add_defun("ltxsh-report", swallow_report, -1);
  rl_add_defun("ltxsh-picture-reply", swallow_picture_reply, -1);
  rl_bind_keyseq("\\e[?", swallow_report);
  rl_bind_keyseq("\\e_G", swallow_picture_reply);
}
