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

bool mutate_part(struct postel_mutator *m)
{
    const struct node *unit = tree_pick(&m->tree, &m->random, NODE_UNIT);
    if (unit == NULL || unit->to - unit->from > LONGEST_UNIT) {
        return false;
    }
    size_t count = 0;
    (void)abnf_parts(mutator_language(m)->rule, node_span(&m->tree, unit), &m->scratch, m->parts,
                     &count);
    if (count == 0) {
        return false;
    }
    const struct abnf_part *part = &m->parts[below(m, count)];
    /* Of many small parts and few large ones the large ones are wanted, too. */
    for (size_t i = below(m, 3); i > 0; i--) {
        const struct abnf_part *rival = &m->parts[below(m, count)];
        part = rival->to - rival->from > part->to - part->from ? rival : part;
    }
    generate(m, part->rule, some_room(m));
    return edit_piece(m, unit->from + part->from, unit->from + part->to);
}
