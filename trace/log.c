/* SPDX-License-Identifier: MIT */
#include "trace/log.h"

#include "net/memory.h"

const struct log_format log_formats[] = {
    {"postel", "a trace of postel's own", log_read_postel, false},
    {"python", "debug output of Python's smtplib, poplib, imaplib", log_read_python, false},
    {"thunderbird", "Thunderbird's IMAP, POP3 and SMTP logs", log_read_thunderbird, false},
    {"mutt", "mutt's and neomutt's debug log", log_read_mutt, true},
    {"postfix", "Postfix with -v, or debug_peer_list", log_read_postfix, false},
    {"swaks", "swaks", log_read_swaks, false},
    {"rawlog", "Dovecot's rawlog with time stamps and directions", log_read_rawlog, false},
    {"mbsync", "mbsync -Dn", log_read_mbsync, false},
    {"plain", "a transcript with C: and S: (RFCs, MailKit, bug reports)", log_read_plain, true},
    {"curl", "curl -v", log_read_curl, false},
    {"session", "an unmarked session (JavaMail, openssl s_client, telnet)", log_read_session,
     false},
    {0},
};

const struct log_format *log_format_find(const char *name)
{
    for (const struct log_format *f = log_formats; f->name != NULL; f++) {
        if (span_equal(span_text(f->name), span_text(name))) {
            return f;
        }
    }
    return NULL;
}

size_t log_find(struct span line, size_t pos, const char *text)
{
    struct span wanted = span_text(text);
    for (; pos + wanted.len <= line.len; pos++) {
        const uint8_t *first = memchr(line.ptr + pos, wanted.ptr[0], line.len - pos);
        if (first == NULL) {
            return SIZE_MAX;
        }
        pos = (size_t)(first - line.ptr);
        if (span_equal(span_sub(line, pos, wanted.len), wanted)) {
            return pos;
        }
    }
    return SIZE_MAX;
}

/* The next line of the text, without its LF or CRLF. */
static bool next_line(struct span text, size_t *pos, struct span *line)
{
    if (*pos >= text.len) {
        return false;
    }
    const uint8_t *lf = memchr(text.ptr + *pos, '\n', text.len - *pos);
    size_t end = lf == NULL ? text.len : (size_t)(lf - text.ptr);
    *line = span_sub(text, *pos, end - *pos);
    *pos = end + 1;
    if (line->len > 0 && line->ptr[line->len - 1] == '\r') {
        line->len--;
    }
    return true;
}

static void reader_init(struct log_reader *r, const struct log_format *format, struct span text)
{
    enum { LOOK = 1024 * 1024 };
    struct span head = span_sub(text, 0, LOOK);
    *r = (struct log_reader){.format = format};
    r->chevrons = log_find(head, 0, "\n>>> ") != SIZE_MAX;
    r->detail = log_find(head, 0, "*put* ") != SIZE_MAX || log_find(head, 0, "*get* ") != SIZE_MAX;
}

static void reader_fini(struct log_reader *r)
{
    memory_free(r->decoded);
}

const struct log_format *log_format_guess(struct span text)
{
    enum { LOOK = 2000 };
    const struct log_format *best = NULL;
    size_t best_count = 0;
    for (const struct log_format *f = log_formats; f->name != NULL; f++) {
        struct log_reader r;
        reader_init(&r, f, text);
        size_t count = 0;
        size_t pos = 0;
        struct span line = {0};
        for (int i = 0; i < LOOK && next_line(text, &pos, &line); i++) {
            struct log_line said = {.seconds = -1};
            f->read(&r, line, &said);
            count += said.kind == LOG_SAID || said.kind == LOG_EXACT;
        }
        reader_fini(&r);
        /* The last format recognises much by chance: it must see clearly more than the others. */
        bool better = f->read == log_read_session ? count > 3 * best_count : count > best_count;
        if (better) {
            best = f;
            best_count = count;
        }
    }
    return best;
}

/* The first two octets of the markers: looked up for each octet of a log. */
static const bool marker_first[256] = {['['] = true, ['<'] = true, ['('] = true, ['X'] = true,
                                       ['x'] = true, ['*'] = true, [0xE2] = true};
static const bool marker_second[256] = {
    ['R'] = true, ['r'] = true, ['h'] = true, ['p'] = true, ['s'] = true,
    ['o'] = true, ['X'] = true, ['x'] = true, ['*'] = true, [0x80] = true};

/* At the front stands what logs put in place of what they do not tell. */
static bool has_marker(struct span rest)
{
    static const struct span markers[] = {
        SPAN_INIT("[REDACTED"),   SPAN_INIT("<REDACTED"), SPAN_INIT("[redacted"),
        SPAN_INIT("<redacted"),   SPAN_INIT("<hidden>"),  SPAN_INIT("[hidden]"),
        SPAN_INIT("(hidden)"),    SPAN_INIT("<password"), SPAN_INIT("<snip"),
        SPAN_INIT("[snip"),       SPAN_INIT("XXXXXX"),    SPAN_INIT("xxxxxx"),
        SPAN_INIT("[omitted"),    SPAN_INIT("<omitted"),  SPAN_INIT("***"),
        SPAN_INIT("\xE2\x80\xA6")};
    for (size_t i = 0; i < sizeof markers / sizeof markers[0]; i++) {
        if (rest.len >= markers[i].len &&
            span_equal(span_sub(rest, 0, markers[i].len), markers[i])) {
            return true;
        }
    }
    return false;
}

/* Marks what the log put in place of the real octets, in what was just added. */
static void add_holes(struct conversation *c, enum side side, struct span said)
{
    for (size_t i = 0; i + 1 < said.len; i++) {
        if (marker_first[said.ptr[i]] && marker_second[said.ptr[i + 1]] &&
            has_marker(span_from(said, i))) {
            conversation_add_hole(c, side, said.len - i);
            return;
        }
    }
    if (said.len > 3 && span_equal(span_from(said, said.len - 3), SPAN_LIT("..."))) {
        conversation_add_hole(c, side, 3);
    }
}

/* A whole line that says "here something was left out". */
static bool is_omission(struct span line)
{
    static const char *const words[] = {"...",    "[...]",  "(...)",        "[snip]",
                                        "<snip>", "(snip)", "\xE2\x80\xA6", NULL};
    for (const char *const *word = words; *word != NULL; word++) {
        if (span_is(line, *word)) {
            return true;
        }
    }
    return false;
}

static struct span trim(struct span s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) {
        s = span_from(s, 1);
    }
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t')) {
        s.len--;
    }
    return s;
}

/* The line so far has an open parenthesis or quote: an IMAP line that goes on. */
static bool is_unbalanced(struct span line)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < line.len; i++) {
        uint8_t octet = line.ptr[i];
        if (quoted) {
            i += octet == '\\';
            quoted = octet != '"';
        } else if (octet == '"') {
            quoted = true;
        } else if (octet == '(') {
            depth++;
        } else if (octet == ')') {
            depth--;
        }
    }
    return quoted || depth > 0;
}

/* A line that the format does not mark: the rest of a literal, of message data, of a wrapped line,
   or somebody's remark. */
static void take_unmarked(struct log_reader *r, struct conversation *c, struct span line,
                          const struct piece *where)
{
    conversation_end_lines(c);
    enum side side = r->last_side;
    struct stream *s = &c->stream[side];
    if (s->literal > 0 || (side == SIDE_CLIENT && r->in_data) ||
        (side == SIDE_SERVER && r->in_lines)) {
        conversation_add_line(c, side, line, where);
        return;
    }
    const struct piece *last = c->piece_count > 0 ? &c->pieces[c->piece_count - 1] : NULL;
    if (!r->format->wraps || trim(line).len == 0 || last == NULL || last->exact || last->len < 2 ||
        !is_unbalanced((struct span){s->octets + last->off, last->len - 2})) {
        return;
    }
    /* Take back the line end that was put there, and go on behind it. */
    s->len -= 2;
    c->pieces[c->piece_count - 1].len -= 2;
    bool indented = line.ptr[0] == ' ' || line.ptr[0] == '\t';
    bool spaced = s->len > 0 && s->octets[s->len - 1] == ' ';
    if (indented && !spaced) {
        conversation_join_line(c, side, SPAN_LIT(" "), where);
    }
    conversation_join_line(c, side, indented ? trim(line) : line, where);
}

/* Follows who may speak next, so that unmarked lines of data find their side. */
static void follow(struct log_reader *r, enum side side, struct span said)
{
    if (side == SIDE_CLIENT) {
        if (r->in_data) {
            r->in_data = !span_is(said, ".");
            r->data_shown = true;
            return;
        }
        struct parse p;
        parse_init(&p, said, 0, NULL);
        struct span word = parse_run(&p, CLASS_VCHAR);
        size_t len = word.len < sizeof r->verb - 1 ? word.len : sizeof r->verb - 1;
        memcpy(r->verb, word.ptr, len);
        r->verb[len] = '\0';
        bool many = span_is(word, "RETR") || span_is(word, "TOP") || span_is(word, "CAPA") ||
                    ((span_is(word, "LIST") || span_is(word, "UIDL")) && parse_at_end(&p));
        if (!many && !span_is(word, "DATA")) {
            r->verb[0] = '\0';
        }
        r->in_lines = false;
        return;
    }
    if (r->in_lines) {
        r->in_lines = !span_is(said, ".");
    } else if (span_starts_nocase(said, SPAN_LIT("+OK"))) {
        r->in_lines = r->verb[0] != '\0' && !span_is(span_text(r->verb), "DATA");
        r->verb[0] = '\0';
    } else if (span_starts_nocase(said, SPAN_LIT("354"))) {
        r->in_data = span_is(span_text(r->verb), "DATA");
        r->data_shown = false;
        r->verb[0] = '\0';
    }
}

static void take_literal(struct conversation *c, enum side side, uint64_t len,
                         const struct piece *where)
{
    static const uint8_t filler[1024] = {0};
    conversation_end_lines(c);
    uint64_t most = (uint64_t)64 * 1024 * 1024;
    for (uint64_t left = len < most ? len : most; left > 0;) {
        size_t part = left < sizeof filler ? (size_t)left : sizeof filler;
        conversation_add(c, side, (struct span){filler, part}, where);
        conversation_add_hole(c, side, part);
        left -= part;
    }
    c->stream[side].literal = 0;
}

/* The server answers message data that the log does not show. */
static void add_hidden_data(struct conversation *c, const struct piece *where)
{
    static const struct span end = {(const uint8_t *)".\r\n", 3};
    conversation_add(c, SIDE_CLIENT, end, where);
    conversation_add_hole(c, SIDE_CLIENT, end.len);
}

static void take(struct log_reader *r, struct span whole, const struct log_line *line)
{
    struct conversation *c = recording_conversation(r->recording, line->key);
    if (line->opens && c->piece_count > 0) {
        conversation_end_lines(c);
        c->closed = true;
        c = recording_conversation(r->recording, line->key);
    }
    c->from_start = c->from_start || line->opens;
    bool inside =
        whole.ptr != NULL && line->said.ptr >= whole.ptr && line->said.ptr <= whole.ptr + whole.len;
    const struct piece where = {.line = r->line,
                                .column = inside ? (uint64_t)(line->said.ptr - whole.ptr) : 0,
                                .seconds = line->seconds};
    switch (line->kind) {
    case LOG_REMARK:
        break;
    case LOG_SAID:
        if (line->side == SIDE_SERVER && r->in_data && !r->data_shown) {
            add_hidden_data(c, &where);
            r->in_data = false;
        }
        conversation_add_line(c, line->side, line->said, &where);
        add_holes(c, line->side, line->said);
        follow(r, line->side, line->said);
        r->last_side = line->side;
        break;
    case LOG_EXACT:
        conversation_add(c, line->side, line->said, &where);
        add_holes(c, line->side, line->said);
        r->last_side = line->side;
        break;
    case LOG_LITERAL:
        take_literal(c, line->side, line->literal, &where);
        break;
    case LOG_UNMARKED:
        if (is_omission(trim(line->said))) {
            conversation_end_lines(c);
            c->closed = c->piece_count > 0;
        } else {
            take_unmarked(r, c, line->said, &where);
        }
        break;
    }
    if (line->closes) {
        conversation_end_lines(c);
        c->closed = true;
    }
    if (!r->format->wraps) {
        conversation_end_lines(c);
        r->in_literal = c->stream[r->last_side].literal > 0;
    }
}

void log_read(struct recording *recording, const struct log_format *format, struct span text)
{
    struct log_reader r;
    reader_init(&r, format, text);
    r.recording = recording;
    recording->format = format->name;
    size_t pos = 0;
    struct span line = {0};
    while (next_line(text, &pos, &line)) {
        r.line++;
        struct log_line said = {.seconds = -1};
        format->read(&r, line, &said);
        if (said.kind != LOG_REMARK || said.opens || said.closes) {
            take(&r, line, &said);
        }
    }
    for (size_t i = 0; i < recording->count; i++) {
        conversation_end_lines(&recording->conversations[i]);
    }
    reader_fini(&r);
}
