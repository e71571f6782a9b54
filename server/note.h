/* SPDX-License-Identifier: MIT */
/* A list of names with values, as mailboxes carry them: annotations (RFC 5464), rights (RFC 4314).
   NULL is the empty list. */
#ifndef SERVER_NOTE_H
#define SERVER_NOTE_H

#include "parsers/core/span.h"

struct note {
    struct note *next;
    char *name;
    uint8_t *value;
    size_t len;
};

/* The note of this name, in any case, or NULL. */
const struct note *note_find(const struct note *first, struct span name);
size_t note_count(const struct note *first);

/* Copies both; a note of this name gets the new value, a new one stands last. */
void note_set(struct note **first, struct span name, struct span value);
void note_remove(struct note **first, struct span name);
void note_free_all(struct note **first);

static inline struct span note_value(const struct note *note)
{
    return (struct span){note->value, note->len};
}

#endif
