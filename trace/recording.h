/* SPDX-License-Identifier: MIT */
/* A recording: what was said on one or more connections, as read from a log, a capture or a trace.
   Each conversation has the octets of both sides and the order in which they were seen; each piece
   knows its line of the input, so that a finding can be shown where the reader will look for it.
   The recording owns all octets and text. */
#ifndef TRACE_RECORDING_H
#define TRACE_RECORDING_H

#include "session/session.h"

/* A run of octets of one side that stands in one place of the input. */
struct piece {
    enum side side;
    bool exact;      /* octets as they were on the wire; else the line end is ours */
    uint64_t off;    /* in the side's stream */
    size_t len;      /* octets */
    uint64_t line;   /* of the input, from 1; 0 where the input has no lines */
    uint64_t column; /* octets before the payload in that line */
    double seconds;  /* time stamp, or -1 */
};

/* Octets of which the log does not say what they were: a password replaced, a part left out. */
struct hole {
    uint64_t off; /* in the side's stream */
    size_t len;
    bool inside; /* of one string: what stands around it is as it was on the wire */
};

struct stream {
    uint8_t *octets;
    size_t len;
    size_t cap;
    size_t *pieces; /* the side's pieces, as indices into those of the conversation */
    size_t piece_count;
    size_t piece_cap;
    struct hole *holes; /* ascending, none overlaps another */
    size_t hole_count;
    size_t hole_cap;
    uint64_t unit;    /* where the command or response of the last line begins */
    bool unit_open;   /* it goes on: a literal's head was its last line, or octets of the literal */
    bool line_open;   /* a line without its end was added last */
    uint64_t literal; /* octets of an announced IMAP literal or SMTP chunk still to come */
    bool chunk;       /* it is a chunk: BDAT announced it */
};

struct conversation {
    char *name;              /* "connection 2", "127.0.0.1:4711 > 127.0.0.1:143", …; never NULL */
    char *key;               /* what the log calls the connection; "" where it has one only */
    struct stream stream[2]; /* by enum side */
    struct piece *pieces;    /* in the order seen */
    size_t piece_count;
    size_t piece_cap;
    bool closed;        /* the log says that it ended */
    bool quit;          /* the client has said QUIT or LOGOUT */
    bool quit_answered; /* … and the server has answered: what it says next is a greeting */
    char tag[32];       /* of the client's last IMAP command */
    bool tag_answered;  /* … which has its tagged reply */
    bool from_start;    /* the log says that it began here */
    bool imap;          /* the log names an address of IMAP */
    bool tls;           /* all of it was inside TLS */
    const char *remark; /* why a part could not be read, static; or NULL */
    bool unordered;     /* the two sides come from two files: their order is not known */
    bool known;         /* protocol is set */
    enum protocol protocol;
};

struct recording {
    char *file; /* as the user named it; "-" is standard input */
    const char *format;
    struct conversation *conversations;
    size_t count;
};

void recording_init(struct recording *r, const char *file);
void recording_fini(struct recording *r);

/* The conversation with this key that is not closed; a new one if there is none. The pointer is
   valid until the next call. */
struct conversation *recording_conversation(struct recording *r, struct span key);

/* Drops all octets, pieces and holes. */
void conversation_clear(struct conversation *c);

/* Puts another conversation's octets, pieces and holes in place of its own; leaves the other one
   empty. */
void conversation_replace(struct conversation *c, struct conversation *by);

/* Adds octets as they were on the wire. */
void conversation_add(struct conversation *c, enum side side, struct span octets,
                      const struct piece *where);

/* Adds a line whose end the log has taken: CRLF is added when the next piece begins. */
void conversation_add_line(struct conversation *c, enum side side, struct span line,
                           const struct piece *where);

/* Adds more of the line that is open: the log had wrapped it. */
void conversation_join_line(struct conversation *c, enum side side, struct span rest,
                            const struct piece *where);

/* Ends the open line of a side, or of both. */
void conversation_end_lines(struct conversation *c);

/* Octets of a side, from this offset of its stream on, are not what was on the wire. In ascending
   order; what an earlier hole covers is left out. */
void conversation_add_hole(struct conversation *c, enum side side, const struct hole *hole);

/* The last len octets of a side are such a hole. */
void conversation_add_hole_at_end(struct conversation *c, enum side side, size_t len, bool inside);

/* Adds octets of a literal that the log does not show: a hole. */
void conversation_add_unseen(struct conversation *c, enum side side, uint64_t len,
                             const struct piece *where);

/* The octets of a piece of the conversation, in its own side's stream. */
struct span conversation_octets(const struct conversation *c, const struct piece *piece);

/* The first hole of the side's stream that touches these octets, or NULL. */
const struct hole *conversation_hole(const struct conversation *c, enum side side, uint64_t off,
                                     size_t len);

/* The piece that holds this offset of the side's stream, or the last before it; NULL if none. */
const struct piece *conversation_piece(const struct conversation *c, enum side side, uint64_t off);

/* Recognises the protocol by what was said; false when nothing is like any of them. */
bool conversation_guess_protocol(struct conversation *c);

#endif
