/* SPDX-License-Identifier: MIT */
/* The hand-written strict parsers and the RFCs' own grammar accept and reject the same units:
   generated ones, and the same with mistakes. What the grammar of IMAP4rev1 alone accepts, the
   parsers do, too. ABNF_UNITS sets how many of each kind. */
#include "fuzz/abnf/agree.h"

#include <stdio.h>
#include <string.h>

#include "fuzz/abnf/generate.h"
#include "parsers/imap/command.h"
#include "parsers/imap/response.h"
#include "tests/support/table.h"

enum { GRAMMAR = 8U << 20, SCRATCH = 64U << 20, LONGEST = 2048, DEFAULT_UNITS = 1200 };

static uint64_t grammar_block[GRAMMAR / 8];
static uint64_t scratch_block[SCRATCH / 8];

struct row {
    const char *name;
    const struct abnf_kind_of_unit *unit;
    bool part; /* the parser may accept more than the grammar */
};

static enum parse_rc parse_greeting(struct parse *p)
{
    struct imap_response out;
    return imap_parse_greeting(p, &out);
}

static enum parse_rc parse_response(struct parse *p)
{
    struct imap_response out;
    return imap_parse_response(p, &out);
}

static enum parse_rc parse_command(struct parse *p)
{
    struct imap_command out;
    return imap_parse_command(p, &out);
}

/* With imap's exceptions. */
static const struct abnf_kind_of_unit rev1[] = {
    {"imap:response", "imap4rev1", "greeting", parse_greeting},
    {"imap:response", "imap4rev1", "response", parse_response},
    {"imap:command", "imap4rev1", "command", parse_command},
};

/* One or two small mistakes. */
static size_t mutate(struct abnf_random *random, uint8_t *octets, size_t len)
{
    static const uint8_t likely[] = " \r\n()[]{}\"\\<>*%+-.,:;=/$~09AZaznNiIlL\t\0\x7F\x80\xC3\xA9";
    size_t times = 1 + abnf_random_below(random, 2);
    for (size_t i = 0; i < times && len > 0; i++) {
        size_t at = abnf_random_below(random, len);
        uint8_t octet = likely[abnf_random_below(random, sizeof likely - 1)];
        size_t run = 1 + abnf_random_below(random, abnf_random_below(random, 3) == 0 ? 8 : 1);
        run = run > len - at ? len - at : run;
        switch (abnf_random_below(random, 5)) {
        case 0:
            octets[at] = octet;
            break;
        case 1:
            memmove(octets + at + 1, octets + at, len - at);
            octets[at] = octet;
            len++;
            break;
        case 2:
            memmove(octets + at, octets + at + run, len - at - run);
            len -= run;
            break;
        case 3:
            memmove(octets + at + run, octets + at, len - at);
            len += run;
            break;
        default: {
            size_t other = abnf_random_below(random, len);
            uint8_t swap = octets[at];
            octets[at] = octets[other];
            octets[other] = swap;
            break;
        }
        }
    }
    return len;
}

static void print_unit(struct span unit)
{
    for (size_t i = 0; i < unit.len; i++) {
        uint8_t c = unit.ptr[i];
        if (c >= ' ' && c < 0x7F && c != '\\') {
            (void)fputc(c, stderr);
        } else {
            (void)fprintf(stderr, "\\x%02X", c);
        }
    }
    (void)fputc('\n', stderr);
}

/* "Mailbox names are 7-bit", RFC 3501 section 5.1 says in prose, and section 5.1.3 that "&" begins
   modified UTF-7; with UTF-8 in force it is not so. */
static bool is_name(const struct abnf_agreement *a)
{
    return strcmp(a->parser_rule, "imap.mailbox-8bit") == 0 ||
           strcmp(a->parser_rule, "imap.mailbox-utf7") == 0;
}

static bool print_disagreement(const struct row *row, const struct abnf_agreement *a,
                               struct span unit, uint64_t seed)
{
    if (a->agreed || (row->part && (a->result.verdict == ABNF_REJECTED || is_name(a)))) {
        return false;
    }
    (void)fprintf(stderr, "seed %llu: parser %s %s at %zu (%s); grammar %s, farthest %zu:",
                  (unsigned long long)seed, a->parsed == PARSE_OK ? "accepts" : "rejects",
                  a->parser_rule, a->parser_pos, a->expected,
                  a->result.verdict == ABNF_ACCEPTED ? "accepts" : "rejects", a->result.far);
    for (size_t i = 0; i < a->result.expected_count && i < 12; i++) {
        (void)fprintf(stderr, " %.*s", (int)a->result.expected[i]->name.len,
                      (const char *)a->result.expected[i]->name.ptr);
    }
    (void)fprintf(stderr, "\n    ");
    print_unit(unit);
    return true;
}

static void check_agree(void **state)
{
    const struct row *row = *state;
    const struct abnf_kind_of_unit *unit = row->unit;
    struct arena arena;
    struct arena scratch;
    struct abnf grammar;
    struct abnf_error error;
    arena_init(&arena, grammar_block, GRAMMAR);
    arena_init(&scratch, scratch_block, SCRATCH);
    if (!abnf_load_folder(&grammar, &arena, unit->grammar, POSTEL_SOURCE "/fuzz/abnf", &error)) {
        fail_msg("%s", error.text);
    }
    const char *wanted = getenv("ABNF_UNITS");
    const char *first = getenv("ABNF_SEED");
    uint64_t seed = first == NULL ? 1 : strtoull(first, NULL, 10);
    size_t count = wanted == NULL ? DEFAULT_UNITS : strtoull(wanted, NULL, 10);
    struct abnf_generator generator;
    assert_true(abnf_generator_init(&generator, &grammar, &arena, seed));
    const struct abnf_rule *rule = abnf_rule_find(&grammar, span_text(unit->rule));
    assert_non_null(rule);
    size_t wrong = 0;
    for (size_t i = 0; i < count && wrong < 40; i++) {
        uint8_t octets[2 * LONGEST + 64];
        struct out out;
        out_init(&out, octets, LONGEST);
        abnf_generate(&generator, rule, i % 4 == 0 ? 1000 : 200, &out);
        if (!out_ok(&out)) {
            continue;
        }
        struct abnf_agreement a = abnf_agree(unit, &grammar, out_span(&out), &scratch);
        wrong += print_disagreement(row, &a, out_span(&out), i);
        if (a.result.verdict == ABNF_REJECTED) {
            print_unit(out_span(&out));
            fail_msg("the recogniser rejects what the generator made, at %zu", a.result.far);
        }
        for (size_t k = 0; k < 3; k++) {
            uint8_t copy[sizeof octets];
            memcpy(copy, octets, out.len);
            struct span mutated = {copy, mutate(&generator.random, copy, out.len)};
            a = abnf_agree(unit, &grammar, mutated, &scratch);
            wrong += print_disagreement(row, &a, mutated, i);
        }
    }
    struct abnf_coverage coverage = abnf_generator_coverage(&generator, rule, NULL, NULL);
    (void)fprintf(stderr, "%s: %zu of %zu choices used\n", row->name, coverage.used,
                  coverage.choices);
    assert_int_equal(wrong, 0);
    assert_true(coverage.used * 100 >= coverage.choices * 95 || wanted != NULL);
}

int main(void)
{
    static struct row rows[64];
    static struct CMUnitTest tests[TABLE_MAX];
    for (size_t i = 0; i < abnf_unit_count; i++) {
        rows[i] = (struct row){abnf_units[i].name, &abnf_units[i], false};
    }
    size_t count = table_add(tests, 0, rows, abnf_unit_count, sizeof *rows, check_agree);
    static const struct row parts[] = {
        {"imap4rev1:greeting", &rev1[0], true},
        {"imap4rev1:response", &rev1[1], true},
        {"imap4rev1:command", &rev1[2], true},
    };
    count = TABLE_ADD(tests, count, parts, check_agree);
    return table_run("abnf agree", tests, count);
}
