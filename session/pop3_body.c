/* SPDX-License-Identifier: MIT */
#include "session/pop3_parts.h"

void pop3_body_open(struct session *s)
{
    struct pop3_session *p = &s->as.pop3;
    bool data = p->current.verb == POP3_RETR || p->current.verb == POP3_TOP;
    p->body = (struct pop3_body){.open = true, .data = data, .after_crlf = true};
    if (p->current.verb == POP3_LIST || p->current.verb == POP3_UIDL) {
        p->maildrop.listings++;
    }
}

/* --- lines ------------------------------------------------------------------------------------ */

static void take_mechanisms(struct pop3_capabilities *c, struct span parameters)
{
    struct span word;
    while (pop3_parameter_next(&parameters, &word)) {
        size_t space = c->mechanisms_len > 0 ? 1 : 0;
        if (word.len + space > sizeof c->mechanisms - c->mechanisms_len) {
            return;
        }
        if (space > 0) {
            c->mechanisms[c->mechanisms_len++] = ' ';
        }
        memcpy(c->mechanisms + c->mechanisms_len, word.ptr, word.len);
        c->mechanisms_len += word.len;
    }
}

static void take_capability(struct session *s, const struct frame_unit *unit,
                            const struct pop3_capability *capability)
{
    struct pop3_capabilities *c = &s->as.pop3.body.capabilities;
    c->tags |= 1U << (unsigned)capability->tag;
    if (capability->tag == POP3_CAPA_SASL) {
        take_mechanisms(c, capability->parameters);
    } else if (capability->tag == POP3_CAPA_UTF8) {
        c->utf8_user = capability->user;
    } else if (capability->tag == POP3_CAPA_EXPIRE) {
        c->expire = capability->number;
        c->expire_never = capability->never;
    } else if (capability->tag == POP3_CAPA_LOGIN_DELAY) {
        c->login_delay = capability->number;
    } else if (capability->tag == POP3_CAPA_STLS && s->tls) {
        session_report_unit(s, SIDE_SERVER, unit, RULE_POP3_STLS_OFFERED_IN_TLS,
                            "no STLS inside TLS");
    }
}

/* A line of LIST or UIDL: is it of a message that is there, and there once? */
static void judge_number(struct session *s, const struct frame_unit *unit, uint64_t number)
{
    struct pop3_maildrop *m = &s->as.pop3.maildrop;
    struct pop3_message *message = pop3_maildrop_get(s, number);
    s->as.pop3.body.entries++;
    if (m->has_total && number > m->total) {
        session_report_unit(s, SIDE_SERVER, unit, RULE_POP3_NO_SUCH_MESSAGE,
                            "a message-number of this maildrop");
    } else if (message != NULL && message->deleted) {
        session_report_unit(s, SIDE_SERVER, unit, RULE_POP3_DELETED_LISTED,
                            "no message that is deleted");
        s->as.pop3.body.listing_broken = true;
    } else if (message != NULL && message->listed == m->listings) {
        session_report_unit(s, SIDE_SERVER, unit, RULE_POP3_NO_SUCH_MESSAGE, "each message once");
        s->as.pop3.body.listing_broken = true;
    }
    if (message != NULL) {
        message->listed = m->listings;
    }
}

static void judge_line(struct session *s, const struct frame_unit *unit,
                       const struct pop3_line *line)
{
    switch (line->kind) {
    case POP3_LINE_SCAN:
        judge_number(s, unit, line->number);
        pop3_maildrop_size(s, unit, line->number, line->size);
        break;
    case POP3_LINE_UNIQUE_ID:
        if (line->number > 0) {
            judge_number(s, unit, line->number);
            pop3_maildrop_unique_id(s, unit, line->number, line->unique_id);
        } else {
            s->as.pop3.body.listing_broken = true;
        }
        break;
    case POP3_LINE_CAPABILITY:
        take_capability(s, unit, &line->capability);
        break;
    case POP3_LINE_TEXT:
    case POP3_LINE_LANGUAGE:
    case POP3_LINE_END:
        break;
    }
}

void pop3_body_line(struct session *s, struct session_event *event)
{
    struct pop3_session *p = &s->as.pop3;
    const struct pop3_reply_context context = {.verb = p->current.verb};
    struct parse parse;
    session_parse_init(s, SIDE_SERVER, &event->unit, &parse);
    enum parse_rc rc = pop3_parse_line(&parse, &context, &p->line);
    session_report_parse(s, SIDE_SERVER, &event->unit, &parse, rc);
    event->command = p->current.command;
    event->kind = rc == PARSE_OK ? EVENT_LINE : EVENT_BROKEN;
    if (rc != PARSE_OK) {
        p->body.listing_broken = true;
    } else if (p->line.kind == POP3_LINE_END) {
        event->kind = EVENT_DATA_END;
        pop3_body_end(s, &event->unit);
    } else {
        event->value.pop3_line = &p->line;
        judge_line(s, &event->unit, &p->line);
    }
}

/* --- message data ----------------------------------------------------------------------------- */

/* RFC 6856 section 2.1: in a header, where the server knows UTF8 and it is not in force. */
static void judge_high(struct session *s, const struct frame_unit *unit, struct span octets)
{
    struct pop3_session *p = &s->as.pop3;
    struct pop3_body *b = &p->body;
    if (b->in_body || b->high_told || p->utf8 ||
        !pop3_capabilities_has(&p->capabilities, POP3_CAPA_UTF8)) {
        return;
    }
    for (size_t i = 0; i < octets.len; i++) {
        if (octets.ptr[i] >= 0x80) {
            b->high_told = true;
            session_report(s, SIDE_SERVER, unit,
                           unit->off + (uint64_t)(octets.ptr + i - unit->octets.ptr), 1,
                           RULE_POP3_UTF8_NOT_ENABLED, "ASCII, or -ERR [UTF8]");
            return;
        }
    }
}

/* The line's LF stands at this position of the unit. */
static void end_line(struct session *s, const struct frame_unit *unit, size_t pos)
{
    struct pop3_body *b = &s->as.pop3.body;
    bool crlf = b->last == '\r';
    uint64_t len = b->line_len - (crlf ? 1 : 0);
    if (!crlf && !b->crlf_told) {
        b->crlf_told = true;
        session_report(s, SIDE_SERVER, unit, unit->off + pos, 1, RULE_POP3_LINE_CRLF,
                       "CR before LF");
    }
    if (b->in_body) {
        b->lines++;
    } else {
        b->in_body = len == 0;
    }
    b->dot_lf_end = b->first == '.' && len == 1;
    b->after_crlf = crlf;
    b->line_len = 0;
    b->octets++;
    b->last = '\n';
}

/* The dot that a line begins with; the octet behind it stands at pos. */
static void judge_dot(struct session *s, const struct frame_unit *unit, size_t pos)
{
    struct pop3_body *b = &s->as.pop3.body;
    b->dot = false;
    if (unit->octets.ptr[pos] != '.') {
        session_report(s, SIDE_SERVER, unit, unit->off + pos, 1, RULE_POP3_DOT_STUFFING,
                       "a second dot");
    }
}

/* The octets of a line up to its LF; returns where it goes on. */
static size_t take_line(struct session *s, const struct frame_unit *unit, struct span octets,
                        size_t pos)
{
    struct pop3_body *b = &s->as.pop3.body;
    if (b->line_len == 0) {
        b->first = octets.ptr[pos];
        if (b->after_crlf && b->first == '.') {
            b->dot = true;
            b->line_len = 1;
            b->last = '.';
            return pos + 1;
        }
    }
    if (b->dot) {
        judge_dot(s, unit, pos);
    }
    const uint8_t *lf = memchr(octets.ptr + pos, '\n', octets.len - pos);
    size_t end = lf == NULL ? octets.len : (size_t)(lf - octets.ptr);
    if (end > pos) {
        judge_high(s, unit, span_sub(octets, pos, end - pos));
        b->octets += end - pos;
        b->line_len += end - pos;
        b->last = octets.ptr[end - 1];
    }
    if (lf != NULL) {
        end_line(s, unit, end);
        end++;
    }
    return end;
}

void pop3_body_piece(struct session *s, struct session_event *event)
{
    struct pop3_session *p = &s->as.pop3;
    struct span octets = event->unit.octets;
    event->command = p->current.command;
    event->kind = event->unit.last ? EVENT_DATA_END : EVENT_DATA;
    /* The final "." CRLF is no part of the message. */
    octets.len -= event->unit.last ? 3 : 0;
    for (size_t pos = 0; pos < octets.len;) {
        pos = take_line(s, &event->unit, octets, pos);
    }
    if (event->unit.last) {
        pop3_body_end(s, &event->unit);
    }
}

/* --- the end ---------------------------------------------------------------------------------- */

/* Where the final line stands. */
static void report_end(struct session *s, const struct frame_unit *unit, enum rule rule,
                       const char *text)
{
    uint64_t len = unit->octets.len < 3 ? unit->octets.len : 3;
    session_report(s, SIDE_SERVER, unit, unit->off + unit->octets.len - len, len, rule, text);
}

/* A message whose last line has no CRLF on the server is sent with one more than it has. */
static void judge_message(struct session *s, const struct frame_unit *unit,
                          struct pop3_message *message)
{
    struct pop3_session *p = &s->as.pop3;
    const struct pop3_body *b = &p->body;
    /* Whoever shortens a message in a log leaves out more than what line ends can explain. */
    bool shortened = s->config.rebuilt && b->octets + 2 * b->lines < message->size;
    if (message->has_size && !shortened && b->octets != message->size &&
        b->octets != message->size + 2) {
        bool utf8 = pop3_capabilities_has(&p->capabilities, POP3_CAPA_UTF8);
        report_end(s, unit, utf8 ? RULE_POP3_MESSAGE_SIZE_UTF8 : RULE_POP3_MESSAGE_SIZE,
                   "as many octets as LIST said");
    }
    message->has_body_lines = b->lines <= UINT32_MAX;
    message->body_lines = (uint32_t)b->lines;
}

static void judge_top(struct session *s, const struct frame_unit *unit,
                      const struct pop3_message *message)
{
    const struct pop3_session *p = &s->as.pop3;
    const struct pop3_body *b = &p->body;
    uint64_t want = p->current.lines;
    if (b->lines > want) {
        report_end(s, unit, RULE_POP3_TOP_LINES, "no more lines than asked for");
    } else if (b->lines < want && message != NULL && message->has_body_lines &&
               b->lines < message->body_lines) {
        report_end(s, unit, RULE_POP3_TOP_LINES, "as many lines as asked for");
    }
}

/* RFC 2449 section 5: what was announced before login is announced after it too. STLS is announced
   where it is permitted (RFC 2595 section 4). */
static void judge_capabilities(struct session *s, const struct frame_unit *unit)
{
    struct pop3_session *p = &s->as.pop3;
    const uint32_t exempt = 1U << POP3_CAPA_STLS | 1U << POP3_CAPA_UNKNOWN;
    p->capabilities = p->body.capabilities;
    p->capabilities.known = true;
    if (p->state <= POP3_STATE_AUTHORIZATION) {
        p->tags_before_login = p->capabilities.tags;
        p->known_before_login = true;
    } else if (p->known_before_login &&
               (p->tags_before_login & ~p->capabilities.tags & ~exempt) != 0) {
        report_end(s, unit, RULE_POP3_CAPA_MISSING, "all capabilities from before the login");
    }
}

void pop3_body_end(struct session *s, const struct frame_unit *unit)
{
    struct pop3_session *p = &s->as.pop3;
    struct pop3_message *message =
        p->body.data && p->current.has_number ? pop3_maildrop_get(s, p->current.number) : NULL;
    p->body.open = false;
    if (p->current.verb == POP3_CAPA) {
        judge_capabilities(s, unit);
    } else if (p->current.verb == POP3_LIST || p->current.verb == POP3_UIDL) {
        pop3_maildrop_listed(s, unit);
    } else if (p->current.verb == POP3_RETR && message != NULL) {
        judge_message(s, unit, message);
    } else if (p->current.verb == POP3_TOP && !p->current.broken) {
        judge_top(s, unit, message);
    }
}
