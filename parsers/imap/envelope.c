/* SPDX-License-Identifier: MIT */
#include "parsers/imap/envelope.h"

#include "parsers/imap/value.h"

/* RFC 9051 section 9: address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")" */
static enum parse_rc address(struct parse *p, struct imap_address *out)
{
    p->pos++;
    enum parse_rc rc = imap_parse_some_nstring(p, &out->name);
    rc = rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_ADDRESS, "SP") : rc;
    rc = rc == PARSE_OK ? imap_parse_some_nstring(p, &out->adl) : rc;
    rc = rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_ADDRESS, "SP") : rc;
    rc = rc == PARSE_OK ? imap_parse_some_nstring(p, &out->mailbox) : rc;
    rc = rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_ADDRESS, "SP") : rc;
    rc = rc == PARSE_OK ? imap_parse_some_nstring(p, &out->host) : rc;
    if (rc == PARSE_OK && parse_peek(p) == ' ' && p->pos + 1 < p->in.len &&
        p->in.ptr[p->pos + 1] == ')') {
        p->pos++;
        rc = parse_quirk(p, QUIRK_IMAP_SP_BEFORE_PAREN, p->pos - 1, 1, "\")\"");
    }
    return rc == PARSE_OK ? parse_expect(p, ')', RULE_IMAP_ADDRESS, "\")\"") : rc;
}

/* Between the addresses of a list: NIL and spaces, which some servers send. */
static enum parse_rc between_addresses(struct parse *p)
{
    size_t start = p->pos;
    if (parse_octet(p, ' ')) {
        return parse_quirk(p, QUIRK_IMAP_SP_BETWEEN_LISTS, start, 1, "\"(\" or \")\"");
    }
    if (PARSE_TEXT(p, "NIL")) {
        return parse_quirk(p, QUIRK_IMAP_ADDRESS_NIL, start, 3, "an address or \")\"");
    }
    return parse_fail(p, RULE_IMAP_ADDRESS_LIST, "address or \")\"");
}

/* The addresses behind "(". */
static enum parse_rc addresses(struct parse *p, struct imap_addresses *out)
{
    const struct imap_address **tail = &out->first;
    while (!parse_octet(p, ')')) {
        enum parse_rc rc = PARSE_OK;
        if (parse_peek(p) == '(') {
            struct imap_address *node = parse_take(p, sizeof *node);
            if (node == NULL) {
                return PARSE_BAD;
            }
            rc = address(p, node);
            *tail = node;
            tail = &node->next;
            out->count++;
        } else {
            rc = between_addresses(p);
        }
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    return PARSE_OK;
}

/* RFC 9051 section 9: env-from = "(" 1*address ")" / nil */
static enum parse_rc address_list(struct parse *p, struct imap_addresses *out)
{
    size_t start = p->pos;
    if (parse_octet(p, '(')) {
        if (parse_octet(p, ')')) {
            return parse_quirk(p, QUIRK_IMAP_ADDRESS_EMPTY, start + 1, 1,
                               "an address, or NIL instead of \"()\"");
        }
        return addresses(p, out);
    }
    if (PARSE_TEXT(p, "NIL")) {
        out->nil = parse_since(p, start);
        return PARSE_OK;
    }
    struct imap_string string;
    enum parse_rc rc = imap_parse_string(p, &string);
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, RULE_IMAP_ADDRESS_LIST, "\"(\" or NIL");
    }
    return rc == PARSE_OK ? parse_quirk(p, QUIRK_IMAP_ADDRESS_STRING, start, p->pos - start,
                                        "\"(\" or NIL, not a string")
                          : rc;
}

enum { ENVELOPE_FIELDS = 10 };

static enum parse_rc field(struct parse *p, size_t index, struct imap_envelope *out)
{
    switch (index) {
    case 0:
        return imap_parse_some_nstring(p, &out->date);
    case 1:
        return imap_parse_some_nstring(p, &out->subject);
    case 2:
        return address_list(p, &out->from);
    case 3:
        return address_list(p, &out->sender);
    case 4:
        return address_list(p, &out->reply_to);
    case 5:
        return address_list(p, &out->to);
    case 6:
        return address_list(p, &out->cc);
    case 7:
        return address_list(p, &out->bcc);
    case 8:
        return imap_parse_some_nstring(p, &out->in_reply_to);
    default:
        return imap_parse_some_nstring(p, &out->message_id);
    }
}

/* Behind the last field: more of them. */
static enum parse_rc extra_fields(struct parse *p)
{
    size_t start = p->pos;
    while (parse_octet(p, ' ')) {
        struct imap_value value;
        if (parse_peek(p) == ')') {
            return parse_quirk(p, QUIRK_IMAP_SP_BEFORE_PAREN, p->pos - 1, 1, "\")\"");
        }
        enum parse_rc rc = imap_parse_any(p, &value);
        if (rc != PARSE_OK) {
            return rc == PARSE_BAD ? rc : parse_fail(p, RULE_IMAP_ENVELOPE, "\")\"");
        }
    }
    return p->pos == start ? PARSE_OK
                           : parse_quirk(p, QUIRK_IMAP_ENVELOPE_LONG, start, p->pos - start,
                                         "\")\" behind the message-id");
}

/* RFC 9051 section 9: envelope = "(" env-date SP env-subject SP env-from SP env-sender SP
   env-reply-to SP env-to SP env-cc SP env-bcc SP env-in-reply-to SP env-message-id ")" */
enum parse_rc imap_parse_envelope(struct parse *p, struct imap_envelope *out)
{
    *out = (struct imap_envelope){0};
    if (!parse_octet(p, '(')) {
        return PARSE_NOMATCH;
    }
    for (size_t i = 0; i < ENVELOPE_FIELDS; i++) {
        if (parse_peek(p) == ')') {
            p->pos++;
            return parse_quirk(p, QUIRK_IMAP_ENVELOPE_SHORT, p->pos - 1, 1, "ten fields");
        }
        enum parse_rc rc = i > 0 ? imap_parse_sp(p, RULE_IMAP_ENVELOPE, "SP") : PARSE_OK;
        rc = rc == PARSE_OK ? field(p, i, out) : rc;
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    enum parse_rc rc = extra_fields(p);
    return rc == PARSE_OK ? parse_expect(p, ')', RULE_IMAP_ENVELOPE, "\")\"") : rc;
}

static void emit_addresses(struct out *o, const struct imap_addresses *list)
{
    if (list->first == NULL) {
        imap_emit_keyword(o, list->nil, "NIL");
        return;
    }
    out_octet(o, '(');
    for (const struct imap_address *a = list->first; a != NULL; a = a->next) {
        out_octet(o, '(');
        imap_emit_string(o, &a->name);
        out_octet(o, ' ');
        imap_emit_string(o, &a->adl);
        out_octet(o, ' ');
        imap_emit_string(o, &a->mailbox);
        out_octet(o, ' ');
        imap_emit_string(o, &a->host);
        out_octet(o, ')');
    }
    out_octet(o, ')');
}

void imap_emit_envelope(struct out *o, const struct imap_envelope *envelope)
{
    const struct imap_addresses *const lists[] = {&envelope->from,     &envelope->sender,
                                                  &envelope->reply_to, &envelope->to,
                                                  &envelope->cc,       &envelope->bcc};
    out_octet(o, '(');
    imap_emit_string(o, &envelope->date);
    out_octet(o, ' ');
    imap_emit_string(o, &envelope->subject);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        out_octet(o, ' ');
        emit_addresses(o, lists[i]);
    }
    out_octet(o, ' ');
    imap_emit_string(o, &envelope->in_reply_to);
    out_octet(o, ' ');
    imap_emit_string(o, &envelope->message_id);
    out_octet(o, ')');
}
