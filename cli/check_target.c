/* SPDX-License-Identifier: MIT */
#include "cli/check_target.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/memory.h"
#include "scenarios/engine/suite.h"

bool is_url(const char *word)
{
    return strstr(word, "://") != NULL || strncmp(word, "mx:", 3) == 0 ||
           strncmp(word, "imap+exec:", 10) == 0;
}

static bool take_words(const struct arguments *arguments, struct target *target, const char **words,
                       size_t *count, struct problems *problems)
{
    bool ok = true;
    *count = 0;
    for (size_t i = 0; i < arguments->word_count; i++) {
        const char *word = arguments->words[i];
        if (is_url(word)) {
            ok = target_add_url(target, word, problems) && ok;
        } else {
            words[(*count)++] = word;
        }
    }
    return ok;
}

/* EXIT_USAGE: what stands on the command line is wrong; EXIT_LOAD: what stands in a file is. */
static int collect(const struct arguments *arguments, struct target *target, const char **words,
                   size_t *count, struct problems *problems)
{
    size_t position = 0;
    const char *value = NULL;
    while ((value = arguments_next(arguments, "target", &position)) != NULL) {
        if (is_url(value) ? !target_add_url(target, value, problems)
                          : !target_load(target, value, problems)) {
            return is_url(value) ? EXIT_USAGE : EXIT_LOAD;
        }
    }
    position = 0;
    while ((value = arguments_next(arguments, "vars", &position)) != NULL) {
        if (!target_load_values(target, value, problems)) {
            return EXIT_LOAD;
        }
    }
    bool ok = take_words(arguments, target, words, count, problems);
    position = 0;
    while ((value = arguments_next(arguments, "secret", &position)) != NULL) {
        ok = target_add_secret(target, value, problems) && ok;
    }
    position = 0;
    while ((value = arguments_next(arguments, "var", &position)) != NULL) {
        ok = target_add_value(target, value, problems) && ok;
    }
    value = arguments_value(arguments, "profile");
    if (value != NULL) {
        memory_free(target->profile);
        target->profile = memory_text(span_text(value));
    }
    return ok ? EXIT_NOTHING : EXIT_USAGE;
}

static const struct permission {
    const char *name;
    unsigned bit;
} permissions[] = {
    {"send", ALLOW_SEND}, {"write", ALLOW_WRITE},   {"destructive", ALLOW_DESTRUCTIVE},
    {"exec", ALLOW_EXEC}, {"remote", ALLOW_REMOTE},
};

/* "send,write,remote:mail.example.test"; host is set to what stands behind remote:. */
static bool parse_allow(const char *text, unsigned *allow, char **host)
{
    struct span rest = span_text(text);
    while (rest.len != 0) {
        size_t len = 0;
        while (len < rest.len && rest.ptr[len] != ',') {
            len++;
        }
        struct span word = span_sub(rest, 0, len);
        rest = span_from(rest, len + 1);
        if (span_starts_nocase(word, SPAN_LIT("remote:"))) {
            memory_free(*host);
            *host = memory_text(span_from(word, 7));
            word.len = 6;
        }
        unsigned bit = 0;
        for (size_t i = 0; i < sizeof permissions / sizeof *permissions; i++) {
            bit = span_is(word, permissions[i].name) ? permissions[i].bit : bit;
        }
        if (bit == 0) {
            return false;
        }
        *allow |= bit;
    }
    return true;
}

/* The name of the host must be typed: in --allow remote:HOST, or when asked. */
static bool is_typed(const struct url *far, const char *host)
{
    char line[300] = "";
    if (host == NULL && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1) {
        (void)fprintf(stderr, "%s is on a public address. To test it for all that, type its name: ",
                      far->host);
        if (fgets(line, sizeof line, stdin) == NULL) {
            return false;
        }
        line[strcspn(line, "\r\n")] = '\0';
        host = line;
    }
    return host != NULL && span_is(span_text(host), far->host);
}

static int decide_remote(const struct arguments *arguments, struct target *target, unsigned allow,
                         const char *host)
{
    const unsigned risky = ALLOW_SEND | ALLOW_WRITE | ALLOW_DESTRUCTIVE;
    const struct url *far = target_far(target);
    if (far == NULL) {
        target->allow = allow | ALLOW_SEND | ALLOW_WRITE;
        return EXIT_NOTHING;
    }
    if ((allow & risky) == 0) {
        target->allow = allow;
        return EXIT_NOTHING;
    }
    if ((allow & ALLOW_REMOTE) == 0 || !is_typed(far, host)) {
        return usage_error(arguments->command,
                           "%s is, or may be, on a public address: more than looking at it needs "
                           "--allow remote:%s",
                           far->host, far->host);
    }
    target->allow = allow;
    return EXIT_NOTHING;
}

static int decide(const struct arguments *arguments, struct target *target)
{
    unsigned allow = ALLOW_SAFE;
    char *host = NULL;
    size_t position = 0;
    const char *value = NULL;
    int code = EXIT_NOTHING;
    while ((value = arguments_next(arguments, "allow", &position)) != NULL) {
        if (!parse_allow(value, &allow, &host)) {
            code = usage_error(arguments->command,
                               "--allow: expected send, write, destructive, exec or remote:HOST, "
                               "with commas, not %s",
                               value);
        }
    }
    if (code == EXIT_NOTHING) {
        code = decide_remote(arguments, target, allow, host);
    }
    if (arguments_value(arguments, "safe") != NULL) {
        target->allow = ALLOW_SAFE;
    }
    memory_free(host);
    return code;
}

int check_target(const struct arguments *arguments, struct target *target, const char **words,
                 size_t *count)
{
    struct problems problems = {0};
    bool ask = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
    int code = collect(arguments, target, words, count, &problems);
    if (code == EXIT_NOTHING && target->url_count == 0) {
        code = usage_error(arguments->command,
                           "no target: give a URL, as in imap://127.0.0.1:1143, or -t FILE");
    }
    if (code == EXIT_NOTHING && !target_ready(target, ask, &problems)) {
        code = EXIT_LOAD;
    }
    problems_print(&problems, stderr);
    problems_fini(&problems);
    return code == EXIT_NOTHING ? decide(arguments, target) : code;
}

static uint64_t now_ms(void)
{
    struct timespec time = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static bool address_listens(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    bool ok = connect(fd, address->ai_addr, address->ai_addrlen) == 0;
    if (!ok && errno == EINPROGRESS) {
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        int error = 0;
        socklen_t len = sizeof error;
        ok = poll(&wait, 1, 1000) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
             error == 0;
    }
    (void)close(fd);
    return ok;
}

static bool url_listens(const struct url *url)
{
    if (url->kind != URL_TCP) {
        return true;
    }
    char port[8];
    (void)snprintf(port, sizeof port, "%u", (unsigned)url->port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    if (getaddrinfo(url->host, port, &hints, &list) != 0) {
        return false;
    }
    bool ok = false;
    for (const struct addrinfo *i = list; i != NULL && !ok; i = i->ai_next) {
        ok = address_listens(i);
    }
    freeaddrinfo(list);
    return ok;
}

bool target_wait(const struct target *target, uint64_t ms)
{
    uint64_t end = now_ms() + ms;
    size_t i = 0;
    while (i < target->url_count) {
        if (url_listens(&target->urls[i])) {
            i++;
        } else if (now_ms() >= end) {
            return false;
        } else {
            struct timespec pause = {0, 100 * 1000000L};
            (void)nanosleep(&pause, NULL);
        }
    }
    return true;
}

unsigned target_allowed(const struct target *target)
{
    unsigned bits = 1U << SAFETY_SAFE;
    bits |= (target->allow & ALLOW_SEND) != 0 ? 1U << SAFETY_SEND : 0;
    bits |= (target->allow & ALLOW_WRITE) != 0 ? 1U << SAFETY_WRITE : 0;
    bits |= (target->allow & ALLOW_DESTRUCTIVE) != 0 ? 1U << SAFETY_DESTRUCTIVE : 0;
    return bits;
}
