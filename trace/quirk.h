/* SPDX-License-Identifier: MIT */
/* The knowledge base of what known servers and clients do: a folder of .quirk files, each with
   records of how to recognise a habit, what it means and what to do. A match is a hint, never a
   proof: the grammar decides who is wrong. */
#ifndef TRACE_QUIRK_H
#define TRACE_QUIRK_H

#include "trace/recording.h"

enum quirk_kind {
    KNOWN_VIOLATION,  /* breaks an RFC */
    KNOWN_SURPRISING, /* legal but surprising */
    KNOWN_POLICY,     /* a provider's own rule */
};

enum { KNOWN_WORDS = 8 };

struct known {
    struct known *next;
    char *id;    /* "exchange.disposition" */
    char *title; /* who does it */
    enum quirk_kind kind;
    bool pop3;
    bool imap;
    bool smtp;
    char *server[KNOWN_WORDS + 1]; /* any of these texts in what the server said; NULL at the end */
    char *rule[KNOWN_WORDS + 1];   /* any of these rules broken */
    char *broken[KNOWN_WORDS + 1]; /* … with any of these texts in what breaks it */
    char *reply[KNOWN_WORDS + 1];  /* any of these texts in one line of the server */
    char *cause;
    char *remedy;
};

struct knowledge {
    struct known *first; /* in the order of the files' names and lines */
    struct known **tail;
    size_t count;
};

/* Loads all *.quirk of a folder. What is wrong is told as "file:line: text" by the callback; on
   false at least one file did not load. */
MUST_USE bool knowledge_load(struct knowledge *k, const char *folder,
                             void (*problem)(void *context, const char *text), void *context);
void knowledge_fini(struct knowledge *k);

/* The quirk of this id; NULL if there is none. */
const struct known *knowledge_find(const struct knowledge *k, const char *id);

/* What is known of a finding in this conversation of the recording; what names the server goes
   first. NULL: nothing. */
const struct known *knowledge_of_finding(const struct knowledge *k, const struct recording *r,
                                         const struct conversation *c, const struct finding *f);

/* The next quirk behind after (NULL: the first) that a line of this server is a sign of; *line is
   the line of the input. NULL: no more. */
const struct known *knowledge_of_reply(const struct knowledge *k, const struct recording *r,
                                       const struct conversation *c, const struct known *after,
                                       uint64_t *line);

/* "violation", "surprising", "policy". */
const char *quirk_kind_text(enum quirk_kind kind);

#endif
