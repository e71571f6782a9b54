/* SPDX-License-Identifier: MIT */
/* The mutator as libFuzzer calls it, when it is linked into a target. POSTEL_MUTATOR says what the
   inputs are (fuzz/mutator/postel_mutator.h). One time in eight libFuzzer's own mutations have
   their turn: they know the constants that the target compares with. */
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/mutator/postel_mutator.h"

enum { OWN_TURN = 8 };

__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size, const uint8_t *second,
                                 size_t second_size, uint8_t *out, size_t max_out_size,
                                 unsigned int seed);

static struct postel_mutator *mutator_get(void)
{
    static alignas(max_align_t) uint8_t block[POSTEL_MUTATOR_MEMORY];
    static struct postel_mutator *mutator;
    if (mutator == NULL) {
        const char *error = NULL;
        mutator = postel_mutator_open(block, sizeof block, getenv("POSTEL_MUTATOR"), &error);
        if (mutator == NULL) {
            (void)fprintf(stderr, "POSTEL_MUTATOR: %s\n", error);
            exit(2);
        }
    }
    return mutator;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    static uint8_t out[POSTEL_MUTATOR_LONGEST];
    if (LLVMFuzzerMutate != NULL && seed % OWN_TURN == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    const struct postel_mutator_input input = {data, size, NULL, 0};
    size_t max = max_size < sizeof out ? max_size : sizeof out;
    size_t len = postel_mutator_mutate(mutator_get(), seed, &input, out, max);
    memcpy(data, out, len);
    return len;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size, const uint8_t *second,
                                 size_t second_size, uint8_t *out, size_t max_out_size,
                                 unsigned int seed)
{
    const struct postel_mutator_input input = {first, first_size, second, second_size};
    return postel_mutator_splice(mutator_get(), seed, &input, out, max_out_size);
}
