/* SPDX-License-Identifier: MIT */
/* The time stamp line of RFC 5321 section 4.4: what each server puts above a message. */
#ifndef PARSERS_MESSAGE_STAMP_H
#define PARSERS_MESSAGE_STAMP_H

#include "parsers/message/date.h"
#include "parsers/smtp/path.h"

struct message_stamp {
    struct smtp_host from; /* who sent it, as he said in EHLO */
    struct smtp_host by;   /* who received it */
    struct span with;      /* protocol; empty: no such clause */
    struct span recipient; /* the path or mailbox of the clause "for", as written; empty: none */
    struct message_date date;
};

/* RFC 5321 section 4.4: Stamp, up to the end of the unit (a field's value). Comments are taken
   wherever white space may stand, and clauses behind "by" in any order; obsolete dates are wrong.
 */
MUST_USE enum parse_rc message_parse_stamp(struct parse *p, struct message_stamp *out);

#endif
