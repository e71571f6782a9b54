/* SPDX-License-Identifier: MIT */
/* Logs of programs without a reader of their own. Most of them put a mark in front of what was
   said: "SERVER -> CLIENT: ", "POP3> ", "SMTP<< ", "[12] --> ", "C: ", "request:" on a line of its
   own. What the marks look like is told by their words and arrows; which side each stands for, by
   what follows it, as arrows point either way and the log may be the server's. */
#include "net/memory.h"
#include "parsers/core/out.h"
#include "parsers/smtp/ehlo.h"
#include "trace/log.h"

/* A mark in a line: where it begins, and where what was said begins. */
struct mark {
    size_t pos;
    size_t len;
    size_t said;
};

static bool is_arrow(uint8_t octet)
{
    return octet == '<' || octet == '>';
}

static bool is_punctuation(uint8_t octet)
{
    return octet == ':' || octet == ']' || octet == '|' || octet == '=' || is_arrow(octet);
}

/* What arrows and marks go on with. */
static bool is_shaft(uint8_t octet)
{
    return octet == '-' || octet == '~' || octet == ')' || octet == '/';
}

static bool is_blank(uint8_t octet)
{
    return octet == ' ' || octet == '\t' || octet == ',';
}

static bool is_letter(uint8_t octet)
{
    return octet_is(octet, CLASS_ALPHA);
}

static bool is_word(struct span word, const char *const *words)
{
    while (*words != NULL && !span_is(word, *words)) {
        words++;
    }
    return *words != NULL;
}

/* The letters of a mark, without what stands around them. */
static struct span letters_of(struct span text)
{
    size_t start = 0;
    while (start < text.len && !is_letter(text.ptr[start])) {
        start++;
    }
    size_t end = start;
    while (end < text.len && (is_letter(text.ptr[end]) || octet_is(text.ptr[end], CLASS_DIGIT))) {
        end++;
    }
    for (size_t pos = end; pos < text.len; pos++) {
        if (is_letter(text.ptr[pos])) {
            return text; /* more than one word: none of ours */
        }
    }
    return span_sub(text, start, end - start);
}

/* The text is such as logs mark the sides with. */
static bool is_mark(struct span text)
{
    static const char *const words[] = {
        "c",       "s",       "client",   "server",    "smtp",  "esmtp",   "lmtp",
        "pop3",    "pop",     "imap",     "imap4",     "send",  "sent",    "sending",
        "recv",    "receive", "received", "receiving", "reply", "request", "response",
        "command", "cmd",     "read",     "write",     "wrote", "in",      "out",
        "rx",      "tx",      "rsp",      "I/O:",      "got",   NULL};
    static const char *const bare[] = {"sent",      "send", "sending", "recv", "received",
                                       "receiving", "read", "wrote",   NULL};
    struct span letters = letters_of(text);
    uint8_t last = text.ptr[text.len - 1];
    bool arrow = false;
    for (size_t i = 0; i < text.len; i++) {
        arrow = arrow || is_arrow(text.ptr[i]);
    }
    if (span_equal(text, SPAN_LIT("\xE2\x86\x90")) || span_equal(text, SPAN_LIT("\xE2\x86\x92"))) {
        return true;
    }
    if (letters.len == 0) {
        bool digits = false;
        for (size_t i = 0; i < text.len; i++) {
            digits = digits || octet_is(text.ptr[i], CLASS_DIGIT);
        }
        return arrow && !digits;
    }
    return is_word(letters, words) &&
           (is_punctuation(last) || (last == ')' && arrow) || is_word(text, bare));
}

/* Blanks, and the commas of tables, that stand around marks. */
static size_t skip_blanks(struct span line, size_t pos)
{
    while (pos < line.len && is_blank(line.ptr[pos])) {
        pos++;
    }
    return pos;
}

/* The arrows that a word ends with: "Net::SMTP=GLOB(0x55)>>>". */
static size_t arrows_at_end(struct span word)
{
    size_t start = word.len;
    while (start > 0 && is_arrow(word.ptr[start - 1])) {
        start--;
    }
    return start + 1 < word.len ? start : 0;
}

/* Where the mark at pos begins, with the arrow that stands before it as a word: "C --> S:". */
static size_t start_of_arrow(struct span line, size_t pos)
{
    size_t end = pos;
    while (end > 0 && line.ptr[end - 1] == ' ') {
        end--;
    }
    size_t start = end;
    bool arrow = false;
    while (start > 0 && (is_arrow(line.ptr[start - 1]) || is_shaft(line.ptr[start - 1]))) {
        start--;
        arrow = arrow || is_arrow(line.ptr[start]);
    }
    bool word = start == 0 || is_blank(line.ptr[start - 1]);
    return arrow && word ? start : pos;
}

/* The next mark in the line from pos on: a word, or the front of a word up to its punctuation. */
static bool next_mark(struct span line, size_t *pos, struct mark *out)
{
    enum { LONGEST = 24 };
    while (*pos < line.len) {
        size_t start = skip_blanks(line, *pos);
        size_t end = start;
        while (end < line.len && !is_blank(line.ptr[end])) {
            /* One arrow alone may be the bracket of an address or of a remark. */
            bool breaks = end > start + 1 && is_punctuation(line.ptr[end - 1]) &&
                          !is_punctuation(line.ptr[end]) && !is_shaft(line.ptr[end]);
            if (breaks && is_mark(span_sub(line, start, end - start))) {
                break;
            }
            end++;
        }
        *pos = end;
        size_t len = end - start;
        if (len == 0 || len > LONGEST || !is_mark(span_sub(line, start, len))) {
            size_t arrows = arrows_at_end(span_sub(line, start, len));
            start += arrows;
            len = arrows == 0 ? 0 : end - start;
        }
        if (len > 0) {
            start = start_of_arrow(line, start);
            *out = (struct mark){start, end - start, end};
            return true;
        }
    }
    return false;
}

/* What stands between a mark and what was said: blanks, and the colon of "sending : EHLO". */
static size_t skip_lead(struct span said)
{
    size_t pos = skip_blanks(said, 0);
    bool colon = pos > 0 && pos + 1 < said.len && said.ptr[pos] == ':' && said.ptr[pos + 1] == ' ';
    return colon ? skip_blanks(said, pos + 1) : pos;
}

/* "Sending data EHLO x<<<": the noun behind the mark, and the arrows around it all, are the log's.
 */
static struct span without_noun(struct span said)
{
    static const struct span nouns[] = {SPAN_INIT("data "), SPAN_INIT("command ")};
    struct span rest = span_from(said, skip_blanks(said, 0));
    size_t end = rest.len;
    while (end > 0 && is_arrow(rest.ptr[end - 1])) {
        end--;
    }
    for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++) {
        if (end + 2 < rest.len && span_equal(span_sub(rest, 0, nouns[i].len), nouns[i])) {
            return span_sub(rest, nouns[i].len, end - nouns[i].len);
        }
    }
    return said;
}

/* What is told of its sides by what was said: 0 where nothing is. */
static int vote(const struct log_reader *r, struct span said)
{
    said = without_noun(span_from(said, skip_lead(said)));
    if (said.len > 1 && (said.ptr[0] == '"' || said.ptr[0] == '\'')) {
        said = span_from(said, 1);
    }
    bool server = log_is_server(&r->speech, said);
    bool client = log_is_client(&r->speech, said);
    return server == client ? 0 : server ? 1 : -1;
}

static struct log_mark *find_mark(struct log_reader *r, struct span text)
{
    for (size_t i = 0; i < r->mark_count; i++) {
        if (span_equal(r->marks[i].text, text)) {
            return &r->marks[i];
        }
    }
    return NULL;
}

static void count_vote(struct log_reader *r, struct span text, int side)
{
    struct log_mark *mark = find_mark(r, text);
    if (side == 0 || (mark == NULL && r->mark_count == LOG_MARKS)) {
        return;
    }
    if (mark == NULL) {
        mark = &r->marks[r->mark_count++];
        *mark = (struct log_mark){.text = text};
    }
    mark->server += side > 0;
    mark->client += side < 0;
}

/* The mark is all that this line says, but for the time and the like: what was said follows. */
static bool is_heading(struct span line, const struct mark *mark)
{
    static const char *const bare[] = {"read", "wrote", "sent", "received", NULL};
    struct span word = span_sub(line, mark->pos, mark->len);
    return mark->pos == skip_blanks(line, 0) &&
           (skip_blanks(line, mark->said) == line.len || is_word(word, bare));
}

/* The side that the mark stands for. The server's lists hold words that are commands, too: what
   only a server says weighs more. */
static enum side side_of(const struct log_mark *mark)
{
    enum { WEIGHT = 4 };
    return WEIGHT * mark->server > mark->client ? SIDE_SERVER : SIDE_CLIENT;
}

void log_learn_marked(struct log_reader *r, struct span head)
{
    struct log_lines lines;
    struct span line = {0};
    log_lines_init(&lines, head);
    while (log_lines_next(&lines, &line)) {
        size_t pos = 0;
        struct mark mark;
        while (next_mark(line, &pos, &mark)) {
            struct span said = span_from(line, mark.said);
            int side = vote(r, said);
            side = side == 0 && is_heading(line, &mark) ? vote(r, log_lines_peek(&lines)) : side;
            count_vote(r, span_sub(line, mark.pos, mark.len), side);
            if (side != 0) {
                break;
            }
        }
    }
    bool seen[2] = {false, false};
    for (size_t i = 0; i < r->mark_count; i++) {
        seen[side_of(&r->marks[i])] = true;
        r->one_mark = r->one_mark || (r->marks[i].client > 0 && r->marks[i].server > 0);
    }
    r->one_mark = r->one_mark && !(seen[SIDE_CLIENT] && seen[SIDE_SERVER]);
    r->server_marks = seen[SIDE_SERVER] && !seen[SIDE_CLIENT] && !r->one_mark;
}

/* "ESMTP> " is what Sylpheed writes behind EHLO, on the connection that was "SMTP< " before. */
static struct span without_extended(struct span protocol)
{
    return span_is(protocol, "esmtp") ? span_from(protocol, 1) : protocol;
}

/* The word before the mark tells the connections apart where it is a number in brackets, an
   address or the like; the mark itself where it names the protocol. */
static struct span key_of(struct span line, const struct mark *mark)
{
    static const char *const protocols[] = {"smtp", "esmtp", "lmtp",  "pop3",
                                            "pop",  "imap",  "imap4", NULL};
    struct span letters = letters_of(span_sub(line, mark->pos, mark->len));
    if (is_word(letters, protocols)) {
        return without_extended(letters);
    }
    size_t end = mark->pos;
    while (end > 0 && line.ptr[end - 1] == ' ') {
        end--;
    }
    size_t start = end;
    while (start > 0 && line.ptr[start - 1] != ' ' && line.ptr[start - 1] != '\t') {
        start--;
    }
    struct span word = span_sub(line, start, end - start);
    bool digits = false;
    for (size_t i = 0; i < word.len; i++) {
        digits = digits || octet_is(word.ptr[i], CLASS_DIGIT);
    }
    bool brackets = word.len > 2 && word.ptr[0] == '[' && memchr(word.ptr, ']', word.len) != NULL &&
                    memchr(word.ptr, ':', word.len) == NULL;
    return digits && (brackets || span_starts_nocase(word, SPAN_LIT("0x"))) ? word
                                                                            : (struct span){0};
}

/* Without what programs write behind what was said: fetchmail "(EOM)", Haraka "state=1". */
static struct span without_notes(struct span said)
{
    if (span_is(said, ". (EOM)")) {
        said.len = 1;
    }
    size_t end = said.len;
    while (end > 0 && octet_is(said.ptr[end - 1], CLASS_DIGIT)) {
        end--;
    }
    static const struct span state = SPAN_INIT(" state=");
    bool noted = end < said.len && end > state.len &&
                 span_equal(span_sub(said, end - state.len, state.len), state);
    return noted ? span_sub(said, 0, end - state.len) : said;
}

/* Exchange writes the reply to EHLO as one line, "250  host Hello [192.0.2.1] SIZE 1000 DSN": back
   to a line for each extension. */
static struct span split_extensions(struct log_reader *r, struct span said)
{
    static const struct span code = SPAN_INIT("250-");
    size_t cap = said.len * 4 + 8;
    if (r->decoded_cap < cap) {
        r->decoded = memory_resize(r->decoded, cap, 1);
        r->decoded_cap = cap;
    }
    struct out o;
    out_init(&o, r->decoded, r->decoded_cap);
    size_t last = 0;
    for (size_t pos = skip_blanks(said, 3); pos < said.len; pos = skip_blanks(said, pos)) {
        struct span word = span_from(said, pos);
        for (word.len = 0; pos < said.len && !is_blank(said.ptr[pos]); pos++) {
            word.len++;
        }
        bool line = last == 0 || smtp_extension_by_name(word) != SMTP_EXT_UNKNOWN ||
                    (word.ptr[0] == 'X' && word.len > 1);
        if (line && last > 0) {
            out_bytes(&o, SPAN_LIT("\r\n"));
        }
        if (line) {
            last = out_span(&o).len + 4;
        }
        out_bytes(&o, line ? code : SPAN_LIT(" "));
        out_bytes(&o, word);
    }
    if (last > 0) {
        r->decoded[last - 1] = ' ';
    }
    out_bytes(&o, SPAN_LIT("\r\n"));
    return out_span(&o);
}

/* SmarterMail writes a reply's lines behind one another: "250-x Hello250-SIZE 1000250 OK". Puts an
   end between them. */
static struct span split_glued(struct log_reader *r, struct span said)
{
    enum { LEAST = 4 };
    size_t cap = said.len + 2 * (said.len / LEAST + 1);
    if (r->decoded_cap < cap) {
        r->decoded = memory_resize(r->decoded, cap, 1);
        r->decoded_cap = cap;
    }
    struct out o;
    out_init(&o, r->decoded, r->decoded_cap);
    for (size_t pos = 0; pos < said.len; pos++) {
        struct span rest = span_sub(said, pos, LEAST);
        bool line = pos >= LEAST && said.ptr[pos - 1] != ' ' &&
                    (span_equal(rest, SPAN_LIT("250-")) || span_equal(rest, SPAN_LIT("250 ")));
        if (line) {
            out_bytes(&o, SPAN_LIT("\r\n"));
        }
        out_octet(&o, said.ptr[pos]);
    }
    out_bytes(&o, SPAN_LIT("\r\n"));
    return out_span(&o);
}

static void say(struct log_reader *r, enum side side, struct span said, struct log_line *out)
{
    bool data = (side == SIDE_CLIENT ? r->in_data : r->in_lines) || r->in_literal;
    size_t blanks = said.len > 0 && is_blank(said.ptr[0]);
    bool table = blanks > 0 && said.ptr[0] == ',' && said.ptr[said.len - 1] == ',';
    said = span_from(said, data ? blanks : skip_lead(said));
    said.len -= table && said.len > 0;
    said = data ? said : without_noun(said);
    if (said.len == 0 && side == SIDE_SERVER && !data) {
        return; /* the program read nothing */
    }
    if (side == SIDE_CLIENT) {
        said = without_notes(said);
    } else if (table && span_starts_nocase(said, SPAN_LIT("250  "))) {
        said = split_extensions(r, said);
    }
    out->kind = LOG_SAID;
    out->side = side;
    out->said = said;
}

void log_read_marked(struct log_reader *r, struct span line, struct log_line *out)
{
    size_t pos = 0;
    struct mark mark;
    while (next_mark(line, &pos, &mark)) {
        struct log_mark *known = find_mark(r, span_sub(line, mark.pos, mark.len));
        if (known == NULL) {
            continue;
        }
        r->heading = is_heading(line, &mark) && vote(r, span_from(line, mark.said)) == 0 &&
                     vote(r, log_lines_peek(r->lines)) != 0;
        int side = vote(r, span_from(line, mark.said));
        if (r->one_mark && side == 0 && !r->in_data && !r->in_lines) {
            return;
        }
        bool server = side == 0 ? r->in_lines : side > 0;
        r->heading_side = !r->one_mark ? side_of(known) : server ? SIDE_SERVER : SIDE_CLIENT;
        r->heading_quoted = false;
        if (!r->heading) {
            struct span said = span_from(line, mark.said);
            bool quoted =
                line.ptr[mark.pos] == '"' && said.len > 0 && said.ptr[said.len - 1] == '"';
            out->key = key_of(line, &mark);
            say(r, r->heading_side, span_sub(said, 0, said.len - quoted), out);
            bool glued = span_is(span_sub(line, mark.pos, mark.len), "rsp:");
            if (glued && span_starts_nocase(out->said, SPAN_LIT("250-"))) {
                out->said = split_glued(r, out->said);
            }
        }
        return;
    }
    bool blank = skip_blanks(line, 0) == line.len;
    bool quoted = line.len > 1 && line.ptr[0] == '"';
    if (r->heading && !(blank && !r->in_data) && (quoted || !r->heading_quoted)) {
        r->heading_quoted = quoted;
        say(r, r->heading_side, line, out);
        return;
    }
    r->heading = r->heading && !blank && !r->heading_quoted;
    if (r->server_marks && !r->in_data && !r->in_lines && vote(r, line) < 0) {
        out->kind = LOG_SAID;
        out->side = SIDE_CLIENT;
        out->said = line;
        return;
    }
    out->kind = LOG_UNMARKED;
    out->said = line;
}
