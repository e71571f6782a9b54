/* SPDX-License-Identifier: MIT */
/* SORT (RFC 5256). */
#include <stdlib.h>

#include "net/memory.h"
#include "server/imap_search.h"
#include "server/subject.h"

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

/* --- keys --------------------------------------------------------------------------------------
 */

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
        key.text = subject_of(&imap->scratch, message, NULL);
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
