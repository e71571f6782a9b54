/* SPDX-License-Identifier: MIT */
#include "trace/log.h"

#include "net/memory.h"

const struct log_format log_formats[] = {
    {"postel", "a trace of postel's own", log_read_postel, false, true, true, NULL},
    {"python", "debug output of Python's smtplib, poplib, imaplib", log_read_python, false, true,
     true, NULL},
    {"imapflow", "JSON lines of ImapFlow", log_read_imapflow, false, true, true, NULL},
    {"thunderbird", "Thunderbird's IMAP, POP3 and SMTP logs", log_read_thunderbird, false, false,
     false, NULL},
    {"mutt", "mutt's and neomutt's debug log", log_read_mutt, true, false, true, NULL},
    {"postfix", "Postfix with -v, or debug_peer_list", log_read_postfix, false, false, true, NULL},
    {"swaks", "swaks", log_read_swaks, false, false, true, NULL},
    {"rawlog", "Dovecot's rawlog with time stamps and directions", log_read_rawlog, false, false,
     true, NULL},
    {"mbsync", "mbsync -Dn", log_read_mbsync, false, false, true, NULL},
    {"cyrus", "Cyrus's telemetry log", log_read_cyrus, false, false, true, NULL},
    {"curl-trace", "curl --trace-ascii", log_read_curl_trace, false, true, true, NULL},
    {"plain", "a transcript with C: and S: (RFCs, MailKit, bug reports)", log_read_plain, true,
     false, true, NULL},
    {"curl", "curl -v", log_read_curl, false, false, false, NULL},
    {"marked", "any log that marks the sides (fetchmail, PHPMailer, Exim, nodemailer, K-9, …)",
     log_read_marked, false, false, false, log_learn_marked},
    {"session", "an unmarked session (JavaMail, openssl s_client, telnet)", log_read_session, true,
     false, true, NULL},
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

enum {
    HEAD = 512 * 1024, /* octets, and */
    LOOK = 2000,       /* lines that are looked at to learn what the text is like */
};

/* Learns what does not depend on the format. Returns the text to read. */
static struct span reader_init(struct log_reader *r, struct span text)
{
    *r = (struct log_reader){.format = NULL};
    log_paste_learn(&r->paste, span_sub(text, 0, HEAD));
    text = log_paste_text(&r->paste, text);
    struct span head = span_sub(text, 0, HEAD);
    r->chevrons = log_find(head, 0, "\n>>> ") != SIZE_MAX;
    r->detail = log_find(head, 0, "*put* ") != SIZE_MAX || log_find(head, 0, "*get* ") != SIZE_MAX;
    r->angles = log_find(head, 0, "<") != SIZE_MAX;
    r->letters = log_find(head, 0, "\nC: ") != SIZE_MAX && log_find(head, 0, "\nS: ") != SIZE_MAX;
    r->imap = log_find(head, 0, "imap://") != SIZE_MAX || log_find(head, 0, "imaps://") != SIZE_MAX;
    struct log_lines lines;
    struct span line = {0};
    log_lines_init(&lines, head);
    for (int i = 0; i < LOOK && log_lines_next(&lines, &line); i++) {
        log_speech_learn(&r->speech, line);
        r->notes = r->notes || log_without_note(line, SIDE_CLIENT).len < line.len;
        r->blanks = r->blanks ||
                    (line.len > 1 && line.ptr[line.len - 1] == ' ' && line.ptr[line.len - 2] > ' ');
    }
    return text;
}

static void reader_use(struct log_reader *r, const struct log_format *format, struct span text)
{
    r->format = format;
    if (format->learn != NULL) {
        format->learn(r, span_sub(text, 0, HEAD));
    }
}

/* Without the blanks that a terminal fills its lines with. */
static struct span without_padding(struct span line)
{
    enum { LEAST = 4 };
    size_t end = line.len;
    while (end > 0 && line.ptr[end - 1] == ' ') {
        end--;
    }
    bool bare = end > 0 && line.ptr[end - 1] == '+'; /* "+ " has its space */
    return line.len - end < LEAST ? line : span_sub(line, 0, end + bare);
}

/* What the format makes of the next line of the log; false behind the last. */
static bool read_line(struct log_reader *r, struct log_lines *lines, struct span *whole,
                      struct log_line *out)
{
    if (!log_lines_next(lines, whole)) {
        return false;
    }
    r->lines = lines;
    *out = (struct log_line){.seconds = -1};
    if ((!r->in_literal || r->fenced) && log_paste_is_fence(*whole)) {
        r->fence = true;
        r->fenced = !r->fenced;
        return true;
    }
    bool raw = r->in_literal;
    *whole = raw ? *whole : without_padding(*whole);
    r->format->read(r, raw ? *whole : log_paste_line(&r->paste, *whole, r->format->escaping), out);
    return true;
}

static void reader_fini(struct log_reader *r)
{
    memory_free(r->decoded);
    log_paste_fini(&r->paste);
}

/* How much a line that a format has recognised tells for it: little where it might be anything,
   nothing where the other side says such things. */
static size_t worth(const struct log_reader *r, const struct log_line *line)
{
    enum { LITTLE = 1, MUCH = 8 };
    if (line->kind != LOG_SAID && line->kind != LOG_EXACT) {
        return 0;
    }
    struct span said = span_from(line->said, line->said.len > 0 && line->said.ptr[0] == '"');
    bool server = log_is_server(&r->speech, said);
    bool client = log_is_client(&r->speech, said);
    if (server == client) {
        return server ? MUCH : LITTLE;
    }
    return server == (line->side == SIDE_SERVER) ? MUCH : 0;
}

const struct log_format *log_format_guess(struct span text)
{
    const struct log_format *best = NULL;
    size_t best_count = 0;
    struct log_reader fresh;
    text = reader_init(&fresh, text);
    for (const struct log_format *f = log_formats; f->name != NULL; f++) {
        struct log_reader r = fresh;
        struct log_lines lines;
        reader_use(&r, f, text);
        log_lines_init(&lines, span_sub(text, 0, HEAD));
        size_t count = 0;
        struct span line = {0};
        struct log_line said;
        for (int i = 0; i < LOOK && read_line(&r, &lines, &line, &said); i++) {
            count += worth(&r, &said);
        }
        /* Buffers that have grown belong to the next reader. */
        fresh.paste = r.paste;
        fresh.decoded = r.decoded;
        fresh.decoded_cap = r.decoded_cap;
        /* A program's own format is preferred, and the last one recognises much by chance: the
           others must see clearly more than those before them. */
        bool better = f->read == log_read_session  ? count > 3 * best_count
                      : f->read == log_read_marked ? 4 * count > 5 * best_count
                                                   : count > best_count;
        if (better) {
            best = f;
            best_count = count;
        }
    }
    reader_fini(&fresh);
    return best;
}

/* The last line looks as if it had been cut where the log was copied: inside a string, or before
   its list was closed, or behind a tag. */
static bool is_cut_off(struct span line)
{
    uint8_t last = line.len > 0 ? line.ptr[line.len - 1] : ')';
    bool word = line.len > 0 && memchr(line.ptr, ' ', line.len) == NULL && last != '+';
    return (last != ')' && log_is_unbalanced(line)) || (word && octet_is(line.ptr[0], CLASS_ALPHA));
}

/* What the whole log tells about its conversations. */
static void finish(struct conversation *c, const struct log_reader *r)
{
    const struct log_format *format = r->format;
    conversation_end_lines(c);
    c->imap = r->imap;
    (void)conversation_guess_protocol(c);
    if (format->escaping || c->piece_count == 0 || c->protocol != PROTOCOL_IMAP) {
        return;
    }
    log_settle_literals(c);
    const struct piece *last = &c->pieces[c->piece_count - 1];
    struct span line = conversation_octets(c, last);
    if (!last->exact && line.len > 2 && is_cut_off(span_sub(line, 0, line.len - 2))) {
        conversation_add_hole_at_end(c, last->side, 2, false);
    }
}

void log_read(struct recording *recording, const struct log_format *format, struct span text)
{
    struct log_reader r;
    text = reader_init(&r, text);
    reader_use(&r, format, text);
    r.recording = recording;
    recording->format = format->name;
    struct log_lines lines;
    log_lines_init(&lines, text);
    struct span line = {0};
    struct log_line said;
    while (read_line(&r, &lines, &line, &said)) {
        r.line++;
        if (said.kind != LOG_REMARK || said.opens || said.closes) {
            log_take(&r, lines.skipped, line, &said);
        }
    }
    for (size_t i = 0; i < recording->count; i++) {
        finish(&recording->conversations[i], &r);
    }
    reader_fini(&r);
}
