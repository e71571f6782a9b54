/* SPDX-License-Identifier: MIT */
/* The SMTP and LMTP conversation: which reply answers which command, what the state is, which
   extensions were offered. The structs are open to readers (runner, tracer, tests); only
   session/smtp*.c writes them. */
#ifndef SESSION_SMTP_H
#define SESSION_SMTP_H

#include "parsers/core/frame.h"
#include "parsers/smtp/command.h"
#include "parsers/smtp/ehlo.h"
#include "parsers/smtp/reply.h"
#include "session/finding.h"

struct session;
struct session_event;

enum smtp_state {
    SMTP_STATE_CONNECTED = 0, /* the greeting has not come */
    SMTP_STATE_REFUSED,       /* greeting 554: only QUIT is in order */
    SMTP_STATE_GREETED,       /* no EHLO, HELO or LHLO has succeeded */
    SMTP_STATE_READY,         /* no mail transaction is open */
    SMTP_STATE_MAIL,          /* MAIL was accepted, no recipient yet */
    SMTP_STATE_RCPT,          /* at least one recipient was accepted */
    SMTP_STATE_DATA,          /* after 354, until the final dot was answered; or between chunks */
    SMTP_STATE_TLS,           /* between 220 to STARTTLS and the end of the handshake */
    SMTP_STATE_CLOSED,        /* after 221 or 421 */
    SMTP_STATE_UNKNOWN,       /* an excerpt that began in the middle */
};

enum { SMTP_MAX_PENDING = 256, SMTP_CAPABILITY_TEXT = 2048 };

/* What the last EHLO or LHLO was told. */
struct smtp_capabilities {
    bool known;          /* an answer was seen since the connection or TLS began */
    bool extended;       /* EHLO or LHLO, not HELO */
    bool auth_equals;    /* the legacy "AUTH=LOGIN", which is no keyword, but names AUTH */
    uint64_t extensions; /* bits 1 << enum smtp_extension */
    uint64_t size;       /* SIZE: most octets of a message; 0: not said */
    struct span auth;    /* mechanisms, separated by spaces; in text */
    struct span lines;   /* all keyword lines, each with LF behind it, cut where text is full */
    uint8_t text[SMTP_CAPABILITY_TEXT];
};

/* A command that waits for its reply. */
struct smtp_pending {
    uint32_t command; /* number, from 1 */
    enum smtp_verb verb;
    uint32_t replies;  /* still to come; LMTP: one for each recipient after the data; 0: one */
    uint8_t body;      /* MAIL: enum smtp_body */
    bool final_dot;    /* DATA: the message was sent, this waits for the reply to it */
    bool last;         /* BDAT, BURL: LAST */
    bool garbled;      /* it did not parse, or not without a deviation */
    bool broken;       /* … or it breaks another rule: the server may refuse it */
    bool utf8;         /* MAIL, VRFY, EXPN: with SMTPUTF8 */
    bool cancelled;    /* AUTH: the client sent "*" */
    bool bad_base64;   /* AUTH: the last response was not base64 */
    bool challenged;   /* AUTH: the server has sent a challenge */
    bool parameter;    /* NOOP: it has one */
    bool client_first; /* AUTH: the mechanism begins with the client, who sent nothing yet */
};

struct smtp_session {
    enum smtp_state state; /* as the replies so far have made it */
    struct smtp_capabilities capabilities;
    uint32_t recipients; /* accepted in this transaction */
    bool authenticated;
    bool utf8;         /* the open transaction was begun with SMTPUTF8 */
    bool chunked;      /* BDAT or BURL was accepted in it */
    bool chunk_failed; /* BDAT or BURL was refused in it: only RSET helps */
    bool after_last;   /* the last transaction ended with BDAT LAST, nothing came since */
    uint8_t body;      /* of the open transaction: enum smtp_body */

    struct smtp_pending pending[SMTP_MAX_PENDING]; /* a ring */
    uint32_t pending_first;
    uint32_t pending_count;

    /* What the client has sent, replies not waited for. */
    bool sent_hello;
    bool sent_mail;
    bool sent_recipient;
    bool sent_chunk;
    bool sent_quit;
    bool sent_utf8;      /* the last MAIL had SMTPUTF8 */
    uint8_t sent_body;   /* the last MAIL's enum smtp_body */
    bool in_data;        /* after 354: message data up to the final dot */
    bool in_chunk;       /* behind BDAT: counted octets */
    bool chunk_answered; /* the reply came before the chunk had ended */
    bool data_answered;  /* the reply came before the final dot */
    bool in_auth;        /* after 334: the next client line is a response */
    bool tls_first;      /* TLS was started and no command has come since */

    /* Message data. */
    bool data_cr;           /* the last octet seen was CR */
    bool data_dot;          /* the present line began with a dot */
    uint64_t data_line;     /* octets of the present line so far */
    uint32_t data_reported; /* what was reported in this message already, as bits */
    uint32_t command;       /* the command whose data or exchange goes on */

    bool ended[2];     /* by enum side: it will send no more */
    bool skip_line[2]; /* by enum side: the rest of an overlong line is coming */
    bool goodbye;      /* the server's last reply was 221, to whatever command */
    bool spoken;       /* the server has said something since the client's last command */
    bool synced;       /* excerpt: a command or reply was understood */
};

void smtp_session_init(struct session *s);
/* Sets the framing of the side's next unit in s->frame[from] and returns SESSION_EVENT (go on), or
   SESSION_WAIT, SESSION_TLS, SESSION_COMPRESS (an enum session_rc) where that is not possible. */
MUST_USE int smtp_session_mode(struct session *s, enum side from);
/* Parses and judges one unit, moves the state on, sets the event's kind, command and value. */
void smtp_session_unit(struct session *s, enum side from, struct session_event *event);
void smtp_session_end(struct session *s, enum side from, struct span rest);
void smtp_session_tls(struct session *s, bool ok);
bool smtp_session_owes(const struct session *s);

/* The session has seen the answer to EHLO or LHLO since the connection or TLS began, and the
   extension was in it. */
static inline bool smtp_session_offers(const struct smtp_session *m, enum smtp_extension extension)
{
    return m->capabilities.known && smtp_extensions_has(m->capabilities.extensions, extension);
}

/* "ready"; never NULL. */
const char *smtp_state_text(enum smtp_state state);

#endif
