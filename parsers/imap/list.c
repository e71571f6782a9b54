/* SPDX-License-Identifier: MIT */
#include "parsers/imap/list.h"

#include "parsers/core/utf8.h"

/* RFC 9051 section 9: mbx-list-sflag = "\NonExistent" / "\Noselect" / "\Marked" / "\Unmarked" */
static bool is_sflag(struct span text)
{
    return span_equal_nocase(text, SPAN_LIT("\\NonExistent")) ||
           span_equal_nocase(text, SPAN_LIT("\\Noselect")) ||
           span_equal_nocase(text, SPAN_LIT("\\Marked")) ||
           span_equal_nocase(text, SPAN_LIT("\\Unmarked"));
}

/* RFC 9051 section 9: mbx-list-oflag = "\Noinferiors" / child-mbox-flag / "\Subscribed" /
   "\Remote" / flag-extension. A quirk accepts an atom. */
static enum parse_rc list_flag(struct parse *p, struct imap_list_flag *out)
{
    size_t start = p->pos;
    if (!parse_octet(p, '\\')) {
        if (parse_run(p, CLASS_ATOM).len == 0) {
            return parse_fail(p, RULE_IMAP_LIST, "attribute or \")\"");
        }
        out->text = parse_since(p, start);
        return parse_quirk(p, QUIRK_IMAP_LIST_FLAG, start, 0, "\"\\\"");
    }
    if (parse_run(p, CLASS_ATOM).len == 0) {
        return parse_fail(p, RULE_IMAP_LIST, "atom behind \"\\\"");
    }
    out->text = parse_since(p, start);
    return PARSE_OK;
}

/* RFC 9051 section 9: mbx-list-flags = *(mbx-list-oflag SP) mbx-list-sflag *(SP mbx-list-oflag) /
   mbx-list-oflag *(SP mbx-list-oflag) */
static enum parse_rc list_flags(struct parse *p, struct imap_list *out)
{
    const struct imap_list_flag **tail = &out->flags;
    bool end = false;
    bool sflag = false;
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_LIST, "\"(\"");
    while (rc == PARSE_OK) {
        rc = imap_parse_list_next(p, out->flag_count, RULE_IMAP_LIST, &end);
        if (rc != PARSE_OK || end) {
            break;
        }
        struct imap_list_flag *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        size_t start = p->pos;
        rc = list_flag(p, node);
        if (rc == PARSE_OK && is_sflag(node->text)) {
            if (sflag) {
                rc = parse_quirk(p, QUIRK_IMAP_LIST_SFLAGS, start, p->pos - start,
                                 "only one of \\NonExistent, \\Noselect, \\Marked, \\Unmarked");
            }
            sflag = true;
        }
        *tail = node;
        tail = &node->next;
        out->flag_count++;
    }
    return rc;
}

/* RFC 9051 section 9: mailbox-list = … (DQUOTE QUOTED-CHAR DQUOTE / nil) … */
enum parse_rc imap_parse_delimiter(struct parse *p, struct imap_string *out)
{
    size_t start = p->pos;
    enum parse_rc rc = imap_parse_nstring(p, out);
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, RULE_IMAP_DELIMITER, "DQUOTE or NIL");
    }
    if (rc != PARSE_OK || out->form == IMAP_NIL) {
        return rc;
    }
    size_t len = out->text.len - (out->escaped && out->text.ptr[0] == '\\');
    if (out->form != IMAP_QUOTED || len != 1) {
        bool utf8 = out->form == IMAP_QUOTED && len > 1 && utf8_sequence_len(out->text) == len;
        if (!utf8) {
            rc = parse_quirk(p, QUIRK_IMAP_DELIMITER, start, p->pos - start,
                             "one character in DQUOTEs, or NIL");
        }
    }
    return rc;
}

/* RFC 9051 section 9: mbox-list-extended-item = mbox-list-extended-item-tag SP tagged-ext-val */
static enum parse_rc extended_item(struct parse *p, struct imap_list_item *out)
{
    enum parse_rc rc = imap_parse_astring(p, &out->tag);
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, RULE_IMAP_LIST, "mbox-list-extended-item-tag");
    }
    rc = rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_LIST, "SP") : rc;
    return rc == PARSE_OK ? imap_parse_tagged_ext_val(p, &out->value) : rc;
}

/* RFC 9051 section 9: mbox-list-extended = "(" [mbox-list-extended-item
 *(SP mbox-list-extended-item)] ")" */
static enum parse_rc list_extended(struct parse *p, struct imap_list *out)
{
    const struct imap_list_item **tail = &out->items;
    bool end = false;
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_LIST, "\"(\"");
    for (size_t count = 0; rc == PARSE_OK; count++) {
        rc = imap_parse_list_next(p, count, RULE_IMAP_LIST, &end);
        if (rc != PARSE_OK || end) {
            break;
        }
        struct imap_list_item *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = extended_item(p, node);
        *tail = node;
        tail = &node->next;
    }
    out->extended = true;
    return rc;
}

/* Extended data follow the mailbox name rather than that the name has a space in it. */
static bool at_extended(const struct parse *p)
{
    return parse_left(p) > 3 && p->in.ptr[p->pos] == ' ' && p->in.ptr[p->pos + 1] == '(';
}

/* RFC 9051 section 9: mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil)
   SP mailbox [SP mbox-list-extended] */
enum parse_rc imap_parse_mailbox_list(struct parse *p, struct imap_list *out)
{
    *out = (struct imap_list){0};
    enum parse_rc rc = list_flags(p, out);
    rc = rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_LIST, "SP") : rc;
    rc = rc == PARSE_OK ? imap_parse_delimiter(p, &out->delimiter) : rc;
    rc = rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_LIST, "SP") : rc;
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t start = p->pos;
    const struct deviation *last = p->last_deviation;
    rc = imap_parse_mailbox(p, &out->mailbox);
    if (rc == PARSE_OK && at_extended(p)) {
        rc = imap_parse_sp(p, RULE_IMAP_LIST, "SP");
        return rc == PARSE_OK ? list_extended(p, out) : rc;
    }
    if (rc == PARSE_BAD || out->mailbox.name.form != IMAP_ATOM || last != p->last_deviation) {
        return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_MAILBOX, "mailbox") : rc;
    }
    p->pos = start;
    return imap_parse_mailbox_before(p, '\r', &out->mailbox);
}

void imap_emit_mailbox_list(struct out *o, const struct imap_list *list)
{
    out_octet(o, '(');
    for (const struct imap_list_flag *flag = list->flags; flag != NULL; flag = flag->next) {
        out_bytes(o, flag->text);
        if (flag->next != NULL) {
            out_octet(o, ' ');
        }
    }
    out_text(o, ") ");
    imap_emit_string(o, &list->delimiter);
    out_octet(o, ' ');
    imap_emit_mailbox(o, &list->mailbox);
    if (list->extended) {
        out_text(o, " (");
        for (const struct imap_list_item *item = list->items; item != NULL; item = item->next) {
            imap_emit_string(o, &item->tag);
            out_octet(o, ' ');
            imap_emit_value(o, &item->value);
            if (item->next != NULL) {
                out_octet(o, ' ');
            }
        }
        out_octet(o, ')');
    }
}

bool imap_list_has(const struct imap_list *list, struct span name)
{
    for (const struct imap_list_flag *flag = list->flags; flag != NULL; flag = flag->next) {
        if (span_equal_nocase(flag->text, name)) {
            return true;
        }
    }
    return false;
}

uint8_t imap_list_delimiter(const struct imap_list *list)
{
    const struct imap_string *delimiter = &list->delimiter;
    return delimiter->form == IMAP_NIL || delimiter->text.len == 0
               ? 0
               : delimiter->text.ptr[delimiter->text.len - 1];
}
