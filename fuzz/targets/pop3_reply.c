/* SPDX-License-Identifier: MIT */
/* One line of a POP3 server. First octet: bit 0 lenient, bit 1 with an argument, bit 2 response
   codes announced, bits 3 to 7 what it answers: 0 the greeting, else a verb; second octet: bit 0 a
   line of a multi-line reply, bit 1 UTF-8 is legal. */
#include "fuzz/check/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum parse_rc parse_line(struct parse *p, const void *context, void *value)
{
    return pop3_parse_line(p, context, value);
}

static void emit_line(struct out *out, const void *context, const void *value)
{
    (void)context;
    pop3_emit_line(out, value);
}

static void line_spans(const void *value, struct span in)
{
    const struct pop3_line *line = value;
    check_span_inside(line->text, in);
    check_span_inside(line->rest, in);
    check_span_inside(line->unique_id, in);
    check_span_inside(line->language, in);
    check_span_inside(line->capability.name, in);
    check_span_inside(line->capability.parameters, in);
}

static enum parse_rc parse_reply(struct parse *p, const void *context, void *value)
{
    struct pop3_reply *reply = value;
    enum parse_rc rc = pop3_parse_reply(p, context, reply);
    CHECK(rc != PARSE_OK || reply->unique_id.len <= 70 || p->deviations != NULL,
          "a long unique-id passed");
    return rc;
}

static void emit_reply(struct out *out, const void *context, const void *value)
{
    pop3_emit_reply(out, context, value);
}

static void reply_spans(const void *value, struct span in)
{
    const struct pop3_reply *reply = value;
    check_span_inside(reply->status_text, in);
    check_span_inside(reply->text, in);
    check_span_inside(reply->code_text, in);
    check_span_inside(reply->human, in);
    check_span_inside(reply->unique_id, in);
    check_span_inside(reply->timestamp, in);
    check_span_inside(reply->language, in);
    check_span_inside(reply->challenge, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct unit_kind kinds[] = {
        {sizeof(struct pop3_reply), parse_reply, emit_reply, reply_spans},
        {sizeof(struct pop3_line), parse_line, emit_line, line_spans},
    };
    if (size < 2) {
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
    (void)check_unit(&kinds[data[1] & 1], &context, (struct span){data + 2, size - 2}, 0,
                     (data[0] & 1) != 0);
    return 0;
}
