/* SPDX-License-Identifier: MIT */
/* MIME (RFC 2045, 2046, 2183, 2231): the fields of a part and the tree of parts, enough to compute
   or judge BODYSTRUCTURE. The tree is of what a reader of the RFCs makes of any octets: it never
   fails, except when the arena is full or the parts are nested too deep. Spans borrow from the
   message, nodes live in the arena. */
#ifndef PARSERS_MESSAGE_MIME_H
#define PARSERS_MESSAGE_MIME_H

#include "parsers/core/out.h"
#include "parsers/core/parse.h"
#include "parsers/message/header.h"

struct mime_param {
    struct mime_param *next;
    struct span name; /* as written: "title*0*" too */
    struct span
        value; /* as written; a quoted string with its quotes: message_plain_text() opens it */
};

struct mime_value {      /* a token with parameters: Content-Type, Content-Disposition */
    struct span type;    /* "text", "attachment" */
    struct span subtype; /* "plain"; empty for a disposition */
    struct mime_param *params;
};

struct mime_part {
    struct mime_part *next;     /* behind it in the same multipart */
    struct mime_part *children; /* multipart: its parts; message/rfc822: the one message within */
    struct mime_value type;     /* what is in force: text/plain or message/rfc822 by default too */
    bool type_given;            /* Content-Type is there and can be read */
    struct span id;             /* Content-ID, as written; empty: not given; and so on */
    struct span description;
    struct span encoding; /* Content-Transfer-Encoding's token */
    struct mime_value disposition;
    struct span language;
    struct span location;
    struct span md5;
    struct span header; /* with its empty line */
    struct span body;   /* without the line end that belongs to the boundary */
    uint64_t lines;     /* of the body */
    bool closed;        /* multipart: the close-delimiter is there */
};

/* The tree of a whole message. NULL when the arena is full or the depth limit was met: p->err. */
MUST_USE enum parse_rc mime_parse_structure(struct parse *p, struct mime_part **out);

/* RFC 2045 section 5.1: content, from the value of Content-Type up to the end of the unit. */
MUST_USE enum parse_rc message_parse_content_type(struct parse *p, struct mime_value *out);
/* RFC 2183 section 2: disposition, from the field's value up to the end of the unit. */
MUST_USE enum parse_rc message_parse_content_disposition(struct parse *p, struct mime_value *out);
/* RFC 2045 section 6.1: mechanism, up to the end of the unit. */
MUST_USE enum parse_rc message_parse_content_transfer_encoding(struct parse *p, struct span *out);

/* The parameter of this name, or NULL. */
const struct mime_param *mime_param_find(const struct mime_param *params, const char *name);

static inline bool mime_part_is(const struct mime_part *part, const char *type, const char *subtype)
{
    return span_is(part->type.type, type) &&
           (subtype == NULL || span_is(part->type.subtype, subtype));
}

#endif
