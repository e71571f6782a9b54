/* SPDX-License-Identifier: MIT */
/* MD5 (RFC 1321), for old protocols that ask for it: it proves nothing to anyone who means harm. */
#ifndef NET_TLS_MD5_H
#define NET_TLS_MD5_H

#include "parsers/core/span.h"

enum { TLS_MD5_HEX = 32 };

/* The digest as small hexadecimal digits with a NUL behind them. false: the library has no MD5. */
MUST_USE bool tls_md5_hex(struct span octets, char out[TLS_MD5_HEX + 1]);

#endif
