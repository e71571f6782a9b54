/* SPDX-License-Identifier: MIT */
/* Puts values in the place of ${…}. */
#ifndef SCENARIOS_ENGINE_EXPAND_H
#define SCENARIOS_ENGINE_EXPAND_H

#include "scenarios/engine/pool.h"

enum expand_mode {
    EXPAND_PLAIN,    /* values as they are */
    EXPAND_QUOTED,   /* inside "…": quotes, backslashes, CR, LF and NUL escaped */
    EXPAND_TEMPLATE, /* "|" escaped: it would be an alternative */
};

struct expansion {
    struct pool *pool;
    /* Appends the value of a name; false when it is not bound. */
    bool (*lookup)(void *context, const char *name, struct bytes *out);
    void *context;
    const char *unbound; /* the name that was not bound */
    size_t unbound_pos;  /* of its "${" in the text */
};

/* Text with ${…} replaced and "$${" made "${"; false when a name was not bound. */
bool expand(struct expansion *e, struct span text, enum expand_mode mode, struct bytes *out);

/* The same, as text in the pool; NULL when a name was not bound. */
char *expand_text(struct expansion *e, const char *text, enum expand_mode mode);

#endif
