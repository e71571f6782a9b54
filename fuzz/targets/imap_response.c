/* SPDX-License-Identifier: MIT */
/* One server response. First octet: bit 0 lenient, bits 2 to 4 the profile, bit 5 a greeting. */
#include "fuzz/check/unit.h"
#include "parsers/imap/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum parse_rc parse(struct parse *p, const void *greeting, void *value)
{
    return greeting != NULL ? imap_parse_greeting(p, value) : imap_parse_response(p, value);
}

static void emit(struct out *out, const void *greeting, const void *value)
{
    (void)greeting;
    imap_emit_response(out, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct unit_kind kind = {sizeof(struct imap_response), parse, emit, NULL};
    if (size > 0) {
        const struct span unit = {data + 1, size - 1};
        const void *greeting = (data[0] & 0x20) != 0 ? &kind : NULL;
        (void)check_unit(&kind, greeting, unit, data[0] >> 1 & 0xEU, (data[0] & 1) != 0);
        (void)imap_response_may_have_literal(unit);
    }
    return 0;
}
