// Where readline draws. Terminals disagree about how wide a picture of several code points is, and readline would put the cursor
// elsewhere than they do: joiners and picture selectors are left out on the screen, so that every code point stands for itself.
#define _GNU_SOURCE   // fopencookie
#include "Internal.h"
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int target;
static unsigned char held[2];   // the beginning of what may be left out
static size_t held_count;

static bool write_all(const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t wrote = write(target, bytes, count);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes += wrote;
    count -= (size_t)wrote;
  }
  return true;
}
/// U+200D, zero width joiner, and U+FE0F, the selector of the picture.
static const unsigned char left_out[2][3] = { { 0xE2, 0x80, 0x8D }, { 0xEF, 0xB8, 0x8F } };

static ssize_t draw(void *context, const char *text, size_t size) {
  (void)context;
  char out[1024];
  size_t count = 0;
  for (size_t i = 0; i < size; i++) {
    unsigned char byte = (unsigned char)text[i];
    if (count > sizeof out - 4) {
      if (!write_all(out, count)) return -1;
      count = 0;
    }
    int like = -1;
    for (int which = 0; which < 2; which++)
      if (memcmp(held, left_out[which], held_count) == 0 && byte == left_out[which][held_count]) like = which;
    if (like >= 0 && held_count == 2) {
      held_count = 0;
    } else if (like >= 0) {
      held[held_count++] = byte;
    } else {
      memcpy(out + count, held, held_count);
      count += held_count;
      held_count = 0;
      if (byte == left_out[0][0] || byte == left_out[1][0]) held[held_count++] = byte;
      else out[count++] = (char)byte;
    }
  }
  return write_all(out, count) ? (ssize_t)size : -1;
}

FILE *open_drawing(int descriptor) {
  target = descriptor;
  return fopencookie(NULL, "w", (cookie_io_functions_t){ .write = draw });
}
