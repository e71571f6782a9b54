/* SPDX-License-Identifier: MIT */
/* The arguments of the extensions' commands that have a grammar of their own. */
#include "parsers/imap/command_shape.h"
#include "parsers/imap/fetch_att.h"
#include "parsers/imap/mailbox.h"

static struct imap_item *open_list(struct parse *p, enum rule rule, struct imap_items *items)
{
    if (!parse_octet(p, '(')) {
        (void)parse_fail(p, rule, "\"(\"");
        return NULL;
    }
    struct imap_item *list = imap_items_add(p, items);
    if (list != NULL) {
        list->form = IMAP_ITEM_LIST;
    }
    return list;
}

static enum parse_rc add_string(struct parse *p, const struct imap_string *string,
                                struct imap_items *items)
{
    struct imap_item *item = imap_items_add(p, items);
    if (item == NULL) {
        return PARSE_BAD;
    }
    item->form = IMAP_ITEM_STRING;
    item->string = *string;
    return PARSE_OK;
}

/* A field and its value, with one SP between. */
static enum parse_rc pair(struct parse *p, enum rule rule, bool metadata, struct imap_items *items)
{
    struct imap_string string;
    enum parse_rc rc = metadata ? imap_parse_astring(p, &string) : imap_parse_string(p, &string);
    rc = imap_need(p, rc, rule, metadata ? "entry" : "string");
    if (rc == PARSE_OK) {
        rc = add_string(p, &string, items);
    }
    if (rc == PARSE_OK) {
        rc = imap_parse_sp(p, rule, "SP and a value");
    }
    if (rc == PARSE_OK) {
        rc = imap_parse_nstring(p, &string);
        if (rc == PARSE_NOMATCH && metadata) {
            rc = imap_parse_literal8(p, &string);
        }
        rc = imap_need(p, rc, rule, "string or NIL");
    }
    return rc == PARSE_OK ? add_string(p, &string, items) : rc;
}

static enum parse_rc pairs(struct parse *p, enum rule rule, bool metadata, struct imap_items *items)
{
    struct imap_item *list = open_list(p, rule, items);
    if (list == NULL) {
        return PARSE_BAD;
    }
    struct imap_items inner = {0};
    enum parse_rc rc = PARSE_OK;
    for (size_t count = 0; rc == PARSE_OK; count++) {
        bool end = false;
        rc = imap_parse_list_next(p, count, rule, &end);
        if (rc == PARSE_OK && end && count == 0 && metadata) {
            rc = parse_fail_at(p, p->pos - 1, rule, "entry");
        }
        if (rc != PARSE_OK || end) {
            break;
        }
        rc = pair(p, rule, metadata, &inner);
    }
    list->list = inner.first;
    return rc;
}

/* RFC 2971 section 4: id_params_list ::= "(" #(string SPACE nstring) ")" / nil */
enum parse_rc imap_parse_id_params(struct parse *p, struct imap_items *items)
{
    size_t start = p->pos;
    if (IMAP_KEYWORD(p, "NIL")) {
        struct imap_item *item = imap_items_add(p, items);
        if (item == NULL) {
            return PARSE_BAD;
        }
        item->atom = parse_since(p, start);
        return PARSE_OK;
    }
    return pairs(p, RULE_IMAP_ID_PARAMS, false, items);
}

/* RFC 5464 section 5: entry-values = "(" entry-value *(SP entry-value) ")" */
enum parse_rc imap_parse_entry_values(struct parse *p, struct imap_items *items)
{
    return pairs(p, RULE_IMAP_METADATA_ENTRIES, true, items);
}

/* RFC 5464 section 5: entries = entry / "(" entry *(SP entry) ")" */
enum parse_rc imap_parse_entries(struct parse *p, struct imap_items *items)
{
    struct imap_string entry;
    struct imap_items inner = {0};
    if (parse_peek(p) != '(') {
        enum parse_rc rc =
            imap_need(p, imap_parse_astring(p, &entry), RULE_IMAP_METADATA_ENTRIES, "entry");
        return rc == PARSE_OK ? add_string(p, &entry, items) : rc;
    }
    struct imap_item *list = open_list(p, RULE_IMAP_METADATA_ENTRIES, items);
    enum parse_rc rc = list == NULL ? PARSE_BAD : PARSE_OK;
    for (bool end = false; rc == PARSE_OK && !end;) {
        rc = imap_need(p, imap_parse_astring(p, &entry), RULE_IMAP_METADATA_ENTRIES, "entry");
        rc = rc == PARSE_OK ? add_string(p, &entry, &inner) : rc;
        rc = rc == PARSE_OK ? imap_parse_list_next(p, 1, RULE_IMAP_METADATA_ENTRIES, &end) : rc;
    }
    if (list != NULL) {
        list->list = inner.first;
    }
    return rc;
}

static enum parse_rc keyword_item(struct parse *p, size_t start, struct imap_items *items)
{
    struct imap_item *item = imap_items_add(p, items);
    if (item == NULL) {
        return PARSE_BAD;
    }
    item->atom = parse_since(p, start);
    return PARSE_OK;
}

/* RFC 9208 section 7: setquota-list = "(" [setquota-resource *(SP setquota-resource)] ")";
   setquota-resource = resource-name SP resource-limit */
enum parse_rc imap_parse_setquota_list(struct parse *p, struct imap_items *items)
{
    struct imap_item *list = open_list(p, RULE_IMAP_COMMAND_ARGUMENT, items);
    struct imap_items inner = {0};
    enum parse_rc rc = list == NULL ? PARSE_BAD : PARSE_OK;
    for (size_t count = 0; rc == PARSE_OK; count++) {
        struct span name;
        struct imap_number limit;
        bool end = false;
        rc = imap_parse_list_next(p, count, RULE_IMAP_COMMAND_ARGUMENT, &end);
        if (rc != PARSE_OK || end) {
            break;
        }
        size_t start = p->pos;
        rc = imap_need(p, imap_parse_atom(p, &name), RULE_IMAP_COMMAND_ARGUMENT, "resource-name");
        rc = rc == PARSE_OK ? keyword_item(p, start, &inner) : rc;
        rc = rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_COMMAND_ARGUMENT, "SP and a limit") : rc;
        start = p->pos;
        rc = rc == PARSE_OK ? imap_need(p, imap_parse_number64(p, &limit),
                                        RULE_IMAP_COMMAND_ARGUMENT, "resource-limit")
                            : rc;
        rc = rc == PARSE_OK ? keyword_item(p, start, &inner) : rc;
    }
    if (list != NULL) {
        list->list = inner.first;
    }
    return rc;
}

/* RFC 5465 section 8: one-or-more-mailbox = mailbox / many-mailboxes; many-mailboxes = "(" mailbox
 *(SP mailbox) ")" */
static enum parse_rc one_or_more_mailbox(struct parse *p, struct imap_items *items)
{
    struct imap_mailbox mailbox;
    struct imap_items inner = {0};
    if (parse_peek(p) != '(') {
        enum parse_rc rc =
            imap_need(p, imap_parse_mailbox(p, &mailbox), RULE_IMAP_NOTIFY, "mailbox");
        return rc == PARSE_OK ? add_string(p, &mailbox.name, items) : rc;
    }
    struct imap_item *list = open_list(p, RULE_IMAP_NOTIFY, items);
    enum parse_rc rc = list == NULL ? PARSE_BAD : PARSE_OK;
    for (bool end = false; rc == PARSE_OK && !end;) {
        rc = imap_need(p, imap_parse_mailbox(p, &mailbox), RULE_IMAP_NOTIFY, "mailbox");
        rc = rc == PARSE_OK ? add_string(p, &mailbox.name, &inner) : rc;
        rc = rc == PARSE_OK ? imap_parse_list_next(p, 1, RULE_IMAP_NOTIFY, &end) : rc;
    }
    if (list != NULL) {
        list->list = inner.first;
    }
    return rc;
}

/* RFC 5465 section 8: filter-mailboxes = filter-mailboxes-selected / filter-mailboxes-other */
static enum parse_rc filter_mailboxes(struct parse *p, struct imap_items *items)
{
    size_t start = p->pos;
    bool several = IMAP_KEYWORD(p, "subtree") || IMAP_KEYWORD(p, "subtree-one") ||
                   IMAP_KEYWORD(p, "mailboxes");
    if (!several && !IMAP_KEYWORD(p, "selected") && !IMAP_KEYWORD(p, "selected-delayed") &&
        !IMAP_KEYWORD(p, "inboxes") && !IMAP_KEYWORD(p, "personal") &&
        !IMAP_KEYWORD(p, "subscribed")) {
        return parse_fail(p, RULE_IMAP_NOTIFY, "which mailboxes are meant");
    }
    enum parse_rc rc = keyword_item(p, start, items);
    if (rc == PARSE_OK && several) {
        rc = imap_parse_sp(p, RULE_IMAP_NOTIFY, "SP and a mailbox");
        if (rc == PARSE_OK) {
            rc = one_or_more_mailbox(p, items);
        }
    }
    return rc;
}

/* RFC 7377 section 4: source-mbox = filter-mailboxes *(SP filter-mailboxes), and behind it
   [SP "(" scope-options ")"], in parentheses. */
enum parse_rc imap_parse_source_mbox(struct parse *p, struct imap_items *items)
{
    struct imap_item *list = open_list(p, RULE_IMAP_SEARCH_SOURCE, items);
    struct imap_items inner = {0};
    bool end = false;
    enum parse_rc rc = list == NULL ? PARSE_BAD : filter_mailboxes(p, &inner);
    while (rc == PARSE_OK && !end) {
        rc = imap_parse_list_next(p, 1, RULE_IMAP_SEARCH_SOURCE, &end);
        if (rc == PARSE_OK && !end && parse_peek(p) == '(') {
            rc = imap_parse_command_params(p, IMAP_PARAMS_SOME, &inner);
            rc = rc == PARSE_OK ? parse_expect(p, ')', RULE_IMAP_SEARCH_SOURCE, "\")\"") : rc;
            end = true;
        } else if (rc == PARSE_OK && !end) {
            rc = filter_mailboxes(p, &inner);
        }
    }
    if (list != NULL) {
        list->form = IMAP_ITEM_LIST;
        list->list = inner.first;
    }
    return rc;
}

/* RFC 5465 section 8: event = message-event / mailbox-event / user-event / event-ext */
static enum parse_rc event(struct parse *p, struct imap_items *items)
{
    size_t start = p->pos;
    struct span name;
    enum parse_rc rc = imap_need(p, imap_parse_atom(p, &name), RULE_IMAP_NOTIFY, "event");
    if (rc == PARSE_OK) {
        rc = keyword_item(p, start, items);
    }
    if (rc != PARSE_OK || !span_is(name, "MessageNew") || imap_peek_argument(p) != '(') {
        return rc;
    }
    rc = imap_parse_sp(p, RULE_IMAP_NOTIFY, "SP");
    struct imap_item *item = rc == PARSE_OK ? imap_items_add(p, items) : NULL;
    if (item == NULL) {
        return PARSE_BAD;
    }
    item->form = IMAP_ITEM_FETCH;
    return imap_parse_fetch_att_list(p, &item->fetch);
}

/* RFC 5465 section 8: events = ( "(" event *(SP event) ")" ) / "NONE" */
static enum parse_rc events(struct parse *p, struct imap_items *items)
{
    size_t start = p->pos;
    if (IMAP_KEYWORD(p, "NONE")) {
        return keyword_item(p, start, items);
    }
    struct imap_item *list = open_list(p, RULE_IMAP_NOTIFY, items);
    if (list == NULL) {
        return PARSE_BAD;
    }
    struct imap_items inner = {0};
    enum parse_rc rc = PARSE_OK;
    for (size_t count = 0; rc == PARSE_OK; count++) {
        bool end = false;
        rc = imap_parse_list_next(p, count, RULE_IMAP_NOTIFY, &end);
        if (rc != PARSE_OK || (end && count > 0)) {
            break;
        }
        rc = end ? parse_fail_at(p, p->pos - 1, RULE_IMAP_NOTIFY, "event") : event(p, &inner);
    }
    list->list = inner.first;
    return rc;
}

/* RFC 5465 section 8: event-group = "(" filter-mailboxes SP events ")" */
static enum parse_rc event_group(struct parse *p, struct imap_items *items)
{
    struct imap_item *list = open_list(p, RULE_IMAP_NOTIFY, items);
    if (list == NULL) {
        return PARSE_BAD;
    }
    struct imap_items inner = {0};
    enum parse_rc rc = filter_mailboxes(p, &inner);
    if (rc == PARSE_OK) {
        rc = imap_parse_sp(p, RULE_IMAP_NOTIFY, "SP and events");
    }
    if (rc == PARSE_OK) {
        rc = events(p, &inner);
    }
    list->list = inner.first;
    return rc == PARSE_OK ? parse_expect(p, ')', RULE_IMAP_NOTIFY, "\")\"") : rc;
}

/* RFC 5465 section 8: notify = "NOTIFY" SP (notify-set / notify-none), notify-set = "SET"
   [status-indicator] SP event-groups */
enum parse_rc imap_parse_notify(struct parse *p, struct imap_items *items)
{
    size_t start = p->pos;
    if (IMAP_KEYWORD(p, "NONE")) {
        return keyword_item(p, start, items);
    }
    if (!IMAP_KEYWORD(p, "SET")) {
        return PARSE_NOMATCH;
    }
    enum parse_rc rc = keyword_item(p, start, items);
    bool group = false;
    while (rc == PARSE_OK && (!group || imap_peek_argument(p) == '(')) {
        rc = imap_parse_sp(p, RULE_IMAP_NOTIFY, "SP and \"(\"");
        start = p->pos;
        if (rc == PARSE_OK && !group && IMAP_KEYWORD(p, "STATUS")) {
            rc = keyword_item(p, start, items);
        } else if (rc == PARSE_OK) {
            group = true;
            rc = event_group(p, items);
        }
    }
    return rc;
}
