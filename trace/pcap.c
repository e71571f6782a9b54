/* SPDX-License-Identifier: MIT */
#include "trace/pcap.h"

#include <pcap/pcap.h>
#include <stdio.h>

#include "net/buffer.h"
#include "net/memory.h"
#include "trace/decrypt.h"
#include "trace/tcp.h"

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint32_t get32_little(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

bool pcap_is_capture(struct span octets)
{
    static const uint32_t magics[] = {0xA1B2C3D4, 0xD4C3B2A1, 0xA1B23C4D, 0x4D3CB2A1, 0x0A0D0D0A};
    for (size_t i = 0; octets.len >= 24 && i < sizeof magics / sizeof magics[0]; i++) {
        if (get32(octets.ptr) == magics[i]) {
            return true;
        }
    }
    return false;
}

/* RFC 9293 section 3.1 */
static void take_tcp(struct tcp_table *t, struct tcp_segment *s, struct span octets)
{
    if (octets.len < 20) {
        return;
    }
    size_t header = (size_t)(octets.ptr[12] >> 4) * 4;
    if (header < 20 || header > octets.len) {
        return;
    }
    uint8_t flags = octets.ptr[13];
    s->from.port = get16(octets.ptr);
    s->to.port = get16(octets.ptr + 2);
    s->seq = get32(octets.ptr + 4);
    s->ack_seq = get32(octets.ptr + 8);
    s->fin = (flags & 1) != 0;
    s->syn = (flags & 2) != 0;
    s->rst = (flags & 4) != 0;
    s->ack = (flags & 16) != 0;
    s->payload = span_from(octets, header);
    tcp_take(t, s);
}

static void take_ipv4(struct tcp_table *t, struct tcp_segment *s, struct span octets)
{
    size_t header = octets.len < 20 ? 0 : (size_t)(octets.ptr[0] & 15) * 4;
    enum { TCP = 6, OFFSET_MASK = 0x1FFF };
    if (header < 20 || octets.ptr[9] != TCP || (get16(octets.ptr + 6) & OFFSET_MASK) != 0) {
        return;
    }
    /* An Ethernet frame may be padded behind the packet; 0 is what segmentation offload leaves. */
    size_t total = get16(octets.ptr + 2);
    if (total >= header && total < octets.len) {
        octets.len = total;
    }
    memcpy(s->from.address, octets.ptr + 12, 4);
    memcpy(s->to.address, octets.ptr + 16, 4);
    take_tcp(t, s, span_from(octets, header));
}

static void take_ipv6(struct tcp_table *t, struct tcp_segment *s, struct span octets)
{
    enum { HEADER = 40, TCP = 6, HOP_BY_HOP = 0, ROUTING = 43, DESTINATION = 60 };
    if (octets.len < HEADER) {
        return;
    }
    size_t total = HEADER + (size_t)get16(octets.ptr + 4);
    if (total > HEADER && total < octets.len) {
        octets.len = total;
    }
    memcpy(s->from.address, octets.ptr + 8, 16);
    memcpy(s->to.address, octets.ptr + 24, 16);
    s->from.v6 = true;
    s->to.v6 = true;
    uint8_t next = octets.ptr[6];
    size_t pos = HEADER;
    while ((next == HOP_BY_HOP || next == ROUTING || next == DESTINATION) &&
           pos + 8 <= octets.len) {
        next = octets.ptr[pos];
        pos += ((size_t)octets.ptr[pos + 1] + 1) * 8;
    }
    if (next == TCP && pos < octets.len) {
        take_tcp(t, s, span_from(octets, pos));
    }
}

static void take_ip(struct tcp_table *t, struct tcp_segment *s, struct span octets)
{
    if (octets.len > 0 && octets.ptr[0] >> 4 == 4) {
        take_ipv4(t, s, octets);
    } else if (octets.len > 0 && octets.ptr[0] >> 4 == 6) {
        take_ipv6(t, s, octets);
    }
}

/* Octets of the link layer before the IP packet; SIZE_MAX where the link type is not known. */
static size_t link_header(int link, struct span frame)
{
    enum { VLAN = 0x8100, QINQ = 0x88A8 };
    size_t len = 14;
    switch (link) {
    case DLT_EN10MB:
        while (len + 4 <= frame.len &&
               (get16(frame.ptr + len - 2) == VLAN || get16(frame.ptr + len - 2) == QINQ)) {
            len += 4;
        }
        return len;
    case DLT_NULL:
    case DLT_LOOP:
        return 4;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
        return 0;
    case DLT_LINUX_SLL:
        return 16;
    case DLT_LINUX_SLL2:
        return 20;
    default:
        return SIZE_MAX;
    }
}

static bool read_packets(pcap_t *capture, const char *file, struct tcp_table *t,
                         struct input_error *error)
{
    struct pcap_pkthdr *header = NULL;
    const u_char *octets = NULL;
    int link = pcap_datalink(capture);
    if (link_header(link, (struct span){0}) == SIZE_MAX) {
        (void)snprintf(error->text, sizeof error->text, "%s: link type %s is not known here", file,
                       pcap_datalink_val_to_name(link));
        return false;
    }
    uint64_t number = 0;
    int rc = 1;
    while ((rc = pcap_next_ex(capture, &header, &octets)) == 1) {
        struct tcp_segment segment = {.number = ++number,
                                      .seconds = (double)header->ts.tv_sec +
                                                 (double)header->ts.tv_usec / 1e6};
        struct span frame = {octets, header->caplen};
        take_ip(t, &segment, span_from(frame, link_header(link, frame)));
    }
    if (rc == PCAP_ERROR && number == 0) {
        (void)snprintf(error->text, sizeof error->text, "%s: %s", file, pcap_geterr(capture));
        return false;
    }
    return true;
}

/* The key log together with those that stand in a pcapng capture (Decryption Secrets Blocks); new
   octets. */
static struct span all_secrets(struct span capture, struct span keylog)
{
    enum { SECTION = 0x0A0D0D0A, SECRETS = 0x0000000A, TLS_KEYS = 0x544C534B };
    struct buffer all = {0};
    bool little = capture.len > 12 && capture.ptr[8] == 0x4D;
    buffer_append(&all, keylog);
    size_t pos = capture.len > 12 && get32(capture.ptr) == SECTION ? 0 : capture.len;
    while (pos + 12 <= capture.len) {
        const uint8_t *block = capture.ptr + pos;
        size_t len = little ? get32_little(block + 4) : get32(block + 4);
        uint32_t type = little ? get32_little(block) : get32(block);
        if (len < 12 || len > capture.len - pos) {
            break;
        }
        if (type == SECRETS && len > 20 &&
            (little ? get32_little(block + 8) : get32(block + 8)) == TLS_KEYS) {
            size_t secrets = little ? get32_little(block + 12) : get32(block + 12);
            buffer_text(&all, "\n");
            buffer_append(&all, span_sub((struct span){block + 16, len - 20}, 0, secrets));
            buffer_text(&all, "\n");
        }
        pos += len;
    }
    struct span out = {memory_copy(buffer_span(&all)), buffer_span(&all).len};
    buffer_fini(&all);
    return out;
}

bool pcap_read(struct recording *r, const char *file, struct span capture, struct span keylog,
               struct input_error *error)
{
    char message[PCAP_ERRBUF_SIZE] = "";
    r->format = "pcap";
    FILE *in = fmemopen((void *)(uintptr_t)capture.ptr, capture.len, "rb");
    pcap_t *opened = in == NULL ? NULL : pcap_fopen_offline(in, message);
    if (opened == NULL) {
        (void)snprintf(error->text, sizeof error->text, "%s: is not a readable capture: %s", file,
                       message);
        if (in != NULL) {
            (void)fclose(in);
        }
        return false;
    }
    struct tcp_table table = {0};
    bool ok = read_packets(opened, file, &table, error);
    tcp_finish(&table, r);
    struct span secrets = all_secrets(capture, keylog);
    for (size_t i = 0; i < r->count; i++) {
        conversation_decrypt(&r->conversations[i], secrets);
    }
    memory_free((void *)(uintptr_t)secrets.ptr);
    pcap_close(opened);
    return ok;
}
