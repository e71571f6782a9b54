/* SPDX-License-Identifier: MIT */
/* Client and server of each mechanism, one against the other. */
#include "net/sasl.h"
#include "tests/support/table.h"

static const char *password_of(void *context, const char *user)
{
    (void)context;
    return strcmp(user, "alice") == 0 ? "secret1" : NULL;
}

struct exchange_row {
    const char *name;
    const char *mechanism;
    const char *user;
    const char *password;
    const char *authzid;
    bool ok;
};

static const struct exchange_row exchange_rows[] = {
    {"PLAIN", "PLAIN", "alice", "secret1", NULL, true},
    {"PLAIN, as oneself", "PLAIN", "alice", "secret1", "alice", true},
    {"PLAIN, as another", "PLAIN", "alice", "secret1", "bob", false},
    {"PLAIN, wrong password", "PLAIN", "alice", "secret2", NULL, false},
    {"PLAIN, unknown user", "PLAIN", "mallory", "secret1", NULL, false},
    {"LOGIN", "LOGIN", "alice", "secret1", NULL, true},
    {"LOGIN, wrong password", "LOGIN", "alice", "x", NULL, false},
    {"CRAM-MD5", "CRAM-MD5", "alice", "secret1", NULL, true},
    {"CRAM-MD5, wrong password", "CRAM-MD5", "alice", "x", NULL, false},
    {"SCRAM-SHA-1", "SCRAM-SHA-1", "alice", "secret1", NULL, true},
    {"SCRAM-SHA-1, wrong password", "SCRAM-SHA-1", "alice", "x", NULL, false},
    {"SCRAM-SHA-256", "scram-sha-256", "alice", "secret1", NULL, true},
    {"SCRAM-SHA-256, unknown user", "SCRAM-SHA-256", "mallory", "x", NULL, false},
    {"OAUTHBEARER", "OAUTHBEARER", "alice", "secret1", NULL, true},
    {"OAUTHBEARER, wrong token", "OAUTHBEARER", "alice", "x", NULL, false},
    {"XOAUTH2", "XOAUTH2", "alice", "secret1", NULL, true},
    {"XOAUTH2, wrong token", "XOAUTH2", "alice", "x", NULL, false},
    {"EXTERNAL", "EXTERNAL", "alice", NULL, NULL, true},
    {"EXTERNAL, as another", "EXTERNAL", "alice", NULL, "bob", false},
};

/* The two talk until the server has decided. */
static enum sasl_rc exchange(struct sasl_client *client, struct sasl_server *server)
{
    struct span message = {0};
    enum sasl_rc client_rc = SASL_MORE;
    bool first = sasl_client_is_first(client);
    if (first) {
        client_rc = sasl_client_step(client, (struct span){0}, &message);
    }
    enum sasl_rc rc = sasl_server_step(server, first, message, &message);
    for (int i = 0; i < 10 && rc == SASL_MORE && client_rc != SASL_FAILED; i++) {
        client_rc = sasl_client_step(client, message, &message);
        rc = sasl_server_step(server, true, message, &message);
    }
    if (rc == SASL_OK && message.len != 0) {
        assert_int_equal(sasl_client_step(client, message, &message), SASL_OK);
    }
    return rc;
}

static void agrees(void **state)
{
    const struct exchange_row *row = *state;
    struct sasl_credentials credentials = {.user = row->user,
                                           .password = row->password,
                                           .authzid = row->authzid,
                                           .service = "smtp",
                                           .host = "localhost"};
    struct sasl_server_config config = {
        .service = "smtp", .host = "localhost", .password = password_of, .external = "alice"};
    struct sasl_client *client = sasl_client_new(row->mechanism, &credentials);
    struct sasl_server *server = sasl_server_new(row->mechanism, &config);
    assert_non_null(client);
    assert_non_null(server);
    assert_int_equal(exchange(client, server), row->ok ? SASL_OK : SASL_FAILED);
    if (row->ok) {
        assert_string_equal(sasl_server_user(server), "alice");
    } else {
        assert_true(sasl_server_error(server)[0] != '\0');
    }
    sasl_client_free(&client);
    sasl_server_free(&server);
}

struct choice_row {
    const char *name;
    const char *offered;
    bool plain_allowed;
    const char *token;
    const char *chosen;
};

static const struct choice_row choice_rows[] = {
    {"the best one", "PLAIN LOGIN SCRAM-SHA-1 SCRAM-SHA-256", true, NULL, "SCRAM-SHA-256"},
    {"case does not matter", "plain", true, NULL, "PLAIN"},
    {"no plain password without TLS", "PLAIN LOGIN", false, NULL, NULL},
    {"a token where one is known", "PLAIN OAUTHBEARER", true, "t", "OAUTHBEARER"},
    {"no token mechanism without a token", "OAUTHBEARER LOGIN", true, NULL, "LOGIN"},
    {"channel binding needs TLS", "SCRAM-SHA-1-PLUS CRAM-MD5", true, NULL, "CRAM-MD5"},
    {"none is known", "GSSAPI NTLM", true, NULL, NULL},
};

static void chooses(void **state)
{
    const struct choice_row *row = *state;
    struct sasl_credentials credentials = {
        .user = "alice", .password = "secret1", .token = row->token};
    const char *chosen = sasl_choose(row->offered, &credentials, row->plain_allowed);
    if (row->chosen == NULL) {
        assert_null(chosen);
    } else {
        assert_string_equal(chosen, row->chosen);
    }
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, exchange_rows, agrees);
    count = TABLE_ADD(tests, count, choice_rows, chooses);
    return table_run("net/sasl", tests, count);
}
