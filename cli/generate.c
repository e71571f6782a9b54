/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/dictionary.h"
#include "cli/grammar.h"
#include "fuzz/abnf/generate.h"
#include "net/memory.h"

enum { MOST_OCTETS = 16 << 20 };

static const struct option options[] = {
    {'n', "count", "N", "how many units, 1 if it is not given"},
    {'s', "seed", "N", "the same seed gives the same units, 1 if it is not given"},
    {0, "max-octets", "N", "the most octets of a unit, 4096 if it is not given"},
    {'o', "output", "FOLDER",
     "one file a unit in this folder, which is made, instead of standard output"},
    {0, "coverage", NULL, "tell on standard error which alternatives were used"},
    {0, "dictionary", NULL, "instead of units, the words of PROTOCOL as a dictionary for fuzzers"},
};

static void print_missing(void *context, const struct abnf_rule *rule, const struct abnf_node *node,
                          size_t choice)
{
    (void)context;
    (void)fprintf(stderr, "%s:%" PRIu32 ":%" PRIu32 ": %.*s: choice %zu was not used\n", rule->file,
                  node->line, node->column, (int)rule->name.len, (const char *)rule->name.ptr,
                  choice + 1);
}

/* The folder for the units, made if it is not there. */
static bool make_folder(const char *folder)
{
    bool ok = folder == NULL || mkdir(folder, 0777) == 0 || errno == EEXIST;
    if (!ok) {
        (void)fprintf(stderr, "postel: %s: %s\n", folder, strerror(errno));
    }
    return ok;
}

static int write_unit(const char *folder, uint64_t number, struct span unit)
{
    if (folder == NULL) {
        return fwrite(unit.ptr, 1, unit.len, stdout) == unit.len ? EXIT_NOTHING : EXIT_INTERNAL;
    }
    char *path = memory_format("%s/%06" PRIu64, folder, number);
    FILE *stream = fopen(path, "wb");
    bool ok = stream != NULL && fwrite(unit.ptr, 1, unit.len, stream) == unit.len;
    ok = stream != NULL && fclose(stream) == 0 && ok;
    if (!ok) {
        (void)fprintf(stderr, "postel: %s: %s\n", path, strerror(errno));
    }
    memory_free(path);
    return ok ? EXIT_NOTHING : EXIT_INTERNAL;
}

static int generate(const struct arguments *arguments, struct grammar *g, uint64_t count,
                    uint64_t seed, uint64_t max)
{
    struct abnf_generator generator;
    if (!abnf_generator_init(&generator, &g->abnf, &g->arena, seed)) {
        (void)fprintf(stderr, "postel: %s: the grammar is too large\n", g->abnf.name);
        return EXIT_INTERNAL;
    }
    if (!make_folder(arguments_value(arguments, "output"))) {
        return EXIT_INTERNAL;
    }
    /* Where even the shortest unit is longer than asked for, it is written all the same. */
    size_t room = (size_t)max + g->rule->node->shortest;
    uint8_t *octets = memory_alloc(room);
    int code = EXIT_NOTHING;
    for (uint64_t i = 0; i < count && code == EXIT_NOTHING; i++) {
        struct out out;
        out_init(&out, octets, room);
        abnf_generate(&generator, g->rule, (size_t)max, &out);
        code = write_unit(arguments_value(arguments, "output"), i + 1, out_span(&out));
    }
    memory_free(octets);
    if (arguments_value(arguments, "coverage") != NULL) {
        struct abnf_coverage c = abnf_generator_coverage(&generator, g->rule, print_missing, NULL);
        (void)fprintf(stderr, "%zu of %zu choices used\n", c.used, c.choices);
    }
    return code;
}

static int generate_run(const struct arguments *arguments)
{
    uint64_t count = 1;
    uint64_t seed = 1;
    uint64_t max = 4096;
    if (!arguments_number(arguments, "count", 1, UINT32_MAX, &count) ||
        !arguments_number(arguments, "seed", 0, UINT64_MAX, &seed) ||
        !arguments_number(arguments, "max-octets", 1, MOST_OCTETS, &max)) {
        return EXIT_USAGE;
    }
    if (arguments->word_count != 1) {
        return usage_error(arguments->command, "generate what? PROTOCOL:RULE, as in imap:response");
    }
    if (arguments_value(arguments, "dictionary") != NULL) {
        if (arguments_value(arguments, "output") != NULL) {
            return usage_error(arguments->command, "--output is for units; a dictionary is "
                                                   "written to standard output");
        }
        return dictionary_print(arguments->command, arguments->words[0]);
    }
    struct grammar grammar;
    int code = grammar_load(arguments->command, arguments->words[0], &grammar);
    if (code == EXIT_NOTHING) {
        code = generate(arguments, &grammar, count, seed, max);
        grammar_fini(&grammar);
    }
    return code;
}

const struct command generate_command = {
    .name = "generate",
    .synopsis = "PROTOCOL:RULE",
    .summary = "make commands and replies from the RFCs' grammar",
    .text =
        "Writes units that the RFCs' own grammar (fuzz/abnf) allows: imap:response, "
        "imap:command, smtp:reply, smtp:command, pop3:response, pop3:command, message:date-time "
        "and other values of header fields, or any rule of these grammars (imap:envelope). imap is "
        "IMAP4rev1, IMAP4rev2 and the extensions together; imap4rev1:response, imap4rev1:greeting "
        "and imap4rev1:command are RFC 3501 alone. "
        "Alternatives and bounds that were not used yet come "
        "first, so that all of them come sooner or later; literals have the right counts. With "
        "--dictionary PROTOCOL (imap) it writes what stands between quotes in the protocol's "
        "grammars, in the form that libFuzzer and AFL++ read.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = generate_run,
};
