/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/suite.h"

#include "net/memory.h"
#include "scenarios/engine/load.h"

void suite_fini(struct suite *suite)
{
    if (suite->store != NULL) {
        pool_fini(&suite->store->pool);
        memory_free(suite->store);
    }
    memory_free(suite->cases);
    memory_free(suite->errors);
    *suite = (struct suite){0};
}

const struct scenario *suite_find(const struct suite *suite, const char *id)
{
    for (size_t i = 0; i < suite->count; i++) {
        const struct scenario *s = &suite->cases[i];
        if (strcmp(s->id, id) == 0) {
            return s;
        }
        for (size_t k = 0; k < s->alias_count; k++) {
            if (strcmp(s->aliases[k], id) == 0) {
                return s;
            }
        }
    }
    return NULL;
}

void load_error_print(const struct load_error *error, FILE *stream)
{
    (void)fprintf(stream, "%s:%u:%u: %s\n", error->file, error->line, error->column,
                  error->message);
    if (error->source == NULL) {
        return;
    }
    (void)fprintf(stream, "  %s\n  ", error->source);
    for (unsigned i = 1; i < error->column && error->source[i - 1] != '\0'; i++) {
        (void)fputc(error->source[i - 1] == '\t' ? '\t' : ' ', stream);
    }
    (void)fputs("^\n", stream);
}

bool scenario_has_tag(const struct scenario *s, const char *tag)
{
    for (size_t i = 0; i < s->tag_count; i++) {
        if (strcmp(s->tags[i], tag) == 0) {
            return true;
        }
    }
    return false;
}
