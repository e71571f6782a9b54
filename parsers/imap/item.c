/* SPDX-License-Identifier: MIT */
#include "parsers/imap/item.h"

#include "parsers/imap/fetch_att.h"
#include "parsers/imap/value.h"

struct imap_item *imap_items_add(struct parse *p, struct imap_items *items)
{
    struct imap_item *item = parse_take(p, sizeof *item);
    if (item != NULL) {
        if (items->last == NULL) {
            items->first = item;
        } else {
            items->last->next = item;
        }
        items->last = item;
    }
    return item;
}

int imap_peek_argument(const struct parse *p)
{
    size_t pos = p->pos;
    while (pos < p->in.len && p->in.ptr[pos] == ' ') {
        pos++;
    }
    return pos > p->pos && pos < p->in.len ? p->in.ptr[pos] : -1;
}

/* An atom of any extension: flags, sets and wildcards too. */
static struct span item_atom(struct parse *p)
{
    size_t start = p->pos;
    (void)parse_octet(p, '\\');
    if (parse_run(p, CLASS_LIST).len == 0) {
        p->pos = start;
    }
    return parse_since(p, start);
}

/* RFC 4466 section 3: tagged-ext-comp = astring / tagged-ext-comp *(SP tagged-ext-comp) / "("
   tagged-ext-comp ")". Flags and wildcards stand there too, as the extensions have them. */
enum parse_rc imap_parse_item(struct parse *p, struct imap_items *items)
{
    int next = parse_peek(p);
    if (next == '(') {
        return imap_parse_item_list(p, items);
    }
    struct imap_string string;
    struct span atom = {0};
    enum parse_rc rc = imap_parse_string(p, &string);
    if (rc == PARSE_BAD) {
        return rc;
    }
    if (rc == PARSE_NOMATCH) {
        atom = item_atom(p);
        if (atom.len == 0) {
            return PARSE_NOMATCH;
        }
    }
    struct imap_item *item = imap_items_add(p, items);
    if (item == NULL) {
        return PARSE_BAD;
    }
    item->form = rc == PARSE_OK ? IMAP_ITEM_STRING : IMAP_ITEM_ATOM;
    item->string = string;
    item->atom = atom;
    return PARSE_OK;
}

/* Looked at twice: as what it must be, and as an item. */
enum parse_rc imap_parse_ext_item(struct parse *p, struct imap_items *items)
{
    size_t start = p->pos;
    struct imap_value value;
    enum parse_rc rc = imap_parse_tagged_ext_val(p, &value);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t end = p->pos;
    p->pos = start;
    rc = imap_parse_item(p, items);
    return rc == PARSE_OK && p->pos != end
               ? parse_fail_at(p, end, RULE_IMAP_COMMAND_VALUE, "the end of the value")
               : rc;
}

/* RFC 4466 section 3: tagged-ext-val = tagged-ext-simple / "(" [tagged-ext-comp] ")"; its list. */
/* NOLINTNEXTLINE(misc-no-recursion): parse_enter() limits the depth. */
enum parse_rc imap_parse_item_list(struct parse *p, struct imap_items *items)
{
    if (!parse_octet(p, '(')) {
        return PARSE_NOMATCH;
    }
    struct imap_item *list = imap_items_add(p, items);
    enum parse_rc rc = list == NULL ? PARSE_BAD : parse_enter(p);
    struct imap_items inner = {0};
    for (size_t count = 0; rc == PARSE_OK; count++) {
        bool end = false;
        rc = imap_parse_list_next(p, count, RULE_IMAP_COMMAND_VALUE, &end);
        if (rc != PARSE_OK || end) {
            break;
        }
        rc = imap_need(p, imap_parse_item(p, &inner), RULE_IMAP_COMMAND_VALUE, "a value or \")\"");
    }
    if (rc == PARSE_OK) {
        list->form = IMAP_ITEM_LIST;
        list->list = inner.first;
        parse_leave(p);
    }
    return rc;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the list that was parsed. */
void imap_emit_items(struct out *o, const struct imap_item *first)
{
    for (const struct imap_item *item = first; item != NULL; item = item->next) {
        switch (item->form) {
        case IMAP_ITEM_ATOM:
            out_bytes(o, item->atom);
            break;
        case IMAP_ITEM_STRING:
            imap_emit_string(o, &item->string);
            break;
        case IMAP_ITEM_LIST:
            out_octet(o, '(');
            imap_emit_items(o, item->list);
            out_octet(o, ')');
            break;
        case IMAP_ITEM_FETCH: {
            const struct imap_fetch_atts atts = {.list = true, .first = item->fetch};
            imap_emit_fetch_atts(o, &atts);
            break;
        }
        }
        if (item->next != NULL) {
            out_octet(o, ' ');
        }
    }
}

const struct imap_item *imap_item_find(const struct imap_item *list, const char *label)
{
    const struct imap_item *item = list == NULL ? NULL : list->list;
    while (item != NULL && !(item->form == IMAP_ITEM_ATOM && span_is(item->atom, label))) {
        item = item->next;
    }
    return item;
}
