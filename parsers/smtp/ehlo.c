/* SPDX-License-Identifier: MIT */
#include "parsers/smtp/ehlo.h"

static const char *const keywords[SMTP_EXT_COUNT] = {[SMTP_EXT_UNKNOWN] = "",
#define EXTENSION_TEXT(id, keyword) [SMTP_EXT_##id] = (keyword),
                                                     SMTP_EXTENSIONS(EXTENSION_TEXT)
#undef EXTENSION_TEXT
};

const char *smtp_extension_text(enum smtp_extension extension)
{
    return keywords[extension];
}

enum smtp_extension smtp_extension_by_name(struct span keyword)
{
    for (unsigned i = 1; i < SMTP_EXT_COUNT; i++) {
        if (span_is(keyword, keywords[i])) {
            return (enum smtp_extension)i;
        }
    }
    return SMTP_EXT_UNKNOWN;
}

/* RFC 5321 section 4.1.1.1: ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
   Any text without spaces under QUIRK_SMTP_EHLO_KEYWORD and QUIRK_SMTP_EHLO_AUTH_EQUALS. */
static enum parse_rc parse_ehlo_keyword(struct parse *p, struct smtp_ehlo_line *out)
{
    size_t start = p->pos;
    struct span word = parse_run(p, CLASS_ESMTP_KEYWORD);
    int c = parse_peek(p);
    bool ended = c < 0 || c == ' ';
    if (word.len > 0 && word.ptr[0] != '-' && ended) {
        out->keyword = word;
        out->extension = smtp_extension_by_name(word);
        return PARSE_OK;
    }
    size_t bad = word.len > 0 && word.ptr[0] == '-' ? start : p->pos;
    (void)parse_run(p, CLASS_VCHAR | CLASS_HIGH);
    out->keyword = parse_since(p, start);
    bool equals = span_is(word, "AUTH") && c == '=';
    return parse_quirk(p, equals ? QUIRK_SMTP_EHLO_AUTH_EQUALS : QUIRK_SMTP_EHLO_KEYWORD, bad,
                       p->pos > bad ? 1 : 0, "a letter, digit or hyphen");
}

/* RFC 1870 section 3: size-param ::= [1*DIGIT] */
static enum parse_rc parse_size_param(struct parse *p, struct smtp_ehlo_line *out)
{
    for (size_t i = 0; i < out->params.len; i++) {
        uint8_t c = out->params.ptr[i];
        if (!octet_is(c, CLASS_DIGIT)) {
            out->size = 0;
            return parse_quirk(p, QUIRK_SMTP_EHLO_SIZE, p->pos - out->params.len + i,
                               out->params.len - i, "digits");
        }
        uint64_t digit = (uint64_t)(c - '0');
        out->size = out->size > (UINT64_MAX - digit) / 10 ? UINT64_MAX : out->size * 10 + digit;
    }
    out->has_size = out->params.len > 0;
    return PARSE_OK;
}

/* RFC 4954 section 3: the parameters of AUTH are a list of SASL mechanisms, whose names are in
   upper case (RFC 4422 section 3.1: mech-char = UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE). */
static enum parse_rc parse_auth_params(struct parse *p, const struct smtp_ehlo_line *line)
{
    size_t run = 0;
    for (size_t i = 0; i < line->params.len; i++) {
        uint8_t c = line->params.ptr[i];
        run = c == ' ' ? 0 : run + 1;
        bool small = c >= 'a' && c <= 'z';
        if (run > 20 || (c != ' ' && (small || !octet_is(c, CLASS_SASL_MECH)))) {
            return parse_quirk(p, QUIRK_SMTP_EHLO_AUTH, p->pos - line->params.len + i, 1,
                               "a mechanism's name");
        }
    }
    return PARSE_OK;
}

/* RFC 5321 section 4.1.1.1: ehlo-param = 1*(%d33-126)
 *( SP ehlo-param ) with other octets and spaces under QUIRK_SMTP_EHLO_PARAM. */
static enum parse_rc parse_ehlo_params(struct parse *p, struct smtp_ehlo_line *out)
{
    if (!parse_octet(p, ' ')) {
        return PARSE_OK;
    }
    size_t start = p->pos;
    size_t bad = SIZE_MAX;
    while (bad == SIZE_MAX) {
        if (parse_run(p, CLASS_VCHAR).len == 0 || !(parse_at_end(p) || parse_peek(p) == ' ')) {
            bad = p->pos;
        }
        if (!parse_octet(p, ' ')) {
            break;
        }
    }
    p->pos = p->in.len;
    out->params = parse_since(p, start);
    return bad == SIZE_MAX
               ? PARSE_OK
               : parse_quirk(p, QUIRK_SMTP_EHLO_PARAM, bad, bad < p->pos ? 1 : 0, "a parameter");
}

/* RFC 5321 section 4.1.1.1: ehlo-line = ehlo-keyword *( SP ehlo-param ) */
static enum parse_rc parse_ehlo_line(struct parse *p, struct smtp_ehlo_line *out)
{
    out->off = parse_offset(p, p->pos);
    enum parse_rc rc = parse_ehlo_keyword(p, out);
    if (rc == PARSE_OK) {
        rc = parse_ehlo_params(p, out);
    }
    if (rc == PARSE_OK && out->extension == SMTP_EXT_SIZE) {
        rc = parse_size_param(p, out);
    }
    if (rc == PARSE_OK && out->extension == SMTP_EXT_AUTH) {
        rc = parse_auth_params(p, out);
    }
    return rc;
}

/* Where a strict look-ahead got stuck. */
static size_t stuck_at(const struct parse *probe, enum parse_rc rc)
{
    return rc == PARSE_BAD ? (size_t)(probe->err.off - probe->base) : probe->pos;
}

/* What is a domain by its octets, but stands for something else: the line with the domain is
   missing, or a status code was put before it. */
static bool is_no_name(struct span text)
{
    struct parse probe;
    struct smtp_enhanced status;
    parse_init(&probe, text, 0, NULL);
    bool keyword = smtp_extension_by_name(text) != SMTP_EXT_UNKNOWN;
    for (size_t i = 0; i < text.len && keyword; i++) {
        keyword = !(text.ptr[i] >= 'a' && text.ptr[i] <= 'z');
    }
    return keyword || smtp_parse_status_code(&probe, &status) == PARSE_OK;
}

/* Domain [ SP ehlo-greet ]; ehlo-greet = 1*(%d0-9 / %d11-12 / %d14-127)
   Any text for the domain under QUIRK_SMTP_EHLO_DOMAIN. */
static enum parse_rc parse_ehlo_domain(struct parse *p, struct smtp_ehlo *out)
{
    size_t start = p->pos;
    struct parse probe = *p;
    probe.quirks = QUIRKS_STRICT;
    probe.err = (struct parse_err){0};
    struct smtp_host host;
    enum parse_rc rc = smtp_parse_domain(&probe, &host);
    int c = parse_peek(&probe);
    bool good = rc == PARSE_OK && !host.utf8 && (c < 0 || c == ' ');
    (void)parse_run(p, CLASS_VCHAR | CLASS_HIGH);
    out->domain = parse_since(p, start);
    bool no_name = good && is_no_name(out->domain);
    if (!good || no_name) {
        size_t bad = no_name ? start : stuck_at(&probe, rc);
        bad = bad < p->pos ? bad : p->pos;
        rc = parse_quirk(p, QUIRK_SMTP_EHLO_DOMAIN, bad, p->pos - bad, "a domain");
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    if (parse_octet(p, ' ')) {
        out->greet = span_from(p->in, p->pos);
    }
    return PARSE_OK;
}

enum parse_rc smtp_parse_ehlo_ok_rsp(struct parse *p, const struct smtp_reply *reply,
                                     struct smtp_ehlo *out)
{
    *out = (struct smtp_ehlo){0};
    const struct smtp_ehlo_line **tail = &out->lines;
    const struct span whole = p->in;
    enum parse_rc rc = PARSE_OK;
    for (const struct smtp_reply_line *line = reply->lines; line != NULL && rc == PARSE_OK;
         line = line->next) {
        p->pos = (size_t)(line->off - p->base) + (line->separator != 0 ? 4U : 3U);
        p->in = span_sub(whole, 0, p->pos + line->text.len);
        if (line == reply->lines) {
            rc = parse_ehlo_domain(p, out);
            continue;
        }
        struct smtp_ehlo_line *item = parse_take(p, sizeof *item);
        if (item == NULL) {
            rc = PARSE_BAD;
            break;
        }
        rc = parse_ehlo_line(p, item);
        out->extensions |= (uint64_t)1 << (unsigned)item->extension;
        *tail = item;
        tail = &item->next;
    }
    p->in = whole;
    p->pos = whole.len;
    out->extensions &= ~(uint64_t)1;
    return rc;
}

/* RFC 5321 section 4.2: Greeting = ( "220 " (Domain / address-literal) [ SP textstring ] CRLF ) /
   ( "220-" (Domain / address-literal) [ SP textstring ] CRLF *( "220-" [ textstring ] CRLF )
   "220" [ SP textstring ] CRLF ). Any text for the name under QUIRK_SMTP_GREETING. */
enum parse_rc smtp_parse_greeting(struct parse *p, const struct smtp_reply *reply,
                                  struct smtp_host *out)
{
    const struct smtp_reply_line *line = reply->lines;
    const struct span whole = p->in;
    p->pos = (size_t)(line->off - p->base) + (line->separator != 0 ? 4U : 3U);
    p->in = span_sub(whole, 0, p->pos + line->text.len);
    struct parse probe = *p;
    probe.quirks = QUIRKS_STRICT;
    probe.err = (struct parse_err){0};
    enum parse_rc rc = smtp_parse_host(&probe, out);
    bool ended = parse_at_end(&probe) || parse_peek(&probe) == ' ';
    bool textless = parse_octet(&probe, ' ') && parse_at_end(&probe);
    p->pos = whole.len;
    p->in = whole;
    if (rc == PARSE_OK && ended && !out->utf8) {
        return textless
                   ? parse_quirk(p, QUIRK_SMTP_GREETING_SPACE, probe.pos - 1, 1, "a text or CRLF")
                   : PARSE_OK;
    }
    *out = (struct smtp_host){0};
    return parse_quirk(p, QUIRK_SMTP_GREETING, stuck_at(&probe, rc), 0,
                       "a domain or address literal");
}

void smtp_emit_ehlo_ok_rsp(struct out *o, const struct smtp_ehlo *ehlo)
{
    out_text(o, ehlo->lines == NULL ? "250 " : "250-");
    out_bytes(o, ehlo->domain);
    if (ehlo->greet.len > 0) {
        out_octet(o, ' ');
        out_bytes(o, ehlo->greet);
    }
    out_text(o, "\r\n");
    for (const struct smtp_ehlo_line *line = ehlo->lines; line != NULL; line = line->next) {
        out_text(o, line->next == NULL ? "250 " : "250-");
        out_bytes(o, line->keyword);
        if (line->params.len > 0) {
            out_octet(o, ' ');
            out_bytes(o, line->params);
        }
        out_text(o, "\r\n");
    }
}
