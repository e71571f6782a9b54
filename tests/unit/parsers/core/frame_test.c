/* SPDX-License-Identifier: MIT */
#include "parsers/core/frame.h"

#include "fuzz/check/stream.h"
#include "tests/support/table.h"

/* The log is as fuzz/check/stream.c writes it: <offset[ cut][ gap position+octets]|octets> for
   each unit, pieces joined, then "rest " and what no unit has consumed. */
struct row {
    const char *name;
    const char *in;
    const char *log;
    struct stream_plan plan;
};

#define LINES                                                                                      \
    {                                                                                              \
        .modes = {FRAME_MODE_LINE}, .mode_count = 1                                                \
    }
#define LINES_LIMIT(n)                                                                             \
    {                                                                                              \
        .modes = {FRAME_MODE_LINE}, .mode_count = 1, .limit = (n)                                  \
    }
#define IMAP(keep)                                                                                 \
    {                                                                                              \
        .modes = {FRAME_MODE_IMAP}, .mode_count = 1, .literal_keep = (keep)                        \
    }
#define IMAP_LIMIT(keep, n)                                                                        \
    {                                                                                              \
        .modes = {FRAME_MODE_IMAP}, .mode_count = 1, .literal_keep = (keep), .limit = (n)          \
    }
#define DATA                                                                                       \
    {                                                                                              \
        .modes = {FRAME_MODE_DOT, FRAME_MODE_LINE}, .mode_count = 2                                \
    }
#define COUNT(n)                                                                                   \
    {                                                                                              \
        .modes = {FRAME_MODE_LINE, FRAME_MODE_COUNT}, .mode_count = 2, .counted = (n)              \
    }
#define REPLIES(n)                                                                                 \
    {                                                                                              \
        .modes = {FRAME_MODE_SMTP_REPLY}, .mode_count = 1, .limit = (n)                            \
    }
#define OPAQUE                                                                                     \
    {                                                                                              \
        .modes = {FRAME_MODE_LINE, FRAME_MODE_OPAQUE}, .mode_count = 2                             \
    }

static bool never(struct span unit)
{
    (void)unit;
    return false;
}

static bool not_after_ok(struct span unit)
{
    return !span_starts_nocase(unit, SPAN_LIT("* OK"));
}

static const struct row rows[] = {
    {"line: none", "", "rest ", LINES},
    {"line: without end", "NOOP", "rest NOOP", LINES},
    {"line: CR alone is no end", "NOOP\r", "rest NOOP\r", LINES},
    {"line: one", "NOOP\r\n", "<0|NOOP\r\n>rest ", LINES},
    {"line: two and a half", "A\r\nBC\r\nD", "<0|A\r\n><3|BC\r\n>rest D", LINES},
    {"line: empty lines", "\r\n\r\n", "<0|\r\n><2|\r\n>rest ", LINES},
    {"line: bare LF ends a line", "A\nB\r\n", "<0|A\n><2|B\r\n>rest ", LINES},
    {"line: bare CR stays inside", "A\rB\r\n", "<0|A\rB\r\n>rest ", LINES},
    {"line: literal head means nothing", "{3}\r\nabc\r\n", "<0|{3}\r\n><5|abc\r\n>rest ", LINES},
    {"line: limit, at it", "ABC\r\nD\r\n", "<0|ABC\r\n><5|D\r\n>rest ", LINES_LIMIT(5)},
    {"line: limit, one more", "ABCD\r\nE\r\n", "<0 cut|ABCD\r><5|\n><6|E\r\n>rest ",
     LINES_LIMIT(5)},
    {"line: limit, twice over", "ABCDEFGHIJKL\r\n", "<0 cut|ABCDE><5 cut|FGHIJ><10|KL\r\n>rest ",
     LINES_LIMIT(5)},

    {"imap: line", "a NOOP\r\n* OK x\r\n", "<0|a NOOP\r\n><8|* OK x\r\n>rest ", IMAP(0)},
    {"imap: literal", "a {3}\r\nxyz b\r\nc\r\n", "<0|a {3}\r\nxyz b\r\n><14|c\r\n>rest ", IMAP(0)},
    {"imap: literal of line ends", "a {4}\r\n\r\n\r\n\r\nc\r\n",
     "<0|a {4}\r\n\r\n\r\n\r\n><13|c\r\n>rest ", IMAP(0)},
    {"imap: literal with a head inside", "a {5}\r\n{9}\r\n\r\nc\r\n",
     "<0|a {5}\r\n{9}\r\n\r\n><14|c\r\n>rest ", IMAP(0)},
    {"imap: empty literal", "a {0}\r\n\r\nb\r\n", "<0|a {0}\r\n\r\n><9|b\r\n>rest ", IMAP(0)},
    {"imap: empty literal, then a head that is data", "a {0}\r\n {3}\r\nxyz\r\nb\r\n",
     "<0|a {0}\r\n {3}\r\nxyz\r\n><18|b\r\n>rest ", IMAP(0)},
    {"imap: two literals", "a {1}\r\nx {2+}\r\nyz\r\n", "<0|a {1}\r\nx {2+}\r\nyz\r\n>rest ",
     IMAP(0)},
    {"imap: literal8", "a ~{3}\r\n{1}\r\nb\r\n", "<0|a ~{3}\r\n{1}\r\n><13|b\r\n>rest ", IMAP(0)},
    {"imap: literal8 without waiting", "a ~{3+}\r\nxyz\r\nb\r\n",
     "<0|a ~{3+}\r\nxyz\r\n><14|b\r\n>rest ", IMAP(0)},
    {"imap: literal not whole", "a {9}\r\nxyz", "rest a {9}\r\nxyz", IMAP(0)},
    {"imap: literal whole, line not", "a {3}\r\nxyz", "rest a {3}\r\nxyz", IMAP(0)},
    {"imap: bare LF after the head announces nothing", "a {3}\nxyz\r\n",
     "<0|a {3}\n><6|xyz\r\n>rest ", IMAP(0)},
    {"imap: no digits", "a {}\r\nb {+}\r\n", "<0|a {}\r\n><6|b {+}\r\n>rest ", IMAP(0)},
    {"imap: only digits", "3}\r\nb\r\n", "<0|3}\r\n><4|b\r\n>rest ", IMAP(0)},
    {"imap: nothing before the head", "{1}\r\nx\r\n", "<0|{1}\r\nx\r\n>rest ", IMAP(0)},
    {"imap: not the end of the line", "a {3} \r\nb\r\n", "<0|a {3} \r\n><8|b\r\n>rest ", IMAP(0)},
    {"imap: in text",
     "* OK {3}\r\n* 1 {2}\r\nab\r\n",
     "<0|* OK {3}\r\n><10|* 1 {2}\r\nab\r\n>rest ",
     {.modes = {FRAME_MODE_IMAP}, .mode_count = 1, .is_literal = not_after_ok}},
    {"imap: literals never",
     "a {3}\r\nb\r\n",
     "<0|a {3}\r\n><7|b\r\n>rest ",
     {.modes = {FRAME_MODE_IMAP}, .mode_count = 1, .is_literal = never}},
    {"imap: number64 at most", "a {9223372036854775808}\r\nb\r\n",
     "<0|a {9223372036854775808}\r\n><25|b\r\n>rest ", IMAP(0)},
    {"imap: greatest literal has no room", "a {9223372036854775807}\r\nb\r\n",
     "<0 cut|a {9223372036854775807}\r\n><25|b\r\n>rest ", IMAP(0)},
    {"imap: keep, shorter", "a {3}\r\nxyz\r\n", "<0|a {3}\r\nxyz\r\n>rest ", IMAP(3)},
    {"imap: keep, longer", "a {5}\r\nvwxyz b\r\nc\r\n",
     "<0 gap 9+3|a {5}\r\nvw b\r\n><16|c\r\n>rest ", IMAP(2)},
    {"imap: keep, one longer", "a {3}\r\nxyz\r\nc\r\n",
     "<0 gap 9+1|a {3}\r\nxy\r\n><12|c\r\n>rest ", IMAP(2)},
    {"imap: keep, twice", "a {3}\r\nxyz {4}\r\nabcd\r\nc\r\n",
     "<0 gap 8+2 gap 15+3|a {3}\r\nx {4}\r\na\r\n><22|c\r\n>rest ", IMAP(1)},
    {"imap: keep, not whole", "a {9}\r\nvwxyz", "rest a {9}\r\nvw", IMAP(2)},
    {"imap: keep, line ends in the part left out", "a {8}\r\nv\r\nw\r\n\r\n\r\nc\r\n",
     "<0 gap 8+7|a {8}\r\nv\r\n><17|c\r\n>rest ", IMAP(1)},
    {"imap: limit, at it", "a {3}\r\nxyz\r\n", "<0|a {3}\r\nxyz\r\n>rest ", IMAP_LIMIT(0, 12)},
    {"imap: limit, one more in the line", "a {3}\r\nxyz b\r\n",
     "<0 cut|a {3}\r\nxyz b><12|\r\n>rest ", IMAP_LIMIT(0, 12)},
    {"imap: limit, literal fills it", "a {3}\r\nxyz\r\n", "<0 cut|a {3}\r\nxyz><10|\r\n>rest ",
     IMAP_LIMIT(0, 10)},
    {"imap: limit, literal without room", "a {3}\r\nxyz\r\n", "<0 cut|a {3}\r\n><7|xyz\r\n>rest ",
     IMAP_LIMIT(0, 9)},
    {"imap: limit, only the kept part counts", "a {8}\r\nvwxyzabc\r\n",
     "<0 gap 9+6|a {8}\r\nvw\r\n>rest ", IMAP_LIMIT(2, 11)},
    {"imap: limit, kept part without room", "a {8}\r\nvwx\r\n", "<0 cut|a {8}\r\n><7|vwx\r\n>rest ",
     IMAP_LIMIT(2, 8)},
    {"imap: limit, line", "ABCDEFGHIJ\r\n", "<0 cut|ABCDEFGH><8|IJ\r\n>rest ", IMAP_LIMIT(0, 8)},

    {"dot: empty", ".\r\nQUIT\r\n", "<0|.\r\n><3|QUIT\r\n>rest ", DATA},
    {"dot: one line", "Hi\r\n.\r\nQUIT\r\n", "<0|Hi\r\n.\r\n><7|QUIT\r\n>rest ", DATA},
    {"dot: stuffed line", "..\r\n...\r\n.\r\n", "<0|..\r\n...\r\n.\r\n>rest ", DATA},
    {"dot: stuffed end at the start", "..\r\n", "<0|..\r\nrest ", DATA},
    {"dot: in mid-line", "a.\r\n.\r\n", "<0|a.\r\n.\r\n>rest ", DATA},
    {"dot: LF dot CRLF is no end", "a\n.\r\nb\r\n.\r\n", "<0|a\n.\r\nb\r\n.\r\n>rest ", DATA},
    {"dot: CR dot CRLF is no end", "a\r.\r\nb\r\n.\r\n", "<0|a\r.\r\nb\r\n.\r\n>rest ", DATA},
    {"dot: LF dot LF is no end", "a\n.\nb\r\n.\r\n", "<0|a\n.\nb\r\n.\r\n>rest ", DATA},
    {"dot: CRLF dot LF is no end", "a\r\n.\nb\r\n.\r\n", "<0|a\r\n.\nb\r\n.\r\n>rest ", DATA},
    {"dot: CRLF dot CR is no end", "a\r\n.\rb\r\n.\r\n", "<0|a\r\n.\rb\r\n.\r\n>rest ", DATA},
    {"dot: CRLF dot CR dot CRLF is no end", "a\r\n.\r.\r\n.\r\n", "<0|a\r\n.\r.\r\n.\r\n>rest ",
     DATA},
    {"dot: CRLF dot CR CRLF is no end", "a\r\n.\r\r\n.\r\n", "<0|a\r\n.\r\r\n.\r\n>rest ", DATA},
    {"dot: CR CRLF dot CRLF is one", "a\r\r\n.\r\nb\r\n", "<0|a\r\r\n.\r\n><7|b\r\n>rest ", DATA},
    {"dot: LF at the start", "\n.\r\n\r\n.\r\n", "<0|\n.\r\n\r\n.\r\n>rest ", DATA},
    {"dot: CR at the start", "\r.\r\n\r\n.\r\n", "<0|\r.\r\n\r\n.\r\n>rest ", DATA},
    {"dot: CRLF at the start", "\r\n.\r\nb\r\n", "<0|\r\n.\r\n><5|b\r\n>rest ", DATA},
    {"dot: without end, all handed out", "a\r\nb", "<0|a\r\nbrest ", DATA},
    {"dot: without end, dot held", "a\r\n.", "<0|a\r\nrest .", DATA},
    {"dot: without end, dot CR held", "a\r\n.\r", "<0|a\r\nrest .\r", DATA},
    {"dot: nothing but a dot", ".", "rest .", DATA},
    {"dot: two blocks", "a\r\n.\r\nX\r\n.\r\nY\r\n",
     "<0|a\r\n.\r\n><6|X\r\n><9|.\r\n><12|Y\r\n>rest ", DATA},

    {"count: some", "BDAT 4\r\n\r\n.\nNOOP\r\n", "<0|BDAT 4\r\n><8|\r\n.\n><12|NOOP\r\n>rest ",
     COUNT(4)},
    {"count: none", "BDAT 0\r\nNOOP\r\n", "<0|BDAT 0\r\n><8|><8|NOOP\r\n><14|>rest ", COUNT(0)},
    {"count: not whole", "BDAT 9\r\nabc", "<0|BDAT 9\r\n><8|abcrest ", COUNT(9)},
    {"reply: one line", "250 ok\r\n250 x\r\n", "<0|250 ok\r\n><8|250 x\r\n>rest ", REPLIES(0)},
    {"reply: lines", "250-a\r\n250-b\r\n250 c\r\n220\r\n",
     "<0|250-a\r\n250-b\r\n250 c\r\n><21|220\r\n>rest ", REPLIES(0)},
    {"reply: last line is missing", "250-a\r\n", "rest 250-a\r\n", REPLIES(0)},
    {"reply: line that is none ends it", "250-a\r\nx\r\n250 c\r\n",
     "<0|250-a\r\nx\r\n><10|250 c\r\n>rest ", REPLIES(0)},
    {"reply: limit counts all lines", "250-a\r\n250-b\r\n250 c\r\n",
     "<0 cut|250-a\r\n250><10|-b\r\n><14|250 c\r\n>rest ", REPLIES(10)},
    {"reply: limit, at it", "250-a\r\n250 b\r\n", "<0|250-a\r\n250 b\r\n>rest ", REPLIES(14)},
    {"opaque: all that follows", "STLS\r\n\x16\x03.\r\n", "<0|STLS\r\n><6|\x16\x03.\r\nrest ",
     OPAQUE},
};

static void check_log(const struct row *row, size_t first, size_t step)
{
    static uint8_t block[4096];
    struct out log;
    out_init(&log, block, sizeof block - 1);
    stream_feed(&row->plan, span_text(row->in), first, step, &log);
    assert_true(out_ok(&log));
    block[log.len] = '\0';
    assert_string_equal((const char *)block, row->log);
}

static void frames_alike_however_cut(void **state)
{
    const struct row *row = *state;
    size_t len = span_text(row->in).len;
    check_log(row, len, 1);
    for (size_t step = 1; step < len; step++) {
        check_log(row, step, step);
        check_log(row, step, len);
    }
}

static void need_is_exact(void **state)
{
    (void)state;
    static const struct span in = {(const uint8_t *)"a {10}\r\n0123456789\r\n", 20};
    struct frame f;
    struct frame_unit unit;
    frame_init(&f);
    frame_set_mode(&f, FRAME_MODE_IMAP);
    assert_int_equal(frame_next(&f, span_sub(in, 0, 0), &unit), FRAME_MORE);
    assert_int_equal(f.need, 1);
    assert_int_equal(frame_next(&f, span_sub(in, 0, 8), &unit), FRAME_MORE);
    assert_int_equal(f.need, 19);
    assert_int_equal(frame_next(&f, span_sub(in, 0, 12), &unit), FRAME_MORE);
    assert_int_equal(f.need, 19);
    assert_int_equal(frame_next(&f, span_sub(in, 0, 19), &unit), FRAME_MORE);
    assert_int_equal(f.need, 20);
    assert_int_equal(frame_next(&f, in, &unit), FRAME_OK);
    assert_int_equal(unit.octets.len, 20);
}

static void need_counts_the_kept_part_only(void **state)
{
    (void)state;
    static const struct span in = {(const uint8_t *)"a {10}\r\n01\r\n", 12};
    struct frame f;
    struct frame_unit unit;
    frame_init(&f);
    f.literal_keep = 2;
    frame_set_mode(&f, FRAME_MODE_IMAP);
    assert_int_equal(frame_next(&f, span_sub(in, 0, 9), &unit), FRAME_MORE);
    assert_int_equal(f.need, 11);
    assert_int_equal(frame_next(&f, span_sub(in, 0, 12), &unit), FRAME_DISCARD);
    assert_int_equal(f.discard_pos, 10);
    assert_int_equal(f.discard, 2);
    assert_int_equal(frame_next(&f, span_sub(in, 0, 10), &unit), FRAME_MORE);
    assert_int_equal(f.need, 11);
}

/* More long literals than there are gaps: the last ones are kept whole. */
/* What was looked at already is gone: nothing of it is taken for looked at. */
static void restart_forgets_the_buffer(void **state)
{
    (void)state;
    struct frame f;
    struct frame_unit unit;
    frame_init(&f);
    f.sync_stop = true;
    frame_set_mode(&f, FRAME_MODE_IMAP);
    assert_int_equal(frame_next(&f, SPAN_LIT("a {3}\r\n"), &unit), FRAME_MORE);
    assert_int_equal(f.sync, FRAME_SYNC_WAIT);
    frame_restart(&f);
    assert_int_equal(frame_next(&f, SPAN_LIT("b\r\n"), &unit), FRAME_OK);
    assert_int_equal(unit.octets.len, 3);
    assert_int_equal(f.sync, FRAME_SYNC_NONE);
}

static void gaps_run_out(void **state)
{
    (void)state;
    static uint8_t stream[FRAME_MAX_GAPS * 10 + 64];
    struct out out;
    out_init(&out, stream, sizeof stream);
    for (int i = 0; i <= FRAME_MAX_GAPS; i++) {
        out_text(&out, "{3}\r\nabc");
    }
    out_text(&out, "\r\n");
    assert_true(out_ok(&out));
    static uint8_t logs[2][8192];
    struct stream_plan plan = IMAP(1);
    struct out log[2];
    for (int i = 0; i < 2; i++) {
        out_init(&log[i], logs[i], sizeof logs[i]);
        stream_feed(&plan, out_span(&out), i == 0 ? out.len : 1, 1, &log[i]);
        assert_true(out_ok(&log[i]));
    }
    assert_true(span_equal(out_span(&log[0]), out_span(&log[1])));
    static const struct span tail = {(const uint8_t *)"{3}\r\na{3}\r\nabc\r\n>rest ", 22};
    assert_true(span_equal(span_from(out_span(&log[0]), log[0].len - tail.len), tail));
}

struct head_row {
    const char *name;
    bool is_head;
    struct literal_head head;
};

static const struct head_row head_rows[] = {
    {"a {0}\r\n", true, {2, 0, false, false}},
    {"{5}\r\n", true, {0, 5, false, false}},
    {"a {00012}\r\n", true, {2, 12, false, false}},
    {"a {12+}\r\n", true, {2, 12, false, true}},
    {"a ~{12}\r\n", true, {2, 12, true, false}},
    {"~{12+}\r\n", true, {0, 12, true, true}},
    {"a {9223372036854775807}\r\n", true, {2, INT64_MAX, false, false}},
    {"a {9223372036854775808}\r\n", false, {0}},
    {"a {99999999999999999999999999}\r\n", false, {0}},
    {"a {5-}\r\n", false, {0}},
    {"a {+5}\r\n", false, {0}},
    {"a {5++}\r\n", false, {0}},
    {"a {}\r\n", false, {0}},
    {"a {+}\r\n", false, {0}},
    {"a 5}\r\n", false, {0}},
    {"5}\r\n", false, {0}},
    {"a {5}\n", false, {0}},
    {"a {5} \r\n", false, {0}},
    {"}\r\n", false, {0}},
    {"\r\n", false, {0}},
    {"", false, {0}},
};

static void literal_head_is_read(void **state)
{
    const struct head_row *row = *state;
    struct literal_head head;
    assert_int_equal(frame_literal_head(span_text(row->name), &head), row->is_head);
    if (row->is_head) {
        assert_int_equal(head.pos, row->head.pos);
        assert_int_equal(head.len, row->head.len);
        assert_int_equal(head.binary, row->head.binary);
        assert_int_equal(head.nonsync, row->head.nonsync);
    }
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX] = {
        cmocka_unit_test(need_is_exact),
        cmocka_unit_test(need_counts_the_kept_part_only),
        cmocka_unit_test(gaps_run_out),
        cmocka_unit_test(restart_forgets_the_buffer),
    };
    size_t count = TABLE_ADD(tests, 4, rows, frames_alike_however_cut);
    count = TABLE_ADD(tests, count, head_rows, literal_head_is_read);
    return table_run("parsers/core/frame", tests, count);
}
