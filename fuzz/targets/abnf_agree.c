/* SPDX-License-Identifier: MIT */
/* One unit, read by the hand-written strict parser and by the recogniser of the RFCs' grammar: both
   accept it or both reject it, but for the exceptions of fuzz/abnf/exceptions.def. The first octet
   chooses the kind of unit. */
#include <stdio.h>

#include "fuzz/abnf/agree.h"
#include "fuzz/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { UNITS = 6, GRAMMAR = 4U << 20, SCRATCH = 32U << 20, LONGEST = 4096 };

static struct abnf grammars[UNITS];
static struct arena arenas[UNITS];
static uint64_t grammar_block[UNITS][GRAMMAR / 8];
static uint64_t scratch_block[SCRATCH / 8];

/* fuzz/abnf beside this file's folder. */
static const struct abnf *grammar_of(size_t i)
{
    if (grammars[i].rules == NULL) {
        static const char file[] = __FILE__;
        char folder[1024];
        struct abnf_error error;
        size_t len = sizeof file - sizeof "targets/abnf_agree.c";
        CHECK(len + sizeof "abnf" < sizeof folder, "the path of the grammar is too long");
        (void)snprintf(folder, sizeof folder, "%.*sabnf", (int)len, file);
        arena_init(&arenas[i], grammar_block[i], GRAMMAR);
        bool loaded =
            abnf_load_folder(&grammars[i], &arenas[i], abnf_units[i].grammar, folder, &error);
        CHECK(loaded, error.text);
    }
    return &grammars[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > LONGEST) {
        return 0;
    }
    size_t i = data[0] % UNITS;
    struct arena scratch;
    arena_init(&scratch, scratch_block, SCRATCH);
    const struct abnf_agreement a =
        abnf_agree(&abnf_units[i], grammar_of(i), (struct span){data + 1, size - 1}, &scratch);
    CHECK(a.agreed, "the parser and the grammar do not agree");
    return 0;
}
