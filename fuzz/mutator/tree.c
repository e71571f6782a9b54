/* SPDX-License-Identifier: MIT */
#include "fuzz/mutator/tree.h"

struct reader {
    struct tree *tree;
    struct span in;
    enum tree_style style;
    size_t pos;
    uint32_t open[TREE_DEPTH]; /* indices of the unit and the lists around */
    size_t depth;
};

static struct node *node_add(struct reader *r, enum node_kind kind, size_t from, size_t to)
{
    if (r->tree->count == TREE_NODES) {
        return NULL;
    }
    struct node *node = &r->tree->nodes[r->tree->count++];
    *node = (struct node){
        .from = (uint32_t)from, .to = (uint32_t)to, .end = (uint32_t)r->tree->count, .kind = kind};
    return node;
}

static int peek(const struct reader *r, size_t pos)
{
    return pos < r->in.len ? r->in.ptr[pos] : -1;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* The length of a line end at pos, or 0. */
static size_t line_end(const struct reader *r, size_t pos)
{
    return peek(r, pos) == '\n' ? 1 : peek(r, pos) == '\r' && peek(r, pos + 1) == '\n' ? 2 : 0;
}

/* "~{12+}" and a line end; where the octets begin, or 0. */
static size_t literal_body(const struct reader *r, size_t *count)
{
    size_t pos = r->pos + (peek(r, r->pos) == '~');
    if (r->style != TREE_IMAP || peek(r, pos) != '{' || !is_digit(peek(r, pos + 1))) {
        return 0;
    }
    *count = 0;
    for (pos++; is_digit(peek(r, pos)); pos++) {
        *count = *count > SIZE_MAX / 16 ? *count : *count * 10 + (size_t)(peek(r, pos) - '0');
    }
    pos += peek(r, pos) == '+' || peek(r, pos) == '-';
    size_t end = peek(r, pos) == '}' ? line_end(r, pos + 1) : 0;
    return end == 0 ? 0 : pos + 1 + end;
}

static bool read_literal(struct reader *r)
{
    size_t count = 0;
    size_t body = literal_body(r, &count);
    if (body == 0) {
        return false;
    }
    size_t end = count > r->in.len - body ? r->in.len : body + count;
    struct node *node = node_add(r, NODE_LITERAL, r->pos, end);
    if (node != NULL) {
        node->body = (uint32_t)body;
    }
    r->pos = end;
    return true;
}

static bool read_quoted(struct reader *r)
{
    if (peek(r, r->pos) != '"') {
        return false;
    }
    size_t pos = r->pos + 1;
    while (pos < r->in.len && r->in.ptr[pos] != '"' && line_end(r, pos) == 0) {
        pos += r->in.ptr[pos] == '\\' && line_end(r, pos + 1) == 0 ? 2 : 1;
    }
    if (peek(r, pos) != '"') {
        return false;
    }
    (void)node_add(r, NODE_QUOTED, r->pos, pos + 1);
    r->pos = pos + 1;
    return true;
}

static bool is_separator(const struct reader *r, int c)
{
    return c == ' ' || c == '\t' ||
           (r->style != TREE_IMAP && (c == ':' || c == '=' || c == ',' || c == '@'));
}

static bool is_bracket(int c)
{
    return c == '(' || c == ')' || c == '[' || c == ']' || c == '<' || c == '>';
}

static void read_word(struct reader *r)
{
    size_t from = r->pos;
    bool digits = true;
    bool set = true;
    size_t count;
    do {
        int c = peek(r, r->pos);
        digits = digits && is_digit(c);
        set = set && (is_digit(c) || c == ':' || c == '*' || c == ',' || c == '$');
        r->pos++;
    } while (r->pos < r->in.len && line_end(r, r->pos) == 0 && !is_separator(r, peek(r, r->pos)) &&
             !is_bracket(peek(r, r->pos)) && peek(r, r->pos) != '"' &&
             literal_body(r, &count) == 0);
    bool star = r->pos - from == 1 && r->in.ptr[from] == '*';
    (void)node_add(r, digits ? NODE_NUMBER : set && !star ? NODE_SET : NODE_WORD, from, r->pos);
}

/* The bracket that closes the innermost list that c can close. */
static bool close_list(struct reader *r, int c)
{
    for (size_t i = r->depth; i > 1; i--) {
        struct node *list = &r->tree->nodes[r->open[i - 1]];
        int opened = r->in.ptr[list->from];
        if ((opened == '(' && c == ')') || (opened == '[' && c == ']') ||
            (opened == '<' && c == '>')) {
            for (; r->depth >= i; r->depth--) {
                struct node *inner = &r->tree->nodes[r->open[r->depth - 1]];
                inner->to = (uint32_t)(r->depth == i ? r->pos + 1 : r->pos);
                inner->end = (uint32_t)r->tree->count;
            }
            r->pos++;
            return true;
        }
    }
    return false;
}

static bool open_list(struct reader *r, int c)
{
    if ((c != '(' && c != '[' && c != '<') || r->depth == TREE_DEPTH) {
        return false;
    }
    if (node_add(r, NODE_LIST, r->pos, r->pos + 1) == NULL) {
        return false;
    }
    r->open[r->depth++] = (uint32_t)(r->tree->count - 1);
    r->pos++;
    return true;
}

static void read_token(struct reader *r)
{
    int c = peek(r, r->pos);
    if (is_separator(r, c)) {
        size_t from = r->pos;
        while (is_separator(r, peek(r, r->pos))) {
            r->pos++;
        }
        (void)node_add(r, NODE_SPACE, from, r->pos);
    } else if (!open_list(r, c) && !close_list(r, c) && !read_quoted(r) && !read_literal(r)) {
        read_word(r);
    }
}

/* "250-" at the start of the line. */
static bool goes_on(const struct reader *r, size_t start)
{
    return r->style == TREE_REPLY && is_digit(peek(r, start)) && is_digit(peek(r, start + 1)) &&
           is_digit(peek(r, start + 2)) && peek(r, start + 3) == '-';
}

static void read_unit(struct reader *r)
{
    size_t start = r->pos;
    if (node_add(r, NODE_UNIT, r->pos, r->pos) == NULL) {
        return;
    }
    r->open[0] = (uint32_t)(r->tree->count - 1);
    r->depth = 1;
    bool more = true;
    while (more && r->pos < r->in.len && r->tree->count < TREE_NODES) {
        size_t eol = line_end(r, r->pos);
        if (eol == 0) {
            read_token(r);
            continue;
        }
        (void)node_add(r, NODE_EOL, r->pos, r->pos + eol);
        more = goes_on(r, start);
        r->pos += eol;
        start = r->pos;
    }
    for (; r->depth > 0; r->depth--) {
        struct node *node = &r->tree->nodes[r->open[r->depth - 1]];
        node->to = (uint32_t)r->pos;
        node->end = (uint32_t)r->tree->count;
    }
}

void tree_read(struct tree *tree, struct span in, enum tree_style style)
{
    struct reader r = {.tree = tree, .in = in, .style = style};
    tree->in = in;
    tree->count = 0;
    while (r.pos < in.len && tree->count < TREE_NODES) {
        read_unit(&r);
    }
}

const struct node *tree_pick(const struct tree *tree, struct abnf_random *random, unsigned kinds)
{
    size_t count = 0;
    for (size_t i = 0; i < tree->count; i++) {
        count += (tree->nodes[i].kind & kinds) != 0;
    }
    size_t skip = abnf_random_below(random, count);
    for (size_t i = 0; i < tree->count; i++) {
        if ((tree->nodes[i].kind & kinds) != 0 && skip-- == 0) {
            return &tree->nodes[i];
        }
    }
    return NULL;
}
