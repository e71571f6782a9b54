/* SPDX-License-Identifier: MIT */
/* The built-in server as a whole: one mail store behind listeners for any of the protocols, on a
   loop of the caller. Its state is gone when it stops. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "net/loop.h"
#include "server/service.h"

struct server_address {
    enum protocol protocol;
    bool tls;              /* inside TLS from the start */
    const char *host;      /* NULL: 127.0.0.1 */
    uint16_t port;         /* 0: a free one */
    const char *unix_path; /* instead */
};

struct server_user {
    const char *name;
    const char *password;
};

struct server_config {
    const struct server_address *addresses;
    size_t address_count;
    const struct server_user *users; /* none: alice:secret1 and bob:secret2 */
    size_t user_count;
    const char *domain;    /* NULL: example.test */
    const char *host_name; /* NULL: mail.example.test */
    const char *mbox;      /* loaded into the first user's INBOX; or NULL */
    const char *maildir;   /* the same */
    bool tls;              /* STARTTLS and STLS are offered */
    const char *cert_file; /* PEM; NULL: a throw-away certificate */
    const char *key_file;  /* PEM; NULL: in cert_file */
    const char *ca_file;   /* where the throw-away authority's certificate is saved; or NULL */
    const char *key_log_file;
    struct store_config limits; /* of the store; domain and clock are set here */
    struct service_config
        service;            /* of conversations; store, host_name, tls_offered are set here */
    size_t split;           /* octets of one write; 0: all at once */
    uint64_t split_gap_ms;  /* pause between them */
    size_t connections_max; /* 0: 10,000 */
    void (*connected)(void *context, enum protocol protocol, const char *peer); /* or NULL */
    void *context;
};

struct server;

/* NULL when something cannot be used; *error is then new text for memory_free(). All that config
   points to must outlive the server. */
MUST_USE struct server *server_start(struct loop *loop, const struct server_config *config,
                                     char **error);

/* Closes listeners and connections. */
/* Takes no more clients, and tells those that are there that it ends; needs up to 250 ms. */
void server_shut_down(struct server *server);

void server_stop(struct server **server);

/* In the order of the configuration: "127.0.0.1:2525", and the port (0 for unix). */
const char *server_address(const struct server *server, size_t index);
uint16_t server_port(const struct server *server, size_t index);

/* Those of the configuration, or alice and bob where it has none. */
const struct server_user *server_users(const struct server_config *config, size_t *out_count);

struct store *server_store(const struct server *server);
size_t server_connections(const struct server *server);

/* The throw-away authority's certificate, PEM; NULL without one. */
const char *server_ca_pem(const struct server *server);

#endif
