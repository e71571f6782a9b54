/* SPDX-License-Identifier: MIT */
/* The items of a FETCH response against one another: what the header, the structure and the size of
   a message say of the same octets. */
#include "session/imap_judge.h"

uint64_t imap_string_size(const struct imap_string *string)
{
    if (string->form == IMAP_LITERAL) {
        return string->count;
    }
    struct out out;
    out_init(&out, NULL, 0);
    imap_string_decode(string, &out);
    return out.len;
}

static uint32_t string_hash(const struct imap_string *string)
{
    uint8_t text[256];
    struct out out;
    if (string->form != IMAP_NIL && !string->escaped) {
        return imap_hash(span_sub(string->text, 0, sizeof text));
    }
    out_init(&out, text, sizeof text);
    imap_string_decode(string, &out);
    return imap_hash(out_span(&out));
}

static uint32_t mix(uint32_t hash, uint32_t more)
{
    return (hash ^ more) * 16777619U;
}

static uint32_t addresses_hash(uint32_t hash, const struct imap_addresses *list)
{
    hash = mix(hash, (uint32_t)list->count);
    for (const struct imap_address *a = list->first; a != NULL; a = a->next) {
        hash = mix(mix(hash, string_hash(&a->mailbox)), string_hash(&a->host));
        hash = mix(hash, string_hash(&a->name));
    }
    return hash;
}

static uint32_t envelope_hash(const struct imap_envelope *e)
{
    const struct imap_string *strings[] = {&e->date, &e->subject, &e->in_reply_to, &e->message_id};
    const struct imap_addresses *lists[] = {&e->from, &e->sender, &e->reply_to,
                                            &e->to,   &e->cc,     &e->bcc};
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        hash = mix(hash, string_hash(strings[i]));
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        hash = addresses_hash(hash, lists[i]);
    }
    return hash == 0 ? 1 : hash;
}

/* One part without those in it: what BODY and BODYSTRUCTURE both have. Case says nothing in types.
 */
static uint32_t part_hash(uint32_t hash, const struct imap_body *part)
{
    hash = mix(mix(hash, part->kind), (uint32_t)part->part_count);
    hash = mix(mix(hash, imap_name_hash(part->type.text)), imap_name_hash(part->subtype.text));
    if (part->kind == IMAP_BODY_MULTIPART) {
        return hash;
    }
    hash = mix(mix(hash, string_hash(&part->id)), imap_name_hash(part->encoding.text));
    return mix(mix(hash, (uint32_t)part->octets.value), (uint32_t)part->lines.value);
}

enum { MOST_DEPTH = 32 };

/* A tree, gone over with a stack of its own. */
static uint32_t body_hash(const struct imap_body *body)
{
    const struct imap_body *next[MOST_DEPTH] = {NULL};
    size_t depth = 0;
    uint32_t hash = 2166136261U;
    const struct imap_body *part = body;
    while (part != NULL || depth > 0) {
        if (part == NULL) {
            part = next[--depth];
            continue;
        }
        hash = part_hash(mix(hash, (uint32_t)depth), part);
        if (part->parts != NULL && depth < MOST_DEPTH) {
            next[depth++] = part == body ? NULL : part->next;
            part = part->parts;
        } else {
            part = part == body ? NULL : part->next;
        }
    }
    return hash == 0 ? 1 : hash;
}

/* RFC 9051 section 6.4.5.1: the part that a section names, or NULL. */
static const struct imap_body *find_part(const struct imap_body *body, struct span path)
{
    uint64_t number = 0;
    const struct imap_body *at = body;
    bool inside = true; /* at is a body whose parts are numbered, not yet one that has a number */
    while (at != NULL && imap_part_next(&path, &number)) {
        if (!inside) {
            at = at->kind == IMAP_BODY_MESSAGE     ? at->parts
                 : at->kind == IMAP_BODY_MULTIPART ? at
                                                   : NULL;
        }
        if (at != NULL && at->kind == IMAP_BODY_MULTIPART) {
            at = at->parts;
            for (uint64_t i = 1; at != NULL && i < number; i++) {
                at = at->next;
            }
        } else if (number != 1) {
            at = NULL;
        }
        inside = false;
    }
    return inside ? NULL : at;
}

/* Lines that end in CRLF; UINT64_MAX where they cannot be counted. */
static uint64_t count_lines(const struct imap_string *data)
{
    uint64_t lines = 0;
    struct span text = data->text;
    if (data->form != IMAP_LITERAL || data->count != text.len || text.len == 0 ||
        text.ptr[text.len - 1] != '\n') {
        return UINT64_MAX;
    }
    for (size_t i = 0; i < text.len; i++) {
        lines += text.ptr[i] == '\n';
    }
    return lines;
}

static void judge_part(const struct imap_judge *j, const struct imap_body *body,
                       const struct imap_fetch_section *section)
{
    bool whole = section->section.text == IMAP_SECTION_ALL && !section->origin.present &&
                 section->section.part.len > 0 && section->data.form != IMAP_NIL;
    const struct imap_body *part = whole ? find_part(body, section->section.part) : NULL;
    if (part == NULL || part->kind == IMAP_BODY_MULTIPART) {
        return;
    }
    uint64_t lines = count_lines(&section->data);
    if (part->octets.value != imap_string_size(&section->data)) {
        imap_report(j, RULE_IMAP_PART_OCTETS, "as many octets as the body structure says");
    } else if (part->kind == IMAP_BODY_TEXT && lines != UINT64_MAX && part->lines.value != lines) {
        imap_report(j, RULE_IMAP_PART_LINES, "as many lines as the body structure says");
    }
}

/* The name of a header field at the beginning of a line; empty where there is none. */
static struct span field_name(struct span line)
{
    size_t len = 0;
    while (len < line.len && line.ptr[len] > ' ' && line.ptr[len] != ':') {
        len++;
    }
    return len < line.len && line.ptr[len] != '\r' && line.ptr[len] != '\n' ? span_sub(line, 0, len)
                                                                            : (struct span){0};
}

static bool is_listed(const struct imap_strings *names, struct span name)
{
    for (const struct imap_string_list *n = names->first; n != NULL; n = n->next) {
        if (imap_string_is(&n->value, name)) {
            return true;
        }
    }
    return false;
}

/* RFC 3501 section 6.4.5: a subset of the header has only fields that were, or were not, named. */
static void judge_fields(const struct imap_judge *j, const struct imap_fetch_section *section)
{
    bool listed = section->section.text == IMAP_SECTION_HEADER_FIELDS;
    struct span rest = section->data.text;
    if ((!listed && section->section.text != IMAP_SECTION_HEADER_FIELDS_NOT) ||
        section->origin.present || section->data.form != IMAP_LITERAL) {
        return;
    }
    while (rest.len > 0) {
        struct span name = field_name(rest);
        if (name.len > 0 && is_listed(&section->section.headers, name) != listed) {
            imap_report(j, RULE_IMAP_FETCH_FIELDS,
                        listed ? "only the fields that were named"
                               : "none of the fields that were named");
            return;
        }
        const uint8_t *lf = memchr(rest.ptr, '\n', rest.len);
        rest = span_from(rest, lf == NULL ? rest.len : (size_t)(lf - rest.ptr) + 1);
    }
}

/* RFC 3501 section 7.4.2: Sender and Reply-To take the place of what is not there. */
static void judge_envelope(const struct imap_judge *j, const struct imap_envelope *e)
{
    if (e->from.first != NULL && (e->sender.first == NULL || e->reply_to.first == NULL)) {
        imap_report(j, RULE_IMAP_ENVELOPE_DEFAULT, "sender and reply-to, taken from from");
    }
}

/* A value that never changes: compared with what was seen before. */
void imap_judge_static(const struct imap_judge *j, uint32_t *known, uint32_t now)
{
    if (*known != 0 && *known != now) {
        imap_report(j, RULE_IMAP_FETCH_STATIC, "the value that the message had before");
    }
    *known = now;
}

/* Header and text, where both came, are the whole message. */
static void judge_sum(const struct imap_judge *j, const struct imap_message *message)
{
    uint64_t header = UINT64_MAX;
    uint64_t text = UINT64_MAX;
    for (const struct imap_fetch_item *i = j->r->as.fetch.first; i != NULL; i = i->next) {
        const struct imap_fetch_section *s = i->as.section;
        bool section = i->kind == IMAP_FETCH_BODY_SECTION && s->section.part.len == 0 &&
                       !s->origin.present && s->data.form != IMAP_NIL;
        if (i->kind == IMAP_FETCH_RFC822_HEADER ||
            (section && s->section.text == IMAP_SECTION_HEADER)) {
            header = imap_string_size(&s->data);
        } else if (i->kind == IMAP_FETCH_RFC822_TEXT ||
                   (section && s->section.text == IMAP_SECTION_TEXT)) {
            text = imap_string_size(&s->data);
        }
    }
    if (header != UINT64_MAX && text != UINT64_MAX && message != NULL &&
        (message->flags & IMAP_MESSAGE_SIZE) != 0 && header + text != message->size) {
        imap_report(j, RULE_IMAP_FETCH_SIZE,
                    "header and text of as many octets as RFC822.SIZE says");
    }
}

void imap_judge_content(const struct imap_judge *j, struct imap_message *message)
{
    const struct imap_fetch *fetch = &j->r->as.fetch;
    const struct imap_body *body = NULL;
    for (const struct imap_fetch_item *i = fetch->first; i != NULL; i = i->next) {
        if (i->kind == IMAP_FETCH_ENVELOPE) {
            judge_envelope(j, i->as.envelope);
        }
        if (i->kind == IMAP_FETCH_ENVELOPE && message != NULL) {
            imap_judge_static(j, &message->envelope, envelope_hash(i->as.envelope));
        }
        if (i->kind == IMAP_FETCH_BODY || i->kind == IMAP_FETCH_BODYSTRUCTURE) {
            body = i->as.body;
        }
    }
    if (body != NULL && message != NULL) {
        imap_judge_static(j, &message->structure, body_hash(body));
    }
    for (const struct imap_fetch_item *i = fetch->first; i != NULL; i = i->next) {
        if (i->kind == IMAP_FETCH_BODY_SECTION) {
            judge_fields(j, i->as.section);
        }
        if (i->kind == IMAP_FETCH_BODY_SECTION && body != NULL) {
            judge_part(j, body, i->as.section);
        }
    }
    judge_sum(j, message);
}
