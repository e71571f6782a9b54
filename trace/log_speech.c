/* SPDX-License-Identifier: MIT */
/* Who speaks, told by what is said. Prose about a protocol is full of its words: a line counts only
   where its tag looks like one, or is answered somewhere. */
#include "trace/log.h"

static bool is_reply_code(struct span line)
{
    return line.len >= 3 && line.ptr[0] >= '2' && line.ptr[0] <= '5' &&
           octet_is(line.ptr[1], CLASS_DIGIT) && octet_is(line.ptr[2], CLASS_DIGIT) &&
           (line.len == 3 || line.ptr[3] == ' ' || line.ptr[3] == '-');
}

static bool is_upper(struct span word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] >= 'a' && word.ptr[i] <= 'z') {
            return false;
        }
    }
    return true;
}

static bool is_lower(struct span word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] >= 'A' && word.ptr[i] <= 'Z') {
            return false;
        }
    }
    return true;
}

/* One of the words stands here as people and programs write it: all in one case. */
static bool take_word(struct parse *p, const char *const *words)
{
    size_t start = p->pos;
    for (; *words != NULL; words++) {
        struct span word = span_sub(p->in, start, span_text(*words).len);
        p->pos = start;
        if (parse_text(p, span_text(*words)) && (is_upper(word) || is_lower(word)) &&
            (parse_at_end(p) || !octet_is(p->in.ptr[p->pos], CLASS_ALPHA))) {
            return true;
        }
    }
    p->pos = start;
    return false;
}

/* "TAG OK", "TAG NO", "TAG BAD"; sets the tag. */
static bool is_status(struct span line, struct span *tag)
{
    static const char *const words[] = {"OK", "NO", "BAD", NULL};
    struct parse p;
    parse_init(&p, line, 0, NULL);
    *tag = parse_run(&p, CLASS_TAG);
    return tag->len > 0 && parse_octet(&p, ' ') && take_word(&p, words) &&
           (parse_at_end(&p) || parse_peek(&p) == ' ');
}

static bool has_digit(struct span tag)
{
    for (size_t i = 0; i < tag.len; i++) {
        if (octet_is(tag.ptr[i], CLASS_DIGIT)) {
            return true;
        }
    }
    return false;
}

static void learn_tag(struct log_speech *speech, struct span line)
{
    struct span tag;
    if (speech->count == LOG_SPEECH_TAGS || !is_status(line, &tag) || has_digit(tag) ||
        tag.len > LOG_SPEECH_TAG) {
        return;
    }
    for (size_t i = 0; i < speech->count; i++) {
        if (span_equal(speech->tags[i], tag)) {
            return;
        }
    }
    speech->tags[speech->count++] = tag;
}

void log_speech_learn(struct log_speech *speech, struct span line)
{
    enum { PREFIX = 100 };
    learn_tag(speech, line);
    for (size_t pos = 2; pos < line.len && pos < PREFIX; pos++) {
        uint8_t mark = line.ptr[pos - 2];
        if (line.ptr[pos - 1] == ' ' &&
            (mark == ':' || mark == '<' || mark == '>' || mark == ']')) {
            learn_tag(speech, span_from(line, pos));
        }
    }
}

static bool is_tag(const struct log_speech *speech, struct span tag)
{
    /* A tag might end with ':', but what does is a word of the log. */
    bool word = tag.len == 0 || tag.ptr[tag.len - 1] == ':';
    for (size_t i = 0; i < tag.len && !word; i++) {
        word = tag.ptr[i] == '[' || tag.ptr[i] == ']' || tag.ptr[i] == '@' || tag.ptr[i] == '<';
    }
    bool known = !word && (has_digit(tag) || span_is(tag, "."));
    for (size_t i = 0; i < speech->count && !known; i++) {
        known = span_equal(speech->tags[i], tag);
    }
    return known;
}

/* "* ", and behind it what begins a response; prose has items that begin so, too. */
static bool is_untagged(struct span line)
{
    static const char *const data[] = {"EXISTS", "RECENT", "EXPUNGE", "FETCH", NULL};
    static const char *const words[] = {
        "OK",        "NO",         "BAD",        "BYE",        "PREAUTH",    "CAPABILITY",
        "LIST",      "LSUB",       "XLIST",      "SEARCH",     "ESEARCH",    "FLAGS",
        "STATUS",    "NAMESPACE",  "SORT",       "THREAD",     "ENABLED",    "ID",
        "QUOTA",     "QUOTAROOT",  "ACL",        "LISTRIGHTS", "MYRIGHTS",   "METADATA",
        "VANISHED",  "LANGUAGE",   "EXPUNGE",    "COMPARATOR", "GENURLAUTH", "URLFETCH",
        "CONVERTED", "CONVERSION", "UIDBATCHES", "ANNOTATION", NULL};
    struct parse p;
    parse_init(&p, line, 0, NULL);
    if (!parse_octet(&p, '*') || !parse_octet(&p, ' ')) {
        return false;
    }
    (void)parse_octet(&p, ' ');
    if (parse_peek(&p) == '[' || parse_peek(&p) == 'X' || take_word(&p, words)) {
        return true;
    }
    struct span number = parse_run(&p, CLASS_DIGIT);
    bool blank = parse_octet(&p, ' ');
    (void)parse_octet(&p, ' ');
    return number.len > 0 && blank && take_word(&p, data);
}

bool log_is_server(const struct log_speech *speech, struct span line)
{
    struct span tag;
    return is_untagged(line) || span_starts_nocase(line, SPAN_LIT("+ ")) || span_is(line, "+") ||
           span_starts_nocase(line, SPAN_LIT("+OK")) ||
           span_starts_nocase(line, SPAN_LIT("-ERR")) || is_reply_code(line) ||
           (is_status(line, &tag) && is_tag(speech, tag));
}

/* A command of SMTP or POP3, or what ends IDLE. */
static bool is_untagged_command(struct span line)
{
    static const char *const typed[] = {"EHLO", "HELO", "LHLO", "MAIL FROM:", "RCPT TO:", NULL};
    static const char *const verbs[] = {"DATA", "RSET",     "NOOP", "QUIT", "VRFY", "EXPN",
                                        "HELP", "STARTTLS", "AUTH", "BDAT", "USER", "PASS",
                                        "STAT", "LIST",     "RETR", "DELE", "TOP",  "UIDL",
                                        "APOP", "CAPA",     "STLS", "DONE", NULL};
    struct parse p;
    parse_init(&p, line, 0, NULL);
    for (const char *const *verb = typed; *verb != NULL; verb++) {
        p.pos = 0;
        if (parse_text(&p, span_text(*verb)) &&
            (parse_at_end(&p) || parse_peek(&p) == ' ' || line.ptr[p.pos - 1] == ':')) {
            return true;
        }
    }
    p.pos = 0;
    return take_word(&p, verbs) && (parse_at_end(&p) || parse_peek(&p) == ' ');
}

/* "TAG VERB …"; sets the tag. */
static bool is_command(const struct log_speech *speech, struct span line, struct span *tag)
{
    static const char *const verbs[] = {
        "CAPABILITY",  "LOGIN",       "AUTHENTICATE", "SELECT",   "EXAMINE",     "FETCH",
        "UID",         "LIST",        "LSUB",         "STATUS",   "NAMESPACE",   "APPEND",
        "IDLE",        "NOOP",        "ID",           "LOGOUT",   "STARTTLS",    "STORE",
        "SEARCH",      "CREATE",      "ENABLE",       "COPY",     "CLOSE",       "EXPUNGE",
        "DELETE",      "RENAME",      "SUBSCRIBE",    "CHECK",    "MOVE",        "SORT",
        "THREAD",      "UNSELECT",    "XLIST",        "GETQUOTA", "UNSUBSCRIBE", "GETQUOTAROOT",
        "SETQUOTA",    "COMPRESS",    "GETACL",       "SETACL",   "MYRIGHTS",    "LISTRIGHTS",
        "GETMETADATA", "SETMETADATA", "NOTIFY",       "ESEARCH",  "LANGUAGE",    "UNAUTHENTICATE",
        "REPLACE",     "RLIST",       "GENURLAUTH",   "URLFETCH", NULL};
    struct parse p;
    parse_init(&p, line, 0, NULL);
    *tag = parse_run(&p, CLASS_TAG);
    if (!is_tag(speech, *tag) || !parse_octet(&p, ' ')) {
        return false;
    }
    /* "login me secret", and the server answers "login BAD": the tag was forgotten. */
    struct parse word;
    struct span status;
    parse_init(&word, *tag, 0, NULL);
    bool forgotten = take_word(&word, verbs) && parse_at_end(&word) && !is_status(line, &status);
    size_t verb = p.pos;
    if (PARSE_TEXT(&p, "FETCH (")) {
        return false; /* data of a message that has lost its "* " */
    }
    p.pos = verb;
    return forgotten || (take_word(&p, verbs) &&
                         (parse_at_end(&p) || parse_peek(&p) == ' ' || parse_peek(&p) == '('));
}

bool log_is_client(const struct log_speech *speech, struct span line)
{
    struct span tag;
    return is_untagged_command(line) || is_command(speech, line, &tag);
}

struct span log_tag_of(const struct log_speech *speech, enum side side, struct span line)
{
    struct span tag = {0};
    bool tagged = side == SIDE_CLIENT ? is_command(speech, line, &tag)
                                      : is_status(line, &tag) && is_tag(speech, tag);
    return tagged ? tag : (struct span){0};
}

/* The number that the tag ends with; false where it has other octets behind its digits. */
static bool tag_number(struct span tag, size_t *letters, uint64_t *number)
{
    *letters = 0;
    while (*letters < tag.len && !octet_is(tag.ptr[*letters], CLASS_DIGIT)) {
        (*letters)++;
    }
    struct parse p;
    parse_init(&p, span_from(tag, *letters), 0, NULL);
    return parse_number(&p, UINT32_MAX, RULE_NONE, number) == PARSE_OK && parse_at_end(&p);
}

uint64_t log_tag_distance(struct span tag, struct span last)
{
    size_t letters[2];
    uint64_t number[2];
    bool comparable = tag_number(tag, &letters[0], &number[0]) &&
                      tag_number(last, &letters[1], &number[1]) &&
                      span_equal(span_sub(tag, 0, letters[0]), span_sub(last, 0, letters[1]));
    return comparable && number[0] > number[1] ? number[0] - number[1] : 0;
}
