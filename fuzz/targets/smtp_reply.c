/* SPDX-License-Identifier: MIT */
/* One SMTP reply, then as a greeting and as an answer to EHLO. The first octet's lowest bit says
   whether strictly or leniently. */
#include "fuzz/check/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum parse_rc parse(struct parse *p, const void *context, void *value)
{
    (void)context;
    return smtp_parse_reply(p, value);
}

static void emit(struct out *out, const void *context, const void *value)
{
    (void)context;
    smtp_emit_reply(out, value);
}

static void spans(const void *value, struct span in)
{
    const struct smtp_reply *reply = value;
    for (const struct smtp_reply_line *line = reply->lines; line != NULL; line = line->next) {
        check_span_inside(line->text, in);
    }
}

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

/* The framer finds the end of a reply where the grammar does. */
static void check_frame(struct span in)
{
    struct frame f;
    struct frame_unit unit;
    frame_init(&f);
    frame_set_mode(&f, FRAME_MODE_SMTP_REPLY);
    CHECK(frame_next(&f, in, &unit) == FRAME_OK && unit.octets.len == in.len,
          "the framer ends a reply elsewhere");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(16) uint8_t block[1024 * 1024];
    static const struct unit_kind kind = {sizeof(struct smtp_reply), parse, emit, spans};
    if (size == 0) {
        return 0;
    }
    const struct span in = {data + 1, size - 1};
    const bool lenient = (data[0] & 1) != 0;
    if (check_unit(&kind, NULL, in, 0, lenient) != PARSE_OK) {
        return 0;
    }
    struct arena arena;
    struct parse p;
    struct smtp_reply reply;
    struct smtp_host host;
    arena_init(&arena, block, sizeof block);
    parse_init(&p, in, 0, &arena);
    p.quirks = lenient ? QUIRKS_ALL : QUIRKS_STRICT;
    if (smtp_parse_reply(&p, &reply) == PARSE_OK) {
        check_parse(&p, smtp_parse_greeting(&p, &reply, &host));
        check_ehlo(&p, &reply);
    }
    check_frame(in);
    return 0;
}
