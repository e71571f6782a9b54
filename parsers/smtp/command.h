/* SPDX-License-Identifier: MIT */
/* One SMTP or LMTP command line, with its CRLF. Unknown verbs are values. Values borrow from the
   unit and the arena. */
#ifndef PARSERS_SMTP_COMMAND_H
#define PARSERS_SMTP_COMMAND_H

#include "parsers/smtp/parameter.h"
#include "parsers/smtp/path.h"

enum smtp_verb {
    SMTP_UNKNOWN = 0,
    SMTP_EHLO,
    SMTP_HELO,
    SMTP_LHLO,
    SMTP_MAIL,
    SMTP_RCPT,
    SMTP_DATA,
    SMTP_RSET,
    SMTP_VRFY,
    SMTP_EXPN,
    SMTP_HELP,
    SMTP_NOOP,
    SMTP_QUIT,
    SMTP_STARTTLS,
    SMTP_AUTH,
    SMTP_BDAT,
    SMTP_BURL,
    SMTP_ETRN,
    SMTP_VERB_COUNT,
};

struct smtp_command {
    enum smtp_verb verb;
    struct span word;                /* the verb as written */
    struct span argument;            /* all between the space behind the verb and CRLF */
    bool has_argument;               /* the space was there */
    struct span lead;                /* MAIL, RCPT: "FROM:" or "TO:" as written */
    struct smtp_host host;           /* EHLO, HELO, LHLO */
    struct smtp_path path;           /* MAIL, RCPT */
    const struct smtp_param *params; /* MAIL, RCPT, VRFY, EXPN; in wire order */
    struct span text;                /* VRFY, EXPN, HELP, NOOP: String or Atom as written */
    struct span mechanism;           /* AUTH */
    struct span initial;             /* AUTH: base64 or "=" as written */
    bool has_initial;                /* AUTH */
    uint64_t size;                   /* BDAT */
    struct span size_text;           /* BDAT: its digits as written */
    struct span url;                 /* BURL */
    bool last;                       /* BDAT, BURL */
    struct span last_text;           /* BDAT, BURL: "LAST" as written */
    uint8_t option;                  /* ETRN: "@", "#" or 0 */
    struct span node;                /* ETRN */
};

/* The whole unit as a command. BAD sets out as far as it was understood: verb and word are right
   whenever a verb stands there. */
MUST_USE enum parse_rc smtp_parse_command(struct parse *p, struct smtp_command *out);
void smtp_emit_command(struct out *o, const struct smtp_command *command);

/* "MAIL"; "" for SMTP_UNKNOWN. */
const char *smtp_verb_text(enum smtp_verb verb);
enum smtp_verb smtp_verb_by_name(struct span word);

#endif
