/* SPDX-License-Identifier: MIT */
/* Two readings of the same RFCs, held against each other: the hand-written strict parser of a kind
   of unit, and the recogniser with the RFCs' own grammar. Where they may not agree, the exception
   is named in fuzz/abnf/exceptions.def. */
#ifndef FUZZ_ABNF_AGREE_H
#define FUZZ_ABNF_AGREE_H

#include "fuzz/abnf/recognise.h"
#include "parsers/core/parse.h"

struct abnf_kind_of_unit {
    const char *name;    /* "imap:response" */
    const char *grammar; /* "imap" */
    const char *rule;    /* "response-unit" */
    enum parse_rc (*parse)(struct parse *p);
};

extern const struct abnf_kind_of_unit abnf_units[];
extern const size_t abnf_unit_count;

struct abnf_agreement {
    bool agreed;               /* or excepted */
    const char *reason;        /* of the exception, NULL if none was needed */
    enum parse_rc parsed;      /* PARSE_OK: accepted */
    const char *parser_rule;   /* that broke, "" where the parser accepted */
    const char *expected;      /* by the parser */
    size_t parser_pos;         /* where */
    struct abnf_result result; /* of the recogniser */
};

/* scratch: for both. A limit of either counts as agreement. */
struct abnf_agreement abnf_agree(const struct abnf_kind_of_unit *unit, const struct abnf *grammar,
                                 struct span octets, struct arena *scratch);

#endif
