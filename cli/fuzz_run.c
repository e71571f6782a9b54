/* SPDX-License-Identifier: MIT */
#include "cli/fuzz_run.h"

#include <stdlib.h>

#include "cli/cases.h"
#include "cli/interrupt.h"
#include "net/memory.h"

enum { MINIMISE_RUNS = 40 };

enum runner_rc fuzz_play(struct fuzz_run *f, const struct program *programs, size_t count,
                         struct run *out)
{
    struct buffer text = {0};
    struct suite suite = {0};
    enum runner_rc rc = RUNNER_NOTHING;
    program_write_head(programs[0].protocol, &text);
    for (size_t i = 0; i < count; i++) {
        char *id = memory_format("fuzz.%zu", i);
        program_write(&programs[i], id, f->maildrop, &text);
        memory_free(id);
    }
    *out = (struct run){0};
    if (cases_load_text(f->data, "fuzz.scn", buffer_span(&text), &suite)) {
        rc = runner_run(&suite, f->target, f->options, NULL, out);
        /* The runner caught signals itself, and does so no more. */
        f->interrupted = f->interrupted || out->interrupted || *interrupt_catch() != 0;
    }
    suite_fini(&suite);
    buffer_fini(&text);
    return rc;
}

size_t fuzz_number(const struct case_result *result)
{
    return strtoul(result->id + strlen("fuzz."), NULL, 10);
}

/* The result shows it. */
static bool shows(const struct run *run, const struct case_result *result,
                  const struct symptom *symptom)
{
    bool found = symptom->rule == RULE_NONE && result->verdict == symptom->verdict;
    for (size_t i = 0; i < result->finding_count && !found; i++) {
        const struct run_finding *finding = &run->findings[result->findings[i]];
        found = symptom->rule != RULE_NONE && finding->rule == symptom->rule &&
                finding->side == SIDE_SERVER && !finding->consequence;
    }
    return found;
}

/* The program without each group of size lines; how many there are. */
static size_t make_candidates(const struct program *program, size_t size, struct program *out)
{
    size_t count = 0;
    for (size_t at = 0; at < program->count; at += size) {
        program_copy(program, &out[count]);
        program_remove(&out[count], at, size);
        count += out[count].count > 0 ? 1 : 0;
    }
    return count;
}

/* The first candidate that shows the symptom becomes the program. */
static bool adopt(struct fuzz_run *f, struct program *program, const struct symptom *symptom,
                  const struct program *candidates, size_t count)
{
    struct run run;
    const struct program *best = NULL;
    bool ok = count > 0 && fuzz_play(f, candidates, count, &run) == RUNNER_OK;
    for (size_t i = 0; ok && i < run.result_count; i++) {
        const struct program *candidate = &candidates[fuzz_number(&run.results[i])];
        if (shows(&run, &run.results[i], symptom) && (best == NULL || candidate < best)) {
            best = candidate;
        }
    }
    if (best != NULL) {
        program_fini(program);
        program_copy(best, program);
    }
    if (count > 0) {
        run_fini(&run);
    }
    return best != NULL;
}

bool fuzz_minimise(struct fuzz_run *f, struct program *program, const struct symptom *symptom)
{
    struct program *candidates = memory_zero(PROGRAM_LINES, sizeof *candidates);
    program_copy(program, &candidates[0]);
    bool shown = adopt(f, program, symptom, candidates, 1);
    program_fini(&candidates[0]);
    size_t size = program->count / 2;
    for (unsigned runs = 0; shown && size > 0 && !f->interrupted && runs < MINIMISE_RUNS; runs++) {
        size_t count = make_candidates(program, size, candidates);
        bool smaller = adopt(f, program, symptom, candidates, count);
        for (size_t i = 0; i < PROGRAM_LINES; i++) {
            program_fini(&candidates[i]);
        }
        size = smaller && size <= program->count ? size : size / 2;
    }
    memory_free(candidates);
    return shown;
}
