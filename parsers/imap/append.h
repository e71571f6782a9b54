/* SPDX-License-Identifier: MIT */
/* One message of an APPEND or REPLACE command. */
#ifndef PARSERS_IMAP_APPEND_H
#define PARSERS_IMAP_APPEND_H

#include "parsers/imap/date.h"
#include "parsers/imap/flag.h"
#include "parsers/imap/string.h"

struct imap_item;

/* RFC 4469 section 5: cat-part = text-literal / url */
struct imap_cat_part {
    const struct imap_cat_part *next;
    struct span word; /* "TEXT" or "URL" as written */
    bool url;
    struct imap_string value; /* TEXT: a literal; URL: an astring */
};

enum imap_append_form { IMAP_APPEND_LITERAL, IMAP_APPEND_UTF8, IMAP_APPEND_CATENATE };

struct imap_append {
    const struct imap_append *next;
    bool has_flags;
    bool has_date;
    struct imap_flags flags;
    struct imap_date date;
    const struct imap_item *options; /* label and value in turn (append-ext) */
    enum imap_append_form form;
    struct span word;          /* "UTF8" or "CATENATE" as written */
    struct imap_string octets; /* LITERAL, UTF8 */
    const struct imap_cat_part *parts;
};

/* RFC 4466 section 3: append-message = append-opts SP append-data; append-opts begins with SP. */
MUST_USE enum parse_rc imap_parse_append_message(struct parse *p, struct imap_append *out);
void imap_emit_append_message(struct out *o, const struct imap_append *message);

#endif
