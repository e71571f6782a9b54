/* SPDX-License-Identifier: MIT */
/* IMAP conversations with the server: what clients say in turn, and what each is answered. The
   judge listens to all of them and must find nothing. */
#include "tests/unit/server/imap_judged.h"

#include "tests/unit/server/imap_rows.h"

enum { CLIENTS = 2 };

static int64_t clock_at_one_day(void *context)
{
    (void)context;
    return 86400;
}

static const char *const messages[] = {
    "From: A B <a@b.example>\r\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n"
    "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n\r\nfirst\r\n",
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
    "boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n"
    "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ntwo\r\n--b\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\naGk=\r\n--b--\r\n",
    "Subject: Re: x\r\n\r\n",
};

static struct store *make_store(void)
{
    struct store_config config = {.message_octets_max = 1000, .now = clock_at_one_day};
    struct store *store = store_new(&config);
    struct user *alice = store_add_user(store, "alice", "secret1");
    for (size_t i = 0; i < 3; i++) {
        struct message_source source = {.octets = span_text(messages[i])};
        assert_int_equal(mailbox_append(user_inbox(alice), &source, NULL), STORE_OK);
    }
    return store;
}

/* What was said since the last look must be this; "\n" in the row stands for CRLF. */
static void expect(struct judged *j, const char *wanted)
{
    struct buffer lines = {0};
    for (; *wanted != '\0'; wanted++) {
        buffer_text(&lines, *wanted == '\n' ? "\r\n" : (char[]){*wanted, '\0'});
    }
    buffer_append(&lines, (struct span){(const uint8_t *)"", 1});
    buffer_append(&j->out, (struct span){(const uint8_t *)"", 1});
    assert_string_equal((const char *)buffer_span(&j->out).ptr,
                        (const char *)buffer_span(&lines).ptr);
    buffer_drop(&j->out, j->out.len);
    buffer_fini(&lines);
}

/* The text runs up to the next line that begins with "C:", "1:" … or ends. */
static const char *next_part(const char *script, char *who, struct buffer *text)
{
    *who = script[0];
    script += 2;
    buffer_drop(text, text->len);
    while (*script != '\0') {
        const char *end = strchr(script, '\n');
        size_t len = end == NULL ? strlen(script) : (size_t)(end - script) + 1;
        buffer_append(text, (struct span){(const uint8_t *)script, len});
        script += len;
        if (script[0] != '\0' && strchr("AaBb", script[0]) != NULL && script[1] == '|') {
            break;
        }
    }
    buffer_append(text, (struct span){(const uint8_t *)"", 1});
    return script;
}

static void say(struct judged *j, const char *text, size_t step)
{
    struct buffer lines = {0};
    for (; *text != '\0'; text++) {
        buffer_text(&lines, *text == '\n' ? "\r\n" : (char[]){*text, '\0'});
    }
    judged_say(j, buffer_span(&lines), step);
    buffer_fini(&lines);
}

/* Parts of a script: "A|" and "B|" are what the two clients say, "a|" and "b|" what they hear. */
static void run(const char *script, size_t step)
{
    struct store *store = make_store();
    struct service_config config = {.store = store, .tls_offered = true};
    static struct judged clients[CLIENTS];
    struct buffer text = {0};
    for (size_t i = 0; i < CLIENTS; i++) {
        judged_open(&clients[i], &config);
        buffer_drop(&clients[i].out, clients[i].out.len);
    }
    while (*script != '\0') {
        char who = 0;
        script = next_part(script, &who, &text);
        struct judged *j = &clients[who == 'B' || who == 'b'];
        if (who == 'A' || who == 'B') {
            say(j, (const char *)buffer_span(&text).ptr, step);
        } else {
            service_changed(j->service);
            judged_pump(j);
            expect(j, (const char *)buffer_span(&text).ptr);
        }
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        assert_int_equal(clients[i].server_findings, 0);
        judged_close(&clients[i]);
    }
    buffer_fini(&text);
    store_free(&store);
}

static void answers(void **state)
{
    const struct script_row *row = *state;
    run(row->script, SIZE_MAX);
    run(row->script, 1);
    run(row->script, 7);
}

/* --- limits ------------------------------------------------------------------------------------
 */

static void limits_lines_and_literals(void **state)
{
    (void)state;
    struct store *store = make_store();
    struct service_config config = {.store = store, .line_max = 100, .errors_max = 3};
    static struct judged j;
    char line[300];
    judged_open(&j, &config);
    say(&j, "l LOGIN alice secret1\n", SIZE_MAX);
    buffer_drop(&j.out, j.out.len);
    memset(line, 'x', sizeof line);
    memcpy(line, "a NOOP ", 7);
    memcpy(line + 290, "\n", 2);
    say(&j, line, 13);
    expect(&j, "a BAD The command is too long\n");
    say(&j, "b SELECT {101}\n", SIZE_MAX);
    expect(&j, "b BAD The command is too long\n");
    say(&j, "c APPEND INBOX {1001}\n", SIZE_MAX);
    say(&j, "d NOOP\n", SIZE_MAX);
    expect(&j, "c NO [TOOBIG] The message is too big\nd OK Done\n");
    say(&j, "e XYZZY\nf NOOP\n", SIZE_MAX);
    expect(&j, "e BAD Unknown command\n* BYE [CLIENTBUG] Too many bad commands\n");
    assert_int_equal(j.service->next, SERVICE_CLOSE);
    assert_int_equal(j.server_findings, 0);
    judged_close(&j);
    store_free(&store);
}

static void skips_a_literal_that_was_not_waited_for(void **state)
{
    (void)state;
    struct store *store = make_store();
    struct service_config config = {.store = store};
    static struct judged j;
    static char message[1100];
    judged_open(&j, &config);
    say(&j, "l LOGIN alice secret1\n", SIZE_MAX);
    buffer_drop(&j.out, j.out.len);
    memset(message, 'm', 1001);
    say(&j, "a APPEND INBOX {1001+}\n", SIZE_MAX);
    say(&j, message, 100);
    say(&j, "\nb NOOP\n", SIZE_MAX);
    expect(&j, "a NO [TOOBIG] The message is too big\nb OK Done\n");
    assert_int_equal(j.server_findings, 0);
    judged_close(&j);
    store_free(&store);
}

static struct CMUnitTest tests[TABLE_MAX];

int main(void)
{
    size_t count = TABLE_ADD(tests, 0, script_rows, answers);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(limits_lines_and_literals);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(skips_a_literal_that_was_not_waited_for);
    return table_run("server/imap", tests, count);
}
