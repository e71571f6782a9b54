/* SPDX-License-Identifier: MIT */
/* What the server sends, but for what the tagged reply is judged by. */
#include "session/imap_judge.h"

void imap_report(const struct imap_judge *j, enum rule rule, const char *text)
{
    session_report_unit(j->s, SIDE_SERVER, j->unit, rule, text);
}

const struct imap_pending *imap_in_progress(const struct imap_session *imap,
                                            enum imap_command_type type)
{
    for (uint32_t i = 0; i < imap->pending_count; i++) {
        if (imap->pending[i].type == type && !imap->pending[i].broken) {
            return &imap->pending[i];
        }
    }
    return NULL;
}

/* Of several with one tag the first that still wants a reply. */
struct imap_pending *imap_pending_by_tag(struct imap_session *imap, struct span tag)
{
    struct span cut = span_sub(tag, 0, IMAP_TAG_TEXT);
    struct imap_pending *found = NULL;
    for (uint32_t i = 0; i < imap->pending_count; i++) {
        struct imap_pending *p = &imap->pending[i];
        if (span_equal((struct span){p->tag, p->tag_len}, cut) &&
            (found == NULL || (found->optional && !p->optional))) {
            found = p;
        }
    }
    return found;
}

/* A finding against the client, whose octets stand in its buffer, not in this unit. */
static void report_client(const struct imap_judge *j, enum rule rule, const char *text)
{
    const struct frame_unit unit = {.off = j->s->frame[SIDE_CLIENT].off};
    session_report(j->s, SIDE_CLIENT, &unit, unit.off, 0, rule, text);
}

/* A tagged reply to no command that is complete: it is for the one whose literal is waiting, or it
   is wrong. */
static void tag_unknown(const struct imap_judge *j)
{
    struct frame *client = &j->s->frame[SIDE_CLIENT];
    struct imap_session *imap = j->imap;
    if (client->sync == FRAME_SYNC_WAIT) {
        /* OK shows that the literal went out, and an excerpt may lack the "+" for it. */
        imap->accepted =
            (j->r->type == IMAP_RESPONSE_OK || j->s->config.excerpt) && j->s->held[SIDE_CLIENT] > 0;
        imap->early = imap->early || (imap->accepted && !j->s->config.excerpt);
        client->sync = imap->accepted ? FRAME_SYNC_GO : FRAME_SYNC_REFUSED;
        imap->refused = !imap->accepted;
        imap->refused_len = j->r->tag.len < IMAP_TAG_TEXT ? j->r->tag.len : IMAP_TAG_TEXT;
        memcpy(imap->refused_tag, j->r->tag.ptr, imap->refused_len);
        return;
    }
    if (imap->idle_late && span_is(j->r->tag, "DONE")) {
        imap->idle_late = false;
        return;
    }
    bool seen_all = !j->s->config.excerpt || imap->excerpt_synced;
    if (seen_all && !imap->pending_lost && !imap->split) {
        imap_report(j, RULE_IMAP_TAG_UNKNOWN, "the tag of a command that waits for a reply");
    }
}

static void remove_pending(struct imap_session *imap, struct imap_pending *pending)
{
    size_t index = (size_t)(pending - imap->pending);
    imap->pending_count--;
    memmove(pending, pending + 1, (imap->pending_count - index) * sizeof *pending);
}

/* A command has its reply: those before it that may have none get none any more. */
static void complete(struct imap_session *imap, struct imap_pending *pending)
{
    remove_pending(imap, pending);
    for (struct imap_pending *p = pending; p > imap->pending;) {
        p--;
        if (p->optional) {
            remove_pending(imap, p);
        }
    }
}

/* RFC 5161 section 3.1: the list is the same before and after ENABLE. */
static void listed_again(const struct imap_judge *j, const struct imap_capabilities *list)
{
    struct imap_session *imap = j->imap;
    uint32_t sum = 0;
    for (const struct imap_capability *c = list->first; c != NULL; c = c->next) {
        sum += imap_name_hash(c->name);
    }
    if (imap->enabled_since && imap->offered != 0 && !imap->capabilities.stale &&
        imap->offered != sum) {
        imap_report(j, RULE_IMAP_ENABLE_CAPABILITIES, "the list from before ENABLE");
    }
    imap->offered = sum;
    imap->enabled_since = false;
}

static void capabilities(const struct imap_judge *j, const struct imap_capabilities *list)
{
    const struct imap_pending *p = imap_in_progress(j->imap, IMAP_COMMAND_CAPABILITY);
    if (j->r->type == IMAP_RESPONSE_CAPABILITY) {
        listed_again(j, list);
    }
    imap_names_set(&j->imap->capabilities, list);
    imap_judge_limits(j, list);
    if (p != NULL && j->r->type == IMAP_RESPONSE_CAPABILITY && j->imap->pending_count == 1 &&
        j->imap->pending[0].answers++ > 0) {
        imap_report(j, RULE_IMAP_CAPABILITY_TWICE, "one CAPABILITY response");
    }
    imap_judge_rights_capability(j, list);
    if (j->s->tls && imap_capabilities_has(list, SPAN_LIT("STARTTLS"))) {
        imap_report(j, RULE_IMAP_STARTTLS_INSIDE, "no STARTTLS inside TLS");
    }
}

/* RFC 6851 section 4.3: COPYUID before the tagged reply. */
static void moved(const struct imap_judge *j)
{
    const struct imap_pending *p = imap_in_progress(j->imap, IMAP_COMMAND_MOVE);
    if (p != NULL) {
        imap_judge_uids(j, p);
    } else if (j->imap->pending_count == 1 && j->imap->pending[0].type == IMAP_COMMAND_COPY) {
        imap_report(j, RULE_IMAP_UID_CODE_PLACE, "COPYUID in the tagged OK");
    }
}

/* RFC 7162 section 3.2.11: "all responses before the CLOSED response code relate to the mailbox
   that was closed". */
static void closed(struct imap_session *imap)
{
    struct imap_pending *p = imap->pending_count == 1 ? &imap->pending[0] : NULL;
    if (p != NULL && p->closes && (p->seen >> IMAP_RESPONSE_EXISTS & 1) != 0) {
        p->unclosed = true;
        p->seen &= ~((uint64_t)1 << IMAP_RESPONSE_EXISTS);
    }
}

/* The response code of any status response. */
static void code(const struct imap_judge *j, const struct imap_pending *pending)
{
    const struct imap_code *c = &j->r->as.text.code;
    struct imap_view *view = &j->imap->view;
    bool select = imap_in_progress(j->imap, IMAP_COMMAND_SELECT) != NULL ||
                  imap_in_progress(j->imap, IMAP_COMMAND_EXAMINE) != NULL;
    if (c->kind == IMAP_CODE_CAPABILITY) {
        capabilities(j, &c->as.capabilities);
    } else if (c->kind == IMAP_CODE_CLOSED) {
        closed(j->imap);
        imap_view_reset(j->s);
    } else if (c->kind == IMAP_CODE_UIDVALIDITY) {
        uint32_t now = (uint32_t)c->as.number;
        if (view->uidvalidity != 0 && view->uidvalidity != now && !select) {
            imap_report(j, RULE_IMAP_UIDVALIDITY_CHANGED, "the UIDVALIDITY of this session");
        }
        view->uidvalidity = now;
    } else if (c->kind == IMAP_CODE_PERMANENTFLAGS) {
        imap_flags_permanent(j->imap, &c->as.flags);
    } else if (c->kind == IMAP_CODE_UNSEEN && select) {
        view->unseen = (uint32_t)c->as.number;
    } else if (c->kind == IMAP_CODE_MAILBOXID && select) {
        view->id = imap_hash(c->as.id);
    } else if (c->kind == IMAP_CODE_NOMODSEQ) {
        view->no_modseq = true;
    } else if (c->kind == IMAP_CODE_COPYUID && pending == NULL) {
        moved(j);
    } else if (c->kind == IMAP_CODE_UIDNEXT && select && view->uidnext == 0) {
        view->uidnext = (uint32_t)c->as.number;
        view->old_exists = view->has_exists ? view->exists : 0;
    } else if (c->kind == IMAP_CODE_HIGHESTMODSEQ) {
        view->highestmodseq = c->as.modseq.value;
    } else if (c->kind == IMAP_CODE_READ_ONLY && pending == NULL) {
        view->read_only = true;
    } else if (c->kind == IMAP_CODE_READ_WRITE && pending == NULL) {
        view->read_only = false;
    }
}

static void tagged(const struct imap_judge *j, struct session_event *event)
{
    struct imap_session *imap = j->imap;
    struct imap_pending *pending = imap_pending_by_tag(imap, j->r->tag);
    event->kind = EVENT_REPLY;
    /* What has its reply, an untagged BAD, needs none: another, whose literal waits, does. */
    bool answered = pending != NULL && pending->broken && pending->optional &&
                    j->s->frame[SIDE_CLIENT].sync == FRAME_SYNC_WAIT;
    if (pending == NULL || answered) {
        tag_unknown(j);
        event->command = imap->refused ? j->s->commands + 1 : 0;
        return;
    }
    imap->excerpt_synced = true;
    event->command = pending->command;
    bool held = j->s->held[SIDE_CLIENT] > 0;
    if (held && pending->type == IMAP_COMMAND_STARTTLS) {
        report_client(j, RULE_IMAP_STARTTLS_PIPELINED, "nothing before the reply to STARTTLS");
    } else if (held && (pending->type == IMAP_COMMAND_AUTHENTICATE ||
                        pending->type == IMAP_COMMAND_COMPRESS)) {
        report_client(j, RULE_IMAP_PIPELINED, "nothing before the reply");
    }
    imap_judge_tagged(j, pending);
    imap_state_completed(j->s, pending, j->r);
    code(j, pending);
    complete(imap, pending);
    imap_begin_select(j->s);
}

static void continuation(const struct imap_judge *j, struct session_event *event)
{
    struct imap_session *imap = j->imap;
    struct frame *client = &j->s->frame[SIDE_CLIENT];
    struct imap_pending *last =
        imap->pending_count > 0 ? &imap->pending[imap->pending_count - 1] : NULL;
    event->kind = EVENT_CONTINUE;
    if (client->sync == FRAME_SYNC_WAIT) {
        client->sync = FRAME_SYNC_GO;
        imap->early = imap->early || j->s->held[SIDE_CLIENT] > client->seen;
        event->command = j->s->commands + 1;
    } else if (last != NULL && last->auth == IMAP_AUTH_SERVER && !last->done) {
        last->auth = IMAP_AUTH_CLIENT;
        event->command = last->command;
        if (last->type == IMAP_COMMAND_AUTHENTICATE && j->r->base64.ptr == NULL &&
            !j->s->config.excerpt) {
            imap_report(j, RULE_IMAP_CHALLENGE, "BASE64");
        }
        if (j->s->held[SIDE_CLIENT] > 0) {
            report_client(j, RULE_IMAP_PIPELINED, "nothing before \"+\"");
        }
    } else if ((last == NULL || !last->broken) && !imap->pending_lost &&
               (!j->s->config.excerpt || imap->excerpt_synced)) {
        imap_report(j, RULE_IMAP_CONTINUE_UNEXPECTED, "no \"+\": nothing is to be continued");
    }
}

/* RFC 5161 section 3.1: only what the command asked for. */
static void judge_enabled(const struct imap_judge *j, const struct imap_capabilities *list)
{
    const struct imap_pending *p = j->imap->pending_count == 1 ? &j->imap->pending[0] : NULL;
    if (p == NULL || p->type != IMAP_COMMAND_ENABLE || p->set_len == 0) {
        return;
    }
    for (const struct imap_capability *c = list->first; c != NULL; c = c->next) {
        struct span rest = {p->set, p->set_len};
        struct span name;
        bool asked = false;
        while (imap_names_next(&rest, &name)) {
            /* ENABLE QRESYNC enables CONDSTORE, too: RFC 7162 section 3.2.3. */
            asked = asked || span_equal_nocase(name, c->name) ||
                    (span_is(c->name, "CONDSTORE") && span_is(name, "QRESYNC"));
        }
        if (!asked) {
            imap_report(j, RULE_IMAP_ENABLED_UNASKED, "only extensions that ENABLE named");
            return;
        }
    }
}

/* A LANGUAGE command that names one is answered by one: the language used. */
static void language(const struct imap_judge *j)
{
    const struct imap_pending *p = &j->imap->pending[0];
    const struct imap_string_list *first = j->r->as.strings.first;
    bool answer = j->imap->pending_count == 1 && p->type == IMAP_COMMAND_LANGUAGE && p->condition;
    if (answer && first != NULL && first->next != NULL) {
        imap_report(j, RULE_IMAP_LANGUAGE_USED, "the one language used");
    }
}

static void enabled(const struct imap_judge *j)
{
    struct imap_session *imap = j->imap;
    const struct imap_capabilities *list = &j->r->as.capabilities;
    imap_names_add(&imap->enabled, list);
    judge_enabled(j, list);
    imap->rev2 = imap->rev2 || imap_capabilities_has(list, SPAN_LIT("IMAP4rev2"));
    imap->utf8 = imap->utf8 || imap->rev2 || imap_capabilities_has(list, SPAN_LIT("UTF8=ACCEPT"));
    imap->qresync = imap->qresync || imap_capabilities_has(list, SPAN_LIT("QRESYNC"));
    imap->condstore =
        imap->condstore || imap->qresync || imap_capabilities_has(list, SPAN_LIT("CONDSTORE"));
}

/* A mailbox is being selected, or perhaps: the command may be one that is not legal. */
static bool may_select(const struct imap_session *imap)
{
    for (uint32_t i = 0; i < imap->pending_count; i++) {
        enum imap_command_type type = imap->pending[i].type;
        if (type == IMAP_COMMAND_SELECT || type == IMAP_COMMAND_EXAMINE) {
            return true;
        }
    }
    return false;
}

/* Data about messages, where no mailbox is selected or being selected. */
static void judge_state(const struct imap_judge *j)
{
    static const uint64_t about_messages =
        1ULL << IMAP_RESPONSE_EXISTS | 1ULL << IMAP_RESPONSE_RECENT |
        1ULL << IMAP_RESPONSE_EXPUNGE | 1ULL << IMAP_RESPONSE_FETCH |
        1ULL << IMAP_RESPONSE_VANISHED;
    enum imap_state state = j->imap->state;
    bool none = state == IMAP_STATE_NOT_AUTHENTICATED ||
                (state == IMAP_STATE_AUTHENTICATED && !may_select(j->imap));
    if (none && (about_messages >> j->r->type & 1) != 0) {
        imap_report(j, RULE_IMAP_DATA_STATE, "nothing about messages: no mailbox is selected");
    }
}

/* RFC 9051 section 7.1.3: "The untagged form indicates a protocol-level error for which the
   associated command can not be determined". Which one it was the judge can tell: the first that
   was not legal; when all were, it refuses the literal of the one that is not complete. With lines
   that end in LF alone it may be another, so none of them is waited for. */
static void untagged_bad(struct session *s)
{
    struct imap_session *imap = &s->as.imap;
    struct imap_pending *answered = NULL;
    for (uint32_t i = 0; i < imap->pending_count; i++) {
        struct imap_pending *p = &imap->pending[i];
        p->broken = p->broken || p->faulty;
        if (answered == NULL && p->faulty && !p->optional) {
            answered = p;
            p->optional = true;
        }
    }
    if (answered != NULL) {
        return;
    }
    if (s->frame[SIDE_CLIENT].sync == FRAME_SYNC_WAIT) {
        s->frame[SIDE_CLIENT].sync = FRAME_SYNC_REFUSED;
        imap->refused = true;
        imap->refused_len = 0;
    }
}

static void untagged_status(const struct imap_judge *j)
{
    static const struct {
        enum imap_code_kind kind;
        uint32_t bit;
    } bits[] = {{IMAP_CODE_UIDVALIDITY, IMAP_SEEN_UIDVALIDITY},
                {IMAP_CODE_UIDNEXT, IMAP_SEEN_UIDNEXT},
                {IMAP_CODE_PERMANENTFLAGS, IMAP_SEEN_PERMANENTFLAGS},
                {IMAP_CODE_HIGHESTMODSEQ, IMAP_SEEN_MODSEQ},
                {IMAP_CODE_NOMODSEQ, IMAP_SEEN_MODSEQ},
                {IMAP_CODE_CLOSED, IMAP_SEEN_CLOSED},
                {IMAP_CODE_MAILBOXID, IMAP_SEEN_MAILBOXID},
                {IMAP_CODE_COPYUID, IMAP_SEEN_COPYUID}};
    struct imap_session *imap = j->imap;
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        for (uint32_t k = 0; k < imap->pending_count; k++) {
            imap->pending[k].codes |= bits[i].kind == j->r->as.text.code.kind ? bits[i].bit : 0U;
        }
    }
    imap->bye = imap->bye || j->r->type == IMAP_RESPONSE_BYE;
    if (j->r->type == IMAP_RESPONSE_BAD) {
        untagged_bad(j->s);
    }
    code(j, NULL);
}

static void untagged(const struct imap_judge *j, struct session_event *event)
{
    struct imap_session *imap = j->imap;
    const struct imap_response *r = j->r;
    event->kind = EVENT_UNTAGGED;
    for (uint32_t i = 0; i < imap->pending_count; i++) {
        imap->pending[i].seen |= 1ULL << r->type;
    }
    judge_state(j);
    imap_judge_extension(j);
    if (r->type >= IMAP_RESPONSE_OK && r->type <= IMAP_RESPONSE_BYE) {
        untagged_status(j);
    } else if (r->type == IMAP_RESPONSE_CAPABILITY) {
        capabilities(j, &r->as.capabilities);
    } else if (r->type == IMAP_RESPONSE_ENABLED) {
        enabled(j);
    } else if (r->type == IMAP_RESPONSE_EXISTS) {
        imap_view_exists(j, r->number.value);
    } else if (r->type == IMAP_RESPONSE_RECENT) {
        imap->view.recent = (uint32_t)r->number.value;
        imap->view.recent_fresh = true;
    } else if (r->type == IMAP_RESPONSE_FLAGS) {
        imap_judge_flags(j);
    } else if (r->type == IMAP_RESPONSE_EXPUNGE) {
        imap_view_expunge(j, r->number.value);
    } else if (r->type == IMAP_RESPONSE_VANISHED) {
        imap_view_vanished(j);
    } else if (r->type == IMAP_RESPONSE_FETCH) {
        imap_judge_fetch(j);
    } else if (r->type == IMAP_RESPONSE_SEARCH || r->type == IMAP_RESPONSE_SORT ||
               r->type == IMAP_RESPONSE_THREAD) {
        imap_judge_numbers(j);
    } else if (r->type == IMAP_RESPONSE_LANGUAGE) {
        language(j);
    } else if (r->type == IMAP_RESPONSE_ESEARCH) {
        imap_judge_esearch(j);
    } else if (r->type == IMAP_RESPONSE_STATUS) {
        imap_judge_status(j);
    } else if (r->type == IMAP_RESPONSE_LIST || r->type == IMAP_RESPONSE_LSUB) {
        imap_judge_list(j);
    } else if (r->type == IMAP_RESPONSE_ACL || r->type == IMAP_RESPONSE_LISTRIGHTS ||
               r->type == IMAP_RESPONSE_MYRIGHTS) {
        imap_judge_acl(j);
    }
}

static void greeting(const struct imap_judge *j, struct session_event *event)
{
    struct imap_session *imap = j->imap;
    event->kind = EVENT_GREETING;
    imap->greeting_seen = true;
    imap->state = j->r->type == IMAP_RESPONSE_PREAUTH ? IMAP_STATE_AUTHENTICATED
                  : j->r->type == IMAP_RESPONSE_BYE   ? IMAP_STATE_LOGOUT
                                                      : IMAP_STATE_NOT_AUTHENTICATED;
    imap->bye = j->r->type == IMAP_RESPONSE_BYE;
    code(j, NULL);
}

/* After a unit that could not be read, is this where the stream is in step again? */
static bool in_step(const struct imap_judge *j, const struct parse *p, enum parse_rc rc)
{
    return rc == PARSE_OK && p->deviations == NULL &&
           (j->r->kind == IMAP_UNTAGGED ||
            (j->r->kind == IMAP_TAGGED && imap_pending_by_tag(j->imap, j->r->tag) != NULL));
}

/* A unit that could not be read: a literal with a wrong count puts the stream out of step, and so
   does what is no response at all. */
static bool loses_step(const struct frame_unit *unit)
{
    struct span octets = unit->octets;
    bool response =
        octets.len > 1 && (octets.ptr[0] == '*' || octets.ptr[0] == '+') && octets.ptr[1] == ' ';
    const uint8_t *lf = octets.len > 0 ? memchr(octets.ptr, '\n', octets.len) : NULL;
    bool literal = lf != NULL && (size_t)(lf - octets.ptr) + 1 < octets.len;
    return !response || literal;
}

/* The reply to a command whose tag was not legal: it can only repeat it. */
static bool repeats_tag(struct imap_session *imap, const struct frame_unit *unit)
{
    size_t len = 0;
    while (len < unit->octets.len && unit->octets.ptr[len] > ' ') {
        len++;
    }
    struct imap_pending *p = imap_pending_by_tag(imap, span_sub(unit->octets, 0, len));
    bool legal = len == 0 || memchr(unit->octets.ptr, '+', len) == NULL;
    if (p == NULL || (legal && !p->broken)) {
        return false;
    }
    remove_pending(imap, p);
    return true;
}

/* The greeting of POP3 or SMTP: whatever follows is not IMAP. */
static bool is_other_protocol(const struct session *s, const struct frame_unit *unit)
{
    struct span octets = unit->octets;
    bool smtp = octets.len > 3 && octet_is(octets.ptr[0], CLASS_DIGIT) &&
                octet_is(octets.ptr[1], CLASS_DIGIT) && octet_is(octets.ptr[2], CLASS_DIGIT) &&
                (octets.ptr[3] == ' ' || octets.ptr[3] == '-');
    return unit->off == 0 && s->commands == 0 &&
           (smtp || span_starts_nocase(octets, SPAN_LIT("+OK")) ||
            span_starts_nocase(octets, SPAN_LIT("-ERR")));
}

void imap_server_unit(struct session *s, struct session_event *event)
{
    struct imap_session *imap = &s->as.imap;
    const struct imap_judge j = {s, imap, &event->unit, &imap->value.response};
    bool first = !imap->greeting_seen && !s->config.excerpt;
    imap->inside = false;
    if (is_other_protocol(s, &event->unit)) {
        imap_report(&j, RULE_IMAP_GREETING, "\"* OK\": this is no server of IMAP");
        event->kind = EVENT_BROKEN;
        imap->greeting_seen = true;
        s->lost = true;
        return;
    }
    struct parse p;
    session_parse_init(s, SIDE_SERVER, &event->unit, &p);
    p.profile = imap_profile(imap);
    enum parse_rc rc = first ? imap_parse_greeting(&p, &imap->value.response)
                             : imap_parse_response(&p, &imap->value.response);
    if (s->lost && in_step(&j, &p, rc)) {
        s->lost = false;
    }
    bool echo = rc != PARSE_OK && repeats_tag(imap, &event->unit);
    if (!echo) {
        session_report_parse(s, SIDE_SERVER, &event->unit, &p, rc);
    }
    if (rc != PARSE_OK) {
        event->kind = EVENT_BROKEN;
        imap->greeting_seen = true;
        for (uint32_t i = 0; i < imap->pending_count; i++) {
            imap->pending[i].disturbed = true;
        }
        s->lost = s->lost || (!echo && loses_step(&event->unit) && p.err.rule != RULE_LIMIT_ARENA &&
                              p.err.rule != RULE_LIMIT_DEPTH);
        return;
    }
    event->value.imap_response = &imap->value.response;
    for (uint32_t i = 0; i < imap->pending_count && p.deviations != NULL; i++) {
        imap->pending[i].disturbed = true;
    }
    if (first) {
        greeting(&j, event);
    } else if (imap->value.response.kind == IMAP_TAGGED) {
        tagged(&j, event);
    } else if (imap->value.response.kind == IMAP_CONTINUE) {
        continuation(&j, event);
    } else {
        untagged(&j, event);
    }
}
