/* SPDX-License-Identifier: MIT */
#include "parsers/imap/esearch.h"

static const struct {
    struct span name;
    enum imap_esearch_kind kind;
} names[] = {
    {SPAN_INIT("MIN"), IMAP_ESEARCH_MIN},
    {SPAN_INIT("MAX"), IMAP_ESEARCH_MAX},
    {SPAN_INIT("ALL"), IMAP_ESEARCH_ALL},
    {SPAN_INIT("COUNT"), IMAP_ESEARCH_COUNT},
    {SPAN_INIT("ADDTO"), IMAP_ESEARCH_ADDTO},
    {SPAN_INIT("MODSEQ"), IMAP_ESEARCH_MODSEQ},
    {SPAN_INIT("PARTIAL"), IMAP_ESEARCH_PARTIAL},
    {SPAN_INIT("RELEVANCY"), IMAP_ESEARCH_RELEVANCY},
    {SPAN_INIT("REMOVEFROM"), IMAP_ESEARCH_REMOVEFROM},
};
#define NAME_COUNT (sizeof names / sizeof names[0])

static enum parse_rc sp(struct parse *p)
{
    return imap_parse_sp(p, RULE_IMAP_ESEARCH, "SP");
}

/* RFC 7377 section 4: one-correlator = ("TAG" SP tag-string) / ("MAILBOX" SP astring) /
   ("UIDVALIDITY" SP nz-number) */
static enum parse_rc one_correlator(struct parse *p, struct imap_correlator *out)
{
    enum parse_rc rc = imap_parse_atom(p, &out->name);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t start = p->pos - out->name.len;
    rc = sp(p);
    if (rc != PARSE_OK) {
        return rc;
    }
    if (span_is(out->name, "TAG")) {
        out->kind = IMAP_CORRELATOR_TAG;
        return imap_parse_astring(p, &out->tag);
    }
    if (span_is(out->name, "MAILBOX")) {
        out->kind = IMAP_CORRELATOR_MAILBOX;
        return imap_parse_mailbox(p, &out->mailbox);
    }
    out->kind = IMAP_CORRELATOR_UIDVALIDITY;
    if (!span_is(out->name, "UIDVALIDITY")) {
        return parse_fail_at(p, start, RULE_IMAP_ESEARCH, "TAG, MAILBOX or UIDVALIDITY");
    }
    return imap_parse_nz_number_or(p, QUIRK_IMAP_UIDVALIDITY_ZERO, &out->validity);
}

/* RFC 7377 section 4: search-correlator = SP "(" one-correlator *(SP one-correlator) ")" */
static enum parse_rc search_correlator(struct parse *p, struct imap_esearch *out)
{
    const struct imap_correlator **tail = &out->correlators;
    enum parse_rc rc = PARSE_OK;
    p->pos++;
    for (bool end = false; rc == PARSE_OK && !end;) {
        struct imap_correlator *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = one_correlator(p, node);
        *tail = node;
        tail = &node->next;
        rc = rc == PARSE_OK ? imap_parse_list_next(p, 1, RULE_IMAP_ESEARCH, &end) : rc;
    }
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_ESEARCH, "search-correlator") : rc;
}

/* RFC 5267 section 5: ret-data-addto = "ADDTO" SP "(" context-position SP sequence-set
 *(SP context-position SP sequence-set) ")" */
static enum parse_rc positions(struct parse *p, struct imap_esearch_item *out)
{
    const struct imap_position **tail = &out->positions;
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_ESEARCH, "\"(\"");
    for (bool end = false; rc == PARSE_OK && !end;) {
        struct imap_position *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = imap_parse_count(p, RULE_IMAP_ESEARCH, &node->position);
        rc = rc == PARSE_OK ? sp(p) : rc;
        rc = rc == PARSE_OK ? imap_parse_uid_set(p, &node->set) : rc;
        *tail = node;
        tail = &node->next;
        rc = rc == PARSE_OK ? imap_parse_list_next(p, 1, RULE_IMAP_ESEARCH, &end) : rc;
    }
    return rc;
}

/* RFC 9394 section 4: partial-range = partial-range-first / partial-range-last */
static enum parse_rc partial_range(struct parse *p, struct span *out)
{
    size_t start = p->pos;
    uint64_t number = 0;
    bool minus = parse_octet(p, '-');
    enum parse_rc rc = imap_parse_nz_number(p, &number);
    if (rc == PARSE_OK && !parse_octet(p, ':')) {
        return parse_fail(p, RULE_IMAP_ESEARCH, "\":\"");
    }
    if (rc == PARSE_OK && minus && !parse_octet(p, '-')) {
        return parse_fail(p, RULE_IMAP_ESEARCH, "\"-\"");
    }
    rc = rc == PARSE_OK ? imap_parse_nz_number(p, &number) : rc;
    *out = parse_since(p, start);
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_ESEARCH, "nz-number") : rc;
}

/* RFC 9394 section 4: ret-data-partial = "PARTIAL" SP "(" partial-range SP partial-results ")";
   partial-results = sequence-set / "NIL" */
static enum parse_rc partial(struct parse *p, struct imap_esearch_item *out)
{
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_ESEARCH, "\"(\"");
    rc = rc == PARSE_OK ? partial_range(p, &out->range) : rc;
    rc = rc == PARSE_OK ? sp(p) : rc;
    size_t start = p->pos;
    if (rc == PARSE_OK && PARSE_TEXT(p, "NIL")) {
        out->nil = parse_since(p, start);
    } else {
        rc = rc == PARSE_OK ? imap_parse_uid_set(p, &out->set) : rc;
    }
    return rc == PARSE_OK ? parse_expect(p, ')', RULE_IMAP_ESEARCH, "\")\"") : rc;
}

/* RFC 6203 section 7: score-list = "(" [score *(SP score)] ")"; score = 1*3DIGIT */
static enum parse_rc relevancy(struct parse *p, struct imap_esearch_item *out)
{
    const struct imap_value **tail = &out->value.first;
    out->value.list = true;
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_ESEARCH, "\"(\"");
    bool end = false;
    for (size_t count = 0; rc == PARSE_OK; count++) {
        rc = imap_parse_list_next(p, count, RULE_IMAP_ESEARCH, &end);
        if (rc != PARSE_OK || end) {
            break;
        }
        struct imap_value *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        size_t start = p->pos;
        struct imap_number score;
        rc = imap_parse_count(p, RULE_IMAP_ESEARCH, &score);
        node->string = (struct imap_string){.form = IMAP_ATOM, .text = parse_since(p, start)};
        if (rc == PARSE_OK && (score.value < 1 || score.value > 100 || score.width > 3)) {
            rc = parse_fail_at(p, start, RULE_IMAP_ESEARCH, "a score from 1 to 100");
        }
        *tail = node;
        tail = &node->next;
    }
    return rc;
}

static enum parse_rc return_value(struct parse *p, struct imap_esearch_item *out)
{
    switch (out->kind) {
    case IMAP_ESEARCH_MIN:
    case IMAP_ESEARCH_MAX:
        return imap_parse_nz_number_or(p, QUIRK_IMAP_SEARCH_ZERO, &out->number.value);
    case IMAP_ESEARCH_COUNT:
        return imap_parse_count(p, RULE_IMAP_ESEARCH, &out->number);
    case IMAP_ESEARCH_MODSEQ:
        return imap_parse_modseq(p, &out->number);
    case IMAP_ESEARCH_ALL:
        return imap_parse_uid_set(p, &out->set);
    case IMAP_ESEARCH_PARTIAL:
        return partial(p, out);
    case IMAP_ESEARCH_ADDTO:
    case IMAP_ESEARCH_REMOVEFROM:
        return positions(p, out);
    case IMAP_ESEARCH_RELEVANCY:
        return relevancy(p, out);
    case IMAP_ESEARCH_UNKNOWN:
        break;
    }
    return imap_parse_tagged_ext_val(p, &out->value);
}

/* RFC 9051 section 9: search-return-data = "MIN" SP nz-number / "MAX" SP nz-number /
   "ALL" SP sequence-set / "COUNT" SP number / search-ret-data-ext */
static enum parse_rc search_return_data(struct parse *p, struct imap_esearch_item *out)
{
    enum parse_rc rc = imap_parse_tagged_ext_label(p, &out->name);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (span_equal_nocase(out->name, names[i].name)) {
            out->kind = names[i].kind;
        }
    }
    rc = rc == PARSE_OK ? sp(p) : rc;
    rc = rc == PARSE_OK ? return_value(p, out) : rc;
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_ESEARCH, "search-return-data") : rc;
}

/* RFC 9051 section 9: esearch-response = "ESEARCH" [search-correlator] [SP "UID"]
 *(SP search-return-data) */
enum parse_rc imap_parse_esearch_response(struct parse *p, struct imap_esearch *out)
{
    *out = (struct imap_esearch){0};
    const struct imap_esearch_item **tail = &out->first;
    bool first = true;
    while (parse_peek(p) == ' ' && !imap_at_trailing_sp(p)) {
        enum parse_rc rc = sp(p);
        size_t start = p->pos;
        if (rc == PARSE_OK && first && parse_peek(p) == '(') {
            rc = search_correlator(p, out);
        } else if (rc == PARSE_OK && out->count == 0 && !out->uid && IMAP_KEYWORD(p, "UID")) {
            out->uid = true;
            out->uid_keyword = parse_since(p, start);
        } else if (rc == PARSE_OK) {
            struct imap_esearch_item *node = parse_take(p, sizeof *node);
            if (node == NULL) {
                return PARSE_BAD;
            }
            rc = search_return_data(p, node);
            *tail = node;
            tail = &node->next;
            out->count++;
        }
        if (rc != PARSE_OK) {
            return rc;
        }
        first = false;
    }
    return PARSE_OK;
}

static void emit_correlators(struct out *o, const struct imap_correlator *first)
{
    static const char *const kinds[] = {"TAG", "MAILBOX", "UIDVALIDITY"};
    for (const struct imap_correlator *c = first; c != NULL; c = c->next) {
        out_text(o, c == first ? " (" : " ");
        imap_emit_keyword(o, c->name, kinds[c->kind]);
        out_octet(o, ' ');
        if (c->kind == IMAP_CORRELATOR_TAG) {
            imap_emit_string(o, &c->tag);
        } else if (c->kind == IMAP_CORRELATOR_MAILBOX) {
            imap_emit_mailbox(o, &c->mailbox);
        } else {
            out_number(o, c->validity);
        }
    }
    if (first != NULL) {
        out_octet(o, ')');
    }
}

static void emit_positions(struct out *o, const struct imap_position *first)
{
    for (const struct imap_position *position = first; position != NULL;
         position = position->next) {
        out_octet(o, position == first ? '(' : ' ');
        imap_emit_number(o, position->position);
        out_octet(o, ' ');
        imap_emit_set(o, &position->set);
    }
    out_octet(o, ')');
}

static void emit_return_value(struct out *o, const struct imap_esearch_item *item)
{
    switch (item->kind) {
    case IMAP_ESEARCH_MIN:
    case IMAP_ESEARCH_MAX:
    case IMAP_ESEARCH_COUNT:
    case IMAP_ESEARCH_MODSEQ:
        imap_emit_number(o, item->number);
        return;
    case IMAP_ESEARCH_ALL:
        imap_emit_set(o, &item->set);
        return;
    case IMAP_ESEARCH_PARTIAL:
        out_octet(o, '(');
        out_bytes(o, item->range);
        out_octet(o, ' ');
        if (item->set.count > 0) {
            imap_emit_set(o, &item->set);
        } else {
            imap_emit_keyword(o, item->nil, "NIL");
        }
        out_octet(o, ')');
        return;
    case IMAP_ESEARCH_ADDTO:
    case IMAP_ESEARCH_REMOVEFROM:
        emit_positions(o, item->positions);
        return;
    case IMAP_ESEARCH_RELEVANCY:
    case IMAP_ESEARCH_UNKNOWN:
        imap_emit_value(o, &item->value);
        return;
    }
}

static const char *name_of(enum imap_esearch_kind kind)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (names[i].kind == kind) {
            return (const char *)names[i].name.ptr;
        }
    }
    return "";
}

void imap_emit_esearch_response(struct out *o, const struct imap_esearch *esearch)
{
    emit_correlators(o, esearch->correlators);
    if (esearch->uid) {
        out_octet(o, ' ');
        imap_emit_keyword(o, esearch->uid_keyword, "UID");
    }
    for (const struct imap_esearch_item *item = esearch->first; item != NULL; item = item->next) {
        out_octet(o, ' ');
        imap_emit_keyword(o, item->name, name_of(item->kind));
        out_octet(o, ' ');
        emit_return_value(o, item);
    }
}
