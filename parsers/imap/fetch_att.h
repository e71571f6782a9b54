/* SPDX-License-Identifier: MIT */
/* What a FETCH command asks for. */
#ifndef PARSERS_IMAP_FETCH_ATT_H
#define PARSERS_IMAP_FETCH_ATT_H

#include "parsers/imap/section.h"

struct imap_item;

enum imap_att_type {
    IMAP_ATT_UNKNOWN = 0, /* of an extension: an atom, perhaps with a list behind it */
    IMAP_ATT_ENVELOPE,
    IMAP_ATT_FLAGS,
    IMAP_ATT_INTERNALDATE,
    IMAP_ATT_RFC822,
    IMAP_ATT_RFC822_HEADER,
    IMAP_ATT_RFC822_SIZE,
    IMAP_ATT_RFC822_TEXT,
    IMAP_ATT_BODY, /* the structure without extension data */
    IMAP_ATT_BODYSTRUCTURE,
    IMAP_ATT_UID,
    IMAP_ATT_BODY_SECTION,
    IMAP_ATT_BODY_PEEK,
    IMAP_ATT_BINARY,
    IMAP_ATT_BINARY_PEEK,
    IMAP_ATT_BINARY_SIZE,
    IMAP_ATT_MODSEQ,
    IMAP_ATT_EMAILID,
    IMAP_ATT_THREADID,
    IMAP_ATT_SAVEDATE,
    IMAP_ATT_PREVIEW,
};

struct imap_fetch_att {
    const struct imap_fetch_att *next;
    enum imap_att_type type;
    struct span name; /* as written, up to "[" */
    bool has_section;
    struct imap_section section;    /* BODY_SECTION, BODY_PEEK, BINARY… */
    struct imap_partial partial;    /* behind the section */
    const struct imap_item *params; /* PREVIEW, UNKNOWN: one list item; or NULL */
};

/* ALL, FULL, FAST; one att; or a list in parentheses. */
struct imap_fetch_atts {
    struct span macro; /* as written; empty where it is none */
    bool list;         /* in parentheses */
    const struct imap_fetch_att *first;
};

/* RFC 9051 section 9: fetch-att */
MUST_USE enum parse_rc imap_parse_fetch_att(struct parse *p, struct imap_fetch_att *out);
void imap_emit_fetch_att(struct out *o, const struct imap_fetch_att *att);

/* "(" fetch-att *(SP fetch-att) ")"; also written by the next one where list is set. */
MUST_USE enum parse_rc imap_parse_fetch_att_list(struct parse *p,
                                                 const struct imap_fetch_att **out);

/* RFC 9051 section 9: fetch = … ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP
   fetch-att) ")") */
MUST_USE enum parse_rc imap_parse_fetch_atts(struct parse *p, struct imap_fetch_atts *out);
void imap_emit_fetch_atts(struct out *o, const struct imap_fetch_atts *value);

/* The request asks for this item, macros looked through. */
bool imap_fetch_atts_has(const struct imap_fetch_atts *atts, enum imap_att_type type);

#endif
