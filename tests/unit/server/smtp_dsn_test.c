/* SPDX-License-Identifier: MIT */
/* Which notifications reach the sender's mailbox, octet for octet. */
#include "net/memory.h"
#include "server/service.h"

#include "tests/support/table.h"

struct dsn_row {
    const char *name;
    enum protocol protocol;
    const char *envelope;
    const char *answer; /* to the message */
    const char *status; /* the delivery-status part; NULL: no notification */
    const char *returned;
};

#define ALICE "MAIL FROM:<alice@example.test>"
#define BOB "RCPT TO:<bob@example.test>"
#define FULL "RCPT TO:<carol@example.test>"
#define HEAD                                                                                       \
    "Return-Path: <alice@example.test>\r\nReceived: from me.example\r\n\tby mail.example.test "    \
    "with ESMTP"
#define FOR_BOB HEAD "\r\n\tfor <bob@example.test>; Thu, 01 Jan 1970 00:00:00 +0000\r\n"
#define FOR_ALL HEAD "; Thu, 01 Jan 1970 00:00:00 +0000\r\n"
#define REPORTING                                                                                  \
    "Reporting-MTA: dns; mail.example.test\r\nArrival-Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"
#define ACCEPTED "250 2.0.0 Message 1 accepted\r\n"
#define MAILBOX_FULL "452 4.2.2 The mailbox is full\r\n"
#define BOB_DELIVERED                                                                              \
    "\r\nFinal-Recipient: rfc822;bob@example.test\r\nAction: delivered\r\nStatus: 2.0.0\r\n"
#define CAROL_FAILED                                                                               \
    "\r\nFinal-Recipient: rfc822;carol@example.test\r\nAction: failed\r\nStatus: 5.2.2\r\n"

static const struct dsn_row rows[] = {
    {"without NOTIFY nobody hears of success", PROTOCOL_SMTP, ALICE "\r\n" BOB "\r\n", ACCEPTED,
     NULL, NULL},
    {"NOTIFY=SUCCESS", PROTOCOL_SMTP, ALICE "\r\n" BOB " NOTIFY=SUCCESS\r\n", ACCEPTED,
     REPORTING BOB_DELIVERED, "text/rfc822-headers\r\n\r\n" FOR_BOB "Subject: x\r\n\r\n"},
    {"RET=FULL is not about success", PROTOCOL_SMTP,
     ALICE " RET=FULL\r\n" BOB " NOTIFY=SUCCESS,FAILURE\r\n", ACCEPTED, REPORTING BOB_DELIVERED,
     "text/rfc822-headers\r\n\r\n" FOR_BOB "Subject: x\r\n\r\n"},
    {"ENVID and ORCPT are decoded", PROTOCOL_SMTP,
     ALICE " ENVID=a+2Bb\r\n" BOB " ORCPT=rfc822;B+2Bob@x.example NOTIFY=SUCCESS\r\n", ACCEPTED,
     "Original-Envelope-Id: a+b\r\n" REPORTING
     "\r\nOriginal-Recipient: rfc822;B+ob@x.example\r\nFinal-Recipient: rfc822;bob@example.test\r\n"
     "Action: delivered\r\nStatus: 2.0.0\r\n",
     NULL},
    {"NOTIFY=NEVER", PROTOCOL_SMTP, ALICE "\r\n" BOB " NOTIFY=NEVER\r\n", ACCEPTED, NULL, NULL},
    {"NOTIFY=DELAY", PROTOCOL_SMTP, ALICE "\r\n" BOB " NOTIFY=DELAY\r\n", ACCEPTED, NULL, NULL},
    {"the null reverse-path gets none", PROTOCOL_SMTP, "MAIL FROM:<>\r\n" BOB " NOTIFY=SUCCESS\r\n",
     ACCEPTED, NULL, NULL},
    {"one recipient of two fails", PROTOCOL_SMTP, ALICE " RET=FULL\r\n" BOB "\r\n" FULL "\r\n",
     ACCEPTED, REPORTING CAROL_FAILED,
     "message/rfc822\r\n\r\n" FOR_ALL "Subject: x\r\n\r\nbody of many octets\r\n"},
    {"RET=HDRS of a failure", PROTOCOL_SMTP,
     ALICE " RET=HDRS\r\n" BOB " NOTIFY=SUCCESS\r\n" FULL "\r\n", ACCEPTED,
     REPORTING BOB_DELIVERED CAROL_FAILED,
     "text/rfc822-headers\r\n\r\n" FOR_ALL "Subject: x\r\n\r\n"},
    {"a failure that nobody wants to hear of", PROTOCOL_SMTP,
     ALICE "\r\n" BOB "\r\n" FULL " NOTIFY=NEVER\r\n", ACCEPTED, NULL, NULL},
    {"a failure of all is a reply", PROTOCOL_SMTP, ALICE "\r\n" FULL "\r\n", MAILBOX_FULL, NULL,
     NULL},
    {"a failure that the sender cannot be told is a reply", PROTOCOL_SMTP,
     "MAIL FROM:<x@other.example>\r\n" BOB "\r\n" FULL "\r\n", MAILBOX_FULL, NULL, NULL},
    {"LMTP tells failures itself", PROTOCOL_LMTP,
     ALICE "\r\n" BOB " NOTIFY=SUCCESS\r\n" FULL "\r\n", ACCEPTED MAILBOX_FULL,
     REPORTING BOB_DELIVERED, NULL},
};

static struct store *make_store(void)
{
    static const char most[] = "Subject: this leaves room for nothing\r\n\r\n";
    struct store_config config = {.user_octets_max = 3000, .message_octets_max = 2000};
    struct store *store = store_new(&config);
    (void)store_add_user(store, "alice", "secret1");
    (void)store_add_user(store, "bob", "secret2");
    struct mailbox *inbox = user_inbox(store_add_user(store, "carol", "secret3"));
    const struct message_source source = {.octets = {(const uint8_t *)most, sizeof most - 1}};
    while (mailbox_append(inbox, &source, NULL) == STORE_OK) {
    }
    return store;
}

static bool contains(struct span text, const char *part)
{
    struct span wanted = span_text(part);
    for (size_t i = 0; i + wanted.len <= text.len; i++) {
        if (span_equal(span_sub(text, i, wanted.len), wanted)) {
            return true;
        }
    }
    print_message("not there: %s\nin: %.*s\n", part, (int)text.len, (const char *)text.ptr);
    return false;
}

static void feed(struct service *service, const char *text)
{
    assert_int_equal(service_feed(service, span_text(text)), strlen(text));
}

static void check_notification(const struct dsn_row *row, const struct message *message)
{
    struct span octets = message_octets(message);
    assert_true(contains(octets, "Return-Path: <>\r\n"));
    assert_true(contains(octets, "\r\nTo: <alice@example.test>\r\n"));
    assert_true(contains(octets, "multipart/report; report-type=delivery-status;"));
    char *status =
        memory_format("Content-Type: message/delivery-status\r\n\r\n%s\r\n--", row->status);
    assert_true(contains(octets, status));
    memory_free(status);
    assert_true(row->returned == NULL || contains(octets, row->returned));
}

static void notifies(void **state)
{
    const struct dsn_row *row = *state;
    struct store *store = make_store();
    struct service_config config = {.store = store};
    struct service *service = service_new(&config, row->protocol, false);
    feed(service, row->protocol == PROTOCOL_LMTP ? "LHLO me.example\r\n" : "EHLO me.example\r\n");
    feed(service, row->envelope);
    buffer_drop(&service->out, service->out.len);
    feed(service, "DATA\r\n");
    buffer_drop(&service->out, service->out.len);
    feed(service, "Subject: x\r\n\r\nbody of many octets\r\n.\r\n");
    assert_true(span_equal(buffer_span(&service->out), span_text(row->answer)));
    const struct mailbox *inbox = user_inbox(store_user(store, SPAN_LIT("alice")));
    assert_int_equal(inbox->count, row->status != NULL);
    if (row->status != NULL) {
        check_notification(row, inbox->messages[0]);
    }
    service_free(&service);
    store_free(&store);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, notifies);
    return table_run("server/smtp_dsn", tests, count);
}
