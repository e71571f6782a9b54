/* SPDX-License-Identifier: MIT */
/* A message: its header, its MIME tree, and the values of the fields that have a grammar. */
#include "fuzz/check/check.h"
#include "fuzz/check/tree.h"
#include "parsers/message/address.h"
#include "parsers/message/date.h"
#include "parsers/message/encoded_word.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA = 256 * 1024 };

/* The fields and the line behind them are the header, octet for octet. */
static void check_header(struct span message)
{
    struct span rest = message;
    struct message_field field;
    size_t len = 0;
    while (message_header_next(&rest, &field)) {
        CHECK(field.whole.ptr == message.ptr + len, "a field does not follow the one before");
        check_span_inside(field.name, field.whole);
        check_span_inside(field.value, field.whole);
        len += field.whole.len;
    }
    CHECK(message_header(message).len - len <= 2, "the header is longer than its fields");
}

static void check_values(struct span text)
{
    static _Alignas(16) uint8_t block[ARENA];
    static uint8_t written[64 * 1024];
    struct arena arena;
    struct parse p;
    struct address *list = NULL;
    struct message_date date;
    struct span id;
    struct out o;
    arena_init(&arena, block, sizeof block);
    parse_init(&p, text, 0, &arena);
    check_parse(&p, message_parse_address_list(&p, &list));
    for (; list != NULL; list = list->next) {
        check_span_inside(list->local, text);
        check_span_inside(list->domain, text);
        out_init(&o, written, sizeof written);
        address_text(&o, list->local);
        CHECK(o.len <= list->local.len, "text is longer than what it is made of");
    }
    parse_init(&p, text, 0, &arena);
    check_parse(&p, message_parse_date_time(&p, &date));
    parse_init(&p, text, 0, &arena);
    check_parse(&p, message_parse_msg_id(&p, &id));
    out_init(&o, written, sizeof written);
    message_plain_text(&o, text);
    struct encoded_word word;
    while (encoded_word_find(text, &word)) {
        check_span_inside(word.whole, text);
        out_init(&o, written, sizeof written);
        (void)encoded_word_decode(&o, &word);
        text = span_from(text, (size_t)(word.whole.ptr - text.ptr) + word.whole.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(16) uint8_t block[ARENA];
    if (size > 16 * 1024) {
        return 0;
    }
    const struct span message = {data, size};
    struct arena arena;
    struct parse p;
    struct mime_part *part = NULL;
    arena_init(&arena, block, sizeof block);
    parse_init(&p, message, 0, &arena);
    enum parse_rc rc = mime_parse_structure(&p, &part);
    check_parse(&p, rc);
    CHECK(rc == PARSE_OK || p.err.rule == RULE_LIMIT_ARENA || p.err.rule == RULE_LIMIT_DEPTH,
          "a tree was refused");
    if (rc == PARSE_OK) {
        check_parts(part, message);
    }
    check_header(message);
    struct message_field field;
    struct span rest = message;
    for (unsigned i = 0; i < 8 && message_header_next(&rest, &field); i++) {
        check_values(field.value);
    }
    return 0;
}
