/* SPDX-License-Identifier: MIT */
/* The functions that AFL++ looks for in a custom mutator. data is what afl_custom_init() returned.
 */
#ifndef FUZZ_MUTATOR_AFL_H
#define FUZZ_MUTATOR_AFL_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)

/* NULL: there is no memory. A wrong POSTEL_MUTATOR ends the program with a message. */
void *afl_custom_init(void *afl, unsigned int seed);

/* Sets *out to a mutated input in the mutator's own memory. */
size_t afl_custom_fuzz(void *data, uint8_t *octets, size_t size, uint8_t **out, uint8_t *other,
                       size_t other_size, size_t max);

/* For the file names in the queue: which mutations made the last input. */
const char *afl_custom_describe(void *data, size_t max);

int32_t afl_custom_init_trim(void *data, uint8_t *octets, size_t size);
size_t afl_custom_trim(void *data, uint8_t **out);
int32_t afl_custom_post_trim(void *data, unsigned char success);

void afl_custom_deinit(void *data);

#pragma GCC visibility pop

#endif
