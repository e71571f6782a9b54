/* SPDX-License-Identifier: MIT */
#include "cli/cases.h"

#include <sys/stat.h>

#include "scenarios/engine/loader.h"

static bool level_of(void *context, const char *id, enum level *out)
{
    const struct requirement *found = register_find(context, id);
    if (found == NULL) {
        return false;
    }
    *out = found->level;
    return true;
}

bool cases_load(struct data *data, const char *const *files, size_t file_count, struct suite *out)
{
    struct load_options options = {data->scenarios, level_of, &data->reg};
    bool ok = true;
    *out = (struct suite){0};
    if (file_count == 0) {
        ok = loader_load(out, data->scenarios, &options);
    }
    for (size_t i = 0; i < file_count; i++) {
        ok = loader_load(out, files[i], &options) && ok;
    }
    for (size_t i = 0; i < out->error_count; i++) {
        load_error_print(&out->errors[i], stderr);
    }
    return ok && out->error_count == 0;
}

bool cases_load_text(struct data *data, const char *name, struct span text, struct suite *suite)
{
    struct load_options options = {data->scenarios, level_of, &data->reg};
    bool ok = loader_load_text(suite, name, text, &options);
    for (size_t i = 0; i < suite->error_count; i++) {
        load_error_print(&suite->errors[i], stderr);
    }
    return ok;
}

bool is_scenario_file(const char *word)
{
    struct stat status;
    struct span text = span_text(word);
    return (text.len > 4 && span_equal(span_from(text, text.len - 4), SPAN_LIT(".scn"))) ||
           (strchr(word, '/') != NULL && stat(word, &status) == 0);
}
