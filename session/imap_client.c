/* SPDX-License-Identifier: MIT */
/* What the client sends. */
#include "session/imap_judge.h"

uint32_t imap_profile(const struct imap_session *imap)
{
    bool blind = !imap->capabilities.known && imap->state == IMAP_STATE_UNKNOWN;
    return (blind || imap_has_rev2(imap) ? IMAP_PROFILE_REV2 : 0U) |
           (blind || imap->utf8 ? IMAP_PROFILE_UTF8 : 0U) |
           (imap->language ? IMAP_PROFILE_UTF8_TEXT : 0U);
}

static void report(struct session *s, const struct frame_unit *unit, enum rule rule,
                   const char *text)
{
    session_report_unit(s, SIDE_CLIENT, unit, rule, text);
}

void imap_begin_select(struct session *s)
{
    struct imap_session *imap = &s->as.imap;
    struct imap_pending *first = &imap->pending[0];
    if (imap->pending_count > 0 && !first->broken && !first->begun &&
        (first->type == IMAP_COMMAND_SELECT || first->type == IMAP_COMMAND_EXAMINE)) {
        first->begun = true;
        imap_view_reset(s);
    }
}

static void ask_sections(struct imap_pending *pending, const struct imap_fetch_att *att)
{
    if (!att->has_section || att->type == IMAP_ATT_BINARY_SIZE) {
        return;
    }
    if (pending->section_count == IMAP_MAX_SECTIONS) {
        pending->sections_cut = true;
        return;
    }
    pending->sections[pending->section_count++] = (struct imap_asked_section){
        .hash = imap_section_hash(&att->section),
        .binary = att->type == IMAP_ATT_BINARY || att->type == IMAP_ATT_BINARY_PEEK,
        .peek = att->type == IMAP_ATT_BODY_PEEK || att->type == IMAP_ATT_BINARY_PEEK,
        .part = att->section.part.len > 0,
        .partial = att->partial.present,
        .origin = att->partial.first.value,
        .count = att->partial.count};
}

static void ask_fetch(struct imap_pending *pending, const struct imap_command *c)
{
    for (enum imap_att_type type = IMAP_ATT_ENVELOPE; type <= IMAP_ATT_PREVIEW; type++) {
        pending->asked |= imap_fetch_atts_has(&c->fetch, type) ? 1U << type : 0U;
    }
    for (const struct imap_fetch_att *a = c->fetch.first; a != NULL; a = a->next) {
        ask_sections(pending, a);
        pending->lazy = pending->lazy || (a->type == IMAP_ATT_PREVIEW && a->params != NULL);
    }
    const struct imap_item *since = imap_item_find(c->params, "CHANGEDSINCE");
    if (since != NULL && since->next != NULL) {
        struct span digits = since->next->atom;
        pending->since = 0;
        for (size_t i = 0; i < digits.len; i++) {
            pending->since = pending->since * 10 + (uint64_t)(digits.ptr[i] - '0');
        }
    }
    pending->condition = c->params != NULL;
    pending->condstore = (pending->asked >> IMAP_ATT_MODSEQ & 1) != 0 || since != NULL;
}

static void ask_store(struct imap_pending *pending, const struct imap_command *c)
{
    const struct imap_store *store = &c->store;
    pending->condstore = imap_item_find(c->params, "UNCHANGEDSINCE") != NULL;
    pending->store = !store->silent && c->params == NULL && store->items == NULL;
    pending->sign = store->sign;
    for (const struct imap_flag *f = store->flags.first; f != NULL; f = f->next) {
        pending->flags |= 1U << f->kind;
    }
}

/* Keeps a text that the responses are compared with, unless it is too long. */
static void keep_text(struct imap_pending *pending, struct span text)
{
    if (text.len <= IMAP_SET_TEXT) {
        pending->set_len = text.len;
        memcpy(pending->set, text.ptr, text.len);
    }
}

/* The one pattern of a LIST whose reference says nothing. */
static void ask_list(struct imap_session *imap, struct imap_pending *pending,
                     const struct imap_command *c)
{
    const struct imap_list_command *list = &c->list;
    memset(imap->listed, 0, sizeof imap->listed);
    pending->recursive = imap_item_find(list->select, "RECURSIVEMATCH") != NULL;
    pending->special = imap_item_find(list->select, "SPECIAL-USE") != NULL;
    imap->last_listed = 0;
    imap->lists_extended = imap->lists_extended || list->select != NULL || list->pattern_list ||
                           list->return_word.len > 0;
    const struct imap_string_list *first = c->list.patterns.first;
    const struct imap_string *pattern = first != NULL && first->next == NULL ? &first->value : NULL;
    const struct imap_mailbox *reference = &c->list.reference;
    if (c->type == IMAP_COMMAND_LSUB && c->arguments != NULL) {
        pattern = &c->arguments->string;
        reference = &c->mailbox;
    }
    if (reference->name.text.len == 0 && pattern != NULL && !pattern->escaped &&
        pattern->text.len > 0) {
        keep_text(pending, pattern->text);
    }
}

/* The names that ENABLE asks for, each with a space behind it. */
static void ask_enable(struct imap_pending *pending, const struct imap_command *c)
{
    for (const struct imap_item *i = c->arguments; i != NULL; i = i->next) {
        if (i->atom.len + 1 > IMAP_SET_TEXT - pending->set_len) {
            pending->set_len = 0;
            return;
        }
        memcpy(pending->set + pending->set_len, i->atom.ptr, i->atom.len);
        pending->set_len += i->atom.len;
        pending->set[pending->set_len++] = ' ';
    }
}

static void ask_status(struct imap_pending *pending, const struct imap_command *c)
{
    const struct imap_item *list = c->arguments;
    for (const struct imap_item *i = list == NULL ? NULL : list->list; i != NULL; i = i->next) {
        enum imap_status_kind kind = imap_status_kind_of(i->atom);
        pending->asked |= kind == IMAP_STATUS_UNKNOWN ? 0U : 1U << kind;
        pending->condstore = pending->condstore || kind == IMAP_STATUS_HIGHESTMODSEQ;
    }
}

static void ask_search(struct imap_pending *pending, const struct imap_command *c)
{
    const struct imap_search_args *search = &c->search;
    static const struct {
        const char *name;
        enum imap_esearch_kind kind;
    } options[] = {{"MIN", IMAP_ESEARCH_MIN},
                   {"MAX", IMAP_ESEARCH_MAX},
                   {"ALL", IMAP_ESEARCH_ALL},
                   {"COUNT", IMAP_ESEARCH_COUNT}};
    pending->condition = search->return_word.len > 0;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        bool asked = imap_search_returns(search, options[i].name);
        pending->returns |= asked ? 1U << options[i].kind : 0U;
    }
    for (const struct imap_search_key *key = search->keys; key != NULL; key = key->next) {
        pending->modseq_key = pending->modseq_key || key->type == IMAP_SEARCH_MODSEQ;
    }
    pending->save = imap_search_returns(search, "SAVE") && pending->returns == 0;
    const struct imap_item *partial = imap_item_find(search->options, "PARTIAL");
    if (partial != NULL && partial->next != NULL) {
        keep_text(pending, partial->next->atom);
    }
}

/* The tag that the reply to a command that cannot be read may have, legal or not. */
static void take_first_word(struct imap_pending *pending, const struct frame_unit *unit)
{
    struct span word = span_sub(unit->octets, 0, IMAP_TAG_TEXT);
    pending->tag_len = 0;
    while (pending->tag_len < word.len && word.ptr[pending->tag_len] > ' ') {
        pending->tag[pending->tag_len] = word.ptr[pending->tag_len];
        pending->tag_len++;
    }
}

/* Remembers what is needed to judge the replies. */
static struct imap_pending *add_pending(struct session *s, const struct frame_unit *unit,
                                        const struct imap_command *c, bool broken)
{
    struct imap_session *imap = &s->as.imap;
    if (imap->pending_count == IMAP_MAX_PENDING) {
        imap->pending_lost = true;
        return NULL;
    }
    struct imap_pending *pending = &imap->pending[imap->pending_count++];
    *pending = (struct imap_pending){.command = s->commands,
                                     .type = c->type,
                                     .uid = c->uid.len > 0,
                                     .broken = broken,
                                     .off = unit->off,
                                     .exists = imap->view.exists,
                                     .since = UINT64_MAX};
    pending->tag_len = c->tag.len < IMAP_TAG_TEXT ? c->tag.len : IMAP_TAG_TEXT;
    if (pending->tag_len > 0) {
        memcpy(pending->tag, c->tag.ptr, pending->tag_len);
    }
    if (broken) {
        take_first_word(pending, unit);
        return pending;
    }
    if (c->mailbox.name.text.ptr != NULL) {
        pending->name_hash = imap_mailbox_hash(&c->mailbox);
    }
    if (c->set.text.len > 0 && !c->set.saved) {
        keep_text(pending, c->set.text);
    }
    if (c->type == IMAP_COMMAND_FETCH) {
        ask_fetch(pending, c);
    } else if (c->type == IMAP_COMMAND_STORE) {
        ask_store(pending, c);
    } else if (c->type == IMAP_COMMAND_LIST || c->type == IMAP_COMMAND_LSUB) {
        ask_list(imap, pending, c);
    } else if (c->type == IMAP_COMMAND_ENABLE) {
        ask_enable(pending, c);
    } else if (c->type == IMAP_COMMAND_STATUS) {
        ask_status(pending, c);
    } else if (c->type == IMAP_COMMAND_SEARCH || c->type == IMAP_COMMAND_SORT ||
               c->type == IMAP_COMMAND_THREAD || c->type == IMAP_COMMAND_ESEARCH) {
        memset(imap->listed, 0, sizeof imap->listed);
        ask_search(pending, c);
    } else if (c->type == IMAP_COMMAND_LANGUAGE) {
        pending->condition = c->arguments != NULL;
    }
    for (const struct imap_append *m = c->messages; m != NULL; m = m->next) {
        pending->messages++;
    }
    pending->auth = c->type == IMAP_COMMAND_AUTHENTICATE || c->type == IMAP_COMMAND_IDLE
                        ? IMAP_AUTH_SERVER
                        : IMAP_AUTH_NONE;
    pending->qresync = imap_item_find(c->params, "QRESYNC") != NULL;
    pending->condstore = pending->condstore || imap_item_find(c->params, "CONDSTORE") != NULL;
    pending->closes = (c->type == IMAP_COMMAND_SELECT || c->type == IMAP_COMMAND_EXAMINE) &&
                      imap->state == IMAP_STATE_SELECTED && imap->pending_count == 1 &&
                      pending->name_hash != imap->view.name_hash;
    return pending;
}

/* RFC 3501 section 5.5: a command with message numbers must not be sent while another one than
   FETCH, STORE or SEARCH is in progress. */
static bool has_numbers(const struct imap_command *c)
{
    bool saved = span_is(c->set.text, "$");
    return c->uid.len == 0 && !saved &&
           (c->type == IMAP_COMMAND_FETCH || c->type == IMAP_COMMAND_STORE ||
            c->type == IMAP_COMMAND_COPY || c->type == IMAP_COMMAND_MOVE);
}

static bool is_ambiguous(const struct imap_session *imap, const struct imap_command *c)
{
    if (!has_numbers(c)) {
        return false;
    }
    for (uint32_t i = 0; i < imap->pending_count; i++) {
        const struct imap_pending *p = &imap->pending[i];
        bool may_expunge =
            p->uid || (p->type != IMAP_COMMAND_FETCH && p->type != IMAP_COMMAND_STORE &&
                       p->type != IMAP_COMMAND_SEARCH && p->type != IMAP_COMMAND_SELECT &&
                       p->type != IMAP_COMMAND_EXAMINE);
        if (!p->broken && may_expunge) {
            return true;
        }
    }
    return false;
}

/* One that may have no reply any more gives its tag to the new command. */
static bool tag_in_use(struct imap_session *imap, struct span tag)
{
    for (uint32_t i = 0; i < imap->pending_count; i++) {
        struct imap_pending *p = &imap->pending[i];
        if (span_equal((struct span){p->tag, p->tag_len}, tag)) {
            p->tag_len = p->optional ? 0 : p->tag_len;
            /* Which of the two a reply is to is open. */
            p->broken = true;
            return !p->optional;
        }
    }
    return false;
}

/* A command that is in flight may have moved the state: only the replies tell, so a command is
   judged against the state alone when nothing that changes it is in progress. */
static bool state_is_settled(const struct imap_session *imap)
{
    for (uint32_t i = 0; i < imap->pending_count; i++) {
        enum imap_command_type type = imap->pending[i].type;
        if (type == IMAP_COMMAND_LOGIN || type == IMAP_COMMAND_AUTHENTICATE ||
            type == IMAP_COMMAND_SELECT || type == IMAP_COMMAND_EXAMINE ||
            type == IMAP_COMMAND_CLOSE || type == IMAP_COMMAND_UNSELECT ||
            type == IMAP_COMMAND_UNAUTHENTICATE) {
            return false;
        }
    }
    return imap->state != IMAP_STATE_UNKNOWN && imap->state != IMAP_STATE_GREETING;
}

static void judge_literals(struct session *s, const struct frame_unit *unit)
{
    struct imap_session *imap = &s->as.imap;
    struct span octets = unit->octets;
    size_t line = 0;
    for (size_t i = 0; unit->gap_count == 0 && i < octets.len; i++) {
        if (octets.ptr[i] != '\n') {
            continue;
        }
        struct literal_head head;
        if (!frame_literal_head(span_sub(octets, line, i + 1 - line), &head)) {
            return;
        }
        uint64_t at = unit->off + line + head.pos;
        bool plus = !imap_lacks(imap, SPAN_LIT("LITERAL+"));
        bool minus = !imap_lacks(imap, SPAN_LIT("LITERAL-")) || imap_has_rev2(imap);
        if (head.nonsync && !plus && !minus) {
            session_report(s, SIDE_CLIENT, unit, at, 1, RULE_IMAP_LITERAL_UNANNOUNCED,
                           "a literal without \"+\"");
        } else if (head.nonsync && !plus && head.len > 4096) {
            session_report(s, SIDE_CLIENT, unit, at, 1, RULE_IMAP_LITERAL_MINUS,
                           "a literal without \"+\", as it is longer than 4096 octets");
        }
        i += (size_t)(head.len < octets.len - i ? head.len : octets.len - i - 1);
        line = i + 1;
    }
}

static void judge_announced(struct session *s, const struct frame_unit *unit,
                            const struct imap_command *c)
{
    struct imap_session *imap = &s->as.imap;
    if (c->type == IMAP_COMMAND_IDLE && !imap_state_announced(imap, c)) {
        report(s, unit, RULE_IMAP_IDLE_UNANNOUNCED, "a command that the server announced");
    } else if (!imap_state_announced(imap, c)) {
        report(s, unit, RULE_IMAP_CAPABILITY_UNANNOUNCED, "a command that the server announced");
    }
    if (c->type == IMAP_COMMAND_LOGIN && !imap->capabilities.stale &&
        imap_names_has(&imap->capabilities, SPAN_LIT("LOGINDISABLED"))) {
        report(s, unit, RULE_IMAP_LOGINDISABLED, "STARTTLS or AUTHENTICATE");
    }
    if (imap_item_find(c->params, "QRESYNC") != NULL && !imap->qresync &&
        imap_in_progress(imap, IMAP_COMMAND_ENABLE) == NULL && imap->state != IMAP_STATE_UNKNOWN) {
        report(s, unit, RULE_IMAP_QRESYNC_DISABLED, "ENABLE QRESYNC before");
    }
}

static void judge_command(struct session *s, const struct frame_unit *unit,
                          const struct imap_command *c, bool reused)
{
    struct imap_session *imap = &s->as.imap;
    if (reused) {
        report(s, unit, RULE_IMAP_TAG_REUSED, "a tag of its own");
    }
    if (state_is_settled(imap)) {
        if (!imap_state_allows(imap, c->type)) {
            report(s, unit, RULE_IMAP_COMMAND_STATE, "a command that is valid in this state");
        } else if (c->type == IMAP_COMMAND_ENABLE && imap->state == IMAP_STATE_SELECTED) {
            report(s, unit, RULE_IMAP_ENABLE_SELECTED, "ENABLE before SELECT");
        }
    }
    judge_announced(s, unit, c);
    imap_judge_arguments(s, unit, c);
    judge_literals(s, unit);
    if (is_ambiguous(imap, c)) {
        report(s, unit, RULE_IMAP_AMBIGUOUS, "the reply to the command before");
    }
}

static void broken(struct session *s, const struct parse *p)
{
    if (p->err.rule == RULE_IMAP_LITERAL_COUNT) {
        s->lost = true;
    }
}

/* A command that the server answered before it was complete: nothing waits for it any more. */
static bool was_answered(const struct imap_session *imap, bool answered,
                         const struct imap_command *c)
{
    const struct span tag = {imap->refused_tag, imap->refused_len};
    return answered && (tag.len == 0 || span_equal(c->tag, tag));
}

/* The octet at off belongs to the "{n}" that ends the unit. */
static bool is_literal_head(const struct frame_unit *unit, uint64_t off)
{
    struct literal_head head;
    return frame_literal_head(unit->octets, &head) && off >= unit->off + head.pos;
}

static void client_command(struct session *s, struct session_event *event)
{
    struct imap_session *imap = &s->as.imap;
    struct imap_command *c = &imap->value.command;
    struct parse p;
    session_parse_init(s, SIDE_CLIENT, &event->unit, &p);
    p.profile = imap_profile(imap);
    enum parse_rc rc = imap_parse_command(&p, c);
    imap->split = imap->split || (rc != PARSE_OK && event->unit.line_start > 0);
    event->command = ++s->commands;
    bool cut = event->unit.truncated;
    bool refused = cut && was_answered(imap, imap->refused, c);
    bool accepted = was_answered(imap, imap->accepted, c);
    imap->refused = imap->refused && !cut;
    imap->accepted = false;
    if (refused) {
        /* What stands before the literal that never came is judged all the same. */
        bool before = rc == PARSE_BAD && !is_literal_head(&event->unit, p.err.off);
        session_report_parse(s, SIDE_CLIENT, &event->unit, &p, before ? rc : PARSE_OK);
        event->kind = EVENT_BROKEN;
        return;
    }
    /* Of what is too long to keep, nobody knows where it ends. */
    s->lost = s->lost || cut;
    session_report_parse(s, SIDE_CLIENT, &event->unit, &p, rc);
    event->kind = rc == PARSE_OK ? EVENT_COMMAND : EVENT_BROKEN;
    bool reused = rc == PARSE_OK && c->tag.len > 0 && tag_in_use(imap, c->tag);
    if (rc == PARSE_OK) {
        event->value.imap_command = c;
        imap->split = imap->split && imap->pending_count > 0;
        judge_command(s, &event->unit, c, reused);
        if (imap->early) {
            report(s, &event->unit, RULE_IMAP_LITERAL_UNAWAITED,
                   "\"+\" before the octets of the literal");
        }
    } else {
        broken(s, &p);
    }
    imap->early = false;
    if (accepted) {
        return;
    }
    bool unclear = rc != PARSE_OK || c->tag.len == 0 || s->after_half || reused;
    struct imap_pending *pending = add_pending(s, &event->unit, c, unclear);
    if (pending != NULL) {
        pending->faulty = rc != PARSE_OK || p.deviations != NULL;
        pending->optional = s->after_half;
    }
    imap_begin_select(s);
    imap->notify = imap->notify || (rc == PARSE_OK && c->type == IMAP_COMMAND_NOTIFY);
    imap->contexts =
        imap->contexts || (rc == PARSE_OK && (imap_search_returns(&c->search, "UPDATE") ||
                                              imap_search_returns(&c->search, "CONTEXT")));
}

/* A line of a SASL exchange, or DONE. */
static void client_line(struct session *s, struct session_event *event,
                        struct imap_pending *pending)
{
    struct parse p;
    session_parse_init(s, SIDE_CLIENT, &event->unit, &p);
    event->kind = EVENT_SASL;
    event->command = pending->command;
    if (pending->type == IMAP_COMMAND_IDLE) {
        session_report_parse(s, SIDE_CLIENT, &event->unit, &p, imap_parse_done(&p));
        pending->done = true;
    } else {
        struct span line;
        enum parse_rc rc = imap_parse_authenticate_line(&p, &line);
        session_report_parse(s, SIDE_CLIENT, &event->unit, &p, rc);
        pending->cancelled = rc == PARSE_OK && span_equal(line, SPAN_LIT("*"));
    }
    pending->auth = IMAP_AUTH_SERVER;
}

/* The DONE of an IDLE that the server has ended of itself, which the client could not know, or of
   one that an excerpt lacks. */
static bool is_done_alone(struct session *s, const struct frame_unit *unit)
{
    struct imap_session *imap = &s->as.imap;
    bool unseen = s->config.excerpt && !imap->excerpt_synced && s->commands == 0;
    bool done = span_equal_nocase(unit->octets, SPAN_LIT("DONE\r\n"));
    bool cut = done && imap->idle_cut;
    imap->idle_late = imap->idle_late || cut;
    imap->idle_cut = false;
    return cut || (done && unseen);
}

/* An excerpt may begin inside a message that the client appends: header fields and empty lines
   tell, and no command is seen before the server speaks. */
static bool is_inside_message(struct session *s, const struct frame_unit *unit)
{
    struct imap_session *imap = &s->as.imap;
    struct span line = unit->octets;
    size_t word = 0;
    while (word < line.len && line.ptr[word] > ' ') {
        word++;
    }
    bool text = word > 0 ? line.ptr[word - 1] == ':' : span_is(line, "\r\n");
    bool unseen = s->config.excerpt && !imap->excerpt_synced && s->commands == 0;
    imap->inside = imap->inside || (unseen && text);
    return imap->inside;
}

void imap_client_unit(struct session *s, struct session_event *event)
{
    struct imap_session *imap = &s->as.imap;
    if (is_done_alone(s, &event->unit)) {
        event->kind = EVENT_SASL;
        return;
    }
    if (is_inside_message(s, &event->unit)) {
        event->kind = EVENT_DATA;
        return;
    }
    struct imap_pending *last =
        imap->pending_count > 0 ? &imap->pending[imap->pending_count - 1] : NULL;
    if (last != NULL && last->auth == IMAP_AUTH_CLIENT) {
        client_line(s, event, last);
    } else {
        client_command(s, event);
    }
}
