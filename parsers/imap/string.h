/* SPDX-License-Identifier: MIT */
/* The strings of IMAP: atom, quoted, literal, and NIL. A value borrows from the unit and remembers
   its form, so that writing it gives the same octets. Decoding is a call of its own. */
#ifndef PARSERS_IMAP_STRING_H
#define PARSERS_IMAP_STRING_H

#include "parsers/imap/number.h"

enum imap_form { IMAP_NIL, IMAP_ATOM, IMAP_QUOTED, IMAP_LITERAL };

struct imap_string {
    enum imap_form form;
    bool nonsync;     /* literal with "+" */
    bool binary;      /* literal8 */
    bool escaped;     /* quoted: has "\" */
    uint32_t width;   /* literal: digits of the count; 0: as many as needed */
    uint64_t count;   /* literal: octets announced; more than text.len where the framer cut it */
    struct span text; /* the octets as they stand, escapes untouched; NIL: the atom */
};

struct imap_string_list {
    const struct imap_string_list *next;
    struct imap_string value;
};

struct imap_strings {
    const struct imap_string_list *first; /* in wire order */
    size_t count;
};

/* The rules of the RFCs by name. NOMATCH where another form stands. */
MUST_USE enum parse_rc imap_parse_atom(struct parse *p, struct span *out);
MUST_USE enum parse_rc imap_parse_tag(struct parse *p, struct span *out);
MUST_USE enum parse_rc imap_parse_quoted(struct parse *p, struct imap_string *out);
MUST_USE enum parse_rc imap_parse_literal(struct parse *p, struct imap_string *out);
MUST_USE enum parse_rc imap_parse_literal8(struct parse *p, struct imap_string *out);
MUST_USE enum parse_rc imap_parse_string(struct parse *p, struct imap_string *out);
MUST_USE enum parse_rc imap_parse_nstring(struct parse *p, struct imap_string *out);
MUST_USE enum parse_rc imap_parse_astring(struct parse *p, struct imap_string *out);
/* base64 as a whole run; the text of out keeps its form. */
MUST_USE enum parse_rc imap_parse_base64(struct parse *p, struct span *out);

/* objectid = 1*255(ALPHA / DIGIT / "_" / "-"), and the same in parentheses. */
MUST_USE enum parse_rc imap_parse_objectid(struct parse *p, struct span *out);
MUST_USE enum parse_rc imap_parse_objectid_list(struct parse *p, struct span *out);

/* string and nstring that must stand here, with what servers write instead: "()", an atom, and for
   string also NIL. */
MUST_USE enum parse_rc imap_parse_some_string(struct parse *p, struct imap_string *out);
MUST_USE enum parse_rc imap_parse_some_nstring(struct parse *p, struct imap_string *out);

/* Any of atom, quoted, literal, literal8, NIL, by its form. */
void imap_emit_string(struct out *o, const struct imap_string *string);

/* A string of these octets: quoted where no octet needs an escape, else a literal. */
struct imap_string imap_string_make(struct span octets);

/* The octets that are meant: escapes undone. NIL gives none. */
void imap_string_decode(const struct imap_string *string, struct out *out);

/* The octets that are meant are these; the second without regard to the case of ASCII letters. */
bool imap_string_equal(const struct imap_string *string, struct span octets);
bool imap_string_is(const struct imap_string *string, struct span text);

/* A list being built: first all zero, then appended to. NULL when the arena is full. */
struct imap_string_builder {
    struct imap_strings list;
    struct imap_string_list *last;
};
MUST_USE enum parse_rc imap_strings_append(struct parse *p, struct imap_string_builder *builder,
                                           const struct imap_string *value);

#endif
