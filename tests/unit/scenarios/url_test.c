/* SPDX-License-Identifier: MIT */
#include "net/memory.h"
#include "scenarios/engine/url.h"
#include "tests/support/table.h"

static const struct accepted_row {
    const char *name;
    const char *in;
    enum url_kind kind;
    enum protocol protocol;
    bool tls;
    const char *host; /* or the path, or the command */
    unsigned port;
    const char *user;
    enum url_starttls starttls;
    const char *text; /* written again */
} accepted[] = {
    {"smtp", "smtp://mx.example.test", URL_TCP, PROTOCOL_SMTP, false, "mx.example.test", 25, NULL,
     URL_STARTTLS_TRY, "smtp://mx.example.test"},
    {"submission", "submission://h:2587", URL_TCP, PROTOCOL_SUBMISSION, false, "h", 2587, NULL,
     URL_STARTTLS_REQUIRE, "submission://h:2587"},
    {"smtps", "smtps://h", URL_TCP, PROTOCOL_SUBMISSION, true, "h", 465, NULL, URL_STARTTLS_NO,
     "smtps://h"},
    {"lmtp", "lmtp://h", URL_TCP, PROTOCOL_LMTP, false, "h", 24, NULL, URL_STARTTLS_TRY,
     "lmtp://h"},
    {"lmtp+unix", "lmtp+unix:///run/lm%20tp", URL_UNIX, PROTOCOL_LMTP, false, "/run/lm tp", 0, NULL,
     URL_STARTTLS_TRY, "lmtp+unix:///run/lm%20tp"},
    {"pop3", "pop3://alice@h:1110", URL_TCP, PROTOCOL_POP3, false, "h", 1110, "alice",
     URL_STARTTLS_TRY, "pop3://alice@h:1110"},
    {"pop3s", "pop3s://h", URL_TCP, PROTOCOL_POP3, true, "h", 995, NULL, URL_STARTTLS_NO,
     "pop3s://h"},
    {"imap with default port", "IMAP://h:143/", URL_TCP, PROTOCOL_IMAP, false, "h", 143, NULL,
     URL_STARTTLS_TRY, "imap://h"},
    {"imaps with address as user", "imaps://alice@example.test@h", URL_TCP, PROTOCOL_IMAP, true,
     "h", 993, "alice@example.test", URL_STARTTLS_NO, "imaps://alice%40example.test@h"},
    {"encoded user", "imap://a%40b@h", URL_TCP, PROTOCOL_IMAP, false, "h", 143, "a@b",
     URL_STARTTLS_TRY, "imap://a%40b@h"},
    {"IPv6", "imap://alice@[::1]:1143", URL_TCP, PROTOCOL_IMAP, false, "::1", 1143, "alice",
     URL_STARTTLS_TRY, "imap://alice@[::1]:1143"},
    {"starttls", "imap://h?starttls=try", URL_TCP, PROTOCOL_IMAP, false, "h", 143, NULL,
     URL_STARTTLS_TRY, "imap://h"},
    {"two options", "smtp://h?starttls=require&ip=6", URL_TCP, PROTOCOL_SMTP, false, "h", 25, NULL,
     URL_STARTTLS_REQUIRE, "smtp://h"},
    {"command", "imap+exec:dovecot-imap%20-u%20alice", URL_EXEC, PROTOCOL_IMAP, false,
     "dovecot-imap -u alice", 0, NULL, URL_STARTTLS_NO, "imap+exec:dovecot-imap%20-u%20alice"},
    {"mx", "mx:example.test", URL_MX, PROTOCOL_SMTP, false, "example.test", 25, NULL,
     URL_STARTTLS_TRY, "mx:example.test"},
};

static void check_accepted(void **state)
{
    const struct accepted_row *row = *state;
    struct url url;
    struct url_error error;
    assert_true(url_parse(row->in, &url, &error));
    assert_int_equal(url.kind, row->kind);
    assert_int_equal(url.protocol, row->protocol);
    assert_int_equal(url.tls, row->tls);
    assert_int_equal(url.port, row->port);
    assert_int_equal(url.starttls, row->starttls);
    assert_string_equal(url.kind == URL_UNIX   ? url.path
                        : url.kind == URL_EXEC ? url.command
                                               : url.host,
                        row->host);
    assert_string_equal(url.user == NULL ? "" : url.user, row->user == NULL ? "" : row->user);
    char *text = url_text(&url);
    assert_string_equal(text, row->text);
    memory_free(text);
    url_fini(&url);
}

static const struct rejected_row {
    const char *name;
    const char *in;
    size_t pos;
    bool secret;
} rejected[] = {
    {"empty", "", 0, false},
    {"no scheme", "example.test", 0, false},
    {"unknown scheme", "http://h", 0, false},
    {"no slashes", "imap:h", 5, false},
    {"no host", "imap://", 7, false},
    {"password", "imap://alice:secret@h", 12, true},
    {"no user", "imap://@h", 7, false},
    {"port 0", "imap://h:0", 9, false},
    {"port too big", "imap://h:65536", 9, false},
    {"port is no number", "imap://h:14x", 11, false},
    {"empty port", "imap://h:", 9, false},
    {"blank", "imap://h h", 8, true},
    {"bracket not closed", "imap://[::1", 7, false},
    {"no IPv6 address", "imap://[1.2]", 8, false},
    {"behind the bracket", "imap://[::1]x", 12, false},
    {"slash in host", "imap://h/INBOX", 8, false},
    {"bad escape", "imap://a%4@h", 8, false},
    {"escaped NUL", "imap://a%00@h", 8, false},
    {"unknown option", "imap://h?tls=1", 9, false},
    {"bad value", "imap://h?starttls=maybe", 18, false},
    {"starttls inside TLS", "imaps://h?starttls=require", 19, false},
    {"second option", "imap://h?ip=4&ip=5", 17, false},
    {"pin without pin", "imap://h?verify=pin", 19, false},
    {"short pin", "imap://h?pin=abc", 13, false},
    {"bind is no address", "smtp://h?bind=eth0", 14, false},
    {"relative socket", "lmtp+unix://run", 12, false},
    {"no command", "imap+exec:", 10, false},
};

static void check_rejected(void **state)
{
    const struct rejected_row *row = *state;
    struct url url;
    struct url_error error;
    assert_false(url_parse(row->in, &url, &error));
    assert_int_equal(error.pos, row->pos);
    assert_int_equal(error.secret, row->secret);
    assert_non_null(error.text);
    assert_null(url.host);
    assert_null(url.scheme);
}

static const struct near_row {
    const char *name; /* the address */
    bool near;
} nears[] = {
    {"127.0.0.1", true},     {"127.255.0.9", true},     {"10.1.2.3", true},
    {"172.15.0.1", false},   {"172.16.0.1", true},      {"172.31.255.255", true},
    {"172.32.0.1", false},   {"192.168.7.7", true},     {"192.169.0.1", false},
    {"169.254.1.1", true},   {"8.8.8.8", false},        {"::1", true},
    {"fe80::1", true},       {"fe80::1%eth0", true},    {"fd00::1", true},
    {"2001:db8::1", false},  {"::ffff:10.0.0.1", true}, {"::ffff:8.8.8.8", false},
    {"example.test", false},
};

static void check_near(void **state)
{
    const struct near_row *row = *state;
    assert_int_equal(address_is_near(row->name), row->near);
}

static void options_are_kept(void **state)
{
    (void)state;
    static const char pin[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF";
    struct url url;
    struct url_error error;
    char *text =
        memory_format("imaps://h?ca=/etc/ca%%20x.pem&sni=mail.test&auth=scram-sha-256&proxy=v1"
                      "&bind=127.0.0.2&pin=%s",
                      pin);
    assert_true(url_parse(text, &url, &error));
    assert_string_equal(url.ca, "/etc/ca x.pem");
    assert_string_equal(url.sni, "mail.test");
    assert_string_equal(url.auth, "SCRAM-SHA-256");
    assert_int_equal(url.proxy, 1);
    assert_string_equal(url.bind, "127.0.0.2");
    assert_string_equal(url.pin, pin);
    assert_int_equal(url.verify, URL_VERIFY_PIN);
    memory_free(text);
    url_fini(&url);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = 0;
    count = TABLE_ADD(tests, count, accepted, check_accepted);
    count = TABLE_ADD(tests, count, rejected, check_rejected);
    count = TABLE_ADD(tests, count, nears, check_near);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(options_are_kept);
    return table_run("url", tests, count);
}
