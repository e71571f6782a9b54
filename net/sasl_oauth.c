/* SPDX-License-Identifier: MIT */
#include "net/sasl_oauth.h"

#include <stdio.h>

#include "net/memory.h"

enum sasl_oauth sasl_oauth_mechanism(const char *name)
{
    struct span n = span_text(name);
    if (span_is(n, "OAUTHBEARER")) {
        return SASL_OAUTH_BEARER;
    }
    return span_is(n, "XOAUTH2") ? SASL_OAUTH_X : SASL_OAUTH_NOT;
}

char *sasl_oauth_message(enum sasl_oauth kind, const struct sasl_credentials *credentials)
{
    const char *token = credentials->token != NULL ? credentials->token : credentials->password;
    token = token == NULL ? "" : token;
    if (kind == SASL_OAUTH_X) {
        return memory_format("user=%s\001auth=Bearer %s\001\001", credentials->user, token);
    }
    /* RFC 7628 section 3.1: client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep */
    const char *as = credentials->authzid != NULL ? credentials->authzid : credentials->user;
    char port[32] = "";
    if (credentials->port != 0) {
        (void)snprintf(port, sizeof port, "port=%u\001", (unsigned)credentials->port);
    }
    const char *host = credentials->host;
    return memory_format("n,a=%s,\001%s%s%s%sauth=Bearer %s\001\001", as,
                         host == NULL ? "" : "host=", host == NULL ? "" : host,
                         host == NULL ? "" : "\001", port, token);
}

/* What stands behind the key, up to the separator. */
static bool value_of(struct span message, struct span key, uint8_t end, struct span *out)
{
    for (size_t i = 0; i + key.len <= message.len; i++) {
        if ((i != 0 && message.ptr[i - 1] != '\001' && message.ptr[i - 1] != ',') ||
            !span_equal_nocase(span_sub(message, i, key.len), key)) {
            continue;
        }
        struct span rest = span_from(message, i + key.len);
        size_t len = 0;
        while (len < rest.len && rest.ptr[len] != end) {
            len++;
        }
        *out = span_sub(rest, 0, len);
        return len < rest.len;
    }
    return false;
}

bool sasl_oauth_read(enum sasl_oauth kind, struct span message, char **user, char **token)
{
    struct span who = {0};
    struct span bearer = {0};
    bool ok = kind == SASL_OAUTH_X ? value_of(message, SPAN_LIT("user="), '\001', &who)
                                   : value_of(message, SPAN_LIT("a="), ',', &who);
    if (!ok || !value_of(message, SPAN_LIT("auth=Bearer "), '\001', &bearer)) {
        return false;
    }
    *user = memory_text(who);
    *token = memory_text(bearer);
    return true;
}
