/* SPDX-License-Identifier: MIT */
/* FETCH responses against what is known of the mailbox. */
#include "session/imap_judge.h"

/* Which request an item answers: a bit of enum imap_att_type. */
static uint32_t answers(enum imap_fetch_kind kind)
{
    static const uint32_t bits[] = {
        [IMAP_FETCH_UNKNOWN] = 0,
        [IMAP_FETCH_FLAGS] = 1U << IMAP_ATT_FLAGS,
        [IMAP_FETCH_UID] = 1U << IMAP_ATT_UID,
        [IMAP_FETCH_RFC822_SIZE] = 1U << IMAP_ATT_RFC822_SIZE,
        [IMAP_FETCH_MODSEQ] = 1U << IMAP_ATT_MODSEQ,
        [IMAP_FETCH_X_GM_MSGID] = 0,
        [IMAP_FETCH_X_GM_THRID] = 0,
        [IMAP_FETCH_INTERNALDATE] = 1U << IMAP_ATT_INTERNALDATE,
        [IMAP_FETCH_SAVEDATE] = 1U << IMAP_ATT_SAVEDATE,
        [IMAP_FETCH_ENVELOPE] = 1U << IMAP_ATT_ENVELOPE,
        [IMAP_FETCH_BODY] = 1U << IMAP_ATT_BODY,
        [IMAP_FETCH_BODYSTRUCTURE] = 1U << IMAP_ATT_BODYSTRUCTURE,
        [IMAP_FETCH_RFC822] = 1U << IMAP_ATT_RFC822,
        [IMAP_FETCH_RFC822_HEADER] = 1U << IMAP_ATT_RFC822_HEADER,
        [IMAP_FETCH_RFC822_TEXT] = 1U << IMAP_ATT_RFC822_TEXT,
        [IMAP_FETCH_BODY_SECTION] = 1U << IMAP_ATT_BODY_SECTION | 1U << IMAP_ATT_BODY_PEEK,
        [IMAP_FETCH_BINARY] = 1U << IMAP_ATT_BINARY | 1U << IMAP_ATT_BINARY_PEEK,
        [IMAP_FETCH_BINARY_SIZE] = 1U << IMAP_ATT_BINARY_SIZE,
        [IMAP_FETCH_EMAILID] = 1U << IMAP_ATT_EMAILID,
        [IMAP_FETCH_THREADID] = 1U << IMAP_ATT_THREADID,
        [IMAP_FETCH_PREVIEW] = 1U << IMAP_ATT_PREVIEW,
        [IMAP_FETCH_X_GM_LABELS] = 0,
    };
    return bits[kind];
}

/* There is room for this UID between those that are known near the message. */
static bool fits(const struct imap_view *view, uint64_t number, uint64_t uid)
{
    enum { NEAR = 16 };
    for (uint64_t i = 1; i <= NEAR; i++) {
        const struct imap_message *before = i < number ? imap_view_find(view, number - i) : NULL;
        const struct imap_message *behind = imap_view_find(view, number + i);
        if ((before != NULL && before->uid != 0 && uid < (uint64_t)before->uid + i) ||
            (behind != NULL && behind->uid != 0 && uid + i > behind->uid)) {
            return false;
        }
    }
    return true;
}

static void judge_uid(const struct imap_judge *j, uint64_t number, uint64_t uid)
{
    struct imap_view *view = &j->imap->view;
    struct imap_message *message = imap_view_message(view, number);
    if (message == NULL) {
        return;
    }
    if (message->uid != 0 && message->uid != uid) {
        imap_report(j, RULE_IMAP_UID_CHANGED, "the UID that the message had");
    } else if (message->uid == 0) {
        if (uid < number || !fits(view, number, uid)) {
            imap_report(j, RULE_IMAP_UID_ORDER, "a UID between those of its neighbours");
        }
        if (number <= view->old_exists && view->uidnext != 0 && uid >= view->uidnext) {
            imap_report(j, RULE_IMAP_UID_UIDNEXT, "a UID below UIDNEXT");
        }
        if (j->imap->state == IMAP_STATE_SELECTED && number > view->all_exists &&
            uid < view->uidnext) {
            imap_report(j, RULE_IMAP_UID_UIDNEXT, "a UID not below UIDNEXT: the message is new");
        }
    }
    message->uid = (uint32_t)uid;
}

static void judge_size(const struct imap_judge *j, struct imap_message *message, uint64_t size)
{
    if (message == NULL) {
        return;
    }
    if ((message->flags & IMAP_MESSAGE_SIZE) != 0 && message->size != size) {
        imap_report(j, RULE_IMAP_FETCH_STATIC, "the size that the message had before");
    }
    message->size = size;
    message->flags |= IMAP_MESSAGE_SIZE;
}

static bool is_whole(const struct imap_fetch_section *section)
{
    return section->section.part.len == 0 && section->section.text == IMAP_SECTION_ALL &&
           !section->origin.present && section->data.form != IMAP_NIL;
}

static void judge_whole(const struct imap_judge *j, const struct imap_message *message,
                        const struct imap_string *data)
{
    if (data->form != IMAP_NIL && message != NULL && (message->flags & IMAP_MESSAGE_SIZE) != 0 &&
        message->size != imap_string_size(data)) {
        imap_report(j, RULE_IMAP_FETCH_SIZE, "as many octets as RFC822.SIZE says");
    }
}

/* How the requests in progress ask for a section. */
struct asked {
    bool unknown; /* a request was not kept */
    bool whole;
    bool partial;
    const struct imap_asked_section *same; /* with the same origin */
};

static struct asked find_asked(const struct imap_judge *j, bool binary,
                               const struct imap_fetch_section *section)
{
    struct asked out = {.unknown = j->imap->pending_lost || j->imap->notify};
    uint32_t hash = imap_section_hash(&section->section);
    for (uint32_t i = 0; i < j->imap->pending_count; i++) {
        struct imap_pending *p = &j->imap->pending[i];
        out.unknown = out.unknown || p->sections_cut || p->broken;
        for (uint32_t k = 0; k < p->section_count; k++) {
            struct imap_asked_section *a = &p->sections[k];
            if (a->hash != hash || a->binary != binary) {
                continue;
            }
            a->answered = true;
            out.whole = out.whole || !a->partial;
            out.partial = out.partial || a->partial;
            if (a->partial && a->origin == section->origin.first.value &&
                (out.same == NULL || out.same->count < a->count)) {
                out.same = a;
            }
        }
    }
    return out;
}

/* RFC 3501 section 6.4.5: a piece of the message is cut only where the message ends. */
static bool is_short(const struct imap_fetch_section *section,
                     const struct imap_asked_section *asked, const struct imap_message *message)
{
    bool all = section->section.part.len == 0 && section->section.text == IMAP_SECTION_ALL;
    if (!all || message == NULL || (message->flags & IMAP_MESSAGE_SIZE) == 0 ||
        section->data.form == IMAP_NIL) {
        return false;
    }
    uint64_t left = asked->origin < message->size ? message->size - asked->origin : 0;
    return imap_string_size(&section->data) < (asked->count < left ? asked->count : left);
}

static void judge_section(const struct imap_judge *j, bool binary,
                          const struct imap_fetch_section *section,
                          const struct imap_message *message)
{
    struct asked asked = find_asked(j, binary, section);
    /* A list of header names may come back in other forms. */
    bool loose = j->s->config.excerpt || section->section.headers.first != NULL;
    if (asked.unknown || (loose && !asked.whole && !asked.partial)) {
        return;
    }
    if (section->origin.present && asked.same == NULL) {
        imap_report(j, RULE_IMAP_FETCH_ORIGIN, "no origin, or the one that was asked for");
    } else if (!section->origin.present && asked.partial && !asked.whole &&
               section->data.form != IMAP_NIL) {
        imap_report(j, RULE_IMAP_FETCH_ORIGIN, "the origin that was asked for");
    } else if (section->origin.present && imap_string_size(&section->data) > asked.same->count) {
        imap_report(j, RULE_IMAP_FETCH_PARTIAL_LONG, "as many octets as were asked for, or less");
    } else if (section->origin.present && !binary && is_short(section, asked.same, message)) {
        imap_report(j, RULE_IMAP_FETCH_PARTIAL_SHORT, "as many octets as were asked for");
    }
}

static void judge_item(const struct imap_judge *j, const struct imap_fetch_item *item,
                       struct imap_message *message)
{
    if (item->kind == IMAP_FETCH_INTERNALDATE && message != NULL) {
        uint64_t seconds = (uint64_t)imap_date_seconds(&item->as.date);
        uint32_t hash = (uint32_t)(seconds ^ seconds >> 32);
        imap_judge_static(j, &message->date, hash == 0 ? 1 : hash);
    } else if (item->kind == IMAP_FETCH_RFC822) {
        judge_whole(j, message, &item->as.section->data);
    } else if (item->kind == IMAP_FETCH_BODY_SECTION || item->kind == IMAP_FETCH_BINARY) {
        bool binary = item->kind == IMAP_FETCH_BINARY;
        judge_section(j, binary, item->as.section, message);
        if (!binary && is_whole(item->as.section)) {
            judge_whole(j, message, &item->as.section->data);
        }
    }
}

/* RFC 9051 section 6.4.9: data that a UID FETCH asked for come with the UID. */
static void judge_uid_there(const struct imap_judge *j, const struct imap_fetch *fetch)
{
    const struct imap_session *imap = j->imap;
    const struct imap_pending *only = imap->pending_count == 1 ? &imap->pending[0] : NULL;
    if (only == NULL || only->type != IMAP_COMMAND_FETCH || !only->uid || only->broken ||
        imap->pending_lost || imap_fetch_find(fetch, IMAP_FETCH_UID) != NULL) {
        return;
    }
    uint32_t flags = 1U << IMAP_ATT_FLAGS | 1U << IMAP_ATT_MODSEQ;
    for (const struct imap_fetch_item *item = fetch->first; item != NULL; item = item->next) {
        if ((answers(item->kind) & only->asked & ~flags) != 0) {
            imap_report(j, RULE_IMAP_UID_MISSING, "UID");
            return;
        }
    }
}

void imap_judge_fetch(const struct imap_judge *j)
{
    struct imap_view *view = &j->imap->view;
    const struct imap_fetch *fetch = &j->r->as.fetch;
    uint64_t number = j->r->number.value;
    uint32_t bits = 0;
    for (const struct imap_fetch_item *item = fetch->first; item != NULL; item = item->next) {
        bits |= answers(item->kind);
    }
    for (uint32_t i = 0; i < j->imap->pending_count; i++) {
        j->imap->pending[i].answered |= bits;
    }
    judge_uid_there(j, fetch);
    if (view->has_exists && (number == 0 || number > view->exists)) {
        imap_report(j, RULE_IMAP_FETCH_NUMBER, "the number of a message in the mailbox");
        return;
    }
    const struct imap_fetch_item *uid = imap_fetch_find(fetch, IMAP_FETCH_UID);
    if (uid != NULL) {
        judge_uid(j, number, uid->as.number.value);
    }
    struct imap_message *message = imap_view_message(view, number);
    if (message != NULL) {
        message->heard = j->s->commands;
    }
    const struct imap_fetch_item *size = imap_fetch_find(fetch, IMAP_FETCH_RFC822_SIZE);
    if (size != NULL) {
        judge_size(j, message, size->as.number.value);
    }
    imap_judge_message_flags(j, message);
    for (const struct imap_fetch_item *item = fetch->first; item != NULL; item = item->next) {
        judge_item(j, item, message);
    }
    imap_judge_content(j, message);
    imap_judge_ids(j, message);
    imap_judge_changed(j);
}
