/* SPDX-License-Identifier: MIT */
/* The selected mailbox: one array of messages, the only thing in the session's memory, which grows
   in place. What does not fit is not followed, and not judged. */
#include "session/imap_judge.h"

void imap_view_reset(struct session *s)
{
    s->as.imap.view = (struct imap_view){0};
    arena_release(&s->memory, 0);
}

struct imap_message *imap_view_message(struct imap_view *view, uint64_t number)
{
    if (view->blurred || number == 0 || number > view->exists) {
        return NULL;
    }
    return &view->messages[number - 1];
}

const struct imap_message *imap_view_find(const struct imap_view *view, uint64_t number)
{
    if (view->blurred || number == 0 || number > view->exists) {
        return NULL;
    }
    return &view->messages[number - 1];
}

uint32_t imap_view_number(const struct imap_view *view, uint64_t uid)
{
    for (uint32_t i = 0; !view->blurred && uid != 0 && i < view->exists; i++) {
        if (view->messages[i].uid == uid) {
            return i + 1;
        }
    }
    return 0;
}

/* Room for count messages; false when the block is full. */
static bool make_room(struct session *s, struct imap_view *view, uint32_t count)
{
    while (view->room < count) {
        size_t need = count - view->room;
        struct imap_message *more = arena_take(&s->memory, need * sizeof *more);
        if (more == NULL || (view->room > 0 && more != view->messages + view->room)) {
            return false;
        }
        view->messages = view->room == 0 ? more : view->messages;
        view->room += need;
    }
    return true;
}

static void blur(struct session *s)
{
    struct imap_view *view = &s->as.imap.view;
    view->blurred = true;
    view->messages = NULL;
    view->room = 0;
    arena_release(&s->memory, 0);
}

/* Server and client count differently from here on: what does not fit is a consequence. */
static void out_of_step(const struct imap_judge *j)
{
    blur(j->s);
    j->imap->view.has_exists = false;
}

void imap_view_exists(const struct imap_judge *j, uint64_t count)
{
    struct imap_view *view = &j->imap->view;
    bool shrinks = view->has_exists && count < view->exists;
    if (shrinks) {
        imap_report(j, RULE_IMAP_EXISTS_SHRINKS, "EXPUNGE for each message that is gone");
    }
    uint32_t now = (uint32_t)(count > UINT32_MAX ? UINT32_MAX : count);
    uint32_t before = view->exists;
    view->has_exists = true;
    view->exists = now;
    view->old_exists = view->old_exists > now ? now : view->old_exists;
    view->all_exists = view->all_exists > now ? now : view->all_exists;
    if (shrinks) {
        out_of_step(j);
    }
    if (view->blurred) {
        return;
    }
    if (!make_room(j->s, view, now)) {
        blur(j->s);
        return;
    }
    if (now > before) {
        memset(view->messages + before, 0, (now - before) * sizeof *view->messages);
    }
}

/* Moves the shorter part, so that a mailbox can be emptied from either end. */
static void remove_at(struct imap_view *view, uint32_t index)
{
    if (!view->blurred && index < view->exists / 2) {
        memmove(view->messages + 1, view->messages, index * sizeof *view->messages);
        view->messages++;
        view->room--;
    } else if (!view->blurred) {
        memmove(view->messages + index, view->messages + index + 1,
                (view->exists - index - 1) * sizeof *view->messages);
    }
    view->exists--;
    view->old_exists -= index < view->old_exists;
    view->all_exists -= index < view->all_exists;
    view->recent_fresh = false;
}

/* RFC 9051 section 7.5.1: when messages may go. In IDLE and after NOTIFY they may at any time; a
   UID command is another one than that without UID. */
static bool may_expunge(const struct imap_session *imap)
{
    bool other = false;
    for (uint32_t i = 0; i < imap->pending_count; i++) {
        const struct imap_pending *p = &imap->pending[i];
        bool numbered = (p->type == IMAP_COMMAND_FETCH || p->type == IMAP_COMMAND_STORE ||
                         p->type == IMAP_COMMAND_SEARCH) &&
                        !p->uid;
        other = other || !numbered;
    }
    return other || imap->notify || imap->pending_lost;
}

void imap_view_expunge(const struct imap_judge *j, uint64_t number)
{
    struct imap_view *view = &j->imap->view;
    if (!may_expunge(j->imap) && !(j->s->config.excerpt && !j->imap->excerpt_synced)) {
        imap_report(j, RULE_IMAP_EXPUNGE_TIMING, "no EXPUNGE now");
        out_of_step(j);
    }
    if (j->imap->qresync) {
        imap_report(j, RULE_IMAP_EXPUNGE_QRESYNC, "VANISHED");
    }
    if (j->imap->pending_count == 1 && j->imap->pending[0].type == IMAP_COMMAND_CLOSE) {
        imap_report(j, RULE_IMAP_CLOSE_EXPUNGE, "no EXPUNGE");
    }
    if (!view->has_exists) {
        return;
    }
    if (number == 0 || number > view->exists) {
        imap_report(j, RULE_IMAP_EXPUNGE_NUMBER, "the number of a message in the mailbox");
        out_of_step(j);
        return;
    }
    remove_at(view, (uint32_t)(number - 1));
}

/* All UIDs of the mailbox are known, so that one that is not there can be told. */
static bool all_known(const struct imap_view *view)
{
    for (uint32_t i = 0; i < view->exists; i++) {
        if (view->messages[i].uid == 0) {
            return false;
        }
    }
    return true;
}

void imap_view_vanished(const struct imap_judge *j)
{
    struct imap_view *view = &j->imap->view;
    const struct imap_response *r = j->r;
    bool select = imap_in_progress(j->imap, IMAP_COMMAND_SELECT) != NULL ||
                  imap_in_progress(j->imap, IMAP_COMMAND_EXAMINE) != NULL;
    if (!j->imap->qresync && !j->s->config.excerpt) {
        imap_report(j, RULE_IMAP_VANISHED_DISABLED, "EXPUNGE, as QRESYNC is not enabled");
    }
    const struct imap_pending *first = &j->imap->pending[0];
    if (r->as.vanished.earlier.len > 0 && j->imap->pending_count == 1 &&
        first->type == IMAP_COMMAND_FETCH && (first->seen >> IMAP_RESPONSE_FETCH & 1) != 0) {
        imap_report(j, RULE_IMAP_VANISHED_LATE, "VANISHED (EARLIER) before FETCH");
    }
    if (r->as.vanished.earlier.len > 0 || select || !view->has_exists) {
        return;
    }
    if (!may_expunge(j->imap) && !(j->s->config.excerpt && !j->imap->excerpt_synced)) {
        imap_report(j, RULE_IMAP_EXPUNGE_TIMING, "no VANISHED now");
    }
    uint64_t gone = imap_set_size(&r->as.vanished.uids);
    if (!view->blurred && all_known(view)) {
        uint32_t kept = 0;
        uint32_t old = 0;
        uint32_t all = 0;
        for (uint32_t i = 0; i < view->exists; i++) {
            if (!imap_set_has(&r->as.vanished.uids, view->messages[i].uid, 0)) {
                old += i < view->old_exists;
                all += i < view->all_exists;
                view->messages[kept++] = view->messages[i];
            }
        }
        if (view->exists - kept != gone) {
            imap_report(j, RULE_IMAP_VANISHED_UID, "UIDs of messages in the mailbox");
        }
        view->exists = kept;
        view->old_exists = old;
        view->all_exists = all;
        view->recent_fresh = false;
        return;
    }
    if (gone > view->exists) {
        imap_report(j, RULE_IMAP_VANISHED_UID, "no more UIDs than there are messages");
        gone = view->exists;
    }
    /* Which ones are gone cannot be told: forget what is known of each. */
    view->exists -= (uint32_t)gone;
    view->old_exists = 0;
    view->all_exists = UINT32_MAX;
    view->recent_fresh = false;
    if (!view->blurred && view->exists > 0) {
        memset(view->messages, 0, view->exists * sizeof *view->messages);
    }
}

bool imap_star_moved(const struct imap_pending *p)
{
    const uint64_t moves = 1ULL << IMAP_RESPONSE_EXISTS | 1ULL << IMAP_RESPONSE_EXPUNGE |
                           1ULL << IMAP_RESPONSE_VANISHED;
    return (p->seen & moves) != 0 && memchr(p->set, '*', p->set_len) != NULL;
}
