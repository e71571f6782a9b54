/* SPDX-License-Identifier: MIT */
/* What an IMAP server sends: one whole unit, with its literals, becomes one value. The value
   borrows from the unit and the arena. Unknown responses are values. */
#ifndef PARSERS_IMAP_RESPONSE_H
#define PARSERS_IMAP_RESPONSE_H

#include "parsers/imap/acl.h"
#include "parsers/imap/esearch.h"
#include "parsers/imap/fetch.h"
#include "parsers/imap/list.h"
#include "parsers/imap/metadata.h"
#include "parsers/imap/namespace.h"
#include "parsers/imap/numbers.h"
#include "parsers/imap/quota.h"
#include "parsers/imap/status.h"
#include "parsers/imap/text.h"
#include "parsers/imap/thread.h"

enum imap_response_kind { IMAP_TAGGED, IMAP_UNTAGGED, IMAP_CONTINUE };

enum imap_response_type {
    IMAP_RESPONSE_UNKNOWN, /* as.value: the parts behind the keyword, or NULL */
    IMAP_RESPONSE_OK,      /* as.text; the only ones that a tagged response may be: OK, NO, BAD */
    IMAP_RESPONSE_NO,
    IMAP_RESPONSE_BAD,
    IMAP_RESPONSE_PREAUTH,
    IMAP_RESPONSE_BYE,
    IMAP_RESPONSE_CONTINUE,   /* as.text, and base64 */
    IMAP_RESPONSE_CAPABILITY, /* as.capabilities */
    IMAP_RESPONSE_ENABLED,
    IMAP_RESPONSE_LIST, /* as.list */
    IMAP_RESPONSE_LSUB,
    IMAP_RESPONSE_XLIST,
    IMAP_RESPONSE_STATUS, /* as.status */
    IMAP_RESPONSE_SEARCH, /* as.search */
    IMAP_RESPONSE_SORT,
    IMAP_RESPONSE_THREAD,  /* as.thread */
    IMAP_RESPONSE_ESEARCH, /* as.esearch */
    IMAP_RESPONSE_FLAGS,   /* as.flags */
    IMAP_RESPONSE_EXISTS,  /* number */
    IMAP_RESPONSE_RECENT,
    IMAP_RESPONSE_EXPUNGE,
    IMAP_RESPONSE_FETCH,      /* number, as.fetch */
    IMAP_RESPONSE_VANISHED,   /* as.vanished */
    IMAP_RESPONSE_NAMESPACE,  /* as.namespaces */
    IMAP_RESPONSE_ID,         /* as.params */
    IMAP_RESPONSE_ACL,        /* as.acl */
    IMAP_RESPONSE_LISTRIGHTS, /* as.acl */
    IMAP_RESPONSE_MYRIGHTS,   /* as.acl */
    IMAP_RESPONSE_QUOTA,      /* as.quota */
    IMAP_RESPONSE_QUOTAROOT,  /* as.quota */
    IMAP_RESPONSE_METADATA,   /* as.metadata */
    IMAP_RESPONSE_LANGUAGE,   /* as.strings */
    IMAP_RESPONSE_COMPARATOR, /* as.comparator */
    IMAP_RESPONSE_GENURLAUTH, /* as.strings */
    IMAP_RESPONSE_URLFETCH,   /* as.urls */
};

struct imap_response {
    enum imap_response_kind kind;
    enum imap_response_type type;
    struct span tag;           /* IMAP_TAGGED */
    struct span keyword;       /* as written */
    bool numbered;             /* the number stands (unknown responses may have one) */
    struct imap_number number; /* message number, or count */
    struct span base64;        /* IMAP_CONTINUE: the text, where it is base64 throughout */
    union {
        struct imap_resp_text text;
        struct imap_capabilities capabilities;
        struct imap_list list;
        struct imap_status status;
        struct imap_search search;
        const struct imap_thread *thread;
        struct imap_esearch esearch;
        struct imap_flags flags;
        struct imap_fetch fetch;
        struct {
            struct span earlier; /* "(EARLIER)" as written, else empty */
            struct imap_set uids;
        } vanished;
        struct imap_namespaces namespaces;
        struct imap_params params;
        struct imap_acl acl;
        struct imap_quota quota;
        struct imap_metadata metadata;
        struct imap_strings strings;
        struct {
            struct imap_string active;
            bool has_list;
            struct imap_strings others;
        } comparator;
        struct imap_params urls; /* name: the URL, value: its data */
        const struct imap_value *value;
    } as;
};

/* A whole unit, CRLF included. Sets IMAP_PROFILE_SERVER in p->profile. Never NOMATCH. */
MUST_USE enum parse_rc imap_parse_response(struct parse *p, struct imap_response *out);

/* The same, where the unit must be the greeting: OK, PREAUTH or BYE. */
MUST_USE enum parse_rc imap_parse_greeting(struct parse *p, struct imap_response *out);

void imap_emit_response(struct out *o, const struct imap_response *response);

/* For the framer: whether the line at the end of the unit may end in a literal. False where the
   unit is a status response or a "+", whose text may end in "{5}" without being a literal. */
bool imap_response_may_have_literal(struct span unit);

/* The canonical keyword ("FETCH"); "" for UNKNOWN and CONTINUE. */
const char *imap_response_name(enum imap_response_type type);

#endif
