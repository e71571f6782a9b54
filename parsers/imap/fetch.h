/* SPDX-License-Identifier: MIT */
/* FETCH responses. Unknown items are values. */
#ifndef PARSERS_IMAP_FETCH_H
#define PARSERS_IMAP_FETCH_H

#include "parsers/imap/body.h"
#include "parsers/imap/date.h"
#include "parsers/imap/flag.h"
#include "parsers/imap/section.h"

enum imap_fetch_kind {
    IMAP_FETCH_UNKNOWN,       /* as.value */
    IMAP_FETCH_FLAGS,         /* as.flags */
    IMAP_FETCH_UID,           /* as.number */
    IMAP_FETCH_RFC822_SIZE,   /* as.number */
    IMAP_FETCH_MODSEQ,        /* as.number */
    IMAP_FETCH_X_GM_MSGID,    /* as.number */
    IMAP_FETCH_X_GM_THRID,    /* as.number */
    IMAP_FETCH_INTERNALDATE,  /* as.date */
    IMAP_FETCH_SAVEDATE,      /* as.date, or nil */
    IMAP_FETCH_ENVELOPE,      /* as.envelope */
    IMAP_FETCH_BODY,          /* as.body, without extension data */
    IMAP_FETCH_BODYSTRUCTURE, /* as.body */
    IMAP_FETCH_RFC822,        /* as.section.data */
    IMAP_FETCH_RFC822_HEADER, /* as.section.data */
    IMAP_FETCH_RFC822_TEXT,   /* as.section.data */
    IMAP_FETCH_BODY_SECTION,  /* as.section */
    IMAP_FETCH_BINARY,        /* as.section */
    IMAP_FETCH_BINARY_SIZE,   /* as.section.size */
    IMAP_FETCH_EMAILID,       /* as.id */
    IMAP_FETCH_THREADID,      /* as.id, or nil */
    IMAP_FETCH_PREVIEW,       /* as.string */
    IMAP_FETCH_X_GM_LABELS,   /* as.strings */
};

struct imap_fetch_section {
    struct imap_section section;
    struct imap_partial origin;
    struct imap_string data;
    struct imap_number size;
};

struct imap_fetch_item {
    const struct imap_fetch_item *next;
    enum imap_fetch_kind kind;
    struct span name; /* as written, without the section */
    struct span nil;  /* SAVEDATE, THREADID: NIL as written, else empty */
    union {
        struct imap_flags flags;
        struct imap_number number;
        struct imap_date date;
        const struct imap_envelope *envelope;
        const struct imap_body *body;
        const struct imap_fetch_section *section;
        struct span id;
        struct imap_string string;
        struct imap_strings strings;
        const struct imap_value *value;
    } as;
};

struct imap_fetch {
    const struct imap_fetch_item *first; /* in wire order */
    size_t count;
};

/* msg-att, behind FETCH SP; never NOMATCH. */
MUST_USE enum parse_rc imap_parse_msg_att(struct parse *p, struct imap_fetch *out);
void imap_emit_msg_att(struct out *o, const struct imap_fetch *fetch);

/* The first item of this kind, or NULL. */
const struct imap_fetch_item *imap_fetch_find(const struct imap_fetch *fetch,
                                              enum imap_fetch_kind kind);

#endif
