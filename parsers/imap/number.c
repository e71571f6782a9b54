/* SPDX-License-Identifier: MIT */
#include "parsers/imap/number.h"

#define NUMBER_MAX UINT32_MAX
#define NUMBER64_MAX INT64_MAX

/* The digits at the cursor are a number that is too large from the digit at pos on. */
static enum parse_rc too_large(struct parse *p, size_t pos, uint64_t *out)
{
    (void)parse_run(p, CLASS_DIGIT);
    *out = NUMBER64_MAX;
    return parse_quirk(p, QUIRK_IMAP_NUMBER_RANGE, pos, p->pos - pos, "a smaller number");
}

static enum parse_rc digits(struct parse *p, uint64_t max, uint64_t *out)
{
    const uint64_t safe = max / 10; /* below this, any digit may follow */
    uint64_t value = 0;
    size_t start = p->pos;
    size_t pos = start;
    while (pos < p->in.len && octet_is(p->in.ptr[pos], CLASS_DIGIT)) {
        uint64_t digit = (uint64_t)(p->in.ptr[pos] - '0');
        if (value >= safe && value > (max - digit) / 10) {
            p->pos = pos;
            return too_large(p, pos, out);
        }
        value = value * 10 + digit;
        pos++;
    }
    p->pos = pos;
    *out = value;
    return pos > start ? PARSE_OK : PARSE_NOMATCH;
}

static enum parse_rc number(struct parse *p, uint64_t max, struct imap_number *out)
{
    size_t start = p->pos;
    *out = (struct imap_number){0};
    enum parse_rc rc = digits(p, max, &out->value);
    out->width = (uint32_t)(p->pos - start);
    return rc;
}

/* RFC 9051 section 9: number = 1*DIGIT */
enum parse_rc imap_parse_number(struct parse *p, struct imap_number *out)
{
    return number(p, NUMBER_MAX, out);
}

/* RFC 9051 section 9: number64 = 1*DIGIT */
enum parse_rc imap_parse_number64(struct parse *p, struct imap_number *out)
{
    return number(p, NUMBER64_MAX, out);
}

static enum parse_rc nz_number(struct parse *p, uint64_t max, uint64_t *out)
{
    *out = 0;
    return parse_peek(p) == '0' ? PARSE_NOMATCH : digits(p, max, out);
}

/* RFC 9051 section 9: nz-number = digit-nz *DIGIT */
enum parse_rc imap_parse_nz_number(struct parse *p, uint64_t *out)
{
    return nz_number(p, NUMBER_MAX, out);
}

/* RFC 9051 section 9: nz-number64 = digit-nz *DIGIT */
enum parse_rc imap_parse_nz_number64(struct parse *p, uint64_t *out)
{
    return nz_number(p, NUMBER64_MAX, out);
}

static enum parse_rc nz_or(struct parse *p, uint64_t max, enum quirk zero, uint64_t *out)
{
    *out = 0;
    size_t start = p->pos;
    if (parse_octet(p, '0')) {
        enum parse_rc rc = parse_quirk(p, zero, start, 1, "a number that does not begin with 0");
        if (rc != PARSE_OK) {
            return rc;
        }
        rc = digits(p, max, out);
        return rc == PARSE_BAD ? rc : PARSE_OK;
    }
    return digits(p, max, out);
}

enum parse_rc imap_parse_nz_number_or(struct parse *p, enum quirk zero, uint64_t *out)
{
    return nz_or(p, NUMBER_MAX, zero, out);
}

enum parse_rc imap_parse_nz_number64_or(struct parse *p, enum quirk zero, uint64_t *out)
{
    return nz_or(p, NUMBER64_MAX, zero, out);
}

/* RFC 7162 section 7: mod-sequence-value = 1*DIGIT */
enum parse_rc imap_parse_modseq(struct parse *p, struct imap_number *out)
{
    size_t start = p->pos;
    *out = (struct imap_number){0};
    if (parse_octet(p, '-')) {
        (void)parse_run(p, CLASS_DIGIT);
        return parse_quirk(p, QUIRK_IMAP_MODSEQ_RANGE, start, p->pos - start, "a number from 1");
    }
    enum parse_rc rc = imap_parse_number64(p, out);
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, RULE_IMAP_MODSEQ, "mod-sequence-value");
    }
    if (rc == PARSE_OK && out->value == 0) {
        rc = parse_quirk(p, QUIRK_IMAP_MODSEQ_RANGE, start, p->pos - start, "a number from 1");
    }
    return rc;
}

/* Behind the digits of a number: a fraction or an exponent. */
static enum parse_rc no_fraction(struct parse *p)
{
    size_t start = p->pos;
    int octet = parse_peek(p);
    if (octet != '.' && octet != 'e' && octet != 'E') {
        return PARSE_OK;
    }
    while (parse_peek(p) == '.' || parse_peek(p) == '+' || parse_peek(p) == '-' ||
           (!parse_at_end(p) && octet_is(p->in.ptr[p->pos], CLASS_ALPHA | CLASS_DIGIT))) {
        p->pos++;
    }
    return parse_quirk(p, QUIRK_IMAP_NUMBER_FLOAT, start, p->pos - start, "a whole number");
}

static enum parse_rc count(struct parse *p, uint64_t max, enum rule rule, struct imap_number *out)
{
    size_t start = p->pos;
    enum parse_rc rc = number(p, max, out);
    if (rc != PARSE_NOMATCH) {
        return rc == PARSE_OK ? no_fraction(p) : rc;
    }
    if (PARSE_TEXT(p, "NIL")) {
        return parse_quirk(p, QUIRK_IMAP_NUMBER_NIL, start, 3, "a number");
    }
    if (!parse_octet(p, '-')) {
        return parse_fail(p, rule, "a number");
    }
    (void)parse_run(p, CLASS_DIGIT);
    return parse_quirk(p, QUIRK_IMAP_NUMBER_NEGATIVE, start, p->pos - start, "a number from 0");
}

enum parse_rc imap_parse_count(struct parse *p, enum rule rule, struct imap_number *out)
{
    return count(p, NUMBER_MAX, rule, out);
}

enum parse_rc imap_parse_count64(struct parse *p, enum rule rule, struct imap_number *out)
{
    return count(p, NUMBER64_MAX, rule, out);
}

enum parse_rc imap_parse_unsigned64(struct parse *p, enum rule rule, struct imap_number *out)
{
    return count(p, UINT64_MAX, rule, out);
}

enum parse_rc imap_parse_mod_sequence(struct parse *p, bool zero, struct imap_number *out)
{
    size_t start = p->pos;
    enum parse_rc rc = imap_parse_number64(p, out);
    if (rc == PARSE_OK && out->value == 0 && (!zero || p->pos - start > 1)) {
        rc = parse_quirk(p, QUIRK_IMAP_MODSEQ_VALUE_ZERO, start, p->pos - start,
                         "a mod-sequence above 0");
    }
    return rc;
}

void imap_emit_number(struct out *o, struct imap_number number)
{
    out_padded(o, number.value, number.width > 0 ? number.width : 1);
}
