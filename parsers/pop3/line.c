/* SPDX-License-Identifier: MIT */
#include "parsers/core/utf8.h"
#include "parsers/pop3/line_end.h"
#include "parsers/pop3/listing.h"
#include "parsers/pop3/reply.h"

/* RFC 6856 section 3.2: language tag [SP description], in UTF-8. */
static enum parse_rc parse_language_listing(struct parse *p, size_t end, struct pop3_line *out)
{
    size_t start = p->pos;
    while (p->pos < end &&
           (octet_is(p->in.ptr[p->pos], CLASS_ALPHA | CLASS_DIGIT) || p->in.ptr[p->pos] == '-')) {
        p->pos++;
    }
    out->language = parse_since(p, start);
    if (out->language.len == 0 || (p->pos < end && p->in.ptr[p->pos] != ' ')) {
        return parse_fail(p, RULE_POP3_LANGUAGE_LISTING, "a language tag");
    }
    out->rest = span_sub(p->in, p->pos, end - p->pos);
    size_t valid = utf8_valid_len(out->rest);
    if (valid < out->rest.len) {
        return parse_fail_at(p, p->pos + valid, RULE_POP3_LANGUAGE_LISTING, "UTF-8");
    }
    p->pos = end;
    return PARSE_OK;
}

static enum parse_rc parse_capability_line(struct parse *p, size_t end, struct pop3_line *out)
{
    enum parse_rc rc = pop3_parse_capability(p, &out->capability);
    if (rc == PARSE_OK && p->pos != end) {
        return parse_fail(p, RULE_POP3_CAPABILITY, "a printable octet");
    }
    if (rc == PARSE_OK && p->in.len > POP3_REPLY_LIMIT) {
        rc = parse_quirk(p, QUIRK_POP3_CAPA_LONG, POP3_REPLY_LIMIT, p->in.len - POP3_REPLY_LIMIT,
                         "512 octets at most");
    }
    return rc;
}

static enum parse_rc parse_content(struct parse *p, size_t end, struct pop3_line *out)
{
    enum parse_rc rc = PARSE_OK;
    switch (out->kind) {
    case POP3_LINE_SCAN:
        rc = pop3_parse_scan_listing(p, end, &out->number, &out->size);
        /* "This memo makes no requirement on what follows the message size in the scan listing." */
        out->rest = rc == PARSE_OK ? span_sub(p->in, p->pos, end - p->pos) : (struct span){0};
        break;
    case POP3_LINE_UNIQUE_ID:
        rc = pop3_parse_unique_id_listing(p, end, &out->number, &out->unique_id);
        break;
    case POP3_LINE_CAPABILITY:
        rc = parse_capability_line(p, end, out);
        break;
    case POP3_LINE_LANGUAGE:
        rc = parse_language_listing(p, end, out);
        break;
    case POP3_LINE_TEXT:
    case POP3_LINE_END:
        break;
    }
    return rc;
}

static enum pop3_line_kind kind_of(enum pop3_verb verb)
{
    return verb == POP3_LIST   ? POP3_LINE_SCAN
           : verb == POP3_UIDL ? POP3_LINE_UNIQUE_ID
           : verb == POP3_CAPA ? POP3_LINE_CAPABILITY
           : verb == POP3_LANG ? POP3_LINE_LANGUAGE
                               : POP3_LINE_TEXT;
}

/* RFC 2449 section 3: capa-resp = single-line *capability "." CRLF
   RFC 2449 section 3: multi-line = single-line *dot-stuffed "." CRLF */
enum parse_rc pop3_parse_line(struct parse *p, const struct pop3_reply_context *context,
                              struct pop3_line *out)
{
    *out = (struct pop3_line){0};
    size_t end = 0;
    enum parse_rc rc = pop3_line_end(p, RULE_POP3_LINE_CRLF, QUIRK_POP3_LINE_LF, &end);
    if (rc == PARSE_OK && parse_octet(p, '.')) {
        if (p->pos == end) {
            out->kind = POP3_LINE_END;
            p->pos = p->in.len;
            return PARSE_OK;
        }
        out->stuffed = p->in.ptr[p->pos] == '.';
        if (!out->stuffed) {
            rc = parse_quirk(p, QUIRK_POP3_LINE_UNSTUFFED, p->pos, 1, "a second dot");
            p->pos--;
        }
    }
    out->kind = kind_of(context->verb);
    out->text = span_sub(p->in, p->pos, end - p->pos);
    rc = rc == PARSE_OK ? parse_content(p, end, out) : rc;
    if (rc == PARSE_OK) {
        p->pos = p->in.len;
    }
    return rc;
}

void pop3_emit_line(struct out *o, const struct pop3_line *line)
{
    out_text(o, line->stuffed || line->kind == POP3_LINE_END ? "." : "");
    if (line->text.ptr != NULL) {
        out_bytes(o, line->text);
        out_text(o, "\r\n");
        return;
    }
    switch (line->kind) {
    case POP3_LINE_SCAN:
        out_number(o, line->number);
        out_octet(o, ' ');
        out_number(o, line->size);
        out_bytes(o, line->rest);
        break;
    case POP3_LINE_UNIQUE_ID:
        out_number(o, line->number);
        out_octet(o, ' ');
        out_bytes(o, line->unique_id);
        break;
    case POP3_LINE_CAPABILITY:
        pop3_emit_capability(o, &line->capability);
        break;
    case POP3_LINE_LANGUAGE:
        out_bytes(o, line->language);
        out_bytes(o, line->rest);
        break;
    case POP3_LINE_TEXT:
    case POP3_LINE_END:
        break;
    }
    out_text(o, "\r\n");
}
