/* SPDX-License-Identifier: MIT */
/* The target file of the built-in server: where it listens, who its users are, whom it takes mail
   for. With it, postel check -t FILE runs all the cases. */
#ifndef CLI_SERVE_TARGET_H
#define CLI_SERVE_TARGET_H

#include "server/server.h"

/* The text of the file, new memory. The server's certificates are verified by config->ca_file; not
   at all when there is none. */
MUST_USE char *serve_target_text(const struct server *server, const struct server_config *config);

/* Writes it so that only its owner can read it, as the users' passwords are in it; "-" is the
   standard output. False after a message. */
MUST_USE bool serve_target_write(const struct server *server, const struct server_config *config,
                                 const char *path);

#endif
