/* SPDX-License-Identifier: MIT */
/* LIST, LSUB and XLIST responses, with the extended items of RFC 5258. */
#ifndef PARSERS_IMAP_LIST_H
#define PARSERS_IMAP_LIST_H

#include "parsers/imap/mailbox.h"
#include "parsers/imap/value.h"

struct imap_list_flag {
    const struct imap_list_flag *next;
    struct span text; /* with the "\" */
};

struct imap_list_item {
    const struct imap_list_item *next;
    struct imap_string tag; /* CHILDINFO, OLDNAME, … */
    struct imap_value value;
};

struct imap_list {
    const struct imap_list_flag *flags;
    size_t flag_count;
    struct imap_string delimiter; /* quoted, one character, or NIL */
    struct imap_mailbox mailbox;
    bool extended; /* items in parentheses follow, perhaps none */
    const struct imap_list_item *items;
};

/* DQUOTE QUOTED-CHAR DQUOTE / nil, of LIST and NAMESPACE; never NOMATCH. */
MUST_USE enum parse_rc imap_parse_delimiter(struct parse *p, struct imap_string *out);

/* mailbox-list, behind LIST SP; never NOMATCH. */
MUST_USE enum parse_rc imap_parse_mailbox_list(struct parse *p, struct imap_list *out);
void imap_emit_mailbox_list(struct out *o, const struct imap_list *list);

/* The list has this attribute ("\Noselect"), without regard to case. */
bool imap_list_has(const struct imap_list *list, struct span name);

/* The delimiter; 0 where it is NIL. */
uint8_t imap_list_delimiter(const struct imap_list *list);

#endif
