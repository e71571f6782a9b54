/* SPDX-License-Identifier: MIT */
/* The answer to EHLO, LHLO and HELO: what is announced, and whether it may be. */
#include "session/smtp_internal.h"

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
    caps->auth_equals = false;
    caps->extensions = ehlo->extensions;
    caps->size = 0;
    caps->auth = (struct span){0};
    for (const struct smtp_ehlo_line *line = ehlo->lines; line != NULL; line = line->next) {
        if (line->extension == SMTP_EXT_SIZE && line->has_size) {
            caps->size = line->size;
        }
        caps->auth_equals =
            caps->auth_equals || span_starts_nocase(line->keyword, SPAN_LIT("AUTH="));
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

/* Keywords that have no parameters, and where that stands; NULL for the others. */
static const char *no_parameters(enum smtp_extension extension)
{
    static const char *const texts[SMTP_EXT_COUNT] = {
        [SMTP_EXT_8BITMIME] = "no parameter (RFC 6152 section 2)",
        [SMTP_EXT_BINARYMIME] = "no parameter (RFC 3030 section 3)",
        [SMTP_EXT_DSN] = "no parameter (RFC 3461 section 2)",
        [SMTP_EXT_ENHANCEDSTATUSCODES] = "no parameter (RFC 2034 section 3)",
        [SMTP_EXT_ETRN] = "no parameter (RFC 1985 section 2)",
        [SMTP_EXT_PIPELINING] = "no parameter (RFC 2920 section 2)",
        [SMTP_EXT_REQUIRETLS] = "no parameter (RFC 8689 section 7)",
        [SMTP_EXT_STARTTLS] = "no parameter (RFC 3207 section 2)",
    };
    return texts[extension];
}

/* RFC 6710 section 7: mt-priority-ehlo = "MT-PRIORITY" [SP priority-profile] */
static bool is_priority_profile(struct span params)
{
    bool good = params.len <= 20;
    for (size_t i = 0; i < params.len; i++) {
        uint8_t c = params.ptr[i];
        good = good && (octet_is(c, CLASS_ALPHA | CLASS_DIGIT) || c == '-' || c == '_' || c == '.');
    }
    return good;
}

static void judge_parameters(struct session *s, const struct frame_unit *unit,
                             const struct smtp_ehlo_line *line)
{
    enum smtp_extension extension = line->extension;
    if (extension == SMTP_EXT_SMTPUTF8 && line->params.len > 0) {
        report_keyword(s, unit, line, RULE_SMTP_EHLO_UTF8_PARAM, "no parameters");
    } else if (extension == SMTP_EXT_AUTH && line->params.len == 0 && line->keyword.len == 4) {
        report_keyword(s, unit, line, RULE_SMTP_EHLO_AUTH_NONE, "a mechanism");
    } else if (extension == SMTP_EXT_MT_PRIORITY && !is_priority_profile(line->params)) {
        report_keyword(s, unit, line, RULE_SMTP_EHLO_NO_PARAM,
                       "one name of a policy (RFC 6710 section 7)");
    } else if (no_parameters(extension) != NULL && line->params.len > 0) {
        report_keyword(s, unit, line, RULE_SMTP_EHLO_NO_PARAM, no_parameters(extension));
    }
}

static bool stands_before(const struct smtp_ehlo *ehlo, const struct smtp_ehlo_line *line)
{
    for (const struct smtp_ehlo_line *l = ehlo->lines; l != line; l = l->next) {
        if (span_equal_nocase(l->keyword, line->keyword)) {
            return true;
        }
    }
    return false;
}

static void judge_keywords(struct session *s, const struct frame_unit *unit,
                           const struct smtp_ehlo *ehlo)
{
    enum { COMPARED_MAX = 256 };
    unsigned count = 0;
    for (const struct smtp_ehlo_line *line = ehlo->lines; line != NULL; line = line->next) {
        if (line->extension == SMTP_EXT_STARTTLS && s->tls) {
            report_keyword(s, unit, line, RULE_SMTP_STARTTLS_LISTED, "TLS is active");
        }
        if (line->extension == SMTP_EXT_BINARYMIME &&
            !smtp_extensions_has(ehlo->extensions, SMTP_EXT_CHUNKING)) {
            report_keyword(s, unit, line, RULE_SMTP_BINARYMIME_CHUNKING, "CHUNKING");
        }
        if (line->extension == SMTP_EXT_SMTPUTF8 &&
            !smtp_extensions_has(ehlo->extensions, SMTP_EXT_8BITMIME)) {
            report_keyword(s, unit, line, RULE_SMTP_UTF8_8BITMIME, "8BITMIME");
        }
        judge_parameters(s, unit, line);
        if (count++ < COMPARED_MAX && stands_before(ehlo, line)) {
            report_keyword(s, unit, line, RULE_SMTP_EHLO_TWICE, "each keyword once");
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

static struct span first_word(struct span text)
{
    struct span word = text;
    for (word.len = 0; word.len < text.len && word.ptr[word.len] != ' ';) {
        word.len++;
    }
    return word;
}

void smtp_take_helo(struct session *s, const struct frame_unit *unit,
                    const struct smtp_reply *reply)
{
    const struct smtp_reply_line *line = reply->lines;
    struct smtp_host host;
    struct parse p;
    s->as.smtp.capabilities = (struct smtp_capabilities){.known = true};
    parse_init(&p, first_word(line->text), 0, NULL);
    if (smtp_parse_host(&p, &host) != PARSE_OK || !parse_at_end(&p)) {
        session_report(s, SIDE_SERVER, unit, line->off, 3, RULE_SMTP_HELO_DOMAIN,
                       "the server's name");
    }
    if (line->next != NULL) {
        struct span word = first_word(line->next->text);
        if (smtp_extension_by_name(word) != SMTP_EXT_UNKNOWN) {
            session_report(s, SIDE_SERVER, unit, line->next->off, 4 + word.len,
                           RULE_SMTP_HELO_EXTENDED, "one line");
        }
    }
}
