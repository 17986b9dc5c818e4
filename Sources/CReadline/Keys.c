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
/// In front of what was typed ahead.
static void put_back(const char *bytes, size_t count) {
  if (count == 0) return;
  unsigned char *rest = ahead;
  size_t at = ahead_at, end = ahead_end;
  ahead = NULL;
  ahead_at = ahead_end = 0;
  cr_type_ahead(bytes, count);
  if (end > at) cr_type_ahead((const char *)rest + at, end - at);
  free(rest);
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
  put_back("x00", 3);
  return '\\';
}

// MARK: Characters

static int strange;
static unsigned char first_strange;
int cr_take_strange(unsigned char *first) {
  int count = strange;
  *first = first_strange;
  strange = 0;
  return count;
}

/// Bytes after the first of a UTF-8 character that begins so; 0 where none does.
static int following(int byte) {
  return byte >= 0xC2 && byte <= 0xDF ? 1 : byte >= 0xE0 && byte <= 0xEF ? 2 : byte >= 0xF0 && byte <= 0xF4 ? 3 : 0;
}
/// Whether these bytes are one character, which is neither a surrogate nor spelt longer than it has to be.
static bool is_character(const unsigned char *bytes, int count) {
  for (int i = 1; i < count; i++) if ((bytes[i] & 0xC0) != 0x80) return false;
  switch (bytes[0]) {
  case 0xE0: return bytes[1] >= 0xA0;
  case 0xED: return bytes[1] <= 0x9F;
  case 0xF0: return bytes[1] >= 0x90;
  case 0xF4: return bytes[1] <= 0x8F;
  default: return count > 1;
  }
}
/// Readline holds back what does not end a character, and loses it with the line: a byte that belongs to none is written out as
/// Lua's \xE9.
static int whole_character(int byte) {
  static int known;  // bytes ahead that are the rest of a character
  if (known > 0) { known--; return byte; }
  if (byte < 0x80) return byte;
  unsigned char all[4] = { (unsigned char)byte };
  int count = 1, whole = 1 + following(byte);
  for (int next; count < whole && (next = read_byte(50)) >= 0; count++) {
    all[count] = (unsigned char)next;
    if ((next & 0xC0) != 0x80) { count++; break; }
  }
  put_back((const char *)all + 1, count - 1);
  if (count == whole && is_character(all, count)) {
    known = count - 1;
    return byte;
  }
  if (strange++ == 0) first_strange = (unsigned char)byte;
  char name[4];
  snprintf(name, sizeof name, "x%02X", byte);
  put_back(name, 3);
  return '\\';
}

int read_key(FILE *stream) {
  (void)stream;
  int byte = read_byte(-1);
  return byte < 0 ? EOF : whole_character(without_nul(byte));
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
