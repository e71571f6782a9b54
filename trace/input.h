/* SPDX-License-Identifier: MIT */
/* Opens what a user calls a recording: a log, a pair of rawlogs, a capture, "-". */
#ifndef TRACE_INPUT_H
#define TRACE_INPUT_H

#include "trace/recording.h"

struct input_error {
    char text[512]; /* names the file and what was expected */
};

/* Reads a file into the recording, in the format of this name or, with NULL, in the format that
   its content tells. keylog: a TLS key log file for captures, or NULL. False: unreadable, and
   error says why. The recording must be given to recording_fini() either way. */
MUST_USE bool input_read(struct recording *r, const char *file, const char *format,
                         const char *keylog, struct input_error *error);

/* --format takes this name. */
bool input_is_format(const char *name);

/* The names of all formats, for messages: calls each with its name and title. */
void input_formats(void (*each)(void *context, const char *name, const char *title), void *context);

#endif
