/* SPDX-License-Identifier: MIT */
/* How the built-in server is asked to misbehave: faults, fixed replies, delays, drops, and what it
   announces. */
#ifndef CLI_SERVE_MISBEHAVE_H
#define CLI_SERVE_MISBEHAVE_H

#include "cli/serve_options.h"

/* Reads these options, once the addresses are known: names are those of the protocols that are
   served. EXIT_NOTHING, or EXIT_USAGE after a message. */
MUST_USE int serve_misbehave_read(const struct arguments *arguments, struct serve_options *options);

#endif
