/* SPDX-License-Identifier: MIT */
/* NAMESPACE responses (RFC 2342, RFC 9051). */
#ifndef PARSERS_IMAP_NAMESPACE_H
#define PARSERS_IMAP_NAMESPACE_H

#include "parsers/imap/string.h"

struct imap_namespace_extension {
    const struct imap_namespace_extension *next;
    struct imap_string name;
    struct imap_strings values;
};

struct imap_namespace_descr {
    const struct imap_namespace_descr *next;
    struct imap_string prefix;
    struct imap_string delimiter; /* quoted, one character, or NIL */
    const struct imap_namespace_extension *extensions;
};

struct imap_namespace {
    const struct imap_namespace_descr *first; /* NULL for NIL */
    struct span nil;                          /* NIL as written */
};

enum { IMAP_NAMESPACE_PERSONAL, IMAP_NAMESPACE_OTHER, IMAP_NAMESPACE_SHARED };

struct imap_namespaces {
    struct imap_namespace of[3];
};

/* namespace SP namespace SP namespace, behind NAMESPACE SP; never NOMATCH. */
MUST_USE enum parse_rc imap_parse_namespace_response(struct parse *p, struct imap_namespaces *out);
void imap_emit_namespace_response(struct out *o, const struct imap_namespaces *namespaces);

#endif
