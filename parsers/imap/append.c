/* SPDX-License-Identifier: MIT */
#include "parsers/imap/append.h"

#include "parsers/imap/item.h"
#include "parsers/imap/value.h"

/* RFC 4469 section 5: cat-part = text-literal / url */
static enum parse_rc cat_part(struct parse *p, struct imap_cat_part *out)
{
    size_t start = p->pos;
    out->url = IMAP_KEYWORD(p, "URL");
    if (!out->url && !IMAP_KEYWORD(p, "TEXT")) {
        return parse_fail(p, RULE_IMAP_CATENATE, "TEXT or URL");
    }
    out->word = parse_since(p, start);
    enum parse_rc rc = imap_parse_sp(p, RULE_IMAP_CATENATE, "SP");
    if (rc == PARSE_OK && out->url) {
        rc = imap_parse_astring(p, &out->value);
    } else if (rc == PARSE_OK) {
        rc = imap_parse_literal(p, &out->value);
        rc = rc == PARSE_NOMATCH ? imap_parse_literal8(p, &out->value) : rc;
    }
    return imap_need(p, rc, RULE_IMAP_CATENATE, out->url ? "URL" : "literal");
}

/* RFC 4469 section 5: append-data =/ "CATENATE" SP "(" cat-part *(SP cat-part) ")" */
static enum parse_rc catenate(struct parse *p, struct imap_append *out)
{
    const struct imap_cat_part **tail = &out->parts;
    out->form = IMAP_APPEND_CATENATE;
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_CATENATE, "\"(\"");
    for (size_t count = 0; rc == PARSE_OK; count++) {
        bool end = false;
        rc = imap_parse_list_next(p, count, RULE_IMAP_CATENATE, &end);
        if (rc != PARSE_OK || (end && count > 0)) {
            break;
        }
        struct imap_cat_part *part = parse_take(p, sizeof *part);
        if (part == NULL) {
            return PARSE_BAD;
        }
        rc = end ? parse_fail_at(p, p->pos - 1, RULE_IMAP_CATENATE, "TEXT or URL")
                 : cat_part(p, part);
        *tail = part;
        tail = &part->next;
    }
    return rc;
}

/* RFC 6855 section 4: append-data =/ "UTF8" SP "(" literal8 ")" */
static enum parse_rc utf8_data(struct parse *p, struct imap_append *out)
{
    out->form = IMAP_APPEND_UTF8;
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_APPEND, "\"(\"");
    if (rc == PARSE_OK) {
        rc = imap_parse_literal8(p, &out->octets);
        rc = imap_need(p, rc, RULE_IMAP_APPEND, "literal8");
    }
    return rc == PARSE_OK ? parse_expect(p, ')', RULE_IMAP_APPEND, "\")\"") : rc;
}

/* RFC 4466 section 3: append-ext = append-ext-name SP append-ext-value; word is the name. */
static enum parse_rc append_ext(struct parse *p, struct span word, struct imap_items *options)
{
    struct imap_item *label = imap_items_add(p, options);
    if (label == NULL) {
        return PARSE_BAD;
    }
    label->atom = word;
    return imap_parse_ext_item(p, options);
}

/* What begins with an atom: message data of an extension, which ends the message, or an option. */
static enum parse_rc word(struct parse *p, struct imap_append *out, struct imap_items *options,
                          bool *end)
{
    struct span name;
    enum parse_rc rc = imap_parse_tagged_ext_label(p, &name);
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, RULE_IMAP_APPEND, "flag-list, date-time or literal");
    }
    rc = imap_parse_sp(p, RULE_IMAP_APPEND, "SP");
    if (rc != PARSE_OK) {
        return rc;
    }
    *end = true;
    out->word = name;
    if (span_is(name, "CATENATE")) {
        return catenate(p, out);
    }
    if (span_is(name, "UTF8")) {
        return utf8_data(p, out);
    }
    *end = false;
    out->word = (struct span){0};
    return append_ext(p, name, options);
}

static enum parse_rc flags(struct parse *p, struct imap_append *out)
{
    out->has_flags = true;
    if (parse_peek(p) == '(') {
        return imap_parse_flag_list(p, IMAP_FLAGS, &out->flags);
    }
    enum parse_rc rc = parse_quirk(p, QUIRK_IMAP_APPEND_FLAGS, p->pos, 0, "\"(\" before the flags");
    struct imap_flag *flag = rc == PARSE_OK ? parse_take(p, sizeof *flag) : NULL;
    if (flag == NULL) {
        return PARSE_BAD;
    }
    rc = imap_parse_flag(p, IMAP_FLAGS, flag);
    out->flags = (struct imap_flags){.first = flag, .count = 1};
    return imap_need(p, rc, RULE_IMAP_APPEND, "flag");
}

/* RFC 4466 section 3: append-data = literal / literal8 / append-data-ext */
static enum parse_rc literal_data(struct parse *p, struct imap_append *out)
{
    return parse_peek(p) == '~' ? imap_parse_literal8(p, &out->octets)
                                : imap_parse_literal(p, &out->octets);
}

/* One part; end: it was the data. */
static enum parse_rc part(struct parse *p, struct imap_append *out, struct imap_items *options,
                          bool *end)
{
    int next = parse_peek(p);
    bool options_seen = options->first != NULL;
    if ((next == '(' || next == '\\') && !out->has_flags && !out->has_date && !options_seen) {
        return flags(p, out);
    }
    if (next == '"' && !out->has_date && !options_seen) {
        out->has_date = true;
        return imap_parse_date_time(p, &out->date);
    }
    if (next == '{' || next == '~') {
        *end = true;
        return literal_data(p, out);
    }
    return word(p, out, options, end);
}

/* RFC 4466 section 3: append-message = append-opts SP append-data, append-opts = [SP flag-list] [SP
   date-time] *(SP append-ext) */
enum parse_rc imap_parse_append_message(struct parse *p, struct imap_append *out)
{
    struct imap_items options = {0};
    bool end = false;
    *out = (struct imap_append){0};
    enum parse_rc rc = PARSE_OK;
    while (rc == PARSE_OK && !end) {
        rc = imap_parse_sp(p, RULE_IMAP_APPEND, "SP and a literal");
        if (rc == PARSE_OK) {
            rc = part(p, out, &options, &end);
            rc = imap_need(p, rc, RULE_IMAP_APPEND, "literal");
        }
    }
    out->options = options.first;
    return rc;
}

static void emit_catenate(struct out *o, const struct imap_cat_part *first)
{
    out_octet(o, '(');
    for (const struct imap_cat_part *p = first; p != NULL; p = p->next) {
        imap_emit_keyword(o, p->word, p->url ? "URL" : "TEXT");
        out_octet(o, ' ');
        imap_emit_string(o, &p->value);
        out_text(o, p->next != NULL ? " " : "");
    }
    out_octet(o, ')');
}

void imap_emit_append_message(struct out *o, const struct imap_append *message)
{
    if (message->has_flags) {
        out_octet(o, ' ');
        imap_emit_flag_list(o, &message->flags);
    }
    if (message->has_date) {
        out_octet(o, ' ');
        imap_emit_date_time(o, &message->date);
    }
    if (message->options != NULL) {
        out_octet(o, ' ');
        imap_emit_items(o, message->options);
    }
    out_octet(o, ' ');
    switch (message->form) {
    case IMAP_APPEND_LITERAL:
        imap_emit_string(o, &message->octets);
        break;
    case IMAP_APPEND_UTF8:
        imap_emit_keyword(o, message->word, "UTF8");
        out_text(o, " (");
        imap_emit_string(o, &message->octets);
        out_octet(o, ')');
        break;
    case IMAP_APPEND_CATENATE:
        imap_emit_keyword(o, message->word, "CATENATE");
        out_octet(o, ' ');
        emit_catenate(o, message->parts);
        break;
    }
}
