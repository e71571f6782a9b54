/* SPDX-License-Identifier: MIT */
#include "parsers/imap/fetch_att.h"

#include "parsers/imap/item.h"

enum att_section { SECTION_NONE, SECTION_TEXT, SECTION_BINARY };

static const struct {
    struct span name;
    enum imap_att_type type;
    enum att_section section;
    bool partial;
} atts[] = {
    {SPAN_INIT("FLAGS"), IMAP_ATT_FLAGS, SECTION_NONE, false},
    {SPAN_INIT("UID"), IMAP_ATT_UID, SECTION_NONE, false},
    {SPAN_INIT("BODY"), IMAP_ATT_BODY_SECTION, SECTION_TEXT, true},
    {SPAN_INIT("BODY"), IMAP_ATT_BODY, SECTION_NONE, false},
    {SPAN_INIT("BODY.PEEK"), IMAP_ATT_BODY_PEEK, SECTION_TEXT, true},
    {SPAN_INIT("BODYSTRUCTURE"), IMAP_ATT_BODYSTRUCTURE, SECTION_NONE, false},
    {SPAN_INIT("ENVELOPE"), IMAP_ATT_ENVELOPE, SECTION_NONE, false},
    {SPAN_INIT("INTERNALDATE"), IMAP_ATT_INTERNALDATE, SECTION_NONE, false},
    {SPAN_INIT("RFC822.SIZE"), IMAP_ATT_RFC822_SIZE, SECTION_NONE, false},
    {SPAN_INIT("RFC822.HEADER"), IMAP_ATT_RFC822_HEADER, SECTION_NONE, false},
    {SPAN_INIT("RFC822.TEXT"), IMAP_ATT_RFC822_TEXT, SECTION_NONE, false},
    {SPAN_INIT("RFC822"), IMAP_ATT_RFC822, SECTION_NONE, false},
    {SPAN_INIT("BINARY"), IMAP_ATT_BINARY, SECTION_BINARY, true},
    {SPAN_INIT("BINARY.PEEK"), IMAP_ATT_BINARY_PEEK, SECTION_BINARY, true},
    {SPAN_INIT("BINARY.SIZE"), IMAP_ATT_BINARY_SIZE, SECTION_BINARY, false},
    {SPAN_INIT("MODSEQ"), IMAP_ATT_MODSEQ, SECTION_NONE, false},
    {SPAN_INIT("EMAILID"), IMAP_ATT_EMAILID, SECTION_NONE, false},
    {SPAN_INIT("THREADID"), IMAP_ATT_THREADID, SECTION_NONE, false},
    {SPAN_INIT("SAVEDATE"), IMAP_ATT_SAVEDATE, SECTION_NONE, false},
    {SPAN_INIT("PREVIEW"), IMAP_ATT_PREVIEW, SECTION_NONE, false},
};

static enum parse_rc section(struct parse *p, bool binary, bool may_be_partial,
                             struct imap_fetch_att *out)
{
    out->has_section = true;
    enum parse_rc rc =
        binary ? imap_parse_section_binary(p, &out->section) : imap_parse_section(p, &out->section);
    rc = imap_need(p, rc, RULE_IMAP_FETCH_ATT, "section");
    if (rc == PARSE_OK && may_be_partial && parse_peek(p) == '<') {
        rc = imap_parse_partial(p, &out->partial);
    }
    return rc;
}

/* An item of an extension: only those that say so by their name stay without a remark. */
static enum parse_rc unknown(struct parse *p, size_t start, struct imap_fetch_att *out)
{
    (void)parse_run(p, CLASS_ATOM);
    out->name = parse_since(p, start);
    out->type = IMAP_ATT_UNKNOWN;
    if (!span_starts_nocase(out->name, SPAN_LIT("X-")) && !span_is(out->name, "ANNOTATION")) {
        return parse_quirk(p, QUIRK_IMAP_FETCH_ATT_UNKNOWN, start, out->name.len,
                           "a data item of IMAP or of an extension");
    }
    return PARSE_OK;
}

/* RFC 8970 section 6: SP "(" preview-mod *(SP preview-mod) ")" */
static bool has_preview_mods(struct span rest)
{
    size_t len = SPAN_LIT("LAZY").len;
    for (uint8_t before = '('; rest.len > len && rest.ptr[0] == before; before = ' ') {
        if (!span_equal_nocase(span_sub(rest, 1, len), SPAN_LIT("LAZY"))) {
            return false;
        }
        rest = span_from(rest, 1 + len);
        if (rest.len > 0 && rest.ptr[0] == ')') {
            return true;
        }
    }
    return false;
}

/* RFC 8970 section 6: fetch-att =/ "PREVIEW" [SP "(" preview-mod *(SP preview-mod) ")"]. Modifiers
   of the command that stand in the same place have other names. */
static enum parse_rc att_params(struct parse *p, struct imap_fetch_att *out)
{
    static const char *const modifiers[] = {"(CHANGEDSINCE", "(VANISHED", "(PARTIAL"};
    struct span rest = span_from(p->in, p->pos + 1);
    for (size_t i = 0; i < sizeof modifiers / sizeof modifiers[0]; i++) {
        if (span_starts_nocase(rest, span_text(modifiers[i]))) {
            return PARSE_OK;
        }
    }
    bool preview = out->type == IMAP_ATT_PREVIEW;
    if (preview && !has_preview_mods(rest)) {
        return PARSE_OK;
    }
    struct imap_items items = {0};
    enum parse_rc rc = imap_parse_sp(p, RULE_IMAP_FETCH_ATT, "SP");
    if (rc == PARSE_OK) {
        rc = imap_parse_item_list(p, &items);
    }
    out->params = items.first;
    return rc;
}

/* RFC 9051 section 9: fetch-att = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822.SIZE" / "BODY"
   ["STRUCTURE"] / "UID" / "BODY" section [partial] / "BODY.PEEK" section [partial] / "BINARY"
   [".PEEK"] section-binary [partial] / "BINARY.SIZE" section-binary */
enum parse_rc imap_parse_fetch_att(struct parse *p, struct imap_fetch_att *out)
{
    size_t start = p->pos;
    *out = (struct imap_fetch_att){0};
    while (p->pos < p->in.len && octet_is(p->in.ptr[p->pos], CLASS_ATOM) && parse_peek(p) != '[' &&
           parse_peek(p) != '<') {
        p->pos++;
    }
    out->name = parse_since(p, start);
    if (out->name.len == 0) {
        p->pos = start;
        return PARSE_NOMATCH;
    }
    bool bracket = parse_peek(p) == '[';
    for (size_t i = 0; i < sizeof atts / sizeof atts[0]; i++) {
        bool takes_section = atts[i].section != SECTION_NONE;
        if (span_equal_nocase(out->name, atts[i].name) &&
            (takes_section == bracket || atts[i].type != IMAP_ATT_BODY_SECTION)) {
            out->type = atts[i].type;
            if (takes_section) {
                return section(p, atts[i].section == SECTION_BINARY, atts[i].partial, out);
            }
            return out->type == IMAP_ATT_PREVIEW && imap_peek_argument(p) == '('
                       ? att_params(p, out)
                       : PARSE_OK;
        }
    }
    enum parse_rc rc = unknown(p, start, out);
    bool annotation = span_is(out->name, "ANNOTATION");
    return rc == PARSE_OK && annotation && imap_peek_argument(p) == '(' ? att_params(p, out) : rc;
}

void imap_emit_fetch_att(struct out *o, const struct imap_fetch_att *att)
{
    out_bytes(o, att->name);
    if (att->has_section) {
        imap_emit_section(o, &att->section);
    }
    imap_emit_partial(o, &att->partial);
    if (att->params != NULL) {
        out_octet(o, ' ');
        imap_emit_items(o, att->params);
    }
}

/* RFC 4466 section 3: "(" fetch-att *(SP fetch-att) ")" */
enum parse_rc imap_parse_fetch_att_list(struct parse *p, const struct imap_fetch_att **out)
{
    const struct imap_fetch_att **tail = out;
    *out = NULL;
    if (!parse_octet(p, '(')) {
        return PARSE_NOMATCH;
    }
    for (size_t count = 0;; count++) {
        bool end = false;
        enum parse_rc rc = imap_parse_list_next(p, count, RULE_IMAP_FETCH_ATT, &end);
        if (rc == PARSE_OK && end && count == 0) {
            rc = parse_fail_at(p, p->pos - 1, RULE_IMAP_FETCH_ATT, "data item");
        }
        if (rc != PARSE_OK || end) {
            return rc;
        }
        struct imap_fetch_att *att = parse_take(p, sizeof *att);
        rc = att == NULL ? PARSE_BAD : imap_parse_fetch_att(p, att);
        rc = imap_need(p, rc, RULE_IMAP_FETCH_ATT, "data item");
        if (rc != PARSE_OK) {
            return rc;
        }
        *tail = att;
        tail = &att->next;
    }
}

/* RFC 4466 section 3: fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "("
   fetch-att *(SP fetch-att) ")") [fetch-modifiers]; what stands in the inner parentheses. */
enum parse_rc imap_parse_fetch_atts(struct parse *p, struct imap_fetch_atts *out)
{
    size_t start = p->pos;
    *out = (struct imap_fetch_atts){0};
    if (parse_peek(p) == '(') {
        out->list = true;
        return imap_parse_fetch_att_list(p, &out->first);
    }
    if (IMAP_KEYWORD(p, "ALL") || IMAP_KEYWORD(p, "FULL") || IMAP_KEYWORD(p, "FAST")) {
        out->macro = parse_since(p, start);
        return PARSE_OK;
    }
    struct imap_fetch_att *att = parse_take(p, sizeof *att);
    out->first = att;
    return att == NULL ? PARSE_BAD : imap_parse_fetch_att(p, att);
}

void imap_emit_fetch_atts(struct out *o, const struct imap_fetch_atts *value)
{
    out_bytes(o, value->macro);
    out_text(o, value->list ? "(" : "");
    for (const struct imap_fetch_att *att = value->first; att != NULL; att = att->next) {
        imap_emit_fetch_att(o, att);
        out_text(o, att->next != NULL ? " " : "");
    }
    out_text(o, value->list ? ")" : "");
}

/* RFC 9051 section 6.4.5: what ALL, FULL and FAST stand for. */
static bool macro_has(struct span macro, enum imap_att_type type)
{
    bool full = span_is(macro, "FULL");
    return macro.len > 0 && (type == IMAP_ATT_FLAGS || type == IMAP_ATT_INTERNALDATE ||
                             type == IMAP_ATT_RFC822_SIZE || (type == IMAP_ATT_BODY && full) ||
                             (type == IMAP_ATT_ENVELOPE && (full || span_is(macro, "ALL"))));
}

bool imap_fetch_atts_has(const struct imap_fetch_atts *value, enum imap_att_type type)
{
    for (const struct imap_fetch_att *att = value->first; att != NULL; att = att->next) {
        if (att->type == type) {
            return true;
        }
    }
    return macro_has(value->macro, type);
}
