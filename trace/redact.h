/* SPDX-License-Identifier: MIT */
/* Takes secrets out of what is kept of a conversation: passwords and SASL responses become stars,
   length and structure stay. */
#ifndef TRACE_REDACT_H
#define TRACE_REDACT_H

#include "session/session.h"

/* Replaces the secrets of one unit, in place. octets: a copy of the event's unit. */
void redact_unit(enum protocol protocol, const struct session_event *event, uint8_t *octets,
                 size_t len);

#endif
