/* SPDX-License-Identifier: MIT */
/* The POP3 conversation: which reply answers which command, what the state is, what was announced,
   and what is known of the maildrop. The structs are open to readers (runner, tracer, tests); only
   session/pop3*.c writes them. */
#ifndef SESSION_POP3_H
#define SESSION_POP3_H

#include "parsers/core/arena.h"
#include "parsers/core/frame.h"
#include "parsers/pop3/capability.h"
#include "parsers/pop3/command.h"
#include "parsers/pop3/reply.h"
#include "parsers/sasl/sasl.h"
#include "session/finding.h"

struct session;
struct session_event;

enum pop3_state {
    POP3_STATE_CONNECTED = 0, /* the greeting has not come */
    POP3_STATE_AUTHORIZATION,
    POP3_STATE_TRANSACTION,
    POP3_STATE_CLOSED,  /* QUIT was answered: UPDATE is over, or the greeting was -ERR */
    POP3_STATE_UNKNOWN, /* an excerpt that began in the middle */
};

enum { POP3_MAX_PENDING = 256, POP3_MECHANISM_TEXT = 512, POP3_MAX_CHUNKS = 1024 };

/* What the last CAPA was told. */
struct pop3_capabilities {
    bool known;    /* an answer was seen since the connection or TLS began */
    bool refused;  /* it was -ERR */
    uint32_t tags; /* bits 1 << enum pop3_capa */
    bool utf8_user;
    bool expire_never;
    uint64_t expire;      /* EXPIRE: days */
    uint64_t login_delay; /* LOGIN-DELAY: seconds */
    size_t mechanisms_len;
    uint8_t mechanisms[POP3_MECHANISM_TEXT]; /* SASL, separated by spaces, cut where it is full */
};

/* A command that waits for its reply. */
struct pop3_pending {
    uint32_t command; /* number, from 1 */
    enum pop3_verb verb;
    bool broken;       /* it did not parse */
    bool faulty;       /* it did, but only leniently: the server may refuse it */
    bool has_argument; /* LIST, UIDL: a number; LANG, AUTH: any */
    bool has_number;
    bool has_initial;
    bool user_sent; /* PASS: the command before it was USER, its reply did not refuse it */
    uint64_t number;
    uint64_t lines; /* TOP */
    uint64_t off;   /* in the client's stream */
};

/* What is known of one message; numbers from 1. */
struct pop3_message {
    uint64_t size;       /* as LIST gave it */
    uint64_t unique_id;  /* a hash of it */
    uint32_t body_lines; /* as RETR showed them */
    bool has_size;
    bool has_unique_id;
    bool has_body_lines;
    bool deleted;
    uint32_t listed; /* the listing that showed it last, counted from 1 */
};

/* The maildrop, as far as replies have shown it. */
struct pop3_maildrop {
    bool has_total;
    uint64_t total;        /* messages when the maildrop was opened, the deleted ones included */
    uint64_t deleted;      /* marked as deleted */
    uint64_t deleted_size; /* octets of those, as far as they are known */
    uint64_t sized;        /* messages whose size is known */
    uint64_t size_sum;     /* of all sizes known, deleted messages included */
    bool has_stat;         /* STAT was answered and no message was deleted or restored since */
    uint64_t stat_size;
    uint32_t listings; /* LIST and UIDL replies so far */
    bool forgetful;    /* a message did not fit into memory: totals are not judged */
    struct pop3_message **chunks;
    uint32_t *unique_ids; /* hash table of message-numbers */
    size_t unique_id_cap;
    size_t unique_id_count;
};

/* The multi-line reply that is coming. */
struct pop3_body {
    bool open;
    bool data;       /* RETR, TOP: pieces, not lines */
    bool after_crlf; /* the line begins behind CRLF */
    bool in_body;    /* behind the header's empty line */
    bool dot;        /* the line began with a dot and nothing behind it was seen */
    bool dot_lf_end; /* the last line was a dot, but not between CRLFs */
    bool crlf_told;
    bool high_told;
    uint8_t first;     /* octet of the line */
    uint8_t last;      /* octet seen */
    uint64_t line_len; /* octets of the line so far */
    uint64_t octets;   /* of the message: byte-stuffing and the final line not counted */
    uint64_t lines;    /* of the body */

    uint64_t entries;                      /* LIST, UIDL: lines so far */
    uint64_t sum;                          /* LIST: octets */
    bool listing_broken;                   /* a line could not be read: totals are not judged */
    struct pop3_capabilities capabilities; /* CAPA: as they come */
};

struct pop3_session {
    enum pop3_state state; /* as the replies so far have made it */
    bool utf8;             /* UTF8 is in force */
    bool lang;             /* a LANG succeeded: texts may be UTF-8 */
    bool greeting_seen;
    bool timestamp;     /* the greeting had one */
    bool user_accepted; /* the last login command answered was USER, with +OK */
    bool tls_pending;   /* STLS was answered +OK */
    bool tls_used;
    bool auth_open; /* "+" came: the client's next line is a SASL response */

    struct pop3_capabilities capabilities;
    uint32_t tags_before_login; /* announced in AUTHORIZATION under the same TLS state */
    bool known_before_login;

    struct pop3_pending pending[POP3_MAX_PENDING]; /* a ring */
    uint32_t pending_first;
    uint32_t pending_count;

    /* What the client has sent, replies not waited for. */
    enum pop3_verb sent_last;
    bool sent_utf8;
    bool sent_capa_in_tls;
    bool capa_told;  /* the finding about CAPA after STLS was reported */
    bool early_told; /* … and that about octets before the reply to STLS */

    /* The AUTH exchange. */
    enum sasl_mechanism mechanism;
    unsigned sasl_step[2]; /* messages so far, by enum side */
    unsigned challenges;
    bool sasl_sent;     /* a response was sent: the server speaks next */
    bool cancelled;     /* it was "*" */
    bool base64_broken; /* it was not base64 */
    struct pop3_pending
        cut_short; /* AUTH that was answered +OK before any message; command 0: no */

    bool tail[2];   /* by enum side: the rest of a line that was too long is to come */
    bool sent_long; /* the last line was longer than a server must take: it may be many to it */

    struct pop3_pending current; /* the command whose multi-line reply is open */
    struct pop3_body body;
    struct pop3_maildrop maildrop;
    struct pop3_command command; /* the values of the last event of each kind */
    struct pop3_reply reply;
    struct pop3_line line;
};

/* CAPA announced it; false where nothing is known. */
static inline bool pop3_capabilities_has(const struct pop3_capabilities *c, enum pop3_capa tag)
{
    return c->known && (c->tags >> (unsigned)tag & 1) != 0;
}

/* Messages that are not marked as deleted; only if has_total. */
static inline uint64_t pop3_maildrop_count(const struct pop3_maildrop *m)
{
    return m->total > m->deleted ? m->total - m->deleted : 0;
}

/* What is known of a message, or NULL. */
const struct pop3_message *pop3_maildrop_find(const struct pop3_maildrop *m, uint64_t number);

void pop3_session_init(struct session *s);
/* Sets the framing of the side's next unit in s->frame[from] and returns SESSION_EVENT (go on), or
   SESSION_WAIT, SESSION_TLS, SESSION_COMPRESS (an enum session_rc) where that is not possible. */
MUST_USE int pop3_session_mode(struct session *s, enum side from);
/* Parses and judges one unit, moves the state on, sets the event's kind, command and value. */
void pop3_session_unit(struct session *s, enum side from, struct session_event *event);
void pop3_session_end(struct session *s, enum side from, struct span rest);
void pop3_session_tls(struct session *s, bool ok);
bool pop3_session_owes(const struct session *s);
/* Octets that one side sent although it has to wait. */
void pop3_session_early(struct session *s, enum side from, struct span octets);

#endif
