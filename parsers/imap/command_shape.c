/* SPDX-License-Identifier: MIT */
#include "parsers/imap/command_shape.h"

static enum parse_rc sp(struct parse *p)
{
    return imap_parse_sp(p, RULE_IMAP_COMMAND_ARGUMENT, "SP and an argument");
}

static bool more(const struct parse *p)
{
    int next = imap_peek_argument(p);
    return next != -1 && next != '\r' && next != '\n';
}

static enum parse_rc string_item(struct parse *p, char shape, struct imap_items *items)
{
    struct imap_string string = {0};
    struct span atom = {0};
    enum parse_rc rc = PARSE_NOMATCH;
    switch (shape) {
    case 't':
        rc = imap_parse_atom(p, &atom);
        break;
    case 'p':
        rc = imap_parse_list_mailbox(p, &string);
        break;
    case 'q':
        rc = imap_parse_quoted(p, &string);
        break;
    default:
        rc = imap_parse_astring(p, &string);
        break;
    }
    struct imap_item *item = rc == PARSE_OK ? imap_items_add(p, items) : NULL;
    if (item == NULL) {
        return rc == PARSE_OK ? PARSE_BAD : rc;
    }
    item->form = shape == 't' ? IMAP_ITEM_ATOM : IMAP_ITEM_STRING;
    item->atom = atom;
    item->string = string;
    return rc;
}

/* count items at least, each with its SP, as long as there are more. pair: two shapes in turn. */
static enum parse_rc string_items(struct parse *p, const char *pair, size_t count,
                                  struct imap_items *items)
{
    enum parse_rc rc = PARSE_OK;
    for (size_t i = 0; rc == PARSE_OK && (i < count || i % 2 == 1 || more(p)); i++) {
        rc = sp(p);
        if (rc == PARSE_OK) {
            rc = imap_need(p, string_item(p, pair[i % 2], items), RULE_IMAP_COMMAND_ARGUMENT,
                           pair[i % 2] == 't' ? "atom" : "string");
        }
        if (pair[0] == pair[1]) {
            count = count > 0 ? count - 1 : 0;
            i--;
        }
    }
    return rc;
}

/* RFC 9051 section 9: initial-resp = (base64 / "=") */
static enum parse_rc initial_resp(struct parse *p, struct imap_items *items)
{
    if (!more(p)) {
        return PARSE_OK;
    }
    enum parse_rc rc = sp(p);
    size_t start = p->pos;
    if (rc == PARSE_OK && !parse_octet(p, '=')) {
        struct span base64;
        rc = imap_parse_base64(p, &base64);
        if (rc == PARSE_OK && base64.len == 0) {
            rc = parse_fail(p, RULE_IMAP_AUTHENTICATE, "base64 or \"=\"");
        }
    }
    struct imap_item *item = rc == PARSE_OK ? imap_items_add(p, items) : NULL;
    if (item == NULL) {
        return PARSE_BAD;
    }
    item->atom = parse_since(p, start);
    return PARSE_OK;
}

/* RFC 4466 section 3: append = "APPEND" SP mailbox 1*append-message */
static enum parse_rc append_messages(struct parse *p, bool one, struct imap_command *out)
{
    const struct imap_append **tail = &out->messages;
    enum parse_rc rc = PARSE_OK;
    do {
        struct imap_append *message = parse_take(p, sizeof *message);
        rc = message == NULL ? PARSE_BAD : imap_parse_append_message(p, message);
        if (rc == PARSE_OK) {
            *tail = message;
            tail = &message->next;
        }
    } while (rc == PARSE_OK && !one && more(p));
    return rc;
}

static enum parse_rc sequence_set(struct parse *p, bool one, struct imap_set *out)
{
    enum parse_rc rc = imap_parse_sequence_set(p, out);
    bool range = rc == PARSE_OK && memchr(out->text.ptr, ':', out->text.len) != NULL;
    if (rc == PARSE_OK && one && (out->count != 1 || out->saved || range)) {
        rc = parse_fail(p, RULE_IMAP_COMMAND_ARGUMENT, "one message");
    }
    if (rc == PARSE_NOMATCH) {
        rc = parse_quirk(p, QUIRK_IMAP_SEQUENCE_SET_EMPTY, p->pos, 0, "a sequence set");
        /* The SP that was to stand behind the set may be the one before it. */
        if (rc == PARSE_OK && p->pos > 0 && parse_peek(p) != ' ') {
            p->pos--;
        }
    }
    return rc;
}

/* The optional arguments: they look ahead, and are nothing where they do not stand. */
static enum parse_rc optional(struct parse *p, char shape, struct imap_command *out)
{
    int next = imap_peek_argument(p);
    bool open = next == '(';
    bool letter = shape == 'O' ? next == 'R' || next == 'r' : next == 'I' || next == 'i';
    struct imap_items params = {0};
    enum parse_rc rc = PARSE_OK;
    size_t start = p->pos;
    if (shape == 'O' || shape == 'R') {
        if (!letter) {
            return PARSE_OK;
        }
        rc = sp(p);
        if (rc == PARSE_OK) {
            rc = shape == 'O' ? imap_parse_search_return_opts(p, &out->search)
                              : imap_parse_esearch_source_opts(p, &out->search);
        }
        if (rc == PARSE_NOMATCH) {
            p->pos = start; /* a key that begins with the same letter */
            rc = PARSE_OK;
        }
        return rc;
    }
    if (!open) {
        return PARSE_OK;
    }
    rc = sp(p);
    if (rc == PARSE_OK) {
        rc = imap_parse_command_params(p, IMAP_PARAMS_SOME, &params);
    }
    out->params = params.first;
    return rc;
}

/* One argument with a member of its own, behind its SP. */
static enum parse_rc member(struct parse *p, char shape, struct imap_command *out,
                            struct imap_items *items)
{
    switch (shape) {
    case 'm':
        return imap_parse_mailbox(p, &out->mailbox);
    case 'M':
        return imap_parse_mailbox(p, &out->new_name);
    case 's':
    case 'n':
        return sequence_set(p, shape == 'n', &out->set);
    case 'l':
    case 'j':
        return imap_parse_item_list(p, items);
    case 'u':
        return imap_parse_setquota_list(p, items);
    case 'E':
        return imap_parse_fetch_atts(p, &out->fetch);
    case 'F':
        return imap_parse_store_att_flags(p, &out->store);
    case 'S':
        return imap_parse_search_program(p, &out->search);
    case 'K':
        return imap_parse_search_criteria(p, &out->search);
    case 'C':
        return imap_parse_sort_criteria(p, &out->search);
    case 'I':
        return imap_parse_id_params(p, items);
    case 'N':
        return imap_parse_notify(p, items);
    case 'W':
        return imap_parse_entries(p, items);
    case 'X':
        return imap_parse_entry_values(p, items);
    default:
        return string_item(p, shape, items);
    }
}

/* RFC 9051 section 9: status-att, of which all are atoms; the list is behind the cursor. */
static enum parse_rc check_atoms(struct parse *p, const struct imap_item *item)
{
    if (item == NULL) {
        return parse_fail_at(p, p->pos - 1, RULE_IMAP_COMMAND_ARGUMENT, "at least one name");
    }
    for (; item != NULL; item = item->next) {
        struct parse ahead = *p;
        const uint8_t *at = item->atom.ptr;
        if (at == NULL && item->form == IMAP_ITEM_STRING && item->string.form == IMAP_QUOTED) {
            at = item->string.text.ptr - 1;
        }
        ahead.pos = at == NULL ? p->pos - 1 : (size_t)(at - p->in.ptr);
        if (parse_run(&ahead, CLASS_ATOM).len != item->atom.len || item->atom.len == 0) {
            return parse_fail_at(p, ahead.pos, RULE_IMAP_COMMAND_ARGUMENT, "an atom");
        }
    }
    return PARSE_OK;
}

static enum parse_rc required(struct parse *p, char shape, struct imap_command *out,
                              struct imap_items *items)
{
    enum parse_rc rc = sp(p);
    if (rc == PARSE_OK) {
        rc = imap_need(p, member(p, shape, out, items), RULE_IMAP_COMMAND_ARGUMENT,
                       "an argument of another kind");
    }
    if (rc == PARSE_OK && shape == 'j') {
        rc = check_atoms(p, items->last->list);
    }
    /* RFC 5464 section 4.2.1 shows the options behind the mailbox, its grammar before it. */
    if (rc == PARSE_OK && shape == 'W' && imap_peek_argument(p) == '(') {
        rc = sp(p);
        rc = rc == PARSE_OK ? imap_parse_entries(p, items) : rc;
    }
    return rc;
}

/* RFC 4467 section 9: resetkey = "RESETKEY" [SP mailbox *(SP mechanism)] */
static enum parse_rc resetkey(struct parse *p, struct imap_command *out, struct imap_items *items)
{
    if (!more(p)) {
        return PARSE_OK;
    }
    enum parse_rc rc = required(p, 'm', out, items);
    return rc == PARSE_OK ? string_items(p, "tt", 0, items) : rc;
}

static enum parse_rc argument(struct parse *p, char shape, struct imap_command *out,
                              struct imap_items *items)
{
    switch (shape) {
    case '(':
    case 'V':
    case 'O':
    case 'R':
    case 'Y':
        return optional(p, shape, out);
    case 'A':
        return string_items(p, "aa", 1, items);
    case 'z':
        return string_items(p, "aa", 0, items);
    case 'q':
        return string_items(p, "qq", 1, items);
    case 'T':
        return string_items(p, "tt", 1, items);
    case 'U':
        return string_items(p, "at", 2, items);
    case 'B':
        return initial_resp(p, items);
    case 'G':
    case 'g':
        return append_messages(p, shape == 'g', out);
    case 'L':
        return imap_parse_list(p, &out->list);
    case 'J':
        return resetkey(p, out, items);
    default:
        return required(p, shape, out, items);
    }
}

enum parse_rc imap_parse_arguments(struct parse *p, const char *shape, struct imap_command *out)
{
    struct imap_items items = {0};
    enum parse_rc rc = PARSE_OK;
    for (const char *s = shape; rc == PARSE_OK && *s != '\0'; s++) {
        rc = argument(p, *s, out, &items);
    }
    out->arguments = items.first;
    return rc;
}

static void emit_word_and_items(struct out *o, struct span word, const char *text,
                                const struct imap_item *items)
{
    if (items != NULL) {
        out_octet(o, ' ');
        if (text != NULL) {
            imap_emit_keyword(o, word, text);
            out_octet(o, ' ');
        }
        imap_emit_items(o, items);
    }
}

/* One argument that has a member of its own; false: it is among the arguments. */
static bool emit_member(struct out *o, char shape, const struct imap_command *c)
{
    switch (shape) {
    case 'm':
    case 'J':
        if (shape == 'm' || c->mailbox.name.text.ptr != NULL) {
            out_octet(o, ' ');
            imap_emit_mailbox(o, &c->mailbox);
        }
        return shape == 'm';
    case 'M':
        out_octet(o, ' ');
        imap_emit_mailbox(o, &c->new_name);
        return true;
    case 's':
    case 'n':
        out_octet(o, ' ');
        imap_emit_set(o, &c->set);
        return true;
    case '(':
    case 'V':
    case 'Y':
        emit_word_and_items(o, (struct span){0}, NULL, c->params);
        return true;
    case 'O':
        emit_word_and_items(o, c->search.return_word, "RETURN", c->search.options);
        return true;
    case 'R':
        emit_word_and_items(o, c->search.in_word, "IN", c->search.sources);
        return true;
    case 'E':
        out_octet(o, ' ');
        imap_emit_fetch_atts(o, &c->fetch);
        return true;
    case 'F':
        out_octet(o, ' ');
        imap_emit_store_att_flags(o, &c->store);
        return true;
    case 'C':
        emit_word_and_items(o, (struct span){0}, NULL, c->search.sort);
        return true;
    case 'L':
        imap_emit_list(o, &c->list);
        return true;
    case 'G':
    case 'g':
        for (const struct imap_append *m = c->messages; m != NULL; m = m->next) {
            imap_emit_append_message(o, m);
        }
        return true;
    default:
        return false;
    }
}

void imap_emit_arguments(struct out *o, const char *shape, const struct imap_command *c)
{
    /* Arguments without a member follow those with one, but for THREAD's algorithm. */
    const struct imap_item *rest = c->arguments;
    for (const char *s = shape; *s != '\0'; s++) {
        if (emit_member(o, *s, c)) {
            continue;
        }
        if (*s == 'S' || *s == 'K') {
            out_octet(o, ' ');
            imap_emit_search_program(o, &c->search);
            continue;
        }
        if (rest == NULL) {
            continue;
        }
        out_octet(o, ' ');
        if (*s == 't' && s[1] == 'K') {
            struct imap_item first = *rest;
            first.next = NULL;
            imap_emit_items(o, &first);
            rest = rest->next;
        } else {
            imap_emit_items(o, rest);
            rest = NULL;
        }
    }
}
