/* SPDX-License-Identifier: MIT */
#include "net/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/memory.h"

enum {
    RETRY = 50,                /* milliseconds until a reader that was away is looked for again */
    AT_ONCE = _POSIX_PIPE_BUF, /* what a pipe that takes anything takes without waiting */
    NAME_LEN = 256,            /* of a terminal's device */
};

struct record {
    struct record *next;
    char *text;
    size_t len;
    size_t stands_for; /* records that may be dropped: itself, or those that were, in its place */
};

struct outlet {
    int fd;
    int own_fd; /* of a terminal, opened anew; -1: none */
    size_t limit;
    const char *what;
    struct loop_timer *timer;
    struct record *first;
    struct record **tail;
    size_t waiting; /* octets of the records */
    size_t written; /* octets of the first one */
    size_t dropped; /* records since the last one that was kept */
    bool full;
    bool gone; /* nobody will ever read */
    FILE *open;
    char *text;
    size_t len;
};

static void flush(struct outlet *o);

static void later(void *context)
{
    flush(context);
}

struct outlet *outlet_new(struct loop *loop, int fd, size_t limit, const char *what)
{
    struct outlet *o = memory_zero(1, sizeof *o);
    *o = (struct outlet){.fd = fd, .own_fd = -1, .limit = limit, .what = what};
    o->tail = &o->first;
    o->timer = loop_timer_new(loop, later, o);
    /* A terminal may take less than poll() seems to promise; one that is opened anew can be told
       not to wait, and the shell's stays as it is. */
    char name[NAME_LEN];
    if (isatty(fd) != 0 && ttyname_r(fd, name, sizeof name) == 0) {
        o->own_fd = open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    if (o->own_fd >= 0) {
        o->fd = o->own_fd;
    }
    return o;
}

static void remove_first(struct outlet *o)
{
    struct record *r = o->first;
    o->first = r->next;
    if (o->first == NULL) {
        o->tail = &o->first;
    }
    o->waiting -= r->len;
    o->written = 0;
    free(r->text);
    memory_free(r);
}

static void append(struct outlet *o, char *text, size_t len, size_t stands_for)
{
    struct record *r = memory_alloc(sizeof *r);
    *r = (struct record){.text = text, .len = len, .stands_for = stands_for};
    *o->tail = r;
    o->tail = &r->next;
    o->waiting += len;
}

/* Says how many records are missing here. */
static void append_notice(struct outlet *o)
{
    if (o->dropped > 0 && !o->gone) {
        char *text =
            memory_format("%zu %s not printed here: nobody read them\n", o->dropped, o->what);
        append(o, text, strlen(text), o->dropped);
        o->dropped = 0;
    }
}

/* The descriptor takes octets now, or within ms; POLLERR and POLLHUP are told by write(). */
static bool is_writable(const struct outlet *o, int ms)
{
    struct pollfd wanted = {.fd = o->fd, .events = POLLOUT};
    return poll(&wanted, 1, ms) > 0;
}

/* Writes once; false when it takes nothing now. */
static bool write_some(struct outlet *o)
{
    const struct record *r = o->first;
    size_t left = r->len - o->written;
    ssize_t done = write(o->fd, r->text + o->written, left < AT_ONCE ? left : AT_ONCE);
    if (done < 0 && errno == EINTR) {
        return true;
    }
    if (done < 0) {
        o->gone = errno != EAGAIN;
        return false;
    }
    o->written += (size_t)done;
    if (o->written == r->len) {
        remove_first(o);
    }
    return true;
}

static void flush(struct outlet *o)
{
    bool more = true;
    while (more && o->first != NULL && !o->gone) {
        more = is_writable(o, 0) && write_some(o);
        if (o->full && o->waiting <= o->limit / 2) {
            o->full = false;
            append_notice(o);
        }
    }
    if (o->first != NULL && !o->gone) {
        loop_timer_start(o->timer, RETRY);
    } else {
        loop_timer_stop(o->timer);
    }
}

FILE *outlet_begin(struct outlet *o)
{
    o->open = open_memstream(&o->text, &o->len);
    if (o->open == NULL) {
        abort();
    }
    return o->open;
}

static void close_record(struct outlet *o, size_t stands_for)
{
    (void)fclose(o->open);
    append_notice(o);
    append(o, o->text, o->len, stands_for);
    flush(o);
}

void outlet_end_kept(struct outlet *o)
{
    close_record(o, 0);
}

void outlet_end(struct outlet *o)
{
    (void)fflush(o->open);
    o->full = o->full || o->gone || o->waiting + o->len > o->limit;
    if (!o->full) {
        close_record(o, 1);
        return;
    }
    (void)fclose(o->open);
    free(o->text);
    o->dropped++;
    flush(o);
}

bool outlet_finish(struct outlet *o, unsigned ms, size_t *lost)
{
    append_notice(o);
    while (o->first != NULL && !o->gone && is_writable(o, (int)ms) && write_some(o)) {
    }
    *lost = o->dropped;
    for (const struct record *r = o->first; r != NULL; r = r->next) {
        *lost += r->stands_for;
    }
    return o->first == NULL && *lost == 0;
}

void outlet_free(struct outlet **outlet)
{
    struct outlet *o = *outlet;
    if (o == NULL) {
        return;
    }
    while (o->first != NULL) {
        remove_first(o);
    }
    loop_timer_free(&o->timer);
    if (o->own_fd >= 0) {
        (void)close(o->own_fd);
    }
    memory_free(o);
    *outlet = NULL;
}
