/* SPDX-License-Identifier: MIT */
#include "parsers/imap/section.h"

/* RFC 9051 section 9: section-part = nz-number *("." nz-number). Stops before a "." that no number
   follows. */
static enum parse_rc section_part(struct parse *p, struct span *out)
{
    size_t start = p->pos;
    uint64_t number = 0;
    enum parse_rc rc = imap_parse_nz_number_or(p, QUIRK_IMAP_SECTION_ZERO, &number);
    while (rc == PARSE_OK && parse_peek(p) == '.' && p->pos + 1 < p->in.len &&
           octet_is(p->in.ptr[p->pos + 1], CLASS_DIGIT)) {
        p->pos++;
        rc = imap_parse_nz_number_or(p, QUIRK_IMAP_SECTION_ZERO, &number);
    }
    *out = parse_since(p, start);
    return rc;
}

/* RFC 9051 section 9: header-list = "(" header-fld-name *(SP header-fld-name) ")" */
static enum parse_rc header_list(struct parse *p, struct imap_strings *out)
{
    struct imap_string_builder builder = {0};
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_HEADER_LIST, "\"(\"");
    bool end = false;
    while (rc == PARSE_OK && !end) {
        struct imap_string name;
        rc = imap_parse_astring(p, &name);
        if (rc == PARSE_OK) {
            rc = imap_strings_append(p, &builder, &name);
        } else if (rc == PARSE_NOMATCH) {
            rc = parse_fail(p, RULE_IMAP_HEADER_LIST, "header-fld-name");
        }
        if (rc == PARSE_OK) {
            rc = imap_parse_list_next(p, builder.list.count, RULE_IMAP_HEADER_LIST, &end);
        }
    }
    *out = builder.list;
    return rc;
}

/* RFC 9051 section 9: section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list /
   "TEXT"; section-text = section-msgtext / "MIME" */
static enum parse_rc section_text(struct parse *p, bool mime, struct imap_section *out)
{
    size_t start = p->pos;
    if (IMAP_KEYWORD(p, "HEADER")) {
        out->text = IMAP_SECTION_HEADER;
    } else if (IMAP_KEYWORD(p, "TEXT")) {
        out->text = IMAP_SECTION_TEXT;
    } else if (IMAP_KEYWORD(p, "HEADER.FIELDS")) {
        out->text = IMAP_SECTION_HEADER_FIELDS;
    } else if (IMAP_KEYWORD(p, "HEADER.FIELDS.NOT")) {
        out->text = IMAP_SECTION_HEADER_FIELDS_NOT;
    } else if (IMAP_KEYWORD(p, "MIME")) {
        out->text = IMAP_SECTION_MIME;
        if (!mime) {
            return parse_fail_at(p, start, RULE_IMAP_SECTION, "section-part before MIME");
        }
    } else {
        return parse_fail(p, RULE_IMAP_SECTION, "section-msgtext");
    }
    out->keyword = parse_since(p, start);
    if (out->text != IMAP_SECTION_HEADER_FIELDS && out->text != IMAP_SECTION_HEADER_FIELDS_NOT) {
        return PARSE_OK;
    }
    enum parse_rc rc = imap_parse_sp(p, RULE_IMAP_HEADER_LIST, "SP");
    return rc == PARSE_OK ? header_list(p, &out->headers) : rc;
}

/* RFC 9051 section 9: section-spec = section-msgtext / (section-part ["." section-text]) */
static enum parse_rc section_spec(struct parse *p, struct imap_section *out)
{
    enum parse_rc rc = section_part(p, &out->part);
    if (rc == PARSE_NOMATCH) {
        return section_text(p, false, out);
    }
    return rc == PARSE_OK && parse_octet(p, '.') ? section_text(p, true, out) : rc;
}

/* RFC 9051 section 9: section = "[" [section-spec] "]" */
enum parse_rc imap_parse_section(struct parse *p, struct imap_section *out)
{
    *out = (struct imap_section){0};
    if (!parse_octet(p, '[')) {
        return PARSE_NOMATCH;
    }
    if (parse_octet(p, ']')) {
        return PARSE_OK;
    }
    enum parse_rc rc = section_spec(p, out);
    return rc == PARSE_OK ? parse_expect(p, ']', RULE_IMAP_SECTION, "\"]\"") : rc;
}

/* RFC 9051 section 9: section-binary = "[" [section-part] "]" */
enum parse_rc imap_parse_section_binary(struct parse *p, struct imap_section *out)
{
    *out = (struct imap_section){0};
    if (!parse_octet(p, '[')) {
        return PARSE_NOMATCH;
    }
    enum parse_rc rc = section_part(p, &out->part);
    return rc == PARSE_BAD ? rc : parse_expect(p, ']', RULE_IMAP_SECTION_BINARY, "\"]\"");
}

/* RFC 9051 section 9: partial = "<" number64 "." nz-number64 ">" */
enum parse_rc imap_parse_partial(struct parse *p, struct imap_partial *out)
{
    *out = (struct imap_partial){0};
    if (!parse_octet(p, '<')) {
        return PARSE_NOMATCH;
    }
    out->present = true;
    out->has_count = true;
    enum parse_rc rc = imap_parse_number64(p, &out->first);
    rc = rc == PARSE_OK ? parse_expect(p, '.', RULE_IMAP_PARTIAL, "\".\"") : rc;
    rc = rc == PARSE_OK ? imap_parse_nz_number64(p, &out->count) : rc;
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, RULE_IMAP_PARTIAL, "number");
    }
    return rc == PARSE_OK ? parse_expect(p, '>', RULE_IMAP_PARTIAL, "\">\"") : rc;
}

/* RFC 9051 section 9: msg-att-static = … "BODY" section ["<" number ">"] SP nstring */
enum parse_rc imap_parse_origin(struct parse *p, struct imap_partial *out)
{
    *out = (struct imap_partial){0};
    if (!parse_octet(p, '<')) {
        return PARSE_NOMATCH;
    }
    out->present = true;
    enum parse_rc rc = imap_parse_number64(p, &out->first);
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, RULE_IMAP_ORIGIN, "number");
    }
    return rc == PARSE_OK ? parse_expect(p, '>', RULE_IMAP_ORIGIN, "\">\"") : rc;
}

void imap_emit_section(struct out *o, const struct imap_section *section)
{
    static const char *const keyword[] = {"",     "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT",
                                          "TEXT", "MIME"};
    out_octet(o, '[');
    out_bytes(o, section->part);
    if (section->text != IMAP_SECTION_ALL) {
        if (section->part.len > 0) {
            out_octet(o, '.');
        }
        imap_emit_keyword(o, section->keyword, keyword[section->text]);
    }
    for (const struct imap_string_list *name = section->headers.first; name != NULL;
         name = name->next) {
        out_text(o, name == section->headers.first ? " (" : " ");
        imap_emit_string(o, &name->value);
    }
    if (section->headers.first != NULL) {
        out_octet(o, ')');
    }
    out_octet(o, ']');
}

void imap_emit_partial(struct out *o, const struct imap_partial *partial)
{
    if (!partial->present) {
        return;
    }
    out_octet(o, '<');
    imap_emit_number(o, partial->first);
    if (partial->has_count) {
        out_octet(o, '.');
        out_number(o, partial->count);
    }
    out_octet(o, '>');
}

bool imap_part_next(struct span *rest, uint64_t *out)
{
    *out = 0;
    if (rest->len == 0) {
        return false;
    }
    size_t i = 0;
    for (; i < rest->len && rest->ptr[i] >= '0' && rest->ptr[i] <= '9'; i++) {
        *out = *out * 10 + (uint64_t)(rest->ptr[i] - '0');
    }
    *rest = span_from(*rest, i + 1);
    return true;
}
