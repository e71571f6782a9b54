/* SPDX-License-Identifier: MIT */
#include "parsers/message/mime.h"

/* A lenient parse of a field's value whose nodes go to the tree's arena. */
static struct parse value_parse(const struct parse *p, struct span value)
{
    struct parse out;
    parse_init(&out, value, 0, p->arena);
    out.quirks = QUIRKS_ALL;
    return out;
}

static struct span unbroken(struct span value)
{
    while (value.len > 0 && (value.ptr[0] == ' ' || value.ptr[0] == '\t')) {
        value = span_from(value, 1);
    }
    while (value.len > 0 && (value.ptr[value.len - 1] == ' ' || value.ptr[value.len - 1] == '\t')) {
        value.len--;
    }
    return value;
}

/* What one field says about its part. What cannot be read counts as not given, but what was read of
   the parameters before the fault stays. */
static bool read_field(struct parse *p, const struct message_field *field, struct mime_part *part)
{
    struct parse value = value_parse(p, field->value);
    enum parse_rc rc = PARSE_OK;
    if (span_is(field->name, "Content-Type") && !part->type_given) {
        struct mime_value type;
        rc = message_parse_content_type(&value, &type);
        if (type.subtype.len > 0) {
            part->type = type;
            part->type_given = true;
        }
    } else if (span_is(field->name, "Content-Disposition")) {
        rc = message_parse_content_disposition(&value, &part->disposition);
    } else if (span_is(field->name, "Content-Transfer-Encoding")) {
        rc = message_parse_content_transfer_encoding(&value, &part->encoding);
    } else if (span_is(field->name, "Content-ID")) {
        part->id = unbroken(field->value);
    } else if (span_is(field->name, "Content-Description")) {
        part->description = unbroken(field->value);
    } else if (span_is(field->name, "Content-Language")) {
        part->language = unbroken(field->value);
    } else if (span_is(field->name, "Content-Location")) {
        part->location = unbroken(field->value);
    } else if (span_is(field->name, "Content-MD5")) {
        part->md5 = unbroken(field->value);
    }
    if (rc != PARSE_OK && value.err.rule == RULE_LIMIT_ARENA) {
        p->err = value.err;
        return false;
    }
    return true;
}

/* RFC 2046 section 5.1.1: dash-boundary := "--" boundary; close-delimiter := delimiter "--". What
   follows on the line is padding or, for a longer boundary, another one. */
enum delimiter { DELIMITER_NONE, DELIMITER_PART, DELIMITER_CLOSE };

static enum delimiter delimiter_of(struct span line, struct span boundary)
{
    if (line.len < boundary.len + 2 || line.ptr[0] != '-' || line.ptr[1] != '-' ||
        !span_equal(span_sub(line, 2, boundary.len), boundary)) {
        return DELIMITER_NONE;
    }
    struct span rest = span_from(line, boundary.len + 2);
    bool close = rest.len >= 2 && rest.ptr[0] == '-' && rest.ptr[1] == '-';
    for (size_t i = close ? 2 : 0; i < rest.len; i++) {
        uint8_t octet = rest.ptr[i];
        if (octet != ' ' && octet != '\t' && octet != '\r' && octet != '\n') {
            return DELIMITER_NONE;
        }
    }
    return close ? DELIMITER_CLOSE : DELIMITER_PART;
}

/* The next part of a multipart's body. pos goes from line to line; the first call passes over the
   preamble. */
struct walk {
    struct span body;
    struct span boundary;
    size_t pos;
    bool inside; /* a delimiter was seen */
    bool closed;
};

static bool walk_next(struct walk *w, struct span *out)
{
    size_t start = w->pos;
    bool inside = w->inside;
    while (w->pos < w->body.len && !w->closed) {
        size_t line = w->pos;
        struct span rest = span_from(w->body, line);
        const uint8_t *lf = memchr(rest.ptr, '\n', rest.len);
        size_t len = lf == NULL ? rest.len : (size_t)(lf - rest.ptr) + 1;
        w->pos += len;
        enum delimiter kind = delimiter_of(span_sub(rest, 0, len), w->boundary);
        if (kind == DELIMITER_NONE) {
            continue;
        }
        w->closed = kind == DELIMITER_CLOSE;
        if (inside) {
            /* The line end before a delimiter belongs to it. */
            size_t end = line;
            end -= end > start && w->body.ptr[end - 1] == '\n' ? 1 : 0;
            end -= end > start && end < line && w->body.ptr[end - 1] == '\r' ? 1 : 0;
            *out = span_sub(w->body, start, end - start);
            return true;
        }
        inside = !w->closed;
        w->inside = inside;
        start = w->pos;
    }
    if (inside && !w->closed && start < w->body.len) {
        *out = span_from(w->body, start);
        w->inside = false;
        return true;
    }
    return false;
}

/* The boundary parameter as octets: without quotes and quoted-pairs. */
static bool boundary_of(struct parse *p, const struct mime_part *part, struct span *out)
{
    const struct mime_param *param = mime_param_find(part->type.params, "boundary");
    if (param == NULL || param->value.len == 0) {
        return false;
    }
    uint8_t *text = parse_take(p, param->value.len);
    struct out o;
    out_init(&o, text, text == NULL ? 0 : param->value.len);
    if (text != NULL) {
        message_plain_text(&o, param->value);
    }
    *out = out_span(&o);
    return out->len > 0;
}

static enum parse_rc parse_part(struct parse *p, struct span octets, bool digest,
                                struct mime_part **out);

static enum parse_rc parse_children(struct parse *p, struct mime_part *part)
{
    struct walk walk = {.body = part->body};
    struct mime_part **tail = &part->children;
    bool digest = span_is(part->type.subtype, "digest");
    struct span octets;
    if (!boundary_of(p, part, &walk.boundary)) {
        return p->err.rule == RULE_LIMIT_ARENA ? PARSE_BAD : PARSE_OK;
    }
    while (walk_next(&walk, &octets)) {
        enum parse_rc rc = parse_part(p, octets, digest, tail);
        if (rc != PARSE_OK) {
            return rc;
        }
        tail = &(*tail)->next;
    }
    part->closed = walk.closed;
    return PARSE_OK;
}

/* RFC 2046 section 5.2.1: no encoding other than "7bit", "8bit" or "binary" for message/rfc822. */
static bool is_identity(struct span encoding)
{
    return encoding.len == 0 || span_is(encoding, "7bit") || span_is(encoding, "8bit") ||
           span_is(encoding, "binary");
}

static enum parse_rc parse_inside(struct parse *p, struct mime_part *part)
{
    enum parse_rc rc = parse_enter(p);
    if (rc != PARSE_OK) {
        return rc;
    }
    if (span_is(part->type.type, "multipart")) {
        rc = parse_children(p, part);
    } else if ((mime_part_is(part, "message", "rfc822") ||
                mime_part_is(part, "message", "global")) &&
               is_identity(part->encoding)) {
        rc = parse_part(p, part->body, false, &part->children);
    }
    parse_leave(p);
    return rc;
}

/* NOLINTNEXTLINE(misc-no-recursion): each level spends depth. */
static enum parse_rc parse_part(struct parse *p, struct span octets, bool digest,
                                struct mime_part **out)
{
    struct mime_part *part = parse_take(p, sizeof *part);
    *out = part;
    if (part == NULL) {
        return PARSE_BAD;
    }
    /* RFC 2045 section 5.2, RFC 2046 section 5.1.5: the default types. */
    part->type.type = digest ? SPAN_LIT("message") : SPAN_LIT("text");
    part->type.subtype = digest ? SPAN_LIT("rfc822") : SPAN_LIT("plain");
    part->header = message_header(octets);
    part->body = span_from(octets, part->header.len);
    part->lines = message_lines(part->body);
    struct span rest = octets;
    struct message_field field;
    while (message_header_next(&rest, &field)) {
        if (!read_field(p, &field, part)) {
            return PARSE_BAD;
        }
    }
    return parse_inside(p, part);
}

enum parse_rc mime_parse_structure(struct parse *p, struct mime_part **out)
{
    enum parse_rc rc = parse_part(p, p->in, false, out);
    p->pos = rc == PARSE_OK ? p->in.len : p->pos;
    return rc;
}
