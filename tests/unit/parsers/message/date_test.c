/* SPDX-License-Identifier: MIT */
#include "parsers/message/date.h"

#include "tests/support/guard.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *in;
    enum parse_rc rc;
    int64_t seconds; /* since 1970 */
    int zone;
    bool obsolete;
    uint64_t off;
};

static const struct row rows[] = {
    {"RFC 5322 appendix A.1.1", "Fri, 21 Nov 1997 09:55:06 -0600", PARSE_OK, 880127706, -360, false,
     0},
    {"no day of the week, no seconds", "1 Jan 1970 00:00 +0000", PARSE_OK, 0, 0, false, 0},
    {"leap second", "Sat, 31 Dec 2016 23:59:60 +0000", PARSE_OK, 1483228800, 0, false, 0},
    {"leap day", "29 Feb 2024 12:00:00 +0100", PARSE_OK, 1709204400, 60, false, 0},
    {"folding and comment", "Thu,\r\n 13 Feb 1969 23:32 -0330 (Newfoundland Time)", PARSE_OK,
     -27723480, -210, false, 0},
    {"obsolete: two-digit year and zone", "21 Nov 97 09:55:06 GMT", PARSE_OK, 880106106, 0, true,
     0},
    {"obsolete: zone EST", "Fri, 21 Nov 1997 09:55:06 EST", PARSE_OK, 880124106, -300, true, 0},
    {"obsolete: comments (appendix A.6.2)", "Fri, 21 Nov 97 09(comment):   55  :  06 -0600",
     PARSE_OK, 880127706, -360, true, 0},
    {"case of names", "FRI, 21 nov 1997 09:55:06 -0600", PARSE_OK, 880127706, -360, false, 0},
    {"nothing", "", PARSE_BAD, 0, 0, false, 0},
    {"wrong day of the week", "Mon, 21 Nov 1997 09:55:06 -0600", PARSE_BAD, 0, 0, false, 0},
    {"unknown day of the week", "Xyz, 21 Nov 1997 09:55:06 -0600", PARSE_BAD, 0, 0, false, 0},
    {"no comma", "Fri 21 Nov 1997 09:55:06 -0600", PARSE_BAD, 0, 0, false, 4},
    {"day 0", "0 Nov 1997 09:55:06 -0600", PARSE_BAD, 0, 0, false, 0},
    {"day 31 of November", "31 Nov 1997 09:55:06 -0600", PARSE_BAD, 0, 0, false, 0},
    {"no leap year", "29 Feb 1900 12:00:00 +0100", PARSE_BAD, 0, 0, false, 0},
    {"month", "21 Nev 1997 09:55:06 -0600", PARSE_BAD, 0, 0, false, 3},
    {"year before 1900", "21 Nov 1812 09:55:06 -0600", PARSE_BAD, 0, 0, false, 7},
    {"hour 24", "21 Nov 1997 24:55:06 -0600", PARSE_BAD, 0, 0, false, 12},
    {"one digit of minutes", "21 Nov 1997 09:5:06 -0600", PARSE_BAD, 0, 0, false, 16},
    {"second 61", "21 Nov 1997 09:55:61 -0600", PARSE_BAD, 0, 0, false, 18},
    {"no zone", "21 Nov 1997 09:55:06", PARSE_BAD, 0, 0, false, 20},
    {"zone of three digits", "21 Nov 1997 09:55:06 -060", PARSE_BAD, 0, 0, false, 25},
    {"zone minutes", "21 Nov 1997 09:55:06 -0660", PARSE_BAD, 0, 0, false, 24},
    {"more behind", "21 Nov 1997 09:55:06 -0600 x", PARSE_BAD, 0, 0, false, 27},
};

static void check(void **state)
{
    const struct row *row = *state;
    struct guard g;
    guard_init(&g, span_text(row->in));
    struct parse p;
    struct message_date date;
    parse_init(&p, g.span, 0, NULL);
    assert_int_equal(message_parse_date_time(&p, &date), row->rc);
    if (row->rc == PARSE_OK) {
        assert_true(message_date_seconds(&date) == row->seconds);
        assert_int_equal(date.zone, row->zone);
        assert_int_equal(date.obsolete, row->obsolete);
    } else {
        assert_int_equal(p.err.rule, RULE_MESSAGE_DATE_TIME);
        assert_int_equal(p.err.off, row->off);
    }
    guard_fini(&g);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    return table_run("parsers/message/date", tests, TABLE_ADD(tests, 0, rows, check));
}
