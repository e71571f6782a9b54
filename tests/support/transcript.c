/* SPDX-License-Identifier: MIT */
#include "tests/support/transcript.h"

#include "tests/support/table.h"

enum { WIRE_MAX = 256 * 1024, MEMORY_LEN = 1024 * 1024, SCRATCH_LEN = 512 * 1024 };

struct wire {
    uint8_t *octets;
    size_t len;
};

struct runner {
    struct transcript *t;
    struct wire wire[2];
    bool tls_allowed; /* the transcript is at its TLS line */
    bool stuck;       /* a side waits for a TLS line that has not come */
};

static void text_add(char *text, const char *before, const char *word, const char *after)
{
    size_t len = strlen(text);
    int written = snprintf(text + len, TRANSCRIPT_TEXT - len, "%s%s%s%s", len > 0 ? "; " : "",
                           before, word, after);
    assert_true(written >= 0 && (size_t)written < TRANSCRIPT_TEXT - len);
}

static void on_finding(void *context, const struct finding *finding)
{
    struct transcript *t = context;
    const char *side = finding->side == SIDE_CLIENT ? "C " : "S ";
    text_add(t->findings,
             finding->consequence ? (finding->side == SIDE_CLIENT ? "(C " : "(S ") : side,
             rule_info(finding->rule)->name, finding->consequence ? ")" : "");
    assert_true(finding->unit.len == 0 || (finding->off >= finding->unit_off &&
                                           finding->off <= finding->unit_off + finding->unit.len));
}

static void on_event(struct transcript *t, const struct session_event *event)
{
    static const char *const names[] = {
        [EVENT_NONE] = "none",   [EVENT_COMMAND] = "command",   [EVENT_GREETING] = "greeting",
        [EVENT_REPLY] = "reply", [EVENT_UNTAGGED] = "untagged", [EVENT_CONTINUE] = "continue",
        [EVENT_LINE] = "line",   [EVENT_DATA] = "data",         [EVENT_DATA_END] = "data-end",
        [EVENT_SASL] = "sasl",   [EVENT_BROKEN] = "broken",
    };
    if (event->kind == EVENT_DATA) {
        return; /* how many pieces there are depends on the cut */
    }
    char number[32];
    (void)snprintf(number, sizeof number, " %u", (unsigned)event->command);
    text_add(t->events, event->side == SIDE_CLIENT ? "C " : "S ", names[event->kind], number);
}

/* Takes len octets at pos out of a side's buffer. */
static void wire_drop(struct wire *w, size_t pos, size_t len)
{
    memmove(w->octets + pos, w->octets + pos + len, w->len - pos - len);
    w->len -= len;
}

/* One step of one side; false when it cannot go on. */
static bool step(struct runner *r, enum side side)
{
    struct session *s = &r->t->session;
    struct wire *w = &r->wire[side];
    struct session_event event;
    switch (session_step(s, side, (struct span){w->octets, w->len}, &event)) {
    case SESSION_EVENT:
        on_event(r->t, &event);
        wire_drop(w, 0, event.unit.octets.len);
        /* An empty unit (the end of an empty chunk) is progress too. */
        return true;
    case SESSION_DISCARD:
        wire_drop(w, s->frame[side].discard_pos, s->frame[side].discard);
        return true;
    case SESSION_TLS:
        r->stuck = !r->tls_allowed;
        if (r->tls_allowed) {
            r->tls_allowed = false;
            session_tls_started(s, true);
            return true;
        }
        return false;
    case SESSION_COMPRESS:
        session_compress_started(s);
        return true;
    case SESSION_MORE:
    case SESSION_WAIT:
        break;
    }
    return false;
}

/* After each unit of one side the other one is asked again: it may have waited for that unit. */
static void pump(struct runner *r, enum side first)
{
    enum side other = first == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
    bool moved = true;
    while (moved) {
        moved = false;
        do {
            while (step(r, other)) {
                moved = true;
            }
        } while (step(r, first));
    }
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = strchr(digits, c | 0x20);
    return at == NULL ? 0 : (int)(at - digits);
}

/* Appends a transcript line's octets; returns how many. */
static size_t unescape(struct wire *w, const char *text, size_t len, bool crlf)
{
    size_t start = w->len;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];
        if (c == '\\' && i + 1 < len) {
            char kind = text[++i];
            c = kind == 'r'   ? '\r'
                : kind == 'n' ? '\n'
                : kind == 't' ? '\t'
                : kind == '0' ? '\0'
                              : (uint8_t)kind;
            if (kind == 'x' && i + 2 < len) {
                c = (uint8_t)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
                i += 2;
            }
        }
        assert_true(w->len + 3 < WIRE_MAX);
        w->octets[w->len++] = c;
    }
    if (crlf) {
        w->octets[w->len++] = '\r';
        w->octets[w->len++] = '\n';
    }
    return w->len - start;
}

static void show(struct runner *r, enum side side, const char *text, size_t len, bool crlf,
                 size_t cut)
{
    uint8_t *octets = malloc(len + 3);
    assert_non_null(octets);
    struct wire line = {octets, 0};
    size_t count = unescape(&line, text, len, crlf);
    for (size_t pos = 0; pos < count;) {
        size_t piece = cut == 0 || cut > count - pos ? count - pos : cut;
        struct wire *w = &r->wire[side];
        assert_true(w->len + piece <= WIRE_MAX);
        memcpy(w->octets + w->len, octets + pos, piece);
        w->len += piece;
        pos += piece;
        pump(r, side);
    }
    free(octets);
}

static void run_line(struct runner *r, const char *line, size_t len, size_t cut)
{
    if (len == 3 && memcmp(line, "TLS", 3) == 0) {
        r->tls_allowed = true;
        pump(r, SIDE_CLIENT);
        assert_false(r->tls_allowed);
        return;
    }
    assert_true(len >= 2 && (line[0] == 'C' || line[0] == 'S'));
    enum side side = line[0] == 'C' ? SIDE_CLIENT : SIDE_SERVER;
    if (line[1] == '.') {
        struct wire *w = &r->wire[side];
        session_end(&r->t->session, side, (struct span){w->octets, w->len});
        return;
    }
    size_t start = len > 2 && line[2] == ' ' ? 3 : 2;
    show(r, side, line + start, len - start, line[1] == ':', cut);
}

void transcript_run(struct transcript *t, const struct session_config *config, const char *text,
                    size_t cut)
{
    memset(t, 0, sizeof *t);
    t->memory = calloc(1, MEMORY_LEN + SCRATCH_LEN + 2 * WIRE_MAX);
    assert_non_null(t->memory);
    uint8_t *block = t->memory;
    struct session_config full = *config;
    full.memory = block;
    full.memory_len = MEMORY_LEN;
    full.scratch = block + MEMORY_LEN;
    full.scratch_len = SCRATCH_LEN;
    full.finding = on_finding;
    full.context = t;
    session_init(&t->session, &full);
    block += MEMORY_LEN + SCRATCH_LEN;
    struct runner r = {.t = t, .wire = {{block, 0}, {block + WIRE_MAX, 0}}};
    pump(&r, SIDE_CLIENT);
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        if (len > 0) {
            run_line(&r, text, len, cut);
        }
        text += len + (text[len] == '\n');
    }
}

void transcript_fini(struct transcript *t)
{
    free(t->memory);
    t->memory = NULL;
}

void transcript_expect(const struct session_config *config, const char *text, const char *findings)
{
    static struct transcript whole;
    static struct transcript cut;
    transcript_run(&whole, config, text, 0);
    assert_string_equal(whole.findings, findings);
    for (size_t size = 1; size < 20; size = size * 2 + 1) {
        transcript_run(&cut, config, text, size);
        assert_string_equal(cut.findings, findings);
        assert_string_equal(cut.events, whole.events);
        transcript_fini(&cut);
    }
    transcript_fini(&whole);
}
