/* SPDX-License-Identifier: MIT */
/* The search programs of SEARCH, SORT, THREAD and ESEARCH. */
#ifndef PARSERS_IMAP_SEARCH_H
#define PARSERS_IMAP_SEARCH_H

#include "parsers/imap/date.h"
#include "parsers/imap/item.h"
#include "parsers/imap/set.h"

enum imap_search_type {
    IMAP_SEARCH_UNKNOWN = 0, /* of an extension: an atom, perhaps with a string behind it */
    IMAP_SEARCH_SET,         /* sequence-set */
    IMAP_SEARCH_LIST,        /* "(" search-key *(SP search-key) ")" */
#define IMAP_SEARCH_KEY(id, name, shape) IMAP_SEARCH_##id,
#include "parsers/imap/search_key.def"
#undef IMAP_SEARCH_KEY
    IMAP_SEARCH_COUNT,
};

struct imap_search_key {
    const struct imap_search_key *next;
    enum imap_search_type type;
    struct span name; /* as written */
    struct imap_string string[2];
    struct imap_set set;
    struct imap_date date;
    struct imap_number number;
    const struct imap_search_key *keys; /* NOT and FUZZY one, OR two, LIST one or more */
};

struct imap_search_args {
    struct span in_word;             /* ESEARCH: "IN" as written; empty without */
    const struct imap_item *sources; /* ESEARCH: one list item */
    struct span return_word;         /* "RETURN" as written; empty without */
    const struct imap_item *options; /* RETURN: one list item */
    const struct imap_item *sort;    /* SORT: one list item, the criteria */
    struct span charset_word;        /* SEARCH: "CHARSET" as written; empty without */
    struct imap_string charset;      /* SORT, THREAD: always */
    const struct imap_search_key *keys;
};

/* RFC 9051 section 9: search-key */
MUST_USE enum parse_rc imap_parse_search_key(struct parse *p, struct imap_search_key *out);
void imap_emit_search_key(struct out *o, const struct imap_search_key *key);

/* RFC 9051 section 9: search-program = ["CHARSET" SP charset SP] search-key *(SP search-key) */
MUST_USE enum parse_rc imap_parse_search_program(struct parse *p, struct imap_search_args *out);

/* RFC 5256 section 5: search-criteria = charset 1*(SP search-key) */
MUST_USE enum parse_rc imap_parse_search_criteria(struct parse *p, struct imap_search_args *out);

/* Charset (where there is one) and keys, of either rule. */
void imap_emit_search_program(struct out *o, const struct imap_search_args *search);

/* RFC 5256 section 5: sort-criteria = "(" sort-criterion *(SP sort-criterion) ")" */
MUST_USE enum parse_rc imap_parse_sort_criteria(struct parse *p, struct imap_search_args *out);

/* RFC 9051 section 9: search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP
   search-return-opt)] ")"; without the first SP. */
MUST_USE enum parse_rc imap_parse_search_return_opts(struct parse *p, struct imap_search_args *out);

/* RFC 7377 section 4: esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")"
 */
MUST_USE enum parse_rc imap_parse_esearch_source_opts(struct parse *p,
                                                      struct imap_search_args *out);

/* RETURN has this option. */
bool imap_search_returns(const struct imap_search_args *search, const char *option);

#endif
