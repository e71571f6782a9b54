/* SPDX-License-Identifier: MIT */
/* SORT and THREAD=ORDEREDSUBJECT (RFC 5256). */
#include <stdlib.h>

#include "net/memory.h"
#include "server/imap_search.h"

enum sort_kind { SORT_ARRIVAL, SORT_CC, SORT_DATE, SORT_FROM, SORT_SIZE, SORT_SUBJECT, SORT_TO };
static const char *const kinds[] = {"ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO"};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

struct sort_key {
    bool reverse;
    int64_t number;
    struct span text;
};

struct sort_entry {
    size_t index;
    const struct sort_key *keys;
    size_t count;
};

static enum sort_kind kind_of(const struct imap_item *item)
{
    unsigned kind = 0;
    while (kind < KIND_COUNT && !span_is(item->atom, kinds[kind])) {
        kind++;
    }
    return (enum sort_kind)kind;
}

bool sort_check(const struct imap_item *criteria)
{
    const struct imap_item *item = criteria->list;
    bool reverse = false;
    for (; item != NULL; item = item->next) {
        reverse = span_is(item->atom, "REVERSE");
        enum sort_kind kind = kind_of(item);
        if (!reverse && (unsigned)kind >= KIND_COUNT) {
            return false;
        }
    }
    return !reverse;
}

/* --- base subjects: RFC 5256 section 2.1 --------------------------------------------------------
 */

static bool is_blank(uint8_t octet)
{
    return octet == ' ' || octet == '\t';
}

static struct span trim(struct span s)
{
    while (s.len != 0 && is_blank(s.ptr[0])) {
        s = span_from(s, 1);
    }
    while (s.len != 0 && is_blank(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

/* subj-blob = "[" *BLOBCHAR "]" *WSP: how long it is, or 0. */
static size_t blob_len(struct span s)
{
    size_t i = 1;
    if (s.len == 0 || s.ptr[0] != '[') {
        return 0;
    }
    while (i < s.len && s.ptr[i] != ']' && s.ptr[i] != '[') {
        i++;
    }
    if (i == s.len || s.ptr[i] != ']') {
        return 0;
    }
    i++;
    while (i < s.len && is_blank(s.ptr[i])) {
        i++;
    }
    return i;
}

/* subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":", behind any blobs: how long, or 0. */
static size_t leader_len(struct span s)
{
    size_t pos = 0;
    size_t blob = 0;
    while ((blob = blob_len(span_from(s, pos))) != 0) {
        pos += blob;
    }
    struct span word = span_from(s, pos);
    if (span_starts_nocase(word, SPAN_LIT("fwd"))) {
        pos += 3;
    } else if (span_starts_nocase(word, SPAN_LIT("re")) ||
               span_starts_nocase(word, SPAN_LIT("fw"))) {
        pos += 2;
    } else {
        return 0;
    }
    while (pos < s.len && is_blank(s.ptr[pos])) {
        pos++;
    }
    pos += blob_len(span_from(s, pos));
    return pos < s.len && s.ptr[pos] == ':' ? pos + 1 : 0;
}

static struct span base_subject(struct span s)
{
    bool again = true;
    while (again) {
        s = trim(s);
        again = s.len >= 5 && span_is(span_from(s, s.len - 5), "(fwd)");
        if (again) {
            s.len -= 5;
            continue;
        }
        size_t leader = leader_len(s);
        size_t blob = blob_len(s);
        if (leader != 0) {
            s = span_from(s, leader);
            again = true;
        } else if (blob != 0 && blob < s.len) {
            s = span_from(s, blob);
            again = true;
        } else if (span_starts_nocase(s, SPAN_LIT("[fwd:")) && s.ptr[s.len - 1] == ']') {
            s = span_sub(s, 5, s.len - 6);
            again = true;
        }
    }
    return s;
}

/* --- keys --------------------------------------------------------------------------------------
 */

static struct span subject_of(struct imap_service *imap, const struct message *message)
{
    struct message_field field;
    if (!message_field_find(message_octets(message), "Subject", &field)) {
        return (struct span){0};
    }
    return base_subject(text_of_field(&imap->scratch, field.value));
}

/* The local part of the first address. */
static struct span mailbox_of(struct imap_service *imap, struct message *message,
                              enum sort_kind kind)
{
    const struct imap_envelope *e = imap_envelope_of(imap, imap_content_of(message)->root->header);
    const struct imap_addresses *list = kind == SORT_CC     ? &e->cc
                                        : kind == SORT_FROM ? &e->from
                                                            : &e->to;
    if (list->first == NULL) {
        return (struct span){0};
    }
    return text_fold(&imap->scratch, list->first->mailbox.text);
}

static struct sort_key key_of(struct imap_service *imap, struct message *message,
                              enum sort_kind kind)
{
    struct sort_key key = {0};
    switch (kind) {
    case SORT_ARRIVAL:
        key.number = message->internal_date;
        break;
    case SORT_DATE:
        key.number = search_sent_seconds(message);
        break;
    case SORT_SIZE:
        key.number = (int64_t)message->blob->len;
        break;
    case SORT_SUBJECT:
        key.text = subject_of(imap, message);
        break;
    case SORT_CC:
    case SORT_FROM:
    case SORT_TO:
        key.text = mailbox_of(imap, message, kind);
        break;
    }
    return key;
}

static int compare_text(struct span a, struct span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare(const void *a, const void *b)
{
    const struct sort_entry *x = a;
    const struct sort_entry *y = b;
    for (size_t i = 0; i < x->count; i++) {
        const struct sort_key *k = &x->keys[i];
        const struct sort_key *l = &y->keys[i];
        int order = (k->number > l->number) - (k->number < l->number);
        order = order != 0 ? order : compare_text(k->text, l->text);
        if (order != 0) {
            return k->reverse ? -order : order;
        }
    }
    return (x->index > y->index) - (x->index < y->index);
}

void sort_indices(struct imap_service *imap, const struct imap_item *criteria, size_t *indices,
                  size_t count)
{
    struct sort_entry *entries = scratch_take(&imap->scratch, (count + 1) * sizeof *entries);
    size_t width = 0;
    for (const struct imap_item *item = criteria->list; item != NULL; item = item->next) {
        width++;
    }
    for (size_t i = 0; i < count; i++) {
        struct sort_key *keys = scratch_take(&imap->scratch, width * sizeof *keys);
        bool reverse = imap_has_fault(imap, FAULT_IMAP_SORT_REVERSED);
        entries[i] = (struct sort_entry){.index = indices[i], .keys = keys};
        for (const struct imap_item *item = criteria->list; item != NULL; item = item->next) {
            if (span_is(item->atom, "REVERSE")) {
                reverse = !reverse;
                continue;
            }
            struct sort_key *key = &keys[entries[i].count++];
            *key = key_of(imap, imap->view.entries[indices[i]].message, kind_of(item));
            key->reverse = reverse;
            reverse = imap_has_fault(imap, FAULT_IMAP_SORT_REVERSED);
        }
    }
    if (count != 0) {
        qsort(entries, count, sizeof *entries, compare);
    }
    for (size_t i = 0; i < count; i++) {
        indices[i] = entries[i].index;
    }
}

/* --- THREAD ------------------------------------------------------------------------------------
 */

/* Messages of one base subject, the first by date with the others below it. */
static struct imap_thread *thread_of(struct imap_service *imap, const size_t *indices, size_t count,
                                     bool uid)
{
    struct imap_thread *root = NULL;
    const struct imap_thread **tail = NULL;
    for (size_t i = 0; i < count; i++) {
        struct imap_thread *node = scratch_take(&imap->scratch, sizeof *node);
        node->number = uid ? imap->view.entries[indices[i]].message->uid : indices[i] + 1;
        if (root == NULL) {
            root = node;
            tail = count == 2 ? &root->reply : &root->nested;
        } else {
            *tail = node;
            tail = &node->next;
        }
    }
    return root;
}

static bool starts_thread(struct imap_service *imap, const size_t *indices, size_t i)
{
    const struct imap_entry *entries = imap->view.entries;
    return i == 0 || !span_equal(subject_of(imap, entries[indices[i]].message),
                                 subject_of(imap, entries[indices[i - 1]].message));
}

struct first_of {
    int64_t date;
    struct imap_thread *thread;
};

static int compare_first(const void *a, const void *b)
{
    const struct first_of *x = a;
    const struct first_of *y = b;
    int order = (x->date > y->date) - (x->date < y->date);
    return order != 0
               ? order
               : (x->thread->number > y->thread->number) - (x->thread->number < y->thread->number);
}

static const struct imap_thread *thread_all(struct imap_service *imap, size_t *indices,
                                            size_t count, bool uid)
{
    static const struct imap_item date = {.atom = SPAN_INIT("DATE")};
    static const struct imap_item subject = {.next = &date, .atom = SPAN_INIT("SUBJECT")};
    static const struct imap_item criteria = {.form = IMAP_ITEM_LIST, .list = &subject};
    struct first_of *threads = scratch_take(&imap->scratch, (count + 1) * sizeof *threads);
    size_t thread_count = 0;
    sort_indices(imap, &criteria, indices, count);
    for (size_t start = 0; start < count;) {
        size_t end = start + 1;
        while (end < count && !starts_thread(imap, indices, end)) {
            end++;
        }
        threads[thread_count++] = (struct first_of){
            .date = search_sent_seconds(imap->view.entries[indices[start]].message),
            .thread = thread_of(imap, indices + start, end - start, uid)};
        start = end;
    }
    if (thread_count != 0) {
        qsort(threads, thread_count, sizeof *threads, compare_first);
    }
    for (size_t i = 0; i + 1 < thread_count; i++) {
        threads[i].thread->next = threads[i + 1].thread;
    }
    return thread_count == 0 ? NULL : threads[0].thread;
}

void imap_do_thread(struct imap_service *imap, const struct imap_command *command)
{
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = IMAP_RESPONSE_THREAD};
    bool uid = command->uid.len != 0;
    bool modseq = false;
    if (!span_is(command->arguments->atom, "ORDEREDSUBJECT")) {
        imap_bad(imap, "This threading algorithm is not known");
        return;
    }
    if (!search_check(imap, &command->search)) {
        return;
    }
    const bool *marks = search_run(imap, command->search.keys, &modseq);
    size_t *indices = scratch_take(&imap->scratch, (imap->view.count + 1) * sizeof *indices);
    size_t count = 0;
    for (size_t i = 0; i < imap->view.count; i++) {
        if (marks[i]) {
            indices[count++] = i;
        }
    }
    response.as.thread = thread_all(imap, indices, count, uid);
    imap_send(imap, &response);
    mail_view_sync(imap, uid);
    imap_ok(imap, "Threaded");
}
