/* SPDX-License-Identifier: MIT */
/* resp-text: the code and the human-readable text behind OK, NO, BAD, PREAUTH, BYE and "+". */
#ifndef PARSERS_IMAP_TEXT_H
#define PARSERS_IMAP_TEXT_H

#include "parsers/imap/code.h"

struct imap_resp_text {
    struct imap_code code;
    struct span text; /* may be empty (IMAP4rev2) */
};

/* Up to the CRLF, which is not consumed; never NOMATCH. */
MUST_USE enum parse_rc imap_parse_resp_text(struct parse *p, struct imap_resp_text *out);
void imap_emit_resp_text(struct out *o, const struct imap_resp_text *text);

#endif
