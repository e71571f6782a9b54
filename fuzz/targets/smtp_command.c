/* SPDX-License-Identifier: MIT */
/* One SMTP command line, strictly and leniently. The first octet's lowest bit says which. */
#include "fuzz/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_spans(const struct smtp_command *c, struct span in)
{
    check_span_inside(c->word, in);
    check_span_inside(c->argument, in);
    check_span_inside(c->host.text, in);
    check_span_inside(c->path.text, in);
    check_span_inside(c->path.mailbox.local_part, in);
    check_span_inside(c->path.mailbox.host.text, in);
    check_span_inside(c->text, in);
    check_span_inside(c->initial, in);
    check_span_inside(c->node, in);
    for (const struct smtp_param *param = c->params; param != NULL; param = param->next) {
        check_span_inside(param->keyword, in);
        check_span_inside(param->value, in);
        check_span_inside(param->text, in);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(16) uint8_t block[64 * 1024];
    static uint8_t written[64 * 1024];
    if (size == 0 || size > 8192) {
        return 0;
    }
    const struct span in = {data + 1, size - 1};
    struct arena arena;
    struct parse p;
    struct smtp_command command;
    struct out o;
    arena_init(&arena, block, sizeof block);
    parse_init(&p, in, 77, &arena);
    p.quirks = (data[0] & 1) != 0 ? QUIRKS_ALL : QUIRKS_STRICT;
    enum parse_rc rc = smtp_parse_command(&p, &command);
    check_parse(&p, rc);
    check_spans(&command, in);
    CHECK(rc != PARSE_NOMATCH, "a command is there or is broken");
    out_init(&o, written, sizeof written);
    if (rc == PARSE_OK) {
        smtp_emit_command(&o, &command);
        CHECK(p.pos == in.len, "a command is parsed, but not to its end");
    }
    check_round_trip(&p, rc, &o);
    CHECK(rc != PARSE_OK || p.quirks.bits[0] != 0 || p.deviations == NULL,
          "a strict parse has deviations");
    return 0;
}
