/* SPDX-License-Identifier: MIT */
/* What logs put in place of what they do not tell: passwords, addresses, message data. */
#include "trace/log.h"

/* The first two octets of the marks: looked up for each octet of a log. */
static const bool mark_first[256] = {['['] = true, ['<'] = true, ['('] = true, ['X'] = true,
                                     ['x'] = true, ['*'] = true, [0xE2] = true};
static const bool mark_second[256] = {
    ['R'] = true, ['r'] = true, ['h'] = true, ['p'] = true, ['s'] = true, ['o'] = true,
    ['X'] = true, ['x'] = true, ['*'] = true, ['c'] = true, ['C'] = true, ['e'] = true,
    ['E'] = true, ['.'] = true, ['f'] = true, ['F'] = true, ['b'] = true, [0x80] = true};

/* At the front stands what logs put in place of what they do not tell. */
static bool has_mark(struct span rest)
{
    static const struct span marks[] = {SPAN_INIT("[REDACTED"),
                                        SPAN_INIT("<REDACTED"),
                                        SPAN_INIT("[redacted"),
                                        SPAN_INIT("<redacted"),
                                        SPAN_INIT("<hidden>"),
                                        SPAN_INIT("[hidden]"),
                                        SPAN_INIT("(hidden)"),
                                        SPAN_INIT("<password"),
                                        SPAN_INIT("[password"),
                                        SPAN_INIT("<snip"),
                                        SPAN_INIT("[snip"),
                                        SPAN_INIT("XXXXXX"),
                                        SPAN_INIT("xxxxxx"),
                                        SPAN_INIT("[omitted"),
                                        SPAN_INIT("<omitted"),
                                        SPAN_INIT("[removed"),
                                        SPAN_INIT("<removed"),
                                        SPAN_INIT("(removed"),
                                        SPAN_INIT("[credentials"),
                                        SPAN_INIT("<credentials"),
                                        SPAN_INIT("[FILTERED"),
                                        SPAN_INIT("[filtered"),
                                        SPAN_INIT("*sensitive*"),
                                        SPAN_INIT("[email\xC2\xA0"),
                                        SPAN_INIT("[email protected"),
                                        SPAN_INIT("<EMAIL>"),
                                        SPAN_INIT("<base64"),
                                        SPAN_INIT("[base64"),
                                        SPAN_INIT("<secret"),
                                        SPAN_INIT("[secret"),
                                        SPAN_INIT("xx.xx"),
                                        SPAN_INIT("XX.XX"),
                                        SPAN_INIT("xxx.xxx"),
                                        SPAN_INIT("XX"
                                                  "X.X"),
                                        SPAN_INIT("x.x.x"),
                                        SPAN_INIT("X.X.X"),
                                        SPAN_INIT("***"),
                                        SPAN_INIT("\xE2\x80\xA6")};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (rest.len >= marks[i].len && span_equal(span_sub(rest, 0, marks[i].len), marks[i])) {
            return true;
        }
    }
    return false;
}

void log_add_gaps(struct conversation *c, enum side side, struct span said)
{
    for (size_t i = 0; i + 1 < said.len; i++) {
        if (mark_first[said.ptr[i]] && mark_second[said.ptr[i + 1]] &&
            has_mark(span_from(said, i))) {
            conversation_add_hole(c, side, said.len - i);
            return;
        }
    }
    if (said.len > 3 && span_equal(span_from(said, said.len - 3), SPAN_LIT("..."))) {
        conversation_add_hole(c, side, 3);
    }
}

bool log_is_omission(struct span line)
{
    static const char *const words[] = {"...",    "[...]",  "(...)",        "[snip]",
                                        "<snip>", "(snip)", "\xE2\x80\xA6", NULL};
    for (const char *const *word = words; *word != NULL; word++) {
        if (span_is(line, *word)) {
            return true;
        }
    }
    return false;
}

bool log_is_placeholder(struct span line)
{
    if (line.len < 3) {
        return false;
    }
    uint8_t first = line.ptr[0];
    uint8_t last = line.ptr[line.len - 1];
    return (first == '[' && last == ']') || (first == '<' && last == '>') ||
           (first == '(' && last == ')') || (first == '{' && last == '}') ||
           span_starts_nocase(line, SPAN_LIT("writing message and terminating")) ||
           log_is_omission(line);
}
