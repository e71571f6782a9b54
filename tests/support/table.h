/* SPDX-License-Identifier: MIT */
/* Table-driven tests: one cmocka test for each row, so that a failure names the row. A row struct
   starts with `const char *name`; the check function gets the row as *state. */
#ifndef TESTS_SUPPORT_TABLE_H
#define TESTS_SUPPORT_TABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

/* Appends one test for each row of the array to tests; returns the new count. */
#define TABLE_ADD(tests, count, rows, check)                                                       \
    table_add((tests), (count), (rows), sizeof(rows) / sizeof((rows)[0]), sizeof((rows)[0]),       \
              (check))

enum { TABLE_MAX = 4096 };

static inline size_t table_add(struct CMUnitTest *tests, size_t count, const void *rows,
                               size_t row_count, size_t row_size, CMUnitTestFunction check)
{
    for (size_t i = 0; i < row_count; i++) {
        const char *row = (const char *)rows + i * row_size;
        const char *name = *(const char *const *)(const void *)row;
        if (count >= TABLE_MAX) {
            abort();
        }
        tests[count++] = (struct CMUnitTest){name, check, NULL, NULL, (void *)(uintptr_t)row};
    }
    return count;
}

/* Runs a table of `count` tests under a group name; the exit status of main. */
static inline int table_run(const char *group, const struct CMUnitTest *tests, size_t count)
{
    return _cmocka_run_group_tests(group, tests, count, NULL, NULL);
}

#endif
