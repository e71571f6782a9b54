/* SPDX-License-Identifier: MIT */
/* What logs put in place of what they do not tell: passwords, addresses, message data. */
#include "trace/log.h"

#include <string.h>

/* How the marks and other words of the log's own begin, looked up for each octet of a log: the
   first octet and the second one are of one kind. */
enum {
    BRACKET = 1,
    PAREN = 2,
    LETTER = 4,
    DOT = 8,
    STAR = 16,
    BLANK = 32,
    ELLIPSIS = 64,
    N = 128,
};
static const uint8_t mark_first[256] = {
    ['['] = BRACKET, ['<'] = BRACKET, ['('] = PAREN, ['X'] = LETTER,    ['x'] = LETTER, ['.'] = DOT,
    ['*'] = STAR,    ['\\'] = STAR,   [' '] = BLANK, [0xE2] = ELLIPSIS, ['n'] = N};
static const uint8_t mark_second[256] = {['R'] = BRACKET,
                                         ['F'] = BRACKET,
                                         ['E'] = BRACKET,
                                         ['D'] = BRACKET,
                                         ['p'] = BRACKET,
                                         ['s'] = BRACKET | STAR,
                                         ['o'] = BRACKET,
                                         ['I'] = BRACKET,
                                         ['L'] = BRACKET,
                                         ['c'] = BRACKET,
                                         ['f'] = BRACKET,
                                         ['b'] = BRACKET,
                                         ['e'] = BRACKET,
                                         ['h'] = BRACKET | PAREN,
                                         ['r'] = BRACKET | PAREN,
                                         ['.'] = BRACKET | PAREN | LETTER | DOT,
                                         ['X'] = LETTER,
                                         ['x'] = LETTER,
                                         ['*'] = STAR,
                                         [' '] = BLANK,
                                         ['<'] = BLANK,
                                         ['{'] = BLANK,
                                         [0x80] = ELLIPSIS,
                                         ['n'] = N};

/* Where a word of the log's own may begin, from pos on; the last octet or what is behind it, if
   nowhere. */
static size_t next_word(struct span said, size_t pos)
{
    while (pos + 1 < said.len &&
           (mark_first[said.ptr[pos]] & mark_second[said.ptr[pos + 1]]) == 0) {
        pos++;
    }
    return pos;
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
        {SPAN_INIT("[INITIAL CLIENT RESPONSE"), false},
        {SPAN_INIT("[LITERAL DATA"), false},
        {SPAN_INIT("[filtered"), false},
        {SPAN_INIT("*sensitive*"), false},
        {SPAN_INIT("[email\xC2\xA0"), false},
        {SPAN_INIT("[email protected"), false},
        {SPAN_INIT("<EMAIL>"), false},
        {SPAN_INIT("[EMAIL]"), false},
        {SPAN_INIT("[DOMAIN]"), false},
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

/* " {your password here}", " <the token>": a word of the log's own behind the blank; how long it
   is, or 0. */
static size_t placeholder(struct span rest)
{
    struct span word = span_from(rest, 1);
    if (word.len < 2 || rest.ptr[0] != ' ' || !octet_is(word.ptr[1], CLASS_ALPHA) ||
        find_mark(word) != NULL) {
        return 0;
    }
    uint8_t close = word.ptr[0] == '{' ? '}' : '>';
    size_t end = 1;
    while (end < word.len && word.ptr[end] != close && word.ptr[end] != '@' &&
           word.ptr[end] != '"') {
        end++;
    }
    bool last = end + 1 >= word.len || word.ptr[end + 1] == ' ';
    return end < word.len && word.ptr[end] == close && last ? end + 1 : 0;
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
    for (size_t i = next_word(said, 0); i + 1 < said.len; i = next_word(said, i + 1)) {
        const struct mark *mark = find_mark(span_from(said, i));
        if (mark == NULL) {
            size_t word = placeholder(span_from(said, i));
            if (word > 0) {
                const struct hole hole = {.off = start + i + 1, .len = word, .inside = true};
                conversation_add_hole(c, side, &hole);
                i += word;
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

struct span log_without_remark(struct span said, enum side side)
{
    enum { GAP = 4 };
    bool quoted = false;
    size_t blanks = 0;
    if (side == SIDE_SERVER && (said.len == 0 || memchr(said.ptr, ';', said.len) == NULL)) {
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

/* What follows a blank begins a note: an arrow to the left, or the sign of a comment and a blank;
   behind what the client said, an arrow to the answer. */
static bool is_note(struct span rest, enum side side)
{
    static const struct span signs[] = {SPAN_INIT("<--"),          SPAN_INIT("<=="),
                                        SPAN_INIT("\xE2\x86\x90"), SPAN_INIT("# "),
                                        SPAN_INIT("// "),          SPAN_INIT("<- ")};
    static const struct span answers[] = {SPAN_INIT("-> "), SPAN_INIT("--> "), SPAN_INIT("=> "),
                                          SPAN_INIT("\xE2\x86\x92 ")};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (span_equal(span_sub(rest, 0, signs[i].len), signs[i])) {
            return true;
        }
    }
    for (size_t i = 0; side == SIDE_CLIENT && i < sizeof answers / sizeof answers[0]; i++) {
        if (span_equal(span_sub(rest, 0, answers[i].len), answers[i])) {
            return true;
        }
    }
    return false;
}

/* The line ends with the word that a text must follow. */
static bool ends_in_status(struct span line)
{
    static const char *const words[] = {"OK", "NO", "BAD", "BYE", "PREAUTH", "+", "*", NULL};
    size_t start = line.len;
    while (start > 0 && line.ptr[start - 1] != ' ') {
        start--;
    }
    struct span last = span_from(line, start);
    const char *const *word = words;
    while (*word != NULL && !span_is(last, *word)) {
        word++;
    }
    return *word != NULL;
}

struct span log_without_note(struct span said, enum side side)
{
    static const uint8_t first[256] = {
        ['<'] = 1, ['#'] = 1, ['/'] = 1, ['-'] = 1, ['='] = 1, [0xE2] = 1};
    const uint8_t *blank = said.len > 0 ? memchr(said.ptr, ' ', said.len) : NULL;
    while (blank != NULL) {
        size_t i = (size_t)(blank - said.ptr) + 1;
        if (i + 2 >= said.len) {
            return said;
        }
        if (first[said.ptr[i]] != 0 && is_note(span_from(said, i), side) &&
            !is_quoted(said, 0, i, false)) {
            size_t end = i;
            while (end > 0 && said.ptr[end - 1] == ' ') {
                end--;
            }
            struct span line = span_sub(said, 0, end);
            return end == 0 || (side == SIDE_SERVER && ends_in_status(line)) ? said : line;
        }
        blank = memchr(said.ptr + i, ' ', said.len - i);
    }
    return said;
}

bool log_is_remark(struct span said)
{
    bool angles = said.len > 2 && said.ptr[0] == '<' && said.ptr[said.len - 1] == '>';
    bool round = said.len > 2 && said.ptr[0] == '(' && said.ptr[said.len - 1] == ')';
    return (angles || round) && octet_is(said.ptr[1], CLASS_ALPHA) &&
           memchr(said.ptr, ' ', said.len) != NULL;
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
