/* SPDX-License-Identifier: MIT */
#include "parsers/imap/store.h"

#include "parsers/imap/item.h"

/* "+FLAGS.SILENT": the name of what is changed, taken apart. */
static bool take_name(struct parse *p, struct imap_store *out, bool *flags)
{
    size_t start = p->pos;
    int sign = parse_peek(p);
    if (sign == '+' || sign == '-') {
        out->sign = (char)sign;
        p->pos++;
    }
    struct span name = parse_run(p, CLASS_ATOM);
    struct span silent = SPAN_LIT(".SILENT");
    if (name.len > silent.len &&
        span_equal_nocase(span_from(name, name.len - silent.len), silent)) {
        out->silent = true;
        name.len -= silent.len;
    }
    out->name = parse_since(p, start);
    *flags = span_is(name, "FLAGS");
    return name.len > 0;
}

/* RFC 9051 section 9: store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag
 *(SP flag))). RFC 5257 has ANNOTATION, Gmail X-GM-LABELS in the same place, each with a list. */
enum parse_rc imap_parse_store_att_flags(struct parse *p, struct imap_store *out)
{
    size_t start = p->pos;
    bool flags = false;
    *out = (struct imap_store){0};
    if (!take_name(p, out, &flags)) {
        p->pos = start;
        return PARSE_NOMATCH;
    }
    if (!flags && !span_is(out->name, "ANNOTATION") &&
        !span_starts_nocase(span_from(out->name, out->sign != 0), SPAN_LIT("X-"))) {
        return parse_fail_at(p, start, RULE_IMAP_STORE_ATT, "FLAGS, +FLAGS or -FLAGS");
    }
    enum parse_rc rc = imap_parse_sp(p, RULE_IMAP_STORE_ATT, "SP and flags");
    if (rc != PARSE_OK) {
        return rc;
    }
    out->list = parse_peek(p) == '(';
    if (!flags) {
        struct imap_items items = {0};
        rc = imap_parse_item(p, &items);
        out->items = items.first;
    } else if (out->list) {
        rc = imap_parse_flag_list(p, IMAP_FLAGS, &out->flags);
    } else {
        rc = imap_parse_flags(p, &out->flags);
    }
    return imap_need(p, rc, RULE_IMAP_STORE_ATT, "flags");
}

void imap_emit_store_att_flags(struct out *o, const struct imap_store *store)
{
    out_bytes(o, store->name);
    out_octet(o, ' ');
    if (store->items != NULL) {
        imap_emit_items(o, store->items);
    } else if (store->list) {
        imap_emit_flag_list(o, &store->flags);
    } else {
        imap_emit_flags(o, &store->flags);
    }
}
