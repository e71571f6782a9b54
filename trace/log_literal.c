/* SPDX-License-Identifier: MIT */
/* IMAP literals as logs show them. A pasted log seldom has all octets that "{n}" announces: bodies
   are cut short, addresses are replaced, tabs have become spaces. Where the line behind the literal
   can be told, the count is taken at its word, and what is shown of the octets is not. */
#include "parsers/imap/response.h"
#include "trace/log.h"

enum {
    NEAR = 4,           /* octets: a count that is wrong, not a log that is */
    BEYOND = 64 * 1024, /* how far behind the announced end the real one is looked for */
};

/* A side's pieces, from the one behind a literal's head on. */
struct walk {
    const struct conversation *c;
    enum side side;
    size_t index; /* in the side's list of pieces */
    uint64_t len; /* octets from the head to this piece */
};

static const struct piece *piece_at(const struct walk *w)
{
    const struct stream *s = &w->c->stream[w->side];
    return w->index < s->piece_count ? &w->c->pieces[s->pieces[w->index]] : NULL;
}

/* The line without its end. */
static struct span line_of(const struct conversation *c, const struct piece *piece)
{
    struct span line = conversation_octets(c, piece);
    bool ended = line.len > 1 && line.ptr[line.len - 2] == '\r' && line.ptr[line.len - 1] == '\n';
    return span_sub(line, 0, ended ? line.len - 2 : line.len);
}

static bool is_tagged(struct span line)
{
    struct parse p;
    parse_init(&p, line, 0, NULL);
    return parse_run(&p, CLASS_TAG).len > 0 && parse_octet(&p, ' ') &&
           (PARSE_TEXT(&p, "OK") || PARSE_TEXT(&p, "NO") || PARSE_TEXT(&p, "BAD")) &&
           (parse_at_end(&p) || parse_peek(&p) == ' ');
}

static bool is_response(struct span line)
{
    return (line.len > 2 && (line.ptr[0] == '*' || line.ptr[0] == '+') && line.ptr[1] == ' ') ||
           is_tagged(line);
}

/* The literal may end on this line: what comes next in the log is no more of it. Sets how many
   octets it has then; wanted, where that is possible. */
static bool may_end(const struct walk *w, uint64_t wanted, uint64_t *len)
{
    const struct piece *piece = piece_at(w);
    const struct piece *next = piece + 1 < w->c->pieces + w->c->piece_count ? piece + 1 : NULL;
    struct span line = line_of(w->c, piece);
    struct literal_head head;
    bool again = frame_literal_head(conversation_octets(w->c, piece), &head);
    bool turn = next == NULL || next->side != w->side;
    bool fits = wanted >= w->len && wanted <= w->len + line.len;
    size_t at = fits ? (size_t)(wanted - w->len) : 0;
    bool rest = fits && at < line.len && (line.ptr[at] == ')' || line.ptr[at] == ' ');
    if (w->side == SIDE_CLIENT) {
        *len = fits ? wanted : w->len + (again ? 0 : line.len);
        return again || turn || wanted == w->len + line.len || (rest && w->len > 0);
    }
    bool closed = line.len > 0 && line.ptr[line.len - 1] == ')';
    bool front = line.len > 0 && (line.ptr[0] == ')' || line.ptr[0] == ' ');
    bool end = turn ? front : is_response(line_of(w->c, next));
    fits = rest;
    *len = fits ? wanted : w->len + (front || line.len == 0 ? 0 : line.len - 1);
    return again ? front || fits : closed && end;
}

/* The log shows LF where CRLF was counted for, or the other way round. */
static bool is_line_ends(uint64_t shown, uint64_t announced, size_t lines)
{
    return lines > 2 && shown == announced + lines;
}

/* The line before the walk's is not blank, or is the literal's head. */
static bool is_filled(const struct walk *w)
{
    const struct stream *s = &w->c->stream[w->side];
    return w->index == 0 || line_of(w->c, &w->c->pieces[s->pieces[w->index - 1]]).len > 0;
}

/* The literal is a header, two octets shorter than announced: RFC 3501 section 6.4.5 puts a blank
   line at its end, and the log has lost it. */
static bool lacks_blank_line(const struct walk *w, uint64_t shown, uint64_t announced)
{
    const struct stream *s = &w->c->stream[w->side];
    if (w->side != SIDE_SERVER || shown + 2 != announced || w->index == 0) {
        return false;
    }
    struct span head = line_of(w->c, &w->c->pieces[s->pieces[w->index - 1]]);
    size_t section = head.len;
    while (section > 0 && head.ptr[section - 1] != '[') {
        section--;
    }
    struct span name = span_from(head, section);
    while (name.len > 1 && (octet_is(name.ptr[0], CLASS_DIGIT) || name.ptr[0] == '.')) {
        name = span_from(name, 1);
    }
    return span_starts_nocase(name, SPAN_LIT("HEADER")) ||
           span_starts_nocase(name, SPAN_LIT("MIME"));
}

/* Where a literal ends in the log. */
struct end {
    size_t index;   /* of the side's piece */
    size_t rest;    /* octets of that piece that still belong to the literal */
    uint64_t shown; /* octets of the literal in the log */
    bool cut;       /* the rest of the response is not shown either */
};

/* "* 3 FETCH": data about messages. */
static bool is_message_data(struct span line)
{
    struct parse p;
    parse_init(&p, line, 0, NULL);
    return PARSE_TEXT(&p, "* ") && parse_run(&p, CLASS_DIGIT).len > 0 && parse_octet(&p, ' ') &&
           (PARSE_TEXT(&p, "FETCH (") || PARSE_TEXT(&p, "EXISTS") || PARSE_TEXT(&p, "EXPUNGE"));
}

/* The server's line says that the literal and all behind it were left out: it answers the command,
   is the next response, or comes after the client's next command. */
static bool is_cut(const struct walk *w)
{
    const struct piece *piece = piece_at(w);
    return w->side == SIDE_SERVER &&
           (is_tagged(line_of(w->c, piece)) || is_message_data(line_of(w->c, piece)) ||
            (piece > w->c->pieces && (piece - 1)->side == SIDE_CLIENT));
}

/* Finds the end of the literal of so many octets that begins at the walk's place. False: it is as
   announced, or nearly so, or cannot be told. */
static bool find_end(struct walk w, uint64_t announced, struct end *end)
{
    const struct piece *first = piece_at(&w);
    const struct walk start = w;
    bool found = false;
    for (size_t lines = 0; piece_at(&w) != NULL && w.len <= announced + BEYOND;
         lines++, w.index++) {
        const struct piece *piece = piece_at(&w);
        uint64_t len = 0;
        if (piece->exact) {
            return false;
        }
        if (!found && w.len < announced && is_cut(&w)) {
            *end = (struct end){w.index, 0, w.len, true};
            found = true;
        }
        if (may_end(&w, announced, &len)) {
            bool near = len <= announced + NEAR && announced <= len + NEAR;
            bool hidden = conversation_hole(w.c, w.side, first->off, (size_t)len) != NULL;
            bool blank = is_filled(&w) && lacks_blank_line(&start, len, announced);
            if (len == announced ||
                (near && !hidden && !blank && !is_line_ends(len, announced, lines))) {
                return false;
            }
            if (!found) {
                *end = (struct end){w.index, (size_t)(len - w.len), len, false};
                found = true;
            }
        }
        w.len += piece->len;
    }
    if (!found && w.side == SIDE_SERVER && w.len < announced && piece_at(&w) == NULL) {
        *end = (struct end){w.index, 0, w.len, true}; /* the log ends inside */
        found = true;
    }
    return found && announced <= LOG_UNSEEN_MOST;
}

/* Adds octets of the piece, where there is something to add to; hidden: they are not to be trusted.
 */
static void copy(struct conversation *out, const struct conversation *c, const struct piece *piece,
                 size_t pos, size_t len, bool hidden)
{
    struct piece where = *piece;
    where.column += pos;
    if (len == 0 || out == NULL) {
        return;
    }
    conversation_add(out, piece->side, span_sub(conversation_octets(c, piece), pos, len), &where);
    out->pieces[out->piece_count - 1].exact = piece->exact;
    if (hidden) {
        conversation_add_hole_at_end(out, piece->side, len, true);
        return;
    }
    uint64_t from = piece->off + pos;
    uint64_t end = from + len;
    uint64_t start = out->stream[piece->side].len - len;
    const struct hole *hole = NULL;
    for (uint64_t i = from; i < end; i = hole->off + hole->len) {
        hole = conversation_hole(c, piece->side, i, (size_t)(end - i));
        if (hole == NULL) {
            return;
        }
        uint64_t off = hole->off < from ? from : hole->off;
        uint64_t to = hole->off + hole->len < end ? hole->off + hole->len : end;
        const struct hole moved = {start + off - from, (size_t)(to - off), hole->inside};
        conversation_add_hole(out, piece->side, &moved);
    }
}

/* What is done with one side. */
struct settling {
    size_t seen;   /* pieces that were taken */
    bool response; /* the last one was a line of the server that may go on behind a literal */
    bool inside;   /* a literal is being put right: */
    struct end end;
    uint64_t left; /* octets announced that were not put yet */
};

/* Puts what the log does not show of the literal, and of the response when that is cut, too. */
static void end_inside(struct settling *s, struct conversation *out, enum side side,
                       const struct piece *where)
{
    s->inside = false;
    if (out != NULL) {
        conversation_add_unseen(out, side, s->left, where);
    }
    if (out != NULL && s->end.cut) {
        conversation_add(out, side, SPAN_LIT("\r\n"), where);
        conversation_add_hole_at_end(out, side, 2, false);
    }
}

/* Copies the literal's part of the piece; where the rest begins. */
static size_t take_inside(struct settling *s, struct conversation *out,
                          const struct conversation *c, const struct piece *piece)
{
    size_t own = s->seen < s->end.index ? piece->len : s->end.rest;
    size_t len = s->left < own ? (size_t)s->left : own;
    copy(out, c, piece, 0, len, true);
    s->left -= len;
    if (s->seen < s->end.index) {
        return own;
    }
    end_inside(s, out, piece->side, piece);
    return own;
}

static bool take(struct settling *s, struct conversation *out, const struct conversation *c,
                 const struct piece *piece)
{
    size_t pos = s->inside ? take_inside(s, out, c, piece) : 0;
    copy(out, c, piece, pos, piece->len - pos, false);
    s->seen++;
    struct span line = conversation_octets(c, piece);
    struct literal_head head;
    bool literal =
        !s->inside && !piece->exact && frame_literal_head(line, &head) && head.len > 0 &&
        (piece->side == SIDE_CLIENT || s->response || imap_response_may_have_literal(line));
    s->response = literal;
    const struct walk w = {c, piece->side, s->seen, 0};
    s->inside = s->inside || (literal && find_end(w, head.len, &s->end));
    s->left = literal ? head.len : s->left;
    return s->inside;
}

/* The same of the client: several lines that are no commands, and the server says that a command
   was done. */
static size_t rest_of_command(const struct conversation *c)
{
    enum { LEAST = 2 };
    struct log_speech speech = {.count = 0};
    size_t count = 0;
    while (count < c->piece_count && c->pieces[count].side == SIDE_CLIENT) {
        count++;
    }
    if (count < LEAST || count == c->piece_count) {
        return 0;
    }
    log_speech_learn(&speech, line_of(c, &c->pieces[count]));
    for (size_t i = 0; i < count; i++) {
        if (log_is_client(&speech, line_of(c, &c->pieces[i]))) {
            return 0;
        }
    }
    struct parse p;
    parse_init(&p, line_of(c, &c->pieces[count]), 0, NULL);
    return parse_run(&p, CLASS_TAG).len > 0 && PARSE_TEXT(&p, " OK") ? count : 0;
}

/* How many pieces at the front of the log are the rest of a literal: no line of the server's is a
   response up to one that closes a list, behind which one comes. */
static size_t rest_at_front(const struct conversation *c)
{
    bool closed = false;
    for (size_t i = 0; i < c->piece_count && c->pieces[i].side == SIDE_SERVER; i++) {
        struct span line = line_of(c, &c->pieces[i]);
        if (is_response(line)) {
            return closed ? i : 0;
        }
        closed = line.len > 0 && line.ptr[line.len - 1] == ')';
    }
    return 0;
}

/* Goes over the conversation; true when a literal was put right. Without out it stops there. */
static bool settle(const struct conversation *c, struct conversation *out)
{
    struct settling sides[2] = {{0}};
    size_t front = c->from_start ? 0 : rest_at_front(c);
    size_t command = c->from_start || front > 0 ? 0 : rest_of_command(c);
    bool changed = front > 0 || command > 0;
    sides[SIDE_SERVER].seen = front;
    sides[SIDE_CLIENT].seen = command;
    for (size_t i = front + command; i < c->piece_count && (out != NULL || !changed); i++) {
        const struct piece *piece = &c->pieces[i];
        changed = take(&sides[piece->side], out, c, piece) || changed;
    }
    if (sides[SIDE_SERVER].inside) {
        end_inside(&sides[SIDE_SERVER], out, SIDE_SERVER, &c->pieces[c->piece_count - 1]);
    }
    return changed;
}

void log_settle_literals(struct conversation *c)
{
    if (!settle(c, NULL)) {
        return;
    }
    struct conversation out = {0};
    (void)settle(c, &out);
    conversation_replace(c, &out);
    conversation_clear(&out);
}
