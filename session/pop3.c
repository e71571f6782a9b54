/* SPDX-License-Identifier: MIT */
#include "session/pop3.h"

#include "session/pop3_parts.h"

/* RFC 1939 section 9, RFC 2449 section 5, RFC 2595 section 4, RFC 5034 section 4, RFC 6856. */
static const struct pop3_command_states table[POP3_VERB_COUNT] = {
    [POP3_UNKNOWN] = {true, true, RULE_NONE},
    [POP3_USER] = {true, false, RULE_POP3_AUTHORIZATION_ONLY},
    [POP3_PASS] = {true, false, RULE_POP3_PASS_ORDER},
    [POP3_APOP] = {true, false, RULE_POP3_AUTHORIZATION_ONLY},
    [POP3_AUTH] = {true, false, RULE_POP3_AUTH_STATE},
    [POP3_STLS] = {true, false, RULE_POP3_STLS_STATE},
    [POP3_CAPA] = {true, true, RULE_NONE},
    [POP3_UTF8] = {true, false, RULE_POP3_UTF8_STATE},
    [POP3_LANG] = {true, true, RULE_NONE},
    [POP3_QUIT] = {true, true, RULE_NONE},
    [POP3_STAT] = {false, true, RULE_POP3_TRANSACTION_ONLY},
    [POP3_LIST] = {false, true, RULE_POP3_TRANSACTION_ONLY},
    [POP3_RETR] = {false, true, RULE_POP3_TRANSACTION_ONLY},
    [POP3_DELE] = {false, true, RULE_POP3_TRANSACTION_ONLY},
    [POP3_NOOP] = {false, true, RULE_POP3_TRANSACTION_ONLY},
    [POP3_RSET] = {false, true, RULE_POP3_TRANSACTION_ONLY},
    [POP3_TOP] = {false, true, RULE_POP3_TRANSACTION_ONLY},
    [POP3_UIDL] = {false, true, RULE_POP3_TRANSACTION_ONLY},
};

const struct pop3_command_states *pop3_command_states(enum pop3_verb verb)
{
    return &table[verb < POP3_VERB_COUNT ? verb : POP3_UNKNOWN];
}

void pop3_session_init(struct session *s)
{
    s->as.pop3 = (struct pop3_session){0};
    s->as.pop3.state = s->config.excerpt ? POP3_STATE_UNKNOWN : POP3_STATE_CONNECTED;
    for (size_t side = 0; side < 2 && s->config.unit_limit == 0; side++) {
        s->frame[side].limit = FRAME_LINE_LIMIT;
    }
}

/* A pending command after which the client's octets cannot be framed before the server spoke:
   STLS is followed by TLS or by a command, AUTH by a response or by a command. */
static bool client_waits(struct session *s)
{
    struct pop3_session *p = &s->as.pop3;
    if (p->pending_count == 0 || s->lost || session_begins_afresh(s)) {
        return p->pending_count == POP3_MAX_PENDING;
    }
    enum pop3_verb last = pop3_pending_at(p, p->pending_count - 1)->verb;
    return p->pending_count == POP3_MAX_PENDING || last == POP3_STLS ||
           (last == POP3_AUTH && !p->auth_open);
}

int pop3_session_mode(struct session *s, enum side from)
{
    struct pop3_session *p = &s->as.pop3;
    if (p->tls_pending) {
        return SESSION_TLS;
    }
    if (from == SIDE_CLIENT && client_waits(s)) {
        return SESSION_WAIT;
    }
    bool data = from == SIDE_SERVER && p->body.open && p->body.data;
    frame_set_mode(&s->frame[from], data ? FRAME_MODE_DOT : FRAME_MODE_LINE);
    return SESSION_EVENT;
}

/* The rest of a line that was longer than the limit is passed over. */
static bool skip_tail(struct session *s, enum side from, struct session_event *event)
{
    bool *tail = &s->as.pop3.tail[from];
    struct span octets = event->unit.octets;
    bool ended = octets.len > 0 && octets.ptr[octets.len - 1] == '\n';
    bool was = *tail;
    *tail = (was && !ended) || (event->unit.truncated && !ended);
    if (was) {
        event->kind = EVENT_BROKEN;
    }
    return was;
}

void pop3_session_unit(struct session *s, enum side from, struct session_event *event)
{
    if (event->unit.mode == FRAME_MODE_DOT) {
        pop3_body_piece(s, event);
    } else if (!skip_tail(s, from, event)) {
        if (from == SIDE_CLIENT) {
            pop3_client_unit(s, event);
        } else {
            pop3_server_unit(s, event);
        }
    }
}

void pop3_session_end(struct session *s, enum side from, struct span rest)
{
    struct pop3_session *p = &s->as.pop3;
    const struct frame_unit unit = {.octets = rest, .off = s->frame[from].off};
    if (s->config.excerpt || p->tls_pending) {
        return;
    }
    if (from == SIDE_CLIENT) {
        if (rest.len > 0 && !client_waits(s)) {
            session_report(s, from, &unit, unit.off + rest.len, 0, RULE_POP3_COMMAND_CRLF, "CRLF");
        }
        return;
    }
    if (p->body.open) {
        session_report(s, from, &unit, unit.off + rest.len, 0, RULE_POP3_UNTERMINATED,
                       "the end of the reply");
    } else if (rest.len > 0) {
        session_report(s, from, &unit, unit.off + rest.len, 0, RULE_POP3_REPLY_CRLF, "CRLF");
    } else if (p->pending_count > 0 && p->state != POP3_STATE_CLOSED) {
        session_report(s, from, &unit, unit.off, 0, RULE_POP3_NO_REPLY, "a reply to each command");
    }
}

void pop3_session_tls(struct session *s, bool ok)
{
    struct pop3_session *p = &s->as.pop3;
    p->tls_pending = false;
    if (ok) {
        p->tls_used = true;
        p->capabilities = (struct pop3_capabilities){0};
        p->known_before_login = false;
        p->user_accepted = false;
        p->sent_last = POP3_UNKNOWN;
    }
}

void pop3_session_early(struct session *s, enum side from, struct span octets)
{
    struct pop3_session *p = &s->as.pop3;
    if (from != SIDE_CLIENT || p->early_told || p->pending_count == 0 ||
        pop3_pending_at(p, p->pending_count - 1)->verb != POP3_STLS || octets.len == 0) {
        return;
    }
    p->early_told = true;
    const struct frame_unit unit = {.off = s->frame[from].off};
    session_report(s, from, &unit, unit.off, 0, RULE_POP3_STLS_EARLY, "nothing before the reply");
}

bool pop3_session_owes(const struct session *s)
{
    const struct pop3_session *p = &s->as.pop3;
    return p->state == POP3_STATE_CONNECTED || p->body.open ||
           (p->pending_count > 0 && !p->auth_open);
}
