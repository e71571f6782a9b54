/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/loader.h"
#include "tests/support/table.h"

/* A text, and the first error in it; line 0: it loads. */
struct row {
    const char *name;
    const char *text;
    unsigned line;
    unsigned column;
    const char *message; /* how it begins */
};

#define HEAD "@suite x\n@protocol smtp\n@case x.y\n@req rfc5321:4.1.1.5-2\n"
#define MAY "@suite x\n@protocol smtp\n@case x.y\n@req may:1\n"
#define IMAP "@protocol imap\n@case x.y\n@req rfc3501:6.1.1-2\n"

static const struct row rows[] = {
    {"good", HEAD "S: 220\nC: NOOP\nS: 250|251 2.1.x\nS: <close>\n", 0, 0, NULL},
    {"good, clauses", HEAD "S: 250\n   has SIZE $(n)\n   note size: has SIZE\nC: X ${n}\n", 0, 0,
     NULL},
    {"good, def", "@def a(c, n=1)\nc.C: NOOP ${n}\nc.S: 250\n@end\n" HEAD "@use a(,\"2\")\n", 0, 0,
     NULL},
    {"good, any", MAY "@any\n@info \"a\"\nS: 250\n@info \"b\"\nS: 5xx\n@end\n", 0, 0, NULL},
    {"good, param", HEAD "@param n in 1 2\nC[write=${n},gap=20ms]: NOOP\nS: 250\n", 0, 0, NULL},
    {"good, message",
     HEAD "@message m <<END\nSubject: x\n\n.x\nEND\nC: <message m>\nC: ${m.size}\n", 0, 0, NULL},
    {"good, imap",
     IMAP "S: * OK\nC: a FETCH 1 (BODY[HEADER.FIELDS (Subject)] BODY[]<0.5>)\n"
          "S: * 1 FETCH (BODY[HEADER.FIELDS (Subject)] $(h:string) FLAGS (\\Seen ...))\nS: a OK\n",
     0, 0, NULL},
    {"good, only", IMAP "S: * OK\nC: a NOOP\n@only\nS: * 1 EXISTS\nS: a OK\n", 0, 0, NULL},
    {"good, seq", IMAP "S: * 1 FETCH (UID $(u))\nC: a FETCH ${seq u} (UID)\n", 0, 0, NULL},
    {"good, pairwise", HEAD "@param a in 1 2\n@param b in 1 2\n@pairwise\nS: 220\n", 0, 0, NULL},
    {"only, in a protocol of replies", HEAD "@only\nS: 220\n", 6, 1, "@only is for IMAP"},
    {"only, above nothing", IMAP "@only\n", 4, 1, "@only stands alone above"},
    {"only, with words", IMAP "@only * OK\nS: * OK\n", 4, 1, "@only stands alone above"},
    {"seq of nothing", IMAP "C: a FETCH ${seq u} (UID)\n", 4, 12, "${seq u} is not bound"},
    {"pairwise, one parameter", HEAD "@param a in 1 2\n@pairwise\nS: 220\n", 6, 1,
     "@pairwise stands alone behind"},
    {"certificate for whom", IMAP "C: <tls>\n   cert trusted\n", 5, 9, "write \"cert valid-for"},
    {"unknown directive", HEAD "@nonsense x\nS: 220\n", 5, 1, "unknown directive @nonsense"},
    {"neither C nor S", HEAD "X: 220\n", 5, 1, "neither"},
    {"no colon", HEAD "S 220\n", 5, 2, "\":\""},
    {"no code", HEAD "S: 2y0\n", 5, 4, "a reply code"},
    {"second alternative", HEAD "S: 250|9xx\n", 5, 8, "a reply code"},
    {"code of no class", HEAD "S: 150\n", 5, 4, "a reply code"},
    {"second digit of no reply", HEAD "S: 250|26x\n", 5, 8, "a reply code"},
    {"text behind a code", HEAD "S: 250 Fine\n", 5, 8, "a reply's text"},
    {"unbound", HEAD "C: NOOP ${what}\nS: 250\n", 5, 9, "${what} is not bound"},
    {"unknown message", HEAD "C: <message m>\nS: 250\n", 5, 13, "no @message"},
    {"unknown event", HEAD "S: <noise>\n", 5, 5, "unknown event"},
    {"event of the wrong side", HEAD "C: <silence 1s>\n", 5, 5, "<silence> cannot be sent"},
    {"unknown modifier", HEAD "C[loud]: X\n", 5, 3, "unknown modifier"},
    {"mark on a sent line", HEAD "C?: X\n", 5, 2, "a mark"},
    {"unknown clause", HEAD "S: 250\n   shines bright\n", 6, 4, "unknown clause"},
    {"clause without a line", HEAD "   has X\nS: 250\n", 5, 4, "a clause needs"},
    {"any without label", HEAD "@any\nS: 250\n@end\n", 6, 1, "@any begins"},
    {"any without end", HEAD "@any\n@pass\nS: 250\n", 5, 1, "this block has no @end"},
    {"no such def", HEAD "@use nothing()\n", 5, 6, "no @def"},
    {"MAY with a plain expectation", MAY "S: 250\n", 3, 1, "a MAY cannot be violated"},
    {"MAY with fail", MAY "@any\n@fail\nS: 250\n@end\n", 6, 1, "a MAY cannot be violated"},
    {"unknown requirement", "@protocol smtp\n@case a\n@req none:1\nS: 220\n", 3, 6,
     "no requirement none:1"},
    {"no requirement", "@protocol smtp\n@case a\nS: 220\n", 2, 1, "the case judges no requirement"},
    {"twice the same id", HEAD "S: 220\n@case x.y\n@req a:1\nS: 220\n", 6, 7, "there is a case"},
    {"two connections, none named", HEAD "@connect a smtp\n@connect b smtp\nS: 220\n", 7, 1,
     "there are several connections"},
    {"unknown connection", HEAD "z.S: 220\n", 5, 1, "no @connect"},
    {"imap: list without end", IMAP "S: * 1 FETCH (FLAGS (\n", 4, 22, "\")\" must stand here"},
    {"imap: a number that is none", IMAP "S: * 1 FETCH (UID x)\n", 4, 19, "no response"},
    {"imap: a list where a number must be", IMAP "S: * STATUS INBOX (MESSAGES (1))\n", 4, 29,
     "no response"},
    {"imap: holes of all kinds",
     IMAP "S: * 1 FETCH (UID $(u:number) FLAGS _ ENVELOPE _ BODYSTRUCTURE _ INTERNALDATE $(d:date) "
          "BODY[] _ MODSEQ _)\nS: * LIST ...\nS: * NAMESPACE _ _ _\nS: * OK [UIDNEXT _]\nS: _ OK\n",
     8, 4, "a tag"},
    {"imap: tagged without status", IMAP "S: a1 FINE\n", 4, 7, "OK, NO or BAD"},
    {"pop3: status", "@protocol pop3\n@case a\n@req x:1\nS: OK\n", 4, 4, "+OK, -ERR or +"},
    {"quoted word without end", HEAD "@title \"x\n@why \"y\nS: 220\n", 5, 8, "this quoted word"},
};

static bool level_of(void *context, const char *id, enum level *out)
{
    (void)context;
    *out = strncmp(id, "may", 3) == 0 ? LEVEL_MAY : LEVEL_MUST;
    return strncmp(id, "none", 4) != 0;
}

static void check(void **state)
{
    const struct row *row = *state;
    struct suite suite = {0};
    const struct load_options options = {.level = level_of};
    bool ok = loader_load_text(&suite, "x.scn", span_text(row->text), &options);
    if (row->line == 0 && !ok) {
        fail_msg("%u:%u: %s", suite.errors[0].line, suite.errors[0].column,
                 suite.errors[0].message);
    }
    assert_int_equal(ok, row->line == 0);
    if (!ok) {
        const struct load_error *e = &suite.errors[0];
        if (e->line != row->line || e->column != row->column ||
            strncmp(e->message, row->message, strlen(row->message)) != 0) {
            fail_msg("%u:%u: %s", e->line, e->column, e->message);
        }
    }
    suite_fini(&suite);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check);
    return table_run("loader", tests, count);
}
