/* SPDX-License-Identifier: MIT */
/* The look at a target before the run, and the plain good session ("canary") that shows that it is
   still there. Both are scenarios like any other. */
#ifndef SCENARIOS_ENGINE_PROBE_H
#define SCENARIOS_ENGINE_PROBE_H

#include "scenarios/engine/play.h"

/* The scenarios that ask for capabilities: as things stand at first, behind a login, and inside
   TLS. NULL where the protocol has no such thing. */
const char *probe_script(enum protocol protocol);
const char *probe_login_script(enum protocol protocol);
const char *probe_tls_script(enum protocol protocol, bool with_user);
const char *canary_script(enum protocol protocol);
const char *recipient_script(void);

/* AUTH (RFC 4954) as alice with the URL's mechanism or the first of ours that is offered, inside
   TLS where it is not offered outside; the probe says which then. NULL: none is offered. The caller
   frees it. */
char *probe_auth_script(struct probe *p);

/* What became of the login in one of them. */
struct probe_look {
    bool greeted;
    enum { LOGIN_NOT_TRIED, LOGIN_TAKEN, LOGIN_REFUSED, LOGIN_UNANSWERED } login;
    struct span reply; /* to it; in the play's transcript */
};

/* Reads greeting and capabilities from the transcript of the probe's play. */
struct probe_look probe_read(struct probe *probe, const struct play *play);
void probe_fini(struct probe *probe);

#endif
