/* SPDX-License-Identifier: MIT */
#include "parsers/imap/capability.h"

/* RFC 9051 section 9: capability-data = "CAPABILITY" *(SP capability) SP "IMAP4rev2"
   *(SP capability); enable-data = "ENABLED" *(SP capability); capability = ("AUTH=" auth-type) /
   atom */
enum parse_rc imap_parse_capabilities(struct parse *p, struct imap_capabilities *out)
{
    *out = (struct imap_capabilities){0};
    const struct imap_capability **tail = &out->first;
    while (parse_peek(p) == ' ' && !imap_at_trailing_sp(p)) {
        enum parse_rc rc = imap_parse_sp(p, RULE_IMAP_CAPABILITY, "SP");
        if (rc != PARSE_OK) {
            return rc;
        }
        struct imap_capability *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        node->name = parse_run(p, CLASS_ATOM);
        if (node->name.len == 0) {
            return parse_fail(p, RULE_IMAP_CAPABILITY, "capability");
        }
        *tail = node;
        tail = &node->next;
        out->count++;
    }
    return PARSE_OK;
}

enum parse_rc imap_check_revision(struct parse *p, const struct imap_capabilities *list)
{
    return imap_capabilities_has(list, SPAN_LIT("IMAP4rev1")) ||
                   imap_capabilities_has(list, SPAN_LIT("IMAP4rev2"))
               ? PARSE_OK
               : parse_quirk(p, QUIRK_IMAP_CAPABILITY_REV, p->pos, 0, "IMAP4rev1 or IMAP4rev2");
}

void imap_emit_capabilities(struct out *o, const struct imap_capabilities *list)
{
    for (const struct imap_capability *c = list->first; c != NULL; c = c->next) {
        out_octet(o, ' ');
        out_bytes(o, c->name);
    }
}

bool imap_capabilities_has(const struct imap_capabilities *list, struct span name)
{
    for (const struct imap_capability *c = list->first; c != NULL; c = c->next) {
        if (span_equal_nocase(c->name, name)) {
            return true;
        }
    }
    return false;
}
