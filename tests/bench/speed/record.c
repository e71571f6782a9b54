/* SPDX-License-Identifier: MIT */
#include "tests/bench/speed/record.h"

#include <stdio.h>

#include "net/memory.h"

static FILE *open_file(const char *folder, const char *name, const char *ending)
{
    char *path = memory_format("%s/%s.%s", folder, name, ending);
    FILE *out = fopen(path, "wb");
    memory_free(path);
    return out;
}

static bool close_file(FILE *out)
{
    return out != NULL && fclose(out) == 0;
}

/* Calls each with the octets of every turn, in order. */
static void each_turn(const struct talk *talk,
                      void (*each)(FILE *out, enum side side, struct span octets), FILE *out)
{
    size_t pos[2] = {0, 0};
    for (size_t i = 0; i < talk->turn_count; i++) {
        enum side side = talk->turns[i].side;
        each(out, side, (struct span){talk->side[side].octets + pos[side], talk->turns[i].len});
        pos[side] += talk->turns[i].len;
    }
}

static void write_lines(FILE *out, enum side side, struct span octets)
{
    while (octets.len > 0) {
        const uint8_t *lf = memchr(octets.ptr, '\n', octets.len);
        size_t len = lf == NULL ? octets.len : (size_t)(lf - octets.ptr) + 1;
        (void)fputs(side == SIDE_CLIENT ? "C: " : "S: ", out);
        (void)fwrite(octets.ptr, 1, len, out);
        octets = span_from(octets, len);
    }
}

static void put32(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

/* One packet: a record of the capture, IPv4 and TCP without options. */
static void write_packet(FILE *out, enum side side, uint8_t flags, struct span payload)
{
    static uint32_t next[2];
    uint8_t head[16 + 20 + 20] = {0};
    uint32_t len = 40 + (uint32_t)payload.len;
    put32(head + 8, len);
    put32(head + 12, len);
    uint8_t *ip = head + 16;
    ip[0] = 0x45;
    ip[2] = (uint8_t)(len >> 8);
    ip[3] = (uint8_t)len;
    ip[8] = 64;
    ip[9] = 6;
    put32(ip + 12, side == SIDE_CLIENT ? 0xC0000201 : 0xC0000202);
    put32(ip + 16, side == SIDE_CLIENT ? 0xC0000202 : 0xC0000201);
    uint8_t *tcp = ip + 20;
    put32(tcp, side == SIDE_CLIENT ? 40000U << 16 | 143U : 143U << 16 | 40000U);
    put32(tcp + 4, next[side]);
    tcp[12] = 5 << 4;
    tcp[13] = flags;
    (void)fwrite(head, 1, sizeof head, out);
    (void)fwrite(payload.ptr == NULL ? head : payload.ptr, 1, payload.len, out);
    next[side] += (uint32_t)payload.len + ((flags & 2) != 0 ? 1 : 0);
}

static void write_packets(FILE *out, enum side side, struct span octets)
{
    enum { SEGMENT = 1448, ACK = 16 };
    while (octets.len > 0) {
        struct span part = span_sub(octets, 0, SEGMENT);
        write_packet(out, side, ACK, part);
        octets = span_from(octets, part.len);
    }
}

static bool write_capture(const struct talk *talk, FILE *out)
{
    enum { SYN = 2, ACK = 16, DLT_RAW_IP = 101 };
    uint8_t head[24] = {0xA1, 0xB2, 0xC3, 0xD4, 0, 2, 0, 4};
    put32(head + 16, 65535);
    put32(head + 20, DLT_RAW_IP);
    if (out == NULL) {
        return false;
    }
    (void)fwrite(head, 1, sizeof head, out);
    write_packet(out, SIDE_CLIENT, SYN, (struct span){0});
    write_packet(out, SIDE_SERVER, SYN | ACK, (struct span){0});
    each_turn(talk, write_packets, out);
    return close_file(out);
}

static bool write_side(const struct talk *talk, enum side side, FILE *out)
{
    if (out != NULL) {
        (void)fwrite(talk->side[side].octets, 1, talk->side[side].len, out);
    }
    return close_file(out);
}

bool record_write(const struct talk *talk, const char *folder, const char *name)
{
    FILE *log = open_file(folder, name, "log");
    if (log != NULL) {
        each_turn(talk, write_lines, log);
    }
    return close_file(log) && write_side(talk, SIDE_CLIENT, open_file(folder, name, "in")) &&
           write_side(talk, SIDE_SERVER, open_file(folder, name, "out")) &&
           write_capture(talk, open_file(folder, name, "pcap"));
}
