/* SPDX-License-Identifier: MIT */
/* A mutator for fuzzers that knows mail: SMTP, POP3 and IMAP, both sides. It works on any octets:
   on a tolerant tree of them (units, lists, strings, literals, numbers) and on the grammar of the
   RFCs.

   The same mutator, seed and input always give the same result. Nothing is allocated: all
   memory is the caller's block, and no result is longer than the caller says. No function reads
   files, prints or keeps a pointer to its input. One mutator must not be used by two threads at
   the same time; two mutators may. */
#ifndef FUZZ_MUTATOR_POSTEL_MUTATOR_H
#define FUZZ_MUTATOR_POSTEL_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Octets of the block that a mutator lives in. */
#define POSTEL_MUTATOR_MEMORY ((size_t)24 << 20)

/* Longer inputs are cut to so many octets, and no result is longer. */
#define POSTEL_MUTATOR_LONGEST ((size_t)1 << 20)

struct postel_mutator;

/* Makes a mutator in the block, which must be aligned for any object and stay until the mutator is
   no longer used. kind says what the inputs are:

     imap:response  imap:command  smtp:command  smtp:reply  pop3:command  pop3:response
     imap4rev1:response  imap4rev1:command (RFC 3501 alone)
     auto           each input is looked at; NULL and "" are the same

   followed, if wished, by "+" and how many octets at the front of each input are the target's
   own options: these are left as they are ("imap:response+1"). NULL: the block is too small, or
   kind is none of these; *error, if error is not NULL, says what is wrong, in static text. */
struct postel_mutator *postel_mutator_open(void *block, size_t size, const char *kind,
                                           const char **error);

/* One input, and another one of the same corpus to take parts from (other may be NULL). */
struct postel_mutator_input {
    const uint8_t *octets;
    size_t size;
    const uint8_t *other;
    size_t other_size;
};

/* Writes a mutated copy of the input to out, of at most max octets, and returns its length. It
   differs from the input, and is not empty, where max leaves room for that. out must not overlap
   the input. */
size_t postel_mutator_mutate(struct postel_mutator *mutator, uint64_t seed,
                             const struct postel_mutator_input *input, uint8_t *out, size_t max);

/* The same, but something of the other input is always taken over where it has anything. */
size_t postel_mutator_splice(struct postel_mutator *mutator, uint64_t seed,
                             const struct postel_mutator_input *input, uint8_t *out, size_t max);

/* What the last result was made by, as "part swap": names of postel_mutator_name(). Valid until the
   next call. */
const char *postel_mutator_last(const struct postel_mutator *mutator);

/* The name of each mutation, from 0 on; NULL behind the last one. */
const char *postel_mutator_name(size_t index);

/* For minimising: begins to take things out of an input, largest first. Returns the largest number
   of steps that this may take. */
size_t postel_mutator_trim_start(struct postel_mutator *mutator, const uint8_t *octets,
                                 size_t size);

/* The next candidate, of *size octets, in the mutator's memory until the next call; NULL when there
   is nothing left to try. */
const uint8_t *postel_mutator_trim_next(struct postel_mutator *mutator, size_t *size);

/* The last candidate did what the input before it does (any value but 0), or not (0). */
void postel_mutator_trim_done(struct postel_mutator *mutator, int good);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
