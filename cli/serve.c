/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/serve_misbehave.h"
#include "cli/serve_options.h"
#include "cli/serve_target.h"
#include "net/memory.h"

static const struct option options[] = {
    {0, "smtp", "ADDR", "speak SMTP at HOST:PORT, PORT (0: a free one) or /PATH of a unix socket"},
    {0, "submission", "ADDR", "speak submission: SMTP that wants authentication"},
    {0, "lmtp", "ADDR", "speak LMTP"},
    {0, "pop3", "ADDR", "speak POP3"},
    {0, "imap", "ADDR", "speak IMAP"},
    {0, "smtps", "ADDR", "speak SMTP inside TLS from the start"},
    {0, "submissions", "ADDR", "speak submission inside TLS from the start"},
    {0, "pop3s", "ADDR", "speak POP3 inside TLS from the start"},
    {0, "imaps", "ADDR", "speak IMAP inside TLS from the start"},
    {0, "tls", NULL, "offer STARTTLS and STLS, with a throw-away certificate if none is given"},
    {0, "cert", "FILE", "the server's certificates, PEM"},
    {0, "key", "FILE", "the certificate's key, PEM, if it is not in the same file"},
    {0, "save-ca", "FILE", "write the throw-away authority's certificate there"},
    {0, "secure-only", NULL, "take passwords in the clear only inside TLS"},
    {0, "user", "NAME:PASSWORD", "a user; without any there are alice:secret1 and bob:secret2"},
    {0, "domain", "NAME", "the domain whose mail is taken, example.test if not given"},
    {0, "host-name", "NAME", "the server's own name, mail.example.test if not given"},
    {0, "mbox", "FILE", "put the messages of this mbox into the first user's INBOX"},
    {0, "maildir", "FOLDER", "put the messages of this Maildir into the first user's INBOX"},
    {0, "fault", "NAME", "misbehave in this way (several with commas); see list --faults"},
    {0, "reply", "CMD: REPLY", "answer this command so: 'RCPT bob@*: 451 4.7.1 later'"},
    {0, "drop-after", "CMD", "close the connection behind the answer to this command"},
    {0, "delay", "CMD=TIME", "wait before the answer to this command: DATA=5s"},
    {0, "split", "N", "send in writes of N octets, 1 ms apart"},
    {0, "hide", "CAP", "do not announce this capability"},
    {0, "offer", "CAP", "announce this capability besides"},
    {0, "max-connections", "N", "clients at once"},
    {0, "max-errors", "N", "bad commands of a client before it is sent away"},
    {0, "max-message", "N", "octets of a message"},
    {0, "quota", "N", "octets of a user's messages"},
    {0, "target", "FILE",
     "write a target file of this server, for postel check -t FILE (- is the standard output)"},
    {0, "json", NULL, "print the addresses as one JSON object in a line"},
};

static void print_json(const struct server *server, const struct server_config *config)
{
    json_t *addresses = json_array();
    for (size_t i = 0; i < config->address_count; i++) {
        (void)json_array_append_new(addresses, json_pack("{s:s, s:b, s:s, s:i}", "protocol",
                                                         serve_address_name(&config->addresses[i]),
                                                         "tls", (int)config->addresses[i].tls,
                                                         "address", server_address(server, i),
                                                         "port", (int)server_port(server, i)));
    }
    json_t *object = json_pack("{s:s, s:o}", "event", "ready", "addresses", addresses);
    char *text = json_dumps(object, JSON_COMPACT);
    (void)puts(text == NULL ? "{}" : text);
    free(text);
    json_decref(object);
}

static void print_addresses(const struct server *server, const struct server_config *config)
{
    for (size_t i = 0; i < config->address_count; i++) {
        (void)printf("%-11s %s\n", serve_address_name(&config->addresses[i]),
                     server_address(server, i));
    }
    (void)puts("ready");
}

static void stop(void *loop, int number)
{
    (void)number;
    loop_stop(loop);
}

static int serve(const struct arguments *arguments, const struct serve_options *read)
{
    char *error = NULL;
    struct loop *loop = loop_new();
    struct server *server = server_start(loop, &read->config, &error);
    if (server == NULL) {
        (void)fprintf(stderr, "postel: %s\n", error);
        memory_free(error);
        loop_free(&loop);
        return EXIT_INTERNAL;
    }
    loop_on_signal(loop, stop, loop);
    const char *target = arguments_value(arguments, "target");
    if (target != NULL && !serve_target_write(server, &read->config, target)) {
        server_stop(&server);
        loop_free(&loop);
        return EXIT_INTERNAL;
    }
    if (arguments_value(arguments, "json") != NULL) {
        print_json(server, &read->config);
    } else {
        print_addresses(server, &read->config);
    }
    (void)fflush(stdout);
    loop_run(loop);
    server_shut_down(server);
    server_stop(&server);
    loop_free(&loop);
    return EXIT_NOTHING;
}

static int run(const struct arguments *arguments)
{
    struct serve_options *read = memory_zero(1, sizeof *read);
    int code = arguments->word_count == 0
                   ? serve_options_read(arguments, read)
                   : usage_error(&serve_command, "%s: no words are wanted", arguments->words[0]);
    if (code == EXIT_NOTHING) {
        code = serve_misbehave_read(arguments, read);
    }
    if (code == EXIT_NOTHING) {
        code = serve(arguments, read);
    }
    serve_options_fini(read);
    memory_free(read);
    return code;
}

const struct command serve_command = {
    .name = "serve",
    .synopsis = "[OPTION…]",
    .summary = "be a mail server: one store behind SMTP, LMTP, POP3 and IMAP",
    .text =
        "Runs a mail server on loopback until SIGTERM or SIGINT. All mail is in memory and gone "
        "when it ends; what comes in by SMTP or LMTP is there by POP3 and IMAP at once. Without "
        "an address it listens on 127.0.0.1, ports 2525 (SMTP), 2587 (submission), 2424 (LMTP), "
        "2110 (POP3), 2143 (IMAP). It prints each address in a line and then \"ready\". --target "
        "writes a file with which postel check -t FILE tests it.\n"
        "With --fault it breaks rules, one for each fault: what a client makes of that, and "
        "whether a test suite sees it, is the point. --reply, --drop-after, --delay, --split, "
        "--hide and --offer make it behave badly in ways that are legal.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
