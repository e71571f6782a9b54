/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "parsers/core/ascii.h"
#include "scenarios/engine/load.h"

enum { MAX_DEPTH = 12 };

static bool is_name(uint8_t c)
{
    return octet_is(c, CLASS_ALPHA | CLASS_DIGIT) || c == '_' || c == '-';
}

bool line_is_empty(const struct line *line)
{
    size_t i = 0;
    while (i < line->text.len && (line->text.ptr[i] == ' ' || line->text.ptr[i] == '\t')) {
        i++;
    }
    return i == line->text.len || line->text.ptr[0] == '#';
}

bool line_is(const struct line *line, const char *directive)
{
    struct span d = span_text(directive);
    return line->text.len >= d.len && span_equal(span_sub(line->text, 0, d.len), d) &&
           (line->text.len == d.len || line->text.ptr[d.len] == ' ' ||
            line->text.ptr[d.len] == '\t');
}

struct word *line_words(struct load *l, const struct line *line)
{
    size_t start = 0;
    while (start < line->text.len && line->text.ptr[start] != ' ' &&
           line->text.ptr[start] != '\t') {
        start++;
    }
    unsigned bad = 0;
    struct word *out =
        words_split(l->pool, span_from(line->text, start), (unsigned)start + 1, &bad);
    if (bad > 0) {
        load_fail(l, &line->place, bad, "this quoted word has no end");
    }
    return out;
}

static void steps_add(struct steps *steps, struct step *step)
{
    if (steps->last == NULL) {
        steps->first = step;
    } else {
        steps->last->next = step;
    }
    steps->last = step;
}

static struct step *step_new(struct load *l, const struct line *line, enum step_kind kind,
                             bool setup)
{
    struct step *out = pool_take(l->pool, sizeof *out);
    out->kind = kind;
    out->place = line->place;
    out->place.column = 1;
    out->setup = setup || line->common;
    out->conn = pool_text(l->pool, SPAN_LIT(""));
    return out;
}

/* The clauses below the line just consumed. */
static void load_clauses(struct load *l, struct step *step)
{
    struct word_line **tail = step == NULL ? NULL : &step->clauses;
    while (l->at != NULL && !line_is_empty(l->at) &&
           (l->at->text.ptr[0] == ' ' || l->at->text.ptr[0] == '\t')) {
        unsigned bad = 0;
        struct word *words = words_split(l->pool, l->at->text, 1, &bad);
        if (bad > 0) {
            load_fail(l, &l->at->place, bad, "this quoted word has no end");
        } else if (step == NULL) {
            load_fail(l, &l->at->place, words->column, "a clause needs a line above it");
        } else {
            struct word_line *c = pool_take(l->pool, sizeof *c);
            c->words = words;
            c->place = l->at->place;
            c->place.column = words->column;
            *tail = c;
            tail = &c->next;
        }
        l->at = l->at->next;
    }
}

static const struct {
    const char *name;
    enum event_word word;
    bool sends;
    bool expects;
} events[] = {
    {"connect", WORD_CONNECT, true, false}, {"close", WORD_CLOSE, true, true},
    {"fin", WORD_FIN, true, true},          {"rst", WORD_RST, true, true},
    {"silence", WORD_SILENCE, false, true}, {"tls", WORD_TLS, true, false},
    {"message", WORD_MESSAGE, true, false}, {"bdat", WORD_BDAT, true, false},
    {"auth", WORD_AUTH, true, false},       {"shutdown", WORD_SHUTDOWN, true, false},
};

/* "<word args>", alone or (auth) behind a tag. */
static void load_event(struct load *l, struct step *step)
{
    struct span p = span_text(step->payload);
    size_t start = 0;
    while (start < p.len && p.ptr[start] != '<') {
        start++;
    }
    if (p.len == 0 || p.ptr[p.len - 1] != '>' ||
        (start > 0 && !span_starts_nocase(span_from(p, start), SPAN_LIT("<auth ")))) {
        return;
    }
    unsigned bad = 0;
    struct word *words = words_split(l->pool, span_sub(p, start + 1, p.len - start - 2),
                                     step->place.column + (unsigned)start + 1, &bad);
    if (words == NULL) {
        load_fail(l, &step->place, step->place.column, "this event has no word");
        return;
    }
    bool sends = step->kind == STEP_SEND;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (strcmp(words->text, events[i].name) == 0) {
            if (sends ? !events[i].sends : !events[i].expects) {
                load_fail(l, &step->place, words->column, "<%s> cannot be %s", words->text,
                          sends ? "sent" : "expected");
            }
            step->event = events[i].word;
            step->event_args = words->next;
            while (start > 0 && p.ptr[start - 1] == ' ') {
                start--;
            }
            step->payload = pool_text(l->pool, span_sub(p, 0, start));
            size_t args = words_count(words->next);
            if ((step->event == WORD_AUTH && args != 2) ||
                ((step->event == WORD_MESSAGE || step->event == WORD_BDAT) && args < 1)) {
                load_fail(l, &step->place, words->column, "<%s> needs %s", words->text,
                          step->event == WORD_AUTH ? "a mechanism and a user" : "a message");
            }
            return;
        }
    }
    if (start == 0 && strcmp(words->text, "literal") != 0 && strcmp(words->text, "literal+") != 0) {
        load_fail(l, &step->place, words->column, "unknown event <%s>", words->text);
    }
}

static bool load_mod(struct load *l, struct step *step, struct span mod, unsigned column)
{
    size_t eq = 0;
    while (eq < mod.len && mod.ptr[eq] != '=') {
        eq++;
    }
    struct span name = span_sub(mod, 0, eq);
    char *value = eq < mod.len ? pool_text(l->pool, span_from(mod, eq + 1)) : NULL;
    bool sends = step->kind == STEP_SEND;
    if (sends && value == NULL && span_is(name, "raw")) {
        step->raw = true;
    } else if (sends && value == NULL && span_is(name, "free")) {
        step->raw = true;
        step->free = true;
    } else if (sends && value == NULL && span_is(name, "hold")) {
        step->hold = true;
    } else if (sends && value != NULL && span_is(name, "eol") &&
               (strcmp(value, "lf") == 0 || strcmp(value, "cr") == 0 ||
                strcmp(value, "none") == 0)) {
        step->eol = value;
    } else if (sends && value != NULL && span_is(name, "write")) {
        step->write = value;
    } else if (sends && value != NULL && span_is(name, "gap")) {
        step->gap = value;
    } else if (!sends && value != NULL && span_is(name, "within")) {
        step->within = value;
    } else if (!sends && value != NULL && span_is(name, "after")) {
        step->after = value;
    } else {
        load_fail(l, &step->place, column, "unknown modifier \"%.*s\"", (int)mod.len, mod.ptr);
        return false;
    }
    return true;
}

static bool load_mods(struct load *l, struct step *step, struct span t, size_t *pos)
{
    size_t start = ++*pos;
    unsigned depth = 0;
    for (size_t i = start; i < t.len; i++) {
        uint8_t c = t.ptr[i];
        depth += c == '{' ? 1 : 0;
        depth -= c == '}' && depth > 0 ? 1 : 0;
        if (depth > 0 || (c != ',' && c != ']')) {
            continue;
        }
        if (!load_mod(l, step, span_sub(t, start, i - start), (unsigned)start + 1)) {
            return false;
        }
        start = i + 1;
        if (c == ']') {
            *pos = i + 1;
            return true;
        }
    }
    load_fail(l, &step->place, (unsigned)*pos, "the modifiers have no \"]\"");
    return false;
}

/* [conn.]C|S [mark] ["[" mods "]"] ":" SP payload */
static void load_line(struct load *l, struct steps *steps, bool setup)
{
    const struct line *line = l->at;
    struct span t = line->text;
    size_t pos = 0;
    l->at = line->next;
    while (pos < t.len && is_name(t.ptr[pos])) {
        pos++;
    }
    struct step *step = step_new(l, line, STEP_SEND, setup);
    if (pos < t.len && t.ptr[pos] == '.') {
        step->conn = pool_text(l->pool, span_sub(t, 0, pos));
        pos++;
    } else {
        pos = 0;
    }
    uint8_t role = pos < t.len ? t.ptr[pos] : 0;
    bool server_role = l->scenario != NULL && l->scenario->server_role;
    if (role != 'C' && role != 'S') {
        load_fail(l, &line->place, (unsigned)pos + 1, "neither C: nor S: nor a directive");
        return;
    }
    pos++;
    step->kind = (role == 'C') != server_role ? STEP_SEND : STEP_EXPECT;
    if (pos < t.len && (t.ptr[pos] == '?' || t.ptr[pos] == '!')) {
        step->mark = (char)t.ptr[pos];
        if (step->kind == STEP_SEND) {
            load_fail(l, &line->place, (unsigned)pos + 1,
                      "a mark has a meaning on expected lines only");
        }
        pos++;
    }
    if (pos < t.len && t.ptr[pos] == '[' && !load_mods(l, step, t, &pos)) {
        return;
    }
    if (pos >= t.len || t.ptr[pos] != ':') {
        load_fail(l, &line->place, (unsigned)pos + 1, "\":\" must stand here");
        return;
    }
    pos++;
    if (pos < t.len && t.ptr[pos] == ' ') {
        pos++;
    }
    step->place.column = (unsigned)pos + 1;
    step->payload = pool_text(l->pool, span_from(t, pos));
    if (!step->raw) {
        load_event(l, step);
    } else if (step->payload[0] != '"') {
        load_fail(l, &step->place, step->place.column, "raw and free need a quoted text");
    }
    l->only = l->only && step->kind == STEP_EXPECT;
    step->only = l->only;
    load_clauses(l, step);
    steps_add(steps, step);
}

/* "@only", above expected lines. */
static void load_only(struct load *l)
{
    const struct line *line = l->at;
    const struct line *next = line->next;
    while (next != NULL && line_is_empty(next)) {
        next = next->next;
    }
    l->at = line->next;
    l->only = next != NULL && next->text.ptr[0] != '@' && next->text.ptr[0] != ' ';
    if (!l->only || line->text.len != 5) {
        load_fail(l, &line->place, 1, "@only stands alone above expected lines");
    }
}

static bool label_by_name(const struct line *line, enum verdict_label *out)
{
    static const char *const names[] = {"@pass", "@nonstrict", "@info", "@fail", "@na"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (line_is(line, names[i])) {
            *out = (enum verdict_label)i;
            return true;
        }
    }
    return false;
}

static void load_any(struct load *l, struct steps *steps, bool setup)
{
    const struct line *begin = l->at;
    struct step *step = step_new(l, begin, STEP_ANY, setup);
    struct branch **tail = &step->branches;
    struct branch *branch = NULL;
    l->at = begin->next;
    while (l->at != NULL && !line_is(l->at, "@end")) {
        enum verdict_label label = LABEL_PASS;
        if (line_is_empty(l->at)) {
            l->at = l->at->next;
        } else if (label_by_name(l->at, &label)) {
            struct word *words = line_words(l, l->at);
            branch = pool_take(l->pool, sizeof *branch);
            branch->label = label;
            branch->text = words != NULL ? words->text : pool_text(l->pool, SPAN_LIT(""));
            branch->place = l->at->place;
            *tail = branch;
            tail = &branch->next;
            l->at = l->at->next;
        } else if (branch == NULL) {
            load_fail(l, &l->at->place, 1, "@any begins with @pass, @nonstrict, @info or @fail");
            l->at = l->at->next;
        } else {
            load_step(l, &branch->steps, setup);
        }
    }
    if (l->at == NULL) {
        load_fail(l, &begin->place, 1, "this block has no @end");
        return;
    }
    l->at = l->at->next;
    steps_add(steps, step);
}

void load_block(struct load *l, struct steps *steps, bool setup, const struct origin *begin)
{
    while (l->at != NULL && !line_is(l->at, "@end") && !line_is(l->at, "@else")) {
        load_step(l, steps, setup);
    }
    if (l->at == NULL) {
        load_fail(l, begin, 1, "this block has no @end");
    } else if (line_is(l->at, "@end")) {
        l->at = l->at->next;
    }
}

static void load_until(struct load *l, struct steps *steps, bool setup)
{
    const struct line *line = l->at;
    struct step *step = step_new(l, line, STEP_UNTIL, setup);
    struct word *w = line_words(l, line);
    uint64_t ms = 0;
    l->at = line->next;
    if (words_count(w) != 3 || strcmp(w->next->text, "every") != 0 ||
        (!time_parse(w->text, &ms) && w->text[0] != '$') || !time_parse(w->next->next->text, &ms)) {
        load_fail(l, &line->place, 1, "write \"@until 60s every 1s\"");
    } else {
        step->limit = w->text;
        step->every = w->next->next->text;
    }
    load_block(l, &step->body, setup, &line->place);
    steps_add(steps, step);
}

static void load_if(struct load *l, struct steps *steps, bool setup)
{
    const struct line *line = l->at;
    struct step *step = step_new(l, line, STEP_IF, setup);
    step->words = line_words(l, line);
    l->at = line->next;
    if (step->words == NULL) {
        load_fail(l, &line->place, 1, "@if needs a condition");
    }
    while (l->at != NULL && !line_is(l->at, "@end") && !line_is(l->at, "@else")) {
        load_step(l, &step->body, setup);
    }
    if (l->at != NULL && line_is(l->at, "@else")) {
        l->at = l->at->next;
        load_block(l, &step->other, setup, &line->place);
    } else if (l->at == NULL) {
        load_fail(l, &line->place, 1, "this block has no @end");
    } else {
        l->at = l->at->next;
    }
    steps_add(steps, step);
}

/* --- @def and @use ---------------------------------------------------------------------------- */

void load_def(struct load *l)
{
    const struct line *line = l->at;
    size_t open = 0;
    struct span t = line->text;
    while (open < t.len && t.ptr[open] != '(') {
        open++;
    }
    l->at = line->next;
    size_t name = 5;
    while (name < open && t.ptr[name] == ' ') {
        name++;
    }
    if (open >= t.len || open <= name || t.ptr[t.len - 1] != ')') {
        load_fail(l, &line->place, 1, "write \"@def name(argument, …)\"");
        return;
    }
    struct def *def = pool_take(l->pool, sizeof *def);
    def->name = pool_text(l->pool, span_sub(t, name, open - name));
    def->common = line->common;
    char *params = pool_text(l->pool, span_sub(t, open + 1, t.len - open - 2));
    for (char *c = params; *c != '\0'; c++) {
        *c = *c == ',' ? ' ' : *c;
    }
    unsigned bad = 0;
    def->params = words_split(l->pool, span_text(params), (unsigned)open + 2, &bad);
    unsigned depth = 1;
    struct line **tail = &def->lines;
    while (l->at != NULL) {
        if (line_is(l->at, "@any") || line_is(l->at, "@until") || line_is(l->at, "@if")) {
            depth++;
        } else if (line_is(l->at, "@end") && --depth == 0) {
            l->at = l->at->next;
            def->next = l->defs;
            l->defs = def;
            return;
        }
        struct line *copy = pool_take(l->pool, sizeof *copy);
        *copy = *l->at;
        copy->next = NULL;
        *tail = copy;
        tail = &copy->next;
        l->at = l->at->next;
    }
    load_fail(l, &line->place, 1, "this @def has no @end");
}

struct argument {
    struct argument *next;
    struct span name;
    struct span value;
};

static struct span blanks_off(struct span s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) {
        s = span_from(s, 1);
    }
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t')) {
        s.len--;
    }
    return s;
}

/* The next argument of "a, b, c": commas inside quotes and brackets do not part. */
static struct span argument_next(struct span *rest)
{
    unsigned depth = 0;
    bool quoted = false;
    size_t i = 0;
    for (; i < rest->len; i++) {
        uint8_t c = rest->ptr[i];
        quoted = c == '"' ? !quoted : quoted;
        depth += c == '{' || c == '(' ? 1 : 0;
        depth -= (c == '}' || c == ')') && depth > 0 ? 1 : 0;
        if (c == ',' && depth == 0 && !quoted) {
            break;
        }
    }
    struct span out = blanks_off(span_sub(*rest, 0, i));
    *rest = span_from(*rest, i + 1);
    if (out.len >= 2 && out.ptr[0] == '"' && out.ptr[out.len - 1] == '"') {
        out = span_sub(out, 1, out.len - 2);
    }
    return out;
}

/* The line with ${name} and a leading "name." replaced. */
static struct span line_replace(struct load *l, struct span t, const struct argument *args)
{
    struct bytes out = {0};
    size_t pos = 0;
    for (const struct argument *a = args; a != NULL; a = a->next) {
        if (t.len > a->name.len && span_equal(span_sub(t, 0, a->name.len), a->name) &&
            t.ptr[a->name.len] == '.') {
            bytes_add(&out, a->value);
            pos = a->name.len + (a->value.len == 0 ? 1 : 0);
            break;
        }
    }
    while (pos < t.len) {
        const struct argument *a = NULL;
        if (t.ptr[pos] == '$' && pos + 1 < t.len && t.ptr[pos + 1] == '{') {
            for (a = args; a != NULL; a = a->next) {
                if (span_equal(span_sub(t, pos + 2, a->name.len), a->name) &&
                    pos + 2 + a->name.len < t.len &&
                    (t.ptr[pos + 2 + a->name.len] == '}' || t.ptr[pos + 2 + a->name.len] == '.')) {
                    break;
                }
            }
        }
        if (a == NULL) {
            bytes_add(&out, span_sub(t, pos, 1));
            pos++;
        } else if (t.ptr[pos + 2 + a->name.len] == '}') {
            bytes_add(&out, a->value);
            pos += 3 + a->name.len;
        } else {
            bytes_add_text(&out, "${");
            bytes_add(&out, a->value);
            pos += 2 + a->name.len;
        }
    }
    struct span text = {(const uint8_t *)pool_text(l->pool, bytes_span(&out)), out.len};
    bytes_fini(&out);
    return text;
}

static void load_use(struct load *l, struct steps *steps, bool setup)
{
    const struct line *line = l->at;
    struct span t = blanks_off(span_from(line->text, 4));
    size_t open = 0;
    l->at = line->next;
    while (open < t.len && t.ptr[open] != '(') {
        open++;
    }
    struct def *def = l->defs;
    while (def != NULL && !span_equal(span_text(def->name), span_sub(t, 0, open))) {
        def = def->next;
    }
    if (def == NULL || open >= t.len || t.ptr[t.len - 1] != ')') {
        load_fail(l, &line->place, (unsigned)(line->text.len - t.len) + 1,
                  def == NULL ? "no @def of this name" : "write \"@use name(argument, …)\"");
        return;
    }
    if (l->depth >= MAX_DEPTH) {
        load_fail(l, &line->place, 1, "@use inside @use, too deep");
        return;
    }
    struct span rest = span_sub(t, open + 1, t.len - open - 2);
    struct argument *args = NULL;
    for (const struct word *p = def->params; p != NULL; p = p->next) {
        struct argument *a = pool_take(l->pool, sizeof *a);
        struct span name = span_text(p->text);
        size_t eq = 0;
        while (eq < name.len && name.ptr[eq] != '=') {
            eq++;
        }
        a->name = span_sub(name, 0, eq);
        a->value = span_from(name, eq + 1);
        if (rest.len > 0) {
            a->value = argument_next(&rest);
        }
        a->next = args;
        args = a;
    }
    if (blanks_off(rest).len > 0) {
        load_fail(l, &line->place, 1, "%s() takes fewer arguments", def->name);
    }
    struct line *first = NULL;
    struct line **tail = &first;
    for (const struct line *d = def->lines; d != NULL; d = d->next) {
        struct line *copy = pool_take(l->pool, sizeof *copy);
        *copy = *d;
        copy->next = NULL;
        copy->text = line_replace(l, d->text, args);
        *tail = copy;
        tail = &copy->next;
    }
    struct line *after = l->at;
    l->at = first;
    l->depth++;
    while (l->at != NULL) {
        load_step(l, steps, setup);
    }
    l->depth--;
    l->at = after;
}

void load_step(struct load *l, struct steps *steps, bool setup)
{
    const struct line *line = l->at;
    if (line_is_empty(line)) {
        l->at = line->next;
    } else if (line->text.ptr[0] == ' ' || line->text.ptr[0] == '\t') {
        load_clauses(l, NULL);
    } else if (line->text.ptr[0] != '@') {
        load_line(l, steps, setup);
    } else if (line_is(line, "@any")) {
        load_any(l, steps, setup);
    } else if (line_is(line, "@until")) {
        load_until(l, steps, setup);
    } else if (line_is(line, "@if")) {
        load_if(l, steps, setup);
    } else if (line_is(line, "@only")) {
        load_only(l);
    } else if (line_is(line, "@use")) {
        load_use(l, steps, setup);
    } else if (line_is(line, "@note") || line_is(line, "@wait")) {
        bool note = line_is(line, "@note");
        struct step *step = step_new(l, line, note ? STEP_NOTE : STEP_WAIT, setup);
        uint64_t ms = 0;
        step->words = line_words(l, line);
        l->at = line->next;
        if (note ? words_count(step->words) < 2
                 : (step->words == NULL || !time_parse(step->words->text, &ms))) {
            load_fail(l, &line->place, 1,
                      note ? "@note needs a name and a value" : "@wait needs a time");
            return;
        }
        step->limit = step->words->text;
        steps_add(steps, step);
    } else {
        size_t end = 0;
        while (end < line->text.len && line->text.ptr[end] != ' ') {
            end++;
        }
        load_fail(l, &line->place, 1, "unknown directive %.*s, or not at this place", (int)end,
                  line->text.ptr);
        l->at = line->next;
    }
}
