/* SPDX-License-Identifier: MIT */
/* What a web page, a mail or a debugger does to a line on its way here: code marks, escapes. It is
   taken back before a format looks at the line. */
#include "net/memory.h"
#include "trace/log.h"

#include <string.h>

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

void log_paste_fini(struct log_paste *paste)
{
    memory_free(paste->octets);
    memory_free(paste->text);
    paste->octets = NULL;
    paste->text = NULL;
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

static struct span blanks_cut(struct span line)
{
    while (line.len > 0 && line.ptr[line.len - 1] == ' ') {
        line.len--;
    }
    return line;
}

/* Behind the bullet of a list whose items are code: "- `C: a NOOP`". */
static struct span without_bullet(struct span line)
{
    bool bullet = line.len > 4 && (line.ptr[0] == '-' || line.ptr[0] == '*') &&
                  line.ptr[1] == ' ' && line.ptr[2] == '`' && line.ptr[line.len - 1] == '`';
    return bullet ? span_from(line, 2) : line;
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

/* Takes **…** off, as far as it stands on this line: somebody's emphasis. */
static struct span strip_emphasis(struct span line)
{
    size_t marks = 0;
    if (line.len < 2 || (line.ptr[1] != '*' && line.ptr[line.len - 1] != '*')) {
        return line;
    }
    for (size_t i = 0; i + 1 < line.len; i++) {
        bool mark = line.ptr[i] == '*' && line.ptr[i + 1] == '*';
        marks += mark;
        i += mark;
    }
    bool before = marks > 0 && line.len > 3 && line.ptr[0] == '*' && line.ptr[1] == '*' &&
                  line.ptr[2] != '*' && line.ptr[2] != ' ';
    bool behind = marks > 0 && line.len > 3 && line.ptr[line.len - 1] == '*' &&
                  line.ptr[line.len - 2] == '*' && line.ptr[line.len - 3] != '*' &&
                  line.ptr[line.len - 3] != ' ' && (before || marks == 1);
    line.len -= behind ? 2 : 0;
    return before ? span_from(line, 2) : line;
}

/* The length of the line without the <br> of HTML. */
static size_t before_break(struct span line)
{
    static const struct span breaks[] = {SPAN_INIT("<br>"), SPAN_INIT("<br/>"),
                                         SPAN_INIT("<br />")};
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        size_t len = breaks[i].len;
        if (line.len >= len && span_equal_nocase(span_from(line, line.len - len), breaks[i])) {
            return line.len - len;
        }
    }
    return line.len;
}

/* The line has "<" that does not begin a <br>. */
static bool has_angle(struct span line)
{
    line.len = before_break(line);
    return line.len > 0 && memchr(line.ptr, '<', line.len) != NULL;
}

/* "FROM:`<" or "FROM:\<": the path was marked as code, or its brackets escaped. */
static bool has_marked_path(struct span line)
{
    for (size_t pos = 0; pos + 3 < line.len; pos++) {
        const uint8_t *colon = memchr(line.ptr + pos, ':', line.len - pos - 3);
        if (colon == NULL) {
            return false;
        }
        pos = (size_t)(colon - line.ptr);
        size_t at = pos + 1 + (line.ptr[pos + 1] == ' ');
        if ((line.ptr[at] == '`' || line.ptr[at] == '\\') && line.ptr[at + 1] == '<') {
            return true;
        }
    }
    return false;
}

void log_paste_learn(struct log_paste *paste, struct span text)
{
    enum { LOOK = 2000 };
    size_t one = 0;
    size_t two = 0;
    bool angles = false;
    bool entities = false;
    size_t broken = 0;
    size_t filled = 0;
    struct log_lines lines;
    struct span line = {0};
    log_lines_init(&lines, text);
    for (int i = 0; i < LOOK && log_lines_next(&lines, &line); i++) {
        paste->escapes = paste->escapes || escaped_quotes(line) > 1;
        count_flags(line, &one, &two);
        angles = angles || has_angle(line);
        paste->angles = paste->angles || has_marked_path(line);
        size_t len = blanks_cut(line).len;
        broken += len > 0 && line.ptr[len - 1] == '\\';
        filled += len > 0;
        entities = entities || log_find(line, 0, "&quot;") != SIZE_MAX ||
                   log_find(line, 0, "&lt;") != SIZE_MAX || log_find(line, 0, "&gt;") != SIZE_MAX;
    }
    paste->doubled = two > 0 && one == 0;
    paste->breaks = broken > 2 && 2 * broken > filled;
    paste->entities = entities && !angles;
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

static void make_room(struct log_paste *paste, size_t len)
{
    if (paste->cap < len) {
        paste->octets = memory_resize(paste->octets, len, 1);
        paste->cap = len;
    }
}

/* "MAIL FROM:`<a@b>`", "MAIL FROM:\<a@b\>": without what stands at the brackets. */
static struct span bare_angles(struct log_paste *paste, struct span line)
{
    make_room(paste, line.len);
    size_t len = 0;
    for (size_t i = 0; i < line.len; i++) {
        uint8_t next = i + 1 < line.len ? line.ptr[i + 1] : 0;
        bool mark = (line.ptr[i] == '`' && (next == '<' || (i > 0 && line.ptr[i - 1] == '>'))) ||
                    (line.ptr[i] == '\\' && (next == '<' || next == '>'));
        if (!mark) {
            paste->octets[len++] = line.ptr[i];
        }
    }
    return (struct span){paste->octets, len};
}

/* "**C:** EHLO x": without the emphasis of the mark. */
static struct span bare_mark(struct log_paste *paste, struct span line)
{
    enum { LONGEST = 20 };
    size_t end = log_find(span_sub(line, 0, LONGEST), 2, "**");
    if (end == SIZE_MAX || end == 2 || line.ptr[2] == ' ' || line.ptr[2] == '*') {
        return line;
    }
    make_room(paste, line.len);
    memcpy(paste->octets, line.ptr + 2, end - 2);
    memcpy(paste->octets + end - 2, line.ptr + end + 2, line.len - end - 2);
    return (struct span){paste->octets, line.len - 4};
}

static struct span rewrite(struct log_paste *paste, struct span line, bool escaped)
{
    make_room(paste, line.len);
    size_t len = 0;
    for (size_t i = 0; i < line.len; i++) {
        bool escape = line.ptr[i] == '\\' && i + 1 < line.len &&
                      (line.ptr[i + 1] == '\\' || (escaped && line.ptr[i + 1] == '"'));
        i += escape;
        paste->octets[len++] = line.ptr[i];
    }
    return (struct span){paste->octets, len};
}

struct span log_paste_text(struct log_paste *paste, struct span text)
{
    if (!paste->entities) {
        return text;
    }
    size_t len = 0;
    paste->text = memory_alloc(text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        size_t skip = 0;
        uint8_t octet = text.ptr[i] == '&' ? entity(span_from(text, i), &skip) : 0;
        i += octet != 0 ? skip - 1 : 0;
        paste->text[len++] = octet != 0 ? octet : text.ptr[i];
    }
    return (struct span){paste->text, len};
}

struct span log_paste_line(struct log_paste *paste, struct span line, bool escaping)
{
    if (line.len > 0 && (line.ptr[0] == '`' || line.ptr[line.len - 1] == '`')) {
        line = strip_code_marks(without_bullet(line));
    }
    line.len = before_break(line);
    if (paste->breaks && line.len > 0 && line.ptr[line.len - 1] == '\\') {
        line.len--;
    }
    line = line.len > 4 && line.ptr[0] == '*' && line.ptr[1] == '*' ? bare_mark(paste, line) : line;
    line = strip_emphasis(line);
    line = paste->angles && !escaping ? bare_angles(paste, line) : line;
    if (escaping) {
        return line;
    }
    bool escaped = paste->escapes && escaped_quotes(line) > 1;
    bool two = paste->doubled && log_find(line, 0, "\\\\") != SIZE_MAX;
    return escaped || two ? rewrite(paste, line, escaped) : line;
}
