/* SPDX-License-Identifier: MIT */
/* Clauses: what is asked of a reply beyond its template. */
#include <stdio.h>
#include <stdlib.h>

#include "net/memory.h"
#include "parsers/message/mime.h"
#include "scenarios/engine/compare.h"
#include "scenarios/engine/play.h"
#include "scenarios/engine/words.h"

static void observe(struct play *play, const char *name, const char *value)
{
    struct case_result *r = &play->result;
    r->observations =
        memory_resize(r->observations, r->observation_count + 1, sizeof *r->observations);
    r->observations[r->observation_count++] =
        (struct observation){memory_text(span_text(name)), memory_text(span_text(value))};
}

static const char *form_text(enum capture_form form)
{
    static const char *const names[] = {"atom", "quoted", "literal", "list", "nil", "text"};
    return names[form];
}

static char *word_value(struct play *play, const struct word *w)
{
    char *out = w != NULL ? play_expand(play, w->text, EXPAND_PLAIN) : NULL;
    return out != NULL ? out : pool_text(&play->pool, SPAN_LIT(""));
}

static bool compare_numbers(const char *a, const char *op, const char *b)
{
    double x = strtod(a, NULL);
    double y = strtod(b, NULL);
    bool less = x < y;
    bool more = x > y;
    if (strcmp(op, "==") == 0) {
        return !less && !more;
    }
    if (strcmp(op, "!=") == 0) {
        return less || more;
    }
    if (strcmp(op, "<") == 0) {
        return less;
    }
    if (strcmp(op, ">") == 0) {
        return more;
    }
    return strcmp(op, "<=") == 0 ? !more : strcmp(op, ">=") == 0 && !less;
}

static bool is_comparison(const char *op)
{
    return op[0] == '=' || op[0] == '!' || op[0] == '<' || op[0] == '>';
}

static bool contains(struct span text, struct span part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (span_equal_nocase(span_sub(text, i, part.len), part)) {
            return true;
        }
    }
    return false;
}

/* Words up to "for ID", which names the requirement. */
static const struct word *clause_words(struct play *play, const struct word *w)
{
    struct word *first = NULL;
    struct word **tail = &first;
    for (; w != NULL; w = w->next) {
        if (!w->quoted && strcmp(w->text, "for") == 0 && first != NULL) {
            break;
        }
        struct word *copy = pool_take(&play->pool, sizeof *copy);
        *copy = *w;
        copy->next = NULL;
        *tail = copy;
        tail = &copy->next;
    }
    return first;
}

static bool has_clause(struct play *play, struct channel *c, const struct unit *u,
                       const struct word *words)
{
    struct match match = {.pool = &play->pool};
    struct word *first = NULL;
    struct word **tail = &first;
    for (const struct word *w = words; w != NULL; w = w->next) {
        struct word *copy = pool_take(&play->pool, sizeof *copy);
        *copy = *w;
        copy->text = word_value(play, w);
        copy->next = NULL;
        *tail = copy;
        tail = &copy->next;
    }
    if (u == NULL || first == NULL) {
        return false;
    }
    const struct received r = {bytes_span(&u->octets), bytes_span(&u->body), u->has_body};
    bool ok = reply_has(c->connect->protocol, &r, first, &match);
    for (const struct capture *i = match.captures; ok && i != NULL; i = i->next) {
        play_bind(play, i->name, i->octets, i->form);
    }
    return ok;
}

static bool tls_clause(struct play *play, const struct channel *c, const struct word *w)
{
    struct tls_info info = {0};
    if (c->peer == NULL || c->peer->conn == NULL) {
        return false;
    }
    conn_tls_info(c->peer->conn, &info);
    if (strcmp(w->text, "version") == 0 && w->next != NULL && w->next->next != NULL) {
        const char *v = strrchr(info.version, 'v');
        return v != NULL && compare_numbers(v + 1, w->next->text, word_value(play, w->next->next));
    }
    if (strcmp(w->text, "cert") == 0) {
        return tls_is_valid_for(conn_tls(c->peer->conn), word_value(play, w->next->next));
    }
    return strcmp(w->text, "cipher") == 0 && w->next != NULL && w->next->next != NULL &&
           contains(span_text(info.cipher), span_text(word_value(play, w->next->next)));
}

/* The digits at text, as a number. */
static int64_t digits(const char *text)
{
    return (int64_t)strtoul(text, NULL, 10);
}

/* "21-Nov-2026 01:02:03 +0100" as seconds; false when it is no date-time. */
static bool date_seconds(struct span s, int64_t *out)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char text[32] = {0};
    memcpy(text, s.ptr, s.len < sizeof text ? s.len : 0);
    if (s.len != 26 || text[2] != '-' || text[6] != '-' || text[11] != ' ' || text[20] != ' ') {
        return false;
    }
    text[6] = '\0';
    const char *month = strstr(months, text + 3);
    if (month == NULL || (month - months) % 3 != 0) {
        return false;
    }
    int64_t m = (month - months) / 3 + 1;
    int64_t y = digits(text + 7) - (m <= 2 ? 1 : 0);
    int64_t day = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + digits(text + (text[0] == ' ')) - 1;
    int64_t days = y * 365 + y / 4 - y / 100 + y / 400 + day;
    int64_t zone = digits(text + 22);
    int64_t offset = (zone / 100 * 60 + zone % 100) * 60 * (text[21] == '-' ? -1 : 1);
    *out = days * 86400 + digits(text + 12) * 3600 + digits(text + 15) * 60 + digits(text + 18) -
           offset;
    return true;
}

/* "subject at date": the same instant, whatever the zone; near: not a day from it, as clocks
   differ. */
static bool same_instant(struct span a, struct span b, bool near)
{
    int64_t x = 0;
    int64_t y = 0;
    int64_t slack = near ? 86400 : 0;
    return date_seconds(a, &x) && date_seconds(b, &y) && x - y <= slack && y - x <= slack;
}

/* The octets of part "2.1" of a message, as FETCH BODY[2.1] numbers them. */
static bool message_part(struct span message, const char *number, struct bytes *out)
{
    enum { ARENA_LEN = 1024 * 1024 };
    void *block = memory_zero(1, ARENA_LEN);
    struct arena arena;
    struct parse p;
    struct mime_part *part = NULL;
    arena_init(&arena, block, ARENA_LEN);
    parse_init(&p, message, 0, &arena);
    bool ok = mime_parse_structure(&p, &part) == PARSE_OK;
    for (const char *at = number; ok && *at != '\0';) {
        char *end = NULL;
        unsigned long n = strtoul(at, &end, 10);
        if (part->children != NULL && mime_part_is(part, "message", NULL)) {
            part = part->children;
        }
        if (part->children != NULL) {
            part = part->children;
            for (unsigned long i = 1; i < n && part != NULL; i++) {
                part = part->next;
            }
            ok = part != NULL && n > 0;
        } else {
            ok = n == 1;
        }
        at = *end == '.' ? end + 1 : end;
        ok = ok && (*at == '\0' || end != number);
    }
    if (ok) {
        bytes_add(out, part->body);
    }
    memory_free(block);
    return ok;
}

/* "subject part 2.1 of message" */
static bool part_clause(struct play *play, const struct word *w, struct span subject, char **actual)
{
    const struct word *of = w->next->next->next;
    struct bytes message = {0};
    struct bytes part = {0};
    bool ok = of != NULL && of->next != NULL && play_part(play, of->next->text, &message) &&
              message_part(bytes_span(&message), word_value(play, w->next->next), &part);
    *actual = play_visible(play, subject);
    ok = ok && span_equal(bytes_span(&part), subject);
    bytes_fini(&message);
    bytes_fini(&part);
    return ok;
}

/* "subject stamped above object" */
static bool stamped_clause(struct play *play, const struct word *w, struct span subject,
                           char **actual)
{
    const struct word *above = w->next->next;
    struct bytes sent = {0};
    struct span where = {0};
    const char *expected = NULL;
    bool ok = above != NULL && above->next != NULL && play_part(play, above->next->text, &sent) &&
              header_stamped_above(subject, bytes_span(&sent), &where, &expected);
    if (expected != NULL) {
        *actual = pool_format(&play->pool, "Received without %s at: %s", expected,
                              play_visible(play, where));
    }
    bytes_fini(&sent);
    return ok;
}

/* "m.body": the message is one that this case has put into a maildrop by IMAP. */
static bool is_of_maildrop(struct play *play, const char *part)
{
    struct span name = {(const uint8_t *)part, strcspn(part, ".[")};
    const struct variable *numbers = play_variable(play, "maildrop-numbers");
    const struct variable *v = play_variable(play, pool_text(&play->pool, name));
    return numbers != NULL && v != NULL && contains(v->value, span_text(play->nonce));
}

/* "subject verb object": the subject is a capture, a message, or a part of either. */
static bool subject_clause(struct play *play, const struct word *w, char **actual)
{
    struct bytes subject = {0};
    struct bytes object = {0};
    const char *verb = w->next->text;
    const struct word *third = w->next->next;
    bool ok = play_part(play, w->text, &subject);
    struct span s = bytes_span(&subject);
    bool result = false;
    if (ok && strcmp(verb, "form") == 0) {
        const struct variable *v = play_variable(play, w->text);
        *actual = pool_format(&play->pool, "form %s", v != NULL ? form_text(v->form) : "?");
        result = v != NULL && third != NULL &&
                 pattern_match(span_text(third->text), span_text(form_text(v->form)));
    } else if (ok && third != NULL && is_comparison(verb)) {
        char *left = pool_text(&play->pool, s);
        *actual = left;
        result = compare_numbers(left, verb, word_value(play, third));
    } else if (ok && third != NULL && strcmp(verb, "is") == 0) {
        *actual = play_visible(play, s);
        result = span_equal(s, span_text(word_value(play, third)));
    } else if (ok && third != NULL && strcmp(verb, "part") == 0) {
        result = part_clause(play, w, s, actual);
    } else if (ok && third != NULL && strcmp(verb, "stamped") == 0) {
        result = stamped_clause(play, w, s, actual);
    } else if (ok && third != NULL && (strcmp(verb, "at") == 0 || strcmp(verb, "near") == 0)) {
        *actual = play_visible(play, s);
        result = same_instant(s, span_text(word_value(play, third)), verb[0] == 'n');
    } else if (ok && third != NULL && strcmp(verb, "has") == 0) {
        const struct word *above = third->next;
        if (above != NULL && strcmp(above->text, "above") == 0 && above->next != NULL) {
            result = play_part(play, above->next->text, &object) &&
                     header_has_above(s, span_text(third->text), bytes_span(&object));
        } else {
            result = contains(s, span_text(word_value(play, third)));
        }
    } else if (ok && third != NULL && strcmp(verb, "lacks") == 0) {
        result = !contains(s, span_text(word_value(play, third)));
    } else if (ok && third != NULL && play_part(play, third->text, &object)) {
        struct span o = bytes_span(&object);
        size_t same = 0;
        while (same < s.len && same < o.len && s.ptr[same] == o.ptr[same]) {
            same++;
        }
        result = strcmp(verb, "keeps") == 0     ? header_keeps(s, o)
                 : strcmp(verb, "differs") == 0 ? !span_equal(s, o)
                                                : strcmp(verb, "equals") == 0 && span_equal(s, o);
        play->renumbered = play->renumbered || (!result && is_of_maildrop(play, w->text));
        *actual =
            pool_format(&play->pool, "%zu octets instead of %zu, different from octet %zu on: %s",
                        s.len, o.len, same, play_visible(play, span_sub(s, same, 60)));
    }
    if (!ok) {
        *actual = pool_format(&play->pool, "there is no %s", w->text);
    }
    bytes_fini(&subject);
    bytes_fini(&object);
    return result;
}

static size_t count_lines(struct span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += s.ptr[i] == '\n' ? 1 : 0;
    }
    return n;
}

static bool clause_holds(struct play *play, struct channel *c, const struct unit *u,
                         const struct word *w, char **actual)
{
    struct span octets = u != NULL ? bytes_span(&u->octets) : (struct span){0};
    *actual = u != NULL ? play_visible(play, octets) : pool_text(&play->pool, SPAN_LIT("no reply"));
    if (strcmp(w->text, "has") == 0 || strcmp(w->text, "lacks") == 0) {
        return has_clause(play, c, u, w->next) == (w->text[0] == 'h');
    }
    if (strcmp(w->text, "text") == 0) {
        const struct word *value = w->next != NULL ? w->next->next : NULL;
        bool found = value != NULL && contains(octets, span_text(word_value(play, value)));
        return found == (w->next != NULL && strcmp(w->next->text, "like") == 0);
    }
    if (strcmp(w->text, "lines") == 0 && w->next != NULL && w->next->next != NULL && u != NULL) {
        char *n = pool_format(&play->pool, "%zu",
                              count_lines(u->has_body ? bytes_span(&u->body) : octets));
        *actual = pool_format(&play->pool, "%s lines", n);
        return compare_numbers(n, w->next->text, word_value(play, w->next->next));
    }
    if (strcmp(w->text, "version") == 0 || strcmp(w->text, "cert") == 0 ||
        strcmp(w->text, "cipher") == 0) {
        struct tls_info info = {0};
        if (c->peer != NULL && c->peer->conn != NULL) {
            conn_tls_info(c->peer->conn, &info);
        }
        *actual = pool_format(&play->pool, "%s %s, certificate for %s: %s", info.version,
                              info.cipher, info.peer_names, info.verify);
        return tls_clause(play, c, w);
    }
    return w->next != NULL && subject_clause(play, w, actual);
}

static char *clause_text(struct play *play, const struct word *w)
{
    struct bytes out = {0};
    for (; w != NULL; w = w->next) {
        bytes_add_text(&out, out.len > 0 ? " " : "");
        bytes_add_text(&out, w->text);
    }
    char *text = pool_text(&play->pool, bytes_span(&out));
    bytes_fini(&out);
    return text;
}

/* "note NAME: clause": what the clause finds is recorded, not judged. */
static void note_clause(struct play *play, struct channel *c, const struct unit *u,
                        const struct word *w)
{
    char *name = w->next != NULL ? pool_text(&play->pool, span_text(w->next->text)) : NULL;
    const struct word *rest = w->next != NULL ? w->next->next : NULL;
    if (name == NULL) {
        return;
    }
    size_t len = strlen(name);
    bool judged = len > 0 && name[len - 1] == ':';
    if (!judged || rest == NULL) {
        observe(play, name, rest != NULL ? word_value(play, rest) : "");
        return;
    }
    name[len - 1] = '\0';
    const struct variable *v = play_variable(play, rest->text);
    if (v != NULL && rest->next != NULL && strcmp(rest->next->text, "form") == 0) {
        observe(play, name, form_text(v->form));
        return;
    }
    if (strcmp(rest->text, "text") == 0 && rest->next == NULL && u != NULL) {
        observe(play, name, play_visible(play, bytes_span(&u->octets)));
        return;
    }
    char *actual = NULL;
    observe(play, name, clause_holds(play, c, u, rest, &actual) ? "yes" : "no");
}

bool play_clauses(struct play *play, const struct step *step, struct channel *c,
                  const struct unit *unit)
{
    for (const struct word_line *line = step->clauses; line != NULL; line = line->next) {
        const struct word *w = clause_words(play, line->words);
        char *actual = NULL;
        if (strcmp(w->text, "note") == 0) {
            note_clause(play, c, unit, w);
        } else if (strcmp(w->text, "for") != 0 && strcmp(w->text, "within") != 0 &&
                   !clause_holds(play, c, unit, w, &actual)) {
            if (unit != NULL && unit->line < play->transcript.count) {
                play->transcript.lines[unit->line].marked = true;
            }
            play_fail(play, step, line, FAILURE_WRONG, clause_text(play, w), actual);
            return false;
        }
    }
    return true;
}
