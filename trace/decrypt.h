/* SPDX-License-Identifier: MIT */
/* Puts what was said inside TLS in the place of the TLS octets of a captured conversation. */
#ifndef TRACE_DECRYPT_H
#define TRACE_DECRYPT_H

#include "trace/recording.h"

/* Where TLS begins in the conversation, from its first octet or behind STARTTLS, the rest is read
   with the key log. What cannot be read stays as it is; c->remark then says why. */
void conversation_decrypt(struct conversation *c, struct span keylog);

#endif
