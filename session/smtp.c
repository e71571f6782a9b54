/* SPDX-License-Identifier: MIT */
#include "session/smtp.h"

#include "session/smtp_internal.h"

enum { REPLY_LIMIT = 1024 * 1024 };

void smtp_session_init(struct session *s)
{
    s->as.smtp = (struct smtp_session){.state = s->config.excerpt ? SMTP_STATE_UNKNOWN
                                                                  : SMTP_STATE_CONNECTED};
    if (s->config.unit_limit == 0) {
        s->frame[SIDE_CLIENT].limit = FRAME_LINE_LIMIT;
        s->frame[SIDE_SERVER].limit = REPLY_LIMIT;
    }
}

/* The client's next octets cannot be framed before a reply has come. */
static bool is_blocked(struct session *s)
{
    struct smtp_session *m = &s->as.smtp;
    const struct smtp_pending *last = smtp_pending_last(m);
    if (session_begins_afresh(s) || m->in_data || m->in_chunk || m->in_auth) {
        return false;
    }
    return m->pending_count >= SMTP_MAX_PENDING ||
           (last != NULL && smtp_rules_of(last->verb)->waits && !last->final_dot);
}

static int client_mode(struct session *s)
{
    struct smtp_session *m = &s->as.smtp;
    struct frame *f = &s->frame[SIDE_CLIENT];
    if (is_blocked(s)) {
        return SESSION_WAIT;
    }
    if (m->in_chunk) {
        frame_set_mode(f, FRAME_MODE_COUNT);
    } else {
        frame_set_mode(f, m->in_data ? FRAME_MODE_DOT : FRAME_MODE_LINE);
    }
    return SESSION_EVENT;
}

int smtp_session_mode(struct session *s, enum side from)
{
    struct smtp_session *m = &s->as.smtp;
    if (m->state == SMTP_STATE_TLS) {
        return SESSION_TLS;
    }
    if (from == SIDE_CLIENT) {
        return client_mode(s);
    }
    if (s->held[SIDE_CLIENT] > 0 && !is_blocked(s)) {
        /* The client has sent what this may be the answer to; that must be looked at first. */
        return SESSION_WAIT;
    }
    frame_set_mode(&s->frame[SIDE_SERVER], FRAME_MODE_SMTP_REPLY);
    return SESSION_EVENT;
}

/* The rest of a line that was too long to keep is passed over. */
static bool skip_long_line(struct session *s, enum side from, const struct session_event *event)
{
    struct smtp_session *m = &s->as.smtp;
    bool skip = m->skip_line[from];
    m->skip_line[from] = event->unit.truncated;
    if (event->unit.truncated && !skip) {
        session_report_unit(s, from, &event->unit, RULE_LIMIT_UNIT, "a shorter line");
        s->lost = true;
        return false;
    }
    return skip;
}

void smtp_session_unit(struct session *s, enum side from, struct session_event *event)
{
    enum frame_mode mode = event->unit.mode;
    if (mode == FRAME_MODE_DOT || mode == FRAME_MODE_COUNT) {
        smtp_data_unit(s, event);
    } else if (skip_long_line(s, from, event)) {
        event->kind = EVENT_NONE;
    } else if (from == SIDE_CLIENT) {
        smtp_client_unit(s, event);
    } else {
        smtp_server_unit(s, event);
    }
}

void smtp_session_end(struct session *s, enum side from, struct span rest)
{
    struct smtp_session *m = &s->as.smtp;
    enum side other = from == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
    const struct frame_unit unit = {.octets = rest, .off = s->frame[from].off};
    bool first = !m->ended[other] && !m->ended[from];
    m->ended[from] = true;
    if (s->config.excerpt || m->state == SMTP_STATE_TLS) {
        return;
    }
    uint64_t end = unit.off + rest.len;
    if (from == SIDE_SERVER && rest.len > 0) {
        session_report(s, from, &unit, end, 0, RULE_SMTP_REPLY_LINE, "CRLF");
    } else if (from == SIDE_CLIENT && rest.len > 0 && s->frame[from].mode == FRAME_MODE_LINE) {
        session_report(s, from, &unit, end, 0, RULE_SMTP_COMMAND, "CRLF");
    }
    if (!first || m->state == SMTP_STATE_CLOSED) {
        return;
    }
    if (from == SIDE_CLIENT && !m->sent_quit) {
        session_report(s, from, &unit, end, 0, RULE_SMTP_CLOSE_WITHOUT_QUIT, "QUIT");
    } else if (from == SIDE_SERVER && !m->goodbye) {
        session_report(s, from, &unit, end, 0, RULE_SMTP_CLOSE_WITHOUT_421, "221 or 421");
    }
}

void smtp_session_tls(struct session *s, bool ok)
{
    struct smtp_session *m = &s->as.smtp;
    if (m->state != SMTP_STATE_TLS) {
        return;
    }
    if (!ok) {
        m->state = SMTP_STATE_CLOSED;
        return;
    }
    /* RFC 3207 section 4.2: what was learned before the handshake is forgotten. */
    m->state = SMTP_STATE_GREETED;
    m->capabilities = (struct smtp_capabilities){0};
    m->tls_first = true;
    m->recipients = 0;
    m->authenticated = false;
    s->held[SIDE_CLIENT] = 0;
}

const char *smtp_state_text(enum smtp_state state)
{
    static const char *const names[] = {
        [SMTP_STATE_CONNECTED] = "connected", [SMTP_STATE_REFUSED] = "refused",
        [SMTP_STATE_GREETED] = "greeted",     [SMTP_STATE_READY] = "ready",
        [SMTP_STATE_MAIL] = "mail",           [SMTP_STATE_RCPT] = "rcpt",
        [SMTP_STATE_DATA] = "data",           [SMTP_STATE_TLS] = "tls",
        [SMTP_STATE_CLOSED] = "closed",       [SMTP_STATE_UNKNOWN] = "unknown",
    };
    return names[state];
}

bool smtp_session_owes(const struct session *s)
{
    const struct smtp_session *m = &s->as.smtp;
    bool asked = m->in_auth || m->in_chunk || m->in_data;
    bool owes = m->state == SMTP_STATE_CONNECTED;
    for (uint32_t i = 0; i < m->pending_count && !owes && !asked; i++) {
        const struct smtp_pending *p = &m->pending[(m->pending_first + i) % SMTP_MAX_PENDING];
        /* RFC 2033 section 4.3: without recipients "BDAT LAST command returns zero replies". */
        owes = s->config.protocol != PROTOCOL_LMTP || p->verb != SMTP_BDAT || !p->last ||
               m->recipients > 0;
    }
    return owes;
}
