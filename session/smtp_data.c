/* SPDX-License-Identifier: MIT */
/* Message data of DATA and BDAT: line ends, line lengths, 8-bit octets. Each fault is reported
   once in a message, where it first stands. */
#include "session/smtp_internal.h"

enum fault { FAULT_BARE_LF, FAULT_BARE_CR, FAULT_8BIT, FAULT_LONG, FAULT_COUNT };
enum { TEXT_LINE_MAX = 1000 };

static const enum rule fault_rules[FAULT_COUNT] = {
    [FAULT_BARE_LF] = RULE_SMTP_DATA_BARE_LF,
    [FAULT_BARE_CR] = RULE_SMTP_DATA_BARE_CR,
    [FAULT_8BIT] = RULE_SMTP_DATA_8BIT,
    [FAULT_LONG] = RULE_SMTP_TEXT_LENGTH,
};

static const char *const fault_texts[FAULT_COUNT] = {
    [FAULT_BARE_LF] = "CR before LF",
    [FAULT_BARE_CR] = "LF behind CR",
    [FAULT_8BIT] = "7-bit text, or BODY=8BITMIME with MAIL",
    [FAULT_LONG] = "a shorter line",
};

/* Where each fault first stands in the unit; SIZE_MAX: nowhere. */
struct faults {
    size_t pos[FAULT_COUNT];
};

void smtp_data_begin(struct session *s)
{
    struct smtp_session *m = &s->as.smtp;
    m->data_cr = false;
    m->data_dot = false;
    m->data_line = 0;
    m->data_reported = 0;
}

static void note(struct faults *faults, enum fault fault, size_t pos)
{
    if (pos < faults->pos[fault]) {
        faults->pos[fault] = pos;
    }
}

/* Reports what is new in this message, in the order of the octets. */
static void report(struct session *s, const struct frame_unit *unit, struct faults *faults)
{
    struct smtp_session *m = &s->as.smtp;
    for (;;) {
        unsigned first = 0;
        for (unsigned i = 0; i < FAULT_COUNT; i++) {
            first = faults->pos[i] < faults->pos[first] ? i : first;
        }
        size_t pos = faults->pos[first];
        if (pos == SIZE_MAX) {
            return;
        }
        faults->pos[first] = SIZE_MAX;
        if ((m->data_reported >> first & 1) == 0) {
            m->data_reported |= 1U << first;
            session_report(s, SIDE_CLIENT, unit, unit->off + pos, 1, fault_rules[first],
                           fault_texts[first]);
        }
    }
}

/* The first octet above 127, or the end. */
static size_t find_8bit(struct span octets)
{
    size_t pos = 0;
    while (pos + 8 <= octets.len) {
        uint64_t eight;
        memcpy(&eight, octets.ptr + pos, 8);
        if ((eight & 0x8080808080808080U) != 0) {
            break;
        }
        pos += 8;
    }
    while (pos < octets.len && octets.ptr[pos] < 0x80) {
        pos++;
    }
    return pos;
}

/* The first octet in [pos, end) that stands behind a CR and is not LF. */
static void find_bare_cr(struct span octets, size_t pos, size_t end, struct faults *faults)
{
    while (pos < end) {
        const uint8_t *cr = memchr(octets.ptr + pos, '\r', end - pos);
        if (cr == NULL) {
            return;
        }
        pos = (size_t)(cr - octets.ptr) + 1;
        if (pos < octets.len && octets.ptr[pos] != '\n') {
            note(faults, FAULT_BARE_CR, pos);
            return;
        }
    }
}

/* One line or the part of it that is here: [start, end), LF included when has_lf. */
static void judge_line(struct smtp_session *m, struct span octets, size_t start, size_t end,
                       struct faults *faults)
{
    const uint8_t *ptr = octets.ptr;
    bool has_lf = ptr[end - 1] == '\n';
    if (m->data_line == 0) {
        m->data_dot = m->in_data && ptr[start] == '.';
    }
    uint64_t most = TEXT_LINE_MAX + (m->data_dot ? 1U : 0U);
    uint64_t len = m->data_line + (end - start);
    if (len > most && m->data_line <= most) {
        note(faults, FAULT_LONG, start + (size_t)(most - m->data_line));
    }
    if (m->data_cr && ptr[start] != '\n') {
        note(faults, FAULT_BARE_CR, start);
    }
    if (has_lf && !(end - start > 1 ? ptr[end - 2] == '\r' : m->data_cr)) {
        note(faults, FAULT_BARE_LF, end - 1);
    }
    find_bare_cr(octets, start, end, faults);
    m->data_cr = ptr[end - 1] == '\r';
    m->data_line = has_lf ? 0 : len;
}

/* The octets may have the high-order bit set: BODY or SMTPUTF8 said so, or the MAIL command may
   not have been seen. */
static bool may_be_8bit(const struct session *s)
{
    const struct smtp_session *m = &s->as.smtp;
    return s->config.excerpt || (m->in_data ? m->body != SMTP_BODY_7BIT || m->utf8
                                            : m->sent_body != SMTP_BODY_7BIT || m->sent_utf8);
}

static void judge_data(struct session *s, const struct frame_unit *unit)
{
    struct smtp_session *m = &s->as.smtp;
    struct span octets = unit->octets;
    if ((m->in_data ? m->body : m->sent_body) == SMTP_BODY_BINARYMIME) {
        return;
    }
    struct faults faults;
    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        faults.pos[i] = SIZE_MAX;
    }
    for (size_t pos = 0; pos < octets.len;) {
        const uint8_t *lf = memchr(octets.ptr + pos, '\n', octets.len - pos);
        size_t end = lf == NULL ? octets.len : (size_t)(lf - octets.ptr) + 1;
        judge_line(m, octets, pos, end, &faults);
        pos = end;
    }
    size_t high = may_be_8bit(s) ? octets.len : find_8bit(octets);
    if (high < octets.len) {
        note(&faults, FAULT_8BIT, high);
    }
    report(s, unit, &faults);
}

/* RFC 2033 section 4.2: after the final dot there is one reply for each accepted recipient. */
static void end_data(struct session *s)
{
    struct smtp_session *m = &s->as.smtp;
    bool lmtp = s->config.protocol == PROTOCOL_LMTP;
    m->in_data = false;
    m->sent_mail = false;
    m->sent_recipient = false;
    if (!m->data_answered) {
        const struct smtp_pending pending = {.command = m->command,
                                             .verb = SMTP_DATA,
                                             .final_dot = true,
                                             .replies =
                                                 lmtp && m->recipients > 0 ? m->recipients : 1};
        (void)smtp_pending_push(m, &pending);
    }
    m->data_answered = false;
}

void smtp_data_unit(struct session *s, struct session_event *event)
{
    struct smtp_session *m = &s->as.smtp;
    event->kind = event->unit.last ? EVENT_DATA_END : EVENT_DATA;
    event->command = m->command;
    judge_data(s, &event->unit);
    if (event->unit.last && m->in_data) {
        end_data(s);
    } else if (event->unit.last) {
        m->in_chunk = false;
        m->chunk_answered = false;
    }
}
