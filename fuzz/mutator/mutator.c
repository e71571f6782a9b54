/* SPDX-License-Identifier: MIT */
#include "fuzz/mutator/mutator.h"

#include <string.h>

#include "fuzz/mutator/embedded.h"

enum { SCRATCH = 8 << 20, TRIES = 16, GROWTH = 200 };

#define IMAP TREE_IMAP
#define LINES ((unsigned)TREE_COMMAND | TREE_REPLY)
#define ANY (IMAP | LINES)

static const struct {
    const char *name;
    mutate_fn *function;
    unsigned odds;
    unsigned styles;
} mutations[] = {
#define MUTATION(id, name, odds, needs) {#name, mutate_##name, (odds), (needs)},
#include "fuzz/mutator/mutation.def"
#undef MUTATION
};

const char *postel_mutator_name(size_t index)
{
    return index < MUTATIONS ? mutations[index].name : NULL;
}

const char *postel_mutator_last(const struct postel_mutator *mutator)
{
    return mutator->last;
}

static void add_keywords(struct language *language, const struct abnf_node *node)
{
    if (node->kind == ABNF_TEXT && node->text.len > 1 && language->keyword_count < MAX_KEYWORDS) {
        language->keywords[language->keyword_count++] = node->text;
    }
    for (size_t i = 0; i < node->count; i++) {
        add_keywords(language, node->children[i]);
    }
}

static bool language_load(struct postel_mutator *m, const struct kind *kind, const char **error)
{
    struct abnf_error place = {0};
    struct language *language = &m->languages[kind->index];
    if (!abnf_load(&language->grammar, &m->grammars, kind->grammar, embedded_open, NULL, &place)) {
        *error = "the block is too small for the grammar";
        return false;
    }
    language->rule = abnf_rule_find(&language->grammar, span_text(kind->rule));
    for (const struct abnf_rule *r = language->grammar.rules; r != NULL; r = r->next) {
        if (r->reached) {
            add_keywords(language, r->node);
        }
    }
    return language->rule != NULL;
}

/* "+12" behind the kind. */
static bool read_prefix(struct span text, size_t *prefix)
{
    *prefix = 0;
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || *prefix > 1000) {
            return false;
        }
        *prefix = *prefix * 10 + text.ptr[i] - '0';
    }
    return text.len != 1;
}

struct postel_mutator *postel_mutator_open(void *block, size_t size, const char *kind,
                                           const char **error)
{
    const char *ignored = NULL;
    struct span text = kind == NULL || *kind == '\0' ? SPAN_LIT("auto") : span_text(kind);
    size_t len = 0;
    size_t prefix = 0;
    error = error == NULL ? &ignored : error;
    while (len < text.len && text.ptr[len] != '+') {
        len++;
    }
    struct span name = span_sub(text, 0, len);
    bool automatic = span_is(name, "auto");
    if ((!automatic && kind_find(name) == NULL) || !read_prefix(span_from(text, len), &prefix)) {
        *error = "a mutator is for imap:response, imap:command, imap4rev1:response, "
                 "imap4rev1:command, smtp:command, smtp:reply, pop3:command, pop3:response or "
                 "auto, and +NUMBER behind that";
        return NULL;
    }
    struct arena arena;
    arena_init(&arena, block, size);
    struct postel_mutator *m = arena_take(&arena, sizeof *m);
    void *scratch = arena_take(&arena, SCRATCH);
    if (m == NULL || scratch == NULL) {
        *error = "the block is smaller than POSTEL_MUTATOR_MEMORY";
        return NULL;
    }
    memset(m, 0, sizeof *m); /* too large for a compound literal on the stack */
    m->automatic = automatic;
    m->prefix = prefix;
    m->grammars = arena;
    arena_init(&m->scratch, scratch, SCRATCH);
    for (size_t i = 0; i < KINDS; i++) {
        bool wanted = automatic ? i < GUESSED_KINDS : kind_find(name) == &kinds[i];
        if (wanted && !language_load(m, &kinds[i], error)) {
            return NULL;
        }
    }
    m->kind = automatic ? &kinds[0] : kind_find(name);
    return m;
}

bool edit(struct postel_mutator *m, size_t from, size_t to, struct span with)
{
    m->edits[m->edit_count++] = (struct edit){from, to, with};
    return true;
}

bool edit_piece(struct postel_mutator *m, size_t from, size_t to)
{
    return out_ok(&m->piece) && edit(m, from, to, out_span(&m->piece));
}

/* Carries out the edits into the buffer that the input does not lie in. */
static bool carry_out(struct postel_mutator *m, struct span in, size_t max, struct span *out)
{
    struct out o;
    bool in_front = in.ptr >= m->front && in.ptr < m->front + sizeof m->front;
    out_init(&o, in_front ? m->back : m->front, max);
    size_t pos = 0;
    for (size_t i = 0; i < m->edit_count; i++) {
        const struct edit *e = &m->edits[i];
        out_bytes(&o, span_sub(in, pos, e->from - pos));
        out_bytes(&o, e->with);
        pos = e->to;
    }
    out_bytes(&o, span_from(in, pos));
    if (!out_ok(&o) || o.len == 0 || span_equal(out_span(&o), in)) {
        return false;
    }
    *out = out_span(&o);
    return true;
}

bool mutator_apply(struct postel_mutator *m, enum mutation mutation, struct span in, size_t max,
                   struct span *out)
{
    if ((mutations[mutation].styles & m->kind->style) == 0) {
        return false;
    }
    max = max < POSTEL_MUTATOR_LONGEST ? max : POSTEL_MUTATOR_LONGEST;
    m->edit_count = 0;
    out_init(&m->piece, m->piece_block, max < PIECE ? max : PIECE);
    tree_read(&m->tree, in, m->kind->style);
    return mutations[mutation].function(m) && carry_out(m, in, max, out);
}

void mutator_begin(struct postel_mutator *m, uint64_t seed,
                   const struct postel_mutator_input *input)
{
    struct span in = {input->octets, input->size};
    m->random = (struct abnf_random){seed};
    m->last[0] = '\0';
    if (m->automatic) {
        m->kind = kind_guess(span_from(in, m->prefix));
    }
    struct span other = {input->other, input->other == NULL ? 0 : input->other_size};
    tree_read(&m->other, span_sub(span_from(other, m->prefix), 0, POSTEL_MUTATOR_LONGEST),
              m->kind->style);
}

static enum mutation pick_mutation(struct postel_mutator *m)
{
    size_t sum = 0;
    for (size_t i = 0; i < MUTATIONS; i++) {
        sum += mutations[i].odds;
    }
    size_t ticket = below(m, sum);
    size_t i = 0;
    while (ticket >= mutations[i].odds) {
        ticket -= mutations[i++].odds;
    }
    return (enum mutation)i;
}

static void remember(struct postel_mutator *m, enum mutation mutation)
{
    struct out o;
    size_t len = strlen(m->last);
    out_init(&o, m->last + len, sizeof m->last - 1 - len);
    out_text(&o, len == 0 ? "" : " ");
    out_text(&o, mutations[mutation].name);
    m->last[out_ok(&o) ? len + o.len : len] = '\0';
}

/* Some mutation that works, or at last none. */
static struct span mutate_once(struct postel_mutator *m, struct span in, size_t max)
{
    for (unsigned i = 0; i < TRIES; i++) {
        enum mutation mutation = pick_mutation(m);
        struct span out;
        if (mutator_apply(m, mutation, in, max, &out)) {
            remember(m, mutation);
            return out;
        }
    }
    return in;
}

/* Something of the other input, if it has anything that fits. */
static struct span splice_once(struct postel_mutator *m, struct span in, size_t max)
{
    static const enum mutation splices[] = {MUTATION_PART_SPLICE, MUTATION_SPLICE,
                                            MUTATION_UNIT_SPLICE};
    enum { SPLICES = sizeof splices / sizeof *splices };
    size_t first = below(m, SPLICES);
    for (size_t i = 0; i < SPLICES; i++) {
        enum mutation mutation = splices[(first + i) % SPLICES];
        struct span out;
        if (mutator_apply(m, mutation, in, max, &out)) {
            remember(m, mutation);
            return out;
        }
    }
    return in;
}

/* What is left where nothing else fits: an octet more, or the last one is another. */
static size_t last_resort(struct span in, uint8_t *out, size_t max)
{
    size_t len = in.len < max ? in.len : max;
    if (len > 0) {
        memcpy(out, in.ptr, len);
    }
    if (len == in.len && len < max) {
        out[len++] = '\n';
    } else if (len == in.len && len > 0) {
        out[len - 1] ^= 1;
    }
    return len;
}

/* How long the result may be. Short inputs run faster and say as much: few results are much longer
   than their input. */
static size_t likely_room(struct postel_mutator *m, size_t len, size_t max)
{
    size_t room = one_in(m, 16) ? max : len + GROWTH;
    return room < max ? room : max;
}

static size_t mutate(struct postel_mutator *m, const struct postel_mutator_input *input,
                     bool splice, uint8_t *out, size_t max)
{
    struct span whole = {input->octets, input->octets == NULL ? 0 : input->size};
    struct span head = span_sub(whole, 0, m->prefix);
    struct span in = span_from(whole, head.len);
    if (head.len >= max) {
        return last_resort(whole, out, max);
    }
    in = span_sub(in, 0, POSTEL_MUTATOR_LONGEST);
    size_t most = max - head.len;
    size_t room = likely_room(m, in.len, most);
    struct span now = in;
    if (splice) {
        now = splice_once(m, in, room);
        now = span_equal(now, in) ? splice_once(m, in, most) : now;
    }
    size_t times = span_equal(now, in) ? 1 : 0;
    while (times < 8 && one_in(m, 2)) {
        times++;
    }
    for (size_t i = 0; i < times; i++) {
        now = mutate_once(m, now, room);
    }
    if (span_equal(now, in) || now.len > most) {
        return last_resort(whole, out, max);
    }
    if (head.len > 0) {
        memcpy(out, head.ptr, head.len);
    }
    if (now.len > 0) {
        memcpy(out + head.len, now.ptr, now.len);
    }
    return head.len + now.len;
}

size_t postel_mutator_mutate(struct postel_mutator *mutator, uint64_t seed,
                             const struct postel_mutator_input *input, uint8_t *out, size_t max)
{
    mutator_begin(mutator, seed, input);
    return mutate(mutator, input, false, out, max);
}

size_t postel_mutator_splice(struct postel_mutator *mutator, uint64_t seed,
                             const struct postel_mutator_input *input, uint8_t *out, size_t max)
{
    mutator_begin(mutator, seed, input);
    return mutate(mutator, input, true, out, max);
}
