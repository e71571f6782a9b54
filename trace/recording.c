/* SPDX-License-Identifier: MIT */
#include "trace/recording.h"

#include "net/memory.h"

void recording_init(struct recording *r, const char *file)
{
    *r = (struct recording){.file = memory_text(span_text(file)), .format = ""};
}

void conversation_clear(struct conversation *c)
{
    for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        memory_free(c->stream[side].octets);
        memory_free(c->stream[side].pieces);
        memory_free(c->stream[side].holes);
        c->stream[side] = (struct stream){0};
    }
    memory_free(c->pieces);
    c->pieces = NULL;
    c->piece_count = c->piece_cap = 0;
}

void conversation_replace(struct conversation *c, struct conversation *by)
{
    conversation_clear(c);
    memcpy(c->stream, by->stream, sizeof c->stream);
    c->pieces = by->pieces;
    c->piece_count = by->piece_count;
    c->piece_cap = by->piece_cap;
    memset(by->stream, 0, sizeof by->stream);
    by->pieces = NULL;
    by->piece_count = by->piece_cap = 0;
}

static void conversation_fini(struct conversation *c)
{
    memory_free(c->name);
    memory_free(c->key);
    conversation_clear(c);
}

void recording_fini(struct recording *r)
{
    for (size_t i = 0; i < r->count; i++) {
        conversation_fini(&r->conversations[i]);
    }
    memory_free(r->conversations);
    memory_free(r->file);
    *r = (struct recording){0};
}

struct conversation *recording_conversation(struct recording *r, struct span key)
{
    for (size_t i = r->count; i > 0; i--) {
        struct conversation *c = &r->conversations[i - 1];
        if (!c->closed && span_equal(span_text(c->key), key)) {
            return c;
        }
    }
    r->conversations = memory_resize(r->conversations, r->count + 1, sizeof r->conversations[0]);
    struct conversation *c = &r->conversations[r->count++];
    *c = (struct conversation){.key = memory_text(key)};
    c->name = key.len > 0 ? memory_text(key) : memory_format("connection %zu", r->count);
    return c;
}

static void stream_append(struct stream *s, struct span octets)
{
    if (octets.len > s->cap - s->len) {
        size_t cap = s->cap < 4096 ? 4096 : s->cap * 2;
        while (cap - s->len < octets.len) {
            cap *= 2;
        }
        s->octets = memory_resize(s->octets, cap, 1);
        s->cap = cap;
    }
    if (octets.len > 0) {
        memcpy(s->octets + s->len, octets.ptr, octets.len);
    }
    s->len += octets.len;
}

static struct piece *piece_new(struct conversation *c, enum side side, const struct piece *where)
{
    if (c->piece_count == c->piece_cap) {
        c->piece_cap = c->piece_cap < 64 ? 64 : c->piece_cap * 2;
        c->pieces = memory_resize(c->pieces, c->piece_cap, sizeof c->pieces[0]);
    }
    struct stream *s = &c->stream[side];
    if (s->piece_count == s->piece_cap) {
        s->piece_cap = s->piece_cap < 64 ? 64 : s->piece_cap * 2;
        s->pieces = memory_resize(s->pieces, s->piece_cap, sizeof s->pieces[0]);
    }
    s->pieces[s->piece_count++] = c->piece_count;
    struct piece *piece = &c->pieces[c->piece_count++];
    *piece = *where;
    piece->side = side;
    piece->off = s->len;
    piece->len = 0;
    return piece;
}

/* Keeps count of IMAP literals and SMTP chunks: a log's lines inside one are not lines of the
 * protocol. */
static void count_literal(struct stream *s, struct span line)
{
    s->unit_open = s->literal > 0 && s->literal >= line.len;
    if (s->literal > 0) {
        s->literal = s->literal > line.len ? s->literal - line.len : 0;
        return;
    }
    struct literal_head head;
    struct parse p;
    parse_init(&p, line, 0, NULL);
    s->chunk =
        PARSE_TEXT(&p, "BDAT ") && parse_number(&p, INT64_MAX, RULE_NONE, &s->literal) == PARSE_OK;
    if (!s->chunk && frame_literal_head(line, &head)) {
        s->literal = head.len;
        s->unit_open = true;
    }
}

static void end_line(struct conversation *c, enum side side)
{
    struct stream *s = &c->stream[side];
    if (!s->line_open) {
        return;
    }
    s->line_open = false;
    struct piece *piece = s->piece_count > 0 ? &c->pieces[s->pieces[s->piece_count - 1]] : NULL;
    if (piece != NULL && s->chunk && s->literal > 0 && s->literal == piece->len) {
        /* The chunk ends without a line end: the one here is the log's. */
        s->literal = 0;
        return;
    }
    stream_append(s, SPAN_LIT("\r\n"));
    if (piece != NULL) {
        piece->len += 2;
        count_literal(s, (struct span){s->octets + piece->off, piece->len});
    }
}

void conversation_end_lines(struct conversation *c)
{
    end_line(c, SIDE_CLIENT);
    end_line(c, SIDE_SERVER);
}

void conversation_add(struct conversation *c, enum side side, struct span octets,
                      const struct piece *where)
{
    conversation_end_lines(c);
    struct piece *piece = piece_new(c, side, where);
    piece->exact = true;
    piece->len = octets.len;
    stream_append(&c->stream[side], octets);
}

void conversation_add_line(struct conversation *c, enum side side, struct span line,
                           const struct piece *where)
{
    conversation_end_lines(c);
    struct piece *piece = piece_new(c, side, where);
    piece->len = line.len;
    struct stream *s = &c->stream[side];
    s->unit = s->unit_open ? s->unit : piece->off;
    stream_append(s, line);
    s->line_open = true;
}

void conversation_join_line(struct conversation *c, enum side side, struct span rest,
                            const struct piece *where)
{
    struct piece *piece = piece_new(c, side, where);
    piece->len = rest.len;
    stream_append(&c->stream[side], rest);
    c->stream[side].line_open = true;
}

void conversation_add_hole(struct conversation *c, enum side side, const struct hole *hole)
{
    struct stream *s = &c->stream[side];
    const struct hole *last = s->hole_count > 0 ? &s->holes[s->hole_count - 1] : NULL;
    uint64_t end = hole->off + hole->len;
    uint64_t off =
        last != NULL && last->off + last->len > hole->off ? last->off + last->len : hole->off;
    if (off >= end) {
        return;
    }
    if (s->hole_count == s->hole_cap) {
        s->hole_cap = s->hole_cap < 16 ? 16 : s->hole_cap * 2;
        s->holes = memory_resize(s->holes, s->hole_cap, sizeof s->holes[0]);
    }
    s->holes[s->hole_count++] = (struct hole){off, (size_t)(end - off), hole->inside};
}

void conversation_add_hole_at_end(struct conversation *c, enum side side, size_t len, bool inside)
{
    const struct hole hole = {.off = c->stream[side].len - len, .len = len, .inside = inside};
    conversation_add_hole(c, side, &hole);
}

void conversation_add_unseen(struct conversation *c, enum side side, uint64_t len,
                             const struct piece *where)
{
    static const uint8_t filler[1024] = {0};
    while (len > 0) {
        size_t part = len < sizeof filler ? (size_t)len : sizeof filler;
        conversation_add(c, side, (struct span){filler, part}, where);
        memset(c->stream[side].octets + c->stream[side].len - part, '.', part);
        conversation_add_hole_at_end(c, side, part, true);
        len -= part;
    }
}

struct span conversation_octets(const struct conversation *c, const struct piece *piece)
{
    return (struct span){c->stream[piece->side].octets + piece->off, piece->len};
}

const struct hole *conversation_hole(const struct conversation *c, enum side side, uint64_t off,
                                     size_t len)
{
    const struct stream *s = &c->stream[side];
    size_t low = 0;
    for (size_t high = s->hole_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (s->holes[middle].off + s->holes[middle].len > off) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low < s->hole_count && s->holes[low].off < off + len ? &s->holes[low] : NULL;
}

const struct piece *conversation_piece(const struct conversation *c, enum side side, uint64_t off)
{
    const struct stream *s = &c->stream[side];
    size_t low = 0;
    for (size_t high = s->piece_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (c->pieces[s->pieces[middle]].off > off) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low > 0 ? &c->pieces[s->pieces[low - 1]] : NULL;
}

static bool starts_with_code(struct span line)
{
    return line.len >= 3 && line.ptr[0] >= '2' && line.ptr[0] <= '5' &&
           octet_is(line.ptr[1], CLASS_DIGIT) && octet_is(line.ptr[2], CLASS_DIGIT) &&
           (line.len == 3 || line.ptr[3] == ' ' || line.ptr[3] == '-' || line.ptr[3] == '\r');
}

/* How often the lines of one side begin as this protocol's do. */
struct score {
    unsigned smtp;
    unsigned lmtp;
    unsigned pop3;
    unsigned imap;
};

/* The line begins with one of these words; the list ends with NULL. */
static bool starts_with_any(struct span line, const char *const *words)
{
    for (; *words != NULL; words++) {
        struct span word = span_text(*words);
        if (span_starts_nocase(line, word) &&
            (line.len == word.len || !octet_is(line.ptr[word.len], CLASS_ALPHA))) {
            return true;
        }
    }
    return false;
}

static void score_server_line(struct score *score, struct span line)
{
    if (span_starts_nocase(line, SPAN_LIT("* ")) || span_starts_nocase(line, SPAN_LIT("+ "))) {
        score->imap++;
    } else if (span_starts_nocase(line, SPAN_LIT("+OK")) ||
               span_starts_nocase(line, SPAN_LIT("-ERR"))) {
        score->pop3 += 2;
    } else if (starts_with_code(line)) {
        score->smtp++;
        if (line.len > 8 && span_starts_nocase(span_from(line, 4), SPAN_LIT("LMTP"))) {
            score->lmtp++;
        }
    } else {
        struct parse p;
        parse_init(&p, line, 0, NULL);
        if (parse_run(&p, CLASS_TAG).len > 0 && parse_octet(&p, ' ') &&
            (PARSE_TEXT(&p, "OK") || PARSE_TEXT(&p, "NO") || PARSE_TEXT(&p, "BAD")) &&
            (parse_at_end(&p) || parse_peek(&p) == ' ' || parse_peek(&p) == '\r')) {
            score->imap++;
        }
    }
}

static void score_client_line(struct score *score, struct span line)
{
    static const char *const smtp[] = {"EHLO", "HELO", "MAIL FROM", "RCPT TO", "DATA",
                                       "BDAT", "VRFY", "STARTTLS",  NULL};
    static const char *const pop3[] = {"USER", "PASS", "STAT", "LIST", "RETR", "UIDL",
                                       "DELE", "TOP",  "CAPA", "STLS", "APOP", NULL};
    static const char *const imap[] = {
        "CAPABILITY", "LOGIN",  "AUTHENTICATE", "SELECT",    "EXAMINE", "FETCH",  "UID",
        "LIST",       "LSUB",   "STATUS",       "NAMESPACE", "APPEND",  "IDLE",   "NOOP",
        "ID",         "LOGOUT", "STARTTLS",     "STORE",     "SEARCH",  "CREATE", "ENABLE",
        "COPY",       "CLOSE",  "EXPUNGE",      NULL};
    if (span_starts_nocase(line, SPAN_LIT("LHLO"))) {
        score->lmtp += 4;
    } else if (starts_with_any(line, smtp)) {
        score->smtp++;
    } else if (starts_with_any(line, pop3)) {
        score->pop3++;
    } else {
        struct parse p;
        parse_init(&p, line, 0, NULL);
        struct span tag = parse_run(&p, CLASS_TAG);
        /* "AUTH LOGIN" is none of IMAP's. */
        if (tag.len > 0 && !span_is(tag, "AUTH") && parse_octet(&p, ' ') &&
            starts_with_any(span_from(line, p.pos), imap)) {
            score->imap += 2;
        }
    }
}

/* The side's first line; empty when it said nothing. */
static struct span first_line(const struct conversation *c, enum side side)
{
    for (size_t i = 0; i < c->piece_count; i++) {
        const struct piece *piece = &c->pieces[i];
        if (piece->side == side && piece->len > 0) {
            return conversation_octets(c, piece);
        }
    }
    return (struct span){0};
}

/* "* OK" is the greeting of an IMAP server, unless its code belongs to SELECT. */
static bool is_imap_greeting(struct span line)
{
    static const char *const codes[] = {
        "UIDNEXT",       "UIDVALIDITY", "PERMANENTFLAGS", "UNSEEN",  "CLOSED",
        "HIGHESTMODSEQ", "NOMODSEQ",    "ALERT",          "COPYUID", NULL};
    if (span_starts_nocase(line, SPAN_LIT("* PREAUTH"))) {
        return true;
    }
    return span_starts_nocase(line, SPAN_LIT("* OK")) &&
           !(span_starts_nocase(line, SPAN_LIT("* OK [")) &&
             starts_with_any(span_from(line, 6), codes));
}

/* Nothing of the client is there, but the server answers it. */
static bool lacks_client(const struct conversation *c)
{
    struct span first = first_line(c, SIDE_SERVER);
    bool lacks = false;
    for (size_t i = 0; i < c->piece_count; i++) {
        if (c->pieces[i].side == SIDE_CLIENT) {
            return false;
        }
        struct span line = conversation_octets(c, &c->pieces[i]);
        lacks = lacks || !span_equal(span_sub(line, 0, 3), span_sub(first, 0, 3));
    }
    return lacks;
}

/* The recording begins where the conversation does: the server's first line is a greeting. */
static bool begins_with_greeting(const struct conversation *c)
{
    static const char *const hello[] = {"EHLO", "HELO", "LHLO", NULL};
    struct span server = first_line(c, SIDE_SERVER);
    struct span client = first_line(c, SIDE_CLIENT);
    bool server_first = c->piece_count > 0 && (c->pieces[0].side == SIDE_SERVER || c->unordered);
    if (lacks_client(c)) {
        return false;
    }
    switch (c->protocol) {
    case PROTOCOL_IMAP:
        return server_first && is_imap_greeting(server);
    case PROTOCOL_POP3:
        return server_first && span_starts_nocase(server, SPAN_LIT("+OK")) &&
               (server.len < 5 || !octet_is(server.ptr[4], CLASS_DIGIT));
    case PROTOCOL_SMTP:
    case PROTOCOL_SUBMISSION:
    case PROTOCOL_LMTP:
        break;
    }
    return span_starts_nocase(server, SPAN_LIT("220")) &&
           (server.len < 5 || !octet_is(server.ptr[4], CLASS_DIGIT)) &&
           (client.len == 0 || starts_with_any(client, hello));
}

/* RFC 2033 section 4.2: LMTP answers a message once for each recipient. Nothing is known of the
   greeting; behind the end of a message there are two replies or more, and no more than recipients.
 */
static bool answers_each_recipient(const struct conversation *c)
{
    enum { LOOK = 400, LEAST = 2 };
    static const char *const hello[] = {"EHLO", "HELO", NULL};
    unsigned recipients = 0;
    unsigned replies = 0;
    bool ended = false;
    for (size_t i = 0; i < c->piece_count && i < LOOK; i++) {
        struct span line = conversation_octets(c, &c->pieces[i]);
        if (c->pieces[i].side == SIDE_CLIENT) {
            if (starts_with_any(line, hello)) {
                return false;
            }
            bool recipient = span_starts_nocase(line, SPAN_LIT("RCPT TO:"));
            recipients = ended ? recipient : recipients + recipient;
            ended = span_equal(line, SPAN_LIT(".\r\n"));
            replies = 0;
        } else if (ended && starts_with_code(line) && (line.len < 4 || line.ptr[3] != '-')) {
            replies++;
            if (replies >= LEAST && replies <= recipients) {
                return true;
            }
        }
    }
    return false;
}

bool conversation_guess_protocol(struct conversation *c)
{
    enum { LOOK = 400 };
    struct score score = {0};
    for (size_t i = 0; i < c->piece_count && i < LOOK; i++) {
        const struct piece *piece = &c->pieces[i];
        struct span line = conversation_octets(c, piece);
        if (piece->side == SIDE_SERVER) {
            score_server_line(&score, line);
        } else {
            score_client_line(&score, line);
        }
    }
    unsigned smtp = score.smtp + score.lmtp;
    c->known = smtp + score.pop3 + score.imap > 0;
    if (score.imap >= smtp && score.imap >= score.pop3) {
        c->protocol = PROTOCOL_IMAP;
    } else if (score.pop3 >= smtp) {
        c->protocol = PROTOCOL_POP3;
    } else {
        bool local = score.lmtp > 0 || answers_each_recipient(c);
        c->protocol = local ? PROTOCOL_LMTP : PROTOCOL_SMTP;
    }
    if (c->imap && c->stream[SIDE_CLIENT].len == 0 && (!c->known || c->protocol != PROTOCOL_IMAP)) {
        /* The greeting is none of IMAP's. */
        c->protocol = PROTOCOL_IMAP;
        c->known = c->from_start = true;
    }
    c->from_start = c->from_start || (c->known && begins_with_greeting(c));
    return c->known;
}
