/* SPDX-License-Identifier: MIT */
/* One way to go through a stream of octets. Peers are shared objects that export `contenders`. */
#ifndef TESTS_BENCH_SPEED_CONTENDER_H
#define TESTS_BENCH_SPEED_CONTENDER_H

#include <stddef.h>
#include <stdint.h>

enum stream_kind {
    STREAM_IMAP_RESPONSE,
    STREAM_IMAP_COMMAND,
    STREAM_SMTP_REPLY,
    STREAM_SMTP_COMMAND, /* with message data behind DATA */
    STREAM_POP3_REPLY,   /* the third line on: of RETR, with message data */
};

struct octet_stream {
    enum stream_kind kind;
    const uint8_t *octets;
    size_t len;
    const size_t *ends; /* of the units, for those who cannot find them */
    size_t count;
    const void *talk; /* the conversation that it is a side of */
};

struct contender {
    const char *name;
    /* How many units there were; 0: cannot read such a stream, or broke off. */
    size_t (*run)(const struct octet_stream *stream);
};

/* Ends with an entry without a name. */
extern const struct contender contenders[];

#endif
