/* SPDX-License-Identifier: MIT */
/* Text for people on a file descriptor (standard output, standard error) from a program that must
   not wait for its reader. A record is printed whole or not at all: when more than a limit waits to
   be read, further ones are dropped and counted, until half of it was read; a line in their place
   then says how many. */
#ifndef NET_OUTLET_H
#define NET_OUTLET_H

#include <stdio.h>

#include "net/loop.h"

struct outlet;

/* fd stays the caller's, and open until outlet_free(); its flags are left as they are, for others
   may write to it, too. limit: octets that may wait. what: the plural of a record, for people; it
   has to live as long as the outlet. */
MUST_USE struct outlet *outlet_new(struct loop *loop, int fd, size_t limit, const char *what);

/* A stream for one record; outlet_end() or outlet_end_kept() closes it. */
MUST_USE FILE *outlet_begin(struct outlet *outlet);

/* The record is complete. It is dropped if too much waits already. */
void outlet_end(struct outlet *outlet);

/* As outlet_end(), for what is never dropped: the caller sees to it that there is little. */
void outlet_end_kept(struct outlet *outlet);

/* Waits until all is written, but not longer than ms milliseconds without progress; false when some
   is not. *lost: the records that outlet_end() took and that no line says anything of. */
MUST_USE bool outlet_finish(struct outlet *outlet, unsigned ms, size_t *lost);

void outlet_free(struct outlet **outlet);

#endif
