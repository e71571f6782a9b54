/* SPDX-License-Identifier: MIT */
#include "cli/killed.h"

#include <stdio.h>

#include "net/memory.h"
#include "reports/text_file.h"
#include "server/fault.h"

enum { FILE_MAX = 4 * 1024 * 1024 };

/* Cuts the text up to an octet off the front of rest. */
static struct span cut(struct span *rest, uint8_t octet)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != octet) {
        len++;
    }
    struct span part = span_sub(*rest, 0, len);
    *rest = span_from(*rest, len < rest->len ? len + 1 : len);
    return part;
}

void killed_load(struct killed *killed, const char *scenarios)
{
    char *path = memory_format("%s/killed.tsv", scenarios);
    *killed = (struct killed){0};
    if (text_file_read(path, FILE_MAX, &killed->text)) {
        struct span rest = killed->text;
        while (rest.len != 0) {
            struct span line = cut(&rest, '\n');
            if (line.len == 0 || line.ptr[0] == '#') {
                continue;
            }
            killed->lines = memory_resize(killed->lines, killed->count + 1, sizeof *killed->lines);
            struct killed_line *out = &killed->lines[killed->count++];
            out->fault = cut(&line, '\t');
            out->cases = cut(&line, '\t');
            out->rules = cut(&line, '\t');
        }
    }
    memory_free(path);
}

void killed_fini(struct killed *killed)
{
    memory_free((void *)(uintptr_t)killed->text.ptr);
    memory_free(killed->lines);
    *killed = (struct killed){0};
}

const struct killed_line *killed_find(const struct killed *killed, const char *fault)
{
    for (size_t i = 0; i < killed->count; i++) {
        if (span_equal(killed->lines[i].fault, span_text(fault))) {
            return &killed->lines[i];
        }
    }
    return NULL;
}

bool killed_has(struct span list, const char *word)
{
    while (list.len != 0) {
        if (span_equal(cut(&list, ' '), span_text(word))) {
            return true;
        }
    }
    return false;
}

void killed_print(const struct killed *killed, const char *what, const char *word, bool rules)
{
    bool any = false;
    for (size_t i = 0; i < killed->count; i++) {
        const struct killed_line *line = &killed->lines[i];
        enum fault fault = fault_by_name(line->fault);
        if (fault != FAULT_COUNT && killed_has(rules ? line->rules : line->cases, word)) {
            if (!any) {
                (void)printf("\nFaults of the built-in server that %s:\n", what);
            }
            any = true;
            (void)printf("  %-32s %s\n", fault_info(fault)->name, fault_info(fault)->text);
        }
    }
}
