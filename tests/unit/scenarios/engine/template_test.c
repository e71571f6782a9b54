/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/template.h"
#include "tests/support/table.h"

/* A template, a unit, whether they match, and the newest capture. */
struct row {
    const char *name;
    enum protocol protocol;
    const char *template;
    const char *unit;
    bool matches;
    const char *captured;
};

#define SMTP(name, t, u, m)                                                                        \
    {                                                                                              \
        "smtp: " name, PROTOCOL_SMTP, t, u, m, NULL                                                \
    }
#define POP3(name, t, u, m, c)                                                                     \
    {                                                                                              \
        "pop3: " name, PROTOCOL_POP3, t, u, m, c                                                   \
    }
#define IMAP(name, t, u, m)                                                                        \
    {                                                                                              \
        "imap: " name, PROTOCOL_IMAP, t, u, m, NULL                                                \
    }
#define TAKE(name, t, u, c)                                                                        \
    {                                                                                              \
        "imap: " name, PROTOCOL_IMAP, t, u, true, c                                                \
    }

static const struct row rows[] = {
    SMTP("code", "250", "250 Ok\r\n", true),
    SMTP("other code", "250", "251 Ok\r\n", false),
    SMTP("alternatives", "250|251", "251 Ok\r\n", true),
    SMTP("class", "2xx", "252 Ok\r\n", true),
    SMTP("other class", "2xx", "354 Go\r\n", false),
    SMTP("tens", "25x", "253 Ok\r\n", true),
    SMTP("enhanced code", "250 2.x.x", "250 2.7.26 Ok\r\n", true),
    SMTP("enhanced code of another class", "250 2.x.x", "250 5.7.26 Ok\r\n", false),
    SMTP("enhanced code, four digits", "250 2.x.x", "250 2.7.2626 Ok\r\n", false),
    SMTP("lines", "250", "250-a\r\n250 b\r\n", true),
    SMTP("enhanced", "550 5.1.1", "550 5.1.1 no\r\n", true),
    SMTP("other enhanced", "550 5.1.1", "550 5.7.1 no\r\n", false),
    SMTP("enhanced class", "550 5.7.x", "550 5.7.8 no\r\n", true),
    SMTP("no enhanced", "550 5.1.1", "550 no\r\n", false),
    {"smtp: text", PROTOCOL_SMTP, "334 $(t)", "334 VXNlcg==\r\n", true, "VXNlcg=="},
    POP3("ok", "+OK", "+OK hello\r\n", true, NULL),
    POP3("err", "+OK", "-ERR no\r\n", false, NULL),
    POP3("either", "+OK|-ERR", "-ERR no\r\n", true, NULL),
    POP3("stat", "+OK _ $(n:number)", "+OK 2 320\r\n", true, "320"),
    POP3("stat, no number", "+OK $(n:number)", "+OK two 320\r\n", false, NULL),
    POP3("stat, literal value", "+OK 2", "+OK 3 320\r\n", false, NULL),
    POP3("code", "-ERR [IN-USE]", "-ERR [IN-USE] locked\r\n", true, NULL),
    POP3("other code", "-ERR [IN-USE]", "-ERR [AUTH] no\r\n", false, NULL),
    POP3("no code", "-ERR [IN-USE]", "-ERR no\r\n", false, NULL),
    IMAP("tagged", "a1 OK", "a1 OK done\r\n", true),
    IMAP("other tag", "a1 OK", "a2 OK done\r\n", false),
    IMAP("status", "a1 OK", "a1 NO done\r\n", false),
    IMAP("either status", "a1 NO|BAD", "a1 BAD what\r\n", true),
    IMAP("code", "a1 OK [READ-WRITE]", "a1 OK [READ-WRITE] done\r\n", true),
    IMAP("other code", "a1 OK [READ-WRITE]", "a1 OK [READ-ONLY] done\r\n", false),
    IMAP("no code", "a1 OK [READ-WRITE]", "a1 OK done\r\n", false),
    IMAP("code with value", "* OK [UIDNEXT 5]", "* OK [UIDNEXT 6] next\r\n", false),
    TAKE("code captured", "* OK [UIDNEXT $(n)]", "* OK [UIDNEXT 6] next\r\n", "6"),
    IMAP("permanent flags are open", "* OK [PERMANENTFLAGS (\\Seen)]",
         "* OK [PERMANENTFLAGS (\\Answered \\Seen \\*)] x\r\n", true),
    IMAP("copyuid by value", "a OK [COPYUID _ 1:3 7:9]", "a OK [COPYUID 1 1,2,3 7:9] x\r\n", true),
    IMAP("continuation", "+", "+ go ahead {5}\r\n", true),
    IMAP("exists", "* 3 EXISTS", "* 3 EXISTS\r\n", true),
    IMAP("exists, other number", "* 3 EXISTS", "* 4 EXISTS\r\n", false),
    IMAP("any number", "* _ EXPUNGE", "* 4 EXPUNGE\r\n", true),
    IMAP("fetch by name", "* 1 FETCH (UID 7 FLAGS (\\Seen))",
         "* 1 FETCH (FLAGS (\\Recent \\Seen) UID 7)\r\n", true),
    IMAP("fetch, item missing", "* 1 FETCH (UID 7)", "* 1 FETCH (FLAGS ())\r\n", false),
    IMAP("flags are closed", "* 1 FETCH (FLAGS (\\Seen))", "* 1 FETCH (FLAGS (\\Seen \\Draft))\r\n",
         false),
    IMAP("flags opened", "* 1 FETCH (FLAGS (\\Seen ...))", "* 1 FETCH (FLAGS (\\Draft \\seen))\r\n",
         true),
    TAKE("section and literal", "* 1 FETCH (BODY[HEADER.FIELDS (Subject)] $(h))",
         "* 1 FETCH (BODY[HEADER.FIELDS (\"SUBJECT\")] {3}\r\na)b)\r\n", "a)b"),
    TAKE("quoted is the same string", "* 1 FETCH (BODY[] $(b:string))",
         "* 1 FETCH (BODY[] \"a\\\"b\")\r\n", "a\"b"),
    IMAP("line ends in a quoted template", "* 1 FETCH (BODY[] \"a\\r\\n\")",
         "* 1 FETCH (BODY[] {3}\r\na\r\n)\r\n", true),
    IMAP("literal asked for", "* 1 FETCH (BODY[] $(b:literal))", "* 1 FETCH (BODY[] \"ab\")\r\n",
         false),
    IMAP("nil is not a string", "* 1 FETCH (BODY[1] NIL)", "* 1 FETCH (BODY[1] \"NIL\")\r\n",
         false),
    IMAP("media types ignore case",
         "* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" _ NIL NIL _ 1 1))",
         "* 1 FETCH (BODYSTRUCTURE (\"text\" \"plain\" () NIL NIL \"7bit\" 1 1 NIL))\r\n", true),
    IMAP("other strings do not", "* 1 FETCH (BODY[1] \"A\")", "* 1 FETCH (BODY[1] \"a\")\r\n",
         false),
    IMAP("any number is no status", "* _ FETCH (UID _)", "* NO Invalid message\r\n", false),
    IMAP("extension data is free", "* 1 FETCH (BODYSTRUCTURE (\"text\" \"plain\" _ NIL NIL _ 1 1))",
         "* 1 FETCH (BODYSTRUCTURE (\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1 NIL NIL))\r\n",
         true),
    IMAP("capability is open", "* CAPABILITY IMAP4rev1", "* CAPABILITY IDLE IMAP4REV1\r\n", true),
    IMAP("capability missing", "* CAPABILITY MOVE", "* CAPABILITY IDLE IMAP4rev1\r\n", false),
    IMAP("flags", "* FLAGS (\\Seen \\Draft)", "* FLAGS (\\Draft \\Seen)\r\n", true),
    IMAP("list", "* LIST (\\Marked) _ box", "* LIST (\\HasNoChildren \\Marked) \"/\" \"box\"\r\n",
         true),
    IMAP("list, attribute missing", "* LIST (\\Noselect) _ box", "* LIST () \"/\" box\r\n", false),
    IMAP("inbox in any case", "* LIST (...) _ INBOX", "* LIST () \"/\" inbox\r\n", true),
    IMAP("status by name", "* STATUS box (UIDNEXT 4)",
         "* STATUS \"box\" (MESSAGES 1 UIDNEXT 4)\r\n", true),
    IMAP("search as a set", "* SEARCH 2 1 3", "* SEARCH 1 2 3\r\n", true),
    IMAP("search, one too many", "* SEARCH 1 2", "* SEARCH 1 2 3\r\n", false),
    IMAP("search, nothing", "* SEARCH", "* SEARCH\r\n", true),
    IMAP("search, not nothing", "* SEARCH", "* SEARCH 1\r\n", false),
    TAKE("search, all", "* SEARCH $(all:set)", "* SEARCH 4 9\r\n", "4,9"),
    IMAP("esearch", "* ESEARCH (TAG \"a\") ALL 1:3", "* ESEARCH (TAG \"a\") COUNT 3 ALL 1,2,3\r\n",
         true),
    IMAP("esearch is of UIDs", "* ESEARCH UID COUNT 3", "* ESEARCH (TAG \"a\") COUNT 3\r\n", false),
    IMAP("a status response is no data", "* SEARCH", "* OK [ALERT] x\r\n", false),
    IMAP("a broken code does no harm", "a OK", "a OK [X (] done\r\n", true),
};

static void check(void **state)
{
    const struct row *row = *state;
    struct pool pool = {0};
    struct template_error error = {0};
    struct template *t = template_compile(&pool, row->protocol, span_text(row->template), &error);
    if (t == NULL) {
        fail_msg("%zu: %s", error.pos, error.text);
    }
    const struct received unit = {.octets = span_text(row->unit)};
    struct match match = {.pool = &pool};
    assert_int_equal(template_match(t, &unit, &match), row->matches);
    if (row->captured != NULL) {
        assert_non_null(match.captures);
        assert_string_equal((const char *)match.captures->octets.ptr, row->captured);
    } else {
        assert_null(match.captures);
    }
    pool_fini(&pool);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check);
    return table_run("template", tests, count);
}
