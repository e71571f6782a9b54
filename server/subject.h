/* SPDX-License-Identifier: MIT */
/* Base subjects: RFC 5256 section 2.1. */
#ifndef SERVER_SUBJECT_H
#define SERVER_SUBJECT_H

#include "server/mailbox.h"
#include "server/scratch.h"

/* The base subject of a message, decoded and in small letters; empty where there is none.
   out_reply (may be NULL): what was taken off shows a reply or a forwarded message (section 3). */
struct span subject_of(struct scratch *scratch, const struct message *message, bool *out_reply);

#endif
