/* SPDX-License-Identifier: MIT */
/* Minimising: units go first, then values with the space beside them, then literals become short.
 */
#include "fuzz/mutator/mutator.h"

static const unsigned passes[] = {NODE_UNIT, NODE_VALUE, NODE_LITERAL};

enum { PASSES = sizeof passes / sizeof *passes };

static void trim_tree(struct postel_mutator *m)
{
    struct span now = {m->front, m->trim.len};
    tree_read(&m->tree, span_from(now, m->prefix), m->kind->style);
}

size_t postel_mutator_trim_start(struct postel_mutator *mutator, const uint8_t *octets, size_t size)
{
    struct postel_mutator *m = mutator;
    size = size < POSTEL_MUTATOR_LONGEST ? size : POSTEL_MUTATOR_LONGEST;
    mutator_begin(m, 0, &(struct postel_mutator_input){octets, size, NULL, 0});
    if (size > 0) {
        memcpy(m->front, octets, size);
    }
    m->trim = (struct trim){.len = size};
    trim_tree(m);
    return m->tree.count * PASSES;
}

/* What this pass does with the node. */
static bool trim_edit(struct postel_mutator *m, const struct node *node)
{
    struct span in = m->tree.in;
    m->edit_count = 0;
    out_init(&m->piece, m->piece_block, PIECE);
    if (passes[m->trim.pass] != NODE_LITERAL) {
        bool before = node->from > 0 && in.ptr[node->from - 1] == ' ';
        bool behind = !before && node->to < in.len && in.ptr[node->to] == ' ';
        return edit(m, node->from - before, node->to + behind, SPAN_LIT(""));
    }
    size_t len = node->to - node->body;
    if (len == 0) {
        return false;
    }
    out_text(&m->piece, in.ptr[node->from] == '~' ? "~{" : "{");
    out_number(&m->piece, len / 2);
    out_text(&m->piece, "}\r\n");
    out_bytes(&m->piece, span_sub(in, node->body, len / 2));
    return edit_piece(m, node->from, node->to);
}

const uint8_t *postel_mutator_trim_next(struct postel_mutator *mutator, size_t *size)
{
    struct postel_mutator *m = mutator;
    for (; m->trim.pass < PASSES; m->trim.pass++, m->trim.node = 0) {
        for (; m->trim.node < m->tree.count; m->trim.node++) {
            const struct node *node = &m->tree.nodes[m->trim.node];
            if ((node->kind & passes[m->trim.pass]) == 0 || !trim_edit(m, node)) {
                continue;
            }
            const struct edit *e = &m->edits[0];
            struct out o;
            out_init(&o, m->back, sizeof m->back);
            out_bytes(&o, span_sub((struct span){m->front, m->trim.len}, 0, m->prefix));
            out_bytes(&o, span_sub(m->tree.in, 0, e->from));
            out_bytes(&o, e->with);
            out_bytes(&o, span_from(m->tree.in, e->to));
            if (o.len > 0 && o.len < m->trim.len) {
                m->trim.candidate = out_span(&o);
                *size = o.len;
                return m->back;
            }
        }
    }
    *size = 0;
    return NULL;
}

void postel_mutator_trim_done(struct postel_mutator *mutator, int good)
{
    struct postel_mutator *m = mutator;
    if (good == 0) {
        m->trim.node++;
        return;
    }
    /* The next node is now where this one was. */
    memcpy(m->front, m->trim.candidate.ptr, m->trim.candidate.len);
    m->trim.len = m->trim.candidate.len;
    trim_tree(m);
}
