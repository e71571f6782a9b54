/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/command.h"
#include "cli/data.h"
#include "cli/killed.h"
#include "net/memory.h"
#include "trace/quirk.h"

static void requirement_print(const struct requirement *item)
{
    (void)printf("%s  %s  %s\nRFC %u section %s\n\n  \"%s\"\n\n", item->id, level_text(item->level),
                 party_text(item->party), item->rfc, item->section, item->quote);
    if (item->lower_case) {
        (void)puts("The RFC writes this without the capital words of BCP 14; it counts as if.");
    }
    if (item->reason != NULL) {
        (void)printf("Not tested: %s.\n", item->reason);
    }
    if (item->same_as != NULL) {
        (void)printf("The same as %s.\n", item->same_as);
    }
    for (unsigned i = 1; i < RULE_COUNT; i++) {
        const struct rule_info *info = rule_info((enum rule)i);
        if (strcmp(info->requirement, item->id) == 0) {
            (void)printf("Found by the judge's rule %s.\n", info->name);
        }
    }
}

static void rule_print(const struct data *data, const struct rule_info *info)
{
    (void)printf("%s  %s  %s\n%s\n\n", info->name, level_text(info->level),
                 severity_text(info->severity), info->cite);
    if (info->quote[0] != '\0') {
        (void)printf("  \"%s\"\n\n", info->quote);
    }
    (void)printf("%s\n", info->meaning);
    const struct requirement *item = register_find(&data->reg, info->requirement);
    if (item != NULL) {
        (void)printf("\nRequirement %s, %s:\n  \"%s\"\n", item->id, level_text(item->level),
                     item->quote);
    }
}

/* All requirements of an RFC or of a section and those below it. */
static size_t section_print(const struct data *data, const char *word)
{
    size_t len = strlen(word);
    size_t count = 0;
    for (size_t i = 0; i < data->reg.count; i++) {
        const struct requirement *item = &data->reg.items[i];
        if (strncmp(word, item->id, len) == 0 && strchr(":.-", item->id[len]) != NULL) {
            (void)printf("%-22s %-10s \"%s\"\n", item->id, level_text(item->level), item->quote);
            count++;
        }
    }
    return count;
}

static void problem_print(void *context, const char *text)
{
    (void)context;
    (void)fprintf(stderr, "postel: %s\n", text);
}

/* The quirk of this id, or all that the known servers do about this rule; false: nothing. */
static bool quirks_print(const char *word)
{
    struct knowledge knowledge;
    char *folder = data_folder("trace/quirks");
    bool found = false;
    bool loaded = knowledge_load(&knowledge, folder, problem_print, NULL);
    for (const struct known *k = loaded ? knowledge.first : NULL; k != NULL; k = k->next) {
        bool wanted = strcmp(k->id, word) == 0;
        for (size_t i = 0; k->rule[i] != NULL; i++) {
            wanted = wanted || strcmp(k->rule[i], word) == 0;
        }
        if (wanted) {
            (void)printf("%s%s  known of %s  (%s)\n  %s\n  What to do: %s\n", found ? "\n" : "",
                         k->id, k->title, quirk_kind_text(k->kind), k->cause, k->remedy);
            found = true;
        }
    }
    knowledge_fini(&knowledge);
    memory_free(folder);
    return found;
}

static void faults_print(const struct data *data, const char *word)
{
    struct killed killed;
    killed_load(&killed, data->scenarios);
    killed_print(&killed, "break it", word, true);
    killed_fini(&killed);
}

static bool explain_word(const struct data *data, const char *word)
{
    enum rule rule = rule_by_name(span_text(word));
    const struct requirement *item = register_find(&data->reg, word);
    if (rule != RULE_NONE) {
        rule_print(data, rule_info(rule));
        faults_print(data, word);
        (void)puts("");
        (void)quirks_print(word);
        return true;
    }
    if (item != NULL) {
        requirement_print(item);
        faults_print(data, word);
        return true;
    }
    return quirks_print(word) || section_print(data, word) != 0;
}

static int unknown_word(const char *word)
{
    const char **names = memory_zero(RULE_COUNT, sizeof *names);
    size_t count = 0;
    for (unsigned i = 1; i < RULE_COUNT; i++) {
        names[count++] = rule_info((enum rule)i)->name;
    }
    const char *near = nearest_word(word, names, count);
    memory_free(names);
    if (near != NULL) {
        return usage_error(&explain_command, "%s: no rule and no requirement; did you mean %s?",
                           word, near);
    }
    return usage_error(&explain_command,
                       "%s: no rule and no requirement; postel list --rules lists the rules", word);
}

static int explain_run(const struct arguments *arguments)
{
    if (arguments->word_count == 0) {
        return usage_error(&explain_command, "explain what? A rule or a requirement");
    }
    struct data data;
    int code = data_load(&data, false) ? EXIT_NOTHING : EXIT_LOAD;
    for (size_t i = 0; i < arguments->word_count && code == EXIT_NOTHING; i++) {
        (void)fputs(i == 0 ? "" : "\n", stdout);
        if (!explain_word(&data, arguments->words[i])) {
            code = unknown_word(arguments->words[i]);
        }
    }
    data_fini(&data);
    return code;
}

const struct command explain_command = {
    .name = "explain",
    .synopsis = "RULE|REQUIREMENT|SECTION…",
    .summary = "tell what a rule or a requirement says",
    .text =
        "Tells what a rule of the judge (imap.resp-text) or a requirement (rfc5321:4.5.2-1) "
        "says, at which level, what it means in practice, how it is tested, and which faults of "
        "the built-in server break it. A section "
        "(rfc5321:4.5) or an RFC (rfc2920) lists its requirements.",
    .run = explain_run,
};
