/* SPDX-License-Identifier: MIT */
/* Mutations by the grammar of the RFCs: what a rule matches becomes what it also matches. */
#include "fuzz/mutator/mutator.h"

enum { LONGEST_UNIT = 2048 };

static void generate(struct postel_mutator *m, const struct abnf_rule *rule, size_t max)
{
    struct abnf_generator generator =
        abnf_generator_forgetful(&mutator_language(m)->grammar, abnf_random_next(&m->random));
    abnf_generate(&generator, rule, max, &m->piece);
}

/* Mostly short, which is faster to run. */
static size_t some_room(struct postel_mutator *m)
{
    return one_in(m, 8) ? 2000 : one_in(m, 3) ? 400 : 100;
}

bool mutate_unit(struct postel_mutator *m)
{
    const struct node *unit = tree_pick(&m->tree, &m->random, NODE_UNIT);
    size_t from = unit == NULL ? 0 : unit->from;
    size_t to = unit == NULL ? 0 : unit->to;
    switch (below(m, 3)) {
    case 0:
        to = from;
        break;
    case 1:
        from = to;
        break;
    default:
        break;
    }
    generate(m, mutator_language(m)->rule, some_room(m));
    return edit_piece(m, from, to);
}

bool mutate_keyword(struct postel_mutator *m)
{
    const struct language *language = mutator_language(m);
    const struct node *word = tree_pick(&m->tree, &m->random, NODE_WORD);
    if (word == NULL || language->keyword_count == 0) {
        return false;
    }
    struct span keyword = language->keywords[below(m, language->keyword_count)];
    if (one_in(m, 4)) {
        out_bytes(&m->piece, keyword);
        out_octet(&m->piece, ' ');
        return edit_piece(m, word->from, word->from);
    }
    return edit(m, word->from, word->to, keyword);
}

/* The parts of some unit; none where it is too long to look for them. */
static const struct node *unit_parts(struct postel_mutator *m, const struct tree *tree,
                                     struct part_list *list)
{
    const struct node *unit = tree_pick(tree, &m->random, NODE_UNIT);
    list->count = 0;
    if (unit != NULL && unit->to - unit->from <= LONGEST_UNIT) {
        (void)abnf_parts(mutator_language(m)->rule, node_span(tree, unit), &m->scratch, list->parts,
                         &list->count);
    }
    return unit;
}

static const struct abnf_part *pick_part(struct postel_mutator *m, const struct part_list *list)
{
    const struct abnf_part *part = &list->parts[below(m, list->count)];
    /* Of many small parts and few large ones the large ones are wanted, too. */
    for (size_t i = below(m, 3); i > 0; i--) {
        const struct abnf_part *rival = &list->parts[below(m, list->count)];
        part = rival->to - rival->from > part->to - part->from ? rival : part;
    }
    return part;
}

bool mutate_part(struct postel_mutator *m)
{
    const struct node *unit = unit_parts(m, &m->tree, &m->parts);
    if (m->parts.count == 0) {
        return false;
    }
    const struct abnf_part *part = pick_part(m, &m->parts);
    generate(m, part->rule, some_room(m));
    return edit_piece(m, unit->from + part->from, unit->from + part->to);
}

bool mutate_part_splice(struct postel_mutator *m)
{
    const struct node *unit = unit_parts(m, &m->tree, &m->parts);
    const struct node *from = unit_parts(m, &m->other, &m->other_parts);
    if (m->parts.count == 0 || m->other_parts.count == 0) {
        return false;
    }
    const struct part_list *others = &m->other_parts;
    const struct abnf_part *taken = pick_part(m, others);
    size_t start = below(m, m->parts.count);
    for (size_t i = 0; i < m->parts.count; i++) {
        const struct abnf_part *part = &m->parts.parts[(start + i) % m->parts.count];
        if (part->rule == taken->rule) {
            return edit(m, unit->from + part->from, unit->from + part->to,
                        span_sub(node_span(&m->other, from), taken->from, taken->to - taken->from));
        }
    }
    return false;
}
