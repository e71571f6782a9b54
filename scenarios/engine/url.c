/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/url.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "net/memory.h"

static const struct scheme {
    const char *name;
    enum url_kind kind;
    enum protocol protocol;
    bool tls;
    uint16_t port;
    enum url_starttls starttls;
} schemes[] = {
    {"smtp", URL_TCP, PROTOCOL_SMTP, false, 25, URL_STARTTLS_TRY},
    {"submission", URL_TCP, PROTOCOL_SUBMISSION, false, 587, URL_STARTTLS_REQUIRE},
    {"smtps", URL_TCP, PROTOCOL_SUBMISSION, true, 465, URL_STARTTLS_NO},
    {"lmtp", URL_TCP, PROTOCOL_LMTP, false, 24, URL_STARTTLS_TRY},
    {"lmtp+unix", URL_UNIX, PROTOCOL_LMTP, false, 0, URL_STARTTLS_TRY},
    {"pop3", URL_TCP, PROTOCOL_POP3, false, 110, URL_STARTTLS_TRY},
    {"pop3s", URL_TCP, PROTOCOL_POP3, true, 995, URL_STARTTLS_NO},
    {"imap", URL_TCP, PROTOCOL_IMAP, false, 143, URL_STARTTLS_TRY},
    {"imaps", URL_TCP, PROTOCOL_IMAP, true, 993, URL_STARTTLS_NO},
    {"imap+exec", URL_EXEC, PROTOCOL_IMAP, false, 0, URL_STARTTLS_NO},
    {"mx", URL_MX, PROTOCOL_SMTP, false, 25, URL_STARTTLS_TRY},
};

/* The text, how far it has been read, and where it went wrong. */
struct cursor {
    struct span in;
    size_t pos;
    struct url_error error;
};

static bool refuse(struct cursor *c, size_t pos, const char *text)
{
    c->error.pos = pos;
    c->error.text = text;
    return false;
}

static size_t find_any(struct span s, size_t from, const char *set)
{
    for (size_t i = from; i < s.len; i++) {
        if (memchr(set, s.ptr[i], strlen(set)) != NULL) {
            return i;
        }
    }
    return s.len;
}

static int hex_value(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* RFC 3986 section 2.1: pct-encoded = "%" HEXDIG HEXDIG. */
static bool decode(struct cursor *c, size_t from, size_t end, char **out)
{
    uint8_t *text = memory_alloc(end - from + 1);
    size_t len = 0;
    for (size_t i = from; i < end; i++) {
        uint8_t octet = c->in.ptr[i];
        if (octet == '%') {
            int high = i + 1 < end ? hex_value(c->in.ptr[i + 1]) : -1;
            int low = i + 2 < end ? hex_value(c->in.ptr[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0)) {
                memory_free(text);
                return refuse(c, i, "% must be followed by two hexadecimal digits, not 00");
            }
            octet = (uint8_t)(high << 4 | low);
            i += 2;
        }
        text[len++] = octet;
    }
    text[len] = 0;
    memory_free(*out);
    *out = (char *)text;
    return true;
}

static bool parse_scheme(struct cursor *c, struct url *out)
{
    size_t end = find_any(c->in, 0, ":/?@");
    if (end == c->in.len || c->in.ptr[end] != ':') {
        return refuse(c, 0, "a URL begins with its scheme, as in imap://host");
    }
    const struct scheme *scheme = NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (span_is(span_sub(c->in, 0, end), schemes[i].name)) {
            scheme = &schemes[i];
        }
    }
    if (scheme == NULL) {
        return refuse(c, 0,
                      "the schemes are smtp, submission, smtps, lmtp, lmtp+unix, pop3, pop3s, "
                      "imap, imaps, imap+exec and mx");
    }
    out->kind = scheme->kind;
    out->protocol = scheme->protocol;
    out->scheme = memory_text(span_text(scheme->name));
    out->tls = scheme->tls;
    out->port = scheme->port;
    out->starttls = scheme->starttls;
    c->pos = end + 1;
    if (scheme->kind == URL_EXEC || scheme->kind == URL_MX) {
        return true;
    }
    if (!span_equal(span_sub(c->in, c->pos, 2), SPAN_LIT("//"))) {
        return refuse(c, c->pos, "expected \"//\"");
    }
    c->pos += 2;
    return true;
}

static bool parse_port(struct cursor *c, size_t from, size_t end, uint16_t *out)
{
    unsigned long value = 0;
    for (size_t i = from; i < end; i++) {
        if (c->in.ptr[i] < '0' || c->in.ptr[i] > '9') {
            return refuse(c, i, "a port is a number");
        }
        value = value * 10 + (unsigned long)(c->in.ptr[i] - '0');
        if (value > UINT16_MAX) {
            return refuse(c, from, "a port is at most 65535");
        }
    }
    if (value == 0) {
        return refuse(c, from, "a port is a number from 1 to 65535");
    }
    *out = (uint16_t)value;
    return true;
}

static bool is_host_octet(uint8_t c)
{
    return (c >= '0' && c <= '9') || (octet_lower(c) >= 'a' && octet_lower(c) <= 'z') || c == '-' ||
           c == '.' || c == '_' || c >= 0x80;
}

static bool parse_host(struct cursor *c, size_t from, size_t end, char **out)
{
    if (from == end) {
        return refuse(c, from, "expected a host name or address");
    }
    for (size_t i = from; i < end; i++) {
        if (!is_host_octet(c->in.ptr[i])) {
            return refuse(c, i, "this character cannot stand in a host name");
        }
    }
    *out = memory_text(span_sub(c->in, from, end - from));
    return true;
}

static bool parse_address6(struct cursor *c, size_t from, size_t end, char **out)
{
    char *address = memory_text(span_sub(c->in, from, end - from));
    struct in6_addr ignored;
    char *zone = strchr(address, '%');
    if (zone != NULL) {
        *zone = '\0';
    }
    bool ok = inet_pton(AF_INET6, address, &ignored) == 1;
    if (zone != NULL) {
        *zone = '%';
    }
    if (!ok) {
        memory_free(address);
        return refuse(c, from, "this is no IPv6 address");
    }
    *out = address;
    return true;
}

/* [ user "@" ] host [ ":" port ], up to end. */
static bool parse_authority(struct cursor *c, size_t end, struct url *out)
{
    size_t from = c->pos;
    size_t at = end;
    for (size_t i = from; i < end; i++) {
        if (c->in.ptr[i] == '@') {
            at = i;
        }
    }
    if (at != end) {
        size_t colon = find_any(span_sub(c->in, 0, at), from, ":");
        if (colon != at) {
            c->error.secret = true;
            return refuse(c, colon,
                          "a password does not belong into a URL: use --secret USER=@env:NAME, "
                          "or @file:PATH");
        }
        if (at == from) {
            return refuse(c, at, "expected a user before @");
        }
        if (!decode(c, from, at, &out->user)) {
            return false;
        }
        from = at + 1;
    }
    size_t host_end = 0;
    if (from < end && c->in.ptr[from] == '[') {
        size_t bracket = find_any(span_sub(c->in, 0, end), from, "]");
        if (bracket == end) {
            return refuse(c, from, "this [ is not closed");
        }
        if (!parse_address6(c, from + 1, bracket, &out->host)) {
            return false;
        }
        host_end = bracket + 1;
    } else {
        host_end = find_any(span_sub(c->in, 0, end), from, ":");
        if (!parse_host(c, from, host_end, &out->host)) {
            return false;
        }
    }
    if (host_end == end) {
        return true;
    }
    if (c->in.ptr[host_end] != ':') {
        return refuse(c, host_end, "expected \":\" and a port, or the end");
    }
    return parse_port(c, host_end + 1, end, &out->port);
}

static bool option_starttls(struct url *url, const char *value)
{
    if (strcmp(value, "no") == 0) {
        url->starttls = URL_STARTTLS_NO;
    } else if (strcmp(value, "try") == 0) {
        url->starttls = URL_STARTTLS_TRY;
    } else if (strcmp(value, "require") == 0) {
        url->starttls = URL_STARTTLS_REQUIRE;
    } else {
        return false;
    }
    return !url->tls || url->starttls == URL_STARTTLS_NO;
}

static bool option_verify(struct url *url, const char *value)
{
    if (strcmp(value, "ca") == 0) {
        url->verify = URL_VERIFY_CA;
    } else if (strcmp(value, "no") == 0) {
        url->verify = URL_VERIFY_NO;
    } else if (strcmp(value, "pin") == 0) {
        url->verify = URL_VERIFY_PIN;
    } else {
        return false;
    }
    return true;
}

static bool option_pin(struct url *url, const char *value)
{
    struct span digits = span_text(value);
    if (digits.len != 64) {
        return false;
    }
    for (size_t i = 0; i < digits.len; i++) {
        if (hex_value(digits.ptr[i]) < 0) {
            return false;
        }
    }
    memory_free(url->pin);
    url->pin = memory_text(digits);
    url->verify = URL_VERIFY_PIN;
    return true;
}

static bool take_text(char **out, const char *value)
{
    memory_free(*out);
    *out = memory_text(span_text(value));
    return *value != '\0';
}

static bool option_ca(struct url *url, const char *value)
{
    return take_text(&url->ca, value);
}

static bool option_sni(struct url *url, const char *value)
{
    return take_text(&url->sni, value);
}

static bool option_bind(struct url *url, const char *value)
{
    unsigned char address[sizeof(struct in6_addr)];
    return take_text(&url->bind, value) &&
           (inet_pton(AF_INET, value, address) == 1 || inet_pton(AF_INET6, value, address) == 1);
}

static bool option_auth(struct url *url, const char *value)
{
    if (!take_text(&url->auth, value)) {
        return false;
    }
    /* RFC 4422 section 3.1: sasl-mech = 1*20mech-char, upper case. */
    size_t len = 0;
    for (char *c = url->auth; *c != '\0'; c++, len++) {
        if (*c >= 'a' && *c <= 'z') {
            *c = (char)(*c - 'a' + 'A');
        }
        if (!((*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '-' || *c == '_')) {
            return false;
        }
    }
    return len <= 20;
}

static bool option_proxy(struct url *url, const char *value)
{
    url->proxy = strcmp(value, "v1") == 0 ? 1 : 2;
    return strcmp(value, "v1") == 0 || strcmp(value, "v2") == 0;
}

static bool option_ip(struct url *url, const char *value)
{
    url->ip = strcmp(value, "4") == 0 ? 4 : 6;
    return strcmp(value, "4") == 0 || strcmp(value, "6") == 0;
}

static const struct option {
    const char *name;
    bool (*set)(struct url *url, const char *value);
    const char *expected;
} options[] = {
    {"starttls", option_starttls,
     "starttls is require, try or no; only no where the scheme has TLS"},
    {"verify", option_verify, "verify is ca, pin or no"},
    {"pin", option_pin, "pin is the SHA-256 of the public key: 64 hexadecimal digits"},
    {"ca", option_ca, "ca is a PEM file"},
    {"sni", option_sni, "sni is a host name"},
    {"auth", option_auth, "auth is the name of a SASL mechanism"},
    {"proxy", option_proxy, "proxy is v1 or v2"},
    {"bind", option_bind, "bind is an IPv4 or IPv6 address"},
    {"ip", option_ip, "ip is 4 or 6"},
};

static bool parse_option(struct cursor *c, size_t end, struct url *out)
{
    size_t from = c->pos;
    size_t equals = find_any(span_sub(c->in, 0, end), from, "=");
    struct span name = span_sub(c->in, from, equals - from);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (!span_equal(name, span_text(options[i].name))) {
            continue;
        }
        char *value = NULL;
        size_t start = equals < end ? equals + 1 : end;
        if (!decode(c, start, end, &value)) {
            return false;
        }
        bool ok = options[i].set(out, value);
        memory_free(value);
        return ok || refuse(c, start, options[i].expected);
    }
    return refuse(c, from,
                  "the options are starttls, verify, pin, ca, sni, auth, proxy, bind and ip");
}

/* "?" name "=" value *( "&" name "=" value ), to the end of the text. */
static bool parse_query(struct cursor *c, struct url *out)
{
    while (c->pos < c->in.len) {
        c->pos++;
        size_t end = find_any(c->in, c->pos, "&");
        if (!parse_option(c, end, out)) {
            return false;
        }
        c->pos = end;
    }
    if (out->verify == URL_VERIFY_PIN && out->pin == NULL) {
        return refuse(c, c->in.len, "verify=pin needs pin=, the SHA-256 of the public key");
    }
    return true;
}

static bool parse_unix(struct cursor *c, size_t end, struct url *out)
{
    if (c->pos == end || c->in.ptr[c->pos] != '/') {
        return refuse(c, c->pos,
                      "expected the socket's absolute path, as in lmtp+unix:///run/lmtp");
    }
    return decode(c, c->pos, end, &out->path);
}

static bool parse_exec(struct cursor *c, struct url *out)
{
    if (c->pos == c->in.len) {
        return refuse(c, c->pos, "expected a command, with %20 for a blank");
    }
    return decode(c, c->pos, c->in.len, &out->command);
}

static bool parse_place(struct cursor *c, struct url *out)
{
    if (out->kind == URL_EXEC) {
        /* A command may well hold question marks: it has no options. */
        bool ok = parse_exec(c, out);
        c->pos = c->in.len;
        return ok;
    }
    size_t query = find_any(c->in, c->pos, "?");
    size_t end = query;
    bool ok = true;
    if (out->kind == URL_UNIX) {
        ok = parse_unix(c, end, out);
    } else if (out->kind == URL_MX) {
        ok = parse_host(c, c->pos, end, &out->host);
    } else {
        if (end > c->pos && c->in.ptr[end - 1] == '/') {
            end--;
        }
        ok = parse_authority(c, end, out);
    }
    c->pos = query;
    return ok && parse_query(c, out);
}

bool url_parse(const char *text, struct url *out, struct url_error *error)
{
    struct cursor c = {.in = span_text(text)};
    *out = (struct url){0};
    *error = (struct url_error){0};
    for (size_t i = 0; i < c.in.len; i++) {
        if (c.in.ptr[i] <= ' ' || c.in.ptr[i] == 0x7F) {
            *error = (struct url_error){i, "no blanks or control characters here (%20 is a blank)",
                                        true};
            return false;
        }
    }
    if (!parse_scheme(&c, out) || !parse_place(&c, out)) {
        *error = c.error;
        url_fini(out);
        return false;
    }
    return true;
}

static bool is_unreserved(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           strchr("-._~/", c) != NULL;
}

static char *encode(const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = memory_alloc(strlen(text) * 3 + 1);
    size_t len = 0;
    for (; *text != '\0'; text++) {
        uint8_t c = (uint8_t)*text;
        if (is_unreserved(*text)) {
            out[len++] = *text;
        } else {
            out[len++] = '%';
            out[len++] = hex[c >> 4];
            out[len++] = hex[c & 15];
        }
    }
    out[len] = '\0';
    return out;
}

static uint16_t default_port(const struct url *url)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strcmp(schemes[i].name, url->scheme) == 0) {
            return schemes[i].port;
        }
    }
    return 0;
}

char *url_text(const struct url *url)
{
    if (url->kind != URL_TCP) {
        char *rest = encode(url->kind == URL_UNIX   ? url->path
                            : url->kind == URL_EXEC ? url->command
                                                    : url->host);
        char *text = memory_format("%s:%s%s", url->scheme, url->kind == URL_UNIX ? "//" : "", rest);
        memory_free(rest);
        return text;
    }
    char *user = url->user == NULL ? NULL : encode(url->user);
    bool six = strchr(url->host, ':') != NULL;
    char port[8] = "";
    if (url->port != default_port(url)) {
        (void)snprintf(port, sizeof port, ":%u", (unsigned)url->port);
    }
    char *text =
        memory_format("%s://%s%s%s%s%s%s", url->scheme, user == NULL ? "" : user,
                      user == NULL ? "" : "@", six ? "[" : "", url->host, six ? "]" : "", port);
    memory_free(user);
    return text;
}

bool address_is_near(const char *address)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, address, &four) == 1) {
        uint32_t a = ntohl(four.s_addr);
        /* RFC 6890: 127/8, 10/8, 172.16/12, 192.168/16, 169.254/16. */
        return a >> 24 == 127 || a >> 24 == 10 || a >> 20 == 0xAC1 || a >> 16 == 0xC0A8 ||
               a >> 16 == 0xA9FE;
    }
    char plain[INET6_ADDRSTRLEN] = "";
    size_t len = strcspn(address, "%");
    if (len >= sizeof plain) {
        return false;
    }
    memcpy(plain, address, len);
    if (inet_pton(AF_INET6, plain, &six) != 1) {
        return false;
    }
    if (IN6_IS_ADDR_V4MAPPED(&six)) {
        char mapped[INET_ADDRSTRLEN];
        return inet_ntop(AF_INET, six.s6_addr + 12, mapped, sizeof mapped) != NULL &&
               address_is_near(mapped);
    }
    /* ::1, fe80::/10, fc00::/7. */
    return IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_LINKLOCAL(&six) ||
           (six.s6_addr[0] & 0xFE) == 0xFC;
}

bool url_is_near(const struct url *url)
{
    if (url->kind == URL_UNIX || url->kind == URL_EXEC) {
        return true;
    }
    /* RFC 6761 section 6.3: localhost and all below it are loopback. */
    struct span host = span_text(url->host);
    static const struct span suffix = {(const uint8_t *)".localhost", 10};
    return url->kind == URL_TCP &&
           (span_is(host, "localhost") ||
            (host.len > suffix.len &&
             span_equal_nocase(span_from(host, host.len - suffix.len), suffix)) ||
            address_is_near(url->host));
}

const char *protocol_text(enum protocol protocol)
{
    static const char *const text[] = {"smtp", "submission", "lmtp", "pop3", "imap"};
    return text[protocol];
}

void url_fini(struct url *url)
{
    memory_free(url->scheme);
    memory_free(url->user);
    memory_free(url->host);
    memory_free(url->path);
    memory_free(url->command);
    memory_free(url->pin);
    memory_free(url->ca);
    memory_free(url->sni);
    memory_free(url->auth);
    memory_free(url->bind);
    *url = (struct url){0};
}
