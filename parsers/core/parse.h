/* SPDX-License-Identifier: MIT */
/* The cursor of all grammar functions: one whole unit, a position in it, an arena for lists, the
   quirks that are switched on, and the error. Grammar functions return PARSE_NOMATCH with the
   cursor unmoved, PARSE_BAD with err set, or PARSE_OK with the cursor behind the match. Values
   borrow from the unit and the arena. */
#ifndef PARSERS_CORE_PARSE_H
#define PARSERS_CORE_PARSE_H

#include "parsers/core/arena.h"
#include "parsers/core/ascii.h"
#include "parsers/core/span.h"
#include "parsers/core/word.h"
#include "parsers/quirk.h"
#include "parsers/rule.h"

enum parse_rc {
    PARSE_OK = 0,  /* matched; the cursor stands behind the match */
    PARSE_NOMATCH, /* this rule does not start here; the cursor has not moved */
    PARSE_BAD,     /* the rule started and broke, or a limit was hit; err says where */
};

struct parse_err {
    enum rule rule;
    uint64_t off;         /* stream offset of the first octet that cannot be right */
    const char *expected; /* static text */
};

/* A leniency that was used. */
struct deviation {
    const struct deviation *next;
    enum quirk quirk;
    enum rule rule;
    uint64_t off; /* stream offset */
    size_t len;   /* octets that are wrong; 0 where something is missing */
    const char *text;
};

/* A run of octets of a long literal that the framer left out of the unit. */
struct gap {
    size_t pos;   /* in the unit: the octets left out stood before this one */
    uint64_t len; /* octets left out */
};

#define PARSE_MAX_DEPTH 100 /* nesting, where the caller does not say otherwise */

struct parse {
    struct span in; /* one whole unit */
    size_t pos;
    uint64_t base; /* stream offset of in.ptr[0] */
    struct arena *arena;
    struct quirks quirks;
    uint32_t profile; /* what is in force, in the protocol's own bits (parsers/imap/imap.h) */
    uint32_t depth;   /* nesting still allowed */
    struct parse_err err;
    const struct deviation *deviations; /* in the order they were met */
    struct deviation *last_deviation;
    const struct gap *gaps; /* in order of pos; from the framer */
    size_t gap_count;
};

/* A strict parse of a whole unit that stands at stream offset base. arena may be NULL for rules
   without lists. */
void parse_init(struct parse *p, struct span in, uint64_t base, struct arena *arena);

/* The stream offset of a position in the unit, gaps counted. */
uint64_t parse_offset(const struct parse *p, size_t pos);

static inline bool parse_at_end(const struct parse *p)
{
    return p->pos >= p->in.len;
}

static inline size_t parse_left(const struct parse *p)
{
    return p->in.len - p->pos;
}

/* The next octet, or -1 at the end; the cursor stays. */
static inline int parse_peek(const struct parse *p)
{
    return p->pos < p->in.len ? p->in.ptr[p->pos] : -1;
}

/* The next octet is this one: go behind it. */
static inline bool parse_octet(struct parse *p, uint8_t octet)
{
    if (p->pos < p->in.len && p->in.ptr[p->pos] == octet) {
        p->pos++;
        return true;
    }
    return false;
}

/* The octets at the cursor are this text, without regard to case: go behind them. */
static inline bool parse_text(struct parse *p, struct span text)
{
    if (parse_left(p) < text.len ||
        !span_equal_nocase((struct span){p->in.ptr + p->pos, text.len}, text)) {
        return false;
    }
    p->pos += text.len;
    return true;
}
#define PARSE_TEXT(p, text) parse_text((p), SPAN_LIT(text))

/* As many octets of these classes (CLASS_… bits) as stand here, perhaps none. */
static inline struct span parse_run(struct parse *p, uint32_t classes)
{
    const uint8_t *octets = p->in.ptr;
    size_t pos = p->pos;
    while (pos < p->in.len && octet_is(octets[pos], classes)) {
        pos++;
    }
    struct span out = {octets + p->pos, pos - p->pos};
    p->pos = pos;
    return out;
}

/* Goes over printable ASCII, SP to "~": only a quick start for a parse_run() of a class that holds
   all of it, as it may stop early. */
static inline void parse_printable(struct parse *p)
{
    while (parse_left(p) >= WORD_LEN) {
        uint64_t word = word_load(p->in.ptr + p->pos);
        if (word_found(word_below(word, ' ') | word_equal(word, 0x7F), word) != 0) {
            return;
        }
        p->pos += WORD_LEN;
    }
}

/* What was consumed since start. */
static inline struct span parse_since(const struct parse *p, size_t start)
{
    return (struct span){p->in.ptr + start, p->pos - start};
}

/* The rule broke at the cursor: keeps the error that got farthest, but a limit (RULE_LIMIT_…)
   before all others; returns PARSE_BAD. */
enum parse_rc parse_fail(struct parse *p, enum rule rule, const char *expected);

/* The same at another position of the unit. */
enum parse_rc parse_fail_at(struct parse *p, size_t pos, enum rule rule, const char *expected);

/* This octet must stand here. */
MUST_USE static inline enum parse_rc parse_expect(struct parse *p, uint8_t octet, enum rule rule,
                                                  const char *expected)
{
    return parse_octet(p, octet) ? PARSE_OK : parse_fail(p, rule, expected);
}

/* CRLF must stand here and end the unit. */
MUST_USE enum parse_rc parse_expect_crlf(struct parse *p, enum rule rule);

/* A leniency at this position: when the quirk is on, notes the deviation and returns PARSE_OK;
   otherwise fails there with the quirk's rule. len: the octets that are wrong. text: static. */
MUST_USE enum parse_rc parse_quirk(struct parse *p, enum quirk quirk, size_t pos, size_t len,
                                   const char *text);

/* Something that failed is left as it is: when the quirk is on, turns the error into a deviation
   (with the error's own rule and offset), puts back the error that was there before, and returns
   PARSE_OK; the caller then goes behind the broken part. Limits stay errors. */
MUST_USE enum parse_rc parse_recover(struct parse *p, enum quirk quirk,
                                     const struct parse_err *before);

/* 1*DIGIT up to max: NOMATCH without a digit; BAD when larger than max. Leading zeros match. */
MUST_USE enum parse_rc parse_number(struct parse *p, uint64_t max, enum rule rule, uint64_t *out);

/* One level deeper: PARSE_BAD with the depth limit, or PARSE_OK; parse_leave() goes up again. */
MUST_USE enum parse_rc parse_enter(struct parse *p);
static inline void parse_leave(struct parse *p)
{
    p->depth++;
}

/* Zeroed memory of the arena, or NULL with the arena limit as error. */
MUST_USE static inline void *parse_take(struct parse *p, size_t len)
{
    void *out = p->arena == NULL ? NULL : arena_take(p->arena, len);
    if (out == NULL) {
        (void)parse_fail(p, RULE_LIMIT_ARENA, "fewer parts");
    }
    return out;
}

#endif
