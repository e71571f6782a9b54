/* SPDX-License-Identifier: MIT */
/* The target file: sections in brackets, "name = value", comments from ; or # at the beginning of
   a line or from a ; behind a blank. A value in double quotes keeps blanks and semicolons. */
#include <errno.h>
#include <stdio.h>

#include "net/memory.h"
#include "parsers/core/ascii.h"
#include "reports/text_file.h"
#include "scenarios/engine/pool.h"
#include "scenarios/engine/secret.h"
#include "scenarios/engine/target.h"

enum { FILE_MAX = 1 << 20 };

struct reader {
    struct target *target;
    struct problems *problems;
    struct place place; /* the present line */
    const struct section *section;
    char *user;     /* the section's user, */
    unsigned first; /* and the sets of which it gives the accounts */
    unsigned last;
    char *ca; /* of the tls section: for every URL that names none */
    bool no_verify;
};

struct section {
    const char *name;
    void (*take)(struct reader *r, struct span name, struct span value);
};

static void take_user(struct reader *r, struct span name, struct span value);

static void complain(struct reader *r, struct span at, const char *text)
{
    struct place place = r->place;
    place.column = (unsigned)(at.ptr - place.source.ptr) + 1;
    if (r->section != NULL && r->section->take == take_user) {
        /* The line may hold a password. */
        place.source = (struct span){0};
    }
    problems_add(r->problems, &place, "%s", text);
}

static struct span trim(struct span s)
{
    while (s.len != 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) {
        s = span_from(s, 1);
    }
    while (s.len != 0 && memchr(" \t\r", s.ptr[s.len - 1], 3) != NULL) {
        s.len--;
    }
    return s;
}

/* The value without its comment and its quotes. */
static struct span value_of(struct reader *r, struct span text)
{
    text = trim(text);
    if (text.len != 0 && text.ptr[0] == '"') {
        for (size_t i = 1; i < text.len; i++) {
            if (text.ptr[i] == '"') {
                return span_sub(text, 1, i - 1);
            }
        }
        complain(r, text, "this quote is not closed");
        return span_sub(text, 0, 0);
    }
    if (text.len != 0 && text.ptr[0] == ';') {
        return span_sub(text, 0, 0);
    }
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] == ';' && (text.ptr[i - 1] == ' ' || text.ptr[i - 1] == '\t')) {
            return trim(span_sub(text, 0, i));
        }
    }
    return text;
}

static void replace(char **slot, struct span value)
{
    memory_free(*slot);
    *slot = memory_text(value);
}

/* A path in a target file is relative to the folder of the file. */
static char *path_beside(const char *file, struct span path)
{
    const char *slash = strrchr(file, '/');
    if (slash == NULL || (path.len != 0 && path.ptr[0] == '/')) {
        return memory_text(path);
    }
    return memory_format("%.*s/%.*s", (int)(slash - file), file, (int)path.len,
                         (const char *)path.ptr);
}

/* imap = imap://…: the name says what the URL is for; url = takes any. */
static bool take_url(struct reader *r, struct span name, struct span value)
{
    static const char *const names[] = {"url", "smtp", "submission", "lmtp", "pop3", "imap"};
    bool known = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        known = known || span_equal(name, span_text(names[i]));
    }
    if (!known) {
        return false;
    }
    struct place place = r->place;
    place.column = (unsigned)(value.ptr - place.source.ptr) + 1;
    char *text = memory_text(value);
    bool ok = target_url_take(r->target, text, &place, r->problems);
    memory_free(text);
    if (!ok || span_equal(name, span_text("url"))) {
        return true;
    }
    struct url *url = &r->target->urls[r->target->url_count - 1];
    if (url->protocol == PROTOCOL_SUBMISSION && strcmp(url->scheme, "smtps") == 0 &&
        span_equal(name, span_text("smtp"))) {
        return true;
    }
    if (!span_equal(name, span_text(protocol_text(url->protocol)))) {
        complain(r, value, "this URL is of another protocol than the name before it");
    }
    return true;
}

static void take_target(struct reader *r, struct span name, struct span value)
{
    if (span_equal(name, SPAN_LIT("name"))) {
        replace(&r->target->name, value);
    } else if (span_equal(name, SPAN_LIT("profile"))) {
        replace(&r->target->profile, value);
    } else if (!take_url(r, name, value)) {
        complain(r, name, "a target has name, profile, url, smtp, submission, lmtp, pop3, imap");
    }
}

/* The value with the set's number where it says ${n}. */
static void replace_numbered(char **slot, struct span value, unsigned number)
{
    static const char hole[] = "${n}";
    struct bytes out = {0};
    while (value.len != 0) {
        if (value.len >= 4 && memcmp(value.ptr, hole, 4) == 0) {
            char digits[16];
            (void)snprintf(digits, sizeof digits, "%u", number);
            bytes_add_text(&out, digits);
            value = span_from(value, 4);
        } else {
            bytes_add(&out, span_sub(value, 0, 1));
            value = span_from(value, 1);
        }
    }
    replace(slot, bytes_span(&out));
    memory_wipe(out.ptr, out.len);
    bytes_fini(&out);
}

static void take_user(struct reader *r, struct span name, struct span value)
{
    for (unsigned n = r->first; n <= r->last; n++) {
        struct target_user *user = target_user_make(r->target, r->user, n);
        if (span_equal(name, SPAN_LIT("address"))) {
            replace_numbered(&user->address, value, n);
        } else if (span_equal(name, SPAN_LIT("login"))) {
            replace_numbered(&user->login, value, n);
        } else if (span_equal(name, SPAN_LIT("password"))) {
            replace_numbered(&user->secret, value, n);
            user->line = r->place.line;
        } else {
            complain(r, name, "a user has address, login and password");
            return;
        }
    }
}

static void take_declare(struct reader *r, struct span name, struct span value)
{
    target_value_set(r->target, name, value);
}

static void take_process(struct reader *r, struct span name, struct span value)
{
    struct target_process *process = &r->target->process;
    if (span_equal(name, SPAN_LIT("start"))) {
        replace(&process->start, value);
    } else if (span_equal(name, SPAN_LIT("reset"))) {
        replace(&process->reset, value);
    } else if (span_equal(name, SPAN_LIT("log"))) {
        replace(&process->log, value);
    } else if (span_equal(name, SPAN_LIT("crash"))) {
        replace(&process->crash, value);
    } else {
        complain(r, name, "a process has start, reset, log and crash");
    }
}

static void take_tls(struct reader *r, struct span name, struct span value)
{
    if (span_equal(name, SPAN_LIT("ca"))) {
        memory_free(r->ca);
        r->ca = path_beside(r->target->file, value);
    } else if (span_equal(name, SPAN_LIT("verify"))) {
        r->no_verify = span_equal(value, SPAN_LIT("no"));
        if (!r->no_verify && !span_equal(value, SPAN_LIT("ca"))) {
            complain(r, value, "verify is ca or no");
        }
    } else {
        complain(r, name, "the tls section has ca and verify");
    }
}

static const struct section sections[] = {
    {"target", take_target},   {"user", take_user}, {"declare", take_declare},
    {"process", take_process}, {"tls", take_tls},
};

/* A number from 1 to TARGET_SETS_MAX at the start of text, and its length; 0: there is none. */
static size_t set_number(struct span text, unsigned *out)
{
    size_t len = 0;
    *out = 0;
    while (len < text.len && octet_is(text.ptr[len], CLASS_DIGIT) && *out <= TARGET_SETS_MAX) {
        *out = *out * 10 + (text.ptr[len++] - (unsigned)'0');
    }
    return *out >= 1 && *out <= TARGET_SETS_MAX ? len : 0;
}

/* "alice", "alice 2" or "alice 2-9": the user, and the sets that the section is about. */
static void user_begin(struct reader *r, struct span text)
{
    size_t len = 0;
    while (len < text.len && text.ptr[len] != ' ') {
        len++;
    }
    struct span sets = trim(span_from(text, len));
    r->first = 1;
    r->last = 1;
    if (sets.len != 0) {
        size_t digits = set_number(sets, &r->first);
        struct span rest = span_from(sets, digits);
        r->last = r->first;
        if (digits != 0 && rest.len > 1 && rest.ptr[0] == '-') {
            digits = set_number(span_from(rest, 1), &r->last);
            rest = span_from(rest, digits + 1);
        }
        if (digits == 0 || rest.len != 0 || r->last < r->first) {
            complain(r, sets,
                     "which accounts: a number or range from 1 to 256, as in [user alice 2-9]");
            r->section = NULL;
            return;
        }
    }
    memory_free(r->user);
    r->user = memory_text(span_sub(text, 0, len));
    for (unsigned n = r->first; n <= r->last; n++) {
        (void)target_user_make(r->target, r->user, n);
    }
}

/* "[user alice]" */
static void section_begin(struct reader *r, struct span line)
{
    r->section = NULL;
    if (line.ptr[line.len - 1] != ']') {
        complain(r, span_from(line, line.len), "expected ]");
        return;
    }
    struct span inner = trim(span_sub(line, 1, line.len - 2));
    size_t len = 0;
    while (len < inner.len && inner.ptr[len] != ' ') {
        len++;
    }
    struct span word = span_sub(inner, 0, len);
    struct span name = trim(span_from(inner, len));
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (span_equal(word, span_text(sections[i].name))) {
            r->section = &sections[i];
        }
    }
    if (r->section == NULL) {
        complain(r, word, "the sections are target, user NAME, declare, tls and process");
        return;
    }
    bool user = r->section->take == take_user;
    if (user != (name.len != 0)) {
        complain(r, name.len == 0 ? word : name,
                 user ? "a user needs a name, as in [user alice]" : "expected ]");
        r->section = NULL;
        return;
    }
    if (user) {
        user_begin(r, name);
    }
}

static void line_read(struct reader *r, struct span line)
{
    r->place.line++;
    r->place.source = line;
    struct span text = trim(line);
    if (text.len == 0 || text.ptr[0] == ';' || text.ptr[0] == '#') {
        return;
    }
    if (text.ptr[0] == '[') {
        section_begin(r, value_of(r, text));
        return;
    }
    const uint8_t *equals = memchr(text.ptr, '=', text.len);
    if (equals == NULL || equals == text.ptr) {
        complain(r, text, "expected \"name = value\" or \"[section]\"");
        return;
    }
    if (r->section == NULL) {
        if (r->problems->errors == 0) {
            complain(r, text, "this stands before any section, such as [target]");
        }
        return;
    }
    size_t len = (size_t)(equals - text.ptr);
    struct span value = value_of(r, span_from(text, len + 1));
    if (value.len == 0) {
        complain(r, span_from(text, len + 1), "expected a value");
        return;
    }
    r->section->take(r, trim(span_sub(text, 0, len)), value);
}

/* What the tls section says holds for every URL that does not say otherwise. */
static void tls_apply(struct reader *r)
{
    for (size_t i = 0; i < r->target->url_count; i++) {
        struct url *url = &r->target->urls[i];
        if (url->verify != URL_VERIFY_CA) {
            continue;
        }
        if (url->ca == NULL && r->ca != NULL) {
            url->ca = memory_text(span_text(r->ca));
        } else if (url->ca == NULL && r->no_verify) {
            url->verify = URL_VERIFY_NO;
        }
    }
}

/* section: in which the file begins; or NULL. */
static bool read_file(struct reader *r, const char *file, const struct section *section)
{
    size_t errors = r->problems->errors;
    struct span octets;
    r->place = (struct place){.file = file};
    r->section = section;
    if (!text_file_read(file, FILE_MAX, &octets)) {
        problems_add(r->problems, &r->place, "%s", strerror(errno));
        return false;
    }
    struct span rest = octets;
    while (rest.len != 0) {
        const uint8_t *end = memchr(rest.ptr, '\n', rest.len);
        size_t line = end == NULL ? rest.len : (size_t)(end - rest.ptr);
        line_read(r, span_sub(rest, 0, line));
        rest = span_from(rest, line + 1);
    }
    tls_apply(r);
    memory_free(r->ca);
    memory_free(r->user);
    memory_wipe((uint8_t *)(uintptr_t)octets.ptr, octets.len);
    memory_free((uint8_t *)(uintptr_t)octets.ptr);
    return r->problems->errors == errors;
}

bool target_load(struct target *target, const char *file, struct problems *problems)
{
    struct reader r = {.target = target, .problems = problems};
    memory_free(target->file);
    target->file = memory_text(span_text(file));
    return read_file(&r, file, NULL);
}

bool target_load_values(struct target *target, const char *file, struct problems *problems)
{
    static const struct section values = {"declare", take_declare};
    struct reader r = {.target = target, .problems = problems};
    return read_file(&r, file, &values);
}
