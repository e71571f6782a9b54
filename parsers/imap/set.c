/* SPDX-License-Identifier: MIT */
#include "parsers/imap/set.h"

/* RFC 9051 section 9: seq-number = nz-number / "*" */
static enum parse_rc seq_number(struct parse *p, bool star, struct imap_set *set)
{
    uint64_t number = 0;
    if (star && parse_octet(p, '*')) {
        set->star = true;
        return PARSE_OK;
    }
    if (parse_peek(p) == '0') {
        return imap_parse_nz_number_or(p, QUIRK_IMAP_SET_ZERO, &number);
    }
    return imap_parse_nz_number(p, &number);
}

/* RFC 9051 section 9: seq-range = seq-number ":" seq-number */
static enum parse_rc seq_range(struct parse *p, bool star, struct imap_set *set)
{
    enum parse_rc rc = seq_number(p, star, set);
    if (rc == PARSE_OK && parse_octet(p, ':')) {
        rc = seq_number(p, star, set);
        if (rc == PARSE_NOMATCH) {
            rc = parse_fail(p, RULE_IMAP_SEQUENCE_SET, "number behind \":\"");
        }
    }
    return rc;
}

static enum parse_rc sequence_set(struct parse *p, bool star, struct imap_set *out)
{
    size_t start = p->pos;
    *out = (struct imap_set){0};
    /* seq-last-command stands alone or at the end. */
    do {
        enum parse_rc rc = PARSE_OK;
        if (star && parse_octet(p, '$')) {
            out->saved = true;
        } else {
            rc = seq_range(p, star, out);
        }
        if (rc == PARSE_NOMATCH && out->count > 0) {
            rc = parse_fail(p, RULE_IMAP_SEQUENCE_SET, "number behind \",\"");
        }
        if (rc != PARSE_OK) {
            return rc;
        }
        out->count++;
    } while (!out->saved && parse_octet(p, ','));
    out->text = parse_since(p, start);
    return PARSE_OK;
}

/* RFC 9051 section 9: sequence-set = (seq-number / seq-range) ["," sequence-set], and
   sequence-set =/ seq-last-command */
enum parse_rc imap_parse_sequence_set(struct parse *p, struct imap_set *out)
{
    return sequence_set(p, true, out);
}

/* RFC 9051 section 9: uid-set = (uniqueid / uid-range) *("," uid-set) */
enum parse_rc imap_parse_uid_set(struct parse *p, struct imap_set *out)
{
    return sequence_set(p, false, out);
}

void imap_emit_set(struct out *o, const struct imap_set *set)
{
    out_bytes(o, set->text);
}

static uint64_t take_number(struct span *rest)
{
    uint64_t value = 0;
    if (rest->len > 0 && rest->ptr[0] == '*') {
        *rest = span_from(*rest, 1);
        return IMAP_STAR;
    }
    size_t i = 0;
    for (; i < rest->len && rest->ptr[i] >= '0' && rest->ptr[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(rest->ptr[i] - '0');
        value = value > (INT64_MAX - digit) / 10 ? INT64_MAX : value * 10 + digit;
    }
    *rest = span_from(*rest, i);
    return value;
}

bool imap_set_next(struct span *rest, struct imap_range *out)
{
    *out = (struct imap_range){0};
    if (rest->len == 0) {
        return false;
    }
    if (rest->ptr[0] == '$') {
        out->saved = true;
        *rest = span_from(*rest, 1);
    } else {
        out->first = take_number(rest);
        out->last = out->first;
        out->single = rest->len == 0 || rest->ptr[0] != ':';
        if (!out->single) {
            *rest = span_from(*rest, 1);
            out->last = take_number(rest);
        }
    }
    *rest = span_from(*rest, 1);
    return true;
}

bool imap_set_has(const struct imap_set *set, uint64_t number, uint64_t star)
{
    struct span rest = set->text;
    struct imap_range range;
    while (imap_set_next(&rest, &range)) {
        uint64_t first = range.first == IMAP_STAR ? star : range.first;
        uint64_t last = range.last == IMAP_STAR ? star : range.last;
        if (!range.saved &&
            ((number >= first && number <= last) || (number >= last && number <= first))) {
            return true;
        }
    }
    return false;
}

uint64_t imap_set_size(const struct imap_set *set)
{
    struct span rest = set->text;
    struct imap_range range;
    uint64_t size = 0;
    while (imap_set_next(&rest, &range)) {
        uint64_t low = range.first < range.last ? range.first : range.last;
        uint64_t high = range.first < range.last ? range.last : range.first;
        size += high - low + 1;
    }
    return size;
}
