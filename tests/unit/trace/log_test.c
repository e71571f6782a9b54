/* SPDX-License-Identifier: MIT */
/* Each log format: which one is guessed, who said what, and on which line of the input. */
#include "trace/log.h"

#include "net/memory.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *text;
    const char *format; /* NULL: none is recognised */
    const char *said;   /* "1C octets", a line for each piece: input line, side, octets escaped */
};

static const struct row rows[] = {
    {"plain: C and S", "S: 220 hi\nC: EHLO x\n", "plain", "1S 220 hi\\r\\n|2C EHLO x\\r\\n|"},
    {"plain: a line wrapped inside parentheses",
     "C: a FETCH 1 FULL\nS: * 1 FETCH (FLAGS ()\n      UID 4)\nS: a OK done\n", "plain",
     "1C a FETCH 1 FULL\\r\\n|2S * 1 FETCH (FLAGS ()|3S  |3S UID 4)\\r\\n|4S a OK done\\r\\n|"},
    {"plain: a remark between the lines is nobody's",
     "C: a NOOP\nThen it waits for ten seconds.\nS: a OK done\n", "plain",
     "1C a NOOP\\r\\n|3S a OK done\\r\\n|"},
    {"plain: lines of a literal without marks",
     "C: a APPEND x {6}\nS: + go\nC: ab\ncd\nS: a OK done\n", "plain",
     "1C a APPEND x {6}\\r\\n|2S + go\\r\\n|3C ab\\r\\n|4C cd\\r\\n|5S a OK done\\r\\n|"},
    {"plain: time stamps", "2024-01-02T10:00:00Z S: * OK hi\n2024-01-02T10:00:01Z C: a NOOP\n",
     "plain", "1S * OK hi\\r\\n|2C a NOOP\\r\\n|"},
    {"python: smtplib",
     "connect: to ('x', 25)\nsend: 'ehlo x\\r\\n'\nreply: b'250 x\\r\\n'\n"
     "reply: retcode (250); Msg: b'x'\n",
     "python", "2C ehlo x\\r\\n|3S 250 x\\r\\n|"},
    {"python: imaplib", "  10:00.1 < b'* OK hi'\n  10:00.2 > b'A1 NOOP'\n  10:00.3 < b'A1 OK x'\n",
     "python", "1S * OK hi\\r\\n|2C A1 NOOP\\r\\n|3S A1 OK x\\r\\n|"},
    {"python: poplib in detail hides the sums",
     "*put* b'NOOP'\n*get* b'+OK\\r\\n'\n*resp* b'+OK'\n", "python", "1C NOOP\\r\\n|2S +OK\\r\\n|"},
    {"thunderbird: IMAP",
     "[1: IMAP]: I/IMAP 1f2:imap.x:NA:CreateNewLineFromSocket: * OK hi\n"
     "[1: IMAP]: I/IMAP 1f2:imap.x:NA:SendData: 1 capability\n",
     "thunderbird", "1S * OK hi\\r\\n|2C 1 capability\\r\\n|"},
    {"thunderbird: a suppressed line is a hole",
     "[1: IMAP]: I/IMAP 1f2:imap.x:NA:SendData: 2 login\n"
     "[1: IMAP]: I/IMAP 1f2:imap.x:NA:SendData: Logging suppressed for this command\n",
     "thunderbird", "1C 2 login\\r\\n|2C ********\\r\\n|"},
    {"mutt",
     "[2024-01-01 10:00:00]<2> f() 7> a0000 CAPABILITY\n"
     "[2024-01-01 10:00:00]<5> f() 7< a0000 OK done\n",
     "mutt", "1C a0000 CAPABILITY\\r\\n|2S a0000 OK done\\r\\n|"},
    {"postfix: smtpd",
     "Jan 1 h postfix/smtpd[12]: connect from a[1.2.3.4]\n"
     "Jan 1 h postfix/smtpd[12]: > a[1.2.3.4]: 220 h\n"
     "Jan 1 h postfix/smtpd[12]: < a[1.2.3.4]: EHLO x\n",
     "postfix", "2S 220 h\\r\\n|3C EHLO x\\r\\n|"},
    {"postfix: smtp is the client",
     "Jan 1 h postfix/smtp[12]: < a[1.2.3.4]:25: 220 h\n"
     "Jan 1 h postfix/smtp[12]: > a[1.2.3.4]:25: EHLO x\n",
     "postfix", "1S 220 h\\r\\n|2C EHLO x\\r\\n|"},
    {"swaks", "=== Connected to x.\n<-  220 h\n -> EHLO x\n<** 550 no\n", "swaks",
     "2S 220 h\\r\\n|3C EHLO x\\r\\n|4S 550 no\\r\\n|"},
    {"curl", "* Connected to x\n< 220 h\n> EHLO x\n< 250 h\n* info\n", "curl",
     "2S 220 h\\r\\n|3C EHLO x\\r\\n|4S 250 h\\r\\n|"},
    {"rawlog", "1612345678.123456 I: a NOOP\n1612345678.123457 O: a OK done\n", "rawlog",
     "1C a NOOP\\r\\n|2S a OK done\\r\\n|"},
    {"mbsync", "Connecting...\n* OK hi\n>>> 1 CAPABILITY\n* CAPABILITY IMAP4rev1\n1 OK done\n",
     "mbsync",
     "2S * OK hi\\r\\n|3C 1 CAPABILITY\\r\\n|4S * CAPABILITY IMAP4rev1\\r\\n|5S 1 OK done\\r\\n|"},
    {"postel", "# postel trace 1\n0.5 1 open\n0.6 1 S \"+OK\\r\\n\"\n0.7 1 C \"QUIT\\r\\n\"\n",
     "postel", "3S +OK\\r\\n|4C QUIT\\r\\n|"},
    {"session: JavaMail",
     "DEBUG: setDebug\n* OK hi\nA0 CAPABILITY\n* CAPABILITY IMAP4rev1\nA0 OK x\n", "session",
     "2S * OK hi\\r\\n|3C A0 CAPABILITY\\r\\n|4S * CAPABILITY IMAP4rev1\\r\\n|5S A0 OK x\\r\\n|"},
    {"no format", "once upon a time\nthere was a server\n", NULL, ""},
};

static void add(char *text, size_t cap, const char *more)
{
    size_t len = strlen(text);
    (void)snprintf(text + len, cap - len, "%s", more);
}

static void check(void **state)
{
    const struct row *row = *state;
    struct span text = span_text(row->text);
    const struct log_format *format = log_format_guess(text);
    if (row->format == NULL) {
        assert_null(format);
        return;
    }
    assert_non_null(format);
    assert_string_equal(format->name, row->format);
    struct recording recording;
    recording_init(&recording, "x");
    log_read(&recording, format, text);
    assert_int_equal(recording.count, 1);
    const struct conversation *c = &recording.conversations[0];
    char said[2048] = "";
    for (size_t i = 0; i < c->piece_count; i++) {
        const struct piece *piece = &c->pieces[i];
        char start[32];
        (void)snprintf(start, sizeof start, "%u%c ", (unsigned)piece->line,
                       piece->side == SIDE_CLIENT ? 'C' : 'S');
        add(said, sizeof said, start);
        for (size_t pos = 0; pos < piece->len; pos++) {
            uint8_t octet = c->stream[piece->side].octets[piece->off + pos];
            char one[3] = {(char)octet, '\0', '\0'};
            add(said, sizeof said, octet == '\r' ? "\\r" : octet == '\n' ? "\\n" : one);
        }
        add(said, sizeof said, "|");
    }
    assert_string_equal(said, row->said);
    recording_fini(&recording);
}

static void finds_the_piece_of_an_offset(void **state)
{
    (void)state;
    struct recording recording;
    recording_init(&recording, "x");
    log_read(&recording, log_format_find("plain"),
             SPAN_LIT("C: a\nS: bb\nC: ccc\nS: dddd\nC: e\n"));
    const struct conversation *c = &recording.conversations[0];
    static const uint64_t lines[] = {1, 1, 1, 3, 3, 3, 3, 3, 5, 5, 5};
    for (uint64_t off = 0; off < 11; off++) {
        assert_int_equal(conversation_piece(c, SIDE_CLIENT, off)->line, lines[off]);
    }
    recording_fini(&recording);
}

static void guesses_the_protocol(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum protocol protocol;
        bool from_start;
    } cases[] = {
        {"S: 220 x\nC: EHLO y\n", PROTOCOL_SMTP, true},
        {"S: 250 ok\nC: RCPT TO:<a@b>\n", PROTOCOL_SMTP, false},
        {"S: 220 x LMTP\nC: LHLO y\n", PROTOCOL_LMTP, true},
        {"S: +OK\nC: USER x\n", PROTOCOL_POP3, true},
        {"S: +OK 2 320\nC: RETR 1\n", PROTOCOL_POP3, false},
        {"S: * OK hi\nC: a1 LOGIN x y\n", PROTOCOL_IMAP, true},
        {"S: * OK [UIDNEXT 4] x\nS: a1 OK [READ-WRITE] x\n", PROTOCOL_IMAP, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct recording recording;
        recording_init(&recording, "x");
        log_read(&recording, log_format_find("plain"), span_text(cases[i].text));
        struct conversation *c = &recording.conversations[0];
        assert_true(conversation_guess_protocol(c));
        assert_int_equal(c->protocol, cases[i].protocol);
        assert_int_equal(c->from_start, cases[i].from_start);
        recording_fini(&recording);
    }
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(finds_the_piece_of_an_offset);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(guesses_the_protocol);
    return table_run("trace/log", tests, count);
}
