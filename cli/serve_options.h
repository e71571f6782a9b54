/* SPDX-License-Identifier: MIT */
/* The configuration of the built-in server, from the command line. */
#ifndef CLI_SERVE_OPTIONS_H
#define CLI_SERVE_OPTIONS_H

#include "cli/command.h"
#include "server/server.h"

enum { SERVE_LIST_MAX = 256 };

struct serve_options {
    struct server_config config; /* points into the lists */
    struct server_address addresses[SERVE_LIST_MAX];
    struct server_user users[SERVE_LIST_MAX];
    struct reply_override overrides[SERVE_LIST_MAX + 1]; /* ended by an empty one, as the rest */
    struct reply_delay delays[SERVE_LIST_MAX + 1];
    const char *drop_after[SERVE_LIST_MAX + 1];
    const char *hide[SERVE_LIST_MAX + 1];
    const char *offer[SERVE_LIST_MAX + 1];
    char *texts[SERVE_LIST_MAX * 8]; /* what was cut out of the arguments; freed at the end */
    size_t text_count;
};

/* All but how the server is asked to misbehave. EXIT_NOTHING, or the code to end with after a
   message. */
MUST_USE int serve_options_read(const struct arguments *arguments, struct serve_options *out);
void serve_options_fini(struct serve_options *options);

/* The code to end with after a message: a list is full. */
MUST_USE int serve_too_many(const struct arguments *arguments, const char *name);

/* A copy of a part of an argument, which lives as long as the options. */
const char *serve_keep(struct serve_options *options, struct span part);

/* Where the octet stands first, or the length. */
size_t serve_find_octet(struct span text, uint8_t octet);

/* Digits up to a maximum. */
MUST_USE bool serve_read_number(struct span text, uint64_t max, uint64_t *out);

/* "smtp", "smtps", …: how the address's option is named. */
const char *serve_address_name(const struct server_address *address);

#endif
