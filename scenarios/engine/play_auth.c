/* SPDX-License-Identifier: MIT */
/* <auth MECH USER>: the whole SASL exchange, or POP3's USER and PASS. The final reply is left for
   the script's next line. */
#include <stdio.h>

#include "net/memory.h"
#include "parsers/core/base64.h"
#include "scenarios/engine/play.h"

static void send_line(struct channel *c, const char *text, const char *shown)
{
    struct bytes line = {0};
    bytes_add_text(&line, text);
    bytes_add_text(&line, "\r\n");
    peer_send(c->peer, bytes_span(&line), 0, 0, shown);
    memory_wipe(line.ptr, line.len);
    bytes_fini(&line);
}

static char *to_base64(struct play *play, struct span octets)
{
    struct out measure;
    out_init(&measure, NULL, 0);
    base64_encode(&measure, octets);
    char *text = pool_take(&play->pool, measure.len + 1);
    struct out o;
    out_init(&o, text, measure.len);
    base64_encode(&o, octets);
    return text;
}

static bool is_continue(const struct channel *c, const struct unit *u)
{
    struct span s = bytes_span(&u->octets);
    if (c->connect->protocol == PROTOCOL_POP3 || c->connect->protocol == PROTOCOL_IMAP) {
        return s.len > 1 && s.ptr[0] == '+' && (s.ptr[1] == ' ' || s.ptr[1] == '\r');
    }
    return s.len >= 3 && memcmp(s.ptr, "334", 3) == 0;
}

static struct span challenge_of(struct play *play, const struct channel *c, const struct unit *u)
{
    struct span s = bytes_span(&u->octets);
    bool smtp = c->connect->protocol != PROTOCOL_POP3 && c->connect->protocol != PROTOCOL_IMAP;
    struct span text = span_from(s, smtp ? 4 : 2);
    while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r')) {
        text.len--;
    }
    uint8_t *out = pool_take(&play->pool, text.len + 1);
    struct out o;
    out_init(&o, out, text.len);
    if (base64_valid_len(text) == text.len) {
        base64_decode(&o, text);
    }
    return out_span(&o);
}

void play_auth_begin(struct play *play, const struct step *step, struct channel *c)
{
    const char *mechanism = step->event_args->text;
    const char *user = play_expand(play, step->event_args->next->text, EXPAND_PLAIN);
    const struct target_user *known = user != NULL ? target_user(play->config.target, user) : NULL;
    if (known == NULL || known->password == NULL) {
        play_fail(play, step, NULL, FAILURE_BLOCKED, NULL, "no password for this user");
        return;
    }
    enum protocol protocol = c->connect->protocol;
    play->wait = WAIT_AUTH;
    play->waits_for = c;
    play->step = step;
    c->auth_step = 0;
    c->authenticating = true;
    play_set_deadline(play, play_time(play, NULL, play_patience(play, c)));
    if (protocol == PROTOCOL_POP3 && strcmp(mechanism, "USER") == 0) {
        c->auth = step->event_args;
        send_line(c, pool_format(&play->pool, "USER %s", known->login), NULL);
        return;
    }
    const struct sasl_credentials credentials = {
        .user = known->login,
        .password = known->password,
        .service = protocol == PROTOCOL_IMAP   ? "imap"
                   : protocol == PROTOCOL_POP3 ? "pop"
                                               : "smtp",
        .host = c->url->host != NULL ? c->url->host : "localhost",
        .port = c->url->port,
        .tls = c->peer->conn != NULL ? conn_tls(c->peer->conn) : NULL};
    sasl_client_free(&c->sasl);
    c->auth = NULL;
    c->sasl = sasl_client_new(mechanism, &credentials);
    if (c->sasl == NULL) {
        play_fail(play, step, NULL, FAILURE_OURS, NULL, "this SASL mechanism is not known here");
        return;
    }
    char *line = NULL;
    char *shown = NULL;
    if (protocol == PROTOCOL_IMAP) {
        const char *tag =
            play_tag(play, c, span_text(step->payload[0] ? step->payload : "auth1"), true);
        line = pool_format(&play->pool, "%s AUTHENTICATE %s", tag, mechanism);
    } else {
        line = pool_format(&play->pool, "AUTH %s", mechanism);
    }
    /* IMAP needs SASL-IR for an initial response, so it is never sent there. */
    if (sasl_client_is_first(c->sasl) && protocol != PROTOCOL_IMAP) {
        struct span out = {0};
        if (sasl_client_step(c->sasl, (struct span){0}, &out) == SASL_FAILED) {
            play_fail(play, step, NULL, FAILURE_OURS, NULL, sasl_client_error(c->sasl));
            return;
        }
        shown = pool_format(&play->pool, "%s ***\r\n", line);
        line = pool_format(&play->pool, "%s %s", line, out.len > 0 ? to_base64(play, out) : "=");
    }
    send_line(c, line, shown);
}

/* RFC 4954 section 6: 530 may come to "any command other than AUTH, EHLO, HELO, NOOP, RSET, or
   QUIT". */
static bool may_need_login(const struct step *step)
{
    static const char *const never[] = {"EHLO", "HELO", "NOOP", "RSET", "QUIT", "STARTTLS"};
    bool may = step->event == WORD_NONE || step->event == WORD_BDAT;
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        may = may && !span_starts_nocase(span_text(step->payload), span_text(never[i]));
    }
    return may;
}

bool play_login(struct play *play, const struct step *step, struct channel *c)
{
    const struct probe *p = c->login;
    if (p == NULL || !c->hello || c->peer->eof || (p->login_in_tls && !c->peer->tls) ||
        c->batch.len > 0 || peer_unit(c->peer) != NULL || !may_need_login(step)) {
        return false;
    }
    struct word *words = pool_take(&play->pool, 2 * sizeof *words);
    words[0] = (struct word){.text = p->mechanism, .next = &words[1]};
    words[1] = (struct word){.text = pool_text(&play->pool, SPAN_LIT("alice"))};
    struct step *login = pool_take(&play->pool, sizeof *login);
    *login = (struct step){.kind = STEP_SEND,
                           .place = step->place,
                           .setup = true,
                           .conn = step->conn,
                           .payload = step->payload,
                           .event = WORD_AUTH,
                           .event_args = words};
    c->login = NULL;
    play_auth_begin(play, login, c);
    return true;
}

/* The reply to USER; the one to PASS is the script's. */
static bool check_user(struct play *play, struct channel *c)
{
    struct unit *u = peer_unit(c->peer);
    struct span s = bytes_span(&u->octets);
    if (s.len >= 3 && memcmp(s.ptr, "+OK", 3) == 0) {
        const char *user = play_expand(play, c->auth->next->text, EXPAND_PLAIN);
        const struct target_user *known = target_user(play->config.target, user);
        peer_take(c->peer);
        send_line(c, pool_format(&play->pool, "PASS %s", known->password), "PASS ***\r\n");
    }
    play->wait = WAIT_NOTHING;
    return true;
}

/* The final reply is the script's; where its next line expects nothing here, it must be good. */
static void auth_over(struct play *play, struct channel *c)
{
    const struct step *next = play->step->next;
    struct span reply = bytes_span(&peer_unit(c->peer)->octets);
    bool expected =
        next != NULL && ((next->kind == STEP_EXPECT && play_channel(play, next->conn) == c) ||
                         next->kind == STEP_ANY);
    sasl_client_free(&c->sasl);
    play->wait = WAIT_NOTHING;
    if (expected) {
        return;
    }
    size_t tag = 0;
    while (tag < reply.len && reply.ptr[tag] != ' ') {
        tag++;
    }
    bool good = span_starts_nocase(reply, SPAN_LIT("+OK")) ||
                span_starts_nocase(reply, SPAN_LIT("235")) ||
                span_starts_nocase(span_from(reply, tag), SPAN_LIT(" OK"));
    if (!good) {
        play_fail(play, play->step, NULL, FAILURE_WRONG, "a good end of the SASL exchange",
                  play_visible(play, reply));
        return;
    }
    peer_take(c->peer);
}

bool play_auth_check(struct play *play, struct channel *c, bool timeout)
{
    struct unit *u = peer_unit(c->peer);
    while (u != NULL) {
        if (c->auth != NULL) {
            return check_user(play, c);
        }
        bool untagged = c->connect->protocol == PROTOCOL_IMAP &&
                        imap_unit_kind(bytes_span(&u->octets)) == TEMPLATE_UNTAGGED;
        if (untagged) {
            peer_take(c->peer);
            u = peer_unit(c->peer);
            continue;
        }
        if (!is_continue(c, u) || ++c->auth_step > 16) {
            auth_over(play, c);
            return play->wait == WAIT_NOTHING;
        }
        struct span out = {0};
        struct span in = challenge_of(play, c, u);
        peer_take(c->peer);
        if (sasl_client_step(c->sasl, in, &out) == SASL_FAILED) {
            send_line(c, "*", NULL);
        } else {
            send_line(c, to_base64(play, out), "***\r\n");
        }
        u = peer_unit(c->peer);
    }
    if (c->peer->eof || timeout) {
        play->wait = WAIT_NOTHING;
        play_fail(play, play->step, NULL, timeout ? FAILURE_TIMEOUT : FAILURE_CLOSED,
                  "the SASL exchange", timeout ? "no reply" : "the server closed the connection");
        return play->wait == WAIT_NOTHING;
    }
    return false;
}
