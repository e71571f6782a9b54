/* SPDX-License-Identifier: MIT */
/* One SMTP reply, then as a greeting and as an answer to EHLO. The first octet's lowest bit says
   whether strictly or leniently. */
#include "fuzz/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ehlo(struct parse *p, const struct smtp_reply *reply)
{
    static uint8_t written[64 * 1024];
    const struct deviation *before = p->last_deviation;
    struct smtp_ehlo ehlo;
    struct out o;
    enum parse_rc rc = smtp_parse_ehlo_ok_rsp(p, reply, &ehlo);
    check_parse(p, rc);
    check_span_inside(ehlo.domain, p->in);
    check_span_inside(ehlo.greet, p->in);
    for (const struct smtp_ehlo_line *line = ehlo.lines; line != NULL; line = line->next) {
        check_span_inside(line->keyword, p->in);
        check_span_inside(line->params, p->in);
    }
    if (rc == PARSE_OK && p->last_deviation == before && reply->code == 250 &&
        reply->lines->separator != 0) {
        out_init(&o, written, sizeof written);
        smtp_emit_ehlo_ok_rsp(&o, &ehlo);
        bool empty =
            reply->lines->text.len > 0 && reply->lines->text.ptr[reply->lines->text.len - 1] == ' ';
        CHECK(empty || p->deviations != NULL || span_equal(out_span(&o), p->in),
              "an answer to EHLO is not written as it was parsed");
    }
}

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
    struct smtp_reply reply;
    struct out o;
    arena_init(&arena, block, sizeof block);
    parse_init(&p, in, 77, &arena);
    p.quirks = (data[0] & 1) != 0 ? QUIRKS_ALL : QUIRKS_STRICT;
    enum parse_rc rc = smtp_parse_reply(&p, &reply);
    check_parse(&p, rc);
    out_init(&o, written, sizeof written);
    if (rc == PARSE_OK) {
        smtp_emit_reply(&o, &reply);
        CHECK(p.pos == in.len, "a reply is parsed, but not to its end");
    }
    check_round_trip(&p, rc, &o);
    if (rc == PARSE_OK) {
        struct smtp_host host;
        check_parse(&p, smtp_parse_greeting(&p, &reply, &host));
        check_ehlo(&p, &reply);
    }
    /* The framer finds the end of a reply where the grammar does. */
    struct frame f;
    struct frame_unit unit;
    frame_init(&f);
    frame_set_mode(&f, FRAME_MODE_SMTP_REPLY);
    if (rc == PARSE_OK) {
        CHECK(frame_next(&f, in, &unit) == FRAME_OK && unit.octets.len == in.len,
              "the framer ends a reply elsewhere");
    }
    return 0;
}
