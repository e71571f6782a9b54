/* SPDX-License-Identifier: MIT */
#include "parsers/imap/value.h"

#include "parsers/core/frame.h"

typedef enum parse_rc value_rule(struct parse *p, struct imap_value *out);

enum parse_rc imap_parse_tagged_ext_label(struct parse *p, struct span *out)
{
    size_t start = p->pos;
    for (; !parse_at_end(p); p->pos++) {
        uint8_t c = p->in.ptr[p->pos];
        bool first = octet_is(c, CLASS_ALPHA) || c == '-' || c == '_' || c == '.';
        if (!first && (p->pos == start || !(octet_is(c, CLASS_DIGIT) || c == ':'))) {
            break;
        }
    }
    *out = parse_since(p, start);
    return out->len > 0 ? PARSE_OK : PARSE_NOMATCH;
}

/* "(" … ")" of parts that the rule reads; the "(" is at the cursor. */
static enum parse_rc list_of(struct parse *p, value_rule *rule, bool may_be_empty,
                             struct imap_value *out)
{
    enum parse_rc rc = parse_enter(p);
    if (rc != PARSE_OK) {
        return rc;
    }
    p->pos++;
    *out = (struct imap_value){.list = true};
    const struct imap_value **tail = &out->first;
    bool end = may_be_empty && parse_octet(p, ')');
    for (size_t count = 1; rc == PARSE_OK && !end; count++) {
        struct imap_value *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = rule(p, node);
        if (rc == PARSE_NOMATCH) {
            rc = parse_fail(p, RULE_IMAP_TAGGED_EXT, "a value");
        }
        if (rc == PARSE_OK) {
            *tail = node;
            tail = &node->next;
            rc = imap_parse_list_next(p, count, RULE_IMAP_TAGGED_EXT, &end);
        }
    }
    parse_leave(p);
    return rc;
}

/* RFC 9051 section 9: tagged-ext-comp = astring / tagged-ext-comp *(SP tagged-ext-comp) /
   "(" tagged-ext-comp ")" */
static enum parse_rc tagged_ext_comp(struct parse *p, struct imap_value *out)
{
    if (parse_peek(p) == '(') {
        return list_of(p, tagged_ext_comp, false, out);
    }
    return imap_parse_astring(p, &out->string);
}

/* RFC 9394 section 4: partial-range-last = MINUS nz-number ":" MINUS nz-number */
static enum parse_rc partial_range_last(struct parse *p)
{
    uint64_t number = 0;
    enum parse_rc rc = PARSE_OK;
    for (unsigned i = 0; i < 2 && rc == PARSE_OK; i++) {
        if ((i == 1 && !parse_octet(p, ':')) || !parse_octet(p, '-')) {
            rc = PARSE_NOMATCH;
        } else {
            rc = imap_parse_nz_number(p, &number);
        }
    }
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_TAGGED_EXT, "partial-range") : rc;
}

/* RFC 9051 section 9: tagged-ext-simple = sequence-set / number / number64 */
static enum parse_rc tagged_ext_simple(struct parse *p, struct imap_value *out)
{
    struct imap_set set;
    struct imap_number number;
    size_t start = p->pos;
    enum parse_rc rc = PARSE_NOMATCH;
    if (parse_peek(p) == '-') {
        rc = partial_range_last(p);
    } else {
        rc = imap_parse_number64(p, &number);
        if (rc != PARSE_BAD &&
            (parse_peek(p) == ':' || parse_peek(p) == ',' || rc == PARSE_NOMATCH)) {
            p->pos = start;
            rc = imap_parse_sequence_set(p, &set);
        }
    }
    out->string = (struct imap_string){.form = IMAP_ATOM, .text = parse_since(p, start)};
    return rc;
}

/* RFC 9051 section 9: tagged-ext-val = tagged-ext-simple / "(" [tagged-ext-comp] ")". A quirk
   accepts a string without parentheses. */
enum parse_rc imap_parse_tagged_ext_val(struct parse *p, struct imap_value *out)
{
    *out = (struct imap_value){0};
    if (parse_peek(p) == '(') {
        return list_of(p, tagged_ext_comp, true, out);
    }
    enum parse_rc rc = tagged_ext_simple(p, out);
    if (rc == PARSE_NOMATCH) {
        size_t start = p->pos;
        rc = imap_parse_astring(p, &out->string);
        if (rc == PARSE_OK) {
            rc = parse_quirk(p, QUIRK_IMAP_TAGGED_EXT_STRING, start, p->pos - start,
                             "a number, a set, or \"(\"");
        }
    }
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_TAGGED_EXT, "tagged-ext-val") : rc;
}

/* RFC 9051 section 9: body-extension = nstring / number / number64 / "(" body-extension
 *(SP body-extension) ")" */
enum parse_rc imap_parse_body_extension(struct parse *p, struct imap_value *out)
{
    *out = (struct imap_value){0};
    if (parse_peek(p) == '(') {
        return list_of(p, imap_parse_body_extension, false, out);
    }
    size_t start = p->pos;
    struct imap_number number;
    enum parse_rc rc = imap_parse_number64(p, &number);
    if (rc == PARSE_NOMATCH) {
        return imap_parse_nstring(p, &out->string);
    }
    out->string = (struct imap_string){.form = IMAP_ATOM, .text = parse_since(p, start)};
    return rc;
}

/* Octets that end a bare word, whatever it is. */
static bool ends_word(int octet)
{
    return octet <= ' ' || octet == '(' || octet == ')' || octet == '"';
}

enum parse_rc imap_parse_any(struct parse *p, struct imap_value *out)
{
    *out = (struct imap_value){0};
    if (parse_peek(p) == '(') {
        return list_of(p, imap_parse_any, true, out);
    }
    enum parse_rc rc = imap_parse_string(p, &out->string);
    rc = rc == PARSE_NOMATCH ? imap_parse_literal8(p, &out->string) : rc;
    if (rc != PARSE_NOMATCH) {
        return rc;
    }
    size_t start = p->pos;
    while (!ends_word(parse_peek(p))) {
        p->pos++;
    }
    out->string = (struct imap_string){.form = IMAP_ATOM, .text = parse_since(p, start)};
    return p->pos > start ? PARSE_OK : PARSE_NOMATCH;
}

/* One line of the rest, with the literal behind it; end: no literal follows. */
static enum parse_rc rest_line(struct parse *p, bool *end)
{
    struct literal_head head;
    const uint8_t *lf = memchr(p->in.ptr + p->pos, '\n', parse_left(p));
    size_t behind = lf == NULL ? p->in.len : (size_t)(lf - p->in.ptr) + 1;
    struct span line = span_sub(p->in, p->pos, behind - p->pos);
    *end = !frame_literal_head(line, &head) || head.len >= p->in.len - behind;
    size_t len = line.len;
    len -= len > 0 && line.ptr[len - 1] == '\n';
    len -= len > 0 && line.ptr[len - 1] == '\r';
    const uint8_t *cr = len == 0 ? NULL : memchr(line.ptr, '\r', len);
    size_t start = p->pos;
    size_t text = !*end && !head.binary ? line.len + (size_t)head.len : len;
    const uint8_t *nul = text == 0 ? NULL : memchr(line.ptr, 0, text);
    p->pos = *end ? start + len : behind + (size_t)head.len;
    if (cr != NULL) {
        return parse_quirk(p, QUIRK_IMAP_BARE_CR, start + (size_t)(cr - line.ptr), 1,
                           "no CR alone");
    }
    return nul == NULL
               ? PARSE_OK
               : parse_quirk(p, QUIRK_IMAP_NUL, start + (size_t)(nul - line.ptr), 1, "no NUL");
}

enum parse_rc imap_parse_rest(struct parse *p)
{
    enum parse_rc rc = PARSE_OK;
    bool end = p->gap_count > 0;
    if (end && parse_left(p) > 2) {
        p->pos = p->in.len - 2;
    }
    while (rc == PARSE_OK && !end) {
        rc = rest_line(p, &end);
    }
    return rc;
}

void imap_emit_value(struct out *o, const struct imap_value *value)
{
    if (!value->list) {
        imap_emit_string(o, &value->string);
        return;
    }
    out_octet(o, '(');
    imap_emit_values(o, value->first);
    out_octet(o, ')');
}

void imap_emit_values(struct out *o, const struct imap_value *first)
{
    for (const struct imap_value *value = first; value != NULL; value = value->next) {
        if (value != first) {
            out_octet(o, ' ');
        }
        imap_emit_value(o, value);
    }
}
