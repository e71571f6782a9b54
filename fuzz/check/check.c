/* SPDX-License-Identifier: MIT */
#include "fuzz/check/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *text, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: check failed: %s\n", file, line, text);
    abort();
}

void check_span_inside(struct span inner, struct span outer)
{
    CHECK(inner.len == 0 ||
              (inner.ptr >= outer.ptr && inner.ptr + inner.len <= outer.ptr + outer.len),
          "a span lies outside of its unit");
}

/* The offset is one of the unit's, or the one right behind it. */
static bool is_inside(const struct parse *p, uint64_t off)
{
    return off >= p->base && off <= parse_offset(p, p->in.len);
}

void check_parse(const struct parse *p, enum parse_rc rc)
{
    if (rc == PARSE_BAD) {
        CHECK(p->err.rule != RULE_NONE, "an error names no rule");
        CHECK(is_inside(p, p->err.off), "an error lies outside of its unit");
        CHECK(p->err.expected != NULL, "an error does not say what was expected");
    }
    CHECK(p->pos <= p->in.len, "the cursor stands behind the unit");
    CHECK(rc != PARSE_NOMATCH || p->pos == 0, "no match, but the cursor has moved");
    for (const struct deviation *d = p->deviations; d != NULL; d = d->next) {
        CHECK(d->rule != RULE_NONE, "a deviation names no rule");
        CHECK(is_inside(p, d->off) && is_inside(p, d->off + d->len),
              "a deviation lies outside of its unit");
    }
}

void check_round_trip(const struct parse *p, enum parse_rc rc, const struct out *written)
{
    if (rc == PARSE_OK && p->deviations == NULL) {
        CHECK(out_ok(written), "a value is written longer than it was");
        CHECK(span_equal(out_span(written), p->in), "a value is not written as it was parsed");
    }
}
