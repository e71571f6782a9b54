/* SPDX-License-Identifier: MIT */
/* The selected mailbox as one client knows it. Others change the mailbox at any time; the client
   is told at the points where the RFC permits it (RFC 3501 section 5.2, 7.4.1). */
#include "net/memory.h"
#include "server/imap.h"

static void changed(void *context)
{
    struct imap_service *imap = context;
    if (imap->service.wake != NULL) {
        imap->service.wake(imap->service.wake_context);
    }
}

static void add(struct mail_view *view, struct message *message, bool recent)
{
    if (view->count == view->cap) {
        view->cap = view->cap == 0 ? 16 : view->cap * 2;
        view->entries = memory_resize(view->entries, view->cap, sizeof(struct imap_entry));
    }
    view->entries[view->count++] = (struct imap_entry){.message = message_hold(message),
                                                       .recent = recent,
                                                       .told = message->flags,
                                                       .told_modseq = message->modseq};
}

/* Takes in what has come; true: there was something. */
static bool take_in(struct imap_service *imap)
{
    struct mail_view *view = &imap->view;
    struct mailbox *mailbox = view->mailbox;
    size_t before = view->count;
    for (size_t i = mailbox_lower(mailbox, view->uid_next); i < mailbox->count; i++) {
        add(view, mailbox->messages[i], mailbox->messages[i]->uid >= mailbox->recent_from);
    }
    view->uid_next = mailbox->uid_next;
    if (!view->read_only && !imap_has_fault(imap, FAULT_IMAP_RECENT_STAYS)) {
        mailbox->recent_from = mailbox->uid_next;
    }
    return view->count != before;
}

void mail_view_open(struct imap_service *imap, struct mailbox *mailbox, bool read_only)
{
    struct mail_view *view = &imap->view;
    *view = (struct mail_view){.mailbox = mailbox_hold(mailbox), .read_only = read_only};
    (void)take_in(imap);
    view->watcher.changed = changed;
    view->watcher.context = imap;
    mailbox_watch(mailbox, &view->watcher);
    imap->phase = IMAP_PHASE_SELECTED;
}

void mail_view_close(struct imap_service *imap)
{
    struct mail_view *view = &imap->view;
    if (view->mailbox == NULL) {
        return;
    }
    mailbox_unwatch(view->mailbox, &view->watcher);
    for (size_t i = 0; i < view->count; i++) {
        message_release(&view->entries[i].message);
    }
    memory_free(view->entries);
    memory_free(view->saved);
    mailbox_release(&view->mailbox);
    *view = (struct mail_view){0};
    imap->phase = IMAP_PHASE_USER;
}

/* The index of the first message whose UID is not below. */
static size_t lower(const struct mail_view *view, uint64_t uid)
{
    size_t low = 0;
    size_t high = view->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (view->entries[middle].message->uid < uid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t mail_view_number(const struct mail_view *view, uint32_t uid)
{
    size_t i = lower(view, uid);
    return i < view->count && view->entries[i].message->uid == uid ? i + 1 : 0;
}

static void unsave(struct mail_view *view, uint32_t uid)
{
    size_t kept = 0;
    for (size_t i = 0; i < view->saved_count; i++) {
        if (view->saved[i] != uid) {
            view->saved[kept++] = view->saved[i];
        }
    }
    view->saved_count = kept;
}

static void send_vanished(struct imap_service *imap, const uint32_t *uids, size_t count)
{
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = IMAP_RESPONSE_VANISHED};
    response.as.vanished.uids = imap_set_write(imap, uids, count);
    imap_send(imap, &response);
}

/* RFC 7162 section 3.2.10: what is gone since then, of these UIDs (NULL: of all). Where the log
   does not reach back so far, all UIDs that are not there. */
void mail_view_send_vanished(struct imap_service *imap, uint64_t since, const struct imap_set *uids)
{
    const struct mailbox *mailbox = imap->view.mailbox;
    bool log = since >= mailbox->log_from;
    size_t first = mailbox_vanished_after(mailbox, since);
    size_t cap = log ? mailbox->vanished_count - first : mailbox->uid_next - mailbox->count;
    uint32_t *gone = scratch_take(&imap->scratch, (cap + 1) * sizeof *gone);
    bool *marks = scratch_take(&imap->scratch, mailbox->uid_next);
    size_t count = 0;
    for (size_t i = 0; log && i < cap; i++) {
        marks[mailbox->vanished[first + i].uid] = true;
    }
    for (uint32_t uid = 1; uid < mailbox->uid_next; uid++) {
        bool missing = log ? marks[uid] : mailbox_find(mailbox, uid) == NULL;
        if (missing && (uids == NULL || imap_set_has(uids, uid, mailbox->uid_next - 1))) {
            gone[count++] = uid;
        }
    }
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = IMAP_RESPONSE_VANISHED};
    response.as.vanished.earlier = SPAN_LIT("(EARLIER)");
    response.as.vanished.uids = imap_set_write(imap, gone, count);
    if (count != 0) {
        imap_send(imap, &response);
    }
}

/* RFC 3501 section 7.4.1: the numbers of the messages behind it are at once one less. */
static void tell_expunges(struct imap_service *imap)
{
    struct mail_view *view = &imap->view;
    size_t kept = 0;
    size_t gone = 0;
    bool high = imap_has_fault(imap, FAULT_IMAP_EXPUNGE_NUMBERS);
    uint32_t *uids = NULL;
    for (size_t i = 0; i < view->count; i++) {
        struct imap_entry *entry = &view->entries[i];
        if (!entry->message->expunged) {
            view->entries[kept++] = *entry;
            continue;
        }
        if (uids == NULL) {
            uids = scratch_take(&imap->scratch, (view->count - i) * sizeof(uint32_t));
        }
        uids[gone++] = entry->message->uid;
        unsave(view, entry->message->uid);
        message_release(&entry->message);
        if (!imap->qresync && !imap_has_fault(imap, FAULT_IMAP_EXPUNGE_SILENT)) {
            imap_number(imap, IMAP_RESPONSE_EXPUNGE, high ? i + 1 : kept + 1);
        }
    }
    view->count = kept;
    if (gone != 0 && imap->qresync) {
        send_vanished(imap, uids, gone);
    }
}

static size_t recent_count(const struct mail_view *view)
{
    size_t count = 0;
    for (size_t i = 0; i < view->count; i++) {
        count += view->entries[i].recent ? 1 : 0;
    }
    return count;
}

/* FLAGS and PERMANENTFLAGS, of a new mailbox or after a new keyword. */
void mail_view_tell_keywords(struct imap_service *imap)
{
    size_t count = imap->user->keyword_count;
    struct flags all = {31, count == 64 ? UINT64_MAX : ((uint64_t)1 << count) - 1};
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = IMAP_RESPONSE_FLAGS};
    response.as.flags = imap_flags_of(imap, all, false, false);
    imap_send(imap, &response);
    struct imap_code code = {.kind = IMAP_CODE_PERMANENTFLAGS};
    if (!imap->view.read_only) {
        code.as.flags = imap_flags_of(imap, all, false, count < STORE_KEYWORDS_MAX);
    }
    imap_untagged(imap, IMAP_RESPONSE_OK, &code,
                  imap->view.read_only ? "Nothing can be changed here" : "All flags are kept");
    imap->view.told_keywords = count;
}

void mail_view_tell_new_keywords(struct imap_service *imap)
{
    if (imap->view.told_keywords != imap->user->keyword_count) {
        mail_view_tell_keywords(imap);
    }
}

bool mail_view_has_news(const struct mail_view *view, size_t index, bool condstore)
{
    const struct imap_entry *entry = &view->entries[index];
    const struct message *message = entry->message;
    if (message->expunged) {
        return false;
    }
    return condstore ? entry->told_modseq != message->modseq
                     : entry->told.system != message->flags.system ||
                           entry->told.keywords != message->flags.keywords;
}

void mail_view_tell(struct imap_service *imap, size_t index, bool flags, bool uid)
{
    struct imap_entry *entry = &imap->view.entries[index];
    const struct message *message = entry->message;
    struct imap_fetch_item items[3] = {{.kind = IMAP_FETCH_FLAGS}};
    size_t count = flags ? 1 : 0;
    if (flags) {
        items[0].as.flags =
            imap_flags_of(imap, message->flags, entry->recent && !imap->rev2, false);
    }
    if (uid || imap->condstore || imap->rev2) {
        items[count++] = (struct imap_fetch_item){.kind = IMAP_FETCH_UID,
                                                  .as.number = IMAP_NUMBER(message->uid)};
    }
    if (imap->condstore) {
        items[count++] = (struct imap_fetch_item){.kind = IMAP_FETCH_MODSEQ,
                                                  .as.number = IMAP_NUMBER(message->modseq)};
    }
    for (size_t i = 0; i + 1 < count; i++) {
        items[i].next = &items[i + 1];
    }
    struct imap_response response = {.kind = IMAP_UNTAGGED,
                                     .type = IMAP_RESPONSE_FETCH,
                                     .numbered = true,
                                     .number = {index + 1, 0}};
    response.as.fetch.first = items;
    response.as.fetch.count = count;
    if (count != 0) {
        imap_send(imap, &response);
    }
    if (flags) {
        entry->told = message->flags;
    }
    entry->told_modseq = message->modseq;
}

void mail_view_sync(struct imap_service *imap, bool expunge)
{
    struct mail_view *view = &imap->view;
    if (view->mailbox == NULL) {
        return;
    }
    if (expunge || imap_has_fault(imap, FAULT_IMAP_EXPUNGE_DURING_FETCH)) {
        tell_expunges(imap);
    }
    mail_view_tell_new_keywords(imap);
    if (take_in(imap) && !imap_has_fault(imap, FAULT_IMAP_EXISTS_SILENT)) {
        imap_number(imap, IMAP_RESPONSE_EXISTS, view->count);
    }
    size_t recent = recent_count(view);
    if (recent != view->told_recent && !imap->rev2) {
        imap_number(imap, IMAP_RESPONSE_RECENT, recent);
    }
    view->told_recent = recent;
    for (size_t i = 0; i < view->count; i++) {
        if (mail_view_has_news(view, i, imap->condstore) &&
            !imap_has_fault(imap, FAULT_IMAP_FLAGS_SILENT)) {
            mail_view_tell(imap, i, true, imap->command != NULL && imap->command->uid.len != 0);
        }
    }
}

/* --- sets --------------------------------------------------------------------------------------
 */

static void mark_range(const struct mail_view *view, uint64_t first, uint64_t last, bool uid,
                       bool *marks)
{
    if (first > last) {
        uint64_t swap = first;
        first = last;
        last = swap;
    }
    size_t from = uid ? lower(view, first) : (size_t)first - 1;
    size_t end = uid ? lower(view, last + 1) : (size_t)last;
    for (size_t i = from; i < end; i++) {
        marks[i] = true;
    }
}

static void mark_saved(const struct mail_view *view, bool *marks)
{
    for (size_t i = 0; i < view->saved_count; i++) {
        size_t number = mail_view_number(view, view->saved[i]);
        if (number != 0) {
            marks[number - 1] = true;
        }
    }
}

bool mail_view_mark(struct imap_service *imap, const struct imap_set *set, bool uid, bool **marks)
{
    const struct mail_view *view = &imap->view;
    *marks = scratch_take(&imap->scratch, view->count + 1);
    uint64_t star =
        uid ? (view->count == 0 ? 0 : view->entries[view->count - 1].message->uid) : view->count;
    if (uid && imap_has_fault(imap, FAULT_IMAP_UID_STAR)) {
        star = view->uid_next;
    }
    struct span rest = set->text;
    struct imap_range range;
    while (imap_set_next(&rest, &range)) {
        if (range.saved) {
            mark_saved(view, *marks);
            continue;
        }
        uint64_t first = range.first == IMAP_STAR ? star : range.first;
        uint64_t last = range.last == IMAP_STAR ? star : range.last;
        if (!uid && (first == 0 || last == 0 || first > star || last > star)) {
            imap_bad(imap, "There is no message of this number");
            return false;
        }
        mark_range(view, first, last, uid, *marks);
    }
    return true;
}
