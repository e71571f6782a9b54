/* SPDX-License-Identifier: MIT */
/* Fixtures are steps like any other, written here in the language itself. */
#include <stdlib.h>

#include "scenarios/engine/load.h"

static void add_message(struct load *l, unsigned number, const struct origin *place)
{
    struct message *m = pool_take(l->pool, sizeof *m);
    m->name = pool_format(l->pool, "fixture%u", number);
    m->text = pool_format(l->pool,
                          "From: Fixture <fixture@example.test>\n"
                          "To: Reader <reader@example.test>\n"
                          "Subject: fixture %u\n"
                          "Message-ID: <fixture.%u.${nonce}@example.test>\n"
                          "Date: Tue, 01 Sep 2026 12:%02u:00 +0000\n"
                          "X-Postel: ${nonce}\n"
                          "\n"
                          "Message number %u.\n"
                          "\n"
                          ".A line that begins with a dot.\n",
                          number, number, number % 60, number);
    m->len = strlen(m->text);
    m->eol = pool_text(l->pool, SPAN_LIT("crlf"));
    m->place = *place;
    m->next = l->body->messages;
    l->body->messages = m;
}

static void add_steps(struct load *l, struct steps *steps, const char *text,
                      const struct origin *place)
{
    struct line *at = l->at;
    l->at = load_lines(l, place->file, span_text(text), true);
    for (struct line *i = l->at; i != NULL; i = i->next) {
        i->place.line = place->line;
    }
    while (l->at != NULL) {
        load_step(l, steps, true);
    }
    l->at = at;
}

static void prepend(struct steps *steps, const struct steps *front)
{
    struct steps out = *front;
    if (out.last == NULL) {
        return;
    }
    out.last->next = steps->first;
    out.last = steps->last != NULL ? steps->last : out.last;
    *steps = out;
}

static struct connect *add_connect(struct load *l, const char *name, enum protocol protocol,
                                   bool optional)
{
    struct connect *c = pool_take(l->pool, sizeof *c);
    struct connect **tail = &l->body->connects;
    while (*tail != NULL) {
        tail = &(*tail)->next;
    }
    c->name = pool_text(l->pool, span_text(name));
    c->protocol = protocol;
    c->optional = optional;
    *tail = c;
    return c;
}

/* Without IMAP there is no way to put messages into a maildrop: those that are there will do. They
   are never deleted for good. */
static void add_pop3_maildrop(struct load *l, const struct fixture *f, const char *user,
                              struct bytes *text)
{
    const char *c = "fixture-pop";
    add_connect(l, c, PROTOCOL_POP3, true);
    bytes_add_text(text, pool_format(l->pool,
                                     "@else\n%s.S: +OK\n%s.C: USER ${%s.login}\n%s.S: +OK\n"
                                     "%s.C: PASS ${%s.password}\n%s.S: +OK\n%s.C: LIST %u\n@any\n"
                                     "@pass\n%s.S: +OK\n"
                                     "@na \"%s's maildrop has fewer than %u messages; an imap URL "
                                     "lets postel put some there\"\n%s.S: -ERR\n@end\n",
                                     c, c, user, c, c, user, c, c, f->count, c, user, f->count, c));
    for (unsigned i = 1; i <= f->count; i++) {
        bytes_add_text(text, pool_format(l->pool, "%s.C: RETR %u\n%s.S: +OK $(fixture%u:message)\n",
                                         c, i, c, i));
    }
    bytes_add_text(text,
                   pool_format(l->pool, "%s.C: QUIT\n%s.S: +OK\n%s.S: <close>\n@end\n", c, c, c));
}

struct fixture *load_fixture(struct load *l, const struct line *line)
{
    const struct word *w = line_words(l, line);
    size_t n = words_count(w);
    bool maildrop = w != NULL && strcmp(w->text, "maildrop") == 0;
    bool mailbox = w != NULL && strcmp(w->text, "mailbox") == 0;
    const struct word *count = w;
    for (size_t i = 0; count != NULL && i < (maildrop ? 2U : 3U); i++) {
        count = count->next;
    }
    if ((!maildrop && !mailbox) || n != (maildrop ? 4U : 5U) || count == NULL) {
        load_fail(l, &line->place, 1,
                  "write \"@fixture mailbox NAME with N messages\" or \"@fixture maildrop with N "
                  "messages\"");
        return NULL;
    }
    struct fixture *f = pool_take(l->pool, sizeof *f);
    f->name = maildrop ? w->text : w->next->text;
    f->maildrop = maildrop;
    f->count = (unsigned)strtoul(count->text, NULL, 10);
    f->place = line->place;
    return f;
}

void load_fixtures(struct load *l)
{
    const char *user = "alice";
    for (const struct connect *c = l->body->connects; c != NULL; c = c->next) {
        if (c->user != NULL) {
            user = c->user;
            break;
        }
    }
    unsigned serial = 0;
    for (const struct fixture *f = l->body->fixtures; f != NULL; f = f->next, serial++) {
        struct bytes text = {0};
        struct bytes end = {0};
        struct steps front = {0};
        char *in = pool_format(l->pool, "fixture%u-in", serial);
        char *out = pool_format(l->pool, "fixture%u-out", serial);
        char *box = f->maildrop ? pool_text(l->pool, SPAN_LIT("INBOX"))
                                : pool_format(l->pool, "${%s}", f->name);
        add_connect(l, in, PROTOCOL_IMAP, f->maildrop);
        add_connect(l, out, PROTOCOL_IMAP, f->maildrop)->last = !f->maildrop;
        if (f->maildrop) {
            bytes_add_text(&text, "@if target imap\n");
            bytes_add_text(&end, "@if target imap\n");
        }
        for (unsigned i = 0; i < 2; i++) {
            const char *conn = i == 0 ? in : out;
            bytes_add_text(i == 0 ? &text : &end,
                           pool_format(l->pool,
                                       "%s.S: * OK|PREAUTH\n"
                                       "%s.C: f1 LOGIN \"${%s.login}\" \"${%s.password}\"\n"
                                       "%s.S: f1 OK\n",
                                       conn, conn, user, user, conn));
        }
        /* Dovecot has said that a name nobody else can have exists, after making it: the first use
           of the mailbox tells. */
        bytes_add_text(
            &text, f->maildrop
                       ? pool_format(l->pool,
                                     "%s.C: f2 SELECT INBOX\n"
                                     "%s.S: f2 OK\n",
                                     in, in)
                       : pool_format(l->pool, "%s.C: f2 CREATE %s\n%s.S: f2 OK|NO\n", in, box, in));
        for (unsigned i = 1; i <= f->count; i++) {
            add_message(l, i, &f->place);
            bytes_add_text(&text, pool_format(l->pool,
                                              "%s.C: g%u APPEND %s <literal fixture%u>\n"
                                              "%s.S: +\n%s.S: g%u OK\n",
                                              in, i, box, i, in, in, i));
        }
        if (f->maildrop) {
            bytes_add_text(&text,
                           pool_format(l->pool,
                                       "%s.C: f3 NOOP\n%s.S: f3 OK\n"
                                       "%s.C: f4 SEARCH HEADER X-Postel \"${nonce}\"\n"
                                       "%s.S: * SEARCH $(maildrop-numbers:set)\n%s.S: f4 OK\n",
                                       in, in, in, in, in));
        }
        bytes_add_text(&text, pool_format(l->pool, "%s.C: f9 LOGOUT\n%s.S: f9 OK\n", in, in));
        bytes_add_text(&end, f->maildrop
                                 ? pool_format(l->pool,
                                               "%s.C: f2 SELECT INBOX\n%s.S: f2 OK\n"
                                               "%s.C: f3 UID SEARCH HEADER X-Postel \"${nonce}\"\n"
                                               "%s.S: * SEARCH $(maildrop-ours:set)\n%s.S: f3 OK\n"
                                               "%s.C: f4 UID STORE ${maildrop-ours} +FLAGS.SILENT "
                                               "(\\Deleted)\n%s.S: f4 OK|BAD\n"
                                               "%s.C: f5 EXPUNGE\n%s.S: f5 OK\n",
                                               out, out, out, out, out, out, out, out, out)
                                 : pool_format(l->pool, "%s.C: f2 DELETE %s\n%s.S: f2 OK|NO\n", out,
                                               box, out));
        bytes_add_text(&end, pool_format(l->pool, "%s.C: f9 LOGOUT\n%s.S: f9 OK\n", out, out));
        if (f->maildrop) {
            add_pop3_maildrop(l, f, user, &text);
            bytes_add_text(&end, "@end\n");
        }
        add_steps(l, &front, pool_text(l->pool, bytes_span(&text)), &f->place);
        prepend(&l->body->setup, &front);
        add_steps(l, &l->body->cleanup, pool_text(l->pool, bytes_span(&end)), &f->place);
        bytes_fini(&text);
        bytes_fini(&end);
    }
}
