/* SPDX-License-Identifier: MIT */
#include "parsers/smtp/path.h"

#include "parsers/core/utf8.h"

/* An octet that a label may hold, strictly or under the quirk; NOMATCH moves nothing. */
static enum parse_rc label_octet(struct parse *p, bool *utf8)
{
    int c = parse_peek(p);
    if (c < 0) {
        return PARSE_NOMATCH;
    }
    if (octet_is((uint8_t)c, CLASS_ESMTP_KEYWORD)) {
        p->pos++;
        return PARSE_OK;
    }
    if (c == '_') {
        p->pos++;
        return parse_quirk(p, QUIRK_SMTP_DOMAIN, p->pos - 1, 1, "a letter, digit or hyphen");
    }
    if (c >= 0x80) {
        size_t len = utf8_sequence_len(span_from(p->in, p->pos));
        if (len == 0) {
            return parse_fail(p, RULE_SMTP_UTF8, "well-formed UTF-8");
        }
        *utf8 = true;
        p->pos += len;
        return PARSE_OK;
    }
    return PARSE_NOMATCH;
}

/* RFC 5321 section 4.1.2: sub-domain = Let-dig [Ldh-str]
   RFC 6531 section 3.3: sub-domain =/ U-label
   Underscores, hyphens at the ends and empty labels only under QUIRK_SMTP_DOMAIN. */
static enum parse_rc parse_sub_domain(struct parse *p, bool *utf8)
{
    size_t start = p->pos;
    enum parse_rc rc = PARSE_OK;
    while (rc == PARSE_OK) {
        rc = label_octet(p, utf8);
    }
    if (rc == PARSE_BAD) {
        return rc;
    }
    if (p->pos == start) {
        return parse_quirk(p, QUIRK_SMTP_DOMAIN, start, 0, "a label");
    }
    if (p->in.ptr[start] == '-') {
        return parse_quirk(p, QUIRK_SMTP_DOMAIN, start, 1, "a letter or digit");
    }
    if (p->in.ptr[p->pos - 1] == '-') {
        return parse_quirk(p, QUIRK_SMTP_DOMAIN, p->pos, 0, "a letter or digit behind the hyphen");
    }
    return PARSE_OK;
}

enum parse_rc smtp_parse_domain(struct parse *p, struct smtp_host *out)
{
    size_t start = p->pos;
    int c = parse_peek(p);
    *out = (struct smtp_host){0};
    if (c < 0 || (c < 0x80 && c != '_' && !octet_is((uint8_t)c, CLASS_ESMTP_KEYWORD))) {
        return PARSE_NOMATCH;
    }
    do {
        enum parse_rc rc = parse_sub_domain(p, &out->utf8);
        if (rc != PARSE_OK) {
            return PARSE_BAD;
        }
    } while (parse_octet(p, '.'));
    out->kind = SMTP_HOST_DOMAIN;
    out->text = parse_since(p, start);
    return PARSE_OK;
}

/* RFC 5321 section 4.1.3: Snum = 1*3DIGIT */
static enum parse_rc parse_snum(struct parse *p, uint8_t *out)
{
    size_t start = p->pos;
    unsigned value = 0;
    while (p->pos < start + 3 && parse_peek(p) >= '0' && parse_peek(p) <= '9') {
        value = value * 10 + (unsigned)(parse_peek(p) - '0');
        if (value > 255) {
            return parse_fail(p, RULE_SMTP_LITERAL, "a number from 0 to 255");
        }
        p->pos++;
    }
    if (p->pos == start) {
        return parse_fail(p, RULE_SMTP_LITERAL, "a number from 0 to 255");
    }
    *out = (uint8_t)value;
    return PARSE_OK;
}

/* RFC 5321 section 4.1.3: IPv4-address-literal = Snum 3("." Snum) */
static enum parse_rc parse_ipv4_address_literal(struct parse *p, uint8_t out[4])
{
    for (size_t i = 0; i < 4; i++) {
        if (i > 0 && !parse_octet(p, '.')) {
            return parse_fail(p, RULE_SMTP_LITERAL, "\".\"");
        }
        enum parse_rc rc = parse_snum(p, &out[i]);
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    return PARSE_OK;
}

/* RFC 5321 section 4.1.3: IPv6-hex = 1*4HEXDIG */
static enum parse_rc parse_ipv6_hex(struct parse *p, uint8_t out[2])
{
    size_t start = p->pos;
    unsigned value = 0;
    while (p->pos < start + 4 && parse_peek(p) >= 0 &&
           octet_is((uint8_t)parse_peek(p), CLASS_HEXDIG)) {
        unsigned c = octet_lower(p->in.ptr[p->pos++]);
        value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    if (p->pos == start) {
        return parse_fail(p, RULE_SMTP_LITERAL, "a hexadecimal group");
    }
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)(value & 0xFF);
    return PARSE_OK;
}

struct groups {
    uint8_t octets[16];
    size_t len; /* octets filled */
    size_t gap; /* where "::" stood */
    bool has_gap;
};

/* A dot follows the digits at the cursor: an IPv4 address begins here. */
static bool at_ipv4(const struct parse *p)
{
    size_t pos = p->pos;
    while (pos < p->in.len && octet_is(p->in.ptr[pos], CLASS_DIGIT)) {
        pos++;
    }
    return pos > p->pos && pos < p->in.len && p->in.ptr[pos] == '.';
}

/* One group, or the IPv4 address that ends it all. */
static enum parse_rc parse_group(struct parse *p, struct groups *g, bool *ended)
{
    bool ipv4 = at_ipv4(p);
    size_t most = (g->has_gap ? 12U : 16U) - (ipv4 ? 4U : 2U);
    if (g->len > most) {
        return parse_fail(p, RULE_SMTP_LITERAL, "fewer groups");
    }
    *ended = ipv4;
    enum parse_rc rc = ipv4 ? parse_ipv4_address_literal(p, g->octets + g->len)
                            : parse_ipv6_hex(p, g->octets + g->len);
    g->len += ipv4 ? 4 : 2;
    return rc;
}

/* RFC 5321 section 4.1.3: IPv6-addr = IPv6-full / IPv6-comp / IPv6v4-full / IPv6v4-comp */
static enum parse_rc parse_ipv6_addr(struct parse *p, uint8_t out[16])
{
    struct groups g = {0};
    bool ended = false;
    bool need_group = true;
    for (;;) {
        if (!g.has_gap && parse_left(p) >= 2 && p->in.ptr[p->pos] == ':' &&
            p->in.ptr[p->pos + 1] == ':') {
            if (g.len > 12) {
                return parse_fail(p, RULE_SMTP_LITERAL, "fewer groups");
            }
            p->pos += 2;
            g.has_gap = true;
            g.gap = g.len;
            need_group = false;
        } else if (g.len > 0 && !ended && need_group) {
            if (!parse_octet(p, ':')) {
                break;
            }
        }
        if (ended || (!need_group && parse_peek(p) == ']')) {
            break;
        }
        enum parse_rc rc = parse_group(p, &g, &ended);
        if (rc != PARSE_OK) {
            return rc;
        }
        need_group = true;
        if (ended) {
            break;
        }
    }
    if (!g.has_gap && g.len < 16) {
        return parse_fail(p, RULE_SMTP_LITERAL, "eight groups or \"::\"");
    }
    memset(out, 0, 16);
    size_t head = g.has_gap ? g.gap : g.len;
    memcpy(out, g.octets, head);
    memcpy(out + 16 - (g.len - head), g.octets + head, g.len - head);
    return PARSE_OK;
}

/* RFC 5321 section 4.1.3: General-address-literal = Standardized-tag ":" 1*dcontent
   Standardized-tag = Ldh-str = *( ALPHA / DIGIT / "-" ) Let-dig */
static enum parse_rc parse_general_address_literal(struct parse *p, struct span *tag)
{
    *tag = parse_run(p, CLASS_ESMTP_KEYWORD);
    if (tag->len == 0 || tag->ptr[tag->len - 1] == '-') {
        return parse_fail(p, RULE_SMTP_LITERAL, "a letter or digit");
    }
    if (!parse_octet(p, ':')) {
        return parse_fail(p, RULE_SMTP_LITERAL, "\":\"");
    }
    return parse_run(p, CLASS_DCONTENT).len > 0
               ? PARSE_OK
               : parse_fail(p, RULE_SMTP_LITERAL, "the address behind the tag");
}

/* What stands between the brackets, and the closing one. */
static enum parse_rc parse_literal_content(struct parse *p, struct smtp_host *out)
{
    size_t start = p->pos;
    enum parse_rc rc = PARSE_BAD;
    if (PARSE_TEXT(p, "IPv6:")) {
        out->kind = SMTP_HOST_IPV6;
        rc = parse_ipv6_addr(p, out->address);
    } else {
        out->kind = SMTP_HOST_IPV4;
        if (at_ipv4(p)) {
            rc = parse_ipv4_address_literal(p, out->address);
        } else {
            out->kind = SMTP_HOST_GENERAL;
            rc = parse_general_address_literal(p, &out->tag);
        }
    }
    if (rc == PARSE_OK) {
        rc = parse_expect(p, ']', RULE_SMTP_LITERAL, "\"]\"");
    }
    if (rc != PARSE_OK) {
        size_t bad = p->pos;
        p->pos = start;
        (void)parse_run(p, CLASS_DCONTENT);
        if (parse_octet(p, ']')) {
            bad = bad < p->pos ? bad : p->pos - 1;
            *out = (struct smtp_host){.kind = SMTP_HOST_GENERAL};
            rc = parse_quirk(p, QUIRK_SMTP_LITERAL, bad, 1, "an address literal");
        }
    }
    return rc;
}

/* RFC 5321 section 4.1.2: address-literal = "[" ( IPv4-address-literal / IPv6-address-literal /
   General-address-literal ) "]". A tag "IPv6" is never a general one. */
enum parse_rc smtp_parse_address_literal(struct parse *p, struct smtp_host *out)
{
    size_t start = p->pos;
    *out = (struct smtp_host){0};
    if (!parse_octet(p, '[')) {
        return PARSE_NOMATCH;
    }
    enum parse_rc rc = parse_literal_content(p, out);
    out->text = parse_since(p, start);
    return rc;
}

enum parse_rc smtp_parse_host(struct parse *p, struct smtp_host *out)
{
    enum parse_rc rc = smtp_parse_address_literal(p, out);
    return rc == PARSE_NOMATCH ? smtp_parse_domain(p, out) : rc;
}

void smtp_emit_host(struct out *o, const struct smtp_host *host)
{
    out_bytes(o, host->text);
}
