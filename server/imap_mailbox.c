/* SPDX-License-Identifier: MIT */
/* Commands on mailboxes by their names (RFC 3501 section 6.3). */
#include "server/imap.h"

/* --- SELECT ------------------------------------------------------------------------------------
 */

static void send_code(struct imap_service *imap, enum imap_code_kind kind, uint64_t number,
                      const char *text)
{
    struct imap_code code = {.kind = kind};
    if (kind == IMAP_CODE_HIGHESTMODSEQ) {
        code.as.modseq = IMAP_NUMBER(number);
    } else {
        code.as.number = number;
    }
    imap_untagged(imap, IMAP_RESPONSE_OK, &code, text);
}

/* RFC 8474 section 4 */
static struct span mailbox_id(struct imap_service *imap, const struct mailbox *mailbox)
{
    return imap_id_write(imap, 'F',
                         imap_has_fault(imap, FAULT_IMAP_MAILBOXID_CHANGES) ? mailbox->modseq
                                                                            : mailbox->id);
}

static void send_first_unseen(struct imap_service *imap)
{
    const struct mail_view *view = &imap->view;
    for (size_t i = 0; i < view->count; i++) {
        if ((view->entries[i].message->flags.system & FLAG_SEEN) == 0 &&
            !imap_has_fault(imap, FAULT_IMAP_SELECT_NO_UNSEEN)) {
            size_t number = imap_has_fault(imap, FAULT_IMAP_UNSEEN_CODE) ? view->count + 1 : i + 1;
            send_code(imap, IMAP_CODE_UNSEEN, number, "The first unseen message");
            return;
        }
    }
}

static void send_selected(struct imap_service *imap)
{
    struct mail_view *view = &imap->view;
    const struct mailbox *mailbox = view->mailbox;
    if (!imap_has_fault(imap, FAULT_IMAP_SELECT_NO_FLAGS)) {
        mail_view_tell_keywords(imap);
    }
    view->told_keywords = imap->user->keyword_count;
    if (!imap_has_fault(imap, FAULT_IMAP_SELECT_NO_EXISTS)) {
        bool low = imap_has_fault(imap, FAULT_IMAP_EXISTS_LOW) && view->count != 0;
        imap_number(imap, IMAP_RESPONSE_EXISTS, low ? view->count - 1 : view->count);
    }
    for (size_t i = 0; i < view->count; i++) {
        view->told_recent += view->entries[i].recent ? 1 : 0;
    }
    if (imap->rev2) {
        imap_send_list(imap, mailbox);
    } else {
        imap_number(imap, IMAP_RESPONSE_RECENT, view->told_recent);
        send_first_unseen(imap);
    }
    if (!imap_has_fault(imap, FAULT_IMAP_SELECT_NO_UIDVALIDITY)) {
        uint64_t off = imap_has_fault(imap, FAULT_IMAP_UIDVALIDITY_CHANGES) ? view->count : 0;
        send_code(imap, IMAP_CODE_UIDVALIDITY, mailbox->uid_validity + off, "UIDs are valid");
    }
    uint64_t next = imap_has_fault(imap, FAULT_IMAP_UIDNEXT_LOW) ? 1 : mailbox->uid_next;
    send_code(imap, IMAP_CODE_UIDNEXT, next, "The next UID");
    send_code(imap, IMAP_CODE_HIGHESTMODSEQ, mailbox->modseq, "The latest change");
    if (!imap_has_fault(imap, FAULT_IMAP_SELECT_NO_ID)) {
        struct imap_code code = {.kind = IMAP_CODE_MAILBOXID};
        code.as.id = mailbox_id(imap, mailbox);
        imap_untagged(imap, IMAP_RESPONSE_OK, &code, "The mailbox's identifier");
    }
}

/* What SELECT asks for besides the mailbox; false: there is something that is not known. */
static bool read_params(struct imap_service *imap, const struct imap_item *params,
                        const struct imap_item **qresync)
{
    const struct imap_item *item = params == NULL ? NULL : params->list;
    *qresync = NULL;
    for (; item != NULL; item = item->next) {
        if (span_is(item->atom, "CONDSTORE")) {
            imap->condstore = true;
        } else if (span_is(item->atom, "QRESYNC") && imap->qresync && item->next != NULL &&
                   item->next->form == IMAP_ITEM_LIST) {
            item = item->next;
            *qresync = item->list;
        } else {
            return false;
        }
    }
    return true;
}

/* RFC 7162 section 3.2.5: what has happened since the client was here. */
static void resynchronise(struct imap_service *imap, const struct imap_item *qresync)
{
    const struct imap_item *modseq = qresync->next;
    const struct imap_item *known = modseq == NULL ? NULL : modseq->next;
    struct imap_set uids = {0};
    if (modseq == NULL || imap_item_number(qresync) != imap->view.mailbox->uid_validity) {
        return;
    }
    if (known != NULL && known->form == IMAP_ITEM_ATOM) {
        uids.text = known->atom;
    }
    uint64_t since = imap_item_number(modseq);
    mail_view_send_vanished(imap, since, uids.text.len == 0 ? NULL : &uids);
    for (size_t i = 0; i < imap->view.count; i++) {
        const struct message *message = imap->view.entries[i].message;
        if (message->modseq > since &&
            (uids.text.len == 0 || imap_set_has(&uids, message->uid, UINT32_MAX))) {
            mail_view_tell(imap, i, true, true);
        }
    }
}

void imap_do_select(struct imap_service *imap, const struct imap_command *command)
{
    bool read_only = command->type == IMAP_COMMAND_EXAMINE;
    struct mailbox *mailbox = imap_mailbox_of(imap, &command->mailbox);
    const struct imap_item *qresync = NULL;
    if (!read_params(imap, command->params, &qresync)) {
        imap_bad(imap, "There is a parameter that is not known or not enabled");
        return;
    }
    bool kept = (mailbox == NULL || mailbox->no_select) &&
                imap_has_fault(imap, FAULT_IMAP_SELECT_FAILED_KEEPS);
    if (imap->view.mailbox != NULL && !kept) {
        mail_view_close(imap);
        if (!imap_has_fault(imap, FAULT_IMAP_CLOSED_SILENT)) {
            imap_untagged(imap, IMAP_RESPONSE_OK, &(struct imap_code){.kind = IMAP_CODE_CLOSED},
                          "The previous mailbox is closed");
        }
    }
    if (mailbox == NULL) {
        imap_refuse(imap, STORE_NONEXISTENT);
        return;
    }
    if (mailbox->no_select) {
        imap_refuse(imap, STORE_NO_SELECT);
        return;
    }
    mail_view_open(imap, mailbox, read_only);
    send_selected(imap);
    if (qresync != NULL) {
        resynchronise(imap, qresync);
    }
    bool wrong = imap_has_fault(imap, FAULT_IMAP_EXAMINE_READ_WRITE);
    imap_answer(imap, IMAP_RESPONSE_OK,
                (read_only && !wrong) || imap_has_fault(imap, FAULT_IMAP_SELECT_READ_ONLY)
                    ? IMAP_CODE_READ_ONLY
                    : IMAP_CODE_READ_WRITE,
                read_only ? "Examined" : "Selected");
}

void imap_do_close(struct imap_service *imap, const struct imap_command *command)
{
    struct mail_view *view = &imap->view;
    bool close =
        command->type == IMAP_COMMAND_CLOSE && !imap_has_fault(imap, FAULT_IMAP_CLOSE_KEEPS);
    bool unselect = command->type == IMAP_COMMAND_UNSELECT &&
                    imap_has_fault(imap, FAULT_IMAP_UNSELECT_EXPUNGES);
    bool expunge = (close || unselect) && !view->read_only;
    for (size_t i = 0; expunge && i < view->count; i++) {
        struct message *message = view->entries[i].message;
        if ((message->flags.system & FLAG_DELETED) != 0 && !message->expunged) {
            mailbox_expunge(view->mailbox, message);
        }
    }
    mail_view_close(imap);
    imap_ok(imap, "Closed");
}

/* --- CREATE, DELETE, RENAME, SUBSCRIBE ---------------------------------------------------------
 */

static void answer_store(struct imap_service *imap, enum store_rc rc, const char *text)
{
    if (rc == STORE_OK) {
        mail_view_sync(imap, true);
        imap_ok(imap, text);
    } else {
        imap_refuse(imap, rc);
    }
}

/* RFC 4466 sections 2.2 and 2.3: parameters of an extension that is not offered. */
static bool has_params(struct imap_service *imap, const struct imap_command *command)
{
    if (command->params != NULL) {
        imap_bad(imap, "There is a parameter that is not known");
    }
    return command->params != NULL;
}

void imap_do_create(struct imap_service *imap, const struct imap_command *command)
{
    if (has_params(imap, command)) {
        return;
    }
    struct span name = imap_name_of(imap, &command->mailbox.name);
    struct mailbox *mailbox = NULL;
    struct imap_code code = {.kind = IMAP_CODE_MAILBOXID};
    bool refused = imap->utf8 && imap_has_fault(imap, FAULT_IMAP_UTF8_NAME_REFUSED);
    enum store_rc rc =
        refused ? STORE_BAD_NAME : user_create(imap->user, name, SPECIAL_NONE, &mailbox);
    if ((rc == STORE_EXISTS && imap_has_fault(imap, FAULT_IMAP_CREATE_TWICE)) ||
        (rc == STORE_BAD_NAME && imap_has_fault(imap, FAULT_IMAP_UTF8_CONTROL))) {
        imap_ok(imap, "Created");
    } else if (rc != STORE_OK) {
        imap_refuse(imap, rc);
    } else {
        code.as.id = mailbox_id(imap, mailbox);
        if (imap_has_fault(imap, FAULT_IMAP_CREATE_NO_ID)) {
            code.kind = IMAP_CODE_NONE;
        }
        mail_view_sync(imap, true);
        imap_answer_code(imap, IMAP_RESPONSE_OK, &code, "Created");
    }
}

void imap_do_delete(struct imap_service *imap, const struct imap_command *command)
{
    struct span name = imap_name_of(imap, &command->mailbox.name);
    answer_store(imap, user_delete(imap->user, name), "Deleted");
}

void imap_do_rename(struct imap_service *imap, const struct imap_command *command)
{
    if (has_params(imap, command)) {
        return;
    }
    struct span from = imap_name_of(imap, &command->mailbox.name);
    struct span to = imap_name_of(imap, &command->new_name.name);
    answer_store(imap, user_rename(imap->user, from, to), "Renamed");
}

/* RFC 3501 section 6.3.9: the name of a mailbox that is gone stays subscribed. */
void imap_do_subscribe(struct imap_service *imap, const struct imap_command *command)
{
    struct span name = imap_name_of(imap, &command->mailbox.name);
    if (command->type == IMAP_COMMAND_SUBSCRIBE &&
        imap_has_fault(imap, FAULT_IMAP_SUBSCRIBE_FORGETS)) {
        imap_ok(imap, "Subscribed");
    } else if (command->type == IMAP_COMMAND_SUBSCRIBE) {
        answer_store(imap, user_subscribe(imap->user, name), "Subscribed");
    } else {
        enum store_rc rc = user_unsubscribe(imap->user, name);
        answer_store(imap, rc, "Unsubscribed");
    }
}

/* --- STATUS ------------------------------------------------------------------------------------
 */

static uint64_t recent_in(const struct mailbox *mailbox)
{
    return mailbox->count - mailbox_lower(mailbox, mailbox->recent_from);
}

static bool status_value(struct imap_service *imap, const struct mailbox *mailbox,
                         struct imap_status_item *item)
{
    uint64_t octets = 0;
    switch (item->kind) {
    case IMAP_STATUS_MESSAGES:
        item->number.value = mailbox->count;
        return true;
    case IMAP_STATUS_RECENT:
        item->number.value = recent_in(mailbox);
        return true;
    case IMAP_STATUS_UIDNEXT:
        item->number.value = mailbox->uid_next;
        return true;
    case IMAP_STATUS_UIDVALIDITY:
        item->number.value = mailbox->uid_validity;
        return true;
    case IMAP_STATUS_UNSEEN:
        item->number.value = imap_has_fault(imap, FAULT_IMAP_STATUS_UNSEEN)
                                 ? mailbox->count + 1
                                 : mailbox_unseen(mailbox);
        return true;
    case IMAP_STATUS_SIZE:
        item->number.value =
            mailbox->octets - (imap_has_fault(imap, FAULT_IMAP_STATUS_SIZE) ? 1 : 0);
        return true;
    case IMAP_STATUS_DELETED:
        item->number.value = mailbox_deleted(mailbox, &octets);
        return true;
    case IMAP_STATUS_DELETED_STORAGE:
        (void)mailbox_deleted(mailbox, &octets);
        item->number.value = (octets + 1023) / 1024;
        return true;
    case IMAP_STATUS_HIGHESTMODSEQ:
        item->number.value = mailbox->modseq;
        return true;
    case IMAP_STATUS_MAILBOXID:
        item->id = mailbox_id(imap, mailbox);
        return true;
    case IMAP_STATUS_UNKNOWN:
    case IMAP_STATUS_APPENDLIMIT:
        break;
    }
    return false;
}

void imap_send_status(struct imap_service *imap, const struct mailbox *mailbox,
                      const struct imap_item *items)
{
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = IMAP_RESPONSE_STATUS};
    const struct imap_status_item **tail = &response.as.status.first;
    response.as.status.mailbox = imap_name_write(imap, span_text(mailbox->name));
    for (; items != NULL; items = items->next) {
        struct imap_status_item *item = scratch_take(&imap->scratch, sizeof *item);
        item->kind = imap_status_kind_of(items->atom);
        if (status_value(imap, mailbox, item)) {
            *tail = item;
            tail = &item->next;
            response.as.status.count++;
        }
    }
    imap_send(imap, &response);
}

bool imap_status_known(const struct imap_item *items)
{
    for (; items != NULL; items = items->next) {
        enum imap_status_kind kind = imap_status_kind_of(items->atom);
        if (items->form != IMAP_ITEM_ATOM || kind == IMAP_STATUS_UNKNOWN ||
            kind == IMAP_STATUS_APPENDLIMIT) {
            return false;
        }
    }
    return true;
}

void imap_do_status(struct imap_service *imap, const struct imap_command *command)
{
    const struct mailbox *mailbox = imap_mailbox_of(imap, &command->mailbox);
    const struct imap_item *items = command->arguments->list;
    imap->condstore =
        imap->condstore || imap_item_find(command->arguments, "HIGHESTMODSEQ") != NULL;
    if (!imap_status_known(items)) {
        imap_bad(imap, "Unknown status data item");
    } else if (mailbox == NULL) {
        imap_refuse(imap, STORE_NONEXISTENT);
    } else if (mailbox->no_select) {
        imap_refuse(imap, STORE_NO_SELECT);
    } else {
        imap_send_status(imap, mailbox, items);
        mail_view_sync(imap, true);
        imap_ok(imap, "That is the status");
    }
}

/* --- NAMESPACE, QUOTA --------------------------------------------------------------------------
 */

void imap_do_namespace(struct imap_service *imap, const struct imap_command *command)
{
    (void)command;
    static const struct imap_namespace_descr personal = {
        .prefix = {.form = IMAP_QUOTED},
        .delimiter = {.form = IMAP_QUOTED, .text = SPAN_INIT("/")}};
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = IMAP_RESPONSE_NAMESPACE};
    response.as.namespaces.of[IMAP_NAMESPACE_PERSONAL].first = &personal;
    imap_send(imap, &response);
    imap_ok(imap, "Those are the namespaces");
}

static void send_quota(struct imap_service *imap)
{
    const struct user *user = imap->user;
    struct imap_quota_resource storage = {
        .name = SPAN_LIT("STORAGE"),
        .usage = IMAP_NUMBER((user->octets + 1023) / 1024),
        .limit = IMAP_NUMBER((store_user_octets_max(user->store) + 1023) / 1024)};
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = IMAP_RESPONSE_QUOTA};
    response.as.quota.root = (struct imap_string){.form = IMAP_QUOTED};
    response.as.quota.first = &storage;
    imap_send(imap, &response);
}

void imap_do_quota(struct imap_service *imap, const struct imap_command *command)
{
    if (command->type == IMAP_COMMAND_SETQUOTA) {
        imap_no(imap, IMAP_CODE_NOPERM, "Limits cannot be set here");
        return;
    }
    if (command->type == IMAP_COMMAND_GETQUOTAROOT) {
        static const struct imap_string_list root = {.value = {.form = IMAP_QUOTED}};
        struct imap_response response = {.kind = IMAP_UNTAGGED, .type = IMAP_RESPONSE_QUOTAROOT};
        const struct mailbox *mailbox = imap_mailbox_of(imap, &command->mailbox);
        if (mailbox == NULL) {
            imap_refuse(imap, STORE_NONEXISTENT);
            return;
        }
        response.as.quota.mailbox = imap_name_write(imap, span_text(mailbox->name));
        response.as.quota.roots.first = &root;
        imap_send(imap, &response);
    } else if (imap_text_of(imap, &command->arguments->string).len != 0) {
        imap_no(imap, IMAP_CODE_NONEXISTENT, "There is no such quota root");
        return;
    }
    send_quota(imap);
    imap_ok(imap, "That is the quota");
}
