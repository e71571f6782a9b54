/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/command.h"
#include "net/memory.h"
#include "reports/visible.h"

int usage_error(const struct command *command, const char *format, ...)
{
    va_list arguments;
    char text[1024];
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)fputs("postel: ", stderr);
    (void)visible_print(stderr, span_text(text), SIZE_MAX);
    (void)fprintf(stderr, "\nSee postel %s%s--help.\n", command == NULL ? "" : command->name,
                  command == NULL ? "" : " ");
    return EXIT_USAGE;
}

static bool is_same(char a, char b)
{
    return octet_lower((uint8_t)a) == octet_lower((uint8_t)b);
}

/* Insertions, deletions, replacements and swaps of neighbours between two short words, without
   regard to case. */
static size_t distance(const char *a, const char *b)
{
    enum { MAX = 40 };
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (a_len >= MAX || b_len >= MAX) {
        return SIZE_MAX;
    }
    size_t d[MAX + 1][MAX + 1];
    for (size_t i = 0; i <= a_len; i++) {
        for (size_t j = 0; j <= b_len; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            size_t best = d[i - 1][j - 1] + (is_same(a[i - 1], b[j - 1]) ? 0 : 1);
            best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
            best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
            if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]) &&
                d[i - 2][j - 2] + 1 < best) {
                best = d[i - 2][j - 2] + 1;
            }
            d[i][j] = best;
        }
    }
    return d[a_len][b_len];
}

const char *nearest_word(const char *word, const char *const *list, size_t count)
{
    const char *best = NULL;
    size_t limit = strlen(word) / 4 + 1;
    for (size_t i = 0; i < count; i++) {
        size_t here = distance(word, list[i]);
        if (here <= limit) {
            best = list[i];
            limit = here - (here == 0 ? 0 : 1);
        }
    }
    return best;
}

static const struct option *find_name(const struct command *command, struct span name)
{
    for (size_t i = 0; i < command->option_count; i++) {
        if (span_equal(name, span_text(command->options[i].name))) {
            return &command->options[i];
        }
    }
    return NULL;
}

static const struct option *find_letter(const struct command *command, char letter)
{
    for (size_t i = 0; i < command->option_count; i++) {
        if (command->options[i].letter == letter) {
            return &command->options[i];
        }
    }
    return NULL;
}

static bool take(struct arguments *out, const struct option *option, const char *value)
{
    if (option->argument != NULL && *value == '\0') {
        (void)usage_error(out->command, "--%s: the value is empty; expected %s", option->name,
                          option->argument);
        return false;
    }
    out->options = memory_resize(out->options, out->option_count + 1, sizeof *out->options);
    out->options[out->option_count++] = (struct argument){option, value};
    return true;
}

static void unknown_option(const struct command *command, const char *text, struct span name)
{
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < command->option_count && count < 64; i++) {
        names[count++] = command->options[i].name;
    }
    char *word = memory_text(name);
    const char *near = nearest_word(word, names, count);
    if (near == NULL) {
        (void)usage_error(command, "%s: there is no such option", text);
    } else {
        (void)usage_error(command, "%s: there is no such option; did you mean --%s?", text, near);
    }
    memory_free(word);
}

/* --name, --name=value, --name value; *i is the index of the option. */
static bool parse_long(struct arguments *out, int argc, char **argv, int *i)
{
    const char *text = argv[*i] + 2;
    const char *equals = strchr(text, '=');
    struct span name = equals == NULL
                           ? span_text(text)
                           : (struct span){(const uint8_t *)text, (size_t)(equals - text)};
    const struct option *option = find_name(out->command, name);
    if (option == NULL) {
        unknown_option(out->command, argv[*i], name);
        return false;
    }
    if (option->argument == NULL) {
        if (equals != NULL) {
            (void)usage_error(out->command, "--%s takes no value", option->name);
            return false;
        }
        return take(out, option, "");
    }
    if (equals == NULL && *i + 1 >= argc) {
        (void)usage_error(out->command, "--%s needs a value: %s", option->name, option->argument);
        return false;
    }
    return take(out, option, equals == NULL ? argv[++*i] : equals + 1);
}

/* -v, -vv, -j8, -j 8. */
static bool parse_letters(struct arguments *out, int argc, char **argv, int *i)
{
    for (const char *c = argv[*i] + 1; *c != '\0'; c++) {
        const struct option *option = find_letter(out->command, *c);
        if (option == NULL) {
            (void)usage_error(out->command, "-%c: there is no such option", *c);
            return false;
        }
        if (option->argument == NULL) {
            (void)take(out, option, "");
            continue;
        }
        if (c[1] == '\0' && *i + 1 >= argc) {
            (void)usage_error(out->command, "-%c needs a value: %s", *c, option->argument);
            return false;
        }
        return take(out, option, c[1] == '\0' ? argv[++*i] : c + 1);
    }
    return true;
}

/* POSTEL_NAME stands for --name where the command line does not have it. */
static void parse_environment(struct arguments *out)
{
    for (size_t i = 0; i < out->command->option_count; i++) {
        const struct option *option = &out->command->options[i];
        if (arguments_value(out, option->name) != NULL) {
            continue;
        }
        char *variable = memory_format("POSTEL_%s", option->name);
        for (char *c = variable; *c != '\0'; c++) {
            *c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        }
        const char *value = getenv(variable);
        memory_free(variable);
        bool off = value == NULL || *value == '\0' ||
                   (option->argument == NULL && strcmp(value, "0") == 0);
        if (!off) {
            (void)take(out, option, option->argument == NULL ? "" : value);
        }
    }
}

bool arguments_parse(struct arguments *out, const struct command *command, int argc, char **argv)
{
    *out = (struct arguments){.command = command};
    out->words = memory_zero((size_t)argc + 1, sizeof *out->words);
    bool words_only = false;
    for (int i = 0; i < argc; i++) {
        if (words_only || argv[i][0] != '-' || argv[i][1] == '\0') {
            out->words[out->word_count++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            words_only = true;
        } else if (!(argv[i][1] == '-' ? parse_long(out, argc, argv, &i)
                                       : parse_letters(out, argc, argv, &i))) {
            return false;
        }
    }
    parse_environment(out);
    return true;
}

const char *arguments_next(const struct arguments *arguments, const char *name, size_t *position)
{
    while (*position < arguments->option_count) {
        const struct argument *argument = &arguments->options[(*position)++];
        if (strcmp(argument->option->name, name) == 0) {
            return argument->value;
        }
    }
    return NULL;
}

const char *arguments_value(const struct arguments *arguments, const char *name)
{
    size_t position = 0;
    const char *last = NULL;
    const char *value = NULL;
    while ((value = arguments_next(arguments, name, &position)) != NULL) {
        last = value;
    }
    return last;
}

size_t arguments_count(const struct arguments *arguments, const char *name)
{
    size_t position = 0;
    size_t count = 0;
    while (arguments_next(arguments, name, &position) != NULL) {
        count++;
    }
    return count;
}

bool arguments_number(const struct arguments *arguments, const char *name, uint64_t low,
                      uint64_t high, uint64_t *out)
{
    const char *text = arguments_value(arguments, name);
    if (text == NULL) {
        return true;
    }
    uint64_t value = 0;
    bool ok = *text != '\0';
    for (const char *c = text; *c != '\0' && ok; c++) {
        ok = *c >= '0' && *c <= '9' && value <= (UINT64_MAX - 9) / 10;
        value = ok ? value * 10 + (uint64_t)(*c - '0') : value;
    }
    if (!ok || value < low || value > high) {
        (void)usage_error(arguments->command, "--%s: expected a number from %llu to %llu, not %s",
                          name, (unsigned long long)low, (unsigned long long)high, text);
        return false;
    }
    *out = value;
    return true;
}

void arguments_fini(struct arguments *arguments)
{
    memory_free(arguments->options);
    memory_free(arguments->words);
    *arguments = (struct arguments){0};
}

static uint64_t seed_random(void)
{
    uint64_t seed = 0;
    FILE *source = fopen("/dev/urandom", "rbe");
    if (source == NULL || fread(&seed, sizeof seed, 1, source) != 1) {
        seed = (uint64_t)time(NULL);
    }
    if (source != NULL) {
        (void)fclose(source);
    }
    /* Short enough to be typed again. */
    return seed & 0xFFFFFFFF;
}

bool arguments_seed(const struct arguments *arguments, uint64_t *out)
{
    const char *text = arguments_value(arguments, "seed");
    if (text == NULL) {
        *out = seed_random();
        return true;
    }
    char *end = NULL;
    *out = strtoull(text, &end, 16);
    if (*text == '\0' || *end != '\0' || strlen(text) > 16 || *text == '-' || *text == '+') {
        (void)usage_error(arguments->command, "--seed: expected hexadecimal digits, not %s", text);
        return false;
    }
    return true;
}

bool arguments_duration(const struct arguments *arguments, const char *name, uint64_t *out_ms)
{
    const char *text = arguments_value(arguments, name);
    if (text == NULL) {
        return true;
    }
    char *end = NULL;
    double value = strtod(text, &end);
    double unit = strcmp(end, "ms") == 0                  ? 1.0
                  : strcmp(end, "m") == 0                 ? 60000.0
                  : *end == '\0' || strcmp(end, "s") == 0 ? 1000.0
                                                          : 0.0;
    if (end == text || unit <= 0.0 || !(value * unit >= 1.0 && value * unit <= 86400000.0)) {
        (void)usage_error(arguments->command, "--%s: expected a time such as 500ms, 30s or 2m",
                          name);
        return false;
    }
    *out_ms = (uint64_t)(value * unit);
    return true;
}
