/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/play.h"

#include <stdio.h>

#include "net/memory.h"
#include "scenarios/engine/words.h"

enum {
    CONNECT_MS = 10000,
    READY_MS = 30000,
    SLOW_MS = 30000,
    LATE_MS = 40000,
    AGAIN_MS = 2500,
    FINDINGS_MAX = 200, /* a case with more says nothing new */
};

double play_ms(const struct play *play)
{
    return (double)(loop_now_us(play->config.loop) - play->config.run_begun_us) / 1000.0;
}

static double now_for_peer(void *context)
{
    return play_ms(context);
}

uint64_t play_time(struct play *play, const char *text, uint64_t otherwise)
{
    uint64_t ms = otherwise;
    char *value = text != NULL ? play_expand(play, text, EXPAND_PLAIN) : NULL;
    if (value == NULL || !time_parse(value, &ms)) {
        ms = otherwise;
    }
    return (uint64_t)((double)ms * play->config.scale);
}

uint64_t play_patience(struct play *play, const struct channel *c)
{
    uint64_t usual = play->config.timeout_ms;
    if (play->config.fixed_timeout || c == NULL) {
        return usual;
    }
    if (play->timed_out && (c->pace == NULL || c->pace->late != LATE_SEEN)) {
        return CLEANUP_MS;
    }
    enum { AGAIN_SCALE = 2 }; /* of a case that is tried again */
    if (c->pace != NULL && play->config.again && c->pace->late != LATE_NEVER) {
        return LATE_MS / AGAIN_SCALE;
    }
    if (c->pace != NULL && c->pace->late == LATE_SEEN) {
        return LATE_MS;
    }
    if (c->authenticating) {
        return usual;
    }
    if (c->data || c->peer == NULL || c->peer->received == 0) {
        return usual > SLOW_MS ? usual : SLOW_MS;
    }
    uint64_t ms = play->config.calm ? usual : pace_patience(c->pace, usual);
    play->hurried = play->hurried || ms < usual;
    return play->config.again && ms < AGAIN_MS ? AGAIN_MS : ms;
}

void play_set_deadline(struct play *play, uint64_t ms)
{
    play->begun = loop_now(play->config.loop);
    play->deadline = play->begun + ms;
    loop_timer_start(play->timer, ms);
}

/* --- variables -------------------------------------------------------------------------------- */

void play_bind(struct play *play, const char *name, struct span value, enum capture_form form)
{
    struct variable *v = pool_take(&play->pool, sizeof *v);
    v->name = pool_text(&play->pool, span_text(name));
    v->value = (struct span){(const uint8_t *)pool_text(&play->pool, value), value.len};
    v->form = form;
    v->next = play->variables;
    play->variables = v;
}

const struct variable *play_variable(const struct play *play, const char *name)
{
    for (const struct variable *v = play->variables; v != NULL; v = v->next) {
        if (strcmp(v->name, name) == 0) {
            return v;
        }
    }
    return NULL;
}

char *play_expand(struct play *play, const char *text, enum expand_mode mode)
{
    struct expansion e = {.pool = &play->pool, .lookup = play_lookup, .context = play};
    return expand_text(&e, text, mode);
}

char *play_visible(struct play *play, struct span octets)
{
    struct bytes out = {0};
    for (size_t i = 0; i < octets.len && out.len < 300; i++) {
        uint8_t c = octets.ptr[i];
        if (c == '\r' && i + 1 < octets.len && octets.ptr[i + 1] == '\n' && i + 2 == octets.len) {
            break;
        }
        if (c >= ' ' && c < 127) {
            bytes_add(&out, (struct span){&c, 1});
        } else {
            char text[8];
            (void)snprintf(text, sizeof text, c == '\r' ? "\\r" : c == '\n' ? "\\n" : "\\x%02X", c);
            bytes_add_text(&out, text);
        }
    }
    if (out.len >= 300) {
        bytes_add_text(&out, " …");
    }
    char *text = pool_text(&play->pool, bytes_span(&out));
    bytes_fini(&out);
    return text;
}

void play_remark(struct play *play, struct channel *channel, const char *text)
{
    transcript_add(&play->transcript, play_ms(play), channel != NULL ? channel->connect->name : "",
                   '-', channel != NULL && channel->peer != NULL && channel->peer->tls,
                   span_text(text));
}

/* --- connections ------------------------------------------------------------------------------ */

static void on_news(void *context, struct peer *peer)
{
    struct play *play = context;
    (void)peer;
    if (!play->running) {
        play_run(play);
    }
}

void play_on_timer(void *context)
{
    struct play *play = context;
    if (!play->running) {
        play_run(play);
    }
}

/* Only the server is under test here: what we send is meant to be wrong at times. */
static void on_finding(void *context, struct peer *peer, const struct finding *finding)
{
    struct play *play = context;
    if (finding->side != SIDE_SERVER || play->phase == PHASE_DONE ||
        play->finding_count >= FINDINGS_MAX) {
        return;
    }
    play->finding_count++;
    struct play_finding *f = pool_take(&play->pool, sizeof *f);
    size_t pos = (size_t)(finding->off - finding->unit_off);
    size_t start = pos > 160 ? pos - 160 : 0;
    struct span excerpt = span_sub(finding->unit, start, 400);
    f->finding = (struct run_finding){.rule = finding->rule,
                                      .side = finding->side,
                                      .consequence = finding->consequence,
                                      .conn = memory_text(span_text(peer->config.name)),
                                      .off = finding->off,
                                      .len = finding->len,
                                      .excerpt = memory_copy(excerpt),
                                      .excerpt_len = excerpt.len,
                                      .excerpt_pos = pos - start,
                                      .text = memory_text(span_text(finding->text))};
    *play->findings_tail = f;
    play->findings_tail = &f->next;
}

struct channel *play_channel(struct play *play, const char *name)
{
    struct channel *c = play->channels;
    for (; c != NULL && name[0] != '\0'; c = c->next) {
        if (strcmp(c->connect->name, name) == 0) {
            break;
        }
    }
    return c;
}

static uint64_t connect_ms(const struct play *play, unsigned usual)
{
    uint64_t ms = play->config.hasty ? play->config.timeout_ms : usual;
    return (uint64_t)((double)ms * play->config.scale);
}

static bool channel_open(struct play *play, struct channel *c)
{
    if (c->peer != NULL) {
        return true;
    }
    if (c->url == NULL) {
        return false;
    }
    struct peer_config config = {.loop = play->config.loop,
                                 .name = c->connect->name,
                                 .url = c->url,
                                 .protocol = c->protocol,
                                 .tls = c->tls,
                                 .transcript = &play->transcript,
                                 .now = now_for_peer,
                                 .news = on_news,
                                 .finding = on_finding,
                                 .context = play,
                                 .upgrade = c->upgrade,
                                 .connect_timeout = connect_ms(play, CONNECT_MS)};
    c->peer = peer_new(&config);
    return true;
}

void channel_close(struct channel *c)
{
    peer_free(&c->peer);
    sasl_client_free(&c->sasl);
    channel_forget(c);
    memory_free(c->held);
    c->held = NULL;
    bytes_fini(&c->batch);
}

/* --- the walk --------------------------------------------------------------------------------- */

static void push(struct play *play, enum frame_kind kind, const struct step *first)
{
    struct play_frame *f = pool_take(&play->pool, sizeof *f);
    f->kind = kind;
    f->next = first;
    f->up = play->frame;
    play->frame = f;
}

void play_begin_phase(struct play *play, enum play_phase phase)
{
    const struct case_body *b = play->config.scenario->body;
    play->phase = phase;
    play->frame = NULL;
    play->wait = WAIT_NOTHING;
    if (phase == PHASE_SETUP) {
        push(play, PLAY_STEPS, b->setup.first);
    } else if (phase == PHASE_STEPS) {
        push(play, PLAY_STEPS, b->steps.first);
    } else if (phase == PHASE_CLEANUP) {
        push(play, PLAY_STEPS, b->cleanup.first);
    }
}

static bool uses(const struct step *steps, const char *conn)
{
    for (const struct step *s = steps; s != NULL; s = s->next) {
        bool used = s->kind == STEP_SEND || s->kind == STEP_EXPECT
                        ? s->conn[0] == '\0' || strcmp(s->conn, conn) == 0
                        : uses(s->body.first, conn) || uses(s->other.first, conn);
        for (const struct branch *b = s->branches; b != NULL; b = b->next) {
            used = used || uses(b->steps.first, conn);
        }
        if (used) {
            return true;
        }
    }
    return false;
}

void play_cleanup(struct play *play)
{
    if (!play->settled) {
        play->settled = true;
        play->result.ms = play_ms(play) - play->begun_ms;
    }
    /* A connection in the middle of something is of no use to clean up with; one that is not used
       may hold the very lock that cleaning up waits for. */
    for (struct channel *c = play->channels; c != NULL; c = c->next) {
        if (!uses(play->config.scenario->body->cleanup.first, c->connect->name)) {
            channel_close(c);
        } else if (c->peer != NULL && (c->peer->eof || play->worst >= VERDICT_FAIL)) {
            while (c->peer != NULL && peer_unit(c->peer) != NULL) {
                peer_take(c->peer);
            }
        }
    }
    play_begin_phase(play, PHASE_CLEANUP);
}

static void do_note(struct play *play, const struct step *step)
{
    struct bytes value = {0};
    for (const struct word *w = step->words->next; w != NULL; w = w->next) {
        char *text = play_expand(play, w->text, EXPAND_PLAIN);
        bytes_add_text(&value, value.len > 0 ? " " : "");
        bytes_add_text(&value, text != NULL ? text : "?");
    }
    struct case_result *r = &play->result;
    r->observations =
        memory_resize(r->observations, r->observation_count + 1, sizeof *r->observations);
    r->observations[r->observation_count++] = (struct observation){
        memory_text(span_text(step->words->text)), memory_text(bytes_span(&value))};
    bytes_fini(&value);
}

/* The end of a list of steps; false when the play has come to its end. */
static bool pop(struct play *play)
{
    play->frame = play->frame->up;
    if (play->frame != NULL) {
        return true;
    }
    if (play->phase == PHASE_SETUP) {
        play_begin_phase(play, PHASE_STEPS);
    } else if (play->phase == PHASE_STEPS) {
        play_cleanup(play);
    } else {
        play->phase = PHASE_DONE;
        return false;
    }
    return true;
}

/* Connects if need be; true when the step has to wait for it. */
static bool waits_for_channel(struct play *play, const struct step *step, struct channel *c)
{
    if (c == NULL || !channel_open(play, c)) {
        play_fail(play, step, NULL, FAILURE_OURS, NULL, "the target has no such protocol");
        return true;
    }
    if (!c->peer->ready && !c->peer->eof) {
        play->wait = WAIT_READY;
        play->waits_for = c;
        play_set_deadline(play, connect_ms(play, READY_MS));
        return true;
    }
    return false;
}

static bool is_batched(const struct step *a, const struct step *b)
{
    return b != NULL && b->kind == STEP_SEND && b->event != WORD_CONNECT && b->event != WORD_TLS &&
           b->event != WORD_AUTH && b->event != WORD_CLOSE && b->event != WORD_RST &&
           b->event != WORD_FIN && b->event != WORD_SHUTDOWN && !b->free &&
           strcmp(a->conn, b->conn) == 0;
}

static void step_send(struct play *play, const struct step *step)
{
    struct channel *c = play_channel(play, step->conn);
    if (waits_for_channel(play, step, c)) {
        return;
    }
    if (play_login(play, step, c)) {
        return;
    }
    play->speaker = c;
    play->frozen = NULL;
    play->frame->next = step->next;
    if (step->free) {
        play_free_begin(play, step, c);
        return;
    }
    if (c->peer->eof && step->event != WORD_CLOSE && step->event != WORD_SHUTDOWN) {
        const char *why = c->peer->error != NULL ? c->peer->error : "connection closed";
        play_fail(play, step, NULL, c->peer->failed ? FAILURE_BLOCKED : FAILURE_CLOSED, NULL, why);
        return;
    }
    switch (step->event) {
    case WORD_TLS:
        play->wait = WAIT_TLS;
        play->step = step;
        c->hello = false;
        play->waits_for = c;
        peer_start_tls(c->peer);
        play_set_deadline(play, (uint64_t)((double)play->config.timeout_ms * play->config.scale));
        return;
    case WORD_AUTH:
        play_auth_begin(play, step, c);
        return;
    case WORD_CLOSE:
    case WORD_FIN:
    case WORD_SHUTDOWN:
        if (c->peer->conn != NULL && step->event == WORD_CLOSE) {
            peer_free(&c->peer);
        } else if (c->peer->conn != NULL) {
            conn_shutdown(c->peer->conn);
        }
        return;
    case WORD_RST:
        conn_abort(c->peer->conn);
        return;
    case WORD_NONE:
    case WORD_CONNECT:
    case WORD_SILENCE:
    case WORD_MESSAGE:
    case WORD_BDAT:
        break;
    }
    play_send_step(play, step, c);
    if (play->frame != NULL && play->phase != PHASE_DONE && !step->hold &&
        !is_batched(step, step->next)) {
        play_flush(play, c, step);
    }
}

static void step_expect(struct play *play, const struct step *step)
{
    for (const struct step *s = step; s != NULL && s->kind == STEP_EXPECT; s = s->next) {
        if (waits_for_channel(play, s, play_channel(play, s->conn))) {
            return;
        }
    }
    play_group_begin(play, step);
    while (play->frame->next != NULL && play->frame->next->kind == STEP_EXPECT) {
        play->frame->next = play->frame->next->next;
    }
    play->wait = WAIT_GROUP;
}

static void step_any(struct play *play, const struct step *step)
{
    uint64_t timeout = 0;
    play->hurried = false;
    play->frozen = NULL;
    for (const struct branch *b = step->branches; b != NULL; b = b->next) {
        const struct step *s = b->steps.first;
        if (s != NULL && s->kind == STEP_EXPECT) {
            if (waits_for_channel(play, s, play_channel(play, s->conn))) {
                return;
            }
            play_freeze(play, s, play_channel(play, s->conn));
            const char *limit =
                s->event == WORD_SILENCE && s->event_args != NULL ? s->event_args->text : s->within;
            uint64_t ms = play_time(play, limit, play_patience(play, play_channel(play, s->conn)));
            timeout = ms > timeout ? ms : timeout;
        }
    }
    play->frame->next = step->next;
    play->step = step;
    play->wait = WAIT_ANY;
    play_set_deadline(play, timeout);
}

static void take_step(struct play *play)
{
    const struct step *step = play->frame->next;
    if (step == NULL) {
        (void)pop(play);
        return;
    }
    switch (step->kind) {
    case STEP_SEND:
        step_send(play, step);
        break;
    case STEP_EXPECT:
        step_expect(play, step);
        break;
    case STEP_ANY:
        step_any(play, step);
        break;
    case STEP_UNTIL:
        play->frame->next = step->next;
        push(play, PLAY_UNTIL, step->body.first);
        play->frame->until = step;
        play->frame->until_end = loop_now(play->config.loop) + play_time(play, step->limit, 10000);
        break;
    case STEP_IF:
        play->frame->next = step->next;
        push(play, PLAY_STEPS,
             play_condition(&play->config, step->words) ? step->body.first : step->other.first);
        break;
    case STEP_NOTE:
        play->frame->next = step->next;
        do_note(play, step);
        break;
    case STEP_WAIT:
        play->frame->next = step->next;
        play->wait = WAIT_TIME;
        play_set_deadline(play, play_time(play, step->limit, 0));
        break;
    }
}

static void check_tls(struct play *play, bool timeout)
{
    struct channel *c = play->waits_for;
    const struct step *step = play->step;
    bool may_fail = step->event_args != NULL && strcmp(step->event_args->text, "may-fail") == 0;
    if (c->peer->tls || (may_fail && (c->peer->eof || timeout))) {
        play->wait = WAIT_NOTHING;
        (void)play_clauses(play, step, c, NULL);
    } else if (c->peer->eof || timeout) {
        play->wait = WAIT_NOTHING;
        play_fail(play, step, NULL, timeout ? FAILURE_TIMEOUT : FAILURE_CLOSED, "a TLS handshake",
                  c->peer->error != NULL ? c->peer->error : "no TLS handshake");
    }
}

/* Looks whether what the play waits for has come; false: wait on. */
static bool wait_over(struct play *play)
{
    bool timeout = loop_now(play->config.loop) >= play->deadline;
    switch (play->wait) {
    case WAIT_NOTHING:
        return true;
    case WAIT_READY: {
        struct channel *c = play->waits_for;
        if (!c->peer->ready && !c->peer->eof && !timeout) {
            return false;
        }
        play->wait = WAIT_NOTHING;
        if (!c->peer->ready) {
            play_fail(play, play->frame->next, NULL, FAILURE_BLOCKED, NULL,
                      c->peer->error != NULL ? c->peer->error : "no connection");
        }
        return true;
    }
    case WAIT_TLS:
        check_tls(play, timeout);
        return play->wait == WAIT_NOTHING;
    case WAIT_AUTH:
        return play_auth_check(play, play->waits_for, timeout);
    case WAIT_GROUP:
        return play_group_check(play, timeout);
    case WAIT_ANY:
        return play_any_check(play, timeout);
    case WAIT_FREE:
        return play_free_check(play, timeout);
    case WAIT_TIME:
        if (timeout) {
            play->wait = WAIT_NOTHING;
        }
        return timeout;
    }
    return true;
}

void play_run(struct play *play)
{
    play->running = true;
    while (play->phase != PHASE_DONE) {
        if (!wait_over(play)) {
            break;
        }
        if (play->phase != PHASE_DONE && play->wait == WAIT_NOTHING) {
            take_step(play);
        }
    }
    play->running = false;
    if (play->phase == PHASE_DONE) {
        loop_timer_stop(play->timer);
        for (struct channel *c = play->channels; c != NULL; c = c->next) {
            channel_close(c);
        }
        play->config.done(play->config.context, play);
    }
}
