/* SPDX-License-Identifier: MIT */
/* The steps of a case, as the loader read them: payloads still hold their ${…} and holes, which
   are filled when the step is played. All text lives in the suite's pool. */
#ifndef SCENARIOS_ENGINE_TREE_H
#define SCENARIOS_ENGINE_TREE_H

#include "scenarios/engine/pool.h"
#include "scenarios/engine/suite.h"
#include "session/session.h"

/* Where something stands in a file. */
struct origin {
    const char *file;
    unsigned line;
    unsigned column;
    const char *source; /* the line as it stands in the file */
};

struct word {
    struct word *next;
    char *text;
    bool quoted;
    unsigned column;
};

struct word_line {
    struct word_line *next;
    struct word *words; /* at least one */
    struct origin place;
};

enum step_kind { STEP_SEND, STEP_EXPECT, STEP_ANY, STEP_UNTIL, STEP_IF, STEP_NOTE, STEP_WAIT };

enum event_word {
    WORD_NONE = 0, /* the payload is a template or text */
    WORD_CONNECT,
    WORD_CLOSE,
    WORD_FIN,
    WORD_RST,
    WORD_SILENCE,
    WORD_TLS,
    WORD_MESSAGE,
    WORD_BDAT,
    WORD_AUTH,
    WORD_SHUTDOWN,
};

struct steps {
    struct step *first;
    struct step *last;
};

struct branch {
    struct branch *next;
    enum verdict_label {
        LABEL_PASS,
        LABEL_NONSTRICT,
        LABEL_INFO,
        LABEL_FAIL,
        LABEL_NA, /* the rest of the case cannot be played here */
    } label;
    char *text; /* may be "" */
    struct origin place;
    struct steps steps;
};

struct step {
    struct step *next;
    enum step_kind kind;
    struct origin place; /* column: of the payload */
    bool setup;          /* its failure blocks the case instead of failing it */
    char *conn;          /* "" is the only one */
    char mark;           /* '?', '!' or 0 */
    /* mods, with ${…} */
    bool raw;
    bool free; /* raw, and what the server answers is free: waits until it owes nothing */
    bool hold;
    bool only;    /* IMAP: no other untagged response may come up to the end of these lines */
    char *eol;    /* "lf", "cr", "none", or NULL */
    char *write;  /* octets a write, or NULL */
    char *gap;    /* time between writes, or NULL */
    char *within; /* or NULL */
    char *after;  /* or NULL */
    char *payload;
    enum event_word event;
    struct word *event_args; /* behind the event's word */
    struct word_line *clauses;
    /* blocks */
    struct branch *branches; /* any */
    struct steps body;       /* until, if */
    struct steps other;      /* else */
    struct word *words;      /* if: the condition; note: name and value */
    char *limit;             /* until: 60s; wait: how long */
    char *every;             /* until */
};

struct connect {
    struct connect *next;
    char *name;
    enum protocol protocol;
    char *user;    /* or NULL */
    bool optional; /* of a fixture, which has other ways */
    bool last;     /* opened when all others are closed: takes away what a fixture made */
};

struct message {
    struct message *next;
    char *name;
    char *text; /* LF or CRLF line ends, with ${…} */
    size_t len;
    char *eol; /* "crlf", "lf", "cr" */
    struct origin place;
};

struct fixture {
    struct fixture *next;
    char *name; /* variable; "maildrop" for the POP3 one */
    unsigned count;
    bool maildrop;
    struct origin place;
};

struct case_body {
    struct word_line *requires;
    struct word_line *needs;
    struct connect *connects; /* never empty */
    struct message *messages;
    struct fixture *fixtures;
    struct steps setup;
    struct steps steps;
    struct steps cleanup;
    char **locks; /* "alice": whose maildrop no other case may use at the same time */
    size_t lock_count;
};

/* "2s", "500ms", "1m" or "2" (seconds) in milliseconds; false when it is no time. */
bool time_parse(const char *text, uint64_t *out_ms);

/* The protocol of this name. */
bool protocol_by_name(const char *name, enum protocol *out);

#endif
