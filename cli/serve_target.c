/* SPDX-License-Identifier: MIT */
#include "cli/serve_target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/serve_options.h"
#include "net/memory.h"
#include "reports/text_file.h"

static bool speaks(const struct server_config *config, enum protocol protocol)
{
    for (size_t i = 0; i < config->address_count; i++) {
        if (config->addresses[i].protocol == protocol) {
            return true;
        }
    }
    return false;
}

static void append_urls(struct buffer *out, const struct server *server,
                        const struct server_config *config)
{
    for (size_t i = 0; i < config->address_count; i++) {
        const struct server_address *address = &config->addresses[i];
        bool plain = address->unix_path == NULL;
        char *line = memory_format("url = %s%s://%s\n", serve_address_name(address),
                                   plain ? "" : "+unix", server_address(server, i));
        buffer_text(out, line);
        memory_free(line);
    }
}

static void append_users(struct buffer *out, const struct server_config *config, const char *domain)
{
    size_t count = 0;
    const struct server_user *users = server_users(config, &count);
    for (size_t i = 0; i < count; i++) {
        char *section =
            memory_format("\n[user %s]\naddress = %s@%s\nlogin = %s\npassword = %s\n",
                          users[i].name, users[i].name, domain, users[i].name, users[i].password);
        buffer_text(out, section);
        memory_free(section);
    }
}

/* What comes in by one protocol goes out by another: "smtp -> imap pop3 : alice within 10s". */
static void append_delivery(struct buffer *out, const struct server_config *config)
{
    bool smtp = speaks(config, PROTOCOL_SMTP);
    bool pop3 = speaks(config, PROTOCOL_POP3);
    bool imap = speaks(config, PROTOCOL_IMAP);
    size_t count = 0;
    const struct server_user *users = server_users(config, &count);
    if ((smtp || speaks(config, PROTOCOL_LMTP)) && (pop3 || imap)) {
        char *line = memory_format("delivery = %s ->%s%s : %s within 10s\n", smtp ? "smtp" : "lmtp",
                                   imap ? " imap" : "", pop3 ? " pop3" : "", users[0].name);
        buffer_text(out, line);
        memory_free(line);
    }
}

char *serve_target_text(const struct server *server, const struct server_config *config)
{
    const char *domain = config->domain == NULL ? "example.test" : config->domain;
    struct buffer out = {0};
    buffer_text(&out, "[target]\nname = postel serve\n");
    append_urls(&out, server, config);
    char *path = config->ca_file == NULL ? NULL : realpath(config->ca_file, NULL);
    char *tls = path == NULL ? memory_text(SPAN_LIT("\n[tls]\nverify = no\n"))
                             : memory_format("\n[tls]\nca = %s\n", path);
    buffer_text(&out, tls);
    append_users(&out, config, domain);
    char *declare = memory_format("\n[declare]\nrcpt.bad = nobody@%s\n", domain);
    buffer_text(&out, declare);
    append_delivery(&out, config);
    if (speaks(config, PROTOCOL_IMAP)) {
        /* What changes is told during IDLE so soon. */
        buffer_text(&out, "push = 2s\n");
    }
    char *text = memory_text(buffer_span(&out));
    memory_free(declare);
    memory_free(tls);
    free(path);
    buffer_fini(&out);
    return text;
}

bool serve_target_write(const struct server *server, const struct server_config *config,
                        const char *path)
{
    struct text_file file = {0};
    char *text = serve_target_text(server, config);
    mode_t mask = umask(S_IRWXG | S_IRWXO);
    bool ok = text_file_open(&file, path);
    ok = ok && fputs(text, file.stream) >= 0 && text_file_close(&file);
    int error = errno;
    (void)umask(mask);
    if (!ok) {
        text_file_abandon(&file);
        (void)fprintf(stderr, "postel: %s: cannot be written: %s\n", path, strerror(error));
    }
    memory_wipe(text, strlen(text));
    memory_free(text);
    return ok;
}
