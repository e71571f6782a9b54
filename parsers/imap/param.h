/* SPDX-License-Identifier: MIT */
/* Lists of name and value: body-fld-param of BODYSTRUCTURE, id-params-list of ID. */
#ifndef PARSERS_IMAP_PARAM_H
#define PARSERS_IMAP_PARAM_H

#include "parsers/imap/string.h"

struct imap_param {
    const struct imap_param *next;
    struct imap_string name;
    struct imap_string value; /* NIL only in ID */
};

struct imap_params {
    const struct imap_param *first;
    size_t count;
    bool list;       /* "(" … ")"; of ID perhaps empty */
    struct span nil; /* NIL as written */
};

MUST_USE enum parse_rc imap_parse_body_fld_param(struct parse *p, struct imap_params *out);
/* The same of RFC 2971, for command and response. */
MUST_USE enum parse_rc imap_parse_id_params_list(struct parse *p, struct imap_params *out);
void imap_emit_params(struct out *o, const struct imap_params *params);

#endif
