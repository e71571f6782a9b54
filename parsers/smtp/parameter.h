/* SPDX-License-Identifier: MIT */
/* Parameters of MAIL, RCPT and the like: keyword, perhaps "=" and a value. Those of known
   extensions have their own syntax, which is checked; unknown ones are values too. Values borrow
   from the unit and the arena. */
#ifndef PARSERS_SMTP_PARAMETER_H
#define PARSERS_SMTP_PARAMETER_H

#include "parsers/core/out.h"
#include "parsers/core/parse.h"

enum smtp_param_kind {
    SMTP_PARAM_UNKNOWN = 0,
    SMTP_PARAM_SIZE,        /* RFC 1870: number */
    SMTP_PARAM_BODY,        /* RFC 6152, 3030: number is an enum smtp_body */
    SMTP_PARAM_RET,         /* RFC 3461: number is an enum smtp_ret */
    SMTP_PARAM_ENVID,       /* RFC 3461: text is xtext */
    SMTP_PARAM_NOTIFY,      /* RFC 3461: number is a set of SMTP_NOTIFY_… */
    SMTP_PARAM_ORCPT,       /* RFC 3461: type and text (xtext or utf-8-addr) */
    SMTP_PARAM_AUTH,        /* RFC 4954: text is xtext or "<>" */
    SMTP_PARAM_SMTPUTF8,    /* RFC 6531 */
    SMTP_PARAM_MT_PRIORITY, /* RFC 6710: priority */
    SMTP_PARAM_REQUIRETLS,  /* RFC 8689 */
    SMTP_PARAM_COUNT,
};

enum smtp_body { SMTP_BODY_7BIT, SMTP_BODY_8BITMIME, SMTP_BODY_BINARYMIME };
enum smtp_ret { SMTP_RET_FULL, SMTP_RET_HDRS };
enum {
    SMTP_NOTIFY_NEVER = 1,
    SMTP_NOTIFY_SUCCESS = 2,
    SMTP_NOTIFY_FAILURE = 4,
    SMTP_NOTIFY_DELAY = 8,
};

struct smtp_param {
    const struct smtp_param *next;
    enum smtp_param_kind kind;
    struct span keyword;
    struct span value; /* as written */
    bool has_value;    /* "=" stood there */
    uint64_t off;      /* stream offset of the keyword */
    uint64_t number;
    int priority;     /* MT-PRIORITY: -9 to 9 */
    struct span type; /* ORCPT: address type */
    struct span text; /* ENVID, ORCPT, AUTH: still encoded, see smtp_xtext_decode() */
};

/* RFC 5321 section 4.1.2: esmtp-param = esmtp-keyword ["=" esmtp-value] */
MUST_USE enum parse_rc smtp_parse_esmtp_param(struct parse *p, struct smtp_param *out);
void smtp_emit_esmtp_param(struct out *o, const struct smtp_param *param);

/* Writes the octets that this xtext (RFC 3461 section 4) stands for. */
void smtp_xtext_decode(struct out *o, struct span xtext);
/* Writes octets as xtext. */
void smtp_xtext_encode(struct out *o, struct span octets);

/* The first parameter of this kind in a list, or NULL. */
const struct smtp_param *smtp_param_find(const struct smtp_param *list, enum smtp_param_kind kind);

#endif
