/* SPDX-License-Identifier: MIT */
/* One unit, read by the hand-written strict parser and by the recogniser of the RFCs' grammar: both
   accept it or both reject it, but for the exceptions of fuzz/abnf/exceptions.def. The first octet
   chooses the kind of unit. */
#include "fuzz/abnf/agree.h"
#include "fuzz/check/check.h"
#include "fuzz/mutator/embedded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { UNITS = 24, GRAMMAR = 4U << 20, SCRATCH = 32U << 20, LONGEST = 4096 };

static struct abnf grammars[UNITS];
static struct arena arenas[UNITS];
static uint64_t grammar_block[UNITS][GRAMMAR / 8];
static uint64_t scratch_block[SCRATCH / 8];

static const struct abnf *grammar_of(size_t i)
{
    if (grammars[i].rules == NULL) {
        struct abnf_error error = {0};
        arena_init(&arenas[i], grammar_block[i], GRAMMAR);
        bool loaded =
            abnf_load(&grammars[i], &arenas[i], abnf_units[i].grammar, embedded_open, NULL, &error);
        CHECK(loaded, error.text);
    }
    return &grammars[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > LONGEST) {
        return 0;
    }
    CHECK(abnf_unit_count <= UNITS, "there are more kinds of units than places for them");
    size_t i = data[0] % abnf_unit_count;
    struct arena scratch;
    arena_init(&scratch, scratch_block, SCRATCH);
    const struct abnf_agreement a =
        abnf_agree(&abnf_units[i], grammar_of(i), (struct span){data + 1, size - 1}, &scratch);
    CHECK(a.agreed, "the parser and the grammar do not agree");
    return 0;
}
