/* SPDX-License-Identifier: MIT */
/* The set of ends of a node that begins anywhere in a set of starts is worked out as a whole; what
   a rule gives at one position is remembered. The grammar has no left recursion, so that every rule
   asks for itself only farther on. Sets are lists of intervals, because runs of octets of one class
   make long ones. */
#include "fuzz/abnf/machine.h"

#include "fuzz/abnf/prose.h"

enum { FEWEST_BUCKETS = 256, MOST_BUCKETS = 1 << 18, FEW = 16 };

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
    set->hint = NULL;
}

void machine_add(struct machine *m, struct set *set, size_t from, size_t to)
{
    bool behind = set->hint != NULL && set->hint->to + 1 < from;
    struct interval **at = behind ? &set->hint->next : &set->first;
    set->hint = behind ? set->hint : NULL;
    while (*at != NULL && (*at)->to + 1 < from) {
        set->hint = *at;
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

/* The same intervals, the last one first. */
static struct set set_backwards(struct machine *m, const struct set *set)
{
    struct set out = {0};
    for (const struct interval *i = set->first; i != NULL; i = i->next) {
        struct interval *copy = interval_new(m);
        if (copy == NULL) {
            break;
        }
        *copy = (struct interval){out.first, i->from, i->to};
        out.first = copy;
    }
    return out;
}

/* The members of set that known has not; known gets them. */
static struct set set_new_ones(struct machine *m, struct set *known, const struct set *set)
{
    struct set out = {0};
    struct interval *before = NULL; /* what comes later is likely to begin behind this one */
    if (set->first != NULL && known->hint != NULL && known->hint->to < set->first->from) {
        before = known->hint;
    }
    struct interval *k = before != NULL ? before : known->first;
    while (set->first != NULL && k != NULL && k->to < set->first->from) {
        before = k;
        k = k->next;
    }
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
    known->hint = before;
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
    struct set now = {0};
    set_add_all(m, &now, starts);
    for (size_t i = 0; i < node->count && now.first != NULL; i++) {
        struct set next = {0};
        machine_match(m, node->children[i], &now, &next);
        machine_free(m, &now);
        now = next;
    }
    set_add_all(m, ends, &now);
    machine_free(m, &now);
}

struct memo_key {
    const void *what;
    size_t salt; /* tells rules and repetitions apart, mostly */
    size_t pos;
};

static struct memo_key key_of_rule(const struct abnf_rule *rule, size_t pos)
{
    return (struct memo_key){rule, rule->index, pos};
}

static struct memo_key key_of_repeat(const struct abnf_node *node, size_t pos)
{
    return (struct memo_key){node, (size_t)node->line * 31 + node->column, pos};
}

/* The order of the buckets depends on the grammar and the octets alone. */
static struct memo **memo_bucket(const struct machine *m, const struct memo_key *key)
{
    return &m->buckets[(key->pos * 61 + key->salt) % m->bucket_count];
}

static struct memo *memo_find(const struct machine *m, const struct memo_key *key)
{
    struct memo *memo = *memo_bucket(m, key);
    while (memo != NULL && (memo->what != key->what || memo->pos != key->pos)) {
        memo = memo->next;
    }
    return memo;
}

static struct memo *memo_new(struct machine *m, const struct memo_key *key)
{
    struct memo **bucket = memo_bucket(m, key);
    struct memo *memo = arena_take(m->arena, sizeof *memo);
    if (memo == NULL) {
        (void)stop(m, "memory");
        return NULL;
    }
    *memo = (struct memo){.next = *bucket, .what = key->what, .pos = key->pos};
    *bucket = memo;
    return memo;
}

/* From the positions of now whose closure is known all of it is reached; they are taken out. */
static void take_known(struct machine *m, const struct abnf_node *node, struct set *now,
                       struct set *known)
{
    struct set rest = {0};
    for (const struct interval *i = now->first; i != NULL; i = i->next) {
        for (size_t pos = i->from; pos <= i->to; pos++) {
            const struct memo_key key = key_of_repeat(node, pos);
            const struct memo *memo = memo_find(m, &key);
            if (memo == NULL) {
                machine_add(m, &rest, pos, pos);
            } else {
                set_add_all(m, known, &memo->ends);
            }
        }
    }
    machine_free(m, now);
    *now = rest;
}

/* Adds to known, which is closed, what any number of repetitions reaches from now, which is freed.
 */
static void reach(struct machine *m, const struct abnf_node *node, struct set *now,
                  struct set *known)
{
    take_known(m, node, now, known);
    set_add_all(m, known, now);
    while (now->first != NULL && m->result.verdict != ABNF_LIMIT) {
        struct set next = {0};
        machine_match(m, node->children[0], now, &next);
        machine_free(m, now);
        *now = set_new_ones(m, known, &next);
        machine_free(m, &next);
        take_known(m, node, now, known);
    }
    machine_free(m, now);
}

/* What any number of repetitions reaches from one position; remembered where that takes little
   memory. */
static void match_closure_at(struct machine *m, const struct abnf_node *node, size_t pos,
                             struct set *ends)
{
    const struct memo_key key = key_of_repeat(node, pos);
    struct set now = {0};
    struct set known = {0};
    machine_add(m, &now, pos, pos);
    reach(m, node, &now, &known);
    set_add_all(m, ends, &known);
    size_t intervals = 0;
    for (const struct interval *i = known.first; i != NULL && intervals <= FEW; i = i->next) {
        intervals++;
    }
    struct memo *memo =
        intervals <= FEW && m->result.verdict != ABNF_LIMIT && memo_find(m, &key) == NULL
            ? memo_new(m, &key)
            : NULL;
    if (memo != NULL) {
        memo->ends = known;
    } else {
        machine_free(m, &known);
    }
}

/* Any number of repetitions. From few starts each is looked at by itself, the last one first, so
   that what follows is known by then; many are looked at together. */
static void match_closure(struct machine *m, const struct abnf_node *node, struct set *starts,
                          struct set *ends)
{
    size_t count = 0;
    for (const struct interval *i = starts->first; i != NULL && count <= FEW; i = i->next) {
        count += i->to - i->from + 1;
    }
    if (count > FEW) {
        struct set known = {0};
        reach(m, node, starts, &known);
        set_add_all(m, ends, &known);
        machine_free(m, &known);
        return;
    }
    struct set backwards = set_backwards(m, starts);
    for (const struct interval *i = backwards.first; i != NULL; i = i->next) {
        for (size_t pos = i->to + 1; pos > i->from; pos--) {
            match_closure_at(m, node, pos - 1, ends);
        }
    }
    machine_free(m, &backwards);
    machine_free(m, starts);
}

static void match_repeat(struct machine *m, const struct abnf_node *node, const struct set *starts,
                         struct set *ends)
{
    const struct abnf_node *child = node->children[0];
    struct set now = {0};
    set_add_all(m, &now, starts);
    uint32_t count = 0;
    for (; count < node->min && now.first != NULL; count++) {
        struct set next = {0};
        machine_match(m, child, &now, &next);
        machine_free(m, &now);
        now = next;
    }
    if (node->max == ABNF_UNBOUNDED && child->single) {
        match_run(m, child, &now, ends);
        machine_free(m, &now);
        return;
    }
    if (node->max == ABNF_UNBOUNDED) {
        match_closure(m, node, &now, ends);
        return;
    }
    struct set known = {0};
    set_add_all(m, &known, &now);
    set_add_all(m, ends, &now);
    for (; count < node->max && now.first != NULL; count++) {
        struct set next = {0};
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
            struct set start = {0};
            struct set found = {0};
            struct set excepted = {0};
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

static void match_rule_at(struct machine *m, const struct abnf_rule *rule, size_t pos,
                          struct set *ends)
{
    const struct memo_key key = key_of_rule(rule, pos);
    struct memo *memo = memo_find(m, &key);
    if (memo == NULL) {
        memo = memo_new(m, &key);
        if (memo == NULL) {
            return;
        }
        memo->rule = rule;
        const struct abnf_rule *outer = m->rule;
        struct set start = {0};
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

/* From the last position to the first one. */
static void match_rule(struct machine *m, const struct abnf_rule *rule, const struct set *starts,
                       struct set *ends)
{
    struct set backwards = set_backwards(m, starts);
    for (const struct interval *i = backwards.first; i != NULL; i = i->next) {
        for (size_t pos = i->to + 1; pos > i->from; pos--) {
            match_rule_at(m, rule, pos - 1, ends);
        }
    }
    machine_free(m, &backwards);
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
        match_rule(m, node->rule, starts, ends);
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
    m->bucket_count = FEWEST_BUCKETS;
    while (m->bucket_count < MOST_BUCKETS && m->bucket_count < 4 * in.len) {
        m->bucket_count *= 2;
    }
    m->buckets = arena_take(arena, m->bucket_count * sizeof(struct memo *));
    if (m->buckets == NULL) {
        (void)stop(m, "memory");
        return;
    }
    struct set ends = {0};
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
