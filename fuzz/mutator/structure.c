/* SPDX-License-Identifier: MIT */
/* Mutations of the tree: values and units change places, come more than once, or go. */
#include "fuzz/mutator/mutator.h"

enum { MAX_TIMES = 1024 };

/* Mostly few, sometimes many. */
static size_t some_times(struct postel_mutator *m)
{
    size_t top = one_in(m, 8) ? MAX_TIMES : one_in(m, 4) ? 32 : 3;
    return 1 + below(m, top);
}

static struct span text_of(const struct postel_mutator *m, const struct node *node)
{
    return node_span(&m->tree, node);
}

static bool edit_swap(struct postel_mutator *m, const struct node *a, const struct node *b)
{
    if (a->from > b->from) {
        const struct node *first = b;
        b = a;
        a = first;
    }
    if (a->to > b->from) {
        return false;
    }
    (void)edit(m, a->from, a->to, text_of(m, b));
    return edit(m, b->from, b->to, text_of(m, a));
}

bool mutate_swap(struct postel_mutator *m)
{
    const struct node *a = tree_pick(&m->tree, &m->random, NODE_VALUE);
    if (a == NULL) {
        return false;
    }
    unsigned which = one_in(m, 2) ? (unsigned)a->kind : NODE_VALUE;
    const struct node *b = tree_pick(&m->tree, &m->random, which);
    return b != NULL && edit_swap(m, a, b);
}

bool mutate_repeat(struct postel_mutator *m)
{
    const struct node *node = tree_pick(&m->tree, &m->random, NODE_VALUE);
    if (node == NULL) {
        return false;
    }
    /* Of lists some have no space between. */
    bool space = node->kind != NODE_LIST || !one_in(m, 3);
    size_t times = some_times(m);
    for (size_t i = 0; i < times; i++) {
        out_text(&m->piece, space ? " " : "");
        out_bytes(&m->piece, text_of(m, node));
    }
    return edit_piece(m, node->to, node->to);
}

bool mutate_drop(struct postel_mutator *m)
{
    const struct node *node = tree_pick(&m->tree, &m->random, NODE_VALUE);
    if (node == NULL) {
        return false;
    }
    size_t from = node->from;
    bool space = from > 0 && m->tree.in.ptr[from - 1] == ' ' && !one_in(m, 4);
    return edit(m, from - space, node->to, SPAN_LIT(""));
}

bool mutate_nest(struct postel_mutator *m)
{
    const struct node *node = tree_pick(&m->tree, &m->random, NODE_VALUE);
    if (node == NULL) {
        return false;
    }
    size_t depth = one_in(m, 2) ? 1 : some_times(m);
    size_t closed = one_in(m, 8) ? below(m, depth + 2) : depth;
    for (size_t i = 0; i < depth; i++) {
        out_octet(&m->piece, '(');
    }
    out_bytes(&m->piece, text_of(m, node));
    for (size_t i = 0; i < closed; i++) {
        out_octet(&m->piece, ')');
    }
    return edit_piece(m, node->from, node->to);
}

bool mutate_unnest(struct postel_mutator *m)
{
    const struct node *node = tree_pick(&m->tree, &m->random, NODE_LIST);
    if (node == NULL || node->to < node->from + 2) {
        return false;
    }
    return edit(m, node->from, node->to,
                span_sub(m->tree.in, node->from + 1, node->to - node->from - 2));
}

bool mutate_splice(struct postel_mutator *m)
{
    const struct node *node = tree_pick(&m->tree, &m->random, NODE_VALUE);
    if (node == NULL) {
        return false;
    }
    const struct node *taken = NULL;
    if (!one_in(m, 4)) {
        taken = tree_pick(&m->other, &m->random, node->kind);
    }
    taken = taken == NULL ? tree_pick(&m->other, &m->random, NODE_VALUE) : taken;
    if (taken == NULL) {
        return false;
    }
    if (one_in(m, 3)) {
        out_octet(&m->piece, ' ');
        out_bytes(&m->piece, node_span(&m->other, taken));
        return edit_piece(m, node->to, node->to);
    }
    return edit(m, node->from, node->to, node_span(&m->other, taken));
}

bool mutate_order(struct postel_mutator *m)
{
    const struct node *a = tree_pick(&m->tree, &m->random, NODE_UNIT);
    const struct node *b = tree_pick(&m->tree, &m->random, NODE_UNIT);
    return a != b && a != NULL && b != NULL && edit_swap(m, a, b);
}

bool mutate_unit_repeat(struct postel_mutator *m)
{
    const struct node *unit = tree_pick(&m->tree, &m->random, NODE_UNIT);
    if (unit == NULL) {
        return false;
    }
    size_t times = one_in(m, 4) ? some_times(m) : 1;
    for (size_t i = 0; i < times; i++) {
        out_bytes(&m->piece, text_of(m, unit));
    }
    return edit_piece(m, unit->to, unit->to);
}

bool mutate_unit_drop(struct postel_mutator *m)
{
    const struct node *unit = tree_pick(&m->tree, &m->random, NODE_UNIT);
    return unit != NULL && edit(m, unit->from, unit->to, SPAN_LIT(""));
}

bool mutate_unit_splice(struct postel_mutator *m)
{
    const struct node *taken = tree_pick(&m->other, &m->random, NODE_UNIT);
    const struct node *unit = tree_pick(&m->tree, &m->random, NODE_UNIT);
    if (taken == NULL) {
        return false;
    }
    struct span octets = node_span(&m->other, taken);
    if (unit == NULL) {
        return edit(m, 0, 0, octets);
    }
    return edit(m, unit->from, one_in(m, 2) ? unit->from : unit->to, octets);
}

bool mutate_cut(struct postel_mutator *m)
{
    const struct node *node = tree_pick(&m->tree, &m->random, UINT32_MAX);
    if (node == NULL) {
        return false;
    }
    size_t at = one_in(m, 4) ? node->from + below(m, node->to - node->from) : node->from;
    return edit(m, at, m->tree.in.len, SPAN_LIT(""));
}
