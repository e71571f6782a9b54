/* SPDX-License-Identifier: MIT */
/* What stands behind BODY and BINARY: "[" section "]" and the partial. */
#ifndef PARSERS_IMAP_SECTION_H
#define PARSERS_IMAP_SECTION_H

#include "parsers/imap/string.h"

enum imap_section_text {
    IMAP_SECTION_ALL, /* nothing behind the part: its whole body (or, without part, message) */
    IMAP_SECTION_HEADER,
    IMAP_SECTION_HEADER_FIELDS,
    IMAP_SECTION_HEADER_FIELDS_NOT,
    IMAP_SECTION_TEXT,
    IMAP_SECTION_MIME,
};

struct imap_section {
    struct span part; /* section-part, "1.2.3"; empty without one */
    enum imap_section_text text;
    struct span keyword;         /* of text, as written */
    struct imap_strings headers; /* header-list */
};

struct imap_partial {
    bool present;
    struct imap_number first; /* 0-based octet */
    bool has_count;           /* commands have one, responses not */
    uint64_t count;
};

/* section = "[" [section-spec] "]" */
MUST_USE enum parse_rc imap_parse_section(struct parse *p, struct imap_section *out);
/* section-binary = "[" [section-part] "]" */
MUST_USE enum parse_rc imap_parse_section_binary(struct parse *p, struct imap_section *out);
/* partial = "<" number64 "." nz-number64 ">", as commands have it. */
MUST_USE enum parse_rc imap_parse_partial(struct parse *p, struct imap_partial *out);
/* "<" number ">", as responses have it. */
MUST_USE enum parse_rc imap_parse_origin(struct parse *p, struct imap_partial *out);

void imap_emit_section(struct out *o, const struct imap_section *section);
void imap_emit_partial(struct out *o, const struct imap_partial *partial);

/* Takes the next number from the rest of a section-part (at first: section->part). */
bool imap_part_next(struct span *rest, uint64_t *out);

#endif
