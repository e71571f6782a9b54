/* SPDX-License-Identifier: MIT */
/* Mutations of single values: numbers, sets, strings and words. */
#include "fuzz/mutator/mutator.h"

/* A number at the edge of some range, or beside it. */
static void write_number(struct postel_mutator *m, struct out *out)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     9,
                                     10,
                                     127,
                                     128,
                                     255,
                                     256,
                                     998,
                                     1000,
                                     4096,
                                     32767,
                                     32768,
                                     65535,
                                     65536,
                                     INT32_MAX,
                                     (uint64_t)INT32_MAX + 1,
                                     UINT32_MAX,
                                     (uint64_t)UINT32_MAX + 1,
                                     INT64_MAX,
                                     (uint64_t)INT64_MAX + 1,
                                     UINT64_MAX};
    uint64_t number = edges[below(m, sizeof edges / sizeof *edges)];
    switch (below(m, 8)) {
    case 0:
        number++;
        break;
    case 1:
        number--;
        break;
    case 2:
        out_text(out, one_in(m, 2) ? "-" : "0000000000");
        break;
    case 3:
        out_text(out, "1");
        break;
    case 4:
        number = abnf_random_next(&m->random) >> below(m, 64);
        break;
    default:
        break;
    }
    out_number(out, number);
}

bool mutate_number(struct postel_mutator *m)
{
    const struct node *node = tree_pick(&m->tree, &m->random, NODE_NUMBER);
    if (node == NULL) {
        return false;
    }
    write_number(m, &m->piece);
    return edit_piece(m, node->from, node->to);
}

static void write_seq_number(struct postel_mutator *m)
{
    if (one_in(m, 4)) {
        out_octet(&m->piece, '*');
    } else if (one_in(m, 3)) {
        write_number(m, &m->piece);
    } else {
        out_number(&m->piece, 1 + below(m, 20));
    }
}

bool mutate_set(struct postel_mutator *m)
{
    static const char *const special[] = {"$",  "*",  "1:*", "*:1", "0",
                                          "1:", ":1", "1,",  ",1",  "1::2"};
    const struct node *node = tree_pick(&m->tree, &m->random, (unsigned)NODE_SET | NODE_NUMBER);
    if (node == NULL) {
        return false;
    }
    if (one_in(m, 4)) {
        out_text(&m->piece, special[below(m, sizeof special / sizeof *special)]);
        return edit_piece(m, node->from, node->to);
    }
    size_t count = 1 + below(m, one_in(m, 8) ? 200 : 4);
    for (size_t i = 0; i < count; i++) {
        out_text(&m->piece, i == 0 ? "" : ",");
        write_seq_number(m);
        if (one_in(m, 2)) {
            out_octet(&m->piece, ':');
            write_seq_number(m);
        }
    }
    return edit_piece(m, node->from, node->to);
}

/* The octets that the string stands for. */
static void write_content(struct postel_mutator *m, const struct node *node, struct out *out)
{
    struct span text = node_span(&m->tree, node);
    if (node->kind == NODE_LITERAL) {
        out_bytes(out, span_from(text, node->body - node->from));
    } else if (node->kind == NODE_QUOTED) {
        for (size_t i = 1; i + 1 < text.len; i++) {
            i += text.ptr[i] == '\\' && i + 2 < text.len;
            out_octet(out, text.ptr[i]);
        }
    } else {
        out_bytes(out, text);
    }
}

/* plus: without waiting for the other side, as clients may. */
static void write_literal(struct postel_mutator *m, struct span octets, bool eight, bool plus)
{
    out_text(&m->piece, eight ? "~{" : "{");
    out_number(&m->piece, octets.len);
    out_text(&m->piece, plus ? "+}\r\n" : "}\r\n");
    out_bytes(&m->piece, octets);
}

static void write_quoted(struct postel_mutator *m, struct span octets)
{
    out_octet(&m->piece, '"');
    for (size_t i = 0; i < octets.len; i++) {
        if (octets.ptr[i] == '"' || octets.ptr[i] == '\\') {
            out_octet(&m->piece, '\\');
        }
        out_octet(&m->piece, octets.ptr[i]);
    }
    out_octet(&m->piece, '"');
}

bool mutate_form(struct postel_mutator *m)
{
    const struct node *node = tree_pick(
        &m->tree, &m->random, one_in(m, 3) ? (unsigned)NODE_WORD | NODE_NUMBER : NODE_STRING);
    struct out content;
    out_init(&content, m->string_block, sizeof m->string_block);
    if (node == NULL) {
        return false;
    }
    write_content(m, node, &content);
    if (!out_ok(&content)) {
        return false;
    }
    struct span octets = out_span(&content);
    switch (below(m, 6)) {
    case 0:
        out_bytes(&m->piece, octets);
        break;
    case 1:
        out_text(&m->piece, "NIL");
        break;
    case 2:
    case 3:
        write_quoted(m, octets);
        break;
    case 4:
        write_literal(m, octets, true, one_in(m, 3));
        break;
    default:
        write_literal(m, octets, false, one_in(m, 3));
        break;
    }
    return edit_piece(m, node->from, node->to);
}

/* Octets that mean something to mail protocols. */
static uint8_t likely_octet(struct postel_mutator *m)
{
    static const uint8_t likely[] =
        " \t\r\n()[]{}<>\"\\%*+-.,:;=/$~&!#@09AZaz\0\x7F\x80\xC3\xA9\xFF";
    return likely[below(m, sizeof likely - 1)];
}

bool mutate_literal_right(struct postel_mutator *m)
{
    const struct node *node = tree_pick(&m->tree, &m->random, NODE_STRING);
    struct out content;
    out_init(&content, m->string_block, sizeof m->string_block);
    if (node == NULL) {
        return false;
    }
    if (one_in(m, 3)) {
        static const size_t lengths[] = {0, 1, 2, 127, 128, 255, 256, 1000, 4095, 4096, 8192};
        size_t len = lengths[below(m, sizeof lengths / sizeof *lengths)];
        uint8_t octet = likely_octet(m);
        for (size_t i = 0; i < len; i++) {
            out_octet(&content, octet == 0 ? 'x' : octet);
        }
    } else {
        write_content(m, node, &content);
        size_t count = 1 + below(m, 4);
        for (size_t i = 0; i < count; i++) {
            uint8_t octet = likely_octet(m);
            out_octet(&content, octet == 0 ? 'x' : octet);
        }
    }
    write_literal(m, out_span(&content), false, m->kind->client && one_in(m, 3));
    return out_ok(&content) && edit_piece(m, node->from, node->to);
}

bool mutate_literal_wrong(struct postel_mutator *m)
{
    const struct node *node = tree_pick(&m->tree, &m->random, NODE_LITERAL);
    if (node == NULL) {
        return false;
    }
    size_t from = node->from + (m->tree.in.ptr[node->from] == '~') + 1;
    size_t to = from;
    while (m->tree.in.ptr[to] >= '0' && m->tree.in.ptr[to] <= '9') {
        to++;
    }
    size_t len = node->to - node->body;
    /* Large counts make many a parser slow, which finds little. */
    if (one_in(m, 4)) {
        write_number(m, &m->piece);
    } else {
        out_number(&m->piece, one_in(m, 2) || len == 0 ? len + 1 + below(m, 4) : len - 1);
    }
    return edit_piece(m, from, to);
}

bool mutate_letter_case(struct postel_mutator *m)
{
    const struct node *node = tree_pick(&m->tree, &m->random, NODE_WORD);
    if (node == NULL) {
        return false;
    }
    struct span text = node_span(&m->tree, node);
    uint64_t bits = one_in(m, 2) ? UINT64_MAX : abnf_random_next(&m->random);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t lower = octet_lower(text.ptr[i]);
        bool flip = lower >= 'a' && lower <= 'z' && (bits >> i % 64 & 1) != 0;
        out_octet(&m->piece, flip ? text.ptr[i] ^ 0x20 : text.ptr[i]);
    }
    return edit_piece(m, node->from, node->to);
}

bool mutate_octet(struct postel_mutator *m)
{
    size_t len = m->tree.in.len;
    size_t at = below(m, len + 1);
    size_t gone = at < len && !one_in(m, 3) ? 1 : 0;
    if (gone == 0 || !one_in(m, 3)) {
        out_octet(&m->piece,
                  one_in(m, 4) ? (uint8_t)abnf_random_next(&m->random) : likely_octet(m));
    }
    return edit_piece(m, at, at + gone);
}
