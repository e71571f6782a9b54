/* SPDX-License-Identifier: MIT */
#include "cli/serve_options.h"

#include "net/memory.h"
#include "parsers/smtp/path.h"

static const struct {
    const char *name;
    enum protocol protocol;
    bool tls;
    uint16_t port; /* without root, where nothing is said */
    bool standard; /* listens when no address is given */
} doors[] = {
    {"smtp", PROTOCOL_SMTP, false, 2525, true},
    {"submission", PROTOCOL_SUBMISSION, false, 2587, true},
    {"submissions", PROTOCOL_SUBMISSION, true, 2465, false},
    {"smtps", PROTOCOL_SMTP, true, 2465, false},
    {"lmtp", PROTOCOL_LMTP, false, 2424, true},
    {"pop3", PROTOCOL_POP3, false, 2110, true},
    {"pop3s", PROTOCOL_POP3, true, 2995, false},
    {"imap", PROTOCOL_IMAP, false, 2143, true},
    {"imaps", PROTOCOL_IMAP, true, 2993, false},
};
enum { DOOR_COUNT = sizeof doors / sizeof doors[0] };

/* RFC 5321 section 4.5.3.1: in octets. */
enum { LOCAL_PART_MAX = 64, DOMAIN_MAX = 255 };

const char *serve_address_name(const struct server_address *address)
{
    for (size_t i = 0; i < DOOR_COUNT; i++) {
        if (doors[i].protocol == address->protocol && doors[i].tls == address->tls) {
            return doors[i].name;
        }
    }
    return "";
}

int serve_too_many(const struct arguments *arguments, const char *name)
{
    return usage_error(arguments->command, "--%s is given too often", name);
}

const char *serve_keep(struct serve_options *options, struct span part)
{
    char *text = memory_text(part);
    if (options->text_count < sizeof options->texts / sizeof options->texts[0]) {
        options->texts[options->text_count++] = text;
    }
    return text;
}

size_t serve_find_octet(struct span text, uint8_t octet)
{
    size_t i = 0;
    while (i < text.len && text.ptr[i] != octet) {
        i++;
    }
    return i;
}

bool serve_read_number(struct span text, uint64_t max, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || *out > max / 10) {
            return false;
        }
        *out = *out * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return text.len != 0 && *out <= max;
}

/* "host:port", "[::1]:port", ":port", "port", "host", "/path" */
static bool read_address(struct serve_options *options, struct span text,
                         struct server_address *out)
{
    uint64_t port = 0;
    if (text.len != 0 && text.ptr[0] == '/') {
        out->unix_path = serve_keep(options, text);
        return true;
    }
    if (serve_read_number(text, UINT16_MAX, &port)) {
        out->port = (uint16_t)port;
        return true;
    }
    struct span host;
    struct span rest = {0};
    if (text.len != 0 && text.ptr[0] == '[') {
        size_t end = serve_find_octet(text, ']');
        if (end == text.len || end == 1) {
            return false;
        }
        host = span_sub(text, 1, end - 1);
        rest = span_from(text, end + 1);
    } else {
        size_t end = serve_find_octet(text, ':');
        host = span_sub(text, 0, end);
        rest = span_from(text, end);
    }
    if (rest.len != 0 &&
        (rest.ptr[0] != ':' || !serve_read_number(span_from(rest, 1), UINT16_MAX, &port))) {
        return false;
    }
    uint64_t number = 0;
    if (serve_read_number(host, UINT64_MAX, &number)) {
        return false; /* no port is so great */
    }
    if (host.len != 0) {
        out->host = serve_keep(options, host);
    }
    out->port = rest.len != 0 ? (uint16_t)port : out->port;
    return true;
}

static int read_addresses(const struct arguments *arguments, struct serve_options *options)
{
    size_t count = 0;
    for (size_t i = 0; i < DOOR_COUNT; i++) {
        size_t position = 0;
        const char *value = NULL;
        while ((value = arguments_next(arguments, doors[i].name, &position)) != NULL) {
            if (count == SERVE_LIST_MAX) {
                return serve_too_many(arguments, doors[i].name);
            }
            struct server_address *address = &options->addresses[count++];
            *address = (struct server_address){
                .protocol = doors[i].protocol, .tls = doors[i].tls, .port = doors[i].port};
            if (!read_address(options, span_text(value), address)) {
                return usage_error(arguments->command,
                                   "--%s: %s is no address (HOST:PORT, [IPV6]:PORT, PORT or "
                                   "/PATH)",
                                   doors[i].name, value);
            }
        }
    }
    size_t given = count;
    for (size_t i = 0; given == 0 && i < DOOR_COUNT; i++) {
        if (doors[i].standard) {
            options->addresses[count++] = (struct server_address){
                .protocol = doors[i].protocol, .tls = doors[i].tls, .port = doors[i].port};
        }
    }
    options->config.addresses = options->addresses;
    options->config.address_count = count;
    return EXIT_NOTHING;
}

/* RFC 5321 section 4.1.2: Dot-string; what stands before the "@" of an address. */
static bool is_user_name(struct span name)
{
    struct parse p;
    struct smtp_mailbox mailbox = {.quoted = false};
    parse_init(&p, name, 0, NULL);
    return smtp_parse_local_part(&p, &mailbox) == PARSE_OK && parse_at_end(&p) && !mailbox.quoted &&
           name.len <= LOCAL_PART_MAX;
}

/* RFC 4616 section 2: passwd = 1*SAFE, without NUL; a line of POP3 cannot hold the other controls.
 */
static bool is_password(struct span password)
{
    for (size_t i = 0; i < password.len; i++) {
        if (password.ptr[i] < ' ' || password.ptr[i] == 0x7f) {
            return false;
        }
    }
    return password.len != 0;
}

/* What is said here does not show the password. */
static int read_user(const struct arguments *arguments, struct serve_options *options,
                     struct span text)
{
    size_t colon = serve_find_octet(text, ':');
    struct span name = span_sub(text, 0, colon);
    struct span password = span_from(text, colon + 1);
    if (colon == text.len) {
        return usage_error(arguments->command, "--user: expected NAME:PASSWORD; there is no \":\"");
    }
    if (options->config.user_count == SERVE_LIST_MAX) {
        return serve_too_many(arguments, "user");
    }
    const char *kept = serve_keep(options, name);
    if (!is_user_name(name)) {
        return usage_error(arguments->command,
                           "--user: \"%s\" is no name: expected what stands before the \"@\" of an "
                           "address; --domain gives the rest",
                           kept);
    }
    if (!is_password(password)) {
        return usage_error(arguments->command,
                           "--user: the password of %s is empty or holds a control character",
                           kept);
    }
    for (size_t i = 0; i < options->config.user_count; i++) {
        if (span_is(name, options->users[i].name)) {
            return usage_error(arguments->command, "--user: %s is there twice", kept);
        }
    }
    options->users[options->config.user_count++] =
        (struct server_user){kept, serve_keep(options, password)};
    return EXIT_NOTHING;
}

static int read_users(const struct arguments *arguments, struct serve_options *options)
{
    size_t position = 0;
    const char *value = NULL;
    int code = EXIT_NOTHING;
    while (code == EXIT_NOTHING && (value = arguments_next(arguments, "user", &position)) != NULL) {
        code = read_user(arguments, options, span_text(value));
    }
    options->config.users = options->users;
    return code;
}

/* RFC 5321 section 4.5.3.1.2: at most 255 octets. ascii: RFC 6531 section 3.7.1, a server names
   itself without UTF-8. */
static int read_domain(const struct arguments *arguments, const char *option, bool ascii,
                       const char **out)
{
    struct parse p;
    struct smtp_host host = {.utf8 = false};
    *out = arguments_value(arguments, option);
    struct span text = span_text(*out == NULL ? "" : *out);
    parse_init(&p, text, 0, NULL);
    bool ok = *out == NULL || (smtp_parse_host(&p, &host) == PARSE_OK && parse_at_end(&p) &&
                               text.len <= DOMAIN_MAX && !(ascii && host.utf8));
    return ok ? EXIT_NOTHING
              : usage_error(arguments->command,
                            "--%s: \"%s\" is no domain: expected a name of letters, digits, \"-\" "
                            "and \".\", as mail.example.test, or [ADDRESS]%s",
                            option, *out, host.utf8 && ascii ? ", in ASCII" : "");
}

static bool read_numbers(const struct arguments *arguments, struct server_config *config)
{
    uint64_t split = 0;
    uint64_t connections = 0;
    uint64_t errors = 0;
    bool ok =
        arguments_number(arguments, "split", 1, 1U << 20, &split) &&
        arguments_number(arguments, "max-connections", 1, 1000000, &connections) &&
        arguments_number(arguments, "max-errors", 1, 1000000, &errors) &&
        arguments_number(arguments, "max-message", 1, UINT64_MAX / 4,
                         &config->limits.message_octets_max) &&
        arguments_number(arguments, "quota", 1, UINT64_MAX / 4, &config->limits.user_octets_max);
    config->split = (size_t)split;
    /* Without a pause the client's system would put them together again. */
    config->split_gap_ms = 1;
    config->connections_max = (size_t)connections;
    config->service.errors_max = (unsigned)errors;
    return ok;
}

/* What says something about certificates, where there are none. */
static int check_tls(const struct arguments *arguments, const struct server_config *config)
{
    static const char *const names[] = {"cert", "key", "save-ca"};
    bool tls = config->tls;
    for (size_t i = 0; i < config->address_count; i++) {
        tls = tls || config->addresses[i].tls;
    }
    for (size_t i = 0; !tls && i < sizeof names / sizeof *names; i++) {
        if (arguments_value(arguments, names[i]) != NULL) {
            return usage_error(arguments->command, "--%s wants --tls, or an address inside TLS",
                               names[i]);
        }
    }
    if (config->key_file != NULL && config->cert_file == NULL) {
        return usage_error(arguments->command, "--key wants --cert");
    }
    return EXIT_NOTHING;
}

int serve_options_read(const struct arguments *arguments, struct serve_options *out)
{
    struct server_config *config = &out->config;
    config->mbox = arguments_value(arguments, "mbox");
    config->maildir = arguments_value(arguments, "maildir");
    config->tls = arguments_value(arguments, "tls") != NULL;
    config->cert_file = arguments_value(arguments, "cert");
    config->key_file = arguments_value(arguments, "key");
    config->ca_file = arguments_value(arguments, "save-ca");
    const char *target = arguments_value(arguments, "target");
    if (target != NULL && strcmp(target, "-") != 0 && config->ca_file == NULL) {
        /* Who tests this server has to trust it. */
        char *path = memory_format("%s.ca.pem", target);
        config->ca_file = serve_keep(out, span_text(path));
        memory_free(path);
    }
    config->service.secure_only = arguments_value(arguments, "secure-only") != NULL;
    if (!read_numbers(arguments, config)) {
        return EXIT_USAGE;
    }
    int code = read_domain(arguments, "domain", false, &config->domain);
    if (code == EXIT_NOTHING) {
        code = read_domain(arguments, "host-name", true, &config->host_name);
    }
    if (code == EXIT_NOTHING) {
        code = read_addresses(arguments, out);
    }
    if (code == EXIT_NOTHING) {
        code = check_tls(arguments, config);
    }
    if (code == EXIT_NOTHING) {
        code = read_users(arguments, out);
    }
    return code;
}

void serve_options_fini(struct serve_options *options)
{
    for (size_t i = 0; i < options->text_count; i++) {
        memory_free(options->texts[i]);
    }
    options->text_count = 0;
}
