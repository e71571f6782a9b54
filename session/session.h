/* SPDX-License-Identifier: MIT */
/* The model of one conversation, fed from both directions: which framing comes next, which reply
   answers which command, protocol state, capabilities, the IMAP mailbox view. It parses each unit
   strictly, judges it, and reports each broken rule as a finding. Sans I/O: the caller owns the
   octets and shows them in the order in which they were seen on the wire. All memory is in the
   struct and in two blocks of the caller. */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "parsers/core/arena.h"
#include "parsers/core/frame.h"
#include "parsers/core/parse.h"
#include "session/finding.h"
#include "session/imap.h"
#include "session/pop3.h"
#include "session/smtp.h"

enum protocol { PROTOCOL_SMTP, PROTOCOL_SUBMISSION, PROTOCOL_LMTP, PROTOCOL_POP3, PROTOCOL_IMAP };

struct session_config {
    enum protocol protocol;
    bool tls;          /* implicit TLS: the conversation is inside TLS from the start */
    bool excerpt;      /* may begin in mid-session: assume a legal earlier state */
    bool rebuilt;      /* from a log's lines, of which some may be left out without a mark */
    size_t unit_limit; /* a unit's most octets in memory; 0: 64 KiB a line, 64 MiB with literals */
    size_t literal_keep; /* octets of a literal to keep, see parsers/core/frame.h; 0: all */
    void *memory;        /* for the mailbox view and the like, for the session's whole life */
    size_t memory_len;   /* octets */
    void *scratch;       /* for the values of one unit */
    size_t scratch_len;  /* octets */
    void (*finding)(void *context, const struct finding *finding); /* NULL: not reported */
    void *context;
};

enum event_kind {
    EVENT_NONE = 0,
    EVENT_COMMAND,  /* client: a command (value: smtp_command, pop3_command, imap_command) */
    EVENT_GREETING, /* server: the first reply (smtp_reply, pop3_reply, imap_response) */
    EVENT_REPLY,    /* server: the final reply to a command (smtp_reply, pop3_reply, imap tagged) */
    EVENT_UNTAGGED, /* server: IMAP untagged response */
    EVENT_CONTINUE, /* server: "+" of IMAP and POP3, 334 and 354 of SMTP: the client goes on */
    EVENT_LINE,     /* server: one line of a POP3 multi-line reply (pop3_line); not the final dot */
    EVENT_DATA,     /* either: a piece of message data, dot-stuffing untouched */
    EVENT_DATA_END, /* either: the last piece, or the final "." line of a multi-line reply */
    EVENT_SASL,     /* client: a response of a SASL exchange, or "DONE" of IDLE */
    EVENT_BROKEN,   /* either: a unit that could not be parsed; no value */
};

struct smtp_command;
struct smtp_reply;
struct pop3_command;
struct pop3_reply;
struct pop3_line;
struct imap_command;
struct imap_response;

struct session_event {
    enum event_kind kind;
    enum side side;
    struct frame_unit unit;
    uint32_t command; /* which client command this is or answers, counted from 1; 0: none */
    union {           /* valid until the next call; of the protocol and kind; may be NULL */
        const struct smtp_command *smtp_command;
        const struct smtp_reply *smtp_reply;
        const struct pop3_command *pop3_command;
        const struct pop3_reply *pop3_reply;
        const struct pop3_line *pop3_line;
        const struct imap_command *imap_command;
        const struct imap_response *imap_response;
    } value;
    uint32_t findings; /* how many findings of this unit were reported, consequences left out */
};

enum session_rc {
    SESSION_EVENT = 0, /* out is set; drop out->unit.octets.len octets from the buffer's front */
    SESSION_MORE,      /* needs more octets of this side */
    SESSION_WAIT,      /* what this side sent cannot be framed before the other side has spoken: try
                          again after each event of that side */
    SESSION_DISCARD,   /* take frame.discard octets out at frame.discard_pos and call again */
    SESSION_TLS,       /* from here on this side speaks TLS: see session_tls_started() */
    SESSION_COMPRESS,  /* from here on both sides speak DEFLATE: see session_compress_started() */
};

struct session {
    struct session_config config;
    struct frame frame[2]; /* by enum side */
    struct arena memory;
    struct arena scratch[2];
    size_t held[2]; /* octets shown while SESSION_WAIT was the answer and not consumed since */
    bool tls;
    bool lost;         /* out of step after a broken unit: further findings are consequences */
    bool half_line;    /* the client's last line ended in LF alone */
    bool after_half;   /* the one before it did */
    bool unsure;       /* since such a line it is not known which replies answer which commands */
    bool unsure_heard; /* and the server has spoken since */
    bool afresh;       /* with this line that is over: what waited for a reply does so no more */
    uint32_t commands; /* client commands so far */
    uint32_t findings; /* of the present unit */
    union {
        struct smtp_session smtp;
        struct pop3_session pop3;
        struct imap_session imap;
    } as;
};

/* memory and scratch in the config stay the caller's and must outlive the session. */
void session_init(struct session *s, const struct session_config *config);

/* The next unit of what one side sent. buffer: all octets of that side not consumed yet. After
   SESSION_WAIT the caller goes on with the other side and comes back when that has got farther;
   show octets when they arrive, as those that came too early can be told only then. */
MUST_USE enum session_rc session_step(struct session *s, enum side from, struct span buffer,
                                      struct session_event *out);

/* One side will send no more; what is left in its buffer has no end. */
void session_end(struct session *s, enum side from, struct span buffer);

/* The server has to speak before the client need: the greeting, a reply, or the rest of one is
   still to come. Not where it waits for what it asked for itself: message data, a SASL response,
   DONE. */
bool session_owes(const struct session *s);

/* The TLS handshake is done (ok) or failed: what follows is plaintext inside it, capabilities and
   state are reset as the protocol says. Octets that came before it may have been dropped from the
   buffers. */
void session_tls_started(struct session *s, bool ok);

/* COMPRESS=DEFLATE is active: what follows was inflated by the caller. */
void session_compress_started(struct session *s);

/* --- for the protocols' own files in this room ------------------------------------------------ */

/* Reports a broken rule at a stream offset of this unit. */
void session_report(struct session *s, enum side side, const struct frame_unit *unit, uint64_t off,
                    size_t len, enum rule rule, const char *text);

/* The same for the whole unit. */
void session_report_unit(struct session *s, enum side side, const struct frame_unit *unit,
                         enum rule rule, const char *text);

/* Reports all deviations of a parse, and its error when it failed. */
void session_report_parse(struct session *s, enum side side, const struct frame_unit *unit,
                          const struct parse *p, enum parse_rc rc);

/* The client's next line begins afresh: it waits for no reply to those before it. */
static inline bool session_begins_afresh(const struct session *s)
{
    return s->unsure && s->unsure_heard && !s->half_line;
}

/* A lenient parse of a unit: all quirks on, values in the side's scratch, which is emptied. */
void session_parse_init(struct session *s, enum side side, const struct frame_unit *unit,
                        struct parse *p);

#endif
