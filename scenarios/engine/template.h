/* SPDX-License-Identifier: MIT */
/* An expected line: the protocol's own syntax with holes in it. It is matched against a unit that
   the session has framed and judged already, by meaning and not by octets: form, order and case
   count only where the RFC makes them count. Templates and captures live in the caller's pool. */
#ifndef SCENARIOS_ENGINE_TEMPLATE_H
#define SCENARIOS_ENGINE_TEMPLATE_H

#include "scenarios/engine/tree.h"

enum capture_form { FORM_ATOM, FORM_QUOTED, FORM_LITERAL, FORM_LIST, FORM_NIL, FORM_TEXT };

struct capture {
    struct capture *next;
    char *name;
    enum capture_form form;
    struct span octets; /* decoded; a list as it stood */
};

struct received {
    struct span octets; /* one whole unit, with its line end */
    struct span body;   /* POP3: the lines of a multi-line reply, dots unstuffed */
    bool has_body;
};

struct match {
    struct pool *pool;
    struct capture *captures; /* newest first */
    const char *reason;       /* why it did not match; or NULL */
    bool any_case;            /* in a body structure: media types and encodings ignore case */
};

struct template;

struct template_error {
    size_t pos; /* in the text */
    const char *text;
};

/* NULL with *error set when the text can never match a unit of this protocol. */
struct template *template_compile(struct pool *pool, enum protocol protocol, struct span text,
                                  struct template_error *error);

/* Captures are added to match only when it matches. */
bool template_match(const struct template *template, const struct received *unit,
                    struct match *match);

enum template_kind {
    TEMPLATE_REPLY,    /* SMTP, POP3: the next reply */
    TEMPLATE_UNTAGGED, /* IMAP */
    TEMPLATE_TAGGED,
    TEMPLATE_CONTINUE,
};
enum template_kind template_kind(const struct template *template);

/* The names that it captures, in order. */
const struct word *template_captures(const struct template *template);

/* The kind of an IMAP unit, by its first octet. */
enum template_kind imap_unit_kind(struct span unit);

/* "has PIPELINING", "has SIZE $(n)", "has SASL PLAIN": the reply lists this keyword, with these
   parameters among its own. */
bool reply_has(enum protocol protocol, const struct received *unit, const struct word *words,
               struct match *match);

/* One pattern such as "250", "2xx", "4.7.x", "+OK", "-ERR", alternatives by "|". */
bool pattern_match(struct span pattern, struct span text);

/* Adds a capture. type may be NULL. False when the octets are not of this type. */
bool match_capture(struct match *match, const char *name, const char *type, enum capture_form form,
                   struct span octets);

/* --- for the protocols' own files ------------------------------------------------------------- */

struct hole {
    char *name; /* capture; NULL for "_" and "..." */
    char *type; /* or NULL */
};

/* "$(name:type)" at the start of text: its length, or 0. */
size_t hole_parse(struct pool *pool, struct span text, struct hole *out);

struct imap_template;
struct imap_template *imap_template_compile(struct pool *pool, struct span text,
                                            struct template_error *error);
bool imap_template_match(const struct imap_template *template, struct span unit,
                         struct match *match);
enum template_kind imap_template_kind(const struct imap_template *template);
struct word *imap_template_captures(struct pool *pool, const struct imap_template *template);
/* The words of a CAPABILITY response or code in the unit; false when there is none. */
bool imap_unit_has(struct span unit, const char *word);

#endif
