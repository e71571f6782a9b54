/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/runner_internal.h"

#include <time.h>

#include "net/memory.h"
#include "scenarios/engine/probe.h"
#include "scenarios/engine/redact.h"

enum {
    DEFAULT_JOBS = 4,
    DEFAULT_TIMEOUT_MS = 10000,
    DEFAULT_RETRIES = 2,
    MAX_BUSY = 5,
    BUSY_MS = 500,
    MAX_RENUMBERED = 2,
    ALONE_MAX = 4, /* cases that missed a deadline before they are tried again */
    DEFAULT_SILENT_MAX = 20,
    UNMADE_MAX = 8, /* cases in a row that got no mailbox of their own */
    POLL_MS = 200,
};

static void on_tick(void *context)
{
    struct runner *r = context;
    loop_timer_start(r->tick, POLL_MS);
}

static void on_signal(void *context, int signal)
{
    struct runner *r = context;
    (void)signal;
    r->stop = r->interrupted;
    r->interrupted = true;
}

bool runner_is_interrupted(struct runner *r)
{
    const volatile int *flag = r->options->interrupt;
    r->interrupted = r->interrupted || (flag != NULL && *flag != 0);
    return r->interrupted;
}

uint64_t runner_seed(const struct runner *r, const char *id, const char *row, unsigned attempt)
{
    uint64_t h = r->options->seed ^ 0xCBF29CE484222325U ^ attempt;
    for (unsigned k = 0; k < 2; k++) {
        for (const char *c = k == 0 ? id : row; c != NULL && *c != '\0'; c++) {
            h = (h ^ (uint8_t)*c) * 0x100000001B3U;
        }
    }
    return h;
}

struct play_config runner_config(struct runner *r, const struct scenario *s,
                                 const struct case_row *row, double scale)
{
    const struct run_options *o = r->options;
    double base = o->time_scale > 0 ? o->time_scale : 1;
    return (struct play_config){
        .loop = r->loop,
        .target = r->target,
        .probes = r->probes,
        .probe_count = r->probe_count,
        .tls = r->tls,
        .paces = r->paces,
        .scenario = s,
        .row = row,
        .profile = o->profile,
        .scale = base * scale,
        .timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : DEFAULT_TIMEOUT_MS,
        .keep_whole = o->keep_whole,
        .fixed_timeout = o->timeout_ms > 0,
        .run_begun_us = r->begun_us,
        .variables = r->variables,
        .variable_count = r->variable_count,
    };
}

void runner_variable_add(struct runner *r, struct run_variable variable)
{
    r->variables = memory_resize(r->variables, r->variable_count + 1, sizeof *r->variables);
    r->variables[r->variable_count++] = variable;
}

void runner_notice(struct runner *r, const char *text)
{
    if (run_has_notice(r->run, text)) {
        return;
    }
    r->run->notices =
        memory_resize(r->run->notices, r->run->notice_count + 1, sizeof *r->run->notices);
    r->run->notices[r->run->notice_count++] = memory_text(span_text(text));
}

/* --- results ---------------------------------------------------------------------------------- */

static void count(struct runner *r, const struct case_result *result)
{
    r->run->counts[result->verdict]++;
    bool bad = result->verdict == VERDICT_FAIL || result->verdict == VERDICT_CRASH;
    r->failures += bad ? 1 : 0;
}

static void publish(struct runner *r, struct job *job, struct case_result *result)
{
    job->state = JOB_OVER;
    job->verdict = result->verdict;
    job->result = r->run->result_count;
    r->order[r->run->result_count] = (size_t)(job - r->jobs);
    r->run->results[r->run->result_count++] = *result;
    count(r, result);
    if (r->listener != NULL && r->listener->case_ended != NULL) {
        r->listener->case_ended(r->listener->context, r->run, &r->run->results[job->result]);
    }
}

/* A case that is not played: its verdict and why. */
static void publish_unplayed(struct runner *r, struct job *job, enum verdict verdict,
                             const char *why)
{
    const struct scenario *s = job->scenario;
    struct case_result result = {
        .id = memory_text(span_text(s->id)),
        .row = job->row->name != NULL ? memory_text(span_text(job->row->name)) : NULL,
        .title = memory_text(span_text(s->title)),
        .protocol = memory_text(span_text(s->protocol != NULL ? s->protocol : "")),
        .file = memory_text(span_text(s->file)),
        .line = s->line,
        .why = s->why != NULL ? memory_text(span_text(s->why)) : NULL,
        .verdict = verdict,
        .start_ms = (double)(loop_now_us(r->loop) - r->begun_us) / 1000.0,
        .actual = memory_text(span_text(why)),
    };
    result.requirements = memory_zero(s->requirement_count + 1, sizeof *result.requirements);
    for (size_t i = 0; i < s->requirement_count; i++) {
        result.requirements[result.requirement_count++] = (struct requirement_verdict){
            memory_text(span_text(s->requirements[i].id)), s->requirements[i].level, verdict};
    }
    publish(r, job, &result);
}

void runner_take_findings(struct runner *r, struct play *play, struct case_result *result)
{
    for (struct play_finding *f = play->findings; f != NULL; f = f->next) {
        struct run_finding *finding = &f->finding;
        finding->case_id = result->row != NULL ? memory_format("%s[%s]", result->id, result->row)
                                               : memory_text(span_text(result->id));
        redact_octets(r->target, finding->excerpt, finding->excerpt_len);
        r->run->findings =
            memory_resize(r->run->findings, r->run->finding_count + 1, sizeof *r->run->findings);
        result->findings =
            memory_resize(result->findings, result->finding_count + 1, sizeof *result->findings);
        result->findings[result->finding_count++] = r->run->finding_count;
        r->run->findings[r->run->finding_count++] = *finding;
        if (r->listener != NULL && r->listener->found != NULL) {
            r->listener->found(r->listener->context, r->run, finding);
        }
    }
    play->findings = NULL;
}

void runner_discard(struct play **play)
{
    for (struct play_finding *f = (*play)->findings; f != NULL; f = f->next) {
        memory_free(f->finding.conn);
        memory_free(f->finding.excerpt);
        memory_free(f->finding.text);
    }
    case_result_fini(&(*play)->result);
    play_free(play);
}

/* Nothing at all came from the server. */
static bool said_nothing(const struct play *play)
{
    for (size_t i = 0; i < play->transcript.count; i++) {
        if (play->transcript.lines[i].dir == 'S') {
            return false;
        }
    }
    return true;
}

/* The job is to be tried once more; true when that was arranged. */
static bool try_again(struct runner *r, struct job *job, const struct play *play)
{
    unsigned retries = r->options->retries > 0 ? r->options->retries : DEFAULT_RETRIES;
    unsigned most = r->options->silent_max > 0 ? r->options->silent_max : DEFAULT_SILENT_MAX;
    bool again = job->attempts > 0 || r->silent < most;
    bool busy = runner_is_busy(play) || (said_nothing(play) && !play->timed_out);
    if (busy && job->busy < MAX_BUSY) {
        job->not_before = loop_now(r->loop) + ((uint64_t)BUSY_MS << job->busy++);
        r->limit = r->limit > 1 ? r->limit / 2 : 1;
    } else if (play->renumbered && job->renumbered < MAX_RENUMBERED) {
        /* RFC 1939 section 4: a server numbers a maildrop as it likes, which is mostly, but for
           some not always, as IMAP has it. Each time anew the order is no accident. */
        job->renumbered++;
    } else if (again && play->timed_out && job->attempts < retries && job->silences < 2) {
        r->silent += job->attempts++ == 0 ? 1 : 0;
        job->alone = true;
    } else {
        return false;
    }
    job->state = JOB_WAITS;
    return true;
}

static void finish(struct runner *r, struct job *job)
{
    struct play *play = job->play;
    enum verdict worst = play->worst;
    bool bad = worst == VERDICT_FAIL || worst == VERDICT_NONSTRICT || worst == VERDICT_BLOCKED;
    job->play = NULL;
    r->active--;
    r->lanes[job->lane].active--;
    job->silences += play->timed_out && bad ? 1 : 0;
    job->hurried = job->hurried || (play->timed_out && play->hurried) || play->late;
    bool was_gone = r->gone != NULL;
    if (bad && !r->interrupted && !was_gone && !runner_is_busy(play) &&
        !runner_target_lives(r, play->result.protocol)) {
        r->gone = memory_format("the target is gone since %s", play->result.id);
        runner_notice(r, r->gone);
    }
    if (bad && !r->interrupted && r->gone == NULL && try_again(r, job, play)) {
        runner_discard(&play);
        return;
    }
    struct case_result result = play->result;
    play->result = (struct case_result){0};
    if (job->silences > 0 && !job->hurried && !play->timed_out && worst != VERDICT_FAIL) {
        worst = VERDICT_FLAKY;
        memory_free(result.actual);
        result.actual =
            memory_text(SPAN_LIT("no reply the first time, as expected when run alone"));
    }
    if (bad && runner_is_busy(play)) {
        /* Whatever the case was about: it could not be seen. */
        worst = VERDICT_BLOCKED;
        memory_free(result.actual);
        result.actual = memory_text(SPAN_LIT("the server has no room for more connections"));
        runner_notice(r, result.actual);
    }
    if (bad && was_gone) {
        worst = VERDICT_BLOCKED;
        memory_free(result.actual);
        result.actual = memory_text(span_text(r->gone));
    } else if (r->gone != NULL && !was_gone) {
        worst = VERDICT_CRASH;
    }
    if (worst == VERDICT_BLOCKED && play->shut_out) {
        runner_notice(r, "the server takes no mail without a login: name a user, as in "
                         "submission://alice@HOST, and give the password in POSTEL_PASSWORD_ALICE");
    }
    if (job->scenario->body->fixtures != NULL) {
        bool unmade = worst == VERDICT_BLOCKED && play->timed_out;
        r->unmade = unmade ? r->unmade + 1 : worst == VERDICT_BLOCKED ? r->unmade : 0;
    }
    result.verdict = worst;
    bool keep = r->options->keep_passed ||
                (worst != VERDICT_PASS && worst != VERDICT_NA && worst != VERDICT_SKIP);
    if (keep) {
        result.transcript = play->transcript.lines;
        result.transcript_count = play->transcript.count;
        play->transcript = (struct transcript){0};
    }
    redact_result(r->target, &result);
    runner_take_findings(r, play, &result);
    publish(r, job, &result);
    play_free(&play);
}

/* --- scheduling ------------------------------------------------------------------------------- */

static void play_done(void *context, struct play *play)
{
    (void)context;
    (void)play; /* collect() finds it: its phase says that it is over */
}

/* The two lanes have the same account for this user. */
static bool same_account(const struct runner *r, size_t a, size_t b, const char *user)
{
    const struct target_user *x = target_user(&r->lanes[a].view, user);
    const struct target_user *y = target_user(&r->lanes[b].view, user);
    return a == b || (x != NULL && y != NULL && strcmp(x->login, y->login) == 0);
}

static bool lock_free(const struct runner *r, const struct job *job, size_t lane)
{
    const struct case_body *want = job->scenario->body;
    for (size_t i = 0; want->lock_count > 0 && i < r->job_count; i++) {
        const struct job *other = &r->jobs[i];
        if (other->state != JOB_RUNS) {
            continue;
        }
        const struct case_body *held = other->scenario->body;
        for (size_t a = 0; a < want->lock_count; a++) {
            for (size_t b = 0; b < held->lock_count; b++) {
                if (strcmp(want->locks[a], held->locks[b]) == 0 &&
                    same_account(r, lane, other->lane, want->locks[a])) {
                    return false;
                }
            }
        }
    }
    return true;
}

/* Chooses the emptiest lane in which the case can run now; false when it has to wait. */
static bool lane_choose(struct runner *r, struct job *job)
{
    size_t best = r->lane_count;
    for (size_t i = 0; i < r->lane_count; i++) {
        const struct lane *lane = &r->lanes[i];
        bool better = best == r->lane_count || lane->active < r->lanes[best].active;
        if (better && !lane->shut && lock_free(r, job, i)) {
            best = i;
        }
    }
    job->lane = best;
    return best < r->lane_count;
}

/* -1: wait; 0: it has not passed; 1: go on. */
static int dependency(const struct runner *r, const struct job *job)
{
    const char *after = job->scenario->after;
    for (size_t i = 0; after != NULL && i < r->job_count; i++) {
        const struct job *other = &r->jobs[i];
        if (other != job && strcmp(other->scenario->id, after) == 0) {
            if (other->state != JOB_OVER) {
                return -1;
            }
            if (other->verdict != VERDICT_PASS && other->verdict != VERDICT_INFO) {
                return 0;
            }
        }
    }
    return 1;
}

static void start(struct runner *r, struct job *job)
{
    struct play_config config = runner_config(r, job->scenario, job->row, job->alone ? 2 : 1);
    config.target = &r->lanes[job->lane].view;
    struct pool pool = {0};
    const struct run_options *o = r->options;
    enum safety safety = job->scenario->safety;
    static const char *const words[] = {"safe", "send", "write", "destructive"};
    char *unfit = play_unfit(&config, &pool);
    char *blocked = unfit == NULL ? play_blocked(&config, &pool) : NULL;
    if (blocked == NULL && r->unmade >= UNMADE_MAX && job->scenario->body->fixtures != NULL) {
        blocked = pool_format(&pool, "no mailbox could be made for %d cases in a row: no reply",
                              UNMADE_MAX);
    }
    if (r->listener != NULL && r->listener->case_begun != NULL &&
        job->attempts + job->renumbered == 0) {
        r->listener->case_begun(r->listener->context, r->run, job->scenario->id);
    }
    if (unfit != NULL) {
        publish_unplayed(r, job, VERDICT_NA, unfit);
    } else if (safety != SAFETY_SAFE && (o->allowed & 1U << (unsigned)safety) == 0) {
        char *why = pool_format(&pool, "needs --allow %s", words[safety]);
        publish_unplayed(r, job, VERDICT_SKIP, why);
    } else if (blocked != NULL) {
        runner_notice(r, blocked);
        publish_unplayed(r, job, VERDICT_BLOCKED, blocked);
    } else {
        config.again = job->attempts > 0;
        config.seed =
            runner_seed(r, job->scenario->id, job->row->name,
                        job->repetition << 8 | (job->attempts + job->busy + job->renumbered));
        config.done = play_done;
        config.context = r;
        job->state = JOB_RUNS;
        r->active++;
        r->lanes[job->lane].active++;
        job->play = play_new(&config);
        play_start(job->play);
    }
    pool_fini(&pool);
}

/* What the jobs wait for, all together. */
struct survey {
    bool alone_runs; /* one runs that tolerates no other */
    bool others;     /* not all that comes before the last ones is over */
};

static struct survey survey_jobs(struct runner *r)
{
    struct survey s = {false, false};
    size_t alone_waits = 0;
    for (size_t i = 0; i < r->job_count; i++) {
        const struct job *job = &r->jobs[i];
        s.alone_runs = s.alone_runs || (job->state == JOB_RUNS && job->alone);
        s.others = s.others || (!job->last && !job->alone && job->state != JOB_OVER);
        alone_waits += job->state == JOB_WAITS && job->alone ? 1 : 0;
    }
    /* Of a server that hangs one wants to know before all the cases have waited for it. */
    r->alone_first = alone_waits >= ALONE_MAX || (r->alone_first && alone_waits > 0);
    return s;
}

/* Starts what can be started now; false when nothing is left to do. */
static bool schedule(struct runner *r)
{
    bool left = false;
    uint64_t now = loop_now(r->loop);
    struct survey survey = survey_jobs(r);
    bool cut =
        r->interrupted || (r->options->max_failures > 0 && r->failures >= r->options->max_failures);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t k = 0; k < r->job_count; k++) {
            struct job *job = &r->jobs[k * r->stride % r->job_count];
            if (job->state != JOB_WAITS || job->alone != (pass == 1)) {
                continue;
            }
            if (r->gone != NULL || cut) {
                publish_unplayed(r, job, r->gone != NULL && !cut ? VERDICT_BLOCKED : VERDICT_SKIP,
                                 cut ? "the run was stopped" : r->gone);
                continue;
            }
            left = true;
            if ((r->alone_first && !job->alone) || (job->last && survey.others)) {
                continue;
            }
            int ready = dependency(r, job);
            if (ready == 0) {
                publish_unplayed(r, job, VERDICT_BLOCKED, "the case before it did not pass");
            } else if (ready > 0 && now >= job->not_before && !survey.alone_runs &&
                       r->active < (job->alone ? 1 : r->limit) && lane_choose(r, job)) {
                start(r, job);
                survey.alone_runs = survey.alone_runs || (job->alone && job->state == JOB_RUNS);
            }
        }
        if (left && pass == 0 && !r->alone_first) {
            break; /* what is run alone comes last */
        }
    }
    return left || r->active > 0;
}

static bool collect(struct runner *r)
{
    bool any = false;
    for (size_t i = 0; i < r->job_count; i++) {
        struct job *job = &r->jobs[i];
        if (job->state == JOB_RUNS && job->play->phase == PHASE_DONE) {
            finish(r, job);
            any = true;
        }
    }
    return any;
}

static void run_all(struct runner *r)
{
    bool told = false; /* the plays that run */
    loop_timer_start(r->tick, POLL_MS);
    while (!r->stop && schedule(r)) {
        if (collect(r)) {
            continue;
        }
        if ((runner_is_interrupted(r) || r->gone != NULL) && !told) {
            told = true;
            for (size_t i = 0; i < r->job_count; i++) {
                if (r->jobs[i].state == JOB_RUNS) {
                    play_interrupt(r->jobs[i].play);
                }
            }
            continue;
        }
        if (!loop_step(r->loop)) {
            break;
        }
    }
    for (size_t i = 0; i < r->job_count; i++) {
        struct job *job = &r->jobs[i];
        if (job->state == JOB_RUNS) {
            runner_discard(&job->play);
        }
        if (job->state != JOB_OVER) {
            publish_unplayed(r, job, VERDICT_SKIP, "the run was stopped");
        }
    }
    loop_timer_stop(r->tick);
}

/* Results in the order of the suite, not in that of time. */
static void sort_results(struct runner *r)
{
    struct case_result *sorted = memory_zero(r->job_count + 1, sizeof *sorted);
    for (size_t i = 0; i < r->job_count; i++) {
        sorted[i] = r->run->results[r->jobs[i].result];
    }
    memory_free(r->run->results);
    r->run->results = sorted;
}

/* The two numbers have a common divisor but 1. */
static bool have_divisor(size_t a, size_t b)
{
    while (b != 0) {
        size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a > 1;
}

static void plan(struct runner *r)
{
    unsigned repeat = r->options->repeat > 0 ? r->options->repeat : 1;
    for (unsigned n = 0; n < repeat; n++) {
        for (size_t i = 0; i < r->suite->count; i++) {
            const struct scenario *s = &r->suite->cases[i];
            for (size_t k = 0; s->selected && k < s->row_count; k++) {
                r->jobs = memory_resize(r->jobs, r->job_count + 1, sizeof *r->jobs);
                r->jobs[r->job_count++] = (struct job){.scenario = s,
                                                       .row = &s->rows[k],
                                                       .repetition = n,
                                                       .last = scenario_has_tag(s, "last")};
            }
        }
    }
    /* Cases of one file are often slow for the same reason, such as a server that punishes wrong
       passwords; strewn over the run they wait while others work. */
    r->stride = r->job_count * 3 / 8 + 1;
    while (have_divisor(r->stride, r->job_count)) {
        r->stride++;
    }
    r->order = memory_zero(r->job_count + 1, sizeof *r->order);
    r->run->planned = r->job_count;
    r->run->results = memory_zero(r->job_count + 1, sizeof *r->run->results);
}

static void make_lanes(struct runner *r)
{
    size_t sets = target_set_count(r->target);
    r->lane_count = sets < r->limit ? sets : r->limit;
    r->lanes = memory_zero(r->lane_count, sizeof *r->lanes);
    for (size_t i = 0; i < r->lane_count; i++) {
        r->lanes[i].view = target_of_set(r->target, i);
    }
}

static void free_lanes(struct runner *r)
{
    for (size_t i = 0; i < r->lane_count; i++) {
        struct target *view = &r->lanes[i].view;
        for (size_t k = 0; k < view->user_count; k++) {
            memory_free(view->users[k].refused);
        }
        memory_free(view->users);
    }
    memory_free(r->lanes);
}

static struct tls_context *tls_for(const struct url *url, char **error)
{
    static const enum tls_verify verify[] = {[URL_VERIFY_CA] = TLS_VERIFY_FULL,
                                             [URL_VERIFY_NO] = TLS_VERIFY_NO,
                                             [URL_VERIFY_PIN] = TLS_VERIFY_PIN};
    const struct tls_client_config config = {
        .verify = verify[url->verify], .ca_file = url->ca, .pin = url->pin};
    return tls_context_client(&config, error);
}

enum runner_rc runner_run(const struct suite *suite, const struct target *target,
                          const struct run_options *options, const struct run_listener *listener,
                          struct run *out)
{
    struct runner r = {.suite = suite,
                       .target = target,
                       .options = options,
                       .listener = listener,
                       .run = out,
                       .limit = options->jobs > 0 ? options->jobs : DEFAULT_JOBS};
    enum runner_rc rc = RUNNER_OK;
    *out = (struct run){
        .target = memory_text(span_text(target->name != NULL ? target->name : "")),
        .profile = options->profile != NULL ? memory_text(span_text(options->profile)) : NULL,
        .started = (int64_t)time(NULL),
        .seed = options->seed};
    r.loop = loop_new();
    r.tick = loop_timer_new(r.loop, on_tick, &r);
    r.begun_us = loop_now_us(r.loop);
    loop_on_signal(r.loop, on_signal, &r);
    r.probes = memory_zero(target->url_count + 1, sizeof *r.probes);
    r.paces = memory_zero(target->url_count + 1, sizeof *r.paces);
    r.tls = memory_zero(target->url_count + 1, sizeof(struct tls_context *));
    out->peers = memory_zero(target->url_count + 1, sizeof *out->peers);
    plan(&r);
    make_lanes(&r);
    bool usable = true;
    for (size_t i = 0; i < target->url_count; i++) {
        char *error = NULL;
        r.tls[i] = tls_for(&target->urls[i], &error);
        if (r.tls[i] == NULL) {
            r.gone = memory_text(span_text(error));
            usable = false;
        }
        memory_free(error);
    }
    if (usable) {
        runner_probe(&r);
        size_t reachable = 0;
        for (size_t i = 0; i < r.probe_count; i++) {
            reachable += r.probes[i].reachable ? 1 : 0;
        }
        if (reachable == 0) {
            const char *why = r.probe_count > 0 ? r.probes[0].error : NULL;
            r.gone = memory_format("the target cannot be reached: %s",
                                   why != NULL ? why : "no greeting");
            usable = false;
        }
    }
    if (r.gone != NULL) {
        runner_notice(&r, r.gone); /* one cause of all that is blocked: told once */
    }
    rc = !usable ? RUNNER_UNREACHABLE : r.job_count == 0 ? RUNNER_NOTHING : RUNNER_OK;
    if (listener != NULL && listener->begun != NULL) {
        listener->begun(listener->context, out);
    }
    run_all(&r);
    if (usable && r.gone == NULL && !r.interrupted && !runner_target_lives(&r, "delivery")) {
        runner_notice(&r, "the target does not greet any more at the end of the run");
        rc = RUNNER_UNREACHABLE;
    }
    sort_results(&r);
    out->interrupted = r.interrupted;
    out->seconds = (double)(loop_now_us(r.loop) - r.begun_us) / 1e6;
    if (listener != NULL && listener->ended != NULL) {
        listener->ended(listener->context, out);
    }
    for (size_t i = 0; i < r.probe_count; i++) {
        probe_fini(&r.probes[i]);
    }
    for (size_t i = 0; i < target->url_count; i++) {
        tls_context_free(&r.tls[i]);
    }
    loop_timer_free(&r.tick);
    loop_free(&r.loop);
    memory_free(r.variables);
    memory_free(r.probes);
    memory_free(r.paces);
    memory_free(r.tls);
    memory_free(r.jobs);
    free_lanes(&r);
    memory_free(r.order);
    memory_free(r.gone);
    return rc;
}
