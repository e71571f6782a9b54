/* SPDX-License-Identifier: MIT */
#include "net/loop.h"

#include <signal.h>
#include <stdlib.h>

#include <uv.h>

#include "net/memory.h"

struct loop {
    uv_loop_t uv;
    uv_signal_t signals[2];
    bool has_signals;
    void (*on_signal)(void *context, int signal);
    void *on_signal_context;
    struct loop_member *members;
    bool noted; /* in this step, an owner was told something */
};

struct loop_timer {
    uv_timer_t uv;
    struct loop *loop;
    struct loop_member member;
    void (*callback)(void *context);
    void *context;
};

struct loop *loop_new(void)
{
    struct loop *loop = memory_zero(1, sizeof *loop);
    /* libuv fails here only without file descriptors or memory: nothing can go on then. */
    if (uv_loop_init(&loop->uv) != 0) {
        abort();
    }
    (void)signal(SIGPIPE, SIG_IGN);
    return loop;
}

void loop_free(struct loop **loop)
{
    struct loop *l = *loop;
    if (l == NULL) {
        return;
    }
    *loop = NULL;
    while (l->members != NULL) {
        struct loop_member *member = l->members;
        loop_leave(member);
        member->release(member);
    }
    if (l->has_signals) {
        uv_close((uv_handle_t *)&l->signals[0], NULL);
        uv_close((uv_handle_t *)&l->signals[1], NULL);
    }
    (void)uv_run(&l->uv, UV_RUN_DEFAULT);
    (void)uv_loop_close(&l->uv);
    memory_free(l);
}

void loop_run(struct loop *loop)
{
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
}

bool loop_step(struct loop *loop)
{
    /* UV_RUN_ONCE would wait even after timers have called back. */
    loop->noted = false;
    bool more = uv_run(&loop->uv, UV_RUN_NOWAIT) != 0;
    return more && !loop->noted ? uv_run(&loop->uv, UV_RUN_ONCE) != 0 : more;
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

uint64_t loop_now(const struct loop *loop)
{
    return loop_now_us(loop) / 1000;
}

uint64_t loop_now_us(const struct loop *loop)
{
    (void)loop;
    return uv_hrtime() / 1000;
}

void loop_note(struct loop *loop)
{
    loop->noted = true;
}

static void signal_came(uv_signal_t *handle, int number)
{
    struct loop *loop = handle->data;
    loop->noted = true;
    loop->on_signal(loop->on_signal_context, number);
}

void loop_on_signal(struct loop *loop, void (*callback)(void *context, int signal), void *context)
{
    loop->on_signal = callback;
    loop->on_signal_context = context;
    if (loop->has_signals) {
        return;
    }
    static const int numbers[2] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        (void)uv_signal_init(&loop->uv, &loop->signals[i]);
        loop->signals[i].data = loop;
        (void)uv_signal_start(&loop->signals[i], signal_came, numbers[i]);
        /* Waiting for a signal is no reason to go on running. */
        uv_unref((uv_handle_t *)&loop->signals[i]);
    }
    loop->has_signals = true;
}

void *loop_handle(struct loop *loop)
{
    return &loop->uv;
}

void loop_join(struct loop *loop, struct loop_member *member)
{
    member->next = loop->members;
    member->link = &loop->members;
    if (member->next != NULL) {
        member->next->link = &member->next;
    }
    loop->members = member;
}

void loop_leave(struct loop_member *member)
{
    if (member->link != NULL) {
        *member->link = member->next;
        if (member->next != NULL) {
            member->next->link = member->link;
        }
        member->link = NULL;
    }
}

static void timer_closed(uv_handle_t *handle)
{
    memory_free(handle->data);
}

static void timer_release(struct loop_member *member)
{
    struct loop_timer *timer =
        (struct loop_timer *)(void *)((uint8_t *)member - offsetof(struct loop_timer, member));
    uv_close((uv_handle_t *)&timer->uv, timer_closed);
}

struct loop_timer *loop_timer_new(struct loop *loop, void (*callback)(void *context), void *context)
{
    struct loop_timer *timer = memory_zero(1, sizeof *timer);
    (void)uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    timer->loop = loop;
    timer->callback = callback;
    timer->context = context;
    timer->member.release = timer_release;
    loop_join(loop, &timer->member);
    return timer;
}

static void timer_fired(uv_timer_t *handle)
{
    struct loop_timer *timer = handle->data;
    loop_note(timer->loop);
    timer->callback(timer->context);
}

void loop_timer_start(struct loop_timer *timer, uint64_t ms)
{
    uv_update_time(timer->uv.loop);
    (void)uv_timer_start(&timer->uv, timer_fired, ms, 0);
}

void loop_timer_stop(struct loop_timer *timer)
{
    (void)uv_timer_stop(&timer->uv);
}

void loop_timer_free(struct loop_timer **timer)
{
    if (*timer != NULL) {
        loop_leave(&(*timer)->member);
        timer_release(&(*timer)->member);
        *timer = NULL;
    }
}
