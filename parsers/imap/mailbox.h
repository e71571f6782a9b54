/* SPDX-License-Identifier: MIT */
/* Mailbox names: astrings, of which INBOX in any case is one, checked for modified UTF-7 unless
   UTF-8 names are in force (IMAP_PROFILE_UTF8). */
#ifndef PARSERS_IMAP_MAILBOX_H
#define PARSERS_IMAP_MAILBOX_H

#include "parsers/imap/string.h"

struct imap_mailbox {
    struct imap_string name;
    bool inbox;
};

MUST_USE enum parse_rc imap_parse_mailbox(struct parse *p, struct imap_mailbox *out);
/* The same in a response, where the octet (or, with '\r', the end of the line) comes next behind at
   most one SP. A quirk accepts bare names with spaces and control characters. Never NOMATCH. */
MUST_USE enum parse_rc imap_parse_mailbox_before(struct parse *p, uint8_t next,
                                                 struct imap_mailbox *out);

void imap_emit_mailbox(struct out *o, const struct imap_mailbox *mailbox);

struct imap_mailbox imap_mailbox_make(struct span name);

/* Judges the name of a string that is a mailbox name in another grammar (list patterns …). */
MUST_USE enum parse_rc imap_mailbox_check(struct parse *p, const struct imap_string *name);

#endif
