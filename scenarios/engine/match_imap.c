/* SPDX-License-Identifier: MIT */
#include "parsers/core/ascii.h"
#include "scenarios/engine/node.h"

struct imap_template {
    struct node *nodes;
    enum template_kind kind;
};

enum template_kind imap_unit_kind(struct span unit)
{
    if (unit.len > 0 && unit.ptr[0] == '*') {
        return TEMPLATE_UNTAGGED;
    }
    return unit.len > 0 && unit.ptr[0] == '+' ? TEMPLATE_CONTINUE : TEMPLATE_TAGGED;
}

struct imap_template *imap_template_compile(struct pool *pool, struct span text,
                                            struct template_error *error)
{
    struct imap_template *out = pool_take(pool, sizeof *out);
    out->nodes = node_parse(pool, text, true, error);
    if (out->nodes == NULL) {
        return NULL;
    }
    out->kind = imap_unit_kind(out->nodes->text);
    if (out->nodes->kind != NODE_ATOM) {
        *error = (struct template_error){0, "a tag, \"*\" or \"+\" must stand here"};
        return NULL;
    }
    const struct node *second = out->nodes->next;
    if (out->kind == TEMPLATE_TAGGED && !node_is_status(second) &&
        (second == NULL || second->kind == NODE_ATOM)) {
        *error = (struct template_error){second != NULL ? second->pos : text.len,
                                         "OK, NO or BAD must stand here"};
        return NULL;
    }
    if (out->kind == TEMPLATE_UNTAGGED && second == NULL) {
        *error = (struct template_error){text.len, "a response must stand here"};
        return NULL;
    }
    return out;
}

enum template_kind imap_template_kind(const struct imap_template *template)
{
    return template->kind;
}

static struct word **captures_add(struct pool *pool, const struct node *list, struct word **tail)
{
    for (; list != NULL; list = list->next) {
        if (list->kind == NODE_CAPTURE) {
            struct word *w = pool_take(pool, sizeof *w);
            w->text = list->hole.name;
            *tail = w;
            tail = &w->next;
        }
        tail = captures_add(pool, list->children, tail);
    }
    return tail;
}

struct word *imap_template_captures(struct pool *pool, const struct imap_template *template)
{
    struct word *out = NULL;
    (void)captures_add(pool, template->nodes, &out);
    return out;
}

/* --- values ----------------------------------------------------------------------------------- */

static enum capture_form node_form(const struct node *n)
{
    switch (n->kind) {
    case NODE_QUOTED:
        return FORM_QUOTED;
    case NODE_LITERAL:
        return FORM_LITERAL;
    case NODE_LIST:
    case NODE_BRACKET:
        return FORM_LIST;
    case NODE_ATOM:
    case NODE_ANY:
    case NODE_REST:
    case NODE_CAPTURE:
        break;
    }
    return span_is(n->text, "NIL") ? FORM_NIL : FORM_ATOM;
}

static bool is_number(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!octet_is(s.ptr[i], CLASS_DIGIT)) {
            return false;
        }
    }
    return s.len > 0;
}

/* Section names compare without quotes around header fields and without regard to case. */
static bool section_equal(struct span a, struct span b)
{
    size_t i = 0;
    size_t k = 0;
    for (;;) {
        while (i < a.len && a.ptr[i] == '"') {
            i++;
        }
        while (k < b.len && b.ptr[k] == '"') {
            k++;
        }
        if (i == a.len || k == b.len) {
            return i == a.len && k == b.len;
        }
        if (octet_lower(a.ptr[i++]) != octet_lower(b.ptr[k++])) {
            return false;
        }
    }
}

static bool text_equal(const struct node *t, struct span want, const struct node *u)
{
    if (u->kind == NODE_LIST || u->kind == NODE_BRACKET) {
        return false;
    }
    bool nil = t->kind == NODE_ATOM && span_is(want, "NIL");
    if (nil || node_form(u) == FORM_NIL) {
        return nil && node_form(u) == FORM_NIL;
    }
    if (is_numbers(want) && is_numbers(u->text)) {
        return numbers_equal(want, u->text);
    }
    if (t->kind == NODE_ATOM && u->kind == NODE_ATOM) {
        return section_equal(want, u->text);
    }
    return span_equal(want, u->text) || (span_is(want, "INBOX") && span_is(u->text, "INBOX"));
}

/* Alternatives of an atom: "OK|NO"; "\|" is the character. */
static bool atom_equal(const struct node *t, const struct node *u)
{
    size_t start = 0;
    for (size_t i = 0; i <= t->text.len; i++) {
        bool bar =
            i < t->text.len && t->text.ptr[i] == '|' && (i == 0 || t->text.ptr[i - 1] != '\\');
        if ((i == t->text.len || bar) && text_equal(t, span_sub(t->text, start, i - start), u)) {
            return true;
        }
        start = bar ? i + 1 : start;
    }
    return false;
}

static bool lists_match(const struct node *t, const struct node *u, bool open, struct match *match);

/* open: lists may have more behind what the template says (extension data of body structures). */
static bool value_match(const struct node *t, const struct node *u, bool open, struct match *match)
{
    switch (t->kind) {
    case NODE_ANY:
        return true;
    case NODE_CAPTURE:
        return match_capture(match, t->hole.name, t->hole.type, node_form(u), u->text);
    case NODE_LIST:
        return u->kind == NODE_LIST && lists_match(t->children, u->children, open, match);
    case NODE_ATOM:
        return atom_equal(t, u);
    case NODE_QUOTED:
    case NODE_LITERAL:
        return text_equal(t, t->text, u) ||
               (match->any_case && (u->kind == NODE_QUOTED || u->kind == NODE_LITERAL) &&
                span_equal_nocase(t->text, u->text));
    case NODE_BRACKET:
    case NODE_REST:
        break;
    }
    return false;
}

static bool lists_match(const struct node *t, const struct node *u, bool open, struct match *match)
{
    for (; t != NULL; t = t->next, u = u->next) {
        if (t->kind == NODE_REST) {
            return true;
        }
        if (u == NULL || !value_match(t, u, open, match)) {
            return false;
        }
    }
    return u == NULL || open;
}

enum { MAX_SET = 256 };

/* Each value of the template is one of the unit's, whatever the order. */
static bool set_match(const struct node *t, const struct node *u, bool open, struct match *match)
{
    bool used[MAX_SET] = {false};
    size_t matched = 0;
    size_t total = 0;
    for (const struct node *n = u; n != NULL; n = n->next) {
        total += span_is(n->text, "\\Recent") ? 0 : 1;
    }
    for (; t != NULL; t = t->next) {
        if (t->kind == NODE_REST) {
            open = true;
            continue;
        }
        size_t i = 0;
        const struct node *n = u;
        for (; n != NULL && i < MAX_SET; n = n->next, i++) {
            struct capture *before = match->captures;
            if (!used[i] && value_match(t, n, false, match)) {
                break;
            }
            match->captures = before;
        }
        if (n == NULL || i >= MAX_SET) {
            return false;
        }
        used[i] = true;
        matched += span_is(n->text, "\\Recent") ? 0 : 1;
    }
    return open || matched == total;
}

static bool is_body(struct span name)
{
    return span_is(name, "BODYSTRUCTURE") || span_is(name, "BODY");
}

/* Pairs of name and value in any order; what the template does not name is free. */
static bool map_match(const struct node *t, const struct node *u, struct match *match)
{
    while (t != NULL) {
        if (t->kind == NODE_REST) {
            return true;
        }
        const struct node *value = t->next;
        const struct node *n = u;
        bool found = false;
        while (n != NULL && n->next != NULL && !found) {
            struct capture *before = match->captures;
            if (value_match(t, n, false, match)) {
                bool flags = value != NULL && value->kind == NODE_LIST && span_is(t->text, "FLAGS");
                match->any_case = is_body(t->text);
                found = value == NULL ||
                        (flags ? n->next->kind == NODE_LIST &&
                                     set_match(value->children, n->next->children, false, match)
                               : value_match(value, n->next, is_body(t->text), match));
            }
            match->any_case = false;
            if (!found) {
                match->captures = before;
            }
            n = n->next->next;
        }
        if (!found) {
            return false;
        }
        t = value != NULL ? value->next : NULL;
    }
    return true;
}

/* --- responses -------------------------------------------------------------------------------- */

static struct span numbers_text(struct pool *pool, const struct node *list)
{
    struct bytes out = {0};
    for (; list != NULL && list->kind == NODE_ATOM; list = list->next) {
        if (out.len > 0) {
            bytes_add_text(&out, ",");
        }
        bytes_add(&out, list->text);
    }
    struct span text = {(const uint8_t *)pool_text(pool, bytes_span(&out)), out.len};
    bytes_fini(&out);
    return text;
}

/* SEARCH and SORT: numbers; then perhaps (MODSEQ n). */
static bool search_match(const struct node *t, const struct node *u, bool ordered,
                         struct match *match)
{
    if (t != NULL && t->kind == NODE_REST) {
        return true;
    }
    if (t != NULL && t->kind == NODE_CAPTURE && t->next == NULL && t->hole.type != NULL &&
        strcmp(t->hole.type, "set") == 0) {
        struct span all = numbers_text(match->pool, u);
        return match_capture(match, t->hole.name, "set", FORM_ATOM, all);
    }
    bool plain = !ordered;
    for (const struct node *n = t; n != NULL; n = n->next) {
        plain = plain && n->kind == NODE_ATOM && is_numbers(n->text);
    }
    for (const struct node *n = u; n != NULL; n = n->next) {
        plain = plain && n->kind == NODE_ATOM;
    }
    if (plain && t != NULL && u != NULL) {
        return numbers_equal(numbers_text(match->pool, t), numbers_text(match->pool, u));
    }
    return ordered ? lists_match(t, u, false, match) : set_match(t, u, false, match);
}

static bool code_match(const struct node *t, const struct node *u, struct match *match)
{
    if (u == NULL || u->kind != NODE_BRACKET) {
        return false;
    }
    t = t->children;
    u = u->children;
    if (t == NULL || u == NULL || !value_match(t, u, false, match)) {
        return false;
    }
    if (span_is(u->text, "CAPABILITY")) {
        return set_match(t->next, u->next, true, match);
    }
    if (span_is(u->text, "PERMANENTFLAGS") && t->next != NULL && t->next->kind == NODE_LIST &&
        u->next != NULL && u->next->kind == NODE_LIST) {
        return set_match(t->next->children, u->next->children, true, match);
    }
    return lists_match(t->next, u->next, t->next == NULL, match);
}

static bool status_match(const struct node *t, const struct node *u, struct match *match)
{
    if (!value_match(t, u, false, match)) {
        return false;
    }
    return t->next == NULL || t->next->kind != NODE_BRACKET || code_match(t->next, u->next, match);
}

/* (attributes) delimiter mailbox */
static bool list_match(const struct node *t, const struct node *u, struct match *match)
{
    if (t == NULL || u == NULL) {
        return t == NULL;
    }
    if (t->kind == NODE_LIST && u->kind == NODE_LIST) {
        return set_match(t->children, u->children, true, match) &&
               lists_match(t->next, u->next, true, match);
    }
    return lists_match(t, u, true, match);
}

/* ESEARCH: [(TAG "x")] [UID] name value … */
static bool esearch_match(const struct node *t, const struct node *u, struct match *match)
{
    if (t != NULL && t->kind == NODE_LIST) {
        if (u == NULL || !value_match(t, u, false, match)) {
            return false;
        }
        t = t->next;
    }
    u = u != NULL && u->kind == NODE_LIST ? u->next : u;
    bool want_uid = t != NULL && span_is(t->text, "UID");
    bool has_uid = u != NULL && span_is(u->text, "UID");
    if (want_uid && !has_uid) {
        return false;
    }
    return map_match(want_uid ? t->next : t, has_uid ? u->next : u, match);
}

static bool untagged_match(const struct node *t, const struct node *u, struct match *match)
{
    if (node_is_status(u)) {
        bool whole = t->next == NULL || t->next->kind == NODE_BRACKET || t->next->kind == NODE_REST;
        return (node_is_status(t) || (t->kind != NODE_ATOM && whole)) && status_match(t, u, match);
    }
    if (!value_match(t, u, false, match)) {
        return false;
    }
    struct span type = u->text;
    const struct node *tn = t->next;
    const struct node *un = u->next;
    if (is_number(type)) {
        if (tn == NULL || un == NULL || !value_match(tn, un, false, match)) {
            return tn != NULL && tn->kind == NODE_REST;
        }
        if (span_is(un->text, "FETCH") && tn->next != NULL && tn->next->kind == NODE_LIST &&
            un->next != NULL && un->next->kind == NODE_LIST) {
            return map_match(tn->next->children, un->next->children, match);
        }
        return lists_match(tn->next, un->next, false, match);
    }
    if (span_is(type, "CAPABILITY") || span_is(type, "ENABLED")) {
        return set_match(tn, un, true, match);
    }
    if (span_is(type, "FLAGS") && tn != NULL && tn->kind == NODE_LIST && un != NULL) {
        return set_match(tn->children, un->children, false, match);
    }
    if (span_is(type, "LIST") || span_is(type, "LSUB")) {
        return list_match(tn, un, match);
    }
    if (span_is(type, "STATUS") && tn != NULL && un != NULL && tn->next != NULL &&
        tn->next->kind == NODE_LIST && un->next != NULL) {
        return value_match(tn, un, false, match) &&
               map_match(tn->next->children, un->next->children, match);
    }
    if (span_is(type, "ID") && tn != NULL && tn->kind == NODE_LIST && un != NULL) {
        return un->kind == NODE_LIST && map_match(tn->children, un->children, match);
    }
    if (span_is(type, "SEARCH") || span_is(type, "SORT")) {
        return search_match(tn, un, span_is(type, "SORT"), match);
    }
    if (span_is(type, "ESEARCH")) {
        return esearch_match(tn, un, match);
    }
    return lists_match(tn, un, false, match);
}

bool imap_template_match(const struct imap_template *template, struct span unit,
                         struct match *match)
{
    struct template_error error = {0};
    const struct node *u = node_parse(match->pool, unit, false, &error);
    const struct node *t = template->nodes;
    if (u == NULL || imap_unit_kind(unit) != template->kind) {
        return false;
    }
    if (template->kind == TEMPLATE_CONTINUE) {
        return true;
    }
    if (template->kind == TEMPLATE_TAGGED) {
        return u->next != NULL && span_equal(t->text, u->text) &&
               status_match(t->next, u->next, match);
    }
    return u->next != NULL && t->next != NULL && untagged_match(t->next, u->next, match);
}

bool imap_unit_has(struct span unit, const char *word)
{
    struct pool pool = {0};
    struct template_error error = {0};
    const struct node *n = node_parse(&pool, unit, false, &error);
    bool found = false;
    if (n != NULL && n->next != NULL) {
        n = n->next;
        n = n->next != NULL && n->next->kind == NODE_BRACKET ? n->next->children : n;
        if (span_is(n->text, "CAPABILITY") || span_is(n->text, "ENABLED")) {
            while ((n = n->next) != NULL && !found) {
                found = span_is(n->text, word);
            }
        }
    }
    pool_fini(&pool);
    return found;
}
