/* SPDX-License-Identifier: MIT */
/* The RFCs' own ABNF as a tree (RFC 5234, RFC 7405). Grammar files are ABNF text; comments that
   begin with ";!" are directives: ";!include FILE", ";!override" (the next rule replaces the one of
   an included file), ";!entry" (the next rule is one to begin with), ";!library" (the rules of this
   file need not all be used).
   All memory is taken from the caller's arena. */
#ifndef FUZZ_ABNF_GRAMMAR_H
#define FUZZ_ABNF_GRAMMAR_H

#include "parsers/core/arena.h"
#include "parsers/core/span.h"

enum abnf_kind {
    ABNF_ALT,    /* one of the children */
    ABNF_CAT,    /* all children, one after the other; without children: nothing */
    ABNF_REPEAT, /* the only child min to max times */
    ABNF_TEXT,   /* octets */
    ABNF_SET,    /* one octet of a set */
    ABNF_RULE,   /* a rule, by name */
    ABNF_EXCEPT, /* <any A except B and C>: the first child where none of the others matches */
    ABNF_PROSE,  /* <name>: one of the functions of fuzz/abnf/prose.h */
};

#define ABNF_UNBOUNDED UINT32_MAX

struct abnf_prose;
struct abnf_rule;

struct abnf_node {
    enum abnf_kind kind;
    struct abnf_node **children; /* ALT, CAT, REPEAT, EXCEPT */
    size_t count;
    uint32_t min, max;  /* REPEAT */
    struct span text;   /* TEXT; RULE and PROSE: the name as written */
    bool any_case;      /* TEXT */
    bool single;        /* matches one octet of a set, and nothing else: */
    uint64_t octets[4]; /* a bit for each octet that matches */
    const struct abnf_rule *rule;
    const struct abnf_prose *prose;
    size_t choice;   /* ALT, REPEAT: the first of its choices, see abnf_choice_count() */
    size_t shortest; /* octets of the shortest match */
    uint32_t line, column;
};

struct abnf_rule {
    struct abnf_rule *next; /* in the order of their definition */
    struct span name;
    struct abnf_node *node;
    const char *file;
    uint32_t line, column;
    size_t index;
    bool entry;
    bool library; /* of a file whose rules need not all be used */
    bool reached; /* from an entry */
};

struct abnf {
    struct arena *arena;
    struct abnf_rule *rules;
    struct abnf_rule *last;
    size_t rule_count;
    size_t choice_count;
    const char *name; /* of the first file, "imap" */
};

/* Where a grammar file is wrong: "imap.abnf:12:7: rule fetch-att is not defined", the line, and a
   caret below it. */
struct abnf_error {
    char text[512];
};

/* Gives a file's octets, which must stay until the grammar is no longer used. */
typedef bool abnf_open_fn(void *context, const char *file, struct span *out);

/* Loads NAME.abnf and what it includes, and checks it: every rule is defined, exactly once, and
   reached from an entry; none is left-recursive or without end. */
MUST_USE bool abnf_load(struct abnf *grammar, struct arena *arena, const char *name,
                        abnf_open_fn *open, void *context, struct abnf_error *error);

/* The same with the files of a folder. */
MUST_USE bool abnf_load_folder(struct abnf *grammar, struct arena *arena, const char *name,
                               const char *folder, struct abnf_error *error);

/* NULL if there is none; names have no case. */
const struct abnf_rule *abnf_rule_find(const struct abnf *grammar, struct span name);

/* Choices of an ALT: its children. Of a REPEAT: the fewest, more, and the most where there is an
   end. */
size_t abnf_choice_count(const struct abnf_node *node);

static inline bool abnf_set_has(const struct abnf_node *set, uint8_t octet)
{
    return (set->octets[octet / 64] >> (octet % 64) & 1) != 0;
}

#endif
