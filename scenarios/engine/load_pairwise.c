/* SPDX-License-Identifier: MIT */
/* @pairwise: most faults that depend on parameters at all depend on two of them at most. */
#include "net/memory.h"
#include "scenarios/engine/load.h"

/* The pair of values that two parameters have in a row is in one of the rows before end. */
static bool pair_is_in(const struct scenario *s, size_t end, const struct case_row *row, size_t a,
                       size_t b)
{
    for (size_t i = 0; i < end; i++) {
        if (strcmp(s->rows[i].values[a], row->values[a]) == 0 &&
            strcmp(s->rows[i].values[b], row->values[b]) == 0) {
            return true;
        }
    }
    return false;
}

/* The pairs of a row that none of the rows before end has. */
static size_t pairs_new(const struct scenario *s, size_t end, const struct case_row *row)
{
    size_t count = 0;
    for (size_t a = 0; a + 1 < s->parameter_count; a++) {
        for (size_t b = a + 1; b < s->parameter_count; b++) {
            count += pair_is_in(s, end, row, a, b) ? 0 : 1;
        }
    }
    return count;
}

/* Greedy: the next row is the one with the most pairs that are missing yet. */
void load_pairwise(struct scenario *s)
{
    for (size_t end = 0; end < s->row_count; end++) {
        size_t best = end;
        size_t most = 0;
        for (size_t i = end; i < s->row_count; i++) {
            size_t count = pairs_new(s, end, &s->rows[i]);
            if (count > most) {
                most = count;
                best = i;
            }
        }
        if (most == 0) {
            s->row_count = end;
            return;
        }
        struct case_row row = s->rows[best];
        s->rows[best] = s->rows[end];
        s->rows[end] = row;
    }
}
