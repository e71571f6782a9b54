/* SPDX-License-Identifier: MIT */
/* A target with a planted bug: the writer loses the value of AUTH= behind MAIL. script/fuzz must
   find it, minimise it, name it and say how to repeat it; see tests/fuzz/finding.sh. */
#include "fuzz/check/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum parse_rc parse(struct parse *p, const void *context, void *value)
{
    (void)context;
    return smtp_parse_command(p, value);
}

static void emit(struct out *out, const void *context, const void *value)
{
    const struct smtp_command *command = value;
    (void)context;
    smtp_emit_command(out, value);
    for (const struct smtp_param *param = command->params; param != NULL; param = param->next) {
        if (span_is(param->keyword, "AUTH")) {
            out->len--;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct unit_kind kind = {sizeof(struct smtp_command), parse, emit, NULL};
    (void)check_unit(&kind, NULL, (struct span){data, size}, 0, false);
    return 0;
}
