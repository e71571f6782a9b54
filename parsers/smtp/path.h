/* SPDX-License-Identifier: MIT */
/* Paths, mailboxes, domains and address literals of RFC 5321 sections 4.1.2 and 4.1.3, with UTF-8
   as RFC 6531 adds it. Values borrow from the unit. Case, escapes and quoting stay as written. */
#ifndef PARSERS_SMTP_PATH_H
#define PARSERS_SMTP_PATH_H

#include "parsers/core/out.h"
#include "parsers/core/parse.h"

enum smtp_host_kind {
    SMTP_HOST_NONE = 0,
    SMTP_HOST_DOMAIN,
    SMTP_HOST_IPV4,    /* [192.0.2.1] */
    SMTP_HOST_IPV6,    /* [IPv6:2001:db8::1] */
    SMTP_HOST_GENERAL, /* [tag:content] */
};

struct smtp_host {
    enum smtp_host_kind kind;
    struct span text;    /* as written, brackets included */
    struct span tag;     /* general literal: before the colon */
    uint8_t address[16]; /* IPv4: the first four octets */
    bool utf8;           /* holds octets above 127 */
};

struct smtp_mailbox {
    struct span local_part; /* as written, quotes included */
    struct smtp_host host;
    bool quoted;
    bool utf8; /* in either part */
};

enum smtp_path_kind {
    SMTP_PATH_NONE = 0,
    SMTP_PATH_NULL,       /* <> */
    SMTP_PATH_POSTMASTER, /* <Postmaster>, without a domain */
    SMTP_PATH_MAILBOX,
};

struct smtp_path {
    enum smtp_path_kind kind;
    struct span text;  /* as written, angle brackets included */
    struct span route; /* source route "@a,@b:", or empty */
    struct smtp_mailbox mailbox;
};

/* RFC 5321 section 4.1.2: Domain = sub-domain *("." sub-domain) */
MUST_USE enum parse_rc smtp_parse_domain(struct parse *p, struct smtp_host *out);
/* RFC 5321 section 4.1.2: address-literal. */
MUST_USE enum parse_rc smtp_parse_address_literal(struct parse *p, struct smtp_host *out);
/* Domain / address-literal. */
MUST_USE enum parse_rc smtp_parse_host(struct parse *p, struct smtp_host *out);
/* RFC 5321 section 4.1.2: Local-part = Dot-string / Quoted-string */
MUST_USE enum parse_rc smtp_parse_local_part(struct parse *p, struct smtp_mailbox *out);

/* RFC 5321 section 4.1.2: Mailbox = Local-part "@" ( Domain / address-literal ) */
MUST_USE enum parse_rc smtp_parse_mailbox(struct parse *p, struct smtp_mailbox *out);
/* RFC 5321 section 4.1.2: Reverse-path = Path / "<>" */
MUST_USE enum parse_rc smtp_parse_reverse_path(struct parse *p, struct smtp_path *out);
/* RFC 5321 section 4.1.1.3: "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path */
MUST_USE enum parse_rc smtp_parse_forward_path(struct parse *p, struct smtp_path *out);

void smtp_emit_host(struct out *o, const struct smtp_host *host);
void smtp_emit_mailbox(struct out *o, const struct smtp_mailbox *mailbox);
void smtp_emit_path(struct out *o, const struct smtp_path *path);

#endif
