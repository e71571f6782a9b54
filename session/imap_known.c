/* SPDX-License-Identifier: MIT */
/* What was told of mailboxes in this session, by SELECT, STATUS, APPENDUID and COPYUID: numbers
   that never go back. */
#include "session/imap_judge.h"

struct imap_known *imap_known_find(struct imap_session *imap, uint32_t name_hash)
{
    uint32_t count = imap->known_count < IMAP_MAX_KNOWN ? imap->known_count : IMAP_MAX_KNOWN;
    for (uint32_t i = 0; i < count; i++) {
        if (imap->known[i].name_hash == name_hash) {
            return &imap->known[i];
        }
    }
    struct imap_known *made = &imap->known[imap->known_count++ % IMAP_MAX_KNOWN];
    *made = (struct imap_known){.name_hash = name_hash};
    return made;
}

void imap_known_forget(struct imap_session *imap)
{
    imap->known_count = 0;
}

/* A mailbox that has another UIDVALIDITY is another mailbox: a second session may have made it.
   Whether the mailbox is the one that was known. */
static bool is_same(const struct imap_judge *j, struct imap_known *known, uint64_t uidvalidity)
{
    if (uidvalidity != 0 && uidvalidity < known->uidvalidity) {
        imap_report(j, RULE_IMAP_UIDVALIDITY_SHRINKS, "a UIDVALIDITY not below the one before");
    }
    bool same = uidvalidity != 0 && uidvalidity == known->uidvalidity;
    if (!same) {
        *known = (struct imap_known){.name_hash = known->name_hash,
                                     .uidvalidity = uidvalidity != 0 ? (uint32_t)uidvalidity
                                                                     : known->uidvalidity};
    }
    return same;
}

void imap_known_told(const struct imap_judge *j, uint32_t name_hash, uint64_t uidvalidity,
                     uint64_t uidnext, uint64_t modseq)
{
    struct imap_known *known = imap_known_find(j->imap, name_hash);
    bool same = is_same(j, known, uidvalidity);
    bool kept = same && imap_names_has(&j->imap->capabilities, SPAN_LIT("QRESYNC"));
    if (same && uidnext != 0 && uidnext < known->uidnext) {
        imap_report(j, RULE_IMAP_UIDNEXT_SHRINKS, "a UIDNEXT not below the one before");
    }
    if (kept && modseq != 0 && modseq < known->modseq) {
        imap_report(j, RULE_IMAP_MODSEQ_SHRINKS, "a HIGHESTMODSEQ not below what was told before");
    }
    known->uidnext = uidnext > known->uidnext ? (uint32_t)uidnext : known->uidnext;
    known->modseq = modseq > known->modseq ? modseq : known->modseq;
}

void imap_known_added(const struct imap_judge *j, uint32_t name_hash, uint64_t uidvalidity,
                      const struct imap_set *uids)
{
    const struct imap_view *view = &j->imap->view;
    struct imap_known *known = imap_known_find(j->imap, name_hash);
    struct span rest = uids->text;
    struct imap_range range;
    if (j->imap->state == IMAP_STATE_SELECTED && view->name_hash == name_hash &&
        view->uidvalidity != 0 && view->uidvalidity != uidvalidity) {
        imap_report(j, RULE_IMAP_ADDED_VALIDITY, "the UIDVALIDITY of the mailbox");
        return;
    }
    uint64_t next = is_same(j, known, uidvalidity) ? known->uidnext : 0;
    while (imap_set_next(&rest, &range)) {
        uint64_t low = range.first < range.last ? range.first : range.last;
        uint64_t high = range.first < range.last ? range.last : range.first;
        if (low < next) {
            imap_report(j, RULE_IMAP_ADDED_UID, "UIDs that ascend, none below UIDNEXT");
            return;
        }
        next = high + 1;
    }
    known->uidnext = (uint32_t)next;
}

void imap_known_id(const struct imap_judge *j, uint32_t name_hash, uint64_t uidvalidity,
                   uint32_t id)
{
    struct imap_known *known = imap_known_find(j->imap, name_hash);
    if (id == 0 || uidvalidity == 0 || known->uidvalidity != uidvalidity) {
        return;
    }
    if (known->id != 0 && known->id != id) {
        imap_report(j, RULE_IMAP_MAILBOXID_CHANGED, "the MAILBOXID that the mailbox had");
    }
    known->id = id;
}
