/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include <time.h>

#include "net/listener.h"
#include "net/memory.h"
#include "net/tls_ca.h"
#include "server/load.h"
#include "server/peer.h"

enum { CONNECTIONS_MAX = 10000, LEAF_DAYS = 30 };

/* A listener and what its clients speak. */
struct door {
    struct server *server;
    struct server_address address;
    struct listener *listener;
};

struct server {
    struct server_config config;
    struct service_config service;
    struct store *store;
    struct peers *peers;
    struct tls_ca *ca;
    struct tls_context *tls;
    struct door *doors;
    size_t door_count;
};

static int64_t now(void *context)
{
    (void)context;
    return (int64_t)time(NULL);
}

static void accepted(void *context, struct conn *conn)
{
    struct door *door = context;
    const struct server_config *config = &door->server->config;
    if (config->connected != NULL) {
        config->connected(config->context, door->address.protocol, conn_peer(conn));
    }
    peers_add(door->server->peers, conn, door->address.protocol, door->address.tls);
}

static bool wants_tls(const struct server_config *config)
{
    bool wanted = config->tls;
    for (size_t i = 0; i < config->address_count; i++) {
        wanted = wanted || config->addresses[i].tls;
    }
    return wanted;
}

static bool start_tls(struct server *server, char **error)
{
    const struct server_config *config = &server->config;
    struct tls_server_config tls = {.cert_file = config->cert_file,
                                    .key_file = config->key_file,
                                    .key_log_file = config->key_log_file};
    struct tls_leaf leaf = {0};
    if (!wants_tls(config)) {
        return true;
    }
    if (config->cert_file == NULL) {
        const char *const names[] = {server->service.host_name, "localhost", "127.0.0.1", "::1",
                                     NULL};
        server->ca = tls_ca_new("postel throw-away authority");
        tls_ca_issue(server->ca, names, LEAF_DAYS, &leaf);
        tls.cert_pem = leaf.cert_pem;
        tls.key_pem = leaf.key_pem;
    }
    server->tls = tls_context_server(&tls, error);
    tls_leaf_fini(&leaf);
    return server->tls != NULL && (config->ca_file == NULL || server->ca == NULL ||
                                   tls_ca_save(server->ca, config->ca_file, error));
}

const struct server_user *server_users(const struct server_config *config, size_t *out_count)
{
    static const struct server_user defaults[] = {{"alice", "secret1"}, {"bob", "secret2"}};
    *out_count = config->user_count == 0 ? 2 : config->user_count;
    return config->user_count == 0 ? defaults : config->users;
}

static bool start_store(struct server *server, char **error)
{
    const struct server_config *config = &server->config;
    struct store_config limits = config->limits;
    limits.domain = config->domain;
    limits.now = now;
    server->store = store_new(&limits);
    size_t count = 0;
    const struct server_user *users = server_users(config, &count);
    for (size_t i = 0; i < count; i++) {
        (void)store_add_user(server->store, users[i].name, users[i].password);
    }
    struct mailbox *inbox = user_inbox(store_user_at(server->store, 0));
    return (config->mbox == NULL || load_mbox(inbox, config->mbox, error)) &&
           (config->maildir == NULL || load_maildir(inbox, config->maildir, error));
}

static bool open_doors(struct server *server, struct loop *loop, char **error)
{
    const struct server_config *config = &server->config;
    server->doors = memory_zero(config->address_count, sizeof(struct door));
    for (size_t i = 0; i < config->address_count; i++) {
        struct door *door = &server->doors[i];
        *door = (struct door){.server = server, .address = config->addresses[i]};
        struct listener_config listener = {.host = door->address.host,
                                           .port = door->address.port,
                                           .unix_path = door->address.unix_path,
                                           .accepted = accepted,
                                           .context = door};
        door->listener = listener_new(loop, &listener, error);
        if (door->listener == NULL) {
            return false;
        }
        server->door_count++;
    }
    return true;
}

struct server *server_start(struct loop *loop, const struct server_config *config, char **error)
{
    struct server *server = memory_zero(1, sizeof *server);
    server->config = *config;
    server->service = config->service;
    server->service.host_name = config->host_name == NULL ? "mail.example.test" : config->host_name;
    server->service.tls_offered = config->tls;
    if (!start_store(server, error) || !start_tls(server, error)) {
        server_stop(&server);
        return NULL;
    }
    server->service.store = server->store;
    struct peers_config peers = {
        .loop = loop,
        .service = &server->service,
        .tls = server->tls,
        .split = config->split,
        .split_gap_ms = config->split_gap_ms,
        .max = config->connections_max == 0 ? CONNECTIONS_MAX : config->connections_max,
    };
    server->peers = peers_new(&peers);
    if (!open_doors(server, loop, error)) {
        server_stop(&server);
    }
    return server;
}

void server_shut_down(struct server *server)
{
    for (size_t i = 0; i < server->door_count; i++) {
        listener_free(&server->doors[i].listener);
    }
    peers_shut_down(server->peers);
}

void server_stop(struct server **server)
{
    struct server *s = *server;
    *server = NULL;
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->door_count; i++) {
        listener_free(&s->doors[i].listener);
    }
    memory_free(s->doors);
    peers_free(&s->peers);
    tls_context_free(&s->tls);
    tls_ca_free(&s->ca);
    store_free(&s->store);
    memory_free(s);
}

const char *server_address(const struct server *server, size_t index)
{
    return listener_address(server->doors[index].listener);
}

uint16_t server_port(const struct server *server, size_t index)
{
    return listener_port(server->doors[index].listener);
}

struct store *server_store(const struct server *server)
{
    return server->store;
}

size_t server_connections(const struct server *server)
{
    return peers_count(server->peers);
}

const char *server_ca_pem(const struct server *server)
{
    return server->ca == NULL ? NULL : tls_ca_pem(server->ca);
}
