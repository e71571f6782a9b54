/* SPDX-License-Identifier: MIT */
/* The SMTP, submission and LMTP conversation (RFC 5321, 6409, 2033): what its files share. */
#ifndef SERVER_SMTP_H
#define SERVER_SMTP_H

#include "parsers/smtp/command.h"
#include "server/service.h"

enum {
    SMTP_LINE_MAX = 12290, /* RFC 4954 section 4: the longest line, that of an AUTH exchange */
    SMTP_RECIPIENTS_MAX = 1000,
    SMTP_ERRORS_MAX = 1000,
};

enum smtp_phase { SMTP_PHASE_COMMAND, SMTP_PHASE_DATA, SMTP_PHASE_BDAT, SMTP_PHASE_AUTH };

struct smtp_recipient {
    struct user *user;
    char *path;            /* "<alice@example.test>" */
    unsigned notify;       /* SMTP_NOTIFY_… */
    char *original;        /* ORCPT: "rfc822;alice@example.test"; NULL: not given */
    enum store_rc outcome; /* of delivery */
};

/* The message data of a transaction, while it comes in. */
struct smtp_content {
    struct buffer octets; /* transparency removed */
    uint64_t len;         /* octets, those that were not kept included */
    bool too_big;
    bool bare; /* a CR or an LF that is no line end */
    bool line_start;
    uint8_t last; /* octet on the wire */
};

struct smtp_service {
    struct service service;
    enum smtp_phase phase;
    bool discarding; /* the rest of a line that was too long */
    bool cut;        /* the command came in pieces so far */
    unsigned errors;
    bool greeted;
    bool extended; /* by EHLO or LHLO */
    char *peer_name;
    char *user; /* authenticated; NULL: nobody */

    bool has_mail;
    char *reverse_path;  /* "<bob@example.test>" */
    struct user *sender; /* whose address that is; NULL: nobody's here */
    char *envelope_id;   /* ENVID, decoded; NULL: not given */
    bool returns_full;   /* RET */
    enum smtp_body body;
    bool utf8;
    uint64_t size;     /* as announced */
    bool has_priority; /* MT-PRIORITY was given */
    int priority;      /* -9 to 9: what is made of it */
    struct smtp_recipient *recipients;
    size_t recipient_count;
    bool chunking;     /* the message comes by BDAT: DATA is no more allowed */
    bool chunk_failed; /* BDAT was refused in this transaction: the same */
    struct smtp_content content;

    uint64_t chunk_left;
    bool chunk_last;
    bool chunk_refused; /* its octets are only skipped */

    struct sasl_server *sasl;
    bool sasl_done;    /* accepted; the client still has to take the server's last message */
    uint64_t messages; /* received in this conversation */
};

/* "250 2.0.0 text"; enhanced may be NULL. */
void smtp_reply(struct smtp_service *smtp, unsigned code, const char *enhanced, const char *text);

/* A reply to a bad command; after too many of them the conversation ends with 421. */
void smtp_refuse(struct smtp_service *smtp, unsigned code, const char *enhanced, const char *text);

void smtp_reset(struct smtp_service *smtp); /* the transaction */

/* One command that parsed. */
void smtp_execute(struct smtp_service *smtp, const struct smtp_command *command);

/* MAIL, RCPT, DATA, BDAT. */
void smtp_do_mail(struct smtp_service *smtp, const struct smtp_command *command);
void smtp_do_rcpt(struct smtp_service *smtp, const struct smtp_command *command);
void smtp_do_data(struct smtp_service *smtp);
void smtp_do_bdat(struct smtp_service *smtp, const struct smtp_command *command);

/* Octets of message data; how many were taken. */
size_t smtp_feed_data(struct smtp_service *smtp, struct span in);
size_t smtp_feed_bdat(struct smtp_service *smtp, struct span in);

/* AUTH. */
void smtp_do_auth(struct smtp_service *smtp, const struct smtp_command *command);
void smtp_feed_auth(struct smtp_service *smtp, struct span line);

/* Faults: the line was answered otherwise than it should be; the octets that were taken for a
   command although they are none; the message is refused without a reason. */
MUST_USE bool smtp_misjudge(struct smtp_service *smtp, struct span line,
                            const struct smtp_command *command, bool ok);
MUST_USE size_t smtp_misread(struct smtp_service *smtp, struct span in);
MUST_USE bool smtp_mistrusts(const struct smtp_service *smtp);

/* What EHLO and LHLO answer. */
void smtp_announce(struct smtp_service *smtp);

#endif
