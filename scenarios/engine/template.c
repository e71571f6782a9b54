/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/template.h"

#include "parsers/core/ascii.h"
#include "parsers/smtp/reply.h"
#include "scenarios/engine/words.h"

struct template
{
    enum protocol protocol;
    struct imap_template *imap;
    struct span status; /* "250|251", "+OK|-ERR" */
    size_t status_pos;
    struct span code;   /* SMTP: enhanced status code; POP3: response code, without brackets */
    struct word *words; /* POP3: arguments; SMTP: at most one hole for the text */
    struct word *captures;
};

static const char *const types[] = {"number",  "uid", "string", "literal", "flags", "date", "path",
                                    "message", "set", "atom",   "list",    "text",  "body", "any"};

static bool type_known(const char *type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(type, types[i]) == 0) {
            return true;
        }
    }
    return false;
}

size_t hole_parse(struct pool *pool, struct span text, struct hole *out)
{
    if (text.len < 4 || text.ptr[0] != '$' || text.ptr[1] != '(') {
        return 0;
    }
    size_t colon = 0;
    for (size_t i = 2; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c == ')') {
            size_t end = colon > 0 ? colon : i;
            out->name = pool_text(pool, span_sub(text, 2, end - 2));
            out->type =
                colon > 0 ? pool_text(pool, span_sub(text, colon + 1, i - colon - 1)) : NULL;
            return end > 2 && (out->type == NULL || type_known(out->type)) ? i + 1 : 0;
        }
        if (c == ':' && colon == 0) {
            colon = i;
        } else if (!octet_is(c, CLASS_ALPHA | CLASS_DIGIT) && c != '_' && c != '-') {
            return 0;
        }
    }
    return 0;
}

/* --- captures --------------------------------------------------------------------------------- */

static bool all_of(struct span s, uint32_t classes, const char *others)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!octet_is(s.ptr[i], classes) && strchr(others, s.ptr[i]) == NULL) {
            return false;
        }
    }
    return s.len > 0;
}

static bool type_fits(const char *type, enum capture_form form, struct span octets)
{
    bool text = form != FORM_LIST && form != FORM_NIL;
    if (type == NULL || strcmp(type, "any") == 0 || strcmp(type, "text") == 0) {
        return true;
    }
    if (strcmp(type, "number") == 0 || strcmp(type, "uid") == 0) {
        return text && all_of(octets, CLASS_DIGIT, "");
    }
    if (strcmp(type, "set") == 0) {
        return text && (octets.len == 0 || all_of(octets, CLASS_DIGIT, ":,"));
    }
    if (strcmp(type, "literal") == 0) {
        return form == FORM_LITERAL;
    }
    if (strcmp(type, "flags") == 0 || strcmp(type, "list") == 0) {
        return form == FORM_LIST;
    }
    if (strcmp(type, "atom") == 0) {
        return form == FORM_ATOM;
    }
    return text;
}

bool match_capture(struct match *match, const char *name, const char *type, enum capture_form form,
                   struct span octets)
{
    if (!type_fits(type, form, octets)) {
        return false;
    }
    struct capture *c = pool_take(match->pool, sizeof *c);
    c->name = pool_text(match->pool, span_text(name));
    c->form = form;
    c->octets = (struct span){(const uint8_t *)pool_text(match->pool, octets), octets.len};
    c->next = match->captures;
    match->captures = c;
    return true;
}

/* --- patterns --------------------------------------------------------------------------------- */

/* How many digits the x at i stands for: one, or up to three behind a dot, in an enhanced status
   code (RFC 3463 section 2). */
static size_t digits_of(struct span p, size_t i, struct span t)
{
    size_t most = i > 0 && p.ptr[i - 1] == '.' ? 3 : 1;
    size_t n = 0;
    while (p.ptr[i] == 'x' && n < most && n < t.len && octet_is(t.ptr[n], CLASS_DIGIT)) {
        n++;
    }
    return n;
}

static bool one_pattern(struct span p, struct span t)
{
    for (size_t i = 0; i < p.len; i++) {
        size_t len = digits_of(p, i, t);
        if (len == 0 && t.len > 0 && octet_lower(p.ptr[i]) == octet_lower(t.ptr[0])) {
            len = 1;
        }
        if (len == 0) {
            return false;
        }
        t = span_from(t, len);
    }
    return t.len == 0;
}

bool pattern_match(struct span pattern, struct span text)
{
    size_t start = 0;
    for (size_t i = 0; i <= pattern.len; i++) {
        if (i == pattern.len || pattern.ptr[i] == '|') {
            if (one_pattern(span_sub(pattern, start, i - start), text)) {
                return true;
            }
            start = i + 1;
        }
    }
    return false;
}

/* --- compile ---------------------------------------------------------------------------------- */

static struct template *fail(struct template_error *error, size_t pos, const char *text)
{
    *error = (struct template_error){pos, text};
    return NULL;
}

/* RFC 5321 section 4.2: Reply-code = %x32-35 %x30-35 %x30-39 */
static bool is_code_pattern(struct span s)
{
    return s.len == 3 && s.ptr[0] >= '2' && s.ptr[0] <= '5' &&
           (s.ptr[1] == 'x' || s.ptr[1] <= '5') && all_of(span_from(s, 1), CLASS_DIGIT, "x");
}

static bool each_alternative(struct span s, bool (*fits)(struct span), size_t *bad)
{
    size_t start = 0;
    for (size_t i = 0; i <= s.len; i++) {
        if (i == s.len || s.ptr[i] == '|') {
            if (!fits(span_sub(s, start, i - start))) {
                *bad = start;
                return false;
            }
            start = i + 1;
        }
    }
    return true;
}

static bool is_enhanced(struct span s)
{
    return s.len >= 5 && strchr("245", s.ptr[0]) != NULL && s.ptr[1] == '.' &&
           all_of(s, CLASS_DIGIT, ".x");
}

static bool is_pop3_status(struct span s)
{
    return span_equal(s, SPAN_LIT("+OK")) || span_equal(s, SPAN_LIT("-ERR")) ||
           span_equal(s, SPAN_LIT("+"));
}

static void captures_of(struct pool *pool, struct template *t)
{
    struct word **tail = &t->captures;
    for (const struct word *w = t->words; w != NULL; w = w->next) {
        struct hole hole = {0};
        if (hole_parse(pool, span_text(w->text), &hole) > 0) {
            struct word *name = pool_take(pool, sizeof *name);
            name->text = hole.name;
            *tail = name;
            tail = &name->next;
        }
    }
}

static struct template *smtp_compile(struct pool *pool, struct template *t, struct word *w,
                                     struct template_error *error)
{
    size_t bad = 0;
    if (!each_alternative(t->status, is_code_pattern, &bad)) {
        return fail(error, w->column + bad, "a reply code such as 250, 2xx or 250|251");
    }
    w = w->next;
    if (w != NULL && each_alternative(span_text(w->text), is_enhanced, &bad)) {
        t->code = span_text(w->text);
        w = w->next;
    }
    struct hole hole = {0};
    if (w != NULL && strcmp(w->text, "...") == 0) {
        w = w->next;
    } else if (w != NULL && hole_parse(pool, span_text(w->text), &hole) == strlen(w->text)) {
        t->words = pool_take(pool, sizeof *t->words);
        *t->words = *w;
        t->words->next = NULL;
        w = w->next;
    }
    if (w != NULL) {
        return fail(error, w->column,
                    "a reply's text is not compared; use the clause: text like \"…\"");
    }
    captures_of(pool, t);
    return t;
}

static struct template *pop3_compile(struct pool *pool, struct template *t, struct word *w,
                                     struct template_error *error)
{
    size_t bad = 0;
    if (!each_alternative(t->status, is_pop3_status, &bad)) {
        return fail(error, w->column + bad, "+OK, -ERR or + must stand here");
    }
    w = w->next;
    if (w != NULL && w->text[0] == '[') {
        size_t len = strlen(w->text);
        if (w->text[len - 1] != ']') {
            return fail(error, w->column + len, "\"]\" must stand here");
        }
        t->code = span_sub(span_text(w->text), 1, len - 2);
        w = w->next;
    }
    t->words = w;
    captures_of(pool, t);
    return t;
}

struct template *template_compile(struct pool *pool, enum protocol protocol, struct span text,
                                  struct template_error *error)
{
    struct template *t = pool_take(pool, sizeof *t);
    *error = (struct template_error){0};
    t->protocol = protocol;
    if (protocol == PROTOCOL_IMAP) {
        t->imap = imap_template_compile(pool, text, error);
        if (t->imap != NULL) {
            t->captures = imap_template_captures(pool, t->imap);
        }
        return t->imap != NULL ? t : NULL;
    }
    unsigned bad = 0;
    struct word *w = words_split(pool, text, 0, &bad);
    if (w == NULL) {
        return fail(error, bad, "a reply must stand here");
    }
    t->status = span_text(w->text);
    return protocol == PROTOCOL_POP3 ? pop3_compile(pool, t, w, error)
                                     : smtp_compile(pool, t, w, error);
}

enum template_kind template_kind(const struct template *template)
{
    return template->imap != NULL ? imap_template_kind(template->imap) : TEMPLATE_REPLY;
}

const struct word *template_captures(const struct template *template)
{
    return template->captures;
}

/* --- match ------------------------------------------------------------------------------------ */

static struct span line_of(struct span octets)
{
    size_t len = 0;
    while (len < octets.len && octets.ptr[len] != '\n') {
        len++;
    }
    while (len > 0 && octets.ptr[len - 1] == '\r') {
        len--;
    }
    return span_sub(octets, 0, len);
}

/* The next line, without its end; false when there is none. */
static bool line_next(struct span *rest, struct span *out)
{
    if (rest->len == 0) {
        return false;
    }
    size_t end = 0;
    while (end < rest->len && rest->ptr[end] != '\n') {
        end++;
    }
    *out = line_of(*rest);
    *rest = span_from(*rest, end + 1);
    return true;
}

static struct span word_next(struct span *rest)
{
    size_t start = 0;
    while (start < rest->len && (rest->ptr[start] == ' ' || rest->ptr[start] == '\t')) {
        start++;
    }
    size_t end = start;
    while (end < rest->len && rest->ptr[end] != ' ' && rest->ptr[end] != '\t') {
        end++;
    }
    struct span out = span_sub(*rest, start, end - start);
    *rest = span_from(*rest, end);
    return out;
}

static bool smtp_match(const struct template *t, const struct received *unit, struct match *match)
{
    struct span rest = unit->octets;
    struct span line = {0};
    struct span text = {0};
    bool code = t->code.len == 0;
    if (!pattern_match(t->status, span_sub(unit->octets, 0, 3))) {
        return false;
    }
    while (line_next(&rest, &line)) {
        struct span words = span_from(line, 4);
        text = words;
        struct span first = word_next(&words);
        code = code || pattern_match(t->code, first);
    }
    if (code && t->words != NULL) {
        struct hole hole = {0};
        (void)hole_parse(match->pool, span_text(t->words->text), &hole);
        return match_capture(match, hole.name, hole.type, FORM_TEXT, text);
    }
    return code;
}

static bool is_body_type(const char *type)
{
    return type != NULL && (strcmp(type, "message") == 0 || strcmp(type, "body") == 0);
}

/* Words of a template against the words of a line; what the line has behind them is free. */
static bool words_match(const struct word *t, struct span line, const struct received *unit,
                        struct match *match)
{
    for (; t != NULL; t = t->next) {
        struct hole hole = {0};
        bool captures = hole_parse(match->pool, span_text(t->text), &hole) > 0;
        if (strcmp(t->text, "...") == 0) {
            return true;
        }
        if (captures && is_body_type(hole.type)) {
            if (!unit->has_body ||
                !match_capture(match, hole.name, hole.type, FORM_TEXT, unit->body)) {
                return false;
            }
            continue;
        }
        if (captures && hole.type != NULL && strcmp(hole.type, "text") == 0) {
            while (line.len > 0 && line.ptr[0] == ' ') {
                line = span_from(line, 1);
            }
            return match_capture(match, hole.name, "text", FORM_TEXT, line);
        }
        struct span word = word_next(&line);
        if (word.len == 0) {
            return false;
        }
        if (captures ? !match_capture(match, hole.name, hole.type, FORM_ATOM, word)
                     : strcmp(t->text, "_") != 0 && !pattern_match(span_text(t->text), word)) {
            return false;
        }
    }
    return true;
}

static bool pop3_match(const struct template *t, const struct received *unit, struct match *match)
{
    struct span line = line_of(unit->octets);
    struct span status = word_next(&line);
    if (!pattern_match(t->status, status)) {
        return false;
    }
    if (t->code.len > 0) {
        struct span rest = line;
        struct span word = word_next(&rest);
        if (word.len < 2 || word.ptr[0] != '[' || word.ptr[word.len - 1] != ']') {
            return false;
        }
        struct span code = span_sub(word, 1, word.len - 2);
        if (!span_is(t->code, "_") && !pattern_match(t->code, code)) {
            return false;
        }
        line = rest;
    }
    return words_match(t->words, line, unit, match);
}

bool template_match(const struct template *template, const struct received *unit,
                    struct match *match)
{
    struct capture *before = match->captures;
    bool ok = false;
    if (template->imap != NULL) {
        ok = imap_template_match(template->imap, unit->octets, match);
    } else if (template->protocol == PROTOCOL_POP3) {
        ok = pop3_match(template, unit, match);
    } else {
        ok = smtp_match(template, unit, match);
    }
    if (!ok) {
        match->captures = before;
    }
    return ok;
}

/* --- has -------------------------------------------------------------------------------------- */

/* A keyword's line: the first word is it; the others stand among its parameters, holes take the
   parameter at their place. */
static bool keyword_match(const struct word *words, struct span line, struct match *match)
{
    struct span rest = line;
    struct span first = word_next(&rest);
    struct span want = span_text(words->text);
    if (want.len > 0 && want.ptr[want.len - 1] == '=' && first.len > want.len) {
        first = span_sub(first, 0, want.len); /* AUTH=LOGIN and the like */
    }
    if (!pattern_match(want, first) && !span_equal_nocase(want, first)) {
        return false;
    }
    for (const struct word *w = words->next; w != NULL; w = w->next) {
        struct hole hole = {0};
        bool captures = hole_parse(match->pool, span_text(w->text), &hole) > 0;
        if (captures || strcmp(w->text, "_") == 0) {
            struct span word = word_next(&rest);
            if (word.len == 0 ||
                (captures && !match_capture(match, hole.name, hole.type, FORM_ATOM, word))) {
                return false;
            }
            continue;
        }
        struct span all = line;
        (void)word_next(&all);
        bool found = false;
        while (!found && all.len > 0) {
            found = pattern_match(span_text(w->text), word_next(&all));
        }
        if (!found && strcmp(w->text, "...") != 0) {
            return false;
        }
    }
    return true;
}

bool reply_has(enum protocol protocol, const struct received *unit, const struct word *words,
               struct match *match)
{
    struct span line = {0};
    struct span rest = unit->body;
    if (protocol == PROTOCOL_IMAP) {
        return imap_unit_has(unit->octets, words->text);
    }
    if (protocol != PROTOCOL_POP3) {
        rest = unit->octets;
        (void)line_next(&rest, &line);
    }
    while (line_next(&rest, &line)) {
        struct capture *before = match->captures;
        if (keyword_match(words, protocol == PROTOCOL_POP3 ? line : span_from(line, 4), match)) {
            return true;
        }
        match->captures = before;
    }
    return false;
}
