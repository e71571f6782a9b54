/* SPDX-License-Identifier: MIT */
/* The header of an Internet message (RFC 5322 section 2.2): its fields, folding, where the body
   begins. Takes what is there: a line that is no field is handed out without a name, so that
   walking never fails. Spans borrow from the message. */
#ifndef PARSERS_MESSAGE_HEADER_H
#define PARSERS_MESSAGE_HEADER_H

#include "parsers/core/out.h"
#include "parsers/core/span.h"

struct message_field {
    struct span name; /* before the colon, spaces before it left out; empty: no field */
    struct span
        value; /* behind the colon and one space, folding untouched, last line end left out */
    struct span whole; /* with the line end */
};

/* The next field; false at the end of the header: then rest begins with the empty line (or is
   empty). rest begins as the message. */
bool message_header_next(struct span *rest, struct message_field *out);

/* The first field of this name ("Subject"). */
bool message_field_find(struct span message, const char *name, struct message_field *out);

/* The header with the empty line behind it; all of it where there is no body. */
struct span message_header(struct span message);

/* What stands behind the header's empty line. */
struct span message_body(struct span message);

/* Line ends; what stands behind the last one does not count. */
uint64_t message_lines(struct span octets);

/* A field's value on one line: CRLF before white space removed (RFC 5322 section 2.2.3), white
   space at both ends too. */
void message_unfold(struct out *o, struct span value);

/* The same with comments taken out and quoted strings opened, as text for people and for
   comparing: what a phrase or a token means (RFC 5322 section 3.2). Each run of CFWS becomes one
   SP, at the ends none. */
void message_plain_text(struct out *o, struct span value);

#endif
