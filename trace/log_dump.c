/* SPDX-License-Identifier: MIT */
/* Logs that say once who speaks, and have all of what was said behind it: Cyrus's telemetry, and
   what curl --trace-ascii writes. */
#include "net/memory.h"
#include "trace/log.h"

#include <string.h>

/* "<1714644930<" at the front of the line; where what was said begins, or 0. */
static size_t skip_time(struct span line)
{
    enum { LEAST = 9 };
    size_t pos = 1;
    while (pos < line.len && octet_is(line.ptr[pos], CLASS_DIGIT)) {
        pos++;
    }
    bool time = pos > LEAST && pos < line.len && line.ptr[pos] == line.ptr[0] &&
                (line.ptr[0] == '<' || line.ptr[0] == '>');
    return time ? pos + 1 : 0;
}

/* "<1714644930<A1 NOOP": the client said it then, and what follows up to the next such mark. */
void log_read_cyrus(struct log_reader *r, struct span line, struct log_line *out)
{
    size_t pos = skip_time(line);
    if (span_equal(span_sub(line, 0, 5), SPAN_LIT("-----"))) {
        out->opens = r->heading;
        r->heading = false;
        return;
    }
    if (pos > 0) {
        r->heading = true;
        r->heading_side = line.ptr[0] == '<' ? SIDE_CLIENT : SIDE_SERVER;
    }
    if (r->heading && (line.len > pos || r->in_literal || r->in_data || r->in_lines)) {
        out->kind = LOG_SAID;
        out->side = r->heading_side;
        out->said = span_from(line, pos);
    }
}

/* The number in hexadecimal before the colon: "0040: "; false where the line begins otherwise. */
static bool take_offset(struct span line, uint64_t *offset)
{
    static const char digits[] = "0123456789abcdef";
    enum { DIGITS = 4, MOST = 12 };
    size_t pos = 0;
    *offset = 0;
    for (; pos < line.len && pos < MOST; pos++) {
        const char *digit = memchr(digits, line.ptr[pos], sizeof digits - 1);
        if (digit == NULL) {
            break;
        }
        *offset = *offset * 16 + (uint64_t)(digit - digits);
    }
    return pos >= DIGITS && span_equal(span_sub(line, pos, 2), SPAN_LIT(": "));
}

/* "=> Send header, 14 bytes (0xe)"; sets how many octets follow. */
static bool is_dump(struct span line, const char *text, uint64_t *len)
{
    size_t pos = log_find(line, 0, text);
    size_t comma = pos == SIZE_MAX ? SIZE_MAX : log_find(line, pos, ", ");
    struct parse p;
    parse_init(&p, span_from(line, comma == SIZE_MAX ? line.len : comma + 2), 0, NULL);
    return parse_number(&p, INT64_MAX, RULE_NONE, len) == PARSE_OK;
}

/* What curl dumps has a number before each part of up to 64 octets; CRLF is not shown, but counted.
 */
void log_read_curl_trace(struct log_reader *r, struct span line, struct log_line *out)
{
    uint64_t offset = 0;
    bool sent = is_dump(line, "=> Send ", &r->dump);
    if (sent || is_dump(line, "<= Recv ", &r->dump)) {
        r->heading = log_find(line, 0, "SSL data") == SIZE_MAX;
        r->heading_side = sent ? SIDE_CLIENT : SIDE_SERVER;
        return;
    }
    if (!r->heading || !take_offset(line, &offset)) {
        r->heading = false;
        out->opens = log_find(line, 0, "== Info: Connected to ") != SIZE_MAX;
        return;
    }
    struct span text = span_from(line, log_find(line, 0, ": ") + 2);
    uint64_t next = 0;
    if (!take_offset(log_lines_peek(r->lines), &next) || next <= offset) {
        next = r->dump;
    }
    if (r->decoded_cap < line.len + 2) {
        r->decoded = memory_resize(r->decoded, line.len + 2, 1);
        r->decoded_cap = line.len + 2;
    }
    memcpy(r->decoded, text.ptr, text.len);
    memcpy(r->decoded + text.len, "\r\n", 2);
    out->kind = LOG_EXACT;
    out->side = r->heading_side;
    out->said = (struct span){r->decoded, text.len + (next > offset + text.len ? 2 : 0)};
}
