/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/redact.h"

#include "net/memory.h"

void redact_octets(const struct target *target, uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < target->user_count; i++) {
        struct span secret = span_text(target->users[i].password);
        for (size_t pos = 0; secret.len > 0 && pos + secret.len <= len; pos++) {
            if (memcmp(octets + pos, secret.ptr, secret.len) == 0) {
                memset(octets + pos, '*', secret.len);
            }
        }
    }
}

static void redact_text(const struct target *target, char *text)
{
    if (text != NULL) {
        redact_octets(target, (uint8_t *)text, strlen(text));
    }
}

void redact_result(const struct target *target, struct case_result *result)
{
    redact_text(target, result->expected);
    redact_text(target, result->actual);
    for (size_t i = 0; i < result->observation_count; i++) {
        redact_text(target, result->observations[i].value);
    }
    for (size_t i = 0; i < result->transcript_count; i++) {
        redact_octets(target, result->transcript[i].data, result->transcript[i].len);
    }
}

void case_result_fini(struct case_result *result)
{
    struct run run = {.results = memory_zero(1, sizeof *result), .result_count = 1};
    run.results[0] = *result;
    run_fini(&run);
    *result = (struct case_result){0};
}
