/* SPDX-License-Identifier: MIT */
#include "parsers/imap/item.h"
#include "parsers/imap/set.h"
#include "parsers/imap/value.h"

/* What stands behind a label. */
enum param_value {
    VALUE_ANY,
    VALUE_NONE,
    VALUE_MODSEQ,
    VALUE_MODSEQ_NZ,
    VALUE_PARTIAL,
    VALUE_QRESYNC,
    VALUE_LIST,
    VALUE_NUMBER,
    VALUE_DEPTH
};

static const struct {
    const char *label;
    enum param_value value;
} params[] = {
    /* RFC 7162 section 7: condstore-param = "CONDSTORE" */
    {"CONDSTORE", VALUE_NONE},
    {"QRESYNC", VALUE_QRESYNC},
    /* RFC 7162 section 7: chgsince-fetch-mod = "CHANGEDSINCE" SP mod-sequence-value */
    {"CHANGEDSINCE", VALUE_MODSEQ_NZ},
    /* RFC 7162 section 7: store-modifier =/ "UNCHANGEDSINCE" SP mod-sequence-valzer */
    {"UNCHANGEDSINCE", VALUE_MODSEQ},
    /* RFC 7162 section 7: rexpunges-fetch-mod = "VANISHED" */
    {"VANISHED", VALUE_NONE},
    /* RFC 9394 section 4: modifier-partial = "PARTIAL" SP partial-range */
    {"PARTIAL", VALUE_PARTIAL},
    /* RFC 6154 section 6: create-param =/ "USE" SP "(" [use-attr *(SP use-attr)] ")" */
    {"USE", VALUE_LIST},
    /* RFC 9051 section 9: search-return-opt = "MIN" / "MAX" / "ALL" / "COUNT" / "SAVE" */
    {"MIN", VALUE_NONE},
    {"MAX", VALUE_NONE},
    {"ALL", VALUE_NONE},
    {"COUNT", VALUE_NONE},
    {"SAVE", VALUE_NONE},
    /* RFC 5267 section 5: modifier-update = "UPDATE", modifier-context = "CONTEXT" */
    {"UPDATE", VALUE_NONE},
    {"CONTEXT", VALUE_NONE},
    {"RELEVANCY", VALUE_NONE},
    /* RFC 5258 section 6: list-select-opt, return-option */
    {"SUBSCRIBED", VALUE_NONE},
    {"REMOTE", VALUE_NONE},
    {"RECURSIVEMATCH", VALUE_NONE},
    {"CHILDREN", VALUE_NONE},
    {"SPECIAL-USE", VALUE_NONE},
    {"MYRIGHTS", VALUE_NONE},
    /* RFC 5819 section 4: status-option = "STATUS" SP "(" status-att *(SP status-att) ")" */
    {"STATUS", VALUE_LIST},
    /* RFC 5464 section 5: maxsize-opt = "MAXSIZE" SP number */
    {"MAXSIZE", VALUE_NUMBER},
    /* RFC 5464 section 5: scope-opt = "DEPTH" SP ("0" / "1" / "infinity") */
    {"DEPTH", VALUE_DEPTH},
};

static enum parse_rc add_atom(struct parse *p, struct imap_items *items, size_t start)
{
    struct imap_item *item = imap_items_add(p, items);
    if (item == NULL) {
        return PARSE_BAD;
    }
    item->atom = parse_since(p, start);
    return PARSE_OK;
}

static enum parse_rc modseq(struct parse *p, struct imap_items *items, bool zero)
{
    size_t start = p->pos;
    struct imap_number number;
    enum parse_rc rc = imap_parse_mod_sequence(p, zero, &number);
    rc = imap_need(p, rc, RULE_IMAP_MODSEQ_VALUE, "mod-sequence");
    return rc == PARSE_OK ? add_atom(p, items, start) : rc;
}

/* RFC 9394 section 4: partial-range = partial-range-first / partial-range-last */
static enum parse_rc partial_range(struct parse *p, struct imap_items *items)
{
    size_t start = p->pos;
    bool minus = parse_octet(p, '-');
    uint64_t number;
    enum parse_rc rc = imap_parse_nz_number(p, &number);
    rc = imap_need(p, rc, RULE_IMAP_PARTIAL_RANGE, "nz-number");
    if (rc == PARSE_OK) {
        rc = parse_expect(p, ':', RULE_IMAP_PARTIAL_RANGE, "\":\"");
    }
    if (rc == PARSE_OK && minus) {
        rc = parse_expect(p, '-', RULE_IMAP_PARTIAL_RANGE, "\"-\"");
    }
    if (rc == PARSE_OK) {
        rc = imap_need(p, imap_parse_nz_number(p, &number), RULE_IMAP_PARTIAL_RANGE, "nz-number");
    }
    return rc == PARSE_OK ? add_atom(p, items, start) : rc;
}

static enum parse_rc set_item(struct parse *p, struct imap_items *items)
{
    size_t start = p->pos;
    struct imap_set set;
    enum parse_rc rc = imap_parse_uid_set(p, &set);
    return rc == PARSE_OK ? add_atom(p, items, start) : rc;
}

/* RFC 7162 section 7: seq-match-data = "(" known-sequence-set SP known-uid-set ")" */
static enum parse_rc seq_match_data(struct parse *p, struct imap_items *items)
{
    if (!parse_octet(p, '(')) {
        return parse_fail(p, RULE_IMAP_QRESYNC, "known-uids or seq-match-data");
    }
    struct imap_item *list = imap_items_add(p, items);
    struct imap_items inner = {0};
    enum parse_rc rc = list == NULL ? PARSE_BAD : set_item(p, &inner);
    rc = imap_need(p, rc, RULE_IMAP_QRESYNC, "known-sequence-set");
    if (rc == PARSE_OK) {
        rc = imap_parse_sp(p, RULE_IMAP_QRESYNC, "SP");
    }
    if (rc == PARSE_OK) {
        rc = imap_need(p, set_item(p, &inner), RULE_IMAP_QRESYNC, "known-uid-set");
    }
    if (rc == PARSE_OK) {
        rc = parse_expect(p, ')', RULE_IMAP_QRESYNC, "\")\"");
    }
    if (rc == PARSE_OK) {
        list->form = IMAP_ITEM_LIST;
        list->list = inner.first;
    }
    return rc;
}

/* What may follow uidvalidity SP mod-sequence-value. */
static enum parse_rc qresync_rest(struct parse *p, struct imap_items *items)
{
    enum parse_rc rc = PARSE_OK;
    bool matched = false;
    for (unsigned part = 0; rc == PARSE_OK && part < 2 && !matched && parse_peek(p) == ' ';
         part++) {
        rc = imap_parse_sp(p, RULE_IMAP_QRESYNC, "SP");
        if (rc == PARSE_OK && part == 0) {
            rc = set_item(p, items);
            if (rc != PARSE_NOMATCH) {
                continue;
            }
        }
        if (rc != PARSE_BAD) {
            rc = seq_match_data(p, items);
            matched = true;
        }
    }
    return rc;
}

/* RFC 7162 section 7: select-param =/ "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP
   known-uids] [SP seq-match-data] ")" */
static enum parse_rc qresync(struct parse *p, struct imap_items *items)
{
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_QRESYNC, "\"(\"");
    struct imap_item *list = rc == PARSE_OK ? imap_items_add(p, items) : NULL;
    if (list == NULL) {
        return PARSE_BAD;
    }
    struct imap_items inner = {0};
    size_t start = p->pos;
    uint64_t number;
    rc = imap_need(p, imap_parse_nz_number(p, &number), RULE_IMAP_QRESYNC, "uidvalidity");
    if (rc == PARSE_OK) {
        rc = add_atom(p, &inner, start);
    }
    if (rc == PARSE_OK) {
        rc = imap_parse_sp(p, RULE_IMAP_QRESYNC, "SP");
    }
    if (rc == PARSE_OK) {
        rc = modseq(p, &inner, false);
    }
    if (rc == PARSE_OK) {
        rc = qresync_rest(p, &inner);
    }
    if (rc == PARSE_OK) {
        rc = parse_expect(p, ')', RULE_IMAP_QRESYNC, "\")\"");
    }
    list->form = IMAP_ITEM_LIST;
    list->list = inner.first;
    return rc;
}

static enum parse_rc depth(struct parse *p, struct imap_items *items)
{
    size_t start = p->pos;
    if (IMAP_KEYWORD(p, "0") || IMAP_KEYWORD(p, "1") || IMAP_KEYWORD(p, "infinity")) {
        return add_atom(p, items, start);
    }
    return parse_fail(p, RULE_IMAP_METADATA_OPTION, "0, 1 or infinity");
}

static enum parse_rc plain_number(struct parse *p, struct imap_items *items)
{
    size_t start = p->pos;
    struct imap_number number;
    enum parse_rc rc = imap_parse_number(p, &number);
    rc = imap_need(p, rc, RULE_IMAP_METADATA_OPTION, "number");
    return rc == PARSE_OK ? add_atom(p, items, start) : rc;
}

/* "(" [name *(SP name)] ")": atoms, behind "\\" where they are attributes (RFC 6154). */
static enum parse_rc names(struct parse *p, bool attributes, struct imap_items *items)
{
    enum parse_rc rc = imap_parse_item_list(p, items);
    rc = imap_need(p, rc, RULE_IMAP_COMMAND_PARAMS, "\"(\"");
    const struct imap_item *item = rc == PARSE_OK ? items->last->list : NULL;
    for (; rc == PARSE_OK && item != NULL; item = item->next) {
        struct parse ahead = *p;
        ahead.pos = item->atom.ptr == NULL ? p->pos - 1 : (size_t)(item->atom.ptr - p->in.ptr);
        size_t start = ahead.pos;
        bool good = item->atom.len > 0 && (!attributes || parse_octet(&ahead, '\\')) &&
                    parse_run(&ahead, CLASS_ATOM).len > 0;
        if (!good || ahead.pos - start != item->atom.len) {
            rc = parse_fail_at(p, ahead.pos, RULE_IMAP_COMMAND_PARAMS,
                               attributes ? "\"\\\" and an atom" : "an atom");
        }
    }
    return rc;
}

static enum parse_rc known_value(struct parse *p, enum param_value value, bool atoms,
                                 struct imap_items *items)
{
    switch (value) {
    case VALUE_MODSEQ:
    case VALUE_MODSEQ_NZ:
        return modseq(p, items, value == VALUE_MODSEQ);
    case VALUE_PARTIAL:
        return partial_range(p, items);
    case VALUE_QRESYNC:
        return qresync(p, items);
    case VALUE_NUMBER:
        return plain_number(p, items);
    case VALUE_DEPTH:
        return depth(p, items);
    case VALUE_LIST:
        return names(p, !atoms, items);
    case VALUE_NONE:
    case VALUE_ANY:
        break;
    }
    if (!atoms) {
        return imap_parse_ext_item(p, items);
    }
    /* RFC 9051 section 9: option-value = "(" option-val-comp ")" */
    if (parse_left(p) > 1 && p->in.ptr[p->pos + 1] == ')') {
        return parse_fail_at(p, p->pos + 1, RULE_IMAP_COMMAND_PARAMS, "value");
    }
    return imap_parse_ext_item(p, items);
}

static enum param_value value_of(struct span label)
{
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
        if (span_is(label, params[i].label)) {
            return params[i].value;
        }
    }
    return VALUE_ANY;
}

/* A value of an extension that we do not know begins with one of these; a label does not. */
static bool is_value(int octet)
{
    return octet == '(' || octet == '*' || octet == '$' || octet == '"' || octet == '{' ||
           (octet >= '0' && octet <= '9');
}

/* RFC 4466 section 3: tagged-ext = tagged-ext-label SP tagged-ext-val; the value may be missing. */
static enum parse_rc param(struct parse *p, bool atoms, struct imap_items *items)
{
    size_t start = p->pos;
    struct span label;
    enum parse_rc rc = atoms ? imap_parse_atom(p, &label) : imap_parse_tagged_ext_label(p, &label);
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, RULE_IMAP_COMMAND_PARAMS, "name of a parameter");
    }
    enum param_value value = value_of(label);
    rc = add_atom(p, items, start);
    if (rc != PARSE_OK || value == VALUE_NONE ||
        (value == VALUE_ANY &&
         (atoms ? imap_peek_argument(p) != '(' : !is_value(imap_peek_argument(p))))) {
        return rc;
    }
    rc = imap_parse_sp(p, RULE_IMAP_COMMAND_PARAMS, "SP and a value");
    return rc == PARSE_OK ? known_value(p, value, atoms, items) : rc;
}

/* RFC 4466 section 3: select-params = SP "(" select-param *(SP select-param) ")", and likewise
   create-params, rename-params, fetch-modifiers, store-modifiers. */
enum parse_rc imap_parse_command_params(struct parse *p, enum imap_param_list kind,
                                        struct imap_items *items)
{
    if (!parse_octet(p, '(')) {
        return PARSE_NOMATCH;
    }
    struct imap_item *list = imap_items_add(p, items);
    if (list == NULL) {
        return PARSE_BAD;
    }
    struct imap_items inner = {0};
    enum parse_rc rc = PARSE_OK;
    for (size_t count = 0; rc == PARSE_OK; count++) {
        bool end = false;
        size_t at = p->pos;
        rc = imap_parse_list_next(p, count, RULE_IMAP_COMMAND_PARAMS, &end);
        if (rc == PARSE_OK && end) {
            if (count == 0 && kind == IMAP_PARAMS_SOME) {
                rc = parse_fail_at(p, at, RULE_IMAP_COMMAND_PARAMS, "name of a parameter");
            }
            break;
        }
        if (rc == PARSE_OK) {
            rc = param(p, kind == IMAP_PARAMS_ATOMS, &inner);
        }
    }
    list->form = IMAP_ITEM_LIST;
    list->list = inner.first;
    return rc;
}
