/* SPDX-License-Identifier: MIT */
/* Addresses of RFC 5322 section 3.4 with the obsolete forms of section 4.4. Spans borrow from the
   unit and may hold comments and folding: message_plain_text() and address_text() read them. Nodes
   live in the arena. */
#ifndef PARSERS_MESSAGE_ADDRESS_H
#define PARSERS_MESSAGE_ADDRESS_H

#include "parsers/core/out.h"
#include "parsers/core/parse.h"

enum address_kind {
    ADDRESS_MAILBOX,
    ADDRESS_GROUP, /* name is the group's; its mailboxes follow, then ADDRESS_GROUP_END */
    ADDRESS_GROUP_END,
};

struct address {
    struct address *next;
    enum address_kind kind;
    struct span name;   /* display-name; where there is none, a comment behind the address */
    struct span route;  /* obs-route, without its colon */
    struct span local;  /* local-part */
    struct span domain; /* domain or domain-literal; empty where "@" is missing (a quirk) */
};

/* RFC 5322 section 3.4: address-list, up to the end of the unit (a field's value). */
MUST_USE enum parse_rc message_parse_address_list(struct parse *p, struct address **out);
/* RFC 5322 section 3.6.4: msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]; out has the
   brackets. */
MUST_USE enum parse_rc message_parse_msg_id(struct parse *p, struct span *out);

/* A local-part or domain without comments and white space; a quoted local-part is opened. */
void address_text(struct out *o, struct span part);

#endif
