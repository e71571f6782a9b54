/* SPDX-License-Identifier: MIT */
/* Fills a mailbox from files: mbox (RFC 4155) and Maildir. Line ends become CRLF; a message's date
   is that of its From line, or of its file. */
#ifndef SERVER_LOAD_H
#define SERVER_LOAD_H

#include "server/mailbox.h"

/* False with *error set to new text for memory_free(), which names the file and the cause. */
MUST_USE bool load_mbox(struct mailbox *mailbox, const char *file, char **error);
MUST_USE bool load_maildir(struct mailbox *mailbox, const char *folder, char **error);

#endif
