/* SPDX-License-Identifier: MIT */
/* FETCH PREVIEW (RFC 8970): the beginning of the first text, without markup. */
#include "parsers/core/utf8.h"
#include "server/imap.h"

enum { CHARACTERS_MAX = 200, OCTETS_MAX = CHARACTERS_MAX * 4 };

/* NOLINTNEXTLINE(misc-no-recursion): the tree's depth was limited when it was built. */
static const struct mime_part *first_text(const struct mime_part *part)
{
    const struct mime_part *found = NULL;
    for (const struct mime_part *c = part->children; c != NULL && found == NULL; c = c->next) {
        found = first_text(c);
    }
    bool leaf = part->children == NULL && span_is(part->type.type, "text") &&
                !span_is(part->disposition.type, "attachment");
    return found == NULL && leaf ? part : found;
}

static bool is_space(uint8_t octet)
{
    return octet <= ' ' || octet == 0x7f;
}

struct span imap_preview_of(struct imap_service *imap, const struct mime_part *root)
{
    const struct mime_part *part = first_text(root);
    struct span text;
    struct out o;
    size_t count = 0;
    size_t max = imap_has_fault(imap, FAULT_IMAP_PREVIEW_LONG) ? SIZE_MAX : CHARACTERS_MAX;
    bool space = false;
    if (part == NULL || !imap_content_text(&imap->scratch, part, &text) ||
        utf8_valid_len(text) != text.len) {
        return (struct span){0};
    }
    if (imap_has_fault(imap, FAULT_IMAP_PREVIEW_ENCODED)) {
        text = part->body;
    }
    bool html =
        span_is(part->type.subtype, "html") && !imap_has_fault(imap, FAULT_IMAP_PREVIEW_MARKUP);
    out_init(&o, scratch_take(&imap->scratch, text.len + OCTETS_MAX), text.len + OCTETS_MAX);
    for (size_t i = 0; i < text.len && count < max; i++) {
        uint8_t octet = text.ptr[i];
        while (html && octet == '<' && i + 1 < text.len && text.ptr[i] != '>') {
            i++;
        }
        if (is_space(octet) || (html && octet == '<')) {
            space = count > 0;
            continue;
        }
        bool first = (octet & 0xC0) != 0x80;
        if (space) {
            out_octet(&o, ' ');
            count++;
        }
        /* The octets behind the first one of a character come with it. */
        space = false;
        out_octet(&o, octet);
        while (first && i + 1 < text.len && (text.ptr[i + 1] & 0xC0) == 0x80) {
            out_octet(&o, text.ptr[++i]);
        }
        count++;
    }
    return out_span(&o);
}
