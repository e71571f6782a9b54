/* SPDX-License-Identifier: MIT */
/* What the server sends: the greeting and one reply for each command, in order. The state moves
   on with the replies, so it is exact however deep the client's pipeline is. */
#include "parsers/core/base64.h"
#include "session/smtp_internal.h"

static void report(struct session *s, const struct frame_unit *unit, enum rule rule,
                   const char *text)
{
    session_report_unit(s, SIDE_SERVER, unit, rule, text);
}

/* The octets that the client had sent behind a command that must be the last in its group. */
static void judge_held(struct session *s, enum rule rule, const char *text)
{
    struct smtp_session *m = &s->as.smtp;
    size_t held = s->held[SIDE_CLIENT];
    if (held == 0 || m->pending_count >= SMTP_MAX_PENDING) {
        return;
    }
    if (!smtp_session_offers(m, SMTP_EXT_PIPELINING) && m->state != SMTP_STATE_UNKNOWN &&
        rule != RULE_SMTP_STARTTLS_GROUP) {
        rule = RULE_SMTP_PIPELINING;
    }
    const struct frame_unit none = {.off = s->frame[SIDE_CLIENT].off};
    session_report(s, SIDE_CLIENT, &none, none.off, 0, rule, text);
}

static void close_transaction(struct smtp_session *m)
{
    if (m->state == SMTP_STATE_UNKNOWN || smtp_in_transaction(m)) {
        m->state = SMTP_STATE_READY;
    }
    m->recipients = 0;
    m->utf8 = false;
    m->chunked = false;
    m->chunk_failed = false;
    m->body = SMTP_BODY_7BIT;
}

/* --- one function for each command's reply ---------------------------------------------------- */

static void on_hello(struct session *s, const struct frame_unit *unit, struct parse *p,
                     const struct smtp_reply *reply, struct smtp_pending *pending)
{
    struct smtp_session *m = &s->as.smtp;
    bool lmtp = s->config.protocol == PROTOCOL_LMTP;
    if (reply->code / 100 != 2) {
        return;
    }
    if (lmtp && pending->verb != SMTP_LHLO) {
        report(s, unit, RULE_SMTP_LMTP_HELLO_ACCEPTED, "500");
    }
    m->state = SMTP_STATE_READY;
    close_transaction(m);
    if (pending->verb != SMTP_HELO) {
        smtp_take_ehlo(s, unit, p, reply);
        return;
    }
    smtp_take_helo(s, unit, reply);
}

static void on_mail(struct session *s, const struct frame_unit *unit, struct parse *p,
                    const struct smtp_reply *reply, struct smtp_pending *pending)
{
    (void)unit;
    (void)p;
    struct smtp_session *m = &s->as.smtp;
    if (reply->code / 100 == 2) {
        close_transaction(m);
        m->state = SMTP_STATE_MAIL;
        m->body = pending->body;
        m->utf8 = pending->utf8;
    }
}

static void on_rcpt(struct session *s, const struct frame_unit *unit, struct parse *p,
                    const struct smtp_reply *reply, struct smtp_pending *pending)
{
    (void)p;
    (void)pending;
    struct smtp_session *m = &s->as.smtp;
    if (reply->code / 100 != 2) {
        return;
    }
    if (m->state != SMTP_STATE_UNKNOWN && !smtp_in_transaction(m)) {
        report(s, unit, RULE_SMTP_RCPT_WITHOUT_MAIL, "503");
        return;
    }
    m->recipients++;
    m->state = m->state == SMTP_STATE_MAIL ? SMTP_STATE_RCPT : m->state;
}

/* 354 was not in order here. */
static void judge_go_ahead(struct session *s, const struct frame_unit *unit)
{
    struct smtp_session *m = &s->as.smtp;
    if (m->state == SMTP_STATE_UNKNOWN) {
        return;
    }
    if (m->chunked || m->chunk_failed) {
        report(s, unit, RULE_SMTP_DATA_AFTER_BDAT, "503");
    }
    if (m->body == SMTP_BODY_BINARYMIME) {
        report(s, unit, RULE_SMTP_DATA_BINARYMIME, "503");
    }
    if (m->recipients == 0) {
        bool lmtp = s->config.protocol == PROTOCOL_LMTP;
        report(s, unit, lmtp ? RULE_SMTP_LMTP_DATA : RULE_SMTP_DATA_WITHOUT_RCPT, "503 or 554");
    }
}

static void on_data(struct session *s, const struct frame_unit *unit, struct parse *p,
                    const struct smtp_reply *reply, struct smtp_pending *pending)
{
    (void)p;
    struct smtp_session *m = &s->as.smtp;
    if (pending->final_dot) {
        if (pending->replies <= 1) {
            close_transaction(m);
        }
        return;
    }
    judge_held(s, RULE_SMTP_PIPELINING_GROUP, "DATA");
    if (reply->code == 354) {
        judge_go_ahead(s, unit);
        m->in_data = true;
        m->data_answered = false;
        m->command = pending->command;
        m->state = m->state == SMTP_STATE_UNKNOWN ? m->state : SMTP_STATE_DATA;
        smtp_data_begin(s);
    } else if (reply->code < 400) {
        /* A client that takes this for 354 is not to blame for its message. */
        s->lost = true;
    }
}

/* RFC 3030 section 2: a chunk that failed leaves the transaction in no known state. For a server
   that does not offer the verb it was a word that it does not know. */
static void fail_chunk(struct smtp_session *m, bool is_known)
{
    if (is_known) {
        m->chunk_failed = m->chunk_failed || smtp_in_transaction(m);
    } else {
        m->sent_chunk = m->sent_chunk && m->chunked;
    }
}

static void on_chunk(struct session *s, const struct frame_unit *unit, struct parse *p,
                     const struct smtp_reply *reply, struct smtp_pending *pending)
{
    (void)p;
    struct smtp_session *m = &s->as.smtp;
    bool open = smtp_in_transaction(m);
    /* An empty chunk ends with its command's line, whether or not it was looked at already. */
    bool open_chunk = m->in_chunk && s->frame[SIDE_CLIENT].counted > 0;
    bool is_known =
        !m->capabilities.known || smtp_session_offers(m, smtp_rules_of(pending->verb)->extension);
    if ((pending->garbled || (pending->verb == SMTP_BDAT && !is_known)) && reply->code / 100 != 2) {
        /* The server takes no chunk for a command that it cannot read: what came is commands. */
        m->in_chunk = false;
        fail_chunk(m, is_known);
        s->lost = true;
        return;
    }
    if (open_chunk && !m->chunk_answered && m->pending_count == 1) {
        report(s, unit, RULE_SMTP_BDAT_EARLY_REPLY, "the chunk has not ended");
        m->chunk_answered = true;
    }
    if (reply->code / 100 != 2) {
        fail_chunk(m, is_known);
    } else if (!open && m->state != SMTP_STATE_UNKNOWN) {
        report(s, unit, RULE_SMTP_BDAT_AFTER_LAST, "503");
    } else {
        m->chunked = true;
        m->state = m->state == SMTP_STATE_RCPT ? SMTP_STATE_DATA : m->state;
    }
    if (pending->last && pending->replies <= 1 && reply->code / 100 == 2) {
        close_transaction(m);
    }
}

static void on_rset(struct session *s, const struct frame_unit *unit, struct parse *p,
                    const struct smtp_reply *reply, struct smtp_pending *pending)
{
    (void)p;
    if (reply->code / 100 == 2) {
        close_transaction(&s->as.smtp);
    } else if (!pending->broken) {
        report(s, unit, RULE_SMTP_RSET_REFUSED, "250");
    }
}

static void on_quit(struct session *s, const struct frame_unit *unit, struct parse *p,
                    const struct smtp_reply *reply, struct smtp_pending *pending)
{
    (void)p;
    if (reply->code == 221) {
        s->as.smtp.state = SMTP_STATE_CLOSED;
    } else if (!pending->broken) {
        report(s, unit, RULE_SMTP_QUIT_REPLY, "221");
    }
}

static void on_starttls(struct session *s, const struct frame_unit *unit, struct parse *p,
                        const struct smtp_reply *reply, struct smtp_pending *pending)
{
    (void)unit;
    (void)p;
    (void)pending;
    judge_held(s, RULE_SMTP_STARTTLS_GROUP, "STARTTLS");
    if (reply->code == 220) {
        s->as.smtp.state = SMTP_STATE_TLS;
    }
}

/* RFC 4954 section 8: continue-req = "334" SP [base64] CRLF */
static void judge_challenge(struct session *s, const struct frame_unit *unit,
                            const struct smtp_reply *reply, const struct smtp_pending *pending)
{
    const struct smtp_reply_line *line = reply->lines;
    if (line->separator == 0) {
        session_report(s, SIDE_SERVER, unit, line->off + 3, 0, RULE_SMTP_CHALLENGE_SPACE,
                       "a space");
    }
    size_t valid = base64_valid_len(line->text);
    if (valid != line->text.len || reply->line_count > 1) {
        session_report(s, SIDE_SERVER, unit, line->off + 4 + valid, line->text.len - valid,
                       RULE_SMTP_CHALLENGE, "base64");
    } else if (pending->client_first && !pending->challenged && line->text.len > 0) {
        session_report(s, SIDE_SERVER, unit, line->off + 4, line->text.len,
                       RULE_SMTP_CHALLENGE_FIRST, "an empty challenge");
    }
}

static void on_auth(struct session *s, const struct frame_unit *unit, struct parse *p,
                    const struct smtp_reply *reply, struct smtp_pending *pending)
{
    (void)p;
    struct smtp_session *m = &s->as.smtp;
    judge_held(s, RULE_SMTP_AUTH_GROUP, "AUTH");
    if (reply->code / 100 <= 3) {
        if (m->authenticated) {
            report(s, unit, RULE_SMTP_AUTH_TWICE_ACCEPTED, "503");
        }
        /* RFC 3030 section 2: behind a failed BDAT the state "is indeterminate". */
        if (smtp_in_transaction(m) && !m->chunk_failed) {
            report(s, unit, RULE_SMTP_AUTH_IN_MAIL_ACCEPTED, "503");
        }
    }
    if (pending->cancelled && reply->code != 501 && reply->code != 421) {
        report(s, unit, RULE_SMTP_AUTH_CANCEL, "501");
    } else if (pending->bad_base64 && reply->code != 501 && reply->code != 421) {
        report(s, unit, RULE_SMTP_AUTH_BASE64_ACCEPTED, "501");
    }
    pending->cancelled = false;
    pending->bad_base64 = false;
    if (reply->code == 334) {
        judge_challenge(s, unit, reply, pending);
        pending->challenged = true;
        m->in_auth = true;
        m->command = pending->command;
    }
    m->authenticated = m->authenticated || reply->code / 100 == 2;
}

typedef void on_reply(struct session *s, const struct frame_unit *unit, struct parse *p,
                      const struct smtp_reply *reply, struct smtp_pending *pending);

static on_reply *const handlers[SMTP_VERB_COUNT] = {
    [SMTP_EHLO] = on_hello, [SMTP_HELO] = on_hello, [SMTP_LHLO] = on_hello,
    [SMTP_MAIL] = on_mail,  [SMTP_RCPT] = on_rcpt,  [SMTP_DATA] = on_data,
    [SMTP_RSET] = on_rset,  [SMTP_QUIT] = on_quit,  [SMTP_STARTTLS] = on_starttls,
    [SMTP_AUTH] = on_auth,  [SMTP_BDAT] = on_chunk, [SMTP_BURL] = on_chunk,
};

/* --- which reply it is ------------------------------------------------------------------------ */

/* A command outside of the required ones was accepted without being announced. */
static void judge_unlisted(struct session *s, const struct frame_unit *unit,
                           const struct smtp_reply *reply, const struct smtp_pending *pending)
{
    struct smtp_session *m = &s->as.smtp;
    enum smtp_extension extension = smtp_rules_of(pending->verb)->extension;
    if (extension != SMTP_EXT_UNKNOWN && reply->code / 100 <= 3 && m->capabilities.known &&
        m->capabilities.extended && !smtp_names_extension(m, extension) &&
        !(pending->verb == SMTP_AUTH && m->authenticated)) {
        report(s, unit, RULE_SMTP_UNLISTED_COMMAND, smtp_extension_text(extension));
    }
}

/* After all replies are in, what the client has sent is what the server has accepted. */
static void settle(struct smtp_session *m)
{
    if (m->pending_count > 0 || m->state == SMTP_STATE_UNKNOWN || m->in_data) {
        return;
    }
    m->sent_mail = smtp_in_transaction(m);
    m->sent_recipient = m->sent_recipient && m->sent_mail;
    m->sent_chunk = m->sent_chunk && m->sent_mail;
    m->sent_hello = m->sent_hello && m->state != SMTP_STATE_GREETED;
}

/* How many replies the command has: in LMTP one for each recipient behind the last chunk. */
static uint32_t replies_of(const struct session *s, const struct smtp_pending *pending,
                           const struct smtp_reply *reply)
{
    const struct smtp_session *m = &s->as.smtp;
    bool chunk = pending->verb == SMTP_BDAT || pending->verb == SMTP_BURL;
    if (pending->replies > 0) {
        return pending->replies;
    }
    return s->config.protocol == PROTOCOL_LMTP && chunk && pending->last && m->recipients > 0 &&
                   (!m->chunk_failed || reply->code / 100 == 2)
               ? m->recipients
               : 1;
}

/* A code that only one command gets, DATA or QUIT, comes while others still wait for a reply:
   theirs are missing. It answers that command, and the conversation is in step again. */
static void pass_over_missing(struct session *s, const struct frame_unit *unit,
                              const struct smtp_reply *reply)
{
    struct smtp_session *m = &s->as.smtp;
    enum smtp_verb wanted = reply->code == 221 ? SMTP_QUIT : SMTP_DATA;
    if (reply->code != 221 && reply->code != 354) {
        return;
    }
    uint32_t before = 0;
    while (before < m->pending_count) {
        const struct smtp_pending *pending =
            &m->pending[(m->pending_first + before) % SMTP_MAX_PENDING];
        if (pending->verb == wanted && !pending->final_dot) {
            break;
        }
        before++;
    }
    if (before == 0 || before == m->pending_count) {
        return;
    }
    bool recipients = s->config.protocol == PROTOCOL_LMTP && smtp_pending_first(m)->final_dot;
    report(s, unit, recipients ? RULE_SMTP_LMTP_REPLY_MISSING : RULE_SMTP_REPLY_MISSING,
           recipients ? "a reply for each recipient first"
                      : "the replies to earlier commands first");
    for (; before > 0; before--) {
        smtp_pending_pop(m);
    }
}

/* RFC 2033 section 4.3: the last chunk of a transaction without recipients has no reply. A server
   that refuses it is told from those by the code, as far as that goes: not by 500 to 502 where the
   next command is wrong. */
static bool is_silent_chunk(const struct session *s, const struct smtp_reply *reply)
{
    const struct smtp_session *m = &s->as.smtp;
    const struct smtp_pending *pending = &m->pending[m->pending_first];
    const struct smtp_pending *next = &m->pending[(m->pending_first + 1) % SMTP_MAX_PENDING];
    if (s->config.protocol != PROTOCOL_LMTP || pending->verb != SMTP_BDAT || !pending->last ||
        m->recipients > 0 || m->pending_count < 2) {
        return false;
    }
    bool syntax = reply->code >= 500 && reply->code <= 502;
    bool wrong = next->broken || next->garbled || next->verb == SMTP_UNKNOWN;
    return reply->code < 400 || (syntax && wrong);
}

static void answer(struct session *s, struct session_event *event, struct parse *p,
                   const struct smtp_reply *reply)
{
    struct smtp_session *m = &s->as.smtp;
    while (is_silent_chunk(s, reply)) {
        smtp_pending_pop(m);
    }
    pass_over_missing(s, &event->unit, reply);
    struct smtp_pending *pending = smtp_pending_first(m);
    const struct frame_unit *unit = &event->unit;
    event->command = pending->command;
    event->kind = reply->code == 354 || reply->code == 334 ? EVENT_CONTINUE : EVENT_REPLY;
    pending->replies = replies_of(s, pending, reply);
    smtp_judge_reply(s, unit, reply, pending);
    judge_unlisted(s, unit, reply, pending);
    if (handlers[pending->verb] != NULL) {
        handlers[pending->verb](s, unit, p, reply, pending);
    }
    if (m->state == SMTP_STATE_UNKNOWN && pending->verb == SMTP_MAIL && reply->code / 100 == 2) {
        m->state = SMTP_STATE_MAIL;
    }
    bool goes_on = pending->verb == SMTP_AUTH && m->in_auth;
    if (pending->replies > 1) {
        pending->replies--;
    } else if (!goes_on) {
        smtp_pending_pop(m);
    }
    settle(m);
}

/* RFC 5321 section 4.3.2, CONNECTION ESTABLISHMENT: 220 or 554; 421 and other failures happen. */
static void greet(struct session *s, struct session_event *event, struct parse *p,
                  const struct smtp_reply *reply)
{
    struct smtp_session *m = &s->as.smtp;
    event->kind = EVENT_GREETING;
    smtp_judge_reply(s, &event->unit, reply, NULL);
    m->state = reply->code / 100 <= 3 ? SMTP_STATE_GREETED : SMTP_STATE_REFUSED;
    if (reply->code / 100 <= 3 && reply->code != 220) {
        session_report(s, SIDE_SERVER, &event->unit, event->unit.off, 3, RULE_SMTP_REPLY_UNEXPECTED,
                       "220");
    }
    struct smtp_host host;
    const struct deviation *before = p->last_deviation;
    if (reply->code == 220 && smtp_parse_greeting(p, reply, &host) == PARSE_OK &&
        p->last_deviation != before) {
        const struct deviation *d = p->last_deviation;
        session_report(s, SIDE_SERVER, &event->unit, d->off, d->len, d->rule, d->text);
    }
}

/* The line announces an extension. */
static bool announces(const struct smtp_reply_line *line)
{
    size_t len = 0;
    while (len < line->text.len && line->text.ptr[len] != ' ') {
        len++;
    }
    return smtp_extension_by_name(span_sub(line->text, 0, len)) != SMTP_EXT_UNKNOWN;
}

/* What the excerpt begins with is a whole answer to EHLO. */
static bool is_ehlo_reply(const struct smtp_reply *reply)
{
    enum { LEAST = 2 };
    unsigned known = 0;
    for (const struct smtp_reply_line *l = reply->lines; l != NULL; l = l->next) {
        known += announces(l);
    }
    return reply->code == 250 && known >= LEAST && !announces(reply->lines);
}

/* A reply that no command waits for. 421 may come at any time (RFC 5321 section 3.8). */
static void unasked(struct session *s, struct session_event *event, struct parse *p,
                    const struct smtp_reply *reply)
{
    struct smtp_session *m = &s->as.smtp;
    event->kind = EVENT_REPLY;
    if (m->in_data) {
        event->command = m->command;
        m->data_answered = true;
    }
    bool before = s->config.excerpt && s->commands == 0;
    if (reply->code != 421 && m->state != SMTP_STATE_UNKNOWN && !before) {
        report(s, &event->unit, RULE_SMTP_UNSOLICITED,
               m->in_data ? "the message has not ended" : "no command waits for a reply");
    }
    smtp_judge_reply(s, &event->unit, reply, NULL);
    if (before && is_ehlo_reply(reply)) {
        smtp_take_ehlo(s, &event->unit, p, reply);
    }
}

/* The reply's text may hold UTF-8 (RFC 6531 section 3.7.4). */
static bool may_be_utf8(const struct session *s)
{
    const struct smtp_session *m = &s->as.smtp;
    const struct smtp_pending *pending =
        m->pending_count == 0 ? NULL : &m->pending[m->pending_first];
    return m->utf8 || m->state == SMTP_STATE_UNKNOWN || (pending != NULL && pending->utf8);
}

static void report_parse(struct session *s, const struct frame_unit *unit, const struct parse *p,
                         enum parse_rc rc)
{
    bool utf8 = may_be_utf8(s);
    for (const struct deviation *d = p->deviations; d != NULL; d = d->next) {
        if (!(utf8 && d->quirk == QUIRK_SMTP_REPLY_8BIT)) {
            session_report(s, SIDE_SERVER, unit, d->off, d->len, d->rule, d->text);
        }
    }
    if (rc != PARSE_OK) {
        session_report(s, SIDE_SERVER, unit, p->err.off, p->err.off < unit->off + unit->octets.len,
                       p->err.rule, p->err.expected);
    }
}

/* What it answers cannot be told: it takes the place of a reply, and the next command of the
   client starts afresh. */
static void broken(struct session *s, struct session_event *event)
{
    struct smtp_session *m = &s->as.smtp;
    event->kind = EVENT_BROKEN;
    if (m->pending_count > 0 && m->state != SMTP_STATE_CONNECTED) {
        event->command = smtp_pending_first(m)->command;
        smtp_pending_pop(m);
    }
    s->lost = true;
}

void smtp_server_unit(struct session *s, struct session_event *event)
{
    struct smtp_session *m = &s->as.smtp;
    struct parse p;
    session_parse_init(s, SIDE_SERVER, &event->unit, &p);
    struct smtp_reply local = {0};
    struct smtp_reply *reply = parse_take(&p, sizeof *reply);
    reply = reply == NULL ? &local : reply;
    enum parse_rc rc = smtp_parse_reply(&p, reply);
    if (s->config.excerpt && !m->synced) {
        if (rc != PARSE_OK) {
            return;
        }
        m->synced = true;
    }
    report_parse(s, &event->unit, &p, rc);
    m->spoken = true;
    if (rc != PARSE_OK) {
        broken(s, event);
        return;
    }
    event->value.smtp_reply = reply == &local ? NULL : reply;
    bool greeting = m->state == SMTP_STATE_CONNECTED ||
                    (m->state == SMTP_STATE_UNKNOWN && m->pending_count == 0 && reply->code == 220);
    if (greeting) {
        greet(s, event, &p, reply);
    } else if (m->pending_count > 0) {
        answer(s, event, &p, reply);
    } else {
        unasked(s, event, &p, reply);
    }
    m->goodbye = reply->code == 221;
    if (reply->code == 421) {
        m->state = SMTP_STATE_CLOSED;
        m->pending_count = 0;
        m->in_auth = false;
    }
}
