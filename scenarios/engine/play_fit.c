/* SPDX-License-Identifier: MIT */
/* Whether a case can be run against a target: what it requires the target to advertise, and what
   it needs the target file to declare. */
#include <stdio.h>

#include "scenarios/engine/play.h"

bool name_is_target(const char *name)
{
    static const char *const names[] = {"sender", "push", "alice", "bob", "carol", "domain"};
    static const char *const starts[] = {"alice.",  "bob.",   "carol.", "rcpt.",
                                         "client.", "limit.", "target."};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        if (strncmp(name, starts[i], strlen(starts[i])) == 0) {
            return true;
        }
    }
    return false;
}

bool protocol_is_near(enum protocol wanted, enum protocol there)
{
    return (wanted == PROTOCOL_SMTP && there == PROTOCOL_SUBMISSION) ||
           (wanted == PROTOCOL_SUBMISSION && there == PROTOCOL_SMTP);
}

const struct probe *play_probe(const struct play_config *config, enum protocol protocol)
{
    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < config->probe_count; i++) {
            enum protocol p = config->probes[i].protocol;
            if (p == protocol || (pass == 1 && protocol_is_near(protocol, p))) {
                return &config->probes[i];
            }
        }
    }
    return NULL;
}

/* One line of capabilities: "SIZE 1000", "AUTH PLAIN LOGIN", "IDLE". */
static bool advertises(char *const *lines, size_t count, const struct word *words)
{
    struct pool pool = {0};
    struct bytes all = {0};
    for (size_t i = 0; i < count; i++) {
        bytes_add_text(&all, lines[i]);
        bytes_add_text(&all, "\r\n");
    }
    const struct received r = {.body = bytes_span(&all), .has_body = true};
    struct match match = {.pool = &pool};
    bool found = words == NULL ? count != 0 : reply_has(PROTOCOL_POP3, &r, words, &match);
    bytes_fini(&all);
    pool_fini(&pool);
    return found;
}

static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = words; at != NULL && (at = strstr(at, word)) != NULL; at += len) {
        if ((at == words || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' ')) {
            return true;
        }
    }
    return false;
}

static const char *value_named(const struct play_config *config, const char *name)
{
    for (size_t i = 0; i < config->scenario->parameter_count; i++) {
        if (strcmp(config->scenario->parameters[i], name) == 0) {
            return config->row->values[i];
        }
    }
    for (size_t i = 0; i < config->variable_count; i++) {
        if (strcmp(config->variables[i].name, name) == 0) {
            return config->variables[i].value;
        }
    }
    return target_value(config->target, name);
}

/* The protocol is the one, or another that says EHLO or LHLO. */
static bool speaks(enum protocol protocol, enum protocol kind)
{
    return protocol == kind ||
           (kind == PROTOCOL_SMTP && protocol != PROTOCOL_POP3 && protocol != PROTOCOL_IMAP);
}

static bool advertised(const struct play_config *config, const struct word *w)
{
    static const struct {
        const char *word;
        enum protocol protocol;
        bool tls;
    } kinds[] = {{"ehlo", PROTOCOL_SMTP, false}, {"ehlo-tls", PROTOCOL_SMTP, true},
                 {"capa", PROTOCOL_POP3, false}, {"capa-tls", PROTOCOL_POP3, true},
                 {"imap", PROTOCOL_IMAP, false}, {"imap-tls", PROTOCOL_IMAP, true}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(w->text, kinds[i].word) != 0) {
            continue;
        }
        const struct connect *c = config->scenario->body->connects;
        while (c->next != NULL && !speaks(c->protocol, kinds[i].protocol)) {
            c = c->next;
        }
        enum protocol protocol =
            speaks(c->protocol, kinds[i].protocol) ? c->protocol : kinds[i].protocol;
        const struct probe *p = play_probe(config, protocol);
        bool tls = kinds[i].tls || play_upgrades(config->scenario, c, p);
        return p != NULL && (tls ? advertises(p->tls, p->tls_count, w->next)
                                 : advertises(p->plain, p->plain_count, w->next));
    }
    return false;
}

bool play_condition(const struct play_config *config, const struct word *w)
{
    if (w == NULL) {
        return false;
    }
    if (strcmp(w->text, "not") == 0) {
        return !play_condition(config, w->next);
    }
    if (strcmp(w->text, "profile") == 0) {
        const char *profile = config->profile;
        return w->next != NULL && (profile == NULL || has_word(profile, w->next->text));
    }
    if (strcmp(w->text, "target") == 0) {
        enum protocol protocol = PROTOCOL_SMTP;
        const struct probe *p = w->next != NULL && protocol_by_name(w->next->text, &protocol)
                                    ? play_probe(config, protocol)
                                    : NULL;
        return p != NULL && (protocol == PROTOCOL_SMTP || p->protocol == protocol);
    }
    if (strcmp(w->text, "role") == 0) {
        return w->next != NULL && strcmp(w->next->text, "client") == 0;
    }
    if (strcmp(w->text, "declared") == 0) {
        return w->next != NULL && value_named(config, w->next->text) != NULL;
    }
    if (strcmp(w->text, "tls") == 0) {
        enum protocol protocol = config->scenario->body->connects->protocol;
        const struct probe *p = play_probe(config, protocol);
        static const char *const words[] = {"STARTTLS", "STLS"};
        for (size_t i = 0; p != NULL && i < 2; i++) {
            struct word word = {.text = (char *)(uintptr_t)words[i]};
            if (advertises(p->plain, p->plain_count, &word)) {
                return true;
            }
        }
        return false;
    }
    if (w->next != NULL && w->next->next != NULL &&
        (strcmp(w->next->text, "==") == 0 || strcmp(w->next->text, "!=") == 0)) {
        const char *value = value_named(config, w->text);
        bool same = value != NULL && strcmp(value, w->next->next->text) == 0;
        return same == (w->next->text[0] == '=');
    }
    return advertised(config, w);
}

static char *words_text(struct pool *pool, const struct word *w)
{
    char *out = pool_text(pool, SPAN_LIT(""));
    for (; w != NULL; w = w->next) {
        out = pool_format(pool, "%s%s%s", out, out[0] != '\0' ? " " : "", w->text);
    }
    return out;
}

static const char *missing_in(const struct play_config *config, struct pool *pool, const char *text)
{
    for (const char *at = text; at != NULL && (at = strstr(at, "${")) != NULL;) {
        at += 2;
        size_t len = strcspn(at, "}");
        char *name = pool_text(pool, (struct span){(const uint8_t *)at, len});
        if (name_is_target(name) && value_named(config, name) == NULL) {
            return name;
        }
    }
    return NULL;
}

static const char *missing_value(const struct play_config *config, struct pool *pool,
                                 const struct steps *steps)
{
    const char *out = NULL;
    for (const struct step *s = steps->first; s != NULL && out == NULL; s = s->next) {
        const char *texts[] = {s->payload, s->within, s->after, s->limit};
        for (size_t i = 0; i < 4 && out == NULL; i++) {
            out = missing_in(config, pool, texts[i]);
        }
        for (const struct word_line *c = s->clauses; c != NULL && out == NULL; c = c->next) {
            for (const struct word *w = c->words; w != NULL && out == NULL; w = w->next) {
                out = missing_in(config, pool, w->text);
            }
        }
        for (const struct branch *b = s->branches; b != NULL && out == NULL; b = b->next) {
            out = missing_value(config, pool, &b->steps);
        }
        out = out != NULL ? out : missing_value(config, pool, &s->body);
        out = out != NULL ? out : missing_value(config, pool, &s->other);
    }
    return out;
}

static char *unmet_need(const struct play_config *config, struct pool *pool,
                        const struct word_line *need)
{
    const struct word *w = need->words;
    if (strcmp(w->text, "user") == 0) {
        for (w = w->next; w != NULL; w = w->next) {
            const struct target_user *user = target_user(config->target, w->text);
            if (user == NULL || user->password == NULL) {
                return pool_format(pool, "the target file declares no [user %s] with a password",
                                   w->text);
            }
        }
        return NULL;
    }
    if (strcmp(w->text, "delivery") == 0) {
        return target_value(config->target, "delivery") == NULL
                   ? pool_format(pool, "the target file declares no delivery = smtp -> imap : "
                                       "alice within 10s")
                   : NULL;
    }
    for (; w != NULL; w = w->next) {
        if (value_named(config, w->text) == NULL) {
            return pool_format(pool, "the target file declares no %s = …", w->text);
        }
    }
    return NULL;
}

char *play_unfit(const struct play_config *config, struct pool *pool)
{
    const struct case_body *b = config->scenario->body;
    if (config->scenario->server_role) {
        return pool_format(pool, "judges a client: see postel serve");
    }
    for (const struct connect *c = b->connects; c != NULL; c = c->next) {
        const struct probe *p = play_probe(config, c->protocol);
        if (p == NULL && !c->optional) {
            return pool_format(pool, "the target has no %s URL", protocol_text(c->protocol));
        }
    }
    for (const struct word_line *n = b->needs; n != NULL; n = n->next) {
        char *out = unmet_need(config, pool, n);
        if (out != NULL) {
            return out;
        }
    }
    const char *name = missing_value(config, pool, &b->steps);
    name = name != NULL ? name : missing_value(config, pool, &b->setup);
    for (const struct message *m = b->messages; m != NULL && name == NULL; m = m->next) {
        /* Shared messages are there for all cases: only those that are sent matter. */
        name = strstr(config->scenario->source, m->name) != NULL ? missing_in(config, pool, m->text)
                                                                 : NULL;
    }
    if (name != NULL) {
        return pool_format(pool, "the target file does not declare %s", name);
    }
    for (const struct word_line *r = b->requires; r != NULL; r = r->next) {
        if (!play_condition(config, r->words)) {
            bool url = strcmp(r->words->text, "target") == 0 && r->words->next != NULL;
            bool compares = r->words->next != NULL && strpbrk(r->words->next->text, "=!") != NULL;
            return url        ? pool_format(pool, "the target has no %s URL", r->words->next->text)
                   : compares ? pool_format(pool, "only for %s", words_text(pool, r->words))
                              : pool_format(pool, "the target does not advertise %s",
                                            words_text(pool, r->words));
        }
    }
    return NULL;
}
