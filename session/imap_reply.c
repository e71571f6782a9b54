/* SPDX-License-Identifier: MIT */
/* What must have come before the tagged OK of each command. */
#include "session/imap_judge.h"

static bool saw(const struct imap_pending *p, enum imap_response_type type)
{
    return (p->seen >> type & 1) != 0;
}

/* What SELECT told, taken together. */
static void judge_selected(const struct imap_judge *j, const struct imap_pending *p)
{
    const struct imap_view *view = &j->imap->view;
    const struct imap_names *names = &j->imap->capabilities;
    if (view->has_exists && view->uidnext != 0 && view->uidnext <= view->exists) {
        imap_report(j, RULE_IMAP_UID_UIDNEXT, "a UIDNEXT above the number of messages");
    }
    if (view->has_exists && view->unseen > view->exists) {
        imap_report(j, RULE_IMAP_SELECT_UNSEEN, "the number of a message in the mailbox");
    }
    if (p->type == IMAP_COMMAND_EXAMINE &&
        (view->permanent.system != 0 || view->permanent.any || view->permanent.count > 0)) {
        imap_report(j, RULE_IMAP_EXAMINE_PERMANENT, "PERMANENTFLAGS ()");
    }
    if (!imap_flags_agree(view)) {
        imap_report(j, RULE_IMAP_PERMANENTFLAGS_UNKNOWN, "flags that FLAGS named");
    }
    bool tells = imap_names_has(names, SPAN_LIT("CONDSTORE")) ||
                 imap_names_has(names, SPAN_LIT("QRESYNC")) || j->imap->rev2;
    if (p->closes && tells && (p->codes & IMAP_SEEN_CLOSED) == 0) {
        imap_report(j, RULE_IMAP_CLOSED_MISSING, "OK [CLOSED] before the data of the new mailbox");
    }
    imap_known_told(j, p->name_hash, view->uidvalidity, view->uidnext, view->highestmodseq);
    imap_known_id(j, p->name_hash, view->uidvalidity, view->id);
    if (imap_names_has(names, SPAN_LIT("OBJECTID")) && (p->codes & IMAP_SEEN_MAILBOXID) == 0) {
        imap_report(j, RULE_IMAP_SELECT_MAILBOXID, "OK [MAILBOXID] before the reply");
    }
}

static void judge_select(const struct imap_judge *j, const struct imap_pending *p)
{
    const struct imap_session *imap = j->imap;
    if (p->unclosed && !saw(p, IMAP_RESPONSE_EXISTS)) {
        imap_report(j, RULE_IMAP_CLOSED_LATE, "OK [CLOSED] before the data of the new mailbox");
        return;
    }
    if (!saw(p, IMAP_RESPONSE_FLAGS)) {
        imap_report(j, RULE_IMAP_SELECT_FLAGS, "FLAGS before the reply");
    }
    if (!saw(p, IMAP_RESPONSE_EXISTS)) {
        imap_report(j, RULE_IMAP_SELECT_EXISTS, "EXISTS before the reply");
    }
    /* An excerpt may lack the "ENABLE IMAP4rev2". */
    bool rev1 = imap->capabilities.known || imap->greeting_seen || !j->s->config.excerpt;
    if (!saw(p, IMAP_RESPONSE_RECENT) && rev1 && !imap_has_rev2(imap)) {
        imap_report(j, RULE_IMAP_SELECT_RECENT, "RECENT before the reply");
    }
    if ((p->codes & IMAP_SEEN_UIDVALIDITY) == 0) {
        imap_report(j, RULE_IMAP_SELECT_UIDVALIDITY, "OK [UIDVALIDITY] before the reply");
    }
    if ((p->codes & IMAP_SEEN_UIDNEXT) == 0) {
        imap_report(j, RULE_IMAP_SELECT_UIDNEXT, "OK [UIDNEXT] before the reply");
    }
    if ((p->codes & IMAP_SEEN_MODSEQ) == 0 && (imap->condstore || p->condstore)) {
        imap_report(j, RULE_IMAP_SELECT_MODSEQ, "OK [HIGHESTMODSEQ] or OK [NOMODSEQ]");
    }
    judge_selected(j, p);
    if (p->type == IMAP_COMMAND_EXAMINE && j->r->as.text.code.kind != IMAP_CODE_READ_ONLY) {
        imap_report(j, RULE_IMAP_EXAMINE_READ_ONLY, "[READ-ONLY]");
    }
}

static void judge_status(const struct imap_judge *j, const struct imap_pending *p)
{
    if (p->codes == 0) {
        imap_report(j, RULE_IMAP_STATUS_UNANSWERED, "STATUS for this mailbox before the reply");
    } else if ((p->asked & ~p->answered) != 0) {
        imap_report(j, RULE_IMAP_STATUS_ITEM_MISSING, "all values that were asked for");
    }
}

static void judge_search(const struct imap_judge *j, const struct imap_pending *p)
{
    bool esearch = saw(p, IMAP_RESPONSE_ESEARCH);
    if (p->condition && !esearch && !p->save) {
        imap_report(j, RULE_IMAP_ESEARCH_MISSING, "ESEARCH before the reply");
    } else if (!p->condition && !esearch && p->type == IMAP_COMMAND_SORT &&
               !saw(p, IMAP_RESPONSE_SORT)) {
        imap_report(j, RULE_IMAP_SORT_MISSING, "SORT before the reply");
    } else if (p->type == IMAP_COMMAND_SORT) {
        return;
    } else if (!p->condition && !esearch && !saw(p, IMAP_RESPONSE_SEARCH)) {
        imap_report(j, RULE_IMAP_SEARCH_MISSING, "SEARCH before the reply");
    } else if (!p->condition && !esearch && j->imap->rev2) {
        imap_report(j, RULE_IMAP_REV2_SEARCH, "ESEARCH");
    }
}

/* The set names at least one message that is there for sure. */
static bool set_hits(const struct imap_pending *p, uint32_t exists)
{
    struct span rest = {p->set, p->set_len};
    struct imap_range range;
    while (imap_set_next(&rest, &range)) {
        if (range.first == IMAP_STAR || range.last == IMAP_STAR || range.first <= exists ||
            range.last <= exists) {
            return true;
        }
    }
    return false;
}

/* RFC 2180 section 4.1: where messages are gone already, the reply is NO, or all are answered. Of
   many answers a log that people show may leave some out. */
static bool is_silent_on_one(const struct imap_judge *j, const struct imap_pending *p,
                             uint32_t exists)
{
    enum { MOST = 64 };
    const struct imap_view *view = &j->imap->view;
    struct span rest = {p->set, p->set_len};
    struct imap_range range;
    if (exists > MOST) {
        return false;
    }
    while (!view->blurred && j->imap->pending_count == 1 && imap_set_next(&rest, &range)) {
        uint64_t low = range.first < range.last ? range.first : range.last;
        uint64_t high = range.first < range.last ? range.last : range.first;
        low = low > exists ? exists : low;
        for (uint64_t n = low; n <= high && n <= exists; n++) {
            if (view->messages[n - 1].heard < p->command) {
                return true;
            }
        }
    }
    return false;
}

/* An item that came for no message at all, although the command succeeded. */
static void judge_fetch(const struct imap_judge *j, const struct imap_pending *p)
{
    const struct imap_view *view = &j->imap->view;
    uint32_t exists = p->exists < view->exists ? p->exists : view->exists;
    enum imap_code_kind kind = j->r->as.text.code.kind;
    if (p->condition || p->faulty || p->uid || p->set_len == 0 || !view->has_exists ||
        exists == 0 || !set_hits(p, exists) || kind == IMAP_CODE_EXPUNGEISSUED ||
        saw(p, IMAP_RESPONSE_EXPUNGE) || saw(p, IMAP_RESPONSE_VANISHED)) {
        return;
    }
    bool missing = (p->asked & ~p->answered) != 0;
    for (uint32_t i = 0; i < p->section_count; i++) {
        missing = missing || !(p->sections[i].answered || p->sections[i].part);
    }
    missing = missing || (p->asked != 0 && is_silent_on_one(j, p, exists));
    if (missing) {
        imap_report(j, RULE_IMAP_FETCH_ITEM_MISSING, "all data items that were asked for");
    }
}

/* RFC 4315 section 3: no UIDs but those of the messages that the command named. */
static bool is_named(const struct imap_judge *j, const struct imap_pending *p, uint64_t uid)
{
    const struct imap_view *view = &j->imap->view;
    const struct imap_set set = {.text = {p->set, p->set_len}};
    const struct imap_message *last = imap_view_find(view, view->exists);
    if (p->uid) {
        return imap_set_has(&set, uid, last == NULL || last->uid == 0 ? uid : last->uid);
    }
    uint32_t number = p->type == IMAP_COMMAND_COPY ? imap_view_number(view, uid) : 0;
    return number == 0 || imap_set_has(&set, number, view->exists);
}

static void judge_source(const struct imap_judge *j, const struct imap_pending *p,
                         const struct imap_set *source)
{
    enum { MOST = 1024 };
    struct span rest = source->text;
    struct imap_range range;
    /* Numbers are those from before messages went. */
    bool moved = !p->uid && (saw(p, IMAP_RESPONSE_EXPUNGE) || saw(p, IMAP_RESPONSE_VANISHED));
    if (p->set_len == 0 || moved || imap_star_moved(p) || imap_set_size(source) > MOST) {
        return;
    }
    while (imap_set_next(&rest, &range)) {
        uint64_t low = range.first < range.last ? range.first : range.last;
        uint64_t high = range.first < range.last ? range.last : range.first;
        for (uint64_t uid = low; uid <= high; uid++) {
            if (!is_named(j, p, uid)) {
                imap_report(j, RULE_IMAP_COPYUID_SOURCE, "UIDs of messages that the command named");
                return;
            }
        }
    }
}

void imap_judge_uids(const struct imap_judge *j, const struct imap_pending *p)
{
    const struct imap_code *code = &j->r->as.text.code;
    if (code->kind == IMAP_CODE_COPYUID) {
        if (imap_set_size(&code->as.copy.source) != imap_set_size(&code->as.copy.target)) {
            imap_report(j, RULE_IMAP_UID_SET_SIZE, "as many UIDs as were copied");
        }
        judge_source(j, p, &code->as.copy.source);
        imap_known_added(j, p->name_hash, code->as.copy.validity, &code->as.copy.target);
    } else if (code->kind == IMAP_CODE_APPENDUID && p->messages > 0) {
        uint64_t size = imap_set_size(&code->as.append.uids);
        if (size != p->messages) {
            imap_report(j, p->messages == 1 ? RULE_IMAP_APPENDUID_SET : RULE_IMAP_UID_SET_SIZE,
                        "one UID for each message");
        }
        imap_known_added(j, p->name_hash, code->as.append.validity, &code->as.append.uids);
    }
}

/* No command that is still in progress, and older, may have changed the state. */
static bool is_settled(const struct imap_session *imap, const struct imap_pending *pending)
{
    return pending == &imap->pending[0] && imap->state != IMAP_STATE_UNKNOWN &&
           imap->state != IMAP_STATE_LOGOUT;
}

/* RFC 7162 sections 3.2.7 to 3.2.9, RFC 6851 section 4.4: which replies tell HIGHESTMODSEQ. */
static void judge_modseq(const struct imap_judge *j, const struct imap_pending *p)
{
    enum imap_code_kind code = j->r->as.text.code.kind;
    bool told = code == IMAP_CODE_HIGHESTMODSEQ;
    bool moved = code == IMAP_CODE_COPYUID || (p->codes & IMAP_SEEN_COPYUID) != 0;
    if (p->type == IMAP_COMMAND_CLOSE && told) {
        imap_report(j, RULE_IMAP_CLOSE_MODSEQ, "no HIGHESTMODSEQ");
    } else if (p->type == IMAP_COMMAND_EXPUNGE && j->imap->qresync && !j->imap->view.no_modseq &&
               saw(p, IMAP_RESPONSE_VANISHED) && !told) {
        imap_report(j, RULE_IMAP_EXPUNGE_MODSEQ, "[HIGHESTMODSEQ]");
    } else if (p->type == IMAP_COMMAND_MOVE && j->imap->qresync && !j->imap->view.no_modseq &&
               moved && !told && (p->codes & IMAP_SEEN_MODSEQ) == 0) {
        imap_report(j, RULE_IMAP_MOVE_MODSEQ, "[HIGHESTMODSEQ], here or before");
    }
}

static void judge_ok(const struct imap_judge *j, const struct imap_pending *p)
{
    static const struct {
        enum imap_command_type command;
        enum imap_response_type response;
        enum rule rule;
        const char *text;
    } needed[] = {
        {IMAP_COMMAND_CAPABILITY, IMAP_RESPONSE_CAPABILITY, RULE_IMAP_CAPABILITY_MISSING,
         "CAPABILITY before the reply"},
        {IMAP_COMMAND_LOGOUT, IMAP_RESPONSE_BYE, RULE_IMAP_LOGOUT_BYE, "BYE before the reply"},
        {IMAP_COMMAND_ENABLE, IMAP_RESPONSE_ENABLED, RULE_IMAP_ENABLED_MISSING,
         "ENABLED before the reply"},
        {IMAP_COMMAND_NAMESPACE, IMAP_RESPONSE_NAMESPACE, RULE_IMAP_NAMESPACE_MISSING,
         "NAMESPACE before the reply"},
        {IMAP_COMMAND_ID, IMAP_RESPONSE_ID, RULE_IMAP_ID_MISSING, "ID before the reply"},
        {IMAP_COMMAND_THREAD, IMAP_RESPONSE_THREAD, RULE_IMAP_THREAD_MISSING,
         "THREAD before the reply"},
        {IMAP_COMMAND_GETACL, IMAP_RESPONSE_ACL, RULE_IMAP_ACL_MISSING, "ACL before the reply"},
        {IMAP_COMMAND_MYRIGHTS, IMAP_RESPONSE_MYRIGHTS, RULE_IMAP_ACL_MISSING,
         "MYRIGHTS before the reply"},
        {IMAP_COMMAND_LISTRIGHTS, IMAP_RESPONSE_LISTRIGHTS, RULE_IMAP_ACL_MISSING,
         "LISTRIGHTS before the reply"},
        {IMAP_COMMAND_GETQUOTA, IMAP_RESPONSE_QUOTA, RULE_IMAP_QUOTA_MISSING,
         "QUOTA before the reply"},
        {IMAP_COMMAND_GETQUOTAROOT, IMAP_RESPONSE_QUOTAROOT, RULE_IMAP_QUOTA_MISSING,
         "QUOTAROOT before the reply"},
    };
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (p->type == needed[i].command && !saw(p, needed[i].response)) {
            imap_report(j, needed[i].rule, needed[i].text);
        }
    }
    if (p->type == IMAP_COMMAND_LANGUAGE && p->condition && !saw(p, IMAP_RESPONSE_LANGUAGE)) {
        imap_report(j, RULE_IMAP_LANGUAGE_USED, "LANGUAGE before the reply");
    }
    const struct imap_names *names = &j->imap->capabilities;
    if (p->type == IMAP_COMMAND_LOGIN && !names->stale &&
        imap_names_has(names, SPAN_LIT("LOGINDISABLED"))) {
        imap_report(j, RULE_IMAP_LOGIN_ACCEPTED, "NO");
    }
    if (p->type == IMAP_COMMAND_IDLE && !p->done && j->s->held[SIDE_CLIENT] == 0) {
        imap_report(j, RULE_IMAP_IDLE_UNFINISHED, "no OK before DONE");
        j->imap->idle_cut = true;
    }
    if (p->type == IMAP_COMMAND_SELECT || p->type == IMAP_COMMAND_EXAMINE) {
        judge_select(j, p);
    } else if (p->type == IMAP_COMMAND_STATUS) {
        judge_status(j, p);
    } else if (p->type == IMAP_COMMAND_SEARCH || p->type == IMAP_COMMAND_SORT) {
        judge_search(j, p);
    } else if (p->type == IMAP_COMMAND_FETCH) {
        judge_fetch(j, p);
    } else if (p->type == IMAP_COMMAND_STORE) {
        imap_judge_store(j, p);
    }
    imap_judge_uids(j, p);
    judge_modseq(j, p);
    if (p->type == IMAP_COMMAND_CREATE && j->r->as.text.code.kind != IMAP_CODE_MAILBOXID &&
        imap_names_has(names, SPAN_LIT("OBJECTID"))) {
        imap_report(j, RULE_IMAP_CREATE_MAILBOXID, "[MAILBOXID]");
    }
}

/* RECENT and EXISTS, when the command that brought them has ended. */
static void judge_recent(const struct imap_judge *j)
{
    struct imap_view *view = &j->imap->view;
    if (view->has_exists && view->recent_fresh && view->recent > view->exists) {
        imap_report(j, RULE_IMAP_RECENT_NUMBER, "no more recent messages than there are messages");
    }
    view->recent_fresh = false;
}

void imap_judge_tagged(const struct imap_judge *j, struct imap_pending *pending)
{
    enum imap_code_kind code = j->r->as.text.code.kind;
    judge_recent(j);
    if (j->r->type != IMAP_RESPONSE_OK &&
        (code == IMAP_CODE_COPYUID || code == IMAP_CODE_APPENDUID)) {
        imap_report(j, RULE_IMAP_UID_CODE_PLACE, "COPYUID and APPENDUID in OK alone");
    }
    if (j->r->type != IMAP_RESPONSE_OK || pending->broken) {
        return;
    }
    if (is_settled(j->imap, pending) && !imap_state_allows(j->imap, pending->type)) {
        imap_report(j, RULE_IMAP_COMMAND_ACCEPTED, "NO or BAD in this state");
        return;
    }
    if (!pending->disturbed) {
        judge_ok(j, pending);
    }
}
