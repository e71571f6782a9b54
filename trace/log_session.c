/* SPDX-License-Identifier: MIT */
/* A session without marks, as JavaMail's debug output, telnet or openssl s_client show it: who
   speaks is told by what is said. */
#include "parsers/smtp/ehlo.h"
#include "trace/log.h"

/* Nobody's word, but the server answers it as a command that it does not know. */
static bool is_answered(const struct log_reader *r)
{
    struct span next = log_lines_peek(r->lines);
    return r->last_side == SIDE_SERVER && r->waiting == 0 && !r->untagged &&
           (span_starts_nocase(next, SPAN_LIT("500 ")) ||
            span_starts_nocase(next, SPAN_LIT("501 ")) ||
            span_starts_nocase(next, SPAN_LIT("502 ")));
}

/* An extension's keyword behind the answer to EHLO: the server has left out its code. */
static bool is_bare_keyword(const struct log_reader *r, struct span line)
{
    return r->hello && r->last_side == SIDE_SERVER && r->waiting == 0 && line.len > 0 &&
           smtp_extension_by_name(line) != SMTP_EXT_UNKNOWN;
}

/* Inside a literal, by its count: the line answers the client's last command, or is the next one.
   The log does not show all of the literal, then. */
static bool breaks_literal(const struct log_reader *r, struct span line)
{
    struct span last = span_text(r->tag);
    struct span reply = log_tag_of(&r->speech, SIDE_SERVER, line);
    struct span command = log_tag_of(&r->speech, SIDE_CLIENT, line);
    return (reply.len > 0 && span_equal(reply, last)) || log_tag_distance(command, last) > 0;
}

/* Behind what draws a tree or marks a response: "└──250 ok", "[^]* OK hi"; 0 where that is not. */
static size_t skip_ornament(const struct log_speech *speech, struct span line)
{
    size_t pos = 0;
    while (pos < line.len && (line.ptr[pos] >= 0x80 || memchr("[]^|", line.ptr[pos], 4) != NULL)) {
        pos++;
    }
    struct span rest = span_from(line, pos);
    return pos > 0 && (log_is_server(speech, rest) || log_is_client(speech, rest)) ? pos : 0;
}

/* Where the line goes on behind a log's own prefix, as "2024-01-02 10:00:00.123 x[1:2] " is one;
   0 where it has none. */
static size_t skip_prefix(const struct log_speech *speech, struct span line)
{
    enum { PREFIX = 100 };
    static const struct span alpine = SPAN_INIT("IMAP DEBUG ");
    bool debug = span_equal(span_sub(line, 0, alpine.len), alpine);
    size_t before = debug ? alpine.len : 0;
    size_t stamp = before + log_skip_stamp(span_from(line, before));
    for (size_t pos = debug ? before : stamp; stamp > before + 4 && pos < line.len && pos <= PREFIX;
         pos++) {
        bool start =
            line.ptr[pos - 1] == ' ' &&
            ((pos == stamp && !debug) || line.ptr[pos - 2] == ']' || line.ptr[pos - 2] == ':');
        if (start && (log_is_server(speech, span_from(line, pos)) ||
                      log_is_client(speech, span_from(line, pos)))) {
            return pos;
        }
    }
    return 0;
}

/* MailCore's "event logged: 3 withData: ": 0 came, 1 was sent, and the others repeat what came. */
static bool is_repeated(struct span line)
{
    static const struct span event = SPAN_INIT("event logged: ");
    size_t pos = log_find(line, 0, (const char *)event.ptr);
    return pos != SIZE_MAX && pos + event.len < line.len && line.ptr[pos + event.len] != '0' &&
           line.ptr[pos + event.len] != '1';
}

void log_read_session(struct log_reader *r, struct span line, struct log_line *out)
{
    if (!r->in_literal && span_starts_nocase(line, SPAN_LIT("DEBUG"))) {
        static const struct span result = SPAN_INIT(" command result: ");
        size_t pos = log_find(line, 0, (const char *)result.ptr);
        out->opens = log_find(line, 0, "trying to connect to host") != SIZE_MAX;
        if (pos != SIZE_MAX) {
            out->kind = LOG_SAID;
            out->side = SIDE_SERVER;
            out->said = span_from(line, pos + result.len);
        }
        return;
    }
    if (!r->in_literal && is_repeated(line)) {
        return;
    }
    struct span bytes = {0};
    if (line.len > 3 && line.ptr[0] == 'b' && line.ptr[1] == line.ptr[line.len - 1] &&
        log_decode_python(r, line, 0, &bytes)) {
        line = bytes; /* what a Python program has printed: b'250 ok\r\n' */
    }
    struct span whole = line;
    if (!r->in_data && !r->in_lines) {
        size_t pos = 0;
        while (!r->in_literal && pos < line.len && line.ptr[pos] == ' ') {
            pos++;
        }
        line = span_from(line, pos);
        line = span_from(line, skip_prefix(&r->speech, line));
        line = span_from(line, r->in_literal ? 0 : skip_ornament(&r->speech, line));
    }
    bool server = log_is_server(&r->speech, line);
    bool client = log_is_client(&r->speech, line) && (r->untagged || !span_is(line, "DONE"));
    out->said = line;
    out->kind = LOG_SAID;
    out->breaks = r->in_literal && breaks_literal(r, line);
    if (r->in_literal && !out->breaks) {
        out->kind = LOG_UNMARKED;
    } else if (!out->breaks && (r->in_data || r->in_lines)) {
        out->side = r->in_data ? SIDE_CLIENT : SIDE_SERVER;
    } else if (client && server) {
        /* "250 STARTTLS" might have the tag 250. */
        out->side = r->untagged ? SIDE_CLIENT : SIDE_SERVER;
    } else if (client || (!server && (r->in_auth || is_answered(r)))) {
        out->side = SIDE_CLIENT;
    } else if (server || is_bare_keyword(r, line)) {
        out->side = SIDE_SERVER;
    } else {
        out->kind = LOG_UNMARKED;
        out->said = whole;
    }
}

/* ">>> 3 LIST "" "*"" is what mbsync sent; what came stands as it is, between remarks. A literal
   is not shown, or between two lines of "="; the response goes on behind it. */
void log_read_mbsync(struct log_reader *r, struct span line, struct log_line *out)
{
    out->said = line;
    bool sent = span_starts_nocase(line, SPAN_LIT(">>> "));
    if (r->last_side == SIDE_SERVER && span_is(line, "=========")) {
        r->framed = !r->framed;
        r->rest = !r->framed;
        return;
    }
    bool hidden = r->in_literal && r->last_side == SIDE_SERVER && !log_is_omission(line);
    if (!r->framed && (r->rest || hidden)) {
        r->rest = false;
        out->kind = LOG_SAID;
        out->side = SIDE_SERVER;
        out->unseen = true;
        return;
    }
    out->breaks = r->in_literal && (sent || breaks_literal(r, line));
    if (sent && (!r->in_literal || r->last_side == SIDE_SERVER)) {
        out->kind = LOG_SAID;
        out->side = SIDE_CLIENT;
        out->said = span_from(line, 4);
    } else if ((!r->in_literal || out->breaks) && r->chevrons && log_is_server(&r->speech, line)) {
        out->kind = LOG_SAID;
        out->side = SIDE_SERVER;
    } else {
        out->kind = LOG_UNMARKED;
    }
}

/* A value of JSON, or of JavaScript's way to print an object: the position behind "name": */
static size_t find_member(struct span line, size_t pos, const char *name)
{
    while ((pos = log_find(line, pos, name)) != SIZE_MAX) {
        pos += span_text(name).len;
        bool quoted = pos < line.len && line.ptr[pos] == '"';
        size_t at = pos + quoted;
        if (at < line.len && line.ptr[at] == ':') {
            at++;
            while (at < line.len && line.ptr[at] == ' ') {
                at++;
            }
            return at;
        }
    }
    return SIZE_MAX;
}

/* "message": "IMAP debug: 1 OK done": n8n says nothing of the side. */
static void read_debug(struct log_reader *r, struct span line, struct log_line *out)
{
    static const struct span debug = SPAN_INIT("IMAP debug: ");
    size_t pos = find_member(line, 0, "message");
    struct span said = {0};
    if (pos == SIZE_MAX || !log_decode_python(r, line, pos, &said) ||
        !span_equal(span_sub(said, 0, debug.len), debug)) {
        return;
    }
    out->said = span_from(said, debug.len);
    bool server = log_is_server(&r->speech, out->said);
    out->kind =
        server || r->in_auth || log_is_client(&r->speech, out->said) ? LOG_SAID : LOG_UNMARKED;
    out->side = server ? SIDE_SERVER : SIDE_CLIENT;
}

/* {"level":20,…,"src":"s","msg":"* OK hi","cid":"abc"}: src is "c" or "s" where octets passed. */
void log_read_imapflow(struct log_reader *r, struct span line, struct log_line *out)
{
    size_t src = find_member(line, 0, "src");
    if (src != SIZE_MAX && src + 2 < line.len) {
        char side = (char)line.ptr[src + 1];
        r->json_said = (side == 's' || side == 'c') && line.ptr[src + 2] == line.ptr[src];
        r->json_side = side == 's' ? SIDE_SERVER : SIDE_CLIENT;
    }
    size_t tnx = find_member(line, 0, "tnx"); /* nodemailer's */
    if (tnx != SIZE_MAX && tnx + 7 < line.len) {
        bool server = span_starts_nocase(span_from(line, tnx + 1), SPAN_LIT("server"));
        r->json_said = server || span_starts_nocase(span_from(line, tnx + 1), SPAN_LIT("client"));
        r->json_side = server ? SIDE_SERVER : SIDE_CLIENT;
    }
    size_t msg = find_member(line, 0, "msg");
    size_t cid = find_member(line, 0, tnx != SIZE_MAX ? "sid" : "cid");
    if (cid != SIZE_MAX && cid < line.len) {
        size_t end = cid + 1;
        while (end < line.len && line.ptr[end] != line.ptr[cid]) {
            end++;
        }
        out->key = span_sub(line, cid + 1, end - cid - 1);
    }
    if (msg != SIZE_MAX && r->json_said && log_decode_python(r, line, msg, &out->said)) {
        out->kind = LOG_SAID;
        /* Some versions give their own commands the same "src". */
        bool command =
            log_is_client(&r->speech, out->said) && !log_is_server(&r->speech, out->said);
        out->side = command ? SIDE_CLIENT : r->json_side;
        r->json_said = false;
    } else if (msg == SIZE_MAX) {
        read_debug(r, line, out);
    }
}
