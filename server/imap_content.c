/* SPDX-License-Identifier: MIT */
/* Parts and sections of messages (RFC 3501 section 6.4.5, RFC 3516). */
#include "net/memory.h"
#include "parsers/core/base64.h"
#include "server/imap.h"
#include "server/imap_text.h"

static void content_free(void *parsed)
{
    struct imap_content *content = parsed;
    memory_free(content->arena.base);
    memory_free(content);
}

/* The tree of the message's parts; a message that is too deep or wide is one part. */
const struct imap_content *imap_content_of(struct message *message)
{
    struct blob *blob = message->blob;
    if (blob->parsed != NULL) {
        return blob->parsed;
    }
    struct imap_content *content = memory_zero(1, sizeof *content);
    struct span octets = message_octets(message);
    struct mime_part *root = NULL;
    for (size_t cap = 4096; cap <= IMAP_ARENA_MAX; cap *= 4) {
        struct parse p;
        memory_free(content->arena.base);
        arena_init(&content->arena, memory_alloc(cap), cap);
        parse_init(&p, octets, 0, &content->arena);
        if (mime_parse_structure(&p, &root) == PARSE_OK) {
            content->root = root;
            break;
        }
        if (p.err.rule != RULE_LIMIT_ARENA) {
            break;
        }
    }
    if (content->root == NULL) {
        content->flat.type.type = SPAN_LIT("text");
        content->flat.type.subtype = SPAN_LIT("plain");
        content->flat.header = message_header(octets);
        content->flat.body = message_body(octets);
        content->flat.lines = message_lines(content->flat.body);
        content->root = &content->flat;
    }
    blob->parsed = content;
    blob->parsed_free = content_free;
    return content;
}

static const struct mime_part *step(const struct mime_part *container, uint64_t number)
{
    if (!span_is(container->type.type, "multipart") || container->children == NULL) {
        return number == 1 ? container : NULL;
    }
    const struct mime_part *part = container->children;
    while (part != NULL && number > 1) {
        part = part->next;
        number--;
    }
    return number == 0 ? NULL : part;
}

/* RFC 3501 section 6.4.5: every message has at least one part number; those of a message in a part
   continue the part's. */
const struct mime_part *imap_content_part(const struct imap_content *content, struct span number)
{
    const struct mime_part *container = content->root;
    const struct mime_part *part = NULL;
    uint64_t n = 0;
    while (container != NULL && imap_part_next(&number, &n)) {
        part = step(container, n);
        if (part == NULL) {
            return NULL;
        }
        bool inner = span_is(part->type.type, "multipart");
        container = inner && part != container ? part : inner ? NULL : part->children;
    }
    return number.len == 0 ? part : NULL;
}

static bool is_named(const struct imap_section *section, struct span name)
{
    const struct imap_string_list *s = section->headers.first;
    for (; s != NULL; s = s->next) {
        if (imap_string_is(&s->value, name)) {
            return true;
        }
    }
    return false;
}

/* RFC 3501 section 6.4.5: the fields that are named (or not), and the empty line. */
static struct span pick_fields(struct imap_service *imap, struct span header,
                               const struct imap_section *section)
{
    bool invert = section->text == IMAP_SECTION_HEADER_FIELDS_NOT &&
                  !imap_has_fault(imap, FAULT_IMAP_FIELDS_NOT);
    struct out o;
    out_init(&o, scratch_take(&imap->scratch, header.len + 1), header.len + 1);
    struct span rest = header;
    struct message_field field;
    while (message_header_next(&rest, &field)) {
        bool named = field.name.len != 0 && is_named(section, field.name);
        if (named != invert) {
            out_bytes(&o, field.whole);
        }
    }
    if (!imap_has_fault(imap, FAULT_IMAP_FIELDS_NO_LINE)) {
        out_bytes(&o, rest);
    }
    return out_span(&o);
}

bool imap_content_section(struct imap_service *imap, struct message *message,
                          const struct imap_section *section, struct span *out)
{
    const struct imap_content *content = imap_content_of(message);
    const struct mime_part *part = content->root;
    if (section->part.len != 0) {
        part = imap_content_part(content, section->part);
        if (part == NULL) {
            return false;
        }
        if (section->text == IMAP_SECTION_ALL || section->text == IMAP_SECTION_MIME) {
            *out = section->text == IMAP_SECTION_ALL ? part->body : part->header;
            return true;
        }
        part = span_is(part->type.type, "multipart") ? NULL : part->children;
        if (part == NULL) {
            return false;
        }
    }
    switch (section->text) {
    case IMAP_SECTION_ALL:
        *out = message_octets(message);
        break;
    case IMAP_SECTION_HEADER:
    case IMAP_SECTION_MIME:
        *out = part->header;
        break;
    case IMAP_SECTION_TEXT:
        *out = part->body;
        break;
    case IMAP_SECTION_HEADER_FIELDS:
    case IMAP_SECTION_HEADER_FIELDS_NOT:
        *out = pick_fields(imap, part->header, section);
        break;
    }
    return true;
}

/* --- content transfer encodings ----------------------------------------------------------------
 */

static int hex_value(uint8_t octet)
{
    if (octet >= '0' && octet <= '9') {
        return octet - '0';
    }
    octet = octet_lower(octet);
    return octet >= 'a' && octet <= 'f' ? octet - 'a' + 10 : -1;
}

/* RFC 2045 section 6.7; what is not right stays as it is. */
static void decode_quoted_printable(struct out *o, struct span in)
{
    for (size_t i = 0; i < in.len; i++) {
        if (in.ptr[i] != '=') {
            out_octet(o, in.ptr[i]);
            continue;
        }
        size_t end = i + 1;
        while (end < in.len && (in.ptr[end] == ' ' || in.ptr[end] == '\t')) {
            end++;
        }
        int high = i + 2 < in.len ? hex_value(in.ptr[i + 1]) : -1;
        int low = i + 2 < in.len ? hex_value(in.ptr[i + 2]) : -1;
        if (high >= 0 && low >= 0) {
            out_octet(o, (uint8_t)(high * 16 + low));
            i += 2;
        } else if (end + 1 < in.len && in.ptr[end] == '\r' && in.ptr[end + 1] == '\n') {
            i = end + 1;
        } else {
            out_octet(o, '=');
        }
    }
}

/* RFC 2045 section 6.8: octets that are not of the alphabet are ignored. */
static void decode_base64(struct scratch *scratch, struct out *o, struct span in)
{
    uint8_t *clean = scratch_take(scratch, in.len + 4);
    size_t len = 0;
    for (size_t i = 0; i < in.len && in.ptr[i] != '='; i++) {
        if (octet_is(in.ptr[i], CLASS_BASE64)) {
            clean[len++] = in.ptr[i];
        }
    }
    if (len % 4 == 1) {
        len--;
    }
    while (len % 4 != 0) {
        clean[len++] = '=';
    }
    base64_decode(o, (struct span){clean, len});
}

bool imap_content_decode(struct scratch *scratch, const struct mime_part *part, struct span *out)
{
    struct span encoding = part->encoding;
    struct out o;
    bool inner = span_is(part->type.type, "multipart") || part->children != NULL;
    if (inner || encoding.len == 0 || span_is(encoding, "7bit") || span_is(encoding, "8bit") ||
        span_is(encoding, "binary")) {
        *out = part->body;
        return true;
    }
    out_init(&o, scratch_take(scratch, part->body.len + 4), part->body.len + 4);
    if (span_is(encoding, "quoted-printable")) {
        decode_quoted_printable(&o, part->body);
    } else if (span_is(encoding, "base64")) {
        decode_base64(scratch, &o, part->body);
    } else {
        return false;
    }
    *out = out_span(&o);
    return true;
}

static struct span charset_of(struct scratch *scratch, const struct mime_part *part)
{
    const struct mime_param *param = mime_param_find(part->type.params, "charset");
    if (param == NULL) {
        return (struct span){0};
    }
    struct out o;
    out_init(&o, scratch_take(scratch, param->value.len + 1), param->value.len + 1);
    message_plain_text(&o, param->value);
    return out_span(&o);
}

bool imap_content_text(struct scratch *scratch, const struct mime_part *part, struct span *out)
{
    struct span octets = part->body;
    if (!imap_content_decode(scratch, part, &octets)) {
        return false;
    }
    *out = text_to_utf8(scratch, charset_of(scratch, part), octets);
    return true;
}
