/* SPDX-License-Identifier: MIT */
/* The light tree: what a unit is made of, for anything. */
#include "fuzz/mutator/tree.h"

#include "parsers/core/out.h"
#include "tests/support/guard.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    enum tree_style style;
    const char *in;
    const char
        *tree; /* U unit ( list Q quoted L literal N number S set W word _ space $ line end */
};

static char letter(enum node_kind kind)
{
    switch (kind) {
    case NODE_UNIT:
        return 'U';
    case NODE_LIST:
        return '(';
    case NODE_QUOTED:
        return 'Q';
    case NODE_LITERAL:
        return 'L';
    case NODE_NUMBER:
        return 'N';
    case NODE_SET:
        return 'S';
    case NODE_WORD:
        return 'W';
    case NODE_SPACE:
        return '_';
    case NODE_EOL:
        return '$';
    }
    return '?';
}

/* Nodes lie in the order of their octets, inside what is around them. */
static void check_nodes(const struct tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];
        assert_true(node->from < node->to);
        assert_true(node->to <= tree->in.len);
        assert_in_range(node->end, i + 1, tree->count);
        for (size_t k = i + 1; k < node->end; k++) {
            assert_true(tree->nodes[k].from >= node->from);
            assert_true(tree->nodes[k].to <= node->to);
        }
    }
}

static void check_row(void **state)
{
    static struct tree tree;
    const struct row *row = *state;
    struct guard guard;
    guard_init(&guard, span_text(row->in));
    tree_read(&tree, guard.span, row->style);
    char text[512];
    size_t len = 0;
    for (size_t i = 0; i < tree.count && len + 1 < sizeof text; i++) {
        text[len++] = letter(tree.nodes[i].kind);
    }
    text[len] = '\0';
    assert_string_equal(text, row->tree);
    check_nodes(&tree);
    guard_fini(&guard);
}

/* Any octets, cut anywhere. */
static void check_garbage(void **state)
{
    static const char some[] = "()[]<>\"\\{}~+0129 \r\n*:,aB\x80";
    static struct tree tree;
    (void)state;
    struct abnf_random random = {1};
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t octets[64];
        size_t len = abnf_random_below(&random, sizeof octets);
        for (size_t k = 0; k < len; k++) {
            octets[k] = (uint8_t)some[abnf_random_below(&random, sizeof some - 1)];
        }
        struct guard guard;
        guard_init(&guard, (struct span){octets, len});
        tree_read(&tree, guard.span, i % 2 == 0 ? TREE_IMAP : TREE_REPLY);
        check_nodes(&tree);
        assert_true(len == 0 || tree.count > 0);
        guard_fini(&guard);
    }
}

int main(void)
{
    static const struct row rows[] = {
        {"nothing", TREE_IMAP, "", ""},
        {"a line", TREE_IMAP, "* 1 EXISTS\r\n", "UW_N_W$"},
        {"two lines, bare LF", TREE_IMAP, "a OK\nb NO\r\n", "UW_W$UW_W$"},
        {"no line end", TREE_IMAP, "a", "UW"},
        {"a set", TREE_IMAP, "a 1:*,4 $\r\n", "UW_S_S$"},
        {"lists", TREE_IMAP, "* (a (b) \"c\")\r\n", "UW_(W_(W_Q$"},
        {"a section", TREE_IMAP, "BODY[1.TEXT]<0> NIL", "UW(W(N_W"},
        {"an open list", TREE_IMAP, "* (a (b\r\nc", "UW_(W_(W$UW"},
        {"a stray bracket", TREE_IMAP, ")a ]\r\n", "UW_W$"},
        {"crossed brackets", TREE_IMAP, "([)]\r\n", "U((W$"},
        {"an escape", TREE_IMAP, "\"a\\\"b\" c", "UQ_W"},
        {"an open string", TREE_IMAP, "\"ab\r\nc", "UW$UW"},
        {"a backslash before CRLF", TREE_IMAP, "\"a\\\r\nc\"", "UW$UWW"},
        {"a literal", TREE_IMAP, "a {3}\r\nx\r\ny b\r\n", "UW_LW_W$"},
        {"literal+ and literal8", TREE_IMAP, "{1+}\r\na ~{2}\r\nbc\r\n", "UL_L$"},
        {"a literal that is cut", TREE_IMAP, "{30}\r\nab", "UL"},
        {"a count without end", TREE_IMAP, "{99999999999999999999999999}\r\nab", "UL"},
        {"no literal without a line end", TREE_IMAP, "{3} abc\r\n", "UW_W$"},
        {"no literals in commands", TREE_COMMAND, "{3}\r\nabc\r\n", "UW$UW$"},
        {"a path", TREE_COMMAND, "MAIL FROM:<a@b> SIZE=3\r\n", "UW_W_(W_W_W_N$"},
        {"one reply of two lines", TREE_REPLY, "250-a\r\n250 b\r\n", "UW$N_W$"},
        {"two replies", TREE_REPLY, "250 a\r\n250 b\r\n", "UN_W$UN_W$"},
    };
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check_row);
    static const struct row garbage[] = {{"garbage", TREE_IMAP, "", ""}};
    count = TABLE_ADD(tests, count, garbage, check_garbage);
    return table_run("mutator tree", tests, count);
}
