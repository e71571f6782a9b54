/* SPDX-License-Identifier: MIT */
#include "net/tls_md5.h"

#include "tests/support/table.h"

/* RFC 1321 section A.5 and the example of RFC 1939 section 7. */
static const struct md5_row {
    const char *text;
    const char *digest;
} rows[] = {
    {"", "d41d8cd98f00b204e9800998ecf8427e"},
    {"abc", "900150983cd24fb0d6963f7d28e17f72"},
    {"<1896.697170952@dbc.mtview.ca.us>tanstaaf", "c4c9334bac560ecc979e58001b3e22fb"},
};

static void digests(void **state)
{
    const struct md5_row *row = *state;
    char digest[TLS_MD5_HEX + 1];
    assert_true(tls_md5_hex(span_text(row->text), digest));
    assert_string_equal(digest, row->digest);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, digests);
    return table_run("net/tls_md5", tests, count);
}
