/* SPDX-License-Identifier: MIT */
/* The results of SEARCH, SORT and THREAD against what is known of the mailbox. */
#include "session/imap_judge.h"

/* RFC 7162 section 3.1.6: who searches by MODSEQ is told the highest one. */
static void judge_modseq(const struct imap_judge *j, const struct imap_pending *p)
{
    const struct imap_search *data = &j->r->as.search;
    if (p->modseq_key && !p->condition && data->numbers.text.len > 0 && !data->has_modseq) {
        imap_report(j, RULE_IMAP_SEARCH_MODSEQ_MISSING, "(MODSEQ …) behind the numbers");
    }
}

/* The numbers of a response, whatever stands between them; of SEARCH those before "(MODSEQ". */
static struct span numbers_of(const struct imap_judge *j)
{
    return j->r->type == IMAP_RESPONSE_THREAD ? j->unit->octets : j->r->as.search.numbers.text;
}

static bool next_number(struct span *rest, uint64_t *number)
{
    size_t at = 0;
    while (at < rest->len && !octet_is(rest->ptr[at], CLASS_DIGIT)) {
        at++;
    }
    *rest = span_from(*rest, at);
    return imap_numbers_next(rest, number);
}

/* RFC 3501 section 6.4.4: a listing of the messages; it may come in several responses. */
static bool is_repeated(struct imap_session *imap, uint64_t number)
{
    if (number >= IMAP_LISTED) {
        return false;
    }
    uint64_t bit = (uint64_t)1 << number % 64;
    bool seen = (imap->listed[number / 64] & bit) != 0;
    imap->listed[number / 64] |= bit;
    return seen;
}

static bool is_search(const struct imap_pending *p)
{
    return p->type == IMAP_COMMAND_SEARCH || p->type == IMAP_COMMAND_SORT ||
           p->type == IMAP_COMMAND_THREAD;
}

/* Whether results are numbers or UIDs is clear only where all searches in progress agree. */
void imap_judge_numbers(const struct imap_judge *j)
{
    const struct imap_view *view = &j->imap->view;
    const struct imap_pending *only = j->imap->pending_count == 1 ? &j->imap->pending[0] : NULL;
    bool any = false;
    bool uids = false;
    for (uint32_t i = 0; i < j->imap->pending_count; i++) {
        const struct imap_pending *p = &j->imap->pending[i];
        any = any || is_search(p);
        uids = uids || (is_search(p) && p->uid);
    }
    if (!any || j->imap->pending_lost) {
        return;
    }
    only = only != NULL && (only->broken || j->imap->contexts) ? NULL : only;
    if (only != NULL && only->type == IMAP_COMMAND_SEARCH && !uids) {
        judge_modseq(j, only);
    }
    struct span rest = numbers_of(j);
    uint64_t number = 0;
    while (next_number(&rest, &number)) {
        if (!uids && view->has_exists && (number == 0 || number > view->exists)) {
            imap_report(j, RULE_IMAP_SEARCH_NUMBER, "numbers of messages in the mailbox");
            return;
        }
        if (only != NULL && is_repeated(j->imap, number)) {
            imap_report(j, RULE_IMAP_SEARCH_REPEATED, "each message once");
            return;
        }
    }
}
