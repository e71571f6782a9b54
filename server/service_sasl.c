/* SPDX-License-Identifier: MIT */
/* What the protocols' authentication commands have in common. */
#include "net/memory.h"
#include "parsers/core/base64.h"
#include "server/service.h"

static const char *password_of(void *store, const char *user)
{
    const struct user *found = store_user(store, span_text(user));
    return found == NULL ? NULL : found->password;
}

const char *service_mechanisms(const struct service *service)
{
    return sasl_server_mechanisms(service->tls || !service->config->secure_only);
}

/* EXTERNAL is not announced, but there for who showed a certificate. */
static bool is_offered(const struct service *service, struct span mechanism)
{
    struct span rest = span_text(service_mechanisms(service));
    while (rest.len != 0) {
        size_t len = 0;
        while (len < rest.len && rest.ptr[len] != ' ') {
            len++;
        }
        if (span_equal_nocase(span_sub(rest, 0, len), mechanism)) {
            return true;
        }
        rest = span_from(rest, len + 1);
    }
    return span_is(mechanism, "EXTERNAL") && service->external != NULL;
}

struct sasl_server *service_sasl_new(const struct service *service, const char *name,
                                     struct span mechanism)
{
    struct sasl_server_config config = {.service = name,
                                        .host = service_host_name(service),
                                        .password = password_of,
                                        .context = service->config->store,
                                        .external = service->external,
                                        .tls = service->channel};
    if (!is_offered(service, mechanism)) {
        return NULL;
    }
    char *text = memory_text(mechanism);
    struct sasl_server *server = sasl_server_new(text, &config);
    memory_free(text);
    return server;
}

void service_challenge(struct service *service, const char *prefix, struct span octets)
{
    size_t cap = octets.len * 2 + 8;
    struct out base64;
    buffer_text(&service->out, prefix);
    out_init(&base64, buffer_room(&service->out, cap), cap);
    base64_encode(&base64, octets);
    buffer_grew(&service->out, out_span(&base64).len);
    buffer_text(&service->out, "\r\n");
}

bool service_decode(struct span base64, uint8_t **out, size_t *out_len)
{
    struct out octets;
    *out = NULL;
    *out_len = 0;
    if (base64.len != 0 && base64_valid_len(base64) != base64.len) {
        return false;
    }
    *out = memory_alloc(base64.len + 1);
    out_init(&octets, *out, base64.len + 1);
    base64_decode(&octets, base64);
    *out_len = out_span(&octets).len;
    return true;
}
