/* SPDX-License-Identifier: MIT */
/* One unit, read by the hand-written strict parser and by the recogniser of the RFCs' grammar: both
   accept it or both reject it, but for the exceptions of fuzz/abnf/exceptions.def. The first octet
   chooses the kind of unit. */
#include <stdio.h>

#include "fuzz/abnf/agree.h"
#include "fuzz/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { UNITS = 24, GRAMMAR = 4U << 20, SCRATCH = 32U << 20, LONGEST = 4096 };

static struct abnf grammars[UNITS];
static struct arena arenas[UNITS];
static uint64_t grammar_block[UNITS][GRAMMAR / 8];
static uint64_t scratch_block[SCRATCH / 8];

static char folder[1024]; /* of the grammars */

/* "abnf" in this folder, where it has grammars. */
static bool set_folder(struct span above)
{
    struct out out;
    out_init(&out, (uint8_t *)folder, sizeof folder);
    out_bytes(&out, above);
    out_text(&out, "/abnf/core.abnf");
    out_octet(&out, 0);
    FILE *stream = out_ok(&out) ? fopen(folder, "rb") : NULL;
    folder[out.len - sizeof "/core.abnf"] = '\0';
    return stream != NULL && fclose(stream) == 0;
}

static struct span above(const char *file, size_t levels)
{
    struct span path = span_text(file);
    for (; levels > 0; levels--) {
        while (path.len > 0 && path.ptr[--path.len] != '/') {
        }
    }
    return path;
}

/* The grammars lie beside the program, or where this file was compiled. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    bool found = (*argc > 0 && set_folder(above((*argv)[0], 1))) || set_folder(above(__FILE__, 2));
    CHECK(found, "there are no grammars: put fuzz/abnf beside the program");
    CHECK(abnf_unit_count <= UNITS, "there are more kinds of units than places for them");
    return 0;
}

static const struct abnf *grammar_of(size_t i)
{
    if (grammars[i].rules == NULL) {
        struct abnf_error error;
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
    size_t i = data[0] % abnf_unit_count;
    struct arena scratch;
    arena_init(&scratch, scratch_block, SCRATCH);
    const struct abnf_agreement a =
        abnf_agree(&abnf_units[i], grammar_of(i), (struct span){data + 1, size - 1}, &scratch);
    CHECK(a.agreed, "the parser and the grammar do not agree");
    return 0;
}
