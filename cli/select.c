/* SPDX-License-Identifier: MIT */
#include "cli/select.h"

#include "cli/cases.h"
#include "cli/command.h"
#include "net/memory.h"
#include "reports/baseline.h"

bool selector_match_name(const char *selector, const char *name)
{
    size_t len = strlen(selector);
    bool begins = strncmp(selector, name, len) == 0 && (name[len] == '\0' || name[len] == '.');
    return begins || glob_match(selector, name);
}

static bool match_name(const char *selector, const char *id, const struct case_row *row)
{
    if (selector_match_name(selector, id)) {
        return true;
    }
    if (row == NULL || row->name == NULL) {
        return false;
    }
    char *full = memory_format("%s[%s]", id, row->name);
    bool match = strcmp(selector, full) == 0 || glob_match(selector, full);
    memory_free(full);
    return match;
}

/* "rfc5321" fits any requirement of it, "rfc5321:4.5" those of 4.5 and of the sections below. */
static bool match_requirement(const char *selector, const struct scenario *scenario)
{
    size_t len = strlen(selector);
    for (size_t i = 0; i < scenario->requirement_count; i++) {
        const char *id = scenario->requirements[i].id;
        if (strncmp(selector, id, len) == 0 && strchr(":.-", id[len]) != NULL) {
            return true;
        }
        if (glob_match(selector, id)) {
            return true;
        }
    }
    return false;
}

static bool match_level(const char *word, const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->requirement_count; i++) {
        enum level level = scenario->requirements[i].level;
        bool should = level == LEVEL_SHOULD || level == LEVEL_SHOULD_NOT;
        if ((strcmp(word, "must") == 0 && level_is_must(level)) ||
            (strcmp(word, "should") == 0 && should) ||
            (strcmp(word, "may") == 0 && level == LEVEL_MAY)) {
            return true;
        }
    }
    return false;
}

static bool match_tag(const char *word, const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->tag_count; i++) {
        if (glob_match(word, scenario->tags[i])) {
            return true;
        }
    }
    return scenario->kind != NULL && strcmp(word, scenario->kind) == 0;
}

static bool match_safety(const char *word, const struct scenario *scenario)
{
    static const char *const names[SAFETY_COUNT] = {"safe", "send", "write", "destructive"};
    return strcmp(word, names[scenario->safety]) == 0;
}

bool selector_match(const char *selector, const struct scenario *scenario,
                    const struct case_row *row)
{
    if (*selector == '!') {
        return !selector_match(selector + 1, scenario, row);
    }
    if (strncmp(selector, "tag:", 4) == 0) {
        return match_tag(selector + 4, scenario);
    }
    if (strncmp(selector, "level:", 6) == 0) {
        return match_level(selector + 6, scenario);
    }
    if (strncmp(selector, "protocol:", 9) == 0) {
        return strcmp(selector + 9, scenario->protocol) == 0;
    }
    if (strncmp(selector, "kind:", 5) == 0) {
        return scenario->kind != NULL && strcmp(selector + 5, scenario->kind) == 0;
    }
    if (strncmp(selector, "safety:", 7) == 0) {
        return match_safety(selector + 7, scenario);
    }
    if (strncmp(selector, "rfc", 3) == 0 && selector[3] >= '0' && selector[3] <= '9') {
        return match_requirement(selector, scenario);
    }
    for (size_t i = 0; i < scenario->alias_count; i++) {
        if (match_name(selector, scenario->aliases[i], row)) {
            return true;
        }
    }
    return match_name(selector, scenario->id, row);
}

/* What is named, without what is excluded; all when nothing is named. */
static bool wanted(const char *const *words, size_t count, const struct scenario *scenario,
                   const struct case_row *row)
{
    bool named = false;
    bool included = false;
    for (size_t i = 0; i < count; i++) {
        if (words[i][0] == '!') {
            if (!selector_match(words[i], scenario, row)) {
                return false;
            }
        } else {
            named = true;
            included = included || selector_match(words[i], scenario, row);
        }
    }
    return included || !named;
}

static bool fits_any(const struct suite *suite, const char *word)
{
    word += *word == '!' ? 1 : 0;
    for (size_t i = 0; i < suite->count; i++) {
        for (size_t j = 0; j < suite->cases[i].row_count; j++) {
            if (selector_match(word, &suite->cases[i], &suite->cases[i].rows[j])) {
                return true;
            }
        }
    }
    return false;
}

const char *select_cases(struct suite *suite, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!fits_any(suite, words[i])) {
            return words[i];
        }
    }
    for (size_t i = 0; i < suite->count; i++) {
        struct scenario *scenario = &suite->cases[i];
        scenario->selected = false;
        for (size_t j = 0; j < scenario->row_count; j++) {
            scenario->rows[j].skipped = !wanted(words, count, scenario, &scenario->rows[j]);
            scenario->selected = scenario->selected || !scenario->rows[j].skipped;
        }
    }
    return NULL;
}

size_t select_count(const struct suite *suite)
{
    size_t count = 0;
    for (size_t i = 0; i < suite->count; i++) {
        const struct scenario *scenario = &suite->cases[i];
        for (size_t j = 0; scenario->selected && j < scenario->row_count; j++) {
            count += scenario->rows[j].skipped ? 0 : 1;
        }
    }
    return count;
}

const char *select_suggest(const struct suite *suite, const char *word)
{
    if (suite->count == 0) {
        return NULL;
    }
    const char **ids = memory_zero(suite->count, sizeof *ids);
    for (size_t i = 0; i < suite->count; i++) {
        ids[i] = suite->cases[i].id;
    }
    const char *near = nearest_word(word + (*word == '!' ? 1 : 0), ids, suite->count);
    memory_free(ids);
    return near;
}

void selection_init(struct selection *selection, const char *const *words, size_t count)
{
    *selection = (struct selection){
        .files = memory_zero(count, sizeof *selection->files),
        .words = memory_zero(count, sizeof *selection->words),
    };
    for (size_t i = 0; i < count; i++) {
        if (is_scenario_file(words[i])) {
            selection->files[selection->file_count++] = words[i];
        } else {
            selection->words[selection->word_count++] = words[i];
        }
    }
}

int selection_apply(const struct selection *selection, struct suite *suite,
                    const struct command *command)
{
    const char *unknown = select_cases(suite, selection->words, selection->word_count);
    if (unknown == NULL) {
        return EXIT_NOTHING;
    }
    const char *near = select_suggest(suite, unknown);
    return near == NULL
               ? usage_error(command, "%s: this selects no case", unknown)
               : usage_error(command, "%s: this selects no case; did you mean %s?", unknown, near);
}

void selection_fini(struct selection *selection)
{
    memory_free(selection->files);
    memory_free(selection->words);
    *selection = (struct selection){0};
}
