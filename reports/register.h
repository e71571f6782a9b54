/* SPDX-License-Identifier: MIT */
/* The requirement registers: each normative sentence of each RFC that we cite, who must follow it,
   at which level, and how it is tested. One file rfcNNNN.req for each RFC; each quote is checked
   against the RFC's text that is shipped beside it. Requirements live as long as the register. */
#ifndef REPORTS_REGISTER_H
#define REPORTS_REGISTER_H

#include "parsers/core/span.h"
#include "parsers/rule.h"
#include "reports/problem.h"

enum party { PARTY_SERVER, PARTY_CLIENT, PARTY_BOTH, PARTY_ANY };

/* How a requirement is tested; more than one bit may be set. */
enum requirement_test {
    TEST_NONE = 0,             /* not testable: see reason */
    TEST_WIRE = 1 << 0,        /* a case in client role */
    TEST_FIXTURE = 1 << 1,     /* the same, with a mailbox or message that was prepared */
    TEST_SERVER_ROLE = 1 << 2, /* a case in which we are the server */
    TEST_END_TO_END = 1 << 3,  /* over more than one protocol */
    TEST_JUDGE = 1 << 4,       /* found passively by the judge */
};

struct requirement {
    char *id;         /* "rfc5321:4.5.3.1.1-1" */
    unsigned rfc;     /* 5321 */
    char *section;    /* "4.5.3.1.1" */
    enum level level; /* lower-case keywords count as their capital forms */
    bool lower_case;  /* the RFC writes the keyword in lower case, or has none */
    enum party party;
    char *quote;    /* the sentence, line breaks folded to one space */
    unsigned tests; /* enum requirement_test */
    char *reason;   /* why it cannot be tested, or NULL */
    char *same_as;  /* id of the same requirement in another RFC, or NULL */
    char *judge;    /* name of the rule that finds it, or NULL */
    unsigned line;  /* in its register */
};

struct requirement_register {
    struct requirement *items; /* sorted by RFC, then in the order of the text */
    size_t count;
    size_t *by_id; /* indices sorted by id, for register_find */
};

/* Loads all rfc*.req of a folder; check: also compares each quote with rfc/rfcNNNN.txt below the
   folder. What is wrong goes to problems; the register holds all that could be read. */
void register_load(struct requirement_register *reg, const char *folder, bool check,
                   struct problems *problems);

/* NULL when there is none. */
const struct requirement *register_find(const struct requirement_register *reg, const char *id);

/* "server", "client", "both", "any". */
const char *party_text(enum party party);

void register_fini(struct requirement_register *reg);

#endif
