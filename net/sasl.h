/* SPDX-License-Identifier: MIT */
/* SASL exchanges, both sides, through libgsasl: decoded octets in, octets out; base64 and "+ " are
   the protocols' own. Passwords are copied when an exchange starts and wiped when it ends. */
#ifndef NET_SASL_H
#define NET_SASL_H

#include "net/tls.h"
#include "parsers/core/span.h"

enum sasl_rc {
    SASL_OK = 0, /* the exchange is complete from this side; out may still have to be sent */
    SASL_MORE,   /* out is to be sent (it may be empty), and the peer's answer fed in */
    SASL_FAILED, /* refused, or the peer broke the mechanism's rules: sasl_…_error() says which */
};

struct sasl_credentials {
    const char *user;     /* authentication identity */
    const char *password; /* or NULL */
    const char *authzid;  /* authorisation identity; NULL: none */
    const char *token;    /* OAUTHBEARER, XOAUTH2: the bearer token; NULL: the password */
    const char *service;  /* "smtp", "imap", "pop" */
    const char *host;     /* of the server, for OAUTHBEARER and DIGEST-like mechanisms */
    uint16_t port;
    const struct tls *tls; /* for channel binding; or NULL */
};

struct sasl_client;

/* The mechanism can be used with what is known here. Case does not matter. */
bool sasl_client_knows(const char *mechanism);

/* The best mechanism of those offered (blanks between) for these credentials; PLAIN and LOGIN only
   if plain_allowed (TLS, or a loopback). Static text; NULL when none fits. */
const char *sasl_choose(const char *offered, const struct sasl_credentials *credentials,
                        bool plain_allowed);

/* NULL when the mechanism is not known. */
MUST_USE struct sasl_client *sasl_client_new(const char *mechanism,
                                             const struct sasl_credentials *credentials);
void sasl_client_free(struct sasl_client **client);

/* The client speaks first in this mechanism: an initial response makes sense. */
bool sasl_client_is_first(const struct sasl_client *client);

/* The next octets to send in answer to the server's (empty at the start of a client-first
   exchange). out lives until the next call. */
MUST_USE enum sasl_rc sasl_client_step(struct sasl_client *client, struct span in,
                                       struct span *out);
const char *sasl_client_error(const struct sasl_client *client);

struct sasl_server_config {
    const char *service; /* "smtp", "imap", "pop" */
    const char *host;    /* our name, in CRAM-MD5 challenges */
    /* The password of a user, or NULL: lives until the next call. The same is the token of
       OAUTHBEARER and XOAUTH2. */
    const char *(*password)(void *context, const char *user);
    void *context;
    const char *external;  /* EXTERNAL: who the peer is by its certificate; NULL: refused */
    const struct tls *tls; /* for channel binding; or NULL */
};

struct sasl_server;

/* Mechanisms a server can offer, best first, blanks between; secure: those that must not be used
   without TLS are among them. */
const char *sasl_server_mechanisms(bool secure);

/* NULL when the mechanism is not known. */
MUST_USE struct sasl_server *sasl_server_new(const char *mechanism,
                                             const struct sasl_server_config *config);
void sasl_server_free(struct sasl_server **server);

/* The client's octets in, the next challenge out. At SASL_OK out may have octets (SCRAM's last
   message): the protocol has to carry them. has_in false: the command had no initial response. */
MUST_USE enum sasl_rc sasl_server_step(struct sasl_server *server, bool has_in, struct span in,
                                       struct span *out);

/* Who was authenticated and as whom it acts, after SASL_OK. */
const char *sasl_server_user(const struct sasl_server *server);
const char *sasl_server_error(const struct sasl_server *server);

#endif
