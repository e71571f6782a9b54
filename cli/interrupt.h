/* SPDX-License-Identifier: MIT */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

/* From now on the first SIGINT, SIGTERM or SIGHUP sets what is returned to 1, so that a run ends in
   good order; the second one ends the program at once. */
const volatile int *interrupt_catch(void);

#endif
