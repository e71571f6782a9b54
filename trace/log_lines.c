/* SPDX-License-Identifier: MIT */
/* The lines of a log as it was pasted: quoted with ">", indented, with "^M" for CR. */
#include "trace/log.h"

static bool is_blank_octet(uint8_t octet)
{
    return octet == ' ' || octet == '\t';
}

static size_t indent_of(struct span line)
{
    size_t pos = 0;
    while (pos < line.len && is_blank_octet(line.ptr[pos])) {
        pos++;
    }
    return pos;
}

/* A line without its LF, CRLF or "^M"; moves pos to the next one. */
static bool take_line(struct span text, size_t *pos, struct span *line)
{
    if (*pos >= text.len) {
        return false;
    }
    const uint8_t *lf = memchr(text.ptr + *pos, '\n', text.len - *pos);
    size_t end = lf == NULL ? text.len : (size_t)(lf - text.ptr);
    *line = span_sub(text, *pos, end - *pos);
    *pos = end + 1;
    if (line->len > 0 && line->ptr[line->len - 1] == '\r') {
        line->len--;
    }
    if (line->len > 1 && line->ptr[line->len - 2] == '^' && line->ptr[line->len - 1] == 'M') {
        line->len -= 2;
    }
    return true;
}

/* Octets before the line proper, when all lines lose so many marks of quotation. */
static size_t skip_quotes(struct span line, unsigned quotes)
{
    size_t pos = 0;
    for (; quotes > 0; quotes--) {
        size_t mark = pos + indent_of(span_from(line, pos));
        if (mark >= line.len || line.ptr[mark] != '>') {
            break;
        }
        pos = mark + 1;
        pos += pos < line.len && line.ptr[pos] == ' ';
    }
    return pos;
}

/* Every line that is not blank is quoted once more than so often. */
static bool is_quoted(struct span text, unsigned quotes)
{
    size_t pos = 0;
    struct span line = {0};
    bool any = false;
    while (take_line(text, &pos, &line)) {
        struct span rest = span_from(line, skip_quotes(line, quotes));
        rest = span_from(rest, indent_of(rest));
        if (rest.len > 0 && rest.ptr[0] != '>') {
            return false;
        }
        any = any || rest.len > 0;
    }
    return any;
}

/* Blanks that every line that is not blank begins with. */
static size_t common_indent(struct span text, unsigned quotes)
{
    size_t pos = 0;
    struct span line = {0};
    size_t least = SIZE_MAX;
    while (least > 0 && take_line(text, &pos, &line)) {
        struct span rest = span_from(line, skip_quotes(line, quotes));
        size_t indent = indent_of(rest);
        if (indent < rest.len && indent < least) {
            least = indent;
        }
    }
    return least == SIZE_MAX ? 0 : least;
}

/* Octets up to the last "| " that all lines begin with, as containers' logs have it. */
static size_t common_name(struct span text)
{
    size_t pos = 0;
    struct span line = {0};
    struct span first = {0};
    size_t same = 0;
    bool any = false;
    while (take_line(text, &pos, &line)) {
        if (indent_of(line) == line.len) {
            continue;
        }
        size_t len = any ? (same < line.len ? same : line.len) : line.len;
        first = any ? first : line;
        any = true;
        for (same = 0; same < len && line.ptr[same] == first.ptr[same];) {
            same++;
        }
        if (same == 0) {
            return 0;
        }
    }
    while (same > 1 && !(first.ptr[same - 2] == '|' && first.ptr[same - 1] == ' ')) {
        same--;
    }
    return same > 1 ? same : 0;
}

void log_lines_init(struct log_lines *l, struct span text)
{
    enum { MOST_QUOTES = 4 };
    static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};
    *l = (struct log_lines){.text = text};
    if (text.len >= sizeof mark && memcmp(text.ptr, mark, sizeof mark) == 0) {
        l->pos = sizeof mark;
    }
    struct span rest = span_from(text, l->pos);
    while (l->quotes < MOST_QUOTES && is_quoted(rest, l->quotes)) {
        l->quotes++;
    }
    l->indent = common_name(rest);
    l->indent = l->indent > 0 ? l->indent : common_indent(rest, l->quotes);
}

bool log_lines_next(struct log_lines *l, struct span *line)
{
    if (!take_line(l->text, &l->pos, line)) {
        return false;
    }
    size_t skip = skip_quotes(*line, l->quotes);
    l->skipped = skip + l->indent < line->len ? skip + l->indent : line->len;
    *line = span_from(*line, l->skipped);
    return true;
}

struct span log_lines_peek(const struct log_lines *l)
{
    struct log_lines ahead = *l;
    struct span line = {0};
    (void)log_lines_next(&ahead, &line);
    return line;
}
