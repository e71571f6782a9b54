/* SPDX-License-Identifier: MIT */
/* Debug output of Python's smtplib, poplib, imaplib and of aioimaplib: octets as Python literals.
 */
#include "net/memory.h"
#include "trace/log.h"

static int hex_value(int octet)
{
    if (octet >= '0' && octet <= '9') {
        return octet - '0';
    }
    octet |= 0x20;
    return octet >= 'a' && octet <= 'f' ? octet - 'a' + 10 : -1;
}

/* \u0041, which stands for the octets of UTF-8. */
static size_t decode_unicode(struct span line, size_t *pos, uint8_t *out)
{
    uint32_t code = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = *pos + i < line.len ? hex_value(line.ptr[*pos + i]) : -1;
        if (digit < 0) {
            out[0] = 'u';
            return 1;
        }
        code = code * 16 + (uint32_t)digit;
    }
    *pos += 4;
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xC0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3F));
        return 2;
    }
    out[0] = (uint8_t)(0xE0 | code >> 12);
    out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    out[2] = (uint8_t)(0x80 | (code & 0x3F));
    return 3;
}

/* The octet of an escape that begins behind the backslash at pos; moves pos behind it. */
static uint8_t decode_escape(struct span line, size_t *pos)
{
    uint8_t octet = line.ptr[(*pos)++];
    switch (octet) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case '0':
        return '\0';
    case 'x':
        if (*pos + 1 < line.len && hex_value(line.ptr[*pos]) >= 0 &&
            hex_value(line.ptr[*pos + 1]) >= 0) {
            octet = (uint8_t)(hex_value(line.ptr[*pos]) * 16 + hex_value(line.ptr[*pos + 1]));
            *pos += 2;
        }
        return octet;
    default:
        return octet;
    }
}

bool log_decode_python(struct log_reader *r, struct span line, size_t pos, struct span *out)
{
    if (pos < line.len && (line.ptr[pos] == 'b' || line.ptr[pos] == 'u')) {
        pos++;
    }
    if (pos >= line.len || (line.ptr[pos] != '\'' && line.ptr[pos] != '"')) {
        return false;
    }
    uint8_t quote = line.ptr[pos++];
    if (r->decoded_cap < line.len) {
        r->decoded = memory_resize(r->decoded, line.len, 1);
        r->decoded_cap = line.len;
    }
    size_t len = 0;
    while (pos < line.len && line.ptr[pos] != quote) {
        uint8_t octet = line.ptr[pos++];
        bool escape = octet == '\\' && pos < line.len;
        if (escape && line.ptr[pos] == 'u') {
            pos++;
            len += decode_unicode(line, &pos, r->decoded + len);
            continue;
        }
        r->decoded[len++] = escape ? decode_escape(line, &pos) : octet;
    }
    *out = (struct span){r->decoded, len};
    return pos < line.len;
}

struct python_marker {
    const char *text;
    enum side side;
    bool exact; /* the octets include the line end */
    int detail; /* 1: only where the log has poplib's detailed lines; -1: only where not */
};

/* Stalwart's lines name the port of the peer: "remote.port=35680", "remotePort = 35680". */
static struct span port_of(struct span line)
{
    static const struct span names[] = {SPAN_INIT("remote.port="), SPAN_INIT("remotePort = ")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t pos = log_find(line, 0, (const char *)names[i].ptr);
        if (pos != SIZE_MAX) {
            struct parse p;
            parse_init(&p, span_from(line, pos + names[i].len), 0, NULL);
            return parse_run(&p, CLASS_DIGIT);
        }
    }
    return (struct span){0};
}

/* Stalwart since 0.9: "Raw IMAP input received (imap.raw-input) … contents = "a NOOP\r\n"". */
static bool read_raw(struct log_reader *r, struct span line, struct log_line *out)
{
    static const struct span contents = SPAN_INIT("contents = ");
    size_t input = log_find(line, 0, ".raw-input)");
    size_t mark = input != SIZE_MAX ? input : log_find(line, 0, ".raw-output)");
    size_t pos = mark == SIZE_MAX ? SIZE_MAX : log_find(line, mark, (const char *)contents.ptr);
    if (pos == SIZE_MAX || !log_decode_python(r, line, pos + contents.len, &out->said)) {
        return false;
    }
    out->kind = LOG_EXACT;
    out->side = input != SIZE_MAX ? SIDE_CLIENT : SIDE_SERVER;
    out->key = port_of(line);
    return true;
}

void log_read_python(struct log_reader *r, struct span line, struct log_line *out)
{
    static const struct python_marker markers[] = {
        {"send: ", SIDE_CLIENT, true, 0},
        {"reply: b", SIDE_SERVER, true, 0},
        {"recv: b", SIDE_SERVER, true, 0},
        {"reply: '", SIDE_SERVER, true, 0},
        {"*put* ", SIDE_CLIENT, false, 1},
        {"*get* ", SIDE_SERVER, true, 1},
        {"*cmd* ", SIDE_CLIENT, false, -1},
        {"*resp* ", SIDE_SERVER, false, -1},
        {"*welcome* ", SIDE_SERVER, false, -1},
        {"Sending : ", SIDE_CLIENT, true, 0},
        {"Received : ", SIDE_SERVER, true, 0},
        {"> b'", SIDE_CLIENT, false, 0},
        {"< b'", SIDE_SERVER, false, 0},
        {"event=\"write\" data=\"", SIDE_SERVER, true, 0},
        {"event=\"read\" data=\"", SIDE_CLIENT, true, 0},
        {"> b\"", SIDE_CLIENT, false, 0},
        {"< b\"", SIDE_SERVER, false, 0},
        {NULL, SIDE_CLIENT, false, 0}};
    static const char *const literals[] = {"read literal size ", "write literal size "};
    for (const struct python_marker *m = markers; m->text != NULL; m++) {
        size_t pos = log_find(line, 0, m->text);
        bool wanted = m->detail == 0 || (m->detail > 0) == r->detail;
        if (pos == SIZE_MAX || !wanted || (pos > 0 && line.ptr[pos - 1] == '=')) {
            continue;
        }
        pos += span_text(m->text).len;
        while (line.ptr[pos - 1] == '\'' || line.ptr[pos - 1] == '"' || line.ptr[pos - 1] == 'b') {
            pos--;
        }
        if (log_decode_python(r, line, pos, &out->said)) {
            bool whole = out->said.len > 0 && out->said.ptr[out->said.len - 1] == '\n';
            out->kind = m->exact || whole ? LOG_EXACT : LOG_SAID;
            out->side = m->side;
            out->key = m->text[0] == 'e' ? port_of(line) : out->key;
        }
        return;
    }
    if (read_raw(r, line, out)) {
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        size_t pos = log_find(line, 0, literals[i]);
        struct parse p;
        parse_init(&p, span_from(line, pos == SIZE_MAX ? line.len : pos), 0, NULL);
        if (pos != SIZE_MAX && parse_text(&p, span_text(literals[i])) &&
            parse_number(&p, UINT32_MAX, RULE_NONE, &out->literal) == PARSE_OK) {
            out->kind = LOG_LITERAL;
            out->side = i == 0 ? SIDE_SERVER : SIDE_CLIENT;
            return;
        }
    }
    /* "connect: b'…'" repeats the greeting. */
    out->opens = log_find(line, 0, "connect: to ") == 0 || log_find(line, 0, "connect: (") == 0;
}

/* postel's own traces: "0.004123 1 C "EHLO x\r\n"": seconds, connection, side, octets. A remark
   begins with '#'. */
void log_read_postel(struct log_reader *r, struct span line, struct log_line *out)
{
    if (line.len == 0 || line.ptr[0] == '#') {
        return;
    }
    struct parse p;
    parse_init(&p, line, 0, NULL);
    uint64_t whole = 0;
    if (parse_number(&p, UINT32_MAX, RULE_NONE, &whole) != PARSE_OK || !parse_octet(&p, '.')) {
        return;
    }
    double seconds = (double)whole;
    double unit = 0.1;
    struct span fraction = parse_run(&p, CLASS_DIGIT);
    for (size_t i = 0; i < fraction.len; i++, unit /= 10) {
        seconds += unit * (fraction.ptr[i] - '0');
    }
    if (!parse_octet(&p, ' ')) {
        return;
    }
    out->key = parse_run(&p, CLASS_VCHAR);
    if (!parse_octet(&p, ' ') || parse_left(&p) < 2) {
        return;
    }
    int side = parse_peek(&p);
    out->seconds = seconds;
    if (PARSE_TEXT(&p, "open")) {
        out->opens = true;
    } else if (PARSE_TEXT(&p, "close")) {
        out->closes = true;
    } else if ((side == 'C' || side == 'S') && line.ptr[p.pos + 1] == ' ' &&
               log_decode_python(r, line, p.pos + 2, &out->said)) {
        out->kind = LOG_EXACT;
        out->side = side == 'C' ? SIDE_CLIENT : SIDE_SERVER;
    }
}
