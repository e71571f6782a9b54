/* SPDX-License-Identifier: MIT */
/* Runs a written conversation through a session. A transcript is text of lines
     C: octets of the client, CRLF added        S: octets of the server, CRLF added
     C| the same without CRLF                   S| the same without CRLF
     TLS   (the handshake succeeds)             C.  S.  (that side ends the connection)
   with the escapes \r \n \t \0 \\ \xHH. The findings are written down as text: for each one
   "C rule.name" or "S rule.name", separated by "; ", consequences in parentheses. */
#ifndef TESTS_SUPPORT_TRANSCRIPT_H
#define TESTS_SUPPORT_TRANSCRIPT_H

#include "session/session.h"

enum { TRANSCRIPT_TEXT = 64 * 1024 };

struct transcript {
    struct session session; /* to look at when the transcript is through */
    char findings[TRANSCRIPT_TEXT];
    char events[TRANSCRIPT_TEXT]; /* "C command 1; S reply 1; …" in the order of their ends */
    void *memory;
};

/* config: protocol, tls, excerpt and limits; the rest is filled in here. cut: every run of octets
   is shown in pieces of this length; 0: line by line. Must be ended with transcript_fini(). */
void transcript_run(struct transcript *t, const struct session_config *config, const char *text,
                    size_t cut);
void transcript_fini(struct transcript *t);

/* Runs it at several cuts and fails the cmocka test unless the findings are these each time. */
void transcript_expect(const struct session_config *config, const char *text, const char *findings);

#endif
