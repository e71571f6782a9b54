/* SPDX-License-Identifier: MIT */
/* What logs put in place of what they do not tell: passwords, addresses, message data. */
#include "trace/log.h"

/* The first two octets of the marks, and of other words of the log's own: looked up for each octet
   of a log. */
static const bool mark_first[256] = {
    ['['] = true, ['<'] = true,  ['('] = true,  ['X'] = true, ['x'] = true, ['*'] = true,
    ['.'] = true, [0xE2] = true, ['\\'] = true, ['n'] = true, [' '] = true, ['{'] = true};
static const bool mark_second[256] = {
    ['n'] = true, ['R'] = true, ['r'] = true, ['h'] = true,  ['p'] = true,
    ['s'] = true, ['o'] = true, ['X'] = true, ['x'] = true,  ['*'] = true,
    ['c'] = true, ['C'] = true, ['e'] = true, ['E'] = true,  ['.'] = true,
    ['f'] = true, ['F'] = true, ['b'] = true, [0x80] = true, [' '] = true};

static bool may_be_mark(uint8_t first, uint8_t second)
{
    bool doubled = first == ' ' || first == '.' || first == 'n';
    return mark_second[second] && (!doubled || second == first);
}

struct mark {
    struct span text;
    bool atom; /* it may stand for a word: what follows it is as it was */
};

/* The mark at the front, or NULL. */
static const struct mark *find_mark(struct span rest)
{
    static const struct mark marks[] = {
        {SPAN_INIT("[REDACTED"), false},
        {SPAN_INIT("<REDACTED"), false},
        {SPAN_INIT("[redacted"), false},
        {SPAN_INIT("<redacted"), false},
        {SPAN_INIT("<hidden>"), false},
        {SPAN_INIT("[hidden]"), false},
        {SPAN_INIT("(hidden)"), false},
        {SPAN_INIT("<password"), false},
        {SPAN_INIT("[password"), false},
        {SPAN_INIT("<snip"), false},
        {SPAN_INIT("[snip"), false},
        {SPAN_INIT("XXXXXX"), true},
        {SPAN_INIT("xxxxxx"), true},
        {SPAN_INIT("nnnn"), true},
        {SPAN_INIT("[omitted"), false},
        {SPAN_INIT("<omitted"), false},
        {SPAN_INIT("[removed"), false},
        {SPAN_INIT("<removed"), false},
        {SPAN_INIT("(removed"), false},
        {SPAN_INIT("[credentials"), false},
        {SPAN_INIT("<credentials"), false},
        {SPAN_INIT("[FILTERED"), false},
        {SPAN_INIT("[filtered"), false},
        {SPAN_INIT("*sensitive*"), false},
        {SPAN_INIT("[email\xC2\xA0"), false},
        {SPAN_INIT("[email protected"), false},
        {SPAN_INIT("<EMAIL>"), false},
        {SPAN_INIT("<base64"), false},
        {SPAN_INIT("[base64"), false},
        {SPAN_INIT("<secret"), false},
        {SPAN_INIT("[secret"), false},
        {SPAN_INIT("xx.xx"), false},
        {SPAN_INIT("XX.XX"), false},
        {SPAN_INIT("xxx.xxx"), false},
        {SPAN_INIT("XX"
                   "X.X"),
         false},
        {SPAN_INIT("x.x.x"), false},
        {SPAN_INIT("X.X.X"), false},
        {SPAN_INIT("**"), false},
        {SPAN_INIT("\\*\\*"), false},
        {SPAN_INIT("\xE2\x80\xA6"), false},
        {SPAN_INIT("<email"), false},
        {SPAN_INIT("[..."), false},
        {SPAN_INIT("(..."), false},
        {SPAN_INIT("<..."), false},
        {SPAN_INIT("..."), false},
        {SPAN_INIT("    "), false},
    };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (rest.ptr[0] == marks[i].text.ptr[0] && rest.len >= marks[i].text.len &&
            span_equal(span_sub(rest, 0, marks[i].text.len), marks[i].text)) {
            return &marks[i];
        }
    }
    return NULL;
}

/* "{your password here}", "<the token>": a word of the log's own; how long it is, or 0. */
static size_t placeholder(struct span said, size_t pos)
{
    uint8_t close = said.ptr[pos] == '{' ? '}' : '>';
    bool first = pos > 0 && said.ptr[pos - 1] == ' ';
    if (!first || pos + 1 >= said.len || !octet_is(said.ptr[pos + 1], CLASS_ALPHA)) {
        return 0;
    }
    size_t end = pos + 1;
    while (end < said.len && said.ptr[end] != close && said.ptr[end] != '@' &&
           said.ptr[end] != '"') {
        end++;
    }
    bool last = end + 1 >= said.len || said.ptr[end + 1] == ' ';
    return end < said.len && said.ptr[end] == close && last ? end + 1 - pos : 0;
}

/* Goes on from pos to end; true where end stands inside a quoted string. */
static bool is_quoted(struct span said, size_t pos, size_t end, bool quoted)
{
    for (; pos < end; pos++) {
        if (quoted && said.ptr[pos] == '\\') {
            pos++;
        } else if (said.ptr[pos] == '"') {
            quoted = !quoted;
        }
    }
    return quoted;
}

/* How much a mark hides that stands inside a quoted string, or is a word: the string up to its
   end, or the word. */
static size_t string_rest(struct span rest, bool quoted)
{
    size_t len = 0;
    while (len < rest.len && (quoted ? rest.ptr[len] != '"' : octet_is(rest.ptr[len], CLASS_TAG))) {
        len += quoted && rest.ptr[len] == '\\' && len + 1 < rest.len ? 2 : 1;
    }
    return len;
}

void log_add_gaps(struct conversation *c, enum side side, struct span said)
{
    uint64_t start = c->stream[side].len - said.len;
    bool literal = c->stream[side].literal > 0;
    size_t known = 0;
    bool quoted = false;
    for (size_t i = 0; i + 1 < said.len; i++) {
        if (!mark_first[said.ptr[i]]) {
            continue;
        }
        const struct mark *mark =
            may_be_mark(said.ptr[i], said.ptr[i + 1]) ? find_mark(span_from(said, i)) : NULL;
        if (mark == NULL) {
            size_t word = said.ptr[i] == '{' || said.ptr[i] == '<' ? placeholder(said, i) : 0;
            if (word > 0) {
                const struct hole hole = {.off = start + i, .len = word, .inside = true};
                conversation_add_hole(c, side, &hole);
                i += word - 1;
            }
            continue;
        }
        if (mark->text.ptr[0] == ' ' && said.ptr[0] != '*') {
            continue; /* no response with data: what is aligned there, is in free text */
        }
        quoted = is_quoted(said, known, i, quoted);
        known = i;
        bool inside = quoted || mark->atom || literal;
        size_t len = inside && !literal ? string_rest(span_from(said, i), quoted) : said.len - i;
        /* Three dots in free text mean nothing. */
        bool text = mark->text.ptr[0] == '.' && !quoted && i > 0 && said.ptr[i - 1] != ' ' &&
                    i + mark->text.len < said.len;
        if (len == 0 || text) {
            continue;
        }
        const struct hole hole = {.off = start + i, .len = len, .inside = inside};
        conversation_add_hole(c, side, &hole);
        i += len - 1;
    }
}

/* Two blanks in a row: one of them is at an odd place. */
static bool has_gap(struct span said)
{
    for (size_t i = 1; i < said.len; i += 2) {
        if (said.ptr[i] == ' ' &&
            (said.ptr[i - 1] == ' ' || (i + 1 < said.len && said.ptr[i + 1] == ' '))) {
            return true;
        }
    }
    return false;
}

struct span log_without_remark(struct span said, enum side side)
{
    enum { GAP = 4 };
    bool quoted = false;
    size_t blanks = 0;
    if (!has_gap(said)) {
        return said;
    }
    for (size_t i = 0; i < said.len; i++) {
        uint8_t octet = said.ptr[i];
        bool gap = blanks >= (octet == ';' ? 2 : GAP) && (side == SIDE_CLIENT || octet == ';');
        if (octet != ' ' && !quoted && gap) {
            return span_sub(said, 0, i - blanks);
        }
        quoted = quoted != (octet == '"');
        blanks = octet == ' ' ? blanks + 1 : 0;
    }
    return said;
}

bool log_is_remark(struct span said)
{
    return said.len > 2 && said.ptr[0] == '<' && said.ptr[said.len - 1] == '>' &&
           octet_is(said.ptr[1], CLASS_ALPHA) && memchr(said.ptr, ' ', said.len) != NULL;
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
