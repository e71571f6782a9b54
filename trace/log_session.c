/* SPDX-License-Identifier: MIT */
/* A session without marks, as JavaMail's debug output, telnet or openssl s_client show it: who
   speaks is told by what is said. */
#include "trace/log.h"

static bool is_reply_code(struct span line)
{
    return line.len >= 3 && line.ptr[0] >= '2' && line.ptr[0] <= '5' &&
           octet_is(line.ptr[1], CLASS_DIGIT) && octet_is(line.ptr[2], CLASS_DIGIT) &&
           (line.len == 3 || line.ptr[3] == ' ' || line.ptr[3] == '-');
}

/* "TAG OK", "TAG NO", "TAG BAD" */
static bool is_tagged_status(struct span line)
{
    struct parse p;
    parse_init(&p, line, 0, NULL);
    return parse_run(&p, CLASS_TAG).len > 0 && parse_octet(&p, ' ') &&
           (PARSE_TEXT(&p, "OK") || PARSE_TEXT(&p, "NO") || PARSE_TEXT(&p, "BAD")) &&
           (parse_at_end(&p) || parse_peek(&p) == ' ');
}

bool log_is_server(struct span line)
{
    return span_starts_nocase(line, SPAN_LIT("* ")) || span_starts_nocase(line, SPAN_LIT("+ ")) ||
           span_is(line, "+") || span_starts_nocase(line, SPAN_LIT("+OK")) ||
           span_starts_nocase(line, SPAN_LIT("-ERR")) || is_reply_code(line) ||
           is_tagged_status(line);
}

bool log_is_client(struct span line)
{
    static const char *const verbs[] = {
        "EHLO", "HELO", "LHLO", "MAIL FROM:", "RCPT TO:", "DATA",     "RSET",
        "NOOP", "QUIT", "VRFY", "EXPN",       "HELP",     "STARTTLS", "AUTH",
        "BDAT", "USER", "PASS", "STAT",       "LIST",     "RETR",     "DELE",
        "TOP",  "UIDL", "APOP", "CAPA",       "STLS",     "DONE",     NULL};
    static const char *const imap[] = {
        "CAPABILITY", "LOGIN",    "AUTHENTICATE", "SELECT",      "EXAMINE",      "FETCH",
        "UID",        "LIST",     "LSUB",         "STATUS",      "NAMESPACE",    "APPEND",
        "IDLE",       "NOOP",     "ID",           "LOGOUT",      "STARTTLS",     "STORE",
        "SEARCH",     "CREATE",   "ENABLE",       "COPY",        "CLOSE",        "EXPUNGE",
        "DELETE",     "RENAME",   "SUBSCRIBE",    "CHECK",       "MOVE",         "SORT",
        "THREAD",     "UNSELECT", "XLIST",        "UNSUBSCRIBE", "GETQUOTAROOT", "COMPRESS",
        "GETACL",     "MYRIGHTS", "NOTIFY",       NULL};
    struct parse p;
    parse_init(&p, line, 0, NULL);
    for (const char *const *verb = verbs; *verb != NULL; verb++) {
        p.pos = 0;
        if (parse_text(&p, span_text(*verb)) &&
            (parse_at_end(&p) || parse_peek(&p) == ' ' || line.ptr[p.pos - 1] == ':')) {
            return true;
        }
    }
    p.pos = 0;
    struct span tag = parse_run(&p, CLASS_TAG);
    /* A tag might end with ':', but what does is a word of the log. */
    if (tag.len == 0 || tag.ptr[tag.len - 1] == ':' || !parse_octet(&p, ' ')) {
        return false;
    }
    size_t word = p.pos;
    for (const char *const *verb = imap; *verb != NULL; verb++) {
        p.pos = word;
        if (parse_text(&p, span_text(*verb)) && (parse_at_end(&p) || parse_peek(&p) == ' ')) {
            return true;
        }
    }
    return false;
}

/* Nobody's word, but the server answers it as a command that it does not know. */
static bool is_answered(const struct log_reader *r)
{
    struct span next = log_lines_peek(r->lines);
    return r->last_side == SIDE_SERVER && r->waiting == 0 && !r->untagged &&
           (span_starts_nocase(next, SPAN_LIT("500 ")) ||
            span_starts_nocase(next, SPAN_LIT("501 ")) ||
            span_starts_nocase(next, SPAN_LIT("502 ")));
}

void log_read_session(struct log_reader *r, struct span line, struct log_line *out)
{
    if (!r->in_literal && span_starts_nocase(line, SPAN_LIT("DEBUG"))) {
        out->opens = log_find(line, 0, "trying to connect to host") != SIZE_MAX;
        return;
    }
    bool server = log_is_server(line);
    bool client = log_is_client(line) && (r->untagged || !span_is(line, "DONE"));
    out->said = line;
    out->kind = LOG_SAID;
    if (r->in_literal) {
        out->kind = LOG_UNMARKED;
    } else if (r->in_data || r->in_lines) {
        out->side = r->in_data ? SIDE_CLIENT : SIDE_SERVER;
    } else if (client && server) {
        /* "250 STARTTLS" might have the tag 250. */
        out->side = r->untagged ? SIDE_CLIENT : SIDE_SERVER;
    } else if (client || (!server && (r->in_auth || is_answered(r)))) {
        out->side = SIDE_CLIENT;
    } else if (server) {
        out->side = SIDE_SERVER;
    } else {
        out->kind = LOG_UNMARKED;
    }
}

/* ">>> 3 LIST "" "*"" is what mbsync sent; what came stands as it is, between remarks. */
void log_read_mbsync(struct log_reader *r, struct span line, struct log_line *out)
{
    out->said = line;
    if (!r->in_literal && span_starts_nocase(line, SPAN_LIT(">>> "))) {
        out->kind = LOG_SAID;
        out->side = SIDE_CLIENT;
        out->said = span_from(line, 4);
    } else if (!r->in_literal && r->chevrons && log_is_server(line)) {
        out->kind = LOG_SAID;
        out->side = SIDE_SERVER;
    } else {
        out->kind = LOG_UNMARKED;
    }
}
