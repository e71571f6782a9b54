/* SPDX-License-Identifier: MIT */
/* APPEND (RFC 3501 section 6.3.11, RFC 3502, 4315). */
#include "server/imap.h"

enum { FAULTY_LOSS = 1 };

/* RFC 3502 section 6.3.11: all messages or none. */
static enum store_rc append_all(struct imap_service *imap, struct mailbox *mailbox,
                                const struct imap_append *first, uint32_t *uids, size_t *count)
{
    *count = 0;
    for (const struct imap_append *m = first; m != NULL; m = m->next) {
        struct message *message = NULL;
        struct message_source source = {.octets = m->octets.text,
                                        .has_date = m->has_date,
                                        .internal_date = imap_date_seconds(&m->date),
                                        .zone = m->date.zone};
        if (!imap_flags_read(imap, &m->flags, true, &source.flags)) {
            source.flags.keywords = 0;
        }
        if (imap_has_fault(imap, FAULT_IMAP_APPEND_LOSES_FLAGS)) {
            source.flags = (struct flags){0};
        }
        if (imap_has_fault(imap, FAULT_IMAP_APPEND_SEEN)) {
            source.flags.system |= FLAG_SEEN;
        }
        if (imap_has_fault(imap, FAULT_IMAP_APPEND_LOSES_DATE)) {
            source.has_date = false;
        }
        if (imap_has_fault(imap, FAULT_IMAP_APPEND_LOSES_OCTET) && source.octets.len != 0) {
            source.octets.len -= FAULTY_LOSS;
        }
        enum store_rc rc = mailbox_append(mailbox, &source, &message);
        if (rc != STORE_OK) {
            while (*count != 0) {
                mailbox_expunge(mailbox, mailbox_find(mailbox, uids[--*count]));
            }
            return rc;
        }
        uids[(*count)++] = message->uid;
    }
    return STORE_OK;
}

static bool are_plain(struct imap_service *imap, const struct imap_append *messages)
{
    for (const struct imap_append *m = messages; m != NULL; m = m->next) {
        if (m->form == IMAP_APPEND_CATENATE || (m->form == IMAP_APPEND_UTF8 && !imap->utf8)) {
            imap_bad(imap, "This form of APPEND is not available");
            return false;
        }
        if (m->octets.text.len == 0) {
            imap_no(imap, IMAP_CODE_NONE, "A message of no octets is not kept");
            return false;
        }
    }
    return true;
}

void imap_do_append(struct imap_service *imap, const struct imap_command *command)
{
    struct mailbox *mailbox = imap_mailbox_of(imap, &command->mailbox);
    size_t count = 0;
    if (!are_plain(imap, command->messages)) {
        return;
    }
    for (const struct imap_append *m = command->messages; m != NULL; m = m->next) {
        count++;
    }
    if (mailbox == NULL) {
        bool plain = imap_has_fault(imap, FAULT_IMAP_NO_TRYCREATE);
        imap_no(imap, plain ? IMAP_CODE_NONE : IMAP_CODE_TRYCREATE, "There is no such mailbox");
        return;
    }
    uint32_t *uids = scratch_take(&imap->scratch, count * sizeof *uids);
    enum store_rc rc = append_all(imap, mailbox, command->messages, uids, &count);
    if (rc != STORE_OK) {
        imap_refuse(imap, rc);
        return;
    }
    struct imap_code code = {.kind = IMAP_CODE_APPENDUID};
    code.as.append.validity = mailbox->uid_validity;
    if (imap_has_fault(imap, FAULT_IMAP_APPENDUID)) {
        uids[count - 1]++;
    }
    code.as.append.uids = imap_set_write(imap, uids, count);
    mail_view_sync(imap, true);
    imap_answer_code(imap, IMAP_RESPONSE_OK, &code, "Appended");
}
