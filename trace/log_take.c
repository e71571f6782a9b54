/* SPDX-License-Identifier: MIT */
/* What is the same for all logs: a line that the format has read becomes octets of a conversation,
   with what the log has lost put back or marked as a hole. */
#include "trace/log.h"

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

bool log_is_unbalanced(struct span line)
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

/* The list of a response code is open: "* OK [CAPABILITY IMAP4rev1". */
static bool has_open_code(struct span line)
{
    const uint8_t *open = line.len > 0 ? memchr(line.ptr, '[', line.len) : NULL;
    return open != NULL && memchr(line.ptr, ']', line.len) == NULL;
}

static void follow_client(struct log_reader *r, struct conversation *c, struct span said)
{
    if (r->in_data) {
        r->in_data = !span_is(said, ".");
        r->data_shown = true;
        r->waiting += !r->in_data;
        return;
    }
    if (r->in_auth || c->stream[SIDE_CLIENT].literal > 0) {
        r->in_auth = false;
        return;
    }
    struct parse p;
    parse_init(&p, said, 0, NULL);
    struct span word = parse_run(&p, CLASS_VCHAR);
    size_t len = word.len < sizeof r->verb - 1 ? word.len : sizeof r->verb - 1;
    memcpy(r->verb, word.ptr, len);
    r->verb[len] = '\0';
    memcpy(r->tag, r->verb, sizeof r->tag);
    bool many = span_is(word, "RETR") || span_is(word, "TOP") || span_is(word, "CAPA") ||
                ((span_is(word, "LIST") || span_is(word, "UIDL")) && parse_at_end(&p));
    if (!many && !span_is(word, "DATA") && !span_is(word, "AUTH")) {
        r->verb[0] = '\0';
    }
    c->quit = c->quit || span_is(word, "QUIT") ||
              (parse_octet(&p, ' ') && span_is(span_from(said, p.pos), "LOGOUT"));
    r->in_message = span_is(word, "RETR") || span_is(word, "TOP");
    r->refused_data = r->refused_data && !log_is_client(&r->speech, said);
    r->hello = span_is(word, "EHLO") || span_is(word, "LHLO");
    r->in_lines = false;
    r->waiting++;
}

static void follow_server(struct log_reader *r, struct conversation *c, struct span said)
{
    bool last =
        said.len > 2 && octet_is(said.ptr[0], CLASS_DIGIT) && (said.len == 3 || said.ptr[3] == ' ');
    bool auth = span_is(span_text(r->verb), "AUTH");
    r->untagged = r->untagged || span_starts_nocase(said, SPAN_LIT("* "));
    if (r->in_lines) {
        r->in_lines = !span_is(said, ".");
        r->lines_shown = true;
        return;
    }
    r->in_auth = (auth && said.len > 0 && said.ptr[0] == '+' &&
                  !span_starts_nocase(said, SPAN_LIT("+OK"))) ||
                 span_starts_nocase(said, SPAN_LIT("334"));
    if (span_starts_nocase(said, SPAN_LIT("+OK"))) {
        r->lines_shown = false;
        r->in_lines = r->verb[0] != '\0' && !auth && !span_is(span_text(r->verb), "DATA");
        r->verb[0] = '\0';
        last = true;
    } else if (last && said.ptr[0] >= '4' && span_is(span_text(r->verb), "DATA")) {
        r->refused_data = true;
        r->verb[0] = '\0';
    } else if (span_starts_nocase(said, SPAN_LIT("354")) && last) {
        r->in_data = span_is(span_text(r->verb), "DATA");
        r->data_shown = false;
        r->verb[0] = '\0';
    }
    if ((last || span_starts_nocase(said, SPAN_LIT("-ERR"))) && !r->in_auth) {
        r->waiting -= r->waiting > 0;
        c->quit_answered = c->quit && r->waiting == 0;
    }
}

static void follow_tag(const struct log_reader *r, struct conversation *c, enum side side,
                       struct span said)
{
    struct span tag = log_tag_of(&r->speech, side, said);
    if (side == SIDE_CLIENT && tag.len == 0) {
        /* What is no command may have the next tag all the same. */
        struct parse p;
        parse_init(&p, said, 0, NULL);
        struct span word = parse_run(&p, CLASS_TAG);
        tag = log_tag_distance(word, span_text(c->tag)) == 1 ? word : tag;
    }
    if (side == SIDE_SERVER) {
        c->tag_answered = c->tag_answered || (tag.len > 0 && span_equal(tag, span_text(c->tag)));
    } else if (tag.len > 0 && tag.len < sizeof c->tag) {
        memcpy(c->tag, tag.ptr, tag.len);
        c->tag[tag.len] = '\0';
        c->tag_answered = false;
    }
}

/* Follows who may speak next, so that unmarked lines of data find their side. */
static void follow(struct log_reader *r, struct conversation *c, enum side side, struct span said)
{
    if (c->stream[side].literal == 0) {
        follow_tag(r, c, side, said);
    }
    if (side == SIDE_CLIENT) {
        follow_client(r, c, said);
    } else {
        follow_server(r, c, said);
    }
}

static void take_literal(struct conversation *c, enum side side, uint64_t len,
                         const struct piece *where)
{
    conversation_end_lines(c);
    conversation_add_unseen(c, side, len < LOG_UNSEEN_MOST ? len : LOG_UNSEEN_MOST, where);
    c->stream[side].literal = 0;
}

/* What the log does not show of a side, as far as its end is known from what the other side says
   then: the end of message data or of the lines of a reply, the response to a challenge. */
static void add_hidden(struct conversation *c, enum side side, struct span end,
                       const struct piece *where)
{
    conversation_add(c, side, end, where);
    conversation_add_hole_at_end(c, side, end.len, false);
}

/* The server answers the rest of a chunk that the log does not show. */
static void add_hidden_chunk(struct conversation *c, const struct piece *where)
{
    struct stream *client = &c->stream[SIDE_CLIENT];
    if (client->chunk && client->literal > 0) {
        take_literal(c, SIDE_CLIENT, client->literal, where);
    }
}

/* "MAIL FROM:" and nothing more, in a log without any "<": the path was taken for markup. */
static bool lost_path(const struct log_reader *r, struct span said)
{
    struct span line = trim(said);
    return !r->angles && !r->in_data && (span_is(line, "MAIL FROM:") || span_is(line, "RCPT TO:"));
}

/* The blank at the end of an empty challenge, where the log may have taken such blanks: a
   transcript that somebody has marked line by line is taken as it stands. */
static struct span with_blank(const struct log_reader *r, enum side side, struct span said)
{
    bool kept = side == SIDE_CLIENT || r->in_lines || r->format->escaping || r->ends_written ||
                r->blanks || r->format->read == log_read_plain;
    return !kept && span_is(said, "+")     ? SPAN_LIT("+ ")
           : !kept && span_is(said, "334") ? SPAN_LIT("334 ")
                                           : said;
}

/* A line of one side, without its end. */
static void take_line(struct log_reader *r, struct conversation *c, enum side side,
                      struct span said, const struct piece *where)
{
    conversation_end_lines(c);
    bool body = r->in_lines && !r->lines_shown && (r->in_message || !r->format->whole);
    bool ended = !r->data_shown || (!r->format->whole && log_is_server(&r->speech, said));
    if (side == SIDE_SERVER && r->in_data && ended) {
        add_hidden(c, SIDE_CLIENT, SPAN_LIT(".\r\n"), where);
        r->in_data = false;
    } else if (side == SIDE_CLIENT && body) {
        add_hidden(c, SIDE_SERVER, SPAN_LIT(".\r\n"), where);
    } else if (side == SIDE_SERVER && r->in_auth) {
        add_hidden(c, SIDE_CLIENT, SPAN_LIT("\r\n"), where);
    } else if (side == SIDE_SERVER) {
        add_hidden_chunk(c, where);
    } else if (r->in_data && !r->data_shown && log_is_placeholder(trim(said))) {
        return;
    }
    conversation_add_line(c, side, c->stream[side].literal > 0 ? said : with_blank(r, side, said),
                          where);
    log_add_gaps(c, side, said);
    if (side == SIDE_CLIENT && lost_path(r, said)) {
        conversation_add_hole_at_end(c, side, said.len, false);
    }
    follow(r, c, side, said);
    r->last_side = side;
}

/* The end of a line as programs write it into logs: "\r\n", or CRLF of what was quoted, or "[nl]"
   between the lines of a reply. */
static size_t find_end(struct span said, size_t *len)
{
    static const struct {
        const char *text;
        size_t len;
    } ends[] = {{"\\r\\n", 4}, {"\r\n", 2}, {"[nl]", 4}};
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t pos = log_find(said, 0, ends[i].text);
        *len = pos < found ? ends[i].len : *len;
        found = pos < found ? pos : found;
    }
    return found;
}

/* What was said, without the end that somebody shows: "AUTH PLAIN<ENTER>", "250 OK<CRLF>"; but a
   server may end a line with "<CRLF>.<CRLF>". */
static struct span without_key(struct span said, enum side side)
{
    static const char *const keys[] = {"<ENTER>", "<enter>", "<CRLF>", "<CR><LF>",
                                       "<CR>",    "[ENTER]", "[CRLF]", NULL};
    for (const char *const *key = keys; *key != NULL; key++) {
        size_t len = span_text(*key).len;
        if (said.len > len && span_equal(span_from(said, said.len - len), span_text(*key))) {
            struct span line = span_sub(said, 0, said.len - len);
            bool own = side == SIDE_SERVER && log_find(line, 0, *key) != SIZE_MAX;
            return own ? said : line;
        }
    }
    return said;
}

/* What telnet and the like say themselves. */
static bool is_telnet(struct span said)
{
    return span_starts_nocase(said, SPAN_LIT("Connection closed")) ||
           span_starts_nocase(said, SPAN_LIT("Escape character is")) ||
           span_starts_nocase(said, SPAN_LIT("Connected to ")) ||
           (span_starts_nocase(said, SPAN_LIT("Trying ")) &&
            span_equal(span_from(said, said.len - 3), SPAN_LIT("...")));
}

/* Undoes the quotes that a debugger puts around a line: '* OK hi', b'* OK hi\r\n'. */
static struct span unquote(struct log_reader *r, struct span said)
{
    size_t bytes = said.len > 2 && said.ptr[0] == 'b' ? 1 : 0;
    uint8_t quote = said.len > 1 ? said.ptr[bytes] : 0;
    struct span inner = {0};
    if (quote != '"' && quote != '\'') {
        return said;
    }
    if (r->paste.doubled && said.ptr[said.len - 1] == quote) {
        return span_sub(said, bytes + 1, said.len - bytes - 2); /* its escapes are undone */
    }
    return log_decode_python(r, said, bytes, &inner) ? inner : said;
}

/* What the log has put on one line: as it is, or in quotes, or several lines of the protocol. What
   stands behind the last line's end is the log's. */
static void take_said(struct log_reader *r, struct conversation *c, enum side side,
                      struct span said, const struct piece *where)
{
    bool data = side == SIDE_CLIENT ? r->in_data : r->in_lines;
    data = data || c->stream[side].literal > 0;
    said = side == SIDE_SERVER && data ? said : without_key(said, side);
    size_t len = 0;
    if (data) {
        bool cut = r->ends_written && c->stream[side].literal == 0;
        take_line(r, c, side, span_sub(said, 0, cut ? find_end(said, &len) : said.len), where);
        return;
    }
    if (side == SIDE_SERVER && is_telnet(said)) {
        return;
    }
    said = unquote(r, said);
    said = r->notes && !r->format->escaping ? log_without_note(said, side) : said;
    if (r->untagged && !r->format->escaping) {
        said = log_without_remark(said, side);
        if (log_is_remark(said)) {
            return;
        }
    }
    size_t end = find_end(said, &len);
    r->ends_written = r->ends_written || (end != SIZE_MAX && !r->format->escaping);
    if (end == SIZE_MAX) {
        take_line(r, c, side, said, where);
    }
    while (end != SIZE_MAX) {
        bool between = said.ptr[end] == '[';
        take_line(r, c, side, span_sub(said, 0, end), where);
        said = span_from(said, end + len);
        end = find_end(said, &len);
        if (end == SIZE_MAX && between) {
            take_line(r, c, side, said, where);
        }
    }
}

/* The line goes on with the reply that the server has begun: "250-" before it, the same code. */
static bool continues_reply(const struct log_reader *r, const struct conversation *c,
                            struct span line)
{
    const struct piece *last = c->piece_count > 0 ? &c->pieces[c->piece_count - 1] : NULL;
    if (last == NULL || last->side != SIDE_SERVER || last->len < 4 || r->in_lines) {
        return false;
    }
    const uint8_t *reply = c->stream[SIDE_SERVER].octets + last->off;
    return reply[3] == '-' && octet_is(reply[0], CLASS_DIGIT) && octet_is(reply[1], CLASS_DIGIT) &&
           octet_is(reply[2], CLASS_DIGIT) && line.len > 3 && memcmp(line.ptr, reply, 3) == 0 &&
           (line.ptr[3] == '-' || line.ptr[3] == ' ');
}

/* Exim's "10:00:00  4711          250-SIZE": the line without the stamp and what aligns it. */
static struct span behind_stamp(struct span line)
{
    size_t pos = line.len;
    for (size_t i = 2; i + 3 < line.len && pos == line.len; i++) {
        bool code = line.ptr[i - 1] == ' ' && line.ptr[i - 2] == ' ' &&
                    octet_is(line.ptr[i], CLASS_DIGIT) && octet_is(line.ptr[i + 1], CLASS_DIGIT) &&
                    octet_is(line.ptr[i + 2], CLASS_DIGIT) &&
                    (line.ptr[i + 3] == '-' || line.ptr[i + 3] == ' ');
        pos = code && log_skip_stamp(span_sub(line, 0, i)) == i ? i : pos;
    }
    return pos < line.len ? span_from(line, pos) : line;
}

/* Only the first of several IMAP responses is marked, and this is another one. */
static bool continues_responses(const struct log_reader *r, const struct conversation *c,
                                struct span line)
{
    struct span tag = log_tag_of(&r->speech, SIDE_SERVER, line);
    bool response = span_starts_nocase(line, SPAN_LIT("* ")) ||
                    (tag.len > 0 && span_equal(tag, span_text(c->tag)));
    return r->untagged && r->last_side == SIDE_SERVER && c->piece_count > 0 && response &&
           c->stream[SIDE_SERVER].literal == 0 && log_is_server(&r->speech, line);
}

/* The server greets: the conversation before this one has ended. */
static bool greets_again(const struct conversation *c, struct span said)
{
    return (c->quit && span_starts_nocase(said, SPAN_LIT("220"))) ||
           (c->quit_answered && (span_starts_nocase(said, SPAN_LIT("+OK")) ||
                                 span_starts_nocase(said, SPAN_LIT("* OK"))));
}

/* The line that a side said last, without its end. */
static struct span last_line(const struct stream *s)
{
    size_t start = s->len - 2;
    while (start > 0 && s->octets[start - 1] != '\n') {
        start--;
    }
    return (struct span){s->octets + start, s->len - 2 - start};
}

/* The line is the rest of the one that was said last, which the log has wrapped. */
static bool take_wrapped(const struct log_reader *r, struct conversation *c, struct span line,
                         const struct piece *where)
{
    enum side side = r->last_side;
    struct stream *s = &c->stream[side];
    const struct piece *last = c->piece_count > 0 ? &c->pieces[c->piece_count - 1] : NULL;
    bool indented = line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
    if (!r->format->wraps || r->blank || last == NULL || last->exact || last->len < 2) {
        return false;
    }
    struct span open = last_line(s);
    struct literal_head head = {0};
    if (frame_literal_head((struct span){open.ptr, open.len + 2}, &head)) {
        /* What follows an empty literal stands on a line of its own. */
        conversation_add_line(c, side, line, where);
        return true;
    }
    if (log_is_server(&r->speech, line)) {
        return false;
    }
    bool numbers = open.len > 0 && open.ptr[open.len - 1] == ',' && line.len > 0 &&
                   octet_is(line.ptr[0], CLASS_DIGIT);
    struct span glue = indented ? SPAN_LIT(" ") : SPAN_LIT("");
    const struct span unit = {s->octets + s->unit, (size_t)(s->len - 2 - s->unit)};
    if (!(indented && log_goes_on(side, unit, trim(line), &glue)) && !log_is_unbalanced(open) &&
        !numbers && !(indented && has_open_code(open))) {
        return false;
    }
    /* Take back the line end that was put there, and go on behind it. */
    s->len -= 2;
    c->pieces[c->piece_count - 1].len -= 2;
    bool spaced = s->len > 0 && s->octets[s->len - 1] == ' ';
    if (glue.len > 0 && !spaced) {
        conversation_join_line(c, side, glue, where);
    }
    struct span rest = indented ? trim(line) : line;
    conversation_join_line(c, side, rest, where);
    log_add_gaps(c, side, rest);
    return true;
}

/* A marked line that is indented behind the mark, as RFCs indent what they wrap. */
static bool is_indented_rest(const struct log_reader *r, const struct conversation *c,
                             const struct log_line *line)
{
    return line->side == r->last_side && line->said.len > 2 && line->said.ptr[0] == ' ' &&
           line->said.ptr[1] == ' ' && c->stream[line->side].literal == 0 && !r->in_lines &&
           !r->in_data;
}

/* A line that the format does not mark: the rest of a literal, of message data, of a wrapped line,
   or somebody's remark. */
static void take_unmarked(struct log_reader *r, struct conversation *c, struct span line,
                          const struct piece *where)
{
    struct span rest = trim(line);
    rest = continues_reply(r, c, rest) ? rest : behind_stamp(rest);
    bool reply = continues_reply(r, c, rest);
    conversation_end_lines(c);
    if (reply || continues_responses(r, c, line)) {
        take_line(r, c, SIDE_SERVER, reply ? rest : trim(line), where);
        return;
    }
    enum side side = r->last_side;
    struct stream *s = &c->stream[side];
    bool data = side == SIDE_CLIENT && ((r->in_data && (r->data_shown || r->format->whole)) ||
                                        (r->refused_data && trim(line).len > 0));
    if (s->literal > 0 || data || (side == SIDE_SERVER && r->in_lines)) {
        bool ends = s->literal == 0 && !r->refused_data && span_is(line, ".");
        conversation_add_line(c, side, line, where);
        if (ends) {
            follow(r, c, side, line);
        }
        return;
    }
    r->blank = r->blank || trim(line).len == 0;
    (void)take_wrapped(r, c, line, where);
}

/* What comes now may be another part of the session, or of another one: a block of code began that
   does not begin with the answer to the one before. */
static bool is_apart(const struct log_reader *r, const struct log_line *line)
{
    return r->fence && (line->side == SIDE_CLIENT || r->last_side == SIDE_SERVER);
}

/* The tag shows that a command came before that the log does not have: a number is left out, or
   something is answered when nothing waits. What the state is then is not known. */
static bool skips_command(const struct log_reader *r, const struct conversation *c,
                          const struct log_line *line)
{
    if (r->format->escaping || c->tag[0] == '\0') {
        return false;
    }
    struct span tag = log_tag_of(&r->speech, line->side, line->said);
    uint64_t distance = log_tag_distance(tag, span_text(c->tag));
    return line->side == SIDE_CLIENT ? distance > 1 : distance > 0 && c->tag_answered;
}

/* The server's last line has "-" behind its code: the log lacks the reply's last line. */
static bool is_reply_open(const struct conversation *c)
{
    const struct piece *last = c->piece_count > 0 ? &c->pieces[c->piece_count - 1] : NULL;
    const uint8_t *line = last == NULL ? NULL : c->stream[last->side].octets + last->off;
    return last != NULL && last->side == SIDE_SERVER && last->len > 3 && line[3] == '-' &&
           octet_is(line[0], CLASS_DIGIT) && octet_is(line[1], CLASS_DIGIT) &&
           octet_is(line[2], CLASS_DIGIT);
}

/* A literal of the side that spoke last is not complete. */
static bool is_in_literal(const struct log_reader *r, const struct conversation *c)
{
    const struct stream *s = &c->stream[r->last_side];
    return s->literal > 0 || (s->line_open && s->len > 0 && s->octets[s->len - 1] == '}');
}

void log_take(struct log_reader *r, size_t skipped, struct span whole, const struct log_line *line)
{
    if (line->kind == LOG_UNMARKED && r->recording->count == 0) {
        return;
    }
    r->last_key = line->kind == LOG_UNMARKED ? r->last_key : line->key;
    struct conversation *c = recording_conversation(r->recording, r->last_key);
    bool says = line->kind == LOG_SAID || line->kind == LOG_EXACT;
    bool again = says && ((line->side == SIDE_SERVER && greets_again(c, line->said)) ||
                          (!r->in_literal && (is_apart(r, line) || skips_command(r, c, line))));
    bool cut = says && line->side == SIDE_CLIENT && r->last_side == SIDE_SERVER &&
               r->waiting <= 1 && !r->format->escaping && is_reply_open(c);
    again = again || cut;
    bool omitted = (says || line->kind == LOG_UNMARKED) && !r->in_literal && !r->in_data &&
                   !r->in_lines && log_is_omission(trim(line->said));
    if ((line->opens || again || omitted) && c->piece_count > 0) {
        conversation_end_lines(c);
        c->closed = true;
        c = recording_conversation(r->recording, r->last_key);
    }
    if (omitted) {
        return;
    }
    if (line->breaks) {
        conversation_end_lines(c);
        c->stream[r->last_side].literal = 0;
    }
    if (line->unseen) {
        conversation_end_lines(c);
        take_literal(c, line->side, c->stream[line->side].literal,
                     &(struct piece){.line = r->line});
    }
    r->fence = r->fence && !says;
    r->blank = r->blank && !says;
    c->from_start = c->from_start || line->opens;
    bool inside =
        whole.ptr != NULL && line->said.ptr >= whole.ptr && line->said.ptr <= whole.ptr + whole.len;
    const struct piece where = {.line = r->line,
                                .column =
                                    inside ? skipped + (uint64_t)(line->said.ptr - whole.ptr) : 0,
                                .seconds = line->seconds};
    switch (line->kind) {
    case LOG_REMARK:
        break;
    case LOG_SAID:
        if (is_indented_rest(r, c, line)) {
            conversation_end_lines(c);
        }
        if (!is_indented_rest(r, c, line) || !take_wrapped(r, c, line->said, &where)) {
            take_said(r, c, line->side, line->said, &where);
        }
        break;
    case LOG_EXACT:
        conversation_add(c, line->side, line->said, &where);
        log_add_gaps(c, line->side, line->said);
        r->last_side = line->side;
        break;
    case LOG_LITERAL:
        take_literal(c, line->side, line->literal, &where);
        break;
    case LOG_UNMARKED:
        take_unmarked(r, c, line->said, &where);
        break;
    }
    if (line->closes) {
        conversation_end_lines(c);
        c->closed = true;
    }
    if (!r->format->wraps) {
        conversation_end_lines(c);
    }
    r->in_literal = is_in_literal(r, c);
}
