/* SPDX-License-Identifier: MIT */
#include "parsers/imap/metadata.h"

static enum parse_rc sp(struct parse *p)
{
    return imap_parse_sp(p, RULE_IMAP_METADATA, "SP");
}

/* RFC 5464 section 5: entry = astring */
static enum parse_rc entry(struct parse *p, struct imap_string *out)
{
    enum parse_rc rc = imap_parse_astring(p, out);
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_METADATA, "entry") : rc;
}

/* RFC 5464 section 5: entry-value = entry SP value; value = nstring / literal8 */
static enum parse_rc entry_value(struct parse *p, struct imap_metadata_entry *out)
{
    enum parse_rc rc = entry(p, &out->name);
    rc = rc == PARSE_OK ? sp(p) : rc;
    rc = rc == PARSE_OK ? imap_parse_literal8(p, &out->value) : rc;
    return rc == PARSE_NOMATCH ? imap_parse_some_nstring(p, &out->value) : rc;
}

/* RFC 5464 section 5: entry-values = "(" entry-value *(SP entry-value) ")" */
static enum parse_rc entry_values(struct parse *p, struct imap_metadata *out)
{
    const struct imap_metadata_entry **tail = &out->first;
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_METADATA, "\"(\"");
    out->has_values = true;
    for (bool end = false; rc == PARSE_OK && !end;) {
        struct imap_metadata_entry *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = entry_value(p, node);
        *tail = node;
        tail = &node->next;
        out->count++;
        rc = rc == PARSE_OK ? imap_parse_list_next(p, 1, RULE_IMAP_METADATA, &end) : rc;
    }
    return rc;
}

/* RFC 5464 section 5: entry-list = entry *(SP entry) */
static enum parse_rc entry_list(struct parse *p, struct imap_metadata *out)
{
    const struct imap_metadata_entry **tail = &out->first;
    enum parse_rc rc = PARSE_OK;
    do {
        struct imap_metadata_entry *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = out->count > 0 ? sp(p) : rc;
        rc = rc == PARSE_OK ? entry(p, &node->name) : rc;
        *tail = node;
        tail = &node->next;
        out->count++;
    } while (rc == PARSE_OK && parse_peek(p) == ' ' && !imap_at_trailing_sp(p));
    return rc;
}

/* RFC 5464 section 5: metadata-resp = "METADATA" SP mailbox SP (entry-values / entry-list) */
enum parse_rc imap_parse_metadata_resp(struct parse *p, struct imap_metadata *out)
{
    *out = (struct imap_metadata){0};
    enum parse_rc rc = imap_parse_mailbox(p, &out->mailbox);
    if (rc == PARSE_NOMATCH) {
        rc = parse_fail(p, RULE_IMAP_MAILBOX, "mailbox");
    }
    rc = rc == PARSE_OK ? sp(p) : rc;
    if (rc != PARSE_OK) {
        return rc;
    }
    return parse_peek(p) == '(' ? entry_values(p, out) : entry_list(p, out);
}

static void emit_entry_values(struct out *o, const struct imap_metadata *metadata)
{
    if (metadata->has_values) {
        out_octet(o, '(');
    }
    for (const struct imap_metadata_entry *e = metadata->first; e != NULL; e = e->next) {
        imap_emit_string(o, &e->name);
        if (metadata->has_values) {
            out_octet(o, ' ');
            imap_emit_string(o, &e->value);
        }
        if (e->next != NULL) {
            out_octet(o, ' ');
        }
    }
    if (metadata->has_values) {
        out_octet(o, ')');
    }
}

void imap_emit_metadata_resp(struct out *o, const struct imap_metadata *metadata)
{
    imap_emit_mailbox(o, &metadata->mailbox);
    out_octet(o, ' ');
    emit_entry_values(o, metadata);
}
