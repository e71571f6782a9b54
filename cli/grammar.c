/* SPDX-License-Identifier: MIT */
#include "cli/grammar.h"

#include <stdio.h>
#include <string.h>

#include "cli/data.h"
#include "fuzz/abnf/agree.h"
#include "net/memory.h"

enum { GRAMMAR_OCTETS = 16 << 20 };

/* What the names of the files end in, in which a protocol's rules are looked for. */
static const char *const endings[GRAMMAR_PARTS] = {"", "-response", "-command"};

static bool is_missing(const struct abnf_error *error)
{
    return strstr(error->text, "cannot be read") != NULL;
}

static bool load_file(struct grammar *g, const char *file, struct abnf_error *error)
{
    char *folder = data_folder("fuzz/abnf");
    arena_init(&g->arena, g->block, GRAMMAR_OCTETS);
    bool ok = abnf_load_folder(&g->abnf, &g->arena, file, folder, error);
    memory_free(folder);
    return ok;
}

static bool load_part(struct grammar *g, const char *protocol, size_t part,
                      struct abnf_error *error)
{
    char *file = memory_format("%s%s", protocol, endings[part]);
    bool ok = load_file(g, file, error);
    memory_free(file);
    return ok;
}

static int rule_missing(const struct command *command, const char *protocol, const char *name,
                        const char *rule)
{
    char **names = NULL;
    size_t count = 0;
    for (size_t i = 0; i < GRAMMAR_PARTS; i++) {
        struct grammar g;
        if (grammar_load_part(protocol, i, &g) != EXIT_NOTHING) {
            continue;
        }
        names = memory_resize(names, count + g.abnf.rule_count, sizeof *names);
        for (const struct abnf_rule *r = g.abnf.rules; r != NULL; r = r->next) {
            names[count++] = memory_text(r->name);
        }
        grammar_fini(&g);
    }
    const char *near = nearest_word(rule, (const char *const *)names, count);
    int code =
        near == NULL
            ? usage_error(command, "%s: the grammar has no such rule; its files lie in fuzz/abnf",
                          name)
            : usage_error(command, "%s: the grammar has no such rule; did you mean %s:%s?", name,
                          protocol, near);
    for (size_t i = 0; i < count; i++) {
        memory_free(names[i]);
    }
    memory_free(names);
    return code;
}

static int find(const struct command *command, const char *name, struct grammar *g)
{
    const char *rule = strchr(name, ':');
    if (rule == NULL) {
        return usage_error(command, "%s: which rule? PROTOCOL:RULE, as in imap:response", name);
    }
    struct abnf_error error;
    char *protocol = memory_text((struct span){(const uint8_t *)name, (size_t)(rule++ - name)});
    bool loaded = false;
    int code = EXIT_NOTHING;
    for (size_t i = 0; i < abnf_unit_count && g->rule == NULL && code == EXIT_NOTHING; i++) {
        if (strcmp(abnf_units[i].name, name) == 0) {
            loaded = load_file(g, abnf_units[i].grammar, &error);
            code = loaded ? EXIT_NOTHING : EXIT_LOAD;
            g->rule = loaded ? abnf_rule_find(&g->abnf, span_text(abnf_units[i].rule)) : NULL;
        }
    }
    for (size_t i = 0; i < GRAMMAR_PARTS && g->rule == NULL && code == EXIT_NOTHING; i++) {
        bool ok = load_part(g, protocol, i, &error);
        loaded = loaded || ok;
        if (!ok && !is_missing(&error)) {
            code = EXIT_LOAD;
        }
        g->rule = ok ? abnf_rule_find(&g->abnf, span_text(rule)) : NULL;
    }
    if (code == EXIT_LOAD) {
        (void)fprintf(stderr, "postel: %s\n", error.text);
    } else if (!loaded) {
        code = usage_error(command, "%s: there is no grammar %s; there are " GRAMMAR_PROTOCOLS,
                           name, protocol);
    } else if (g->rule == NULL) {
        code = rule_missing(command, protocol, name, rule);
    }
    memory_free(protocol);
    return code;
}

int grammar_load(const struct command *command, const char *name, struct grammar *out)
{
    *out = (struct grammar){.block = memory_alloc(GRAMMAR_OCTETS)};
    int code = find(command, name, out);
    if (code != EXIT_NOTHING) {
        grammar_fini(out);
    }
    return code;
}

int grammar_load_part(const char *protocol, size_t part, struct grammar *out)
{
    struct abnf_error error;
    *out = (struct grammar){.block = memory_alloc(GRAMMAR_OCTETS)};
    if (load_part(out, protocol, part, &error)) {
        return EXIT_NOTHING;
    }
    grammar_fini(out);
    if (is_missing(&error)) {
        return EXIT_USAGE;
    }
    (void)fprintf(stderr, "postel: %s\n", error.text);
    return EXIT_LOAD;
}

void grammar_fini(struct grammar *grammar)
{
    memory_free(grammar->block);
    grammar->block = NULL;
}
