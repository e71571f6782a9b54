/* SPDX-License-Identifier: MIT */
/* What a fuzzed client says on one connection, behind its login: lines, each of which waits for the
   server's answer to the one before it. It is played, kept and handed on as a scenario. */
#ifndef FUZZ_LIVE_PROGRAM_H
#define FUZZ_LIVE_PROGRAM_H

#include "net/buffer.h"
#include "session/session.h"

enum { PROGRAM_LINES = 24 };

/* Names in the octets of a line; the scenario has the target's own instead. */
#define PROGRAM_BOX "PostelBox"
#define PROGRAM_SUB "PostelSub"
#define PROGRAM_SENDER "sender@postel.invalid"
#define PROGRAM_RCPT "rcpt@postel.invalid"

struct program_line {
    struct buffer octets; /* with CRLF, or what became of it */
    bool tagged;          /* IMAP: a tag is to be put in front */
    bool wild;            /* it was mutated: nobody knows what it asks for */
};

/* All-zero is the empty one. */
struct program {
    enum protocol protocol;
    struct program_line lines[PROGRAM_LINES];
    size_t count;
};

void program_fini(struct program *program);
/* An empty program becomes a copy. */
void program_copy(const struct program *from, struct program *to);

/* The line at index, made by moving those behind it; NULL where there is no room. */
struct program_line *program_insert(struct program *program, size_t index);
/* The same with a copy of a line of another program; nothing where there is no room. */
void program_insert_copy(struct program *program, size_t index, const struct program_line *line);
/* Takes lines out; those that are not there do not count. */
void program_remove(struct program *program, size_t index, size_t count);

/* Takes out what might do harm beyond the case's own mailbox and the declared addresses, or what
   the player cannot follow: names of commands that make, rename or take away mailboxes in lines
   that were mutated, QUIT in POP3 (without it nothing is deleted), TLS; and a message whose
   envelope was mutated. */
void program_tame(struct program *program);

/* Appends it as a case with this id, behind what program_write_head() writes for its protocol.
   maildrop: the case may fill the maildrop first (POP3). */
void program_write_head(enum protocol protocol, struct buffer *out);
void program_write(const struct program *program, const char *id, bool maildrop,
                   struct buffer *out);

#endif
