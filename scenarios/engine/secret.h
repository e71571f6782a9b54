/* SPDX-License-Identifier: MIT */
/* Passwords of the target's users: from the environment, a file, the target file, or a prompt. They
   are held in memory only, wiped when they are forgotten, and never printed. */
#ifndef SCENARIOS_ENGINE_SECRET_H
#define SCENARIOS_ENGINE_SECRET_H

#include "scenarios/engine/target.h"

/* Sets user->password from user->secret, from POSTEL_PASSWORD_NAME, or (ask) from the terminal. A
   user without any password is no problem; a secret that cannot be read is. */
void secret_resolve(const struct target *target, struct target_user *user, bool ask,
                    struct problems *problems);

/* Wipes and frees the text, sets *secret to NULL. */
void secret_forget(char **secret);

#endif
