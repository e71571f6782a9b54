/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/again.h"
#include "cli/check_target.h"
#include "cli/command.h"
#include "cli/fuzz_run.h"
#include "cli/interrupt.h"
#include "fuzz/live/maker.h"
#include "net/memory.h"
#include "reports/visible.h"

enum {
    BATCH = 64, /* programs that are played together */
    PROTOCOLS = 5,
    USUAL_TIME = 60000,    /* milliseconds */
    USUAL_TIMEOUT = 5000,  /* the same, for a reply */
    PROGRESS_EVERY = 5000, /* the same */
    SHOWN = 200,           /* octets of a unit that a finding shows */
};

struct fuzz {
    const struct arguments *arguments;
    const char *folder;
    struct data data;
    struct target target;
    struct run_options options;
    struct fuzz_run run;
    struct maker *maker;
    enum protocol protocols[PROTOCOLS];
    size_t protocol_count;
    uint64_t begun; /* ms */
    uint64_t time;
    uint64_t told; /* when progress was told last */
    struct symptom *symptoms;
    size_t symptom_count;
    size_t violations;
    uint64_t most; /* of them: then it stops */
    size_t programs;
    size_t lines;
    bool strict;
    bool gone; /* the server is */
};

static uint64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool has_enough(const struct fuzz *f)
{
    return f->violations >= f->most;
}

/* --- what is found ---------------------------------------------------------------------------- */

static bool is_known(const struct fuzz *f, const struct symptom *symptom)
{
    bool known = false;
    for (size_t i = 0; i < f->symptom_count && !known; i++) {
        const struct symptom *s = &f->symptoms[i];
        known = s->rule == symptom->rule && s->verdict == symptom->verdict &&
                (s->text == NULL || strcmp(s->text, symptom->text) == 0);
    }
    return known;
}

/* "imap.esearch-single", "lmtp-smtp.reply-missing", "pop3-fail-no-reply". */
static char *symptom_name(enum protocol protocol, const struct symptom *symptom)
{
    const char *prefix = protocol_text(protocol);
    char *name = symptom->rule != RULE_NONE
                     ? memory_text(span_text(rule_info(symptom->rule)->name))
                     : memory_format("%s-%s", verdict_text(symptom->verdict), symptom->text);
    for (char *c = name; *c != '\0'; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || *c == '.' || *c == '-';
        *c = plain ? *c : '-';
    }
    size_t len = strlen(prefix);
    if (strncmp(name, prefix, len) != 0 || name[len] != '.') {
        char *more = memory_format("%s-%s", prefix, name);
        memory_free(name);
        name = more;
    }
    return name;
}

/* What is left of it; the first lines. */
static void program_print(const struct program *program)
{
    enum { LINES = 6 };
    for (size_t i = 0; i < program->count && i < LINES; i++) {
        printf("      C: ");
        (void)visible_print(stdout, buffer_span(&program->lines[i].octets), SHOWN);
        printf("\n");
    }
    if (program->count > LINES) {
        printf("      and %zu more\n", program->count - LINES);
    }
}

/* Writes the scenario and says where. */
static void scenario_write(const struct fuzz *f, const struct program *program,
                           const struct symptom *symptom, bool again)
{
    struct buffer text = {0};
    char *name = symptom_name(program->protocol, symptom);
    char *file = memory_format("%s/%s.scn", f->folder, name);
    char *id = memory_format("fuzz.%s", name);
    char *command = again_text(f->arguments, f->options.seed);
    program_write_head(program->protocol, &text);
    program_write(program, id, f->run.maildrop, &text);
    FILE *out = fopen(file, "w");
    bool ok = out != NULL && fwrite(buffer_span(&text).ptr, 1, text.len, out) == text.len;
    ok = (out == NULL || fclose(out) == 0) && ok;
    if (ok) {
        printf("      %s: %s\n      again: postel check %s%s\n",
               again ? "written" : "written, but seen only once", file, file, command);
    } else {
        printf("      %s: cannot be written: %s\n", file, strerror(errno));
    }
    memory_free(command);
    memory_free(id);
    memory_free(file);
    memory_free(name);
    buffer_fini(&text);
}

static void finding_print(const struct run_finding *finding)
{
    const struct rule_info *info = rule_info(finding->rule);
    printf("the server %s %s  %s  (%s, %s)\n",
           level_is_must(info->level) ? "breaks a" : "does not follow a", level_text(info->level),
           info->name, info->cite, severity_text(info->severity));
    if (finding->excerpt_len > 0) {
        printf("      S: ");
        (void)visible_print(stdout, (struct span){finding->excerpt, finding->excerpt_len}, SHOWN);
        printf("\n");
    }
    printf("      %s\n", finding->text);
    if (info->quote[0] != '\0') {
        printf("      \"%s\"\n", info->quote);
    }
}

static void failure_print(const struct case_result *result)
{
    printf("%s  %s\n      %s\n",
           result->verdict == VERDICT_CRASH ? "the server is gone" : "the server owes an answer",
           result->requirement_count > 0 ? result->requirements[0].id : "",
           result->actual == NULL ? "" : result->actual);
}

/* Something new is made small and written down; the symptom's text becomes ours. */
static void report(struct fuzz *f, const struct program *program, const struct symptom *symptom)
{
    struct program small;
    program_copy(program, &small);
    f->symptoms = memory_resize(f->symptoms, f->symptom_count + 1, sizeof *f->symptoms);
    f->symptoms[f->symptom_count++] = *symptom;
    bool again = symptom->verdict != VERDICT_CRASH && fuzz_minimise(&f->run, &small, symptom);
    program_print(&small);
    scenario_write(f, &small, symptom, again);
    (void)fflush(stdout);
    program_fini(&small);
}

static void look_at_findings(struct fuzz *f, const struct run *run,
                             const struct case_result *result, const struct program *program)
{
    for (size_t i = 0; i < result->finding_count; i++) {
        const struct run_finding *finding = &run->findings[result->findings[i]];
        bool must = level_is_must(rule_info(finding->rule)->level);
        struct symptom symptom = {.rule = finding->rule};
        if (!has_enough(f) && finding->side == SIDE_SERVER && !finding->consequence &&
            (must || f->strict) && !is_known(f, &symptom)) {
            finding_print(finding);
            f->violations++;
            report(f, program, &symptom);
        }
    }
}

static void look_at_verdict(struct fuzz *f, const struct case_result *result,
                            const struct program *program)
{
    if (result->verdict != VERDICT_FAIL && result->verdict != VERDICT_CRASH) {
        return;
    }
    struct span text = span_text(result->actual == NULL ? "" : result->actual);
    struct symptom symptom = {.verdict = result->verdict, .text = memory_text(text)};
    f->gone = f->gone || result->verdict == VERDICT_CRASH;
    if (has_enough(f) || is_known(f, &symptom)) {
        memory_free(symptom.text);
    } else {
        failure_print(result);
        f->violations++;
        report(f, program, &symptom);
    }
}

/* A program that made the server say something new is kept. */
static void learn(struct fuzz *f, const struct case_result *result, const struct program *program)
{
    struct span asked = {0};
    bool fresh = false;
    for (size_t i = 0; i < result->transcript_count; i++) {
        const struct transcript_line *line = &result->transcript[i];
        struct span octets = {line->data, line->len};
        if (line->dir == 'C') {
            asked = octets;
        } else if (line->dir == 'S') {
            fresh = maker_hears(f->maker, asked, octets) || fresh;
        }
    }
    if (fresh) {
        maker_keep(f->maker, program);
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

static void tell_progress(struct fuzz *f, uint64_t ms)
{
    if (ms >= f->told + PROGRESS_EVERY) {
        f->told = ms;
        (void)fprintf(
            stderr, "%5" PRIu64 " s %8zu programs %9zu lines %7zu answers %4zu findings\n",
            (ms - f->begun) / 1000, f->programs, f->lines, maker_heard(f->maker), f->violations);
    }
}

/* Why nothing could be played; the exit code. A server that was there before and cannot be reached
   any more is a finding. */
static int unplayable(struct fuzz *f, enum runner_rc rc, const struct run *run)
{
    const char *reason = run->notice_count > 0 ? run->notices[0] : "nothing could be played";
    for (size_t i = 0; i < run->result_count && run->notice_count == 0; i++) {
        reason = run->results[i].actual != NULL ? run->results[i].actual : reason;
    }
    if (rc == RUNNER_UNREACHABLE && f->programs > 0) {
        printf("the server is gone\n      %s\n", reason);
        f->violations++;
        f->gone = true;
        return EXIT_NOTHING;
    }
    (void)fprintf(stderr, "postel: %s: %s\n", f->target.name, reason);
    return EXIT_TARGET;
}

static int play_batch(struct fuzz *f, enum protocol protocol, struct program *programs)
{
    struct run run;
    size_t played = 0;
    for (size_t i = 0; i < BATCH; i++) {
        maker_make(f->maker, protocol, &programs[i]);
    }
    enum runner_rc rc = fuzz_play(&f->run, programs, BATCH, &run);
    for (size_t i = 0; i < run.result_count; i++) {
        const struct case_result *result = &run.results[i];
        const struct program *program = &programs[fuzz_number(result)];
        bool counts = result->verdict == VERDICT_PASS || result->verdict == VERDICT_FAIL ||
                      result->verdict == VERDICT_CRASH || result->verdict == VERDICT_FLAKY;
        played += counts ? 1 : 0;
        f->lines += counts ? program->count : 0;
        learn(f, result, program);
        look_at_findings(f, &run, result, program);
        look_at_verdict(f, result, program);
    }
    f->programs += played;
    bool stopped = f->run.interrupted || f->gone;
    int code = played == 0 && !stopped
                   ? rc == RUNNER_NOTHING ? EXIT_INTERNAL : unplayable(f, rc, &run)
                   : EXIT_NOTHING;
    run_fini(&run);
    for (size_t i = 0; i < BATCH; i++) {
        program_fini(&programs[i]);
    }
    return code;
}

static int fuzz_loop(struct fuzz *f)
{
    struct program *programs = memory_zero(BATCH, sizeof *programs);
    int code = EXIT_NOTHING;
    f->begun = now_ms();
    f->told = f->begun;
    for (size_t turn = 0; code == EXIT_NOTHING && !f->gone && !f->run.interrupted &&
                          !has_enough(f) && now_ms() < f->begun + f->time;
         turn++) {
        code = play_batch(f, f->protocols[turn % f->protocol_count], programs);
        tell_progress(f, now_ms());
    }
    (void)fflush(stderr);
    printf("%" PRIu64
           " s, %zu programs, %zu lines, %zu different answers, %zu findings, seed %" PRIx64 "\n",
           (now_ms() - f->begun) / 1000, f->programs, f->lines, maker_heard(f->maker),
           f->violations, f->options.seed);
    memory_free(programs);
    return code;
}

/* --- the command ------------------------------------------------------------------------------ */

static int prepare(struct fuzz *f)
{
    const struct arguments *arguments = f->arguments;
    uint64_t jobs = 4;
    size_t words = 0;
    const char **rest = memory_zero(arguments->word_count, sizeof *rest);
    int code = check_target(arguments, &f->target, rest, &words);
    if (code == EXIT_NOTHING && words > 0) {
        code = usage_error(arguments->command, "%s: this is no URL", rest[0]);
    }
    memory_free(rest);
    if (code != EXIT_NOTHING) {
        return code;
    }
    f->time = USUAL_TIME;
    f->most = SIZE_MAX;
    f->options = (struct run_options){.timeout_ms = USUAL_TIMEOUT, .retries = 1};
    if (!arguments_number(arguments, "jobs", 1, 256, &jobs) ||
        !arguments_number(arguments, "max-failures", 1, SIZE_MAX, &f->most) ||
        !arguments_seed(arguments, &f->options.seed) ||
        !arguments_duration(arguments, "time", &f->time) ||
        !arguments_duration(arguments, "timeout", &f->options.timeout_ms)) {
        return EXIT_USAGE;
    }
    f->options.jobs = (unsigned)jobs;
    f->options.allowed = target_allowed(&f->target);
    f->options.keep_passed = true;
    f->strict = arguments_value(arguments, "strict") != NULL;
    f->folder = arguments_value(arguments, "out");
    f->folder = f->folder == NULL ? "." : f->folder;
    if (mkdir(f->folder, 0777) != 0 && errno != EEXIST) {
        (void)fprintf(stderr, "postel: %s: cannot be made: %s\n", f->folder, strerror(errno));
        return EXIT_INTERNAL;
    }
    for (size_t i = 0; i < PROTOCOLS; i++) {
        enum protocol protocol = (enum protocol)i;
        if (target_url(&f->target, protocol) != NULL) {
            f->protocols[f->protocol_count++] = protocol;
        }
    }
    f->run = (struct fuzz_run){.data = &f->data,
                               .target = &f->target,
                               .options = &f->options,
                               .maildrop = target_url(&f->target, PROTOCOL_IMAP) != NULL};
    return data_load(&f->data, false) ? EXIT_NOTHING : EXIT_LOAD;
}

static int fuzz_run(const struct arguments *arguments)
{
    struct fuzz f = {.arguments = arguments};
    int code = prepare(&f);
    if (code == EXIT_NOTHING) {
        f.maker = maker_new(f.options.seed);
        f.options.interrupt = interrupt_catch();
        code = fuzz_loop(&f);
        code = f.violations > 0       ? EXIT_FINDINGS
               : code != EXIT_NOTHING ? code
               : f.run.interrupted    ? EXIT_INTERRUPTED
                                      : EXIT_NOTHING;
        maker_free(&f.maker);
    }
    for (size_t i = 0; i < f.symptom_count; i++) {
        memory_free(f.symptoms[i].text);
    }
    memory_free(f.symptoms);
    target_fini(&f.target);
    data_fini(&f.data);
    return code;
}

static const struct option options[] = {
    TARGET_OPTIONS,
    {0, "time", "TIME", "how long (60s)"},
    {0, "out", "FOLDER", "where the scenarios of what was found are written (.)"},
    {0, "max-failures", "N", "stop after so many findings"},
    {0, "seed", "HEX", "repeats the random choices of an earlier run"},
    {'j', "jobs", "N", "connections at a time (4)"},
    {0, "timeout", "TIME", "how long to wait for a reply (5s)"},
    {0, "strict", NULL, "a SHOULD that is not followed is a finding, too"},
};

const struct command fuzz_command = {
    .name = "fuzz",
    .synopsis = "URL… | -t FILE",
    .summary = "say legal and mutated commands to a live server, and judge what it answers",
    .text =
        "Logs in and says what the RFCs' grammar allows, in an order that the protocol allows, "
        "then "
        "mutates it; programs that make the server say something new are kept and varied. Every "
        "octet of the server is judged as check does; a server that breaks a rule, closes without "
        "goodbye, does not answer or is gone is a finding. Each is made small and written as a "
        "scenario, which postel check plays again.\n"
        "IMAP works in mailboxes of its own, POP3 never says QUIT, and so deletes nothing; mail "
        "goes to the declared recipient only. For all that, use a server and an account made for "
        "it.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = fuzz_run,
};
