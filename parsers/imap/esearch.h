/* SPDX-License-Identifier: MIT */
/* ESEARCH responses (RFC 9051, 4731, 5267, 6203, 7377, 9394). Unknown return data are values. */
#ifndef PARSERS_IMAP_ESEARCH_H
#define PARSERS_IMAP_ESEARCH_H

#include "parsers/imap/mailbox.h"
#include "parsers/imap/value.h"

enum imap_esearch_kind {
    IMAP_ESEARCH_UNKNOWN,    /* value */
    IMAP_ESEARCH_MIN,        /* number */
    IMAP_ESEARCH_MAX,        /* number */
    IMAP_ESEARCH_COUNT,      /* number */
    IMAP_ESEARCH_MODSEQ,     /* number */
    IMAP_ESEARCH_ALL,        /* set */
    IMAP_ESEARCH_PARTIAL,    /* range, set (count 0: NIL) */
    IMAP_ESEARCH_ADDTO,      /* positions */
    IMAP_ESEARCH_REMOVEFROM, /* positions */
    IMAP_ESEARCH_RELEVANCY,  /* value: a list of atoms */
};

struct imap_position {
    const struct imap_position *next;
    struct imap_number position;
    struct imap_set set;
};

struct imap_esearch_item {
    const struct imap_esearch_item *next;
    enum imap_esearch_kind kind;
    struct span name; /* as written */
    struct imap_number number;
    struct imap_set set;
    struct span range; /* PARTIAL: as written, "1:500" or "-1:-100" */
    struct span nil;   /* PARTIAL: NIL as written */
    const struct imap_position *positions;
    struct imap_value value;
};

enum imap_correlator_kind {
    IMAP_CORRELATOR_TAG,
    IMAP_CORRELATOR_MAILBOX,
    IMAP_CORRELATOR_UIDVALIDITY,
};

struct imap_correlator {
    const struct imap_correlator *next;
    enum imap_correlator_kind kind;
    struct span name; /* as written */
    struct imap_string tag;
    struct imap_mailbox mailbox;
    uint64_t validity;
};

struct imap_esearch {
    const struct imap_correlator *correlators; /* "(TAG …)"; NULL: none */
    bool uid;
    struct span uid_keyword;
    const struct imap_esearch_item *first;
    size_t count;
};

/* Behind ESEARCH; never NOMATCH. */
MUST_USE enum parse_rc imap_parse_esearch_response(struct parse *p, struct imap_esearch *out);
void imap_emit_esearch_response(struct out *o, const struct imap_esearch *esearch);

#endif
