/* SPDX-License-Identifier: MIT */
/* Plays that the runner makes for itself: the look at the target before the run, and the canary. */
#include "net/memory.h"
#include "scenarios/engine/loader.h"
#include "scenarios/engine/probe.h"
#include "scenarios/engine/redact.h"
#include "scenarios/engine/runner_internal.h"

enum {
    CANARY_MS = 3000,
    GREETINGS_MAX = 4, /* of a server that refuses its service: it may be busy */
    BUSY_MS = 250,
};

static void wait_ms(struct runner *r, uint64_t ms)
{
    uint64_t end = loop_now(r->loop) + ms;
    loop_timer_start(r->tick, ms);
    while (loop_now(r->loop) < end && !runner_is_interrupted(r) && loop_step(r->loop)) {
    }
    loop_timer_stop(r->tick);
}

static void script_done(void *context, struct play *play)
{
    struct runner *r = context;
    (void)play;
    r->scripts--;
}

/* Begins to play a script at one URL; NULL when it cannot be played. The target is to be filled
   but for its URLs, and to live as long as the play, as is the suite, which the caller frees. */
static struct play *script_begin(struct runner *r, struct suite *suite, const char *text,
                                 const struct url *url, struct target *one)
{
    const struct load_options options = {0};
    *suite = (struct suite){0};
    one->urls = (struct url *)(uintptr_t)url;
    one->url_count = 1;
    if (!loader_load_text(suite, "probe", span_text(text), &options)) {
        load_error_print(&suite->errors[0], stderr);
        return NULL;
    }
    struct play_config config = runner_config(r, &suite->cases[0], &suite->cases[0].rows[0], 1);
    config.target = one;
    config.tls = &r->tls[url - r->target->urls];
    config.paces = r->patience_ms > 0 ? NULL : &r->paces[url - r->target->urls];
    config.calm = true;
    if (r->patience_ms > 0) {
        config.timeout_ms = r->patience_ms;
        config.fixed_timeout = true;
        config.hasty = true;
    }
    config.seed = runner_seed(r, "probe", NULL, 0);
    config.done = script_done;
    config.context = r;
    struct play *play = play_new(&config);
    r->scripts++;
    play_start(play);
    return play;
}

/* Until all scripts have come to their end, whatever else is going on. */
static void scripts_await(struct runner *r)
{
    while (r->scripts > 0 && !runner_is_interrupted(r) && loop_step(r->loop)) {
    }
    r->scripts = 0;
}

static void script_free(struct play **play, struct suite *suite)
{
    if (*play != NULL) {
        runner_discard(play);
    }
    suite_fini(suite);
}

/* Plays one script to its end. The caller frees it. */
static struct play *play_script(struct runner *r, struct suite *suite, const char *text,
                                const struct url *url, struct target *one)
{
    *one = *r->target;
    struct play *play = script_begin(r, suite, text, url, one);
    scripts_await(r);
    return play;
}

static bool is_mail(enum protocol protocol)
{
    return protocol == PROTOCOL_SMTP || protocol == PROTOCOL_SUBMISSION;
}

/* Nobody told us of a recipient: each SMTP server has a postmaster (RFC 5321 section 4.5.1), whom
   we may write to where sending is allowed. */
static void probe_recipient(struct runner *r, const struct url *url)
{
    bool smtp = is_mail(url->protocol);
    for (size_t i = 0; i < r->variable_count; i++) {
        smtp = smtp && strcmp(r->variables[i].name, "rcpt.good") != 0;
    }
    if (!smtp || target_value(r->target, "rcpt.good") != NULL ||
        (r->options->allowed & 1U << SAFETY_SEND) == 0) {
        return;
    }
    struct suite suite;
    struct target one;
    struct play *play = play_script(r, &suite, recipient_script(), url, &one);
    if (play != NULL && play->worst == VERDICT_PASS) {
        runner_variable_add(r, (struct run_variable){"rcpt.good", "Postmaster"});
        if (target_value(r->target, "sender") == NULL) {
            runner_variable_add(r, (struct run_variable){"sender", ""});
        }
    }
    script_free(&play, &suite);
}

/* The line's printable part, cut. */
static char *visible(struct span line)
{
    size_t len = 0;
    while (len < line.len && len < 200 && line.ptr[len] >= ' ' && line.ptr[len] < 127) {
        len++;
    }
    return memory_text(span_sub(line, 0, len));
}

static struct probe_look probe_play(struct runner *r, struct probe *p, const char *script,
                                    char **reply)
{
    struct suite suite;
    struct target one;
    struct probe_look look = {0};
    if (script == NULL || runner_is_interrupted(r)) {
        return look;
    }
    struct play *play = play_script(r, &suite, script, p->url, &one);
    if (play != NULL) {
        look = probe_read(p, play);
    }
    if (p->misgreets && play != NULL && play->findings != NULL) {
        runner_take_findings(r, play, &play->result);
    }
    if (look.login == LOGIN_REFUSED) {
        memory_free(*reply);
        *reply = visible(look.reply);
    }
    script_free(&play, &suite);
    return look;
}

/* Asks first without a password, then inside TLS, then logs in on the plain connection unless the
   server forbids it or the URL does. */
static void probe_one(struct runner *r, struct probe *p)
{
    const struct target_user *alice = target_user(r->target, "alice");
    bool with_user = alice != NULL && alice->password != NULL;
    bool implicit = p->url->tls;
    char *reply = NULL;
    for (unsigned attempt = 0; attempt < GREETINGS_MAX; attempt++) {
        if (attempt > 0) {
            wait_ms(r, (uint64_t)BUSY_MS << attempt);
        }
        (void)probe_play(r, p, probe_script(p->protocol), &reply);
        if (p->unwelcome == NULL || p->misgreets) {
            break;
        }
    }
    if (!p->reachable || p->unwelcome != NULL) {
        return;
    }
    struct probe_look tls = {0};
    if (!implicit && probe_offers_tls(p)) {
        tls = probe_play(r, p, probe_tls_script(p->protocol, with_user), &reply);
    }
    bool forbidden = probe_lists(p, "LOGINDISABLED");
    bool plain_wanted = implicit || p->url->starttls != URL_STARTTLS_REQUIRE;
    struct probe_look plain = {0};
    if (with_user && !forbidden && plain_wanted && tls.login != LOGIN_REFUSED) {
        plain = probe_play(r, p, probe_login_script(p->protocol), &reply);
    }
    bool tls_helps =
        plain.login == LOGIN_REFUSED && tls.login == LOGIN_NOT_TRIED && p->refused != NULL;
    tls_helps = tls_helps || (plain.login == LOGIN_REFUSED && tls.login == LOGIN_TAKEN);
    p->needs_tls = p->needs_tls || (!implicit && (forbidden || tls_helps));
    p->refused_in_tls = tls.login == LOGIN_REFUSED;
    bool refused = p->refused_in_tls || (plain.login == LOGIN_REFUSED && !tls_helps);
    char *auth = with_user && is_mail(p->protocol) ? probe_auth_script(p) : NULL;
    struct probe_look login = probe_play(r, p, auth, &reply);
    refused = refused || login.login == LOGIN_REFUSED;
    bool silent = tls.login == LOGIN_UNANSWERED || plain.login == LOGIN_UNANSWERED ||
                  login.login == LOGIN_UNANSWERED;
    bool taken = tls.login == LOGIN_TAKEN || plain.login == LOGIN_TAKEN;
    p->login_silent = silent && !taken && !refused;
    bool logs_in = p->protocol == PROTOCOL_SUBMISSION || p->needs_login;
    if (login.login != LOGIN_TAKEN || !logs_in) {
        memory_free(p->mechanism);
        p->mechanism = NULL;
    }
    memory_free(auth);
    if (refused && reply != NULL) {
        p->login_refused = memory_format("the login of alice is refused: %s", reply);
    }
    memory_free(reply);
}

/* --- the other accounts ------------------------------------------------------------------------
 */

/* A login that is tried; in the script the user is called alice. */
struct trial {
    struct lane *lane;
    struct target_user *user; /* of the lane */
    struct target_user alice;
    struct target target;
    struct suite suite;
    struct play *play;
};

/* The URL at which logins are tried: IMAP before POP3. NULL: there is none, or the first user was
   not let in, which says enough. */
static const struct probe *probe_for_logins(const struct runner *r)
{
    static const enum protocol protocols[] = {PROTOCOL_IMAP, PROTOCOL_POP3};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < r->probe_count; i++) {
            const struct probe *p = &r->probes[i];
            if (p->protocol == protocols[k] && p->reachable) {
                bool tried = p->login_refused != NULL || p->login_silent || p->refused != NULL;
                return tried ? NULL : p;
            }
        }
    }
    return NULL;
}

static void trial_begin(struct runner *r, struct trial *t, const struct probe *p)
{
    bool tls = p->needs_tls || (!p->url->tls && p->url->starttls == URL_STARTTLS_REQUIRE);
    t->alice = *t->user;
    t->alice.name = (char *)(uintptr_t) "alice";
    t->target = *r->target;
    t->target.users = &t->alice;
    t->target.user_count = 1;
    const char *script =
        tls ? probe_tls_script(p->protocol, true) : probe_login_script(p->protocol);
    t->play = script_begin(r, &t->suite, script, p->url, &t->target);
}

static void user_refuse(struct target *view, const char *login, const char *why)
{
    for (size_t i = 0; i < view->user_count; i++) {
        struct target_user *user = &view->users[i];
        if (strcmp(user->login, login) == 0 && user->refused == NULL) {
            user->refused = memory_text(span_text(why));
        }
    }
}

/* Cases are not to fail because a password is wrong: who is not let in is not used. */
static void trial_end(struct runner *r, struct trial *t, const struct probe *p)
{
    struct probe seen = {.protocol = p->protocol, .url = p->url};
    struct probe_look look = {0};
    if (t->play != NULL) {
        look = probe_read(&seen, t->play);
    }
    if (look.login == LOGIN_REFUSED) {
        char *reply = visible(look.reply);
        char *why = memory_format("the login of %s is refused: %s", t->user->login, reply);
        t->lane->shut = t->lane != r->lanes;
        for (size_t i = 0; i < r->lane_count; i++) {
            user_refuse(&r->lanes[i].view, t->user->login, why);
        }
        runner_notice(r, why);
        memory_free(why);
        memory_free(reply);
    }
    probe_fini(&seen);
    script_free(&t->play, &t->suite);
}

static void probe_accounts(struct runner *r)
{
    const struct probe *p = probe_for_logins(r);
    struct trial *trials = memory_zero(r->lane_count * r->target->user_count + 1, sizeof *trials);
    size_t count = 0;
    for (size_t i = 0; p != NULL && i < r->lane_count; i++) {
        struct target *view = &r->lanes[i].view;
        for (size_t k = 0; k < view->user_count; k++) {
            struct target_user *user = &view->users[k];
            bool known = i == 0 ? strcmp(user->name, "alice") == 0
                                : strcmp(user->login, r->lanes[0].view.users[k].login) == 0;
            if (!known && user->password != NULL) {
                trials[count++] = (struct trial){.lane = &r->lanes[i], .user = user};
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        trial_begin(r, &trials[i], p);
    }
    scripts_await(r);
    for (size_t i = 0; i < count; i++) {
        trial_end(r, &trials[i], p);
    }
    memory_free(trials);
}

void runner_probe(struct runner *r)
{
    for (size_t i = 0; i < r->target->url_count && !runner_is_interrupted(r); i++) {
        const struct url *url = &r->target->urls[i];
        struct probe *p = &r->probes[r->probe_count];
        *p = (struct probe){.protocol = url->protocol, .url = url};
        probe_one(r, p);
        r->probe_count++;
        probe_recipient(r, url);
        struct run_peer *peer = &r->run->peers[r->run->peer_count++];
        peer->protocol = memory_text(span_text(protocol_text(p->protocol)));
        peer->url = url_text(url);
        peer->greeting = p->greeting != NULL ? memory_text(span_text(p->greeting)) : NULL;
        peer->capabilities = memory_zero(p->plain_count + 1, sizeof(char *));
        for (size_t k = 0; k < p->plain_count; k++) {
            peer->capabilities[peer->capability_count++] = memory_text(span_text(p->plain[k]));
        }
    }
    probe_accounts(r);
}

static bool text_has(struct span text, const char *part)
{
    struct span p = span_text(part);
    for (; text.len >= p.len; text = span_from(text, 1)) {
        if (span_starts_nocase(text, p)) {
            return true;
        }
    }
    return false;
}

/* The server has no room for one more connection, or still holds the maildrop of an earlier one. */
bool runner_is_busy(const struct play *play)
{
    bool first = true;
    for (size_t i = 0; i < play->transcript.count; i++) {
        const struct transcript_line *t = &play->transcript.lines[i];
        struct span data = {t->data, t->len};
        if (t->dir == 'C') {
            first = false;
        }
        if (t->dir != 'S') {
            continue;
        }
        if (first && (span_starts_nocase(data, SPAN_LIT("421")) ||
                      span_starts_nocase(data, SPAN_LIT("* BYE")))) {
            return true;
        }
        bool many = text_has(data, "too many") || text_has(data, "maximum number");
        if ((many && (text_has(data, "connection") || text_has(data, "session"))) ||
            (play->worst == VERDICT_BLOCKED && text_has(data, "[IN-USE]"))) {
            return true;
        }
    }
    return false;
}

/* The server answered a command, or greeted by saying that it is too busy. */
static bool has_answered(const struct play *play)
{
    const struct transcript *t = &play->transcript;
    bool asked = false;
    for (size_t i = 0; i < t->count; i++) {
        asked = asked || t->lines[i].dir == 'C';
        if (t->lines[i].dir == 'S' && asked) {
            return true;
        }
    }
    return runner_is_busy(play);
}

static bool url_answers(struct runner *r, const struct url *url, uint64_t patience_ms)
{
    struct suite suite;
    struct target one;
    r->patience_ms = patience_ms;
    struct play *play = play_script(r, &suite, canary_script(url->protocol), url, &one);
    r->patience_ms = 0;
    bool answers = play != NULL && has_answered(play);
    script_free(&play, &suite);
    return answers;
}

/* Is this the URL at which cases of the protocol run? */
static bool is_meant(const struct url *url, const char *protocol)
{
    return strcmp(protocol, "delivery") == 0 ||
           strcmp(protocol, protocol_text(url->protocol)) == 0 ||
           (url->protocol == PROTOCOL_SUBMISSION && strcmp(protocol, "smtp") == 0);
}

bool runner_target_lives(struct runner *r, const char *protocol)
{
    bool alive = true;
    for (size_t i = 0; i < r->probe_count && alive; i++) {
        const struct probe *p = &r->probes[i];
        if (!is_meant(p->url, protocol) || !p->reachable || p->unwelcome != NULL) {
            continue;
        }
        uint64_t patience = CANARY_MS > 5 * p->greeting_ms ? CANARY_MS : 5 * p->greeting_ms;
        alive = false;
        for (unsigned attempt = 0; attempt < 2 && !alive; attempt++) {
            alive = url_answers(r, p->url, patience) || runner_is_interrupted(r);
        }
    }
    return alive;
}
