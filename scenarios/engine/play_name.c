/* SPDX-License-Identifier: MIT */
/* The names whose values steps put in: what the case has bound, what the target declares, what is
   built in. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "net/memory.h"
#include "parsers/core/base64.h"
#include "parsers/message/mime.h"
#include "scenarios/engine/compare.h"
#include "scenarios/engine/play.h"
#include "scenarios/engine/words.h"

static void add_date(struct play *play, const char *form, struct bytes *out)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[64];
    struct tm tm;
    /* One time for the whole case: a message is compared with what it was when it was sent. */
    if (play->now == 0) {
        play->now = time(NULL);
    }
    (void)gmtime_r(&play->now, &tm);
    if (strcmp(form, "now:imap") == 0) {
        (void)snprintf(text, sizeof text, "%02d-%s-%04d %02d:%02d:%02d +0000", tm.tm_mday,
                       months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    } else if (strcmp(form, "now:date") == 0) {
        (void)snprintf(text, sizeof text, "%d-%s-%04d", tm.tm_mday, months[tm.tm_mon],
                       tm.tm_year + 1900);
    } else {
        (void)snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[tm.tm_wday],
                       tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
                       tm.tm_sec);
    }
    bytes_add_text(out, text);
}

static void add_random(struct play *play, const char *count, struct bytes *out)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    unsigned long n = strtoul(count, NULL, 10);
    for (unsigned long i = 0; i < n && i < 100000; i++) {
        play->rand = play->rand * 6364136223846793005U + 1442695040888963407U;
        bytes_add(out, (struct span){(const uint8_t *)&letters[(play->rand >> 33) % 36], 1});
    }
}

const char *play_name_part(const struct play *play, const char *name)
{
    const char *value = target_value(play->config.target, name);
    bool delimiter = name[0] == 'd';
    for (size_t i = 0; value == NULL && i < play->config.probe_count; i++) {
        const struct probe *p = &play->config.probes[i];
        value = delimiter ? p->delimiter : p->prefix;
    }
    return value != NULL ? value : delimiter ? "/" : "";
}

/* The number of our nth message: what IMAP found, or n itself in a maildrop that was there before.
 */
static void add_maildrop_number(struct play *play, unsigned long n, struct bytes *out)
{
    const struct variable *ours = play_variable(play, "maildrop-numbers");
    const char *at = ours != NULL ? (const char *)ours->value.ptr : NULL;
    for (unsigned long i = 1; at != NULL && i < n; i++) {
        at = strchr(at, ',');
        at = at != NULL ? at + 1 : NULL;
    }
    bytes_add_text(out, pool_format(&play->pool, "%lu", at != NULL ? strtoul(at, NULL, 10) : n));
}

/* "seq NAME": the number that the message with this UID has in the connection's mailbox. */
static bool add_sequence(struct play *play, const char *name, struct bytes *out)
{
    for (const struct frozen *f = play->frozen; f != NULL; f = f->next) {
        if (f->channel == play->speaker && strcmp(f->name, name) == 0) {
            bytes_add_text(out, f->number);
            return true;
        }
    }
    const struct channel *c = play->speaker;
    const struct variable *uid = play_variable(play, name + 4);
    if (c == NULL || c->peer == NULL || c->connect->protocol != PROTOCOL_IMAP || uid == NULL) {
        return false;
    }
    uint64_t value = strtoull(pool_text(&play->pool, uid->value), NULL, 10);
    uint32_t number = imap_view_number(&c->peer->session.as.imap.view, value);
    if (number != 0) {
        bytes_add_text(out, pool_format(&play->pool, "%u", (unsigned)number));
    }
    return number != 0;
}

void play_freeze(struct play *play, const struct step *step, struct channel *c)
{
    for (const char *at = step->payload; (at = strstr(at, "${seq ")) != NULL;) {
        at += 2;
        struct bytes number = {0};
        struct frozen *f = pool_take(&play->pool, sizeof *f);
        f->name = pool_text(&play->pool, (struct span){(const uint8_t *)at, strcspn(at, "}")});
        f->channel = c;
        play->speaker = c;
        if (add_sequence(play, f->name, &number)) {
            f->number = pool_text(&play->pool, bytes_span(&number));
            f->next = play->frozen;
            play->frozen = f;
        }
        bytes_fini(&number);
    }
}

static bool add_built_in(struct play *play, const char *name, struct bytes *out)
{
    if (strncmp(name, "now", 3) == 0) {
        add_date(play, name, out);
    } else if (strcmp(name, "nonce") == 0) {
        bytes_add_text(out, play->nonce);
    } else if (strcmp(name, "self") == 0) {
        const char *self = target_value(play->config.target, "self");
        bytes_add_text(out, self != NULL ? self : "postel.example.test");
    } else if (strcmp(name, "host") == 0) {
        const struct url *url = play->channels->url;
        bytes_add_text(out, url == NULL        ? ""
                            : url->sni != NULL ? url->sni
                            : url->host        ? url->host
                                               : "localhost");
    } else if (strcmp(name, "prefix") == 0 || strcmp(name, "delimiter") == 0) {
        bytes_add_text(out, play_name_part(play, name));
    } else if (strcmp(name, "port") == 0) {
        const struct url *url = play->channels->url;
        bytes_add_text(out, pool_format(&play->pool, "%u", url != NULL ? (unsigned)url->port : 0));
    } else if (strncmp(name, "seq ", 4) == 0) {
        return add_sequence(play, name, out);
    } else if (strncmp(name, "rand ", 5) == 0) {
        add_random(play, name + 5, out);
    } else if (strncmp(name, "maildrop ", 9) == 0) {
        add_maildrop_number(play, strtoul(name + 9, NULL, 10), out);
    } else if (strncmp(name, "base64 ", 7) == 0) {
        unsigned bad = 0;
        const struct word *w = words_split(&play->pool, span_text(name + 7), 0, &bad);
        struct span text = span_text(w != NULL ? w->text : "");
        char *value = pool_take(&play->pool, text.len * 2 + 8);
        struct out o;
        out_init(&o, value, text.len * 2 + 7);
        base64_encode(&o, text);
        bytes_add(out, out_span(&o));
    } else {
        return false;
    }
    return true;
}

bool play_part(struct play *play, const char *name, struct bytes *out)
{
    size_t len = strcspn(name, ".[");
    const char *base = pool_text(&play->pool, (struct span){(const uint8_t *)name, len});
    const struct variable *v = play_variable(play, base);
    struct bytes message = {0};
    bool ok = true;
    if (v != NULL) {
        bytes_add(&message, v->value);
    } else if (!play_message(play, base, &message)) {
        bytes_fini(&message);
        return false;
    }
    struct span all = bytes_span(&message);
    const char *field = name + len;
    if (field[0] == '\0') {
        bytes_add(out, all);
    } else if (strcmp(field, ".size") == 0) {
        bytes_add_text(out, pool_format(&play->pool, "%zu", all.len));
    } else if (strcmp(field, ".header") == 0) {
        bytes_add(out, message_header(all));
    } else if (strcmp(field, ".body") == 0) {
        bytes_add(out, message_body(all));
    } else if (strncmp(field, ".header[", 8) == 0) {
        struct span value = {0};
        struct span wanted = {(const uint8_t *)field + 8, strcspn(field + 8, "]")};
        ok = header_field(message_header(all), wanted, &value);
        bytes_add(out, value);
    } else {
        ok = false;
    }
    bytes_fini(&message);
    return ok;
}

bool play_lookup(void *context, const char *name, struct bytes *out)
{
    struct play *play = context;
    for (size_t i = 0; i < play->config.variable_count; i++) {
        if (strcmp(play->config.variables[i].name, name) == 0) {
            bytes_add_text(out, play->config.variables[i].value);
            return true;
        }
    }
    const struct variable *v = play_variable(play, name);
    if (v != NULL) {
        bytes_add(out, v->value);
        return true;
    }
    const char *value = target_value(play->config.target, name);
    if (value != NULL) {
        bytes_add_text(out, value);
        return true;
    }
    return add_built_in(play, name, out) || play_part(play, name, out);
}
