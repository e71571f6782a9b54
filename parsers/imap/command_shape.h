/* SPDX-License-Identifier: MIT */
/* The arguments of a command, read and written by the shape that command.def gives it. */
#ifndef PARSERS_IMAP_COMMAND_SHAPE_H
#define PARSERS_IMAP_COMMAND_SHAPE_H

#include "parsers/imap/command.h"

/* All arguments, each from its SP on; then the CRLF is next. */
MUST_USE enum parse_rc imap_parse_arguments(struct parse *p, const char *shape,
                                            struct imap_command *out);
void imap_emit_arguments(struct out *o, const char *shape, const struct imap_command *command);

/* What has a grammar of its own, from behind its SP on; appended to the items. */
MUST_USE enum parse_rc imap_parse_id_params(struct parse *p, struct imap_items *items);
MUST_USE enum parse_rc imap_parse_notify(struct parse *p, struct imap_items *items);
MUST_USE enum parse_rc imap_parse_entries(struct parse *p, struct imap_items *items);
MUST_USE enum parse_rc imap_parse_source_mbox(struct parse *p, struct imap_items *items);
MUST_USE enum parse_rc imap_parse_setquota_list(struct parse *p, struct imap_items *items);
MUST_USE enum parse_rc imap_parse_entry_values(struct parse *p, struct imap_items *items);

#endif
