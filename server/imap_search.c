/* SPDX-License-Identifier: MIT */
/* The keys of SEARCH (RFC 3501 section 6.4.4, RFC 5032, 7162). */
#include "server/imap_search.h"

#include "parsers/message/date.h"

enum { DAY = 86400 };

/* --- texts -------------------------------------------------------------------------------------
 */

static struct span needle_of(struct searching *s, const struct imap_string *string)
{
    struct out o;
    size_t cap = string->text.len + 1;
    out_init(&o, scratch_take(&s->scratch, cap), cap);
    imap_string_decode(string, &o);
    return text_fold(&s->scratch, out_span(&o));
}

/* name empty: any field, its name included. */
static bool in_header(struct searching *s, struct span header, struct span name, struct span needle)
{
    struct message_field field;
    while (message_header_next(&header, &field)) {
        struct span value = name.len == 0 ? field.whole : field.value;
        struct span text = imap_has_fault(s->imap, FAULT_IMAP_SEARCH_RAW)
                               ? text_fold(&s->scratch, value)
                               : text_of_field(&s->scratch, value);
        if ((name.len == 0 || span_equal_nocase(field.name, name)) && text_has(text, needle)) {
            return true;
        }
    }
    return false;
}

/* NOLINTNEXTLINE(misc-no-recursion): the tree's depth was limited when it was built. */
static bool in_body(struct searching *s, const struct mime_part *part, struct span needle)
{
    bool inner = part->children != NULL;
    for (const struct mime_part *child = part->children; child != NULL; child = child->next) {
        if (in_header(s, child->header, (struct span){0}, needle) || in_body(s, child, needle)) {
            return true;
        }
    }
    bool readable = span_is(part->type.type, "text") || span_is(part->type.type, "multipart");
    struct span text;
    return !inner && readable && imap_content_text(&s->scratch, part, &text) &&
           text_has(text_fold(&s->scratch, text), needle);
}

static bool field_has(struct searching *s, const char *name, const struct imap_search_key *key)
{
    const struct mime_part *root = imap_content_of(s->message)->root;
    return in_header(s, root->header, span_text(name), needle_of(s, &key->string[0]));
}

static bool header_has(struct searching *s, const struct imap_search_key *key)
{
    const struct mime_part *root = imap_content_of(s->message)->root;
    struct out o;
    out_init(&o, scratch_take(&s->scratch, key->string[0].text.len + 1),
             key->string[0].text.len + 1);
    imap_string_decode(&key->string[0], &o);
    struct span name = out_span(&o);
    return name.len != 0 && in_header(s, root->header, name, needle_of(s, &key->string[1]));
}

static bool text_matches(struct searching *s, const struct imap_search_key *key, bool header)
{
    const struct mime_part *root = imap_content_of(s->message)->root;
    struct span needle = needle_of(s, &key->string[0]);
    return (header && in_header(s, root->header, (struct span){0}, needle)) ||
           in_body(s, root, needle);
}

/* --- dates -------------------------------------------------------------------------------------
 */

static int64_t day_of(int64_t seconds, int16_t zone)
{
    int64_t local = seconds + (int64_t)zone * 60;
    return local / DAY - (local % DAY < 0 ? 1 : 0);
}

static bool read_sent(const struct message *message, struct message_date *date)
{
    struct message_field field;
    struct parse p;
    uint8_t block[1024]; /* for what deviates and can be read all the same */
    struct arena arena;
    if (!message_field_find(message_octets(message), "Date", &field)) {
        return false;
    }
    arena_init(&arena, block, sizeof block);
    parse_init(&p, field.value, 0, &arena);
    p.quirks = QUIRKS_ALL;
    return message_parse_date_time(&p, date) == PARSE_OK;
}

int64_t search_sent_seconds(const struct message *message)
{
    struct message_date date;
    return read_sent(message, &date) ? message_date_seconds(&date) : message->internal_date;
}

/* RFC 3501 section 6.4.4: the dates disregard time and timezone. */
static bool date_matches(const struct searching *s, const struct imap_search_key *key, int64_t day)
{
    int64_t wanted = imap_date_seconds(&key->date) / DAY;
    (void)s;
    switch ((int)key->type) {
    case IMAP_SEARCH_BEFORE:
    case IMAP_SEARCH_SENTBEFORE:
    case IMAP_SEARCH_SAVEDBEFORE:
        return day < wanted;
    case IMAP_SEARCH_ON:
    case IMAP_SEARCH_SENTON:
    case IMAP_SEARCH_SAVEDON:
        return day == wanted;
    default:
        return imap_has_fault(s->imap, FAULT_IMAP_SEARCH_SINCE) ? day > wanted : day >= wanted;
    }
}

static bool internal_matches(const struct searching *s, const struct imap_search_key *key)
{
    return date_matches(s, key, day_of(s->message->internal_date, s->message->zone));
}

static bool sent_matches(const struct searching *s, const struct imap_search_key *key)
{
    struct message_date date;
    return read_sent(s->message, &date) && date_matches(s, key, message_date_days(&date));
}

/* --- the rest ----------------------------------------------------------------------------------
 */

static bool set_has(struct searching *s, const struct imap_set *set, bool uid)
{
    const struct mail_view *view = &s->imap->view;
    const struct message *last = view->count == 0 ? NULL : view->entries[view->count - 1].message;
    uint64_t star = uid ? (last == NULL ? 0 : last->uid) : view->count;
    uint64_t number = uid ? s->message->uid : s->index + 1;
    if (!set->saved) {
        return imap_set_has(set, number, star);
    }
    for (size_t i = 0; i < view->saved_count; i++) {
        if (view->saved[i] == s->message->uid) {
            return true;
        }
    }
    return false;
}

static bool has_keyword(const struct searching *s, struct span keyword)
{
    uint64_t bit = user_keyword(s->imap->user, keyword, false);
    return (s->message->flags.keywords & bit) != 0;
}

static struct span keyword_of(const struct imap_search_key *key)
{
    return key->string[0].text;
}

/* Flags and marks: true where the key is one of them. */
static bool flag_matches(const struct searching *s, enum imap_search_type type, bool *out)
{
    static const struct {
        enum imap_search_type set;
        enum imap_search_type unset;
        uint32_t bit;
    } keys[] = {
        {IMAP_SEARCH_ANSWERED, IMAP_SEARCH_UNANSWERED, FLAG_ANSWERED},
        {IMAP_SEARCH_DELETED, IMAP_SEARCH_UNDELETED, FLAG_DELETED},
        {IMAP_SEARCH_DRAFT, IMAP_SEARCH_UNDRAFT, FLAG_DRAFT},
        {IMAP_SEARCH_FLAGGED, IMAP_SEARCH_UNFLAGGED, FLAG_FLAGGED},
        {IMAP_SEARCH_SEEN, IMAP_SEARCH_UNSEEN, FLAG_SEEN},
    };
    bool recent = s->imap->view.entries[s->index].recent;
    uint32_t flags = s->message->flags.system;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (type == keys[i].set || type == keys[i].unset) {
            *out = ((flags & keys[i].bit) != 0) == (type == keys[i].set);
            return true;
        }
    }
    *out = type == IMAP_SEARCH_OLD      ? !recent
           : type == IMAP_SEARCH_RECENT ? recent
                                        : recent && (flags & FLAG_SEEN) == 0;
    return type == IMAP_SEARCH_OLD || type == IMAP_SEARCH_RECENT || type == IMAP_SEARCH_NEW;
}

static bool matches_all(struct searching *s, const struct imap_search_key *keys);

/* NOLINTNEXTLINE(misc-no-recursion): the parser limits how deep keys are nested. */
static bool matches(struct searching *s, const struct imap_search_key *key)
{
    bool flag = false;
    int64_t age = store_now(s->imap->service.config->store) - s->message->internal_date;
    if (flag_matches(s, key->type, &flag)) {
        return flag;
    }
    switch ((int)key->type) {
    case IMAP_SEARCH_ALL:
        return true;
    case IMAP_SEARCH_SET:
        return set_has(s, &key->set, false);
    case IMAP_SEARCH_UID:
        return set_has(s, &key->set, true);
    case IMAP_SEARCH_LIST:
        return matches_all(s, key->keys);
    case IMAP_SEARCH_NOT:
        return matches(s, key->keys) == imap_has_fault(s->imap, FAULT_IMAP_SEARCH_NOT);
    case IMAP_SEARCH_OR:
        if (imap_has_fault(s->imap, FAULT_IMAP_SEARCH_OR)) {
            return matches(s, key->keys) && matches(s, key->keys->next);
        }
        return matches(s, key->keys) || matches(s, key->keys->next);
    case IMAP_SEARCH_KEYWORD:
        return has_keyword(s, keyword_of(key));
    case IMAP_SEARCH_UNKEYWORD:
        return !has_keyword(s, keyword_of(key));
    case IMAP_SEARCH_BCC:
    case IMAP_SEARCH_CC:
    case IMAP_SEARCH_FROM:
    case IMAP_SEARCH_SUBJECT:
    case IMAP_SEARCH_TO: {
        static const char *const names[IMAP_SEARCH_COUNT] = {[IMAP_SEARCH_BCC] = "Bcc",
                                                             [IMAP_SEARCH_CC] = "Cc",
                                                             [IMAP_SEARCH_FROM] = "From",
                                                             [IMAP_SEARCH_SUBJECT] = "Subject",
                                                             [IMAP_SEARCH_TO] = "To"};
        return field_has(s, names[key->type], key);
    }
    case IMAP_SEARCH_HEADER:
        return header_has(s, key);
    case IMAP_SEARCH_BODY:
        return text_matches(s, key, imap_has_fault(s->imap, FAULT_IMAP_SEARCH_BODY_HEADER));
    case IMAP_SEARCH_TEXT:
        return text_matches(s, key, true);
    case IMAP_SEARCH_LARGER:
        return s->message->blob->len > key->number.value;
    case IMAP_SEARCH_SMALLER:
        return s->message->blob->len < key->number.value;
    case IMAP_SEARCH_BEFORE:
    case IMAP_SEARCH_ON:
    case IMAP_SEARCH_SINCE:
        return internal_matches(s, key);
    case IMAP_SEARCH_SENTBEFORE:
    case IMAP_SEARCH_SENTON:
    case IMAP_SEARCH_SENTSINCE:
        return sent_matches(s, key);
    case IMAP_SEARCH_OLDER:
        return age >= (int64_t)key->number.value;
    case IMAP_SEARCH_YOUNGER:
        return age <= (int64_t)key->number.value;
    case IMAP_SEARCH_SAVEDBEFORE:
    case IMAP_SEARCH_SAVEDON:
    case IMAP_SEARCH_SAVEDSINCE:
        return imap_has_fault(s->imap, FAULT_IMAP_SAVEDATE_INTERNAL)
                   ? internal_matches(s, key)
                   : date_matches(s, key, day_of(s->message->save_date, 0));
    case IMAP_SEARCH_UIDAFTER:
        return s->message->uid > key->number.value;
    case IMAP_SEARCH_UIDBEFORE:
        return s->message->uid < key->number.value;
    case IMAP_SEARCH_SAVEDATESUPPORTED:
        return true;
    case IMAP_SEARCH_EMAILID:
        return span_equal(key->string[0].text, imap_id_write(s->imap, 'M', s->message->blob->id));
    case IMAP_SEARCH_MODSEQ:
        return s->message->modseq >= key->number.value;
    default:
        return false;
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): see matches(). */
static bool matches_all(struct searching *s, const struct imap_search_key *keys)
{
    for (; keys != NULL; keys = keys->next) {
        if (!matches(s, keys)) {
            return false;
        }
    }
    return true;
}

/* --- checks ------------------------------------------------------------------------------------
 */

struct checked {
    bool unknown;
    bool bad_number;
    bool modseq;
};

static bool is_known(enum imap_search_type type)
{
    return type != IMAP_SEARCH_UNKNOWN && type != IMAP_SEARCH_FUZZY && type < IMAP_SEARCH_X_GM_RAW;
}

/* NOLINTNEXTLINE(misc-no-recursion): see matches(). */
static void check_keys(const struct mail_view *view, const struct imap_search_key *keys,
                       struct checked *c)
{
    for (; keys != NULL; keys = keys->next) {
        struct span rest = keys->type == IMAP_SEARCH_SET ? keys->set.text : (struct span){0};
        struct imap_range range;
        c->unknown = c->unknown || !is_known(keys->type);
        c->modseq = c->modseq || keys->type == IMAP_SEARCH_MODSEQ;
        while (imap_set_next(&rest, &range)) {
            uint64_t first = range.first == IMAP_STAR ? view->count : range.first;
            uint64_t last = range.last == IMAP_STAR ? view->count : range.last;
            bool bad = first == 0 || last == 0 || first > view->count || last > view->count;
            c->bad_number = c->bad_number || (!range.saved && bad);
        }
        check_keys(view, keys->keys, c);
    }
}

bool search_check(struct imap_service *imap, const struct imap_search_args *search)
{
    static const struct imap_string_list utf8 = {
        .value = {.form = IMAP_ATOM, .text = SPAN_INIT("UTF-8")}};
    static const struct imap_string_list ascii = {
        .next = &utf8, .value = {.form = IMAP_ATOM, .text = SPAN_INIT("US-ASCII")}};
    struct checked c = {0};
    bool has_charset = search->charset.text.ptr != NULL;
    bool utf8_only = imap->utf8 && search->charset_word.len != 0 && !imap->rev2 &&
                     !imap_has_fault(imap, FAULT_IMAP_UTF8_CHARSET);
    check_keys(&imap->view, search->keys, &c);
    if (utf8_only) {
        /* RFC 6855 section 3 */
        imap_bad(imap, "CHARSET has no place behind ENABLE UTF8=ACCEPT");
        return false;
    }
    if (c.unknown) {
        imap_bad(imap, "There is a search key that is not known");
        return false;
    }
    if (c.bad_number) {
        imap_bad(imap, "There is no message of this number");
        return false;
    }
    if (has_charset && !imap_string_is(&search->charset, SPAN_LIT("UTF-8")) &&
        !imap_string_is(&search->charset, SPAN_LIT("US-ASCII"))) {
        struct imap_code code = {.kind = IMAP_CODE_BADCHARSET};
        code.as.strings = (struct imap_strings){.first = &ascii, .count = 2};
        bool bad = imap_has_fault(imap, FAULT_IMAP_CHARSET_BAD);
        imap_answer_code(imap, bad ? IMAP_RESPONSE_BAD : IMAP_RESPONSE_NO, &code,
                         "This charset is not known");
        return false;
    }
    return true;
}

bool *search_run(struct imap_service *imap, const struct imap_search_key *keys, bool *out_modseq)
{
    struct searching s = {.imap = imap};
    struct checked c = {0};
    bool *marks = scratch_take(&imap->scratch, imap->view.count + 1);
    check_keys(&imap->view, keys, &c);
    for (size_t i = 0; i < imap->view.count; i++) {
        s.index = i;
        s.message = imap->view.entries[i].message;
        marks[i] = matches_all(&s, keys);
        scratch_clear(&s.scratch);
    }
    *out_modseq = c.modseq;
    return marks;
}
