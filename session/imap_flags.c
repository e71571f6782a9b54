/* SPDX-License-Identifier: MIT */
/* Flags and mod-sequences of messages, and the lists of flags that SELECT tells. */
#include "session/imap_judge.h"

enum {
    SYSTEM_FLAGS = 1U << IMAP_FLAG_SEEN | 1U << IMAP_FLAG_ANSWERED | 1U << IMAP_FLAG_FLAGGED |
                   1U << IMAP_FLAG_DELETED | 1U << IMAP_FLAG_DRAFT,
};

static bool set_has(const struct imap_flag_set *set, uint32_t hash)
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->others[i] == hash) {
            return true;
        }
    }
    return set->cut;
}

static bool is_named(const struct imap_flag *flag)
{
    return flag->kind == IMAP_FLAG_KEYWORD || flag->kind == IMAP_FLAG_EXTENSION;
}

static void set_fill(struct imap_flag_set *set, const struct imap_flags *flags)
{
    *set = (struct imap_flag_set){.known = true};
    for (const struct imap_flag *f = flags->first; f != NULL; f = f->next) {
        set->any = set->any || f->kind == IMAP_FLAG_ANY;
        if (!is_named(f)) {
            set->system |= 1U << f->kind;
        } else if (set->count < IMAP_MAX_FLAGS) {
            set->others[set->count++] = imap_name_hash(f->text);
        } else {
            set->cut = true;
        }
    }
}

void imap_judge_flags(const struct imap_judge *j)
{
    struct imap_flag_set *set = &j->imap->view.flags;
    set_fill(set, &j->r->as.flags);
    bool none = j->r->as.flags.first == NULL; /* the mailbox has no flags at all, perhaps */
    if (!none && (set->system & SYSTEM_FLAGS) != SYSTEM_FLAGS) {
        imap_report(j, RULE_IMAP_FLAGS_SYSTEM,
                    "all of \\Answered \\Flagged \\Deleted \\Seen \\Draft");
    }
}

void imap_flags_permanent(struct imap_session *imap, const struct imap_flags *flags)
{
    set_fill(&imap->view.permanent, flags);
}

bool imap_flags_agree(const struct imap_view *view)
{
    const struct imap_flag_set *permanent = &view->permanent;
    if (!permanent->known || !view->flags.known) {
        return true;
    }
    for (uint32_t i = 0; i < permanent->count; i++) {
        if (!set_has(&view->flags, permanent->others[i])) {
            return false;
        }
    }
    return (permanent->system & SYSTEM_FLAGS & ~view->flags.system) == 0;
}

/* The flags are kept, and those that FLAGS did not name are reported. */
static void take_flags(const struct imap_judge *j, const struct imap_flags *flags,
                       struct imap_message *message)
{
    const struct imap_flag_set *listed = &j->imap->view.flags;
    bool unlisted = false;
    uint32_t before = message->flags;
    message->flags = (before & IMAP_MESSAGE_SIZE) | IMAP_MESSAGE_FLAGS;
    message->keywords = 0;
    for (const struct imap_flag *f = flags->first; f != NULL; f = f->next) {
        message->flags |= 1U << f->kind;
        if (is_named(f)) {
            uint32_t hash = imap_name_hash(f->text);
            message->keywords += hash;
            unlisted = unlisted || (listed->known && !set_has(listed, hash));
        }
    }
    if (unlisted) {
        imap_report(j, RULE_IMAP_FLAGS_UNLISTED, "flags that FLAGS named");
    }
    if ((before & IMAP_MESSAGE_FLAGS) != 0 &&
        (~before & message->flags & 1U << IMAP_FLAG_RECENT) != 0) {
        imap_report(j, RULE_IMAP_RECENT_GAINED, "no \\Recent: the message had none before");
    }
}

static void take_modseq(const struct imap_judge *j, uint64_t modseq, struct imap_message *message,
                        const struct imap_message *before, bool flags)
{
    uint32_t all = SYSTEM_FLAGS | 1U << IMAP_FLAG_KEYWORD | 1U << IMAP_FLAG_EXTENSION;
    if (modseq < before->modseq) {
        imap_report(j, RULE_IMAP_MODSEQ_SHRINKS, "not less than the MODSEQ that the message had");
        return;
    }
    bool changed =
        ((before->flags ^ message->flags) & all) != 0 || before->keywords != message->keywords;
    if (flags && (before->flags & IMAP_MESSAGE_PAIRED) != 0 && modseq == before->modseq &&
        changed) {
        imap_report(j, RULE_IMAP_MODSEQ_STAYS, "another MODSEQ, as the flags are others");
    }
    message->modseq = modseq;
    message->flags |= flags ? IMAP_MESSAGE_PAIRED : before->flags & IMAP_MESSAGE_PAIRED;
}

/* Nobody asked for the flags, so they came with a change. */
static void judge_told(const struct imap_judge *j, bool uid, bool modseq)
{
    const struct imap_session *imap = j->imap;
    const struct imap_names *names = &imap->capabilities;
    bool qresync = imap_names_has(names, SPAN_LIT("QRESYNC"));
    bool tracked = imap->condstore && !imap->view.no_modseq &&
                   (qresync || imap_names_has(names, SPAN_LIT("CONDSTORE")));
    if (imap->pending_lost || imap->state != IMAP_STATE_SELECTED ||
        imap_in_progress(imap, IMAP_COMMAND_FETCH) != NULL) {
        return;
    }
    if (tracked && !modseq) {
        imap_report(j, RULE_IMAP_MODSEQ_MISSING, "MODSEQ, as CONDSTORE is enabled");
    }
    if (tracked && qresync && !uid) {
        imap_report(j, RULE_IMAP_UNSOLICITED_UID, "UID, as CONDSTORE is enabled");
    } else if (imap->rev2 && !uid) {
        imap_report(j, RULE_IMAP_REV2_UID, "UID, as IMAP4rev2 is enabled");
    }
}

void imap_judge_message_flags(const struct imap_judge *j, struct imap_message *message)
{
    const struct imap_fetch_item *flags = imap_fetch_find(&j->r->as.fetch, IMAP_FETCH_FLAGS);
    const struct imap_fetch_item *modseq = imap_fetch_find(&j->r->as.fetch, IMAP_FETCH_MODSEQ);
    if (flags != NULL) {
        judge_told(j, imap_fetch_find(&j->r->as.fetch, IMAP_FETCH_UID) != NULL, modseq != NULL);
    }
    if (message == NULL) {
        return;
    }
    struct imap_message before = *message;
    if (flags != NULL) {
        take_flags(j, &flags->as.flags, message);
    }
    if (modseq != NULL) {
        take_modseq(j, modseq->as.number.value, message, &before, flags != NULL);
    }
}

/* The flags of a message are what the STORE must have made of them. */
static bool is_stored(const struct imap_pending *p, const struct imap_view *view,
                      const struct imap_message *message)
{
    uint32_t mask = view->permanent.known ? view->permanent.system & SYSTEM_FLAGS : SYSTEM_FLAGS;
    uint32_t wanted = p->flags & mask;
    if ((message->flags & IMAP_MESSAGE_FLAGS) == 0) {
        return true;
    }
    return p->sign == '+'   ? (message->flags & wanted) == wanted
           : p->sign == '-' ? (message->flags & wanted) == 0
                            : (message->flags & mask) == wanted;
}

void imap_judge_store(const struct imap_judge *j, const struct imap_pending *p)
{
    enum { MOST = 4096 };
    const struct imap_view *view = &j->imap->view;
    const struct imap_set set = {.text = {p->set, p->set_len}};
    if (!p->store || p->set_len == 0 || view->blurred || view->read_only || view->exists > MOST ||
        j->imap->pending_count != 1 || j->r->as.text.code.kind == IMAP_CODE_EXPUNGEISSUED) {
        return;
    }
    uint64_t star = view->exists == 0 ? 0
                    : p->uid          ? view->messages[view->exists - 1].uid
                                      : view->exists;
    if (imap_star_moved(p) || (star == 0 && memchr(p->set, '*', p->set_len) != NULL)) {
        return;
    }
    for (uint32_t i = 0; i < view->exists; i++) {
        const struct imap_message *message = &view->messages[i];
        uint64_t number = p->uid ? message->uid : i + 1;
        if (number != 0 && imap_set_has(&set, number, star) && !is_stored(p, view, message)) {
            imap_report(j, RULE_IMAP_STORE_VALUE, "FETCH with the new flags of each message");
            return;
        }
    }
}
