/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/loader.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "net/memory.h"
#include "scenarios/engine/load.h"

enum { FILE_MAX = 4 * 1024 * 1024, INCLUDE_MAX = 8 };

void load_fail(struct load *l, const struct origin *place, unsigned column, const char *format, ...)
{
    va_list args;
    char text[512];
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct suite *s = l->suite;
    s->errors = memory_resize(s->errors, s->error_count + 1, sizeof *s->errors);
    s->errors[s->error_count++] =
        (struct load_error){.file = pool_text(l->pool, span_text(place->file)),
                            .line = place->line,
                            .column = column > 0 ? column : 1,
                            .message = pool_text(l->pool, span_text(text)),
                            .source = pool_text(l->pool, span_text(place->source))};
    l->errors++;
}

struct line *load_lines(struct load *l, const char *file, struct span text, bool common)
{
    struct line *first = NULL;
    struct line **tail = &first;
    unsigned number = 1;
    for (size_t pos = 0; pos < text.len; number++) {
        size_t end = pos;
        while (end < text.len && text.ptr[end] != '\n') {
            end++;
        }
        size_t len = end - pos;
        len -= len > 0 && text.ptr[pos + len - 1] == '\r' ? 1 : 0;
        struct line *line = pool_take(l->pool, sizeof *line);
        char *copy = pool_text(l->pool, span_sub(text, pos, len));
        line->text = (struct span){(const uint8_t *)copy, len};
        line->place = (struct origin){file, number, 1, copy};
        line->common = common;
        *tail = line;
        tail = &line->next;
        pos = end + 1;
    }
    return first;
}

/* The file's octets, on the heap; NULL when it cannot be read. */
static uint8_t *file_read(const char *path, size_t *out_len)
{
    FILE *f = fopen(path, "rb");
    *out_len = 0;
    if (f == NULL) {
        return NULL;
    }
    uint8_t *out = memory_alloc(FILE_MAX);
    *out_len = fread(out, 1, FILE_MAX, f);
    bool bad = ferror(f) != 0;
    (void)fclose(f);
    if (bad) {
        memory_free(out);
        return NULL;
    }
    return out;
}

/* --- directives ------------------------------------------------------------------------------- */

/* What a directive applies to: the case being read, else the file's header. */
static struct scenario *scope(struct load *l)
{
    return l->scenario != NULL ? l->scenario : &l->header;
}

static struct case_body *scope_body(struct load *l)
{
    return l->scenario != NULL ? l->body : &l->header_body;
}

static char *rest_of(struct load *l, const struct line *line)
{
    size_t i = 0;
    while (i < line->text.len && line->text.ptr[i] != ' ') {
        i++;
    }
    while (i < line->text.len && line->text.ptr[i] == ' ') {
        i++;
    }
    return pool_text(l->pool, span_from(line->text, i));
}

static void add_text(struct load *l, char ***list, size_t *count, char *text)
{
    char **copy = pool_take(l->pool, (*count + 1) * sizeof *copy);
    if (*count > 0) {
        memcpy(copy, *list, *count * sizeof *copy);
    }
    copy[(*count)++] = text;
    *list = copy;
}

static void do_req(struct load *l, const struct line *line)
{
    struct scenario *s = scope(l);
    for (const struct word *w = line_words(l, line); w != NULL; w = w->next) {
        enum level level = LEVEL_MUST;
        const struct load_options *o = l->options;
        if (o != NULL && o->level != NULL && !o->level(o->context, w->text, &level)) {
            load_fail(l, &line->place, w->column, "no requirement %s in the register", w->text);
            continue;
        }
        struct case_requirement *list =
            pool_take(l->pool, (s->requirement_count + 1) * sizeof *list);
        if (s->requirement_count > 0) {
            memcpy(list, s->requirements, s->requirement_count * sizeof *list);
        }
        list[s->requirement_count++] = (struct case_requirement){w->text, level, line->place.line};
        s->requirements = list;
    }
}

static void do_words(struct load *l, const struct line *line, struct word_line **list)
{
    struct word *words = line_words(l, line);
    if (words == NULL) {
        load_fail(l, &line->place, 1, "this directive needs words");
        return;
    }
    struct word_line *w = pool_take(l->pool, sizeof *w);
    w->words = words;
    w->place = line->place;
    w->place.column = words->column;
    w->next = *list;
    *list = w;
}

static void do_requires(struct load *l, const struct line *line)
{
    do_words(l, line, &scope_body(l)->requires);
    const struct word_line *w = scope_body(l)->requires;
    static const char *const kinds[] = {"ehlo",     "ehlo-tls", "capa",    "capa-tls", "imap",
                                        "imap-tls", "tls",      "profile", "target",   "not"};
    for (size_t i = 0; w != NULL && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(w->words->text, kinds[i]) == 0) {
            return;
        }
    }
    const struct word *second = w != NULL ? w->words->next : NULL;
    if (second != NULL && second->next != NULL &&
        (strcmp(second->text, "==") == 0 || strcmp(second->text, "!=") == 0)) {
        return;
    }
    load_fail(l, &line->place, w != NULL ? w->words->column : 1,
              "@requires ehlo, capa, imap, tls, profile, target or NAME == VALUE");
}

static void do_needs(struct load *l, const struct line *line)
{
    do_words(l, line, &scope_body(l)->needs);
}

static void do_connect(struct load *l, const struct line *line)
{
    const struct word *w = line_words(l, line);
    size_t n = words_count(w);
    struct connect *c = pool_take(l->pool, sizeof *c);
    if ((n != 2 && n != 4) || (n == 4 && strcmp(w->next->next->text, "as") != 0) ||
        !protocol_by_name(w->next->text, &c->protocol)) {
        load_fail(l, &line->place, 1, "write \"@connect name protocol [as user]\"");
        return;
    }
    c->name = w->text;
    c->user = n == 4 ? w->next->next->next->text : NULL;
    struct connect **tail = &scope_body(l)->connects;
    while (*tail != NULL) {
        tail = &(*tail)->next;
    }
    *tail = c;
}

static void do_fixture(struct load *l, const struct line *line)
{
    struct fixture *f = load_fixture(l, line);
    if (f != NULL) {
        f->next = scope_body(l)->fixtures;
        scope_body(l)->fixtures = f;
    }
}

static void do_message(struct load *l, const struct line *line)
{
    const struct word *w = line_words(l, line);
    if (w == NULL || w->next == NULL || l->at == NULL) {
        load_fail(l, &line->place, 1, "write \"@message NAME <<END\"");
        return;
    }
    struct message *m = pool_take(l->pool, sizeof *m);
    m->name = w->text;
    m->eol = pool_text(l->pool, SPAN_LIT("crlf"));
    m->place = line->place;
    for (const struct word *o = w->next->next; o != NULL; o = o->next) {
        if (strncmp(o->text, "eol=", 4) == 0) {
            m->eol = o->text + 4;
        }
    }
    if (strncmp(w->next->text, "<<", 2) == 0) {
        const char *end = w->next->text + 2;
        struct bytes text = {0};
        while (l->at != NULL && !span_equal(l->at->text, span_text(end))) {
            bytes_add(&text, l->at->text);
            bytes_add_text(&text, "\n");
            l->at = l->at->next;
        }
        m->text = pool_text(l->pool, bytes_span(&text));
        m->len = text.len;
        bytes_fini(&text);
        if (l->at == NULL) {
            load_fail(l, &line->place, w->next->column, "the message has no line %s", end);
            return;
        }
        l->at = l->at->next;
    } else if (strcmp(w->next->text, "file") == 0 && w->next->next != NULL) {
        const char *root = l->options != NULL && l->options->root ? l->options->root : ".";
        char *path = pool_format(l->pool, "%s/%s", root, w->next->next->text);
        uint8_t *octets = file_read(path, &m->len);
        if (octets == NULL) {
            load_fail(l, &line->place, w->next->next->column, "cannot read this file");
            return;
        }
        m->text = pool_text(l->pool, (struct span){octets, m->len});
        memory_free(octets);
    } else {
        load_fail(l, &line->place, w->next->column, "\"<<END\" or \"file\" must stand here");
        return;
    }
    m->next = scope_body(l)->messages;
    scope_body(l)->messages = m;
}

static void do_param(struct load *l, const struct line *line)
{
    struct scenario *s = scope(l);
    const struct word *w = line_words(l, line);
    if (words_count(w) < 3 || strcmp(w->next->text, "in") != 0) {
        load_fail(l, &line->place, 1, "write \"@param name in value value …\"");
        return;
    }
    size_t values = words_count(w) - 2;
    size_t old = s->row_count > 0 ? s->row_count : 1;
    struct case_row *rows = pool_take(l->pool, old * values * sizeof *rows);
    size_t n = 0;
    for (size_t i = 0; i < old; i++) {
        for (const struct word *v = w->next->next; v != NULL; v = v->next) {
            const struct case_row *row = s->row_count > 0 ? &s->rows[i] : NULL;
            struct case_row *out = &rows[n++];
            out->values = pool_take(l->pool, (s->parameter_count + 1) * sizeof *out->values);
            if (row != NULL && row->values != NULL) {
                memcpy(out->values, row->values, s->parameter_count * sizeof *out->values);
            }
            out->values[s->parameter_count] = v->text;
            out->name = row != NULL && row->name != NULL
                            ? pool_format(l->pool, "%s,%s=%s", row->name, w->text, v->text)
                            : pool_format(l->pool, "%s=%s", w->text, v->text);
        }
    }
    s->rows = rows;
    s->row_count = n;
    add_text(l, &s->parameters, &s->parameter_count, w->text);
}

/* "@table a b", a line for each row, "@end"; the first value names the row. */
static void do_table(struct load *l, const struct line *line)
{
    struct scenario *s = scope(l);
    const struct word *names = line_words(l, line);
    size_t columns = words_count(names);
    if (columns == 0 || s->row_count > 0) {
        load_fail(l, &line->place, 1, "a table needs names, and stands before any @param");
        return;
    }
    for (const struct word *n = names; n != NULL; n = n->next) {
        add_text(l, &s->parameters, &s->parameter_count, n->text);
    }
    struct case_row *rows = NULL;
    size_t count = 0;
    for (; l->at != NULL && !line_is(l->at, "@end"); l->at = l->at->next) {
        if (line_is_empty(l->at)) {
            continue;
        }
        unsigned bad = 0;
        const struct word *w = words_split(l->pool, l->at->text, 1, &bad);
        if (bad > 0 || words_count(w) != columns) {
            load_fail(l, &l->at->place, bad > 0 ? bad : 1, "this row needs %zu values", columns);
            continue;
        }
        struct case_row *grown = pool_take(l->pool, (count + 1) * sizeof *grown);
        if (count > 0) {
            memcpy(grown, rows, count * sizeof *grown);
        }
        rows = grown;
        rows[count].name = pool_format(l->pool, "%s=%s", names->text, w->text);
        rows[count].values = pool_take(l->pool, columns * sizeof(char *));
        for (size_t i = 0; w != NULL; w = w->next) {
            rows[count].values[i++] = w->text;
        }
        count++;
    }
    if (l->at == NULL) {
        load_fail(l, &line->place, 1, "this block has no @end");
    } else {
        l->at = l->at->next;
    }
    s->rows = rows;
    s->row_count = count;
}

static void do_text(struct load *l, const struct line *line)
{
    struct scenario *s = scope(l);
    char *text = rest_of(l, line);
    const struct word *w = line_words(l, line);
    if (text[0] == '\0') {
        load_fail(l, &line->place, 1, "this directive needs a text");
    } else if (line_is(line, "@title")) {
        s->title = text;
    } else if (line_is(line, "@why")) {
        s->why = s->why != NULL && l->scenario != NULL && s->why != l->header.why
                     ? pool_format(l->pool, "%s %s", s->why, text)
                     : text;
    } else if (line_is(line, "@suite")) {
        s->suite = text;
    } else if (line_is(line, "@severity")) {
        s->severity = text;
    } else if (line_is(line, "@after")) {
        s->after = w->text;
    } else if (line_is(line, "@kind")) {
        s->kind = w->text;
        s->kind_ref = w->next != NULL ? w->next->text : NULL;
    } else if (line_is(line, "@alias")) {
        add_text(l, &s->aliases, &s->alias_count, w->text);
    } else if (line_is(line, "@tags")) {
        for (; w != NULL; w = w->next) {
            add_text(l, &s->tags, &s->tag_count, w->text);
        }
    } else if (line_is(line, "@role")) {
        s->server_role = strcmp(text, "server") == 0;
        if (!s->server_role && strcmp(text, "client") != 0) {
            load_fail(l, &line->place, 7, "@role client or @role server");
        }
    }
}

static void do_protocol(struct load *l, const struct line *line)
{
    enum protocol protocol = PROTOCOL_SMTP;
    char *text = rest_of(l, line);
    if (!protocol_by_name(text, &protocol)) {
        load_fail(l, &line->place, 11, "unknown protocol \"%s\"", text);
        return;
    }
    scope(l)->protocol = text;
}

static void do_safety(struct load *l, const struct line *line)
{
    scope(l)->safety = line_is(line, "@safe")     ? SAFETY_SAFE
                       : line_is(line, "@sends")  ? SAFETY_SEND
                       : line_is(line, "@writes") ? SAFETY_WRITE
                                                  : SAFETY_DESTRUCTIVE;
}

static void load_text_lines(struct load *l, struct line *lines);

static void do_include(struct load *l, const struct line *line)
{
    const struct word *w = line_words(l, line);
    const char *root = l->options != NULL && l->options->root ? l->options->root : ".";
    size_t len = 0;
    if (w == NULL || l->depth >= INCLUDE_MAX) {
        load_fail(l, &line->place, 1, "@include needs a file, and not too deep");
        return;
    }
    char *path = pool_format(l->pool, "%s/%s", root, w->text);
    uint8_t *text = file_read(path, &len);
    if (text == NULL) {
        load_fail(l, &line->place, w->column, "cannot read %s", w->text);
        return;
    }
    struct line *after = l->at;
    l->depth++;
    load_text_lines(l, load_lines(l, w->text, (struct span){text, len}, true));
    l->depth--;
    l->at = after;
    memory_free(text);
}

static void do_server_role(struct load *l, const struct line *line)
{
    if (!scope(l)->server_role) {
        load_fail(l, &line->place, 1, "this directive belongs to @role server");
    }
}

static void do_pairwise(struct load *l, const struct line *line)
{
    scope(l)->pairwise = true;
    if (line->text.len != strlen("@pairwise") || scope(l)->parameter_count < 2) {
        load_fail(l, &line->place, 1, "@pairwise stands alone behind two @params at least");
    }
}

static const struct {
    const char *name;
    void (*handle)(struct load *l, const struct line *line);
} directives[] = {
    {"@suite", do_text},
    {"@title", do_text},
    {"@protocol", do_protocol},
    {"@role", do_text},
    {"@req", do_req},
    {"@why", do_text},
    {"@kind", do_text},
    {"@severity", do_text},
    {"@tags", do_text},
    {"@alias", do_text},
    {"@requires", do_requires},
    {"@needs", do_needs},
    {"@after", do_text},
    {"@safe", do_safety},
    {"@sends", do_safety},
    {"@writes", do_safety},
    {"@destructive", do_safety},
    {"@connect", do_connect},
    {"@fixture", do_fixture},
    {"@message", do_message},
    {"@param", do_param},
    {"@table", do_table},
    {"@pairwise", do_pairwise},
    {"@include", do_include},
    {"@listen", do_server_role},
    {"@behave", do_server_role},
    {"@offer", do_server_role},
    {"@hide", do_server_role},
    {"@force", do_server_role},
    {"@trigger", do_server_role},
    {"@session", do_server_role},
};

static bool directive_load(struct load *l)
{
    const struct line *line = l->at;
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++) {
        if (line_is(line, directives[i].name)) {
            l->at = line->next;
            directives[i].handle(l, line);
            return true;
        }
    }
    return false;
}

/* --- cases ------------------------------------------------------------------------------------ */

/* A copy of the header's list in front of which the case adds its own. */
static void case_begin(struct load *l)
{
    const struct line *line = l->at;
    struct word *w = line_words(l, line);
    l->at = line->next;
    struct suite *suite = l->suite;
    if (words_count(w) != 1) {
        load_fail(l, &line->place, 1, "@case needs one id");
        w = pool_take(l->pool, sizeof *w);
        w->text = pool_text(l->pool, SPAN_LIT("?"));
    } else if (suite_find(suite, w->text) != NULL) {
        load_fail(l, &line->place, w->column, "there is a case %s already", w->text);
    }
    if (suite->count == suite->store->cap) {
        suite->store->cap = suite->store->cap * 2 + 64;
        suite->cases = memory_resize(suite->cases, suite->store->cap, sizeof *suite->cases);
    }
    struct scenario *s = &suite->cases[suite->count++];
    *s = l->header;
    s->id = w->text;
    s->file = pool_text(l->pool, span_text(line->place.file));
    s->line = line->place.line;
    s->selected = true;
    l->scenario = s;
    l->body = pool_take(l->pool, sizeof *l->body);
    *l->body = l->header_body;
    struct connect **tail = &l->body->connects;
    for (const struct connect *c = l->header_body.connects; c != NULL; c = c->next) {
        struct connect *copy = pool_take(l->pool, sizeof *copy);
        *copy = *c;
        copy->next = NULL;
        *tail = copy;
        tail = &copy->next;
    }
    *tail = NULL;
    s->body = l->body;
}

static void case_end(struct load *l, const struct line *begin, const struct line *end)
{
    struct scenario *s = l->scenario;
    struct bytes source = {0};
    const struct line *last = begin;
    for (const struct line *i = begin; i != end && i != NULL; i = i->next) {
        last = line_is_empty(i) ? last : i;
    }
    for (const struct line *i = begin; i != NULL; i = i->next) {
        bytes_add(&source, i->text);
        bytes_add_text(&source, "\n");
        if (i == last) {
            break;
        }
    }
    s->source = pool_text(l->pool, bytes_span(&source));
    bytes_fini(&source);
    s->title = s->title != NULL ? s->title : pool_text(l->pool, SPAN_LIT(""));
    s->suite = s->suite != NULL ? s->suite : s->file;
    if (s->row_count == 0) {
        s->rows = pool_take(l->pool, sizeof *s->rows);
        s->row_count = 1;
    }
    bool several = false;
    for (const struct connect *c = l->body->connects; c != NULL; c = c->next) {
        several = several || c->protocol != l->body->connects->protocol;
    }
    if (several || strncmp(s->suite, "delivery", 8) == 0) {
        s->protocol = pool_text(l->pool, SPAN_LIT("delivery"));
    } else if (s->protocol == NULL && l->body->connects != NULL) {
        static const char *const names[] = {"smtp", "submission", "lmtp", "pop3", "imap"};
        s->protocol = pool_text(l->pool, span_text(names[l->body->connects->protocol]));
    }
    if (s->pairwise) {
        load_pairwise(s);
    }
    struct origin place = begin->place;
    if (s->protocol == NULL && !s->server_role) {
        load_fail(l, &place, 1, "the case has no @protocol and no @connect");
        s->protocol = pool_text(l->pool, SPAN_LIT("smtp"));
    }
    if (l->body->connects == NULL) {
        struct connect *c = pool_take(l->pool, sizeof *c);
        c->name = pool_text(l->pool, SPAN_LIT(""));
        (void)protocol_by_name(s->protocol != NULL ? s->protocol : "smtp", &c->protocol);
        l->body->connects = c;
    }
    if (!s->server_role) {
        load_fixtures(l);
        load_check(l);
    }
    l->scenario = NULL;
    l->body = NULL;
}

static void case_load(struct load *l)
{
    const struct line *begin = l->at;
    case_begin(l);
    while (l->at != NULL && !line_is(l->at, "@case")) {
        const struct line *line = l->at;
        if (line_is_empty(line)) {
            l->at = line->next;
        } else if (line_is(line, "@setup") || line_is(line, "@cleanup")) {
            bool setup = line_is(line, "@setup");
            l->at = line->next;
            load_block(l, setup ? &l->body->setup : &l->body->cleanup, setup, &line->place);
        } else if (l->scenario->server_role && (line->text.ptr[0] == ' ')) {
            l->at = line->next;
        } else if (!directive_load(l)) {
            load_step(l, &l->body->steps, false);
        }
    }
    case_end(l, begin, l->at);
}

static void load_text_lines(struct load *l, struct line *lines)
{
    l->at = lines;
    while (l->at != NULL) {
        const struct line *line = l->at;
        if (line_is_empty(line)) {
            l->at = line->next;
        } else if (line_is(line, "@case") && !line->common) {
            case_load(l);
        } else if (line_is(line, "@def")) {
            load_def(l);
        } else if (line_is(line, "@setup") || line_is(line, "@cleanup")) {
            bool setup = line_is(line, "@setup");
            l->at = line->next;
            load_block(l, setup ? &l->header_body.setup : &l->header_body.cleanup, setup,
                       &line->place);
        } else if (!directive_load(l)) {
            load_fail(l, &line->place, 1, "unknown directive, or a step before the first @case");
            l->at = line->next;
        }
    }
}

bool loader_load_text(struct suite *suite, const char *name, struct span text,
                      const struct load_options *options)
{
    if (suite->store == NULL) {
        suite->store = memory_zero(1, sizeof *suite->store);
    }
    struct load l = {.suite = suite, .options = options, .pool = &suite->store->pool};
    l.header.safety = SAFETY_SAFE;
    load_text_lines(&l, load_lines(&l, pool_text(l.pool, span_text(name)), text, false));
    return l.errors == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All files and folders of a folder, sorted, so that each run sees the same order. */
static bool folder_load(struct suite *suite, const char *path, const struct load_options *options)
{
    DIR *dir = opendir(path);
    char **names = NULL;
    size_t count = 0;
    bool ok = true;
    for (struct dirent *e = dir != NULL ? readdir(dir) : NULL; e != NULL; e = readdir(dir)) {
        size_t len = strlen(e->d_name);
        bool skip = e->d_name[0] == '.' || strcmp(e->d_name, "common") == 0 ||
                    strcmp(e->d_name, "engine") == 0;
        char *full = memory_format("%s/%s", path, e->d_name);
        struct stat st;
        bool want = !skip && stat(full, &st) == 0 &&
                    (S_ISDIR(st.st_mode) || (len > 4 && strcmp(e->d_name + len - 4, ".scn") == 0));
        if (want) {
            names = memory_resize(names, count + 1, sizeof *names);
            names[count++] = full;
        } else {
            memory_free(full);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    if (count > 1) {
        qsort(names, count, sizeof *names, by_name);
    }
    for (size_t i = 0; i < count; i++) {
        ok = loader_load(suite, names[i], options) && ok;
        memory_free(names[i]);
    }
    memory_free(names);
    return ok;
}

bool loader_load(struct suite *suite, const char *path, const struct load_options *options)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        return folder_load(suite, path, options);
    }
    size_t len = 0;
    uint8_t *text = file_read(path, &len);
    const char *root = options != NULL ? options->root : NULL;
    const char *name = path;
    if (root != NULL && strncmp(path, root, strlen(root)) == 0 && path[strlen(root)] == '/') {
        name = path + strlen(root) + 1;
    }
    if (text == NULL) {
        if (suite->store == NULL) {
            suite->store = memory_zero(1, sizeof *suite->store);
        }
        struct load l = {.suite = suite, .options = options, .pool = &suite->store->pool};
        struct origin place = {name, 1, 1, ""};
        load_fail(&l, &place, 1, "cannot read this file");
        return false;
    }
    bool ok = loader_load_text(suite, name, (struct span){text, len}, options);
    memory_free(text);
    return ok;
}
