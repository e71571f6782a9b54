/* SPDX-License-Identifier: MIT */
#include "parsers/pop3/reply.h"

#include "parsers/core/utf8.h"
#include "parsers/pop3/line_end.h"
#include "parsers/pop3/listing.h"

static const char *const code_texts[] = {
    [POP3_CODE_NONE] = "",
    [POP3_CODE_UNKNOWN] = "",
    [POP3_CODE_IN_USE] = "IN-USE",
    [POP3_CODE_LOGIN_DELAY] = "LOGIN-DELAY",
    [POP3_CODE_SYS] = "SYS",
    [POP3_CODE_SYS_TEMP] = "SYS/TEMP",
    [POP3_CODE_SYS_PERM] = "SYS/PERM",
    [POP3_CODE_AUTH] = "AUTH",
    [POP3_CODE_UTF8] = "UTF8",
};

const char *pop3_code_text(enum pop3_code_kind code)
{
    return code_texts[code <= POP3_CODE_UTF8 ? code : POP3_CODE_NONE];
}

bool pop3_reply_is_multi_line(enum pop3_verb verb, bool has_argument)
{
    switch (verb) {
    case POP3_CAPA:
    case POP3_RETR:
    case POP3_TOP:
        return true;
    case POP3_LIST:
    case POP3_UIDL:
    case POP3_LANG:
        return !has_argument;
    case POP3_AUTH:
        /* AUTH alone is not legal any more; servers that know it list their mechanisms. */
        return !has_argument;
    case POP3_UNKNOWN:
    case POP3_USER:
    case POP3_PASS:
    case POP3_APOP:
    case POP3_STLS:
    case POP3_UTF8:
    case POP3_QUIT:
    case POP3_STAT:
    case POP3_DELE:
    case POP3_NOOP:
    case POP3_RSET:
    case POP3_VERB_COUNT:
        break;
    }
    return false;
}

/* RFC 2449 section 3: status = "+OK" / "-ERR"; RFC 1939 section 3: in upper case. */
static enum parse_rc parse_status(struct parse *p, struct pop3_reply *out)
{
    static const struct span ok = {(const uint8_t *)"+OK", 3};
    static const struct span err = {(const uint8_t *)"-ERR", 4};
    enum parse_rc rc = PARSE_OK;
    size_t start = p->pos;
    if (parse_text(p, ok) || parse_text(p, err)) {
        out->status_text = parse_since(p, start);
        out->status = out->status_text.len == 3 ? POP3_OK : POP3_ERR;
        const struct span *want = out->status == POP3_OK ? &ok : &err;
        size_t i = 0;
        while (i < want->len && want->ptr[i] == out->status_text.ptr[i]) {
            i++;
        }
        if (i < want->len) {
            rc = parse_quirk(p, QUIRK_POP3_LOWER_STATUS, start + i, want->len - i, "upper case");
        }
    } else if (PARSE_TEXT(p, "+ERR")) {
        out->status = POP3_ERR;
        out->status_text = parse_since(p, start);
        rc = parse_quirk(p, QUIRK_POP3_PLUS_ERR, start, 1, "-ERR");
    } else {
        return parse_fail(p, RULE_POP3_STATUS, "+OK or -ERR");
    }
    return rc;
}

/* RFC 5034 section 5: continue-req = "+" SP [base64] CRLF */
static enum parse_rc parse_continue_req(struct parse *p, size_t end, struct pop3_reply *out)
{
    out->status = POP3_CONTINUE;
    out->status_text = span_sub(p->in, p->pos, 1);
    p->pos++;
    if (p->pos == end) {
        return parse_quirk(p, QUIRK_POP3_CONTINUE_BARE, end, 0, "SP");
    }
    p->pos++;
    out->has_text = true;
    out->challenge = span_sub(p->in, p->pos, end - p->pos);
    out->text = out->challenge;
    p->pos = end;
    return pop3_check_base64(p, out->challenge, QUIRK_POP3_CONTINUE_TEXT);
}

/* RFC 2449 section 3: rchar = %x21-2E / %x30-5C / %x5E-7F */
static bool is_rchar(uint8_t octet)
{
    return octet >= 0x21 && octet <= 0x7F && octet != '/' && octet != ']';
}

static enum pop3_code_kind code_of(struct span text)
{
    for (unsigned code = POP3_CODE_IN_USE; code <= POP3_CODE_UTF8; code++) {
        /* Unknown detail behind a known code is to be ignored: the longest known front counts. */
        struct span known = span_text(code_texts[code]);
        if (code != POP3_CODE_SYS && span_starts_nocase(text, known) &&
            (text.len == known.len || text.ptr[known.len] == '/')) {
            return (enum pop3_code_kind)code;
        }
    }
    return span_is(text, "SYS") || span_starts_nocase(text, SPAN_LIT("SYS/")) ? POP3_CODE_SYS
                                                                              : POP3_CODE_UNKNOWN;
}

/* RFC 2449 section 3: resp-code = "[" resp-level *("/" resp-level) "]"; resp-level = 1*rchar.
   Where RESP-CODES is not known to be announced, text in brackets need not be a code. */
static enum parse_rc parse_resp_code(struct parse *p, size_t end,
                                     const struct pop3_reply_context *context,
                                     struct pop3_reply *out)
{
    size_t start = p->pos;
    size_t level = 0;
    p->pos++;
    while (p->pos < end &&
           (is_rchar(p->in.ptr[p->pos]) || (p->in.ptr[p->pos] == '/' && level > 0))) {
        level = p->in.ptr[p->pos] == '/' ? 0 : level + 1;
        p->pos++;
    }
    if (p->pos < end && p->in.ptr[p->pos] == ']' && level > 0) {
        out->code_text = span_sub(p->in, start + 1, p->pos - start - 1);
        out->code = code_of(out->code_text);
        p->pos++;
        return PARSE_OK;
    }
    size_t wrong = p->pos;
    p->pos = start;
    return context->resp_codes ? parse_quirk(p, QUIRK_POP3_BAD_CODE, wrong, 1, "a response code")
                               : PARSE_OK;
}

/* RFC 2449 section 3: text = *schar / resp-code *CHAR. The rule leaves SP out of schar by mistake:
   all examples have it. TAB passes with it. */
static enum parse_rc check_text(struct parse *p, struct span text,
                                const struct pop3_reply_context *context)
{
    size_t base = (size_t)(text.ptr - p->in.ptr);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t octet = text.ptr[i];
        if ((octet >= 0x20 && octet < 0x80) || octet == '\t') {
            continue;
        }
        if (octet < 0x80 || !context->utf8) {
            return parse_quirk(p, QUIRK_POP3_TEXT_OCTETS, base + i, 1, "printable ASCII");
        }
        size_t len = utf8_sequence_len(span_from(text, i));
        if (len == 0) {
            return parse_quirk(p, QUIRK_POP3_TEXT_NOT_UTF8, base + i, 1, "UTF-8");
        }
        i += len - 1;
    }
    return PARSE_OK;
}

/* RFC 2449 section 3: timestamp = "<" *VCHAR ">" ;MUST conform to RFC-822 msg-id. "<" alone, or
   brackets around words, make no timestamp: RFC 1939 leaves the greeting free. */
static enum parse_rc find_timestamp(struct parse *p, struct pop3_reply *out)
{
    for (size_t i = 0; i < out->text.len; i++) {
        if (out->text.ptr[i] != '<') {
            continue;
        }
        size_t end = i + 1;
        size_t at = 0;
        while (end < out->text.len && octet_is(out->text.ptr[end], CLASS_VCHAR) &&
               out->text.ptr[end] != '>' && out->text.ptr[end] != '<') {
            at = out->text.ptr[end] == '@' ? end : at;
            end++;
        }
        if (end >= out->text.len || out->text.ptr[end] != '>' || end == i + 1) {
            continue;
        }
        if (at > i + 1 && at + 1 < end) {
            out->timestamp = span_sub(out->text, i, end + 1 - i);
            return PARSE_OK;
        }
        return parse_quirk(p, QUIRK_POP3_BAD_TIMESTAMP, (size_t)(out->text.ptr - p->in.ptr) + i,
                           end + 1 - i, "a msg-id");
    }
    return PARSE_OK;
}

/* RFC 6856 section 3.2: +OK SP language tag SP text. */
static enum parse_rc parse_language(struct parse *p, size_t end, struct pop3_reply *out)
{
    out->language = pop3_take_word(p, end);
    if (out->language.len == 0 || p->pos == end) {
        return parse_fail(p, RULE_POP3_LANGUAGE_REPLY,
                          out->language.len == 0 ? "a language tag" : "SP behind the tag");
    }
    p->pos++;
    out->typed = true;
    return PARSE_OK;
}

/* What "+OK" to this command holds. */
static enum parse_rc parse_typed(struct parse *p, size_t end,
                                 const struct pop3_reply_context *context, struct pop3_reply *out)
{
    enum parse_rc rc = PARSE_OK;
    if (context->greeting || out->status != POP3_OK) {
        return PARSE_OK;
    }
    if (context->verb == POP3_STAT) {
        rc = pop3_parse_drop_listing(p, end, &out->count, &out->size);
    } else if (context->verb == POP3_LIST && context->has_argument) {
        rc = pop3_parse_scan_listing(p, end, &out->number, &out->size);
    } else if (context->verb == POP3_UIDL && context->has_argument) {
        rc = pop3_parse_unique_id_listing(p, end, &out->number, &out->unique_id);
    } else if (context->verb == POP3_LANG && context->has_argument) {
        return parse_language(p, end, out);
    } else {
        return PARSE_OK;
    }
    out->typed = rc == PARSE_OK;
    return rc;
}

/* What stands behind "+OK" or "-ERR". */
static enum parse_rc parse_text_part(struct parse *p, size_t end,
                                     const struct pop3_reply_context *context,
                                     struct pop3_reply *out)
{
    enum parse_rc rc = PARSE_OK;
    if (p->pos < end && p->in.ptr[p->pos] == ' ') {
        out->has_text = true;
        p->pos++;
    } else if (p->pos < end && !context->greeting) {
        /* greeting = "+OK" [resp-code] *gchar …: the greeting alone needs no space. */
        rc = parse_quirk(p, QUIRK_POP3_STATUS_GLUED, p->pos, 0, "SP");
    }
    out->text = span_sub(p->in, p->pos, end - p->pos);
    if (rc == PARSE_OK) {
        rc = check_text(p, out->text, context);
    }
    if (rc == PARSE_OK && p->pos < end && p->in.ptr[p->pos] == '[') {
        rc = parse_resp_code(p, end, context, out);
    }
    if (rc == PARSE_OK && context->greeting && out->status == POP3_OK) {
        rc = find_timestamp(p, out);
    }
    return rc == PARSE_OK ? parse_typed(p, end, context, out) : rc;
}

/* RFC 2449 section 3: single-line = status [SP text] CRLF ;512 octets maximum
   RFC 2449 section 3: greeting = "+OK" [resp-code] *gchar [timestamp] *gchar CRLF */
enum parse_rc pop3_parse_reply(struct parse *p, const struct pop3_reply_context *context,
                               struct pop3_reply *out)
{
    *out = (struct pop3_reply){0};
    size_t end = 0;
    enum parse_rc rc = pop3_line_end(p, RULE_POP3_REPLY_CRLF, QUIRK_POP3_REPLY_LF, &end);
    if (rc != PARSE_OK) {
        return rc;
    }
    if (!context->greeting && p->pos < end && p->in.ptr[p->pos] == '+' &&
        (p->pos + 1 == end || p->in.ptr[p->pos + 1] == ' ')) {
        rc = parse_continue_req(p, end, out);
    } else {
        rc = parse_status(p, out);
        rc = rc == PARSE_OK ? parse_text_part(p, end, context, out) : rc;
        if (rc == PARSE_OK && p->in.len > POP3_REPLY_LIMIT) {
            rc = parse_quirk(p, QUIRK_POP3_REPLY_LONG, POP3_REPLY_LIMIT,
                             p->in.len - POP3_REPLY_LIMIT, "512 octets at most");
        }
    }
    if (rc == PARSE_OK) {
        out->human = span_sub(p->in, p->pos, end - p->pos);
        p->pos = p->in.len;
    }
    return rc;
}

static void emit_typed(struct out *o, const struct pop3_reply_context *context,
                       const struct pop3_reply *reply)
{
    if (context->verb == POP3_STAT) {
        out_number(o, reply->count);
        out_octet(o, ' ');
        out_number(o, reply->size);
    } else if (context->verb == POP3_LANG) {
        out_bytes(o, reply->language);
        out_octet(o, ' ');
    } else {
        out_number(o, reply->number);
        out_octet(o, ' ');
        if (context->verb == POP3_LIST) {
            out_number(o, reply->size);
        } else {
            out_bytes(o, reply->unique_id);
        }
    }
}

void pop3_emit_reply(struct out *o, const struct pop3_reply_context *context,
                     const struct pop3_reply *reply)
{
    static const char *const statuses[] = {"+OK", "-ERR", "+"};
    if (reply->status_text.len > 0) {
        out_bytes(o, reply->status_text);
    } else {
        out_text(o, statuses[reply->status]);
    }
    if (reply->text.ptr != NULL) {
        out_text(o, reply->has_text ? " " : "");
        out_bytes(o, reply->text);
        out_text(o, "\r\n");
        return;
    }
    if (reply->status == POP3_CONTINUE) {
        out_octet(o, ' ');
        out_bytes(o, reply->challenge);
    } else if (reply->code_text.len > 0 || reply->code > POP3_CODE_UNKNOWN || reply->typed ||
               reply->human.len > 0) {
        out_octet(o, ' ');
        if (reply->code_text.len > 0 || reply->code > POP3_CODE_UNKNOWN) {
            out_octet(o, '[');
            out_bytes(o, reply->code_text.len > 0 ? reply->code_text
                                                  : span_text(pop3_code_text(reply->code)));
            out_text(o, "] ");
        }
        if (reply->typed) {
            emit_typed(o, context, reply);
        }
        out_bytes(o, reply->human);
    }
    out_text(o, "\r\n");
}
