/* SPDX-License-Identifier: MIT */
/* One SMTP command line, strictly and leniently. The first octet's lowest bit says which. */
#include "fuzz/check/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum parse_rc parse(struct parse *p, const void *context, void *value)
{
    (void)context;
    return smtp_parse_command(p, value);
}

static void emit(struct out *out, const void *context, const void *value)
{
    (void)context;
    smtp_emit_command(out, value);
}

static void spans(const void *value, struct span in)
{
    const struct smtp_command *c = value;
    check_span_inside(c->word, in);
    check_span_inside(c->argument, in);
    check_span_inside(c->host.text, in);
    check_span_inside(c->path.text, in);
    check_span_inside(c->path.mailbox.local_part, in);
    check_span_inside(c->path.mailbox.host.text, in);
    check_span_inside(c->text, in);
    check_span_inside(c->initial, in);
    check_span_inside(c->node, in);
    for (const struct smtp_param *param = c->params; param != NULL; param = param->next) {
        check_span_inside(param->keyword, in);
        check_span_inside(param->value, in);
        check_span_inside(param->text, in);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct unit_kind kind = {sizeof(struct smtp_command), parse, emit, spans};
    if (size > 0) {
        (void)check_unit(&kind, NULL, (struct span){data + 1, size - 1}, 0, (data[0] & 1) != 0);
    }
    return 0;
}
