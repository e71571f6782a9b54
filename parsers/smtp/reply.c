/* SPDX-License-Identifier: MIT */
#include "parsers/smtp/reply.h"

/* RFC 5321 section 4.2: Reply-code = %x32-35 %x30-35 %x30-39
   Any three digits under QUIRK_SMTP_REPLY_CODE. */
static enum parse_rc parse_reply_code(struct parse *p, uint16_t *out)
{
    static const uint8_t low[3] = {'2', '0', '0'};
    static const uint8_t high[3] = {'5', '5', '9'};
    size_t bad = SIZE_MAX;
    *out = 0;
    for (unsigned i = 0; i < 3; i++) {
        int c = parse_peek(p);
        if (c < '0' || c > '9') {
            return parse_fail(p, RULE_SMTP_REPLY_LINE, "a reply code of three digits");
        }
        if ((c < low[i] || c > high[i]) && bad == SIZE_MAX) {
            bad = p->pos;
        }
        *out = (uint16_t)(*out * 10 + c - '0');
        p->pos++;
    }
    return bad == SIZE_MAX
               ? PARSE_OK
               : parse_quirk(p, QUIRK_SMTP_REPLY_CODE, bad, 1, "a reply code from 200 to 559");
}

/* What is wrong with an octet of a reply's text. */
static enum quirk text_quirk(int c)
{
    if (c >= 0x80) {
        return QUIRK_SMTP_REPLY_8BIT;
    }
    return c == '\r' ? QUIRK_SMTP_BARE_CR : QUIRK_SMTP_REPLY_CONTROL;
}

/* The line's text goes on: neither its end nor that of the unit is here. */
static bool in_text(const struct parse *p)
{
    int c = parse_peek(p);
    bool crlf = c == '\r' && parse_left(p) > 1 && p->in.ptr[p->pos + 1] == '\n';
    return c >= 0 && c != '\n' && !crlf && !(c == '\r' && parse_left(p) == 1);
}

/* RFC 5321 section 4.2: textstring = 1*(%d09 / %d32-126)
   Other octets under quirks; of each kind the first in a line is noted. */
static enum parse_rc parse_textstring(struct parse *p, struct span *out)
{
    size_t start = p->pos;
    struct quirks noted = {{0}};
    enum parse_rc rc = PARSE_OK;
    parse_printable(p);
    (void)parse_run(p, CLASS_TEXTSTRING);
    while (rc == PARSE_OK && in_text(p)) {
        enum quirk quirk = text_quirk(parse_peek(p));
        if (!quirks_has(&noted, quirk)) {
            rc = parse_quirk(p, quirk, p->pos, 1, "printable ASCII");
            quirks_add(&noted, quirk);
        }
        p->pos += rc == PARSE_OK ? 1 : 0;
        (void)parse_run(p, CLASS_TEXTSTRING);
    }
    *out = parse_since(p, start);
    return rc;
}

/* 1*3digit; false where there is none. */
static bool parse_part(struct parse *p, uint16_t *out)
{
    size_t start = p->pos;
    *out = 0;
    while (p->pos < start + 3 && parse_peek(p) >= '0' && parse_peek(p) <= '9') {
        *out = (uint16_t)(*out * 10 + p->in.ptr[p->pos++] - '0');
    }
    return p->pos > start;
}

enum parse_rc smtp_parse_status_code(struct parse *p, struct smtp_enhanced *out)
{
    size_t start = p->pos;
    *out = (struct smtp_enhanced){0};
    int c = parse_peek(p);
    bool good = c == '2' || c == '4' || c == '5';
    if (good) {
        p->pos++;
        good = parse_octet(p, '.') && parse_part(p, &out->subject) && parse_octet(p, '.') &&
               parse_part(p, &out->detail);
    }
    int next = parse_peek(p);
    if (!good || !(next < 0 || next == ' ' || next == '\r' || next == '\n')) {
        p->pos = start;
        *out = (struct smtp_enhanced){0};
        return PARSE_NOMATCH;
    }
    out->present = true;
    out->status_class = (uint8_t)(c - '0');
    out->text = parse_since(p, start);
    return PARSE_OK;
}

/* The text behind the separator, split into status code and human text. */
static enum parse_rc parse_reply_text(struct parse *p, struct smtp_reply_line *out)
{
    size_t start = p->pos;
    if (smtp_parse_status_code(p, &out->enhanced) == PARSE_OK) {
        (void)parse_octet(p, ' ');
    }
    size_t human = p->pos - start;
    p->pos = start;
    enum parse_rc rc = parse_textstring(p, &out->text);
    out->human = span_from(out->text, human);
    return rc;
}

/* RFC 5321 section 4.2: Reply-line = *( Reply-code "-" [ textstring ] CRLF )
   Reply-code [ SP textstring ] CRLF
   One of its lines. A space without text is what section 4.2.1 asks for. */
static enum parse_rc parse_reply_line(struct parse *p, struct smtp_reply_line *out)
{
    out->off = parse_offset(p, p->pos);
    enum parse_rc rc = parse_reply_code(p, &out->code);
    if (rc != PARSE_OK) {
        return rc;
    }
    if (parse_peek(p) == ' ' || parse_peek(p) == '-') {
        out->separator = p->in.ptr[p->pos++];
        rc = parse_reply_text(p, out);
    } else if (parse_peek(p) != '\r' && parse_peek(p) != '\n') {
        rc = parse_fail(p, RULE_SMTP_REPLY_LINE, "a space or hyphen");
    }
    return rc == PARSE_OK ? smtp_parse_line_end(p, RULE_SMTP_REPLY_LINE) : rc;
}

/* Different codes in one reply only under QUIRK_SMTP_REPLY_CODES_DIFFER. */
enum parse_rc smtp_parse_reply(struct parse *p, struct smtp_reply *out)
{
    *out = (struct smtp_reply){0};
    const struct smtp_reply_line **tail = &out->lines;
    struct smtp_reply_line *line = NULL;
    do {
        size_t start = p->pos;
        line = parse_take(p, sizeof *line);
        if (line == NULL) {
            return PARSE_BAD;
        }
        enum parse_rc rc = parse_reply_line(p, line);
        if (rc == PARSE_OK && out->lines != NULL && line->code != out->lines->code) {
            rc = parse_quirk(p, QUIRK_SMTP_REPLY_CODES_DIFFER, start, 3,
                             "the code of the lines before");
        }
        if (rc != PARSE_OK) {
            return rc;
        }
        *tail = line;
        tail = &line->next;
        out->line_count++;
        out->code = line->code;
        if (!out->enhanced.present) {
            out->enhanced = line->enhanced;
        }
    } while (line->separator == '-');
    return parse_at_end(p) ? PARSE_OK : parse_fail(p, RULE_SMTP_REPLY_LINE, "the end of the reply");
}

void smtp_emit_reply(struct out *o, const struct smtp_reply *reply)
{
    for (const struct smtp_reply_line *line = reply->lines; line != NULL; line = line->next) {
        out_padded(o, line->code, 3);
        if (line->separator != 0) {
            out_octet(o, line->separator);
        }
        out_bytes(o, line->text);
        out_text(o, "\r\n");
    }
}
