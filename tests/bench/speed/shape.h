/* SPDX-License-Identifier: MIT */
/* How the cost grows with the length of one unit, and what is allocated. */
#ifndef TESTS_BENCH_SPEED_SHAPE_H
#define TESTS_BENCH_SPEED_SHAPE_H

#include <stddef.h>

/* Prints nanoseconds per octet for units of 1 KiB to 64 MiB of each shape. */
void shape_linear(void);

/* Calls of malloc() and its like so far, in the whole program. */
size_t shape_allocations(void);

#endif
