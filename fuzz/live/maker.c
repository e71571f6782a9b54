/* SPDX-License-Identifier: MIT */
#include "fuzz/live/maker.h"

#include <assert.h>
#include <stdio.h>

#include "fuzz/mutator/mutator.h"
#include "net/memory.h"
#include "parsers/core/ascii.h"

enum {
    HOLE_MAX = 120,  /* octets that a rule's hole is filled with, if they can be so few */
    LINE_MAX = 4096, /* octets of a line after a mutation */
    KEPT = 256,      /* programs to make others of */
    HEARD = 1 << 16, /* answers */
    ANSWER_MAX = 64, /* octets of an answer that count */
    GRAMMAR_BLOCK = 4 << 20,
};

/* Where a connection stands, if all has gone well. */
enum place {
    AT_HELLO = 1 << 0,
    AT_MAIL = 1 << 1,
    AT_RCPT = 1 << 2,
    AT_DATA = 1 << 3,
    AT_LOGIN = 1 << 4,
    AT_SELECTED = 1 << 5,
    AT_IDLE = 1 << 6,
};
#define MAIL_ANY ((unsigned)AT_HELLO | AT_MAIL | AT_RCPT)

enum table { TABLE_SMTP, TABLE_POP3, TABLE_IMAP, TABLES };

static const struct line {
    enum table table;
    unsigned needs;
    unsigned leaves;
    unsigned odds;
    const char *text;
} lines[] = {
#define LINE(protocol, needs, leaves, odds, text) {TABLE_##protocol, needs, leaves, odds, text},
#include "fuzz/live/line.def"
};

enum { LINE_COUNT = sizeof lines / sizeof *lines };

static const char *const messages[] = {
    "From: <a@b.example>\r\nSubject: one\r\n\r\nText.\r\n",
    "Subject: =?utf-8?q?=C3=BC?=\r\nTo: g: a@b.example, \"c d\" <c@d.example>;\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
    "--b\r\n\r\none\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ntwo\r\n"
    "--b\r\nContent-Type: image/png; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
    "--b--\r\n",
    "Subject: none\r\n",
    "\r\n..\r\n",
};

struct maker {
    void *block; /* of the mutator */
    struct postel_mutator *mutators[TABLES];
    struct abnf_generator generators[TABLES];
    void *memory[TABLES]; /* theirs */
    struct abnf_random random;
    struct program kept[KEPT];
    size_t kept_count;
    uint32_t heard[HEARD / 32];
    size_t heard_count;
    uint8_t piece[LINE_MAX];
};

static const char *const kind_names[TABLES] = {"smtp:command", "pop3:command", "imap:command"};

static enum table table_of(enum protocol protocol)
{
    switch (protocol) {
    case PROTOCOL_IMAP:
        return TABLE_IMAP;
    case PROTOCOL_POP3:
        return TABLE_POP3;
    case PROTOCOL_SMTP:
    case PROTOCOL_SUBMISSION:
    case PROTOCOL_LMTP:
        break;
    }
    return TABLE_SMTP;
}

struct maker *maker_new(uint64_t seed)
{
    struct maker *m = memory_zero(1, sizeof *m);
    m->random.state = seed;
    m->block = memory_alloc(POSTEL_MUTATOR_MEMORY * TABLES);
    for (int t = 0; t < TABLES; t++) {
        const char *error = NULL;
        struct arena arena;
        m->mutators[t] =
            postel_mutator_open((uint8_t *)m->block + (size_t)t * POSTEL_MUTATOR_MEMORY,
                                POSTEL_MUTATOR_MEMORY, kind_names[t], &error);
        m->memory[t] = memory_alloc(GRAMMAR_BLOCK);
        arena_init(&arena, m->memory[t], GRAMMAR_BLOCK);
        const struct kind *kind = kind_find(span_text(kind_names[t]));
        bool ok =
            m->mutators[t] != NULL && kind != NULL &&
            abnf_generator_init(&m->generators[t], &m->mutators[t]->languages[kind->index].grammar,
                                &arena, abnf_random_next(&m->random));
        assert(ok && "the grammars fit");
    }
    return m;
}

void maker_free(struct maker **maker)
{
    struct maker *m = *maker;
    for (size_t i = 0; i < m->kept_count; i++) {
        program_fini(&m->kept[i]);
    }
    for (int t = 0; t < TABLES; t++) {
        memory_free(m->memory[t]);
    }
    memory_free(m->block);
    memory_free(m);
    *maker = NULL;
}

static size_t pick(struct maker *m, size_t end)
{
    return abnf_random_below(&m->random, end);
}

/* --- one line --------------------------------------------------------------------------------- */

static void add_literal(struct buffer *out, struct span message)
{
    char head[32];
    (void)snprintf(head, sizeof head, "{%zu}\r\n", message.len);
    buffer_text(out, head);
    buffer_append(out, message);
}

static void add_chunk(struct buffer *out, struct span message, bool last)
{
    char head[48];
    (void)snprintf(head, sizeof head, "BDAT %zu%s\r\n", message.len, last ? " LAST" : "");
    buffer_text(out, head);
    buffer_append(out, message);
}

/* What stands for a "$name" at the front of text; how long the name is. */
static size_t add_name(struct maker *m, enum protocol protocol, struct span text,
                       struct buffer *out)
{
    static const struct {
        const char *name;
        const char *value;
    } fixed[] = {{"$box", PROGRAM_BOX},
                 {"$sub", PROGRAM_SUB},
                 {"$sender", PROGRAM_SENDER},
                 {"$rcpt", PROGRAM_RCPT}};
    struct span message = span_text(messages[pick(m, sizeof messages / sizeof *messages)]);
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (span_starts_nocase(text, span_text(fixed[i].name))) {
            buffer_text(out, fixed[i].value);
            return strlen(fixed[i].name);
        }
    }
    if (span_starts_nocase(text, SPAN_LIT("$literal"))) {
        add_literal(out, message);
        return strlen("$literal");
    }
    if (span_starts_nocase(text, SPAN_LIT("$mail"))) {
        buffer_append(out, message);
        buffer_text(out, ".");
        return strlen("$mail");
    }
    if (span_starts_nocase(text, SPAN_LIT("$bdat"))) {
        add_chunk(out, message, pick(m, 3) != 0);
        return strlen("$bdat");
    }
    if (span_starts_nocase(text, SPAN_LIT("$n"))) {
        enum { MOST_BITS = 9 };
        char number[24];
        (void)snprintf(number, sizeof number, "%zu", 1 + pick(m, (size_t)1 << pick(m, MOST_BITS)));
        buffer_text(out, number);
        return strlen("$n");
    }
    buffer_text(out, protocol == PROTOCOL_LMTP ? "LHLO" : "EHLO");
    return strlen("$hello");
}

/* The rule of a "<rule>" at the front of text; NULL: it is no such thing. */
static const struct abnf_rule *hole(const struct maker *m, enum table table, struct span text,
                                    size_t *len)
{
    size_t end = 1;
    while (end < text.len &&
           (octet_is(text.ptr[end], CLASS_ALPHA | CLASS_DIGIT) || text.ptr[end] == '-')) {
        end++;
    }
    if (text.ptr[0] != '<' || end == text.len || text.ptr[end] != '>') {
        return NULL;
    }
    *len = end + 1;
    return abnf_rule_find(m->generators[table].grammar, span_sub(text, 1, end - 1));
}

static void add_hole(struct maker *m, enum table table, const struct abnf_rule *rule,
                     struct buffer *out)
{
    struct out piece;
    out_init(&piece, m->piece, sizeof m->piece);
    abnf_generate(&m->generators[table], rule, HOLE_MAX, &piece);
    if (out_ok(&piece)) {
        buffer_append(out, out_span(&piece));
    }
}

static void fill(struct maker *m, enum protocol protocol, const struct line *from,
                 struct program_line *to)
{
    struct span text = span_text(from->text);
    while (text.len > 0) {
        size_t len = 1;
        const struct abnf_rule *rule = hole(m, from->table, text, &len);
        if (rule != NULL) {
            add_hole(m, from->table, rule, &to->octets);
        } else if (text.ptr[0] == '$') {
            len = add_name(m, protocol, text, &to->octets);
        } else {
            len = 1;
            buffer_append(&to->octets, span_sub(text, 0, 1));
        }
        text = span_from(text, len);
    }
    struct span made = buffer_span(&to->octets);
    bool chunk = strcmp(from->text, "$bdat") == 0;
    if (!chunk && (made.len == 0 || made.ptr[made.len - 1] != '\n')) {
        buffer_text(&to->octets, "\r\n");
    }
    to->tagged = from->table == TABLE_IMAP && from->needs != AT_IDLE;
}

/* A line that may come here, or now and then any. */
static const struct line *choose(struct maker *m, enum table table, unsigned place)
{
    bool any = place != AT_DATA && place != AT_IDLE && pick(m, 12) == 0;
    size_t sum = 0;
    for (size_t i = 0; i < LINE_COUNT; i++) {
        bool fits = lines[i].table == table && (any || (lines[i].needs & place) != 0);
        sum += fits ? lines[i].odds : 0;
    }
    size_t at = pick(m, sum);
    for (size_t i = 0; i < LINE_COUNT; i++) {
        bool fits = lines[i].table == table && (any || (lines[i].needs & place) != 0);
        if (fits && at < lines[i].odds) {
            return &lines[i];
        }
        at -= fits ? lines[i].odds : 0;
    }
    return &lines[0];
}

/* other: a line to take parts of; it may be the same. */
static void mutate(struct maker *m, enum table table, struct program_line *line,
                   const struct program_line *other)
{
    const struct postel_mutator_input input = {.octets = buffer_span(&line->octets).ptr,
                                               .size = line->octets.len,
                                               .other = buffer_span(&other->octets).ptr,
                                               .other_size = other->octets.len};
    size_t len = postel_mutator_mutate(m->mutators[table], abnf_random_next(&m->random), &input,
                                       m->piece, sizeof m->piece);
    line->octets.len = 0;
    buffer_append(&line->octets, (struct span){m->piece, len});
    line->wild = true;
}

/* --- a program -------------------------------------------------------------------------------- */

/* Lines up to count, each behind the other as the protocol has it; one in so many is mutated. */
static void extend(struct maker *m, struct program *p, size_t count, size_t one_in)
{
    enum table table = table_of(p->protocol);
    unsigned place = table == TABLE_SMTP ? AT_HELLO : table == TABLE_POP3 ? AT_LOGIN : AT_SELECTED;
    unsigned before = place;
    while (p->count < count) {
        const struct line *from = choose(m, table, place);
        struct program_line *line = program_insert(p, p->count);
        fill(m, p->protocol, from, line);
        if (one_in != 0 && pick(m, one_in) == 0) {
            mutate(m, table, line, line);
        } else if (from->leaves != 0) {
            unsigned back = from->needs == AT_IDLE ? before : from->leaves;
            before = from->leaves == AT_IDLE ? place : before;
            place = back;
        }
    }
}

/* Changes a program at one place; other is one to take lines from. */
static void vary(struct maker *m, struct program *p, const struct program *other)
{
    enum table table = table_of(p->protocol);
    size_t at = pick(m, p->count);
    size_t from = pick(m, other->count);
    struct program_line *line = NULL;
    switch (pick(m, 6)) {
    case 0:
        program_remove(p, at, 1);
        break;
    case 1: /* a line of the other one */
        program_insert_copy(p, at, &other->lines[from]);
        break;
    case 2: /* its rest */
        program_remove(p, at, p->count);
        for (size_t i = from; i < other->count; i++) {
            program_insert_copy(p, p->count, &other->lines[i]);
        }
        break;
    case 3: /* a new line */
        line = program_insert(p, at);
        if (line != NULL) {
            fill(m, p->protocol, choose(m, table, UINT32_MAX), line);
        }
        break;
    default:
        mutate(m, table, &p->lines[at], &other->lines[from]);
        break;
    }
}

/* One of the kept programs of this protocol, or NULL. */
static const struct program *kept(struct maker *m, enum protocol protocol)
{
    size_t start = pick(m, m->kept_count);
    for (size_t i = 0; i < m->kept_count; i++) {
        const struct program *p = &m->kept[(start + i) % m->kept_count];
        if (p->protocol == protocol) {
            return p;
        }
    }
    return NULL;
}

void maker_make(struct maker *m, enum protocol protocol, struct program *out)
{
    enum { LONGEST = 14, FLAVOURS = 4 };
    *out = (struct program){.protocol = protocol};
    for (unsigned tries = 0; out->count == 0 && tries < 100; tries++) {
        const struct program *old = pick(m, 2) == 0 ? kept(m, protocol) : NULL;
        if (old != NULL) {
            program_copy(old, out);
            for (size_t changes = 1 + pick(m, 3); changes > 0 && out->count > 0; changes--) {
                vary(m, out, kept(m, protocol));
            }
        } else {
            /* Some go by the rules, some hardly. */
            static const size_t one_in[FLAVOURS] = {0, 8, 4, 2};
            extend(m, out, 2 + pick(m, LONGEST - 1), one_in[pick(m, FLAVOURS)]);
        }
        program_tame(out);
    }
}

/* --- what was heard --------------------------------------------------------------------------- */

static uint64_t add_hash(uint64_t hash, uint8_t octet)
{
    return (hash ^ octet) * 0x100000001B3U;
}

/* The first word of what was asked behind the tag. */
static uint64_t hash_asked(uint64_t hash, struct span asked)
{
    struct span rest = asked;
    size_t word = 0;
    for (size_t i = 0; i < rest.len && i < ANSWER_MAX && word < 2; i++) {
        uint8_t c = rest.ptr[i];
        word += c == ' ' || c == '\r' ? 1 : 0;
        hash = octet_is(c, CLASS_DIGIT) ? hash : add_hash(hash, c & 0xDFU);
    }
    return hash;
}

/* The octets of an identifier at the front: of a message, a mailbox or a queue. */
static size_t identifier_len(struct span s)
{
    enum { SHORTEST = 8 };
    size_t len = 0;
    while (len < s.len && octet_is(s.ptr[len], CLASS_HEXDIG)) {
        len++;
    }
    return len >= SHORTEST ? len : 0;
}

bool maker_hears(struct maker *m, struct span asked, struct span answer)
{
    uint64_t hash = hash_asked(0xCBF29CE484222325U, asked);
    bool quoted = false;
    for (size_t i = 0; i < answer.len && i < ANSWER_MAX; i++) {
        i += identifier_len(span_from(answer, i));
        uint8_t c = i < answer.len ? answer.ptr[i] : 0;
        quoted = quoted != (c == '"');
        bool counts = !quoted && !octet_is(c, CLASS_DIGIT) && c != ',' && c != ':';
        hash = counts ? add_hash(hash, c) : hash;
    }
    uint32_t bit = (uint32_t)(hash ^ hash >> 32) % HEARD;
    bool fresh = (m->heard[bit / 32] >> bit % 32 & 1) == 0;
    m->heard[bit / 32] |= 1U << bit % 32;
    m->heard_count += fresh ? 1 : 0;
    return fresh;
}

size_t maker_heard(const struct maker *m)
{
    return m->heard_count;
}

void maker_keep(struct maker *m, const struct program *program)
{
    struct program *to = &m->kept[m->kept_count < KEPT ? m->kept_count++ : pick(m, KEPT)];
    program_fini(to);
    program_copy(program, to);
}
