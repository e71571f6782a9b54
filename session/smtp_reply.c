/* SPDX-License-Identifier: MIT */
/* What any reply must be: its code fits the command, its enhanced status codes fit the code, its
   lines are not too long. */
#include "session/smtp_internal.h"

static void report_line(struct session *s, const struct frame_unit *unit,
                        const struct smtp_reply_line *line, enum rule rule, const char *text)
{
    session_report(s, SIDE_SERVER, unit, line->off, 3, rule, text);
}

static bool is_hello(enum smtp_verb verb)
{
    return verb == SMTP_EHLO || verb == SMTP_HELO || verb == SMTP_LHLO;
}

/* RFC 3463 section 2: the position of a digit 0 that leads a sub-code; SIZE_MAX where there is
 * none. */
static size_t leading_zero(struct span status)
{
    for (size_t i = 2; i + 1 < status.len; i++) {
        if (status.ptr[i - 1] == '.' && status.ptr[i] == '0' && status.ptr[i + 1] != '.') {
            return i;
        }
    }
    return SIZE_MAX;
}

/* RFC 2034 section 4. pending: NULL for what answers nothing. */
static void judge_status(struct session *s, const struct frame_unit *unit,
                         const struct smtp_reply *reply, const struct smtp_pending *pending)
{
    struct smtp_session *m = &s->as.smtp;
    if (!smtp_session_offers(m, SMTP_EXT_ENHANCEDSTATUSCODES) || reply->code / 100 == 3 ||
        (pending != NULL && is_hello(pending->verb))) {
        return;
    }
    for (const struct smtp_reply_line *line = reply->lines; line != NULL; line = line->next) {
        uint64_t off = line->off + (line->separator != 0 ? 4 : 3);
        if (!line->enhanced.present) {
            session_report(s, SIDE_SERVER, unit, off, 0, RULE_SMTP_STATUS_MISSING,
                           "an enhanced status code");
            return;
        }
        size_t zero = leading_zero(line->enhanced.text);
        if (zero != SIZE_MAX) {
            session_report(s, SIDE_SERVER, unit, off + zero, 1, RULE_SMTP_STATUS_ZERO,
                           "no leading zero");
            return;
        }
        if (line->enhanced.status_class != line->code / 100) {
            session_report(s, SIDE_SERVER, unit, off, line->enhanced.text.len,
                           RULE_SMTP_STATUS_CLASS, "the class of the reply code");
            return;
        }
        if (!span_equal(line->enhanced.text, reply->enhanced.text)) {
            session_report(s, SIDE_SERVER, unit, off, line->enhanced.text.len,
                           RULE_SMTP_STATUS_LINES, "the status code of the first line");
            return;
        }
    }
}

/* RFC 4954 section 6: the status codes of the replies that are defined there. */
static void judge_auth_status(struct session *s, const struct frame_unit *unit,
                              const struct smtp_reply *reply)
{
    static const struct {
        unsigned code;
        const char *status;
    } wanted[] = {{235, "2.7.0"}, {432, "4.7.12"}, {534, "5.7.9"}, {535, "5.7.8"}, {538, "5.7.11"}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (reply->code == wanted[i].code && reply->enhanced.present &&
            !span_is(reply->enhanced.text, wanted[i].status)) {
            session_report(s, SIDE_SERVER, unit, reply->lines->off + 4, reply->enhanced.text.len,
                           RULE_SMTP_AUTH_STATUS, wanted[i].status);
        }
    }
}

/* The codes for failures of RFC 5321 section 4.2.3 and of the extensions that are known here. */
static bool is_listed_failure(unsigned code)
{
    static const uint16_t codes[] = {421, 432, 450, 451, 452, 454, 455, 458, 459, 500,
                                     501, 502, 503, 504, 521, 523, 524, 525, 530, 534,
                                     535, 538, 550, 551, 552, 553, 554, 555, 556, 557};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

/* RFC 5321 section 4.3.2: which codes of class 2 and 3 the texts list for a command. A failure may
   have any code that is listed for any command. */
static void judge_code(struct session *s, const struct frame_unit *unit,
                       const struct smtp_reply *reply, const struct smtp_pending *pending)
{
    const struct smtp_rules *rules = smtp_rules_of(pending->verb);
    unsigned wanted = pending->final_dot ? 250 : rules->codes[0];
    if (reply->code >= 400 && reply->code < 560 && !is_listed_failure(reply->code)) {
        report_line(s, unit, reply->lines, RULE_SMTP_REPLY_UNLISTED, "a code that is defined");
    }
    if (reply->code < 200 || reply->code >= 400 || rules->codes[0] == 0) {
        return;
    }
    for (size_t i = 0; i < 6 && !pending->final_dot; i++) {
        if (reply->code == rules->codes[i]) {
            return;
        }
        wanted = rules->codes[i] / 100 == reply->code / 100 ? rules->codes[i] : wanted;
    }
    if (pending->final_dot && reply->code == wanted) {
        return;
    }
    bool other_class = wanted / 100 != reply->code / 100U;
    report_line(s, unit, reply->lines,
                other_class ? RULE_SMTP_REPLY_UNEXPECTED : RULE_SMTP_REPLY_UNLISTED,
                pending->final_dot ? "250" : smtp_verb_text(pending->verb));
}

/* Commands that are required or announced must not be unknown (RFC 5321 section 4.2.4). */
static void judge_refusal(struct session *s, const struct frame_unit *unit,
                          const struct smtp_reply *reply, const struct smtp_pending *pending)
{
    struct smtp_session *m = &s->as.smtp;
    const struct smtp_rules *rules = smtp_rules_of(pending->verb);
    if ((reply->code != 500 && reply->code != 502) || pending->broken || s->held[SIDE_CLIENT] > 0) {
        return;
    }
    bool lmtp_hello = s->config.protocol == PROTOCOL_LMTP && is_hello(pending->verb);
    if (pending->parameter) {
        /* RFC 5321 section 4.1.1.9: a server SHOULD ignore it; 500 tells that this one does not. */
        return;
    }
    if (rules->required && !lmtp_hello && !pending->final_dot && pending->verb != SMTP_EHLO) {
        report_line(s, unit, reply->lines, RULE_SMTP_REQUIRED_COMMAND,
                    smtp_verb_text(pending->verb));
    } else if (rules->extension != SMTP_EXT_UNKNOWN && smtp_session_offers(m, rules->extension)) {
        report_line(s, unit, reply->lines, RULE_SMTP_LISTED_NOT_IMPLEMENTED,
                    smtp_extension_text(rules->extension));
    }
}

static void judge_lengths(struct session *s, const struct frame_unit *unit,
                          const struct smtp_reply *reply)
{
    for (const struct smtp_reply_line *line = reply->lines; line != NULL; line = line->next) {
        size_t len = 3 + (line->separator != 0 ? 1U : 0U) + line->text.len + 2;
        if (len > 512) {
            session_report(s, SIDE_SERVER, unit, line->off + 510, len - 512, RULE_SMTP_REPLY_LENGTH,
                           "at most 512 octets");
        }
        if (line->separator == 0 && line->code != 334) {
            session_report(s, SIDE_SERVER, unit, line->off + 3, 0, RULE_SMTP_REPLY_BARE_CODE,
                           "a space");
        }
    }
}

void smtp_judge_reply(struct session *s, const struct frame_unit *unit,
                      const struct smtp_reply *reply, const struct smtp_pending *pending)
{
    judge_lengths(s, unit, reply);
    judge_status(s, unit, reply, pending);
    if (pending != NULL) {
        judge_code(s, unit, reply, pending);
        judge_refusal(s, unit, reply, pending);
        if (pending->verb == SMTP_AUTH &&
            smtp_session_offers(&s->as.smtp, SMTP_EXT_ENHANCEDSTATUSCODES)) {
            judge_auth_status(s, unit, reply);
        }
    }
}
