/* SPDX-License-Identifier: MIT */
/* Mutations of lines: their ends, the spaces between their words, tags, dots and reply codes. */
#include "fuzz/mutator/mutator.h"

#define CHOOSE(m, list) (list)[below((m), sizeof(list) / sizeof *(list))]

bool mutate_line_end(struct postel_mutator *m)
{
    static const char *const ends[] = {"\n",     "\r",        "",          "\r\n\r\n", "\n\r",
                                       "\r\r\n", "\r\n \r\n", "\r\n.\r\n", "\n.\n",    "\r\n.\n"};
    const struct node *node = tree_pick(&m->tree, &m->random, NODE_EOL);
    return node != NULL && edit(m, node->from, node->to, span_text(CHOOSE(m, ends)));
}

bool mutate_space(struct postel_mutator *m)
{
    static const char *const spaces[] = {"", "  ", "\t", " \t", "\r\n ", "\n", "    ", " "};
    const struct node *node = tree_pick(&m->tree, &m->random, NODE_SPACE);
    return node != NULL && edit(m, node->from, node->to, span_text(CHOOSE(m, spaces)));
}

/* The first word of the unit, which no number and no "*" is too strange for; NULL if it has none.
 */
static const struct node *first_word(const struct tree *tree, const struct node *unit)
{
    const struct node *node = unit == NULL ? NULL : unit + 1;
    bool found = node != NULL && node < tree->nodes + tree->count && node->to <= unit->to &&
                 (node->kind & NODE_VALUE) != 0;
    return found ? node : NULL;
}

bool mutate_tag(struct postel_mutator *m)
{
    static const char *const tags[] = {"*", "+", "", "a", "A001", "a+", "\"\"", "{1}", "%", "OK"};
    const struct node *word = first_word(&m->tree, tree_pick(&m->tree, &m->random, NODE_UNIT));
    const struct node *from = first_word(&m->tree, tree_pick(&m->tree, &m->random, NODE_UNIT));
    if (word == NULL) {
        return false;
    }
    bool taken = from != NULL && from != word && !one_in(m, 2);
    return edit(m, word->from, word->to,
                taken ? node_span(&m->tree, from) : span_text(CHOOSE(m, tags)));
}

bool mutate_dot(struct postel_mutator *m)
{
    static const char *const dots[] = {".", "..", "...", ".\r\n", "\r\n.\r\n", ".\n", ". \r\n"};
    const struct node *unit = tree_pick(&m->tree, &m->random, NODE_UNIT);
    if (unit == NULL) {
        return false;
    }
    if (m->tree.in.ptr[unit->from] == '.' && one_in(m, 2)) {
        return edit(m, unit->from, unit->from + 1, SPAN_LIT(""));
    }
    return edit(m, unit->from, unit->from, span_text(CHOOSE(m, dots)));
}

bool mutate_reply(struct postel_mutator *m)
{
    static const char *const codes[] = {"220", "221", "235",  "250", "251",  "252", "334", "354",
                                        "421", "450", "500",  "530", "550",  "554", "000", "999",
                                        "100", "25",  "2500", "+OK", "-ERR", "+"};
    static const char signs[] = " -\t+=.";
    const struct node *unit = tree_pick(&m->tree, &m->random, NODE_UNIT);
    const struct node *code = first_word(&m->tree, unit);
    if (code == NULL) {
        return false;
    }
    size_t at = code->from + 3;
    if (one_in(m, 2) && at < code->to + 1 && at < unit->to) {
        out_octet(&m->piece, (uint8_t)signs[below(m, sizeof signs - 1)]);
        return edit_piece(m, at, at + 1);
    }
    size_t end = code->to < at ? code->to : at;
    return edit(m, code->from, end, span_text(CHOOSE(m, codes)));
}
