/* SPDX-License-Identifier: MIT */
/* SEARCH and SORT: their results (RFC 3501, 4731, 5182, 5256, 7162). */
#include "net/memory.h"
#include "server/imap_search.h"

struct result {
    struct imap_service *imap;
    const struct imap_command *command;
    bool uid;
    bool modseq; /* the keys have MODSEQ */
    size_t *indices;
    size_t count;
};

static uint32_t number_of(const struct result *r, size_t i)
{
    size_t index = r->indices[i];
    bool wrong = imap_has_fault(r->imap, FAULT_IMAP_UID_SEARCH_NUMBERS);
    return r->uid && !wrong ? r->imap->view.entries[index].message->uid : (uint32_t)(index + 1);
}

static uint64_t modseq_of(const struct result *r, size_t i)
{
    return r->imap->view.entries[r->indices[i]].message->modseq;
}

static uint64_t highest_modseq(const struct result *r)
{
    uint64_t highest = 0;
    for (size_t i = 0; i < r->count; i++) {
        highest = modseq_of(r, i) > highest ? modseq_of(r, i) : highest;
    }
    return highest;
}

static void send_numbers(const struct result *r, enum imap_response_type type)
{
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = type};
    struct imap_search *search = &response.as.search;
    size_t cap = r->count * 11 + 1;
    struct out o;
    out_init(&o, scratch_take(&r->imap->scratch, cap), cap);
    for (size_t i = 0; i < r->count; i++) {
        out_octet(&o, ' ');
        out_number(&o, number_of(r, i));
    }
    search->numbers.text = out_span(&o);
    search->numbers.count = r->count;
    search->has_modseq = r->modseq && r->count != 0;
    search->modseq = IMAP_NUMBER(highest_modseq(r));
    imap_send(r->imap, &response);
}

/* --- ESEARCH -----------------------------------------------------------------------------------
 */

struct wanted {
    bool min;
    bool max;
    bool count;
    bool all;
    bool save;
};

static bool read_options(const struct imap_search_args *search, struct wanted *w)
{
    const struct imap_item *item = search->options == NULL ? NULL : search->options->list;
    *w = (struct wanted){.all = item == NULL};
    for (; item != NULL; item = item->next) {
        w->min = w->min || span_is(item->atom, "MIN");
        w->max = w->max || span_is(item->atom, "MAX");
        w->count = w->count || span_is(item->atom, "COUNT");
        w->all = w->all || span_is(item->atom, "ALL");
        w->save = w->save || span_is(item->atom, "SAVE");
        if (!span_is(item->atom, "MIN") && !span_is(item->atom, "MAX") &&
            !span_is(item->atom, "COUNT") && !span_is(item->atom, "ALL") &&
            !span_is(item->atom, "SAVE")) {
            return false;
        }
    }
    return true;
}

/* RFC 5182 section 2.1: with MIN or MAX alone only those are saved. */
static void save(const struct result *r, const struct wanted *w)
{
    struct mail_view *view = &r->imap->view;
    bool all = w->all || w->count || (!w->min && !w->max);
    memory_free(view->saved);
    view->saved = memory_zero(r->count + 1, sizeof(uint32_t));
    view->saved_count = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (all || (w->min && i == 0) || (w->max && i + 1 == r->count)) {
            view->saved[view->saved_count++] = view->entries[r->indices[i]].message->uid;
        }
    }
}

static struct imap_esearch_item *add(const struct result *r, struct imap_esearch *e,
                                     struct imap_esearch_item **last, enum imap_esearch_kind kind)
{
    struct imap_esearch_item *item = scratch_take(&r->imap->scratch, sizeof *item);
    item->kind = kind;
    if (*last == NULL) {
        e->first = item;
    } else {
        (*last)->next = item;
    }
    *last = item;
    e->count++;
    return item;
}

/* RFC 7162 section 3.1.10: of what is returned, the highest. */
static uint64_t esearch_modseq(const struct result *r, const struct wanted *w)
{
    uint64_t low = modseq_of(r, 0);
    uint64_t high = modseq_of(r, r->count - 1);
    if (w->all || w->count || (!w->min && !w->max)) {
        return highest_modseq(r);
    }
    if (!w->max) {
        return low;
    }
    return w->min && low > high ? low : high;
}

static void send_esearch(const struct result *r, const struct wanted *w)
{
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = IMAP_RESPONSE_ESEARCH};
    struct imap_correlator tag = {.kind = IMAP_CORRELATOR_TAG,
                                  .tag = imap_string_make(r->imap->tag)};
    struct imap_esearch *e = &response.as.esearch;
    struct imap_esearch_item *last = NULL;
    e->correlators = &tag;
    e->uid = r->uid;
    if (w->min && r->count != 0) {
        add(r, e, &last, IMAP_ESEARCH_MIN)->number = IMAP_NUMBER(number_of(r, 0));
    }
    if (w->max && r->count != 0) {
        uint64_t max = number_of(r, r->count - 1);
        bool wrong = imap_has_fault(r->imap, FAULT_IMAP_ESEARCH_MAX);
        add(r, e, &last, IMAP_ESEARCH_MAX)->number = IMAP_NUMBER(wrong ? max + 1 : max);
    }
    if (w->count) {
        bool wrong = imap_has_fault(r->imap, FAULT_IMAP_ESEARCH_COUNT);
        add(r, e, &last, IMAP_ESEARCH_COUNT)->number = IMAP_NUMBER(r->count + (wrong ? 1 : 0));
    }
    if (w->all && r->count != 0) {
        uint32_t *numbers = scratch_take(&r->imap->scratch, r->count * sizeof *numbers);
        for (size_t i = 0; i < r->count; i++) {
            numbers[i] = number_of(r, i);
        }
        add(r, e, &last, IMAP_ESEARCH_ALL)->set = imap_set_write(r->imap, numbers, r->count);
    }
    if (r->modseq && r->count != 0) {
        add(r, e, &last, IMAP_ESEARCH_MODSEQ)->number = IMAP_NUMBER(esearch_modseq(r, w));
    }
    imap_send(r->imap, &response);
}

/* --- the commands ------------------------------------------------------------------------------
 */

static void send_result(struct result *r)
{
    struct imap_service *imap = r->imap;
    const struct imap_search_args *search = &r->command->search;
    bool returns = search->return_word.len != 0;
    struct wanted w = {.all = true};
    if (r->command->type == IMAP_COMMAND_SORT) {
        sort_indices(imap, search->sort, r->indices, r->count);
        send_numbers(r, IMAP_RESPONSE_SORT);
        return;
    }
    if (returns) {
        (void)read_options(search, &w);
    }
    if (w.save) {
        save(r, &w);
    }
    if (!returns && !imap->rev2) {
        if (!imap_has_fault(imap, FAULT_IMAP_SEARCH_SILENT) || r->count != 0) {
            send_numbers(r, IMAP_RESPONSE_SEARCH);
        }
    } else if (!w.save || w.min || w.max || w.count || w.all) {
        send_esearch(r, &w);
    }
}

static bool is_right(struct imap_service *imap, const struct imap_command *command)
{
    const struct imap_search_args *search = &command->search;
    bool sort = command->type == IMAP_COMMAND_SORT;
    struct wanted w = {0};
    if (!read_options(search, &w) || (sort && search->return_word.len != 0)) {
        imap_bad(imap, "There is a result option that is not known");
        return false;
    }
    if (sort && !sort_check(search->sort)) {
        imap_bad(imap, "There is a sort criterion that is not known");
        return false;
    }
    if (search_check(imap, search)) {
        return true;
    }
    if (w.save && imap->view.saved_count != 0) {
        imap->view.saved_count = 0;
    }
    return false;
}

void imap_do_search(struct imap_service *imap, const struct imap_command *command)
{
    struct result r = {.imap = imap, .command = command, .uid = command->uid.len != 0};
    if (!is_right(imap, command)) {
        return;
    }
    const bool *marks = search_run(imap, command->search.keys, &r.modseq);
    r.indices = scratch_take(&imap->scratch, (imap->view.count + 1) * sizeof *r.indices);
    for (size_t i = 0; i < imap->view.count; i++) {
        if (marks[i]) {
            r.indices[r.count++] = i;
        }
    }
    imap->condstore = imap->condstore || r.modseq;
    send_result(&r);
    mail_view_sync(imap, r.uid);
    imap_ok(imap, "Searched");
}
