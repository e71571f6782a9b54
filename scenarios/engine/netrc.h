/* SPDX-License-Identifier: MIT */
/* Passwords from a .netrc file, as ftp, curl and fetchmail read them. */
#ifndef SCENARIOS_ENGINE_NETRC_H
#define SCENARIOS_ENGINE_NETRC_H

#include "parsers/core/span.h"

/* The password of this login at this host, in new memory; NULL: the text has none. A "default"
   entry stands for every host that has none above it; one without login for every login. */
char *netrc_password(struct span text, const char *host, const char *login);

#endif
