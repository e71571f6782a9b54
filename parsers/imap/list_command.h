/* SPDX-License-Identifier: MIT */
/* The arguments of LIST, with the options of LIST-EXTENDED, and of LSUB. */
#ifndef PARSERS_IMAP_LIST_COMMAND_H
#define PARSERS_IMAP_LIST_COMMAND_H

#include "parsers/imap/item.h"
#include "parsers/imap/mailbox.h"

struct imap_list_command {
    const struct imap_item *select; /* one list item; NULL without */
    struct imap_mailbox reference;
    bool pattern_list;               /* the patterns stand in parentheses */
    struct imap_strings patterns;    /* list-mailbox: wildcards untouched */
    struct span return_word;         /* "RETURN" as written; empty without */
    const struct imap_item *options; /* RETURN: one list item */
};

/* RFC 5258 section 6: list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP
   list-return-opts]; from the first SP behind "LIST" on. */
MUST_USE enum parse_rc imap_parse_list(struct parse *p, struct imap_list_command *out);
void imap_emit_list(struct out *o, const struct imap_list_command *list);

/* RFC 9051 section 9: list-mailbox = 1*list-char / string */
MUST_USE enum parse_rc imap_parse_list_mailbox(struct parse *p, struct imap_string *out);

#endif
