/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/secret.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "net/memory.h"
#include "reports/text_file.h"
#include "scenarios/engine/netrc.h"

enum { SECRET_MAX = 65536, NETRC_MAX = 1 << 20 };

void secret_forget(char **secret)
{
    if (*secret != NULL) {
        memory_wipe(*secret, strlen(*secret));
        memory_free(*secret);
        *secret = NULL;
    }
}

/* A path that a target file names is relative to the folder of that file. */
static char *path_of(const struct target *target, const struct target_user *user, const char *path)
{
    const char *slash = target->file == NULL || user->line == 0 ? NULL : strrchr(target->file, '/');
    if (path[0] == '/' || slash == NULL) {
        return memory_text(span_text(path));
    }
    return memory_format("%.*s/%s", (int)(slash - target->file), target->file, path);
}

/* The first line of what can be read, without its end; NULL on failure. */
static char *first_line(int fd)
{
    char *buffer = memory_alloc(SECRET_MAX);
    size_t len = 0;
    ssize_t got = 0;
    while (len < SECRET_MAX && (got = read(fd, buffer + len, SECRET_MAX - len)) > 0) {
        len += (size_t)got;
        if (memchr(buffer, '\n', len) != NULL) {
            break;
        }
    }
    char *line = NULL;
    if (got >= 0) {
        const char *end = len == 0 ? NULL : memchr(buffer, '\n', len);
        size_t line_len = end == NULL ? len : (size_t)(end - buffer);
        if (line_len != 0 && buffer[line_len - 1] == '\r') {
            line_len--;
        }
        line = memory_text((struct span){(const uint8_t *)buffer, line_len});
    }
    memory_wipe(buffer, SECRET_MAX);
    memory_free(buffer);
    return line;
}

static char *from_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    char *line = first_line(fd);
    (void)close(fd);
    return line;
}

/* POSTEL_PASSWORD_ALICE: the user's name in capitals, everything but letters and digits as _. */
static char *from_environment(const char *name)
{
    char *variable = memory_format("POSTEL_PASSWORD_%s", name);
    for (char *c = variable; *c != '\0'; c++) {
        if (*c >= 'a' && *c <= 'z') {
            *c = (char)(*c - 'a' + 'A');
        } else if (!((*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9'))) {
            *c = '_';
        }
    }
    const char *value = getenv(variable);
    memory_free(variable);
    return value == NULL ? NULL : memory_text(span_text(value));
}

/* From the file that NETRC names, or ~/.netrc: the entry of one of the target's hosts. */
static char *from_netrc(const struct target *target, const struct target_user *user)
{
    const char *named = getenv("NETRC");
    const char *home = getenv("HOME");
    char *path = named != NULL  ? memory_text(span_text(named))
                 : home != NULL ? memory_format("%s/.netrc", home)
                                : NULL;
    struct span text = {0};
    char *password = NULL;
    if (path != NULL && text_file_read(path, NETRC_MAX, &text)) {
        for (size_t i = 0; i < target->url_count && password == NULL; i++) {
            const char *host = target->urls[i].host;
            password = host != NULL ? netrc_password(text, host, user->login) : NULL;
        }
        memory_wipe((uint8_t *)(uintptr_t)text.ptr, text.len);
        memory_free((uint8_t *)(uintptr_t)text.ptr);
    }
    memory_free(path);
    return password;
}

static char *from_terminal(const char *name)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios before;
    if (fd < 0 || tcgetattr(fd, &before) != 0) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return NULL;
    }
    struct termios quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(fd, TCSAFLUSH, &quiet);
    (void)dprintf(fd, "Password of %s: ", name);
    char *line = first_line(fd);
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    (void)dprintf(fd, "\n");
    (void)close(fd);
    return line;
}

/* A password in a file that others can read is no secret. */
static void plain_check(const struct target *target, const struct target_user *user,
                        const struct place *place, struct problems *problems)
{
    struct stat status;
    bool first = target_user(target, user->name) == user;
    if (first && user->line != 0 && target->file != NULL && stat(target->file, &status) == 0 &&
        (status.st_mode & (S_IRGRP | S_IROTH)) != 0) {
        problems_warn(problems, place,
                      "others can read this file and the password of %s in it: chmod 600, or use "
                      "@env:NAME or @file:PATH",
                      user->name);
    }
}

static void resolve_declared(const struct target *target, struct target_user *user,
                             struct problems *problems)
{
    struct place place = {.file = user->line == 0 ? NULL : target->file, .line = user->line};
    if (strncmp(user->secret, "@env:", 5) == 0) {
        const char *value = getenv(user->secret + 5);
        if (value == NULL) {
            problems_add(problems, &place,
                         "the password of %s is to come from the environment, but %s is not set",
                         user->name, user->secret + 5);
            return;
        }
        user->password = memory_text(span_text(value));
    } else if (strncmp(user->secret, "@file:", 6) == 0) {
        char *path = path_of(target, user, user->secret + 6);
        user->password = from_file(path);
        if (user->password == NULL) {
            problems_add(problems, &place, "the password of %s cannot be read from %s", user->name,
                         path);
        }
        memory_free(path);
    } else if (strcmp(user->secret, "@ask") == 0) {
        user->password = from_terminal(user->name);
    } else if (user->secret[0] == '@') {
        problems_add(problems, &place,
                     "the password of %s: after @ comes env:NAME, file:PATH or ask", user->name);
    } else {
        plain_check(target, user, &place, problems);
        user->password = memory_text(span_text(user->secret));
    }
}

void secret_resolve(const struct target *target, struct target_user *user, bool ask,
                    struct problems *problems)
{
    secret_forget(&user->password);
    if (user->secret != NULL) {
        resolve_declared(target, user, problems);
        return;
    }
    const struct target_user *first = target_user(target, user->name);
    if (first != user && first->password != NULL) {
        user->password = memory_text(span_text(first->password));
        return;
    }
    user->password = from_environment(user->name);
    if (user->password == NULL) {
        user->password = from_netrc(target, user);
    }
    if (user->password == NULL && ask) {
        user->password = from_terminal(user->name);
    }
}
