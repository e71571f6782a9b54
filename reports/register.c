/* SPDX-License-Identifier: MIT */
#include "reports/register.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/memory.h"
#include "reports/text_file.h"

enum { REGISTER_MAX = 16 << 20 };

static const struct level_word {
    const char *word;
    enum level level;
    bool lower_case;
} levels[] = {
    {"MUST", LEVEL_MUST, false},
    {"MUST NOT", LEVEL_MUST_NOT, false},
    {"SHALL", LEVEL_MUST, false},
    {"SHALL NOT", LEVEL_MUST_NOT, false},
    {"REQUIRED", LEVEL_MUST, false},
    {"SHOULD", LEVEL_SHOULD, false},
    {"SHOULD NOT", LEVEL_SHOULD_NOT, false},
    {"RECOMMENDED", LEVEL_SHOULD, false},
    {"NOT RECOMMENDED", LEVEL_SHOULD_NOT, false},
    {"MAY", LEVEL_MAY, false},
    {"OPTIONAL", LEVEL_MAY, false},
    {"must", LEVEL_MUST, true},
    {"must not", LEVEL_MUST_NOT, true},
    {"shall", LEVEL_MUST, true},
    {"shall not", LEVEL_MUST_NOT, true},
    {"may not", LEVEL_MUST_NOT, true},
    {"required", LEVEL_MUST, true},
    /* What an old RFC says that a server or client does, without any keyword. */
    {"implicit", LEVEL_MUST, true},
    {"should", LEVEL_SHOULD, true},
    {"should not", LEVEL_SHOULD_NOT, true},
    {"recommended", LEVEL_SHOULD, true},
    {"not recommended", LEVEL_SHOULD_NOT, true},
    {"may", LEVEL_MAY, true},
    {"optional", LEVEL_MAY, true},
};

static const char *const parties[] = {"server", "client", "both", "any"};

static const struct test_word {
    const char *word;
    enum requirement_test test;
} tests[] = {
    {"wire", TEST_WIRE},
    {"fixture", TEST_FIXTURE},
    {"server-role", TEST_SERVER_ROLE},
    {"end-to-end", TEST_END_TO_END},
    {"judge", TEST_JUDGE},
};

const char *party_text(enum party party)
{
    return parties[party];
}

/* One register file that is being read. */
struct reader {
    struct requirement_register *reg;
    struct problems *problems;
    struct place place;
    struct requirement *now; /* the present record, NULL before the first */
    unsigned rfc;
    uint8_t *body; /* the RFC's text without white space and page breaks; NULL: not compared */
    size_t body_len;
};

static void complain(struct reader *r, struct span at, const char *text)
{
    struct place place = r->place;
    place.column = (unsigned)(at.ptr - place.source.ptr) + 1;
    problems_add(r->problems, &place, "%s", text);
}

static struct span skip_blanks(struct span s)
{
    while (s.len != 0 && s.ptr[0] == ' ') {
        s = span_from(s, 1);
    }
    return s;
}

static struct span trim(struct span s)
{
    s = skip_blanks(s);
    while (s.len != 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\r')) {
        s.len--;
    }
    return s;
}

/* Up to the first run of blanks of at least this length. */
static struct span take_field(struct span *rest, size_t blanks)
{
    struct span s = skip_blanks(*rest);
    size_t len = 0;
    while (len < s.len) {
        size_t run = 0;
        while (len + run < s.len && s.ptr[len + run] == ' ') {
            run++;
        }
        if (run >= blanks) {
            break;
        }
        len += run == 0 ? 1 : run;
    }
    *rest = span_from(s, len);
    return span_sub(s, 0, len);
}

static const struct level_word *find_level(struct span word)
{
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (span_equal(word, span_text(levels[i].word))) {
            return &levels[i];
        }
    }
    return NULL;
}

/* "rfc5321:4.5.3.1-2": the section is between the colon and the last hyphen. */
static bool id_parse(struct reader *r, struct span id, struct requirement *out)
{
    char prefix[24];
    int len = snprintf(prefix, sizeof prefix, "rfc%u:", r->rfc);
    size_t hyphen = id.len;
    while (hyphen != 0 && id.ptr[hyphen - 1] != '-') {
        hyphen--;
    }
    if (len < 0 || !span_starts_nocase(id, span_text(prefix)) || hyphen < (size_t)len + 2) {
        return false;
    }
    out->id = memory_text(id);
    out->rfc = r->rfc;
    out->section = memory_text(span_sub(id, (size_t)len, hyphen - 1 - (size_t)len));
    return true;
}

/* "rfc2920:3.2-1  MUST NOT  server": fields are parted by two blanks. */
static void head_read(struct reader *r, struct span line)
{
    struct requirement_register *reg = r->reg;
    r->now = NULL;
    struct span rest = line;
    struct span id = take_field(&rest, 1);
    struct span level = take_field(&rest, 2);
    struct span party = trim(rest);
    const struct level_word *word = find_level(level);
    unsigned i = 0;
    while (i < 4 && !span_equal(party, span_text(parties[i]))) {
        i++;
    }
    struct requirement made = {.line = r->place.line, .party = (enum party)i};
    if (!id_parse(r, id, &made)) {
        complain(r, id, "expected an id of this file's RFC, as in rfc5321:4.1.1-4");
    } else if (word == NULL) {
        complain(r, level, "this is no level: MUST, MUST NOT, SHOULD, SHOULD NOT, MAY, …");
    } else if (i == 4) {
        complain(r, party, "expected two blanks and server, client, both or any");
    } else {
        made.level = word->level;
        made.lower_case = word->lower_case;
        reg->items = memory_resize(reg->items, reg->count + 1, sizeof *reg->items);
        reg->items[reg->count] = made;
        r->now = &reg->items[reg->count++];
        return;
    }
    memory_free(made.id);
    memory_free(made.section);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f';
}

static size_t squeeze(struct span text, uint8_t *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_space(text.ptr[i])) {
            out[len++] = text.ptr[i];
        }
    }
    return len;
}

static bool body_has(const struct reader *r, struct span quote)
{
    uint8_t *needle = memory_alloc(quote.len);
    size_t len = squeeze(quote, needle);
    const uint8_t *at = r->body;
    const uint8_t *end = r->body + r->body_len;
    bool found = false;
    while (!found && len != 0 && (size_t)(end - at) >= len) {
        at = memchr(at, needle[0], (size_t)(end - at) - len + 1);
        if (at == NULL) {
            break;
        }
        found = memcmp(at, needle, len) == 0;
        at++;
    }
    memory_free(needle);
    return found;
}

static void quote_read(struct reader *r, struct span text)
{
    if (r->now->quote != NULL) {
        complain(r, text, "there is a quote already");
    } else if (text.len < 3 || text.ptr[text.len - 1] != '"') {
        complain(r, span_from(text, text.len), "the quote is not closed");
    } else {
        struct span quote = span_sub(text, 1, text.len - 2);
        r->now->quote = memory_text(quote);
        if (r->body != NULL && !body_has(r, quote)) {
            complain(r, text, "this does not stand in the RFC's text");
        }
    }
}

/* "wire", "none REASON", then "same-as ID" and "judge RULE" in any order. */
static void test_read(struct reader *r, struct span text)
{
    struct requirement *now = r->now;
    struct span rest = span_from(text, 4);
    struct span reason = skip_blanks(rest);
    if (span_starts_nocase(reason, SPAN_LIT("none "))) {
        now->reason = memory_text(trim(span_from(reason, 5)));
        return;
    }
    while (skip_blanks(rest).len != 0) {
        struct span word = take_field(&rest, 1);
        char **slot = span_equal(word, SPAN_LIT("same-as")) ? &now->same_as : NULL;
        size_t i = 0;
        while (i < sizeof tests / sizeof *tests && !span_equal(word, span_text(tests[i].word))) {
            i++;
        }
        if (i < sizeof tests / sizeof *tests) {
            now->tests |= tests[i].test;
            struct span look = rest;
            /* "judge" may name the rule. */
            if (tests[i].test == TEST_JUDGE && take_field(&look, 1).len != 0) {
                slot = &now->judge;
            }
        }
        if (slot != NULL) {
            *slot = memory_text(take_field(&rest, 1));
        } else if (i == sizeof tests / sizeof *tests) {
            complain(r, word,
                     "expected wire, fixture, server-role, end-to-end, judge [RULE], same-as ID, "
                     "or none REASON");
            return;
        }
    }
}

/* What stood before this record is complete. */
static void record_end(struct reader *r)
{
    if (r->now == NULL) {
        return;
    }
    struct place place = {.file = r->place.file, .line = r->now->line};
    if (r->now->quote == NULL) {
        problems_add(r->problems, &place, "%s has no quote", r->now->id);
        r->now->quote = memory_text(SPAN_LIT(""));
    }
    if (r->now->tests == TEST_NONE && r->now->reason == NULL) {
        problems_add(r->problems, &place, "%s does not say how it is tested", r->now->id);
    }
}

static void line_read(struct reader *r, struct span line)
{
    r->place.line++;
    r->place.source = line;
    struct span text = trim(line);
    if (text.len == 0 || text.ptr[0] == '#') {
        return;
    }
    if (line.ptr[0] != ' ') {
        record_end(r);
        head_read(r, text);
    } else if (r->now == NULL) {
        /* The record's head was wrong and is told already. */
        return;
    } else if (text.ptr[0] == '"') {
        quote_read(r, text);
    } else if (span_starts_nocase(text, SPAN_LIT("test "))) {
        test_read(r, text);
    } else {
        complain(r, text, "expected a quote or \"test\"");
    }
}

static struct span line_take(struct span *rest)
{
    const uint8_t *end = memchr(rest->ptr, '\n', rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->ptr);
    struct span line = span_sub(*rest, 0, len);
    *rest = span_from(*rest, len + 1);
    return line;
}

/* "Klensin                     Standards Track                    [Page 12]", and the head of the
   next page, "RFC 5321                          SMTP                      October 2008". */
static bool is_page_break(struct span line)
{
    line = trim(line);
    while (line.len != 0 && line.ptr[0] == '\f') {
        line = span_from(line, 1);
    }
    bool digits = line.len > 4;
    for (size_t i = 1; i <= 4 && digits; i++) {
        digits = line.ptr[line.len - i] >= '0' && line.ptr[line.len - i] <= '9';
    }
    if (digits && span_starts_nocase(line, SPAN_LIT("RFC ")) && line.len > 40) {
        return true;
    }
    if (line.len == 0 || line.ptr[line.len - 1] != ']') {
        return false;
    }
    for (size_t i = 0; i + 6 < line.len; i++) {
        if (span_starts_nocase(span_from(line, i), SPAN_LIT("[Page "))) {
            return true;
        }
    }
    return false;
}

static void body_load(struct reader *r, const char *folder)
{
    char *path = memory_format("%s/rfc/rfc%u.txt", folder, r->rfc);
    struct span text;
    if (!text_file_read(path, REGISTER_MAX, &text)) {
        struct place place = {.file = path};
        problems_add(r->problems, &place, "%s", strerror(errno));
    } else {
        r->body = memory_alloc(text.len);
        struct span rest = text;
        while (rest.len != 0) {
            struct span line = line_take(&rest);
            if (!is_page_break(line)) {
                r->body_len += squeeze(line, r->body + r->body_len);
            }
        }
    }
    memory_free((uint8_t *)(uintptr_t)text.ptr);
    memory_free(path);
}

static void file_load(struct requirement_register *reg, const char *folder, unsigned rfc,
                      bool check, struct problems *problems)
{
    char *path = memory_format("%s/rfc%u.req", folder, rfc);
    struct reader r = {.reg = reg, .problems = problems, .place = {.file = path}, .rfc = rfc};
    struct span text;
    if (!text_file_read(path, REGISTER_MAX, &text)) {
        problems_add(problems, &r.place, "%s", strerror(errno));
    } else {
        if (check) {
            body_load(&r, folder);
        }
        struct span rest = text;
        while (rest.len != 0) {
            line_read(&r, line_take(&rest));
        }
        record_end(&r);
    }
    memory_free(r.body);
    memory_free((uint8_t *)(uintptr_t)text.ptr);
    memory_free(path);
}

static int compare_numbers(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a;
    unsigned y = *(const unsigned *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

/* The numbers of the folder's registers, ascending. */
static unsigned *folder_list(const char *folder, size_t *out_count)
{
    unsigned *list = NULL;
    *out_count = 0;
    DIR *dir = opendir(folder);
    struct dirent *entry = NULL;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        struct span name = span_text(entry->d_name);
        unsigned rfc = 0;
        size_t i = 3;
        while (i < name.len && i < 9 && name.ptr[i] >= '0' && name.ptr[i] <= '9') {
            rfc = rfc * 10 + (unsigned)(name.ptr[i++] - '0');
        }
        if (i > 3 && span_starts_nocase(name, SPAN_LIT("rfc")) &&
            span_equal(span_from(name, i), SPAN_LIT(".req"))) {
            list = memory_resize(list, *out_count + 1, sizeof *list);
            list[(*out_count)++] = rfc;
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    if (list != NULL) {
        qsort(list, *out_count, sizeof *list, compare_numbers);
    }
    return list;
}

/* An entry of the index while it is sorted. */
struct entry {
    const char *id;
    size_t index;
};

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->id, ((const struct entry *)b)->id);
}

static void index_make(struct requirement_register *reg, const char *folder,
                       struct problems *problems)
{
    if (reg->count == 0) {
        return;
    }
    struct entry *entries = memory_zero(reg->count, sizeof *entries);
    for (size_t i = 0; i < reg->count; i++) {
        entries[i] = (struct entry){reg->items[i].id, i};
    }
    qsort(entries, reg->count, sizeof *entries, compare_entries);
    reg->by_id = memory_zero(reg->count, sizeof *reg->by_id);
    for (size_t i = 0; i < reg->count; i++) {
        reg->by_id[i] = entries[i].index;
        if (i != 0 && strcmp(entries[i].id, entries[i - 1].id) == 0) {
            struct place place = {.file = folder};
            problems_add(problems, &place, "%s is there twice", entries[i].id);
        }
    }
    memory_free(entries);
}

void register_load(struct requirement_register *reg, const char *folder, bool check,
                   struct problems *problems)
{
    *reg = (struct requirement_register){0};
    size_t count = 0;
    unsigned *list = folder_list(folder, &count);
    if (count == 0) {
        struct place place = {.file = folder};
        problems_add(problems, &place, "there are no registers (rfcNNNN.req) in this folder");
    }
    for (size_t i = 0; i < count; i++) {
        file_load(reg, folder, list[i], check, problems);
    }
    memory_free(list);
    index_make(reg, folder, problems);
}

const struct requirement *register_find(const struct requirement_register *reg, const char *id)
{
    size_t low = 0;
    size_t high = reg->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct requirement *item = &reg->items[reg->by_id[middle]];
        int order = strcmp(id, item->id);
        if (order == 0) {
            return item;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

void register_fini(struct requirement_register *reg)
{
    for (size_t i = 0; i < reg->count; i++) {
        struct requirement *item = &reg->items[i];
        memory_free(item->id);
        memory_free(item->section);
        memory_free(item->quote);
        memory_free(item->reason);
        memory_free(item->same_as);
        memory_free(item->judge);
    }
    memory_free(reg->items);
    memory_free(reg->by_id);
    *reg = (struct requirement_register){0};
}
