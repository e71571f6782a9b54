/* SPDX-License-Identifier: MIT */
/* Which connections begin TLS before the case's own first line, and which cases cannot be judged
   because TLS or the login does not come about. A case that is about STARTTLS, about the greeting
   or about what is refused without TLS runs as it is written. */
#include "parsers/core/ascii.h"
#include "scenarios/engine/play.h"

/* What a case does on one connection. */
struct habits {
    bool begun;
    bool awaits_greeting; /* its first line is an expectation */
    bool about_tls;       /* it says STARTTLS itself, or asks whether it is offered */
    bool commands;        /* more than a farewell */
    bool authenticates;
    bool logs_in;          /* as a user of the target, whose password must be right */
    bool begins_logged_in; /* that is not what it is about */
};

static bool text_has(const char *text, const char *part)
{
    struct span p = span_text(part);
    for (struct span t = span_text(text); t.len >= p.len; t = span_from(t, 1)) {
        if (span_starts_nocase(t, p)) {
            return true;
        }
    }
    return false;
}

static void look_at_line(const struct step *s, struct habits *h)
{
    const char *text = s->payload != NULL ? s->payload : "";
    if (!h->begun) {
        h->begun = true;
        h->awaits_greeting = s->kind == STEP_EXPECT && s->event == WORD_NONE && s->mark == 0;
    }
    if (s->kind != STEP_SEND) {
        return;
    }
    bool farewell = text_has(text, "QUIT") || text_has(text, "LOGOUT");
    h->about_tls = h->about_tls || s->event == WORD_TLS || text_has(text, "STARTTLS") ||
                   text_has(text, "STLS");
    h->commands = h->commands || s->event == WORD_AUTH ||
                  (s->event == WORD_NONE && text[0] != '\0' && !farewell);
    bool login = s->event == WORD_AUTH || text_has(text, ".password}");
    h->logs_in = h->logs_in || login;
    h->begins_logged_in = h->begins_logged_in || (login && s->setup);
    h->authenticates =
        h->authenticates || h->logs_in || span_starts_nocase(span_text(text), SPAN_LIT("AUTH "));
}

static void look(const struct steps *steps, const struct connect *connect, bool only,
                 struct habits *h)
{
    for (const struct step *s = steps->first; s != NULL; s = s->next) {
        bool line = s->kind == STEP_SEND || s->kind == STEP_EXPECT;
        if (line && (strcmp(s->conn, connect->name) == 0 || (only && s->conn[0] == '\0'))) {
            look_at_line(s, h);
        }
        bool before = h->begun;
        for (const struct branch *b = s->branches; b != NULL; b = b->next) {
            look(&b->steps, connect, only, h);
        }
        if (s->kind == STEP_ANY && !before) {
            h->awaits_greeting = false; /* the greeting itself is in question */
        }
        look(&s->body, connect, only, h);
        look(&s->other, connect, only, h);
    }
}

static struct habits habits_of(const struct scenario *scenario, const struct connect *connect)
{
    static const char *const words[] = {"STARTTLS", "STLS", "tls", "LOGINDISABLED"};
    const struct case_body *b = scenario->body;
    bool only = connect == b->connects;
    struct habits h = {0};
    look(&b->setup, connect, only, &h);
    look(&b->steps, connect, only, &h);
    look(&b->cleanup, connect, only, &h);
    for (const struct word_line *r = b->requires; r != NULL; r = r->next) {
        for (const struct word *w = r->words; w != NULL; w = w->next) {
            for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
                h.about_tls = h.about_tls || strcmp(w->text, words[i]) == 0;
            }
        }
    }
    return h;
}

static bool lists(char *const *lines, size_t count, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < count; i++) {
        if (span_starts_nocase(span_text(lines[i]), span_text(word)) &&
            (lines[i][len] == '\0' || lines[i][len] == ' ')) {
            return true;
        }
    }
    return false;
}

bool probe_lists(const struct probe *p, const char *word)
{
    return lists(p->plain, p->plain_count, word);
}

bool probe_offers_tls(const struct probe *p)
{
    return probe_lists(p, p->protocol == PROTOCOL_POP3 ? "STLS" : "STARTTLS");
}

static bool upgrades(const struct probe *p, const struct habits *h)
{
    if (p->url->tls || p->url->starttls == URL_STARTTLS_NO || h->about_tls || !h->awaits_greeting ||
        !h->commands) {
        return false;
    }
    bool auth_needs = h->authenticates && !lists(p->plain, p->plain_count, "AUTH") &&
                      lists(p->tls, p->tls_count, "AUTH");
    return p->url->starttls == URL_STARTTLS_REQUIRE ||
           (probe_offers_tls(p) && (p->needs_tls || auth_needs));
}

bool play_upgrades(const struct scenario *scenario, const struct connect *connect,
                   const struct probe *probe)
{
    struct habits h = habits_of(scenario, connect);
    return probe != NULL && upgrades(probe, &h);
}

bool play_authenticates(const struct scenario *scenario, const struct connect *connect)
{
    return scenario_has_tag(scenario, "unauthenticated") ||
           habits_of(scenario, connect).authenticates;
}

static char *block(const struct probe *p, const struct habits *h, struct pool *pool)
{
    bool upgrade = upgrades(p, h);
    if (!p->reachable) {
        return pool_text(pool, span_text(p->error != NULL ? p->error : "no greeting"));
    }
    /* A case about the greeting alone shows what came instead. */
    if (p->unwelcome != NULL && (h->commands || !p->misgreets)) {
        return pool_text(pool, span_text(p->unwelcome));
    }
    if (p->refused != NULL && (upgrade || h->about_tls)) {
        return pool_text(pool, span_text(p->refused));
    }
    if (upgrade && !probe_offers_tls(p)) {
        return pool_format(pool,
                           "the server offers no %s, which %s asks for; add ?starttls=no to test "
                           "without TLS",
                           p->protocol == PROTOCOL_POP3 ? "STLS" : "STARTTLS",
                           p->url->scheme != NULL && strcmp(p->url->scheme, "submission") == 0
                               ? "submission:"
                               : "starttls=require");
    }
    bool mail = p->protocol != PROTOCOL_POP3 && p->protocol != PROTOCOL_IMAP;
    bool asks = mail ? h->commands : h->authenticates;
    if (p->needs_tls && !upgrade && asks && !h->about_tls) {
        return pool_format(pool, "the server takes no %s without TLS%s", mail ? "mail" : "password",
                           probe_offers_tls(p) ? "; leave out starttls=no" : ", and offers none");
    }
    if (p->login_refused != NULL && h->logs_in && (!h->about_tls || p->refused_in_tls)) {
        return pool_text(pool, span_text(p->login_refused));
    }
    if (p->login_silent && h->begins_logged_in) {
        return pool_text(pool, SPAN_LIT("the login of alice is not answered in time"));
    }
    return NULL;
}

/* A user whom the case needs was not let in. */
static const char *refused_user(const struct play_config *config)
{
    for (const struct word_line *n = config->scenario->body->needs; n != NULL; n = n->next) {
        bool users = strcmp(n->words->text, "user") == 0;
        for (const struct word *w = users ? n->words->next : NULL; w != NULL; w = w->next) {
            const struct target_user *user = target_user(config->target, w->text);
            if (user != NULL && user->refused != NULL) {
                return user->refused;
            }
        }
    }
    return NULL;
}

char *play_blocked(const struct play_config *config, struct pool *pool)
{
    const struct scenario *s = config->scenario;
    const char *refused = refused_user(config);
    if (refused != NULL) {
        return pool_text(pool, span_text(refused));
    }
    for (const struct connect *c = s->body->connects; c != NULL; c = c->next) {
        const struct probe *p = play_probe(config, c->protocol);
        struct habits h = habits_of(s, c);
        char *out = p != NULL ? block(p, &h, pool) : NULL;
        if (out != NULL) {
            return out;
        }
    }
    return NULL;
}
