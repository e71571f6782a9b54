/* SPDX-License-Identifier: MIT */
#include "server/service.h"

#include <stdarg.h>
#include <stdio.h>

#include "net/memory.h"
#include "server/fault_answer.h"

struct service *service_new(const struct service_config *config, enum protocol protocol, bool tls)
{
    struct service *service = protocol == PROTOCOL_POP3   ? pop3_service_new()
                              : protocol == PROTOCOL_IMAP ? imap_service_new()
                                                          : smtp_service_new();
    service->config = config;
    service->protocol = protocol;
    service->tls = tls;
    service->type->open(service);
    return service;
}

void service_free(struct service **service)
{
    if (*service != NULL) {
        buffer_fini(&(*service)->out);
        (*service)->type->free(*service);
        *service = NULL;
    }
}

size_t service_feed(struct service *service, struct span in)
{
    if (service->next != SERVICE_READ || service->pause_ms != 0) {
        return 0;
    }
    return service->type->feed(service, in);
}

void service_tls_started(struct service *service)
{
    service->tls = true;
    service->next = SERVICE_READ;
    service->type->tls_started(service);
}

void service_changed(struct service *service)
{
    if (service->type->changed != NULL && service->next == SERVICE_READ) {
        service->type->changed(service);
    }
}

void service_farewell(struct service *service, enum service_end why)
{
    service->type->farewell(service, why);
    service->next = SERVICE_CLOSE;
}

uint64_t service_idle_ms(const struct service *service)
{
    return service->config->idle_ms == 0 ? service->type->idle_ms : service->config->idle_ms;
}

const char *service_host_name(const struct service *service)
{
    const char *name = service->config->host_name;
    return name == NULL ? "mail.example.test" : name;
}

static bool is_listed(const char *const *list, const char *text)
{
    for (; list != NULL && *list != NULL; list++) {
        if (span_is(span_text(*list), text)) {
            return true;
        }
    }
    return false;
}

bool service_shows(const struct service *service, const char *capability)
{
    return !is_listed(service->config->hide, capability);
}

/* "*" stands for any octets, "?" for one. */
static bool matches(const char *glob, struct span text)
{
    const char *star = NULL;
    size_t star_pos = 0;
    size_t pos = 0;
    while (pos < text.len) {
        if (*glob == '*') {
            star = glob++;
            star_pos = pos;
        } else if (*glob != '\0' &&
                   (*glob == '?' || octet_lower((uint8_t)*glob) == octet_lower(text.ptr[pos]))) {
            glob++;
            pos++;
        } else if (star != NULL) {
            glob = star + 1;
            pos = ++star_pos;
        } else {
            return false;
        }
    }
    while (*glob == '*') {
        glob++;
    }
    return *glob == '\0';
}

static bool is_meant(const struct reply_override *o, struct span verb, struct span argument)
{
    return span_is(verb, o->verb) && (o->argument == NULL || matches(o->argument, argument));
}

const char *service_fault_answer(struct service *service, struct span verb, struct span argument)
{
    const struct fault_answer *wrong = NULL;
    for (size_t i = 0; (wrong = fault_answer_at(i)) != NULL; i++) {
        bool ours =
            wrong->protocol == service->protocol ||
            (wrong->protocol == PROTOCOL_SMTP &&
             (service->protocol == PROTOCOL_SUBMISSION || service->protocol == PROTOCOL_LMTP));
        if (ours && service_has_fault(service, wrong->fault) &&
            is_meant(&wrong->answer, verb, argument)) {
            return wrong->answer.reply;
        }
    }
    return NULL;
}

const char *service_override(struct service *service, struct span verb, struct span argument)
{
    const struct reply_override *o = service->config->overrides;
    for (; o != NULL && o->verb != NULL; o++) {
        if (is_meant(o, verb, argument)) {
            return o->reply;
        }
    }
    return service_fault_answer(service, verb, argument);
}

void service_note_command(struct service *service, struct span verb)
{
    const struct reply_delay *delay = service->config->delays;
    for (; delay != NULL && delay->verb != NULL; delay++) {
        if (span_is(verb, delay->verb)) {
            service->pause_at = service->out.len;
            service->pause_ms = delay->ms;
        }
    }
}

void service_answered(struct service *service, struct span verb)
{
    const char *const *drop = service->config->drop_after;
    for (; drop != NULL && *drop != NULL; drop++) {
        if (span_is(verb, *drop)) {
            service->next = SERVICE_DROP;
        }
    }
}

void service_print(struct service *service, const char *format, ...)
{
    va_list args;
    char text[1024];
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t size = len < 0 ? 0 : (size_t)len;
    buffer_append(&service->out, (struct span){(const uint8_t *)text,
                                               size < sizeof text ? size : sizeof text - 1});
}

size_t service_line(struct span in)
{
    size_t pos = 0;
    while (pos < in.len) {
        const uint8_t *end = memchr(in.ptr + pos, '\n', in.len - pos);
        if (end == NULL) {
            return 0;
        }
        pos = (size_t)(end - in.ptr) + 1;
        if (pos >= 2 && in.ptr[pos - 2] == '\r') {
            return pos;
        }
    }
    return 0;
}
