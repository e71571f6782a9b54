/* SPDX-License-Identifier: MIT */
/* What is kept of a conversation has no secret in it, and is as long as it was. */
#include "trace/redact.h"

#include "tests/support/table.h"

struct row {
    const char *name;
    enum protocol protocol;
    enum event_kind kind;
    const char *octets;
    const char *kept;
};

static const struct row rows[] = {
    {"POP3 PASS", PROTOCOL_POP3, EVENT_COMMAND, "PASS my secret\r\n", "PASS ** ******\r\n"},
    {"POP3 PASS behind a TAB", PROTOCOL_POP3, EVENT_BROKEN, "pass\tsecret\r\n", "pass\t******\r\n"},
    {"POP3 USER stays", PROTOCOL_POP3, EVENT_COMMAND, "USER bob\r\n", "USER bob\r\n"},
    {"POP3 APOP", PROTOCOL_POP3, EVENT_COMMAND, "APOP bob c4c9334b\r\n", "APOP bob ********\r\n"},
    {"POP3 AUTH with an initial response", PROTOCOL_POP3, EVENT_COMMAND, "AUTH PLAIN AGEAYg==\r\n",
     "AUTH PLAIN ********\r\n"},
    {"SMTP AUTH with an initial response", PROTOCOL_SMTP, EVENT_COMMAND, "auth plain AGEAYg==\r\n",
     "auth plain ********\r\n"},
    {"SMTP MAIL with AUTH stays", PROTOCOL_SMTP, EVENT_COMMAND, "MAIL FROM:<a@b> AUTH=<>\r\n",
     "MAIL FROM:<a@b> AUTH=<>\r\n"},
    {"a SASL response", PROTOCOL_SMTP, EVENT_SASL, "c2VjcmV0\r\n", "********\r\n"},
    {"a SASL exchange is cancelled", PROTOCOL_SMTP, EVENT_SASL, "*\r\n", "*\r\n"},
    {"IDLE ends", PROTOCOL_IMAP, EVENT_SASL, "DONE\r\n", "DONE\r\n"},
    {"a response that nobody waits for", PROTOCOL_SMTP, EVENT_BROKEN, "c2VjcmV0\r\n",
     "********\r\n"},
    {"an unknown verb stays", PROTOCOL_SMTP, EVENT_BROKEN, "HALLO\r\n", "HALLO\r\n"},
    {"IMAP LOGIN", PROTOCOL_IMAP, EVENT_COMMAND, "a1 LOGIN bob secret\r\n",
     "a1 LOGIN bob ******\r\n"},
    {"IMAP LOGIN with strings", PROTOCOL_IMAP, EVENT_COMMAND, "a login \"b b\" \"s\\\"t {x\"\r\n",
     "a login \"b b\" \"**** **\"\r\n"},
    {"IMAP LOGIN with a brace in the password", PROTOCOL_IMAP, EVENT_COMMAND,
     "a LOGIN bob s{ecret\r\n", "a LOGIN bob *******\r\n"},
    {"IMAP LOGIN with literals", PROTOCOL_IMAP, EVENT_COMMAND,
     "a LOGIN {3}\r\nbob {6+}\r\nse{ret\r\n", "a LOGIN {3}\r\n*** {6+}\r\n******\r\n"},
    {"IMAP LOGIN with a brace before a literal", PROTOCOL_IMAP, EVENT_COMMAND,
     "a LOGIN bob x{y {2}\r\nzz\r\n", "a LOGIN bob *** {2}\r\n**\r\n"},
    {"IMAP AUTHENTICATE with an initial response", PROTOCOL_IMAP, EVENT_COMMAND,
     "a AUTHENTICATE PLAIN AGEAYg==\r\n", "a AUTHENTICATE PLAIN ********\r\n"},
    {"IMAP LOGIN that is broken", PROTOCOL_IMAP, EVENT_BROKEN, "a LOGIN  bob  sec(ret x\r\n",
     "a LOGIN  bob  ******* x\r\n"},
    {"a password of one octet", PROTOCOL_IMAP, EVENT_COMMAND, "a LOGIN bob s\r\n",
     "a LOGIN bob x\r\n"},
    {"a password of one octet in quotes", PROTOCOL_IMAP, EVENT_COMMAND, "a LOGIN bob \"s\"\r\n",
     "a LOGIN bob \"*\"\r\n"},
    {"a password of one octet that is escaped", PROTOCOL_IMAP, EVENT_COMMAND,
     "a LOGIN bob \"\\\"\"\r\n", "a LOGIN bob \"**\"\r\n"},
    {"a password of one octet in a literal", PROTOCOL_IMAP, EVENT_COMMAND,
     "a LOGIN bob {1}\r\ns\r\n", "a LOGIN bob {1}\r\nx\r\n"},
    {"POP3 PASS of one octet", PROTOCOL_POP3, EVENT_COMMAND, "PASS s\r\n", "PASS x\r\n"},
    {"a response of one octet", PROTOCOL_SMTP, EVENT_SASL, "s\r\n", "x\r\n"},
    {"an empty initial response", PROTOCOL_SMTP, EVENT_COMMAND, "AUTH EXTERNAL =\r\n",
     "AUTH EXTERNAL =\r\n"},
    {"IMAP others stay", PROTOCOL_IMAP, EVENT_COMMAND, "a SELECT LOGIN\r\n", "a SELECT LOGIN\r\n"},
};

static void check(void **state)
{
    const struct row *row = *state;
    uint8_t octets[128];
    size_t len = strlen(row->octets);
    memcpy(octets, row->octets, len);
    const struct session_event event = {
        .kind = row->kind, .side = SIDE_CLIENT, .unit = {.octets = span_text(row->octets)}};
    redact_unit(row->protocol, &event, octets, len);
    octets[len] = '\0';
    assert_string_equal((const char *)octets, row->kept);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    return table_run("trace/redact", tests, TABLE_ADD(tests, 0, rows, check));
}
