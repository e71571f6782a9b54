/* SPDX-License-Identifier: MIT */
#include "reports/capture.h"

#include "net/memory.h"
#include "parsers/core/ascii.h"
#include "reports/visible.h"

enum { CONNECTIONS_MAX = 16, SEGMENT_MAX = 16384, NAME_MAX_LEN = 120 };

char *capture_name(const struct case_result *result)
{
    char *name = result->row == NULL ? memory_text(span_text(result->id))
                                     : memory_format("%s[%s]", result->id, result->row);
    uint32_t hash = 0x811C9DC5;
    bool changed = strlen(name) > NAME_MAX_LEN;
    for (char *c = name; *c != '\0'; c++) {
        hash = (hash ^ (uint8_t)*c) * 0x01000193;
        if (!octet_is((uint8_t)*c, CLASS_ALPHA | CLASS_DIGIT) && strchr("._-=[],+", *c) == NULL) {
            *c = '_';
            changed = true;
        }
    }
    if (changed) {
        char *cut = memory_format("%.*s-%08x", (int)NAME_MAX_LEN, name, (unsigned)hash);
        memory_free(name);
        name = cut;
    }
    return name;
}

/* --- the connections of a case ----------------------------------------------------------------
 */

struct connection {
    const char *name;
    unsigned serial;  /* from 1 */
    uint32_t next[2]; /* sequence numbers: client, server */
};

struct connections {
    struct connection items[CONNECTIONS_MAX];
    size_t count;
};

/* The connection of this name; *is_new is set when it was not seen before. */
static struct connection *connection_of(struct connections *all, const char *name, bool *is_new)
{
    *is_new = false;
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->items[i].name, name) == 0) {
            return &all->items[i];
        }
    }
    *is_new = all->count < CONNECTIONS_MAX;
    size_t index = *is_new ? all->count++ : CONNECTIONS_MAX - 1;
    if (*is_new) {
        all->items[index] = (struct connection){.name = name, .serial = (unsigned)index + 1};
    }
    return &all->items[index];
}

/* --- postel's own trace -----------------------------------------------------------------------
 */

void capture_trace(const struct case_result *result, const struct run *run, FILE *out)
{
    struct connections all = {.count = 0};
    (void)fprintf(out, "# %s%s%s%s of %s: %s\n", result->id, result->row == NULL ? "" : "[",
                  result->row == NULL ? "" : result->row, result->row == NULL ? "" : "]",
                  run->target, verdict_text(result->verdict));
    for (size_t i = 0; i < result->transcript_count; i++) {
        const struct transcript_line *line = &result->transcript[i];
        struct span octets = {line->data, line->len};
        double seconds = line->ms > result->start_ms ? (line->ms - result->start_ms) / 1000 : 0;
        bool is_new = false;
        if (line->dir == '-') {
            (void)fputs("# ", out);
            visible_print_quoted(out, octets);
            (void)fputc('\n', out);
            continue;
        }
        const struct connection *c = connection_of(&all, line->conn, &is_new);
        if (is_new) {
            (void)fprintf(out, "%.6f %u open\n", seconds, c->serial);
        }
        (void)fprintf(out, "%.6f %u %c \"", seconds, c->serial, line->dir);
        visible_print_quoted(out, octets);
        (void)fputs("\"\n", out);
    }
}

/* --- pcapng ------------------------------------------------------------------------------------
   Blocks of little-endian numbers: draft-ietf-opsawg-pcapng; packets of raw IPv4 (LINKTYPE 228). */

enum {
    BLOCK_SECTION = 0x0A0D0D0A,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    LINK_IPV4 = 228,
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_PUSH = 8,
    TCP_ACK = 16,
    HEADERS = 40, /* of IPv4 and TCP */
};

static void number_put(FILE *out, uint64_t value, size_t octets)
{
    for (size_t i = 0; i < octets; i++) {
        (void)fputc((int)(value >> 8 * i & 0xFF), out);
    }
}

static void big_endian_set(uint8_t *at, uint64_t value, size_t octets)
{
    for (size_t i = 0; i < octets; i++) {
        at[i] = (uint8_t)(value >> 8 * (octets - 1 - i));
    }
}

/* RFC 1071: the sum of 16-bit words in ones' complement. */
static uint32_t sum_words(uint32_t sum, struct span octets)
{
    for (size_t i = 0; i < octets.len; i++) {
        sum += (uint32_t)octets.ptr[i] << (i % 2 == 0 ? 8 : 0);
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return sum;
}

static unsigned port_of(const char *protocol)
{
    return strcmp(protocol, "imap") == 0         ? 143
           : strcmp(protocol, "pop3") == 0       ? 110
           : strcmp(protocol, "submission") == 0 ? 587
           : strcmp(protocol, "lmtp") == 0       ? 24
                                                 : 25;
}

/* Cases about delivery speak several protocols: the first octets of a connection tell which. */
static unsigned port_guess(const struct case_result *result, const char *conn)
{
    for (size_t i = 0; i < result->transcript_count; i++) {
        const struct transcript_line *line = &result->transcript[i];
        if (line->dir == 'S' && strcmp(line->conn, conn) == 0 && line->len > 0) {
            return line->data[0] == '*'   ? port_of("imap")
                   : line->data[0] == '+' ? port_of("pop3")
                                          : port_of(result->protocol);
        }
    }
    return port_of(result->protocol);
}

struct capture {
    FILE *out;
    const struct case_result *result;
    uint64_t begun_us; /* since 1970 */
};

static void packet_put(const struct capture *capture, struct connection *c, double ms, char dir,
                       uint8_t flags, struct span octets)
{
    uint8_t head[HEADERS] = {0x45, [8] = 64, [9] = 6};
    unsigned ports[2] = {50000 + c->serial, port_guess(capture->result, c->name)};
    size_t from = dir == 'C' ? 0 : 1;
    big_endian_set(head + 2, HEADERS + octets.len, 2);
    big_endian_set(head + 12, 0xC0000201 + from, 4);
    big_endian_set(head + 16, 0xC0000202 - from, 4);
    big_endian_set(head + 10, ~sum_words(0, (struct span){head, 20}) & 0xFFFF, 2);
    big_endian_set(head + 20, ports[from], 2);
    big_endian_set(head + 22, ports[1 - from], 2);
    big_endian_set(head + 24, c->next[from], 4);
    big_endian_set(head + 28, (flags & TCP_ACK) != 0 ? c->next[1 - from] : 0, 4);
    head[32] = 0x50;
    head[33] = flags;
    big_endian_set(head + 34, 0xFFFF, 2);
    uint32_t sum = sum_words(6 + 20 + (uint32_t)octets.len, (struct span){head + 12, 28});
    big_endian_set(head + 36, ~sum_words(sum, octets) & 0xFFFF, 2);
    c->next[from] += (uint32_t)octets.len + ((flags & (TCP_SYN | TCP_FIN)) != 0 ? 1 : 0);
    size_t len = HEADERS + octets.len;
    size_t padding = (4 - len % 4) % 4;
    uint64_t time = capture->begun_us + (uint64_t)(ms > 0 ? ms * 1000 : 0);
    number_put(capture->out, BLOCK_PACKET, 4);
    number_put(capture->out, 32 + len + padding, 4);
    number_put(capture->out, 0, 4);
    number_put(capture->out, time >> 32, 4);
    number_put(capture->out, time, 4);
    number_put(capture->out, len, 4);
    number_put(capture->out, len, 4);
    (void)fwrite(head, 1, sizeof head, capture->out);
    if (octets.len > 0) {
        (void)fwrite(octets.ptr, 1, octets.len, capture->out);
    }
    number_put(capture->out, 0, padding);
    number_put(capture->out, 32 + len + padding, 4);
}

static void file_begin(FILE *out)
{
    number_put(out, BLOCK_SECTION, 4);
    number_put(out, 28, 4);
    number_put(out, 0x1A2B3C4D, 4);
    number_put(out, 1, 4); /* version 1.0 */
    number_put(out, UINT64_MAX, 8);
    number_put(out, 28, 4);
    number_put(out, BLOCK_INTERFACE, 4);
    number_put(out, 20, 4);
    number_put(out, LINK_IPV4, 4);
    number_put(out, 0, 4);
    number_put(out, 20, 4);
}

void capture_pcap(const struct case_result *result, const struct run *run, FILE *out)
{
    struct connections all = {.count = 0};
    struct capture capture = {out, result, (uint64_t)run->started * 1000000};
    double last = result->start_ms;
    file_begin(out);
    for (size_t i = 0; i < result->transcript_count; i++) {
        const struct transcript_line *line = &result->transcript[i];
        struct span octets = {line->data, line->len};
        bool is_new = false;
        last = line->ms;
        if (line->dir == '-') {
            continue;
        }
        struct connection *c = connection_of(&all, line->conn, &is_new);
        if (is_new) {
            packet_put(&capture, c, line->ms, 'C', TCP_SYN, (struct span){0});
            packet_put(&capture, c, line->ms, 'S', TCP_SYN | TCP_ACK, (struct span){0});
            packet_put(&capture, c, line->ms, 'C', TCP_ACK, (struct span){0});
        }
        for (size_t pos = 0; pos < octets.len; pos += SEGMENT_MAX) {
            size_t left = octets.len - pos;
            packet_put(&capture, c, line->ms, line->dir, TCP_PUSH | TCP_ACK,
                       span_sub(octets, pos, left < SEGMENT_MAX ? left : SEGMENT_MAX));
        }
    }
    for (size_t i = 0; i < all.count; i++) {
        packet_put(&capture, &all.items[i], last, 'S', TCP_FIN | TCP_ACK, (struct span){0});
        packet_put(&capture, &all.items[i], last, 'C', TCP_FIN | TCP_ACK, (struct span){0});
    }
}
