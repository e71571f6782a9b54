/* SPDX-License-Identifier: MIT */
#include "trace/cut.h"

#include <errno.h>
#include <stdio.h>

#include "net/buffer.h"
#include "net/memory.h"
#include "reports/visible.h"
#include "trace/redact.h"

enum { MOST_OCTETS = 1024 * 1024 };

struct said {
    struct said *next;
    enum side side;
    enum event_kind kind;
    uint8_t *octets;
    size_t len;
};

struct cut {
    enum protocol protocol;
    struct said *first;
    struct said **tail;
    size_t octets;
};

struct cut *cut_new(enum protocol protocol)
{
    struct cut *cut = memory_zero(1, sizeof *cut);
    cut->protocol = protocol;
    cut->tail = &cut->first;
    return cut;
}

void cut_free(struct cut **cut)
{
    if (*cut == NULL) {
        return;
    }
    while ((*cut)->first != NULL) {
        struct said *said = (*cut)->first;
        (*cut)->first = said->next;
        memory_wipe(said->octets, said->len);
        memory_free(said->octets);
        memory_free(said);
    }
    memory_free(*cut);
    *cut = NULL;
}

void cut_add(struct cut *cut, const struct session_event *event)
{
    if (cut->octets > MOST_OCTETS) {
        return;
    }
    struct said *said = memory_zero(1, sizeof *said);
    said->side = event->side;
    said->kind = event->kind;
    said->octets = memory_copy(event->unit.octets);
    said->len = event->unit.octets.len;
    cut->octets += said->len;
    *cut->tail = said;
    cut->tail = &said->next;
}

/* A quoted byte string of the scenario language. */
static void write_quoted(FILE *out, struct span octets)
{
    (void)fputc('"', out);
    for (size_t i = 0; i < octets.len; i++) {
        if (octets.ptr[i] == '$' && i + 1 < octets.len && octets.ptr[i + 1] == '{') {
            (void)fputc('$', out);
        }
        visible_print_quoted(out, span_sub(octets, i, 1));
    }
    (void)fputc('"', out);
}

static struct span word_at(struct span line, size_t *pos)
{
    size_t start = *pos;
    while (*pos < line.len && line.ptr[*pos] > ' ') {
        (*pos)++;
    }
    struct span word = span_sub(line, start, *pos - start);
    while (*pos < line.len && line.ptr[*pos] == ' ') {
        (*pos)++;
    }
    return word;
}

/* A command that carries a password is written with the user of the target file. */
static bool write_login(FILE *out, enum protocol protocol, struct span line)
{
    size_t pos = 0;
    struct span first = word_at(line, &pos);
    if (protocol == PROTOCOL_IMAP) {
        struct span verb = word_at(line, &pos);
        if (!span_is(verb, "LOGIN") && !span_is(verb, "AUTHENTICATE")) {
            return false;
        }
        (void)fprintf(out, "C: %.*s LOGIN \"${alice.login}\" \"${alice.password}\"\n",
                      (int)first.len, (const char *)first.ptr);
        return true;
    }
    if (protocol == PROTOCOL_POP3 && (span_is(first, "USER") || span_is(first, "PASS"))) {
        (void)fputs(span_is(first, "USER") ? "C: USER ${alice.login}\n"
                                           : "C: PASS ${alice.password}\n",
                    out);
        return true;
    }
    if (span_is(first, "AUTH") || span_is(first, "APOP")) {
        (void)fputs("C: <auth PLAIN alice>\n", out);
        return true;
    }
    return false;
}

/* True when it belongs to a login, whose challenges are not written. */
static bool write_client(FILE *out, enum protocol protocol, const struct said *said)
{
    struct span octets = {said->octets, said->len};
    if (said->kind == EVENT_SASL && !span_starts_nocase(octets, SPAN_LIT("DONE"))) {
        return true; /* the exchange is the login above */
    }
    if (said->kind == EVENT_COMMAND && write_login(out, protocol, octets)) {
        return true;
    }
    const struct session_event event = {
        .kind = said->kind, .side = SIDE_CLIENT, .unit = {.octets = octets}};
    uint8_t *copy = memory_copy(octets);
    redact_unit(protocol, &event, copy, octets.len);
    (void)fputs("C[raw]: ", out);
    write_quoted(out, (struct span){copy, octets.len});
    memory_free(copy);
    (void)fputc('\n', out);
    return false;
}

/* What must come before the next command can be sent, of whatever outcome. */
static void write_server(FILE *out, enum protocol protocol, const struct said *said, bool in_login)
{
    struct span line = {said->octets, said->len};
    size_t pos = 0;
    struct span first = word_at(line, &pos);
    if (said->kind == EVENT_CONTINUE && in_login) {
        return;
    }
    if (protocol == PROTOCOL_IMAP) {
        struct span status = word_at(line, &pos);
        if (said->kind == EVENT_GREETING) {
            (void)fputs("S: * OK|PREAUTH\n", out);
        } else if (said->kind == EVENT_CONTINUE) {
            (void)fputs("S: +\n", out);
        } else if (said->kind == EVENT_REPLY) {
            (void)fprintf(out, "S: %.*s %.*s\n", (int)first.len, (const char *)first.ptr,
                          (int)status.len, (const char *)status.ptr);
        }
    } else if (protocol == PROTOCOL_POP3) {
        if (said->kind == EVENT_GREETING || said->kind == EVENT_REPLY ||
            said->kind == EVENT_CONTINUE) {
            (void)fprintf(out, "S: %.*s\n", (int)first.len, (const char *)first.ptr);
        }
    } else if (said->kind == EVENT_GREETING || said->kind == EVENT_REPLY ||
               said->kind == EVENT_CONTINUE) {
        (void)fprintf(out, "S: %.*s\n", 3, (const char *)first.ptr);
    }
}

/* The answer in which the finding stood: it has to come for the judge to see it. */
static void write_answer(FILE *out, const struct cut *cut)
{
    const struct said *last = NULL;
    for (const struct said *said = cut->first; said != NULL; said = said->next) {
        if (said->kind == EVENT_COMMAND) {
            last = said;
        } else if (said->kind == EVENT_REPLY) {
            last = NULL;
        }
    }
    if (cut->first == NULL) {
        static const char *const greetings[] = {"2xx|4xx|5xx", "2xx|4xx|5xx", "2xx|4xx|5xx",
                                                "+OK|-ERR", "* OK|PREAUTH|BYE"};
        (void)fprintf(out, "S: %s\n", greetings[cut->protocol]);
    }
    if (last == NULL) {
        return;
    }
    struct span line = {last->octets, last->len};
    size_t pos = 0;
    struct span tag = word_at(line, &pos);
    if (cut->protocol == PROTOCOL_IMAP) {
        (void)fprintf(out, "S: %.*s OK|NO|BAD\n", (int)tag.len, (const char *)tag.ptr);
    } else {
        (void)fputs(cut->protocol == PROTOCOL_POP3 ? "S: +OK|-ERR\n" : "S: 2xx|3xx|4xx|5xx\n", out);
    }
}

static const char *const names[] = {"smtp", "smtp", "lmtp", "pop3", "imap"};
/* What a finding without a requirement of its own is about: the grammar. */
static const char *const grammar[] = {"rfc5321:4.2-1", "rfc5321:4.2-1", "rfc2033:4.2-2",
                                      "rfc1939:3-8", "rfc3501:9-2"};

static void write_case(FILE *out, const struct cut *cut, const char *id,
                       const struct finding *finding)
{
    const struct rule_info *info = rule_info(finding->rule);
    (void)fprintf(
        out,
        "# Cut from a recorded conversation; the judge finds %s again.\n"
        "@suite    cut/%s\n@protocol %s\n@needs    user alice\n@connect  a %s as alice\n\n"
        "@case  cut.%s\n@title %s\n@req   %s\n@why   %s\n@writes\n\n",
        info->name, id, names[cut->protocol], names[cut->protocol], id,
        finding->text == NULL || finding->text[0] == '\0' ? info->name : finding->text,
        info->requirement[0] == '\0' ? grammar[cut->protocol] : info->requirement, info->meaning);
    bool in_login = false;
    for (const struct said *said = cut->first; said != NULL; said = said->next) {
        if (said->side == SIDE_CLIENT) {
            in_login = write_client(out, cut->protocol, said);
        } else {
            write_server(out, cut->protocol, said, in_login);
        }
    }
    write_answer(out, cut);
}

char *cut_write(const struct cut *cut, const char *folder, unsigned serial,
                const struct finding *finding, char **error)
{
    const struct rule_info *info = rule_info(finding->rule);
    char *id = memory_format("%s-%u", info->name, serial);
    char *file = memory_format("%s/%s.scn", folder, id);
    *error = NULL;
    if (cut->octets > MOST_OCTETS) {
        *error = memory_format("%s: not written: the conversation up to here is too long", file);
    }
    FILE *out = *error == NULL ? fopen(file, "w") : NULL;
    if (out == NULL && *error == NULL) {
        *error = memory_format("%s: cannot be written: %s", file, strerror(errno));
    }
    if (out != NULL) {
        write_case(out, cut, id, finding);
        if (fclose(out) != 0) {
            *error = memory_format("%s: cannot be written: %s", file, strerror(errno));
        }
    }
    memory_free(id);
    if (*error != NULL) {
        memory_free(file);
        file = NULL;
    }
    return file;
}
