/* SPDX-License-Identifier: MIT */
#include "parsers/smtp/parameter.h"

#include "parsers/core/utf8.h"

/* A checker of one extension's value. Sets what it understands; on failure bad is the position in
   the value of the first octet that cannot be right. */
typedef bool check_value(struct smtp_param *param, size_t *bad);

/* The value is one of these words; number becomes the word's index. */
static bool check_words(struct smtp_param *param, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (span_is(param->value, words[i])) {
            param->number = i;
            return true;
        }
    }
    return false;
}

/* RFC 1870 section 3: size-value ::= 1*20DIGIT */
static bool check_size(struct smtp_param *param, size_t *bad)
{
    uint64_t value = 0;
    for (*bad = 0; *bad < param->value.len; (*bad)++) {
        uint8_t c = param->value.ptr[*bad];
        if (!octet_is(c, CLASS_DIGIT) || *bad == 20) {
            return false;
        }
        uint64_t digit = (uint64_t)(c - '0');
        value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
    }
    param->number = value;
    return *bad > 0;
}

/* RFC 6152 section 2: body-value = "7BIT" / "8BITMIME"
   RFC 3030 section 3: body-value ::= "7BIT" / "8BITMIME" / "BINARYMIME" */
static bool check_body(struct smtp_param *param, size_t *bad)
{
    static const char *const words[] = {"7BIT", "8BITMIME", "BINARYMIME"};
    *bad = 0;
    return check_words(param, words, 3);
}

/* RFC 3461 section 4.3: FULL or HDRS */
static bool check_ret(struct smtp_param *param, size_t *bad)
{
    static const char *const words[] = {"FULL", "HDRS"};
    *bad = 0;
    return check_words(param, words, 2);
}

/* RFC 3461 section 4: xtext = *( xchar / hexchar ); hexchar = "+" and two upper case hexadecimal
   digits. bad is a position in text. */
static bool is_xtext(struct span text, bool upper, size_t *bad)
{
    for (*bad = 0; *bad < text.len;) {
        if (octet_is(text.ptr[*bad], CLASS_XCHAR)) {
            (*bad)++;
            continue;
        }
        if (text.ptr[*bad] != '+') {
            return false;
        }
        for (unsigned i = 0; i < 2; i++) {
            (*bad)++;
            if (*bad >= text.len || !octet_is(text.ptr[*bad], CLASS_HEXDIG) ||
                (upper && text.ptr[*bad] >= 'a')) {
                return false;
            }
        }
        (*bad)++;
    }
    return true;
}

/* RFC 3461 section 4.4: envid-parameter = "ENVID=" xtext */
static bool check_envid(struct smtp_param *param, size_t *bad)
{
    param->text = param->value;
    return is_xtext(param->value, true, bad) && param->value.len > 0;
}

/* RFC 3461 section 4.1: notify-esmtp-value = "NEVER" / 1#notify-list-element
   notify-list-element = "SUCCESS" / "FAILURE" / "DELAY" */
static bool check_notify(struct smtp_param *param, size_t *bad)
{
    static const char *const words[] = {"NEVER", "SUCCESS", "FAILURE", "DELAY"};
    for (*bad = 0;;) {
        size_t end = *bad;
        while (end < param->value.len && param->value.ptr[end] != ',') {
            end++;
        }
        struct span word = span_sub(param->value, *bad, end - *bad);
        uint64_t bit = 0;
        for (unsigned i = 0; i < 4; i++) {
            bit |= span_is(word, words[i]) ? 1U << i : 0U;
        }
        bool never = bit == SMTP_NOTIFY_NEVER || (param->number & SMTP_NOTIFY_NEVER) != 0;
        if (bit == 0 || (never && (param->number != 0 || end < param->value.len))) {
            return false;
        }
        param->number |= bit;
        if (end == param->value.len) {
            return true;
        }
        *bad = end + 1;
    }
}

/* RFC 3461 section 4.2: original-recipient-address = addr-type ";" xtext; addr-type = atom
   The address of type utf-8 has its own syntax (RFC 6533) and is not looked into. */
static bool check_orcpt(struct smtp_param *param, size_t *bad)
{
    *bad = 0;
    while (*bad < param->value.len && octet_is(param->value.ptr[*bad], CLASS_ATEXT)) {
        (*bad)++;
    }
    if (*bad == 0 || *bad == param->value.len || param->value.ptr[*bad] != ';') {
        return false;
    }
    param->type = span_sub(param->value, 0, *bad);
    param->text = span_from(param->value, *bad + 1);
    if (span_is(param->type, "utf-8")) {
        return true;
    }
    size_t pos = 0;
    bool good = is_xtext(param->text, true, &pos) && param->text.len > 0;
    *bad += 1 + pos;
    return good;
}

/* RFC 4954 section 8: auth-param = "AUTH=" xtext */
static bool check_auth(struct smtp_param *param, size_t *bad)
{
    param->text = param->value;
    return is_xtext(param->value, false, bad) && param->value.len > 0;
}

/* RFC 6710 section 7: priority-value = (["-"] NZDIGIT) / "0" */
static bool check_priority(struct smtp_param *param, size_t *bad)
{
    bool minus = param->value.len > 0 && param->value.ptr[0] == '-';
    *bad = minus ? 1 : 0;
    if (*bad >= param->value.len || !octet_is(param->value.ptr[*bad], CLASS_DIGIT)) {
        return false;
    }
    int digit = param->value.ptr[*bad] - '0';
    if (minus && digit == 0) {
        return false;
    }
    param->priority = minus ? -digit : digit;
    (*bad)++;
    return *bad == param->value.len;
}

/* RFC 6531 section 3.4, RFC 8689 section 2: the parameter has no value. */
static bool check_none(struct smtp_param *param, size_t *bad)
{
    *bad = 0;
    return !param->has_value;
}

static const struct {
    const char *keyword;
    enum quirk quirk;
    check_value *check;
    const char *expected;
} kinds[SMTP_PARAM_COUNT] = {
    [SMTP_PARAM_SIZE] = {"SIZE", QUIRK_SMTP_SIZE_VALUE, check_size, "1 to 20 digits"},
    [SMTP_PARAM_BODY] = {"BODY", QUIRK_SMTP_BODY_VALUE, check_body, "7BIT, 8BITMIME or BINARYMIME"},
    [SMTP_PARAM_RET] = {"RET", QUIRK_SMTP_RET_VALUE, check_ret, "FULL or HDRS"},
    [SMTP_PARAM_ENVID] = {"ENVID", QUIRK_SMTP_ENVID_VALUE, check_envid, "xtext"},
    [SMTP_PARAM_NOTIFY] = {"NOTIFY", QUIRK_SMTP_NOTIFY_VALUE, check_notify,
                           "NEVER alone, or SUCCESS, FAILURE, DELAY"},
    [SMTP_PARAM_ORCPT] = {"ORCPT", QUIRK_SMTP_ORCPT_VALUE, check_orcpt,
                          "an address type, \";\" and xtext"},
    [SMTP_PARAM_AUTH] = {"AUTH", QUIRK_SMTP_AUTH_PARAM, check_auth, "xtext"},
    [SMTP_PARAM_SMTPUTF8] = {"SMTPUTF8", QUIRK_SMTP_SMTPUTF8_VALUE, check_none, "no value"},
    [SMTP_PARAM_MT_PRIORITY] = {"MT-PRIORITY", QUIRK_SMTP_PRIORITY_VALUE, check_priority,
                                "a number from -9 to 9"},
    [SMTP_PARAM_REQUIRETLS] = {"REQUIRETLS", QUIRK_SMTP_REQUIRETLS_VALUE, check_none, "no value"},
};

static enum smtp_param_kind kind_by_name(struct span keyword)
{
    for (unsigned kind = 1; kind < SMTP_PARAM_COUNT; kind++) {
        if (span_is(keyword, kinds[kind].keyword)) {
            return (enum smtp_param_kind)kind;
        }
    }
    return SMTP_PARAM_UNKNOWN;
}

/* RFC 5321 section 4.1.2: esmtp-value = 1*(%d33-60 / %d62-126)
   RFC 6531 section 3.3: esmtp-value =/ UTF8-non-ascii */
static void parse_esmtp_value(struct parse *p, struct span *out)
{
    size_t start = p->pos;
    size_t len = 1;
    while (len > 0) {
        (void)parse_run(p, CLASS_ESMTP_VALUE);
        len = parse_peek(p) < 0x80 ? 0 : utf8_sequence_len(span_from(p->in, p->pos));
        p->pos += len;
    }
    *out = parse_since(p, start);
}

/* The strict parameter, up to the first octet that is not its. */
static enum parse_rc parse_strict(struct parse *p, struct smtp_param *out)
{
    out->keyword = parse_run(p, CLASS_ESMTP_KEYWORD);
    if (out->keyword.len == 0) {
        return parse_fail(p, RULE_SMTP_PARAM_SYNTAX, "a keyword");
    }
    if (out->keyword.ptr[0] == '-') {
        p->pos -= out->keyword.len;
        return parse_fail(p, RULE_SMTP_PARAM_SYNTAX, "a letter or digit");
    }
    if (parse_octet(p, '=')) {
        out->has_value = true;
        parse_esmtp_value(p, &out->value);
        if (out->value.len == 0) {
            return parse_fail(p, RULE_SMTP_PARAM_SYNTAX, "a value");
        }
    }
    int c = parse_peek(p);
    bool ended = c < 0 || c == ' ' || c == '\t' || c == '\r' || c == '\n';
    return ended ? PARSE_OK : parse_fail(p, RULE_SMTP_PARAM_SYNTAX, "a space or the end");
}

/* Any text without spaces under QUIRK_SMTP_PARAM_SYNTAX. */
enum parse_rc smtp_parse_esmtp_param(struct parse *p, struct smtp_param *out)
{
    size_t start = p->pos;
    *out = (struct smtp_param){.off = parse_offset(p, start)};
    if (parse_strict(p, out) == PARSE_BAD) {
        size_t bad = p->pos;
        p->pos = start;
        (void)parse_run(p, CLASS_VCHAR | CLASS_HIGH);
        *out = (struct smtp_param){.off = out->off, .keyword = parse_since(p, start)};
        if (p->pos == start) {
            return PARSE_BAD;
        }
        return parse_quirk(p, QUIRK_SMTP_PARAM_SYNTAX, bad, 0, "a keyword, \"=\" and a value");
    }
    out->kind = kind_by_name(out->keyword);
    if (out->kind == SMTP_PARAM_UNKNOWN) {
        return PARSE_OK;
    }
    size_t bad = 0;
    if (kinds[out->kind].check(out, &bad)) {
        return PARSE_OK;
    }
    size_t pos = p->pos - out->value.len + bad;
    enum quirk quirk = kinds[out->kind].quirk;
    const char *expected = kinds[out->kind].expected;
    out->kind = SMTP_PARAM_UNKNOWN;
    return parse_quirk(p, quirk, pos, p->pos > pos ? p->pos - pos : 0, expected);
}

void smtp_emit_esmtp_param(struct out *o, const struct smtp_param *param)
{
    out_bytes(o, param->keyword);
    if (param->has_value) {
        out_octet(o, '=');
        out_bytes(o, param->value);
    }
}

static uint8_t hex_value(uint8_t c)
{
    c = octet_lower(c);
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

void smtp_xtext_decode(struct out *o, struct span xtext)
{
    for (size_t i = 0; i < xtext.len; i++) {
        uint8_t c = xtext.ptr[i];
        if (c == '+' && i + 2 < xtext.len) {
            c = (uint8_t)(hex_value(xtext.ptr[i + 1]) << 4 | hex_value(xtext.ptr[i + 2]));
            i += 2;
        }
        out_octet(o, c);
    }
}

void smtp_xtext_encode(struct out *o, struct span octets)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < octets.len; i++) {
        uint8_t c = octets.ptr[i];
        if (octet_is(c, CLASS_XCHAR)) {
            out_octet(o, c);
        } else {
            out_octet(o, '+');
            out_octet(o, (uint8_t)digits[c >> 4]);
            out_octet(o, (uint8_t)digits[c & 15]);
        }
    }
}

const struct smtp_param *smtp_param_find(const struct smtp_param *list, enum smtp_param_kind kind)
{
    while (list != NULL && list->kind != kind) {
        list = list->next;
    }
    return list;
}
