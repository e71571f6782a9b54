/* SPDX-License-Identifier: MIT */
/* Writes a generated conversation as the recordings that `postel judge` reads. */
#ifndef TESTS_BENCH_SPEED_RECORD_H
#define TESTS_BENCH_SPEED_RECORD_H

#include "tests/bench/speed/talk.h"

/* FOLDER/NAME.log (C: and S: lines), NAME.in and NAME.out (rawlog), NAME.pcap; false when one of
   them cannot be written. */
bool record_write(const struct talk *talk, const char *folder, const char *name);

#endif
