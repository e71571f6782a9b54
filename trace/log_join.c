/* SPDX-License-Identifier: MIT */
/* Lines that were wrapped, as RFCs and mails wrap them. */
#include "parsers/core/ascii.h"
#include "parsers/imap/command.h"
#include "parsers/imap/response.h"
#include "trace/log.h"

#include <string.h>

enum { LINE_MAX_OCTETS = 4096, SCRATCH = 32768, BASE64_LINE = 32 };

/* How far the parser comes in the line; SIZE_MAX: it takes it, and one less: with a deviation. */
static size_t reach(enum side side, struct span open, struct span glue, struct span rest)
{
    uint8_t line[LINE_MAX_OCTETS];
    uint8_t scratch[SCRATCH];
    size_t len = 0;
    const struct span parts[] = {open, glue, rest, SPAN_LIT("\r\n")};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].len > sizeof line - len) {
            return 0;
        }
        if (parts[i].len > 0) {
            memcpy(line + len, parts[i].ptr, parts[i].len);
        }
        len += parts[i].len;
    }
    struct arena arena;
    arena_init(&arena, scratch, sizeof scratch);
    struct parse p;
    parse_init(&p, (struct span){line, len}, 0, &arena);
    p.quirks = QUIRKS_ALL;
    p.profile = (unsigned)IMAP_PROFILE_REV2 | IMAP_PROFILE_UTF8;
    struct imap_command command;
    struct imap_response response;
    enum parse_rc rc =
        side == SIDE_CLIENT ? imap_parse_command(&p, &command) : imap_parse_response(&p, &response);
    return rc != PARSE_OK ? (size_t)p.err.off : p.deviations == NULL ? SIZE_MAX : SIZE_MAX - 1;
}

static bool is_base64(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!octet_is(text.ptr[i], CLASS_ALPHA | CLASS_DIGIT) &&
            memchr("+/=", text.ptr[i], 3) == NULL) {
            return false;
        }
    }
    return text.len > 0;
}

/* The last word of the line, a long run of base64 that the next line goes on with. */
static bool ends_in_base64(struct span open)
{
    size_t from = open.len;
    while (from > 0 && open.ptr[from - 1] != ' ') {
        from--;
    }
    struct span word = span_from(open, from);
    return word.len >= BASE64_LINE && word.ptr[word.len - 1] != '=' && is_base64(word);
}

bool log_goes_on(enum side side, struct span open, struct span rest, struct span *glue)
{
    const struct span none = SPAN_LIT("");
    const struct span space = SPAN_LIT(" ");
    if (ends_in_base64(open) && is_base64(rest)) {
        *glue = none;
        return true;
    }
    size_t alone = reach(side, open, none, none);
    if (alone >= SIZE_MAX - 1 || alone < open.len) {
        return false;
    }
    size_t tight = reach(side, open, none, rest);
    size_t spaced = reach(side, open, space, rest);
    bool further = tight > open.len || spaced > open.len + space.len;
    if (further) {
        *glue = spaced >= tight ? space : none;
    }
    return further;
}
