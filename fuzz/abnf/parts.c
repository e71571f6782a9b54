/* SPDX-License-Identifier: MIT */
/* The recogniser knows where each rule can end. Here one way through is chosen, from the outside to
   the inside: of alternatives the first that fits, of repeated things each as long as can be. */
#include "fuzz/abnf/parts.h"

#include "fuzz/abnf/machine.h"

struct derivation {
    struct machine *m;
    struct abnf_part *parts;
    size_t count;
    uint32_t depth;
};

static void derive(struct derivation *d, const struct abnf_node *node, size_t from, size_t to);

static void part_add(struct derivation *d, const struct abnf_rule *rule, size_t from, size_t to)
{
    if (d->count < ABNF_PARTS) {
        d->parts[d->count++] = (struct abnf_part){rule, from, to};
    }
}

static struct set ends_of(struct derivation *d, const struct abnf_node *node, size_t from)
{
    struct set start = {0};
    struct set ends = {0};
    machine_add(d->m, &start, from, from);
    machine_match(d->m, node, &start, &ends);
    machine_free(d->m, &start);
    return ends;
}

static bool spans(struct derivation *d, const struct abnf_node *node, size_t from, size_t to)
{
    struct set ends = ends_of(d, node, from);
    bool found = machine_has(&ends, to);
    machine_free(d->m, &ends);
    return found;
}

static void derive_alt(struct derivation *d, const struct abnf_node *node, size_t from, size_t to)
{
    for (size_t i = 0; i < node->count; i++) {
        if (spans(d, node->children[i], from, to)) {
            derive(d, node->children[i], from, to);
            return;
        }
    }
}

/* Where each child can begin is worked out forwards, and chosen backwards. */
static void derive_cat(struct derivation *d, const struct abnf_node *node, size_t from, size_t to)
{
    size_t mark = arena_mark(d->m->arena);
    struct set *starts = arena_take(d->m->arena, (node->count + 1) * sizeof *starts);
    size_t *cuts = arena_take(d->m->arena, (node->count + 1) * sizeof *cuts);
    if (starts == NULL || cuts == NULL) {
        arena_release(d->m->arena, mark);
        return;
    }
    machine_add(d->m, &starts[0], from, from);
    for (size_t i = 0; i < node->count; i++) {
        machine_match(d->m, node->children[i], &starts[i], &starts[i + 1]);
    }
    cuts[node->count] = to;
    bool found = machine_has(&starts[node->count], to);
    for (size_t i = node->count; i > 0 && found; i--) {
        found = false;
        for (size_t pos = cuts[i] + 1; pos > from && !found; pos--) {
            if (machine_has(&starts[i - 1], pos - 1) &&
                spans(d, node->children[i - 1], pos - 1, cuts[i])) {
                cuts[i - 1] = pos - 1;
                found = true;
            }
        }
    }
    for (size_t i = 0; i < node->count && found; i++) {
        derive(d, node->children[i], cuts[i], cuts[i + 1]);
    }
}

/* The longest end up to to that is not known to lead nowhere; from where there is none. */
static size_t longest(struct derivation *d, const struct abnf_node *child, size_t from, size_t to,
                      const bool *dead)
{
    struct set ends = ends_of(d, child, from);
    size_t pos = to;
    while (pos > from && (dead[pos] || !machine_has(&ends, pos))) {
        pos--;
    }
    machine_free(d->m, &ends);
    return pos;
}

static void derive_repeat(struct derivation *d, const struct abnf_node *node, size_t from,
                          size_t to)
{
    const struct abnf_node *child = node->children[0];
    if (child->single) {
        return;
    }
    bool *dead = arena_take(d->m->arena, to + 1);
    size_t *cuts = arena_take(d->m->arena, (to - from + 1) * sizeof *cuts);
    if (dead == NULL || cuts == NULL) {
        return;
    }
    size_t count = 0;
    cuts[0] = from;
    while (cuts[count] < to) {
        size_t next = longest(d, child, cuts[count], to, dead);
        if (next > cuts[count]) {
            cuts[++count] = next;
        } else if (count > 0) {
            dead[cuts[count--]] = true;
        } else {
            return;
        }
    }
    for (size_t i = 0; i < count; i++) {
        derive(d, child, cuts[i], cuts[i + 1]);
    }
}

static void derive(struct derivation *d, const struct abnf_node *node, size_t from, size_t to)
{
    if (node->single || d->depth > ABNF_NESTING || d->count == ABNF_PARTS) {
        return;
    }
    d->depth++;
    switch (node->kind) {
    case ABNF_ALT:
        derive_alt(d, node, from, to);
        break;
    case ABNF_CAT:
        derive_cat(d, node, from, to);
        break;
    case ABNF_REPEAT:
        derive_repeat(d, node, from, to);
        break;
    case ABNF_RULE:
        part_add(d, node->rule, from, to);
        derive(d, node->rule->node, from, to);
        break;
    case ABNF_EXCEPT:
    case ABNF_TEXT:
    case ABNF_SET:
    case ABNF_PROSE:
        break;
    }
    d->depth--;
}

/* What was found on the way to the mistake. */
static void collect(struct derivation *d)
{
    for (size_t i = 0; i < d->m->bucket_count; i++) {
        for (const struct memo *memo = d->m->buckets[i]; memo != NULL; memo = memo->next) {
            const struct interval *last = memo->ends.first;
            while (last != NULL && last->next != NULL) {
                last = last->next;
            }
            if (memo->rule != NULL && last != NULL && last->to > memo->pos &&
                !memo->rule->node->single) {
                part_add(d, memo->rule, memo->pos, last->to);
            }
        }
    }
}

enum abnf_verdict abnf_parts(const struct abnf_rule *rule, struct span in, struct arena *arena,
                             struct abnf_part *parts, size_t *count)
{
    size_t mark = arena_mark(arena);
    struct machine m;
    machine_run(&m, rule, in, arena);
    struct derivation d = {&m, parts, 0, 0};
    enum abnf_verdict verdict = m.result.verdict;
    if (verdict == ABNF_ACCEPTED) {
        part_add(&d, rule, 0, in.len);
        derive(&d, rule->node, 0, in.len);
    } else if (verdict == ABNF_REJECTED) {
        collect(&d);
    }
    *count = d.count;
    arena_release(arena, mark);
    return verdict;
}
