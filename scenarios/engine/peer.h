/* SPDX-License-Identifier: MIT */
/* One connection of a case: octets go through the session, which judges them; what the server
   sent waits as whole units until the case takes them. Units and buffers are limited: a server
   that sends without end is cut off. */
#ifndef SCENARIOS_ENGINE_PEER_H
#define SCENARIOS_ENGINE_PEER_H

#include "net/conn.h"
#include "reports/result.h"
#include "scenarios/engine/template.h"
#include "scenarios/engine/url.h"

struct unit {
    struct unit *next;
    enum event_kind kind;
    struct bytes octets;
    struct bytes body; /* POP3: of a multi-line reply; unstuffed once it is complete */
    bool has_body;
    bool complete;
    size_t line; /* of the transcript */
};

/* The lines of all connections of a case, in the order of time. */
struct transcript {
    struct transcript_line *lines;
    size_t count;
    size_t cap;
    size_t octets;
    bool whole;      /* no limits but one of octets */
    size_t in_a_row; /* lines of the server since anything else */
};

struct peer;

struct peer_config {
    struct loop *loop;
    const char *name;
    const struct url *url;
    enum protocol protocol;
    struct tls_context *tls;
    struct transcript *transcript;
    double (*now)(void *context); /* ms since the run began */
    void (*news)(void *context, struct peer *peer);
    void (*finding)(void *context, struct peer *peer, const struct finding *finding);
    void *context;
    uint64_t connect_timeout;
    bool upgrade; /* STARTTLS or STLS first; then the greeting is shown as if it came now */
};

enum upgrade_state {
    UPGRADE_NOT,
    UPGRADE_GREETING, /* the greeting is awaited */
    UPGRADE_HELLO,    /* SMTP: the reply to EHLO */
    UPGRADE_ASKED,    /* the reply to STARTTLS */
    UPGRADE_TLS,      /* the handshake */
};

struct peer {
    struct peer_config config;
    struct conn *conn;
    struct session session;
    void *memory;
    void *scratch;
    struct bytes sent; /* what the session has not yet seen as commands */
    struct unit *units;
    struct unit *last;
    size_t queued;  /* what units takes */
    size_t unasked; /* what has come since the client last sent */
    bool connected;
    bool ready; /* connected, and TLS if it is implicit */
    bool tls;
    bool tls_failed;
    bool eof; /* the server closed, in whatever way */
    bool reset;
    bool failed; /* could not connect */
    bool flooded;
    enum upgrade_state upgrade;
    struct unit *greeting; /* kept back while TLS begins */
    uint64_t received;     /* ms of the loop: when the last octets came */
    char *error;
};

MUST_USE struct peer *peer_new(const struct peer_config *config);
void peer_free(struct peer **peer);

/* Sends octets, in slices if slice is not 0. shown: what the transcript has instead of them, or
   NULL. */
void peer_send(struct peer *peer, struct span octets, size_t slice, uint64_t gap_ms,
               const char *shown);
void peer_start_tls(struct peer *peer);

/* The oldest unit that is complete, or NULL. peer_take() forgets it. */
struct unit *peer_unit(const struct peer *peer);
void peer_take(struct peer *peer);
/* The oldest unit becomes the caller's, for unit_free(). */
MUST_USE struct unit *peer_detach(struct peer *peer);
void peer_put_back(struct peer *peer, struct unit *unit);
void unit_free(struct unit *unit);

/* Something has come that is no whole unit yet. */
bool peer_has_rest(const struct peer *peer);

void transcript_add(struct transcript *t, double ms, const char *conn, char dir, bool tls,
                    struct span data);
void transcript_fini(struct transcript *t);

#endif
