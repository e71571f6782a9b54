/* SPDX-License-Identifier: MIT */
/* One SMTP or LMTP reply, of one line or more (FRAME_MODE_SMTP_REPLY). Values borrow from the unit
   and the arena. */
#ifndef PARSERS_SMTP_REPLY_H
#define PARSERS_SMTP_REPLY_H

#include "parsers/core/out.h"
#include "parsers/core/parse.h"

/* RFC 2034, RFC 3463 */
struct smtp_enhanced {
    bool present;
    uint8_t status_class; /* 2, 4 or 5 */
    uint16_t subject;
    uint16_t detail;
    struct span text; /* "5.7.1" as written */
};

struct smtp_reply_line {
    const struct smtp_reply_line *next;
    uint16_t code;
    uint8_t separator; /* ' ' or '-'; 0: the code stands alone */
    struct span text;  /* all behind the separator, without the line end */
    struct smtp_enhanced enhanced;
    struct span human; /* text behind the enhanced status code */
    uint64_t off;      /* stream offset of the line */
};

struct smtp_reply {
    uint16_t code;                 /* of the last line */
    struct smtp_enhanced enhanced; /* of the first line that has one */
    const struct smtp_reply_line *lines;
    size_t line_count;
};

/* RFC 5321 section 4.2: Greeting, Reply-line and their continuation; the whole unit. Enhanced
   status codes are recognised, not demanded: that is the session's to judge. */
MUST_USE enum parse_rc smtp_parse_reply(struct parse *p, struct smtp_reply *out);
void smtp_emit_reply(struct out *o, const struct smtp_reply *reply);

/* RFC 2034 section 4: status-code = class "." subject "." detail; followed by SP or the end. */
MUST_USE enum parse_rc smtp_parse_status_code(struct parse *p, struct smtp_enhanced *out);

/* The line end must be CRLF; a bare LF is a deviation. Shared by commands and replies. */
MUST_USE enum parse_rc smtp_parse_line_end(struct parse *p, enum rule rule);

#endif
