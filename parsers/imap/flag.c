/* SPDX-License-Identifier: MIT */
#include "parsers/imap/flag.h"

enum imap_flag_kind imap_flag_kind_of(struct span text)
{
    static const struct {
        struct span name;
        enum imap_flag_kind kind;
    } system[] = {
        {SPAN_INIT("\\Seen"), IMAP_FLAG_SEEN},       {SPAN_INIT("\\Answered"), IMAP_FLAG_ANSWERED},
        {SPAN_INIT("\\Flagged"), IMAP_FLAG_FLAGGED}, {SPAN_INIT("\\Deleted"), IMAP_FLAG_DELETED},
        {SPAN_INIT("\\Draft"), IMAP_FLAG_DRAFT},     {SPAN_INIT("\\Recent"), IMAP_FLAG_RECENT},
        {SPAN_INIT("\\*"), IMAP_FLAG_ANY},
    };
    if (text.len == 0 || text.ptr[0] != '\\') {
        return IMAP_FLAG_KEYWORD;
    }
    for (size_t i = 0; i < sizeof system / sizeof system[0]; i++) {
        if (span_equal_nocase(text, system[i].name)) {
            return system[i].kind;
        }
    }
    return IMAP_FLAG_EXTENSION;
}

static enum parse_rc check_place(struct parse *p, size_t start, enum imap_flag_place place,
                                 enum imap_flag_kind kind)
{
    if (kind == IMAP_FLAG_RECENT && place != IMAP_FLAGS_FETCH) {
        return parse_quirk(p, QUIRK_IMAP_FLAG_RECENT, start, p->pos - start,
                           "a flag other than \\Recent");
    }
    if (kind == IMAP_FLAG_ANY && place != IMAP_FLAGS_PERM) {
        return parse_quirk(p, QUIRK_IMAP_FLAG_ANY, start + 1, 1, "the name of a flag");
    }
    return PARSE_OK;
}

/* A flag in DQUOTEs, which some servers send. */
static enum parse_rc flag_quoted(struct parse *p, size_t start, struct imap_flag *out)
{
    struct imap_string quoted;
    enum parse_rc rc = parse_quirk(p, QUIRK_IMAP_FLAG_QUOTED, start, 1, "an atom, not quoted");
    if (rc == PARSE_OK) {
        rc = imap_parse_quoted(p, &quoted);
    }
    out->text = parse_since(p, start);
    out->kind = IMAP_FLAG_KEYWORD;
    return rc;
}

/* Octets that are no ATOM-CHAR but that servers put into flags all the same. */
static bool is_stray(const struct parse *p)
{
    int octet = parse_peek(p);
    return octet >= 0 && octet != ' ' && octet != '(' && octet != ')' && octet != '\r' &&
           octet != '\n' && octet != '\t';
}

static enum parse_rc flag_rest(struct parse *p)
{
    size_t name = p->pos;
    (void)parse_run(p, CLASS_ATOM);
    if (!is_stray(p)) {
        return p->pos > name ? PARSE_OK : parse_fail(p, RULE_IMAP_FLAG, "atom behind \"\\\"");
    }
    size_t bad = p->pos;
    while (is_stray(p)) {
        p->pos++;
    }
    return parse_quirk(p, QUIRK_IMAP_FLAG_CHAR, bad, p->pos - bad, "ATOM-CHAR");
}

/* RFC 9051 section 9: flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" /
   flag-keyword / flag-extension */
enum parse_rc imap_parse_flag(struct parse *p, enum imap_flag_place place, struct imap_flag *out)
{
    size_t start = p->pos;
    *out = (struct imap_flag){0};
    if (parse_peek(p) == '"') {
        return flag_quoted(p, start, out);
    }
    if (!PARSE_TEXT(p, "\\*")) {
        if (!is_stray(p)) {
            return PARSE_NOMATCH;
        }
        (void)parse_octet(p, '\\');
        enum parse_rc rc = flag_rest(p);
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    out->text = parse_since(p, start);
    out->kind = imap_flag_kind_of(out->text);
    return check_place(p, start, place, out->kind);
}

static enum parse_rc append(struct parse *p, enum imap_flag_place place, struct imap_flags *list,
                            struct imap_flag **last)
{
    struct imap_flag *node = parse_take(p, sizeof *node);
    if (node == NULL) {
        return PARSE_BAD;
    }
    enum parse_rc rc = imap_parse_flag(p, place, node);
    if (rc != PARSE_OK) {
        return rc;
    }
    if (*last == NULL) {
        list->first = node;
    } else {
        (*last)->next = node;
    }
    *last = node;
    list->count++;
    return PARSE_OK;
}

/* RFC 9051 section 9: flag-list = "(" [flag *(SP flag)] ")" */
enum parse_rc imap_parse_flag_list(struct parse *p, enum imap_flag_place place,
                                   struct imap_flags *out)
{
    struct imap_flag *last = NULL;
    *out = (struct imap_flags){0};
    if (!parse_octet(p, '(')) {
        return PARSE_NOMATCH;
    }
    for (;;) {
        bool end = false;
        enum parse_rc rc = imap_parse_list_next(p, out->count, RULE_IMAP_FLAG_LIST, &end);
        if (rc != PARSE_OK || end) {
            return rc;
        }
        rc = append(p, place, out, &last);
        if (rc != PARSE_OK) {
            return rc == PARSE_BAD ? rc : parse_fail(p, RULE_IMAP_FLAG_LIST, "flag or \")\"");
        }
    }
}

/* RFC 9051 section 9: store-att-flags = … (flag-list / (flag *(SP flag))) */
enum parse_rc imap_parse_flags(struct parse *p, struct imap_flags *out)
{
    struct imap_flag *last = NULL;
    *out = (struct imap_flags){0};
    enum parse_rc rc = append(p, IMAP_FLAGS, out, &last);
    while (rc == PARSE_OK && parse_peek(p) == ' ') {
        rc = imap_parse_sp(p, RULE_IMAP_FLAG_LIST, "SP");
        if (rc == PARSE_OK) {
            rc = append(p, IMAP_FLAGS, out, &last);
        }
        if (rc == PARSE_NOMATCH) {
            rc = parse_fail(p, RULE_IMAP_FLAG_LIST, "flag");
        }
    }
    return rc;
}

void imap_emit_flags(struct out *o, const struct imap_flags *flags)
{
    for (const struct imap_flag *flag = flags->first; flag != NULL; flag = flag->next) {
        out_bytes(o, flag->text);
        if (flag->next != NULL) {
            out_octet(o, ' ');
        }
    }
}

void imap_emit_flag_list(struct out *o, const struct imap_flags *flags)
{
    out_octet(o, '(');
    imap_emit_flags(o, flags);
    out_octet(o, ')');
}

bool imap_flags_has(const struct imap_flags *flags, struct span name)
{
    for (const struct imap_flag *flag = flags->first; flag != NULL; flag = flag->next) {
        if (span_equal_nocase(flag->text, name)) {
            return true;
        }
    }
    return false;
}
