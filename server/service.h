/* SPDX-License-Identifier: MIT */
/* What the servers of all protocols have in common: a conversation that is fed octets and fills a
   buffer with what it answers. It moves no octets itself, so it runs in a test or a fuzzer as well
   as behind a socket (server/listen.c). */
#ifndef SERVER_SERVICE_H
#define SERVER_SERVICE_H

#include "net/buffer.h"
#include "net/sasl.h"
#include "server/fault.h"
#include "server/store.h"
#include "session/session.h"

/* What the caller has to do once it has sent what stands in out. */
enum service_next {
    SERVICE_READ = 0, /* feed more */
    SERVICE_TLS,      /* start TLS, then service_tls_started() */
    SERVICE_DEFLATE,  /* start DEFLATE, then go on */
    SERVICE_CLOSE,    /* close the connection */
    SERVICE_DROP,     /* drop the connection at once (a misbehaviour that was asked for) */
};

/* "RCPT bob@*: 451 4.7.1 later": commands that match get this answer instead of the right one. */
struct reply_override {
    const char *verb;     /* in any case; "." is the end of data, "GREETING" the greeting */
    const char *argument; /* a glob, in any case; NULL: any */
    const char *reply;    /* the line without CRLF; of IMAP: lines with LF between, of which those
                             that do not begin with "*" or "+" get the tag */
};

/* "CMD=5s" */
struct reply_delay {
    const char *verb;
    uint64_t ms;
};

/* Shared by all connections of a server; outlives them. Lists end in an all-zero entry and may be
   NULL. */
struct service_config {
    struct store *store;
    const char *host_name; /* ours; NULL: "mail." and the store's domain */
    bool tls_offered;      /* STARTTLS and STLS */
    bool secure_only;      /* passwords in the clear only inside TLS */
    struct fault_set faults;
    const struct reply_override *overrides;
    const struct reply_delay *delays;
    const char *const *drop_after; /* verbs: drop the connection behind their answer */
    const char *const *hide;       /* capabilities that are not announced */
    const char *const *offer;      /* capabilities that are announced besides */
    size_t line_max;               /* octets of a command line; 0: the protocol's default */
    size_t recipients_max;         /* 0: 1000 */
    unsigned errors_max;           /* bad commands before the server closes; 0: 1000 */
    uint64_t idle_ms;              /* 0: what the protocol's RFC asks for */
};

struct service;

/* Why a server ends a conversation that goes well. */
enum service_end { SERVICE_IDLE, SERVICE_SHUTDOWN };

struct service_type {
    void (*open)(struct service *service); /* the greeting */
    size_t (*feed)(struct service *service, struct span in);
    void (*tls_started)(struct service *service);
    void (*changed)(struct service *service); /* after service->wake: may say something unasked */
    void (*farewell)(struct service *service, enum service_end why);
    void (*free)(struct service *service); /* frees service itself too */
    uint64_t idle_ms;
};

struct service {
    const struct service_type *type;
    const struct service_config *config;
    enum protocol protocol;
    bool tls;                  /* the conversation is inside TLS */
    const struct tls *channel; /* for SASL channel binding; set by the caller, or NULL */
    const char *external;      /* who the peer is by its certificate; set by the caller, or NULL */
    const char *peer;  /* where the client is: "127.0.0.1:4711"; set by the caller, or NULL */
    struct buffer out; /* what to send; the caller drops what it has sent */
    size_t pause_at;   /* octets of out in front of a pause of pause_ms, if that is not 0 */
    uint64_t pause_ms;
    enum service_next next;
    bool keep_plain; /* with SERVICE_TLS: a fault keeps octets that were sent before TLS */
    void (*wake)(void *context); /* the store has changed: call changed() soon; set by the caller */
    void *wake_context;
};

/* A conversation that begins; the greeting is in out. service_free() ends it, and gives back locks
   and the like. tls: it is inside TLS from the start. */
MUST_USE struct service *service_new(const struct service_config *config, enum protocol protocol,
                                     bool tls);
void service_free(struct service **service);

/* Octets of the client: all that were not taken yet. Returns how many were taken. Stops early when
   next or pause_ms is set or out is long; call again when that was done. */
MUST_USE size_t service_feed(struct service *service, struct span in);

void service_tls_started(struct service *service);
void service_changed(struct service *service);
/* Says what the protocol has to be said before the server closes; next is SERVICE_CLOSE then. */
void service_farewell(struct service *service, enum service_end why);
uint64_t service_idle_ms(const struct service *service);

/* --- for the protocols' own files ---------------------------------------------------------------
 */

MUST_USE struct service *smtp_service_new(void);
MUST_USE struct service *pop3_service_new(void);
MUST_USE struct service *imap_service_new(void);

enum { SERVICE_OUT_MAX = 256 * 1024 }; /* octets that wait to be sent before no more is read */

/* Nothing keeps the conversation from taking the next command. */
static inline bool service_may_go_on(const struct service *service)
{
    return service->next == SERVICE_READ && service->pause_ms == 0 &&
           service->out.len < SERVICE_OUT_MAX;
}

static inline bool service_has_fault(const struct service *service, enum fault fault)
{
    return fault_set_has(&service->config->faults, fault);
}

const char *service_host_name(const struct service *service);

/* The capabilities that IMAP may announce, but AUTH=…; NULL behind the last. */
const char *imap_service_capability(size_t index);

/* The capability is announced: not hidden. */
bool service_shows(const struct service *service, const char *capability);

/* An answer that was asked for instead of the right one, or NULL; notes delays and drops. */
const char *service_override(struct service *service, struct span verb, struct span argument);

/* The wrong answer that a fault gives to the command, or NULL. */
const char *service_fault_answer(struct service *service, struct span verb, struct span argument);
void service_note_command(struct service *service, struct span verb);
void service_answered(struct service *service, struct span verb);

/* SASL, common to all protocols. The mechanisms that are offered now, blanks between. */
const char *service_mechanisms(const struct service *service);

/* An exchange in this mechanism; NULL when it is not offered. name: "smtp", "imap", "pop". */
MUST_USE struct sasl_server *service_sasl_new(const struct service *service, const char *name,
                                              struct span mechanism);

/* The prefix ("334 ", "+ "), base64 and CRLF. */
void service_challenge(struct service *service, const char *prefix, struct span octets);

/* The base64 of an initial response: "=" stands for no octets there, and only there. */
static inline struct span service_initial(struct span text)
{
    struct span nothing = {NULL, 0};
    return span_is(text, "=") ? nothing : text;
}

/* What base64 stands for, in new memory for memory_wipe() and memory_free(); false when it is not
   base64. */
MUST_USE bool service_decode(struct span base64, uint8_t **out, size_t *out_len);

/* printf into out. */
void service_print(struct service *service, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The length of the first line of in with its CRLF, or 0 when there is none yet. */
size_t service_line(struct span in);

#endif
