/* SPDX-License-Identifier: MIT */
#include "trace/quirk.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/memory.h"

struct loading {
    struct knowledge *knowledge;
    struct known *open; /* the record that is being read */
    const char *file;
    unsigned line;
    bool ok;
    void (*problem)(void *context, const char *text);
    void *context;
};

static void complain(struct loading *l, const char *text, struct span word)
{
    char *message =
        memory_format("%s:%u: %s%s%.*s", l->file, l->line, text, word.len > 0 ? ": " : "",
                      (int)word.len, word.len > 0 ? (const char *)word.ptr : "");
    l->problem(l->context, message);
    memory_free(message);
    l->ok = false;
}

static struct span trim(struct span s)
{
    while (s.len > 0 && s.ptr[0] == ' ') {
        s = span_from(s, 1);
    }
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\r')) {
        s.len--;
    }
    return s;
}

static void add_word(struct loading *l, char **list, struct span value)
{
    size_t count = 0;
    while (list[count] != NULL) {
        count++;
    }
    if (count == KNOWN_WORDS) {
        complain(l, "too many of this kind in one record", value);
    } else {
        list[count] = memory_text(value);
    }
}

static void set_text(char **field, struct span value)
{
    char *old = *field;
    *field = old == NULL ? memory_text(value)
                         : memory_format("%s %.*s", old, (int)value.len, (const char *)value.ptr);
    memory_free(old);
}

static void set_kind(struct loading *l, struct span value)
{
    for (int kind = KNOWN_VIOLATION; kind <= KNOWN_POLICY; kind++) {
        if (span_is(value, quirk_kind_text((enum quirk_kind)kind))) {
            l->open->kind = (enum quirk_kind)kind;
            return;
        }
    }
    complain(l, "kind is violation, surprising or policy", value);
}

static void set_protocol(struct loading *l, struct span value)
{
    struct known *known = l->open;
    known->imap = known->imap || span_is(value, "imap");
    known->pop3 = known->pop3 || span_is(value, "pop3");
    known->smtp = known->smtp || span_is(value, "smtp");
    if (!known->imap && !known->pop3 && !known->smtp) {
        complain(l, "protocol is imap, pop3 or smtp", value);
    }
}

static void begin(struct loading *l, struct span id)
{
    struct known *known = memory_zero(1, sizeof *known);
    known->id = memory_text(id);
    if (knowledge_find(l->knowledge, known->id) != NULL) {
        complain(l, "this id is taken", id);
    }
    *l->knowledge->tail = known;
    l->knowledge->tail = &known->next;
    l->knowledge->count++;
    l->open = known;
}

/* The record is complete: it says what it means and can be recognised. */
static void end(struct loading *l)
{
    const struct known *k = l->open;
    if (k == NULL) {
        return;
    }
    if (k->title == NULL || k->cause == NULL || k->remedy == NULL) {
        complain(l, "the record above lacks title, cause or remedy", span_text(k->id));
    }
    if (k->rule[0] == NULL && k->reply[0] == NULL) {
        complain(l, "nothing tells how to recognise it: rule or reply", span_text(k->id));
    }
    l->open = NULL;
}

static void take_field(struct loading *l, struct span name, struct span value)
{
    struct known *known = l->open;
    if (span_is(name, "title")) {
        set_text(&known->title, value);
    } else if (span_is(name, "kind")) {
        set_kind(l, value);
    } else if (span_is(name, "protocol")) {
        set_protocol(l, value);
    } else if (span_is(name, "server")) {
        add_word(l, known->server, value);
    } else if (span_is(name, "reply")) {
        add_word(l, known->reply, value);
    } else if (span_is(name, "rule")) {
        if (rule_by_name(value) == RULE_NONE) {
            complain(l, "there is no rule of this name", value);
        }
        add_word(l, known->rule, value);
    } else if (span_is(name, "broken")) {
        add_word(l, known->broken, value);
    } else if (span_is(name, "cause")) {
        set_text(&known->cause, value);
    } else if (span_is(name, "remedy")) {
        set_text(&known->remedy, value);
    } else {
        complain(l, "unknown field", name);
    }
}

static void take_line(struct loading *l, struct span line)
{
    struct span text = trim(line);
    if (text.len == 0 || text.ptr[0] == '#') {
        return;
    }
    size_t word = 0;
    while (word < text.len && text.ptr[word] != ' ') {
        word++;
    }
    struct span name = span_sub(text, 0, word);
    struct span value = trim(span_from(text, word));
    if (span_is(name, "quirk")) {
        end(l);
        begin(l, value);
    } else if (l->open == NULL || value.len == 0) {
        complain(l, "\"quirk ID\" or a field with a value must stand here", name);
    } else {
        take_field(l, name, value);
    }
}

static void load_file(struct loading *l, const char *path)
{
    FILE *in = fopen(path, "r");
    char line[2048];
    l->file = path;
    l->line = 0;
    if (in == NULL) {
        complain(l, "cannot be read", (struct span){0});
        return;
    }
    while (fgets(line, sizeof line, in) != NULL) {
        struct span text = span_text(line);
        l->line++;
        if (text.len > 0 && text.ptr[text.len - 1] == '\n') {
            text.len--;
        }
        take_line(l, text);
    }
    end(l);
    (void)fclose(in);
}

static int is_quirk_file(const struct dirent *entry)
{
    struct span name = span_text(entry->d_name);
    return name.len > 6 && span_equal(span_from(name, name.len - 6), SPAN_LIT(".quirk"));
}

bool knowledge_load(struct knowledge *k, const char *folder,
                    void (*problem)(void *context, const char *text), void *context)
{
    *k = (struct knowledge){.first = NULL};
    k->tail = &k->first;
    struct loading l = {.knowledge = k, .ok = true, .problem = problem, .context = context};
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_quirk_file, alphasort);
    l.file = folder;
    if (count <= 0) {
        complain(&l, "no .quirk files here", (struct span){0});
    }
    for (int i = 0; i < count; i++) {
        char *path = memory_format("%s/%s", folder, entries[i]->d_name);
        load_file(&l, path);
        memory_free(path);
        free(entries[i]);
    }
    free(entries);
    return l.ok;
}

static void words_free(char **words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        memory_free(words[i]);
    }
}

void knowledge_fini(struct knowledge *k)
{
    while (k->first != NULL) {
        struct known *known = k->first;
        k->first = known->next;
        words_free(known->server);
        words_free(known->rule);
        words_free(known->broken);
        words_free(known->reply);
        memory_free(known->id);
        memory_free(known->title);
        memory_free(known->cause);
        memory_free(known->remedy);
        memory_free(known);
    }
    *k = (struct knowledge){0};
}

const struct known *knowledge_find(const struct knowledge *k, const char *id)
{
    for (const struct known *known = k->first; known != NULL; known = known->next) {
        if (strcmp(known->id, id) == 0) {
            return known;
        }
    }
    return NULL;
}

static bool has_protocol(const struct known *k, enum protocol protocol)
{
    switch (protocol) {
    case PROTOCOL_IMAP:
        return k->imap;
    case PROTOCOL_POP3:
        return k->pop3;
    case PROTOCOL_SMTP:
    case PROTOCOL_SUBMISSION:
    case PROTOCOL_LMTP:
        break;
    }
    return k->smtp;
}

static bool contains(struct span octets, const char *text)
{
    struct span wanted = span_text(text);
    for (size_t pos = 0; pos + wanted.len <= octets.len; pos++) {
        if (octet_lower(octets.ptr[pos]) == octet_lower(wanted.ptr[0]) &&
            span_equal_nocase(span_sub(octets, pos, wanted.len), wanted)) {
            return true;
        }
    }
    return false;
}

static bool contains_any(struct span octets, char *const *texts)
{
    for (size_t i = 0; texts[i] != NULL; i++) {
        if (contains(octets, texts[i])) {
            return true;
        }
    }
    return false;
}

/* The server has said any of these texts at the beginning: greeting, capabilities, ID. Where the
   log has a gap, that is in an earlier conversation with the same key. */
static bool is_server(const struct known *k, const struct recording *r,
                      const struct conversation *c)
{
    enum { LOOK = 8192 };
    for (const struct conversation *from = r->conversations; from <= c; from++) {
        const struct stream *s = &from->stream[SIDE_SERVER];
        if (strcmp(from->key, c->key) == 0 &&
            contains_any(span_sub((struct span){s->octets, s->len}, 0, LOOK), k->server)) {
            return true;
        }
    }
    return false;
}

static bool is_of_finding(const struct known *known, const struct finding *f)
{
    const char *name = rule_info(f->rule)->name;
    bool rule = false;
    for (size_t i = 0; known->rule[i] != NULL; i++) {
        rule = rule || strcmp(known->rule[i], name) == 0;
    }
    return rule && (known->broken[0] == NULL || contains_any(f->unit, known->broken));
}

const struct known *knowledge_of_finding(const struct knowledge *k, const struct recording *r,
                                         const struct conversation *c, const struct finding *f)
{
    const struct known *any = NULL;
    for (const struct known *known = k->first; known != NULL; known = known->next) {
        if (!has_protocol(known, c->protocol) || !is_of_finding(known, f)) {
            continue;
        }
        if (known->server[0] != NULL && is_server(known, r, c)) {
            return known;
        }
        if (known->server[0] == NULL && any == NULL) {
            any = known;
        }
    }
    return any;
}

/* A line of the server that is a reply, not data: the only ones that quirks are told by. */
static bool is_reply(enum protocol protocol, struct span line)
{
    struct parse p;
    parse_init(&p, line, 0, NULL);
    switch (protocol) {
    case PROTOCOL_IMAP:
        if (PARSE_TEXT(&p, "* ") || PARSE_TEXT(&p, "+ ")) {
            return !parse_at_end(&p) && !octet_is(line.ptr[p.pos], CLASS_DIGIT);
        }
        return parse_run(&p, CLASS_TAG).len > 0 &&
               (PARSE_TEXT(&p, " OK") || PARSE_TEXT(&p, " NO") || PARSE_TEXT(&p, " BAD"));
    case PROTOCOL_POP3:
        return parse_peek(&p) == '+' || parse_peek(&p) == '-';
    case PROTOCOL_SMTP:
    case PROTOCOL_SUBMISSION:
    case PROTOCOL_LMTP:
        break;
    }
    return parse_run(&p, CLASS_DIGIT).len >= 3;
}

struct reply_line {
    struct span text;
    uint64_t line; /* of the input */
};

/* The replies in what the server said; new memory. */
static size_t find_replies(const struct conversation *c, struct reply_line **out)
{
    size_t count = 0;
    size_t cap = 0;
    *out = NULL;
    for (size_t i = 0; i < c->piece_count; i++) {
        const struct piece *piece = &c->pieces[i];
        struct span rest = conversation_octets(c, piece);
        while (piece->side == SIDE_SERVER && rest.len > 0) {
            const uint8_t *lf = memchr(rest.ptr, '\n', rest.len);
            size_t len = lf == NULL ? rest.len : (size_t)(lf - rest.ptr) + 1;
            if (is_reply(c->protocol, span_sub(rest, 0, len))) {
                if (count == cap) {
                    cap = cap * 2 + 64;
                    *out = memory_resize(*out, cap, sizeof **out);
                }
                (*out)[count++] = (struct reply_line){span_sub(rest, 0, len), piece->line};
            }
            rest = span_from(rest, len);
        }
    }
    return count;
}

/* The first reply that has any of these texts; NULL if none has. */
static const struct reply_line *find_sign(const struct known *known,
                                          const struct reply_line *replies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (contains_any(replies[i].text, known->reply)) {
            return &replies[i];
        }
    }
    return NULL;
}

const struct known *knowledge_of_reply(const struct knowledge *k, const struct recording *r,
                                       const struct conversation *c, const struct known *after,
                                       uint64_t *line)
{
    struct reply_line *replies = NULL;
    size_t count = find_replies(c, &replies);
    const struct known *known = after == NULL ? k->first : after->next;
    for (; known != NULL; known = known->next) {
        if (known->reply[0] == NULL || !has_protocol(known, c->protocol) ||
            (known->server[0] != NULL && !is_server(known, r, c))) {
            continue;
        }
        const struct reply_line *sign = find_sign(known, replies, count);
        if (sign != NULL) {
            *line = sign->line;
            break;
        }
    }
    memory_free(replies);
    return known;
}

const char *quirk_kind_text(enum quirk_kind kind)
{
    static const char *const names[] = {"violation", "surprising", "policy"};
    return names[kind];
}
