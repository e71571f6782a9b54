/* SPDX-License-Identifier: MIT */
/* THREAD (RFC 5256): the command, and ORDEREDSUBJECT. */
#include <stdlib.h>

#include "server/imap_references.h"
#include "server/imap_search.h"
#include "server/subject.h"

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
    return i == 0 || !span_equal(subject_of(&imap->scratch, entries[indices[i]].message, NULL),
                                 subject_of(&imap->scratch, entries[indices[i - 1]].message, NULL));
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

static const struct imap_thread *by_subject(struct imap_service *imap, size_t *indices,
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
    struct span algorithm = command->arguments->atom;
    bool references = span_is(algorithm, "REFERENCES");
    if (!references && !span_is(algorithm, "ORDEREDSUBJECT")) {
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
    response.as.thread = references ? thread_references(imap, indices, count, uid)
                                    : by_subject(imap, indices, count, uid);
    imap_send(imap, &response);
    mail_view_sync(imap, uid);
    imap_ok(imap, "Threaded");
}
