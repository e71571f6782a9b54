/* SPDX-License-Identifier: MIT */
/* The mutator keeps what its header promises: the same seed gives the same, nothing is too long,
   anything may come in, every mutation is reached, and what the grammar makes is right. */
#include "fuzz/mutator/mutator.h"

#include "tests/support/guard.h"
#include "tests/support/table.h"

enum { ROUNDS = 3000, MAX = 4096 };

struct row {
    const char *name; /* the kind; of what is trimmed, a result that is short enough */
    const char *in;
    const char *other; /* of what is trimmed, what must stay */
};

static const struct row kinds_of_input[] = {
    {"imap:response",
     "* 1 FETCH (UID 4 FLAGS (\\Seen) BODY[HEADER] {3}\r\na\r\n)\r\n"
     "* SEARCH 1 2\r\na OK [READ-WRITE] x\r\n",
     "* LIST (\\Noselect) \"/\" ~peter\r\n* 4 EXISTS\r\n"},
    {"imap:command",
     "a SELECT inbox\r\nb FETCH 1:*,7 (FLAGS BODY[])\r\nc LOGIN {1+}\r\na \"b\"\r\n",
     "d NOOP\r\ne UID STORE 1 +FLAGS (x)\r\n"},
    {"smtp:command",
     "EHLO a.example\r\nMAIL FROM:<a@b.example> SIZE=100\r\nDATA\r\n.a\r\n.\r\nQUIT\r\n",
     "RCPT TO:<c@d.example>\r\nRSET\r\n"},
    {"smtp:reply", "220 a ESMTP\r\n250-a\r\n250-SIZE 1000\r\n250 DSN\r\n354 go\r\n",
     "550 5.1.1 no\r\n421 bye\r\n"},
    {"pop3:command", "USER a\r\nPASS b\r\nTOP 1 10\r\nRETR 1\r\n", "UIDL 3\r\nQUIT\r\n"},
    {"pop3:response", "+OK 2 320\r\n1 120\r\n2 200\r\n.\r\n-ERR [IN-USE] no\r\n", "+OK\r\n.\r\n"},
};

static uint64_t block[POSTEL_MUTATOR_MEMORY / sizeof(uint64_t)];
static uint64_t second_block[POSTEL_MUTATOR_MEMORY / sizeof(uint64_t)];

static struct postel_mutator *mutator_in(void *memory, const char *kind)
{
    const char *error = NULL;
    struct postel_mutator *m = postel_mutator_open(memory, POSTEL_MUTATOR_MEMORY, kind, &error);
    if (m == NULL) {
        fail_msg("%s", error);
    }
    return m;
}

static struct postel_mutator_input input_of(struct span in, struct span other)
{
    return (struct postel_mutator_input){in.ptr, in.len, other.ptr, other.len};
}

/* Two mutators, one of which has done other things in between. */
static void check_deterministic(void **state)
{
    const struct row *row = *state;
    struct postel_mutator *a = mutator_in(block, row->name);
    struct postel_mutator *b = mutator_in(second_block, row->name);
    struct guard in;
    struct guard other;
    guard_init(&in, span_text(row->in));
    guard_init(&other, span_text(row->other));
    const struct postel_mutator_input input = input_of(in.span, other.span);
    static uint8_t first[MAX];
    static uint8_t second[MAX];
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        size_t max = seed % 4 == 0 ? seed % 300 : MAX;
        size_t len = postel_mutator_mutate(a, seed, &input, first, max);
        (void)postel_mutator_splice(b, seed + 1, &input, second, MAX);
        assert_true(len <= max);
        assert_int_equal(len, postel_mutator_mutate(b, seed, &input, second, max));
        assert_memory_equal(first, second, len);
        assert_true(max == 0 || !span_equal((struct span){first, len}, in.span));
    }
    guard_fini(&in);
    guard_fini(&other);
}

/* By its name in what the mutator says, or never for this kind. */
static void check_reached(void **state)
{
    const struct row *row = *state;
    struct postel_mutator *m = mutator_in(block, row->name);
    bool seen[MUTATIONS] = {false};
    static uint8_t out[MAX];
    const struct postel_mutator_input input = input_of(span_text(row->in), span_text(row->other));
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        (void)postel_mutator_mutate(m, seed, &input, out, MAX);
        for (const char *word = postel_mutator_last(m); *word != '\0';) {
            size_t len = strcspn(word, " ");
            for (size_t i = 0; i < MUTATIONS; i++) {
                seen[i] = seen[i] || (strlen(postel_mutator_name(i)) == len &&
                                      strncmp(word, postel_mutator_name(i), len) == 0);
            }
            word += len + (word[len] == ' ');
        }
    }
    bool imap = m->kind->style == TREE_IMAP;
    for (size_t i = 0; i < MUTATIONS; i++) {
        bool only_imap = i == MUTATION_SET || i == MUTATION_FORM || i == MUTATION_LITERAL_RIGHT ||
                         i == MUTATION_LITERAL_WRONG;
        bool only_lines = i == MUTATION_DOT || i == MUTATION_REPLY;
        /* The commands of POP3 that stand here have no list. */
        bool no_list = i == MUTATION_UNNEST && strstr(row->name, "pop3") != NULL;
        no_list = no_list || (i == MUTATION_UNNEST && strcmp(row->name, "smtp:reply") == 0);
        if (!seen[i] && !(only_imap && !imap) && !(only_lines && imap) && !no_list) {
            fail_msg("%s was never made", postel_mutator_name(i));
        }
    }
    assert_null(postel_mutator_name(MUTATIONS));
}

static bool is_accepted(struct postel_mutator *m, struct span unit)
{
    return abnf_recognise(mutator_language(m)->rule, unit, &m->scratch).verdict == ABNF_ACCEPTED;
}

static void print_octets(struct span octets)
{
    for (size_t i = 0; i < octets.len; i++) {
        (void)fprintf(stderr, octets.ptr[i] >= ' ' && octets.ptr[i] < 0x7F ? "%c" : "\\x%02X",
                      octets.ptr[i]);
    }
    (void)fputc('\n', stderr);
}

struct grammar_row {
    const char *name; /* the kind */
    const char *in;   /* one unit that the grammar accepts */
    enum mutation mutation;
};

/* What the grammar accepted and a mutation by the grammar changed, the grammar accepts; and a
   literal that promises the right count has it. */
static void check_accepted(void **state)
{
    const struct grammar_row *row = *state;
    struct postel_mutator *m = mutator_in(block, row->name);
    struct span in = span_text(row->in);
    size_t made = 0;
    assert_true(is_accepted(m, in));
    for (uint64_t seed = 0; seed < ROUNDS / 3; seed++) {
        const struct postel_mutator_input input = input_of(in, SPAN_LIT(""));
        struct span out;
        mutator_begin(m, seed, &input);
        if (!mutator_apply(m, row->mutation, in, MAX, &out)) {
            continue;
        }
        made++;
        /* A new unit stands before or behind the old one, or alone. */
        if (row->mutation == MUTATION_UNIT && out.len > in.len &&
            span_equal(span_sub(out, 0, in.len), in)) {
            out = span_from(out, in.len);
        } else if (row->mutation == MUTATION_UNIT && out.len > in.len &&
                   span_equal(span_from(out, out.len - in.len), in)) {
            out = span_sub(out, 0, out.len - in.len);
        }
        if (!is_accepted(m, out)) {
            print_octets(out);
            fail_msg("seed %llu: not what the grammar allows", (unsigned long long)seed);
        }
    }
    assert_true(made > ROUNDS / 6);
}

static void check_garbage(void **state)
{
    const struct row *row = *state;
    struct postel_mutator *m = mutator_in(block, row->name);
    struct abnf_random random = {7};
    static uint8_t out[MAX];
    uint8_t octets[200];
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        size_t len = abnf_random_below(&random, seed % 8 == 0 ? 2 : sizeof octets);
        for (size_t i = 0; i < len; i++) {
            octets[i] = (uint8_t)abnf_random_next(&random);
        }
        struct guard in;
        guard_init(&in, (struct span){octets, len});
        size_t max = 1 + abnf_random_below(&random, 300);
        const struct postel_mutator_input input = input_of(in.span, in.span);
        size_t made = seed % 2 == 0 ? postel_mutator_mutate(m, seed, &input, out, max)
                                    : postel_mutator_splice(m, seed, &input, out, max);
        assert_true(made <= max);
        assert_false(span_equal((struct span){out, made}, in.span));
        guard_fini(&in);
    }
    const struct postel_mutator_input nothing = {NULL, 0, NULL, 0};
    assert_true(postel_mutator_mutate(m, 1, &nothing, out, MAX) > 0);
    assert_int_equal(postel_mutator_mutate(m, 1, &nothing, out, 0), 0);
}

/* A megabyte and more is cut, not refused. */
static void check_long(void **state)
{
    (void)state;
    static uint8_t in[POSTEL_MUTATOR_LONGEST + 100];
    static uint8_t out[POSTEL_MUTATOR_LONGEST + 100];
    struct postel_mutator *m = mutator_in(block, "auto");
    memset(in, '(', sizeof in);
    const struct postel_mutator_input input = {in, sizeof in, in, sizeof in};
    for (uint64_t seed = 0; seed < 50; seed++) {
        assert_true(postel_mutator_mutate(m, seed, &input, out, sizeof out) <= sizeof out);
    }
}

static void check_prefix(void **state)
{
    (void)state;
    struct postel_mutator *m = mutator_in(block, "imap:response+2");
    static uint8_t out[MAX];
    struct span in = SPAN_LIT("\xFF* 1 EXISTS\r\n");
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        const struct postel_mutator_input input = input_of(in, in);
        size_t len = postel_mutator_mutate(m, seed, &input, out, MAX);
        assert_true(len >= 2);
        assert_memory_equal(out, in.ptr, 2);
    }
}

struct open_row {
    const char *name;
    const char *kind;
    size_t size;
    bool opened;
};

static void check_open(void **state)
{
    const struct open_row *row = *state;
    const char *error = NULL;
    struct postel_mutator *m = postel_mutator_open(block, row->size, row->kind, &error);
    assert_int_equal(m != NULL, row->opened);
    assert_int_equal(error == NULL, row->opened);
}

struct guess_row {
    const char *name; /* the kind */
    const char *in;
};

static void check_guess(void **state)
{
    const struct guess_row *row = *state;
    assert_string_equal(kind_guess(span_text(row->in))->name, row->name);
}

static bool has(struct span octets, const char *text)
{
    struct span wanted = span_text(text);
    for (size_t i = 0; i + wanted.len <= octets.len; i++) {
        if (memcmp(octets.ptr + i, wanted.ptr, wanted.len) == 0) {
            return true;
        }
    }
    return false;
}

/* Minimises for "wanted is still there". */
static void check_trim(void **state)
{
    const struct row *row = *state;
    struct postel_mutator *m = mutator_in(block, "imap:response+1");
    struct span in = span_text(row->in);
    size_t steps = postel_mutator_trim_start(m, in.ptr, in.len);
    size_t best = in.len;
    size_t done = 0;
    size_t size = 0;
    const uint8_t *candidate;
    while ((candidate = postel_mutator_trim_next(m, &size)) != NULL) {
        struct span now = {candidate, size};
        assert_true(size < best);
        assert_int_equal(now.ptr[0], in.ptr[0]);
        bool good = has(now, row->other);
        best = good ? size : best;
        postel_mutator_trim_done(m, good);
        assert_true(++done <= 4 * steps);
    }
    assert_true(best <= strlen(row->name));
}

int main(void)
{
    static const struct grammar_row accepted[] = {
        {"imap:response", "* 1 FETCH (UID 4 FLAGS (\\Seen) BODY[] {2}\r\nab)\r\n", MUTATION_PART},
        {"imap:response", "* OK [CAPABILITY IMAP4rev1 IDLE] hello\r\n", MUTATION_PART},
        {"imap:response", "* 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))\r\n",
         MUTATION_PART},
        {"imap:response",
         "* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"x\") NIL NIL \"7BIT\" 4 "
         "1))\r\n",
         MUTATION_PART},
        {"imap:response", "a OK done\r\n", MUTATION_UNIT},
        {"imap:response", "* ID (\"name\" {3}\r\nabc)\r\n", MUTATION_LITERAL_RIGHT},
        {"imap:command", "a UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (to)])\r\n",
         MUTATION_PART},
        {"imap:command", "a SEARCH OR SEEN (FROM \"x\" NOT DELETED)\r\n", MUTATION_PART},
        {"imap:command", "a NOOP\r\n", MUTATION_UNIT},
        {"imap:command", "a LOGIN {1}\r\na {2+}\r\nbc\r\n", MUTATION_LITERAL_RIGHT},
        {"smtp:command", "MAIL FROM:<a@b.example> SIZE=100 BODY=8BITMIME\r\n", MUTATION_PART},
        {"smtp:reply", "250-a.example\r\n250-SIZE 1000\r\n250 DSN\r\n", MUTATION_PART},
        {"smtp:reply", "250 ok\r\n", MUTATION_UNIT},
        {"pop3:command", "TOP 1 10\r\n", MUTATION_PART},
        {"pop3:response", "+OK 2 320\r\n", MUTATION_PART},
    };
    static const struct open_row opened[] = {
        {"no kind", NULL, POSTEL_MUTATOR_MEMORY, true},
        {"automatic", "auto", POSTEL_MUTATOR_MEMORY, true},
        {"automatic behind options", "auto+3", POSTEL_MUTATOR_MEMORY, true},
        {"a kind in capitals", "IMAP:Response", POSTEL_MUTATOR_MEMORY, true},
        {"no such kind", "imap", POSTEL_MUTATOR_MEMORY, false},
        {"an empty kind", "", POSTEL_MUTATOR_MEMORY, true},
        {"plus without a number", "auto+", POSTEL_MUTATOR_MEMORY, false},
        {"plus and no number", "auto+x", POSTEL_MUTATOR_MEMORY, false},
        {"no memory", "auto", 0, false},
        {"memory without room for a grammar", "auto",
         sizeof(struct postel_mutator) + (8 << 20) + 4096, false},
    };
    static const struct guess_row guessed[] = {
        {"imap:response", ""},
        {"imap:response", "* 1 EXISTS\r\n"},
        {"imap:response", "+ go\r\n"},
        {"imap:response", "a1 ok done\r\n"},
        {"imap:command", "a1 NOOP\r\n"},
        {"smtp:reply", "220 a ESMTP\r\n"},
        {"smtp:reply", "250-a\r\n"},
        {"smtp:command", "ehlo a\r\n"},
        {"smtp:command", "MAIL FROM:<>\r\n"},
        {"pop3:command", "USER a\r\n"},
        {"pop3:command", "TOP 1 2\r\n"},
        {"pop3:response", "+OK\r\n"},
        {"pop3:response", "-ERR no\r\n"},
    };
    static const struct row trimmed[] = {
        {"!((X))\r\n", "!* 1 EXISTS\r\n* 2 FETCH (A (X) B {3}\r\nabc)\r\na OK x\r\n", "(X)"},
        {"!({2}\r\nXX)\r\n", "!* 1 EXISTS\r\n* 2 FETCH (A {9}\r\nXXabcabca)\r\n", "XX"},
        {"!a", "!a", "a"},
    };
    static const struct row single[] = {{"longer than the longest", "", ""}};
    static const struct row prefix[] = {{"octets of the target's own", "", ""}};
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, kinds_of_input, check_deterministic);
    count = TABLE_ADD(tests, count, kinds_of_input, check_reached);
    count = TABLE_ADD(tests, count, kinds_of_input, check_garbage);
    count = TABLE_ADD(tests, count, accepted, check_accepted);
    count = TABLE_ADD(tests, count, opened, check_open);
    count = TABLE_ADD(tests, count, guessed, check_guess);
    count = TABLE_ADD(tests, count, trimmed, check_trim);
    count = TABLE_ADD(tests, count, single, check_long);
    count = TABLE_ADD(tests, count, prefix, check_prefix);
    return table_run("mutator", tests, count);
}
