/* SPDX-License-Identifier: MIT */
/* What the two sides of SASL share over libgsasl. */
#ifndef NET_SASL_INTERNAL_H
#define NET_SASL_INTERNAL_H

#include <gsasl.h>

#include "net/tls.h"

/* Tells the session of the TLS channel bindings that there are. */
void sasl_bind_channel(Gsasl_session *session, const struct tls *tls);

/* Overwrites a secret property; the session must not be used any more. */
void sasl_wipe_property(Gsasl_session *session, Gsasl_property property);

#endif
