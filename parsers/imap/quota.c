/* SPDX-License-Identifier: MIT */
#include "parsers/imap/quota.h"

static enum parse_rc sp(struct parse *p)
{
    return imap_parse_sp(p, RULE_IMAP_QUOTA, "SP");
}

/* RFC 9208 section 7: quota-resource = resource-name SP resource-usage SP resource-limit */
static enum parse_rc quota_resource(struct parse *p, struct imap_quota_resource *out)
{
    enum parse_rc rc = imap_parse_atom(p, &out->name);
    if (rc == PARSE_NOMATCH) {
        rc = parse_fail(p, RULE_IMAP_QUOTA, "resource-name");
    }
    rc = rc == PARSE_OK ? sp(p) : rc;
    rc = rc == PARSE_OK ? imap_parse_count64(p, RULE_IMAP_QUOTA, &out->usage) : rc;
    rc = rc == PARSE_OK ? sp(p) : rc;
    return rc == PARSE_OK ? imap_parse_count64(p, RULE_IMAP_QUOTA, &out->limit) : rc;
}

/* RFC 9208 section 7: quota-response = "QUOTA" SP quota-root-name SP quota-list;
   RFC 2087 section 5: quota_list ::= "(" #quota_resource ")", perhaps of none */
enum parse_rc imap_parse_quota_response(struct parse *p, struct imap_quota *out)
{
    *out = (struct imap_quota){0};
    const struct imap_quota_resource **tail = &out->first;
    enum parse_rc rc = imap_parse_astring(p, &out->root);
    if (rc == PARSE_NOMATCH) {
        rc = parse_fail(p, RULE_IMAP_QUOTA, "quota-root-name");
    }
    rc = rc == PARSE_OK ? sp(p) : rc;
    rc = rc == PARSE_OK ? parse_expect(p, '(', RULE_IMAP_QUOTA, "\"(\"") : rc;
    bool end = false;
    for (size_t count = 0; rc == PARSE_OK; count++) {
        rc = imap_parse_list_next(p, count, RULE_IMAP_QUOTA, &end);
        if (rc != PARSE_OK || end) {
            break;
        }
        struct imap_quota_resource *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = quota_resource(p, node);
        *tail = node;
        tail = &node->next;
    }
    return rc;
}

/* RFC 9208 section 7: quotaroot-response = "QUOTAROOT" SP mailbox *(SP quota-root-name) */
enum parse_rc imap_parse_quotaroot_response(struct parse *p, struct imap_quota *out)
{
    *out = (struct imap_quota){0};
    struct imap_string_builder builder = {0};
    enum parse_rc rc = imap_parse_mailbox(p, &out->mailbox);
    while (rc == PARSE_OK && parse_peek(p) == ' ' && !imap_at_trailing_sp(p)) {
        struct imap_string root;
        rc = sp(p);
        rc = rc == PARSE_OK ? imap_parse_astring(p, &root) : rc;
        rc = rc == PARSE_OK ? imap_strings_append(p, &builder, &root) : rc;
    }
    out->roots = builder.list;
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_QUOTA, "mailbox or quota-root-name") : rc;
}

void imap_emit_quota_response(struct out *o, const struct imap_quota *quota)
{
    imap_emit_string(o, &quota->root);
    out_text(o, " (");
    for (const struct imap_quota_resource *r = quota->first; r != NULL; r = r->next) {
        out_bytes(o, r->name);
        out_octet(o, ' ');
        imap_emit_number(o, r->usage);
        out_octet(o, ' ');
        imap_emit_number(o, r->limit);
        if (r->next != NULL) {
            out_octet(o, ' ');
        }
    }
    out_octet(o, ')');
}

void imap_emit_quotaroot_response(struct out *o, const struct imap_quota *quota)
{
    imap_emit_mailbox(o, &quota->mailbox);
    for (const struct imap_string_list *root = quota->roots.first; root != NULL;
         root = root->next) {
        out_octet(o, ' ');
        imap_emit_string(o, &root->value);
    }
}
