/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/target.h"

#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "net/memory.h"

#include "scenarios/engine/secret.h"

static char *text_of(const char *text)
{
    return text == NULL ? NULL : memory_text(span_text(text));
}

static void replace(char **slot, char *text)
{
    memory_free(*slot);
    *slot = text;
}

struct target_user *target_user_make(struct target *target, const char *name, unsigned set)
{
    for (size_t i = 0; i < target->user_count; i++) {
        if (strcmp(target->users[i].name, name) == 0 && target->users[i].set == set) {
            return &target->users[i];
        }
    }
    target->users = memory_resize(target->users, target->user_count + 1, sizeof *target->users);
    struct target_user *user = &target->users[target->user_count++];
    *user = (struct target_user){.name = text_of(name), .set = set};
    return user;
}

void target_value_set(struct target *target, struct span name, struct span value)
{
    for (size_t i = 0; i < target->value_count; i++) {
        if (span_equal(span_text(target->values[i].name), name)) {
            replace(&target->values[i].value, memory_text(value));
            return;
        }
    }
    target->values = memory_resize(target->values, target->value_count + 1, sizeof *target->values);
    target->values[target->value_count++] =
        (struct target_value){memory_text(name), memory_text(value)};
}

/* Takes the user that a URL names: "alice", or "alice@example.test", which is called alice. */
static void take_url_user(struct target *target, const struct url *url)
{
    if (url->user == NULL) {
        return;
    }
    struct span login = span_text(url->user);
    size_t at = 0;
    while (at < login.len && login.ptr[at] != '@') {
        at++;
    }
    char *name = memory_text(span_sub(login, 0, at));
    struct target_user *user = target_user_make(target, name, 1);
    memory_free(name);
    if (user->login == NULL) {
        user->login = memory_text(login);
    }
    if (user->address == NULL && at < login.len) {
        user->address = memory_text(login);
    }
}

bool target_url_take(struct target *target, const char *text, const struct place *place,
                     struct problems *problems)
{
    struct url url;
    struct url_error error;
    if (!url_parse(text, &url, &error)) {
        struct place wrong = *place;
        wrong.column = place->column + (unsigned)error.pos;
        if (error.secret) {
            wrong.source = (struct span){0};
        }
        problems_add(problems, &wrong, "%s", error.text);
        return false;
    }
    target->urls = memory_resize(target->urls, target->url_count + 1, sizeof *target->urls);
    target->urls[target->url_count++] = url;
    take_url_user(target, &url);
    return true;
}

bool target_add_url(struct target *target, const char *text, struct problems *problems)
{
    return target_url_take(target, text, &(struct place){NULL, 0, 1, span_text(text)}, problems);
}

/* "name=value", both not empty. */
static bool split(const char *text, struct span *name, struct span *value)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        return false;
    }
    *name = (struct span){(const uint8_t *)text, (size_t)(equals - text)};
    *value = span_text(equals + 1);
    return true;
}

/* By the name that scenarios use, by login or by address. */
static bool is_called(const struct target_user *user, const char *text)
{
    return strcmp(user->name, text) == 0 ||
           (user->login != NULL && strcmp(user->login, text) == 0) ||
           (user->address != NULL && strcmp(user->address, text) == 0);
}

static bool give_secret(struct target *target, const char *user_name, struct span secret)
{
    bool given = false;
    for (size_t i = 0; i < target->user_count; i++) {
        struct target_user *user = &target->users[i];
        if (is_called(user, user_name)) {
            replace(&user->secret, memory_text(secret));
            user->line = 0;
            given = true;
        }
    }
    return given;
}

bool target_add_secret(struct target *target, const char *text, struct problems *problems)
{
    struct span name = {0};
    struct span value = {0};
    struct place place = {0};
    if (!split(text, &name, &value) || value.len == 0) {
        problems_add(problems, &place, "--secret: expected USER=@env:NAME or USER=@file:PATH");
        return false;
    }
    char *user_name = memory_text(name);
    if (value.ptr[0] != '@') {
        problems_warn(problems, &place,
                      "--secret: others can see a password on the command line; better is "
                      "%s=@env:NAME or %s=@file:PATH",
                      user_name, user_name);
    }
    if (!give_secret(target, user_name, value)) {
        (void)target_user_make(target, user_name, 1);
        (void)give_secret(target, user_name, value);
    }
    memory_free(user_name);
    return true;
}

bool target_add_value(struct target *target, const char *text, struct problems *problems)
{
    struct span name = {0};
    struct span value = {0};
    if (!split(text, &name, &value)) {
        struct place place = {NULL, 0, 1, span_text(text)};
        problems_add(problems, &place, "expected NAME=VALUE");
        return false;
    }
    target_value_set(target, name, value);
    return true;
}

static void derive(struct target *target, const char *name, const char *value)
{
    if (value != NULL && target_value(target, name) == NULL) {
        target_value_set(target, span_text(name), span_text(value));
    }
}

static void user_complete(struct target_user *user)
{
    if (user->login != NULL) {
        return;
    }
    const char *from = user->address == NULL ? user->name : user->address;
    struct span login = span_text(from);
    size_t len = 0;
    while (len < login.len && login.ptr[len] != '@') {
        len++;
    }
    user->login = memory_text(span_sub(login, 0, len));
}

/* What stands behind the "@" of an address. */
static const char *domain_of(const char *address)
{
    const char *at = address == NULL ? NULL : strrchr(address, '@');
    return at == NULL ? NULL : at + 1;
}

/* The same address with its domain in capitals. */
static void derive_upper(struct target *target, const char *address)
{
    const char *domain = domain_of(address);
    if (domain != NULL) {
        char *upper = memory_text(span_text(address));
        for (size_t i = (size_t)(domain - address); upper[i] != '\0'; i++) {
            upper[i] = (char)(upper[i] >= 'a' && upper[i] <= 'z' ? upper[i] - 'a' + 'A' : upper[i]);
        }
        derive(target, "rcpt.upper", upper);
        memory_free(upper);
    }
}

/* The same address with its local part as a quoted string. */
static void derive_quoted(struct target *target, const char *address)
{
    const char *domain = domain_of(address);
    if (domain != NULL && address[0] != '"') {
        char *quoted = memory_format("\"%.*s\"@%s", (int)(domain - address - 1), address, domain);
        derive(target, "rcpt.quoted", quoted);
        memory_free(quoted);
    }
}

/* What follows from the users: whom mail may go to, who it is from, and the domain. */
static void derive_values(struct target *target)
{
    static const char *const names[] = {"rcpt.good", "rcpt.good2", "rcpt.good3"};
    size_t count = 0;
    for (size_t i = 0; i < target->user_count; i++) {
        user_complete(&target->users[i]);
        if (target->users[i].address != NULL && count < sizeof names / sizeof *names) {
            derive(target, names[count++], target->users[i].address);
        }
    }
    derive(target, "sender", target_value(target, "rcpt.good"));
    derive(target, "domain", domain_of(target_value(target, "rcpt.good")));
    derive_upper(target, target_value(target, "rcpt.good"));
    derive_quoted(target, target_value(target, "rcpt.good"));
}

static int by_set(const void *a, const void *b)
{
    const struct target_user *x = a;
    const struct target_user *y = b;
    return x->set != y->set ? (x->set > y->set ? 1 : -1) : x->order > y->order ? 1 : -1;
}

/* Sets one after the other, and the users of a set as they were declared. */
static void sort_users(struct target *target)
{
    for (size_t i = 0; i < target->user_count; i++) {
        target->users[i].order = i;
    }
    if (target->user_count > 1) {
        qsort(target->users, target->user_count, sizeof *target->users, by_set);
    }
}

bool target_ready(struct target *target, bool ask, struct problems *problems)
{
    struct place place = {.file = target->file};
    size_t errors = problems->errors;
    if (target->url_count == 0) {
        problems_add(problems, &place, "no URL: say where the server is, as in imap://127.0.0.1");
    }
    sort_users(target);
    derive_values(target);
    for (size_t i = 0; i < target->user_count; i++) {
        secret_resolve(target, &target->users[i], ask, problems);
    }
    if (target->name == NULL && target->url_count != 0) {
        target->name = url_text(&target->urls[0]);
    }
    if (target->name == NULL) {
        target->name = text_of("");
    }
    return problems->errors == errors;
}

const struct url *target_url(const struct target *target, enum protocol protocol)
{
    for (size_t i = 0; i < target->url_count; i++) {
        if (target->urls[i].protocol == protocol) {
            return &target->urls[i];
        }
    }
    return NULL;
}

const struct target_user *target_user(const struct target *target, const char *name)
{
    for (size_t i = 0; i < target->user_count; i++) {
        if (strcmp(target->users[i].name, name) == 0) {
            return &target->users[i];
        }
    }
    return NULL;
}

/* Where the set behind the one that begins here begins. */
static size_t set_end(const struct target *target, size_t begin)
{
    size_t end = begin;
    while (end < target->user_count && target->users[end].set == target->users[begin].set) {
        end++;
    }
    return end;
}

size_t target_set_count(const struct target *target)
{
    size_t count = 0;
    for (size_t i = 0; i < target->user_count; i = set_end(target, i)) {
        count++;
    }
    return count > 0 ? count : 1;
}

struct target target_of_set(const struct target *target, size_t index)
{
    struct target out = *target;
    size_t begin = 0;
    for (; index > 0; index--) {
        begin = set_end(target, begin);
    }
    size_t end = set_end(target, begin);
    out.users = memory_zero(target->user_count + 1, sizeof *out.users);
    out.user_count = 0;
    for (size_t i = 0; i < target->user_count; i++) {
        const struct target_user *first = &target->users[i];
        const struct target_user *own = first;
        for (size_t k = begin; k < end; k++) {
            own = strcmp(target->users[k].name, first->name) == 0 ? &target->users[k] : own;
        }
        if (target_user(target, first->name) == first) {
            out.users[out.user_count++] = *own;
        }
    }
    return out;
}

/* "alice", "alice.address", "alice.login", "alice.password". */
static const char *user_value(const struct target_user *user, const char *name)
{
    size_t len = strlen(user->name);
    if (strncmp(name, user->name, len) != 0) {
        return NULL;
    }
    name += len;
    return *name == '\0' || strcmp(name, ".login") == 0 ? user->login
           : strcmp(name, ".address") == 0              ? user->address
           : strcmp(name, ".password") == 0             ? user->password
                                                        : NULL;
}

const char *target_value(const struct target *target, const char *name)
{
    for (size_t i = 0; i < target->value_count; i++) {
        if (strcmp(target->values[i].name, name) == 0) {
            return target->values[i].value;
        }
    }
    for (size_t i = 0; i < target->user_count; i++) {
        const char *value = user_value(&target->users[i], name);
        if (value != NULL) {
            return value;
        }
    }
    return NULL;
}

/* Every address that the name has is near; false when it has none. */
static bool name_is_near(const char *host)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    if (getaddrinfo(host, NULL, &hints, &list) != 0) {
        return false;
    }
    bool near = list != NULL;
    for (const struct addrinfo *i = list; i != NULL; i = i->ai_next) {
        char text[NI_MAXHOST];
        near = near &&
               getnameinfo(i->ai_addr, i->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) ==
                   0 &&
               address_is_near(text);
    }
    freeaddrinfo(list);
    return near;
}

const struct url *target_far(const struct target *target)
{
    for (size_t i = 0; i < target->url_count; i++) {
        const struct url *url = &target->urls[i];
        if (!url_is_near(url) && (url->kind == URL_MX || !name_is_near(url->host))) {
            return url;
        }
    }
    return NULL;
}

static void user_fini(struct target_user *user)
{
    secret_forget(&user->secret);
    secret_forget(&user->password);
    memory_free(user->name);
    memory_free(user->address);
    memory_free(user->login);
}

void target_fini(struct target *target)
{
    memory_free(target->name);
    memory_free(target->file);
    memory_free(target->profile);
    for (size_t i = 0; i < target->url_count; i++) {
        url_fini(&target->urls[i]);
    }
    memory_free(target->urls);
    for (size_t i = 0; i < target->user_count; i++) {
        user_fini(&target->users[i]);
    }
    memory_free(target->users);
    for (size_t i = 0; i < target->value_count; i++) {
        memory_free(target->values[i].name);
        memory_free(target->values[i].value);
    }
    memory_free(target->values);
    memory_free(target->process.start);
    memory_free(target->process.reset);
    memory_free(target->process.log);
    memory_free(target->process.crash);
    *target = (struct target){0};
}
