/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/expand.h"

#include <stdlib.h>

#include "scenarios/engine/words.h"

enum { REPEAT_MAX = 64 * 1024 * 1024 };

static void add_value(struct bytes *out, struct span value, enum expand_mode mode)
{
    for (size_t i = 0; i < value.len && mode != EXPAND_PLAIN; i++) {
        uint8_t c = value.ptr[i];
        if (mode == EXPAND_TEMPLATE && c == '|') {
            bytes_add_text(out, "\\|");
        } else if (mode == EXPAND_QUOTED && (c == '"' || c == '\\')) {
            bytes_add_text(out, "\\");
            bytes_add(out, (struct span){&c, 1});
        } else if (mode == EXPAND_QUOTED && (c == '\r' || c == '\n' || c == '\0')) {
            bytes_add_text(out, c == '\r' ? "\\r" : c == '\n' ? "\\n" : "\\0");
        } else {
            bytes_add(out, (struct span){&c, 1});
        }
    }
    if (mode == EXPAND_PLAIN) {
        bytes_add(out, value);
    }
}

/* repeat "x" 998 */
static bool do_repeat(struct expansion *e, const struct word *w, struct bytes *out)
{
    if (words_count(w) != 3) {
        return false;
    }
    size_t count = strtoul(w->next->next->text, NULL, 10);
    struct span unit = span_text(w->next->text);
    (void)e;
    if (unit.len == 0 || count > REPEAT_MAX / unit.len) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bytes_add(out, unit);
    }
    return true;
}

static bool value_of(struct expansion *e, struct span name, struct bytes *out)
{
    unsigned bad = 0;
    struct span inner = name;
    /* A parameter may stand inside: ${repeat "x" ${n}}. */
    struct bytes nested = {0};
    for (size_t i = 0; i + 1 < name.len; i++) {
        if (name.ptr[i] == '$' && name.ptr[i + 1] == '{') {
            if (!expand(e, name, EXPAND_PLAIN, &nested)) {
                bytes_fini(&nested);
                return false;
            }
            inner = bytes_span(&nested);
            break;
        }
    }
    struct word *w = words_split(e->pool, inner, 0, &bad);
    char *text = pool_text(e->pool, inner);
    bytes_fini(&nested);
    if (w != NULL && w->next != NULL && strcmp(w->text, "repeat") == 0) {
        return do_repeat(e, w, out);
    }
    return w != NULL && e->lookup(e->context, text, out);
}

static size_t close_brace(struct span text, size_t pos)
{
    unsigned depth = 1;
    bool quoted = false;
    for (; pos < text.len; pos++) {
        uint8_t c = text.ptr[pos];
        quoted = c == '"' ? !quoted : quoted;
        if (quoted) {
            continue;
        }
        depth += c == '{' ? 1 : 0;
        depth -= c == '}' ? 1 : 0;
        if (depth == 0) {
            return pos;
        }
    }
    return text.len;
}

bool expand(struct expansion *e, struct span text, enum expand_mode mode, struct bytes *out)
{
    size_t pos = 0;
    while (pos < text.len) {
        size_t start = pos;
        while (pos < text.len && text.ptr[pos] != '$') {
            pos++;
        }
        bytes_add(out, span_sub(text, start, pos - start));
        if (pos + 2 < text.len && text.ptr[pos + 1] == '$' && text.ptr[pos + 2] == '{') {
            bytes_add_text(out, "${");
            pos += 3;
            continue;
        }
        if (pos + 1 >= text.len || text.ptr[pos + 1] != '{') {
            bytes_add(out, span_sub(text, pos, 1));
            pos++;
            continue;
        }
        size_t end = close_brace(text, pos + 2);
        struct bytes value = {0};
        struct span name = span_sub(text, pos + 2, end - pos - 2);
        if (mode == EXPAND_QUOTED) {
            name = text_unescape(e->pool, name); /* ${repeat \"x\" 9} inside "…" */
        }
        bool ok = end < text.len && value_of(e, name, &value);
        if (ok) {
            add_value(out, bytes_span(&value), mode);
        }
        bytes_fini(&value);
        if (!ok) {
            if (e->unbound == NULL) {
                e->unbound = pool_text(e->pool, name);
                e->unbound_pos = pos;
            }
            return false;
        }
        pos = end + 1;
    }
    return true;
}

char *expand_text(struct expansion *e, const char *text, enum expand_mode mode)
{
    struct bytes out = {0};
    char *result =
        expand(e, span_text(text), mode, &out) ? pool_text(e->pool, bytes_span(&out)) : NULL;
    bytes_fini(&out);
    return result;
}
