/* SPDX-License-Identifier: MIT */
/* Reader of tcpdump's captures (pcap and pcapng): reassembles the TCP connections in it. */
#ifndef TRACE_PCAP_H
#define TRACE_PCAP_H

#include "trace/input.h"

/* The octets begin as a capture file does. */
bool pcap_is_capture(struct span octets);

/* Reads a capture. keylog: text of a TLS key log, may be empty; a pcapng capture may bring its
   own. file is for messages only. */
MUST_USE bool pcap_read(struct recording *r, const char *file, struct span capture,
                        struct span keylog, struct input_error *error);

#endif
