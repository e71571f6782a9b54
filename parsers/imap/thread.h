/* SPDX-License-Identifier: MIT */
/* THREAD responses (RFC 5256). */
#ifndef PARSERS_IMAP_THREAD_H
#define PARSERS_IMAP_THREAD_H

#include "parsers/imap/number.h"

/* A message, or (number 0) the missing parent of several threads. A thread "(1 2 (3)(4))" is the
   chain 1, 2, whose last node has the children 3 and 4. */
struct imap_thread {
    const struct imap_thread *next;   /* the next thread of the same list */
    const struct imap_thread *reply;  /* the next message of the chain */
    const struct imap_thread *nested; /* of the chain's last message: threads in parentheses */
    uint64_t number;
};

/* [SP 1*thread-list], behind THREAD; never NOMATCH. *out is NULL for no thread. */
MUST_USE enum parse_rc imap_parse_thread_data(struct parse *p, const struct imap_thread **out);
void imap_emit_thread_data(struct out *o, const struct imap_thread *threads);

#endif
