/* SPDX-License-Identifier: MIT */
/* The conversation of a case as a file for other tools. Octets stand in it as they were said,
   inside TLS too; passwords are stars. */
#ifndef REPORTS_CAPTURE_H
#define REPORTS_CAPTURE_H

#include <stdio.h>

#include "reports/result.h"

/* As `postel trace --save` writes it and `postel judge` reads it. */
void capture_trace(const struct case_result *result, const struct run *run, FILE *out);

/* As pcapng, for Wireshark and its like. The packets are made for the purpose: client 192.0.2.1,
   server 192.0.2.2, the protocol's usual port, no TLS. */
void capture_pcap(const struct case_result *result, const struct run *run, FILE *out);

/* "imap.idle.expunge[n=7]" as a name for a file, with the characters that a shell or a file system
   may take amiss replaced. The caller frees it. */
char *capture_name(const struct case_result *result);

#endif
