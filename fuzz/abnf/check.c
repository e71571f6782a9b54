/* SPDX-License-Identifier: MIT */
/* Checks of a grammar that was read, and what the machines want to know of its nodes. */
#include <stdarg.h>
#include <stdio.h>

#include "fuzz/abnf/load.h"
#include "fuzz/abnf/prose.h"
#include "parsers/core/out.h"

enum { LONGEST_CYCLE = 64 };

bool abnf_fail_rule(struct abnf_error *error, const struct abnf_rule *rule,
                    const struct abnf_node *node, const char *format, ...)
{
    char text[320];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return abnf_fail(error, rule->file, (struct span){NULL, 0},
                     node == NULL ? rule->line : node->line, node == NULL ? 1 : node->column, "%s",
                     text);
}

const struct abnf_rule *abnf_rule_find(const struct abnf *grammar, struct span name)
{
    for (const struct abnf_rule *rule = grammar->rules; rule != NULL; rule = rule->next) {
        if (span_equal_nocase(rule->name, name)) {
            return rule;
        }
    }
    return NULL;
}

size_t abnf_choice_count(const struct abnf_node *node)
{
    if (node->kind == ABNF_ALT) {
        return node->count;
    }
    if (node->kind == ABNF_REPEAT) {
        return node->min == node->max        ? 1
               : node->max == ABNF_UNBOUNDED ? 2
               : node->max - node->min == 1  ? 2
                                             : 3;
    }
    return 0;
}

static bool bind(struct abnf *grammar, const struct abnf_rule *rule, struct abnf_node *node,
                 struct abnf_error *error)
{
    node->shortest = SIZE_MAX;
    node->choice = grammar->choice_count;
    grammar->choice_count += abnf_choice_count(node);
    int len = (int)(node->text.len < 200 ? node->text.len : 200);
    const char *name = (const char *)node->text.ptr;
    if (node->kind == ABNF_RULE) {
        node->rule = abnf_rule_find(grammar, node->text);
        if (node->rule == NULL) {
            return abnf_fail_rule(error, rule, node, "rule %.*s is not defined (used by %.*s)", len,
                                  name, (int)rule->name.len, (const char *)rule->name.ptr);
        }
    } else if (node->kind == ABNF_PROSE) {
        node->prose = abnf_prose_find(node->text);
        if (node->prose == NULL) {
            return abnf_fail_rule(error, rule, node, "<%.*s> is no function of fuzz/abnf/prose.c",
                                  len, name);
        }
    } else if (node->kind == ABNF_SET) {
        node->single = true;
    } else if (node->kind == ABNF_TEXT && node->text.len == 1) {
        uint8_t octet = node->text.ptr[0];
        uint8_t lower = octet_lower(octet);
        bool letter = node->any_case && lower >= 'a' && lower <= 'z';
        node->single = true;
        node->octets[octet / 64] |= (uint64_t)1 << octet % 64;
        if (letter) {
            node->octets[(octet ^ 0x20) / 64] |= (uint64_t)1 << (octet ^ 0x20) % 64;
        }
    }
    for (size_t i = 0; i < node->count; i++) {
        if (!bind(grammar, rule, node->children[i], error)) {
            return false;
        }
    }
    return true;
}

static size_t add(size_t a, size_t b)
{
    return a == SIZE_MAX || b == SIZE_MAX || a > SIZE_MAX - 1 - b ? SIZE_MAX : a + b;
}

static size_t times(size_t a, size_t b)
{
    return b == 0 ? 0 : a == SIZE_MAX || a > (SIZE_MAX - 1) / b ? SIZE_MAX : a * b;
}

/* Works out the shortest match once more, and whether the node matches one octet of a set. */
static bool measure(struct abnf_node *node)
{
    size_t shortest = SIZE_MAX;
    bool single = node->single;
    bool changed = false;
    for (size_t i = 0; i < node->count; i++) {
        changed = measure(node->children[i]) || changed;
    }
    switch (node->kind) {
    case ABNF_ALT:
        single = true;
        for (size_t i = 0; i < node->count; i++) {
            size_t len = node->children[i]->shortest;
            shortest = len < shortest ? len : shortest;
            single = single && node->children[i]->single;
        }
        for (size_t i = 0; single && i < node->count; i++) {
            for (size_t k = 0; k < 4; k++) {
                node->octets[k] |= node->children[i]->octets[k];
            }
        }
        break;
    case ABNF_CAT:
        shortest = 0;
        for (size_t i = 0; i < node->count; i++) {
            shortest = add(shortest, node->children[i]->shortest);
        }
        break;
    case ABNF_REPEAT:
        shortest = times(node->children[0]->shortest, node->min);
        break;
    case ABNF_EXCEPT:
        shortest = node->children[0]->shortest;
        single = true;
        for (size_t i = 0; i < node->count; i++) {
            single = single && node->children[i]->single;
        }
        for (size_t k = 0; single && k < 4; k++) {
            node->octets[k] = node->children[0]->octets[k];
            for (size_t i = 1; i < node->count; i++) {
                node->octets[k] &= ~node->children[i]->octets[k];
            }
        }
        break;
    case ABNF_TEXT:
        shortest = node->text.len;
        break;
    case ABNF_SET:
        shortest = 1;
        break;
    case ABNF_RULE:
        shortest = node->rule->node->shortest;
        single = node->rule->node->single;
        memcpy(node->octets, node->rule->node->octets, sizeof node->octets);
        break;
    case ABNF_PROSE:
        shortest = node->prose->shortest;
        break;
    }
    changed = changed || shortest != node->shortest || single != node->single;
    node->shortest = shortest;
    node->single = single;
    return changed;
}

struct path {
    const struct abnf_rule *rules[LONGEST_CYCLE];
    size_t count;
};

enum mark { MARK_NONE, MARK_OPEN, MARK_DONE };

static bool left_rule(struct path *path, uint8_t *marks, const struct abnf_rule *rule,
                      struct abnf_error *error);

/* Follows what can stand first in the node. */
static bool left_node(struct path *path, uint8_t *marks, const struct abnf_node *node,
                      struct abnf_error *error)
{
    if (node->kind == ABNF_RULE) {
        return left_rule(path, marks, node->rule, error);
    }
    for (size_t i = 0; i < node->count; i++) {
        if (!left_node(path, marks, node->children[i], error)) {
            return false;
        }
        if (node->kind == ABNF_CAT && node->children[i]->shortest != 0) {
            return true;
        }
    }
    return true;
}

static bool left_rule(struct path *path, uint8_t *marks, const struct abnf_rule *rule,
                      struct abnf_error *error)
{
    if (marks[rule->index] == MARK_DONE) {
        return true;
    }
    if (marks[rule->index] == MARK_OPEN || path->count == LONGEST_CYCLE) {
        uint8_t cycle[256];
        struct out out;
        size_t from = 0;
        out_init(&out, cycle, sizeof cycle);
        while (from < path->count && path->rules[from] != rule) {
            from++;
        }
        for (size_t i = from; i < path->count; i++) {
            out_bytes(&out, path->rules[i]->name);
            out_text(&out, " > ");
        }
        out_bytes(&out, rule->name);
        return abnf_fail_rule(error, rule, NULL, "left recursion: %.*s", (int)out_span(&out).len,
                              (const char *)cycle);
    }
    marks[rule->index] = MARK_OPEN;
    path->rules[path->count++] = rule;
    if (!left_node(path, marks, rule->node, error)) {
        return false;
    }
    path->count--;
    marks[rule->index] = MARK_DONE;
    return true;
}

static void reach(struct abnf *grammar, const struct abnf_node *node);

static void reach_rule(struct abnf *grammar, const struct abnf_rule *found)
{
    for (struct abnf_rule *rule = grammar->rules; rule != NULL; rule = rule->next) {
        if (rule == found && !rule->reached) {
            rule->reached = true;
            reach(grammar, rule->node);
        }
    }
}

static void reach(struct abnf *grammar, const struct abnf_node *node)
{
    if (node->kind == ABNF_RULE) {
        reach_rule(grammar, node->rule);
    }
    for (size_t i = 0; i < node->count; i++) {
        reach(grammar, node->children[i]);
    }
}

static bool check_recursion(struct abnf *grammar, struct abnf_error *error)
{
    size_t mark = arena_mark(grammar->arena);
    uint8_t *marks = arena_take(grammar->arena, grammar->rule_count + 1);
    bool ok = marks != NULL;
    if (!ok) {
        (void)abnf_fail_rule(error, grammar->rules, NULL,
                             "the grammar is larger than the memory set aside for it");
    }
    for (const struct abnf_rule *rule = grammar->rules; ok && rule != NULL; rule = rule->next) {
        struct path path = {{NULL}, 0};
        ok = left_rule(&path, marks, rule, error);
    }
    arena_release(grammar->arena, mark);
    return ok;
}

bool abnf_check(struct abnf *grammar, struct abnf_error *error)
{
    if (grammar->rules == NULL) {
        (void)snprintf(error->text, sizeof error->text, "%s.abnf: no rule stands here",
                       grammar->name);
        return false;
    }
    for (struct abnf_rule *rule = grammar->rules; rule != NULL; rule = rule->next) {
        if (!bind(grammar, rule, rule->node, error)) {
            return false;
        }
    }
    bool changed = true;
    while (changed) {
        changed = false;
        for (struct abnf_rule *rule = grammar->rules; rule != NULL; rule = rule->next) {
            changed = measure(rule->node) || changed;
        }
    }
    for (struct abnf_rule *rule = grammar->rules; rule != NULL; rule = rule->next) {
        if (rule->node->shortest == SIZE_MAX) {
            return abnf_fail_rule(error, rule, NULL, "rule %.*s never comes to an end",
                                  (int)rule->name.len, (const char *)rule->name.ptr);
        }
    }
    if (!check_recursion(grammar, error)) {
        return false;
    }
    for (struct abnf_rule *rule = grammar->rules; rule != NULL; rule = rule->next) {
        if (rule->entry) {
            reach_rule(grammar, rule);
        }
    }
    for (struct abnf_rule *rule = grammar->rules; rule != NULL; rule = rule->next) {
        if (!rule->reached && !rule->library) {
            return abnf_fail_rule(error, rule, NULL, "rule %.*s is not reached from any entry",
                                  (int)rule->name.len, (const char *)rule->name.ptr);
        }
    }
    return true;
}
