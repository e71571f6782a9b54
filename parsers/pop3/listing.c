/* SPDX-License-Identifier: MIT */
#include "parsers/pop3/listing.h"

#include "parsers/pop3/line_end.h"

/* A fraction or an exponent at the cursor: the quirk goes over it. */
static enum parse_rc skip_fraction(struct parse *p, size_t end, enum quirk form)
{
    size_t start = p->pos;
    while (p->pos < end && p->in.ptr[p->pos] != ' ') {
        p->pos++;
    }
    return parse_quirk(p, form, start, p->pos - start, "a decimal number");
}

/* RFC 1939 section 4: all message-numbers and message sizes are expressed in base-10. */
static enum parse_rc parse_value(struct parse *p, size_t end, enum quirk form, uint64_t *out)
{
    enum rule rule = quirk_info(form)->rule;
    enum parse_rc rc = PARSE_OK;
    if (p->pos + 1 < end && (p->in.ptr[p->pos] == '-' || p->in.ptr[p->pos] == '+') &&
        octet_is(p->in.ptr[p->pos + 1], CLASS_DIGIT)) {
        rc = parse_quirk(p, form, p->pos, 1, "a decimal number");
        p->pos++;
    }
    if (rc == PARSE_OK) {
        rc = parse_number(p, UINT64_MAX, rule, out);
    }
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, rule, "a decimal number");
    }
    if (rc == PARSE_OK && p->pos + 1 < end &&
        (p->in.ptr[p->pos] == '.' || p->in.ptr[p->pos] == 'e') &&
        octet_is(p->in.ptr[p->pos + 1], CLASS_DIGIT)) {
        rc = skip_fraction(p, end, form);
    }
    return rc;
}

/* "a single space": the quirk goes over more of them. */
static enum parse_rc parse_space(struct parse *p, size_t end, enum quirk form)
{
    if (p->pos >= end || p->in.ptr[p->pos] != ' ') {
        return parse_fail(p, quirk_info(form)->rule, "a single space");
    }
    size_t start = ++p->pos;
    while (p->pos < end && p->in.ptr[p->pos] == ' ') {
        p->pos++;
    }
    return p->pos == start ? PARSE_OK
                           : parse_quirk(p, form, start, p->pos - start, "a single space");
}

/* Spaces before the first value. */
static enum parse_rc skip_spaces(struct parse *p, size_t end, enum quirk form)
{
    size_t start = p->pos;
    while (p->pos < end && p->in.ptr[p->pos] == ' ') {
        p->pos++;
    }
    return p->pos == start ? PARSE_OK
                           : parse_quirk(p, form, start, p->pos - start, "no space here");
}

static enum parse_rc parse_pair(struct parse *p, size_t end, enum quirk form, uint64_t *first,
                                uint64_t *second)
{
    enum parse_rc rc = skip_spaces(p, end, form);
    rc = rc == PARSE_OK ? parse_value(p, end, form, first) : rc;
    rc = rc == PARSE_OK ? parse_space(p, end, form) : rc;
    return rc == PARSE_OK ? parse_value(p, end, form, second) : rc;
}

enum parse_rc pop3_parse_drop_listing(struct parse *p, size_t end, uint64_t *count, uint64_t *size)
{
    return parse_pair(p, end, QUIRK_POP3_DROP_FORM, count, size);
}

enum parse_rc pop3_parse_scan_listing(struct parse *p, size_t end, uint64_t *number, uint64_t *size)
{
    size_t start = p->pos;
    enum parse_rc rc = parse_pair(p, end, QUIRK_POP3_SCAN_FORM, number, size);
    if (rc == PARSE_OK && *number == 0) {
        return parse_fail_at(p, start, RULE_POP3_SCAN_LISTING, "a message-number from 1 on");
    }
    return rc;
}

/* RFC 1939 section 7: one to 70 characters in the range 0x21 to 0x7E. */
static enum parse_rc parse_unique_id(struct parse *p, size_t end, struct span *out)
{
    size_t start = p->pos;
    *out = pop3_take_word(p, end);
    for (size_t i = 0; i < out->len; i++) {
        if (!octet_is(out->ptr[i], CLASS_VCHAR)) {
            return parse_quirk(p, QUIRK_POP3_UNIQUE_ID_FORM, start + i, 1, "an octet 0x21 to 0x7E");
        }
    }
    if (out->len > 70) {
        return parse_quirk(p, QUIRK_POP3_UNIQUE_ID_FORM, start + 70, out->len - 70,
                           "70 octets at most");
    }
    return out->len > 0 ? PARSE_OK : parse_fail(p, RULE_POP3_UNIQUE_ID, "a unique-id");
}

/* A unique-id may begin with digits: the number is there when digits and a space stand before
   something else. */
static enum parse_rc parse_listing_number(struct parse *p, size_t end, uint64_t *number)
{
    size_t start = p->pos;
    struct span word = pop3_take_word(p, end);
    bool alone = p->pos == end;
    p->pos = start;
    if (alone && word.len > 0) {
        return parse_quirk(p, QUIRK_POP3_UIDL_FORM, start, 0, "a message-number");
    }
    enum parse_rc rc = parse_number(p, UINT64_MAX, RULE_POP3_UNIQUE_ID_LISTING, number);
    if (rc == PARSE_NOMATCH || (rc == PARSE_OK && *number == 0)) {
        return parse_fail_at(p, start, RULE_POP3_UNIQUE_ID_LISTING, "a message-number from 1 on");
    }
    return rc == PARSE_OK ? parse_space(p, end, QUIRK_POP3_UIDL_FORM) : rc;
}

enum parse_rc pop3_parse_unique_id_listing(struct parse *p, size_t end, uint64_t *number,
                                           struct span *unique_id)
{
    *number = 0;
    enum parse_rc rc = skip_spaces(p, end, QUIRK_POP3_UIDL_FORM);
    rc = rc == PARSE_OK ? parse_listing_number(p, end, number) : rc;
    rc = rc == PARSE_OK ? parse_unique_id(p, end, unique_id) : rc;
    if (rc == PARSE_OK && p->pos < end) {
        rc = parse_quirk(p, QUIRK_POP3_UIDL_FORM, p->pos, end - p->pos,
                         "nothing behind the unique-id");
        p->pos = rc == PARSE_OK ? end : p->pos;
    }
    return rc;
}
