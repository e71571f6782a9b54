/* SPDX-License-Identifier: MIT */
/* BODY and BODYSTRUCTURE: the MIME structure of a message, taken apart by the server. */
#ifndef PARSERS_IMAP_BODY_H
#define PARSERS_IMAP_BODY_H

#include "parsers/imap/envelope.h"
#include "parsers/imap/param.h"
#include "parsers/imap/value.h"

enum imap_body_kind {
    IMAP_BODY_BASIC,
    IMAP_BODY_TEXT,     /* lines */
    IMAP_BODY_MESSAGE,  /* envelope, parts (one), lines */
    IMAP_BODY_MULTIPART /* parts, subtype */
};

/* How far the extension data goes: each step includes the ones before. */
enum imap_body_extent {
    IMAP_BODY_PLAIN = 0,   /* none */
    IMAP_BODY_MD5,         /* md5; of a multipart: params */
    IMAP_BODY_DISPOSITION, /* disposition */
    IMAP_BODY_LANGUAGE,    /* language */
    IMAP_BODY_LOCATION,    /* location, and perhaps extensions */
};

struct imap_disposition {
    struct span nil; /* NIL as written; type is empty then */
    struct imap_string type;
    struct imap_params params;
};

struct imap_body {
    const struct imap_body *next; /* the next part of the same multipart */
    enum imap_body_kind kind;
    enum imap_body_extent extent;
    struct imap_string type; /* not of a multipart */
    struct imap_string subtype;
    struct imap_params params;
    struct imap_string id;
    struct imap_string description;
    struct imap_string encoding;
    struct imap_number octets;
    struct imap_number lines;
    const struct imap_envelope *envelope;
    const struct imap_body *parts; /* of a multipart; of a message, its body */
    size_t part_count;
    struct imap_string md5;
    struct imap_disposition disposition;
    bool language_list;           /* language is "(" … ")" */
    struct imap_strings language; /* one nstring, or the list */
    struct imap_string location;
    const struct imap_value *extensions;
};

/* body. extensible: BODYSTRUCTURE, which may have extension data; in BODY they are a quirk. */
MUST_USE enum parse_rc imap_parse_body(struct parse *p, bool extensible, struct imap_body *out);
void imap_emit_body(struct out *o, const struct imap_body *body);

#endif
