/* SPDX-License-Identifier: MIT */
/* A grammar file while it is read: the cursor, and what stands to the right of "=". */
#ifndef FUZZ_ABNF_READER_H
#define FUZZ_ABNF_READER_H

#include "fuzz/abnf/load.h"

#define MAX_CHILDREN 400

/* One file that is being read. */
struct reader {
    struct loader *loader;
    struct arena *arena;
    struct abnf_error *error;
    const char *file;
    struct span text;
    size_t pos;
    size_t line_start;
    uint32_t line;
    uint32_t depth;
    bool override, entry, library; /* of the next rule; of the file */
};

uint32_t reader_column(const struct reader *r);

/* Reports the error at the cursor; NULL. */
#define FAIL(r, ...)                                                                               \
    (abnf_fail((r)->error, (r)->file, (r)->text, (r)->line, reader_column(r), __VA_ARGS__), NULL)

/* The next octet, or -1. */
static inline int reader_peek(const struct reader *r)
{
    return r->pos < r->text.len ? r->text.ptr[r->pos] : -1;
}

void reader_next_line(struct reader *r);
void reader_skip_line(struct reader *r);

/* RFC 5234 section 4: *c-wsp = WSP / (comment or newline, then WSP). Stands behind it at what
   belongs to the rule, or at the line end that ends the rule. */
void reader_skip_space(struct reader *r);

/* A rule's name, perhaps empty. */
struct span reader_name(struct reader *r);

struct abnf_node *reader_node(struct reader *r, enum abnf_kind kind);
bool reader_children(struct reader *r, struct abnf_node *node, struct abnf_node **list,
                     size_t count);

/* RFC 5234 section 4: alternation. NULL: the error was reported. */
struct abnf_node *reader_alternation(struct reader *r);

#endif
