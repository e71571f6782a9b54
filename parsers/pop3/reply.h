/* SPDX-License-Identifier: MIT */
/* POP3 replies: the status line with response code and the values that some commands ask for, and
   the lines of multi-line replies. What a line means depends on the command, so the caller says
   which one it answers. All spans borrow from the unit. */
#ifndef PARSERS_POP3_REPLY_H
#define PARSERS_POP3_REPLY_H

#include "parsers/pop3/capability.h"
#include "parsers/pop3/command.h"

enum pop3_status { POP3_OK, POP3_ERR, POP3_CONTINUE };

enum pop3_code_kind {
    POP3_CODE_NONE = 0,
    POP3_CODE_UNKNOWN,     /* an extended code that we do not know */
    POP3_CODE_IN_USE,      /* RFC 2449 section 8.1.2 */
    POP3_CODE_LOGIN_DELAY, /* RFC 2449 section 8.1.1 */
    POP3_CODE_SYS,         /* RFC 3206 section 4, of an unknown second level */
    POP3_CODE_SYS_TEMP,
    POP3_CODE_SYS_PERM,
    POP3_CODE_AUTH, /* RFC 3206 section 5 */
    POP3_CODE_UTF8, /* RFC 6856 section 5 */
};

enum { POP3_REPLY_LIMIT = 512 }; /* octets with CRLF, RFC 1939 section 3 */

/* What the caller knows of the reply. */
struct pop3_reply_context {
    enum pop3_verb verb;
    bool greeting;     /* the first line of the connection: verb is ignored */
    bool has_argument; /* the command had an argument: LIST n, UIDL n, LANG x */
    bool resp_codes;   /* RESP-CODES is announced: a text that begins with "[" is a code */
    bool utf8;         /* UTF8 or LANG is in force: octets above 127 are legal if they are UTF-8 */
};

struct pop3_reply {
    enum pop3_status status;
    struct span status_text; /* as written; empty in a value to emit: "+OK", "-ERR", "+" */
    bool has_text;           /* SP follows the status */
    struct span text; /* all behind that SP, response code included; empty in a value to emit:
                         made from code_text, typed and human */
    enum pop3_code_kind code;
    struct span code_text; /* between the brackets: "SYS/TEMP" */
    struct span human;     /* what is left of the text behind code and values */
    bool typed;            /* the fields of this command are set */
    uint64_t count;        /* STAT: messages */
    uint64_t number;       /* LIST n, UIDL n: message-number */
    uint64_t size;         /* STAT, LIST n: octets */
    struct span unique_id; /* UIDL n */
    struct span timestamp; /* greeting: "<…>" for APOP, empty without */
    struct span language;  /* LANG x: the tag selected */
    struct span challenge; /* POP3_CONTINUE: base64, perhaps empty */
};

MUST_USE enum parse_rc pop3_parse_reply(struct parse *p, const struct pop3_reply_context *context,
                                        struct pop3_reply *out);
void pop3_emit_reply(struct out *o, const struct pop3_reply_context *context,
                     const struct pop3_reply *reply);

enum pop3_line_kind {
    POP3_LINE_TEXT, /* of no known form, one leading "." removed */
    POP3_LINE_SCAN,
    POP3_LINE_UNIQUE_ID,
    POP3_LINE_CAPABILITY,
    POP3_LINE_LANGUAGE,
    POP3_LINE_END, /* "." */
};

struct pop3_line {
    enum pop3_line_kind kind;
    bool stuffed;     /* a "." was removed from the front */
    struct span text; /* the line without the stuffing and CRLF; empty in a value to emit: made from
                         the fields below */
    uint64_t number;  /* scan and unique-id listing: message-number */
    uint64_t size;    /* scan listing */
    struct span
        rest; /* scan listing: more information, with its leading SP; language: description */
    struct span unique_id;
    struct span language;
    struct pop3_capability capability;
};

/* One line of the multi-line reply to this command (LIST, UIDL, CAPA, LANG, AUTH), or its end. */
MUST_USE enum parse_rc pop3_parse_line(struct parse *p, const struct pop3_reply_context *context,
                                       struct pop3_line *out);
void pop3_emit_line(struct out *o, const struct pop3_line *line);

/* "+OK" to this command is followed by lines and ".". */
bool pop3_reply_is_multi_line(enum pop3_verb verb, bool has_argument);

const char *pop3_code_text(enum pop3_code_kind code); /* "SYS/TEMP" */

#endif
