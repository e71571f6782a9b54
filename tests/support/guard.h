/* SPDX-License-Identifier: MIT */
/* Inputs that end exactly at an unreadable page, so that a read past the end is a crash. */
#ifndef TESTS_SUPPORT_GUARD_H
#define TESTS_SUPPORT_GUARD_H

#include "parsers/core/span.h"

struct guard {
    void *map;
    size_t map_len;
    struct span span; /* the copy; read-only */
};

/* Copies the octets before a guard page. */
void guard_init(struct guard *g, struct span octets);
void guard_fini(struct guard *g);

#endif
