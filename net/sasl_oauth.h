/* SPDX-License-Identifier: MIT */
/* The messages of OAUTHBEARER (RFC 7628) and XOAUTH2, which libgsasl does not have. */
#ifndef NET_SASL_OAUTH_H
#define NET_SASL_OAUTH_H

#include "net/sasl.h"

enum sasl_oauth { SASL_OAUTH_NOT = 0, SASL_OAUTH_BEARER, SASL_OAUTH_X };

enum sasl_oauth sasl_oauth_mechanism(const char *name);

/* The client's message, new text for memory_free(). */
char *sasl_oauth_message(enum sasl_oauth kind, const struct sasl_credentials *credentials);

/* User and token out of the client's message; new texts, or false. */
bool sasl_oauth_read(enum sasl_oauth kind, struct span message, char **user, char **token);

#endif
