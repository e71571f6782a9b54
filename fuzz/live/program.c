/* SPDX-License-Identifier: MIT */
#include "fuzz/live/program.h"

#include <stdio.h>

#include "parsers/core/ascii.h"

void program_fini(struct program *p)
{
    program_remove(p, 0, p->count);
}

struct program_line *program_insert(struct program *p, size_t index)
{
    if (p->count == PROGRAM_LINES) {
        return NULL;
    }
    struct program_line *at = &p->lines[index];
    memmove(at + 1, at, (p->count - index) * sizeof *at);
    p->count++;
    *at = (struct program_line){0};
    return at;
}

void program_insert_copy(struct program *p, size_t index, const struct program_line *line)
{
    struct program_line *to = program_insert(p, index);
    if (to != NULL) {
        *to = *line;
        to->octets = (struct buffer){0};
        buffer_append(&to->octets, buffer_span(&line->octets));
    }
}

void program_copy(const struct program *from, struct program *to)
{
    *to = (struct program){.protocol = from->protocol};
    for (size_t i = 0; i < from->count; i++) {
        program_insert_copy(to, i, &from->lines[i]);
    }
}

void program_remove(struct program *p, size_t index, size_t count)
{
    size_t end = index + count < p->count ? index + count : p->count;
    for (size_t i = index; i < end; i++) {
        buffer_fini(&p->lines[i].octets);
    }
    if (index < end) {
        memmove(&p->lines[index], &p->lines[end], (p->count - end) * sizeof *p->lines);
        p->count -= end - index;
    }
}

/* --- what must not be sent -------------------------------------------------------------------- */

static bool contains(struct span in, const char *word)
{
    struct span w = span_text(word);
    for (size_t i = 0; i + w.len <= in.len; i++) {
        if (span_starts_nocase(span_from(in, i), w)) {
            return true;
        }
    }
    return false;
}

static bool contains_any(struct span in, const char *const *words)
{
    while (*words != NULL && !contains(in, *words)) {
        words++;
    }
    return *words != NULL;
}

/* A mutated line must not hold these. */
static const char *const imap_words[] = {
    "INBOX",    "CREATE",   "DELETE",    "RENAME",      "SUBSCRIBE",
    "SETQUOTA", "SETACL",   "DELETEACL", "SETMETADATA", "SETANNOTATION",
    "STARTTLS", "COMPRESS", "RESETKEY",  "LOGIN",       NULL,
};
static const char *const pop3_words[] = {"QUIT", "STLS", NULL};
static const char *const smtp_words[] = {"STARTTLS", "BURL", NULL};
/* What an envelope is made of, and what hands over a message. */
static const char *const envelope_words[] = {"MAIL", "RCPT", "SEND", "SOML", "SAML", NULL};
static const char *const message_words[] = {"DATA", "BDAT", NULL};

void program_tame(struct program *p)
{
    bool mail = p->protocol != PROTOCOL_POP3 && p->protocol != PROTOCOL_IMAP;
    const char *const *words = p->protocol == PROTOCOL_IMAP   ? imap_words
                               : p->protocol == PROTOCOL_POP3 ? pop3_words
                                                              : smtp_words;
    bool envelope_wild = false;
    for (size_t i = 0; i < p->count;) {
        const struct program_line *line = &p->lines[i];
        struct span octets = buffer_span(&line->octets);
        envelope_wild =
            envelope_wild || (mail && line->wild && contains_any(octets, envelope_words));
        bool bad = octets.len == 0 || (line->wild && contains_any(octets, words)) ||
                   (envelope_wild && contains_any(octets, message_words));
        if (bad) {
            program_remove(p, i, 1);
        } else {
            i++;
        }
    }
}

/* --- as a scenario ---------------------------------------------------------------------------- */

static const struct {
    const char *token;
    const char *value;
} names[] = {
    {PROGRAM_BOX, "${box}"},
    {PROGRAM_SUB, "${box}-2"},
    {PROGRAM_SENDER, "${sender}"},
    {PROGRAM_RCPT, "${rcpt.good}"},
};

static void write_octet(struct buffer *out, uint8_t octet, uint8_t next)
{
    char text[8] = {(char)octet, '\0'};
    if (octet == '\r' || octet == '\n') {
        (void)snprintf(text, sizeof text, "\\%c", octet == '\r' ? 'r' : 'n');
    } else if (octet == '"' || octet == '\\') {
        (void)snprintf(text, sizeof text, "\\%c", octet);
    } else if (octet == '$' && next == '{') {
        (void)snprintf(text, sizeof text, "$$");
    } else if (octet < ' ' || octet > '~') {
        (void)snprintf(text, sizeof text, "\\x%02X", octet);
    }
    buffer_text(out, text);
}

static void write_octets(struct buffer *out, struct span octets)
{
    while (octets.len > 0) {
        size_t n = 0;
        while (n < sizeof names / sizeof *names &&
               !span_starts_nocase(octets, span_text(names[n].token))) {
            n++;
        }
        if (n < sizeof names / sizeof *names) {
            buffer_text(out, names[n].value);
            octets = span_from(octets, strlen(names[n].token));
        } else {
            write_octet(out, octets.ptr[0], octets.len > 1 ? octets.ptr[1] : 0);
            octets = span_from(octets, 1);
        }
    }
}

void program_write_head(enum protocol protocol, struct buffer *out)
{
    switch (protocol) {
    case PROTOCOL_IMAP:
        buffer_text(out, "@suite    fuzz/imap\n@protocol imap\n@include  \"common/imap.scn\"\n");
        break;
    case PROTOCOL_POP3:
        buffer_text(out, "@suite    fuzz/pop3\n@protocol pop3\n@include  \"common/pop3.scn\"\n");
        break;
    case PROTOCOL_LMTP:
        buffer_text(out, "@suite    fuzz/lmtp\n@protocol lmtp\n@include  \"common/smtp.scn\"\n");
        break;
    case PROTOCOL_SUBMISSION:
    case PROTOCOL_SMTP:
        buffer_text(out, protocol == PROTOCOL_SMTP
                             ? "@suite    fuzz/smtp\n@protocol smtp\n"
                             : "@suite    fuzz/submission\n@protocol submission\n");
        buffer_text(out, "@include  \"common/smtp.scn\"\n");
        break;
    }
}

/* What the protocol's cases begin with. */
static void write_opening(enum protocol protocol, bool maildrop, struct buffer *out)
{
    switch (protocol) {
    case PROTOCOL_IMAP:
        buffer_text(out, "@req   rfc3501:2.2.2-i1\n@writes\n@connect a imap as alice\n"
                         "@connect z imap as alice\n@fixture mailbox box with 3 messages\n\n"
                         "@use   login(a)\na.C: s1 SELECT ${box}\na.S: s1 OK\n");
        break;
    case PROTOCOL_POP3:
        buffer_text(out, "@req   rfc1939:3-19\n");
        buffer_text(out, maildrop ? "@writes\n" : "@safe\n");
        buffer_text(out, "@connect a pop3 as alice\n");
        buffer_text(out, maildrop ? "@fixture maildrop with 2 messages\n" : "");
        buffer_text(out, "\n@use   login(a)\n");
        break;
    case PROTOCOL_LMTP:
        buffer_text(out, "@req   rfc5321:4.2-1\n@sends\n@connect a lmtp\n\n@use   lhlo(a)\n");
        break;
    case PROTOCOL_SUBMISSION:
        buffer_text(out, "@req   rfc5321:4.2-1\n@sends\n@connect a submission as alice\n\n@use   "
                         "ehlo(a)\n");
        break;
    case PROTOCOL_SMTP:
        buffer_text(out, "@req   rfc5321:4.2-1\n@sends\n@connect a smtp\n\n@use   ehlo(a)\n");
        break;
    }
}

void program_write(const struct program *p, const char *id, bool maildrop, struct buffer *out)
{
    bool makes_sub = false;
    buffer_text(out, "\n@case  ");
    buffer_text(out, id);
    buffer_text(out, "\n@title What the fuzzer said\n");
    write_opening(p->protocol, maildrop, out);
    for (size_t i = 0; i < p->count; i++) {
        const struct program_line *line = &p->lines[i];
        char tag[16] = "";
        if (line->tagged) {
            (void)snprintf(tag, sizeof tag, "a%zu ", i + 1);
        }
        buffer_text(out, "a.C[free]: \"");
        buffer_text(out, tag);
        write_octets(out, buffer_span(&line->octets));
        buffer_text(out, "\"\n");
        makes_sub = makes_sub || contains(buffer_span(&line->octets), PROGRAM_SUB);
    }
    if (makes_sub) {
        buffer_text(out, "@cleanup\n@use   login(z)\nz.C: z1 DELETE ${box}-2\nz.S: z1 OK|NO\n"
                         "@end\n");
    }
}
