/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/words.h"

#include <stdlib.h>

#include "parsers/core/ascii.h"

static unsigned hex_value(uint8_t c)
{
    return c <= '9' ? c - (unsigned)'0' : (octet_lower(c) - (unsigned)'a' + 10);
}

struct span text_unescape(struct pool *pool, struct span quoted)
{
    uint8_t *out = pool_take(pool, quoted.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < quoted.len; i++) {
        uint8_t c = quoted.ptr[i];
        if (c != '\\' || i + 1 >= quoted.len) {
            out[len++] = c;
            continue;
        }
        c = quoted.ptr[++i];
        switch (c) {
        case 'r':
            out[len++] = '\r';
            break;
        case 'n':
            out[len++] = '\n';
            break;
        case 't':
            out[len++] = '\t';
            break;
        case '0':
            out[len++] = '\0';
            break;
        case 'x':
            if (i + 2 < quoted.len && octet_is(quoted.ptr[i + 1], CLASS_HEXDIG) &&
                octet_is(quoted.ptr[i + 2], CLASS_HEXDIG)) {
                out[len++] =
                    (uint8_t)(hex_value(quoted.ptr[i + 1]) * 16 + hex_value(quoted.ptr[i + 2]));
                i += 2;
            }
            break;
        default:
            out[len++] = c;
            break;
        }
    }
    return (struct span){out, len};
}

/* The end of a word that begins at pos: blanks inside ${…}, $(…) and quotes do not end it. */
static size_t word_end(struct span t, size_t pos)
{
    unsigned depth = 0;
    while (pos < t.len) {
        uint8_t c = t.ptr[pos];
        if (c == '$' && pos + 1 < t.len && (t.ptr[pos + 1] == '{' || t.ptr[pos + 1] == '(')) {
            depth++;
            pos += 2;
            continue;
        }
        if (depth > 0 && (c == '}' || c == ')')) {
            depth--;
        } else if (depth == 0 && (c == ' ' || c == '\t')) {
            break;
        }
        pos++;
    }
    return pos;
}

struct word *words_split(struct pool *pool, struct span text, unsigned column, unsigned *bad)
{
    struct word *first = NULL;
    struct word **tail = &first;
    *bad = 0;
    size_t pos = 0;
    while (pos < text.len) {
        if (text.ptr[pos] == ' ' || text.ptr[pos] == '\t') {
            pos++;
            continue;
        }
        struct word *w = pool_take(pool, sizeof *w);
        w->column = column + (unsigned)pos;
        if (text.ptr[pos] == '"') {
            size_t end = pos + 1;
            while (end < text.len && text.ptr[end] != '"') {
                end += text.ptr[end] == '\\' ? 2 : 1;
            }
            if (end >= text.len) {
                *bad = w->column;
                return NULL;
            }
            struct span s = text_unescape(pool, span_sub(text, pos + 1, end - pos - 1));
            w->text = pool_text(pool, s);
            w->quoted = true;
            pos = end + 1;
        } else {
            size_t end = word_end(text, pos);
            w->text = pool_text(pool, span_sub(text, pos, end - pos));
            pos = end;
        }
        *tail = w;
        tail = &w->next;
    }
    return first;
}

size_t words_count(const struct word *words)
{
    size_t n = 0;
    for (; words != NULL; words = words->next) {
        n++;
    }
    return n;
}

bool time_parse(const char *text, uint64_t *out_ms)
{
    char *end = NULL;
    if (text == NULL || text[0] < '0' || text[0] > '9') {
        return false;
    }
    double value = strtod(text, &end);
    double unit = 1000;
    if (strcmp(end, "ms") == 0) {
        unit = 1;
    } else if (strcmp(end, "m") == 0) {
        unit = 60 * 1000;
    } else if (strcmp(end, "h") == 0) {
        unit = 3600 * 1000;
    } else if (strcmp(end, "s") != 0 && end[0] != '\0') {
        return false;
    }
    if (value > 1e6) {
        return false;
    }
    *out_ms = (uint64_t)(value * unit);
    return true;
}

bool protocol_by_name(const char *name, enum protocol *out)
{
    static const struct {
        const char *name;
        enum protocol protocol;
    } names[] = {{"smtp", PROTOCOL_SMTP},
                 {"submission", PROTOCOL_SUBMISSION},
                 {"lmtp", PROTOCOL_LMTP},
                 {"pop3", PROTOCOL_POP3},
                 {"imap", PROTOCOL_IMAP}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i].name) == 0) {
            *out = names[i].protocol;
            return true;
        }
    }
    return false;
}
