/* SPDX-License-Identifier: MIT */
/* What ABNF cannot say: <name> in a grammar file is one of these. */
#ifndef FUZZ_ABNF_PROSE_H
#define FUZZ_ABNF_PROSE_H

#include "fuzz/abnf/random.h"
#include "parsers/core/out.h"

struct abnf_prose {
    const char *name; /* between the angle brackets */
    size_t shortest;  /* octets of the shortest match */
    /* The length of what matches at pos; SIZE_MAX: nothing, with *far at the octet that is wrong.
       There is at most one match at a place. */
    size_t (*match)(struct span in, size_t pos, size_t *far);
    /* Writes one of at most room octets; room is at least shortest. */
    void (*generate)(struct out *out, struct abnf_random *random, size_t room);
};

/* NULL if there is none of this name. */
const struct abnf_prose *abnf_prose_find(struct span name);

#endif
