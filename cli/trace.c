/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "net/loop.h"
#include "net/memory.h"
#include "net/outlet.h"
#include "net/tls.h"
#include "net/tls_ca.h"
#include "reports/visible.h"
#include "scenarios/engine/url.h"
#include "trace/cut.h"
#include "trace/proxy.h"
#include "trace/redact.h"

enum {
    SHOWN = 100,               /* octets of a unit that a finding shows */
    PRINT_LIMIT = 1024 * 1024, /* octets that wait for somebody to read them */
    PRINT_PATIENCE = 1000,     /* milliseconds for the rest of them at the end */
};

/* What is kept of a connection for --cut. */
struct kept {
    struct kept *next;
    unsigned serial;
    struct cut *cut;
};

struct tracing {
    const char *cut_folder; /* or NULL */
    struct kept *kept;
    struct loop *loop;
    struct outlet *out; /* standard output and standard error: nobody need read them */
    struct outlet *err;
    struct url url;
    FILE *save; /* or NULL */
    bool redact;
    uint64_t started_us;
    size_t violations;
    size_t notes;
    bool interrupted;
};

static void save_stamp(const struct tracing *t, unsigned serial)
{
    uint64_t us = loop_now_us(t->loop) - t->started_us;
    (void)fprintf(t->save, "%" PRIu64 ".%06" PRIu64 " %u ", us / 1000000, us % 1000000, serial);
}

static struct cut *kept_find(const struct tracing *t, unsigned serial)
{
    struct kept *k = t->kept;
    while (k != NULL && k->serial != serial) {
        k = k->next;
    }
    return k == NULL ? NULL : k->cut;
}

static void kept_open(struct tracing *t, unsigned serial)
{
    struct kept *k = memory_zero(1, sizeof *k);
    *k = (struct kept){.next = t->kept, .serial = serial, .cut = cut_new(t->url.protocol)};
    t->kept = k;
}

static void kept_close(struct tracing *t, unsigned serial)
{
    struct kept **at = &t->kept;
    while (*at != NULL && (*at)->serial != serial) {
        at = &(*at)->next;
    }
    struct kept *k = *at;
    if (k != NULL) {
        *at = k->next;
        cut_free(&k->cut);
        memory_free(k);
    }
}

/* Writes the scenario that reproduces a server's fault, and prints where. */
static void kept_write(const struct tracing *t, FILE *out, unsigned serial,
                       const struct finding *finding)
{
    const struct cut *cut = kept_find(t, serial);
    if (cut == NULL || finding->side != SIDE_SERVER) {
        return;
    }
    char *error = NULL;
    char *file = cut_write(cut, t->cut_folder, serial, finding, &error);
    if (file != NULL) {
        (void)fprintf(out, "      written: %s\n", file);
    } else {
        (void)fprintf(out, "      not written: %s\n", error);
    }
    memory_free(file);
    memory_free(error);
}

static void opened(void *context, unsigned serial, const char *peer)
{
    struct tracing *t = context;
    (void)fprintf(outlet_begin(t->err), "connection %u from %s\n", serial, peer);
    outlet_end(t->err);
    if (t->cut_folder != NULL) {
        kept_open(t, serial);
    }
    if (t->save != NULL) {
        save_stamp(t, serial);
        (void)fputs("open\n", t->save);
    }
}

static void closed(void *context, unsigned serial, const char *reason)
{
    struct tracing *t = context;
    (void)fprintf(outlet_begin(t->err), "connection %u ended: %s\n", serial, reason);
    outlet_end(t->err);
    kept_close(t, serial);
    if (t->save != NULL) {
        save_stamp(t, serial);
        (void)fputs("close\n", t->save);
        (void)fflush(t->save);
    }
}

/* What comes before a literal: it holds no secret, as those are in literals or behind them. */
static void part(void *context, unsigned serial, struct span octets)
{
    struct tracing *t = context;
    if (t->save != NULL) {
        save_stamp(t, serial);
        (void)fputs("C \"", t->save);
        visible_print_quoted(t->save, octets);
        (void)fputs("\"\n", t->save);
    }
}

static void unit(void *context, unsigned serial, const struct session_event *event, size_t told)
{
    struct tracing *t = context;
    struct cut *cut = kept_find(t, serial);
    if (cut != NULL) {
        cut_add(cut, event);
    }
    if (t->save == NULL) {
        return;
    }
    uint8_t *copy = memory_copy(event->unit.octets);
    if (t->redact) {
        redact_unit(t->url.protocol, event, copy, event->unit.octets.len);
    }
    save_stamp(t, serial);
    (void)fputs(event->side == SIDE_CLIENT ? "C \"" : "S \"", t->save);
    visible_print_quoted(t->save, span_from((struct span){copy, event->unit.octets.len}, told));
    (void)fputs("\"\n", t->save);
    memory_free(copy);
}

static void found(void *context, unsigned serial, const struct finding *finding)
{
    struct tracing *t = context;
    const struct rule_info *info = rule_info(finding->rule);
    if (finding->consequence) {
        return;
    }
    if (level_is_must(info->level)) {
        t->violations++;
    } else {
        t->notes++;
    }
    FILE *out = outlet_begin(t->out);
    (void)fprintf(out, "%u: the %s %s %s  %s  (%s, %s)\n      %c: ", serial,
                  side_text(finding->side),
                  level_is_must(info->level) ? "breaks a" : "does not follow a",
                  level_text(info->level), info->name, info->cite, severity_text(info->severity),
                  finding->side == SIDE_CLIENT ? 'C' : 'S');
    uint8_t *copy = memory_copy(finding->unit);
    /* It may be a response of SASL as well as a command. */
    const struct session_event event = {
        .kind = EVENT_BROKEN, .side = finding->side, .unit = {.octets = finding->unit}};
    if (t->redact) {
        redact_unit(t->url.protocol, &event, copy, finding->unit.len);
    }
    (void)visible_print(out, (struct span){copy, finding->unit.len}, SHOWN);
    (void)fprintf(out, "\n      octet %" PRIu64 ": %s\n", finding->off,
                  finding->text == NULL ? "" : finding->text);
    if (info->quote[0] != '\0') {
        (void)fprintf(out, "      \"%s\"\n", info->quote);
    }
    memory_free(copy);
    kept_write(t, out, serial, finding);
    outlet_end(t->out);
}

static void stop(void *context, int signal)
{
    struct tracing *t = context;
    (void)signal;
    t->interrupted = true;
    loop_stop(t->loop);
}

/* "HOST:PORT", ":PORT" or "PORT" into host (new text, or NULL) and port. */
static bool listen_parse(const char *text, char **host, uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    const char *digits = colon == NULL ? text : colon + 1;
    char *end = NULL;
    unsigned long number = strtoul(digits, &end, 10);
    if (digits[0] < '0' || digits[0] > '9' || *end != '\0' || number > UINT16_MAX) {
        return false;
    }
    struct span name = {(const uint8_t *)text, colon == NULL ? 0 : (size_t)(colon - text)};
    if (name.len > 2 && name.ptr[0] == '[') {
        name = span_sub(name, 1, name.len - 2);
    }
    *host = name.len > 0 ? memory_text(name) : NULL;
    *port = (uint16_t)number;
    return true;
}

/* What ends TLS on both sides; false after a message. */
static bool tls_prepare(const struct tracing *t, const struct arguments *arguments,
                        struct tls_ca *ca, struct proxy_config *config)
{
    static const enum tls_verify verify[] = {[URL_VERIFY_CA] = TLS_VERIFY_FULL,
                                             [URL_VERIFY_NO] = TLS_VERIFY_NO,
                                             [URL_VERIFY_PIN] = TLS_VERIFY_PIN};
    char *error = NULL;
    const char *const names[] = {t->url.host == NULL ? "localhost" : t->url.host, "localhost",
                                 "127.0.0.1", NULL};
    struct tls_leaf leaf = {0};
    tls_ca_issue(ca, names, 30, &leaf);
    const struct tls_server_config server = {.cert_pem = leaf.cert_pem, .key_pem = leaf.key_pem};
    const struct tls_client_config client = {
        .verify = verify[t->url.verify], .ca_file = t->url.ca, .pin = t->url.pin};
    const char *save = arguments_value(arguments, "save-ca");
    bool ok = save == NULL || tls_ca_save(ca, save, &error);
    config->to_client = ok ? tls_context_server(&server, &error) : NULL;
    config->to_server = config->to_client != NULL ? tls_context_client(&client, &error) : NULL;
    if (config->to_server == NULL) {
        (void)fprintf(stderr, "postel: %s\n", error == NULL ? "TLS cannot be set up" : error);
    }
    memory_free(error);
    tls_leaf_fini(&leaf);
    return config->to_server != NULL;
}

/* The summary: where nobody reads standard output, on standard error. */
static void finish_printing(const struct tracing *t)
{
    size_t lost = 0;
    (void)fprintf(outlet_begin(t->out), "%zu violations, %zu notes\n", t->violations, t->notes);
    outlet_end_kept(t->out);
    if (!outlet_finish(t->out, PRINT_PATIENCE, &lost)) {
        (void)fprintf(outlet_begin(t->err),
                      "postel: standard output was not read to its end: %zu findings not printed\n"
                      "%zu violations, %zu notes\n",
                      lost, t->violations, t->notes);
        outlet_end_kept(t->err);
    }
    /* Where nobody reads that either, nobody can be told. */
    bool told = outlet_finish(t->err, PRINT_PATIENCE, &lost);
    (void)told;
}

static int run(struct tracing *t, const struct proxy_config *config)
{
    char *error = NULL;
    struct proxy *proxy = proxy_new(t->loop, config, &error);
    if (proxy == NULL) {
        (void)fprintf(stderr, "postel: %s\n", error == NULL ? "cannot listen" : error);
        memory_free(error);
        return EXIT_INTERNAL;
    }
    loop_on_signal(t->loop, stop, t);
    char *upstream = url_text(&t->url);
    (void)fprintf(outlet_begin(t->out), "listening on %s for %s\n", proxy_address(proxy), upstream);
    outlet_end_kept(t->out);
    memory_free(upstream);
    loop_run(t->loop);
    proxy_free(&proxy);
    finish_printing(t);
    return t->violations > 0 ? EXIT_FINDINGS : EXIT_NOTHING;
}

static int prepare_and_run(struct tracing *t, const struct arguments *arguments)
{
    struct proxy_config config = {.upstream_host = t->url.host,
                                  .upstream_unix = t->url.path,
                                  .upstream_port = t->url.port,
                                  .upstream_name = t->url.sni,
                                  .protocol = t->url.protocol,
                                  .tls = t->url.tls,
                                  .opened = opened,
                                  .unit = unit,
                                  .part = part,
                                  .finding = found,
                                  .closed = closed,
                                  .context = t};
    const char *listen = arguments_value(arguments, "listen");
    char *host = NULL;
    if (listen == NULL || !listen_parse(listen, &host, &config.listen_port)) {
        return usage_error(&trace_command, "--listen needs an address such as 127.0.0.1:1143");
    }
    config.listen_host = host;
    const char *starttls = arguments_value(arguments, "starttls");
    bool passes = starttls != NULL && strcmp(starttls, "pass") == 0;
    struct tls_ca *ca = NULL;
    int code = EXIT_INTERNAL;
    if (!passes || t->url.tls) {
        ca = tls_ca_new("postel trace");
    }
    if (ca == NULL || tls_prepare(t, arguments, ca, &config)) {
        code = run(t, &config);
    }
    tls_context_free(&config.to_client);
    tls_context_free(&config.to_server);
    tls_ca_free(&ca);
    memory_free(host);
    return code;
}

static int trace_run(const struct arguments *arguments)
{
    struct tracing t = {.redact = arguments_count(arguments, "no-redact") == 0};
    struct url_error error;
    if (arguments->word_count != 1) {
        return usage_error(&trace_command, "name one server to stand in front of");
    }
    if (!url_parse(arguments->words[0], &t.url, &error)) {
        return error.secret ? usage_error(&trace_command, "%s", error.text)
                            : usage_error(&trace_command, "%s: octet %zu: %s", arguments->words[0],
                                          error.pos + 1, error.text);
    }
    const char *save = arguments_value(arguments, "save");
    int code = EXIT_INTERNAL;
    t.cut_folder = arguments_value(arguments, "cut");
    if (save != NULL && (t.save = fopen(save, "w")) == NULL) {
        (void)fprintf(stderr, "postel: %s: cannot be written: %s\n", save, strerror(errno));
        url_fini(&t.url);
        return code;
    }
    t.loop = loop_new();
    t.out = outlet_new(t.loop, STDOUT_FILENO, PRINT_LIMIT, "findings");
    t.err = outlet_new(t.loop, STDERR_FILENO, PRINT_LIMIT, "lines");
    t.started_us = loop_now_us(t.loop);
    if (t.save != NULL) {
        (void)fputs("# postel trace 1\n", t.save);
    }
    code = prepare_and_run(&t, arguments);
    if (t.save != NULL && (ferror(t.save) != 0 || fclose(t.save) != 0)) {
        (void)fprintf(stderr, "postel: %s: cannot be written\n", save);
        code = EXIT_INTERNAL;
    }
    outlet_free(&t.out);
    outlet_free(&t.err);
    loop_free(&t.loop);
    url_fini(&t.url);
    return code;
}

static const struct option options[] = {
    {0, "listen", "ADDR",
     "where clients connect: HOST:PORT, or PORT on 127.0.0.1; 0 is a free one"},
    {0, "save", "FILE", "keep the conversations in a trace that postel judge reads"},
    {0, "cut", "FOLDER", "write a scenario for each fault of the server that reproduces it"},
    {0, "no-redact", NULL, "keep and show passwords; without it they become stars"},
    {0, "starttls", "terminate|pass", "end TLS on both sides (default), or let it pass unseen"},
    {0, "save-ca", "FILE", "write the certificate that clients have to trust, PEM"},
};

const struct command trace_command = {
    .name = "trace",
    .synopsis = "--listen ADDR URL",
    .summary = "stand between real clients and a real server, and say who breaks which rule",
    .text = "Passes all octets on as they are, in both directions, and judges both sides while it "
            "does. TLS is ended on both sides with a throw-away certificate, so that what is "
            "inside can be judged. Ends with Ctrl-C; exit 1 when a MUST was broken.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = trace_run,
};
