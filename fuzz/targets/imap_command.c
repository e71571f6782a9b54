/* SPDX-License-Identifier: MIT */
/* One IMAP command, strictly and leniently. The first octet's lowest bit says which. */
#include "fuzz/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(16) uint8_t block[1024 * 1024];
    static uint8_t written[64 * 1024];
    if (size == 0 || size > 8192) {
        return 0;
    }
    const struct span in = {data + 1, size - 1};
    struct arena arena;
    struct parse p;
    struct imap_command command;
    struct out o;
    arena_init(&arena, block, sizeof block);
    parse_init(&p, in, 77, &arena);
    p.quirks = (data[0] & 1) != 0 ? QUIRKS_ALL : QUIRKS_STRICT;
    enum parse_rc rc = imap_parse_command(&p, &command);
    check_parse(&p, rc);
    CHECK(rc != PARSE_NOMATCH, "a command is there or is broken");
    check_span_inside(command.tag, in);
    check_span_inside(command.name, in);
    check_span_inside(command.rest, in);
    check_span_inside(command.set.text, in);
    out_init(&o, written, sizeof written);
    if (rc == PARSE_OK) {
        imap_emit_command(&o, &command);
        CHECK(p.pos == in.len, "a command is parsed, but not to its end");
    }
    check_round_trip(&p, rc, &o);
    return 0;
}
