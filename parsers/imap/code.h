/* SPDX-License-Identifier: MIT */
/* Response codes. Those we know keep their own syntax; unknown ones keep their text. */
#ifndef PARSERS_IMAP_CODE_H
#define PARSERS_IMAP_CODE_H

#include "parsers/imap/capability.h"
#include "parsers/imap/flag.h"
#include "parsers/imap/set.h"
#include "parsers/imap/value.h"

enum imap_code_kind {
    IMAP_CODE_NONE = 0, /* there is no code */
    IMAP_CODE_UNKNOWN,  /* as.text */
    /* without arguments */
    IMAP_CODE_ALERT,
    IMAP_CODE_ALREADYEXISTS,
    IMAP_CODE_AUTHENTICATIONFAILED,
    IMAP_CODE_AUTHORIZATIONFAILED,
    IMAP_CODE_BADCOMPARATOR,
    IMAP_CODE_CANNOT,
    IMAP_CODE_CLIENTBUG,
    IMAP_CODE_CLOSED,
    IMAP_CODE_COMPRESSIONACTIVE,
    IMAP_CODE_CONTACTADMIN,
    IMAP_CODE_CORRUPTION,
    IMAP_CODE_EXPIRED,
    IMAP_CODE_EXPUNGEISSUED,
    IMAP_CODE_HASCHILDREN,
    IMAP_CODE_INUSE,
    IMAP_CODE_LIMIT,
    IMAP_CODE_NOMODSEQ,
    IMAP_CODE_NONEXISTENT,
    IMAP_CODE_NOPERM,
    IMAP_CODE_NOTIFICATIONOVERFLOW,
    IMAP_CODE_NOTSAVED,
    IMAP_CODE_OVERQUOTA,
    IMAP_CODE_PARSE,
    IMAP_CODE_PRIVACYREQUIRED,
    IMAP_CODE_READ_ONLY,
    IMAP_CODE_READ_WRITE,
    IMAP_CODE_SERVERBUG,
    IMAP_CODE_TOOBIG,
    IMAP_CODE_TRYCREATE,
    IMAP_CODE_UIDNOTSTICKY,
    IMAP_CODE_UNAVAILABLE,
    IMAP_CODE_UNKNOWN_CTE,
    IMAP_CODE_USEATTR,
    /* as.modseq */
    IMAP_CODE_HIGHESTMODSEQ,
    /* as.number */
    IMAP_CODE_UIDNEXT,
    IMAP_CODE_UIDVALIDITY,
    IMAP_CODE_UNSEEN,
    /* as.set */
    IMAP_CODE_MODIFIED,
    /* as.append */
    IMAP_CODE_APPENDUID,
    /* as.copy */
    IMAP_CODE_COPYUID,
    /* as.flags */
    IMAP_CODE_PERMANENTFLAGS,
    /* as.capabilities */
    IMAP_CODE_CAPABILITY,
    /* as.strings */
    IMAP_CODE_BADCHARSET, /* perhaps none */
    IMAP_CODE_BADEVENT,
    IMAP_CODE_UNDEFINED_FILTER, /* one */
    IMAP_CODE_NOUPDATE,         /* one: the tag */
    /* as.id */
    IMAP_CODE_MAILBOXID,
    /* as.metadata */
    IMAP_CODE_METADATA,
    /* as.limit */
    IMAP_CODE_MESSAGELIMIT,
    /* as.text: checked as far as the RFC says */
    IMAP_CODE_BADURL,
    IMAP_CODE_REFERRAL,
    IMAP_CODE_URLMECH,
    IMAP_CODE_INPROGRESS,
};

enum imap_code_metadata {
    IMAP_METADATA_LONGENTRIES,
    IMAP_METADATA_MAXSIZE,
    IMAP_METADATA_TOOMANY,
    IMAP_METADATA_NOPRIVATE,
};

struct imap_code {
    enum imap_code_kind kind;
    struct span name; /* as written */
    union {
        uint64_t number;
        struct imap_number modseq;
        struct span id; /* objectid */
        struct imap_set set;
        struct {
            uint64_t validity;
            struct imap_set uids;
        } append;
        struct {
            uint64_t validity;
            struct imap_set source;
            struct imap_set target;
        } copy;
        struct imap_flags flags;
        struct imap_capabilities capabilities;
        struct imap_strings strings;
        struct {
            enum imap_code_metadata kind;
            struct span name; /* as written */
            struct imap_number number;
        } metadata;
        struct {
            uint64_t count;
            bool has_uid;
            uint64_t uid; /* the lowest that was processed */
        } limit;
        struct span text; /* behind the SP; empty without one */
    } as;
};

/* resp-text-code, behind "[" and up to "]", which is not consumed. */
MUST_USE enum parse_rc imap_parse_resp_text_code(struct parse *p, struct imap_code *out);
void imap_emit_resp_text_code(struct out *o, const struct imap_code *code);

/* The atom at the cursor names a code that we know. */
bool imap_code_starts(const struct parse *p);

/* The canonical name ("READ-ONLY"); "" for NONE and UNKNOWN. */
const char *imap_code_name(enum imap_code_kind kind);

#endif
