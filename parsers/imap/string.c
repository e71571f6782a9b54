/* SPDX-License-Identifier: MIT */
#include "parsers/imap/string.h"

#include "parsers/core/utf8.h"
#include "parsers/core/word.h"

/* RFC 9051 section 9: atom = 1*ATOM-CHAR */
enum parse_rc imap_parse_atom(struct parse *p, struct span *out)
{
    *out = parse_run(p, CLASS_ATOM);
    return out->len > 0 ? PARSE_OK : PARSE_NOMATCH;
}

/* RFC 9051 section 9: tag = 1*<any ASTRING-CHAR except "+"> */
enum parse_rc imap_parse_tag(struct parse *p, struct span *out)
{
    *out = parse_run(p, CLASS_TAG);
    return out->len > 0 ? PARSE_OK : PARSE_NOMATCH;
}

/* What was met in a quoted string already, so that each mistake is noted once. */
struct quoted_seen {
    bool utf8;
    bool other;
    bool nul;
};

/* A run of octets above 127: right only where UTF-8 is in force, and only as UTF-8. */
static enum parse_rc quoted_high(struct parse *p, struct quoted_seen *seen)
{
    size_t start = p->pos;
    struct span run = parse_run(p, CLASS_HIGH);
    size_t valid = utf8_valid_len(run);
    enum parse_rc rc = PARSE_OK;
    if (valid < run.len && !seen->other) {
        seen->other = true;
        rc = parse_quirk(p, QUIRK_IMAP_QUOTED_8BIT, start + valid, run.len - valid,
                         "US-ASCII or valid UTF-8");
    } else if (valid == run.len && !seen->utf8 && !imap_profile_has(p, IMAP_PROFILE_UTF8)) {
        seen->utf8 = true;
        rc = parse_quirk(p, QUIRK_IMAP_QUOTED_UTF8, start, run.len, "US-ASCII, or a literal");
    }
    return rc;
}

static enum parse_rc quoted_escape(struct parse *p)
{
    p->pos++;
    int next = parse_peek(p);
    if (next == '"' || next == '\\') {
        p->pos++;
        return PARSE_OK;
    }
    if (next < ' ') {
        return parse_fail(p, RULE_IMAP_QUOTED, "DQUOTE or \"\\\" after \"\\\"");
    }
    p->pos++;
    return parse_quirk(p, QUIRK_IMAP_QUOTED_ESCAPE, p->pos - 1, 1, "DQUOTE or \"\\\" after \"\\\"");
}

static enum parse_rc quoted_char(struct parse *p, struct quoted_seen *seen)
{
    int octet = parse_peek(p);
    if (octet == '\\') {
        return quoted_escape(p);
    }
    if (octet >= 0x80) {
        return quoted_high(p, seen);
    }
    if (octet == 0) {
        p->pos++;
        if (seen->nul) {
            return PARSE_OK;
        }
        seen->nul = true;
        return parse_quirk(p, QUIRK_IMAP_NUL, p->pos - 1, 1, "no NUL");
    }
    return parse_fail(p, RULE_IMAP_QUOTED, "closing DQUOTE");
}

/* Goes over the octets that stand for themselves, in words as long as they are printable. */
static inline void quoted_safe(struct parse *p)
{
    while (parse_left(p) >= WORD_LEN) {
        uint64_t word = word_load(p->in.ptr + p->pos);
        uint64_t other = word_found(
            word_equal(word, '"') | word_equal(word, '\\') | word_below(word, ' '), word);
        if (other != 0) {
            p->pos += word_first(other);
            break;
        }
        p->pos += WORD_LEN;
    }
    (void)parse_run(p, CLASS_QUOTED_SAFE);
}

/* From the first octet that is something else up to the closing DQUOTE. */
static enum parse_rc quoted_rest(struct parse *p, struct imap_string *out)
{
    struct quoted_seen seen = {0};
    enum parse_rc rc = PARSE_OK;
    while (rc == PARSE_OK && parse_peek(p) != '"') {
        out->escaped |= parse_peek(p) == '\\';
        rc = quoted_char(p, &seen);
        (void)parse_run(p, CLASS_QUOTED_SAFE);
    }
    return rc;
}

/* RFC 9051 section 9: quoted = DQUOTE *QUOTED-CHAR DQUOTE */
enum parse_rc imap_parse_quoted(struct parse *p, struct imap_string *out)
{
    *out = (struct imap_string){.form = IMAP_QUOTED};
    if (!parse_octet(p, '"')) {
        return PARSE_NOMATCH;
    }
    size_t start = p->pos;
    quoted_safe(p);
    enum parse_rc rc = parse_peek(p) == '"' ? PARSE_OK : quoted_rest(p, out);
    if (rc == PARSE_OK) {
        out->text = parse_since(p, start);
        p->pos++;
    }
    return rc;
}

/* How many octets of a literal of count octets at the cursor are in the unit. */
static uint64_t literal_kept(const struct parse *p, uint64_t count)
{
    uint64_t kept = count;
    for (size_t i = 0; i < p->gap_count; i++) {
        const struct gap *gap = &p->gaps[i];
        if (gap->pos >= p->pos && gap->len <= kept && gap->pos - p->pos <= kept - gap->len) {
            kept -= gap->len;
        }
    }
    return kept;
}

/* Behind "{" or "~{". */
static enum parse_rc literal_rest(struct parse *p, struct imap_string *out)
{
    struct imap_number count = {0};
    enum parse_rc rc = imap_parse_number64(p, &count);
    if (rc != PARSE_OK) {
        return rc == PARSE_BAD ? rc : parse_fail(p, RULE_IMAP_LITERAL, "number of octets");
    }
    size_t plus = p->pos;
    out->nonsync = parse_octet(p, '+');
    if (!parse_octet(p, '}')) {
        return parse_fail(p, RULE_IMAP_LITERAL, "\"}\"");
    }
    if (!parse_octet(p, '\r') || !parse_octet(p, '\n')) {
        return parse_fail(p, RULE_IMAP_LITERAL, "CRLF behind \"}\"");
    }
    out->count = count.value;
    out->width = count.width;
    uint64_t kept = literal_kept(p, count.value);
    if (kept > parse_left(p)) {
        return parse_fail_at(p, p->in.len, RULE_IMAP_LITERAL_SHORT, "more octets of the literal");
    }
    out->text = span_sub(p->in, p->pos, (size_t)kept);
    p->pos += (size_t)kept;
    if (out->nonsync && imap_profile_has(p, IMAP_PROFILE_SERVER)) {
        return parse_quirk(p, QUIRK_IMAP_LITERAL_NONSYNC, plus, 1, "\"}\"");
    }
    return PARSE_OK;
}

/* RFC 9051 section 9: literal = "{" number64 ["+"] "}" CRLF *CHAR8 */
enum parse_rc imap_parse_literal(struct parse *p, struct imap_string *out)
{
    *out = (struct imap_string){.form = IMAP_LITERAL};
    if (!parse_octet(p, '{')) {
        return PARSE_NOMATCH;
    }
    enum parse_rc rc = literal_rest(p, out);
    if (rc != PARSE_OK || out->text.len == 0) {
        return rc;
    }
    const uint8_t *nul = memchr(out->text.ptr, 0, out->text.len);
    if (nul != NULL) {
        rc = parse_quirk(p, QUIRK_IMAP_NUL, (size_t)(nul - p->in.ptr), 1, "no NUL in a literal");
    }
    return rc;
}

/* RFC 9051 section 9: literal8 = "~{" number64 "}" CRLF *OCTET. RFC 7888 section 6 adds "+", for
   clients. */
enum parse_rc imap_parse_literal8(struct parse *p, struct imap_string *out)
{
    *out = (struct imap_string){.form = IMAP_LITERAL, .binary = true};
    return PARSE_TEXT(p, "~{") ? literal_rest(p, out) : PARSE_NOMATCH;
}

/* RFC 9051 section 9: string = quoted / literal */
enum parse_rc imap_parse_string(struct parse *p, struct imap_string *out)
{
    enum parse_rc rc = imap_parse_quoted(p, out);
    return rc == PARSE_NOMATCH ? imap_parse_literal(p, out) : rc;
}

/* RFC 9051 section 9: nstring = string / nil */
enum parse_rc imap_parse_nstring(struct parse *p, struct imap_string *out)
{
    size_t start = p->pos;
    if (parse_peek(p) == '"') {
        return imap_parse_quoted(p, out);
    }
    if (PARSE_TEXT(p, "NIL")) {
        *out = (struct imap_string){.form = IMAP_NIL, .text = parse_since(p, start)};
        return PARSE_OK;
    }
    return imap_parse_string(p, out);
}

/* RFC 9051 section 9: astring = 1*ASTRING-CHAR / string */
enum parse_rc imap_parse_astring(struct parse *p, struct imap_string *out)
{
    struct span text = parse_run(p, CLASS_ASTRING);
    if (text.len > 0) {
        *out = (struct imap_string){.form = IMAP_ATOM, .text = text};
        return PARSE_OK;
    }
    return imap_parse_string(p, out);
}

/* What stands where a string must: "()" or a bare word. */
static enum parse_rc odd_string(struct parse *p, enum rule rule, struct imap_string *out)
{
    size_t start = p->pos;
    if (PARSE_TEXT(p, "()")) {
        *out = (struct imap_string){.form = IMAP_NIL};
        return parse_quirk(p, QUIRK_IMAP_STRING_PARENS, start, 2, "a string or NIL, not \"()\"");
    }
    struct span text = parse_run(p, CLASS_ASTRING);
    if (text.len == 0) {
        return parse_fail(p, rule, "a string");
    }
    *out = (struct imap_string){.form = IMAP_ATOM, .text = text};
    return parse_quirk(p, QUIRK_IMAP_STRING_ATOM, start, text.len, "DQUOTE or a literal");
}

enum parse_rc imap_parse_some_nstring(struct parse *p, struct imap_string *out)
{
    if (parse_peek(p) == '"') {
        return imap_parse_quoted(p, out);
    }
    enum parse_rc rc = imap_parse_nstring(p, out);
    return rc == PARSE_NOMATCH ? odd_string(p, RULE_IMAP_NSTRING, out) : rc;
}

enum parse_rc imap_parse_some_string(struct parse *p, struct imap_string *out)
{
    size_t start = p->pos;
    if (parse_peek(p) == '"') {
        return imap_parse_quoted(p, out);
    }
    enum parse_rc rc = imap_parse_nstring(p, out);
    if (rc == PARSE_OK && out->form == IMAP_NIL) {
        return parse_quirk(p, QUIRK_IMAP_STRING_NIL, start, 3, "a string, not NIL");
    }
    return rc == PARSE_NOMATCH ? odd_string(p, RULE_IMAP_STRING, out) : rc;
}

/* RFC 8474 section 7: objectid = 1*255(ALPHA / DIGIT / "_" / "-") */
enum parse_rc imap_parse_objectid(struct parse *p, struct span *out)
{
    *out = parse_run(p, CLASS_SASL_MECH);
    if (out->len > 255) {
        return parse_fail_at(p, p->pos - out->len + 255, RULE_IMAP_OBJECTID, "255 octets or less");
    }
    return out->len > 0 ? PARSE_OK : PARSE_NOMATCH;
}

enum parse_rc imap_parse_objectid_list(struct parse *p, struct span *out)
{
    *out = (struct span){0};
    if (!parse_octet(p, '(')) {
        return PARSE_NOMATCH;
    }
    enum parse_rc rc = imap_parse_objectid(p, out);
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, RULE_IMAP_OBJECTID, "objectid");
    }
    return rc == PARSE_OK ? parse_expect(p, ')', RULE_IMAP_OBJECTID, "objectid or \")\"") : rc;
}

/* RFC 9051 section 9: base64 = *(4base64-char) [base64-terminal] */
enum parse_rc imap_parse_base64(struct parse *p, struct span *out)
{
    size_t start = p->pos;
    size_t len = parse_run(p, CLASS_BASE64).len;
    unsigned rest = len % 4;
    if (rest == 1 || (rest > 1 && !parse_octet(p, '=')) || (rest == 2 && !parse_octet(p, '='))) {
        return parse_fail(p, RULE_IMAP_BASE64, rest == 1 ? "base64-char" : "base64-char or \"=\"");
    }
    *out = parse_since(p, start);
    return PARSE_OK;
}

static void emit_literal(struct out *o, const struct imap_string *string)
{
    uint64_t count = string->count > string->text.len ? string->count : string->text.len;
    out_text(o, string->binary ? "~{" : "{");
    imap_emit_number(o, (struct imap_number){count, string->width});
    out_text(o, string->nonsync ? "+}\r\n" : "}\r\n");
    out_bytes(o, string->text);
}

void imap_emit_string(struct out *o, const struct imap_string *string)
{
    switch (string->form) {
    case IMAP_NIL:
        imap_emit_keyword(o, string->text, "NIL");
        return;
    case IMAP_ATOM:
        out_bytes(o, string->text);
        return;
    case IMAP_QUOTED:
        out_octet(o, '"');
        out_bytes(o, string->text);
        out_octet(o, '"');
        return;
    case IMAP_LITERAL:
        emit_literal(o, string);
        return;
    }
}

struct imap_string imap_string_make(struct span octets)
{
    bool safe = true;
    for (size_t i = 0; i < octets.len; i++) {
        safe = safe && octet_is(octets.ptr[i], CLASS_QUOTED_SAFE);
    }
    return (struct imap_string){
        .form = safe ? IMAP_QUOTED : IMAP_LITERAL, .count = safe ? 0 : octets.len, .text = octets};
}

void imap_string_decode(const struct imap_string *string, struct out *out)
{
    if (string->form == IMAP_NIL) {
        return;
    }
    if (!string->escaped) {
        out_bytes(out, string->text);
        return;
    }
    for (size_t i = 0; i < string->text.len; i++) {
        if (string->text.ptr[i] == '\\' && i + 1 < string->text.len) {
            i++;
        }
        out_octet(out, string->text.ptr[i]);
    }
}

static bool equal(const struct imap_string *string, struct span octets, bool nocase)
{
    if (string->form == IMAP_NIL) {
        return false;
    }
    size_t pos = 0;
    for (size_t i = 0; i < string->text.len; i++, pos++) {
        if (string->escaped && string->text.ptr[i] == '\\' && i + 1 < string->text.len) {
            i++;
        }
        uint8_t octet = string->text.ptr[i];
        if (pos == octets.len || (nocase ? octet_lower(octet) != octet_lower(octets.ptr[pos])
                                         : octet != octets.ptr[pos])) {
            return false;
        }
    }
    return pos == octets.len;
}

bool imap_string_equal(const struct imap_string *string, struct span octets)
{
    return equal(string, octets, false);
}

bool imap_string_is(const struct imap_string *string, struct span text)
{
    return equal(string, text, true);
}

enum parse_rc imap_strings_append(struct parse *p, struct imap_string_builder *builder,
                                  const struct imap_string *value)
{
    struct imap_string_list *node = parse_take(p, sizeof *node);
    if (node == NULL) {
        return PARSE_BAD;
    }
    *node = (struct imap_string_list){NULL, *value};
    if (builder->last == NULL) {
        builder->list.first = node;
    } else {
        builder->last->next = node;
    }
    builder->last = node;
    builder->list.count++;
    return PARSE_OK;
}
