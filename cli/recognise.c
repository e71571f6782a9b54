/* SPDX-License-Identifier: MIT */
#include "fuzz/abnf/recognise.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/grammar.h"
#include "net/memory.h"

enum { SCRATCH = 512 << 20, LONGEST = 16 << 20 };

/* The file's octets; NULL: the problem was printed. */
static uint8_t *file_read(const char *name, size_t *len)
{
    bool standard = strcmp(name, "-") == 0;
    FILE *stream = standard ? stdin : fopen(name, "rb");
    uint8_t *octets = NULL;
    size_t room = 0;
    *len = 0;
    for (size_t n = 1; stream != NULL && n > 0 && *len <= LONGEST; *len += n) {
        if (*len == room) {
            room = room * 2 + 4096;
            octets = memory_resize(octets, room, 1);
        }
        n = fread(octets + *len, 1, room - *len, stream);
    }
    bool failed = stream == NULL || ferror(stream) != 0;
    if (failed || *len > LONGEST) {
        (void)fprintf(stderr, "postel: %s: %s\n", name,
                      failed ? strerror(errno) : "longer than 16 MiB");
        memory_free(octets);
        octets = NULL;
    }
    if (stream != NULL && !standard) {
        (void)fclose(stream);
    }
    return octets;
}

static void print_rejected(const char *name, struct span in, const struct abnf_result *result)
{
    (void)printf("%s: rejected at octet %zu", name, result->far);
    if (result->far < in.len) {
        (void)printf(" (0x%02X)", in.ptr[result->far]);
    } else {
        (void)printf(" (the end)");
    }
    (void)printf("; expected there:");
    for (size_t i = 0; i < result->expected_count; i++) {
        (void)printf(" %.*s", (int)result->expected[i]->name.len,
                     (const char *)result->expected[i]->name.ptr);
    }
    (void)puts(result->expected_end ? " or the end" : "");
}

static int recognise(const struct grammar *grammar, const char *name)
{
    size_t len = 0;
    uint8_t *octets = file_read(name, &len);
    if (octets == NULL) {
        return EXIT_LOAD;
    }
    struct arena arena;
    void *block = memory_alloc(SCRATCH);
    arena_init(&arena, block, SCRATCH);
    struct span in = {octets, len};
    struct abnf_result result = abnf_recognise(grammar->rule, in, &arena);
    int code = EXIT_NOTHING;
    switch (result.verdict) {
    case ABNF_ACCEPTED:
        (void)printf("%s: accepted\n", name);
        break;
    case ABNF_REJECTED:
        print_rejected(name, in, &result);
        code = EXIT_FINDINGS;
        break;
    case ABNF_LIMIT:
        (void)fprintf(stderr, "postel: %s: too much %s is needed to tell; cut the input\n", name,
                      result.limit);
        code = EXIT_LOAD;
        break;
    }
    memory_free(block);
    memory_free(octets);
    return code;
}

static int recognise_run(const struct arguments *arguments)
{
    if (arguments->word_count < 2) {
        return usage_error(arguments->command,
                           "recognise what? PROTOCOL:RULE, as in imap:response, and a FILE");
    }
    struct grammar grammar;
    int code = grammar_load(arguments->command, arguments->words[0], &grammar);
    if (code != EXIT_NOTHING) {
        return code;
    }
    for (size_t i = 1; i < arguments->word_count; i++) {
        int one = recognise(&grammar, arguments->words[i]);
        code = one > code ? one : code;
    }
    grammar_fini(&grammar);
    return code;
}

const struct command recognise_command = {
    .name = "recognise",
    .synopsis = "PROTOCOL:RULE FILE…",
    .summary = "tell whether octets match the RFCs' grammar",
    .text =
        "Reads each file (- is standard input) as one unit and tells whether the RFCs' own "
        "grammar (fuzz/abnf) allows it: imap:response, imap:command, smtp:reply, smtp:command, "
        "pop3:response, pop3:command, or any rule of these grammars. imap is IMAP4rev1, IMAP4rev2 "
        "and the extensions together; imap4rev1:response and imap4rev1:command are RFC 3501 alone. "
        "Otherwise it names the "
        "farthest octet that some reading of the grammar got to, and the rules that were looked "
        "for there. It ends with 1 when a file does not match, with 3 when a file cannot be "
        "read or is too large to tell.",
    .run = recognise_run,
};
