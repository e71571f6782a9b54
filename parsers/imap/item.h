/* SPDX-License-Identifier: MIT */
/* Generic arguments: atoms, strings and parenthesised lists, as extensions use them for their
   parameters. Items keep the form they had, in wire order; they borrow from the unit and arena. */
#ifndef PARSERS_IMAP_ITEM_H
#define PARSERS_IMAP_ITEM_H

#include "parsers/core/out.h"
#include "parsers/core/parse.h"
#include "parsers/imap/string.h"

struct imap_fetch_att;

enum imap_item_form { IMAP_ITEM_ATOM, IMAP_ITEM_STRING, IMAP_ITEM_LIST, IMAP_ITEM_FETCH };

struct imap_item {
    const struct imap_item *next;
    enum imap_item_form form;
    struct span atom;                   /* ATOM: numbers, sets, flags, labels and NIL too */
    struct imap_string string;          /* STRING */
    const struct imap_item *list;       /* LIST: its items; NULL for "()" */
    const struct imap_fetch_att *fetch; /* FETCH: the list behind MessageNew of NOTIFY */
};

/* A list under construction. */
struct imap_items {
    const struct imap_item *first;
    struct imap_item *last;
};

/* A new zeroed item at the end of the list; NULL with the arena limit as error. */
MUST_USE struct imap_item *imap_items_add(struct parse *p, struct imap_items *items);

/* Turns "does not start here" into the error that this was expected. */
MUST_USE static inline enum parse_rc imap_need(struct parse *p, enum parse_rc rc, enum rule rule,
                                               const char *expected)
{
    return rc == PARSE_NOMATCH ? parse_fail(p, rule, expected) : rc;
}

/* The first octet behind the spaces that stand here; -1 where no space stands. */
int imap_peek_argument(const struct parse *p);

/* An atom, flag, number or set; a string; or a list of them: appended to the items. */
MUST_USE enum parse_rc imap_parse_item(struct parse *p, struct imap_items *items);

/* RFC 4466 section 3: tagged-ext-val, which is an argument of an extension. */
MUST_USE enum parse_rc imap_parse_ext_item(struct parse *p, struct imap_items *items);

/* "(" [item *(SP item)] ")": one list item. */
MUST_USE enum parse_rc imap_parse_item_list(struct parse *p, struct imap_items *items);

/* What a list of parameters may be: names and values are tagged-ext, or atoms and option-value. */
enum imap_param_list {
    IMAP_PARAMS_SOME,  /* one at least */
    IMAP_PARAMS_ANY,   /* perhaps none */
    IMAP_PARAMS_ATOMS, /* perhaps none, as LIST has them (RFC 5258) */
};

/* The parameters of SELECT, CREATE, RENAME, FETCH, STORE, the options of LIST, GETMETADATA and
   RETURN: "(" label [SP value] … ")" as one list item; known labels have their own values. */
MUST_USE enum parse_rc imap_parse_command_params(struct parse *p, enum imap_param_list kind,
                                                 struct imap_items *items);

/* An item and all that follow it, with SP between them. */
void imap_emit_items(struct out *o, const struct imap_item *first);

/* The atom of this text in a list item (which may be NULL), or NULL; its value, where it has one,
   is the next item. */
const struct imap_item *imap_item_find(const struct imap_item *list, const char *label);

#endif
