/* SPDX-License-Identifier: MIT */
/* What a web page, a mail or a debugger does to a line on its way here: code marks, escapes. It is
   taken back before a format looks at the line. */
#include "net/memory.h"
#include "trace/log.h"

/* How many DQUOTEs the line has; 0 where one of them has no backslash before it. */
static size_t escaped_quotes(struct span line)
{
    size_t count = 0;
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == '"') {
            if (i == 0 || line.ptr[i - 1] != '\\') {
                return 0;
            }
            count++;
        }
    }
    return count;
}

/* The flags of IMAP are what begins with a backslash: here it does so with two, or with one. */
static void count_flags(struct span line, size_t *one, size_t *two)
{
    for (size_t i = 1; i + 2 < line.len; i++) {
        bool start = line.ptr[i] == '\\' && (line.ptr[i - 1] == '(' || line.ptr[i - 1] == ' ');
        if (start && octet_is(line.ptr[i + 1], CLASS_ALPHA)) {
            (*one)++;
        } else if (start && line.ptr[i + 1] == '\\' && octet_is(line.ptr[i + 2], CLASS_ALPHA)) {
            (*two)++;
        }
    }
}

void log_paste_learn(struct log_paste *paste, struct span text)
{
    enum { LOOK = 2000 };
    size_t one = 0;
    size_t two = 0;
    struct log_lines lines;
    struct span line = {0};
    log_lines_init(&lines, text);
    for (int i = 0; i < LOOK && log_lines_next(&lines, &line); i++) {
        paste->escapes = paste->escapes || escaped_quotes(line) > 1;
        count_flags(line, &one, &two);
    }
    struct span head = span_sub(text, 0, lines.pos);
    paste->doubled = two > 0 && one == 0;
    paste->entities =
        head.len > 0 && memchr(head.ptr, '<', head.len) == NULL &&
        (log_find(head, 0, "&quot;") != SIZE_MAX || log_find(head, 0, "&lt;") != SIZE_MAX);
}

void log_paste_fini(struct log_paste *paste)
{
    memory_free(paste->octets);
    paste->octets = NULL;
}

bool log_paste_is_fence(struct span line)
{
    size_t pos = 0;
    while (pos < line.len && (line.ptr[pos] == ' ' || line.ptr[pos] == '>')) {
        pos++;
    }
    struct span rest = span_sub(line, pos, 3);
    return span_equal(rest, SPAN_LIT("```")) || span_equal(rest, SPAN_LIT("~~~"));
}

/* Takes `…` off, as far as it stands on this line. */
static struct span strip_code_marks(struct span line)
{
    size_t start = 0;
    while (start < line.len && (line.ptr[start] == ' ' || line.ptr[start] == '\t')) {
        start++;
    }
    size_t marks = 0;
    for (size_t i = start; i < line.len; i++) {
        marks += line.ptr[i] == '`';
    }
    bool before = start < line.len && line.ptr[start] == '`';
    bool behind = marks > 0 && line.ptr[line.len - 1] == '`' && (before || marks % 2 == 1);
    while (behind && line.len > start && line.ptr[line.len - 1] == '`') {
        line.len--;
    }
    while (before && start < line.len && line.ptr[start] == '`') {
        start++;
    }
    return before ? span_from(line, start) : line;
}

/* What the entity at the front stands for; 0 where it is none. */
static uint8_t entity(struct span rest, size_t *len)
{
    static const struct {
        struct span text;
        uint8_t octet;
    } entities[] = {{SPAN_INIT("&lt;"), '<'},
                    {SPAN_INIT("&gt;"), '>'},
                    {SPAN_INIT("&quot;"), '"'},
                    {SPAN_INIT("&#39;"), '\''},
                    {SPAN_INIT("&amp;"), '&'}};
    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
        *len = entities[i].text.len;
        if (rest.len >= *len && span_equal(span_sub(rest, 0, *len), entities[i].text)) {
            return entities[i].octet;
        }
    }
    return 0;
}

static struct span rewrite(struct log_paste *paste, struct span line, bool escaped)
{
    if (paste->cap < line.len) {
        paste->octets = memory_resize(paste->octets, line.len, 1);
        paste->cap = line.len;
    }
    size_t len = 0;
    for (size_t i = 0; i < line.len; i++) {
        size_t skip = 0;
        uint8_t octet =
            paste->entities && line.ptr[i] == '&' ? entity(span_from(line, i), &skip) : 0;
        if (octet != 0) {
            i += skip - 1;
        } else {
            bool escape = line.ptr[i] == '\\' && i + 1 < line.len &&
                          (line.ptr[i + 1] == '\\' || (escaped && line.ptr[i + 1] == '"'));
            i += escape;
            octet = line.ptr[i];
        }
        paste->octets[len++] = octet;
    }
    return (struct span){paste->octets, len};
}

struct span log_paste_line(struct log_paste *paste, struct span line, bool escaping)
{
    if (line.len > 0 && (line.ptr[0] == '`' || line.ptr[line.len - 1] == '`')) {
        line = strip_code_marks(line);
    }
    if (escaping) {
        return line;
    }
    bool escaped = paste->escapes && escaped_quotes(line) > 1;
    bool two = paste->doubled && log_find(line, 0, "\\\\") != SIZE_MAX;
    return escaped || two || paste->entities ? rewrite(paste, line, escaped) : line;
}
