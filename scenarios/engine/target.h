/* SPDX-License-Identifier: MIT */
/* The system under test: its URLs, its users and their secrets, and what it declares about itself
   (rcpt.good, delivery, …), from a target file or from the command line. Secrets are resolved by
   target_ready() and never printed. */
#ifndef SCENARIOS_ENGINE_TARGET_H
#define SCENARIOS_ENGINE_TARGET_H

#include "reports/problem.h"
#include "scenarios/engine/url.h"

/* What the run may do to the target. */
enum target_allow {
    ALLOW_SAFE = 0, /* connect, ask, authenticate with the given users: always */
    ALLOW_SEND = 1 << 0,
    ALLOW_WRITE = 1 << 1,
    ALLOW_DESTRUCTIVE = 1 << 2,
    ALLOW_EXEC = 1 << 3,
    ALLOW_REMOTE = 1 << 4,
};

/* An account. Several may stand for one name, each in a set of its own: a case uses the accounts of
   one set, so that cases that run at the same time are not in each other's way. */
struct target_user {
    char *name;     /* "alice", as scenarios call it */
    unsigned set;   /* from 1 */
    char *address;  /* "alice@example.test", or NULL */
    char *login;    /* what is given to LOGIN, USER and SASL */
    char *secret;   /* "@env:VAR", "@file:PATH", the password itself, or NULL: ask */
    char *password; /* set by target_ready(); NULL: there is none */
    unsigned line;  /* in the target file; 0: from the command line */
    char *refused;  /* why this login is of no use: the runner's own, in its views */
    size_t order;   /* of declaration; set by target_ready() */
};

struct target_value {
    char *name;
    char *value;
};

struct target_process {
    char *start;
    char *reset;
    char *log;
    char *crash; /* words: asan ubsan signal exit */
};

struct target {
    char *name;    /* never NULL after target_ready() */
    char *file;    /* the target file, or NULL */
    char *profile; /* words: "rfc5321 rfc9051", or NULL */
    struct url *urls;
    size_t url_count;
    struct target_user *users; /* after target_ready() by set, else as they were declared */
    size_t user_count;
    struct target_value *values; /* the declare section, and what is derived from the users */
    size_t value_count;
    struct target_process process;
    unsigned allow; /* enum target_allow */
};

/* Reads a target file into an all-zero or partly filled target. */
MUST_USE bool target_load(struct target *target, const char *file, struct problems *problems);

/* Reads a file that holds what may stand in the declare section. */
MUST_USE bool target_load_values(struct target *target, const char *file,
                                 struct problems *problems);

/* Adds a URL from the command line, and its user. */
MUST_USE bool target_add_url(struct target *target, const char *text, struct problems *problems);

/* "alice=@env:VAR": where the password is of the user who has this name, login or address. Makes
   the user when there is none. */
MUST_USE bool target_add_secret(struct target *target, const char *text, struct problems *problems);

/* "name=value" in the manner of the declare section; a value given earlier is replaced. */
MUST_USE bool target_add_value(struct target *target, const char *text, struct problems *problems);

/* Resolves the secrets (ask: may prompt on the terminal), derives the values that follow from
   others, gives the target a name, checks that there is a URL. Warnings do not make it fail. */
MUST_USE bool target_ready(struct target *target, bool ask, struct problems *problems);

/* The first URL of the protocol, NULL if there is none. SMTP and submission do not stand in for
   each other here. */
const struct url *target_url(const struct target *target, enum protocol protocol);

/* The sets of accounts; one where no user is declared. */
size_t target_set_count(const struct target *target);

/* The target as it is for who uses the accounts of this set (an index, from 0); what the set lacks
   comes from the first set that has it. The view borrows all from the target but its list of users,
   which the caller gives to memory_free(). */
struct target target_of_set(const struct target *target, size_t index);

/* The account of the first set that has one of this name; NULL if there is none. */
const struct target_user *target_user(const struct target *target, const char *name);

/* The value of "rcpt.good", "sender", "push", "alice" (the login), "alice.address", "alice.login",
   "alice.password"; NULL if it is not declared. */
const char *target_value(const struct target *target, const char *name);

/* The first URL whose host is, or may be, on a public address; NULL when all are near. Names are
   looked up. */
const struct url *target_far(const struct target *target);

void target_fini(struct target *target);

/* --- for the target's own files --------------------------------------------------------------- */

enum { TARGET_SETS_MAX = 256 };

/* The account of this name and set, made when there is none; valid until the next is made. */
struct target_user *target_user_make(struct target *target, const char *name, unsigned set);

/* Sets a value of the declare section. */
void target_value_set(struct target *target, struct span name, struct span value);

/* Adds a URL that stands at place (whose column is the URL's first octet). */
MUST_USE bool target_url_take(struct target *target, const char *text, const struct place *place,
                              struct problems *problems);

#endif
