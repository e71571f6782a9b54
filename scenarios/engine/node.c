/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/node.h"

#include <stdlib.h>

#include "parsers/core/ascii.h"
#include "parsers/core/frame.h"

enum { MAX_DEPTH = 64, MAX_RANGES = 4096 };

struct reader {
    struct pool *pool;
    struct span in;
    size_t pos;
    bool holes;
    unsigned depth;
    struct template_error *error;
};

static struct node *fail(struct reader *r, const char *text)
{
    if (r->error->text == NULL) {
        *r->error = (struct template_error){r->pos, text};
    }
    return NULL;
}

static struct node *node_new(struct reader *r, enum node_kind kind)
{
    struct node *out = pool_take(r->pool, sizeof *out);
    out->kind = kind;
    out->pos = r->pos;
    return out;
}

static int peek(const struct reader *r)
{
    return r->pos < r->in.len ? r->in.ptr[r->pos] : -1;
}

static struct node *read_list(struct reader *r, uint8_t end);

static struct node *read_quoted(struct reader *r)
{
    struct node *n = node_new(r, NODE_QUOTED);
    size_t end = r->pos + 1;
    while (end < r->in.len && r->in.ptr[end] != '"') {
        end += r->in.ptr[end] == '\\' ? 2 : 1;
    }
    if (end >= r->in.len) {
        return fail(r, "the quoted string has no end");
    }
    uint8_t *text = pool_take(r->pool, end - r->pos);
    size_t len = 0;
    for (r->pos++; peek(r) != '"'; r->pos++) {
        if (peek(r) == '\\') {
            r->pos++;
        }
        uint8_t c = r->in.ptr[r->pos];
        bool line_end = r->holes && r->in.ptr[r->pos - 1] == '\\' && (c == 'r' || c == 'n');
        text[len++] = !line_end ? c : c == 'r' ? '\r' : '\n';
    }
    r->pos++;
    n->text = (struct span){text, len};
    /* "$(name)" in quotes is a capture as well: the form does not matter. */
    struct hole hole = {0};
    if (r->holes && len > 0 && hole_parse(r->pool, n->text, &hole) == len) {
        n->kind = NODE_CAPTURE;
        n->hole = hole;
    }
    return n;
}

static struct node *read_literal(struct reader *r)
{
    size_t end = r->pos;
    while (end < r->in.len && r->in.ptr[end] != '\n') {
        end++;
    }
    struct literal_head head = {0};
    if (end >= r->in.len || !frame_literal_head(span_sub(r->in, r->pos, end + 1 - r->pos), &head) ||
        head.pos != 0) {
        return NULL;
    }
    struct node *n = node_new(r, NODE_LITERAL);
    n->text = span_sub(r->in, end + 1, (size_t)head.len);
    r->pos = end + 1 + n->text.len;
    return n;
}

/* The end of a section "[…]" that belongs to an atom. */
static size_t section_end(const struct reader *r, size_t pos)
{
    bool quoted = false;
    while (pos < r->in.len && (quoted || r->in.ptr[pos] != ']')) {
        quoted = r->in.ptr[pos] == '"' ? !quoted : quoted;
        pos++;
    }
    return pos < r->in.len ? pos + 1 : pos;
}

static bool ends_atom(uint8_t c, uint8_t end)
{
    return c == ' ' || c == '(' || c == ')' || c == '\r' || c == '\n' || c == '"' ||
           (end != 0 && c == end);
}

/* An atom of a received unit: a span of it. */
static struct node *read_plain_atom(struct reader *r, struct node *n, uint8_t end)
{
    size_t start = r->pos;
    while (peek(r) >= 0 && !ends_atom(r->in.ptr[r->pos], end)) {
        r->pos = peek(r) == '[' && end != ']' ? section_end(r, r->pos) : r->pos + 1;
    }
    n->text = span_sub(r->in, start, r->pos - start);
    return n->text.len > 0 ? n : fail(r, "a value must stand here");
}

static struct node *read_atom(struct reader *r, uint8_t end)
{
    struct node *n = node_new(r, NODE_ATOM);
    if (!r->holes) {
        return read_plain_atom(r, n, end);
    }
    uint8_t *text = pool_take(r->pool, r->in.len - r->pos + 1);
    size_t len = 0;
    while (peek(r) >= 0 && !ends_atom(r->in.ptr[r->pos], end)) {
        uint8_t c = r->in.ptr[r->pos];
        if (c == '[' && end != ']') {
            size_t stop = section_end(r, r->pos);
            memcpy(text + len, r->in.ptr + r->pos, stop - r->pos);
            len += stop - r->pos;
            r->pos = stop;
            continue;
        }
        if (c == '\\' && r->pos + 1 < r->in.len &&
            (r->in.ptr[r->pos + 1] == '_' || r->in.ptr[r->pos + 1] == '|')) {
            /* "\|" stays marked for the alternatives; "\_" is the plain character. */
            if (r->in.ptr[r->pos + 1] == '|') {
                text[len++] = c;
            }
            r->pos++;
            c = r->in.ptr[r->pos];
        }
        text[len++] = c;
        r->pos++;
    }
    n->text = (struct span){text, len};
    if (len == 0) {
        return fail(r, "a value must stand here");
    }
    return n;
}

static struct node *read_value(struct reader *r, uint8_t end)
{
    int c = peek(r);
    if (c == '(') {
        return read_list(r, ')');
    }
    if (c == '"') {
        return read_quoted(r);
    }
    if (c == '{' || c == '~') {
        struct node *n = read_literal(r);
        if (n != NULL) {
            return n;
        }
    }
    if (r->holes) {
        struct span rest = span_from(r->in, r->pos);
        struct hole hole = {0};
        size_t len = hole_parse(r->pool, rest, &hole);
        if (len > 0) {
            struct node *n = node_new(r, NODE_CAPTURE);
            n->hole = hole;
            r->pos += len;
            return n;
        }
        size_t word = 0;
        while (word < rest.len && rest.ptr[word] != ' ' && rest.ptr[word] != ')' &&
               rest.ptr[word] != ']') {
            word++;
        }
        bool any = word == 1 && rest.ptr[0] == '_';
        bool more = word == 3 && memcmp(rest.ptr, "...", 3) == 0;
        if (any || more) {
            struct node *n = node_new(r, any ? NODE_ANY : NODE_REST);
            r->pos += word;
            return n;
        }
    }
    return read_atom(r, end);
}

static struct node *read_list(struct reader *r, uint8_t end)
{
    struct node *list = node_new(r, end == ')' ? NODE_LIST : NODE_BRACKET);
    struct node **tail = &list->children;
    size_t start = r->pos++;
    if (r->depth++ >= MAX_DEPTH) {
        return fail(r, "lists are nested too deep");
    }
    while (peek(r) != end) {
        while (peek(r) == ' ') {
            r->pos++;
        }
        if (peek(r) == end) {
            break;
        }
        if (peek(r) < 0 || peek(r) == '\r' || peek(r) == '\n' || peek(r) == ')') {
            return fail(r, end == ')' ? "\")\" must stand here" : "\"]\" must stand here");
        }
        struct node *n = read_value(r, end);
        if (n == NULL) {
            return NULL;
        }
        *tail = n;
        tail = &n->next;
    }
    r->pos++;
    r->depth--;
    list->text = span_sub(r->in, start, r->pos - start);
    return list;
}

static bool status_word(struct span text)
{
    static const char *const words[] = {"OK", "NO", "BAD", "BYE", "PREAUTH"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (span_is(text, words[i])) {
            return true;
        }
    }
    return false;
}

bool node_is_status(const struct node *node)
{
    if (node == NULL || node->kind != NODE_ATOM) {
        return false;
    }
    size_t start = 0;
    for (size_t i = 0; i <= node->text.len; i++) {
        if (i == node->text.len || node->text.ptr[i] == '|') {
            if (!status_word(span_sub(node->text, start, i - start))) {
                return false;
            }
            start = i + 1;
        }
    }
    return true;
}

struct node *node_parse(struct pool *pool, struct span text, bool holes,
                        struct template_error *error)
{
    struct reader r = {pool, text, 0, holes, 0, error};
    struct node *first = NULL;
    struct node **tail = &first;
    *error = (struct template_error){0};
    size_t count = 0;
    while (r.pos < text.len) {
        int c = peek(&r);
        if (c == ' ' || c == '\r' || c == '\n') {
            r.pos++;
            continue;
        }
        bool status =
            count == 2 && first->kind == NODE_ATOM &&
            (node_is_status(first->next) || (holes && first->next->kind != NODE_ATOM && c == '['));
        struct node *n = NULL;
        if (c == ')') {
            return fail(&r, "this bracket was never opened");
        }
        if (status && c == '[') {
            n = read_list(&r, ']');
            if (n == NULL && !holes) {
                break; /* a code that is no list of tokens: the session has judged it */
            }
        } else if (status || (count == 1 && span_is(first->text, "+"))) {
            break; /* human text */
        } else {
            n = read_value(&r, 0);
        }
        if (n == NULL) {
            return NULL;
        }
        *tail = n;
        tail = &n->next;
        count++;
        if (status) {
            break;
        }
    }
    if (first == NULL) {
        return fail(&r, "a response must stand here");
    }
    return first;
}

size_t node_count(const struct node *list)
{
    size_t n = 0;
    for (; list != NULL; list = list->next) {
        n++;
    }
    return n;
}

/* --- sets of numbers -------------------------------------------------------------------------- */

struct range {
    uint64_t low;
    uint64_t high;
};

static int by_low(const void *a, const void *b)
{
    const struct range *x = a;
    const struct range *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

static size_t ranges_read(struct span text, struct range *out)
{
    size_t count = 0;
    struct parse p;
    parse_init(&p, text, 0, NULL);
    do {
        struct range *r = &out[count];
        if (count == MAX_RANGES || parse_number(&p, UINT64_MAX, RULE_NONE, &r->low) != PARSE_OK) {
            return 0;
        }
        r->high = r->low;
        if (parse_octet(&p, ':') && parse_number(&p, UINT64_MAX, RULE_NONE, &r->high) != PARSE_OK) {
            return 0;
        }
        if (r->high < r->low) {
            uint64_t swap = r->low;
            r->low = r->high;
            r->high = swap;
        }
        count++;
    } while (parse_octet(&p, ','));
    if (!parse_at_end(&p)) {
        return 0;
    }
    qsort(out, count, sizeof *out, by_low);
    size_t kept = 0;
    for (size_t i = 1; i < count; i++) {
        if (out[i].low <= out[kept].high || out[i].low == out[kept].high + 1) {
            out[kept].high = out[i].high > out[kept].high ? out[i].high : out[kept].high;
        } else {
            out[++kept] = out[i];
        }
    }
    return kept + 1;
}

bool is_numbers(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!octet_is(text.ptr[i], CLASS_DIGIT) && text.ptr[i] != ':' && text.ptr[i] != ',') {
            return false;
        }
    }
    return text.len > 0 && octet_is(text.ptr[0], CLASS_DIGIT);
}

bool numbers_equal(struct span a, struct span b)
{
    if (!is_numbers(a) || !is_numbers(b)) {
        return false;
    }
    struct pool pool = {0};
    struct range *x = pool_take(&pool, 2 * MAX_RANGES * sizeof *x);
    struct range *y = x + MAX_RANGES;
    size_t n = ranges_read(a, x);
    bool equal = n > 0 && n == ranges_read(b, y) && memcmp(x, y, n * sizeof *x) == 0;
    pool_fini(&pool);
    return equal;
}
