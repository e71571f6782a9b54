/* SPDX-License-Identifier: MIT */
#include "session/session.h"

enum { DEFAULT_UNIT_LIMIT = 64 * 1024 * 1024 };

/* What each protocol brings; one row for each enum protocol. */
static const struct {
    void (*init)(struct session *s);
    int (*mode)(struct session *s, enum side from);
    void (*unit)(struct session *s, enum side from, struct session_event *event);
    void (*end)(struct session *s, enum side from, struct span rest);
    void (*tls)(struct session *s, bool ok);
    bool (*owes)(const struct session *s);
    /* Octets that a side sent although it has to wait; may be NULL. */
    void (*early)(struct session *s, enum side from, struct span octets);
} protocols[] = {
#define SMTP                                                                                       \
    {                                                                                              \
        smtp_session_init, smtp_session_mode, smtp_session_unit, smtp_session_end,                 \
            smtp_session_tls, smtp_session_owes, NULL                                              \
    }
    [PROTOCOL_SMTP] = SMTP,
    [PROTOCOL_SUBMISSION] = SMTP,
    [PROTOCOL_LMTP] = SMTP,
    [PROTOCOL_POP3] = {pop3_session_init, pop3_session_mode, pop3_session_unit, pop3_session_end,
                       pop3_session_tls, pop3_session_owes, pop3_session_early},
    [PROTOCOL_IMAP] = {imap_session_init, imap_session_mode, imap_session_unit, imap_session_end,
                       imap_session_tls, imap_session_owes, NULL},
#undef SMTP
};

void session_init(struct session *s, const struct session_config *config)
{
    /* The protocol's own part, by far the largest, is its to set. */
    memset(s, 0, offsetof(struct session, as));
    s->config = *config;
    s->tls = config->tls;
    arena_init(&s->memory, config->memory, config->memory_len);
    size_t half = config->scratch_len / 2;
    for (size_t side = 0; side < 2; side++) {
        frame_init(&s->frame[side]);
        s->frame[side].literal_keep = config->literal_keep;
        s->frame[side].limit = config->unit_limit > 0 ? config->unit_limit : DEFAULT_UNIT_LIMIT;
        void *block = config->scratch == NULL ? NULL : (uint8_t *)config->scratch + side * half;
        arena_init(&s->scratch[side], block, half);
    }
    protocols[config->protocol].init(s);
}

/* RFC 5321 section 2.3.8: implementations "MUST NOT recognize or generate any other character or
   character sequence as a line terminator" than CRLF. To a server that keeps to that, a line that
   ends in LF alone and the next one are one line and get one reply; others split it as we do.
   Which it was nobody can tell before the first whole line that the client sends after an answer
   (not one that was held back until then): up to it what the server breaks may be a consequence.
   Pieces of message data are no answer before the last one. */
static void note_half_line(struct session *s, enum side from, const struct frame_unit *unit,
                           bool held)
{
    struct span octets = unit->octets;
    bool line = unit->mode == FRAME_MODE_LINE || unit->mode == FRAME_MODE_IMAP;
    if (from == SIDE_SERVER) {
        s->unsure_heard = s->unsure_heard || unit->mode != FRAME_MODE_DOT || unit->last;
        return;
    }
    if (!line || octets.len == 0) {
        return;
    }
    struct span end = span_from(octets, unit->line_start);
    bool crlf = end.len > 1 && end.ptr[end.len - 2] == '\r';
    bool half = octets.ptr[octets.len - 1] == '\n' && !crlf;
    if (half || s->half_line) {
        s->unsure = true;
        s->unsure_heard = false;
    }
    s->afresh = s->unsure && s->unsure_heard && !half && !held;
    s->unsure = s->unsure && !s->afresh;
    s->after_half = s->half_line;
    s->half_line = half;
}

enum session_rc session_step(struct session *s, enum side from, struct span buffer,
                             struct session_event *out)
{
    *out = (struct session_event){.side = from};
    int rc = protocols[s->config.protocol].mode(s, from);
    s->held[from] = rc == SESSION_WAIT ? buffer.len : s->held[from];
    if (rc == SESSION_WAIT && protocols[s->config.protocol].early != NULL) {
        protocols[s->config.protocol].early(s, from, buffer);
    }
    if (rc != SESSION_EVENT) {
        return (enum session_rc)rc;
    }
    switch (frame_next(&s->frame[from], buffer, &out->unit)) {
    case FRAME_MORE:
        s->held[from] = s->frame[from].sync == FRAME_SYNC_WAIT ? buffer.len : 0;
        return s->frame[from].sync == FRAME_SYNC_WAIT ? SESSION_WAIT : SESSION_MORE;
    case FRAME_DISCARD:
        return SESSION_DISCARD;
    case FRAME_OK:
    case FRAME_TOO_LONG:
        break;
    }
    size_t len = out->unit.octets.len;
    bool held = s->held[from] > 0;
    s->held[from] = len < s->held[from] ? s->held[from] - len : 0;
    s->findings = 0;
    note_half_line(s, from, &out->unit, held);
    protocols[s->config.protocol].unit(s, from, out);
    out->findings = s->findings;
    return SESSION_EVENT;
}

void session_end(struct session *s, enum side from, struct span buffer)
{
    protocols[s->config.protocol].end(s, from, buffer);
}

bool session_owes(const struct session *s)
{
    return protocols[s->config.protocol].owes(s);
}

void session_tls_started(struct session *s, bool ok)
{
    s->tls = s->tls || ok;
    for (int side = SIDE_CLIENT; ok && side <= SIDE_SERVER; side++) {
        frame_restart(&s->frame[side]);
    }
    protocols[s->config.protocol].tls(s, ok);
}

void session_compress_started(struct session *s)
{
    s->as.imap.compress = true;
}

void session_report(struct session *s, enum side side, const struct frame_unit *unit, uint64_t off,
                    size_t len, enum rule rule, const char *text)
{
    const struct finding finding = {.rule = rule,
                                    .side = side,
                                    .off = off,
                                    .len = len,
                                    .unit = unit->octets,
                                    .unit_off = unit->off,
                                    .text = text,
                                    .consequence = s->lost || (s->unsure && side == SIDE_SERVER)};
    if (!finding.consequence) {
        s->findings++;
    }
    if (s->config.finding != NULL) {
        s->config.finding(s->config.context, &finding);
    }
}

void session_report_unit(struct session *s, enum side side, const struct frame_unit *unit,
                         enum rule rule, const char *text)
{
    session_report(s, side, unit, unit->off, unit->octets.len, rule, text);
}

void session_report_parse(struct session *s, enum side side, const struct frame_unit *unit,
                          const struct parse *p, enum parse_rc rc)
{
    uint64_t last = UINT64_MAX;
    for (const struct deviation *d = p->deviations; d != NULL; d = d->next) {
        /* What comes second at the same octet follows from the first. */
        if (d->off != last) {
            session_report(s, side, unit, d->off, d->len, d->rule, d->text);
        }
        last = d->off;
    }
    if (rc != PARSE_OK && p->err.rule != RULE_NONE && p->err.off != last) {
        session_report(s, side, unit, p->err.off, 1, p->err.rule, p->err.expected);
    }
}

void session_parse_init(struct session *s, enum side side, const struct frame_unit *unit,
                        struct parse *p)
{
    arena_release(&s->scratch[side], 0);
    parse_init(p, unit->octets, unit->off, &s->scratch[side]);
    p->quirks = QUIRKS_ALL;
    p->gaps = unit->gaps;
    p->gap_count = unit->gap_count;
}
