/* SPDX-License-Identifier: MIT */
/* Dates as they stand in a message's header (RFC 5322 section 3.3). */
#ifndef SERVER_DATE_TEXT_H
#define SERVER_DATE_TEXT_H

#include "net/buffer.h"

/* Appends "Fri, 21 Nov 1997 09:55:06 +0000". now: seconds since 1970. */
void date_text_append(struct buffer *head, int64_t now);

#endif
