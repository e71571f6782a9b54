/* SPDX-License-Identifier: MIT */
#include "server/fault_answer.h"

static const struct fault_answer answers[] = {
#define ANSWER(id, name, protocol, breaks, level, text, verb, argument, reply)                     \
    {FAULT_##id, protocol, {verb, argument, reply}},
#include "server/fault_imap_answer.def"
#include "server/fault_pop3_answer.def"
#include "server/fault_smtp_answer.def"
#undef ANSWER
};

const struct fault_answer *fault_answer_at(size_t index)
{
    return index < sizeof answers / sizeof answers[0] ? &answers[index] : NULL;
}
