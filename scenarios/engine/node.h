/* SPDX-License-Identifier: MIT */
/* IMAP as a tree of tokens: atoms (with their sections), strings of all forms, lists. Made of a
   received unit and, with holes, of a template. */
#ifndef SCENARIOS_ENGINE_NODE_H
#define SCENARIOS_ENGINE_NODE_H

#include "scenarios/engine/template.h"

enum node_kind {
    NODE_ATOM,
    NODE_QUOTED,
    NODE_LITERAL,
    NODE_LIST,    /* ( … ) */
    NODE_BRACKET, /* [ … ] of a response code */
    NODE_ANY,     /* _ */
    NODE_REST,    /* ... */
    NODE_CAPTURE, /* $(name:type) */
};

struct node {
    struct node *next;
    enum node_kind kind;
    struct span text; /* decoded: without quotes, escapes, literal head; lists: as it stands */
    struct node *children;
    struct hole hole;
    size_t pos; /* in the text it was made of */
};

/* The tokens of a line or unit, without its CRLF; holes: it is a template. NULL with error set
   when brackets do not fit. A status response's text is left out. */
struct node *node_parse(struct pool *pool, struct span text, bool holes,
                        struct template_error *error);

size_t node_count(const struct node *list);

/* OK, NO, BAD, BYE, PREAUTH, or alternatives of these. */
bool node_is_status(const struct node *node);

/* The same set of numbers: "1:3" is "1,2,3". False when either is no set. */
bool numbers_equal(struct span a, struct span b);
bool is_numbers(struct span text);

#endif
