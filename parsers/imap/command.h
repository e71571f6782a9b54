/* SPDX-License-Identifier: MIT */
/* An IMAP client command, of IMAP4rev1, IMAP4rev2 and the extensions: parsed strictly from one
   whole unit (line and literals) into a flat value, and written back. A command that is not in
   command.def is a value too. Which members a command has set follows from its shape there.
   Spans live as long as the unit, lists as long as the arena mark under them. */
#ifndef PARSERS_IMAP_COMMAND_H
#define PARSERS_IMAP_COMMAND_H

#include "parsers/core/out.h"
#include "parsers/core/parse.h"
#include "parsers/imap/append.h"
#include "parsers/imap/fetch_att.h"
#include "parsers/imap/item.h"
#include "parsers/imap/list_command.h"
#include "parsers/imap/mailbox.h"
#include "parsers/imap/search.h"
#include "parsers/imap/set.h"
#include "parsers/imap/store.h"

enum imap_command_type {
    IMAP_COMMAND_UNKNOWN = 0,
#define IMAP_COMMAND(id, name, shape) IMAP_COMMAND_##id,
#include "parsers/imap/command.def"
#undef IMAP_COMMAND
    IMAP_COMMAND_COUNT,
};

struct imap_command {
    struct span tag;
    struct span uid;  /* "UID" as written; empty without */
    struct span name; /* as written */
    enum imap_command_type type;
    struct imap_mailbox mailbox;       /* first mailbox argument; COPY, MOVE, REPLACE: the target */
    struct imap_mailbox new_name;      /* RENAME */
    struct imap_set set;               /* sequence numbers, or UIDs when uid is not empty */
    const struct imap_item *arguments; /* atoms, strings and lists without a member of their own */
    const struct imap_item *params;    /* one list item: SELECT, CREATE, RENAME, FETCH, STORE */
    struct imap_fetch_atts fetch;
    struct imap_store store;
    struct imap_search_args search;
    struct imap_list_command list;
    const struct imap_append *messages; /* APPEND, REPLACE */
    struct span rest;                   /* UNKNOWN: what stands between the name and CRLF */
};

/* RFC 9051 section 9: command = tag SP (command-any / command-auth / command-nonauth /
   command-select) CRLF. The unit must be used up. */
MUST_USE enum parse_rc imap_parse_command(struct parse *p, struct imap_command *out);
void imap_emit_command(struct out *o, const struct imap_command *command);

/* RFC 2177 section 4: idle = "IDLE" CRLF "DONE": the second line, a unit of its own. */
MUST_USE enum parse_rc imap_parse_done(struct parse *p);

/* RFC 9051 section 9: authenticate = … *(CRLF base64), and "*" to cancel: one line of the client.
   out is what stands before CRLF. */
MUST_USE enum parse_rc imap_parse_authenticate_line(struct parse *p, struct span *out);

/* The command of this name, IMAP_COMMAND_UNKNOWN if there is none. */
enum imap_command_type imap_command_by_name(struct span name);

/* "FETCH"; "" for IMAP_COMMAND_UNKNOWN. */
const char *imap_command_name(enum imap_command_type type);

#endif
