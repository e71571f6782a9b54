/* SPDX-License-Identifier: MIT */
/* The answer to EHLO and LHLO: domain, greeting text, and one keyword with parameters for each
   service extension. Made from the lines of a parsed reply; values borrow from it and the arena. */
#ifndef PARSERS_SMTP_EHLO_H
#define PARSERS_SMTP_EHLO_H

#include "parsers/smtp/path.h"
#include "parsers/smtp/reply.h"

/* The service extensions that have a meaning here; X(id, keyword). */
#define SMTP_EXTENSIONS(X)                                                                         \
    X(8BITMIME, "8BITMIME")                                                                        \
    X(AUTH, "AUTH")                                                                                \
    X(BINARYMIME, "BINARYMIME")                                                                    \
    X(BURL, "BURL")                                                                                \
    X(CHUNKING, "CHUNKING")                                                                        \
    X(DELIVERBY, "DELIVERBY")                                                                      \
    X(DSN, "DSN")                                                                                  \
    X(ENHANCEDSTATUSCODES, "ENHANCEDSTATUSCODES")                                                  \
    X(ETRN, "ETRN")                                                                                \
    X(EXPN, "EXPN")                                                                                \
    X(FUTURERELEASE, "FUTURERELEASE")                                                              \
    X(HELP, "HELP")                                                                                \
    X(LIMITS, "LIMITS")                                                                            \
    X(MT_PRIORITY, "MT-PRIORITY")                                                                  \
    X(NO_SOLICITING, "NO-SOLICITING")                                                              \
    X(PIPELINING, "PIPELINING")                                                                    \
    X(REQUIRETLS, "REQUIRETLS")                                                                    \
    X(RRVS, "RRVS")                                                                                \
    X(SIZE, "SIZE")                                                                                \
    X(SMTPUTF8, "SMTPUTF8")                                                                        \
    X(STARTTLS, "STARTTLS")                                                                        \
    X(VRFY, "VRFY")                                                                                \
    X(XCLIENT, "XCLIENT")                                                                          \
    X(XFORWARD, "XFORWARD")

enum smtp_extension {
    SMTP_EXT_UNKNOWN = 0,
#define SMTP_EXTENSION_ID(id, keyword) SMTP_EXT_##id,
    SMTP_EXTENSIONS(SMTP_EXTENSION_ID)
#undef SMTP_EXTENSION_ID
        SMTP_EXT_COUNT,
};

struct smtp_ehlo_line {
    const struct smtp_ehlo_line *next;
    enum smtp_extension extension;
    struct span keyword;
    struct span params; /* all behind the keyword's space, or empty */
    bool has_size;      /* SIZE: a number was given */
    uint64_t size;
    uint64_t off; /* stream offset of the keyword */
};

struct smtp_ehlo {
    struct span domain;
    struct span greet; /* text behind the domain, or empty */
    const struct smtp_ehlo_line *lines;
    uint64_t extensions; /* bits 1 << enum smtp_extension */
};

/* RFC 5321 section 4.2: Greeting, of a reply with code 220 that p parsed: the server's name. */
MUST_USE enum parse_rc smtp_parse_greeting(struct parse *p, const struct smtp_reply *reply,
                                           struct smtp_host *out);

/* RFC 5321 section 4.1.1.1: ehlo-ok-rsp, of a reply that p parsed. The cursor of p is moved about
   in its unit. */
MUST_USE enum parse_rc smtp_parse_ehlo_ok_rsp(struct parse *p, const struct smtp_reply *reply,
                                              struct smtp_ehlo *out);
/* The whole reply, code 250. */
void smtp_emit_ehlo_ok_rsp(struct out *o, const struct smtp_ehlo *ehlo);

static inline bool smtp_extensions_has(uint64_t extensions, enum smtp_extension extension)
{
    return (extensions >> (unsigned)extension & 1) != 0;
}

/* "PIPELINING"; "" for SMTP_EXT_UNKNOWN. */
const char *smtp_extension_text(enum smtp_extension extension);
enum smtp_extension smtp_extension_by_name(struct span keyword);

#endif
