/* SPDX-License-Identifier: MIT */
/* One line of the reply to CAPA: RFC 2449 sections 3, 5 and 6, with the capabilities that later
   RFCs added. Unknown tags are values. Spans borrow from the unit. */
#ifndef PARSERS_POP3_CAPABILITY_H
#define PARSERS_POP3_CAPABILITY_H

#include "parsers/core/out.h"
#include "parsers/core/parse.h"

enum pop3_capa {
    POP3_CAPA_UNKNOWN = 0,
    POP3_CAPA_TOP,
    POP3_CAPA_USER,
    POP3_CAPA_SASL,
    POP3_CAPA_RESP_CODES,
    POP3_CAPA_LOGIN_DELAY,
    POP3_CAPA_PIPELINING,
    POP3_CAPA_EXPIRE,
    POP3_CAPA_UIDL,
    POP3_CAPA_IMPLEMENTATION,
    POP3_CAPA_STLS,           /* RFC 2595 */
    POP3_CAPA_AUTH_RESP_CODE, /* RFC 3206 */
    POP3_CAPA_UTF8,           /* RFC 6856 */
    POP3_CAPA_LANG,
    POP3_CAPA_COUNT,
};

struct pop3_capability {
    enum pop3_capa tag;
    struct span name;       /* as written; empty in a value to emit: the tag's own name */
    struct span parameters; /* all behind the name's SP, as written; empty in a value to emit: made
                               from the fields below */
    uint64_t number;        /* LOGIN-DELAY: seconds; EXPIRE: days */
    bool never;             /* EXPIRE NEVER */
    bool user;              /* LOGIN-DELAY, EXPIRE, UTF8: followed by USER */
};

/* From the tag up to, not with, the CRLF. */
MUST_USE enum parse_rc pop3_parse_capability(struct parse *p, struct pop3_capability *out);
void pop3_emit_capability(struct out *o, const struct pop3_capability *capability);

/* Walks the parameters, separated by SP: the next one, or false at the end. rest begins as the
   parameters. */
bool pop3_parameter_next(struct span *rest, struct span *out);

const char *pop3_capa_text(enum pop3_capa tag); /* "RESP-CODES"; "" for unknown */
enum pop3_capa pop3_capa_of(struct span name);

#endif
