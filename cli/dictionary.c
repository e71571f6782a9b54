/* SPDX-License-Identifier: MIT */
#include "cli/dictionary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/grammar.h"
#include "net/memory.h"

struct words {
    char **texts; /* as they are written */
    size_t count;
};

/* Single octets are what a fuzzer tries anyway. */
static void add(struct words *words, struct span text)
{
    if (text.len < 2) {
        return;
    }
    char *written = memory_zero(4 * text.len + 3, 1);
    size_t len = 0;
    written[len++] = '"';
    for (size_t i = 0; i < text.len; i++) {
        uint8_t octet = text.ptr[i];
        if (octet == '"' || octet == '\\') {
            written[len++] = '\\';
        }
        if (octet >= ' ' && octet < 0x7F) {
            written[len++] = (char)octet;
        } else {
            len += (size_t)snprintf(written + len, 5, "\\x%02X", octet);
        }
    }
    written[len] = '"';
    words->texts = memory_resize(words->texts, words->count + 1, sizeof *words->texts);
    words->texts[words->count++] = written;
}

static void add_node(struct words *words, const struct abnf_node *node)
{
    if (node->kind == ABNF_TEXT) {
        add(words, node->text);
    }
    for (size_t i = 0; i < node->count; i++) {
        add_node(words, node->children[i]);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void words_print(const struct words *words)
{
    if (words->count > 0) {
        qsort(words->texts, words->count, sizeof *words->texts, by_text);
    }
    for (size_t i = 0; i < words->count; i++) {
        if (i == 0 || strcmp(words->texts[i - 1], words->texts[i]) != 0) {
            (void)puts(words->texts[i]);
        }
    }
}

static void words_fini(struct words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        memory_free(words->texts[i]);
    }
    memory_free(words->texts);
}

int dictionary_print(const struct command *command, const char *protocol)
{
    struct words words = {NULL, 0};
    int code = EXIT_USAGE;
    for (size_t i = 0; i < GRAMMAR_PARTS && code != EXIT_LOAD; i++) {
        struct grammar grammar;
        int part = grammar_load_part(protocol, i, &grammar);
        code = part == EXIT_USAGE ? code : part;
        if (part != EXIT_NOTHING) {
            continue;
        }
        for (const struct abnf_rule *rule = grammar.abnf.rules; rule != NULL; rule = rule->next) {
            add_node(&words, rule->node);
        }
        grammar_fini(&grammar);
    }
    if (code == EXIT_USAGE) {
        code = usage_error(command, "%s: there is no such protocol; there are " GRAMMAR_PROTOCOLS,
                           protocol);
    } else if (code == EXIT_NOTHING) {
        words_print(&words);
    }
    words_fini(&words);
    return code;
}
