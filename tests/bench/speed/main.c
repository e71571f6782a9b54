/* SPDX-License-Identifier: MIT */
/* usage: bench_speed [--rounds N] [--octets N] [--stream NAME] [PEER.so…]
          bench_speed --record FOLDER [--octets N]
   Speed of the parsers and of the session model, beside memcpy, memchr and peers. */
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "net/memory.h"
#include "tests/bench/speed/ours.h"
#include "tests/bench/speed/record.h"
#include "tests/bench/speed/shape.h"

enum { MAX_CONTENDERS = 16, MAX_ROUNDS = 51, MAX_STREAMS = 9 };

struct stream {
    const char *name;
    struct talk talk;
    struct octet_stream octets;
};

static size_t run_memcpy(const struct octet_stream *stream)
{
    static uint8_t *copy;
    static size_t cap;
    if (cap < stream->len) {
        cap = stream->len;
        copy = memory_resize(copy, cap, 1);
    }
    memcpy(copy, stream->octets, stream->len);
    return copy[stream->len - 1] == '\n';
}

static size_t run_memchr(const struct octet_stream *stream)
{
    const uint8_t *end = stream->octets + stream->len;
    size_t lines = 0;
    for (const uint8_t *p = stream->octets; p < end; lines++) {
        const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));
        p = lf == NULL ? end : lf + 1;
    }
    return lines;
}

static struct contender contender[MAX_CONTENDERS] = {{"memcpy", run_memcpy},
                                                     {"memchr, lines", run_memchr},
                                                     {"postel", ours_parse},
                                                     {"postel judge", ours_judge}};
static size_t contender_count = 4;

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void load_peer(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct contender *more = library == NULL ? NULL : dlsym(library, "contenders");
    if (more == NULL) {
        (void)fprintf(stderr, "bench_speed: %s: %s\n", path, dlerror());
        exit(2);
    }
    for (; more->name != NULL && contender_count < MAX_CONTENDERS; more++) {
        contender[contender_count++] = *more;
    }
}

/* Octets that a contender went through: the session judges both sides. */
static size_t work(const struct stream *s, size_t index)
{
    return contender[index].run == ours_judge ? s->talk.side[0].len + s->talk.side[1].len
                                              : s->octets.len;
}

static int compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void measure(const struct stream *s, size_t rounds)
{
    static double took[MAX_CONTENDERS][MAX_ROUNDS];
    size_t units[MAX_CONTENDERS] = {0};
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < contender_count; i++) {
            double start = seconds();
            units[i] = contender[i].run(&s->octets);
            took[i][round] = seconds() - start;
        }
    }
    (void)printf("\n%s: %.1f MB\n", s->name, (double)s->octets.len / 1e6);
    (void)printf("  %-16s %9s %9s %9s %12s %8s\n", "MB/s", "min", "median", "max", "units/s",
                 "postel/");
    qsort(took[2], rounds, sizeof took[2][0], compare);
    double ours = (double)s->octets.len / took[2][rounds / 2] / 1e6;
    for (size_t i = 0; i < contender_count; i++) {
        if (units[i] == 0) {
            continue;
        }
        qsort(took[i], rounds, sizeof took[i][0], compare);
        double size = (double)work(s, i) / 1e6;
        double median = took[i][rounds / 2];
        (void)printf("  %-16s %9.0f %9.0f %9.0f %12.0f %8.2f\n", contender[i].name,
                     size / took[i][rounds - 1], size / median, size / took[i][0],
                     (double)units[i] / median, ours / (size / median));
    }
    (void)ours_parse(&s->octets);
    (void)ours_judge(&s->octets);
    (void)printf("  units not parsed: %zu; findings: %zu; arena, most for one unit: %zu octets\n",
                 ours_broken(), ours_findings(), ours_arena());
    (void)fflush(stdout);
}

static void prepare(struct stream *s, const char *name, enum stream_kind kind, enum side side)
{
    s->name = name;
    s->octets = (struct octet_stream){.kind = kind,
                                      .octets = s->talk.side[side].octets,
                                      .len = s->talk.side[side].len,
                                      .talk = &s->talk};
    size_t *ends = NULL;
    s->octets.count = ours_ends(&s->octets, &ends);
    s->octets.ends = ends;
}

static void discard(struct stream *s)
{
    memory_free((void *)(uintptr_t)s->octets.ends);
    talk_fini(&s->talk);
}

/* only: NULL, or a part of the name of the streams that are wanted. */
static void streams(size_t octets, size_t rounds, const char *only)
{
    /* Of a FETCH about 850 octets are metadata. */
    enum { LITERAL = 1130, LONG_LITERAL = 256 * 1024 };
    static const struct {
        const char *name;
        enum stream_kind kind;
        enum side side;
        void (*make)(struct talk *t, size_t len);
        size_t literal;
    } all[] = {
        {"IMAP FETCH metadata", STREAM_IMAP_RESPONSE, SIDE_SERVER, talk_imap_fetch, 0},
        {"IMAP, 57 % literals", STREAM_IMAP_RESPONSE, SIDE_SERVER, NULL, LITERAL},
        {"IMAP bodies", STREAM_IMAP_RESPONSE, SIDE_SERVER, NULL, LONG_LITERAL},
        {"IMAP commands", STREAM_IMAP_COMMAND, SIDE_CLIENT, talk_imap_command, 0},
        {"SMTP replies", STREAM_SMTP_REPLY, SIDE_SERVER, talk_smtp, 0},
        {"SMTP commands", STREAM_SMTP_COMMAND, SIDE_CLIENT, talk_smtp, 0},
        {"SMTP bodies", STREAM_SMTP_COMMAND, SIDE_CLIENT, talk_smtp_body, 0},
        {"POP3 bodies", STREAM_POP3_REPLY, SIDE_SERVER, talk_pop3_body, 0},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct stream s = {0};
        if (only != NULL && strstr(all[i].name, only) == NULL) {
            continue;
        }
        talk_init(&s.talk, 1);
        if (all[i].make == NULL) {
            talk_imap_literal(&s.talk, octets, all[i].literal);
        } else {
            all[i].make(&s.talk, octets);
        }
        prepare(&s, all[i].name, all[i].kind, all[i].side);
        measure(&s, rounds);
        discard(&s);
    }
}

/* Neither the parsers nor the session may allocate. */
static void count_allocations(void)
{
    struct stream s = {0};
    talk_init(&s.talk, 1);
    talk_imap_fetch(&s.talk, 1000000);
    prepare(&s, "", STREAM_IMAP_RESPONSE, SIDE_SERVER);
    (void)ours_judge(&s.octets);
    size_t before = shape_allocations();
    (void)ours_parse(&s.octets);
    (void)ours_judge(&s.octets);
    (void)printf("\nallocations while %zu units were parsed and judged: %zu\n", s.octets.count,
                 shape_allocations() - before);
    discard(&s);
}

/* Recordings for tests/bench/trace. */
static int record(const char *folder, size_t octets)
{
    struct talk talk;
    talk_init(&talk, 1);
    talk_imap_fetch(&talk, octets);
    bool ok = record_write(&talk, folder, "fetch");
    talk_fini(&talk);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    size_t rounds = 7;
    size_t octets = 16 * 1000 * 1000;
    const char *only = NULL;
    const char *folder = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc) {
            rounds = strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--octets") == 0 && i + 1 < argc) {
            octets = strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--stream") == 0 && i + 1 < argc) {
            only = argv[++i];
        } else if (strcmp(argv[i], "--record") == 0 && i + 1 < argc) {
            folder = argv[++i];
        } else {
            load_peer(argv[i]);
        }
    }
    if (folder != NULL) {
        return record(folder, octets);
    }
    rounds = rounds < 1 ? 1 : rounds > MAX_ROUNDS ? MAX_ROUNDS : rounds;
    streams(octets, rounds, only);
    if (only == NULL) {
        shape_linear();
        count_allocations();
    }
    return 0;
}
