/* SPDX-License-Identifier: MIT */
/* Runs of numbers as SEARCH and SORT responses have them: a checked span and an iterator over it,
   so that a result of any length costs no memory. */
#ifndef PARSERS_IMAP_NUMBERS_H
#define PARSERS_IMAP_NUMBERS_H

#include "parsers/imap/number.h"

struct imap_numbers {
    struct span text; /* *(SP nz-number), with the leading SP; borrowed from the unit */
    size_t count;
};

struct imap_search {
    struct imap_numbers numbers;
    bool has_modseq;
    struct span modseq_keyword;
    struct imap_number modseq;
};

/* *(SP nz-number) [SP search-sort-mod-seq], behind SEARCH or SORT; never NOMATCH. */
MUST_USE enum parse_rc imap_parse_search_data(struct parse *p, struct imap_search *out);
void imap_emit_search_data(struct out *o, const struct imap_search *search);

/* Takes the next number from rest (at first: numbers.text). */
bool imap_numbers_next(struct span *rest, uint64_t *out);

#endif
