/* SPDX-License-Identifier: MIT */
/* What the files of the POP3 session tell one another; nobody else includes this. */
#ifndef SESSION_POP3_PARTS_H
#define SESSION_POP3_PARTS_H

#include "session/session.h"

static inline struct pop3_pending *pop3_pending_at(struct pop3_session *p, uint32_t i)
{
    return &p->pending[(p->pending_first + i) % POP3_MAX_PENDING];
}

/* The states in which a command is legal, and the rule that its sender breaks elsewhere. */
struct pop3_command_states {
    bool authorization;
    bool transaction;
    enum rule rule;
};
const struct pop3_command_states *pop3_command_states(enum pop3_verb verb);

static inline bool pop3_state_allows(enum pop3_state state, enum pop3_verb verb)
{
    const struct pop3_command_states *states = pop3_command_states(verb);
    return state == POP3_STATE_UNKNOWN ||
           (state == POP3_STATE_TRANSACTION && states->transaction) ||
           (state <= POP3_STATE_AUTHORIZATION && states->authorization);
}

/* client */
void pop3_client_unit(struct session *s, struct session_event *event);

/* server */
void pop3_server_unit(struct session *s, struct session_event *event);

/* Multi-line replies: open one for s->as.pop3.current, take a line or a piece, end it. */
void pop3_body_open(struct session *s);
void pop3_body_line(struct session *s, struct session_event *event);
void pop3_body_piece(struct session *s, struct session_event *event);
void pop3_body_end(struct session *s, const struct frame_unit *unit);

/* The maildrop. A reply's values, judged against what is known. */
struct pop3_message *pop3_maildrop_get(struct session *s, uint64_t number);
void pop3_maildrop_stat(struct session *s, const struct frame_unit *unit, uint64_t count,
                        uint64_t size);
void pop3_maildrop_size(struct session *s, const struct frame_unit *unit, uint64_t number,
                        uint64_t size);
void pop3_maildrop_unique_id(struct session *s, const struct frame_unit *unit, uint64_t number,
                             struct span unique_id);
void pop3_maildrop_listed(struct session *s, const struct frame_unit *unit);
void pop3_maildrop_delete(struct session *s, uint64_t number);
void pop3_maildrop_reset(struct session *s);

#endif
