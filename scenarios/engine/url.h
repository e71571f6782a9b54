/* SPDX-License-Identifier: MIT */
/* Where a server is and how to speak to it: smtp, submission, smtps, lmtp, lmtp+unix, pop3, pop3s,
   imap, imaps, imap+exec URLs and mx:DOMAIN, with the query options of docs/postel.1. A password
   never stands in a URL. */
#ifndef SCENARIOS_ENGINE_URL_H
#define SCENARIOS_ENGINE_URL_H

#include "parsers/core/span.h"
#include "session/session.h"

enum url_kind {
    URL_TCP,
    URL_UNIX, /* path */
    URL_EXEC, /* command: its standard input and output are the connection */
    URL_MX,   /* every MX of the domain in host */
};

enum url_starttls {
    URL_STARTTLS_NO,
    URL_STARTTLS_TRY,     /* where it is offered and needed */
    URL_STARTTLS_REQUIRE, /* default of submission: */
};

enum url_verify {
    URL_VERIFY_CA,  /* default: chain and name */
    URL_VERIFY_NO,  /* nothing */
    URL_VERIFY_PIN, /* SHA-256 of the certificate's public key */
};

struct url {
    enum url_kind kind;
    enum protocol protocol;
    char *scheme; /* "imaps", lower case */
    bool tls;     /* implicit TLS */
    char *user;   /* percent-decoded, or NULL */
    char *host;   /* name or address, without brackets; NULL for URL_UNIX and URL_EXEC */
    uint16_t port;
    char *path;    /* of the unix socket, or NULL */
    char *command; /* shell words, percent-decoded, or NULL */
    enum url_starttls starttls;
    enum url_verify verify;
    char *pin;      /* 64 hexadecimal digits, or NULL */
    char *ca;       /* PEM file of trusted certificates, or NULL: those of the system */
    char *sni;      /* server name to ask for and to verify, or NULL: host */
    char *auth;     /* SASL mechanism, upper case, or NULL: the best that is offered */
    char *bind;     /* our own address, or NULL */
    unsigned proxy; /* PROXY protocol version 1 or 2, 0: none */
    unsigned ip;    /* 4 or 6, 0: either */
};

struct url_error {
    size_t pos;       /* octet of the text, from 0 */
    const char *text; /* static */
    bool secret;      /* the URL has a password in it: it must not be printed */
};

/* Parses one URL. On false *out is all-zero and error says where and why. */
MUST_USE bool url_parse(const char *text, struct url *out, struct url_error *error);

/* The URL, written as short as it can be: no default port, no user unless it was given. */
MUST_USE char *url_text(const struct url *url);

/* The address is loopback, link-local or private, or there is no network at all. A name other than
   localhost is never: it must be asked for the address that it has. */
bool url_is_near(const struct url *url);

/* The same for an address in text form. */
bool address_is_near(const char *address);

/* "smtp", "submission", "lmtp", "pop3", "imap". */
const char *protocol_text(enum protocol protocol);

void url_fini(struct url *url);

#endif
