/* SPDX-License-Identifier: MIT */
/* Oracles for what is made of many octets: a message's parts, a recording's pieces. Each ends the
   program with a line on standard error when it is broken. */
#ifndef FUZZ_CHECK_TREE_H
#define FUZZ_CHECK_TREE_H

#include "parsers/message/mime.h"
#include "trace/recording.h"

/* Header and body of each part follow one another inside the part above, and its lines are
   counted right. */
void check_parts(const struct mime_part *part, struct span outer);

/* The pieces of each side follow one another without gap or overlap, holes ascend inside them, and
   so do lines where the recording has them in order (packets may come late). */
void check_pieces(const struct conversation *c, bool in_order);

#endif
