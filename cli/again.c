/* SPDX-License-Identifier: MIT */
#include "cli/again.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/cases.h"
#include "cli/check_target.h"
#include "net/memory.h"

static void again_add(char **text, const char *option, const char *value)
{
    bool quote = value != NULL && strpbrk(value, " \t*?[]$&;|<>()'\"\\`!#~{}") != NULL;
    char *more = memory_format("%s%s%s%s%s%s%s", *text, option == NULL ? "" : " --",
                               option == NULL ? "" : option, value == NULL ? "" : " ",
                               quote ? "'" : "", value == NULL ? "" : value, quote ? "'" : "");
    memory_free(*text);
    *text = more;
}

char *again_text(const struct arguments *arguments, uint64_t seed)
{
    static const char *const names[] = {"target", "allow", "profile", "var", "vars"};
    char *again = memory_text(SPAN_LIT(""));
    for (size_t i = 0; i < arguments->word_count; i++) {
        if (is_url(arguments->words[i]) || is_scenario_file(arguments->words[i])) {
            again_add(&again, NULL, arguments->words[i]);
        }
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t position = 0;
        const char *value = NULL;
        while ((value = arguments_next(arguments, names[i], &position)) != NULL) {
            again_add(&again, names[i], value);
        }
    }
    size_t position = 0;
    const char *secret = NULL;
    while ((secret = arguments_next(arguments, "secret", &position)) != NULL) {
        if (strstr(secret, "=@") != NULL) {
            again_add(&again, "secret", secret);
        }
    }
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%" PRIx64, seed);
    again_add(&again, "seed", digits);
    return again;
}
