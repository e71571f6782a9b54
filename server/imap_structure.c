/* SPDX-License-Identifier: MIT */
/* ENVELOPE and BODYSTRUCTURE of a message (RFC 3501 section 7.4.2). */
#include "parsers/message/address.h"
#include "server/imap.h"

/* --- strings -----------------------------------------------------------------------------------
 */

/* A literal cannot hold NUL. */
static struct imap_string make(struct scratch *scratch, struct span octets)
{
    if (octets.len != 0 && memchr(octets.ptr, 0, octets.len) != NULL) {
        uint8_t *copy = scratch_take(scratch, octets.len);
        for (size_t i = 0; i < octets.len; i++) {
            copy[i] = octets.ptr[i] == 0 ? 0x80 : octets.ptr[i];
        }
        octets.ptr = copy;
    }
    return imap_string_make(octets);
}

static struct imap_string unfolded(struct scratch *scratch, struct span value)
{
    struct out o;
    out_init(&o, scratch_take(scratch, value.len + 1), value.len + 1);
    message_unfold(&o, value);
    return make(scratch, out_span(&o));
}

static struct imap_string unfolded_or_nil(struct scratch *scratch, struct span value)
{
    if (value.len == 0) {
        return (struct imap_string){0};
    }
    return unfolded(scratch, value);
}

static struct imap_string plain(struct scratch *scratch, struct span value)
{
    struct out o;
    out_init(&o, scratch_take(scratch, value.len + 1), value.len + 1);
    message_plain_text(&o, value);
    return make(scratch, out_span(&o));
}

static struct imap_string address_part(struct scratch *scratch, struct span part)
{
    struct out o;
    out_init(&o, scratch_take(scratch, part.len + 1), part.len + 1);
    address_text(&o, part);
    return make(scratch, out_span(&o));
}

static struct imap_string word(const char *text)
{
    return (struct imap_string){.form = IMAP_QUOTED, .text = span_text(text)};
}

/* --- ENVELOPE ----------------------------------------------------------------------------------
 */

static struct imap_string string_field(struct scratch *scratch, struct span header,
                                       const char *name)
{
    struct message_field field;
    bool found = message_field_find(header, name, &field);
    return found ? unfolded(scratch, field.value) : (struct imap_string){0};
}

/* RFC 3501 section 7.4.2: a group begins with its name and no host, and ends with neither. */
static struct imap_address *address_of(struct scratch *scratch, const struct address *a)
{
    struct imap_address *out = scratch_take(scratch, sizeof *out);
    if (a->kind == ADDRESS_GROUP) {
        out->mailbox = plain(scratch, a->name);
    } else if (a->kind == ADDRESS_MAILBOX) {
        if (a->name.len != 0) {
            out->name = plain(scratch, a->name);
        }
        if (a->route.len != 0) {
            out->adl = plain(scratch, a->route);
        }
        out->mailbox = address_part(scratch, a->local);
        out->host = address_part(scratch, a->domain);
    }
    return out;
}

static struct imap_addresses addresses_field(struct scratch *scratch, struct span header,
                                             const char *name)
{
    struct imap_addresses list = {0};
    const struct imap_address **tail = &list.first;
    struct message_field field;
    struct address *first = NULL;
    struct arena arena;
    struct parse p;
    if (!message_field_find(header, name, &field)) {
        return list;
    }
    size_t cap = field.value.len * 64 + 1024;
    arena_init(&arena, scratch_take(scratch, cap), cap);
    parse_init(&p, field.value, 0, &arena);
    p.quirks = QUIRKS_ALL;
    if (message_parse_address_list(&p, &first) != PARSE_OK) {
        return list;
    }
    for (const struct address *a = first; a != NULL; a = a->next) {
        struct imap_address *address = address_of(scratch, a);
        *tail = address;
        tail = &address->next;
        list.count++;
    }
    return list;
}

const struct imap_envelope *imap_envelope_of(struct imap_service *imap, struct span header)
{
    struct scratch *scratch = &imap->scratch;
    struct imap_envelope *e = scratch_take(scratch, sizeof *e);
    e->date = string_field(scratch, header, "Date");
    e->subject = string_field(scratch, header, "Subject");
    e->from = addresses_field(scratch, header, "From");
    e->sender = addresses_field(scratch, header, "Sender");
    e->reply_to = addresses_field(scratch, header, "Reply-To");
    e->to = addresses_field(scratch, header, "To");
    e->cc = addresses_field(scratch, header, "Cc");
    e->bcc = addresses_field(scratch, header, "Bcc");
    e->in_reply_to = string_field(scratch, header, "In-Reply-To");
    e->message_id = string_field(scratch, header, "Message-ID");
    /* RFC 3501 section 7.4.2: without them the server takes From. */
    bool take = !imap_has_fault(imap, FAULT_IMAP_ENVELOPE_SENDER);
    e->sender = e->sender.first == NULL && take ? e->from : e->sender;
    e->reply_to = e->reply_to.first == NULL ? e->from : e->reply_to;
    return e;
}

/* --- BODYSTRUCTURE -----------------------------------------------------------------------------
 */

static struct imap_params params_of(struct imap_service *imap, const struct mime_param *param)
{
    struct scratch *scratch = &imap->scratch;
    struct imap_params list = {0};
    const struct imap_param **tail = &list.first;
    bool lost = imap_has_fault(imap, FAULT_IMAP_STRUCTURE_PARAMETERS);
    for (; param != NULL && !lost; param = param->next) {
        struct imap_param *out = scratch_take(scratch, sizeof *out);
        out->name = plain(scratch, param->name);
        out->value = plain(scratch, param->value);
        *tail = out;
        tail = &out->next;
        list.count++;
        list.list = true;
    }
    return list;
}

static struct imap_params ascii_charset(struct scratch *scratch)
{
    struct imap_param *param = scratch_take(scratch, sizeof *param);
    param->name = word("CHARSET");
    param->value = word("US-ASCII");
    return (struct imap_params){.first = param, .count = 1, .list = true};
}

/* RFC 3282 section 2: tags with commas between. */
static void set_language(struct scratch *scratch, struct imap_body *body, struct span value)
{
    const struct imap_string_list **tail = &body->language.first;
    size_t start = 0;
    for (size_t i = 0; i <= value.len; i++) {
        if (i < value.len && value.ptr[i] != ',') {
            continue;
        }
        struct imap_string tag = plain(scratch, span_sub(value, start, i - start));
        start = i + 1;
        if (tag.text.len != 0) {
            struct imap_string_list *node = scratch_take(scratch, sizeof *node);
            node->value = tag;
            *tail = node;
            tail = &node->next;
            body->language.count++;
        }
    }
    body->language_list = body->language.count > 1;
}

static void set_extensions(struct imap_service *imap, struct imap_body *body,
                           const struct mime_part *part)
{
    struct scratch *scratch = &imap->scratch;
    body->extent = IMAP_BODY_LOCATION;
    body->md5 = unfolded_or_nil(scratch, part->md5);
    if (part->disposition.type.len != 0) {
        body->disposition.type = plain(scratch, part->disposition.type);
        body->disposition.params = params_of(imap, part->disposition.params);
    }
    set_language(scratch, body, part->language);
    body->location = unfolded_or_nil(scratch, part->location);
}

static void set_type(struct imap_service *imap, struct imap_body *body,
                     const struct mime_part *part)
{
    struct scratch *scratch = &imap->scratch;
    bool message = mime_part_is(part, "message", "rfc822") && part->children != NULL;
    bool text = span_is(part->type.type, "text");
    if (message || (text && part->type_given)) {
        body->kind = message ? IMAP_BODY_MESSAGE : IMAP_BODY_TEXT;
    } else if (text || span_is(part->type.type, "multipart")) {
        /* No type, or a multipart without parts: what stands there is read as text. */
        body->kind = IMAP_BODY_TEXT;
        body->type = word("TEXT");
        body->subtype = word("PLAIN");
        body->params = ascii_charset(scratch);
        return;
    } else if (mime_part_is(part, "message", "rfc822") || mime_part_is(part, "message", "global")) {
        body->type = word("APPLICATION");
        body->subtype = word("OCTET-STREAM");
        return;
    }
    body->type = plain(scratch, part->type.type);
    body->subtype = plain(scratch, part->type.subtype);
    body->params = params_of(imap, part->type.params);
}

static void set_single(struct imap_service *imap, struct imap_body *body,
                       const struct mime_part *part, bool extensible)
{
    struct scratch *scratch = &imap->scratch;
    set_type(imap, body, part);
    body->id = unfolded_or_nil(scratch, part->id);
    body->description = unfolded_or_nil(scratch, part->description);
    body->encoding = part->encoding.len == 0 ? word("7bit") : plain(scratch, part->encoding);
    uint64_t off = imap_has_fault(imap, FAULT_IMAP_BODY_SIZE) ? 1 : 0;
    body->octets = IMAP_NUMBER(part->body.len + off);
    body->lines = IMAP_NUMBER(part->lines + (imap_has_fault(imap, FAULT_IMAP_BODY_LINES) ? 1 : 0));
    if (body->kind == IMAP_BODY_MESSAGE) {
        body->envelope = imap_envelope_of(imap, part->children->header);
        body->parts = imap_body_of(imap, part->children, extensible);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): the tree's depth was limited when it was built. */
struct imap_body *imap_body_of(struct imap_service *imap, const struct mime_part *part,
                               bool extensible)
{
    struct scratch *scratch = &imap->scratch;
    struct imap_body *body = scratch_take(scratch, sizeof *body);
    if (span_is(part->type.type, "multipart") && part->children != NULL) {
        const struct imap_body **tail = &body->parts;
        body->kind = IMAP_BODY_MULTIPART;
        body->subtype = plain(scratch, part->type.subtype);
        body->params = params_of(imap, part->type.params);
        for (const struct mime_part *child = part->children; child != NULL; child = child->next) {
            struct imap_body *inner = imap_body_of(imap, child, extensible);
            *tail = inner;
            tail = &inner->next;
            body->part_count++;
        }
    } else {
        set_single(imap, body, part, extensible);
    }
    if (extensible) {
        set_extensions(imap, body, part);
    }
    return body;
}
