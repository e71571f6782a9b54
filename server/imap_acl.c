/* SPDX-License-Identifier: MIT */
/* Rights (RFC 4314). A mailbox's owner has all of them and keeps them; what others are granted is
   kept and told, but nobody sees another one's mailboxes. */
#include "server/imap.h"

static const char rights[] = "lrswipkxtea";

/* RFC 4314 section 2.1.1: the virtual rights, and what they stand for here. */
static const char delete_rights[] = "xte";
static const char create_rights[] = "k";

static bool has(struct span text, char right)
{
    return text.len != 0 && memchr(text.ptr, right, text.len) != NULL;
}

static bool has_any(struct span text, const char *of)
{
    for (; *of != '\0'; of++) {
        if (has(text, *of)) {
            return true;
        }
    }
    return false;
}

/* With the virtual rights behind, in the scratch. */
static struct imap_string write_rights(struct imap_service *imap, struct span text)
{
    struct out o;
    out_init(&o, scratch_take(&imap->scratch, text.len + 3), text.len + 3);
    out_bytes(&o, text);
    bool bare = imap_has_fault(imap, FAULT_IMAP_ACL_NO_VIRTUAL);
    if (has_any(text, create_rights) && !bare) {
        out_octet(&o, 'c');
    }
    if (has_any(text, delete_rights) && !bare) {
        out_octet(&o, 'd');
    }
    return imap_string_make(out_span(&o));
}

/* The rights of a modification ("lr", "+c"), without sign; false: there is one that is not known.
 */
static bool read_rights(struct imap_service *imap, struct span text, struct span *out)
{
    struct out o;
    size_t cap = text.len * sizeof delete_rights + 1;
    out_init(&o, scratch_take(&imap->scratch, cap), cap);
    for (size_t i = 0; i < text.len; i++) {
        char right = (char)text.ptr[i];
        if (right == 'c') {
            out_text(&o, create_rights);
        } else if (right == 'd') {
            out_text(&o, delete_rights);
        } else if (right != '\0' && strchr(rights, right) != NULL) {
            out_octet(&o, text.ptr[i]);
        } else if (!imap_has_fault(imap, FAULT_IMAP_ACL_ANY_RIGHT)) {
            return false;
        }
    }
    *out = out_span(&o);
    return true;
}

static bool is_owner(const struct imap_service *imap, struct span identifier)
{
    return span_equal(identifier, span_text(imap->user->name));
}

static void send(struct imap_service *imap, enum imap_response_type type,
                 const struct imap_acl *acl)
{
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = type};
    response.as.acl = *acl;
    imap_send(imap, &response);
}

static void set_acl(struct imap_service *imap, struct mailbox *mailbox, struct span identifier,
                    struct span change)
{
    char sign = change.len != 0 && (change.ptr[0] == '+' || change.ptr[0] == '-')
                    ? (char)change.ptr[0]
                    : '\0';
    struct span given;
    struct out o;
    const struct note *note = note_find(mailbox->rights, identifier);
    struct span before = {0};
    if (note != NULL && sign != '\0') {
        before = note_value(note);
    }
    if (!read_rights(imap, span_from(change, sign == '\0' ? 0 : 1), &given)) {
        imap_bad(imap, "There is no such right");
        return;
    }
    if (is_owner(imap, identifier)) {
        imap_no(imap, IMAP_CODE_NOPERM, "The owner keeps all rights");
        return;
    }
    out_init(&o, scratch_take(&imap->scratch, sizeof rights), sizeof rights);
    for (const char *right = rights; *right != '\0'; right++) {
        if (sign == '-' ? has(before, *right) && !has(given, *right)
                        : has(before, *right) || has(given, *right)) {
            out_octet(&o, (uint8_t)*right);
        }
    }
    if (!imap_has_fault(imap, FAULT_IMAP_ACL_FORGETS)) {
        note_set(&mailbox->rights, identifier, out_span(&o));
    }
    imap_ok(imap, "Granted");
}

static void get_acl(struct imap_service *imap, struct imap_acl *acl, const struct mailbox *mailbox)
{
    struct imap_acl_entry *owner = scratch_take(&imap->scratch, sizeof *owner);
    const struct imap_acl_entry **tail = &owner->next;
    owner->identifier = imap_string_make(span_text(imap->user->name));
    owner->rights = write_rights(imap, span_text(rights));
    acl->first = owner;
    for (const struct note *note = mailbox->rights; note != NULL; note = note->next) {
        struct imap_acl_entry *entry = scratch_take(&imap->scratch, sizeof *entry);
        entry->identifier = imap_string_make(span_text(note->name));
        entry->rights = write_rights(imap, note_value(note));
        *tail = entry;
        tail = &entry->next;
    }
    send(imap, IMAP_RESPONSE_ACL, acl);
    imap_ok(imap, "Those are the rights");
}

/* The owner always has all; to others each right can be granted by itself. */
static void list_rights(struct imap_service *imap, struct imap_acl *acl,
                        const struct imap_string *identifier)
{
    const struct imap_string_list **tail = &acl->optional.first;
    bool owner = is_owner(imap, imap_text_of(imap, identifier));
    bool twice = imap_has_fault(imap, FAULT_IMAP_LISTRIGHTS_TWICE);
    acl->identifier = *identifier;
    acl->rights =
        owner ? write_rights(imap, span_text(rights)) : imap_string_make((struct span){0});
    struct span all = write_rights(imap, span_text(rights)).text;
    for (size_t i = 0; !owner && i < all.len; i++) {
        struct imap_string_list *one = scratch_take(&imap->scratch, sizeof *one);
        one->value = imap_string_make(span_sub(all, twice && i == 1 ? 0 : i, 1));
        *tail = one;
        tail = &one->next;
        acl->optional.count++;
    }
    send(imap, IMAP_RESPONSE_LISTRIGHTS, acl);
    imap_ok(imap, "Those can be granted");
}

void imap_send_my_rights(struct imap_service *imap, const struct mailbox *mailbox)
{
    const struct imap_acl acl = {.mailbox = imap_name_write(imap, span_text(mailbox->name)),
                                 .rights = write_rights(imap, span_text(rights))};
    send(imap, IMAP_RESPONSE_MYRIGHTS, &acl);
}

void imap_do_acl(struct imap_service *imap, const struct imap_command *command)
{
    struct mailbox *mailbox = imap_mailbox_of(imap, &command->mailbox);
    const struct imap_item *arguments = command->arguments;
    struct span identifier = {0};
    struct imap_acl acl = {0};
    if (arguments != NULL) {
        identifier = imap_text_of(imap, &arguments->string);
        if (identifier.len == 0) {
            imap_bad(imap, "An identifier is not empty");
            return;
        }
    }
    if (mailbox == NULL) {
        imap_refuse(imap, STORE_NONEXISTENT);
        return;
    }
    acl.mailbox = imap_name_write(imap, span_text(mailbox->name));
    if (command->type == IMAP_COMMAND_GETACL) {
        get_acl(imap, &acl, mailbox);
    } else if (command->type == IMAP_COMMAND_MYRIGHTS) {
        imap_send_my_rights(imap, mailbox);
        imap_ok(imap, "Those are your rights");
    } else if (command->type == IMAP_COMMAND_LISTRIGHTS) {
        list_rights(imap, &acl, &arguments->string);
    } else if (command->type == IMAP_COMMAND_DELETEACL) {
        if (!imap_has_fault(imap, FAULT_IMAP_DELETEACL_FORGETS)) {
            note_remove(&mailbox->rights, identifier);
        }
        imap_ok(imap, "Revoked");
    } else {
        set_acl(imap, mailbox, identifier, imap_text_of(imap, &arguments->next->string));
    }
}
