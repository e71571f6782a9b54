/* SPDX-License-Identifier: MIT */
/* STORE, COPY, MOVE, EXPUNGE (RFC 3501 section 6.4, RFC 4315, 6851, 7162). */
#include "server/imap.h"

/* --- STORE -------------------------------------------------------------------------------------
 */

static struct flags new_flags(const struct imap_service *imap, const struct imap_store *store,
                              struct flags old, struct flags change)
{
    if (store->sign == '+') {
        return (struct flags){old.system | change.system, old.keywords | change.keywords};
    }
    if (store->sign == '-' && !imap_has_fault(imap, FAULT_IMAP_STORE_MINUS_REPLACES)) {
        return (struct flags){old.system & ~change.system, old.keywords & ~change.keywords};
    }
    if (imap_has_fault(imap, FAULT_IMAP_STORE_ADDS)) {
        return (struct flags){old.system | change.system, old.keywords | change.keywords};
    }
    return change;
}

struct storing {
    struct imap_service *imap;
    const struct imap_command *command;
    struct flags change;
    bool conditional;
    uint64_t unchanged_since;
    uint32_t *modified; /* numbers or UIDs of those that the condition kept */
    size_t modified_count;
    bool gone;
};

static void store_one(struct storing *s, size_t i)
{
    struct imap_service *imap = s->imap;
    struct imap_entry *entry = &imap->view.entries[i];
    struct message *message = entry->message;
    bool uid = s->command->uid.len != 0;
    if (message->expunged) {
        s->gone = true;
        return;
    }
    if (s->conditional && message->modseq > s->unchanged_since) {
        s->modified[s->modified_count++] = uid ? message->uid : (uint32_t)(i + 1);
        return;
    }
    bool known = !mail_view_has_news(&imap->view, i, false);
    uint64_t before = message->modseq;
    struct flags flags = new_flags(imap, &s->command->store, message->flags, s->change);
    if (!imap_has_fault(imap, FAULT_IMAP_STORE_FORGETS)) {
        mailbox_set_flags(imap->view.mailbox, message, flags);
    }
    bool silent = s->command->store.silent && !imap_has_fault(imap, FAULT_IMAP_SILENT_ANSWERS);
    if (!silent && !imap_has_fault(imap, FAULT_IMAP_STORE_NO_FETCH)) {
        mail_view_tell(imap, i, true, uid);
    } else if ((silent && known) || !silent) {
        /* RFC 3501 section 6.4.6: the client knows what it has done. */
        entry->told = message->flags;
        if (imap->condstore && message->modseq != before) {
            mail_view_tell(imap, i, false, uid);
        }
        entry->told_modseq = message->modseq;
    }
}

static void answer_store(struct storing *s)
{
    struct imap_service *imap = s->imap;
    bool uid = s->command->uid.len != 0;
    mail_view_sync(imap, uid);
    if (s->modified_count != 0) {
        struct imap_code code = {.kind = IMAP_CODE_MODIFIED};
        code.as.set = imap_set_write(imap, s->modified, s->modified_count);
        imap_answer_code(imap, IMAP_RESPONSE_OK, &code, "Some were changed by others");
    } else if (s->gone && !uid) {
        imap_no(imap, IMAP_CODE_EXPUNGEISSUED, "Some of the messages no longer exist");
    } else {
        imap_ok(imap, "Stored");
    }
}

static bool read_condition(struct storing *s)
{
    const struct imap_item *item = imap_item_find(s->command->params, "UNCHANGEDSINCE");
    if (s->command->params != NULL && item == NULL) {
        return false;
    }
    if (item != NULL && item->next != NULL) {
        s->conditional = true;
        s->unchanged_since = imap_item_number(item->next);
        s->imap->condstore = true;
    }
    return true;
}

void imap_do_store(struct imap_service *imap, const struct imap_command *command)
{
    struct storing s = {.imap = imap, .command = command};
    bool *marks = NULL;
    if (command->store.items != NULL || !read_condition(&s)) {
        imap_bad(imap, "Only FLAGS can be stored");
        return;
    }
    if (!mail_view_mark(imap, &command->set, command->uid.len != 0, &marks)) {
        return;
    }
    if (imap->view.read_only && !imap_has_fault(imap, FAULT_IMAP_EXAMINE_STORES)) {
        imap_no(imap, IMAP_CODE_NONE, "The mailbox is read-only");
        return;
    }
    if (!imap_flags_read(imap, &command->store.flags, command->store.sign != '-', &s.change)) {
        imap_no(imap, IMAP_CODE_LIMIT, "There is no room for more keywords");
        return;
    }
    mail_view_tell_new_keywords(imap);
    s.modified = scratch_take(&imap->scratch, (imap->view.count + 1) * sizeof(uint32_t));
    for (size_t i = 0; i < imap->view.count; i++) {
        if (marks[i]) {
            store_one(&s, i);
        }
    }
    answer_store(&s);
}

/* --- COPY and MOVE -----------------------------------------------------------------------------
 */

struct copying {
    struct mailbox *target;
    uint32_t *from;
    uint32_t *to;
    size_t count;
};

/* RFC 3501 section 6.4.7: all messages or none. */
static enum store_rc copy_all(struct imap_service *imap, struct copying *c, const bool *marks)
{
    for (size_t i = 0; i < imap->view.count; i++) {
        struct message *message = imap->view.entries[i].message;
        struct message *copy = NULL;
        if (!marks[i] || message->expunged) {
            continue;
        }
        struct message_source source = {.blob = message->blob,
                                        .flags = message->flags,
                                        .has_date = true,
                                        .internal_date = message->internal_date,
                                        .zone = message->zone};
        if (imap_has_fault(imap, FAULT_IMAP_COPY_LOSES_FLAGS)) {
            source.flags = (struct flags){0};
        }
        if (imap_has_fault(imap, FAULT_IMAP_COPY_LOSES_DATE)) {
            source.has_date = false;
        }
        enum store_rc rc = mailbox_append(c->target, &source, &copy);
        if (rc != STORE_OK) {
            while (c->count != 0) {
                mailbox_expunge(c->target, mailbox_find(c->target, c->to[--c->count]));
            }
            return rc;
        }
        c->from[c->count] = message->uid;
        c->to[c->count++] = copy->uid;
    }
    return STORE_OK;
}

static void remove_copied(struct imap_service *imap, const struct copying *c)
{
    for (size_t i = 0; i < c->count; i++) {
        struct message *message = mailbox_find(imap->view.mailbox, c->from[i]);
        if (message != NULL) {
            mailbox_expunge(imap->view.mailbox, message);
        }
    }
}

static bool has_gone(const struct imap_service *imap, const bool *marks)
{
    for (size_t i = 0; i < imap->view.count; i++) {
        if (marks[i] && imap->view.entries[i].message->expunged) {
            return true;
        }
    }
    return false;
}

static void answer_copy(struct imap_service *imap, const struct imap_command *command,
                        const struct copying *c)
{
    struct imap_code code = {0};
    bool move = command->type == IMAP_COMMAND_MOVE;
    if (c->count != 0 && !(move && imap_has_fault(imap, FAULT_IMAP_MOVE_NO_COPYUID))) {
        code.kind = IMAP_CODE_COPYUID;
        code.as.copy.validity = c->target->uid_validity;
        code.as.copy.source = imap_set_write(imap, c->from, c->count);
        if (c->count == 2 && imap_has_fault(imap, FAULT_IMAP_COPYUID_ORDER)) {
            uint32_t backwards[] = {c->from[1], c->from[0]};
            code.as.copy.source = imap_set_write(imap, backwards, c->count);
        }
        if (imap_has_fault(imap, FAULT_IMAP_COPYUID)) {
            c->to[c->count - 1]++;
        }
        code.as.copy.target = imap_set_write(imap, c->to, c->count);
    }
    if (move && c->count != 0) {
        /* RFC 6851 section 4.3: the code comes ahead of the EXPUNGE responses. */
        imap_untagged(imap, IMAP_RESPONSE_OK, &code, "Moved");
        if (!imap_has_fault(imap, FAULT_IMAP_MOVE_KEEPS)) {
            remove_copied(imap, c);
        }
        code.kind = IMAP_CODE_NONE;
    }
    mail_view_sync(imap, true);
    if (move && c->count != 0 && imap->qresync &&
        !imap_has_fault(imap, FAULT_IMAP_MOVE_NO_MODSEQ)) {
        /* RFC 6851 section 4.4. */
        code.kind = IMAP_CODE_HIGHESTMODSEQ;
        code.as.modseq = IMAP_NUMBER(imap->view.mailbox->modseq);
    }
    imap_answer_code(imap, IMAP_RESPONSE_OK, &code, move ? "Moved" : "Copied");
}

void imap_do_copy(struct imap_service *imap, const struct imap_command *command)
{
    bool *marks = NULL;
    bool uid = command->uid.len != 0;
    size_t most = imap->view.count + 1;
    if (!mail_view_mark(imap, &command->set, uid, &marks)) {
        return;
    }
    if (command->type == IMAP_COMMAND_MOVE && imap->view.read_only) {
        imap_no(imap, IMAP_CODE_NONE, "The mailbox is read-only");
        return;
    }
    struct copying c = {.target = imap_mailbox_of(imap, &command->mailbox),
                        .from = scratch_take(&imap->scratch, most * sizeof(uint32_t)),
                        .to = scratch_take(&imap->scratch, most * sizeof(uint32_t))};
    if (c.target == NULL) {
        bool plain = imap_has_fault(imap, FAULT_IMAP_NO_TRYCREATE);
        imap_no(imap, plain ? IMAP_CODE_NONE : IMAP_CODE_TRYCREATE, "There is no such mailbox");
    } else if (!uid && has_gone(imap, marks)) {
        mail_view_sync(imap, true);
        imap_no(imap, IMAP_CODE_EXPUNGEISSUED, "Some of the messages no longer exist");
    } else {
        enum store_rc rc = copy_all(imap, &c, marks);
        if (rc == STORE_OK) {
            answer_copy(imap, command, &c);
        } else {
            imap_refuse(imap, rc);
        }
    }
}

/* --- EXPUNGE -----------------------------------------------------------------------------------
 */

void imap_do_expunge(struct imap_service *imap, const struct imap_command *command)
{
    const struct mail_view *view = &imap->view;
    bool *marks = NULL;
    bool all = command->uid.len == 0 || imap_has_fault(imap, FAULT_IMAP_UID_EXPUNGE_ALL);
    if (command->uid.len != 0 && !mail_view_mark(imap, &command->set, true, &marks)) {
        return;
    }
    if (view->read_only) {
        imap_no(imap, IMAP_CODE_NONE, "The mailbox is read-only");
        return;
    }
    for (size_t i = 0; i < view->count; i++) {
        struct message *message = view->entries[i].message;
        if ((all || marks[i]) && (message->flags.system & FLAG_DELETED) != 0 &&
            !message->expunged) {
            mailbox_expunge(view->mailbox, message);
        }
    }
    mail_view_sync(imap, true);
    struct imap_code code = {0};
    if (imap->qresync) {
        code.kind = IMAP_CODE_HIGHESTMODSEQ;
        code.as.modseq = IMAP_NUMBER(view->mailbox->modseq);
    }
    imap_answer_code(imap, IMAP_RESPONSE_OK, &code, "Expunged");
}
