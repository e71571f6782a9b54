/* SPDX-License-Identifier: MIT */
/* The POP3 conversation (RFC 1939, 2449, 2595, 5034, 6856): what its files share. */
#ifndef SERVER_POP3_H
#define SERVER_POP3_H

#include "parsers/pop3/command.h"
#include "server/service.h"

enum { POP3_LINE_MAX = 12290, POP3_ERRORS_MAX = 1000 };

enum pop3_phase { POP3_PHASE_AUTHORIZATION, POP3_PHASE_SASL, POP3_PHASE_TRANSACTION };

/* A message as it was when the maildrop was locked. */
struct pop3_entry {
    struct message *message; /* held */
    bool deleted;
};

struct pop3_service {
    struct service service;
    enum pop3_phase phase;
    bool discarding;
    unsigned errors;
    bool utf8;
    char *name;      /* of a successful USER */
    char *timestamp; /* of the greeting, for APOP */
    struct sasl_server *sasl;
    bool sasl_done;
    struct mailbox *maildrop; /* held and locked */
    struct pop3_entry *messages;
    size_t count;
};

/* "+OK text", "-ERR text". */
void pop3_ok(struct pop3_service *pop3, const char *text);
void pop3_err(struct pop3_service *pop3, const char *text);

/* One command that parsed. */
void pop3_execute(struct pop3_service *pop3, const struct pop3_command *command);

/* Commands of the AUTHORIZATION state. */
void pop3_authorize(struct pop3_service *pop3, const struct pop3_command *command);
void pop3_feed_sasl(struct pop3_service *pop3, struct span line);
void pop3_announce(struct pop3_service *pop3);

/* Commands of the TRANSACTION state. */
void pop3_transact(struct pop3_service *pop3, const struct pop3_command *command);

/* Locks the maildrop of the user and answers; then lets go of it. */
void pop3_enter(struct pop3_service *pop3, struct user *user);
void pop3_leave(struct pop3_service *pop3, bool update);

#endif
