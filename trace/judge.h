/* SPDX-License-Identifier: MIT */
/* Judges a recorded conversation: feeds it through the session model in the order in which it was
   seen, and maps each finding to its place in the input. What the recording does not show is never
   held against anyone. */
#ifndef TRACE_JUDGE_H
#define TRACE_JUDGE_H

#include "trace/recording.h"

/* A finding, with where a reader of the input will find it. Valid during the call only. */
struct judged {
    const struct finding *finding;
    const struct conversation *conversation;
    uint64_t line;   /* of the input, from 1; 0 where it has no lines */
    uint64_t column; /* of the first wrong octet in that line, from 0 */
};

struct judge_sums {
    uint64_t octets; /* judged */
    uint64_t units;
    size_t violations; /* of a MUST, consequences left out */
    size_t notes;      /* of a SHOULD, and the like */
    size_t consequences;
};

struct judge;

/* Judges conversations one after the other: it keeps the memory that it needs for that. report, if
   not NULL, is told each finding, in order. judge_free() frees it. */
struct judge *judge_new(void (*report)(void *context, const struct judged *judged), void *context);
void judge_free(struct judge *judge);

/* Adds to the sums. */
void judge_conversation(struct judge *judge, const struct conversation *c, struct judge_sums *sums);

#endif
