/* SPDX-License-Identifier: MIT */
/* Any octets as a light tree: units of lines, in them lists, strings, literals and words. It
   accepts everything: what is wrong is a word. Every octet of the units lies in exactly one leaf,
   or is the bracket of a list. */
#ifndef FUZZ_MUTATOR_TREE_H
#define FUZZ_MUTATOR_TREE_H

#include "fuzz/abnf/random.h"
#include "parsers/core/span.h"

enum tree_style {
    TREE_IMAP = 1,    /* lines with literals */
    TREE_COMMAND = 2, /* lines; words also end at ":", "=" and "," */
    TREE_REPLY = 4,   /* the same; "250-" goes on in the next line */
};

enum node_kind {
    NODE_UNIT = 1 << 0,    /* with its line end */
    NODE_LIST = 1 << 1,    /* with its brackets: (), [], <> */
    NODE_QUOTED = 1 << 2,  /* with its DQUOTEs */
    NODE_LITERAL = 1 << 3, /* with its count */
    NODE_NUMBER = 1 << 4,
    NODE_SET = 1 << 5, /* digits and ":*,$", not only digits */
    NODE_WORD = 1 << 6,
    NODE_SPACE = 1 << 7, /* what stands between words */
    NODE_EOL = 1 << 8,   /* CRLF or LF */
};

#define NODE_STRING ((unsigned)NODE_QUOTED | NODE_LITERAL)
#define NODE_VALUE ((unsigned)NODE_LIST | NODE_STRING | NODE_NUMBER | NODE_SET | NODE_WORD)

struct node {
    uint32_t from, to;
    uint32_t end;  /* the index behind its last descendant */
    uint32_t body; /* of a literal: where its octets begin */
    enum node_kind kind;
};

enum { TREE_NODES = 8192, TREE_DEPTH = 64 };

struct tree {
    struct span in; /* borrowed */
    size_t count;
    struct node nodes[TREE_NODES]; /* outside before inside, in the order of the octets */
};

/* What does not fit into the nodes is left out. */
void tree_read(struct tree *tree, struct span in, enum tree_style style);

/* One of the nodes of these kinds; NULL if there is none. */
const struct node *tree_pick(const struct tree *tree, struct abnf_random *random, unsigned kinds);

static inline struct span node_span(const struct tree *tree, const struct node *node)
{
    return span_sub(tree->in, node->from, node->to - node->from);
}

#endif
