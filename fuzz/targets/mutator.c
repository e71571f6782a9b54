/* SPDX-License-Identifier: MIT */
/* The mutator itself: the first octet chooses the kind of input, the second the seed, the third how
   long the result may be; the rest are the input and, behind its first NUL, the other one. Made
   twice, with something else in between, the result is the same; it is never too long; and what
   trims ends. */
#include "fuzz/mutator/mutator.h"
#include "fuzz/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST = 1U << 13, MAX_STEPS = 200 };

static uint64_t blocks[KINDS + 1][POSTEL_MUTATOR_MEMORY / sizeof(uint64_t)];
static struct postel_mutator *mutators[KINDS + 1];

static struct postel_mutator *mutator_of(size_t i)
{
    if (mutators[i] == NULL) {
        const char *error = NULL;
        mutators[i] = postel_mutator_open(blocks[i], sizeof blocks[i],
                                          i == KINDS ? "auto" : kinds[i].name, &error);
        CHECK(mutators[i] != NULL, error);
    }
    return mutators[i];
}

static void check_trim(struct postel_mutator *m, struct span in)
{
    size_t before = in.len;
    size_t size = 0;
    (void)postel_mutator_trim_start(m, in.ptr, in.len);
    for (unsigned i = 0; i < MAX_STEPS && postel_mutator_trim_next(m, &size) != NULL; i++) {
        CHECK(size > 0 && size < before, "trimming makes it shorter");
        before = i % 3 == 0 ? size : before;
        postel_mutator_trim_done(m, i % 3 == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first[LONGEST];
    static uint8_t second[LONGEST];
    if (size < 3 || size > LONGEST) {
        return 0;
    }
    struct postel_mutator *m = mutator_of(data[0] % (KINDS + 1));
    struct span in = {data + 3, size - 3};
    const uint8_t *cut = in.len == 0 ? NULL : memchr(in.ptr, 0, in.len);
    struct span other = span_from(in, cut == NULL ? in.len : (size_t)(cut - in.ptr) + 1);
    in = cut == NULL ? in : span_sub(in, 0, (size_t)(cut - in.ptr));
    size_t max = (size_t)data[2] * data[2] / 8;
    const struct postel_mutator_input input = {in.ptr, in.len, other.ptr, other.len};
    size_t len = postel_mutator_mutate(m, data[1], &input, first, max);
    CHECK(len <= max, "the result is too long");
    CHECK(postel_mutator_splice(m, data[1], &input, second, max) <= max, "the splice is too long");
    CHECK(postel_mutator_mutate(m, data[1], &input, second, max) == len, "another length");
    CHECK(len == 0 || memcmp(first, second, len) == 0, "another result");
    CHECK(in.len > max || max == 0 || !span_equal((struct span){first, len}, in), "no change");
    check_trim(m, in);
    return 0;
}
