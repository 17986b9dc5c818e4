// What the C files of the editor share.
#ifndef INTERNAL_H
#define INTERNAL_H
#include "CReadline.h"
#include <stdio.h>

// Keys.c
/// A key, from what was typed ahead or from the terminal; EOF when the terminal is gone.
int read_key(FILE *stream);
bool has_typed_ahead(void);
/// Keeps replies of the terminal out of the line, however late they come.
void bind_replies(void);

// Drawing.c
/// The stream that readline draws on. NULL when it cannot be made.
FILE *open_drawing(int descriptor);
#endif
