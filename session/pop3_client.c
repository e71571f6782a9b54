/* SPDX-License-Identifier: MIT */
#include "parsers/core/base64.h"
#include "parsers/sasl/sasl.h"
#include "session/pop3_parts.h"

/* The state in which the server will be when it reads the next command, if all goes well. */
static enum pop3_state expected_state(struct pop3_session *p)
{
    enum pop3_state state = p->state;
    for (uint32_t i = 0; i < p->pending_count; i++) {
        enum pop3_verb verb = pop3_pending_at(p, i)->verb;
        if (verb == POP3_QUIT) {
            state = POP3_STATE_CLOSED;
        } else if (state <= POP3_STATE_AUTHORIZATION && (verb == POP3_PASS || verb == POP3_APOP)) {
            state = POP3_STATE_TRANSACTION;
        }
    }
    return state;
}

static void report(struct session *s, const struct frame_unit *unit, enum rule rule,
                   const char *text)
{
    session_report_unit(s, SIDE_CLIENT, unit, rule, text);
}

static void judge_state(struct session *s, const struct frame_unit *unit, enum pop3_verb verb)
{
    struct pop3_session *p = &s->as.pop3;
    enum pop3_state state = expected_state(p);
    if (state == POP3_STATE_CLOSED) {
        report(s, unit, RULE_POP3_AFTER_QUIT, "no command after QUIT");
    } else if (!pop3_state_allows(state, verb)) {
        report(s, unit, pop3_command_states(verb)->rule, "another command in this state");
    }
    if (!s->config.excerpt && !p->greeting_seen) {
        report(s, unit, RULE_POP3_BEFORE_GREETING, "the server's greeting first");
    } else if (p->pending_count > 0 && p->capabilities.known &&
               !pop3_capabilities_has(&p->capabilities, POP3_CAPA_PIPELINING)) {
        report(s, unit, RULE_POP3_PIPELINING, "the reply to the command before");
    }
}

/* Logins: their order, and what the server has announced for them. */
static void judge_login(struct session *s, const struct frame_unit *unit,
                        const struct pop3_command *command)
{
    struct pop3_session *p = &s->as.pop3;
    bool sure = !s->config.excerpt;
    bool user_first = p->sent_last == POP3_USER && (p->pending_count > 0 || p->user_accepted);
    if (expected_state(p) > POP3_STATE_AUTHORIZATION) {
        return;
    }
    if (command->verb == POP3_PASS && sure && !user_first) {
        report(s, unit, RULE_POP3_PASS_ORDER, "USER first, with +OK");
    }
    if (command->verb == POP3_APOP && sure && p->greeting_seen && !p->timestamp) {
        report(s, unit, RULE_POP3_APOP_NO_TIMESTAMP, "a greeting with a timestamp");
    }
    if (command->verb == POP3_AUTH && p->capabilities.known &&
        !pop3_capabilities_has(&p->capabilities, POP3_CAPA_SASL)) {
        report(s, unit,
               command->has_initial ? RULE_POP3_INITIAL_UNANNOUNCED : RULE_POP3_AUTH_UNANNOUNCED,
               "SASL among the capabilities");
    }
    if (p->tls_used && !p->capabilities.known && !p->sent_capa_in_tls && !p->capa_told) {
        p->capa_told = true;
        report(s, unit, RULE_POP3_CAPA_AFTER_STLS, "CAPA after STLS");
    }
}

static void judge_command(struct session *s, const struct frame_unit *unit,
                          const struct pop3_command *command)
{
    struct pop3_session *p = &s->as.pop3;
    judge_state(s, unit, command->verb);
    if (command->verb == POP3_PASS || command->verb == POP3_USER || command->verb == POP3_APOP ||
        command->verb == POP3_AUTH) {
        judge_login(s, unit, command);
    }
    if (command->verb == POP3_STLS && p->sent_utf8) {
        report(s, unit, RULE_POP3_STLS_AFTER_UTF8, "STLS before UTF8");
    }
    const struct pop3_message *message =
        command->has_number ? pop3_maildrop_find(&p->maildrop, command->number) : NULL;
    if (message != NULL && message->deleted && expected_state(p) == POP3_STATE_TRANSACTION) {
        report(s, unit, RULE_POP3_DELETED_REFERENCE, "a message that is not deleted");
    }
}

/* The SASL message inside base64, judged by its mechanism. */
static void judge_sasl(struct session *s, const struct frame_unit *unit, struct span base64)
{
    struct pop3_session *p = &s->as.pop3;
    size_t cap = base64.len / 4 * 3;
    if (base64_valid_len(base64) != base64.len) {
        return;
    }
    uint8_t *octets = arena_take(&s->scratch[SIDE_CLIENT], cap + 1);
    if (octets == NULL) {
        return;
    }
    struct out o;
    out_init(&o, octets, cap);
    base64_decode(&o, base64);
    struct parse sasl;
    parse_init(&sasl, out_span(&o), 0, NULL);
    if (sasl_judge(&sasl, p->mechanism, p->sasl_step[SIDE_CLIENT]++, SASL_CLIENT) == PARSE_BAD) {
        session_report(s, SIDE_CLIENT, unit, unit->off + (uint64_t)(base64.ptr - unit->octets.ptr),
                       base64.len, sasl.err.rule, sasl.err.expected);
    }
}

static void sasl_unit(struct session *s, struct session_event *event)
{
    struct pop3_session *p = &s->as.pop3;
    struct parse parse;
    struct pop3_sasl_response response;
    session_parse_init(s, SIDE_CLIENT, &event->unit, &parse);
    enum parse_rc rc = pop3_parse_sasl_response(&parse, &response);
    session_report_parse(s, SIDE_CLIENT, &event->unit, &parse, rc);
    event->kind = EVENT_SASL;
    event->command = p->pending_count > 0 ? pop3_pending_at(p, 0)->command : 0;
    p->auth_open = false;
    p->sasl_sent = true;
    p->cancelled = response.cancel;
    p->base64_broken = !response.cancel && base64_valid_len(response.base64) != response.base64.len;
    if (rc == PARSE_OK && !response.cancel) {
        judge_sasl(s, &event->unit, response.base64);
    }
}

/* What the client's own picture becomes. */
static void note_sent(struct pop3_session *p, const struct pop3_command *command)
{
    if (command->verb == POP3_UTF8) {
        p->sent_utf8 = true;
    } else if (command->verb == POP3_CAPA) {
        p->sent_capa_in_tls = p->tls_used;
    } else if (command->verb == POP3_AUTH) {
        p->mechanism = sasl_mechanism_of(command->name);
        p->sasl_step[SIDE_CLIENT] = 0;
        p->sasl_step[SIDE_SERVER] = 0;
        p->challenges = 0;
        p->sasl_sent = false;
        p->cancelled = false;
        p->base64_broken = false;
    } else if (command->verb == POP3_STLS) {
        p->early_told = false;
    }
    p->sent_last = command->verb;
}

/* After a line without status the client goes on as if it was answered. */
static void drop_unanswered(struct session *s)
{
    struct pop3_session *p = &s->as.pop3;
    if (s->lost || s->afresh || p->pending_count == POP3_MAX_PENDING) {
        p->pending_count = 0;
    }
    /* The reply whose end was not a line of CRLF "." CRLF has ended for the server. */
    if (p->body.open && p->body.data && p->body.dot_lf_end && p->pending_count == 0) {
        p->body.open = false;
    }
}

/* AUTH was answered +OK at once, and the client takes that for a challenge: no keyword is as long
   as what it sends. The exchange goes on. */
static void resume_exchange(struct pop3_session *p, const struct frame_unit *unit)
{
    enum { KEYWORD = 4, END = 2 };
    struct span line = unit->octets;
    if (p->cut_short.command != 0 && p->pending_count == 0 && line.len > KEYWORD + END) {
        struct span base64 = span_sub(line, 0, line.len - END);
        p->auth_open = base64_valid_len(base64) == base64.len;
    }
    if (p->auth_open && p->cut_short.command != 0) {
        *pop3_pending_at(p, p->pending_count++) = p->cut_short;
        p->challenges = 1;
    }
    p->cut_short.command = 0;
}

void pop3_client_unit(struct session *s, struct session_event *event)
{
    enum { COMMAND_MAX = 255 }; /* RFC 2449 section 4 */
    struct pop3_session *p = &s->as.pop3;
    p->sent_long = event->unit.octets.len > COMMAND_MAX;
    resume_exchange(p, &event->unit);
    if (p->auth_open) {
        sasl_unit(s, event);
        return;
    }
    drop_unanswered(s);
    struct parse parse;
    struct pop3_command *command = &p->command;
    session_parse_init(s, SIDE_CLIENT, &event->unit, &parse);
    bool utf8 = s->config.excerpt || p->capabilities.utf8_user;
    enum parse_rc rc = pop3_parse_command(&parse, utf8, command);
    session_report_parse(s, SIDE_CLIENT, &event->unit, &parse, rc);
    judge_command(s, &event->unit, command);
    event->kind = rc == PARSE_OK ? EVENT_COMMAND : EVENT_BROKEN;
    event->command = ++s->commands;
    event->value.pop3_command = rc == PARSE_OK ? command : NULL;
    bool named = command->verb == POP3_LANG || command->verb == POP3_AUTH;
    *pop3_pending_at(p, p->pending_count++) = (struct pop3_pending){
        .command = event->command,
        .verb = command->verb,
        .broken = rc != PARSE_OK,
        .faulty = parse.deviations != NULL,
        .has_argument = command->has_number || (named && command->name.len > 0),
        .has_number = command->has_number,
        .has_initial = command->has_initial,
        .user_sent = p->sent_last == POP3_USER,
        .number = command->number,
        .lines = command->lines,
        .off = event->unit.off};
    note_sent(p, command);
    if (command->verb == POP3_AUTH && command->has_initial) {
        p->base64_broken = !span_is(command->initial, "=") &&
                           base64_valid_len(command->initial) != command->initial.len;
        if (rc == PARSE_OK && sasl_client_first(p->mechanism)) {
            judge_sasl(s, &event->unit,
                       span_is(command->initial, "=") ? span_sub(command->initial, 0, 0)
                                                      : command->initial);
        }
    }
}
