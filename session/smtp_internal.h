/* SPDX-License-Identifier: MIT */
/* What the files of the SMTP session share among themselves. */
#ifndef SESSION_SMTP_INTERNAL_H
#define SESSION_SMTP_INTERNAL_H

#include "session/session.h"

/* The data table of the protocol: one row for each command. */
struct smtp_rules {
    uint16_t codes[6];             /* replies of class 2 and 3 that the texts list */
    enum smtp_extension extension; /* must be offered; SMTP_EXT_UNKNOWN: none needed */
    bool required;                 /* RFC 5321 section 4.5.1: every server has it */
    bool last_in_group;            /* RFC 2920 section 3.1 and the extensions */
    bool waits;                    /* what follows cannot be framed before the reply */
    bool needs_mail;               /* allowed within a transaction only */
    bool needs_recipient;          /* only after RCPT */
    bool clears_chunk;             /* may follow a refused BDAT */
    enum rule group_rule;          /* cited when it is not the last in its group */
};

const struct smtp_rules *smtp_rules_of(enum smtp_verb verb);

/* RFC 5321 section 4.5.3.1.4: octets that any command line may have. */
enum { SMTP_COMMAND_LIMIT = 512 };

/* The same with what the offered extensions add for this verb. */
size_t smtp_command_limit(const struct smtp_session *m, enum smtp_verb verb);

/* The first command that waits for a reply, or NULL. */
struct smtp_pending *smtp_pending_first(struct smtp_session *m);
/* The newest one, or NULL. */
struct smtp_pending *smtp_pending_last(struct smtp_session *m);
/* Adds one; there is room, as smtp_session_mode() has seen to it. */
struct smtp_pending *smtp_pending_push(struct smtp_session *m, const struct smtp_pending *pending);
void smtp_pending_pop(struct smtp_session *m);

/* EHLO offered the extension, or named it in a form that is no keyword. */
static inline bool smtp_names_extension(const struct smtp_session *m, enum smtp_extension extension)
{
    return smtp_session_offers(m, extension) ||
           (extension == SMTP_EXT_AUTH && m->capabilities.auth_equals);
}

/* A mail transaction is open. */
bool smtp_in_transaction(const struct smtp_session *m);

void smtp_client_unit(struct session *s, struct session_event *event);
void smtp_server_unit(struct session *s, struct session_event *event);
/* A piece of message data or of a chunk. */
void smtp_data_unit(struct session *s, struct session_event *event);
void smtp_data_begin(struct session *s);

/* Judges parameters, lengths and addresses of MAIL and RCPT. */
void smtp_judge_envelope(struct session *s, const struct frame_unit *unit,
                         const struct smtp_command *command);
/* Judges codes, enhanced status codes and text of any reply. pending: what it answers, or NULL. */
void smtp_judge_reply(struct session *s, const struct frame_unit *unit,
                      const struct smtp_reply *reply, const struct smtp_pending *pending);
/* The reply to EHLO or LHLO with 250: judges it and keeps the capabilities. */
void smtp_take_ehlo(struct session *s, const struct frame_unit *unit, struct parse *p,
                    const struct smtp_reply *reply);
/* The same of HELO: no extensions. */
void smtp_take_helo(struct session *s, const struct frame_unit *unit,
                    const struct smtp_reply *reply);

#endif
