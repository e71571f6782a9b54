/* SPDX-License-Identifier: MIT */
/* What extensions ask of their own responses: ACL (RFC 4314), METADATA (5464), ID (2971), QUOTA
   (9208), LIST (5258, 5819, 8440), OBJECTID (8474), SAVEDATE (8514), PREVIEW (8970), CONDSTORE
   (7162). */
#include "parsers/core/utf8.h"
#include "session/imap_judge.h"

static const struct imap_pending *only_pending(const struct imap_judge *j)
{
    return j->imap->pending_count == 1 && !j->imap->pending_lost ? &j->imap->pending[0] : NULL;
}

/* --- rights ------------------------------------------------------------------------------------
 */

static bool has(struct span rights, char right)
{
    return rights.len > 0 && memchr(rights.ptr, right, rights.len) != NULL;
}

/* RFC 4314 section 2.1.1: "e" and "t" are in any server's "delete" right, "k" in its "create"
   right. */
static void judge_rights(const struct imap_judge *j, struct span rights)
{
    bool delete = has(rights, 'e') || has(rights, 't');
    if ((delete &&!has(rights, 'd')) || (has(rights, 'k') && !has(rights, 'c'))) {
        imap_report(j, RULE_IMAP_RIGHTS_VIRTUAL, "\"d\" beside \"e\" or \"t\", \"c\" beside \"k\"");
    }
}

static void judge_acl(const struct imap_judge *j)
{
    for (const struct imap_acl_entry *e = j->r->as.acl.first; e != NULL; e = e->next) {
        judge_rights(j, e->rights.text);
    }
}

static void judge_listrights(const struct imap_judge *j)
{
    const struct imap_acl *acl = &j->r->as.acl;
    const struct imap_string_list *next = acl->optional.first;
    struct span rights = acl->rights.text;
    bool seen[256] = {false};
    for (;;) {
        for (size_t i = 0; i < rights.len; i++) {
            if (seen[rights.ptr[i]]) {
                imap_report(j, RULE_IMAP_RIGHTS_TWICE, "each right once");
                return;
            }
            seen[rights.ptr[i]] = true;
        }
        if (next == NULL) {
            return;
        }
        rights = next->value.text;
        next = next->next;
    }
}

void imap_judge_rights_capability(const struct imap_judge *j, const struct imap_capabilities *list)
{
    static const char prefix[] = "RIGHTS=";
    for (const struct imap_capability *c = list->first; c != NULL; c = c->next) {
        if (!span_starts_nocase(c->name, span_text(prefix))) {
            continue;
        }
        struct span rights = span_from(c->name, sizeof prefix - 1);
        if (!has(rights, 't') || !has(rights, 'e') || !has(rights, 'x') || !has(rights, 'k')) {
            imap_report(j, RULE_IMAP_RIGHTS_CAPABILITY, "\"t\", \"e\", \"x\" and \"k\" in RIGHTS=");
        }
    }
}

/* --- METADATA, ID, QUOTA -----------------------------------------------------------------------
 */

static void judge_metadata(const struct imap_judge *j)
{
    const struct imap_session *imap = j->imap;
    bool asked = imap->pending_lost || imap_in_progress(imap, IMAP_COMMAND_GETMETADATA) != NULL ||
                 imap_in_progress(imap, IMAP_COMMAND_LIST) != NULL ||
                 (j->s->config.excerpt && !imap->excerpt_synced);
    bool enabled = imap_names_has(&imap->enabled, SPAN_LIT("METADATA")) ||
                   imap_names_has(&imap->enabled, SPAN_LIT("METADATA-SERVER"));
    if (!asked && j->r->as.metadata.has_values) {
        imap_report(j, RULE_IMAP_METADATA_VALUES, "names of entries alone");
    } else if (!asked && !enabled && !imap->notify && !j->s->config.excerpt) {
        imap_report(j, RULE_IMAP_METADATA_DISABLED, "nothing: ENABLE METADATA was not asked for");
    }
}

static void judge_id(const struct imap_judge *j)
{
    enum { NAME_MAX = 30, VALUE_MAX = 1024, PAIRS_MAX = 30 };
    const struct imap_params *fields = &j->r->as.params;
    if (fields->count > PAIRS_MAX) {
        imap_report(j, RULE_IMAP_ID_PAIRS, "30 fields at most");
        return;
    }
    for (const struct imap_param *f = fields->first; f != NULL; f = f->next) {
        if (imap_string_size(&f->name) > NAME_MAX) {
            imap_report(j, RULE_IMAP_ID_FIELD, "names of 30 octets at most");
        }
        if (f->value.form != IMAP_NIL && imap_string_size(&f->value) > VALUE_MAX) {
            imap_report(j, RULE_IMAP_ID_VALUE, "values of 1024 octets at most");
        }
        for (const struct imap_param *o = f->next; o != NULL; o = o->next) {
            if (span_equal_nocase(f->name.text, o->name.text)) {
                imap_report(j, RULE_IMAP_ID_TWICE, "each field once");
                return;
            }
        }
    }
}

/* A server of RFC 2087 names no resources in its capabilities. */
static void judge_quota(const struct imap_judge *j)
{
    static const char prefix[] = "QUOTA=RES-";
    const struct imap_names *names = &j->imap->capabilities;
    if (names->stale || names->cut || !imap_names_has_prefix(names, span_text(prefix))) {
        return;
    }
    for (const struct imap_quota_resource *r = j->r->as.quota.first; r != NULL; r = r->next) {
        struct span rest = {names->text, names->len};
        struct span name;
        bool known = false;
        while (imap_names_next(&rest, &name)) {
            known = known || (span_starts_nocase(name, span_text(prefix)) &&
                              span_equal_nocase(span_from(name, sizeof prefix - 1), r->name));
        }
        if (!known) {
            imap_report(j, RULE_IMAP_QUOTA_UNADVERTISED, "resources that QUOTA=RES- names");
            return;
        }
    }
}

/* --- LIST --------------------------------------------------------------------------------------
 */

/* An attribute that is none of those that any mailbox may have; others may be special uses that
   came later. */
static bool has_use(const struct imap_list *list)
{
    static const char *const ordinary[] = {"\\Noinferiors", "\\Noselect",    "\\Marked",
                                           "\\Unmarked",    "\\HasChildren", "\\HasNoChildren",
                                           "\\NonExistent", "\\Subscribed",  "\\Remote"};
    for (const struct imap_list_flag *f = list->flags; f != NULL; f = f->next) {
        bool found = false;
        for (size_t i = 0; i < sizeof ordinary / sizeof ordinary[0]; i++) {
            found = found || span_equal_nocase(f->text, span_text(ordinary[i]));
        }
        if (!found) {
            return true;
        }
    }
    return false;
}

static void judge_list(const struct imap_judge *j)
{
    const struct imap_list *list = &j->r->as.list;
    const struct imap_pending *p = only_pending(j);
    uint32_t bit = imap_mailbox_hash(&list->mailbox) % IMAP_LISTED;
    j->imap->listed[bit / 64] |= (uint64_t)1 << bit % 64;
    if (p == NULL || p->type != IMAP_COMMAND_LIST || p->broken || j->s->config.excerpt) {
        return;
    }
    uint32_t hash = imap_mailbox_hash(&list->mailbox);
    if (hash == j->imap->last_listed && !j->imap->notify) {
        imap_report(j, RULE_IMAP_LIST_REPEATED, "each mailbox once");
    }
    j->imap->last_listed = hash;
    if (p->special && !p->recursive && !has_use(list)) {
        imap_report(j, RULE_IMAP_LIST_SPECIAL, "the attribute for the special use");
    }
    for (const struct imap_list_item *item = list->items; item != NULL; item = item->next) {
        if (span_is(item->tag.text, "CHILDINFO") && !p->recursive) {
            imap_report(j, RULE_IMAP_LIST_CHILDINFO, "no CHILDINFO without RECURSIVEMATCH");
        } else if (!j->imap->lists_extended && !j->imap->rev2) {
            imap_report(j, RULE_IMAP_LIST_EXTENDED, "no extended data for a simple LIST");
        }
    }
}

/* What LIST has to tell before it tells more about a mailbox. */
static void judge_listed(const struct imap_judge *j, const struct imap_mailbox *mailbox,
                         enum rule rule)
{
    const struct imap_pending *p = only_pending(j);
    uint32_t bit = imap_mailbox_hash(mailbox) % IMAP_LISTED;
    if (p != NULL && p->type == IMAP_COMMAND_LIST && !p->broken && !p->disturbed &&
        !j->imap->notify && (j->imap->listed[bit / 64] >> bit % 64 & 1) == 0) {
        imap_report(j, rule, "LIST for this mailbox before");
    }
}

void imap_judge_extension(const struct imap_judge *j)
{
    switch ((int)j->r->type) {
    case IMAP_RESPONSE_ACL:
        judge_acl(j);
        return;
    case IMAP_RESPONSE_MYRIGHTS:
        judge_rights(j, j->r->as.acl.rights.text);
        judge_listed(j, &j->r->as.acl.mailbox, RULE_IMAP_LIST_RIGHTS_EARLY);
        return;
    case IMAP_RESPONSE_LISTRIGHTS:
        judge_listrights(j);
        return;
    case IMAP_RESPONSE_METADATA:
        judge_metadata(j);
        return;
    case IMAP_RESPONSE_ID:
        judge_id(j);
        return;
    case IMAP_RESPONSE_QUOTA:
        judge_quota(j);
        return;
    case IMAP_RESPONSE_LIST:
        judge_list(j);
        return;
    case IMAP_RESPONSE_STATUS:
        judge_listed(j, &j->r->as.status.mailbox, RULE_IMAP_LIST_STATUS_EARLY);
        return;
    default:
        return;
    }
}

/* --- FETCH -------------------------------------------------------------------------------------
 */

/* A value that is told again must be the same. */
static void judge_same(const struct imap_judge *j, uint32_t *known, uint32_t now, enum rule rule)
{
    if (*known != 0 && *known != now) {
        imap_report(j, rule, "the value that the message had before");
    }
    *known = now;
}

static void judge_preview(const struct imap_judge *j, const struct imap_string *text)
{
    enum { CHARACTERS_MAX = 256 };
    size_t count = 0;
    const struct imap_pending *p = only_pending(j);
    if (text->form == IMAP_NIL) {
        if (p != NULL && p->type == IMAP_COMMAND_FETCH && !p->lazy && !p->broken) {
            imap_report(j, RULE_IMAP_PREVIEW_NIL, "a string, as LAZY was not asked for");
        }
        return;
    }
    for (size_t i = 0; i < text->text.len; i++) {
        bool escape = text->escaped && text->text.ptr[i] == '\\' && i + 1 < text->text.len;
        i += escape;
        count += (text->text.ptr[i] & 0xC0) != 0x80;
    }
    if (count > CHARACTERS_MAX) {
        imap_report(j, RULE_IMAP_PREVIEW_LONG, "256 characters at most");
    }
}

void imap_judge_ids(const struct imap_judge *j, struct imap_message *message)
{
    const struct imap_fetch *fetch = &j->r->as.fetch;
    const struct imap_fetch_item *email = imap_fetch_find(fetch, IMAP_FETCH_EMAILID);
    const struct imap_fetch_item *thread = imap_fetch_find(fetch, IMAP_FETCH_THREADID);
    const struct imap_fetch_item *saved = imap_fetch_find(fetch, IMAP_FETCH_SAVEDATE);
    const struct imap_fetch_item *preview = imap_fetch_find(fetch, IMAP_FETCH_PREVIEW);
    if (email != NULL && message != NULL) {
        imap_judge_static(j, &message->email_id, imap_hash(email->as.id));
    }
    if (thread != NULL && thread->nil.len == 0) {
        if (message != NULL) {
            judge_same(j, &message->thread_id, imap_hash(thread->as.id),
                       RULE_IMAP_THREADID_CHANGED);
        }
        if (email != NULL && span_equal(email->as.id, thread->as.id)) {
            imap_report(j, RULE_IMAP_THREADID_EMAILID, "another identifier than the EMAILID");
        }
    }
    if (saved != NULL && saved->nil.len == 0 && message != NULL) {
        uint64_t seconds = (uint64_t)imap_date_seconds(&saved->as.date);
        uint32_t hash = (uint32_t)(seconds ^ seconds >> 32);
        judge_same(j, &message->save_date, hash == 0 ? 1 : hash, RULE_IMAP_SAVEDATE_CHANGED);
    }
    if (preview != NULL) {
        judge_preview(j, &preview->as.string);
    }
}

/* RFC 7162 section 3.1.4.1: only messages that have changed since, each with its mod-sequence. A
   message that another session changes meanwhile has a higher one, too. */
void imap_judge_changed(const struct imap_judge *j)
{
    const struct imap_pending *p = only_pending(j);
    if (p == NULL || p->type != IMAP_COMMAND_FETCH || p->broken || p->since == UINT64_MAX) {
        return;
    }
    const struct imap_fetch_item *modseq = imap_fetch_find(&j->r->as.fetch, IMAP_FETCH_MODSEQ);
    if (modseq == NULL || modseq->as.number.value <= p->since) {
        imap_report(j, RULE_IMAP_CHANGEDSINCE, "MODSEQ above that of CHANGEDSINCE");
    }
}
