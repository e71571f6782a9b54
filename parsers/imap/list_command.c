/* SPDX-License-Identifier: MIT */
#include "parsers/imap/list_command.h"

/* RFC 9051 section 9: list-mailbox = 1*list-char / string */
enum parse_rc imap_parse_list_mailbox(struct parse *p, struct imap_string *out)
{
    struct span text = parse_run(p, CLASS_LIST);
    if (text.len > 0) {
        *out = (struct imap_string){.form = IMAP_ATOM, .text = text};
        return PARSE_OK;
    }
    return imap_parse_string(p, out);
}

/* RFC 5258 section 6: list-select-opts: a list-select-mod-opt needs a list-select-base-opt. */
static enum parse_rc select_opts(struct parse *p, struct imap_list_command *out)
{
    size_t start = p->pos;
    struct imap_items items = {0};
    enum parse_rc rc = imap_parse_command_params(p, IMAP_PARAMS_ATOMS, &items);
    out->select = items.first;
    if (rc == PARSE_OK && imap_item_find(out->select, "RECURSIVEMATCH") != NULL) {
        const struct imap_item *item = out->select->list;
        while (item != NULL && (item->form != IMAP_ITEM_ATOM || span_is(item->atom, "REMOTE") ||
                                span_is(item->atom, "RECURSIVEMATCH"))) {
            item = item->next;
        }
        if (item == NULL) {
            rc = parse_quirk(p, QUIRK_IMAP_LIST_RECURSIVEMATCH, start, p->pos - start,
                             "SUBSCRIBED or another base option beside RECURSIVEMATCH");
        }
    }
    return rc;
}

/* RFC 5258 section 6: patterns = "(" list-mailbox *(SP list-mailbox) ")" */
static enum parse_rc patterns(struct parse *p, struct imap_list_command *out)
{
    struct imap_string_builder builder = {0};
    struct imap_string pattern;
    enum parse_rc rc = PARSE_OK;
    out->pattern_list = parse_octet(p, '(');
    if (!out->pattern_list) {
        rc = imap_parse_list_mailbox(p, &pattern);
        if (rc == PARSE_OK) {
            rc = imap_strings_append(p, &builder, &pattern);
        }
        out->patterns = builder.list;
        return rc;
    }
    for (size_t count = 0; rc == PARSE_OK; count++) {
        bool end = false;
        rc = imap_parse_list_next(p, count, RULE_IMAP_LIST_COMMAND, &end);
        if (rc != PARSE_OK || (end && count > 0)) {
            break;
        }
        rc = end ? parse_fail_at(p, p->pos - 1, RULE_IMAP_LIST_COMMAND, "mailbox pattern")
                 : imap_need(p, imap_parse_list_mailbox(p, &pattern), RULE_IMAP_LIST_COMMAND,
                             "mailbox pattern");
        if (rc == PARSE_OK) {
            rc = imap_strings_append(p, &builder, &pattern);
        }
    }
    out->patterns = builder.list;
    return rc;
}

/* RFC 5258 section 6: list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")" */
static enum parse_rc return_opts(struct parse *p, struct imap_list_command *out)
{
    struct imap_items items = {0};
    enum parse_rc rc = imap_parse_sp(p, RULE_IMAP_LIST_COMMAND, "SP");
    size_t start = p->pos;
    if (rc == PARSE_OK && !IMAP_KEYWORD(p, "RETURN")) {
        return parse_fail(p, RULE_IMAP_LIST_COMMAND, "RETURN or the end of the command");
    }
    out->return_word = parse_since(p, start);
    if (rc == PARSE_OK) {
        rc = imap_parse_sp(p, RULE_IMAP_LIST_COMMAND, "SP");
    }
    if (rc == PARSE_OK) {
        rc = imap_need(p, imap_parse_command_params(p, IMAP_PARAMS_ATOMS, &items),
                       RULE_IMAP_LIST_COMMAND, "\"(\"");
    }
    out->options = items.first;
    return rc;
}

/* RFC 5258 section 6: list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP
   list-return-opts] */
enum parse_rc imap_parse_list(struct parse *p, struct imap_list_command *out)
{
    *out = (struct imap_list_command){0};
    enum parse_rc rc = PARSE_OK;
    if (imap_peek_argument(p) == '(') {
        rc = imap_parse_sp(p, RULE_IMAP_LIST_COMMAND, "SP");
        if (rc == PARSE_OK) {
            rc = select_opts(p, out);
        }
    }
    if (rc == PARSE_OK) {
        rc = imap_parse_sp(p, RULE_IMAP_LIST_COMMAND, "SP and a reference name");
    }
    if (rc == PARSE_OK) {
        rc = imap_parse_mailbox(p, &out->reference);
        rc = imap_need(p, rc, RULE_IMAP_LIST_COMMAND, "reference name");
    }
    if (rc == PARSE_OK) {
        rc = imap_parse_sp(p, RULE_IMAP_LIST_COMMAND, "SP and a mailbox pattern");
    }
    if (rc == PARSE_OK) {
        rc = imap_need(p, patterns(p, out), RULE_IMAP_LIST_COMMAND, "mailbox pattern");
    }
    int next = imap_peek_argument(p);
    if (rc == PARSE_OK && (next == 'R' || next == 'r')) {
        rc = return_opts(p, out);
    }
    return rc;
}

void imap_emit_list(struct out *o, const struct imap_list_command *list)
{
    if (list->select != NULL) {
        out_octet(o, ' ');
        imap_emit_items(o, list->select);
    }
    out_octet(o, ' ');
    imap_emit_mailbox(o, &list->reference);
    out_text(o, list->pattern_list ? " (" : " ");
    for (const struct imap_string_list *p = list->patterns.first; p != NULL; p = p->next) {
        imap_emit_string(o, &p->value);
        out_text(o, p->next != NULL ? " " : "");
    }
    out_text(o, list->pattern_list ? ")" : "");
    if (list->options != NULL) {
        out_octet(o, ' ');
        imap_emit_keyword(o, list->return_word, "RETURN");
        out_octet(o, ' ');
        imap_emit_items(o, list->options);
    }
}
