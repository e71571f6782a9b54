/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "net/memory.h"
#include "scenarios/engine/netrc.h"
#include "scenarios/engine/target.h"
#include "tests/support/table.h"

/* Writes the text to a file of the build folder that only its owner can read. */
static char *file_make(const char *text)
{
    char *path = memory_text(span_text(POSTEL_BUILD "/target.XXXXXX"));
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
    return path;
}

static const struct bad_row {
    const char *name;
    const char *text;
    unsigned line;
    unsigned column;
} bad[] = {
    {"unknown section", "[target]\nurl = imap://h\n[users]\n", 3, 2},
    {"section not closed", "[target\n", 1, 8},
    {"user without name", "[user]\n", 1, 2},
    {"set 0", "[user alice 0]\n", 1, 13},
    {"set that is no number", "[user alice x]\n", 1, 13},
    {"range without end", "[user alice 2-]\n", 1, 13},
    {"range backwards", "[user alice 9-2]\n", 1, 13},
    {"range too long", "[user alice 2-257]\n", 1, 13},
    {"name in a range", "[user alice 2-3]\nlogon = a${n}\n", 2, 1},
    {"no equals sign", "[target]\nimap\n", 2, 1},
    {"before any section", "name = x\n", 1, 1},
    {"unknown name", "[target]\n  host = h\n", 2, 3},
    {"no value", "[target]\nname =\n", 2, 7},
    {"bad URL", "[target]\nimap = imap://h:0\n", 2, 17},
    {"other protocol", "[target]\nimap = pop3://h\n", 2, 8},
    {"quote not closed", "[target]\nname = \"x\n", 2, 8},
    {"verify", "[tls]\nverify = maybe\n", 2, 10},
};

static void check_bad(void **state)
{
    const struct bad_row *row = *state;
    char *path = file_make(row->text);
    struct target target = {0};
    struct problems problems = {0};
    assert_false(target_load(&target, path, &problems));
    assert_int_equal(problems.items[0].line, row->line);
    assert_int_equal(problems.items[0].column, row->column);
    assert_string_equal(problems.items[0].file, path);
    assert_int_equal(unlink(path), 0);
    memory_free(path);
    problems_fini(&problems);
    target_fini(&target);
}

static void file_is_read(void **state)
{
    (void)state;
    char *path = file_make("; a comment\n"
                           "[target]\n"
                           "name    = dovecot 2.4.1 + postfix 3.9\n"
                           "smtp    = smtp://127.0.0.1:2525\n"
                           "imap    = imap://127.0.0.1:1143?starttls=try\n"
                           "profile = rfc5321 rfc9051\n"
                           "[user alice]\n"
                           "address  = alice@example.test\r\n"
                           "password = \"a; b\"   ; plain\n"
                           "[user bob]\n"
                           "address  = bob@example.test\n"
                           "login    = bob.b    ; not the local part\n"
                           "password = @env:POSTEL_TEST_BOB\n"
                           "[declare]\n"
                           "rcpt.bad = nobody@example.test     ; refused at RCPT\n"
                           "[tls]\n"
                           "ca = ca.pem\n");
    assert_int_equal(setenv("POSTEL_TEST_BOB", "bob's", 1), 0);
    struct target target = {0};
    struct problems problems = {0};
    assert_true(target_load(&target, path, &problems));
    assert_true(target_ready(&target, false, &problems));
    assert_int_equal(problems.count, 0);
    assert_string_equal(target.name, "dovecot 2.4.1 + postfix 3.9");
    assert_string_equal(target.profile, "rfc5321 rfc9051");
    assert_int_equal(target.url_count, 2);
    assert_int_equal(target_url(&target, PROTOCOL_IMAP)->starttls, URL_STARTTLS_TRY);
    assert_string_equal(target_url(&target, PROTOCOL_SMTP)->ca, POSTEL_BUILD "/ca.pem");
    assert_null(target_url(&target, PROTOCOL_POP3));
    assert_string_equal(target_value(&target, "alice"), "alice");
    assert_string_equal(target_value(&target, "alice.password"), "a; b");
    assert_string_equal(target_value(&target, "bob.login"), "bob.b");
    assert_string_equal(target_value(&target, "bob.password"), "bob's");
    assert_string_equal(target_value(&target, "rcpt.good"), "alice@example.test");
    assert_string_equal(target_value(&target, "rcpt.good2"), "bob@example.test");
    assert_string_equal(target_value(&target, "domain"), "example.test");
    assert_string_equal(target_value(&target, "rcpt.upper"), "alice@EXAMPLE.TEST");
    assert_string_equal(target_value(&target, "rcpt.quoted"), "\"alice\"@example.test");
    assert_string_equal(target_value(&target, "rcpt.bad"), "nobody@example.test");
    assert_string_equal(target_value(&target, "sender"), "alice@example.test");
    assert_null(target_value(&target, "delivery"));
    assert_null(target_value(&target, "alicex"));
    assert_null(target_far(&target));
    assert_int_equal(unlink(path), 0);
    memory_free(path);
    problems_fini(&problems);
    target_fini(&target);
}

static void account_is(const struct target *target, const char *login, const char *password)
{
    char *name = memory_format("%.*s", (int)strcspn(login, "0123456789"), login);
    const struct target_user *user = target_user(target, name);
    assert_non_null(user);
    assert_string_equal(user->login, login);
    assert_string_equal(user->password, password);
    memory_free(name);
}

static void accounts_come_in_sets(void **state)
{
    (void)state;
    char *path = file_make("[target]\nimap = imap://127.0.0.1\n"
                           "[user bob 2]\naddress = bob2@example.test\npassword = b2\n"
                           "[user alice 2-4]\naddress = alice${n}@example.test\npassword = a${n}\n"
                           "[user alice]\naddress = alice@example.test\npassword = a\n"
                           "[user bob]\naddress = bob@example.test\npassword = b\n"
                           "[user carol]\npassword = c\n"
                           "[user alice 4]\nlogin = alice04\n"
                           "[user dave 1-2]\nlogin = dave${n}\n");
    struct target target = {0};
    struct problems problems = {0};
    assert_true(target_load(&target, path, &problems));
    assert_true(target_add_secret(&target, "dave=@env:POSTEL_TEST_BOB", &problems));
    assert_int_equal(setenv("POSTEL_TEST_BOB", "d", 1), 0);
    assert_true(target_ready(&target, false, &problems));
    assert_int_equal(problems.count, 0);
    assert_int_equal(target_set_count(&target), 4);
    static const char *const logins[4][4] = {{"alice", "bob", "carol", "dave1"},
                                             {"alice2", "bob2", "carol", "dave2"},
                                             {"alice3", "bob", "carol", "dave1"},
                                             {"alice04", "bob", "carol", "dave1"}};
    static const char *const passwords[4][4] = {
        {"a", "b", "c", "d"}, {"a2", "b2", "c", "d"}, {"a3", "b", "c", "d"}, {"a4", "b", "c", "d"}};
    for (size_t set = 0; set < 4; set++) {
        struct target view = target_of_set(&target, set);
        assert_int_equal(view.user_count, 4);
        for (size_t i = 0; i < 4; i++) {
            account_is(&view, logins[set][i], passwords[set][i]);
        }
        /* What is declared of the system does not depend on the set. */
        assert_string_equal(target_value(&view, "rcpt.good"), "alice@example.test");
        assert_string_equal(target_value(&view, "rcpt.good3"), "bob2@example.test");
        memory_free(view.users);
    }
    assert_int_equal(unlink(path), 0);
    memory_free(path);
    problems_fini(&problems);
    target_fini(&target);
}

static void no_users_are_one_set(void **state)
{
    (void)state;
    struct target target = {0};
    struct problems problems = {0};
    assert_true(target_add_url(&target, "smtp://127.0.0.1", &problems));
    assert_true(target_ready(&target, false, &problems));
    assert_int_equal(target_set_count(&target), 1);
    struct target view = target_of_set(&target, 0);
    assert_int_equal(view.user_count, 0);
    memory_free(view.users);
    target_fini(&target);
}

static void passwords_are_not_shown(void **state)
{
    (void)state;
    struct target target = {0};
    struct problems problems = {0};
    char *path = file_make("[user alice]\npasswort = hunter2\npassword = \"hunter2\n"
                           "[target]\nimap = imap://alice:hunter2@h\n");
    assert_false(target_load(&target, path, &problems));
    assert_int_equal(problems.errors, 4);
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    problems_print(&problems, stream);
    assert_int_equal(fclose(stream), 0);
    assert_null(strstr(text, "hunter2"));
    free(text);
    assert_int_equal(unlink(path), 0);
    memory_free(path);
    problems_fini(&problems);
    target_fini(&target);
}

static void secrets_come_from_outside(void **state)
{
    (void)state;
    struct target target = {0};
    struct problems problems = {0};
    char *path = file_make("from the file\r\nsecond line\n");
    char *secret = memory_format("carol=@file:%s", path);
    assert_int_equal(setenv("POSTEL_PASSWORD_ALICE", "from the environment", 1), 0);
    assert_true(target_add_url(&target, "imap://alice@example.test@127.0.0.1", &problems));
    assert_true(target_add_secret(&target, secret, &problems));
    assert_true(target_ready(&target, false, &problems));
    assert_string_equal(target_value(&target, "alice.password"), "from the environment");
    assert_string_equal(target_value(&target, "alice.login"), "alice@example.test");
    assert_string_equal(target_value(&target, "alice.address"), "alice@example.test");
    assert_string_equal(target_value(&target, "carol.password"), "from the file");
    assert_false(target_add_secret(&target, "dave", &problems));
    assert_true(target_add_secret(&target, "dave=@env:POSTEL_TEST_NOT_SET", &problems));
    assert_false(target_ready(&target, false, &problems));
    assert_int_equal(unlink(path), 0);
    memory_free(secret);
    memory_free(path);
    problems_fini(&problems);
    target_fini(&target);
}

static void secrets_are_for_a_name_a_login_or_an_address(void **state)
{
    static const char *const secrets[] = {"alice=one", "alice04=one", "alice@example.test=one"};
    (void)state;
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        char *path = file_make("[target]\nimap = imap://127.0.0.1\n"
                               "[user alice]\nlogin = alice04\naddress = alice@example.test\n");
        struct target target = {0};
        struct problems problems = {0};
        assert_true(target_load(&target, path, &problems));
        assert_true(target_add_secret(&target, secrets[i], &problems));
        assert_true(target_ready(&target, false, &problems));
        assert_int_equal(target.user_count, 1);
        assert_string_equal(target_value(&target, "alice.password"), "one");
        assert_int_equal(unlink(path), 0);
        memory_free(path);
        problems_fini(&problems);
        target_fini(&target);
    }
}

static const struct netrc_row {
    const char *name;
    const char *text;
    const char *password; /* of alice at mail.example.test; or NULL */
} netrcs[] = {
    {"on one line", "machine mail.example.test login alice password p", "p"},
    {"on several lines", "machine mail.example.test\n\tlogin alice\r\n\tpassword p\n", "p"},
    {"password first", "machine mail.example.test password p login alice\n", "p"},
    {"host in capitals", "machine MAIL.example.test login alice password p", "p"},
    {"another host", "machine example.test login alice password p", NULL},
    {"another login", "machine mail.example.test login bob password p", NULL},
    {"second login",
     "machine mail.example.test login bob password b machine mail.example.test login alice "
     "password p",
     "p"},
    {"no login", "machine mail.example.test password p", "p"},
    {"default", "machine other login alice password o\ndefault login alice password p", "p"},
    {"quoted", "machine mail.example.test login \"alice\" password \"p \\\" q\"", "p \" q"},
    {"comment and account",
     "# machine x\nmachine mail.example.test account a login alice # b\npassword p", "p"},
    {"macro", "machine mail.example.test login alice\nmacdef init\npassword wrong\n\npassword p\n",
     "p"},
    {"no password", "machine mail.example.test login alice", NULL},
    {"ends early", "machine", NULL},
    {"empty", "", NULL},
};

static void check_netrc(void **state)
{
    const struct netrc_row *row = *state;
    char *password = netrc_password(span_text(row->text), "mail.example.test", "alice");
    if (row->password == NULL) {
        assert_null(password);
    } else {
        assert_non_null(password);
        assert_string_equal(password, row->password);
    }
    memory_free(password);
}

static void netrc_is_asked(void **state)
{
    (void)state;
    struct target target = {0};
    struct problems problems = {0};
    char *path = file_make("machine 127.0.0.1 login erin@example.test password \"e r\"\n");
    assert_int_equal(setenv("NETRC", path, 1), 0);
    assert_true(target_add_url(&target, "imap://erin@example.test@127.0.0.1", &problems));
    assert_true(target_ready(&target, false, &problems));
    assert_string_equal(target_value(&target, "erin.password"), "e r");
    assert_int_equal(unsetenv("NETRC"), 0);
    assert_int_equal(unlink(path), 0);
    memory_free(path);
    problems_fini(&problems);
    target_fini(&target);
}

static void far_targets_are_told(void **state)
{
    (void)state;
    struct target target = {0};
    struct problems problems = {0};
    assert_true(target_add_url(&target, "imap://127.0.0.1", &problems));
    assert_null(target_far(&target));
    assert_true(target_add_url(&target, "imap://[2001:db8::1]", &problems));
    assert_string_equal(target_far(&target)->host, "2001:db8::1");
    target_fini(&target);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = 0;
    count = TABLE_ADD(tests, count, bad, check_bad);
    count = TABLE_ADD(tests, count, netrcs, check_netrc);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(netrc_is_asked);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(file_is_read);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(accounts_come_in_sets);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(no_users_are_one_set);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(passwords_are_not_shown);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(secrets_come_from_outside);
    tests[count++] =
        (struct CMUnitTest)cmocka_unit_test(secrets_are_for_a_name_a_login_or_an_address);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(far_targets_are_told);
    return table_run("target", tests, count);
}
