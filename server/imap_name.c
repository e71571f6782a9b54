/* SPDX-License-Identifier: MIT */
/* Strings, mailbox names and sets between the wire and the store. */
#include "parsers/core/utf8.h"
#include "parsers/imap/utf7.h"
#include "server/imap.h"

struct span imap_text_of(struct imap_service *imap, const struct imap_string *string)
{
    struct out o;
    size_t cap = string->text.len + 1;
    out_init(&o, scratch_take(&imap->scratch, cap), cap);
    imap_string_decode(string, &o);
    return out_span(&o);
}

struct span imap_name_of(struct imap_service *imap, const struct imap_string *name)
{
    struct span text = imap_text_of(imap, name);
    size_t bad = 0;
    if (imap->utf8) {
        /* What is not UTF-8 is no name. */
        return utf8_valid_len(text) == text.len ? text : (struct span){0};
    }
    if (!utf7_is_valid(text, &bad)) {
        return text;
    }
    struct out o;
    size_t cap = text.len * 3 + 1;
    out_init(&o, scratch_take(&imap->scratch, cap), cap);
    utf7_decode(text, &o);
    return out_span(&o);
}

struct imap_mailbox imap_name_write(struct imap_service *imap, struct span name)
{
    if (imap->utf8) {
        struct imap_mailbox mailbox = imap_mailbox_make(name);
        bool plain = utf8_valid_len(name) == name.len;
        for (size_t i = 0; i < name.len; i++) {
            plain = plain && octet_is(name.ptr[i], CLASS_QUOTED_SAFE | CLASS_HIGH);
        }
        if (plain) {
            mailbox.name = (struct imap_string){.form = IMAP_QUOTED, .text = name};
        }
        return mailbox;
    }
    if (imap_has_fault(imap, FAULT_IMAP_NAME_8BIT) && utf8_valid_len(name) == name.len) {
        return (struct imap_mailbox){.name = {.form = IMAP_QUOTED, .text = name}};
    }
    struct out o;
    size_t cap = name.len * 4 + 16;
    out_init(&o, scratch_take(&imap->scratch, cap), cap);
    utf7_encode(name, &o);
    return imap_mailbox_make(out_span(&o));
}

struct span imap_id_write(struct imap_service *imap, char letter, uint64_t id)
{
    enum { ID_MAX = 24 };
    struct out o;
    out_init(&o, scratch_take(&imap->scratch, ID_MAX), ID_MAX);
    out_octet(&o, (uint8_t)letter);
    out_number(&o, id);
    return out_span(&o);
}

struct mailbox *imap_mailbox_of(struct imap_service *imap, const struct imap_mailbox *name)
{
    struct span text = imap_name_of(imap, &name->name);
    if (imap_has_fault(imap, FAULT_IMAP_INBOX_CASE) && span_is(text, "INBOX") &&
        !span_equal(text, SPAN_LIT("INBOX"))) {
        return NULL;
    }
    return user_mailbox(imap->user, text);
}

struct imap_set imap_set_write(struct imap_service *imap, const uint32_t *numbers, size_t count)
{
    struct imap_set set = {0};
    size_t cap = count * 11 + 1;
    struct out o;
    out_init(&o, scratch_take(&imap->scratch, cap), cap);
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && numbers[end] == numbers[end - 1] + 1) {
            end++;
        }
        if (set.count++ != 0) {
            out_octet(&o, ',');
        }
        out_number(&o, numbers[i]);
        if (end - i > 1) {
            out_octet(&o, ':');
            out_number(&o, numbers[end - 1]);
        }
        i = end;
    }
    set.text = out_span(&o);
    return set;
}

uint64_t imap_item_number(const struct imap_item *item)
{
    uint64_t value = 0;
    for (size_t i = 0; i < item->atom.len; i++) {
        value = value * 10 + (uint64_t)(item->atom.ptr[i] - '0');
    }
    return value;
}
