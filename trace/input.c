/* SPDX-License-Identifier: MIT */
#include "trace/input.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/memory.h"
#include "trace/log.h"
#include "trace/pcap.h"

enum { READ_PIECE = 1 << 20 };

/* The whole of an input. */
struct content {
    struct span octets;
    bool mapped; /* a file in the page cache, not a copy of it */
};

static bool read_stream(FILE *in, const char *file, struct content *out, struct input_error *error)
{
    uint8_t *octets = NULL;
    size_t len = 0;
    size_t cap = 0;
    size_t got = 1;
    while (got > 0) {
        if (cap - len < READ_PIECE) {
            cap = cap * 2 + READ_PIECE;
            octets = memory_resize(octets, cap, 1);
        }
        got = fread(octets + len, 1, cap - len, in);
        len += got;
    }
    *out = (struct content){{octets, len}, false};
    if (ferror(in) != 0) {
        (void)snprintf(error->text, sizeof error->text, "%s: cannot be read: %s", file,
                       strerror(errno));
        return false;
    }
    return true;
}

/* SIGBUS: what was mapped is not there any more. */
static void file_was_cut(int signal)
{
    static const char text[] = "postel: a file was made shorter while it was read\n";
    enum { UNREADABLE = 3 };
    (void)signal;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(UNREADABLE);
}

/* Large files are not copied: a quarter of the time that judging takes. */
static bool map_file(FILE *in, size_t len, struct content *out)
{
    void *octets =
        len < READ_PIECE ? MAP_FAILED : mmap(NULL, len, PROT_READ, MAP_PRIVATE, fileno(in), 0);
    if (octets == MAP_FAILED) {
        return false;
    }
    struct sigaction action = {.sa_handler = file_was_cut};
    (void)sigaction(SIGBUS, &action, NULL);
    *out = (struct content){{octets, len}, true};
    return true;
}

/* The whole file; the content is the caller's to free, also after an error. */
static bool read_file(const char *file, struct content *out, struct input_error *error)
{
    *out = (struct content){0};
    if (span_equal(span_text(file), SPAN_LIT("-"))) {
        return read_stream(stdin, "standard input", out, error);
    }
    struct stat st;
    FILE *in = fopen(file, "rb");
    if (in == NULL || fstat(fileno(in), &st) != 0 || S_ISDIR(st.st_mode)) {
        (void)snprintf(error->text, sizeof error->text, "%s: cannot be read: %s", file,
                       in == NULL ? strerror(errno) : "it is a folder");
        if (in != NULL) {
            (void)fclose(in);
        }
        return false;
    }
    bool ok = (S_ISREG(st.st_mode) && map_file(in, (size_t)st.st_size, out)) ||
              read_stream(in, file, out, error);
    (void)fclose(in);
    return ok;
}

static void content_free(const struct content *content)
{
    if (content->mapped) {
        (void)munmap((void *)(uintptr_t)content->octets.ptr, content->octets.len);
    } else {
        memory_free((void *)(uintptr_t)content->octets.ptr);
    }
}

/* "NAME.in" and "NAME.out" of a Dovecot rawlog: the name of the other one, or NULL. */
static char *rawlog_sibling(const char *file)
{
    struct span name = span_text(file);
    if (name.len > 3 && span_equal(span_from(name, name.len - 3), SPAN_LIT(".in"))) {
        return memory_format("%.*s.out", (int)(name.len - 3), file);
    }
    if (name.len > 4 && span_equal(span_from(name, name.len - 4), SPAN_LIT(".out"))) {
        return memory_format("%.*s.in", (int)(name.len - 4), file);
    }
    return NULL;
}

/* "1612345678.123456 " at the start of a line; the position behind it, 0 if it is not there. */
static size_t skip_time(struct span line, double *seconds)
{
    struct parse p;
    parse_init(&p, line, 0, NULL);
    uint64_t whole = 0;
    uint64_t micro = 0;
    if (parse_number(&p, UINT64_MAX, RULE_NONE, &whole) != PARSE_OK || p.pos < 9 ||
        !parse_octet(&p, '.') || parse_number(&p, 999999, RULE_NONE, &micro) != PARSE_OK ||
        !parse_octet(&p, ' ')) {
        return 0;
    }
    *seconds = (double)whole + (double)micro / 1e6;
    return p.pos;
}

/* One file of a rawlog pair, as its lines. */
struct half {
    struct span text;
    size_t pos;
    uint64_t line;
    bool stamped;
    enum side side;
};

/* Adds the half's next line to the conversation. */
static void take_half_line(struct half *h, struct conversation *c)
{
    const uint8_t *lf = memchr(h->text.ptr + h->pos, '\n', h->text.len - h->pos);
    size_t end = lf == NULL ? h->text.len : (size_t)(lf - h->text.ptr) + 1;
    struct piece where = {.line = ++h->line, .seconds = -1};
    struct span line = span_sub(h->text, h->pos, end - h->pos);
    size_t skip = h->stamped ? skip_time(line, &where.seconds) : 0;
    where.column = skip;
    conversation_add(c, h->side, span_from(line, skip), &where);
    h->pos = end;
}

static double half_time(const struct half *h)
{
    double seconds = -1;
    return skip_time(span_from(h->text, h->pos), &seconds) > 0 ? seconds : -1;
}

static void read_halves(struct recording *r, struct half *client, struct half *server)
{
    double seconds = 0;
    struct conversation *c = recording_conversation(r, (struct span){0});
    client->stamped = skip_time(client->text, &seconds) > 0;
    server->stamped = skip_time(server->text, &seconds) > 0;
    c->unordered = !client->stamped || !server->stamped;
    r->format = "rawlog";
    while (client->pos < client->text.len || server->pos < server->text.len) {
        bool server_next = client->pos >= client->text.len;
        if (!server_next && server->pos < server->text.len && !c->unordered) {
            server_next = half_time(server) < half_time(client);
        }
        take_half_line(server_next ? server : client, c);
    }
}

/* A rawlog pair: true when both files are there and were read. */
static bool read_pair(struct recording *r, const char *file, struct span octets)
{
    char *other = rawlog_sibling(file);
    struct input_error ignored;
    struct content rest = {0};
    bool ok = other != NULL && read_file(other, &rest, &ignored);
    if (ok) {
        bool is_client = span_text(other).len > span_text(file).len;
        struct half client = {.text = is_client ? octets : rest.octets, .side = SIDE_CLIENT};
        struct half server = {.text = is_client ? rest.octets : octets, .side = SIDE_SERVER};
        read_halves(r, &client, &server);
    }
    content_free(&rest);
    memory_free(other);
    return ok;
}

static bool read_log(struct recording *r, const char *file, const char *format, struct span octets,
                     struct input_error *error)
{
    const struct log_format *log =
        format == NULL ? log_format_guess(octets) : log_format_find(format);
    if (log == NULL) {
        (void)snprintf(error->text, sizeof error->text,
                       format == NULL
                           ? "%s: no line of it looks like mail protocol in any format that is "
                             "known here; name one with --format"
                           : "%s: there is no such format as the one that --format names",
                       file);
        return false;
    }
    log_read(r, log, octets);
    return true;
}

bool input_read(struct recording *r, const char *file, const char *format, const char *keylog,
                struct input_error *error)
{
    *error = (struct input_error){0};
    recording_init(r, file);
    struct content content = {0};
    struct content keys = {0};
    bool ok =
        read_file(file, &content, error) && (keylog == NULL || read_file(keylog, &keys, error));
    struct span octets = content.octets;
    if (ok && pcap_is_capture(octets)) {
        ok = pcap_read(r, file, octets, keys.octets, error);
    } else if (ok && (format != NULL || !read_pair(r, file, octets))) {
        ok = read_log(r, file, format, octets, error);
    }
    for (size_t i = 0; i < r->count; i++) {
        if (!r->conversations[i].known) {
            (void)conversation_guess_protocol(&r->conversations[i]);
        }
    }
    content_free(&content);
    content_free(&keys);
    return ok;
}

bool input_is_format(const char *name)
{
    return log_format_find(name) != NULL || span_equal(span_text(name), SPAN_LIT("pcap"));
}

void input_formats(void (*each)(void *context, const char *name, const char *title), void *context)
{
    for (const struct log_format *f = log_formats; f->name != NULL; f++) {
        each(context, f->name, f->title);
    }
    each(context, "pcap", "a capture of tcpdump or Wireshark (pcap, pcapng)");
}
