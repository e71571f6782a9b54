/* SPDX-License-Identifier: MIT */
#include "trace/redact.h"

/* Stars for all from pos on but blanks, quotes, literal heads and line ends. */
static void mask(uint8_t *octets, size_t len, size_t pos)
{
    while (pos < len) {
        uint8_t octet = octets[pos];
        if (octet == '{') {
            while (pos < len && octets[pos] != '\n') {
                pos++;
            }
        } else if (octet > ' ' && octet != '"') {
            octets[pos] = '*';
        }
        pos++;
    }
}

/* The position behind so many words; a quoted word counts as one. */
static size_t skip_words(const uint8_t *octets, size_t len, unsigned count)
{
    size_t pos = 0;
    while (count > 0 && pos < len) {
        bool quoted = octets[pos] == '"';
        pos += quoted;
        while (pos < len && octets[pos] != (quoted ? '"' : ' ') && octets[pos] != '\n') {
            pos += quoted && octets[pos] == '\\' ? 2 : 1;
        }
        pos += quoted;
        while (pos < len && octets[pos] == ' ') {
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
    return span_starts_nocase(rest, wanted) && rest.len > wanted.len && rest.ptr[wanted.len] == ' ';
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
    }
}
