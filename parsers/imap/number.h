/* SPDX-License-Identifier: MIT */
/* The numbers of IMAP. A value remembers its leading zeros, which are legal in number. */
#ifndef PARSERS_IMAP_NUMBER_H
#define PARSERS_IMAP_NUMBER_H

#include "parsers/imap/imap.h"

struct imap_number {
    uint64_t value;
    uint32_t width; /* digits on the wire, leading zeros counted; 0: as many as needed */
};

#define IMAP_NUMBER(value) ((struct imap_number){(value), 0})

/* All of them: NOMATCH where no digit stands (nz_…: no digit-nz), BAD with IMAP_NUMBER_RANGE at the
   digit that makes the number too large, unless that quirk is on. */
MUST_USE enum parse_rc imap_parse_number(struct parse *p, struct imap_number *out);
MUST_USE enum parse_rc imap_parse_number64(struct parse *p, struct imap_number *out);
MUST_USE enum parse_rc imap_parse_nz_number(struct parse *p, uint64_t *out);
MUST_USE enum parse_rc imap_parse_nz_number64(struct parse *p, uint64_t *out);

/* nz-number where 0 is a known mistake: the quirk says what it means here. */
MUST_USE enum parse_rc imap_parse_nz_number_or(struct parse *p, enum quirk zero, uint64_t *out);
MUST_USE enum parse_rc imap_parse_nz_number64_or(struct parse *p, enum quirk zero, uint64_t *out);

/* mod-sequence-value: leading zeros match, 0 and negative numbers are quirks. */
MUST_USE enum parse_rc imap_parse_modseq(struct parse *p, struct imap_number *out);

/* A number that must stand here, with what servers write instead: NIL, -1, 1.8e+06. */
MUST_USE enum parse_rc imap_parse_count(struct parse *p, enum rule rule, struct imap_number *out);
MUST_USE enum parse_rc imap_parse_count64(struct parse *p, enum rule rule, struct imap_number *out);
/* The same, with all 64 bits: Gmail's identifiers. */
MUST_USE enum parse_rc imap_parse_unsigned64(struct parse *p, enum rule rule,
                                             struct imap_number *out);

/* RFC 7162 section 7: mod-sequence-valzer = "0" / mod-sequence-value, which is positive; a quirk
   accepts other zeros, and "0" where zero is not set. */
MUST_USE enum parse_rc imap_parse_mod_sequence(struct parse *p, bool zero, struct imap_number *out);
void imap_emit_number(struct out *o, struct imap_number number);

#endif
