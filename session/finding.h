/* SPDX-License-Identifier: MIT */
/* A finding: one broken rule, by one side, at one place of the conversation. Its spans and text
   live only during the call that reports it. */
#ifndef SESSION_FINDING_H
#define SESSION_FINDING_H

#include "parsers/core/span.h"
#include "parsers/rule.h"

enum side { SIDE_CLIENT, SIDE_SERVER };

/* "client", "server" */
static inline const char *side_text(enum side side)
{
    return side == SIDE_CLIENT ? "client" : "server";
}

struct finding {
    enum rule rule;
    enum side side;    /* who broke it */
    uint64_t off;      /* in that side's stream: the first octet that is wrong */
    size_t len;        /* octets that are wrong; 0 where something is missing */
    struct span unit;  /* the whole unit that it stands in; empty where nothing was sent */
    uint64_t unit_off; /* stream offset of the unit */
    const char *text;  /* what is wrong here, or what was expected; static */
    bool consequence;  /* only follows from an earlier finding (the stream is out of step) */
};

#endif
