/* SPDX-License-Identifier: MIT */
/* LIST, STATUS and ESEARCH responses: against the command that they answer, and within themselves.
 */
#include "session/imap_judge.h"

/* RFC 3501 section 6.3.8: "*" is any octets, "%" any but the delimiter. Upper case stands for lower
   case where INBOX is meant. */
static bool matches(struct span pattern, struct span name, uint8_t delimiter, bool nocase)
{
    size_t star = SIZE_MAX; /* in the pattern, and where in the name it ends now */
    size_t star_at = 0;
    size_t percent = SIZE_MAX;
    size_t percent_at = 0;
    size_t at = 0;
    size_t i = 0;
    while (i < name.len || at < pattern.len) {
        uint8_t want = at < pattern.len ? pattern.ptr[at] : 0;
        if (want == '*') {
            star = at++;
            star_at = i;
            percent = SIZE_MAX;
        } else if (want == '%') {
            percent = at++;
            percent_at = i;
        } else if (i < name.len && at < pattern.len &&
                   (want == name.ptr[i] ||
                    (nocase && octet_lower(want) == octet_lower(name.ptr[i])))) {
            at++;
            i++;
        } else if (percent != SIZE_MAX && percent_at < name.len &&
                   (delimiter == 0 || name.ptr[percent_at] != delimiter)) {
            i = ++percent_at;
            at = percent + 1;
        } else if (star != SIZE_MAX && star_at < name.len) {
            i = ++star_at;
            at = star + 1;
            percent = SIZE_MAX;
        } else {
            return false;
        }
    }
    return true;
}

/* Encodings that may be written in two ways are not compared. */
static bool is_plain(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 0x80 || text.ptr[i] == '&') {
            return false;
        }
    }
    return true;
}

static void judge_pattern(const struct imap_judge *j)
{
    const struct imap_list *list = &j->r->as.list;
    bool lsub = j->r->type == IMAP_RESPONSE_LSUB;
    const struct imap_pending *p = &j->imap->pending[0];
    struct span pattern = {p->set, p->set_len};
    uint8_t text[IMAP_NAME_TEXT];
    struct out name;
    out_init(&name, text, sizeof text);
    imap_string_decode(&list->mailbox.name, &name);
    if (j->imap->pending_count != 1 || j->imap->notify || pattern.len == 0 || !out_ok(&name) ||
        p->type != (lsub ? IMAP_COMMAND_LSUB : IMAP_COMMAND_LIST) || !is_plain(pattern) ||
        !is_plain(out_span(&name))) {
        return;
    }
    uint8_t delimiter = imap_list_delimiter(list);
    struct span whole = out_span(&name);
    bool ends = whole.len > 0 && delimiter != 0 && whole.ptr[whole.len - 1] == delimiter;
    struct span bare = span_sub(whole, 0, whole.len - ends);
    if (!matches(pattern, whole, delimiter, list->mailbox.inbox) &&
        !matches(pattern, bare, delimiter, list->mailbox.inbox)) {
        imap_report(j, RULE_IMAP_LIST_PATTERN, "only names that match the pattern");
    }
}

void imap_judge_list(const struct imap_judge *j)
{
    const struct imap_list *list = &j->r->as.list;
    bool children = imap_list_has(list, SPAN_LIT("\\HasChildren"));
    if (children && imap_list_has(list, SPAN_LIT("\\HasNoChildren"))) {
        imap_report(j, RULE_IMAP_LIST_CHILDREN, "\\HasChildren or \\HasNoChildren");
    }
    if (children && imap_list_has(list, SPAN_LIT("\\Noinferiors"))) {
        imap_report(j, RULE_IMAP_LIST_NOINFERIORS, "\\HasChildren or \\Noinferiors");
    }
    if (j->imap->pending_count > 0) {
        judge_pattern(j);
    }
}

/* The values of one STATUS response; UINT64_MAX: not told. */
struct counts {
    uint64_t of[IMAP_STATUS_MAILBOXID + 1];
};

static void judge_counts(const struct imap_judge *j, const struct counts *c)
{
    static const enum imap_status_kind parts[] = {IMAP_STATUS_RECENT, IMAP_STATUS_UNSEEN,
                                                  IMAP_STATUS_DELETED};
    uint64_t messages = c->of[IMAP_STATUS_MESSAGES];
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (c->of[parts[i]] != UINT64_MAX && messages != UINT64_MAX && c->of[parts[i]] > messages) {
            imap_report(j, RULE_IMAP_STATUS_COUNTS, "no more than MESSAGES");
            return;
        }
    }
    if (messages != UINT64_MAX && c->of[IMAP_STATUS_UIDNEXT] <= messages) {
        imap_report(j, RULE_IMAP_UID_UIDNEXT, "a UIDNEXT above the number of messages");
    }
}

/* RFC 3501 section 7.2.4: one response, in which each value stands once. */
static void judge_answer(const struct imap_judge *j, const struct imap_pending *p, bool twice)
{
    if (j->imap->pending_count != 1 || j->imap->notify || p->broken || p->disturbed) {
        return;
    }
    if (p->answers > 1) {
        imap_report(j, RULE_IMAP_STATUS_REPEATED, "one STATUS response to the command");
    } else if (twice) {
        imap_report(j, RULE_IMAP_STATUS_REPEATED, "each value once");
    }
}

void imap_judge_status(const struct imap_judge *j)
{
    const struct imap_status *data = &j->r->as.status;
    uint32_t hash = imap_mailbox_hash(&data->mailbox);
    struct counts counts;
    uint32_t bits = 0;
    uint32_t id = 0;
    bool twice = false;
    memset(&counts, 0xFF, sizeof counts);
    for (const struct imap_status_item *item = data->first; item != NULL; item = item->next) {
        twice = twice || (item->kind != IMAP_STATUS_UNKNOWN && (bits >> item->kind & 1) != 0);
        bits |= 1U << item->kind;
        counts.of[item->kind] = item->number.value;
        id = item->kind == IMAP_STATUS_MAILBOXID ? imap_hash(item->id) : id;
    }
    for (uint32_t i = 0; i < j->imap->pending_count; i++) {
        struct imap_pending *p = &j->imap->pending[i];
        if (p->type == IMAP_COMMAND_STATUS && p->name_hash == hash) {
            p->codes = 1;
            p->answered |= bits;
            p->answers += j->imap->pending_count == 1;
            judge_answer(j, p, twice);
        }
    }
    judge_counts(j, &counts);
    uint64_t told[3] = {counts.of[IMAP_STATUS_UIDVALIDITY], counts.of[IMAP_STATUS_UIDNEXT],
                        counts.of[IMAP_STATUS_HIGHESTMODSEQ]};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        told[i] = told[i] == UINT64_MAX ? 0 : told[i];
    }
    imap_known_told(j, hash, told[0], told[1], told[2]);
    imap_known_id(j, hash, told[0], id);
}

/* The numbers of one ESEARCH response. */
struct result {
    uint32_t told; /* bits of enum imap_esearch_kind */
    uint64_t of[IMAP_ESEARCH_RELEVANCY + 1];
    uint64_t size; /* of ALL */
    uint64_t low;
    uint64_t high;
};

static struct result read_result(const struct imap_esearch *data)
{
    struct result out = {.low = UINT64_MAX};
    struct imap_range range;
    for (const struct imap_esearch_item *i = data->first; i != NULL; i = i->next) {
        out.told |= 1U << i->kind;
        out.of[i->kind] = i->number.value;
        struct span rest = i->kind == IMAP_ESEARCH_ALL ? i->set.text : (struct span){0};
        while (imap_set_next(&rest, &range)) {
            uint64_t low = range.first < range.last ? range.first : range.last;
            uint64_t high = range.first < range.last ? range.last : range.first;
            out.size += high - low + 1;
            out.low = low < out.low ? low : out.low;
            out.high = high > out.high ? high : out.high;
        }
    }
    return out;
}

static bool told(const struct result *r, enum imap_esearch_kind kind)
{
    return (r->told >> kind & 1) != 0;
}

static bool agrees(const struct result *r, uint32_t asked)
{
    bool all = told(r, IMAP_ESEARCH_ALL);
    bool min = told(r, IMAP_ESEARCH_MIN);
    bool max = told(r, IMAP_ESEARCH_MAX);
    bool count = told(r, IMAP_ESEARCH_COUNT);
    bool some = all || min || max || (count && r->of[IMAP_ESEARCH_COUNT] > 0);
    bool none = count && r->of[IMAP_ESEARCH_COUNT] == 0;
    uint32_t needed =
        asked &
        (1U << IMAP_ESEARCH_COUNT |
         (some ? 1U << IMAP_ESEARCH_ALL | 1U << IMAP_ESEARCH_MIN | 1U << IMAP_ESEARCH_MAX : 0U));
    return !(none && (all || min || max)) && (needed & ~r->told) == 0 &&
           !(min && max && r->of[IMAP_ESEARCH_MIN] > r->of[IMAP_ESEARCH_MAX]) &&
           !(all && min && r->of[IMAP_ESEARCH_MIN] != r->low) &&
           !(all && max && r->of[IMAP_ESEARCH_MAX] != r->high) &&
           !(all && count && r->of[IMAP_ESEARCH_COUNT] != r->size);
}

/* RFC 9394 section 4: a range 500:400 is the same as 400:500. Both numbers, the smaller one first,
   and whether they count from the end. */
static bool read_range(struct span text, uint64_t range[2])
{
    struct parse p;
    parse_init(&p, text, 0, NULL);
    bool last = parse_octet(&p, '-');
    bool good = parse_number(&p, UINT32_MAX, RULE_NONE, &range[0]) == PARSE_OK &&
                parse_octet(&p, ':') && parse_octet(&p, '-') == last &&
                parse_number(&p, UINT32_MAX, RULE_NONE, &range[1]) == PARSE_OK && parse_at_end(&p);
    if (range[0] > range[1]) {
        uint64_t low = range[1];
        range[1] = range[0];
        range[0] = low;
    }
    range[0] |= (uint64_t)last << 63;
    return good;
}

static bool has_other_range(const struct imap_esearch *data, struct span asked)
{
    uint64_t wanted[2] = {0};
    uint64_t told[2] = {0};
    for (const struct imap_esearch_item *i = data->first; i != NULL; i = i->next) {
        if (i->kind == IMAP_ESEARCH_PARTIAL && read_range(asked, wanted) &&
            read_range(i->range, told)) {
            return wanted[0] != told[0] || wanted[1] != told[1];
        }
    }
    return false;
}

/* The response to one command, whose results are in the order of the messages. */
static void judge_result(const struct imap_judge *j, const struct imap_pending *p)
{
    const struct imap_esearch *data = &j->r->as.esearch;
    const struct imap_view *view = &j->imap->view;
    struct result result = read_result(data);
    uint64_t ends[] = {result.high, result.of[IMAP_ESEARCH_MAX], result.of[IMAP_ESEARCH_MIN]};
    uint64_t highest = 0;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        highest = ends[i] > highest ? ends[i] : highest;
    }
    if (!data->uid && view->has_exists && highest > view->exists) {
        imap_report(j, RULE_IMAP_SEARCH_NUMBER, "numbers of messages in the mailbox");
    }
    if (has_other_range(data, (struct span){p->set, p->set_len})) {
        imap_report(j, RULE_IMAP_PARTIAL_OTHER, "the range that was asked for");
    }
    if (p->type == IMAP_COMMAND_SEARCH && !agrees(&result, p->returns)) {
        imap_report(j, RULE_IMAP_ESEARCH_VALUES, "what was asked for, of one and the same result");
    }
}

static bool is_search(const struct imap_pending *p)
{
    return p->type == IMAP_COMMAND_SEARCH || p->type == IMAP_COMMAND_SORT;
}

void imap_judge_esearch(const struct imap_judge *j)
{
    const struct imap_esearch *data = &j->r->as.esearch;
    bool quiet = j->imap->contexts || j->imap->notify || j->imap->pending_lost;
    bool tagged = false;
    for (const struct imap_correlator *c = data->correlators; c != NULL; c = c->next) {
        struct imap_pending *p =
            c->kind == IMAP_CORRELATOR_TAG ? imap_pending_by_tag(j->imap, c->tag.text) : NULL;
        tagged = tagged || c->kind == IMAP_CORRELATOR_TAG;
        if (p == NULL || !is_search(p)) {
            continue;
        }
        if (p->uid != data->uid) {
            imap_report(j, RULE_IMAP_ESEARCH_UID, p->uid ? "UID" : "no UID");
        }
        if (!quiet && p->answers++ > 0) {
            imap_report(j, RULE_IMAP_ESEARCH_SINGLE, "one ESEARCH response for a command");
        } else if (!quiet) {
            judge_result(j, p);
        }
    }
    bool answer = j->imap->pending_count == 1 && is_search(&j->imap->pending[0]);
    if (!tagged && !quiet && answer && !j->s->config.excerpt) {
        imap_report(j, RULE_IMAP_ESEARCH_CORRELATOR, "(TAG \"…\") of the command");
    }
}
