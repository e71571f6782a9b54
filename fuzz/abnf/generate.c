/* SPDX-License-Identifier: MIT */
#include "fuzz/abnf/generate.h"

#include "fuzz/abnf/prose.h"
#include "fuzz/abnf/recognise.h"

enum { MAX_REPEATS = 12 };

bool abnf_generator_init(struct abnf_generator *generator, const struct abnf *grammar,
                         struct arena *arena, uint64_t seed)
{
    *generator = (struct abnf_generator){
        .grammar = grammar,
        .random = {seed},
        .max_depth = ABNF_MAX_DEPTH,
        .used = arena_take(arena, (grammar->choice_count + 1) * sizeof(uint32_t)),
        .open = arena_take(arena, grammar->rule_count + 1),
    };
    return generator->used != NULL && generator->open != NULL;
}

/* Exceptions are never made. Of a single octet any is chosen, without looking at how the set is
   written. */
static size_t made_children(const struct abnf_node *node)
{
    return node->kind != ABNF_EXCEPT ? node->count : node->single ? 0 : 1;
}

static bool was_used(const struct abnf_generator *g, size_t choice)
{
    return g->used == NULL || g->used[choice] != 0;
}

static void use(struct abnf_generator *g, size_t choice)
{
    if (g->used != NULL) {
        g->used[choice]++;
    }
}

/* Some choice of the node, or of what it refers to, was not used yet. */
static bool node_open(const struct abnf_generator *g, const struct abnf_node *node)
{
    if (g->used == NULL) {
        return false;
    }
    for (size_t i = 0; i < abnf_choice_count(node); i++) {
        if (!was_used(g, node->choice + i)) {
            return true;
        }
    }
    for (size_t i = 0; i < made_children(node); i++) {
        if (node_open(g, node->children[i])) {
            return true;
        }
    }
    return node->kind == ABNF_RULE && g->open[node->rule->index];
}

/* Once in a while: which rules still lead to something new. Rules only ever close, so that all are
   open at first and what is not supported by anything falls. */
static void update_open(struct abnf_generator *g)
{
    for (const struct abnf_rule *rule = g->grammar->rules; rule != NULL; rule = rule->next) {
        g->open[rule->index] = false;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (const struct abnf_rule *rule = g->grammar->rules; rule != NULL; rule = rule->next) {
            if (!g->open[rule->index] && node_open(g, rule->node)) {
                g->open[rule->index] = changed = true;
            }
        }
    }
}

struct run {
    struct abnf_generator *g;
    struct out *out;
    uint32_t depth;
};

static void write_node(struct run *run, const struct abnf_node *node, size_t room);

static size_t pick_shortest(const struct abnf_node *node)
{
    size_t best = 0;
    for (size_t i = 1; i < node->count; i++) {
        best = node->children[i]->shortest < node->children[best]->shortest ? i : best;
    }
    return best;
}

/* An alternative that fits: mostly one that is new or leads to something new, else any. */
static size_t pick(struct run *run, const struct abnf_node *node, size_t room)
{
    struct abnf_generator *g = run->g;
    if (run->depth >= g->max_depth || node->shortest >= room) {
        return pick_shortest(node);
    }
    bool eager = abnf_random_below(&g->random, 4) != 0;
    size_t best = SIZE_MAX;
    size_t best_score = 0;
    size_t ties = 0;
    for (size_t i = 0; i < node->count; i++) {
        if (node->children[i]->shortest > room) {
            continue;
        }
        size_t score = 1;
        if (eager) {
            score = !was_used(g, node->choice + i) ? 3 : node_open(g, node->children[i]) ? 2 : 1;
        }
        ties = score == best_score ? ties + 1 : 1;
        if (score > best_score ||
            (score == best_score && abnf_random_below(&g->random, ties) == 0)) {
            best = i;
        }
        if (score < best_score) {
            continue;
        }
        best_score = score;
    }
    return best == SIZE_MAX ? pick_shortest(node) : best;
}

static void write_single(struct run *run, const struct abnf_node *node)
{
    struct abnf_random *random = &run->g->random;
    uint8_t members[256];
    size_t count = 0;
    for (unsigned i = 0; i < 256; i++) {
        if (abnf_set_has(node, (uint8_t)i)) {
            members[count++] = (uint8_t)i;
        }
    }
    size_t way = abnf_random_below(random, 8);
    out_octet(run->out, members[way == 0   ? 0
                                : way == 1 ? count - 1
                                           : abnf_random_below(random, count)]);
}

static void write_text(struct run *run, const struct abnf_node *node)
{
    uint64_t bits =
        abnf_random_below(&run->g->random, 4) == 0 ? abnf_random_next(&run->g->random) : 0;
    for (size_t i = 0; i < node->text.len; i++) {
        uint8_t octet = node->text.ptr[i];
        bool letter = octet_lower(octet) >= 'a' && octet_lower(octet) <= 'z';
        bool flip = node->any_case && letter && (bits >> i % 64 & 1) != 0;
        out_octet(run->out, flip ? octet ^ 0x20 : octet);
    }
}

/* The fewest, some more, or the most; what was not used yet comes first. */
static uint32_t pick_count(struct run *run, const struct abnf_node *node, size_t room)
{
    struct abnf_generator *g = run->g;
    size_t len = node->children[0]->shortest;
    size_t fit = len == 0 ? MAX_REPEATS : room / len;
    bool few = run->depth >= g->max_depth || node->shortest >= room;
    uint32_t most = node->max;
    size_t choices = abnf_choice_count(node);
    if (few || fit <= node->min || choices == 1) {
        use(g, node->choice);
        return node->min;
    }
    size_t choice = abnf_random_below(&g->random, choices);
    for (size_t i = 0; i < choices; i++) {
        choice = was_used(g, node->choice + choice) && !was_used(g, node->choice + i) ? i : choice;
    }
    /* What leads to something new is not left out too often. */
    if (choice == 0 && node->min == 0 && node_open(g, node->children[0]) &&
        abnf_random_below(&g->random, 2) == 0) {
        choice = 1;
    }
    if (choice == choices - 1 && most != ABNF_UNBOUNDED && most <= fit) {
        use(g, node->choice + choice);
        return most;
    }
    if (choice == 0) {
        use(g, node->choice);
        return node->min;
    }
    size_t some =
        1 + abnf_random_below(&g->random, abnf_random_below(&g->random, 4) == 0 ? MAX_REPEATS : 3);
    some = some > fit - node->min ? fit - node->min : some;
    some = some > most - node->min ? most - node->min : some;
    use(g, node->choice + (most != ABNF_UNBOUNDED && node->min + some == most ? choices - 1 : 1));
    return node->min + (uint32_t)some;
}

static void write_repeat(struct run *run, const struct abnf_node *node, size_t room)
{
    const struct abnf_node *child = node->children[0];
    uint32_t count = pick_count(run, node, room);
    size_t start = run->out->len;
    for (uint32_t i = 0; i < count; i++) {
        size_t left = room - (run->out->len - start);
        size_t owed = (count - i - 1) * child->shortest;
        /* A fair share, with some freedom, so that the first one does not eat all. */
        size_t share = owed >= left ? child->shortest : left - owed;
        write_node(run, child, share);
    }
}

/* What came out is one of the exceptions. */
static bool is_excepted(const struct run *run, const struct abnf_node *node, struct span made)
{
    for (size_t i = 1; i < node->count; i++) {
        const struct abnf_rule rule = {.node = node->children[i]};
        if (abnf_recognise(&rule, made, run->g->grammar->arena).verdict == ABNF_ACCEPTED) {
            return true;
        }
    }
    return false;
}

static void write_except(struct run *run, const struct abnf_node *node, size_t room)
{
    size_t start = run->out->len;
    for (unsigned tries = 0; tries < 50; tries++) {
        run->out->len = start;
        write_node(run, node->children[0], room);
        if (!out_ok(run->out) || !is_excepted(run, node, span_from(out_span(run->out), start))) {
            return;
        }
    }
}

static void write_node(struct run *run, const struct abnf_node *node, size_t room)
{
    if (node->single && node->kind != ABNF_ALT && node->kind != ABNF_TEXT &&
        node->kind != ABNF_RULE) {
        write_single(run, node);
        return;
    }
    switch (node->kind) {
    case ABNF_ALT: {
        size_t choice = pick(run, node, room);
        use(run->g, node->choice + choice);
        write_node(run, node->children[choice], room);
        break;
    }
    case ABNF_CAT: {
        size_t start = run->out->len;
        size_t owed = node->shortest;
        for (size_t i = 0; i < node->count; i++) {
            size_t used = run->out->len - start;
            owed -= node->children[i]->shortest;
            size_t left = room > used + owed ? room - used - owed : 0;
            write_node(run, node->children[i], left);
        }
        break;
    }
    case ABNF_REPEAT:
        write_repeat(run, node, room);
        break;
    case ABNF_EXCEPT:
        write_except(run, node, room);
        break;
    case ABNF_TEXT:
        write_text(run, node);
        break;
    case ABNF_SET:
        write_single(run, node);
        break;
    case ABNF_RULE:
        run->depth++;
        write_node(run, node->rule->node, room);
        run->depth--;
        break;
    case ABNF_PROSE:
        node->prose->generate(run->out, &run->g->random,
                              room < node->shortest ? node->shortest : room);
        break;
    }
}

void abnf_generate_node(struct abnf_generator *generator, const struct abnf_node *node, size_t max,
                        struct out *out)
{
    struct run run = {generator, out, 0};
    if (generator->used != NULL && generator->units++ % 16 == 0) {
        update_open(generator);
    }
    write_node(&run, node, max);
}

void abnf_generate(struct abnf_generator *generator, const struct abnf_rule *rule, size_t max,
                   struct out *out)
{
    abnf_generate_node(generator, rule->node, max, out);
}

struct cover {
    const struct abnf_generator *g;
    struct abnf_coverage sum;
    void (*missing)(void *context, const struct abnf_rule *rule, const struct abnf_node *node,
                    size_t choice);
    void *context;
};

static void cover_node(struct cover *cover, bool *seen, const struct abnf_rule *rule,
                       const struct abnf_node *node)
{
    for (size_t i = 0; i < abnf_choice_count(node); i++) {
        bool used = was_used(cover->g, node->choice + i);
        cover->sum.choices++;
        cover->sum.used += used;
        if (!used && cover->missing != NULL) {
            cover->missing(cover->context, rule, node, i);
        }
    }
    for (size_t i = 0; i < made_children(node); i++) {
        cover_node(cover, seen, rule, node->children[i]);
    }
    if (node->kind == ABNF_RULE && !seen[node->rule->index]) {
        seen[node->rule->index] = true;
        cover_node(cover, seen, node->rule, node->rule->node);
    }
}

struct abnf_coverage
abnf_generator_coverage(const struct abnf_generator *generator, const struct abnf_rule *rule,
                        void (*missing)(void *context, const struct abnf_rule *rule,
                                        const struct abnf_node *node, size_t choice),
                        void *context)
{
    struct cover cover = {generator, {0, 0}, missing, context};
    struct arena *arena = generator->grammar->arena;
    size_t mark = arena_mark(arena);
    bool *seen = arena_take(arena, generator->grammar->rule_count + 1);
    if (seen != NULL) {
        seen[rule->index] = true;
        cover_node(&cover, seen, rule, rule->node);
    }
    arena_release(arena, mark);
    return cover.sum;
}
