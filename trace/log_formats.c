/* SPDX-License-Identifier: MIT */
/* The formats that mark who spoke with a fixed text. */
#include "trace/log.h"

static void said(struct log_line *out, enum side side, struct span line, size_t pos)
{
    out->kind = LOG_SAID;
    out->side = side;
    out->said = span_from(line, pos);
}

static bool is_digit_at(struct span line, size_t pos)
{
    return pos < line.len && octet_is(line.ptr[pos], CLASS_DIGIT);
}

/* "12:34:56.789", "2024-01-02T03:04:05Z", "[…]", "00:10.34". */
size_t log_skip_stamp(struct span line)
{
    size_t pos = 0;
    bool digits = false;
    while (pos < line.len) {
        uint8_t c = line.ptr[pos];
        bool stamp = octet_is(c, CLASS_DIGIT) || c == ':' || c == '.' || c == ',' || c == '-' ||
                     c == '+' || c == '/' || c == '[' || c == ']' || c == ' ' || c == '\t' ||
                     (digits && (c == 'T' || c == 'Z'));
        if (!stamp) {
            break;
        }
        digits = digits || octet_is(c, CLASS_DIGIT);
        pos++;
    }
    return digits ? pos : 0;
}

struct marker {
    const char *text;
    enum side side;
};

/* The line has, at pos, one of these markers; the list ends with NULL. Sets what was said. */
static bool starts_with_marker(struct span line, size_t pos, const struct marker *markers,
                               struct log_line *out)
{
    for (; markers->text != NULL; markers++) {
        struct span text = span_text(markers->text);
        if (span_equal(span_sub(line, pos, text.len), text)) {
            said(out, markers->side, line, pos + text.len);
            return true;
        }
        /* A line with nothing behind the marker loses the marker's last space easily. */
        if (text.ptr[text.len - 1] == ' ' && line.len == pos + text.len - 1 &&
            span_equal(span_from(line, pos), span_sub(text, 0, text.len - 1))) {
            said(out, markers->side, line, line.len);
            return true;
        }
    }
    return false;
}

/* RFCs begin with "Example:    C: a NOOP". */
static size_t skip_example(struct span line, size_t pos)
{
    static const struct span word = SPAN_INIT("Example:");
    size_t end = pos + word.len;
    if (!span_equal(span_sub(line, pos, word.len), word)) {
        return pos;
    }
    while (end < line.len && line.ptr[end] == ' ') {
        end++;
    }
    return end;
}

/* imapfilter's "C (4): ": the number is the connection's; where what was said begins, or 0. */
static size_t skip_numbered(struct span line, size_t pos, struct span *key)
{
    size_t start = pos + 3;
    size_t end = start;
    bool mark = start < line.len && (line.ptr[pos] == 'C' || line.ptr[pos] == 'S') &&
                line.ptr[pos + 1] == ' ' && line.ptr[pos + 2] == '(';
    while (mark && is_digit_at(line, end)) {
        end++;
    }
    if (!mark || end == start || !span_equal(span_sub(line, end, 3), SPAN_LIT("): "))) {
        return 0;
    }
    *key = span_sub(line, start, end - start);
    return end + 3;
}

void log_read_plain(struct log_reader *r, struct span line, struct log_line *out)
{
    static const struct marker markers[] = {
        {"C: ", SIDE_CLIENT},        {"S: ", SIDE_SERVER},      {"C:\t", SIDE_CLIENT},
        {"S:\t", SIDE_SERVER},       {"C : ", SIDE_CLIENT},     {"S : ", SIDE_SERVER},
        {"C~ ", SIDE_CLIENT},        {"S~ ", SIDE_SERVER},      {"[C] ", SIDE_CLIENT},
        {"[S] ", SIDE_SERVER},       {"client: ", SIDE_CLIENT}, {"server: ", SIDE_SERVER},
        {"Client: ", SIDE_CLIENT},   {"Server: ", SIDE_SERVER}, {"CLIENT: ", SIDE_CLIENT},
        {"SERVER: ", SIDE_SERVER},   {">>> ", SIDE_CLIENT},     {"<<< ", SIDE_SERVER},
        {">> ", SIDE_CLIENT},        {"<< ", SIDE_SERVER},      {"--> ", SIDE_CLIENT},
        {"<-- ", SIDE_SERVER},       {"=> ", SIDE_CLIENT},      {"<= ", SIDE_SERVER},
        {"SEND: ", SIDE_CLIENT},     {"RECV: ", SIDE_SERVER},   {"Sent: ", SIDE_CLIENT},
        {"Received: ", SIDE_SERVER}, {NULL, SIDE_CLIENT}};
    size_t pos = 0;
    while (pos < line.len && (line.ptr[pos] == ' ' || line.ptr[pos] == '\t')) {
        pos++;
    }
    if (r->letters && !r->in_data && !r->in_lines && !r->in_literal &&
        span_equal(span_sub(line, pos, 3), SPAN_LIT(">> "))) {
        return; /* Horde's ">> Command 1 took 0.1 seconds." */
    }
    pos = skip_example(line, pos);
    size_t numbered = skip_numbered(line, pos, &out->key);
    if (numbered > 0) {
        said(out, line.ptr[pos] == 'C' ? SIDE_CLIENT : SIDE_SERVER, line, numbered);
        return;
    }
    size_t stamp = log_skip_stamp(line);
    if (starts_with_marker(line, pos, markers, out) ||
        (stamp > 0 && starts_with_marker(line, stamp, markers, out))) {
        /* RFCs indent what was said: "S:   * OK". A reply never begins with a space. */
        struct span bare = out->said;
        while (bare.len > 2 && bare.ptr[0] == ' ') {
            bare = span_from(bare, 1);
        }
        bool response = span_starts_nocase(bare, SPAN_LIT("* ")) ||
                        span_starts_nocase(bare, SPAN_LIT("+ ")) ||
                        log_tag_of(&r->speech, SIDE_SERVER, bare).len > 0;
        if (out->side == SIDE_SERVER && !r->in_literal && !r->in_lines &&
            (response || (r->last_side == SIDE_CLIENT && out->said.len > bare.len + 1))) {
            out->said = bare;
        }
        return;
    }
    if (span_starts_nocase(span_from(line, pos), SPAN_LIT("Connected to "))) {
        out->opens = true;
        return;
    }
    out->kind = LOG_UNMARKED;
    out->said = line;
}

void log_read_curl(struct log_reader *r, struct span line, struct log_line *out)
{
    static const struct marker markers[] = {
        {"> ", SIDE_CLIENT}, {"< ", SIDE_SERVER}, {NULL, SIDE_CLIENT}};
    (void)r;
    size_t stamp = log_skip_stamp(line);
    if (starts_with_marker(line, 0, markers, out) ||
        (stamp > 0 && starts_with_marker(line, stamp, markers, out))) {
        return;
    }
    struct span rest = span_from(line, stamp);
    out->opens = span_starts_nocase(rest, SPAN_LIT("* Connected to "));
    out->closes = span_starts_nocase(rest, SPAN_LIT("* Closing connection")) ||
                  span_starts_nocase(rest, SPAN_LIT("* Connection #"));
}

void log_read_swaks(struct log_reader *r, struct span line, struct log_line *out)
{
    static const struct marker markers[] = {
        {" -> ", SIDE_CLIENT}, {" ~> ", SIDE_CLIENT}, {"<-  ", SIDE_SERVER}, {"<~  ", SIDE_SERVER},
        {"<** ", SIDE_SERVER}, {"<~* ", SIDE_SERVER}, {"** ", SIDE_CLIENT},  {NULL, SIDE_CLIENT}};
    (void)r;
    size_t stamp = log_skip_stamp(line);
    if (span_starts_nocase(line, SPAN_LIT("<** Timeout"))) {
        return; /* swaks's own words */
    }
    if (!starts_with_marker(line, 0, markers, out) && stamp > 0) {
        (void)starts_with_marker(line, stamp > 1 ? stamp - 1 : stamp, markers, out);
    }
    out->opens = span_starts_nocase(line, SPAN_LIT("=== Connected to "));
    out->closes = span_starts_nocase(line, SPAN_LIT("=== Connection closed"));
}

/* "1612345678.123456 I: A1 NOOP": I is what the server read, O what it wrote; ">" for ":" where
   the line goes on. */
void log_read_rawlog(struct log_reader *r, struct span line, struct log_line *out)
{
    (void)r;
    size_t pos = 0;
    while (is_digit_at(line, pos)) {
        pos++;
    }
    size_t dot = pos;
    if (pos < 9 || pos >= line.len || line.ptr[pos] != '.') {
        return;
    }
    pos++;
    while (is_digit_at(line, pos)) {
        pos++;
    }
    if (pos != dot + 7 || pos + 3 >= line.len || line.ptr[pos] != ' ' ||
        (line.ptr[pos + 1] != 'I' && line.ptr[pos + 1] != 'O') ||
        (line.ptr[pos + 2] != ':' && line.ptr[pos + 2] != '>') || line.ptr[pos + 3] != ' ') {
        return;
    }
    said(out, line.ptr[pos + 1] == 'I' ? SIDE_CLIENT : SIDE_SERVER, line, pos + 4);
}

/* "… 4> a0001 CAPABILITY", "… 4< * OK": the number is the file descriptor. */
void log_read_mutt(struct log_reader *r, struct span line, struct log_line *out)
{
    (void)r;
    for (size_t pos = 0; pos + 1 < line.len; pos++) {
        if (!is_digit_at(line, pos) || (pos > 0 && line.ptr[pos - 1] != ' ')) {
            continue;
        }
        size_t end = pos;
        while (is_digit_at(line, end)) {
            end++;
        }
        if (end < line.len && (line.ptr[end] == '>' || line.ptr[end] == '<') &&
            (end + 1 == line.len || line.ptr[end + 1] == ' ')) {
            said(out, line.ptr[end] == '>' ? SIDE_CLIENT : SIDE_SERVER, line,
                 end + 2 < line.len ? end + 2 : line.len);
            out->key = span_sub(line, pos, end - pos);
            return;
        }
        pos = end;
    }
    if (line.len > 0 && line.ptr[0] != '[') {
        out->kind = LOG_UNMARKED;
        out->said = line;
    }
}

/* The word before the first ':' of the part that ends at pos: the connection's name in the log. */
static struct span connection_word(struct span line, size_t pos)
{
    size_t start = pos;
    while (start > 0 && line.ptr[start - 1] != ' ') {
        start--;
    }
    size_t end = start;
    while (end < pos && line.ptr[end] != ':') {
        end++;
    }
    return span_sub(line, start, end - start);
}

/* "Logging suppressed (it probably contained auth information)" stands for a response. */
static void hide_suppressed(struct log_line *out)
{
    if (log_find(out->said, 0, "Logging suppressed") != SIZE_MAX) {
        out->said = SPAN_LIT("********");
    }
}

void log_read_thunderbird(struct log_reader *r, struct span line, struct log_line *out)
{
    static const struct marker markers[] = {
        {":SendData: ", SIDE_CLIENT}, {":CreateNewLineFromSocket: ", SIDE_SERVER},
        {"SMTP Send: ", SIDE_CLIENT}, {"SMTP Response: ", SIDE_SERVER},
        {"SEND: ", SIDE_CLIENT},      {"RECV: ", SIDE_SERVER},
        {NULL, SIDE_CLIENT}};
    (void)r;
    for (const struct marker *m = markers; m->text != NULL; m++) {
        size_t pos = log_find(line, 0, m->text);
        /* "SEND: " alone is too common a word: the log's own prefix must stand before it. */
        if (pos == SIZE_MAX || (pos == 0 && m->text[0] != 'S')) {
            continue;
        }
        bool bare = m->text[0] == 'S' && m->text[1] != 'M';
        if (bare && log_find(line, 0, "POP3") == SIZE_MAX) {
            continue;
        }
        said(out, m->side, line, pos + span_text(m->text).len);
        if (m->text[0] == ':') {
            out->key = connection_word(line, pos);
        }
        hide_suppressed(out);
        return;
    }
    if (log_find(line, 0, "Logging suppressed for this command") != SIZE_MAX) {
        out->kind = LOG_SAID;
        out->side = SIDE_CLIENT;
        out->said = SPAN_LIT("********");
        return;
    }
    /* "mailnews.smtp: S: 250 …", "mailnews.pop3.1: C: …": the newer modules. */
    size_t pos = log_find(line, 0, "mailnews.");
    if (pos != SIZE_MAX) {
        size_t colon = log_find(line, pos, ": ");
        if (colon != SIZE_MAX && colon + 4 < line.len && line.ptr[colon + 3] == ':' &&
            (line.ptr[colon + 2] == 'S' || line.ptr[colon + 2] == 'C')) {
            said(out, line.ptr[colon + 2] == 'C' ? SIDE_CLIENT : SIDE_SERVER, line, colon + 5);
            out->key = span_sub(line, pos, colon - pos);
            hide_suppressed(out);
        }
    }
}

/* "postfix/smtpd[123]: < host[1.2.3.4]: EHLO …": "<" is what the daemon read. The client side
   (postfix/smtp, postfix/lmtp) is the other way round. */
void log_read_postfix(struct log_reader *r, struct span line, struct log_line *out)
{
    (void)r;
    size_t program = log_find(line, 0, "postfix");
    size_t open = program == SIZE_MAX ? SIZE_MAX : log_find(line, program, "[");
    size_t close = open == SIZE_MAX ? SIZE_MAX : log_find(line, open, "]: ");
    if (close == SIZE_MAX) {
        return;
    }
    bool daemon = log_find(span_sub(line, program, open - program), 0, "smtpd") != SIZE_MAX;
    out->key = span_sub(line, open + 1, close - open - 1);
    struct span rest = span_from(line, close + 3);
    if (rest.len > 2 && (rest.ptr[0] == '<' || rest.ptr[0] == '>') && rest.ptr[1] == ' ') {
        size_t end = log_find(rest, 0, "]: ");
        size_t port = log_find(rest, 0, "]:");
        if (end == SIZE_MAX && port != SIZE_MAX) {
            end = log_find(rest, port + 2, ": ");
            end = end == SIZE_MAX ? end : end - 1;
        }
        if (end != SIZE_MAX) {
            bool read = rest.ptr[0] == '<';
            said(out, read == daemon ? SIDE_CLIENT : SIDE_SERVER, rest, end + 3);
        }
        return;
    }
    out->opens = span_starts_nocase(rest, SPAN_LIT("connect from "));
    out->closes = span_starts_nocase(rest, SPAN_LIT("disconnect from "));
}
