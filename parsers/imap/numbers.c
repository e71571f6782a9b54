/* SPDX-License-Identifier: MIT */
#include "parsers/imap/numbers.h"

/* RFC 7162 section 7: search-sort-mod-seq = "(" "MODSEQ" SP mod-sequence-value ")" */
static enum parse_rc search_sort_mod_seq(struct parse *p, struct imap_search *out)
{
    p->pos++;
    size_t start = p->pos;
    if (!IMAP_KEYWORD(p, "MODSEQ")) {
        return parse_fail(p, RULE_IMAP_SEARCH_MODSEQ, "MODSEQ");
    }
    out->modseq_keyword = parse_since(p, start);
    enum parse_rc rc = imap_parse_sp(p, RULE_IMAP_SEARCH_MODSEQ, "SP");
    rc = rc == PARSE_OK ? imap_parse_modseq(p, &out->modseq) : rc;
    if (rc == PARSE_OK) {
        out->has_modseq = true;
        rc = parse_expect(p, ')', RULE_IMAP_SEARCH_MODSEQ, "\")\"");
    }
    return rc;
}

/* RFC 7162 section 7: mailbox-data =/ "SEARCH" [1*(SP nz-number) SP search-sort-mod-seq] */
enum parse_rc imap_parse_search_data(struct parse *p, struct imap_search *out)
{
    *out = (struct imap_search){0};
    size_t start = p->pos;
    size_t end = p->pos;
    enum parse_rc rc = PARSE_OK;
    while (rc == PARSE_OK && parse_peek(p) == ' ') {
        if (imap_at_trailing_sp(p)) {
            break;
        }
        uint64_t number = 0;
        rc = imap_parse_sp(p, RULE_IMAP_SEARCH, "SP");
        if (rc == PARSE_OK && parse_peek(p) == '(' && out->numbers.count > 0) {
            rc = search_sort_mod_seq(p, out);
            break;
        }
        rc = rc == PARSE_OK ? imap_parse_nz_number_or(p, QUIRK_IMAP_SEARCH_ZERO, &number) : rc;
        if (rc == PARSE_NOMATCH) {
            rc = parse_fail(p, RULE_IMAP_SEARCH, "nz-number");
        }
        out->numbers.count++;
        end = p->pos;
    }
    out->numbers.text = (struct span){p->in.ptr + start, end - start};
    return rc;
}

void imap_emit_search_data(struct out *o, const struct imap_search *search)
{
    out_bytes(o, search->numbers.text);
    if (search->has_modseq) {
        out_text(o, " (");
        imap_emit_keyword(o, search->modseq_keyword, "MODSEQ");
        out_octet(o, ' ');
        imap_emit_number(o, search->modseq);
        out_octet(o, ')');
    }
}

bool imap_numbers_next(struct span *rest, uint64_t *out)
{
    size_t i = 0;
    *out = 0;
    while (i < rest->len && (rest->ptr[i] == ' ' || rest->ptr[i] == '\t')) {
        i++;
    }
    bool found = i < rest->len;
    for (; i < rest->len && rest->ptr[i] >= '0' && rest->ptr[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(rest->ptr[i] - '0');
        *out = *out > (INT64_MAX - digit) / 10 ? INT64_MAX : *out * 10 + digit;
    }
    *rest = span_from(*rest, i);
    return found;
}
