/* SPDX-License-Identifier: MIT */
#include "parsers/core/ascii.h"

#include "parsers/core/span.h"
#include "tests/support/table.h"

/* Each class as the list of its members, so that the table is not checked against itself: runs of
   "first last" pairs, in order. */
struct row {
    const char *name;
    uint32_t class;
    const char *runs;
};

static const struct row rows[] = {
    {"RFC 5234: ALPHA", CLASS_ALPHA, "AZaz"},
    {"RFC 5234: DIGIT", CLASS_DIGIT, "09"},
    {"RFC 5234: HEXDIG", CLASS_HEXDIG, "09AFaf"},
    {"RFC 5322 section 3.2.3: atext", CLASS_ATEXT, "!!#'**++--//09==??AZ^^__``az{{||}}~~"},
    {"RFC 5321 section 4.1.2: qtextSMTP", CLASS_QTEXT, " !#[]~"},
    {"RFC 5321 section 4.1.3: dcontent", CLASS_DCONTENT, "!Z^~"},
    {"RFC 5321 section 4.1.2: esmtp-keyword", CLASS_ESMTP_KEYWORD, "--09AZaz"},
    {"RFC 5321 section 4.1.2: esmtp-value", CLASS_ESMTP_VALUE, "!<>~"},
    {"RFC 3461 section 4: xchar", CLASS_XCHAR, "!*,<>~"},
    {"RFC 5321 section 4.2: textstring", CLASS_TEXTSTRING, "\t\t ~"},
    {"RFC 5234: VCHAR", CLASS_VCHAR, "!~"},
    {"RFC 4648 section 4: base64", CLASS_BASE64, "++//09AZaz"},
    {"RFC 9051 section 9: ATOM-CHAR", CLASS_ATOM, "!!#$&'+Z[[^z|~"},
    {"RFC 9051 section 9: ASTRING-CHAR", CLASS_ASTRING, "!!#$&'+Z[[]]^z|~"},
    {"RFC 9051 section 9: tag", CLASS_TAG, "!!#$&',Z[[]]^z|~"},
    {"RFC 9051 section 9: list-char", CLASS_LIST, "!!#'*Z[[]]^z|~"},
    {"RFC 9051 section 9: TEXT-CHAR", CLASS_TEXT, "\x01\x09\x0B\x0C\x0E\x7F"},
    {"RFC 9051 section 9: QUOTED-CHAR", CLASS_QUOTED_SAFE, "\x01\x09\x0B\x0C\x0E!#[]\x7F"},
    {"RFC 5322 section 2.2: ftext", CLASS_FTEXT, "!9;~"},
    {"RFC 2045 section 5.1: token", CLASS_MIME_TOKEN, "!!#'*+-.09AZ^z{~"},
    {"octets above ASCII", CLASS_HIGH, "\x80\xFF"},
    {"RFC 4422 section 3.1: mech-char", CLASS_SASL_MECH, "--09AZ__az"},
};

static void class_has_its_members(void **state)
{
    const struct row *row = *state;
    struct span runs = span_text(row->runs);
    for (unsigned octet = 0; octet < 256; octet++) {
        bool member = false;
        for (size_t i = 0; i + 1 < runs.len; i += 2) {
            member = member || (octet >= runs.ptr[i] && octet <= runs.ptr[i + 1]);
        }
        if (octet_is((uint8_t)octet, row->class) != member) {
            fail_msg("octet %u", octet);
        }
    }
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, class_has_its_members);
    return table_run("parsers/core/ascii", tests, count);
}
