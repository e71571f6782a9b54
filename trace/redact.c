/* SPDX-License-Identifier: MIT */
#include "trace/redact.h"

static bool is_blank(uint8_t octet)
{
    return octet == ' ' || octet == '\t';
}

/* Octets of the literal's head that begins here, with its line end; 0 where there is none. */
static size_t head_len(const uint8_t *octets, size_t len)
{
    struct literal_head head;
    size_t end = 0;
    while (end < len && octets[end] != '\n') {
        end++;
    }
    struct span line = {octets, end < len ? end + 1 : len};
    bool only = memchr(octets + 1, '{', line.len - 1) == NULL;
    return only && frame_literal_head(line, &head) ? line.len : 0;
}

/* Octets from pos on up to a blank, a literal's head or the quote that begins or ends a string. An
   escaped quote, and what escapes it, are of the run. */
static size_t run_len(const uint8_t *octets, size_t len, size_t pos, bool quoted)
{
    size_t end = pos;
    while (end < len && octets[end] > ' ' && octets[end] != '"' &&
           (octets[end] != '{' || head_len(octets + end, len - end) == 0)) {
        bool escape = quoted && octets[end] == '\\' && end + 1 < len && octets[end + 1] > ' ';
        end += escape ? 2 : 1;
    }
    return end - pos;
}

/* Stars for all from pos on but blanks, the quotes around strings, literal heads and line ends. A
   star alone would be a wildcard, or cancel an exchange: what has one octet becomes "x"; but "=",
   which stands for an empty response, stays. */
static void mask(uint8_t *octets, size_t len, size_t pos)
{
    bool quoted = false;
    while (pos < len) {
        size_t run = run_len(octets, len, pos, quoted);
        if (run == 0 && octets[pos] == '{') {
            pos += head_len(octets + pos, len - pos);
        } else if (run == 0) {
            quoted = quoted != (octets[pos++] == '"');
        } else {
            bool alone = run == 1 && !quoted;
            for (size_t end = pos + run; pos < end; pos++) {
                octets[pos] = !alone ? '*' : octets[pos] == '=' ? '=' : 'x';
            }
        }
    }
}

/* The position behind so many words; a quoted word counts as one. */
static size_t skip_words(const uint8_t *octets, size_t len, unsigned count)
{
    size_t pos = 0;
    while (count > 0 && pos < len) {
        bool quoted = octets[pos] == '"';
        pos += quoted;
        while (pos < len && octets[pos] != '\n' &&
               (quoted ? octets[pos] != '"' : !is_blank(octets[pos]))) {
            pos += quoted && octets[pos] == '\\' ? 2 : 1;
        }
        pos += quoted;
        while (pos < len && is_blank(octets[pos])) {
            pos++;
        }
        count--;
    }
    return pos < len ? pos : len;
}

static bool has_word(struct span line, size_t pos, const char *word)
{
    struct span wanted = span_text(word);
    struct span rest = span_from(line, pos);
    return span_starts_nocase(rest, wanted) && rest.len > wanted.len &&
           is_blank(rest.ptr[wanted.len]);
}

/* One word that is no short verb: a response, perhaps, that nobody waits for. */
static bool is_lone_word(struct span line)
{
    enum { VERB = 8 };
    bool letters = true;
    size_t word = 0;
    for (; word < line.len && line.ptr[word] > ' '; word++) {
        letters = letters && octet_is(line.ptr[word], CLASS_ALPHA);
    }
    bool alone = word == line.len || line.ptr[word] == '\r' || line.ptr[word] == '\n';
    return alone && word > 0 && !(letters && word <= VERB);
}

void redact_unit(enum protocol protocol, const struct session_event *event, uint8_t *octets,
                 size_t len)
{
    if (event->side != SIDE_CLIENT) {
        return;
    }
    struct span line = {octets, len};
    if (event->kind == EVENT_SASL) {
        bool plain =
            span_starts_nocase(line, SPAN_LIT("*\r")) || span_starts_nocase(line, SPAN_LIT("DONE"));
        mask(octets, plain ? 0 : len, 0);
        return;
    }
    if (event->kind != EVENT_COMMAND && event->kind != EVENT_BROKEN) {
        return;
    }
    size_t verb = protocol == PROTOCOL_IMAP ? skip_words(octets, len, 1) : 0;
    unsigned before = protocol == PROTOCOL_IMAP ? 1 : 0;
    if (has_word(line, verb, "PASS")) {
        mask(octets, len, skip_words(octets, len, 1));
    } else if (has_word(line, verb, "LOGIN") || has_word(line, verb, "AUTH") ||
               has_word(line, verb, "AUTHENTICATE") || has_word(line, verb, "APOP")) {
        mask(octets, len, skip_words(octets, len, before + 2));
    } else if (event->kind == EVENT_BROKEN && is_lone_word(line)) {
        mask(octets, len, 0);
    }
}
