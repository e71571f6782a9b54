/* SPDX-License-Identifier: MIT */
/* Flags: system flags, keywords and extensions, as lists in wire order. Which flags may stand
   where (flag, flag-fetch, flag-perm) is said by the caller. */
#ifndef PARSERS_IMAP_FLAG_H
#define PARSERS_IMAP_FLAG_H

#include "parsers/imap/string.h"

enum imap_flag_kind {
    IMAP_FLAG_KEYWORD, /* atom */
    IMAP_FLAG_SEEN,
    IMAP_FLAG_ANSWERED,
    IMAP_FLAG_FLAGGED,
    IMAP_FLAG_DELETED,
    IMAP_FLAG_DRAFT,
    IMAP_FLAG_RECENT,
    IMAP_FLAG_ANY,       /* "\*": new keywords may be made */
    IMAP_FLAG_EXTENSION, /* "\" atom, none of the above */
};

enum imap_flag_place {
    IMAP_FLAGS,       /* flag */
    IMAP_FLAGS_FETCH, /* flag-fetch: "\Recent" too */
    IMAP_FLAGS_PERM,  /* flag-perm: "\*" too */
};

struct imap_flag {
    const struct imap_flag *next;
    enum imap_flag_kind kind;
    struct span text; /* with the "\" */
};

struct imap_flags {
    const struct imap_flag *first;
    size_t count;
};

/* One flag; out->next is NULL. */
MUST_USE enum parse_rc imap_parse_flag(struct parse *p, enum imap_flag_place place,
                                       struct imap_flag *out);

/* "(" [flag *(SP flag)] ")" */
MUST_USE enum parse_rc imap_parse_flag_list(struct parse *p, enum imap_flag_place place,
                                            struct imap_flags *out);

/* flag *(SP flag) without parentheses, as STORE has it. */
MUST_USE enum parse_rc imap_parse_flags(struct parse *p, struct imap_flags *out);

/* With parentheses, and without. */
void imap_emit_flag_list(struct out *o, const struct imap_flags *flags);
void imap_emit_flags(struct out *o, const struct imap_flags *flags);

enum imap_flag_kind imap_flag_kind_of(struct span text);

/* The list has a flag of this name ("\Seen", "$Junk"), without regard to case. */
bool imap_flags_has(const struct imap_flags *flags, struct span name);

#endif
