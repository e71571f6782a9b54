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

/* RFC 5321 section 4.3.2: which codes of class 2 and 3 the texts list for a command. A failure may
   have any code. */
static void judge_code(struct session *s, const struct frame_unit *unit,
                       const struct smtp_reply *reply, const struct smtp_pending *pending)
{
    const struct smtp_rules *rules = smtp_rules_of(pending->verb);
    unsigned wanted = pending->final_dot ? 250 : rules->codes[0];
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
    }
}

static void copy_text(struct smtp_capabilities *caps, size_t *len, struct span text, uint8_t end)
{
    if (text.len + 1 <= sizeof caps->text - *len) {
        memcpy(caps->text + *len, text.ptr, text.len);
        caps->text[*len + text.len] = end;
        *len += text.len + 1;
    }
}

/* Copies what is offered into the session, as the reply does not stay. */
static void keep_capabilities(struct smtp_session *m, const struct smtp_ehlo *ehlo)
{
    struct smtp_capabilities *caps = &m->capabilities;
    size_t len = 0;
    caps->known = true;
    caps->extended = true;
    caps->extensions = ehlo->extensions;
    caps->size = 0;
    caps->auth = (struct span){0};
    for (const struct smtp_ehlo_line *line = ehlo->lines; line != NULL; line = line->next) {
        if (line->extension == SMTP_EXT_SIZE && line->has_size) {
            caps->size = line->size;
        }
        struct span text = {line->keyword.ptr,
                            line->keyword.len + (line->params.len > 0 ? 1 + line->params.len : 0)};
        size_t start = len;
        copy_text(caps, &len, text, '\n');
        if (line->extension == SMTP_EXT_AUTH && len > start && line->params.len > 0) {
            caps->auth =
                (struct span){caps->text + start + line->keyword.len + 1, line->params.len};
        }
    }
    caps->lines = (struct span){caps->text, len};
}

static void report_keyword(struct session *s, const struct frame_unit *unit,
                           const struct smtp_ehlo_line *line, enum rule rule, const char *text)
{
    session_report(s, SIDE_SERVER, unit, line->off, line->keyword.len, rule, text);
}

static void judge_keywords(struct session *s, const struct frame_unit *unit,
                           const struct smtp_ehlo *ehlo)
{
    for (const struct smtp_ehlo_line *line = ehlo->lines; line != NULL; line = line->next) {
        if (line->extension == SMTP_EXT_STARTTLS && s->tls) {
            report_keyword(s, unit, line, RULE_SMTP_STARTTLS_LISTED, "TLS is active");
        }
        if (line->extension == SMTP_EXT_SMTPUTF8 && line->params.len > 0) {
            report_keyword(s, unit, line, RULE_SMTP_EHLO_UTF8_PARAM, "no parameters");
        }
        if (line->extension == SMTP_EXT_BINARYMIME &&
            !smtp_extensions_has(ehlo->extensions, SMTP_EXT_CHUNKING)) {
            report_keyword(s, unit, line, RULE_SMTP_BINARYMIME_CHUNKING, "CHUNKING");
        }
    }
}

void smtp_take_ehlo(struct session *s, const struct frame_unit *unit, struct parse *p,
                    const struct smtp_reply *reply)
{
    struct smtp_ehlo ehlo;
    const struct deviation *before = p->last_deviation;
    enum parse_rc rc = smtp_parse_ehlo_ok_rsp(p, reply, &ehlo);
    const struct deviation *d = before == NULL ? p->deviations : before->next;
    for (; d != NULL; d = d->next) {
        session_report(s, SIDE_SERVER, unit, d->off, d->len, d->rule, d->text);
    }
    if (rc != PARSE_OK) {
        session_report(s, SIDE_SERVER, unit, p->err.off, 0, p->err.rule, p->err.expected);
    }
    judge_keywords(s, unit, &ehlo);
    if (s->config.protocol == PROTOCOL_LMTP &&
        (!smtp_extensions_has(ehlo.extensions, SMTP_EXT_PIPELINING) ||
         !smtp_extensions_has(ehlo.extensions, SMTP_EXT_ENHANCEDSTATUSCODES))) {
        session_report_unit(s, SIDE_SERVER, unit, RULE_SMTP_LMTP_EXTENSIONS,
                            "PIPELINING and ENHANCEDSTATUSCODES");
    }
    keep_capabilities(&s->as.smtp, &ehlo);
}
