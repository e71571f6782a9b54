/* SPDX-License-Identifier: MIT */
#include "parsers/imap/acl.h"

static enum parse_rc sp(struct parse *p)
{
    return imap_parse_sp(p, RULE_IMAP_ACL, "SP");
}

static enum parse_rc some_astring(struct parse *p, struct imap_string *out)
{
    enum parse_rc rc = imap_parse_astring(p, out);
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_ACL, "astring") : rc;
}

static enum parse_rc mailbox(struct parse *p, struct imap_acl *out)
{
    enum parse_rc rc = imap_parse_mailbox(p, &out->mailbox);
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_MAILBOX, "mailbox") : rc;
}

/* RFC 4314 section 7: acl-data = "ACL" SP mailbox *(SP identifier SP rights) */
enum parse_rc imap_parse_acl_data(struct parse *p, struct imap_acl *out)
{
    *out = (struct imap_acl){0};
    const struct imap_acl_entry **tail = &out->first;
    enum parse_rc rc = mailbox(p, out);
    while (rc == PARSE_OK && parse_peek(p) == ' ' && !imap_at_trailing_sp(p)) {
        struct imap_acl_entry *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = sp(p);
        rc = rc == PARSE_OK ? some_astring(p, &node->identifier) : rc;
        rc = rc == PARSE_OK ? sp(p) : rc;
        rc = rc == PARSE_OK ? some_astring(p, &node->rights) : rc;
        *tail = node;
        tail = &node->next;
    }
    return rc;
}

/* RFC 4314 section 7: listrights-data = "LISTRIGHTS" SP mailbox SP identifier SP rights
 *(SP rights) */
enum parse_rc imap_parse_listrights_data(struct parse *p, struct imap_acl *out)
{
    *out = (struct imap_acl){0};
    struct imap_string_builder builder = {0};
    enum parse_rc rc = mailbox(p, out);
    rc = rc == PARSE_OK ? sp(p) : rc;
    rc = rc == PARSE_OK ? some_astring(p, &out->identifier) : rc;
    rc = rc == PARSE_OK ? sp(p) : rc;
    rc = rc == PARSE_OK ? some_astring(p, &out->rights) : rc;
    while (rc == PARSE_OK && parse_peek(p) == ' ' && !imap_at_trailing_sp(p)) {
        struct imap_string rights;
        rc = sp(p);
        rc = rc == PARSE_OK ? some_astring(p, &rights) : rc;
        rc = rc == PARSE_OK ? imap_strings_append(p, &builder, &rights) : rc;
    }
    out->optional = builder.list;
    return rc;
}

/* RFC 4314 section 7: myrights-data = "MYRIGHTS" SP mailbox SP rights */
enum parse_rc imap_parse_myrights_data(struct parse *p, struct imap_acl *out)
{
    *out = (struct imap_acl){0};
    enum parse_rc rc = mailbox(p, out);
    rc = rc == PARSE_OK ? sp(p) : rc;
    return rc == PARSE_OK ? some_astring(p, &out->rights) : rc;
}

void imap_emit_acl_data(struct out *o, const struct imap_acl *acl)
{
    imap_emit_mailbox(o, &acl->mailbox);
    for (const struct imap_acl_entry *entry = acl->first; entry != NULL; entry = entry->next) {
        out_octet(o, ' ');
        imap_emit_string(o, &entry->identifier);
        out_octet(o, ' ');
        imap_emit_string(o, &entry->rights);
    }
}

void imap_emit_listrights_data(struct out *o, const struct imap_acl *acl)
{
    imap_emit_mailbox(o, &acl->mailbox);
    out_octet(o, ' ');
    imap_emit_string(o, &acl->identifier);
    out_octet(o, ' ');
    imap_emit_string(o, &acl->rights);
    for (const struct imap_string_list *s = acl->optional.first; s != NULL; s = s->next) {
        out_octet(o, ' ');
        imap_emit_string(o, &s->value);
    }
}

void imap_emit_myrights_data(struct out *o, const struct imap_acl *acl)
{
    imap_emit_mailbox(o, &acl->mailbox);
    out_octet(o, ' ');
    imap_emit_string(o, &acl->rights);
}
