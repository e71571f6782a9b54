/* SPDX-License-Identifier: MIT */
/* FETCH (RFC 3501 section 6.4.5, RFC 3516, 7162). */
#include "server/imap.h"

struct fetching {
    struct imap_service *imap;
    const struct imap_command *command;
    const struct imap_fetch_att *atts;
    bool seen; /* sets \Seen */
    bool changed_since;
    bool vanished;
    uint64_t modseq;
    size_t index;
    struct message *message;
    struct imap_fetch fetch; /* the response in the making */
    struct imap_fetch_item *last;
    bool has_flags;
    bool has_uid;
    bool has_modseq;
    const char *failed; /* BINARY: NO with UNKNOWN-CTE */
};

/* RFC 3501 section 6.4.5: ALL, FAST and FULL. */
static const struct imap_fetch_att body_att = {.type = IMAP_ATT_BODY};
static const struct imap_fetch_att full_envelope = {.next = &body_att, .type = IMAP_ATT_ENVELOPE};
static const struct imap_fetch_att all_envelope = {.type = IMAP_ATT_ENVELOPE};
static const struct imap_fetch_att fast[] = {
    {.next = &fast[1], .type = IMAP_ATT_FLAGS},
    {.next = &fast[2], .type = IMAP_ATT_INTERNALDATE},
    {.type = IMAP_ATT_RFC822_SIZE},
};
static const struct imap_fetch_att all[] = {
    {.next = &all[1], .type = IMAP_ATT_FLAGS},
    {.next = &all[2], .type = IMAP_ATT_INTERNALDATE},
    {.next = &all_envelope, .type = IMAP_ATT_RFC822_SIZE},
};
static const struct imap_fetch_att full[] = {
    {.next = &full[1], .type = IMAP_ATT_FLAGS},
    {.next = &full[2], .type = IMAP_ATT_INTERNALDATE},
    {.next = &full_envelope, .type = IMAP_ATT_RFC822_SIZE},
};

static const struct imap_fetch_att *atts_of(const struct imap_fetch_atts *atts)
{
    if (span_is(atts->macro, "FAST")) {
        return fast;
    }
    if (span_is(atts->macro, "ALL")) {
        return all;
    }
    return span_is(atts->macro, "FULL") ? full : atts->first;
}

static struct imap_fetch_item *add(struct fetching *f, enum imap_fetch_kind kind)
{
    struct imap_fetch_item *item = scratch_take(&f->imap->scratch, sizeof *item);
    item->kind = kind;
    if (f->last == NULL) {
        f->fetch.first = item;
    } else {
        f->last->next = item;
    }
    f->last = item;
    f->fetch.count++;
    return item;
}

static void add_flags(struct fetching *f)
{
    const struct imap_entry *entry = &f->imap->view.entries[f->index];
    bool recent = entry->recent && !f->imap->rev2;
    struct flags flags = f->message->flags;
    if (imap_has_fault(f->imap, FAULT_IMAP_FETCH_LOSES_FLAGGED)) {
        flags.system &= ~(uint32_t)FLAG_FLAGGED;
    }
    add(f, IMAP_FETCH_FLAGS)->as.flags = imap_flags_of(f->imap, flags, recent, false);
    f->has_flags = true;
}

static void add_uid(struct fetching *f)
{
    uint64_t uid = f->message->uid;
    if (imap_has_fault(f->imap, FAULT_IMAP_FETCH_UID_OFF)) {
        uid++;
    } else if (imap_has_fault(f->imap, FAULT_IMAP_FETCH_UID_DESCENDS)) {
        uid = f->imap->view.uid_next - uid;
    }
    add(f, IMAP_FETCH_UID)->as.number = IMAP_NUMBER(uid);
    f->has_uid = true;
}

static void add_modseq(struct fetching *f)
{
    add(f, IMAP_FETCH_MODSEQ)->as.number = IMAP_NUMBER(f->message->modseq);
    f->has_modseq = true;
}

/* Days since 1970 to a date (RFC 3339 appendix has no inverse; this is the usual one). */
static void set_date(struct imap_date *date, int64_t seconds, int16_t zone)
{
    int64_t local = seconds + (int64_t)zone * 60;
    int64_t days = local / 86400 - (local % 86400 < 0 ? 1 : 0);
    int64_t rest = local - days * 86400;
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t doe = shifted - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    date->day = (uint8_t)(doy - (153 * mp + 2) / 5 + 1);
    date->month = (uint8_t)(mp < 10 ? mp + 3 : mp - 9);
    date->year = (uint16_t)(yoe + era * 400 + (date->month <= 2 ? 1 : 0));
    date->hour = (uint8_t)(rest / 3600);
    date->minute = (uint8_t)(rest / 60 % 60);
    date->second = (uint8_t)(rest % 60);
    date->zone = zone;
}

/* A literal; NUL cannot stand in one that is not a literal8. */
static struct imap_string data_of(struct fetching *f, struct span octets, bool binary)
{
    bool nul = octets.len != 0 && memchr(octets.ptr, 0, octets.len) != NULL;
    struct imap_string string = {.form = IMAP_LITERAL, .text = octets, .binary = binary && nul};
    if (nul && !binary) {
        uint8_t *copy = scratch_take(&f->imap->scratch, octets.len);
        for (size_t i = 0; i < octets.len; i++) {
            copy[i] = octets.ptr[i] == 0 ? 0x80 : octets.ptr[i];
        }
        string.text.ptr = copy;
    }
    if (imap_has_fault(f->imap, FAULT_IMAP_LITERAL_COUNT) && octets.len != 0) {
        string.count = octets.len + 1;
    }
    if (octets.len == 0) {
        string.form = IMAP_QUOTED;
    }
    return string;
}

/* UTF-8 that is not ASCII is a literal, in any mode. */
static struct imap_string text_of(struct fetching *f, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 0x80) {
            return data_of(f, text, false);
        }
    }
    return imap_string_make(text);
}

static struct span cut(const struct fetching *f, struct span octets,
                       const struct imap_partial *partial)
{
    if (!partial->present) {
        return octets;
    }
    uint64_t from =
        partial->first.value + (imap_has_fault(f->imap, FAULT_IMAP_PARTIAL_OFF) ? 1 : 0);
    uint64_t start = from < octets.len ? from : octets.len;
    uint64_t count = partial->count;
    if (imap_has_fault(f->imap, FAULT_IMAP_PARTIAL_LONG)) {
        count++;
    }
    uint64_t len = count < octets.len - start ? count : octets.len - start;
    return span_sub(octets, (size_t)start, (size_t)len);
}

/* The section as a server says it: RFC 9051 section 4.3: "The non-synchronizing literal form MUST
   NOT be sent from server to client." */
static struct imap_section section_told(const struct fetching *f, const struct imap_section *asked)
{
    struct imap_section out = *asked;
    const struct imap_string_list **link = &out.headers.first;
    for (const struct imap_string_list *name = asked->headers.first; name != NULL;
         name = name->next) {
        struct imap_string_list *copy = scratch_take(&f->imap->scratch, sizeof *copy);
        *copy = *name;
        copy->value.nonsync = false;
        *link = copy;
        link = &copy->next;
    }
    return out;
}

static void add_section(struct fetching *f, const struct imap_fetch_att *att)
{
    struct imap_fetch_section *out = scratch_take(&f->imap->scratch, sizeof *out);
    struct span octets = {0};
    bool there = imap_content_section(f->imap, f->message, &att->section, &octets);
    out->section = section_told(f, &att->section);
    out->origin.present = att->partial.present;
    out->origin.first = att->partial.first;
    if (imap_has_fault(f->imap, FAULT_IMAP_PARTIAL_NO_ORIGIN)) {
        out->origin.present = false;
    }
    if (there) {
        if (imap_has_fault(f->imap, FAULT_IMAP_BODY_LOSES_LINE) && octets.len > 2) {
            octets = span_from(octets, service_line(octets));
        }
        out->data = data_of(f, cut(f, octets, &att->partial), false);
    }
    add(f, IMAP_FETCH_BODY_SECTION)->as.section = out;
}

static void add_binary(struct fetching *f, const struct imap_fetch_att *att, bool size)
{
    struct imap_fetch_section *out = scratch_take(&f->imap->scratch, sizeof *out);
    const struct imap_content *content = imap_content_of(f->message);
    const struct mime_part *part =
        att->section.part.len == 0 ? NULL : imap_content_part(content, att->section.part);
    struct span octets = message_octets(f->message);
    bool whole = att->section.part.len == 0;
    out->section = att->section;
    if (!whole && part != NULL && !imap_content_decode(&f->imap->scratch, part, &octets)) {
        f->failed = "The content transfer encoding is not known";
        return;
    }
    if (size) {
        out->size = IMAP_NUMBER(whole || part != NULL ? octets.len : 0);
        add(f, IMAP_FETCH_BINARY_SIZE)->as.section = out;
        return;
    }
    out->origin.present = att->partial.present;
    out->origin.first = att->partial.first;
    if (whole || part != NULL) {
        out->data = data_of(f, cut(f, octets, &att->partial), true);
    }
    add(f, IMAP_FETCH_BINARY)->as.section = out;
}

static void add_rfc822(struct fetching *f, enum imap_fetch_kind kind, struct span octets)
{
    struct imap_fetch_section *out = scratch_take(&f->imap->scratch, sizeof *out);
    out->data = data_of(f, octets, false);
    add(f, kind)->as.section = out;
}

static void add_att(struct fetching *f, const struct imap_fetch_att *att)
{
    struct imap_service *imap = f->imap;
    struct message *message = f->message;
    const struct imap_content *content = imap_content_of(message);
    uint64_t off = imap_has_fault(imap, FAULT_IMAP_SIZE_OFF) ? 1 : 0;
    switch (att->type) {
    case IMAP_ATT_ENVELOPE:
        add(f, IMAP_FETCH_ENVELOPE)->as.envelope = imap_envelope_of(imap, content->root->header);
        return;
    case IMAP_ATT_FLAGS:
        add_flags(f);
        return;
    case IMAP_ATT_INTERNALDATE: {
        off = imap_has_fault(imap, FAULT_IMAP_INTERNALDATE_OFF) ? 1 : 0;
        struct imap_date *date = &add(f, IMAP_FETCH_INTERNALDATE)->as.date;
        set_date(date, message->internal_date + (int64_t)off * 3600, message->zone);
        return;
    }
    case IMAP_ATT_RFC822:
        add_rfc822(f, IMAP_FETCH_RFC822, message_octets(message));
        return;
    case IMAP_ATT_RFC822_HEADER:
        add_rfc822(f, IMAP_FETCH_RFC822_HEADER, content->root->header);
        return;
    case IMAP_ATT_RFC822_TEXT:
        add_rfc822(f, IMAP_FETCH_RFC822_TEXT, content->root->body);
        return;
    case IMAP_ATT_RFC822_SIZE:
        add(f, IMAP_FETCH_RFC822_SIZE)->as.number = IMAP_NUMBER(message->blob->len + off);
        return;
    case IMAP_ATT_BODY:
        add(f, IMAP_FETCH_BODY)->as.body = imap_body_of(imap, content->root, false);
        return;
    case IMAP_ATT_BODYSTRUCTURE:
        add(f, IMAP_FETCH_BODYSTRUCTURE)->as.body = imap_body_of(imap, content->root, true);
        return;
    case IMAP_ATT_UID:
        add_uid(f);
        return;
    case IMAP_ATT_BODY_SECTION:
    case IMAP_ATT_BODY_PEEK:
        add_section(f, att);
        return;
    case IMAP_ATT_BINARY:
    case IMAP_ATT_BINARY_PEEK:
        add_binary(f, att, false);
        return;
    case IMAP_ATT_BINARY_SIZE:
        add_binary(f, att, true);
        return;
    case IMAP_ATT_MODSEQ:
        add_modseq(f);
        return;
    case IMAP_ATT_EMAILID:
        add(f, IMAP_FETCH_EMAILID)->as.id = imap_id_write(
            imap, 'M',
            imap_has_fault(imap, FAULT_IMAP_EMAILID_UID) ? message->uid : message->blob->id);
        return;
    case IMAP_ATT_THREADID:
        /* RFC 8474 section 5.2: NIL where messages are not related. */
        add(f, IMAP_FETCH_THREADID)->nil = SPAN_LIT("NIL");
        return;
    case IMAP_ATT_SAVEDATE:
        set_date(&add(f, IMAP_FETCH_SAVEDATE)->as.date,
                 imap_has_fault(imap, FAULT_IMAP_SAVEDATE_INTERNAL) ? message->internal_date
                 : imap_has_fault(imap, FAULT_IMAP_SAVEDATE_CHANGES)
                     ? message->save_date + (int64_t)message->modseq
                     : message->save_date,
                 0);
        return;
    case IMAP_ATT_PREVIEW:
        if (imap_has_fault(imap, FAULT_IMAP_PREVIEW_NIL)) {
            (void)add(f, IMAP_FETCH_PREVIEW);
            return;
        }
        add(f, IMAP_FETCH_PREVIEW)->as.string = text_of(f, imap_preview_of(imap, content->root));
        return;
    case IMAP_ATT_UNKNOWN:
        return;
    }
}

/* RFC 8970 section 4.1: LAZY is the only modifier. */
static bool is_known(const struct imap_fetch_att *att)
{
    const struct imap_item *item = att->params == NULL ? NULL : att->params->list;
    bool lazy = att->type == IMAP_ATT_PREVIEW && item != NULL && item->next == NULL &&
                span_is(item->atom, "LAZY");
    return att->type != IMAP_ATT_UNKNOWN && (att->params == NULL || lazy);
}

static bool sets_seen(const struct imap_service *imap, const struct imap_fetch_att *att)
{
    bool peek = att->type == IMAP_ATT_BODY_PEEK || att->type == IMAP_ATT_BINARY_PEEK;
    return att->type == IMAP_ATT_BODY_SECTION || att->type == IMAP_ATT_BINARY ||
           att->type == IMAP_ATT_RFC822 || att->type == IMAP_ATT_RFC822_TEXT ||
           (peek && imap_has_fault(imap, FAULT_IMAP_PEEK_SEES));
}

static void set_seen(struct fetching *f)
{
    struct mail_view *view = &f->imap->view;
    struct flags flags = f->message->flags;
    if (!f->seen || view->read_only || (flags.system & FLAG_SEEN) != 0 ||
        imap_has_fault(f->imap, FAULT_IMAP_FETCH_NOT_SEEN)) {
        return;
    }
    flags.system |= FLAG_SEEN;
    mailbox_set_flags(view->mailbox, f->message, flags);
}

static void send_one(struct fetching *f)
{
    struct imap_service *imap = f->imap;
    struct imap_entry *entry = &imap->view.entries[f->index];
    struct imap_response response = {.kind = IMAP_UNTAGGED,
                                     .type = IMAP_RESPONSE_FETCH,
                                     .numbered = true,
                                     .number = {f->index + 1, 0}};
    f->fetch = (struct imap_fetch){0};
    f->last = NULL;
    f->has_flags = f->has_uid = f->has_modseq = false;
    set_seen(f);
    for (const struct imap_fetch_att *att = f->atts; att != NULL; att = att->next) {
        add_att(f, att);
    }
    bool uid = f->command->uid.len != 0 && !imap_has_fault(imap, FAULT_IMAP_UID_FETCH_NO_UID);
    if (!f->has_uid && (uid || imap->qresync)) {
        add_uid(f);
    }
    if (!f->has_flags && f->seen && mail_view_has_news(&imap->view, f->index, false)) {
        add_flags(f);
    }
    if (!f->has_modseq && (f->changed_since || (imap->condstore && f->has_flags))) {
        add_modseq(f);
    }
    if (f->has_flags) {
        entry->told = f->message->flags;
        entry->told_modseq = f->message->modseq;
    }
    if (f->fetch.count != 0) {
        response.as.fetch = f->fetch;
        imap_send(imap, &response);
    }
}

static bool prepare(struct fetching *f)
{
    for (const struct imap_fetch_att *att = f->atts; att != NULL; att = att->next) {
        if (!is_known(att)) {
            return false;
        }
        f->seen = f->seen || sets_seen(f->imap, att);
        f->imap->condstore = f->imap->condstore || att->type == IMAP_ATT_MODSEQ;
    }
    const struct imap_item *since = imap_item_find(f->command->params, "CHANGEDSINCE");
    f->vanished = imap_item_find(f->command->params, "VANISHED") != NULL;
    if ((f->command->params != NULL && since == NULL) ||
        (f->vanished && (!f->imap->qresync || f->command->uid.len == 0))) {
        return false;
    }
    if (since != NULL && since->next != NULL) {
        f->modseq = imap_item_number(since->next);
        f->changed_since = true;
        f->imap->condstore = true;
    }
    return true;
}

void imap_do_fetch(struct imap_service *imap, const struct imap_command *command)
{
    struct fetching f = {.imap = imap, .command = command, .atts = atts_of(&command->fetch)};
    bool *marks = NULL;
    bool uid = command->uid.len != 0;
    if (!prepare(&f)) {
        imap_bad(imap, "Something is asked for that is not known");
        return;
    }
    if (!mail_view_mark(imap, &command->set, uid, &marks)) {
        return;
    }
    bool late = imap_has_fault(imap, FAULT_IMAP_VANISHED_LATE);
    if (f.vanished && !late) {
        mail_view_send_vanished(imap, f.modseq, &command->set);
    }
    mail_view_tell_new_keywords(imap);
    for (size_t i = 0; i < imap->view.count; i++) {
        f.index = i;
        f.message = imap->view.entries[i].message;
        if (marks[i] && !(f.changed_since && f.message->modseq <= f.modseq)) {
            send_one(&f);
        }
    }
    if (f.vanished && late) {
        mail_view_send_vanished(imap, f.modseq, &command->set);
    }
    mail_view_sync(imap, uid);
    if (f.failed != NULL) {
        imap_no(imap, IMAP_CODE_UNKNOWN_CTE, f.failed);
    } else {
        imap_ok(imap, "Fetched");
    }
}
