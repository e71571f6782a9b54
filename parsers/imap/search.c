/* SPDX-License-Identifier: MIT */
#include "parsers/imap/search.h"

#include "parsers/imap/command_shape.h"

#include "parsers/imap/flag.h"

static const struct {
    struct span name;
    const char *shape;
} keys[IMAP_SEARCH_COUNT] = {
#define IMAP_SEARCH_KEY(id, name, shape) [IMAP_SEARCH_##id] = {SPAN_INIT(name), shape},
#include "parsers/imap/search_key.def"
#undef IMAP_SEARCH_KEY
};

static enum imap_search_type key_by_name(struct span name)
{
    for (unsigned i = IMAP_SEARCH_LIST + 1; i < IMAP_SEARCH_COUNT; i++) {
        if (span_equal_nocase(name, keys[i].name)) {
            return (enum imap_search_type)i;
        }
    }
    return IMAP_SEARCH_UNKNOWN;
}

static enum parse_rc flag_keyword(struct parse *p, struct imap_string *out)
{
    struct span atom = {0};
    enum parse_rc rc = imap_parse_atom(p, &atom);
    *out = (struct imap_string){.form = IMAP_ATOM, .text = atom};
    return rc;
}

/* RFC 8474 section 7: objectid = 1*255(ALPHA / DIGIT / "_" / "-") */
static enum parse_rc objectid(struct parse *p, struct imap_string *out)
{
    size_t start = p->pos;
    while (parse_peek(p) == '_' || parse_peek(p) == '-' ||
           (!parse_at_end(p) && octet_is(p->in.ptr[p->pos], CLASS_ALPHA | CLASS_DIGIT))) {
        p->pos++;
    }
    *out = (struct imap_string){.form = IMAP_ATOM, .text = parse_since(p, start)};
    if (out->text.len > 255) {
        return parse_fail_at(p, start + 255, RULE_IMAP_SEARCH_KEY, "at most 255 octets");
    }
    return out->text.len > 0 ? PARSE_OK : PARSE_NOMATCH;
}

/* RFC 7162 section 7: entry-flag-name = DQUOTE "/flags/" attr-flag DQUOTE; attr-flag = an atom,
   perhaps behind two "\\". The text between the quotes. */
static enum parse_rc check_entry_name(struct parse *p, struct span text)
{
    struct parse ahead = *p;
    ahead.pos = (size_t)(text.ptr - p->in.ptr);
    size_t end = ahead.pos + text.len;
    bool good = PARSE_TEXT(&ahead, "/flags/");
    (void)(good && PARSE_TEXT(&ahead, "\\\\"));
    good = good && parse_run(&ahead, CLASS_ATOM).len > 0 && ahead.pos == end;
    return good ? PARSE_OK
                : parse_fail_at(p, ahead.pos, RULE_IMAP_SEARCH_KEY, "\"/flags/\" and a flag");
}

/* RFC 7162 section 7: search-modsequence = "MODSEQ" [search-modseq-ext] SP mod-sequence-valzer,
   search-modseq-ext = SP entry-name SP entry-type-req; from behind the first SP on. */
static enum parse_rc modsequence(struct parse *p, struct imap_search_key *out)
{
    enum parse_rc rc = imap_parse_quoted(p, &out->string[0]);
    if (rc == PARSE_OK) {
        rc = check_entry_name(p, out->string[0].text);
    }
    if (rc == PARSE_OK) {
        rc = imap_parse_sp(p, RULE_IMAP_SEARCH_KEY, "SP");
        size_t start = p->pos;
        if (rc == PARSE_OK && !IMAP_KEYWORD(p, "priv") && !IMAP_KEYWORD(p, "shared") &&
            !IMAP_KEYWORD(p, "all")) {
            rc = parse_fail(p, RULE_IMAP_SEARCH_KEY, "priv, shared or all");
        }
        out->string[1] = (struct imap_string){.form = IMAP_ATOM, .text = parse_since(p, start)};
        if (rc == PARSE_OK) {
            rc = imap_parse_sp(p, RULE_IMAP_SEARCH_KEY, "SP");
        }
    }
    return rc == PARSE_BAD ? rc : imap_parse_mod_sequence(p, true, &out->number);
}

static enum parse_rc nz_number(struct parse *p, struct imap_number *out)
{
    *out = (struct imap_number){0};
    return imap_parse_nz_number(p, &out->value);
}

/* One more key, appended at the tail. */
/* NOLINTNEXTLINE(misc-no-recursion): parse_enter() limits the depth. */
static enum parse_rc append_key(struct parse *p, const struct imap_search_key ***tail)
{
    struct imap_search_key *key = parse_take(p, sizeof *key);
    enum parse_rc rc = key == NULL ? PARSE_BAD : imap_parse_search_key(p, key);
    if (rc == PARSE_OK) {
        **tail = key;
        *tail = &key->next;
    }
    return imap_need(p, rc, RULE_IMAP_SEARCH_KEY, "search key");
}

/* NOLINTNEXTLINE(misc-no-recursion): parse_enter() limits the depth. */
static enum parse_rc argument(struct parse *p, char shape, struct imap_search_key *out,
                              const struct imap_search_key ***tail)
{
    struct imap_string *string = &out->string[out->string[0].text.ptr != NULL];
    switch (shape) {
    case 'a':
        return imap_parse_astring(p, string);
    case 'd':
        return imap_parse_date(p, &out->date);
    case 'f':
        return flag_keyword(p, string);
    case 'n':
        return imap_parse_number64(p, &out->number);
    case 'z':
        return nz_number(p, &out->number);
    case 's':
        return imap_parse_sequence_set(p, &out->set);
    case 'o':
        return objectid(p, string);
    case 'm':
        return modsequence(p, out);
    default:
        return append_key(p, tail);
    }
}

/* The arguments of a key by its shape. */
/* NOLINTNEXTLINE(misc-no-recursion): parse_enter() limits the depth. */
static enum parse_rc arguments(struct parse *p, struct imap_search_key *out)
{
    const struct imap_search_key **tail = &out->keys;
    enum parse_rc rc = PARSE_OK;
    for (const char *shape = keys[out->type].shape; rc == PARSE_OK && *shape != '\0'; shape++) {
        rc = imap_parse_sp(p, RULE_IMAP_SEARCH_KEY, "SP and what to search for");
        if (rc == PARSE_OK) {
            rc = imap_need(p, argument(p, *shape, out, &tail), RULE_IMAP_SEARCH_KEY,
                           "what to search for");
        }
    }
    return rc;
}

/* A key of an extension: only those that say so by their name stay without a remark. */
static enum parse_rc unknown_key(struct parse *p, size_t start, struct imap_search_key *out)
{
    enum parse_rc rc = PARSE_OK;
    if (!span_starts_nocase(out->name, SPAN_LIT("X-"))) {
        rc = parse_quirk(p, QUIRK_IMAP_SEARCH_KEY_UNKNOWN, start, out->name.len,
                         "a search key of IMAP or of an extension");
    }
    int next = imap_peek_argument(p);
    if (rc == PARSE_OK && (next == '"' || next == '{')) {
        rc = imap_parse_sp(p, RULE_IMAP_SEARCH_KEY, "SP");
        if (rc == PARSE_OK) {
            rc = imap_parse_string(p, &out->string[0]);
        }
    }
    return rc;
}

/* RFC 9051 section 9: search-key = … "(" search-key *(SP search-key) ")" */
/* NOLINTNEXTLINE(misc-no-recursion): parse_enter() limits the depth. */
static enum parse_rc key_list(struct parse *p, struct imap_search_key *out)
{
    const struct imap_search_key **tail = &out->keys;
    out->type = IMAP_SEARCH_LIST;
    p->pos++;
    for (size_t count = 0;; count++) {
        bool end = false;
        enum parse_rc rc = imap_parse_list_next(p, count, RULE_IMAP_SEARCH_KEY, &end);
        if (rc == PARSE_OK && end && count == 0) {
            rc = parse_fail_at(p, p->pos - 1, RULE_IMAP_SEARCH_KEY, "search key");
        }
        if (rc != PARSE_OK || end) {
            return rc;
        }
        rc = append_key(p, &tail);
        if (rc != PARSE_OK) {
            return rc;
        }
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): parse_enter() limits the depth. */
static enum parse_rc search_key(struct parse *p, struct imap_search_key *out)
{
    size_t start = p->pos;
    int next = parse_peek(p);
    if (next == '(') {
        return key_list(p, out);
    }
    if (next == '*' || next == '$' || (next >= '0' && next <= '9')) {
        out->type = IMAP_SEARCH_SET;
        enum parse_rc rc = imap_parse_sequence_set(p, &out->set);
        if (rc != PARSE_NOMATCH) {
            return rc;
        }
    }
    enum parse_rc rc = imap_parse_atom(p, &out->name);
    if (rc != PARSE_OK) {
        return rc;
    }
    out->type = key_by_name(out->name);
    return out->type == IMAP_SEARCH_UNKNOWN ? unknown_key(p, start, out) : arguments(p, out);
}

/* RFC 9051 section 9: search-key = "ALL" / "ANSWERED" / … / sequence-set / "(" search-key *(SP
   search-key) ")", all names in search_key.def */
/* NOLINTNEXTLINE(misc-no-recursion): parse_enter() limits the depth. */
enum parse_rc imap_parse_search_key(struct parse *p, struct imap_search_key *out)
{
    *out = (struct imap_search_key){0};
    enum parse_rc rc = parse_enter(p);
    if (rc == PARSE_OK) {
        rc = search_key(p, out);
        parse_leave(p);
    }
    return rc;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the key that was parsed. */
static void emit_keys(struct out *o, const struct imap_search_key *first)
{
    for (const struct imap_search_key *key = first; key != NULL; key = key->next) {
        imap_emit_search_key(o, key);
        out_text(o, key->next != NULL ? " " : "");
    }
}

static void emit_strings(struct out *o, const struct imap_search_key *key)
{
    for (size_t i = 0; i < 2; i++) {
        if (key->string[i].text.ptr != NULL) {
            out_octet(o, ' ');
            imap_emit_string(o, &key->string[i]);
        }
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the key that was parsed. */
void imap_emit_search_key(struct out *o, const struct imap_search_key *key)
{
    if (key->type == IMAP_SEARCH_SET) {
        imap_emit_set(o, &key->set);
        return;
    }
    if (key->type == IMAP_SEARCH_LIST) {
        out_octet(o, '(');
        emit_keys(o, key->keys);
        out_octet(o, ')');
        return;
    }
    out_bytes(o, key->name.len > 0 ? key->name : keys[key->type].name);
    emit_strings(o, key);
    const char *shape = key->type == IMAP_SEARCH_UNKNOWN ? "" : keys[key->type].shape;
    switch (shape[0]) {
    case 'd':
        out_octet(o, ' ');
        imap_emit_date(o, &key->date);
        break;
    case 'n':
    case 'z':
    case 'm':
        out_octet(o, ' ');
        imap_emit_number(o, key->number);
        break;
    case 's':
        out_octet(o, ' ');
        imap_emit_set(o, &key->set);
        break;
    case 'k':
        out_octet(o, ' ');
        emit_keys(o, key->keys);
        break;
    default:
        break;
    }
}

static enum parse_rc program_keys(struct parse *p, struct imap_search_args *out)
{
    const struct imap_search_key **tail = &out->keys;
    enum parse_rc rc = append_key(p, &tail);
    while (rc == PARSE_OK && imap_peek_argument(p) != '\r' && parse_peek(p) == ' ') {
        rc = imap_parse_sp(p, RULE_IMAP_SEARCH_KEY, "SP");
        if (rc == PARSE_OK) {
            rc = append_key(p, &tail);
        }
    }
    return rc;
}

/* The name of a character set has been looked for; the keys follow. */
static enum parse_rc behind_charset(struct parse *p, enum parse_rc rc)
{
    rc = imap_need(p, rc, RULE_IMAP_CHARSET, "name of a character set");
    return rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_CHARSET, "SP and a search key") : rc;
}

/* RFC 9051 section 9: search-program = ["CHARSET" SP charset SP] search-key *(SP search-key); RFC
   3501 section 9: search = "SEARCH" [SP "CHARSET" SP astring] …, which each charset is, too */
enum parse_rc imap_parse_search_program(struct parse *p, struct imap_search_args *out)
{
    size_t start = p->pos;
    if (IMAP_KEYWORD(p, "CHARSET")) {
        out->charset_word = parse_since(p, start);
        enum parse_rc rc = imap_parse_sp(p, RULE_IMAP_CHARSET, "SP");
        if (rc == PARSE_OK) {
            rc = behind_charset(p, imap_parse_astring(p, &out->charset));
        }
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    return program_keys(p, out);
}

/* RFC 5256 section 5: search-criteria = charset 1*(SP search-key); RFC 4466 section 3: charset =
   atom / quoted */
enum parse_rc imap_parse_search_criteria(struct parse *p, struct imap_search_args *out)
{
    enum parse_rc rc = imap_parse_quoted(p, &out->charset);
    if (rc == PARSE_NOMATCH) {
        rc = flag_keyword(p, &out->charset);
    }
    rc = behind_charset(p, rc);
    return rc == PARSE_OK ? program_keys(p, out) : rc;
}

void imap_emit_search_program(struct out *o, const struct imap_search_args *search)
{
    if (search->charset_word.len > 0) {
        out_bytes(o, search->charset_word);
        out_octet(o, ' ');
    }
    if (search->charset.text.ptr != NULL) {
        imap_emit_string(o, &search->charset);
        out_octet(o, ' ');
    }
    emit_keys(o, search->keys);
}

/* RFC 5256 section 5: sort-criterion = ["REVERSE" SP] sort-key; RFC 5957 and RFC 6203 add keys. */
static enum parse_rc sort_criterion(struct parse *p, struct imap_items *items)
{
    static const char *const names[] = {"ARRIVAL",    "CC",          "DATE",     "FROM",
                                        "SIZE",       "SUBJECT",     "TO",       "RELEVANCY",
                                        "ANNOTATION", "DISPLAYFROM", "DISPLAYTO"};
    size_t start = p->pos;
    enum parse_rc rc = imap_need(p, imap_parse_item(p, items), RULE_IMAP_SORT, "sort key");
    if (rc == PARSE_OK && span_is(items->last->atom, "REVERSE")) {
        rc = imap_parse_sp(p, RULE_IMAP_SORT, "SP and a sort key");
        start = p->pos;
        rc = rc == PARSE_OK ? imap_need(p, imap_parse_item(p, items), RULE_IMAP_SORT, "sort key")
                            : rc;
    }
    if (rc != PARSE_OK) {
        return rc;
    }
    bool known = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        known = known || span_is(items->last->atom, names[i]);
    }
    if (!known && !span_starts_nocase(items->last->atom, SPAN_LIT("X-"))) {
        rc = parse_fail_at(p, start, RULE_IMAP_SORT, "sort key");
    }
    return rc;
}

enum parse_rc imap_parse_sort_criteria(struct parse *p, struct imap_search_args *out)
{
    struct imap_items items = {0};
    if (!parse_octet(p, '(')) {
        return PARSE_NOMATCH;
    }
    struct imap_item *list = parse_take(p, sizeof *list);
    if (list == NULL) {
        return PARSE_BAD;
    }
    enum parse_rc rc = PARSE_OK;
    for (size_t count = 0; rc == PARSE_OK; count++) {
        bool end = false;
        rc = imap_parse_list_next(p, count, RULE_IMAP_SORT, &end);
        if (rc != PARSE_OK || (end && count > 0)) {
            break;
        }
        rc = end ? parse_fail_at(p, p->pos - 1, RULE_IMAP_SORT, "sort key")
                 : sort_criterion(p, &items);
    }
    list->form = IMAP_ITEM_LIST;
    list->list = items.first;
    out->sort = list;
    return rc;
}

enum parse_rc imap_parse_search_return_opts(struct parse *p, struct imap_search_args *out)
{
    size_t start = p->pos;
    struct imap_items items = {0};
    if (!IMAP_KEYWORD(p, "RETURN")) {
        return PARSE_NOMATCH;
    }
    out->return_word = parse_since(p, start);
    enum parse_rc rc = imap_parse_sp(p, RULE_IMAP_SEARCH_RETURN, "SP");
    if (rc == PARSE_OK) {
        rc = imap_need(p, imap_parse_command_params(p, IMAP_PARAMS_ANY, &items),
                       RULE_IMAP_SEARCH_RETURN, "\"(\"");
    }
    out->options = items.first;
    return rc;
}

enum parse_rc imap_parse_esearch_source_opts(struct parse *p, struct imap_search_args *out)
{
    size_t start = p->pos;
    struct imap_items items = {0};
    if (!IMAP_KEYWORD(p, "IN")) {
        return PARSE_NOMATCH;
    }
    out->in_word = parse_since(p, start);
    enum parse_rc rc = imap_parse_sp(p, RULE_IMAP_SEARCH_SOURCE, "SP");
    if (rc == PARSE_OK) {
        rc = imap_need(p, imap_parse_source_mbox(p, &items), RULE_IMAP_SEARCH_SOURCE, "\"(\"");
    }
    out->sources = items.first;
    return rc;
}

bool imap_search_returns(const struct imap_search_args *search, const char *option)
{
    return imap_item_find(search->options, option) != NULL;
}
