/* SPDX-License-Identifier: MIT */
#include "cli/serve_options.h"

#include "cli/fault_name.h"
#include "net/memory.h"

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

const char *serve_address_name(const struct server_address *address)
{
    for (size_t i = 0; i < DOOR_COUNT; i++) {
        if (doors[i].protocol == address->protocol && doors[i].tls == address->tls) {
            return doors[i].name;
        }
    }
    return "";
}

static int too_many(const struct arguments *arguments, const char *name)
{
    return usage_error(arguments->command, "--%s is given too often", name);
}

/* A copy of a part of an argument, which lives as long as the options. */
static const char *keep(struct serve_options *options, struct span part)
{
    char *text = memory_text(part);
    if (options->text_count < sizeof options->texts / sizeof options->texts[0]) {
        options->texts[options->text_count++] = text;
    }
    return text;
}

static size_t find_octet(struct span text, uint8_t octet)
{
    size_t i = 0;
    while (i < text.len && text.ptr[i] != octet) {
        i++;
    }
    return i;
}

/* Digits up to a maximum. */
static bool read_number(struct span text, uint64_t max, uint64_t *out)
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
        out->unix_path = keep(options, text);
        return true;
    }
    if (read_number(text, UINT16_MAX, &port)) {
        out->port = (uint16_t)port;
        return true;
    }
    struct span host;
    struct span rest = {0};
    if (text.len != 0 && text.ptr[0] == '[') {
        size_t end = find_octet(text, ']');
        host = span_sub(text, 1, end - 1);
        rest = span_from(text, end + 1);
    } else {
        size_t end = find_octet(text, ':');
        host = span_sub(text, 0, end);
        rest = span_from(text, end);
    }
    if (rest.len != 0 &&
        (rest.ptr[0] != ':' || !read_number(span_from(rest, 1), UINT16_MAX, &port))) {
        return false;
    }
    if (host.len != 0) {
        out->host = keep(options, host);
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
                return too_many(arguments, doors[i].name);
            }
            struct server_address *address = &options->addresses[count++];
            *address = (struct server_address){
                .protocol = doors[i].protocol, .tls = doors[i].tls, .port = doors[i].port};
            if (!read_address(options, span_text(value), address)) {
                return usage_error(arguments->command,
                                   "--%s: %s is no address (HOST:PORT, PORT or /PATH)",
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

static int read_users(const struct arguments *arguments, struct serve_options *options)
{
    size_t position = 0;
    const char *value = NULL;
    while ((value = arguments_next(arguments, "user", &position)) != NULL) {
        struct span text = span_text(value);
        size_t colon = find_octet(text, ':');
        if (colon == 0 || colon == text.len) {
            return usage_error(arguments->command, "--user wants NAME:PASSWORD");
        }
        if (options->config.user_count == SERVE_LIST_MAX) {
            return too_many(arguments, "user");
        }
        for (size_t i = 0; i < options->config.user_count; i++) {
            if (span_equal(span_text(options->users[i].name), span_sub(text, 0, colon))) {
                return usage_error(arguments->command, "--user: %s is there twice",
                                   options->users[i].name);
            }
        }
        options->users[options->config.user_count++] = (struct server_user){
            keep(options, span_sub(text, 0, colon)), keep(options, span_from(text, colon + 1))};
    }
    options->config.users = options->users;
    return EXIT_NOTHING;
}

/* Comma-separated words of all values of an option. */
static int read_words(const struct arguments *arguments, const char *name,
                      struct serve_options *options, const char **list)
{
    size_t position = 0;
    size_t count = 0;
    const char *value = NULL;
    while ((value = arguments_next(arguments, name, &position)) != NULL) {
        for (struct span rest = span_text(value); rest.len != 0;) {
            size_t comma = find_octet(rest, ',');
            if (count == SERVE_LIST_MAX) {
                return too_many(arguments, name);
            }
            if (comma != 0) {
                list[count++] = keep(options, span_sub(rest, 0, comma));
            }
            rest = span_from(rest, comma + 1);
        }
    }
    return EXIT_NOTHING;
}

static int read_faults(const struct arguments *arguments, struct serve_options *options)
{
    const char *names[SERVE_LIST_MAX + 1] = {NULL};
    int code = read_words(arguments, "fault", options, names);
    for (size_t i = 0; code == EXIT_NOTHING && names[i] != NULL; i++) {
        enum fault fault = fault_by_name(span_text(names[i]));
        if (fault == FAULT_COUNT) {
            return fault_name_unknown(arguments->command, names[i]);
        }
        fault_set_add(&options->config.service.faults, fault);
    }
    return code;
}

/* "RCPT bob@*: 451 4.7.1 later": the verb, perhaps a glob, a colon and a space, the reply. */
static int read_overrides(const struct arguments *arguments, struct serve_options *options)
{
    size_t position = 0;
    size_t count = 0;
    const char *value = NULL;
    while ((value = arguments_next(arguments, "reply", &position)) != NULL) {
        struct span text = span_text(value);
        size_t colon = 0;
        while (colon < text.len && !span_equal(span_sub(text, colon, 2), SPAN_LIT(": "))) {
            colon++;
        }
        if (colon == 0 || colon == text.len) {
            return usage_error(arguments->command, "--reply wants \"COMMAND [GLOB]: REPLY\"");
        }
        if (count == SERVE_LIST_MAX) {
            return too_many(arguments, "reply");
        }
        struct span head = span_sub(text, 0, colon);
        size_t space = find_octet(head, ' ');
        options->overrides[count++] = (struct reply_override){
            .verb = keep(options, span_sub(head, 0, space)),
            .argument = space < head.len ? keep(options, span_from(head, space + 1)) : NULL,
            .reply = keep(options, span_from(text, colon + 2))};
    }
    options->config.service.overrides = options->overrides;
    return EXIT_NOTHING;
}

/* "5s", "200ms" */
static bool read_time(struct span text, uint64_t *ms)
{
    bool short_unit = text.len > 2 && span_is(span_from(text, text.len - 2), "ms");
    bool seconds = !short_unit && text.len > 1 && text.ptr[text.len - 1] == 's';
    text.len -= short_unit ? 2 : seconds ? 1 : 0;
    if ((!short_unit && !seconds) || !read_number(text, 86400000, ms)) {
        return false;
    }
    *ms *= seconds ? 1000 : 1;
    return true;
}

static int read_delays(const struct arguments *arguments, struct serve_options *options)
{
    size_t position = 0;
    size_t count = 0;
    const char *value = NULL;
    while ((value = arguments_next(arguments, "delay", &position)) != NULL) {
        struct span text = span_text(value);
        size_t equals = find_octet(text, '=');
        uint64_t ms = 0;
        if (equals == 0 || !read_time(span_from(text, equals + 1), &ms)) {
            return usage_error(arguments->command, "--delay wants COMMAND=TIME, as in DATA=5s");
        }
        if (count == SERVE_LIST_MAX) {
            return too_many(arguments, "delay");
        }
        options->delays[count++] =
            (struct reply_delay){keep(options, span_sub(text, 0, equals)), ms};
    }
    options->config.service.delays = options->delays;
    return EXIT_NOTHING;
}

static int read_lists(const struct arguments *arguments, struct serve_options *options)
{
    struct service_config *service = &options->config.service;
    service->drop_after = options->drop_after;
    service->hide = options->hide;
    service->offer = options->offer;
    int code = read_words(arguments, "drop-after", options, options->drop_after);
    if (code == EXIT_NOTHING) {
        code = read_words(arguments, "hide", options, options->hide);
    }
    if (code == EXIT_NOTHING) {
        code = read_words(arguments, "offer", options, options->offer);
    }
    if (code == EXIT_NOTHING) {
        code = read_overrides(arguments, options);
    }
    if (code == EXIT_NOTHING) {
        code = read_delays(arguments, options);
    }
    return code == EXIT_NOTHING ? read_faults(arguments, options) : code;
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
    config->domain = arguments_value(arguments, "domain");
    config->host_name = arguments_value(arguments, "host-name");
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
        config->ca_file = keep(out, span_text(path));
        memory_free(path);
    }
    config->service.secure_only = arguments_value(arguments, "secure-only") != NULL;
    if (!read_numbers(arguments, config)) {
        return EXIT_USAGE;
    }
    int code = read_addresses(arguments, out);
    if (code == EXIT_NOTHING) {
        code = check_tls(arguments, config);
    }
    if (code == EXIT_NOTHING) {
        code = read_users(arguments, out);
    }
    return code == EXIT_NOTHING ? read_lists(arguments, out) : code;
}

void serve_options_fini(struct serve_options *options)
{
    for (size_t i = 0; i < options->text_count; i++) {
        memory_free(options->texts[i]);
    }
    options->text_count = 0;
}
