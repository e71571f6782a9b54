/* SPDX-License-Identifier: MIT */
#include "parsers/imap/fetch.h"

/* The frequent ones first. */
static const struct fetch_name {
    struct span name;
    enum imap_fetch_kind kind;
} names[] = {
    {SPAN_INIT("FLAGS"), IMAP_FETCH_FLAGS},
    {SPAN_INIT("UID"), IMAP_FETCH_UID},
    {SPAN_INIT("BODY"), IMAP_FETCH_BODY},
    {SPAN_INIT("MODSEQ"), IMAP_FETCH_MODSEQ},
    {SPAN_INIT("ENVELOPE"), IMAP_FETCH_ENVELOPE},
    {SPAN_INIT("RFC822.SIZE"), IMAP_FETCH_RFC822_SIZE},
    {SPAN_INIT("INTERNALDATE"), IMAP_FETCH_INTERNALDATE},
    {SPAN_INIT("BODYSTRUCTURE"), IMAP_FETCH_BODYSTRUCTURE},
    {SPAN_INIT("BINARY"), IMAP_FETCH_BINARY},
    {SPAN_INIT("RFC822"), IMAP_FETCH_RFC822},
    {SPAN_INIT("EMAILID"), IMAP_FETCH_EMAILID},
    {SPAN_INIT("PREVIEW"), IMAP_FETCH_PREVIEW},
    {SPAN_INIT("SAVEDATE"), IMAP_FETCH_SAVEDATE},
    {SPAN_INIT("THREADID"), IMAP_FETCH_THREADID},
    {SPAN_INIT("X-GM-MSGID"), IMAP_FETCH_X_GM_MSGID},
    {SPAN_INIT("X-GM-THRID"), IMAP_FETCH_X_GM_THRID},
    {SPAN_INIT("RFC822.TEXT"), IMAP_FETCH_RFC822_TEXT},
    {SPAN_INIT("BINARY.SIZE"), IMAP_FETCH_BINARY_SIZE},
    {SPAN_INIT("X-GM-LABELS"), IMAP_FETCH_X_GM_LABELS},
    {SPAN_INIT("RFC822.HEADER"), IMAP_FETCH_RFC822_HEADER},
};
#define NAME_COUNT (sizeof names / sizeof names[0])

static enum imap_fetch_kind kind_of(struct span name)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (span_equal_nocase(names[i].name, name)) {
            return names[i].kind;
        }
    }
    return IMAP_FETCH_UNKNOWN;
}

static const char *name_of(enum imap_fetch_kind kind)
{
    if (kind == IMAP_FETCH_BODY_SECTION) {
        kind = IMAP_FETCH_BODY;
    }
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (names[i].kind == kind) {
            return (const char *)names[i].name.ptr;
        }
    }
    return "";
}

static enum parse_rc sp(struct parse *p)
{
    return imap_parse_sp(p, RULE_IMAP_MSG_ATT, "SP");
}

/* The data behind a section. A quirk accepts that they are missing. */
static enum parse_rc section_data(struct parse *p, bool binary, struct imap_string *out)
{
    bool missing = parse_peek(p) == ')' ||
                   (parse_left(p) > 1 && p->in.ptr[p->pos] == ' ' && p->in.ptr[p->pos + 1] == ')');
    if (missing) {
        *out = (struct imap_string){0};
        return parse_quirk(p, QUIRK_IMAP_FETCH_DATA_MISSING, p->pos, 0, "SP and a string or NIL");
    }
    enum parse_rc rc = sp(p);
    if (rc == PARSE_OK && parse_peek(p) == '~') {
        size_t start = p->pos;
        rc = imap_parse_literal8(p, out);
        if (rc == PARSE_OK && !binary) {
            rc = parse_quirk(p, QUIRK_IMAP_LITERAL8, start, 1, "\"{\", DQUOTE or NIL");
        }
        if (rc != PARSE_NOMATCH) {
            return rc;
        }
    }
    return rc == PARSE_OK ? imap_parse_some_nstring(p, out) : rc;
}

/* RFC 9051 section 9: msg-att-static = … "BODY" section ["<" number ">"] SP nstring /
   "BINARY" section-binary SP (nstring / literal8) / "BINARY.SIZE" section-binary SP number;
   RFC 3516 section 4.3 gives BINARY an origin too */
static enum parse_rc fetch_section(struct parse *p, struct imap_fetch_item *item)
{
    struct imap_fetch_section *out = parse_take(p, sizeof *out);
    if (out == NULL) {
        return PARSE_BAD;
    }
    item->as.section = out;
    enum parse_rc rc = PARSE_OK;
    if (item->kind == IMAP_FETCH_BODY_SECTION) {
        rc = imap_parse_section(p, &out->section);
    } else if (item->kind == IMAP_FETCH_BINARY || item->kind == IMAP_FETCH_BINARY_SIZE) {
        rc = imap_parse_section_binary(p, &out->section);
    }
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, RULE_IMAP_SECTION_BINARY, "\"[\"");
    }
    if (rc == PARSE_OK && item->kind == IMAP_FETCH_BINARY_SIZE) {
        rc = sp(p);
        return rc == PARSE_OK ? imap_parse_count(p, RULE_IMAP_MSG_ATT, &out->size) : rc;
    }
    if (rc == PARSE_OK && parse_peek(p) == '<') {
        rc = imap_parse_origin(p, &out->origin);
    }
    return rc == PARSE_OK ? section_data(p, item->kind == IMAP_FETCH_BINARY, &out->data) : rc;
}

/* A value that goes wrong is kept as a tree where its parentheses are balanced. */
static enum parse_rc salvage(struct parse *p, size_t start, const struct parse_err *before,
                             struct imap_fetch_item *item)
{
    struct parse ahead = *p;
    struct imap_value *value = parse_take(p, sizeof *value);
    ahead.pos = start;
    ahead.deviations = NULL;
    ahead.last_deviation = NULL;
    if (value == NULL || imap_parse_any(&ahead, value) != PARSE_OK ||
        (parse_peek(&ahead) != ' ' && parse_peek(&ahead) != ')')) {
        p->err = ahead.err.rule == RULE_LIMIT_ARENA ? ahead.err : p->err;
        return PARSE_BAD;
    }
    enum parse_rc rc = parse_recover(p, QUIRK_IMAP_FETCH_SALVAGE, before);
    p->pos = ahead.pos;
    item->kind = IMAP_FETCH_UNKNOWN;
    item->as.value = value;
    return rc;
}

static enum parse_rc fetch_envelope(struct parse *p, struct imap_fetch_item *item)
{
    size_t start = p->pos;
    struct parse_err before = p->err;
    struct imap_envelope *out = parse_take(p, sizeof *out);
    if (out == NULL) {
        return PARSE_BAD;
    }
    item->as.envelope = out;
    enum parse_rc rc = imap_parse_envelope(p, out);
    if (rc == PARSE_NOMATCH) {
        rc = parse_fail(p, RULE_IMAP_ENVELOPE, "\"(\"");
    }
    return rc == PARSE_BAD ? salvage(p, start, &before, item) : rc;
}

static enum parse_rc fetch_body(struct parse *p, struct imap_fetch_item *item)
{
    size_t start = p->pos;
    struct parse_err before = p->err;
    struct imap_body *out = parse_take(p, sizeof *out);
    if (out == NULL) {
        return PARSE_BAD;
    }
    item->as.body = out;
    uint32_t depth = p->depth;
    enum parse_rc rc = imap_parse_body(p, item->kind == IMAP_FETCH_BODYSTRUCTURE, out);
    p->depth = depth;
    if (rc == PARSE_NOMATCH) {
        rc = parse_fail(p, RULE_IMAP_BODY, "\"(\"");
    }
    return rc == PARSE_BAD ? salvage(p, start, &before, item) : rc;
}

/* RFC 7162 section 7: fetch-mod-resp = "MODSEQ" SP "(" permsg-modsequence ")" */
static enum parse_rc fetch_modseq(struct parse *p, struct imap_fetch_item *item)
{
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_MODSEQ, "\"(\"");
    rc = rc == PARSE_OK ? imap_parse_modseq(p, &item->as.number) : rc;
    return rc == PARSE_OK ? parse_expect(p, ')', RULE_IMAP_MODSEQ, "\")\"") : rc;
}

/* NIL in place of the value. */
static bool fetch_nil(struct parse *p, struct imap_fetch_item *item)
{
    size_t start = p->pos;
    if (PARSE_TEXT(p, "NIL")) {
        item->nil = parse_since(p, start);
        return true;
    }
    return false;
}

/* Gmail: X-GM-LABELS SP "(" [astring *(SP astring)] ")", where system labels begin with "\". */
static enum parse_rc fetch_labels(struct parse *p, struct imap_fetch_item *item)
{
    struct imap_string_builder builder = {0};
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_MSG_ATT, "\"(\"");
    for (bool end = false; rc == PARSE_OK;) {
        rc = imap_parse_list_next(p, builder.list.count, RULE_IMAP_MSG_ATT, &end);
        if (rc != PARSE_OK || end) {
            break;
        }
        struct imap_string label;
        size_t start = p->pos;
        if (parse_octet(p, '\\')) {
            (void)parse_run(p, CLASS_ASTRING);
            label = (struct imap_string){.form = IMAP_ATOM, .text = parse_since(p, start)};
        } else {
            rc = imap_parse_astring(p, &label);
        }
        if (rc == PARSE_NOMATCH) {
            rc = parse_fail(p, RULE_IMAP_MSG_ATT, "label or \")\"");
        }
        rc = rc == PARSE_OK ? imap_strings_append(p, &builder, &label) : rc;
    }
    item->as.strings = builder.list;
    return rc;
}

static enum parse_rc fetch_unknown(struct parse *p, struct imap_fetch_item *item)
{
    struct imap_value *value = parse_take(p, sizeof *value);
    if (value == NULL) {
        return PARSE_BAD;
    }
    item->as.value = value;
    return imap_parse_any(p, value);
}

/* The value behind the name and SP. */
static enum parse_rc fetch_value(struct parse *p, struct imap_fetch_item *item)
{
    switch (item->kind) {
    case IMAP_FETCH_FLAGS:
        return imap_parse_flag_list(p, IMAP_FLAGS_FETCH, &item->as.flags);
    case IMAP_FETCH_UID:
        return imap_parse_nz_number_or(p, QUIRK_IMAP_UID_ZERO, &item->as.number.value);
    case IMAP_FETCH_RFC822_SIZE:
        return imap_parse_count64(p, RULE_IMAP_MSG_ATT, &item->as.number);
    case IMAP_FETCH_X_GM_MSGID:
    case IMAP_FETCH_X_GM_THRID:
        return imap_parse_unsigned64(p, RULE_IMAP_MSG_ATT, &item->as.number);
    case IMAP_FETCH_MODSEQ:
        return fetch_modseq(p, item);
    case IMAP_FETCH_INTERNALDATE:
        return imap_parse_date_time(p, &item->as.date);
    case IMAP_FETCH_SAVEDATE:
        return fetch_nil(p, item) ? PARSE_OK : imap_parse_date_time(p, &item->as.date);
    case IMAP_FETCH_ENVELOPE:
        return fetch_envelope(p, item);
    case IMAP_FETCH_BODY:
    case IMAP_FETCH_BODYSTRUCTURE:
        return fetch_body(p, item);
    case IMAP_FETCH_EMAILID:
        return imap_parse_objectid_list(p, &item->as.id);
    case IMAP_FETCH_THREADID:
        return fetch_nil(p, item) ? PARSE_OK : imap_parse_objectid_list(p, &item->as.id);
    case IMAP_FETCH_PREVIEW:
        return imap_parse_some_nstring(p, &item->as.string);
    case IMAP_FETCH_X_GM_LABELS:
        return fetch_labels(p, item);
    case IMAP_FETCH_RFC822:
    case IMAP_FETCH_RFC822_HEADER:
    case IMAP_FETCH_RFC822_TEXT:
    case IMAP_FETCH_BODY_SECTION:
    case IMAP_FETCH_BINARY:
    case IMAP_FETCH_BINARY_SIZE:
    case IMAP_FETCH_UNKNOWN:
        break;
    }
    return fetch_unknown(p, item);
}

static bool has_section(enum imap_fetch_kind kind)
{
    return kind == IMAP_FETCH_BODY_SECTION || kind == IMAP_FETCH_BINARY ||
           kind == IMAP_FETCH_BINARY_SIZE || kind == IMAP_FETCH_RFC822 ||
           kind == IMAP_FETCH_RFC822_HEADER || kind == IMAP_FETCH_RFC822_TEXT;
}

/* The name of an item: an atom up to its "[". Of items that we do not know the section is part of
   the name. */
static struct span item_name(struct parse *p)
{
    size_t start = p->pos;
    struct span name = parse_run(p, CLASS_ATT_NAME);
    if (parse_peek(p) == '[' && kind_of(name) == IMAP_FETCH_UNKNOWN) {
        while (parse_peek(p) > ' ' && parse_peek(p) != '(' && parse_peek(p) != ')') {
            p->pos++;
        }
        name = parse_since(p, start);
    }
    return name;
}

/* RFC 9051 section 9: msg-att-dynamic = "FLAGS" SP "(" [flag-fetch *(SP flag-fetch)] ")";
   msg-att-static = "ENVELOPE" SP envelope / "INTERNALDATE" SP date-time / … */
static enum parse_rc fetch_item(struct parse *p, struct imap_fetch_item *item)
{
    item->name = item_name(p);
    if (item->name.len == 0) {
        return parse_fail(p, RULE_IMAP_MSG_ATT, "the name of a data item");
    }
    item->kind = kind_of(item->name);
    if (item->kind == IMAP_FETCH_BODY && parse_peek(p) == '[') {
        item->kind = IMAP_FETCH_BODY_SECTION;
    }
    if (has_section(item->kind)) {
        return fetch_section(p, item);
    }
    enum parse_rc rc = sp(p);
    rc = rc == PARSE_OK ? fetch_value(p, item) : rc;
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_MSG_ATT, "the value of the data item")
                               : rc;
}

/* What stands behind a literal is part of the list, or its count was wrong. */
static enum parse_rc after_literal(struct parse *p, const struct imap_fetch_item *item)
{
    if (!has_section(item->kind) || item->kind == IMAP_FETCH_BINARY_SIZE ||
        item->as.section->data.form != IMAP_LITERAL || parse_peek(p) == ' ' ||
        parse_peek(p) == ')') {
        return PARSE_OK;
    }
    return parse_fail(p, RULE_IMAP_LITERAL_COUNT, "SP or \")\" behind the octets of the literal");
}

/* RFC 9051 section 9: msg-att = "(" (msg-att-dynamic / msg-att-static) *(SP (msg-att-dynamic /
   msg-att-static)) ")" */
enum parse_rc imap_parse_msg_att(struct parse *p, struct imap_fetch *out)
{
    *out = (struct imap_fetch){0};
    const struct imap_fetch_item **tail = &out->first;
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_MSG_ATT, "\"(\"");
    if (rc == PARSE_OK && parse_octet(p, ')')) {
        return parse_quirk(p, QUIRK_IMAP_FETCH_EMPTY, p->pos - 1, 1, "a data item");
    }
    while (rc == PARSE_OK) {
        bool end = false;
        rc = imap_parse_list_next(p, out->count, RULE_IMAP_MSG_ATT, &end);
        if (rc != PARSE_OK || end) {
            break;
        }
        struct imap_fetch_item *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = fetch_item(p, node);
        rc = rc == PARSE_OK ? after_literal(p, node) : rc;
        *tail = node;
        tail = &node->next;
        out->count++;
    }
    return rc;
}

static void emit_section_item(struct out *o, const struct imap_fetch_item *item)
{
    const struct imap_fetch_section *section = item->as.section;
    if (item->kind == IMAP_FETCH_BODY_SECTION || item->kind == IMAP_FETCH_BINARY ||
        item->kind == IMAP_FETCH_BINARY_SIZE) {
        imap_emit_section(o, &section->section);
        imap_emit_partial(o, &section->origin);
    }
    out_octet(o, ' ');
    if (item->kind == IMAP_FETCH_BINARY_SIZE) {
        imap_emit_number(o, section->size);
    } else {
        imap_emit_string(o, &section->data);
    }
}

static void emit_parens(struct out *o, struct span text)
{
    out_octet(o, '(');
    out_bytes(o, text);
    out_octet(o, ')');
}

static void emit_labels(struct out *o, const struct imap_strings *labels)
{
    out_octet(o, '(');
    for (const struct imap_string_list *s = labels->first; s != NULL; s = s->next) {
        imap_emit_string(o, &s->value);
        if (s->next != NULL) {
            out_octet(o, ' ');
        }
    }
    out_octet(o, ')');
}

static void emit_value(struct out *o, const struct imap_fetch_item *item)
{
    switch (item->kind) {
    case IMAP_FETCH_FLAGS:
        imap_emit_flag_list(o, &item->as.flags);
        return;
    case IMAP_FETCH_UID:
    case IMAP_FETCH_RFC822_SIZE:
    case IMAP_FETCH_X_GM_MSGID:
    case IMAP_FETCH_X_GM_THRID:
        imap_emit_number(o, item->as.number);
        return;
    case IMAP_FETCH_MODSEQ:
        out_octet(o, '(');
        imap_emit_number(o, item->as.number);
        out_octet(o, ')');
        return;
    case IMAP_FETCH_INTERNALDATE:
    case IMAP_FETCH_SAVEDATE:
        imap_emit_date_time(o, &item->as.date);
        return;
    case IMAP_FETCH_ENVELOPE:
        imap_emit_envelope(o, item->as.envelope);
        return;
    case IMAP_FETCH_BODY:
    case IMAP_FETCH_BODYSTRUCTURE:
        imap_emit_body(o, item->as.body);
        return;
    case IMAP_FETCH_EMAILID:
    case IMAP_FETCH_THREADID:
        emit_parens(o, item->as.id);
        return;
    case IMAP_FETCH_PREVIEW:
        imap_emit_string(o, &item->as.string);
        return;
    case IMAP_FETCH_X_GM_LABELS:
        emit_labels(o, &item->as.strings);
        return;
    case IMAP_FETCH_UNKNOWN:
        imap_emit_value(o, item->as.value);
        return;
    case IMAP_FETCH_RFC822:
    case IMAP_FETCH_RFC822_HEADER:
    case IMAP_FETCH_RFC822_TEXT:
    case IMAP_FETCH_BODY_SECTION:
    case IMAP_FETCH_BINARY:
    case IMAP_FETCH_BINARY_SIZE:
        return;
    }
}

void imap_emit_msg_att(struct out *o, const struct imap_fetch *fetch)
{
    out_octet(o, '(');
    for (const struct imap_fetch_item *item = fetch->first; item != NULL; item = item->next) {
        imap_emit_keyword(o, item->name, name_of(item->kind));
        if (has_section(item->kind)) {
            emit_section_item(o, item);
        } else {
            out_octet(o, ' ');
            if (item->nil.len > 0) {
                out_bytes(o, item->nil);
            } else {
                emit_value(o, item);
            }
        }
        if (item->next != NULL) {
            out_octet(o, ' ');
        }
    }
    out_octet(o, ')');
}

const struct imap_fetch_item *imap_fetch_find(const struct imap_fetch *fetch,
                                              enum imap_fetch_kind kind)
{
    const struct imap_fetch_item *item = fetch->first;
    while (item != NULL && item->kind != kind) {
        item = item->next;
    }
    return item;
}
