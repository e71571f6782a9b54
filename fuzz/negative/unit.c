/* SPDX-License-Identifier: MIT */
/* Bugs in the parser and writer of a unit, for check_unit(), and in a reading of the grammar, for
   abnf_agree(). The unit is an SMTP command. */
#include "fuzz/check/unit.h"

#include "fuzz/abnf/agree.h"
#include "fuzz/negative/negative.h"

struct unit_bug {
    enum parse_rc (*parse)(struct parse *p, const void *context, void *value);
    void (*emit)(struct out *out, const void *context, const void *value);
    bool lenient;
};

static enum parse_rc sound_parse(struct parse *p, const void *context, void *value)
{
    (void)context;
    return smtp_parse_command(p, value);
}

static void sound_emit(struct out *out, const void *context, const void *value)
{
    (void)context;
    smtp_emit_command(out, value);
}

static void spans(const void *value, struct span in)
{
    check_span_inside(((const struct smtp_command *)value)->word, in);
}

static void run_unit(const struct negative *negative, bool planted)
{
    const struct unit_bug *bug = negative->bug;
    const struct unit_kind kind = {sizeof(struct smtp_command),
                                   planted && bug->parse != NULL ? bug->parse : sound_parse,
                                   planted && bug->emit != NULL ? bug->emit : sound_emit, spans};
    (void)check_unit(&kind, NULL, span_text(negative->input), 0, bug->lenient);
}

static enum parse_rc parse_no_rule(struct parse *p, const void *context, void *value)
{
    enum parse_rc rc = sound_parse(p, context, value);
    p->err.rule = RULE_NONE;
    return rc;
}

/* Counts from the start of the unit once too often. */
static enum parse_rc parse_far_error(struct parse *p, const void *context, void *value)
{
    enum parse_rc rc = sound_parse(p, context, value);
    p->err.off += p->in.len;
    return rc;
}

/* Forgets where the unit stands in the stream. */
static enum parse_rc parse_near_error(struct parse *p, const void *context, void *value)
{
    enum parse_rc rc = sound_parse(p, context, value);
    p->err.off -= p->base;
    return rc;
}

static enum parse_rc parse_mute_error(struct parse *p, const void *context, void *value)
{
    enum parse_rc rc = sound_parse(p, context, value);
    p->err.expected = NULL;
    return rc;
}

static enum parse_rc parse_past_end(struct parse *p, const void *context, void *value)
{
    enum parse_rc rc = sound_parse(p, context, value);
    p->pos++;
    return rc;
}

static enum parse_rc parse_not_to_end(struct parse *p, const void *context, void *value)
{
    enum parse_rc rc = sound_parse(p, context, value);
    p->pos--;
    return rc;
}

static enum parse_rc parse_moved(struct parse *p, const void *context, void *value)
{
    return sound_parse(p, context, value) == PARSE_OK ? PARSE_NOMATCH : PARSE_BAD;
}

static enum parse_rc parse_nothing(struct parse *p, const void *context, void *value)
{
    (void)sound_parse(p, context, value);
    p->pos = 0;
    return PARSE_NOMATCH;
}

static enum parse_rc parse_always_leniently(struct parse *p, const void *context, void *value)
{
    p->quirks = QUIRKS_ALL;
    return sound_parse(p, context, value);
}

/* A leniency that is not noted as a deviation. */
static enum parse_rc parse_silently(struct parse *p, const void *context, void *value)
{
    enum parse_rc rc = sound_parse(p, context, value);
    p->deviations = NULL;
    return rc;
}

/* Rejects strictly what no leniency is needed for. */
static enum parse_rc parse_too_strictly(struct parse *p, const void *context, void *value)
{
    bool strict = !quirks_has(&p->quirks, QUIRK_SMTP_BARE_LF);
    return strict ? parse_fail(p, RULE_SMTP_BARE_CR, "another") : sound_parse(p, context, value);
}

static enum parse_rc parse_deviation(struct parse *p, const struct deviation *deviation,
                                     void *value)
{
    static struct deviation changed;
    enum parse_rc rc = sound_parse(p, NULL, value);
    if (p->deviations != NULL) {
        changed = *p->deviations;
        changed.rule = deviation->rule == RULE_NONE ? RULE_NONE : changed.rule;
        changed.off += deviation->off;
        p->deviations = &changed;
    }
    return rc;
}

static enum parse_rc parse_deviation_no_rule(struct parse *p, const void *context, void *value)
{
    (void)context;
    return parse_deviation(p, &(struct deviation){.rule = RULE_NONE}, value);
}

static enum parse_rc parse_deviation_outside(struct parse *p, const void *context, void *value)
{
    (void)context;
    return parse_deviation(p, &(struct deviation){.rule = RULE_LIMIT_UNIT, .off = p->in.len},
                           value);
}

static enum parse_rc parse_span_outside(struct parse *p, const void *context, void *value)
{
    enum parse_rc rc = sound_parse(p, context, value);
    ((struct smtp_command *)value)->word.len = p->in.len + 1;
    return rc;
}

/* What does not fit is left out without a word. */
static enum parse_rc parse_without_memory(struct parse *p, const void *context, void *value)
{
    enum parse_rc rc = sound_parse(p, context, value);
    if (p->err.rule == RULE_LIMIT_ARENA) {
        p->pos = p->in.len;
        rc = PARSE_OK;
    }
    return rc;
}

/* Lack of memory is taken for a fault of the sender. */
static enum parse_rc parse_blaming(struct parse *p, const void *context, void *value)
{
    enum parse_rc rc = sound_parse(p, context, value);
    if (p->err.rule == RULE_LIMIT_ARENA) {
        p->err.rule = RULE_LIMIT_UNIT;
    }
    return rc;
}

static void emit_lower(struct out *out, const void *context, const void *value)
{
    size_t start = out->len;
    sound_emit(out, context, value);
    for (size_t i = start; i < out->len; i++) {
        out->ptr[i] = octet_lower(out->ptr[i]);
    }
}

static void emit_without_end(struct out *out, const void *context, const void *value)
{
    while (out_ok(out)) {
        sound_emit(out, context, value);
    }
}

static enum parse_rc agree_always(struct parse *p)
{
    p->pos = p->in.len;
    return PARSE_OK;
}

static enum parse_rc agree_never(struct parse *p)
{
    return parse_fail(p, RULE_SMTP_BARE_CR, "something else");
}

static enum parse_rc agree_sound(struct parse *p)
{
    struct smtp_command value;
    return smtp_parse_command(p, &value);
}

struct agree_bug {
    enum parse_rc (*parse)(struct parse *p);
};

static void run_agree(const struct negative *negative, bool planted)
{
    enum { ROOM = 16 << 20 };
    static uint64_t blocks[2][ROOM / sizeof(uint64_t)];
    const struct agree_bug *bug = negative->bug;
    const struct abnf_kind_of_unit unit = {"smtp:command", "smtp", "command",
                                           planted ? bug->parse : agree_sound};
    struct arena arenas[2];
    struct abnf grammar;
    struct abnf_error error;
    for (size_t i = 0; i < 2; i++) {
        arena_init(&arenas[i], blocks[i], ROOM);
    }
    CHECK(abnf_load_folder(&grammar, &arenas[0], "smtp", POSTEL_SOURCE "/fuzz/abnf", &error),
          error.text);
    CHECK(abnf_agree(&unit, &grammar, span_text(negative->input), &arenas[1]).agreed,
          "the parser and the grammar do not agree");
}

#define UNIT(name, caught, input, ...)                                                             \
    {                                                                                              \
        name, caught, run_unit, &(const struct unit_bug){__VA_ARGS__}, input                       \
    }
#define AGREE(name, input, parse)                                                                  \
    {                                                                                              \
        name, "the parser and the grammar do not agree", run_agree,                                \
            &(const struct agree_bug){parse}, input                                                \
    }

static const struct negative rows[] = {
    UNIT("error without rule", "an error names no rule", "MAIL x\r\n", .parse = parse_no_rule),
    UNIT("error behind the unit", "an error lies outside of its unit", "MAIL x\r\n",
         .parse = parse_far_error),
    UNIT("error before the unit", "an error lies outside of its unit", "MAIL x\r\n",
         .parse = parse_near_error),
    UNIT("error without expectation", "an error does not say what was expected", "MAIL x\r\n",
         .parse = parse_mute_error),
    UNIT("cursor behind the unit", "the cursor stands behind the unit", "NOOP\r\n",
         .parse = parse_past_end),
    UNIT("parse stops early", "a unit is parsed, but not to its end", "NOOP\r\n",
         .parse = parse_not_to_end),
    UNIT("cursor moved without match", "no match, but the cursor has moved", "NOOP\r\n",
         .parse = parse_moved),
    UNIT("no verdict", "a unit is there or is broken", "NOOP\r\n", .parse = parse_nothing),
    UNIT("always lenient", "a strict parse has deviations", "NOOP\n",
         .parse = parse_always_leniently),
    UNIT("silent leniency", "a value is not written as it was parsed", "NOOP  \r\n",
         .parse = parse_silently, .lenient = true),
    UNIT("strict beyond the leniencies", "strict and lenient parses disagree", "NOOP\r\n",
         .parse = parse_too_strictly, .lenient = true),
    UNIT("deviation without rule", "a deviation names no rule", "NOOP\n",
         .parse = parse_deviation_no_rule, .lenient = true),
    UNIT("deviation behind the unit", "a deviation lies outside of its unit", "NOOP\n",
         .parse = parse_deviation_outside, .lenient = true),
    UNIT("value behind the unit", "a span lies outside of its unit", "NOOP\r\n",
         .parse = parse_span_outside),
    UNIT("memory out unnoticed", "a unit is parsed in less memory than it needs",
         "MAIL FROM:<a@b.example> SIZE=1\r\n", .parse = parse_without_memory),
    UNIT("memory out, sender blamed", "memory is out, but the error is another one",
         "MAIL FROM:<a@b.example> SIZE=1\r\n", .parse = parse_blaming),
    UNIT("writer changes case", "a value is not written as it was parsed", "NOOP\r\n",
         .emit = emit_lower),
    UNIT("writer does not end", "a value is written longer than it was", "NOOP\r\n",
         .emit = emit_without_end),
    AGREE("parser accepts all", "MAIL x\r\n", agree_always),
    AGREE("parser accepts nothing", "NOOP\r\n", agree_never),
};

const struct negative_group negative_units = {rows, sizeof rows / sizeof *rows};
