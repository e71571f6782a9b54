/* SPDX-License-Identifier: MIT */
/* Keeps what was said on one connection, and writes it down to a finding as a scenario that says it
   again: the finding is then reproduced by postel check. Passwords are not kept: the scenario logs
   in as
   ${alice}, whom the target file declares. */
#ifndef TRACE_CUT_H
#define TRACE_CUT_H

#include "session/session.h"

struct cut;

MUST_USE struct cut *cut_new(enum protocol protocol);
void cut_free(struct cut **cut);

/* The next unit of the conversation. Beyond 1 MiB nothing more is kept, and no scenario written. */
void cut_add(struct cut *cut, const struct session_event *event);

/* Writes FOLDER/RULE-SERIAL.scn and returns its name as new text; NULL with *error (new text) when
   it cannot. */
MUST_USE char *cut_write(const struct cut *cut, const char *folder, unsigned serial,
                         const struct finding *finding, char **error);

#endif
