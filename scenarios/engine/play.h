/* SPDX-License-Identifier: MIT */
/* One run of one case (one row of it): a state machine on the loop that walks the steps, sends,
   waits for what is expected, and comes to a verdict. It always ends: every wait has a deadline. */
#ifndef SCENARIOS_ENGINE_PLAY_H
#define SCENARIOS_ENGINE_PLAY_H

#include <time.h>

#include "net/sasl.h"
#include "scenarios/engine/expand.h"
#include "scenarios/engine/pace.h"
#include "scenarios/engine/peer.h"
#include "scenarios/engine/runner.h"
#include "scenarios/engine/target.h"

struct play;

/* What a look at the target has brought to light, such as rcpt.good. */
struct run_variable {
    const char *name;
    const char *value;
};

/* What a look at the target before the run has shown. */
struct probe {
    enum protocol protocol;
    const struct url *url;
    bool reachable;
    char *greeting;       /* the first line; or NULL */
    uint64_t greeting_ms; /* how long it took */
    char *error;          /* or NULL */
    char **plain;         /* capabilities before TLS and, IMAP, after login: one line each */
    size_t plain_count;
    char **tls; /* after STARTTLS */
    size_t tls_count;
    bool needs_tls;      /* mail or a login is refused without TLS */
    bool misgreets;      /* what it begins with is no greeting */
    char *unwelcome;     /* that, or that it greets with a refusal; or NULL */
    char *refused;       /* the certificate is, and what to do about it; or NULL */
    char *login_refused; /* the user's password is; or NULL */
    bool refused_in_tls; /* it is, after STARTTLS */
    bool login_silent;   /* the login is not answered */
    bool needs_login;    /* mail is refused without AUTH (RFC 4954 section 6: 530) */
    char *mechanism;     /* with which cases log in before mail; or NULL */
    bool login_in_tls;   /* it is offered inside TLS only */
    char *prefix;        /* of personal mailboxes, from NAMESPACE; or NULL */
    char *delimiter;     /* or NULL */
};

enum { CLEANUP_MS = 3000 }; /* for a reply, once there is no hope that the server answers well */

struct play_config {
    struct loop *loop;
    const struct target *target;
    const struct probe *probes;
    size_t probe_count;
    struct tls_context *const *tls; /* one for each URL of the target */
    struct pace *paces;             /* the same; NULL: all deadlines are the usual ones */
    const struct scenario *scenario;
    const struct case_row *row;
    const char *profile;
    double scale;
    uint64_t timeout_ms;
    bool fixed_timeout; /* the user gave it: it holds for every reply */
    bool calm;          /* the server's pace is taken, but not relied on */
    bool keep_whole;    /* the transcript keeps all octets */
    bool hasty;         /* it holds for connecting, too */
    bool again;         /* the case missed a deadline before */
    uint64_t seed;      /* of this case */
    uint64_t run_begun_us;
    const struct run_variable *variables;
    size_t variable_count;
    void (*done)(void *context, struct play *play);
    void *context;
};

enum frame_kind { PLAY_STEPS, PLAY_UNTIL };

struct play_frame {
    struct play_frame *up;
    enum frame_kind kind;
    const struct step *next;
    const struct step *until; /* the block */
    uint64_t until_end;
};

enum play_wait {
    WAIT_NOTHING,
    WAIT_READY, /* a connection */
    WAIT_TLS,
    WAIT_AUTH,
    WAIT_GROUP,
    WAIT_ANY,
    WAIT_FREE, /* until the server owes nothing */
    WAIT_TIME,
};

/* One line of a group of expectations. */
struct expected {
    const struct step *step;
    struct channel *channel;
    bool done;
};

struct tag_name {
    struct tag_name *next;
    char *name;
    char *wire;
};

/* A connection of the case, by its name in the script. */
struct channel {
    struct channel *next;
    const struct connect *connect;
    const struct url *url;
    enum protocol protocol; /* that is spoken */
    struct tls_context *tls;
    struct peer *peer;
    struct tag_name *tags; /* newest first */
    unsigned tag_serial;
    struct bytes *held; /* literal and what follows it, to be sent after "+" */
    size_t held_count;
    struct bytes batch; /* client lines that go out in one write */
    struct sasl_client *sasl;
    struct word *auth; /* mechanism and user of the exchange */
    bool auth_first;   /* the initial response was sent */
    unsigned auth_step;
    struct pace *pace;         /* of its server, or NULL */
    bool data;                 /* a message was sent: the reply may take its time */
    bool authenticating;       /* so may that to a password, which servers delay */
    bool upgrade;              /* TLS is begun before the case's first line */
    const struct probe *login; /* how mail is allowed here, before the case's first command that may
                                  need it; or NULL */
    bool hello;                /* EHLO was said */
    bool adrift;               /* free lines: nothing more is sent */
    bool doubtful; /* at some time it was not known which replies answer which commands */
};

struct variable {
    struct variable *next;
    char *name;
    struct span value;
    enum capture_form form;
};

/* What "${seq NAME}" was when the server was asked: its answer changes the numbers. */
struct frozen {
    struct frozen *next;
    char *name; /* "seq NAME" */
    const struct channel *channel;
    char *number;
};

enum play_phase { PHASE_SETUP, PHASE_STEPS, PHASE_CLEANUP, PHASE_DONE };

struct play_finding {
    struct run_finding finding;
    struct play_finding *next;
};

struct play {
    struct play_config config;
    struct pool pool;
    struct pool matching; /* the template that was compared last */
    time_t now;           /* what ${now} stands for; 0: not asked for yet */
    char *nonce;
    struct channel *channels;
    struct variable *variables;
    struct play_frame *frame;
    enum play_phase phase;
    enum play_wait wait;
    const struct step *step; /* that waits */
    struct channel *waits_for;
    const struct channel *speaker; /* whose line is filled in */
    struct frozen *frozen;         /* of the expectations that are waited for */
    struct expected *group;
    size_t group_count;
    uint64_t begun;    /* ms of the loop: the present wait */
    uint64_t deadline; /* of it */
    struct loop_timer *timer;
    bool settled;   /* the verdict is final but for cleanup */
    bool running;   /* inside play_run(): news only mark */
    bool hurried;   /* the deadline was sooner than the usual one */
    bool late;      /* a reply came that had been missing before */
    bool timed_out; /* the failure was a missed deadline */
    bool shut_out;  /* it was that nobody has logged in (530) */
    bool closed_early;
    bool busy;       /* the server said 421 at the greeting */
    bool renumbered; /* POP3 gave another one of the messages that were put there by IMAP */
    uint64_t rand;
    double begun_ms;
    struct transcript transcript;
    struct case_result result;
    struct play_finding *findings;
    struct play_finding **findings_tail;
    size_t finding_count;
    const char *info; /* text of the branch taken */
    enum verdict worst;
};

MUST_USE struct play *play_new(const struct play_config *config);
void play_start(struct play *play);
/* Ends the case at once; cleanup is tried with a short deadline. */
void play_interrupt(struct play *play);
void play_free(struct play **play);

/* Why the case cannot be run against this target; NULL: it can. Text in the pool. */
char *play_unfit(const struct play_config *config, struct pool *pool);
/* Why it would be run in vain: no connection, a refused certificate or password; or NULL. */
char *play_blocked(const struct play_config *config, struct pool *pool);

/* The probe of the URL at which a case of this protocol runs, or NULL. */
const struct probe *play_probe(const struct play_config *config, enum protocol protocol);
/* Where there is no URL of the one, cases for it run at one of the other. */
bool protocol_is_near(enum protocol wanted, enum protocol there);
bool probe_lists(const struct probe *probe, const char *word);
bool probe_offers_tls(const struct probe *probe);
/* The case says AUTH itself on this connection, or is about those who do not (@tags
 * unauthenticated). */
bool play_authenticates(const struct scenario *scenario, const struct connect *connect);
/* TLS is begun before the case's first line on this connection. */
bool play_upgrades(const struct scenario *scenario, const struct connect *connect,
                   const struct probe *probe);

/* --- for the files of the player -------------------------------------------------------------- */

double play_ms(const struct play *play);
void play_run(struct play *play);
void play_on_timer(void *context);
void play_begin_phase(struct play *play, enum play_phase phase);
/* The verdict is settled; what is left is to clean up. */
void play_cleanup(struct play *play);
/* The case's verdict becomes this one if it is worse. */
void play_worsen(struct play *play, enum verdict verdict);
void channel_close(struct channel *channel);
struct channel *play_channel(struct play *play, const char *name);
/* "prefix" of personal mailboxes or "delimiter": declared, or learned from the server. */
const char *play_name_part(const struct play *play, const char *name);
bool play_lookup(void *context, const char *name, struct bytes *out);
char *play_expand(struct play *play, const char *text, enum expand_mode mode);
void play_bind(struct play *play, const char *name, struct span value, enum capture_form form);
const struct variable *play_variable(const struct play *play, const char *name);
void play_remark(struct play *play, struct channel *channel, const char *text);
/* "name", "name.size", "name.header", "name.body", "name.header[Field]" of a capture or message. */
bool play_part(struct play *play, const char *name, struct bytes *out);
/* Keeps the values of "${seq NAME}" in the step's line as they are now. */
void play_freeze(struct play *play, const struct step *step, struct channel *channel);
/* The message of this name as octets for the wire; false when there is none. */
bool play_message(struct play *play, const char *name, struct bytes *out);
uint64_t play_time(struct play *play, const char *text, uint64_t otherwise);
/* How long to wait for a reply on this connection, not yet scaled. */
uint64_t play_patience(struct play *play, const struct channel *channel);
void play_set_deadline(struct play *play, uint64_t ms);
const char *play_tag(struct play *play, struct channel *channel, struct span name, bool sending);

enum failure {
    FAILURE_WRONG,
    FAILURE_TIMEOUT,
    FAILURE_CLOSED,
    FAILURE_OURS,    /* an error of the case or of ours */
    FAILURE_BLOCKED, /* no connection, no login */
};
/* The case failed at this step; clause: where a clause did, or NULL. */
void play_fail(struct play *play, const struct step *step, const struct word_line *clause,
               enum failure failure, const char *expected, const char *actual);

/* It turns out that the case does not apply to this server. */
void play_leave(struct play *play, const char *why);

/* True when everything expected has come or the case failed; the wait is over then. */
void play_group_begin(struct play *play, const struct step *first);
bool play_group_check(struct play *play, bool timeout);
bool play_any_check(struct play *play, bool timeout);
bool play_clauses(struct play *play, const struct step *step, struct channel *channel,
                  const struct unit *unit);

/* Adds a client line to the connection's batch; the batch goes out in one write. */
void play_send_step(struct play *play, const struct step *step, struct channel *channel);
void play_flush(struct play *play, struct channel *channel, const struct step *step);

/* Sends a line whose answer is free; octets behind a synchronising literal wait for "+". */
void play_free_send(struct play *play, const struct step *step, struct channel *channel);
void play_free_begin(struct play *play, const struct step *step, struct channel *channel);
/* True when the server owes nothing more, or has closed. */
bool play_free_check(struct play *play, bool timeout);

/* Sends what was held back for "+"; what is still held is forgotten. */
void channel_go_on(struct channel *channel);
void channel_forget(struct channel *channel);

/* The SASL exchange of <auth …>. */
void play_auth_begin(struct play *play, const struct step *step, struct channel *channel);
bool play_auth_check(struct play *play, struct channel *channel, bool timeout);
/* Begins one before this line where the server takes no mail without; false when there is no need.
 */
bool play_login(struct play *play, const struct step *step, struct channel *channel);

/* Visible text of octets, cut. In the pool. */
char *play_visible(struct play *play, struct span octets);
bool name_is_target(const char *name);
bool play_condition(const struct play_config *config, const struct word *words);

#endif
