/* SPDX-License-Identifier: MIT */
/* Conversations with the servers, without sockets: what the client says in one run of octets, and
   all that the server answers. */
#include "server/service.h"

#include "tests/support/table.h"

struct talk_row {
    const char *name;
    enum protocol protocol;
    const char *in;
    const char *out; /* behind the greeting */
    enum service_next next;
};

#define EHLO "EHLO me.example.test\r\n"
#define MAIL "MAIL FROM:<a@b.example>\r\n"
#define RCPT "RCPT TO:<alice@example.test>\r\n"
#define CAPS                                                                                       \
    "250-mail.example.test greets me.example.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n"           \
    "250-SMTPUTF8\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-DSN\r\n250-MT-PRIORITY\r\n250-"         \
    "VRFY\r\n250-EXPN\r\n250-"                                                                     \
    "HELP\r\n"                                                                                     \
    "250-SIZE 1000\r\n250-ENHANCEDSTATUSCODES\r\n250-STARTTLS\r\n"
#define AUTH_CAPS "250 AUTH SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 OAUTHBEARER XOAUTH2 PLAIN LOGIN\r\n"
#define ESMTP CAPS AUTH_CAPS
#define MAIL_OK "250 2.1.0 Sender OK\r\n"
#define RCPT_OK "250 2.1.5 Recipient OK\r\n"
#define DATA_OK "354 End data with <CR><LF>.<CR><LF>\r\n"
#define QUIT_OK "221 2.0.0 mail.example.test Goodbye\r\n"
#define HELO "HELO me.example.test\r\n"
#define HELO_OK "250 mail.example.test\r\n"
#define SEQUENCE(text) "503 5.5.1 " text "\r\n"
#define LONG100                                                                                    \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"     \
    "890123456789"

static const struct talk_row smtp_rows[] = {
    {"EHLO", PROTOCOL_SMTP, EHLO, ESMTP, SERVICE_READ},
    {"HELO", PROTOCOL_SMTP, HELO, HELO_OK, SERVICE_READ},
    {"QUIT", PROTOCOL_SMTP, "QUIT\r\n", QUIT_OK, SERVICE_CLOSE},
    {"verbs in any case", PROTOCOL_SMTP, "noop\r\nqUiT\r\n", "250 2.0.0 OK\r\n" QUIT_OK,
     SERVICE_CLOSE},
    {"NOOP with an argument", PROTOCOL_SMTP, "NOOP hello\r\n", "250 2.0.0 OK\r\n", SERVICE_READ},
    {"unknown command", PROTOCOL_SMTP, "XYZZY\r\n", "500 5.5.1 Command unrecognized\r\n",
     SERVICE_READ},
    {"an argument too many", PROTOCOL_SMTP, "RSET now\r\n",
     "501 5.5.4 Syntax error in parameters or arguments\r\n", SERVICE_READ},
    {"LHLO to SMTP", PROTOCOL_SMTP, "LHLO x.example\r\n", "500 5.5.1 Command unrecognized\r\n",
     SERVICE_READ},
    {"MAIL before EHLO", PROTOCOL_SMTP, MAIL, SEQUENCE("Say hello first"), SERVICE_READ},
    {"RCPT before MAIL", PROTOCOL_SMTP, HELO RCPT, HELO_OK SEQUENCE("Say MAIL first"),
     SERVICE_READ},
    {"DATA before MAIL", PROTOCOL_SMTP, HELO "DATA\r\n",
     HELO_OK SEQUENCE("Say MAIL and RCPT first"), SERVICE_READ},
    {"DATA before RCPT", PROTOCOL_SMTP, HELO MAIL "DATA\r\n",
     HELO_OK MAIL_OK SEQUENCE("No valid recipients"), SERVICE_READ},
    {"a priority that only who has authenticated may ask for", PROTOCOL_SMTP,
     EHLO "MAIL FROM:<> MT-PRIORITY=3\r\nRSET\r\nMAIL FROM:<> MT-PRIORITY=-3\r\n",
     ESMTP "250 2.3.6 0 is the priority without authentication\r\n250 2.0.0 Reset\r\n" MAIL_OK,
     SERVICE_READ},
    {"an initial response of no octets", PROTOCOL_SMTP, EHLO "AUTH PLAIN =\r\nAUTH PLAIN\r\n\r\n",
     ESMTP "535 5.7.8 Authentication credentials invalid\r\n334 \r\n"
           "535 5.7.8 Authentication credentials invalid\r\n",
     SERVICE_READ},
    {"MAIL twice", PROTOCOL_SMTP, HELO MAIL MAIL,
     HELO_OK MAIL_OK SEQUENCE("A transaction is open already"), SERVICE_READ},
    {"RSET ends the transaction", PROTOCOL_SMTP, HELO MAIL "RSET\r\n" RCPT,
     HELO_OK MAIL_OK "250 2.0.0 Reset\r\n" SEQUENCE("Say MAIL first"), SERVICE_READ},
    {"HELO ends the transaction", PROTOCOL_SMTP, HELO MAIL HELO RCPT,
     HELO_OK MAIL_OK HELO_OK SEQUENCE("Say MAIL first"), SERVICE_READ},
    {"unknown user", PROTOCOL_SMTP, HELO MAIL "RCPT TO:<mallory@example.test>\r\n",
     HELO_OK MAIL_OK "550 5.1.1 No such user here\r\n", SERVICE_READ},
    {"relaying", PROTOCOL_SMTP, HELO MAIL "RCPT TO:<alice@other.example>\r\n",
     HELO_OK MAIL_OK "550 5.7.1 Relaying denied\r\n", SERVICE_READ},
    {"postmaster without a domain", PROTOCOL_SMTP, HELO MAIL "RCPT TO:<Postmaster>\r\n",
     HELO_OK MAIL_OK RCPT_OK, SERVICE_READ},
    {"a quoted local part and a source route", PROTOCOL_SMTP,
     HELO MAIL "RCPT TO:<@a.example,@b.example:\"alice\"@EXAMPLE.test>\r\n",
     HELO_OK MAIL_OK RCPT_OK, SERVICE_READ},
    {"the null reverse-path", PROTOCOL_SMTP, HELO "MAIL FROM:<>\r\n", HELO_OK MAIL_OK,
     SERVICE_READ},
    {"a size over the limit", PROTOCOL_SMTP, EHLO "MAIL FROM:<> SIZE=1001\r\n",
     ESMTP "552 5.3.4 Message is too big\r\n", SERVICE_READ},
    {"a size at the limit", PROTOCOL_SMTP, EHLO "MAIL FROM:<> SIZE=1000 BODY=8BITMIME\r\n",
     ESMTP MAIL_OK, SERVICE_READ},
    {"an unknown parameter", PROTOCOL_SMTP, EHLO "MAIL FROM:<> X=1\r\n",
     ESMTP "555 5.5.4 Unknown parameter\r\n", SERVICE_READ},
    {"a parameter twice", PROTOCOL_SMTP, EHLO "MAIL FROM:<> SIZE=1 SIZE=1\r\n",
     ESMTP "501 5.5.4 Parameter given twice\r\n", SERVICE_READ},
    {"a parameter behind HELO", PROTOCOL_SMTP, HELO "MAIL FROM:<> SIZE=1\r\n",
     HELO_OK "555 5.5.4 Parameters need EHLO\r\n", SERVICE_READ},
    {"a UTF-8 address without SMTPUTF8", PROTOCOL_SMTP, EHLO "MAIL FROM:<\303\274@b.example>\r\n",
     ESMTP "553 5.6.7 The address needs SMTPUTF8\r\n", SERVICE_READ},
    {"a UTF-8 address", PROTOCOL_SMTP, EHLO "MAIL FROM:<\303\274@b.example> SMTPUTF8\r\n",
     ESMTP MAIL_OK, SERVICE_READ},
    {"a message, all in one run", PROTOCOL_SMTP,
     HELO MAIL RCPT "DATA\r\nSubject: x\r\n\r\nbody\r\n.\r\nQUIT\r\n",
     HELO_OK MAIL_OK RCPT_OK DATA_OK "250 2.0.0 Message 1 accepted\r\n" QUIT_OK, SERVICE_CLOSE},
    {"the transaction is over behind the message", PROTOCOL_SMTP,
     HELO MAIL RCPT "DATA\r\n.\r\nDATA\r\n",
     HELO_OK MAIL_OK RCPT_OK DATA_OK
     "250 2.0.0 Message 1 accepted\r\n" SEQUENCE("Say MAIL and RCPT first"),
     SERVICE_READ},
    {"LF, dot, LF does not end the message", PROTOCOL_SMTP,
     HELO MAIL RCPT "DATA\r\nx\n.\nMAIL FROM:<evil@b.example>\r\n.\r\n",
     HELO_OK MAIL_OK RCPT_OK DATA_OK "554 5.6.0 Bare CR or LF is not allowed in a message\r\n",
     SERVICE_READ},
    {"LF, dot, CRLF does not end the message", PROTOCOL_SMTP,
     HELO MAIL RCPT "DATA\r\nx\n.\r\nMAIL FROM:<evil@b.example>\r\n.\r\n",
     HELO_OK MAIL_OK RCPT_OK DATA_OK "554 5.6.0 Bare CR or LF is not allowed in a message\r\n",
     SERVICE_READ},
    {"CR, dot, CR does not end the message", PROTOCOL_SMTP,
     HELO MAIL RCPT "DATA\r\nx\r.\r\r\n.\r\n",
     HELO_OK MAIL_OK RCPT_OK DATA_OK "554 5.6.0 Bare CR or LF is not allowed in a message\r\n",
     SERVICE_READ},
    {"a message over the limit", PROTOCOL_SMTP,
     HELO MAIL RCPT
     "DATA\r\n" LONG100 LONG100 LONG100 LONG100 LONG100 LONG100 LONG100 LONG100 LONG100 LONG100
     "x\r\n.\r\nNOOP\r\n",
     HELO_OK MAIL_OK RCPT_OK DATA_OK "552 5.3.4 Message is too big\r\n250 2.0.0 OK\r\n",
     SERVICE_READ},
    {"BDAT", PROTOCOL_SMTP, EHLO MAIL RCPT "BDAT 4\r\nab\r\nBDAT 3 LAST\r\nc\r\nNOOP\r\n",
     ESMTP MAIL_OK RCPT_OK "250 2.0.0 4 octets received\r\n250 2.0.0 Message 1 accepted\r\n"
                           "250 2.0.0 OK\r\n",
     SERVICE_READ},
    {"BDAT 0 LAST", PROTOCOL_SMTP, EHLO MAIL RCPT "BDAT 4\r\nab\r\nBDAT 0 LAST\r\n",
     ESMTP MAIL_OK RCPT_OK "250 2.0.0 4 octets received\r\n250 2.0.0 Message 1 accepted\r\n",
     SERVICE_READ},
    {"BDAT without a transaction is skipped", PROTOCOL_SMTP, EHLO "BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n",
     ESMTP SEQUENCE("Say MAIL and RCPT first") "250 2.0.0 OK\r\n", SERVICE_READ},
    {"BDAT that cannot be read loses the message", PROTOCOL_SMTP,
     EHLO MAIL RCPT "BDAT x\r\nBDAT 1 LAST\r\nx",
     ESMTP MAIL_OK RCPT_OK
     "501 5.5.4 Syntax error in parameters or arguments\r\n" SEQUENCE("Say MAIL and RCPT first"),
     SERVICE_READ},
    {"EHLO with a domain that is not ASCII", PROTOCOL_SMTP, "EHLO \303\274.example\r\n",
     "501 5.5.4 The domain must be ASCII\r\n", SERVICE_READ},
    {"DATA behind BDAT", PROTOCOL_SMTP, EHLO MAIL RCPT "BDAT 1\r\nxDATA\r\n",
     ESMTP MAIL_OK RCPT_OK "250 2.0.0 1 octets received\r\n" SEQUENCE("Go on with BDAT"),
     SERVICE_READ},
    {"DATA for BINARYMIME", PROTOCOL_SMTP, EHLO "MAIL FROM:<> BODY=BINARYMIME\r\n" RCPT "DATA\r\n",
     ESMTP MAIL_OK RCPT_OK SEQUENCE("BINARYMIME needs BDAT"), SERVICE_READ},
    {"bare LF by BDAT for BINARYMIME", PROTOCOL_SMTP,
     EHLO "MAIL FROM:<> BODY=BINARYMIME\r\n" RCPT "BDAT 2 LAST\r\nx\n",
     ESMTP MAIL_OK RCPT_OK "250 2.0.0 Message 1 accepted\r\n", SERVICE_READ},
    {"EXPN", PROTOCOL_SMTP, "EXPN postmaster\r\nEXPN mallory\r\n",
     "250 2.1.5 <alice@example.test>\r\n550 5.1.1 No such user here\r\n", SERVICE_READ},
    {"VRFY", PROTOCOL_SMTP, "VRFY alice\r\nVRFY mallory\r\n",
     "250 2.1.5 <alice@example.test>\r\n550 5.1.1 No such user here\r\n", SERVICE_READ},
    {"STARTTLS takes nothing behind it", PROTOCOL_SMTP, EHLO "STARTTLS\r\nNOOP\r\n",
     ESMTP "220 2.0.0 Ready to start TLS\r\n", SERVICE_TLS},
    {"AUTH PLAIN", PROTOCOL_SMTP, EHLO "AUTH PLAIN AGFsaWNlAHNlY3JldDE=\r\n",
     ESMTP "235 2.7.0 Authentication succeeded\r\n", SERVICE_READ},
    {"AUTH PLAIN without an initial response", PROTOCOL_SMTP,
     EHLO "AUTH PLAIN\r\nAGFsaWNlAHNlY3JldDE=\r\n",
     ESMTP "334 \r\n235 2.7.0 Authentication succeeded\r\n", SERVICE_READ},
    {"AUTH LOGIN", PROTOCOL_SMTP, EHLO "AUTH LOGIN\r\nYWxpY2U=\r\nc2VjcmV0MQ==\r\n",
     ESMTP "334 VXNlciBOYW1l\r\n334 UGFzc3dvcmQ=\r\n235 2.7.0 Authentication succeeded\r\n",
     SERVICE_READ},
    {"AUTH with a wrong password", PROTOCOL_SMTP, EHLO "AUTH PLAIN AGFsaWNlAHNlY3JldDI=\r\n",
     ESMTP "535 5.7.8 Authentication credentials invalid\r\n", SERVICE_READ},
    {"AUTH twice", PROTOCOL_SMTP, EHLO "AUTH PLAIN AGFsaWNlAHNlY3JldDE=\r\nAUTH PLAIN\r\n",
     ESMTP "235 2.7.0 Authentication succeeded\r\n" SEQUENCE("AUTH is not allowed now"),
     SERVICE_READ},
    {"AUTH cancelled", PROTOCOL_SMTP, EHLO "AUTH PLAIN\r\n*\r\n",
     ESMTP "334 \r\n501 5.7.0 Authentication cancelled\r\n", SERVICE_READ},
    {"AUTH with a broken response", PROTOCOL_SMTP, EHLO "AUTH PLAIN\r\n%%\r\n",
     ESMTP "334 \r\n501 5.5.2 That is not base64\r\n", SERVICE_READ},
    {"AUTH CRAM-MD5 with an initial response", PROTOCOL_SMTP, EHLO "AUTH CRAM-MD5 AGE=\r\n",
     ESMTP "501 5.7.0 This mechanism has no initial response\r\n", SERVICE_READ},
    {"AUTH with an unknown mechanism", PROTOCOL_SMTP, EHLO "AUTH GSSAPI\r\n",
     ESMTP "504 5.5.4 Mechanism not available\r\n", SERVICE_READ},
    {"AUTH before EHLO", PROTOCOL_SMTP, "AUTH PLAIN\r\n", SEQUENCE("AUTH is not allowed now"),
     SERVICE_READ},
    {"submission needs AUTH", PROTOCOL_SUBMISSION, EHLO MAIL,
     ESMTP "530 5.7.0 Authentication required\r\n", SERVICE_READ},
    {"LMTP answers for each recipient", PROTOCOL_LMTP,
     "LHLO me.example.test\r\n" MAIL RCPT "RCPT TO:<nobody@example.test>\r\n"
     "RCPT TO:<bob@example.test>\r\nDATA\r\nx\r\n.\r\n",
     CAPS "\b250 STARTTLS\r\n" MAIL_OK RCPT_OK "550 5.1.1 No such user here\r\n" RCPT_OK DATA_OK
          "250 2.0.0 Message 1 accepted\r\n250 2.0.0 Message 1 accepted\r\n",
     SERVICE_READ},
    {"LMTP knows no EHLO", PROTOCOL_LMTP, EHLO, "500 5.5.1 Say LHLO\r\n", SERVICE_READ},
};

#define LOGIN "USER alice\r\nPASS secret1\r\n"
#define LOGIN_OK "+OK Now the password\r\n+OK The maildrop is locked and ready\r\n"
#define NOT_NOW "-ERR The command is not allowed in this state\r\n"

/* Alice has two messages: of 9 octets, with a line that begins with a dot, and of 24 octets. */
static const char *const messages[] = {"a\r\n..b\r\n\r\n", "H: x\r\n\r\none\r\ntwo\r\nthree\r\n"};

static const struct talk_row pop3_rows[] = {
    {"QUIT before login", PROTOCOL_POP3, "QUIT\r\n", "+OK Goodbye\r\n", SERVICE_CLOSE},
    {"login", PROTOCOL_POP3, LOGIN, LOGIN_OK, SERVICE_READ},
    {"a wrong password", PROTOCOL_POP3, "USER alice\r\nPASS x\r\n",
     "+OK Now the password\r\n-ERR [AUTH] Wrong name or password\r\n", SERVICE_READ},
    {"PASS without USER", PROTOCOL_POP3, "PASS secret1\r\n", "-ERR Say USER first\r\n",
     SERVICE_READ},
    {"PASS not right behind USER", PROTOCOL_POP3, "USER alice\r\nXYZ\r\nPASS secret1\r\n",
     "+OK Now the password\r\n-ERR Unknown command\r\n-ERR Say USER first\r\n", SERVICE_READ},
    {"PASS behind a USER that cannot be read", PROTOCOL_POP3,
     "USER alice\r\nUSER\r\nPASS secret1\r\n",
     "+OK Now the password\r\n-ERR Bad arguments\r\n-ERR Say USER first\r\n", SERVICE_READ},
    {"PASS twice", PROTOCOL_POP3, "USER alice\r\nPASS x\r\nPASS secret1\r\n",
     "+OK Now the password\r\n-ERR [AUTH] Wrong name or password\r\n-ERR Say USER first\r\n",
     SERVICE_READ},
    {"STAT before login", PROTOCOL_POP3, "STAT\r\nNOOP\r\n", NOT_NOW NOT_NOW, SERVICE_READ},
    {"USER behind login", PROTOCOL_POP3, LOGIN "USER alice\r\n", LOGIN_OK NOT_NOW, SERVICE_READ},
    {"CAPA", PROTOCOL_POP3, "CAPA\r\n",
     "+OK Capabilities follow\r\nUSER\r\n"
     "SASL SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 OAUTHBEARER XOAUTH2 PLAIN LOGIN\r\nTOP\r\nUIDL\r\n"
     "RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\nUTF8\r\nLANG\r\nSTLS\r\n"
     "IMPLEMENTATION postel\r\n.\r\n",
     SERVICE_READ},
    {"STAT, LIST, UIDL", PROTOCOL_POP3, LOGIN "STAT\r\nLIST\r\nUIDL\r\nLIST 2\r\nUIDL 1\r\n",
     LOGIN_OK "+OK 2 35\r\n+OK Listing follows\r\n1 10\r\n2 25\r\n.\r\n"
              "+OK Listing follows\r\n1 0000000100000001\r\n2 0000000100000002\r\n.\r\n"
              "+OK 2 25\r\n+OK 1 0000000100000001\r\n",
     SERVICE_READ},
    {"RETR stuffs dots", PROTOCOL_POP3, LOGIN "RETR 1\r\n",
     LOGIN_OK "+OK 10 octets\r\na\r\n...b\r\n\r\n.\r\n", SERVICE_READ},
    {"TOP", PROTOCOL_POP3, LOGIN "TOP 2 2\r\nTOP 2 0\r\nTOP 2 9\r\n",
     LOGIN_OK "+OK The top follows\r\nH: x\r\n\r\none\r\ntwo\r\n.\r\n"
              "+OK The top follows\r\nH: x\r\n\r\n.\r\n"
              "+OK The top follows\r\nH: x\r\n\r\none\r\ntwo\r\nthree\r\n.\r\n",
     SERVICE_READ},
    {"a deleted message is gone", PROTOCOL_POP3,
     LOGIN "DELE 1\r\nDELE 1\r\nRETR 1\r\nLIST 1\r\nTOP 1 0\r\nUIDL 1\r\nSTAT\r\nLIST\r\n",
     LOGIN_OK "+OK The message is marked as deleted\r\n-ERR The message is deleted\r\n"
              "-ERR The message is deleted\r\n-ERR The message is deleted\r\n"
              "-ERR The message is deleted\r\n-ERR The message is deleted\r\n+OK 1 25\r\n"
              "+OK Listing follows\r\n2 25\r\n.\r\n",
     SERVICE_READ},
    {"RSET", PROTOCOL_POP3, LOGIN "DELE 1\r\nRSET\r\nSTAT\r\n",
     LOGIN_OK "+OK The message is marked as deleted\r\n+OK No message is marked as deleted\r\n"
              "+OK 2 35\r\n",
     SERVICE_READ},
    {"no such message", PROTOCOL_POP3, LOGIN "RETR 3\r\nDELE 0\r\nRETR\r\nRETR x\r\n",
     LOGIN_OK "-ERR There is no such message\r\n-ERR Bad arguments\r\n-ERR Bad arguments\r\n"
              "-ERR Bad arguments\r\n",
     SERVICE_READ},
    {"STLS", PROTOCOL_POP3, "STLS\r\nCAPA\r\n", "+OK Begin TLS\r\n", SERVICE_TLS},
    {"AUTH PLAIN", PROTOCOL_POP3, "AUTH PLAIN AGFsaWNlAHNlY3JldDE=\r\n",
     "+OK The maildrop is locked and ready\r\n", SERVICE_READ},
    {"AUTH PLAIN in two steps", PROTOCOL_POP3, "AUTH PLAIN\r\nAGFsaWNlAHNlY3JldDI=\r\n",
     "+ \r\n-ERR [AUTH] Authentication failed\r\n", SERVICE_READ},
    {"AUTH with \"=\" where no initial response is", PROTOCOL_POP3, "AUTH PLAIN\r\n=\r\n",
     "+ \r\n-ERR That is not base64\r\n", SERVICE_READ},
    {"AUTH cancelled", PROTOCOL_POP3, "AUTH PLAIN\r\n*\r\nQUIT\r\n",
     "+ \r\n-ERR Authentication cancelled\r\n+OK Goodbye\r\n", SERVICE_CLOSE},
    {"LANG", PROTOCOL_POP3, "LANG\r\nLANG en\r\nLANG *\r\nLANG xx\r\n",
     "+OK Languages follow\r\nen English\r\ni-default Default language\r\n.\r\n"
     "+OK en English it is\r\n+OK i-default English it is\r\n"
     "-ERR This language is not available\r\n",
     SERVICE_READ},
    {"UTF8", PROTOCOL_POP3, "UTF8\r\n", "+OK UTF8 enabled\r\n", SERVICE_READ},
};

static struct store *make_store(void)
{
    struct store_config config = {.message_octets_max = 1000};
    struct store *store = store_new(&config);
    struct user *alice = store_add_user(store, "alice", "secret1");
    (void)store_add_user(store, "bob", "secret2");
    for (size_t i = 0; i < 2; i++) {
        struct message_source source = {.octets = span_text(messages[i])};
        assert_int_equal(mailbox_append(user_inbox(alice), &source, NULL), STORE_OK);
    }
    return store;
}

static void drop_greeting(struct service *service)
{
    buffer_drop(&service->out, service_line(buffer_span(&service->out)));
}

/* Feeds the octets in steps, as the network might. */
static void talk(struct service *service, const char *in, size_t step)
{
    struct buffer pending = {0};
    struct span rest = span_text(in);
    while (rest.len != 0) {
        buffer_append(&pending, span_sub(rest, 0, step));
        rest = span_from(rest, step);
        buffer_drop(&pending, service_feed(service, buffer_span(&pending)));
    }
    buffer_fini(&pending);
}

/* "\b" in the expected text takes back the line before it. */
static size_t expected(const char *text, char *out)
{
    size_t len = 0;
    for (; *text != '\0'; text++) {
        if (*text != '\b') {
            out[len++] = *text;
            continue;
        }
        for (len--; len != 0 && out[len - 1] != '\n';) {
            len--;
        }
    }
    out[len] = '\0';
    return len;
}

static void answers(void **state)
{
    const struct talk_row *row = *state;
    static const size_t steps[] = {SIZE_MAX, 1, 7};
    char wanted[4096];
    size_t len = expected(row->out, wanted);
    for (size_t i = 0; i < 3; i++) {
        struct store *store = make_store();
        struct service_config config = {.store = store, .tls_offered = true};
        struct service *service = service_new(&config, row->protocol, false);
        drop_greeting(service);
        talk(service, row->in, steps[i]);
        buffer_append(&service->out, (struct span){(const uint8_t *)"", 1});
        assert_string_equal((const char *)buffer_span(&service->out).ptr, wanted);
        assert_int_equal(service->out.len, len + 1);
        assert_int_equal(service->next, row->next);
        service_free(&service);
        store_free(&store);
    }
}

/* --- what the judge says -----------------------------------------------------------------------
 */

static void count_finding(void *context, const struct finding *finding)
{
    if (finding->side == SIDE_SERVER) {
        print_message("%s: %s\n", rule_info(finding->rule)->name, finding->text);
        ++*(size_t *)context;
    }
}

/* Shows what one side has said, so many units of it as far as it goes now; how many octets. */
static size_t judge_side(struct session *session, enum side side, struct span said, size_t units)
{
    size_t taken = 0;
    struct session_event event;
    while (units-- != 0 &&
           session_step(session, side, span_from(said, taken), &event) == SESSION_EVENT) {
        taken += event.unit.octets.len;
    }
    return taken;
}

/* The always-on judge finds nothing wrong in what the server says. */
static void is_not_found_guilty(void **state)
{
    const struct talk_row *row = *state;
    static uint8_t memory[1 << 16];
    static uint8_t scratch[1 << 16];
    static struct session session;
    size_t findings = 0;
    struct store *store = make_store();
    struct service_config config = {.store = store, .tls_offered = true};
    struct service *service = service_new(&config, row->protocol, false);
    struct session_config judge = {.protocol = row->protocol,
                                   .memory = memory,
                                   .memory_len = sizeof memory,
                                   .scratch = scratch,
                                   .scratch_len = sizeof scratch,
                                   .finding = count_finding,
                                   .context = &findings};
    session_init(&session, &judge);
    talk(service, row->in, SIZE_MAX);
    struct span said[2] = {
        [SIDE_CLIENT] = span_text(row->in), [SIDE_SERVER] = buffer_span(&service->out)};
    size_t taken = 1;
    while (taken != 0) {
        size_t server = judge_side(&session, SIDE_SERVER, said[SIDE_SERVER], 1);
        size_t client = judge_side(&session, SIDE_CLIENT, said[SIDE_CLIENT], SIZE_MAX);
        said[SIDE_SERVER] = span_from(said[SIDE_SERVER], server);
        said[SIDE_CLIENT] = span_from(said[SIDE_CLIENT], client);
        taken = server + client;
    }
    assert_int_equal(findings, 0);
    assert_int_equal(said[SIDE_SERVER].len, 0);
    service_free(&service);
    store_free(&store);
}

static void delivers_every_octet(void **state)
{
    (void)state;
    struct store *store = make_store();
    struct service_config config = {.store = store};
    struct service *smtp = service_new(&config, PROTOCOL_SMTP, false);
    talk(smtp,
         HELO MAIL RCPT "RCPT TO:<bob@example.test>\r\nDATA\r\n..dot\r\n\303\274 \t \r\n.\r\n", 3);
    struct user *bob = store_user(store, SPAN_LIT("bob"));
    assert_int_equal(user_inbox(bob)->count, 1);
    const char *wanted = "Return-Path: <a@b.example>\r\n"
                         "Received: from me.example.test\r\n\tby mail.example.test with SMTP; "
                         "Thu, 01 Jan 1970 00:00:00 +0000\r\n.dot\r\n\303\274 \t \r\n";
    struct span got = message_octets(user_inbox(bob)->messages[0]);
    assert_int_equal(got.len, strlen(wanted));
    assert_memory_equal(got.ptr, wanted, got.len);
    struct user *alice = store_user(store, SPAN_LIT("alice"));
    assert_ptr_equal(user_inbox(alice)->messages[2]->blob, user_inbox(bob)->messages[0]->blob);
    service_free(&smtp);
    store_free(&store);
}

static void locks_and_updates_the_maildrop(void **state)
{
    (void)state;
    struct store *store = make_store();
    struct service_config config = {.store = store};
    struct mailbox *inbox = user_inbox(store_user(store, SPAN_LIT("alice")));
    struct service *first = service_new(&config, PROTOCOL_POP3, false);
    struct service *second = service_new(&config, PROTOCOL_POP3, false);
    talk(first, LOGIN "DELE 1\r\n", SIZE_MAX);
    drop_greeting(second);
    talk(second, LOGIN, SIZE_MAX);
    drop_greeting(second);
    assert_memory_equal(buffer_span(&second->out).ptr, "-ERR [IN-USE]", 13);
    assert_int_equal(inbox->count, 2);
    service_free(&first); /* without QUIT: nothing is removed */
    assert_int_equal(inbox->count, 2);
    assert_false(inbox->pop3_locked);
    talk(second, LOGIN "DELE 2\r\nQUIT\r\n", SIZE_MAX);
    assert_int_equal(inbox->count, 1);
    assert_int_equal(inbox->messages[0]->uid, 1);
    assert_false(inbox->pop3_locked);
    service_free(&second);
    store_free(&store);
}

static void does_as_it_is_told(void **state)
{
    (void)state;
    struct store *store = make_store();
    static const struct reply_override overrides[] = {
        {"RCPT", "bob@*", "451 4.7.1 later"}, {"GREETING", NULL, "554 go away"}, {0}};
    static const struct reply_delay delays[] = {{"NOOP", 50}, {0}};
    static const char *const drops[] = {"RSET", NULL};
    static const char *const hidden[] = {"AUTH", "SIZE", "DSN",      "HELP",
                                         "VRFY", "EXPN", "CHUNKING", NULL};
    static const char *const offered[] = {"XFOO", NULL};
    struct service_config config = {.store = store,
                                    .overrides = overrides,
                                    .delays = delays,
                                    .drop_after = drops,
                                    .hide = hidden,
                                    .offer = offered};
    struct service *smtp = service_new(&config, PROTOCOL_SMTP, false);
    talk(smtp, EHLO MAIL "RCPT TO:<bob@example.test>\r\n" RCPT "NOOP\r\n", SIZE_MAX);
    size_t before = smtp->out.len - strlen("250 2.0.0 OK\r\n");
    assert_int_equal(smtp->pause_ms, 50);
    assert_int_equal(smtp->pause_at, before);
    smtp->pause_ms = 0;
    talk(smtp, "RSET\r\nNOOP\r\n", SIZE_MAX);
    buffer_append(&smtp->out, (struct span){(const uint8_t *)"", 1});
    assert_string_equal(
        (const char *)buffer_span(&smtp->out).ptr,
        "554 go away\r\n250-mail.example.test greets me.example.test\r\n"
        "250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-BINARYMIME\r\n250-MT-PRIORITY\r\n"
        "250-ENHANCEDSTATUSCODES\r\n250 XFOO\r\n" MAIL_OK "451 4.7.1 later\r\n" RCPT_OK
        "250 2.0.0 OK\r\n250 2.0.0 Reset\r\n");
    assert_int_equal(smtp->next, SERVICE_DROP);
    service_free(&smtp);
    store_free(&store);
}

static void forgets_what_was_said_before_tls(void **state)
{
    (void)state;
    struct store *store = make_store();
    struct service_config config = {.store = store, .tls_offered = true};
    struct service *smtp = service_new(&config, PROTOCOL_SMTP, false);
    talk(smtp, EHLO MAIL "STARTTLS\r\n", SIZE_MAX);
    service_tls_started(smtp);
    buffer_drop(&smtp->out, smtp->out.len);
    talk(smtp, MAIL, SIZE_MAX);
    assert_memory_equal(buffer_span(&smtp->out).ptr, "503 ", 4);
    buffer_drop(&smtp->out, smtp->out.len);
    talk(smtp, EHLO, SIZE_MAX);
    buffer_append(&smtp->out, (struct span){(const uint8_t *)"", 1});
    assert_null(strstr((const char *)buffer_span(&smtp->out).ptr, "STARTTLS"));
    service_free(&smtp);
    store_free(&store);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX] = {
        cmocka_unit_test(delivers_every_octet),
        cmocka_unit_test(locks_and_updates_the_maildrop),
        cmocka_unit_test(does_as_it_is_told),
        cmocka_unit_test(forgets_what_was_said_before_tls),
    };
    size_t count = TABLE_ADD(tests, 4, smtp_rows, answers);
    count = TABLE_ADD(tests, count, pop3_rows, answers);
    count = TABLE_ADD(tests, count, smtp_rows, is_not_found_guilty);
    count = TABLE_ADD(tests, count, pop3_rows, is_not_found_guilty);
    return table_run("server/service", tests, count);
}
