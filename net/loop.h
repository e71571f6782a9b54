/* SPDX-License-Identifier: MIT */
/* The event loop: one thread, a clock, timers, and the wish to stop (SIGINT, SIGTERM). All other
   objects of this room live on a loop and call back from loop_run(). */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "parsers/core/span.h"

struct loop;
struct loop_timer;

MUST_USE struct loop *loop_new(void);

/* Frees the loop and all connections, listeners and timers that are still on it; they call back
   no more. */
void loop_free(struct loop **loop);

/* Runs until loop_stop() is called or nothing is left that could happen. */
void loop_run(struct loop *loop);

/* Handles what is due now, or waits for one thing to happen; false when nothing is left. */
bool loop_step(struct loop *loop);

/* Makes loop_run() return soon. */
void loop_stop(struct loop *loop);

/* Milliseconds and microseconds of a clock that never goes back; read anew at each call. */
uint64_t loop_now(const struct loop *loop);
uint64_t loop_now_us(const struct loop *loop);

/* Calls back, from the loop, for SIGINT and SIGTERM; SIGPIPE is ignored from loop_new() on. */
void loop_on_signal(struct loop *loop, void (*callback)(void *context, int signal), void *context);

/* --- for the other files of this room --------------------------------------------------------- */

/* The libuv loop (struct uv_loop_s). */
void *loop_handle(struct loop *loop);

/* Something was told to an owner: loop_step() need not wait. */
void loop_note(struct loop *loop);

/* What lives on a loop and has to go with it. */
struct loop_member {
    struct loop_member *next;
    struct loop_member **link; /* what points at this one; NULL: not on a loop */
    void (*release)(struct loop_member *member);
};
void loop_join(struct loop *loop, struct loop_member *member);
void loop_leave(struct loop_member *member);

/* --- timers ----------------------------------------------------------------------------------- */

/* A timer that is not running. It does not keep the loop alive unless it runs. */
MUST_USE struct loop_timer *loop_timer_new(struct loop *loop, void (*callback)(void *context),
                                           void *context);

/* Calls back once, ms from now; a running timer starts anew. */
void loop_timer_start(struct loop_timer *timer, uint64_t ms);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer **timer);

#endif
