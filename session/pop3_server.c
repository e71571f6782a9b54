/* SPDX-License-Identifier: MIT */
#include "parsers/core/base64.h"
#include "session/pop3_parts.h"

static void report(struct session *s, const struct frame_unit *unit, enum rule rule,
                   const char *text)
{
    session_report_unit(s, SIDE_SERVER, unit, rule, text);
}

/* --- response codes --------------------------------------------------------------------------- */

static bool is_login(enum pop3_verb verb)
{
    return verb == POP3_USER || verb == POP3_PASS || verb == POP3_APOP || verb == POP3_AUTH;
}

/* The replies in which a code is defined: RFC 2449 section 8.1, RFC 3206, RFC 6856 section 5. */
static bool code_fits(enum pop3_code_kind code, enum pop3_verb verb, enum pop3_status status)
{
    switch (code) {
    case POP3_CODE_NONE:
    case POP3_CODE_UNKNOWN:
        return true;
    case POP3_CODE_IN_USE:
        return status == POP3_ERR && is_login(verb) && verb != POP3_USER;
    case POP3_CODE_LOGIN_DELAY:
    case POP3_CODE_AUTH:
        return status == POP3_ERR && is_login(verb);
    case POP3_CODE_SYS:
    case POP3_CODE_SYS_TEMP:
    case POP3_CODE_SYS_PERM:
        return status == POP3_ERR;
    case POP3_CODE_UTF8:
        return status == POP3_ERR && (verb == POP3_LIST || verb == POP3_TOP || verb == POP3_RETR);
    }
    return true;
}

static void judge_code(struct session *s, const struct frame_unit *unit,
                       const struct pop3_reply *reply, enum pop3_verb verb)
{
    const struct pop3_capabilities *c = &s->as.pop3.capabilities;
    if (reply->code == POP3_CODE_NONE) {
        return;
    }
    uint64_t off = unit->off + (uint64_t)(reply->code_text.ptr - unit->octets.ptr);
    if (verb != POP3_UNKNOWN && !code_fits(reply->code, verb, reply->status)) {
        session_report(s, SIDE_SERVER, unit, off, reply->code_text.len, RULE_POP3_CODE_PLACE,
                       "another code, or none, in this reply");
    } else if (reply->code > POP3_CODE_UNKNOWN && c->known &&
               !pop3_capabilities_has(c, POP3_CAPA_RESP_CODES)) {
        session_report(s, SIDE_SERVER, unit, off, reply->code_text.len, RULE_POP3_CODE_UNANNOUNCED,
                       "RESP-CODES among the capabilities");
    } else if (reply->code == POP3_CODE_AUTH && c->known &&
               !pop3_capabilities_has(c, POP3_CAPA_AUTH_RESP_CODE)) {
        session_report(s, SIDE_SERVER, unit, off, reply->code_text.len,
                       RULE_POP3_AUTH_CODE_UNANNOUNCED, "AUTH-RESP-CODE among the capabilities");
    }
}

/* --- what a reply says about the session ------------------------------------------------------ */

/* The next command of the queue, which this reply answers. */
static struct pop3_pending take_pending(struct pop3_session *p)
{
    struct pop3_pending pending = *pop3_pending_at(p, 0);
    p->pending_first = (p->pending_first + 1) % POP3_MAX_PENDING;
    p->pending_count--;
    return pending;
}

/* "+OK" where only "-ERR" is right. */
static void judge_accepted(struct session *s, const struct frame_unit *unit,
                           const struct pop3_pending *c)
{
    struct pop3_session *p = &s->as.pop3;
    const struct pop3_message *message =
        c->has_number ? pop3_maildrop_find(&p->maildrop, c->number) : NULL;
    bool judged = p->state == POP3_STATE_AUTHORIZATION || p->state == POP3_STATE_TRANSACTION;
    if (judged && !pop3_state_allows(p->state, c->verb)) {
        report(s, unit, RULE_POP3_WRONG_STATE_ACCEPTED, "-ERR in this state");
    } else if (c->verb == POP3_PASS && p->state == POP3_STATE_AUTHORIZATION && !p->user_accepted) {
        report(s, unit, RULE_POP3_WRONG_STATE_ACCEPTED, "-ERR to PASS without USER");
    } else if (c->broken && c->verb != POP3_UNKNOWN && c->verb != POP3_AUTH) {
        report(s, unit, RULE_POP3_SYNTAX_ACCEPTED, "-ERR to a broken command");
    } else if (message != NULL && message->deleted) {
        report(s, unit, RULE_POP3_DELETED_ACCEPTED, "-ERR: the message is deleted");
    } else if (c->has_number && p->maildrop.has_total &&
               (c->number > p->maildrop.total || c->number == 0)) {
        report(s, unit, RULE_POP3_NO_SUCH_MESSAGE, "-ERR: there is no such message");
    }
}

/* "+OK" to AUTH although neither side has sent a message of the mechanism: whoever means to go on
   with the exchange has not logged in. */
static bool is_empty_exchange(const struct pop3_session *p, const struct pop3_pending *c)
{
    return c->verb == POP3_AUTH && c->has_argument && !c->has_initial && p->challenges == 0;
}

static void judge_auth_accepted(struct session *s, const struct frame_unit *unit,
                                const struct pop3_pending *c)
{
    struct pop3_session *p = &s->as.pop3;
    if (p->cancelled) {
        report(s, unit, RULE_POP3_CANCEL_ACCEPTED, "-ERR to a cancelled exchange");
    } else if (p->base64_broken) {
        report(s, unit, RULE_POP3_BASE64_ACCEPTED, "-ERR to what is not base64");
    } else if (c->has_initial && p->mechanism == SASL_CRAM_MD5) {
        report(s, unit, RULE_POP3_INITIAL_ACCEPTED, "-ERR: this mechanism's server speaks first");
    } else if (is_empty_exchange(p, c)) {
        report(s, unit, RULE_POP3_EMPTY_CHALLENGE, "a challenge first");
    }
}

/* "-ERR" where only "+OK" is right. A system error is always possible (RFC 3206 section 4). */
static void judge_refused(struct session *s, const struct frame_unit *unit,
                          const struct pop3_pending *c, enum pop3_code_kind code)
{
    bool system = code == POP3_CODE_SYS || code == POP3_CODE_SYS_TEMP || code == POP3_CODE_SYS_PERM;
    if (s->as.pop3.state != POP3_STATE_TRANSACTION || system || c->broken || c->faulty) {
        return;
    }
    if (c->verb == POP3_NOOP) {
        report(s, unit, RULE_POP3_NOOP_REPLY, "+OK");
    } else if (c->verb == POP3_RSET) {
        report(s, unit, RULE_POP3_RSET_REPLY, "+OK");
    } else if (c->verb == POP3_STAT) {
        report(s, unit, RULE_POP3_STAT_REPLY, "+OK");
    }
}

/* What "+OK" to a command of the TRANSACTION state tells about the maildrop. */
static void learn_maildrop(struct session *s, const struct frame_unit *unit,
                           const struct pop3_pending *c, const struct pop3_reply *reply)
{
    if (c->verb == POP3_STAT && reply->typed) {
        pop3_maildrop_stat(s, unit, reply->count, reply->size);
    } else if (c->verb == POP3_DELE && c->has_number) {
        pop3_maildrop_delete(s, c->number);
    } else if (c->verb == POP3_RSET) {
        pop3_maildrop_reset(s);
    } else if ((c->verb == POP3_LIST || c->verb == POP3_UIDL) && reply->typed) {
        if (reply->number != c->number && reply->number != 0) {
            report(s, unit, RULE_POP3_OTHER_MESSAGE, "the message that was asked for");
        } else if (c->verb == POP3_LIST) {
            pop3_maildrop_size(s, unit, c->number, reply->size);
        } else {
            pop3_maildrop_unique_id(s, unit, c->number, reply->unique_id);
        }
    }
}

static void learn_state(struct session *s, const struct pop3_pending *c, bool ok)
{
    struct pop3_session *p = &s->as.pop3;
    if (is_login(c->verb)) {
        p->user_accepted = ok && c->verb == POP3_USER;
    }
    if (c->verb == POP3_CAPA && !ok) {
        p->capabilities.known = true;
        p->capabilities.refused = true;
    }
    if (c->verb == POP3_QUIT && ok) {
        p->state = POP3_STATE_CLOSED;
    }
    if (!ok || p->state == POP3_STATE_CLOSED) {
        return;
    }
    if (is_empty_exchange(p, c)) {
        p->state = POP3_STATE_UNKNOWN;
        p->cut_short = *c;
    } else if (c->verb == POP3_PASS || c->verb == POP3_APOP ||
               (c->verb == POP3_AUTH && c->has_argument)) {
        p->state = POP3_STATE_TRANSACTION;
    } else if (c->verb == POP3_STLS) {
        p->tls_pending = true;
    } else if (c->verb == POP3_UTF8) {
        p->utf8 = true;
    } else if (c->verb == POP3_LANG && c->has_argument) {
        p->lang = true;
    } else if (p->state == POP3_STATE_UNKNOWN) {
        const struct pop3_command_states *states = pop3_command_states(c->verb);
        if (states->transaction && !states->authorization) {
            p->state = POP3_STATE_TRANSACTION;
        } else if (states->authorization && !states->transaction) {
            p->state = POP3_STATE_AUTHORIZATION;
        }
    }
}

/* --- units ------------------------------------------------------------------------------------ */

static void greeting_unit(struct session *s, struct session_event *event)
{
    struct pop3_session *p = &s->as.pop3;
    const struct pop3_reply_context context = {.greeting = true};
    struct parse parse;
    session_parse_init(s, SIDE_SERVER, &event->unit, &parse);
    enum parse_rc rc = pop3_parse_reply(&parse, &context, &p->reply);
    session_report_parse(s, SIDE_SERVER, &event->unit, &parse, rc);
    p->greeting_seen = true;
    event->kind = rc == PARSE_OK ? EVENT_GREETING : EVENT_BROKEN;
    event->value.pop3_reply = rc == PARSE_OK ? &p->reply : NULL;
    p->timestamp = p->reply.timestamp.len > 0;
    if (rc == PARSE_OK && p->reply.status == POP3_ERR) {
        report(s, &event->unit, RULE_POP3_GREETING, "+OK");
        p->state = POP3_STATE_CLOSED;
    } else {
        p->state = POP3_STATE_AUTHORIZATION;
        judge_code(s, &event->unit, &p->reply, POP3_UNKNOWN);
    }
}

/* The mechanism's message inside the challenge. */
static void judge_message(struct session *s, const struct frame_unit *unit)
{
    struct pop3_session *p = &s->as.pop3;
    struct span challenge = p->reply.challenge;
    size_t cap = challenge.len / 4 * 3;
    uint8_t *octets = arena_take(&s->scratch[SIDE_SERVER], cap + 1);
    if (base64_valid_len(challenge) != challenge.len || octets == NULL) {
        return;
    }
    struct out o;
    struct parse sasl;
    out_init(&o, octets, cap);
    base64_decode(&o, challenge);
    parse_init(&sasl, out_span(&o), 0, NULL);
    if (sasl_judge(&sasl, p->mechanism, p->sasl_step[SIDE_SERVER]++, SASL_SERVER) == PARSE_BAD) {
        report(s, unit, sasl.err.rule, sasl.err.expected);
    }
}

/* May there be a challenge here, and what is in it? */
static void judge_challenge(struct session *s, const struct frame_unit *unit,
                            const struct pop3_pending *c)
{
    struct pop3_session *p = &s->as.pop3;
    bool first = p->challenges == 0;
    if (p->cancelled) {
        report(s, unit, RULE_POP3_CANCEL_ACCEPTED, "-ERR to a cancelled exchange");
    } else if (p->base64_broken) {
        report(s, unit, RULE_POP3_BASE64_ACCEPTED, "-ERR to what is not base64");
    } else if (first && c->has_initial && p->mechanism == SASL_CRAM_MD5) {
        report(s, unit, RULE_POP3_INITIAL_ACCEPTED, "-ERR: this mechanism's server speaks first");
    } else if (!first || c->has_initial || !sasl_client_first(p->mechanism)) {
        judge_message(s, unit);
    } else if (p->reply.challenge.len > 0) {
        report(s, unit, RULE_POP3_EMPTY_CHALLENGE, "an empty challenge");
    }
}

/* "+" SP base64: the server's part of an AUTH exchange. */
static void continue_unit(struct session *s, struct session_event *event)
{
    struct pop3_session *p = &s->as.pop3;
    const struct pop3_pending *c = pop3_pending_at(p, 0);
    if (p->pending_count == 0 || c->verb != POP3_AUTH) {
        report(s, &event->unit, RULE_POP3_UNEXPECTED_CONTINUE, "+OK or -ERR");
        event->kind = EVENT_BROKEN;
        return;
    }
    event->kind = EVENT_CONTINUE;
    event->command = c->command;
    event->value.pop3_reply = &p->reply;
    judge_challenge(s, &event->unit, c);
    p->challenges++;
    p->auth_open = true;
    p->sasl_sent = false;
    p->cancelled = false;
    p->base64_broken = false;
}

/* No command waits for this line. */
static void unsolicited(struct session *s, struct session_event *event)
{
    struct pop3_session *p = &s->as.pop3;
    bool before = s->config.excerpt && s->commands == 0;
    event->kind = EVENT_REPLY;
    event->value.pop3_reply = &p->reply;
    if (before || p->sent_long || p->state == POP3_STATE_CLOSED) {
        return;
    }
    if (p->reply.status == POP3_ERR) {
        report(s, &event->unit, RULE_POP3_AUTOLOGOUT_TEXT, "nothing: no command was sent");
    } else {
        report(s, &event->unit, RULE_POP3_UNSOLICITED, "nothing: no command was sent");
    }
}

static void answer(struct session *s, struct session_event *event, bool parsed)
{
    struct pop3_session *p = &s->as.pop3;
    const struct pop3_pending c = take_pending(p);
    const struct pop3_reply *reply = &p->reply;
    bool ok = reply->status == POP3_OK;
    event->kind = parsed ? EVENT_REPLY : EVENT_BROKEN;
    event->command = c.command;
    event->value.pop3_reply = parsed ? reply : NULL;
    p->auth_open = false;
    judge_code(s, &event->unit, reply, c.verb);
    if (ok) {
        judge_accepted(s, &event->unit, &c);
        if (c.verb == POP3_AUTH && c.has_argument) {
            judge_auth_accepted(s, &event->unit, &c);
        }
    } else {
        judge_refused(s, &event->unit, &c, reply->code);
    }
    learn_state(s, &c, ok);
    if (ok && parsed) {
        learn_maildrop(s, &event->unit, &c, reply);
    }
    if (ok && pop3_reply_is_multi_line(c.verb, c.has_argument)) {
        p->current = c;
        pop3_body_open(s);
    }
}

static struct pop3_reply_context context_of(struct session *s)
{
    struct pop3_session *p = &s->as.pop3;
    const struct pop3_pending *c = pop3_pending_at(p, 0);
    bool waiting = p->pending_count > 0;
    return (struct pop3_reply_context){
        .verb = waiting ? c->verb : POP3_UNKNOWN,
        .has_argument = waiting && c->has_argument,
        .resp_codes = pop3_capabilities_has(&p->capabilities, POP3_CAPA_RESP_CODES),
        .utf8 = s->config.excerpt || p->utf8 || p->lang || (waiting && c->verb == POP3_LANG),
    };
}

static void reply_unit(struct session *s, struct session_event *event)
{
    struct pop3_session *p = &s->as.pop3;
    const struct pop3_reply_context context = context_of(s);
    struct parse parse;
    session_parse_init(s, SIDE_SERVER, &event->unit, &parse);
    enum parse_rc rc = pop3_parse_reply(&parse, &context, &p->reply);
    bool status = p->reply.status_text.len > 0;
    if (!status && s->config.excerpt && s->commands == 0) {
        event->kind = EVENT_NONE;
        return;
    }
    if (status && s->lost && p->pending_count > 0) {
        /* In step again: the client has gone on to its last command. */
        while (p->pending_count > 1) {
            (void)take_pending(p);
        }
        s->lost = false;
    }
    session_report_parse(s, SIDE_SERVER, &event->unit, &parse, rc);
    if (!status) {
        event->kind = EVENT_BROKEN;
        s->lost = true;
    } else if (p->reply.status == POP3_CONTINUE) {
        continue_unit(s, event);
    } else if (p->pending_count == 0) {
        unsolicited(s, event);
    } else {
        answer(s, event, rc == PARSE_OK);
    }
}

/* A status line in the middle of lines, where the client has sent another command: the end of the
   lines is missing. LANG and AUTH alone may be answered with one line. */
static bool ends_unfinished(struct session *s, const struct frame_unit *unit)
{
    struct pop3_session *p = &s->as.pop3;
    bool status = span_starts_nocase(unit->octets, SPAN_LIT("+OK")) ||
                  span_starts_nocase(unit->octets, SPAN_LIT("-ERR"));
    if (!status || p->pending_count == 0) {
        return false;
    }
    if (p->current.verb != POP3_LANG && p->current.verb != POP3_AUTH) {
        session_report(s, SIDE_SERVER, unit, unit->off, 0, RULE_POP3_UNTERMINATED,
                       "a line with a dot before the next reply");
    }
    p->body.open = false;
    return true;
}

void pop3_server_unit(struct session *s, struct session_event *event)
{
    struct pop3_session *p = &s->as.pop3;
    if (!p->greeting_seen && !s->config.excerpt) {
        greeting_unit(s, event);
    } else if (p->body.open && !ends_unfinished(s, &event->unit)) {
        pop3_body_line(s, event);
    } else {
        reply_unit(s, event);
    }
}
