/* SPDX-License-Identifier: MIT */
/* The mutator as AFL++ loads it: AFL_CUSTOM_MUTATOR_LIBRARY=libpostel-mutator.so. POSTEL_MUTATOR
   says what the inputs are (fuzz/mutator/postel_mutator.h). */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/mutator/afl.h"
#include "fuzz/mutator/postel_mutator.h"
#include "parsers/core/span.h"

struct afl {
    struct postel_mutator *mutator;
    uint64_t seed;
    size_t trim_steps;
    size_t trim_step;
    char description[256];
    uint8_t out[POSTEL_MUTATOR_LONGEST];
    max_align_t block[POSTEL_MUTATOR_MEMORY / sizeof(max_align_t)];
};

void *afl_custom_init(void *afl, unsigned int seed)
{
    (void)afl;
    const char *error = NULL;
    struct afl *data = calloc(1, sizeof *data);
    if (data == NULL) {
        return NULL;
    }
    data->seed = seed;
    data->mutator =
        postel_mutator_open(data->block, sizeof data->block, getenv("POSTEL_MUTATOR"), &error);
    if (data->mutator == NULL) {
        /* afl-fuzz does not look whether it got anything. */
        (void)fprintf(stderr, "libpostel-mutator: POSTEL_MUTATOR: %s\n", error);
        exit(2);
    }
    return data;
}

size_t afl_custom_fuzz(void *data, uint8_t *octets, size_t size, uint8_t **out, uint8_t *other,
                       size_t other_size, size_t max)
{
    struct afl *afl = data;
    const struct postel_mutator_input input = {octets, size, other, other_size};
    max = max < sizeof afl->out ? max : sizeof afl->out;
    *out = afl->out;
    return postel_mutator_mutate(afl->mutator, afl->seed++, &input, afl->out, max);
}

const char *afl_custom_describe(void *data, size_t max)
{
    struct afl *afl = data;
    size_t room = max < sizeof afl->description ? max : sizeof afl->description;
    (void)snprintf(afl->description, room, "postel-%s", postel_mutator_last(afl->mutator));
    for (char *c = afl->description; *c != '\0'; c++) {
        *c = *c == ' ' ? '-' : *c;
    }
    return afl->description;
}

int32_t afl_custom_init_trim(void *data, uint8_t *octets, size_t size)
{
    struct afl *afl = data;
    size_t steps = postel_mutator_trim_start(afl->mutator, octets, size);
    afl->trim_step = 0;
    afl->trim_steps = steps < INT32_MAX ? steps : INT32_MAX;
    return (int32_t)afl->trim_steps;
}

size_t afl_custom_trim(void *data, uint8_t **out)
{
    struct afl *afl = data;
    size_t size = 0;
    const uint8_t *candidate = postel_mutator_trim_next(afl->mutator, &size);
    *out = afl->out;
    if (candidate == NULL) {
        afl->trim_step = afl->trim_steps;
        return 0;
    }
    memcpy(afl->out, candidate, size);
    return size;
}

/* Returns how far it is: all steps mean the end. */
int32_t afl_custom_post_trim(void *data, unsigned char success)
{
    struct afl *afl = data;
    if (afl->trim_step < afl->trim_steps) {
        postel_mutator_trim_done(afl->mutator, success);
        afl->trim_step++;
    }
    return (int32_t)afl->trim_step;
}

void afl_custom_deinit(void *data)
{
    free(data);
}
