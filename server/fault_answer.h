/* SPDX-License-Identifier: MIT */
/* Faults that are nothing but a wrong answer to a command. */
#ifndef SERVER_FAULT_ANSWER_H
#define SERVER_FAULT_ANSWER_H

#include "server/service.h"

struct fault_answer {
    enum fault fault;
    enum protocol protocol;
    struct reply_override answer;
};

/* The entry at an index; NULL behind the last one. */
const struct fault_answer *fault_answer_at(size_t index);

#endif
