/* SPDX-License-Identifier: MIT */
/* One POP3 command line or SASL response. First octet: bit 0 lenient, bit 1 UTF-8 is legal, bit 2 a
   SASL response. */
#include "fuzz/check/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum parse_rc parse_response(struct parse *p, const void *context, void *value)
{
    (void)context;
    return pop3_parse_sasl_response(p, value);
}

static void emit_response(struct out *out, const void *context, const void *value)
{
    (void)context;
    pop3_emit_sasl_response(out, value);
}

static void response_spans(const void *value, struct span in)
{
    const struct pop3_sasl_response *response = value;
    check_span_inside(response->base64, in);
}

static enum parse_rc parse_command(struct parse *p, const void *utf8, void *value)
{
    return pop3_parse_command(p, utf8 != NULL, value);
}

static void emit_command(struct out *out, const void *utf8, const void *value)
{
    (void)utf8;
    pop3_emit_command(out, value);
}

static void command_spans(const void *value, struct span in)
{
    const struct pop3_command *command = value;
    check_span_inside(command->keyword, in);
    check_span_inside(command->arguments, in);
    check_span_inside(command->name, in);
    check_span_inside(command->digest, in);
    check_span_inside(command->initial, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct unit_kind kinds[] = {
        {sizeof(struct pop3_command), parse_command, emit_command, command_spans},
        {sizeof(struct pop3_sasl_response), parse_response, emit_response, response_spans},
    };
    if (size > 0) {
        (void)check_unit(&kinds[data[0] >> 2 & 1], (data[0] & 2) != 0 ? kinds : NULL,
                         (struct span){data + 1, size - 1}, 0, (data[0] & 1) != 0);
    }
    return 0;
}
