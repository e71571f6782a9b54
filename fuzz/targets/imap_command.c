/* SPDX-License-Identifier: MIT */
/* One IMAP command. First octet: bit 0 lenient, bits 1 to 3 the profile. */
#include "fuzz/check/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum parse_rc parse(struct parse *p, const void *context, void *value)
{
    (void)context;
    return imap_parse_command(p, value);
}

static void emit(struct out *out, const void *context, const void *value)
{
    (void)context;
    imap_emit_command(out, value);
}

static void spans(const void *value, struct span in)
{
    const struct imap_command *command = value;
    check_span_inside(command->tag, in);
    check_span_inside(command->name, in);
    check_span_inside(command->rest, in);
    check_span_inside(command->set.text, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct unit_kind kind = {sizeof(struct imap_command), parse, emit, spans};
    if (size > 0) {
        (void)check_unit(&kind, NULL, (struct span){data + 1, size - 1}, data[0] & 0xEU,
                         (data[0] & 1) != 0);
    }
    return 0;
}
