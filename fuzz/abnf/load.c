/* SPDX-License-Identifier: MIT */
#include "fuzz/abnf/load.h"

#include <stdarg.h>
#include <stdio.h>

#include "fuzz/abnf/reader.h"
#include "parsers/core/out.h"

enum { MAX_FILES = 64 };

struct loader {
    struct abnf *grammar;
    struct abnf_error *error;
    abnf_open_fn *open;
    void *context;
    const char *files[MAX_FILES];
    size_t file_count;
};

/* The line, and a caret below the column. */
static void place_caret(struct out *out, struct span text, uint32_t line, uint32_t column)
{
    size_t start = 0;
    for (uint32_t i = 1; i < line && start < text.len; start++) {
        i += text.ptr[start] == '\n';
    }
    size_t len = 0;
    while (start + len < text.len && text.ptr[start + len] != '\n' && len < 120) {
        len++;
    }
    out_octet(out, '\n');
    out_bytes(out, span_sub(text, start, len));
    out_octet(out, '\n');
    for (uint32_t i = 1; i < column && i < 120; i++) {
        out_octet(out, ' ');
    }
    out_octet(out, '^');
}

bool abnf_fail(struct abnf_error *error, const char *file, struct span text, uint32_t line,
               uint32_t column, const char *format, ...)
{
    char message[256];
    struct out out;
    va_list list;
    va_start(list, format);
    (void)vsnprintf(message, sizeof message, format, list);
    va_end(list);
    out_init(&out, error->text, sizeof error->text - 1);
    out_text(&out, file);
    out_octet(&out, ':');
    out_number(&out, line);
    out_octet(&out, ':');
    out_number(&out, column);
    out_text(&out, ": ");
    out_text(&out, message);
    if (text.ptr != NULL) {
        place_caret(&out, text, line, column);
    }
    error->text[out_span(&out).len] = '\0';
    return false;
}

/* "=/": what the rule was, or one of the new alternatives. */
static struct abnf_node *join(struct reader *r, struct abnf_node *old, struct abnf_node *added)
{
    struct abnf_node *list[MAX_CHILDREN];
    size_t count = 0;
    struct abnf_node *parts[] = {old, added};
    struct abnf_node *node = reader_node(r, ABNF_ALT);
    for (size_t i = 0; i < 2; i++) {
        bool split = parts[i]->kind == ABNF_ALT;
        size_t more = split ? parts[i]->count : 1;
        if (count + more > MAX_CHILDREN) {
            return FAIL(r, "more than %d alternatives", MAX_CHILDREN);
        }
        for (size_t k = 0; k < more; k++) {
            list[count++] = split ? parts[i]->children[k] : parts[i];
        }
    }
    return node != NULL && reader_children(r, node, list, count) ? node : NULL;
}

static struct abnf_rule *rule_add(struct reader *r, struct span name, uint32_t column)
{
    struct abnf *g = r->loader->grammar;
    struct abnf_rule *rule = arena_take(g->arena, sizeof *rule);
    if (rule == NULL) {
        return FAIL(r, "the grammar is larger than the memory set aside for it");
    }
    *rule = (struct abnf_rule){.name = name, .column = column, .index = g->rule_count++};
    *(g->last == NULL ? &g->rules : &g->last->next) = rule;
    g->last = rule;
    return rule;
}

static bool read_rule(struct reader *r)
{
    uint32_t line = r->line;
    size_t start = r->pos;
    struct span name = reader_name(r);
    if (name.len == 0) {
        return FAIL(r, "a rule's name must stand here");
    }
    struct abnf_rule *rule = NULL;
    for (struct abnf_rule *i = r->loader->grammar->rules; i != NULL; i = i->next) {
        rule = span_equal_nocase(i->name, name) ? i : rule;
    }
    reader_skip_space(r);
    if (reader_peek(r) != '=') {
        return FAIL(r, "\"=\" must stand here");
    }
    r->pos++;
    bool more = reader_peek(r) == '/';
    r->pos += more;
    if (rule != NULL && !more && (!r->override || rule->file == r->file)) {
        r->pos = start;
        return FAIL(r, "rule %.*s is there already: %s:%u", (int)name.len, (const char *)name.ptr,
                    rule->file, rule->line);
    }
    if (rule == NULL && (more || r->override)) {
        r->pos = start;
        return FAIL(r, "rule %.*s is not there yet", (int)name.len, (const char *)name.ptr);
    }
    struct abnf_node *node = reader_alternation(r);
    if (node == NULL || (rule == NULL && (rule = rule_add(r, name, 1)) == NULL)) {
        return false;
    }
    if (reader_peek(r) != '\n' && reader_peek(r) != -1 && reader_peek(r) != ';') {
        return FAIL(r, "the rule ends here, but the line does not");
    }
    if (!more) {
        rule->file = r->file;
        rule->line = line;
        rule->library = r->library;
    }
    rule->entry = rule->entry || r->entry;
    rule->node = more ? join(r, rule->node, node) : node;
    r->override = r->entry = false;
    return rule->node != NULL;
}

static bool load_file(struct loader *loader, struct span name);

static bool read_directive(struct reader *r)
{
    r->pos += 2;
    struct span word = reader_name(r);
    if (span_is(word, "include")) {
        reader_skip_space(r);
        size_t start = r->pos;
        struct span file = reader_name(r);
        if (file.len == 0 || reader_peek(r) != '\n') {
            r->pos = start;
            return FAIL(r, "the name of a grammar must stand here");
        }
        return load_file(r->loader, file);
    }
    if (span_is(word, "override")) {
        r->override = true;
    } else if (span_is(word, "entry")) {
        r->entry = true;
    } else if (span_is(word, "library")) {
        r->library = true;
    } else {
        r->pos -= word.len;
        return FAIL(r, "a directive is include, override, entry or library");
    }
    return true;
}

static bool read_file(struct reader *r)
{
    while (reader_peek(r) != -1) {
        int c = reader_peek(r);
        if (c == '\n') {
            reader_next_line(r);
        } else if (c == ' ' || c == '\t' || c == '\r') {
            r->pos++;
        } else if (c == ';' && r->pos + 1 < r->text.len && r->text.ptr[r->pos + 1] == '!') {
            if (!read_directive(r)) {
                return false;
            }
        } else if (c == ';') {
            reader_skip_line(r);
        } else if (r->pos != r->line_start) {
            return FAIL(r, "a rule begins at the start of a line");
        } else if (!read_rule(r)) {
            return false;
        }
    }
    return true;
}

static bool load_file(struct loader *loader, struct span name)
{
    size_t room = name.len + sizeof ".abnf";
    char *file = arena_take(loader->grammar->arena, room);
    struct reader r = {.loader = loader,
                       .arena = loader->grammar->arena,
                       .error = loader->error,
                       .file = file,
                       .line = 1};
    struct out out;
    if (file == NULL) {
        return abnf_fail(loader->error, "grammar", r.text, 1, 1, "no memory is left");
    }
    out_init(&out, file, room - 1);
    out_bytes(&out, name);
    out_text(&out, ".abnf");
    for (size_t i = 0; i < loader->file_count; i++) {
        if (strcmp(loader->files[i], file) == 0) {
            return true;
        }
    }
    if (loader->file_count == MAX_FILES) {
        return abnf_fail(loader->error, file, r.text, 1, 1, "more than %d files", MAX_FILES);
    }
    loader->files[loader->file_count++] = file;
    if (!loader->open(loader->context, file, &r.text)) {
        return abnf_fail(loader->error, file, (struct span){NULL, 0}, 1, 1,
                         "the file cannot be read");
    }
    return read_file(&r);
}

bool abnf_load(struct abnf *grammar, struct arena *arena, const char *name, abnf_open_fn *open,
               void *context, struct abnf_error *error)
{
    *grammar = (struct abnf){.arena = arena, .name = name};
    struct loader loader = {grammar, error, open, context, {NULL}, 0};
    return load_file(&loader, span_text(name)) && abnf_check(grammar, error);
}

struct folder {
    const char *path;
    struct arena *arena;
};

static bool folder_open(void *context, const char *file, struct span *out)
{
    const struct folder *folder = context;
    char path[1024];
    int n = snprintf(path, sizeof path, "%s/%s", folder->path, file);
    FILE *stream = n > 0 && (size_t)n < sizeof path ? fopen(path, "rb") : NULL;
    if (stream == NULL) {
        return false;
    }
    bool ok = fseek(stream, 0, SEEK_END) == 0;
    long size = ok ? ftell(stream) : -1;
    ok = size >= 0 && fseek(stream, 0, SEEK_SET) == 0;
    uint8_t *octets = ok ? arena_take(folder->arena, (size_t)size + 1) : NULL;
    ok = octets != NULL && fread(octets, 1, (size_t)size, stream) == (size_t)size;
    (void)fclose(stream);
    *out = (struct span){octets, ok ? (size_t)size : 0};
    return ok;
}

bool abnf_load_folder(struct abnf *grammar, struct arena *arena, const char *name,
                      const char *folder, struct abnf_error *error)
{
    struct folder context = {folder, arena};
    return abnf_load(grammar, arena, name, folder_open, &context, error);
}
