/* SPDX-License-Identifier: MIT */
/* Expectations: a group is all lines between two sends. On each connection they are met in order
   (SMTP, POP3), or IMAP's untagged ones in any order up to their tagged one. */
#include "net/memory.h"
#include "scenarios/engine/play.h"
#include "scenarios/engine/words.h"

enum { FORBIDDEN_MS = 300, UNTAGGED_BAD_MS = 1000 };

enum outcome { OUTCOME_WAIT, OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_AGAIN };

static bool protocol_is_imap(const struct channel *c)
{
    return c->connect->protocol == PROTOCOL_IMAP;
}

void play_group_begin(struct play *play, const struct step *first)
{
    size_t count = 0;
    uint64_t timeout = 0;
    bool waits = false;
    for (const struct step *s = first; s != NULL && s->kind == STEP_EXPECT; s = s->next) {
        count++;
        waits = waits || s->mark == 0;
    }
    play->hurried = false;
    play->frozen = NULL;
    play->group = pool_take(&play->pool, count * sizeof *play->group);
    play->group_count = count;
    count = 0;
    for (const struct step *s = first; s != NULL && s->kind == STEP_EXPECT; s = s->next) {
        play->group[count++] = (struct expected){s, play_channel(play, s->conn), false};
        play_freeze(play, s, play_channel(play, s->conn));
        uint64_t usual = waits ? play_patience(play, play_channel(play, s->conn)) : FORBIDDEN_MS;
        if (s->event == WORD_SILENCE) {
            usual += play_time(play, s->event_args != NULL ? s->event_args->text : NULL, 1000);
        }
        uint64_t ms = play_time(play, s->within, usual);
        timeout = ms > timeout ? ms : timeout;
    }
    play_set_deadline(play, timeout);
}

/* The step's template, filled with what is bound now; NULL when something is not bound yet. */
static struct template *compile(struct play *play, const struct step *step, struct channel *c)
{
    play->speaker = c;
    char *text = play_expand(play, step->payload, EXPAND_TEMPLATE);
    struct template_error error = {0};
    if (text == NULL) {
        return NULL;
    }
    if (protocol_is_imap(c) && text[0] != '*' && text[0] != '+') {
        size_t len = strcspn(text, " ");
        const char *wire = play_tag(play, c, (struct span){(const uint8_t *)text, len}, false);
        text = pool_format(&play->pool, "%s%s", wire, text + len);
    }
    char *correlator = strstr(text, "(TAG \"");
    if (protocol_is_imap(c) && correlator != NULL) {
        size_t start = (size_t)(correlator - text) + 6;
        size_t len = strcspn(text + start, "\"");
        const char *wire =
            play_tag(play, c, (struct span){(const uint8_t *)text + start, len}, false);
        text = pool_format(&play->pool, "%.*s%s%s", (int)start, text, wire, text + start + len);
    }
    return template_compile(&play->matching, c->connect->protocol, span_text(text), &error);
}

static struct received received_of(const struct unit *u)
{
    return (struct received){bytes_span(&u->octets), bytes_span(&u->body), u->has_body};
}

static bool step_matches(struct play *play, const struct step *step, struct channel *c,
                         const struct unit *u, struct match *match)
{
    /* A server may send without an end: what is compared must not add up. */
    pool_fini(&play->matching);
    const struct template *t = step->event == WORD_NONE ? compile(play, step, c) : NULL;
    const struct received r = received_of(u);
    *match = (struct match){.pool = &play->matching};
    return t != NULL && template_match(t, &r, match);
}

static void bind_captures(struct play *play, const struct match *match)
{
    for (const struct capture *i = match->captures; i != NULL; i = i->next) {
        play_bind(play, i->name, i->octets, i->form);
    }
}

static const char *expected_text(struct play *play, const struct step *step)
{
    if (step->event == WORD_NONE) {
        char *text = play_expand(play, step->payload, EXPAND_TEMPLATE);
        return text != NULL ? text : step->payload;
    }
    static const char *const words[] = {"",    "connect", "close", "fin",  "rst",     "silence",
                                        "tls", "message", "bdat",  "auth", "shutdown"};
    return pool_format(&play->pool, "<%s%s%s>", words[step->event],
                       step->event_args != NULL ? " " : "",
                       step->event_args != NULL ? step->event_args->text : "");
}

static void fail_unit(struct play *play, const struct step *step, const struct unit *u)
{
    if (u->line < play->transcript.count) {
        play->transcript.lines[u->line].marked = true;
    }
    play_fail(play, step, NULL, FAILURE_WRONG, expected_text(play, step),
              play_visible(play, bytes_span(&u->octets)));
}

/* What came is none of the lines below an @only. */
static void fail_only(struct play *play, const struct step *step, const struct unit *u)
{
    if (u->line < play->transcript.count) {
        play->transcript.lines[u->line].marked = true;
    }
    play_fail(
        play, step, NULL, FAILURE_WRONG,
        pool_format(&play->pool, "nothing but what is written up to %s", expected_text(play, step)),
        play_visible(play, bytes_span(&u->octets)));
}

static void fail_closed(struct play *play, const struct step *step, const struct peer *peer)
{
    play_fail(play, step, NULL, peer->failed ? FAILURE_BLOCKED : FAILURE_CLOSED,
              expected_text(play, step),
              peer->error != NULL ? peer->error
              : peer->flooded     ? "endless data; the connection was cut off"
              : peer->reset       ? "the server reset the connection"
                                  : "the server closed the connection");
}

/* A reply has come: how long it took tells how long the next ones may take. */
static void heard(struct play *play, struct channel *c)
{
    enum { LATE_MS = 3000 };
    uint64_t ms = loop_now(play->config.loop) - play->begun;
    bool late = ms >= LATE_MS && c->pace != NULL && c->pace->late != LATE_NEVER;
    if (late && play->config.again) {
        c->pace->late = LATE_SEEN;
        play->late = true;
    } else if (c->pace != NULL && !(late && c->pace->late == LATE_SEEN)) {
        pace_add(c->pace, ms);
    }
    c->data = false;
    c->authenticating = false;
}

/* After a match: captures, clauses, what the literal waits for. False when a clause failed. */
static bool accept_unit(struct play *play, struct expected *e, struct match *match,
                        const struct unit *u)
{
    struct channel *c = e->channel;
    e->done = true;
    bind_captures(play, match);
    heard(play, c);
    if (protocol_is_imap(c)) {
        enum template_kind kind = imap_unit_kind(bytes_span(&u->octets));
        if (kind == TEMPLATE_CONTINUE) {
            channel_go_on(c);
        } else if (kind == TEMPLATE_TAGGED) {
            channel_forget(c);
        }
    }
    if (e->step->after != NULL &&
        loop_now(play->config.loop) - play->begun < play_time(play, e->step->after, 0)) {
        play_fail(play, e->step, NULL, FAILURE_WRONG,
                  pool_format(&play->pool, "not sooner than %s", e->step->after),
                  play_visible(play, bytes_span(&u->octets)));
        return false;
    }
    return play_clauses(play, e->step, c, u);
}

/* --- events ----------------------------------------------------------------------------------- */

static enum outcome check_event(struct play *play, struct expected *e, bool timeout)
{
    struct peer *p = e->channel->peer;
    const struct step *s = e->step;
    const struct unit *u = peer_unit(p);
    if (u != NULL && protocol_is_imap(e->channel) &&
        imap_unit_kind(bytes_span(&u->octets)) == TEMPLATE_UNTAGGED && s->event != WORD_SILENCE) {
        peer_take(p);
        return OUTCOME_AGAIN;
    }
    if (u != NULL) {
        if (s->mark != 0) {
            e->done = true;
            return OUTCOME_AGAIN;
        }
        fail_unit(play, s, u);
        return OUTCOME_FAILED;
    }
    if (s->event == WORD_SILENCE) {
        uint64_t ms = play_time(play, s->event_args != NULL ? s->event_args->text : NULL, 1000);
        uint64_t now = loop_now(play->config.loop);
        if (p->eof) {
            fail_closed(play, s, p);
            return OUTCOME_FAILED;
        }
        if (now >= play->begun + ms) {
            e->done = true;
            return OUTCOME_AGAIN;
        }
        loop_timer_start(play->timer, play->begun + ms - now);
        return OUTCOME_WAIT;
    }
    bool wanted =
        p->eof && !p->failed && (s->event == WORD_CLOSE || (s->event == WORD_RST) == p->reset);
    if (p->eof && (s->mark == '!') == wanted && s->mark != '?') {
        fail_closed(play, s, p);
        return OUTCOME_FAILED;
    }
    if (p->eof || (timeout && s->mark != 0)) {
        e->done = true;
        return OUTCOME_AGAIN;
    }
    return s->mark != 0 ? OUTCOME_DONE : OUTCOME_WAIT;
}

/* --- one connection --------------------------------------------------------------------------- */

/* The next line of the group that is open on this connection. */
static struct expected *open_on(struct play *play, const struct channel *c, size_t from)
{
    for (size_t i = from; i < play->group_count; i++) {
        if (!play->group[i].done && play->group[i].channel == c) {
            return &play->group[i];
        }
    }
    return NULL;
}

static enum outcome check_ordered(struct play *play, struct expected *e)
{
    struct peer *p = e->channel->peer;
    struct unit *u = peer_unit(p);
    struct match match;
    if (u == NULL) {
        if (p->eof && e->step->mark == 0) {
            fail_closed(play, e->step, p);
            return OUTCOME_FAILED;
        }
        return OUTCOME_WAIT;
    }
    bool matches = step_matches(play, e->step, e->channel, u, &match);
    if (e->step->mark != 0 && !matches) {
        e->done = true;
        return OUTCOME_AGAIN;
    }
    if (!matches || e->step->mark == '!') {
        fail_unit(play, e->step, u);
        if (play->wait == WAIT_TIME) {
            peer_take(p);
        }
        return OUTCOME_FAILED;
    }
    struct unit *mine = peer_detach(p);
    bool ok = accept_unit(play, e, &match, mine);
    unit_free(mine);
    return ok ? OUTCOME_AGAIN : OUTCOME_FAILED;
}

/* A tagged line, a continuation, an event; not what must not come, which is looked for all along.
 */
static bool ends_segment(const struct step *s)
{
    if (s->event == WORD_NONE && s->mark == '!') {
        return false;
    }
    return s->event != WORD_NONE || s->payload[0] != '*';
}

/* The templates of the segment in order; DONE when one took the unit. */
static enum outcome take_unit(struct play *play, struct expected *e, const struct unit *u)
{
    const struct channel *c = e->channel;
    struct match match;
    for (; e < play->group + play->group_count; e++) {
        if (e->channel != c) {
            continue;
        }
        if (ends_segment(e->step)) {
            break;
        }
        if (e->done || !step_matches(play, e->step, e->channel, u, &match)) {
            continue;
        }
        if (e->step->mark == '!') {
            fail_unit(play, e->step, u);
            return OUTCOME_FAILED;
        }
        return accept_unit(play, e, &match, u) ? OUTCOME_DONE : OUTCOME_FAILED;
    }
    return OUTCOME_WAIT;
}

/* The line that ends the segment in which e stands, or NULL. */
static struct expected *segment_end(struct play *play, struct expected *e)
{
    const struct channel *c = e->channel;
    for (; e < play->group + play->group_count; e++) {
        if (e->channel == c && !e->done && ends_segment(e->step)) {
            return e;
        }
    }
    return NULL;
}

static struct expected *missing(struct play *play, struct expected *e, const struct expected *end)
{
    const struct channel *c = e->channel;
    for (; e < play->group + play->group_count && e != end; e++) {
        if (e->channel == c && !e->done && e->step->mark == 0) {
            return e;
        }
    }
    return NULL;
}

/* The lines before end need no more: those that had to come have come. */
static void close_segment(struct play *play, struct expected *e, const struct expected *end)
{
    const struct channel *c = e->channel;
    for (; e < play->group + play->group_count && e != end; e++) {
        e->done = e->done || e->channel == c;
    }
}

/* Nothing has come since: what that means for the segment up to end. */
static enum outcome check_imap_quiet(struct play *play, struct expected *e, struct expected *end,
                                     bool timeout)
{
    const struct peer *p = e->channel->peer;
    struct expected *lacks = missing(play, e, end);
    if (end == NULL && lacks == NULL) {
        /* Only "may come" and "must not come" are left, with nothing to end them but time. */
        if (timeout || p->eof) {
            close_segment(play, e, NULL);
            return OUTCOME_AGAIN;
        }
        bool forbids = false;
        for (struct expected *i = e; i < play->group + play->group_count; i++) {
            forbids = forbids || (i->channel == e->channel && i->step->mark == '!');
        }
        if (!forbids) {
            close_segment(play, e, NULL);
            return OUTCOME_AGAIN;
        }
        return OUTCOME_WAIT;
    }
    if (end != NULL && end->step->event != WORD_NONE && lacks == NULL) {
        close_segment(play, e, end);
        return e == end ? OUTCOME_WAIT : OUTCOME_AGAIN;
    }
    if (p->eof) {
        fail_closed(play, lacks != NULL ? lacks->step : end->step, p);
        return OUTCOME_FAILED;
    }
    return OUTCOME_WAIT;
}

static enum outcome check_imap(struct play *play, struct expected *e, bool timeout)
{
    struct peer *p = e->channel->peer;
    struct expected *end = segment_end(play, e);
    struct unit *u = peer_unit(p);
    if (u == NULL) {
        return check_imap_quiet(play, e, end, timeout);
    }
    if (imap_unit_kind(bytes_span(&u->octets)) == TEMPLATE_UNTAGGED) {
        struct unit *mine = peer_detach(p);
        enum outcome o = take_unit(play, e, mine);
        const struct expected *closed = end != NULL ? end : e;
        if (o == OUTCOME_WAIT && closed->step->only) {
            fail_only(play, closed->step, mine);
            o = OUTCOME_FAILED;
        } else if (o == OUTCOME_WAIT &&
                   span_starts_nocase(bytes_span(&mine->octets), SPAN_LIT("* BAD"))) {
            /* It could not read the tag: a tagged reply will hardly come. */
            play_set_deadline(play, (uint64_t)(UNTAGGED_BAD_MS * play->config.scale));
        }
        unit_free(mine);
        return o == OUTCOME_FAILED ? o : OUTCOME_AGAIN;
    }
    struct unit *shown = peer_detach(p);
    enum outcome forbidden = take_unit(play, e, shown);
    if (forbidden == OUTCOME_FAILED) {
        unit_free(shown);
        return forbidden;
    }
    peer_put_back(p, shown);
    struct expected *lacks = missing(play, e, end);
    struct match match;
    const struct step *blamed = lacks != NULL ? lacks->step : end != NULL ? end->step : e->step;
    bool matches = end != NULL && step_matches(play, end->step, end->channel, u, &match);
    if (lacks != NULL || !matches || end->step->mark == '!') {
        if (end != NULL && !matches && end->step->mark == '?' && lacks == NULL) {
            close_segment(play, e, end);
            end->done = true;
            return OUTCOME_AGAIN;
        }
        /* The tagged line says most: that it is not the expected one comes first. */
        fail_unit(play, end != NULL && !matches ? end->step : blamed, u);
        if (play->wait == WAIT_TIME) {
            peer_take(p);
        }
        return OUTCOME_FAILED;
    }
    close_segment(play, e, end);
    struct unit *mine = peer_detach(p);
    bool ok = accept_unit(play, end, &match, mine);
    unit_free(mine);
    return ok ? OUTCOME_AGAIN : OUTCOME_FAILED;
}

static void fail_timeout(struct play *play, const struct expected *e)
{
    const struct step *step = e->step;
    if (protocol_is_imap(e->channel)) {
        const struct expected *lacks = missing(play, play->group + (e - play->group), NULL);
        step = lacks != NULL ? lacks->step : step;
    }
    play_fail(play, step, NULL, FAILURE_TIMEOUT, expected_text(play, step),
              peer_has_rest(e->channel->peer) ? "a reply without an end, then nothing"
                                              : "no reply");
}

bool play_group_check(struct play *play, bool timeout)
{
    bool waiting = false;
    for (struct channel *c = play->channels; c != NULL; c = c->next) {
        struct expected *e = NULL;
        while ((e = open_on(play, c, 0)) != NULL) {
            enum outcome o = OUTCOME_WAIT;
            if (e->step->event != WORD_NONE) {
                o = check_event(play, e, timeout);
            } else if (protocol_is_imap(c)) {
                o = check_imap(play, e, timeout);
            } else {
                o = check_ordered(play, e);
            }
            if (o == OUTCOME_FAILED) {
                return play->wait == WAIT_NOTHING || play->phase == PHASE_DONE;
            }
            if (o == OUTCOME_WAIT && e->step->mark != 0 && (timeout || c->peer->eof) &&
                !protocol_is_imap(c)) {
                e->done = true;
                continue;
            }
            if (o == OUTCOME_DONE) {
                e->done = true;
                continue;
            }
            if (o == OUTCOME_WAIT) {
                if (timeout) {
                    fail_timeout(play, e);
                    return play->wait == WAIT_NOTHING || play->phase == PHASE_DONE;
                }
                waiting = true;
                break;
            }
        }
    }
    if (!waiting) {
        play->wait = WAIT_NOTHING;
    }
    return !waiting;
}

/* --- @any ------------------------------------------------------------------------------------- */

static void choose(struct play *play, const struct branch *b)
{
    static const enum verdict verdicts[] = {VERDICT_PASS, VERDICT_NONSTRICT, VERDICT_INFO,
                                            VERDICT_FAIL};
    play->wait = WAIT_NOTHING;
    if (b->label == LABEL_FAIL) {
        const struct step *first = b->steps.first;
        struct step here = {.place = b->place, .setup = play->step->setup};
        struct peer *p = first != NULL ? play_channel(play, first->conn)->peer : NULL;
        const struct unit *u = p != NULL ? peer_unit(p) : NULL;
        play_fail(play, &here, NULL, FAILURE_WRONG, NULL,
                  u != NULL ? pool_format(&play->pool, "%s: %s", b->text,
                                          play_visible(play, bytes_span(&u->octets)))
                            : b->text);
        return;
    }
    if (b->label == LABEL_NA) {
        play_leave(play, b->text);
        return;
    }
    enum verdict v = verdicts[b->label];
    if (v == VERDICT_NONSTRICT || (v == VERDICT_INFO && play->worst == VERDICT_PASS)) {
        play->worst = v;
    }
    if (v == VERDICT_NONSTRICT) {
        for (size_t i = 0; i < play->result.requirement_count; i++) {
            play->result.requirements[i].verdict = VERDICT_NONSTRICT;
        }
        play->result.line = b->place.line;
    }
    if (b->text[0] != '\0' && v != VERDICT_PASS) {
        memory_free(play->result.actual);
        play->result.actual = memory_text(span_text(b->text));
    }
    struct play_frame *f = pool_take(&play->pool, sizeof *f);
    f->kind = PLAY_STEPS;
    f->next = b->steps.first;
    f->up = play->frame;
    play->frame = f;
}

/* The branch begins with this unit; lines that may or must not come are looked past. */
static bool branch_takes(struct play *play, const struct branch *b, const struct channel *c,
                         const struct unit *u)
{
    for (const struct step *s = b->steps.first; s != NULL && s->kind == STEP_EXPECT; s = s->next) {
        struct match match;
        struct channel *of = play_channel(play, s->conn);
        bool matches = of == c && step_matches(play, s, of, u, &match);
        if (matches) {
            return s->mark != '!';
        }
        if (s->mark == 0) {
            /* IMAP's untagged lines come in any order: a later one may be first. */
            if (!(of == c && protocol_is_imap(of) && s->payload[0] == '*' &&
                  imap_unit_kind(bytes_span(&u->octets)) == TEMPLATE_UNTAGGED)) {
                return false;
            }
        }
    }
    return false;
}

static char *any_expected(struct play *play)
{
    struct bytes out = {0};
    for (const struct branch *b = play->step->branches; b != NULL; b = b->next) {
        const struct step *s = b->steps.first;
        if (s != NULL && s->kind == STEP_EXPECT) {
            bytes_add_text(&out, out.len > 0 ? "  or  " : "");
            bytes_add_text(&out, expected_text(play, s));
        }
    }
    char *text = pool_text(&play->pool, bytes_span(&out));
    bytes_fini(&out);
    return text;
}

static const struct branch *branch_for_event(struct play *play, const struct peer *closed,
                                             bool timeout)
{
    for (const struct branch *b = play->step->branches; b != NULL; b = b->next) {
        const struct step *s = b->steps.first;
        if (s == NULL || s->kind != STEP_EXPECT) {
            if (timeout && closed == NULL) {
                return b;
            }
            continue;
        }
        enum event_word w = s->event;
        bool here = closed != NULL && play_channel(play, s->conn)->peer == closed;
        if (here && !closed->failed &&
            (w == WORD_CLOSE || (w == WORD_FIN && !closed->reset) ||
             (w == WORD_RST && closed->reset))) {
            return b;
        }
        if (closed == NULL && w == WORD_SILENCE &&
            loop_now(play->config.loop) >=
                play->begun +
                    play_time(play, s->event_args != NULL ? s->event_args->text : NULL, 1000)) {
            return b;
        }
    }
    return NULL;
}

/* The next timer: the shortest silence, or the deadline. */
static void any_timer(struct play *play)
{
    uint64_t now = loop_now(play->config.loop);
    uint64_t next = play->deadline;
    for (const struct branch *b = play->step->branches; b != NULL; b = b->next) {
        const struct step *s = b->steps.first;
        if (s != NULL && s->kind == STEP_EXPECT && s->event == WORD_SILENCE) {
            uint64_t end =
                play->begun +
                play_time(play, s->event_args != NULL ? s->event_args->text : NULL, 1000);
            next = end < next ? end : next;
        }
    }
    loop_timer_start(play->timer, next > now ? next - now : 1);
}

bool play_any_check(struct play *play, bool timeout)
{
    const struct step *any = play->step;
    struct channel *c = NULL;
    for (const struct branch *b = any->branches; b != NULL; b = b->next) {
        const struct step *s = b->steps.first;
        if (s == NULL || s->kind != STEP_EXPECT) {
            continue;
        }
        c = play_channel(play, s->conn);
        struct unit *u = NULL;
        while (c != NULL && (u = peer_unit(c->peer)) != NULL) {
            for (const struct branch *i = any->branches; i != NULL; i = i->next) {
                if (branch_takes(play, i, c, u)) {
                    heard(play, c);
                    choose(play, i);
                    return true;
                }
            }
            if (!protocol_is_imap(c) ||
                imap_unit_kind(bytes_span(&u->octets)) != TEMPLATE_UNTAGGED) {
                struct step here = *any;
                play->wait = WAIT_NOTHING;
                if (u->line < play->transcript.count) {
                    play->transcript.lines[u->line].marked = true;
                }
                play_fail(play, &here, NULL, FAILURE_WRONG, any_expected(play),
                          play_visible(play, bytes_span(&u->octets)));
                if (play->wait == WAIT_TIME) {
                    peer_take(c->peer);
                }
                return play->wait == WAIT_NOTHING;
            }
            peer_take(c->peer);
        }
        if (c != NULL && c->peer->eof) {
            const struct branch *closed = branch_for_event(play, c->peer, timeout);
            play->wait = WAIT_NOTHING;
            if (closed != NULL) {
                choose(play, closed);
            } else {
                play_fail(play, any, NULL, FAILURE_CLOSED, any_expected(play),
                          c->peer->error != NULL ? c->peer->error
                                                 : "the server closed the connection");
            }
            return true;
        }
    }
    const struct branch *quiet = branch_for_event(play, NULL, timeout);
    if (quiet != NULL) {
        choose(play, quiet);
        return true;
    }
    if (timeout) {
        play->wait = WAIT_NOTHING;
        play_fail(play, any, NULL, FAILURE_TIMEOUT, any_expected(play), "no reply");
        return play->wait == WAIT_NOTHING;
    }
    any_timer(play);
    return false;
}
