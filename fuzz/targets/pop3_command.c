/* SPDX-License-Identifier: MIT */
/* One POP3 command line or SASL response. First octet: bit 0 lenient, bit 1 UTF-8 is legal, bit 2 a
   SASL response. */
#include "fuzz/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum parse_rc run_response(struct parse *p, struct out *o)
{
    struct pop3_sasl_response response;
    enum parse_rc rc = pop3_parse_sasl_response(p, &response);
    check_span_inside(response.base64, p->in);
    if (rc == PARSE_OK) {
        pop3_emit_sasl_response(o, &response);
    }
    return rc;
}

static enum parse_rc run_command(struct parse *p, bool utf8, struct out *o)
{
    struct pop3_command command;
    enum parse_rc rc = pop3_parse_command(p, utf8, &command);
    check_span_inside(command.keyword, p->in);
    check_span_inside(command.arguments, p->in);
    check_span_inside(command.name, p->in);
    check_span_inside(command.digest, p->in);
    check_span_inside(command.initial, p->in);
    if (rc == PARSE_OK) {
        pop3_emit_command(o, &command);
    }
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(16) uint8_t block[4096];
    static uint8_t written[16 * 1024];
    if (size == 0 || size > 8192) {
        return 0;
    }
    struct arena arena;
    struct parse p;
    struct out o;
    arena_init(&arena, block, sizeof block);
    parse_init(&p, (struct span){data + 1, size - 1}, 77, &arena);
    p.quirks = (data[0] & 1) != 0 ? QUIRKS_ALL : QUIRKS_STRICT;
    out_init(&o, written, sizeof written);
    bool response = (data[0] & 4) != 0;
    enum parse_rc rc = response ? run_response(&p, &o) : run_command(&p, (data[0] & 2) != 0, &o);
    check_parse(&p, rc);
    CHECK(rc != PARSE_NOMATCH, "a command is there or is broken");
    CHECK(rc != PARSE_OK || p.pos == p.in.len, "a command is parsed, but not to its end");
    check_round_trip(&p, rc, &o);
    return 0;
}
