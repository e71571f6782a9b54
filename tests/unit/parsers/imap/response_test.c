/* SPDX-License-Identifier: MIT */
/* Responses as a table: what parses strictly and is written back octet for octet, what breaks
   where, and which deviation a lenient parse notes for it. */
#include "parsers/imap/response.h"

#include "tests/support/guard.h"
#include "tests/support/table.h"

enum { ARENA = 1U << 16 };

struct row {
    const char *name;
    const char *in;
    enum rule rule; /* RULE_NONE: accepted strictly */
    size_t off;     /* of the error */
    bool lost;      /* no quirk helps */
};

/* Accepted by the strict grammar of IMAP4rev1 and its extensions. */
static const struct row accepted[] = {
#define OK(name, in) {name, in "\r\n", RULE_NONE, 0, false},
#include "tests/unit/parsers/imap/response_accepted.def"
#undef OK
};

/* Broken: the first octet that cannot be right, and its rule, in strict and in lenient parses. */
static const struct row broken[] = {
#define BAD(name, in, off, rule) {name, in, RULE_##rule, off, false},
#define LOST(name, in, off, rule) {name, in, RULE_##rule, off, true},
#include "tests/unit/parsers/imap/response_broken.def"
#undef BAD
#undef LOST
};

struct run {
    struct guard guard;
    struct arena arena;
    struct parse p;
    struct imap_response response;
    enum parse_rc rc;
};

static uint64_t block[ARENA / sizeof(uint64_t)];

static void run_init(struct run *r, struct span in, size_t arena, struct quirks quirks)
{
    memset(r, 0, sizeof *r);
    guard_init(&r->guard, in);
    arena_init(&r->arena, block, arena);
    parse_init(&r->p, r->guard.span, 0, &r->arena);
    r->p.quirks = quirks;
    r->rc = imap_parse_response(&r->p, &r->response);
}

static void run_fini(struct run *r)
{
    guard_fini(&r->guard);
}

static void assert_written(const struct run *r)
{
    static uint8_t written[ARENA];
    struct out out;
    out_init(&out, written, sizeof written);
    imap_emit_response(&out, &r->response);
    assert_true(out_ok(&out));
    assert_int_equal(out.len, r->p.in.len);
    assert_memory_equal(written, r->p.in.ptr, out.len);
}

static void accepts(void **state)
{
    const struct row *row = *state;
    struct span in = span_text(row->in);
    struct run r;
    run_init(&r, in, ARENA, QUIRKS_STRICT);
    if (r.rc != PARSE_OK) {
        fail_msg("%s at %u: %s", rule_info(r.p.err.rule)->name, (unsigned)r.p.err.off,
                 r.p.err.expected);
    }
    assert_null(r.p.deviations);
    assert_written(&r);
    size_t used = r.arena.used;
    run_fini(&r);
    if (used > 0) {
        run_init(&r, in, used - 1, QUIRKS_STRICT);
        assert_int_equal(r.rc, PARSE_BAD);
        assert_int_equal(r.p.err.rule, RULE_LIMIT_ARENA);
        run_fini(&r);
    }
    run_init(&r, in, ARENA, QUIRKS_ALL);
    assert_int_equal(r.rc, PARSE_OK);
    assert_null(r.p.deviations);
    run_fini(&r);
    for (size_t len = 0; len < in.len; len++) {
        run_init(&r, span_sub(in, 0, len), ARENA, QUIRKS_STRICT);
        assert_int_equal(r.rc, PARSE_BAD);
        assert_true(r.p.err.off <= len);
        run_fini(&r);
    }
}

static void breaks(void **state)
{
    const struct row *row = *state;
    struct span in = span_text(row->in);
    struct run r;
    run_init(&r, in, ARENA, QUIRKS_STRICT);
    assert_int_equal(r.rc, PARSE_BAD);
    assert_string_equal(rule_info(r.p.err.rule)->name, rule_info(row->rule)->name);
    assert_int_equal(r.p.err.off, row->off);
    assert_non_null(r.p.err.expected);
    run_fini(&r);
    run_init(&r, in, ARENA, QUIRKS_ALL);
    assert_int_equal(r.rc, row->lost ? PARSE_BAD : PARSE_OK);
    if (row->lost) {
        assert_int_equal(r.p.err.off, row->off);
    } else {
        assert_non_null(r.p.deviations);
        assert_string_equal(rule_info(r.p.deviations->rule)->name, rule_info(row->rule)->name);
        assert_int_equal(r.p.deviations->off, row->off);
    }
    run_fini(&r);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, accepted, accepts);
    count = TABLE_ADD(tests, count, broken, breaks);
    return table_run("parsers/imap/response", tests, count);
}
