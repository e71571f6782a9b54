/* SPDX-License-Identifier: MIT */
#include "parsers/imap/status.h"

static const struct {
    struct span name;
    enum imap_status_kind kind;
} attributes[] = {
    {SPAN_INIT("MESSAGES"), IMAP_STATUS_MESSAGES},
    {SPAN_INIT("RECENT"), IMAP_STATUS_RECENT},
    {SPAN_INIT("UIDNEXT"), IMAP_STATUS_UIDNEXT},
    {SPAN_INIT("UIDVALIDITY"), IMAP_STATUS_UIDVALIDITY},
    {SPAN_INIT("UNSEEN"), IMAP_STATUS_UNSEEN},
    {SPAN_INIT("DELETED"), IMAP_STATUS_DELETED},
    {SPAN_INIT("SIZE"), IMAP_STATUS_SIZE},
    {SPAN_INIT("HIGHESTMODSEQ"), IMAP_STATUS_HIGHESTMODSEQ},
    {SPAN_INIT("DELETED-STORAGE"), IMAP_STATUS_DELETED_STORAGE},
    {SPAN_INIT("APPENDLIMIT"), IMAP_STATUS_APPENDLIMIT},
    {SPAN_INIT("MAILBOXID"), IMAP_STATUS_MAILBOXID},
};

enum imap_status_kind imap_status_kind_of(struct span name)
{
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        if (span_equal_nocase(name, attributes[i].name)) {
            return attributes[i].kind;
        }
    }
    return IMAP_STATUS_UNKNOWN;
}

static enum parse_rc nz(struct parse *p, enum quirk zero, struct imap_status_item *out)
{
    return imap_parse_nz_number_or(p, zero, &out->number.value);
}

/* The value of the attribute, as each RFC has it. */
static enum parse_rc status_value(struct parse *p, struct imap_status_item *out)
{
    size_t start = p->pos;
    switch (out->kind) {
    case IMAP_STATUS_UNKNOWN:
        return imap_parse_tagged_ext_val(p, &out->value);
    case IMAP_STATUS_UIDNEXT:
        return nz(p, QUIRK_IMAP_UIDNEXT_ZERO, out);
    case IMAP_STATUS_UIDVALIDITY:
        return nz(p, QUIRK_IMAP_UIDVALIDITY_ZERO, out);
    case IMAP_STATUS_MAILBOXID:
        return imap_parse_objectid_list(p, &out->id);
    case IMAP_STATUS_APPENDLIMIT:
        if (PARSE_TEXT(p, "NIL")) {
            out->nil = parse_since(p, start);
            return PARSE_OK;
        }
        return imap_parse_count(p, RULE_IMAP_STATUS, &out->number);
    case IMAP_STATUS_SIZE:
    case IMAP_STATUS_DELETED_STORAGE:
    case IMAP_STATUS_HIGHESTMODSEQ:
        return imap_parse_count64(p, RULE_IMAP_STATUS, &out->number);
    case IMAP_STATUS_MESSAGES:
    case IMAP_STATUS_RECENT:
    case IMAP_STATUS_UNSEEN:
    case IMAP_STATUS_DELETED:
        break;
    }
    return imap_parse_count(p, RULE_IMAP_STATUS, &out->number);
}

/* RFC 9051 section 9: status-att-val = ("MESSAGES" SP number) / ("UIDNEXT" SP nz-number) / … */
static enum parse_rc status_att_val(struct parse *p, struct imap_status_item *out)
{
    enum parse_rc rc = imap_parse_atom(p, &out->name);
    if (rc == PARSE_OK) {
        out->kind = imap_status_kind_of(out->name);
        rc = imap_parse_sp(p, RULE_IMAP_STATUS, "SP");
    }
    rc = rc == PARSE_OK ? status_value(p, out) : rc;
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_STATUS, "attribute and value") : rc;
}

/* RFC 9051 section 9: mailbox-data = … "STATUS" SP mailbox SP "(" [status-att-list] ")" / … */
enum parse_rc imap_parse_status_data(struct parse *p, struct imap_status *out)
{
    *out = (struct imap_status){0};
    const struct imap_status_item **tail = &out->first;
    enum parse_rc rc = imap_parse_mailbox_before(p, '(', &out->mailbox);
    rc = rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_STATUS, "SP") : rc;
    rc = rc == PARSE_OK ? parse_expect(p, '(', RULE_IMAP_STATUS, "\"(\"") : rc;
    for (bool end = false; rc == PARSE_OK;) {
        rc = imap_parse_list_next(p, out->count, RULE_IMAP_STATUS, &end);
        if (rc != PARSE_OK || end) {
            break;
        }
        struct imap_status_item *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = status_att_val(p, node);
        *tail = node;
        tail = &node->next;
        out->count++;
    }
    return rc;
}

static const char *name_of(enum imap_status_kind kind)
{
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        if (attributes[i].kind == kind) {
            return (const char *)attributes[i].name.ptr;
        }
    }
    return "";
}

static void emit_item(struct out *o, const struct imap_status_item *item)
{
    imap_emit_keyword(o, item->name, name_of(item->kind));
    out_octet(o, ' ');
    if (item->kind == IMAP_STATUS_UNKNOWN) {
        imap_emit_value(o, &item->value);
    } else if (item->kind == IMAP_STATUS_MAILBOXID) {
        out_octet(o, '(');
        out_bytes(o, item->id);
        out_octet(o, ')');
    } else if (item->nil.len > 0) {
        out_bytes(o, item->nil);
    } else {
        imap_emit_number(o, item->number);
    }
}

void imap_emit_status_data(struct out *o, const struct imap_status *status)
{
    imap_emit_mailbox(o, &status->mailbox);
    out_text(o, " (");
    for (const struct imap_status_item *item = status->first; item != NULL; item = item->next) {
        emit_item(o, item);
        if (item->next != NULL) {
            out_octet(o, ' ');
        }
    }
    out_octet(o, ')');
}
