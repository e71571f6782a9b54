/* SPDX-License-Identifier: MIT */
#include "parsers/imap/command.h"

#include "tests/support/guard.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *in;
    enum imap_command_type type; /* UNKNOWN is a type too */
    enum rule rule;              /* RULE_NONE: accepted; else rejected with this rule */
    uint64_t off;                /* of the first wrong octet */
};

#define OK(name, in, type)                                                                         \
    {                                                                                              \
        name, in, IMAP_COMMAND_##type, RULE_NONE, 0                                                \
    }
#define BAD(name, in, rule, off)                                                                   \
    {                                                                                              \
        name, in, IMAP_COMMAND_UNKNOWN, RULE_IMAP_##rule, off                                      \
    }

static const struct row rows[] = {
#include "tests/unit/parsers/imap/command_rows.inc"
};

static enum parse_rc parse(struct parse *p, struct span in, struct arena *arena,
                           struct imap_command *out)
{
    parse_init(p, in, 0, arena);
    return imap_parse_command(p, out);
}

/* Never accepted, and never read past its end, when it is cut short. */
static void check_truncated(struct span in, uint8_t *block, size_t size)
{
    for (size_t len = 0; len < in.len; len++) {
        struct guard guard;
        guard_init(&guard, span_sub(in, 0, len));
        struct arena arena;
        arena_init(&arena, block, size);
        struct parse p;
        struct imap_command command;
        enum parse_rc rc = parse(&p, guard.span, &arena, &command);
        guard_fini(&guard);
        assert_int_equal(rc, PARSE_BAD);
        assert_true(p.err.off <= len);
    }
}

static void check(void **state)
{
    const struct row *row = *state;
    static uint8_t block[65536];
    struct guard guard;
    guard_init(&guard, span_text(row->in));
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    struct parse p;
    struct imap_command command;
    enum parse_rc rc = parse(&p, guard.span, &arena, &command);
    if (row->rule != RULE_NONE) {
        assert_int_equal(rc, PARSE_BAD);
        assert_string_equal(rule_info(p.err.rule)->name, rule_info(row->rule)->name);
        assert_int_equal(p.err.off, row->off);
        guard_fini(&guard);
        return;
    }
    if (rc != PARSE_OK) {
        print_error("%s at %u: %s\n", rule_info(p.err.rule)->name, (unsigned)p.err.off,
                    p.err.expected);
    }
    assert_int_equal(rc, PARSE_OK);
    assert_int_equal(command.type, row->type);
    uint8_t text[4096];
    struct out out;
    out_init(&out, text, sizeof text);
    imap_emit_command(&out, &command);
    assert_int_equal(out.len, guard.span.len);
    assert_memory_equal(text, guard.span.ptr, out.len);
    size_t used = arena.used;
    if (used > 0) {
        arena_init(&arena, block, used - 1);
        assert_int_equal(parse(&p, guard.span, &arena, &command), PARSE_BAD);
        assert_int_equal(p.err.rule, RULE_LIMIT_ARENA);
    }
    check_truncated(guard.span, block, sizeof block);
    guard_fini(&guard);
}

/* What a lenient parse notes, in the order it is met, and what it still makes of the command. */
static const struct quirk_row {
    const char *name;
    const char *in;
    enum imap_command_type type;
    enum quirk quirk;
    uint64_t off;
} quirk_rows[] = {
#define QUIRK_ROW(name, in, type, quirk, off)                                                      \
    {                                                                                              \
        name, in, IMAP_COMMAND_##type, QUIRK_IMAP_##quirk, off                                     \
    }
    QUIRK_ROW("tag: missing before NOOP", "NOOP\r\n", NOOP, COMMAND_TAG_MISSING, 0),
    QUIRK_ROW("tag: missing before LOGIN", "LOGIN bob secret\r\n", LOGIN, COMMAND_TAG_MISSING, 0),
    QUIRK_ROW("tag: is *", "* NOOP\r\n", NOOP, COMMAND_TAG_CHAR, 0),
    QUIRK_ROW("tag: has +", "a+1 NOOP\r\n", NOOP, COMMAND_TAG_CHAR, 1),
    QUIRK_ROW("crlf: bare LF", "a NOOP\n", NOOP, COMMAND_LF, 6),
    QUIRK_ROW("space: at the end", "a NOOP \r\n", NOOP, COMMAND_TRAILING_SPACE, 6),
    QUIRK_ROW("space: at the end of SEARCH", "a SEARCH ALL \r\n", SEARCH, COMMAND_TRAILING_SPACE,
              12),
    QUIRK_ROW("space: two", "a SELECT  INBOX\r\n", SELECT, SP_DOUBLE, 9),
    QUIRK_ROW("extra: mailbox with a space", "a SELECT My Folder\r\n", SELECT, COMMAND_EXTRA, 11),
    QUIRK_ROW("extra: password with a space", "a LOGIN bob my secret\r\n", LOGIN, COMMAND_EXTRA,
              14),
    QUIRK_ROW("parenthesis: closed twice", "a FETCH 1 (FLAGS))\r\n", FETCH, COMMAND_PARENTHESIS,
              17),
    QUIRK_ROW("set: 0", "a FETCH 0 FLAGS\r\n", FETCH, SET_ZERO, 8),
    QUIRK_ROW("set: empty", "a FETCH  FLAGS\r\n", FETCH, SP_DOUBLE, 8),
    QUIRK_ROW("quoted: 8-bit", "a SELECT \"\xe9t\xe9\"\r\n", SELECT, QUOTED_8BIT, 10),
    QUIRK_ROW("date-time: day without padding",
              "a APPEND x \"1-Jan-2020 00:00:00 +0000\" {1}\r\nx\r\n", APPEND, DATE_DAY, 13),
    QUIRK_ROW("append: flag without parentheses", "a APPEND x \\Seen {1}\r\nx\r\n", APPEND,
              APPEND_FLAGS, 11),
    QUIRK_ROW("search-key: unknown", "a SEARCH FROM bob smith\r\n", SEARCH, SEARCH_KEY_UNKNOWN, 18),
    QUIRK_ROW("fetch-att: unknown", "a FETCH 1 BODYSTRUCTUR\r\n", FETCH, FETCH_ATT_UNKNOWN, 10),
    QUIRK_ROW("list-select-opts: RECURSIVEMATCH alone", "a LIST (RECURSIVEMATCH) \"\" *\r\n", LIST,
              LIST_RECURSIVEMATCH, 7),
    QUIRK_ROW("chgsince: 0", "a FETCH 1 FLAGS (CHANGEDSINCE 0)\r\n", FETCH, MODSEQ_VALUE_ZERO, 30),
#undef QUIRK_ROW
};

static void check_quirk(void **state)
{
    const struct quirk_row *row = *state;
    static uint8_t block[65536];
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    struct parse p;
    struct imap_command command;
    parse_init(&p, span_text(row->in), 0, &arena);
    p.quirks = QUIRKS_ALL;
    enum parse_rc rc = imap_parse_command(&p, &command);
    assert_true(rc == PARSE_OK || rc == PARSE_BAD);
    assert_non_null(p.deviations);
    assert_string_equal(quirk_info(p.deviations->quirk)->name, quirk_info(row->quirk)->name);
    assert_int_equal(p.deviations->off, row->off);
    assert_int_equal(command.type, row->type);
    arena_init(&arena, block, sizeof block);
    assert_int_equal(parse(&p, span_text(row->in), &arena, &command), PARSE_BAD);
}

static void nests_as_deep_as_the_limit(void **state)
{
    (void)state;
    static char text[2 * PARSE_MAX_DEPTH + 64];
    static uint8_t block[262144];
    for (size_t depth = PARSE_MAX_DEPTH - 1; depth <= PARSE_MAX_DEPTH; depth++) {
        size_t len = 0;
        memcpy(text, "a SEARCH ", 9);
        len = 9;
        memset(text + len, '(', depth);
        len += depth;
        memcpy(text + len, "ALL", 3);
        len += 3;
        memset(text + len, ')', depth);
        len += depth;
        memcpy(text + len, "\r\n", 3);
        struct arena arena;
        arena_init(&arena, block, sizeof block);
        struct parse p;
        struct imap_command command;
        enum parse_rc rc = parse(&p, span_text(text), &arena, &command);
        assert_int_equal(rc, depth < PARSE_MAX_DEPTH ? PARSE_OK : PARSE_BAD);
        assert_int_equal(p.err.rule, depth < PARSE_MAX_DEPTH ? RULE_NONE : RULE_LIMIT_DEPTH);
    }
}

static struct CMUnitTest tests[TABLE_MAX];

int main(void)
{
    size_t count = TABLE_ADD(tests, 0, rows, check);
    count = TABLE_ADD(tests, count, quirk_rows, check_quirk);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(nests_as_deep_as_the_limit);
    return table_run("parsers/imap/command", tests, count);
}
