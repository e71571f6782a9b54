/* SPDX-License-Identifier: MIT */
/* The set of ends of a node that begins anywhere in a set of starts is worked out as a whole; what
   a rule gives at one position is remembered. The grammar has no left recursion, so that every rule
   asks for itself only farther on. Sets are lists of intervals, because runs of octets of one class
   make long ones. */
#include "fuzz/abnf/machine.h"

#include "fuzz/abnf/prose.h"

static bool stop(struct machine *m, const char *what)
{
    if (m->result.verdict != ABNF_LIMIT) {
        m->result.verdict = ABNF_LIMIT;
        m->result.limit = what;
    }
    return false;
}

static struct interval *interval_new(struct machine *m)
{
    struct interval *i = m->spare;
    if (i != NULL) {
        m->spare = i->next;
        return i;
    }
    i = arena_take(m->arena, sizeof *i);
    if (i == NULL) {
        (void)stop(m, "memory");
    }
    return i;
}

void machine_free(struct machine *m, struct set *set)
{
    while (set->first != NULL) {
        struct interval *i = set->first;
        set->first = i->next;
        i->next = m->spare;
        m->spare = i;
    }
}

void machine_add(struct machine *m, struct set *set, size_t from, size_t to)
{
    struct interval **at = &set->first;
    while (*at != NULL && (*at)->to + 1 < from) {
        at = &(*at)->next;
    }
    struct interval *i = *at;
    if (i == NULL || to + 1 < i->from) {
        struct interval *added = interval_new(m);
        if (added != NULL) {
            *added = (struct interval){i, from, to};
            *at = added;
        }
        return;
    }
    i->from = from < i->from ? from : i->from;
    i->to = to > i->to ? to : i->to;
    while (i->next != NULL && i->next->from <= i->to + 1) {
        struct interval *gone = i->next;
        i->to = gone->to > i->to ? gone->to : i->to;
        i->next = gone->next;
        gone->next = m->spare;
        m->spare = gone;
    }
}

static void set_add_all(struct machine *m, struct set *set, const struct set *more)
{
    for (const struct interval *i = more->first; i != NULL; i = i->next) {
        machine_add(m, set, i->from, i->to);
    }
}

/* The members of set that known has not; known gets them. */
static struct set set_new_ones(struct machine *m, struct set *known, const struct set *set)
{
    struct set out = {NULL};
    const struct interval *k = known->first;
    for (const struct interval *i = set->first; i != NULL; i = i->next) {
        size_t from = i->from;
        while (from <= i->to) {
            while (k != NULL && k->to < from) {
                k = k->next;
            }
            size_t to = k != NULL && k->from <= i->to ? k->from : i->to + 1;
            if (to > from) {
                machine_add(m, &out, from, to - 1);
            }
            from = k != NULL && k->from <= i->to ? k->to + 1 : i->to + 1;
        }
    }
    set_add_all(m, known, &out);
    return out;
}

/* Here it could not go on. */
static void note(struct machine *m, size_t pos)
{
    struct abnf_result *r = &m->result;
    if (pos < r->far) {
        return;
    }
    if (pos > r->far) {
        r->far = pos;
        r->expected_count = 0;
    }
    for (size_t i = 0; i < r->expected_count; i++) {
        if (r->expected[i] == m->rule) {
            return;
        }
    }
    if (r->expected_count < ABNF_EXPECTED) {
        r->expected[r->expected_count++] = m->rule;
    }
}

static bool single_at(const struct machine *m, const struct abnf_node *node, size_t pos)
{
    return pos < m->in.len && abnf_set_has(node, m->in.ptr[pos]);
}

static void match_single(struct machine *m, const struct abnf_node *node, const struct set *starts,
                         struct set *ends)
{
    for (const struct interval *i = starts->first; i != NULL; i = i->next) {
        for (size_t pos = i->from; pos <= i->to; pos++) {
            if (single_at(m, node, pos)) {
                machine_add(m, ends, pos + 1, pos + 1);
            } else {
                note(m, pos);
            }
        }
    }
}

/* As many octets of one class as there are, or none: runs make intervals. */
static void match_run(struct machine *m, const struct abnf_node *node, const struct set *starts,
                      struct set *ends)
{
    for (const struct interval *i = starts->first; i != NULL; i = i->next) {
        size_t pos = i->from;
        while (pos <= i->to) {
            size_t end = pos;
            while (single_at(m, node, end)) {
                end++;
            }
            machine_add(m, ends, pos, end);
            note(m, end);
            pos = end + 1;
        }
    }
}

static void match_text(struct machine *m, const struct abnf_node *node, const struct set *starts,
                       struct set *ends)
{
    for (const struct interval *i = starts->first; i != NULL; i = i->next) {
        for (size_t pos = i->from; pos <= i->to; pos++) {
            size_t len = 0;
            while (len < node->text.len && pos + len < m->in.len) {
                uint8_t a = m->in.ptr[pos + len];
                uint8_t b = node->text.ptr[len];
                if (a != b && (!node->any_case || octet_lower(a) != octet_lower(b))) {
                    break;
                }
                len++;
            }
            if (len == node->text.len) {
                machine_add(m, ends, pos + len, pos + len);
            } else {
                note(m, pos + len);
            }
        }
    }
}

static void match_prose(struct machine *m, const struct abnf_node *node, const struct set *starts,
                        struct set *ends)
{
    for (const struct interval *i = starts->first; i != NULL; i = i->next) {
        for (size_t pos = i->from; pos <= i->to; pos++) {
            size_t far = pos;
            size_t len = node->prose->match(m->in, pos, &far);
            if (len != SIZE_MAX) {
                machine_add(m, ends, pos + len, pos + len);
            } else {
                note(m, far);
            }
        }
    }
}

static void match_cat(struct machine *m, const struct abnf_node *node, const struct set *starts,
                      struct set *ends)
{
    struct set now = {NULL};
    set_add_all(m, &now, starts);
    for (size_t i = 0; i < node->count && now.first != NULL; i++) {
        struct set next = {NULL};
        machine_match(m, node->children[i], &now, &next);
        machine_free(m, &now);
        now = next;
    }
    set_add_all(m, ends, &now);
    machine_free(m, &now);
}

static void match_repeat(struct machine *m, const struct abnf_node *node, const struct set *starts,
                         struct set *ends)
{
    const struct abnf_node *child = node->children[0];
    struct set now = {NULL};
    set_add_all(m, &now, starts);
    uint32_t count = 0;
    for (; count < node->min && now.first != NULL; count++) {
        struct set next = {NULL};
        machine_match(m, child, &now, &next);
        machine_free(m, &now);
        now = next;
    }
    if (node->max == ABNF_UNBOUNDED && child->single) {
        match_run(m, child, &now, ends);
        machine_free(m, &now);
        return;
    }
    struct set known = {NULL};
    set_add_all(m, &known, &now);
    set_add_all(m, ends, &now);
    for (; count < node->max && now.first != NULL; count++) {
        struct set next = {NULL};
        machine_match(m, child, &now, &next);
        machine_free(m, &now);
        /* A place that fewer repetitions reached needs no second look: from there at least as
           many are still allowed. */
        now = set_new_ones(m, &known, &next);
        machine_free(m, &next);
        set_add_all(m, ends, &now);
    }
    machine_free(m, &now);
    machine_free(m, &known);
}

/* Where the first child ends, but none of the others. */
static void match_except(struct machine *m, const struct abnf_node *node, const struct set *starts,
                         struct set *ends)
{
    for (const struct interval *i = starts->first; i != NULL; i = i->next) {
        for (size_t pos = i->from; pos <= i->to; pos++) {
            struct set start = {NULL};
            struct set found = {NULL};
            struct set excepted = {NULL};
            machine_add(m, &start, pos, pos);
            machine_match(m, node->children[0], &start, &found);
            size_t far = m->result.far;
            size_t count = m->result.expected_count;
            for (size_t k = 1; k < node->count; k++) {
                machine_match(m, node->children[k], &start, &excepted);
            }
            if (m->result.far == far) {
                m->result.expected_count = count;
            }
            struct set left = set_new_ones(m, &excepted, &found);
            set_add_all(m, ends, &left);
            machine_free(m, &start);
            machine_free(m, &found);
            machine_free(m, &excepted);
            machine_free(m, &left);
        }
    }
}

static struct memo *memo_find(struct machine *m, const struct abnf_rule *rule, size_t pos,
                              bool *found)
{
    struct memo **bucket = &m->buckets[(pos * 61 + rule->index) % BUCKETS];
    for (struct memo *memo = *bucket; memo != NULL; memo = memo->next) {
        if (memo->rule == rule && memo->pos == pos) {
            *found = true;
            return memo;
        }
    }
    *found = false;
    struct memo *memo = arena_take(m->arena, sizeof *memo);
    if (memo == NULL) {
        (void)stop(m, "memory");
        return NULL;
    }
    *memo = (struct memo){*bucket, rule, pos, {NULL}};
    *bucket = memo;
    return memo;
}

static void match_rule_at(struct machine *m, const struct abnf_rule *rule, size_t pos,
                          struct set *ends)
{
    bool found;
    struct memo *memo = memo_find(m, rule, pos, &found);
    if (memo == NULL) {
        return;
    }
    if (!found) {
        const struct abnf_rule *outer = m->rule;
        struct set start = {NULL};
        m->rule = rule;
        if (++m->depth > ABNF_NESTING) {
            (void)stop(m, "nesting");
        }
        machine_add(m, &start, pos, pos);
        machine_match(m, rule->node, &start, &memo->ends);
        machine_free(m, &start);
        m->depth--;
        m->rule = outer;
    }
    set_add_all(m, ends, &memo->ends);
}

void machine_match(struct machine *m, const struct abnf_node *node, const struct set *starts,
                   struct set *ends)
{
    if (m->result.verdict == ABNF_LIMIT) {
        return;
    }
    if (node->single) {
        const struct abnf_rule *outer = m->rule;
        m->rule = node->kind == ABNF_RULE ? node->rule : outer;
        match_single(m, node, starts, ends);
        m->rule = outer;
        return;
    }
    switch (node->kind) {
    case ABNF_ALT:
        for (size_t i = 0; i < node->count; i++) {
            machine_match(m, node->children[i], starts, ends);
        }
        break;
    case ABNF_CAT:
        match_cat(m, node, starts, ends);
        break;
    case ABNF_REPEAT:
        match_repeat(m, node, starts, ends);
        break;
    case ABNF_EXCEPT:
        match_except(m, node, starts, ends);
        break;
    case ABNF_TEXT:
        match_text(m, node, starts, ends);
        break;
    case ABNF_SET:
        match_single(m, node, starts, ends);
        break;
    case ABNF_RULE:
        for (const struct interval *i = starts->first; i != NULL; i = i->next) {
            for (size_t pos = i->from; pos <= i->to; pos++) {
                match_rule_at(m, node->rule, pos, ends);
            }
        }
        break;
    case ABNF_PROSE:
        match_prose(m, node, starts, ends);
        break;
    }
}

void machine_run(struct machine *m, const struct abnf_rule *rule, struct span in,
                 struct arena *arena)
{
    *m = (struct machine){.in = in, .arena = arena, .rule = rule};
    m->result.verdict = ABNF_REJECTED;
    m->buckets = arena_take(arena, BUCKETS * sizeof(struct memo *));
    if (m->buckets == NULL) {
        (void)stop(m, "memory");
        return;
    }
    struct set ends = {NULL};
    match_rule_at(m, rule, 0, &ends);
    if (m->result.verdict == ABNF_LIMIT) {
        return;
    }
    bool all = machine_has(&ends, in.len);
    for (const struct interval *i = ends.first; i != NULL; i = i->next) {
        if (i->to > m->result.far) {
            m->result.far = i->to;
            m->result.expected_count = 0;
        }
    }
    m->result.verdict = all ? ABNF_ACCEPTED : ABNF_REJECTED;
    m->result.expected_end = !all && machine_has(&ends, m->result.far);
}

struct abnf_result abnf_recognise(const struct abnf_rule *rule, struct span in, struct arena *arena)
{
    size_t mark = arena_mark(arena);
    struct machine m;
    machine_run(&m, rule, in, arena);
    arena_release(arena, mark);
    return m.result;
}
