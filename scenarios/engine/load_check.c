/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "parsers/core/ascii.h"
#include "scenarios/engine/expand.h"
#include "scenarios/engine/load.h"
#include "scenarios/engine/play.h"
#include "scenarios/engine/template.h"
#include "scenarios/engine/template_proof.h"

/* One walk through a case, in the order in which it is played. */
struct check {
    struct load *l;
    struct word *bound; /* names that have a value here */
    bool branches;      /* the case has an @any, @note or @if: it can tell what the peer chose */
};

static void bind(struct check *c, const char *name)
{
    struct word *w = pool_take(c->l->pool, sizeof *w);
    w->text = pool_text(c->l->pool, span_text(name));
    w->next = c->bound;
    c->bound = w;
}

static bool is_built_in(const char *name)
{
    static const char *const names[] = {"self",     "host",   "port",      "nonce",   "now",
                                        "now:imap", "prefix", "delimiter", "now:date"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return strncmp(name, "rand ", 5) == 0 || strncmp(name, "maildrop ", 9) == 0 ||
           strncmp(name, "base64 ", 7) == 0;
}

static bool needs_name(const struct check *c, const char *name)
{
    for (const struct word_line *n = c->l->body->needs; n != NULL; n = n->next) {
        bool users = strcmp(n->words->text, "user") == 0;
        for (const struct word *w = n->words; w != NULL; w = w->next) {
            size_t len = strlen(w->text);
            if (strncmp(name, w->text, len) == 0 &&
                (name[len] == '\0' || (users && name[len] == '.'))) {
                return true;
            }
        }
    }
    return false;
}

static bool lookup(void *context, const char *name, struct bytes *out)
{
    const struct check *c = context;
    bytes_add_text(out, "1");
    name += strncmp(name, "seq ", 4) == 0 ? 4 : 0;
    if (is_built_in(name) || name_is_target(name) || needs_name(c, name)) {
        return true;
    }
    for (const struct word *w = c->bound; w != NULL; w = w->next) {
        size_t len = strlen(w->text);
        if (strncmp(name, w->text, len) == 0 && (name[len] == '\0' || name[len] == '.')) {
            return true;
        }
    }
    return false;
}

/* The text with samples for ${…}; NULL, and an error, when one is not bound. */
static char *sample(struct check *c, const char *text, const struct origin *place, unsigned column,
                    enum expand_mode mode)
{
    struct expansion e = {.pool = c->l->pool, .lookup = lookup, .context = c};
    char *out = expand_text(&e, text, mode);
    if (out == NULL) {
        load_fail(c->l, place, column + (unsigned)e.unbound_pos, "${%s} is not bound", e.unbound);
    }
    return out;
}

static const struct connect *connect_of(const struct check *c, const struct step *step)
{
    const struct connect *conn = c->l->body->connects;
    if (step->conn[0] == '\0') {
        bool one = conn->next == NULL || strncmp(conn->next->name, "fixture", 7) == 0;
        return one ? conn : NULL;
    }
    for (; conn != NULL; conn = conn->next) {
        if (strcmp(conn->name, step->conn) == 0) {
            return conn;
        }
    }
    return NULL;
}

static bool has_message(const struct check *c, const char *name)
{
    for (const struct message *m = c->l->body->messages; m != NULL; m = m->next) {
        if (strcmp(m->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void lock(struct check *c, const char *user)
{
    struct case_body *b = c->l->body;
    for (size_t i = 0; i < b->lock_count; i++) {
        if (strcmp(b->locks[i], user) == 0) {
            return;
        }
    }
    char **locks = pool_take(c->l->pool, (b->lock_count + 1) * sizeof *locks);
    if (b->lock_count > 0) {
        memcpy(locks, b->locks, b->lock_count * sizeof *locks);
    }
    locks[b->lock_count++] = pool_text(c->l->pool, span_text(user));
    b->locks = locks;
}

/* POP3: whoever gives a user's password may lock that user's maildrop. */
static void check_lock(struct check *c, const struct step *step, const struct connect *conn)
{
    const char *at = step->payload;
    if (conn->protocol != PROTOCOL_POP3) {
        return;
    }
    if (step->event == WORD_AUTH && step->event_args != NULL && step->event_args->next != NULL) {
        lock(c, step->event_args->next->text);
    }
    while (at != NULL && (at = strstr(at, "${")) != NULL) {
        const char *dot = strstr(at, ".password");
        size_t len = dot != NULL ? (size_t)(dot - at) - 2 : 0;
        at += 2;
        if (len > 0 && len < 32 && memchr(at, '}', len) == NULL) {
            lock(c, pool_text(c->l->pool, (struct span){(const uint8_t *)at, len}));
        }
    }
}

static void check_event(struct check *c, const struct step *step)
{
    const struct word *w = step->event_args;
    uint64_t ms = 0;
    if ((step->event == WORD_MESSAGE || step->event == WORD_BDAT) && !has_message(c, w->text)) {
        load_fail(c->l, &step->place, w->column, "no @message of this name");
    } else if (step->event == WORD_SILENCE && w != NULL && w->text[0] != '$' &&
               !time_parse(w->text, &ms)) {
        load_fail(c->l, &step->place, w->column, "this is no time; write 2s or 500ms");
    }
    for (; w != NULL; w = w->next) {
        (void)sample(c, w->text, &step->place, w->column, EXPAND_PLAIN);
    }
}

/* <literal NAME> within a line that is sent. */
static void check_literals(struct check *c, const struct step *step)
{
    const char *at = step->payload;
    while ((at = strstr(at, "<literal")) != NULL) {
        const char *end = strchr(at, '>');
        unsigned column = step->place.column + (unsigned)(at - step->payload);
        const char *name = at + strlen("<literal");
        name += *name == '+' ? 1 : 0;
        if (end == NULL || *name != ' ' || end <= name + 1) {
            load_fail(c->l, &step->place, column, "write <literal NAME>");
            return;
        }
        char *text = pool_text(c->l->pool,
                               (struct span){(const uint8_t *)name + 1, (size_t)(end - name) - 1});
        if (!has_message(c, text)) {
            load_fail(c->l, &step->place, column, "no @message of the name %s", text);
        }
        at = end;
    }
}

static void check_steps(struct check *c, const struct steps *steps);

static const char *const clause_words[] = {"has",  "lacks",  "note", "text",  "form",   "version",
                                           "cert", "within", "for",  "lines", "cipher", "may-fail"};

static void check_clauses(struct check *c, const struct step *step)
{
    for (const struct word_line *line = step->clauses; line != NULL; line = line->next) {
        const struct word *w = line->words;
        size_t len = strlen(w->text);
        bool known = false;
        bool has = strcmp(w->text, "has") == 0;
        for (size_t i = 0; i < sizeof clause_words / sizeof clause_words[0]; i++) {
            known = known || strcmp(w->text, clause_words[i]) == 0;
        }
        bool verb = false;
        static const char *const verbs[] = {
            "==",  "!=",   "<",     ">",     "<=",     ">=",      "is",   "at",     "near",
            "has", "form", "lacks", "keeps", "equals", "differs", "part", "stamped"};
        for (size_t i = 0; w->next != NULL && i < sizeof verbs / sizeof verbs[0]; i++) {
            verb = verb || strcmp(w->next->text, verbs[i]) == 0;
        }
        /* "subject verb …": the subject is a capture, perhaps with .header or .body */
        for (const struct word *b = c->bound; b != NULL && verb && !known; b = b->next) {
            size_t n = strlen(b->text);
            known = strncmp(w->text, b->text, n) == 0 &&
                    (w->text[n] == '\0' || w->text[n] == '.' || w->text[n] == '[');
        }
        if (!known || (w->next == NULL && len > 0 && strcmp(w->text, "may-fail") != 0)) {
            load_fail(c->l, &line->place, w->column, "unknown clause, or nothing of this name");
            continue;
        }
        if (strcmp(w->text, "cert") == 0 &&
            (strcmp(w->next->text, "valid-for") != 0 || w->next->next == NULL)) {
            load_fail(c->l, &line->place, w->next->column, "write \"cert valid-for NAME\"");
        }
        for (const struct word *v = w; v != NULL; v = v->next) {
            (void)sample(c, v->text, &line->place, v->column, EXPAND_PLAIN);
            struct hole hole = {0};
            if (has && hole_parse(c->l->pool, span_text(v->text), &hole) > 0) {
                bind(c, hole.name);
            }
        }
    }
}

static void check_line(struct check *c, struct step *step)
{
    const struct connect *conn = connect_of(c, step);
    if (conn == NULL) {
        load_fail(c->l, &step->place, 1,
                  step->conn[0] == '\0' ? "there are several connections: write which one"
                                        : "no @connect of the name %s",
                  step->conn);
        return;
    }
    const char *times[] = {step->within, step->after, step->gap, step->write};
    for (size_t i = 0; i < 4; i++) {
        uint64_t ms = 0;
        if (times[i] != NULL && sample(c, times[i], &step->place, 1, EXPAND_PLAIN) != NULL &&
            times[i][0] != '$' && !time_parse(times[i], &ms)) {
            load_fail(c->l, &step->place, 1, "\"%s\" is no time or number", times[i]);
        }
    }
    if (step->only && conn->protocol != PROTOCOL_IMAP) {
        load_fail(c->l, &step->place, 1,
                  "@only is for IMAP: here nothing else may come in any case");
    }
    check_lock(c, step, conn);
    check_event(c, step);
    bool expects = step->kind == STEP_EXPECT;
    char *text = sample(c, step->payload, &step->place, step->place.column,
                        step->raw ? EXPAND_QUOTED
                        : expects ? EXPAND_TEMPLATE
                                  : EXPAND_PLAIN);
    if (!expects) {
        check_literals(c, step);
    } else if (text != NULL && step->event == WORD_NONE) {
        struct template_error error = {0};
        const struct template *t =
            template_compile(c->l->pool, conn->protocol, span_text(text), &error);
        bool can_match = t != NULL && (conn->protocol != PROTOCOL_IMAP ||
                                       template_prove(c->l->pool, span_text(text), &error));
        if (!can_match) {
            load_fail(c->l, &step->place, step->place.column + (unsigned)error.pos, "%s",
                      error.text);
        } else {
            for (const struct word *w = template_captures(t); w != NULL; w = w->next) {
                bind(c, w->text);
            }
        }
    }
    check_clauses(c, step);
}

/* The line can only hold a verdict if the level has one. */
static bool only_level(const struct scenario *s, enum level a, enum level b)
{
    for (size_t i = 0; i < s->requirement_count; i++) {
        if (s->requirements[i].level != a && s->requirements[i].level != b) {
            return false;
        }
    }
    return s->requirement_count > 0;
}

static void check_any(struct check *c, const struct step *step)
{
    const struct scenario *s = c->l->scenario;
    size_t sends = 0;
    c->branches = true;
    if (step->branches == NULL) {
        load_fail(c->l, &step->place, 1, "@any has no branch");
    }
    for (const struct branch *b = step->branches; b != NULL; b = b->next) {
        const struct step *first = b->steps.first;
        bool waits = first != NULL && first->kind == STEP_EXPECT;
        if (!waits && ++sends > 1) {
            load_fail(c->l, &b->place, 1, "only one branch may begin without an expectation");
        }
        if (b->label == LABEL_FAIL && only_level(s, LEVEL_SHOULD, LEVEL_SHOULD_NOT)) {
            load_fail(c->l, &b->place, 1, "a SHOULD cannot fail: use @nonstrict");
        }
        if ((b->label == LABEL_FAIL || b->label == LABEL_NONSTRICT) &&
            only_level(s, LEVEL_MAY, LEVEL_MAY) && s->kind == NULL) {
            load_fail(c->l, &b->place, 1, "a MAY cannot be violated: use @info");
        }
        check_steps(c, &b->steps);
    }
}

static void check_steps(struct check *c, const struct steps *steps)
{
    for (struct step *s = steps->first; s != NULL; s = s->next) {
        switch (s->kind) {
        case STEP_SEND:
        case STEP_EXPECT:
            check_line(c, s);
            break;
        case STEP_ANY:
            check_any(c, s);
            break;
        case STEP_UNTIL:
            check_steps(c, &s->body);
            break;
        case STEP_IF:
            c->branches = true;
            check_steps(c, &s->body);
            check_steps(c, &s->other);
            break;
        case STEP_NOTE:
            c->branches = true;
            for (const struct word *w = s->words; w != NULL; w = w->next) {
                (void)sample(c, w->text, &s->place, w->column, EXPAND_PLAIN);
            }
            break;
        case STEP_WAIT:
            break;
        }
    }
}

void load_check(struct load *l)
{
    struct check c = {.l = l};
    const struct scenario *s = l->scenario;
    struct case_body *b = l->body;
    struct origin place = {s->file, s->line, 1, pool_format(l->pool, "@case  %s", s->id)};
    for (size_t i = 0; i < s->parameter_count; i++) {
        bind(&c, s->parameters[i]);
    }
    for (const struct fixture *f = b->fixtures; f != NULL; f = f->next) {
        bind(&c, f->name);
        if (f->maildrop) {
            lock(&c, "alice");
        }
    }
    /* What is delivered is removed again, and that renumbers a maildrop. */
    for (const struct word_line *n = b->needs; n != NULL; n = n->next) {
        if (strcmp(n->words->text, "delivery") == 0) {
            lock(&c, "alice");
        }
    }
    for (const struct message *m = b->messages; m != NULL; m = m->next) {
        struct origin at = m->place;
        struct expansion e = {.pool = l->pool, .lookup = lookup, .context = &c};
        bind(&c, m->name);
        if (expand_text(&e, m->text, EXPAND_PLAIN) == NULL) {
            load_fail(l, &at, 1, "${%s} in this message is not bound", e.unbound);
        }
    }
    if (b->steps.first == NULL) {
        load_fail(l, &place, 1, "the case has no steps");
    }
    if (s->requirement_count == 0 && s->kind == NULL) {
        load_fail(l, &place, 1, "the case judges no requirement: @req is missing");
    }
    check_steps(&c, &b->setup);
    check_steps(&c, &b->steps);
    if (!c.branches && only_level(s, LEVEL_MAY, LEVEL_MAY) && s->kind == NULL) {
        load_fail(l, &place, 1,
                  "a MAY cannot be violated: use @any with @info, or @note, not a plain "
                  "expectation");
    }
    check_steps(&c, &b->cleanup);
}
