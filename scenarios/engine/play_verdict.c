/* SPDX-License-Identifier: MIT */
/* What a failed line means for the case. */
#include "net/memory.h"
#include "scenarios/engine/play.h"

/* Higher is worse. */
static unsigned rank(enum verdict v)
{
    static const enum verdict order[] = {VERDICT_PASS,    VERDICT_INFO, VERDICT_NONSTRICT,
                                         VERDICT_BLOCKED, VERDICT_FAIL, VERDICT_CRASH,
                                         VERDICT_ERROR};
    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (order[i] == v) {
            return i;
        }
    }
    return 0;
}

void play_worsen(struct play *play, enum verdict v)
{
    play->worst = rank(v) > rank(play->worst) ? v : play->worst;
}

static enum verdict verdict_of(enum level level)
{
    switch (level) {
    case LEVEL_SHOULD:
    case LEVEL_SHOULD_NOT:
        return VERDICT_NONSTRICT;
    case LEVEL_MAY:
    case LEVEL_LIMIT:
        return VERDICT_INFO;
    case LEVEL_MUST:
    case LEVEL_MUST_NOT:
        break;
    }
    return VERDICT_FAIL;
}

/* The requirement that the step or clause names with "for", or NULL. */
static const char *named_requirement(const struct step *step, const struct word_line *clause)
{
    for (const struct word_line *c = clause != NULL ? clause : step->clauses; c != NULL;
         c = clause != NULL ? NULL : c->next) {
        for (const struct word *w = c->words; w != NULL; w = w->next) {
            if (strcmp(w->text, "for") == 0 && w->next != NULL &&
                (clause != NULL || w == c->words)) {
                return w->next->text;
            }
        }
    }
    return NULL;
}

static void judge(struct play *play, const char *requirement)
{
    struct case_result *r = &play->result;
    if (r->requirement_count == 0) {
        play_worsen(play, VERDICT_FAIL);
    }
    for (size_t i = 0; i < r->requirement_count; i++) {
        struct requirement_verdict *q = &r->requirements[i];
        if (requirement == NULL || strcmp(requirement, q->id) == 0) {
            enum verdict v = verdict_of(q->level);
            q->verdict = rank(v) > rank(q->verdict) ? v : q->verdict;
            play_worsen(play, v);
        }
    }
    if (play->config.scenario->kind != NULL) {
        play_worsen(play, VERDICT_FAIL);
    }
}

/* A failing expectation inside @until: begin the block again while there is time. */
static bool until_retry(struct play *play)
{
    struct play_frame *f = play->frame;
    while (f != NULL && f->kind != PLAY_UNTIL) {
        f = f->up;
    }
    if (f == NULL || loop_now(play->config.loop) >= f->until_end) {
        return false;
    }
    play->frame = f;
    f->next = f->until->body.first;
    play->wait = WAIT_TIME;
    play_set_deadline(play, play_time(play, f->until->every, 1000));
    return true;
}

void play_leave(struct play *play, const char *why)
{
    play->worst = VERDICT_NA;
    for (size_t i = 0; i < play->result.requirement_count; i++) {
        play->result.requirements[i].verdict = VERDICT_NA;
    }
    memory_free(play->result.actual);
    play->result.actual = memory_text(span_text(why));
    play_cleanup(play);
}

/* RFC 4954 section 6: whoever has not logged in may be told so in answer to nearly everything. */
static bool wants_login(struct play *play, const struct channel *c, const char *actual)
{
    bool mail = c != NULL && c->protocol != PROTOCOL_POP3 && c->protocol != PROTOCOL_IMAP;
    return mail && strncmp(actual, "530", 3) == 0 &&
           !play_authenticates(play->config.scenario, c->connect);
}

void play_fail(struct play *play, const struct step *step, const struct word_line *clause,
               enum failure failure, const char *expected, const char *actual)
{
    struct case_result *r = &play->result;
    if (play->phase >= PHASE_CLEANUP) {
        play_remark(play, NULL, "clean-up failed");
        play->phase = PHASE_DONE;
        return;
    }
    if (failure != FAILURE_CLOSED && failure != FAILURE_OURS && until_retry(play)) {
        return;
    }
    const struct channel *c = step->conn != NULL ? play_channel(play, step->conn) : NULL;
    bool refused = wants_login(play, c, actual);
    const struct probe *p = refused ? play_probe(&play->config, c->protocol) : NULL;
    if (p != NULL && p->mechanism != NULL) {
        play_leave(play, "the server wants a login first, which the case cannot do here");
        return;
    }
    r->line = clause != NULL ? clause->place.line : step->place.line;
    if (strcmp(step->place.file, play->config.scenario->file) != 0) {
        r->line = play->config.scenario->line;
    }
    memory_free(r->expected);
    memory_free(r->actual);
    r->expected = expected != NULL ? memory_text(span_text(expected)) : NULL;
    bool blocked = step->setup || failure == FAILURE_BLOCKED || refused;
    play->shut_out = refused;
    r->actual =
        blocked ? memory_format("set-up failed: %s", actual) : memory_text(span_text(actual));
    bool marked = false;
    for (size_t i = 0; i < play->transcript.count; i++) {
        marked = marked || play->transcript.lines[i].marked;
    }
    if (!marked && play->transcript.count > 0) {
        play->transcript.lines[play->transcript.count - 1].marked = true;
    }
    play->timed_out = failure == FAILURE_TIMEOUT;
    for (struct channel *i = play->channels; i != NULL && play->timed_out; i = i->next) {
        if (play->config.again && i->pace != NULL && i->pace->late == LATE_UNKNOWN) {
            i->pace->late = LATE_NEVER;
        }
    }
    play->closed_early = failure == FAILURE_CLOSED;
    if (failure == FAILURE_OURS) {
        play_worsen(play, VERDICT_ERROR);
    } else if (blocked) {
        play_worsen(play, VERDICT_BLOCKED);
    } else {
        judge(play, named_requirement(step, clause));
    }
    play_cleanup(play);
}
