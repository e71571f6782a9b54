/* SPDX-License-Identifier: MIT */
/* Sets of message numbers and unique identifiers. A set is not unfolded: it is a checked span and
   an iterator over it, so that a set of any length costs no memory. */
#ifndef PARSERS_IMAP_SET_H
#define PARSERS_IMAP_SET_H

#include "parsers/imap/number.h"

#define IMAP_STAR UINT64_MAX /* "*": the largest number in use */

struct imap_range {
    uint64_t first; /* as written: first may be above last; IMAP_STAR for "*" */
    uint64_t last;  /* equals first where no ":" was written */
    bool single;    /* one number, no ":" */
    bool saved;     /* "$", the saved result of the last SEARCH; first and last are 0 */
};

struct imap_set {
    struct span text; /* what stands on the wire; borrowed from the unit */
    size_t count;     /* ranges */
    bool star;        /* has "*" */
    bool saved;       /* has "$" */
};

MUST_USE enum parse_rc imap_parse_sequence_set(struct parse *p, struct imap_set *out);

/* The same without "*" and "$": uid-set, known-uids and all sets that a server sends. */
MUST_USE enum parse_rc imap_parse_uid_set(struct parse *p, struct imap_set *out);

void imap_emit_set(struct out *o, const struct imap_set *set);

/* Takes the next range from rest (at first: set->text, or any text that was parsed as a set). */
bool imap_set_next(struct span *rest, struct imap_range *out);

/* The number is in the set, where star is the largest number in use. Not for sets with "$". */
bool imap_set_has(const struct imap_set *set, uint64_t number, uint64_t star);

/* How many numbers the ranges name, overlaps counted twice. Not for sets with "*" or "$". */
uint64_t imap_set_size(const struct imap_set *set);

#endif
