/* SPDX-License-Identifier: MIT */
/* One line of a POP3 server. First octet: bit 0 lenient, bit 1 with an argument, bit 2 response
   codes announced, bits 3 to 7 what it answers: 0 the greeting, else a verb; second octet: bit 0 a
   line of a multi-line reply, bit 1 UTF-8 is legal. */
#include "fuzz/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum parse_rc run_line(struct parse *p, const struct pop3_reply_context *context,
                              struct out *o)
{
    struct pop3_line line;
    enum parse_rc rc = pop3_parse_line(p, context, &line);
    check_span_inside(line.text, p->in);
    check_span_inside(line.rest, p->in);
    check_span_inside(line.unique_id, p->in);
    check_span_inside(line.language, p->in);
    check_span_inside(line.capability.name, p->in);
    check_span_inside(line.capability.parameters, p->in);
    if (rc == PARSE_OK) {
        pop3_emit_line(o, &line);
    }
    return rc;
}

static enum parse_rc run_reply(struct parse *p, const struct pop3_reply_context *context,
                               struct out *o)
{
    struct pop3_reply reply;
    enum parse_rc rc = pop3_parse_reply(p, context, &reply);
    check_span_inside(reply.status_text, p->in);
    check_span_inside(reply.text, p->in);
    check_span_inside(reply.code_text, p->in);
    check_span_inside(reply.human, p->in);
    check_span_inside(reply.unique_id, p->in);
    check_span_inside(reply.timestamp, p->in);
    check_span_inside(reply.language, p->in);
    check_span_inside(reply.challenge, p->in);
    CHECK(reply.unique_id.len <= 70 || p->deviations != NULL || rc != PARSE_OK,
          "a long unique-id passed");
    if (rc == PARSE_OK) {
        pop3_emit_reply(o, context, &reply);
    }
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(16) uint8_t block[4096];
    static uint8_t written[16 * 1024];
    if (size < 2 || size > 8192) {
        return 0;
    }
    unsigned verb = data[0] >> 3;
    const struct pop3_reply_context context = {
        .verb = verb < POP3_VERB_COUNT ? (enum pop3_verb)verb : POP3_UNKNOWN,
        .greeting = verb == 0,
        .has_argument = (data[0] & 2) != 0,
        .resp_codes = (data[0] & 4) != 0,
        .utf8 = (data[1] & 2) != 0,
    };
    struct arena arena;
    struct parse p;
    struct out o;
    arena_init(&arena, block, sizeof block);
    parse_init(&p, (struct span){data + 2, size - 2}, 77, &arena);
    p.quirks = (data[0] & 1) != 0 ? QUIRKS_ALL : QUIRKS_STRICT;
    out_init(&o, written, sizeof written);
    bool line = (data[1] & 1) != 0;
    enum parse_rc rc = line ? run_line(&p, &context, &o) : run_reply(&p, &context, &o);
    check_parse(&p, rc);
    CHECK(rc != PARSE_NOMATCH, "a reply is there or is broken");
    CHECK(rc != PARSE_OK || p.pos == p.in.len, "a reply is parsed, but not to its end");
    check_round_trip(&p, rc, &o);
    return 0;
}
