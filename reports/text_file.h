/* SPDX-License-Identifier: MIT */
/* Whole files in and out: read into memory with a limit; written beside their place and renamed,
   so that nobody sees half a report. */
#ifndef REPORTS_TEXT_FILE_H
#define REPORTS_TEXT_FILE_H

#include <stdio.h>

#include "parsers/core/span.h"

/* All octets of a file of at most limit octets, in new memory with a NUL behind them; false with
   errno set when it cannot be read, or is longer (EFBIG). */
MUST_USE bool text_file_read(const char *path, size_t limit, struct span *out);

/* A file that is being written: the path itself is made only by text_file_close(). */
struct text_file {
    FILE *stream; /* NULL: not open */
    char *path;
    char *temporary; /* NULL: path is written directly (a device, a pipe, "-") */
};

/* Opens for writing; "-" is the standard output. On false errno says why. */
MUST_USE bool text_file_open(struct text_file *file, const char *path);

/* The same, but at once at its place, for what is read while it grows. */
MUST_USE bool text_file_open_growing(struct text_file *file, const char *path);

/* Flushes and renames; false with errno set when the octets did not reach the disk. An unopened
   file is fine. */
MUST_USE bool text_file_close(struct text_file *file);

/* Removes what was written. */
void text_file_abandon(struct text_file *file);

#endif
