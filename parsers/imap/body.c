/* SPDX-License-Identifier: MIT */
#include "parsers/imap/body.h"

static enum parse_rc sp(struct parse *p)
{
    return imap_parse_sp(p, RULE_IMAP_BODY, "SP");
}

/* SP and more of the body follow, not its ")". */
static bool more(const struct parse *p)
{
    return parse_peek(p) == ' ' && p->pos + 1 < p->in.len && p->in.ptr[p->pos + 1] != ')';
}

/* RFC 9051 section 9: body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc
   SP body-fld-octets */
static enum parse_rc body_fields(struct parse *p, struct imap_body *out)
{
    enum parse_rc rc = imap_parse_body_fld_param(p, &out->params);
    if (rc == PARSE_NOMATCH) {
        rc = parse_fail(p, RULE_IMAP_PARAM, "\"(\" or NIL");
    }
    rc = rc == PARSE_OK ? sp(p) : rc;
    rc = rc == PARSE_OK ? imap_parse_some_nstring(p, &out->id) : rc;
    rc = rc == PARSE_OK ? sp(p) : rc;
    rc = rc == PARSE_OK ? imap_parse_some_nstring(p, &out->description) : rc;
    rc = rc == PARSE_OK ? sp(p) : rc;
    rc = rc == PARSE_OK ? imap_parse_some_string(p, &out->encoding) : rc;
    rc = rc == PARSE_OK ? sp(p) : rc;
    return rc == PARSE_OK ? imap_parse_count(p, RULE_IMAP_BODY, &out->octets) : rc;
}

/* SP body-fld-lines; a quirk goes without. */
static enum parse_rc body_lines(struct parse *p, struct imap_body *out)
{
    bool number = parse_left(p) > 1 && p->in.ptr[p->pos] == ' ' &&
                  (octet_is(p->in.ptr[p->pos + 1], CLASS_DIGIT) || p->in.ptr[p->pos + 1] == '-');
    if (!number && (parse_peek(p) == ')' || parse_peek(p) == ' ')) {
        bool doubled = parse_left(p) > 1 && p->in.ptr[p->pos + 1] == ' ';
        if (!doubled) {
            return parse_quirk(p, QUIRK_IMAP_BODY_LINES, parse_peek(p) == ' ' ? p->pos + 1 : p->pos,
                               0, "body-fld-lines");
        }
    }
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_count64(p, RULE_IMAP_BODY, &out->lines) : rc;
}

/* The body of a message/rfc822. A quirk accepts "()" for an empty one. */
static enum parse_rc inner_body(struct parse *p, bool extensible, struct imap_body *out)
{
    size_t start = p->pos;
    if (PARSE_TEXT(p, "()")) {
        return parse_quirk(p, QUIRK_IMAP_BODY_EMPTY, start + 1, 1, "body");
    }
    struct imap_body *node = parse_take(p, sizeof *node);
    if (node == NULL) {
        return PARSE_BAD;
    }
    enum parse_rc rc = imap_parse_body(p, extensible, node);
    out->parts = node;
    out->part_count = 1;
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_BODY, "body") : rc;
}

/* SP envelope SP body SP body-fld-lines; a quirk goes without all three. */
static enum parse_rc body_message(struct parse *p, bool extensible, struct imap_body *out)
{
    if (!(parse_left(p) > 1 && p->in.ptr[p->pos] == ' ' && p->in.ptr[p->pos + 1] == '(')) {
        out->kind = IMAP_BODY_BASIC;
        return parse_quirk(p, QUIRK_IMAP_BODY_RFC822, parse_peek(p) == ' ' ? p->pos + 1 : p->pos, 0,
                           "envelope");
    }
    struct imap_envelope *envelope = parse_take(p, sizeof *envelope);
    if (envelope == NULL) {
        return PARSE_BAD;
    }
    enum parse_rc rc = sp(p);
    rc = rc == PARSE_OK ? imap_parse_envelope(p, envelope) : rc;
    out->envelope = envelope;
    rc = rc == PARSE_OK ? sp(p) : rc;
    rc = rc == PARSE_OK ? inner_body(p, extensible, out) : rc;
    return rc == PARSE_OK ? body_lines(p, out) : rc;
}

static bool is_quoted(const struct imap_string *string, struct span text)
{
    return string->form == IMAP_QUOTED && span_equal_nocase(string->text, text);
}

/* RFC 9051 section 9: body-fld-dsp = "(" string SP body-fld-param ")" / nil. Quirks accept a bare
   string, and "()". */
static enum parse_rc body_fld_dsp(struct parse *p, struct imap_disposition *out)
{
    size_t start = p->pos;
    if (PARSE_TEXT(p, "NIL")) {
        out->nil = parse_since(p, start);
        return PARSE_OK;
    }
    if (!parse_octet(p, '(')) {
        enum parse_rc rc = imap_parse_string(p, &out->type);
        if (rc == PARSE_NOMATCH) {
            return parse_fail(p, RULE_IMAP_DISPOSITION, "\"(\" or NIL");
        }
        return rc == PARSE_OK ? parse_quirk(p, QUIRK_IMAP_DISPOSITION_STRING, start, p->pos - start,
                                            "\"(\" or NIL, not a string")
                              : rc;
    }
    if (parse_octet(p, ')')) {
        return parse_quirk(p, QUIRK_IMAP_DISPOSITION_EMPTY, start + 1, 1,
                           "a disposition, or NIL instead of \"()\"");
    }
    enum parse_rc rc = imap_parse_some_string(p, &out->type);
    rc = rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_DISPOSITION, "SP") : rc;
    rc = rc == PARSE_OK ? imap_parse_body_fld_param(p, &out->params) : rc;
    if (rc == PARSE_NOMATCH) {
        rc = parse_fail(p, RULE_IMAP_DISPOSITION, "\"(\" or NIL");
    }
    return rc == PARSE_OK ? parse_expect(p, ')', RULE_IMAP_DISPOSITION, "\")\"") : rc;
}

/* RFC 9051 section 9: body-fld-lang = nstring / "(" string *(SP string) ")" */
static enum parse_rc body_fld_lang(struct parse *p, struct imap_body *out)
{
    struct imap_string_builder builder = {0};
    struct imap_string string;
    enum parse_rc rc = PARSE_OK;
    out->language_list = parse_left(p) > 1 && parse_peek(p) == '(' && p->in.ptr[p->pos + 1] != ')';
    if (!out->language_list) {
        rc = imap_parse_some_nstring(p, &string);
        rc = rc == PARSE_OK ? imap_strings_append(p, &builder, &string) : rc;
        out->language = builder.list;
        return rc;
    }
    p->pos++;
    for (bool end = false; rc == PARSE_OK && !end;) {
        rc = imap_parse_some_string(p, &string);
        rc = rc == PARSE_OK ? imap_strings_append(p, &builder, &string) : rc;
        rc = rc == PARSE_OK ? imap_parse_list_next(p, 1, RULE_IMAP_BODY, &end) : rc;
    }
    out->language = builder.list;
    return rc;
}

static enum parse_rc body_extensions(struct parse *p, struct imap_body *out)
{
    const struct imap_value **tail = &out->extensions;
    enum parse_rc rc = PARSE_OK;
    while (rc == PARSE_OK && more(p)) {
        struct imap_value *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = sp(p);
        rc = rc == PARSE_OK ? imap_parse_body_extension(p, node) : rc;
        if (rc == PARSE_NOMATCH) {
            rc = parse_fail(p, RULE_IMAP_BODY, "body-extension");
        }
        *tail = node;
        tail = &node->next;
    }
    return rc;
}

static enum parse_rc body_ext_field(struct parse *p, struct imap_body *out)
{
    enum parse_rc rc = PARSE_OK;
    switch (out->extent) {
    case IMAP_BODY_PLAIN:
        break;
    case IMAP_BODY_MD5:
        if (out->kind == IMAP_BODY_MULTIPART) {
            rc = imap_parse_body_fld_param(p, &out->params);
            return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_PARAM, "\"(\" or NIL") : rc;
        }
        return imap_parse_some_nstring(p, &out->md5);
    case IMAP_BODY_DISPOSITION:
        return body_fld_dsp(p, &out->disposition);
    case IMAP_BODY_LANGUAGE:
        return body_fld_lang(p, out);
    case IMAP_BODY_LOCATION:
        return imap_parse_some_nstring(p, &out->location);
    }
    return rc;
}

/* RFC 9051 section 9: body-ext-1part = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang
   [SP body-fld-loc *(SP body-extension)]]]; body-ext-mpart begins with body-fld-param */
static enum parse_rc body_ext(struct parse *p, bool extensible, struct imap_body *out)
{
    enum parse_rc rc = PARSE_OK;
    if (!more(p)) {
        return rc;
    }
    if (!extensible) {
        rc = parse_quirk(p, QUIRK_IMAP_BODY_EXTENSION, p->pos, 1, "\")\"");
    }
    while (rc == PARSE_OK && more(p) && out->extent < IMAP_BODY_LOCATION) {
        out->extent++;
        rc = sp(p);
        rc = rc == PARSE_OK ? body_ext_field(p, out) : rc;
    }
    return rc == PARSE_OK ? body_extensions(p, out) : rc;
}

/* RFC 9051 section 9: body-type-1part = (body-type-basic / body-type-msg / body-type-text)
   [SP body-ext-1part] */
static enum parse_rc body_type_1part(struct parse *p, bool extensible, struct imap_body *out)
{
    enum parse_rc rc = body_fields(p, out);
    if (rc != PARSE_OK) {
        return rc;
    }
    if (is_quoted(&out->type, SPAN_LIT("TEXT"))) {
        out->kind = IMAP_BODY_TEXT;
        rc = body_lines(p, out);
    } else if (is_quoted(&out->type, SPAN_LIT("MESSAGE")) &&
               (is_quoted(&out->subtype, SPAN_LIT("RFC822")) ||
                (is_quoted(&out->subtype, SPAN_LIT("GLOBAL")) && parse_left(p) > 1 &&
                 p->in.ptr[p->pos + 1] == '('))) {
        out->kind = IMAP_BODY_MESSAGE;
        rc = body_message(p, extensible, out);
    }
    return rc == PARSE_OK ? body_ext(p, extensible, out) : rc;
}

/* A multipart whose parts are missing: (NIL "alternative" …, or ("alternative" ("boundary" … */
static enum parse_rc no_parts(struct parse *p, bool extensible, size_t start, struct imap_body *out)
{
    out->kind = IMAP_BODY_MULTIPART;
    enum parse_rc rc = parse_quirk(p, QUIRK_IMAP_BODY_NO_PARTS, start, 0, "body");
    return rc == PARSE_OK ? body_ext(p, extensible, out) : rc;
}

/* Behind "(" that no other "(" follows. */
static enum parse_rc body_single(struct parse *p, bool extensible, struct imap_body *out)
{
    size_t start = p->pos;
    enum parse_rc rc = imap_parse_nstring(p, &out->type);
    if (rc != PARSE_OK) {
        return rc == PARSE_BAD ? rc : parse_fail(p, RULE_IMAP_BODY, "media type");
    }
    rc = sp(p);
    if (rc != PARSE_OK) {
        return rc;
    }
    if (out->type.form != IMAP_NIL && parse_peek(p) == '(') {
        out->subtype = out->type;
        p->pos--;
        return no_parts(p, extensible, start, out);
    }
    rc = imap_parse_some_nstring(p, &out->subtype);
    if (rc == PARSE_OK && out->type.form == IMAP_NIL) {
        if (out->subtype.form != IMAP_NIL) {
            return no_parts(p, extensible, start, out);
        }
        rc = parse_quirk(p, QUIRK_IMAP_BODY_TYPE_NIL, start, 3, "media type, not NIL");
    } else if (rc == PARSE_OK && out->subtype.form == IMAP_NIL) {
        rc = parse_quirk(p, QUIRK_IMAP_STRING_NIL, p->pos - 3, 3, "a string, not NIL");
    }
    rc = rc == PARSE_OK ? sp(p) : rc;
    return rc == PARSE_OK ? body_type_1part(p, extensible, out) : rc;
}

/* RFC 9051 section 9: body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart] */
static enum parse_rc body_type_mpart(struct parse *p, bool extensible, struct imap_body *out)
{
    const struct imap_body **tail = &out->parts;
    enum parse_rc rc = PARSE_OK;
    out->kind = IMAP_BODY_MULTIPART;
    while (rc == PARSE_OK && parse_peek(p) == '(') {
        struct imap_body *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = imap_parse_body(p, extensible, node);
        *tail = node;
        tail = &node->next;
        out->part_count++;
        if (rc == PARSE_OK && parse_left(p) > 1 && p->in.ptr[p->pos] == ' ' &&
            p->in.ptr[p->pos + 1] == '(') {
            p->pos++;
            rc = parse_quirk(p, QUIRK_IMAP_SP_BETWEEN_LISTS, p->pos - 1, 1, "\"(\"");
        }
    }
    rc = rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_BODY_MPART, "SP") : rc;
    rc = rc == PARSE_OK ? imap_parse_some_string(p, &out->subtype) : rc;
    return rc == PARSE_OK ? body_ext(p, extensible, out) : rc;
}

/* RFC 9051 section 9: body = "(" (body-type-1part / body-type-mpart) ")" */
enum parse_rc imap_parse_body(struct parse *p, bool extensible, struct imap_body *out)
{
    *out = (struct imap_body){0};
    if (parse_peek(p) != '(') {
        return PARSE_NOMATCH;
    }
    enum parse_rc rc = parse_enter(p);
    if (rc != PARSE_OK) {
        return rc;
    }
    p->pos++;
    rc = parse_peek(p) == '(' ? body_type_mpart(p, extensible, out)
                              : body_single(p, extensible, out);
    if (rc == PARSE_OK && parse_octet(p, ' ')) {
        rc = parse_quirk(p, QUIRK_IMAP_SP_BEFORE_PAREN, p->pos - 1, 1, "\")\"");
    }
    parse_leave(p);
    return rc == PARSE_OK ? parse_expect(p, ')', RULE_IMAP_BODY, "\")\"") : rc;
}

static void emit_disposition(struct out *o, const struct imap_disposition *disposition)
{
    if (disposition->type.text.len == 0 && disposition->type.form == IMAP_NIL) {
        imap_emit_keyword(o, disposition->nil, "NIL");
        return;
    }
    out_octet(o, '(');
    imap_emit_string(o, &disposition->type);
    out_octet(o, ' ');
    imap_emit_params(o, &disposition->params);
    out_octet(o, ')');
}

static void emit_language(struct out *o, const struct imap_body *body)
{
    if (body->language.first == NULL) {
        out_text(o, "NIL");
        return;
    }
    if (body->language_list) {
        out_octet(o, '(');
    }
    for (const struct imap_string_list *s = body->language.first; s != NULL; s = s->next) {
        imap_emit_string(o, &s->value);
        if (s->next != NULL) {
            out_octet(o, ' ');
        }
    }
    if (body->language_list) {
        out_octet(o, ')');
    }
}

static void emit_ext(struct out *o, const struct imap_body *body)
{
    if (body->extent >= IMAP_BODY_MD5) {
        out_octet(o, ' ');
        if (body->kind == IMAP_BODY_MULTIPART) {
            imap_emit_params(o, &body->params);
        } else {
            imap_emit_string(o, &body->md5);
        }
    }
    if (body->extent >= IMAP_BODY_DISPOSITION) {
        out_octet(o, ' ');
        emit_disposition(o, &body->disposition);
    }
    if (body->extent >= IMAP_BODY_LANGUAGE) {
        out_octet(o, ' ');
        emit_language(o, body);
    }
    if (body->extent >= IMAP_BODY_LOCATION) {
        out_octet(o, ' ');
        imap_emit_string(o, &body->location);
    }
    if (body->extensions != NULL) {
        out_octet(o, ' ');
        imap_emit_values(o, body->extensions);
    }
}

static void emit_single(struct out *o, const struct imap_body *body)
{
    imap_emit_string(o, &body->type);
    out_octet(o, ' ');
    imap_emit_string(o, &body->subtype);
    out_octet(o, ' ');
    imap_emit_params(o, &body->params);
    out_octet(o, ' ');
    imap_emit_string(o, &body->id);
    out_octet(o, ' ');
    imap_emit_string(o, &body->description);
    out_octet(o, ' ');
    imap_emit_string(o, &body->encoding);
    out_octet(o, ' ');
    imap_emit_number(o, body->octets);
    if (body->kind == IMAP_BODY_MESSAGE && body->envelope != NULL && body->parts != NULL) {
        out_octet(o, ' ');
        imap_emit_envelope(o, body->envelope);
        out_octet(o, ' ');
        imap_emit_body(o, body->parts);
    }
    if (body->kind != IMAP_BODY_BASIC) {
        out_octet(o, ' ');
        imap_emit_number(o, body->lines);
    }
}

void imap_emit_body(struct out *o, const struct imap_body *body)
{
    out_octet(o, '(');
    if (body->kind == IMAP_BODY_MULTIPART) {
        for (const struct imap_body *part = body->parts; part != NULL; part = part->next) {
            imap_emit_body(o, part);
        }
        out_octet(o, ' ');
        imap_emit_string(o, &body->subtype);
    } else {
        emit_single(o, body);
    }
    emit_ext(o, body);
    out_octet(o, ')');
}
