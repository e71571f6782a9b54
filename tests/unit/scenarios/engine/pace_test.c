/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/pace.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    unsigned fast; /* replies in 3 ms */
    unsigned slow; /* replies in slow_ms */
    uint64_t slow_ms;
    uint64_t patience; /* of 10 s */
    uint64_t in_vain;  /* the same, once a reply that seemed to be missing never came */
};

static const struct row rows[] = {
    {"nothing known", 0, 0, 0, 10000, 4000},
    {"too little known", 2, 0, 0, 10000, 4000},
    {"a little known", 3, 0, 0, 4000, 4000},
    {"not yet enough", 19, 0, 0, 4000, 4000},
    {"one slow reply of a few", 4, 1, 300, 10000, 10000},
    {"fast", 20, 0, 0, 2000, 2000},
    {"one slow reply of many", 199, 1, 3000, 2000, 2000},
    {"slow replies are usual", 50, 10, 3000, 10000, 10000},
    {"120 ms", 0, 100, 120, 2560, 2560},
    {"slower than any step", 0, 100, UINT64_MAX, 10000, 10000},
};

static void check(void **state)
{
    const struct row *row = *state;
    struct pace pace = {0};
    for (unsigned i = 0; i < row->fast; i++) {
        pace_add(&pace, 3);
    }
    for (unsigned i = 0; i < row->slow; i++) {
        pace_add(&pace, row->slow_ms);
    }
    assert_int_equal(pace_patience(&pace, 10000), row->patience);
    pace.late = LATE_NEVER;
    assert_int_equal(pace_patience(&pace, 10000), row->in_vain);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    return table_run("pace", tests, TABLE_ADD(tests, 0, rows, check));
}
