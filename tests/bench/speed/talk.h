/* SPDX-License-Identifier: MIT */
/* A generated conversation, the same for the same seed: the octets of both sides and the order in
   which they come. What the benchmarks measure is one of its sides, or all of it. */
#ifndef TESTS_BENCH_SPEED_TALK_H
#define TESTS_BENCH_SPEED_TALK_H

#include "session/session.h"

struct turn {
    enum side side;
    size_t len;
};

struct talk {
    struct {
        uint8_t *octets;
        size_t len;
        size_t cap;
    } side[2]; /* by enum side */
    struct turn *turns;
    size_t turn_count;
    size_t turn_cap;
    uint64_t random;
};

void talk_init(struct talk *t, uint64_t seed);
void talk_fini(struct talk *t);

/* A number below limit. */
uint32_t talk_random(struct talk *t, uint32_t limit);

/* One side says something; a line with its CRLF, or a part of one. */
void talk_say(struct talk *t, enum side side, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One side sends a message of about this many octets, in lines; stuffed: with dots doubled. */
void talk_message(struct talk *t, enum side side, size_t len, bool stuffed);

/* The conversations; at least len octets of their longer side. */
void talk_imap_fetch(struct talk *t, size_t len);
void talk_imap_literal(struct talk *t, size_t len, size_t literal);
void talk_imap_command(struct talk *t, size_t len);
void talk_smtp(struct talk *t, size_t len);
void talk_smtp_body(struct talk *t, size_t len);
void talk_pop3_body(struct talk *t, size_t len);

#endif
