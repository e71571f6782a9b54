/* SPDX-License-Identifier: MIT */
/* GETMETADATA and SETMETADATA (RFC 5464). Nobody sees another one's mailboxes, so private and
   shared entries differ in their names only; the entries of the server are the user's own, too. */
#include "server/imap.h"

enum { ENTRIES_MAX = 100, VALUE_MAX = 64 * 1024 };

static bool is_prefix(struct span name, const char *prefix)
{
    return span_starts_nocase(name, span_text(prefix)) && name.len > strlen(prefix);
}

/* RFC 5464 section 3.2: what an entry name may be. */
static bool is_entry(struct span name)
{
    bool ok = (is_prefix(name, "/private/") || is_prefix(name, "/shared/")) &&
              name.ptr[name.len - 1] != '/';
    for (size_t i = 0; ok && i < name.len; i++) {
        uint8_t c = name.ptr[i];
        ok = c > 0x19 && c < 0x80 && c != '*' && c != '%' &&
             !(c == '/' && i + 1 < name.len && name.ptr[i + 1] == '/');
    }
    return ok;
}

/* The entries of a mailbox, or of the server where the name is empty; NULL: no such mailbox. */
static struct note **notes_of(struct imap_service *imap, const struct imap_command *command)
{
    if (imap_text_of(imap, &command->mailbox.name).len == 0) {
        return &imap->user->metadata;
    }
    struct mailbox *mailbox = imap_mailbox_of(imap, &command->mailbox);
    return mailbox == NULL ? NULL : &mailbox->metadata;
}

static const struct imap_item *entries_of(const struct imap_command *command)
{
    const struct imap_item *item = command->arguments;
    return item != NULL && item->form == IMAP_ITEM_LIST ? item->list : item;
}

/* --- GETMETADATA -------------------------------------------------------------------------------
 */

struct getting {
    struct imap_service *imap;
    uint64_t size_max;
    size_t depth; /* levels below; SIZE_MAX: all */
    uint64_t longest;
    struct imap_metadata out;
    const struct imap_metadata_entry **tail;
};

static bool read_options(struct getting *g, const struct imap_item *params)
{
    const struct imap_item *item = params == NULL ? NULL : params->list;
    for (; item != NULL; item = item->next->next) {
        if (item->next == NULL) {
            return false;
        }
        struct span value = item->next->atom;
        if (span_is(item->atom, "MAXSIZE")) {
            g->size_max = imap_item_number(item->next);
        } else if (span_is(item->atom, "DEPTH")) {
            g->depth = span_is(value, "infinity") ? SIZE_MAX : span_is(value, "1") ? 1 : 0;
        } else {
            return false;
        }
    }
    return true;
}

/* The entry is the one that is asked for, or below it, not too deep. */
static bool is_meant(const struct getting *g, struct span name, struct span asked)
{
    size_t levels = 0;
    if (!span_starts_nocase(name, asked) || (name.len > asked.len && name.ptr[asked.len] != '/')) {
        return false;
    }
    for (size_t i = asked.len; i < name.len; i++) {
        levels += name.ptr[i] == '/';
    }
    return levels <= g->depth || imap_has_fault(g->imap, FAULT_IMAP_METADATA_DEPTH);
}

static void get_entry(struct getting *g, const struct note *notes, struct span asked)
{
    for (const struct note *note = notes; note != NULL; note = note->next) {
        struct span name = span_text(note->name);
        if (!is_meant(g, name, asked)) {
            continue;
        }
        if (note->len > g->size_max) {
            g->longest = note->len > g->longest ? note->len : g->longest;
            continue;
        }
        struct imap_metadata_entry *entry = scratch_take(&g->imap->scratch, sizeof *entry);
        entry->name = imap_string_make(name);
        entry->value = imap_string_make(note_value(note));
        entry->value.binary = entry->value.form == IMAP_LITERAL && note->len != 0 &&
                              memchr(note->value, 0, note->len) != NULL;
        *g->tail = entry;
        g->tail = &entry->next;
        g->out.count++;
    }
}

void imap_do_get_metadata(struct imap_service *imap, const struct imap_command *command)
{
    struct getting g = {.imap = imap, .size_max = UINT64_MAX};
    struct note *const *notes = notes_of(imap, command);
    struct imap_code code = {.kind = IMAP_CODE_METADATA};
    g.tail = &g.out.first;
    if (!read_options(&g, command->params)) {
        imap_bad(imap, "There is an option that is not known");
        return;
    }
    if (notes == NULL) {
        imap_refuse(imap, STORE_NONEXISTENT);
        return;
    }
    for (const struct imap_item *item = entries_of(command); item != NULL; item = item->next) {
        get_entry(&g, *notes, imap_text_of(imap, &item->string));
    }
    if (g.out.count != 0) {
        struct imap_response response = {.kind = IMAP_UNTAGGED, .type = IMAP_RESPONSE_METADATA};
        g.out.has_values = true;
        g.out.mailbox = command->mailbox;
        response.as.metadata = g.out;
        imap_send(imap, &response);
    }
    code.as.metadata.kind = IMAP_METADATA_LONGENTRIES;
    code.as.metadata.number = IMAP_NUMBER(g.longest);
    if (g.longest == 0 || imap_has_fault(imap, FAULT_IMAP_METADATA_NO_LONGENTRIES)) {
        code.kind = IMAP_CODE_NONE;
    }
    imap_answer_code(imap, IMAP_RESPONSE_OK, &code, "Those are the values");
}

/* --- SETMETADATA -------------------------------------------------------------------------------
 */

/* RFC 5464 section 4.3: all or none. True: they can be set; otherwise the answer was given. */
static bool may_set(struct imap_service *imap, const struct note *notes,
                    const struct imap_item *items)
{
    struct imap_code code = {.kind = IMAP_CODE_METADATA};
    size_t count = note_count(notes);
    for (const struct imap_item *item = items; item != NULL; item = item->next->next) {
        struct span name = imap_text_of(imap, &item->string);
        if (!is_entry(name)) {
            imap_bad(imap, "That is not the name of an entry");
            return false;
        }
        count += item->next->string.form != IMAP_NIL && note_find(notes, name) == NULL;
        if (item->next->string.text.len > VALUE_MAX) {
            code.as.metadata.kind = IMAP_METADATA_MAXSIZE;
            code.as.metadata.number = IMAP_NUMBER(VALUE_MAX);
            imap_answer_code(imap, IMAP_RESPONSE_NO, &code, "The value is too long");
            return false;
        }
    }
    if (count > ENTRIES_MAX) {
        code.as.metadata.kind = IMAP_METADATA_TOOMANY;
        imap_answer_code(imap, IMAP_RESPONSE_NO, &code, "There are too many entries");
        return false;
    }
    return true;
}

void imap_do_set_metadata(struct imap_service *imap, const struct imap_command *command)
{
    struct note **notes = notes_of(imap, command);
    const struct imap_item *items = entries_of(command);
    if (notes == NULL) {
        imap_refuse(imap, STORE_NONEXISTENT);
        return;
    }
    if (!may_set(imap, *notes, items)) {
        return;
    }
    for (const struct imap_item *item = items; item != NULL; item = item->next->next) {
        struct span name = imap_text_of(imap, &item->string);
        const struct imap_string *value = &item->next->string;
        if (imap_has_fault(imap, FAULT_IMAP_METADATA_FORGETS)) {
            continue;
        }
        if (value->form == IMAP_NIL) {
            note_remove(notes, name);
        } else {
            note_set(notes, name, imap_text_of(imap, value));
        }
    }
    imap_ok(imap, "The values are kept");
}
