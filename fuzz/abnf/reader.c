/* SPDX-License-Identifier: MIT */
#include "fuzz/abnf/reader.h"

enum { MAX_NESTING = 40, MAX_EXCEPTIONS = 32 };

uint32_t reader_column(const struct reader *r)
{
    return (uint32_t)(r->pos - r->line_start + 1);
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(int c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

void reader_skip_line(struct reader *r)
{
    while (reader_peek(r) != -1 && reader_peek(r) != '\n') {
        r->pos++;
    }
}

void reader_next_line(struct reader *r)
{
    r->pos++;
    r->line++;
    r->line_start = r->pos;
}

/* The position of the line behind blank lines and comments, where it is indented and so goes on
   with the rule; else SIZE_MAX. */
static size_t continuation(const struct reader *r)
{
    size_t at = r->pos;
    while (at < r->text.len) {
        size_t line = ++at;
        while (at < r->text.len && (r->text.ptr[at] == ' ' || r->text.ptr[at] == '\t')) {
            at++;
        }
        int c = at < r->text.len ? r->text.ptr[at] : -1;
        bool comment = c == ';' && (at + 1 >= r->text.len || r->text.ptr[at + 1] != '!');
        if (c != '\n' && !comment) {
            return at > line && c != -1 ? line : SIZE_MAX;
        }
        while (at < r->text.len && r->text.ptr[at] != '\n') {
            at++;
        }
    }
    return SIZE_MAX;
}

void reader_skip_space(struct reader *r)
{
    for (;;) {
        int c = reader_peek(r);
        if (c == ' ' || c == '\t' || c == '\r') {
            r->pos++;
        } else if (c == ';' && (r->pos + 1 >= r->text.len || r->text.ptr[r->pos + 1] != '!')) {
            reader_skip_line(r);
        } else if (c == '\n' && continuation(r) != SIZE_MAX) {
            size_t line = continuation(r);
            while (r->pos < line) {
                if (reader_peek(r) == '\n') {
                    reader_next_line(r);
                } else {
                    r->pos++;
                }
            }
        } else {
            return;
        }
    }
}

struct span reader_name(struct reader *r)
{
    size_t start = r->pos;
    if (is_alpha(reader_peek(r))) {
        while (is_alpha(reader_peek(r)) || is_digit(reader_peek(r)) || reader_peek(r) == '-') {
            r->pos++;
        }
    }
    return (struct span){r->text.ptr + start, r->pos - start};
}

struct abnf_node *reader_node(struct reader *r, enum abnf_kind kind)
{
    struct abnf_node *node = arena_take(r->arena, sizeof *node);
    if (node == NULL) {
        return FAIL(r, "the grammar is larger than the memory set aside for it");
    }
    node->kind = kind;
    node->line = r->line;
    node->column = reader_column(r);
    return node;
}

bool reader_children(struct reader *r, struct abnf_node *node, struct abnf_node **list,
                     size_t count)
{
    node->children = arena_take(r->arena, (count + 1) * sizeof *list);
    if (node->children == NULL) {
        return FAIL(r, "the grammar is larger than the memory set aside for it");
    }
    for (size_t i = 0; i < count; i++) {
        node->children[i] = list[i];
    }
    node->count = count;
    return true;
}

static struct abnf_node *read_element(struct reader *r);

/* DQUOTE *(%x20-21 / %x23-7E) DQUOTE */
static struct abnf_node *read_text(struct reader *r, bool any_case)
{
    struct abnf_node *node = reader_node(r, ABNF_TEXT);
    size_t start = ++r->pos;
    while (reader_peek(r) != '"' && reader_peek(r) >= ' ' && reader_peek(r) <= '~') {
        r->pos++;
    }
    if (reader_peek(r) != '"') {
        return FAIL(r, "the text has no closing quote");
    }
    if (node != NULL) {
        node->text = (struct span){r->text.ptr + start, r->pos - start};
        node->any_case = any_case;
    }
    r->pos++;
    return node;
}

static int digit_value(int c, unsigned base)
{
    int value = is_digit(c) ? c - '0' : is_alpha(c) ? (c | 0x20) - 'a' + 10 : 99;
    return value < (int)base ? value : -1;
}

static bool read_octet(struct reader *r, unsigned base, uint8_t *out)
{
    unsigned value = 0;
    if (digit_value(reader_peek(r), base) < 0) {
        return FAIL(r, "a digit must stand here");
    }
    while (digit_value(reader_peek(r), base) >= 0 && value <= 255) {
        value = value * base + (unsigned)digit_value(reader_peek(r), base);
        r->pos++;
    }
    if (value > 255) {
        return FAIL(r, "the value is larger than an octet");
    }
    *out = (uint8_t)value;
    return true;
}

static void set_add(struct abnf_node *node, unsigned from, unsigned to)
{
    for (unsigned i = from; i <= to; i++) {
        node->octets[i / 64] |= (uint64_t)1 << i % 64;
    }
}

/* "%" and x, d or b: one octet, a range, or octets with "." between them; RFC 7405: %s and %i. */
static struct abnf_node *read_value(struct reader *r)
{
    struct abnf_node *node = reader_node(r, ABNF_TEXT);
    r->pos++;
    int kind = reader_peek(r) | 0x20;
    if (node == NULL) {
        return NULL;
    }
    if (kind != 'x' && kind != 'd' && kind != 'b' && kind != 's' && kind != 'i') {
        return FAIL(r, "behind %% stands x, d, b, s or i");
    }
    r->pos++;
    if (kind == 's' || kind == 'i') {
        return reader_peek(r) == '"' ? read_text(r, kind == 'i')
                                     : FAIL(r, "a quoted text must stand here");
    }
    unsigned base = kind == 'x' ? 16 : kind == 'd' ? 10 : 2;
    uint8_t octets[256];
    size_t count = 0;
    do {
        r->pos += count != 0;
        if (count == sizeof octets || !read_octet(r, base, &octets[count])) {
            return NULL;
        }
        count++;
    } while (reader_peek(r) == '.');
    if (count == 1 && reader_peek(r) == '-') {
        uint8_t end;
        r->pos++;
        if (!read_octet(r, base, &end)) {
            return NULL;
        }
        if (end < octets[0]) {
            return FAIL(r, "the range ends before it begins");
        }
        node->kind = ABNF_SET;
        set_add(node, octets[0], end);
        return node;
    }
    uint8_t *copy = arena_take(r->arena, count);
    if (copy == NULL) {
        return FAIL(r, "the grammar is larger than the memory set aside for it");
    }
    memcpy(copy, octets, count);
    node->text = (struct span){copy, count};
    return node;
}

static void skip_blanks(struct reader *r)
{
    while (reader_peek(r) == ' ' || reader_peek(r) == '\r' || reader_peek(r) == '\n') {
        if (reader_peek(r) == '\n') {
            reader_next_line(r);
        } else {
            r->pos++;
        }
    }
}

/* "any A except B, C and D", as the RFCs write it. A and the others are rules or texts. */
static struct abnf_node *read_except(struct reader *r)
{
    struct abnf_node *list[MAX_EXCEPTIONS];
    size_t count = 0;
    struct abnf_node *node = reader_node(r, ABNF_EXCEPT);
    r->pos += sizeof "<any" - 1;
    skip_blanks(r);
    while (node != NULL && reader_peek(r) != '>') {
        if (count == MAX_EXCEPTIONS || (!is_alpha(reader_peek(r)) && reader_peek(r) != '"')) {
            return FAIL(r, "a rule or a text must stand here");
        }
        list[count] = read_element(r);
        if (list[count++] == NULL) {
            return NULL;
        }
        skip_blanks(r);
        struct span word = count == 1 ? reader_name(r) : (struct span){NULL, 0};
        if (count == 1 && !span_is(word, "except")) {
            return FAIL(r, "\"except\" must stand here");
        }
        if (count > 1 && reader_peek(r) != '>') {
            size_t at = r->pos;
            if (reader_peek(r) == ',') {
                r->pos++;
            } else if (!span_is(reader_name(r), "and")) {
                r->pos = at;
                return FAIL(r, "\",\", \"and\" or \">\" must stand here");
            }
        }
        skip_blanks(r);
    }
    r->pos++;
    if (count < 2) {
        return FAIL(r, "what is excepted?");
    }
    return node != NULL && reader_children(r, node, list, count) ? node : NULL;
}

static struct abnf_node *read_prose(struct reader *r)
{
    if (span_starts_nocase(span_from(r->text, r->pos), SPAN_LIT("<any "))) {
        return read_except(r);
    }
    struct abnf_node *node = reader_node(r, ABNF_PROSE);
    size_t start = ++r->pos;
    while (reader_peek(r) != '>' && reader_peek(r) >= ' ' && reader_peek(r) <= '~') {
        r->pos++;
    }
    if (reader_peek(r) != '>') {
        return FAIL(r, "the prose has no closing \">\"");
    }
    if (node != NULL) {
        node->text = (struct span){r->text.ptr + start, r->pos - start};
    }
    r->pos++;
    return node;
}

static struct abnf_node *read_group(struct reader *r, char close)
{
    if (++r->depth > MAX_NESTING) {
        return FAIL(r, "groups are nested too deeply");
    }
    r->pos++;
    struct abnf_node *node = reader_alternation(r);
    if (node != NULL && reader_peek(r) != close) {
        return FAIL(r, "\"%c\" must stand here", close);
    }
    r->pos++;
    r->depth--;
    return node;
}

/* "[" … "]": *1 of what stands inside. */
static struct abnf_node *read_option(struct reader *r)
{
    struct abnf_node *node = reader_node(r, ABNF_REPEAT);
    struct abnf_node *child = read_group(r, ']');
    if (node == NULL || child == NULL || !reader_children(r, node, &child, 1)) {
        return NULL;
    }
    node->max = 1;
    return node;
}

static struct abnf_node *read_element(struct reader *r)
{
    int c = reader_peek(r);
    if (c == '[') {
        return read_option(r);
    }
    if (c == '(') {
        return read_group(r, ')');
    }
    if (c == '"') {
        return read_text(r, true);
    }
    if (c == '%') {
        return read_value(r);
    }
    if (c == '<') {
        return read_prose(r);
    }
    if (is_alpha(c)) {
        struct abnf_node *node = reader_node(r, ABNF_RULE);
        struct span name = reader_name(r);
        if (node != NULL) {
            node->text = name;
        }
        return node;
    }
    return FAIL(r, "an element must stand here");
}

static uint32_t read_count(struct reader *r)
{
    uint32_t value = 0;
    while (is_digit(reader_peek(r)) && value < 100000000) {
        value = value * 10 + (uint32_t)(reader_peek(r) - '0');
        r->pos++;
    }
    return value;
}

/* repetition = [repeat] element */
static struct abnf_node *read_repetition(struct reader *r)
{
    int c = reader_peek(r);
    if (!is_digit(c) && c != '*') {
        return read_element(r);
    }
    struct abnf_node *node = reader_node(r, ABNF_REPEAT);
    uint32_t min = read_count(r);
    uint32_t max = min;
    if (reader_peek(r) == '*') {
        r->pos++;
        max = is_digit(reader_peek(r)) ? read_count(r) : ABNF_UNBOUNDED;
    }
    if (max < min || max == 0) {
        return FAIL(r, "the most repetitions are fewer than the least");
    }
    struct abnf_node *child = read_element(r);
    if (node == NULL || child == NULL || !reader_children(r, node, &child, 1)) {
        return NULL;
    }
    node->min = min;
    node->max = max;
    return node;
}

static struct abnf_node *read_concatenation(struct reader *r)
{
    struct abnf_node *list[MAX_CHILDREN];
    size_t count = 0;
    struct abnf_node *node = reader_node(r, ABNF_CAT);
    while (node != NULL) {
        reader_skip_space(r);
        int c = reader_peek(r);
        if (c == '/' || c == ')' || c == ']' || c == '\n' || c == ';' || c == -1) {
            break;
        }
        if (count == MAX_CHILDREN) {
            return FAIL(r, "more than %d elements", MAX_CHILDREN);
        }
        list[count] = read_repetition(r);
        if (list[count++] == NULL) {
            return NULL;
        }
    }
    if (node != NULL && count == 0) {
        return FAIL(r, "an element must stand here");
    }
    return node == NULL                            ? NULL
           : count == 1                            ? list[0]
           : reader_children(r, node, list, count) ? node
                                                   : NULL;
}

struct abnf_node *reader_alternation(struct reader *r)
{
    struct abnf_node *list[MAX_CHILDREN];
    size_t count = 0;
    struct abnf_node *node = reader_node(r, ABNF_ALT);
    if (node == NULL) {
        return NULL;
    }
    do {
        r->pos += count != 0;
        if (count == MAX_CHILDREN) {
            return FAIL(r, "more than %d alternatives", MAX_CHILDREN);
        }
        list[count] = read_concatenation(r);
        if (list[count++] == NULL) {
            return NULL;
        }
    } while (reader_peek(r) == '/');
    return count == 1 ? list[0] : reader_children(r, node, list, count) ? node : NULL;
}
