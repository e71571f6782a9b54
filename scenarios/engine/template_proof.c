/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/template_proof.h"

#include "net/memory.h"
#include "parsers/imap/imap.h"
#include "parsers/imap/response.h"

enum { MAX_HOLES = 64, MAX_TRIES = 4000, SAMPLE_ROOM = 16 * 1024, ARENA = 256 * 1024 };

/* What may stand where a hole of any kind stands, the likeliest first. */
static const char *const samples[] = {"1",
                                      "\"x\"",
                                      "NIL",
                                      "(\\Seen)",
                                      "x",
                                      "()",
                                      "\" 1-Jan-2020 00:00:00 +0000\"",
                                      "((NIL NIL \"x\" \"y\"))",
                                      "(\"x\" \"y\")",
                                      "((\"\" \"/\"))",
                                      "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1)",
                                      "(NIL \"x\" NIL NIL NIL NIL NIL NIL NIL NIL)",
                                      "(1)",
                                      "(FLAGS ())",
                                      "() \"/\" x",
                                      "x (MESSAGES 1)",
                                      "OK",
                                      "* ",
                                      ""};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

/* A stretch of the template: text that stays, or a hole. */
struct stretch {
    size_t pos; /* in the template */
    size_t len;
    bool is_hole;
    unsigned sample; /* hole: which is tried */
    size_t rendered; /* where it stands in the sample line */
};

struct proof {
    struct stretch stretches[2 * MAX_HOLES + 1];
    size_t count;
    size_t holes;
};

static void add(struct proof *p, size_t pos, size_t len, bool is_hole)
{
    if (len > 0 && p->count < sizeof p->stretches / sizeof p->stretches[0]) {
        p->stretches[p->count++] = (struct stretch){.pos = pos, .len = len, .is_hole = is_hole};
        p->holes += is_hole;
    }
}

/* Splits the template at "_", "$(…)", takes the first of "a|b", and leaves out " ..." or makes a
   hole of it. */
static void split(struct pool *pool, struct span text, bool rest_is_hole, struct proof *p)
{
    size_t start = 0;
    size_t pos = 0;
    bool quoted = false;
    while (pos < text.len) {
        uint8_t octet = text.ptr[pos];
        struct hole hole;
        size_t len = 0;
        bool alone = pos == 0 || !octet_is(text.ptr[pos - 1], CLASS_ATOM) ||
                     text.ptr[pos - 1] == '[' || text.ptr[pos - 1] == '<';
        if (octet == '\\' && pos + 1 < text.len) {
            pos += 2;
            continue;
        }
        quoted = quoted != (octet == '"');
        if (!quoted && octet == '_' && alone) {
            len = 1;
        } else if (octet == '$') {
            len = hole_parse(pool, span_from(text, pos), &hole);
        }
        if (len > 0) {
            add(p, start, pos - start, false);
            add(p, pos, len, true);
            pos += len;
            start = pos;
        } else if (!quoted && rest_is_hole && span_equal(span_sub(text, pos, 3), SPAN_LIT("..."))) {
            add(p, start, pos - start, false);
            add(p, pos, 3, true);
            pos += 3;
            start = pos;
        } else if (!quoted && span_equal(span_sub(text, pos, 3), SPAN_LIT("..."))) {
            size_t before = pos > start && text.ptr[pos - 1] == ' ' ? pos - 1 : pos;
            add(p, start, before - start, false);
            pos += 3;
            start = pos;
        } else if (!quoted && octet == '|') {
            add(p, start, pos - start, false);
            while (pos < text.len && text.ptr[pos] != ' ' && text.ptr[pos] != ')') {
                pos++;
            }
            start = pos;
        } else {
            pos++;
        }
    }
    add(p, start, text.len - start, false);
}

/* The line with the present samples, and a text where the template leaves it out. */
static size_t render(struct proof *p, struct span text, uint8_t *out)
{
    size_t len = 0;
    for (size_t i = 0; i < p->count; i++) {
        struct stretch *s = &p->stretches[i];
        struct span part =
            s->is_hole ? span_text(samples[s->sample]) : span_sub(text, s->pos, s->len);
        s->rendered = len;
        if (part.len > SAMPLE_ROOM - 16 - len) {
            return 0;
        }
        memcpy(out + len, part.ptr, part.len);
        len += part.len;
    }
    return len;
}

/* A status line of a template has no text. */
static enum parse_rc parse(uint8_t *line, size_t len, bool with_text, struct arena *arena,
                           size_t *error)
{
    struct parse p;
    struct imap_response response;
    struct span end = with_text ? SPAN_LIT(" x\r\n") : SPAN_LIT("\r\n");
    memcpy(line + len, end.ptr, end.len);
    arena_release(arena, 0);
    parse_init(&p, (struct span){line, len + end.len}, 0, arena);
    p.quirks = QUIRKS_ALL;
    p.profile = IMAP_PROFILE_REV2 | IMAP_PROFILE_UTF8 | IMAP_PROFILE_UTF8_TEXT;
    enum parse_rc rc = imap_parse_response(&p, &response);
    if (rc != PARSE_OK && (size_t)p.err.off > *error) {
        *error = (size_t)p.err.off;
    }
    return rc;
}

/* The next combination: the last hole before the error changes first. False: all were tried. */
static bool next(struct proof *p, size_t error)
{
    for (size_t i = p->count; i > 0; i--) {
        struct stretch *s = &p->stretches[i - 1];
        if (!s->is_hole || s->rendered > error) {
            s->sample = 0;
            continue;
        }
        if (++s->sample < SAMPLES) {
            return true;
        }
        s->sample = 0;
    }
    return false;
}

/* The octet of the template that stands at this octet of the sample line. */
static size_t template_position(const struct proof *p, size_t rendered)
{
    size_t pos = 0;
    for (size_t i = 0; i < p->count && p->stretches[i].rendered <= rendered; i++) {
        const struct stretch *s = &p->stretches[i];
        size_t into = rendered - s->rendered;
        pos = s->pos + (s->is_hole ? 0 : into < s->len ? into : s->len);
    }
    return pos;
}

static bool prove(struct pool *pool, struct span text, bool rest_is_hole,
                  struct template_error *error)
{
    struct proof p = {.count = 0};
    split(pool, text, rest_is_hole, &p);
    uint8_t *line = memory_alloc(SAMPLE_ROOM);
    void *block = memory_alloc(ARENA);
    struct arena arena;
    arena_init(&arena, block, ARENA);
    bool proved = false;
    bool more = true;
    size_t farthest = 0;
    for (unsigned tries = 0; more && !proved && tries < MAX_TRIES; tries++) {
        size_t len = render(&p, text, line);
        size_t here = 0;
        proved = parse(line, len, false, &arena, &here) == PARSE_OK ||
                 parse(line, len, true, &arena, &here) == PARSE_OK;
        if (here >= farthest) {
            farthest = here;
            error->pos = template_position(&p, here);
        }
        more = next(&p, here);
    }
    error->text = "no response of the grammar looks like this";
    memory_free(block);
    memory_free(line);
    return proved;
}

bool template_prove(struct pool *pool, struct span text, struct template_error *error)
{
    return text.len > SAMPLE_ROOM / 4 || prove(pool, text, true, error) ||
           prove(pool, text, false, error);
}
