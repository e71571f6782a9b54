/* SPDX-License-Identifier: MIT */
#include "reports/problem.h"

#include <stdarg.h>

#include "net/memory.h"
#include "reports/visible.h"

static char *format_text(const char *format, va_list arguments)
    __attribute__((format(printf, 1, 0)));

static char *format_text(const char *format, va_list arguments)
{
    va_list copy;
    va_copy(copy, arguments);
    int len = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    size_t size = (len < 0 ? 0 : (size_t)len) + 1;
    char *text = memory_zero(size, 1);
    (void)vsnprintf(text, size, format, arguments);
    return text;
}

static void add(struct problems *problems, const struct place *place, char *text, bool warning)
{
    problems->items = memory_resize(problems->items, problems->count + 1, sizeof *problems->items);
    problems->items[problems->count++] = (struct problem){
        .file = place->file == NULL ? NULL : memory_text(span_text(place->file)),
        .line = place->line,
        .column = place->column,
        .source = place->source.ptr == NULL ? NULL : memory_text(place->source),
        .text = text,
        .warning = warning,
    };
    problems->errors += warning ? 0 : 1;
}

void problems_add(struct problems *problems, const struct place *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(problems, place, format_text(format, arguments), false);
    va_end(arguments);
}

void problems_warn(struct problems *problems, const struct place *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(problems, place, format_text(format, arguments), true);
    va_end(arguments);
}

static void source_print(const struct problem *problem, FILE *out)
{
    enum { WIDTH = 100, BEFORE = 60 };
    struct span source = span_text(problem->source);
    size_t pos = problem->column == 0 ? 0 : problem->column - 1;
    if (pos > source.len) {
        pos = source.len;
    }
    /* A long line is shown from some way before the caret on. */
    size_t start = 0;
    while (visible_columns(span_sub(source, start, pos - start)) > BEFORE + 20) {
        start++;
    }
    (void)fputs(start == 0 ? "    " : "    …", out);
    size_t shown = visible_print(out, span_from(source, start), WIDTH);
    (void)fputs(start + shown < source.len ? "…\n" : "\n", out);
    if (problem->column == 0) {
        return;
    }
    size_t columns = visible_columns(span_sub(source, start, pos - start)) + (start == 0 ? 0 : 1);
    (void)fprintf(out, "    %*s^\n", (int)columns, "");
}

void problems_print(const struct problems *problems, FILE *out)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        if (problem->file != NULL) {
            (void)fputs(problem->file, out);
            if (problem->line != 0) {
                (void)fprintf(out, ":%u", problem->line);
            }
            if (problem->line != 0 && problem->column != 0) {
                (void)fprintf(out, ":%u", problem->column);
            }
            (void)fputs(": ", out);
        } else {
            (void)fputs("postel: ", out);
        }
        (void)fputs(problem->warning ? "warning: " : "error: ", out);
        (void)visible_print(out, span_text(problem->text), SIZE_MAX);
        (void)fputc('\n', out);
        if (problem->source != NULL && problem->source[0] != '\0') {
            source_print(problem, out);
        }
    }
}

void problems_fini(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        memory_free(problems->items[i].file);
        memory_free(problems->items[i].source);
        memory_free(problems->items[i].text);
    }
    memory_free(problems->items);
    *problems = (struct problems){0};
}
