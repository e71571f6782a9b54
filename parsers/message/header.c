/* SPDX-License-Identifier: MIT */
#include "parsers/message/header.h"

#include "parsers/core/parse.h"
#include "parsers/message/lexer.h"

/* Octets of the first line, with its LF. */
static size_t line_len(struct span text)
{
    const uint8_t *lf = text.len == 0 ? NULL : memchr(text.ptr, '\n', text.len);
    return lf == NULL ? text.len : (size_t)(lf - text.ptr) + 1;
}

static bool is_empty_line(struct span text)
{
    return text.len > 0 &&
           (text.ptr[0] == '\n' || (text.len > 1 && text.ptr[0] == '\r' && text.ptr[1] == '\n'));
}

static struct span without_line_end(struct span text)
{
    text.len -= text.len > 0 && text.ptr[text.len - 1] == '\n' ? 1 : 0;
    text.len -= text.len > 0 && text.ptr[text.len - 1] == '\r' ? 1 : 0;
    return text;
}

bool message_header_next(struct span *rest, struct message_field *out)
{
    *out = (struct message_field){0};
    if (rest->len == 0 || is_empty_line(*rest)) {
        return false;
    }
    size_t end = line_len(*rest);
    while (end < rest->len && (rest->ptr[end] == ' ' || rest->ptr[end] == '\t')) {
        end += line_len(span_from(*rest, end));
    }
    out->whole = span_sub(*rest, 0, end);
    *rest = span_from(*rest, end);
    size_t name = 0;
    while (name < out->whole.len && octet_is(out->whole.ptr[name], CLASS_FTEXT)) {
        name++;
    }
    size_t colon = name;
    /* RFC 5322 section 4.5: obsolete fields may have white space before the colon. */
    while (colon < out->whole.len &&
           (out->whole.ptr[colon] == ' ' || out->whole.ptr[colon] == '\t')) {
        colon++;
    }
    if (name > 0 && colon < out->whole.len && out->whole.ptr[colon] == ':') {
        out->name = span_sub(out->whole, 0, name);
        out->value = without_line_end(span_from(out->whole, colon + 1));
        if (out->value.len > 0 && out->value.ptr[0] == ' ') {
            out->value = span_from(out->value, 1);
        }
    } else {
        out->value = without_line_end(out->whole);
    }
    return true;
}

bool message_field_find(struct span message, const char *name, struct message_field *out)
{
    while (message_header_next(&message, out)) {
        if (out->name.len > 0 && span_is(out->name, name)) {
            return true;
        }
    }
    *out = (struct message_field){0};
    return false;
}

struct span message_header(struct span message)
{
    struct span rest = message;
    struct message_field field;
    while (message_header_next(&rest, &field)) {
    }
    size_t len = message.len - rest.len;
    return span_sub(message, 0, len + (is_empty_line(rest) ? line_len(rest) : 0));
}

struct span message_body(struct span message)
{
    return span_from(message, message_header(message).len);
}

uint64_t message_lines(struct span octets)
{
    uint64_t count = 0;
    while (octets.len > 0) {
        size_t len = line_len(octets);
        count += octets.ptr[len - 1] == '\n' ? 1 : 0;
        octets = span_from(octets, len);
    }
    return count;
}

static bool is_space(uint8_t octet)
{
    return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

void message_unfold(struct out *o, struct span value)
{
    while (value.len > 0 && is_space(value.ptr[0])) {
        value = span_from(value, 1);
    }
    while (value.len > 0 && is_space(value.ptr[value.len - 1])) {
        value.len--;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] != '\r' && value.ptr[i] != '\n') {
            out_octet(o, value.ptr[i]);
        }
    }
}

/* The content of a quoted string: quoted-pairs opened, line ends of folding left out. */
static void put_quoted(struct out *o, struct span quoted)
{
    for (size_t i = 1; i + 1 < quoted.len; i++) {
        if (quoted.ptr[i] == '\\' && i + 2 < quoted.len) {
            i++;
        } else if (quoted.ptr[i] == '\r' || quoted.ptr[i] == '\n') {
            continue;
        }
        out_octet(o, quoted.ptr[i]);
    }
}

void message_plain_text(struct out *o, struct span value)
{
    struct parse p;
    parse_init(&p, value, 0, NULL);
    bool any = false;
    while (!parse_at_end(&p)) {
        size_t start = p.pos;
        struct span word;
        /* What cannot be read as a comment or a quoted string is taken as it stands. */
        if (message_skip_cfws(&p, NULL) != PARSE_OK) {
            p.pos = start;
        }
        if (any && p.pos > start && !parse_at_end(&p)) {
            out_octet(o, ' ');
        }
        start = p.pos;
        if (parse_at_end(&p)) {
            return;
        }
        any = true;
        if (message_parse_quoted_string(&p, &word) == PARSE_OK) {
            put_quoted(o, word);
        } else {
            p.pos = start + 1;
            out_octet(o, value.ptr[start]);
        }
    }
}
