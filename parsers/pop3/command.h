/* SPDX-License-Identifier: MIT */
/* POP3 commands: RFC 1939, 2449 (CAPA), 2595 (STLS), 5034 (AUTH), 6856 (UTF8, LANG). Unknown
   keywords are values. All spans borrow from the unit. */
#ifndef PARSERS_POP3_COMMAND_H
#define PARSERS_POP3_COMMAND_H

#include "parsers/core/out.h"
#include "parsers/core/parse.h"

enum pop3_verb {
    POP3_UNKNOWN = 0,
    POP3_USER,
    POP3_PASS,
    POP3_APOP,
    POP3_AUTH,
    POP3_STLS,
    POP3_CAPA,
    POP3_UTF8,
    POP3_LANG,
    POP3_QUIT,
    POP3_STAT,
    POP3_LIST,
    POP3_RETR,
    POP3_DELE,
    POP3_NOOP,
    POP3_RSET,
    POP3_TOP,
    POP3_UIDL,
    POP3_VERB_COUNT,
};

enum { POP3_COMMAND_LIMIT = 255 }; /* octets with CRLF, RFC 2449 section 4 */

struct pop3_command {
    enum pop3_verb verb;
    struct span keyword;   /* as written; empty in a value to emit: the verb's own name */
    struct span arguments; /* all behind the keyword's SP, as written; empty in a value to emit:
                              made from the fields below */
    bool has_number;
    uint64_t number;     /* LIST, UIDL (optional), RETR, DELE, TOP */
    uint64_t lines;      /* TOP */
    struct span name;    /* USER and APOP: mailbox; PASS: password; AUTH: mechanism; LANG: range */
    struct span digest;  /* APOP */
    bool has_initial;    /* AUTH */
    struct span initial; /* AUTH: base64, or "=" for an empty response */
};

/* A whole unit with its CRLF. utf8: octets above 127 are legal in USER, PASS and APOP. On PARSE_BAD
   verb, keyword and arguments are set as far as they were read. */
MUST_USE enum parse_rc pop3_parse_command(struct parse *p, bool utf8, struct pop3_command *out);
void pop3_emit_command(struct out *o, const struct pop3_command *command);

/* "RETR"; "" for POP3_UNKNOWN. */
const char *pop3_verb_text(enum pop3_verb verb);
enum pop3_verb pop3_verb_of(struct span keyword);

/* One line of the client in an AUTH exchange: base64, an empty line, or "*". */
struct pop3_sasl_response {
    bool cancel;
    struct span base64; /* as written, perhaps empty */
};
MUST_USE enum parse_rc pop3_parse_sasl_response(struct parse *p, struct pop3_sasl_response *out);
void pop3_emit_sasl_response(struct out *o, const struct pop3_sasl_response *response);

#endif
