/* SPDX-License-Identifier: MIT */
#ifndef CLI_AGAIN_H
#define CLI_AGAIN_H

#include "cli/command.h"

/* What stands behind "postel check CASE" to do the same again: the target, with its options but no
   password, and the seed. New text. */
MUST_USE char *again_text(const struct arguments *arguments, uint64_t seed);

#endif
