/* SPDX-License-Identifier: MIT */
/* Base64 as RFC 4648 section 4 has it, padding demanded, nothing ignored. */
#ifndef PARSERS_CORE_BASE64_H
#define PARSERS_CORE_BASE64_H

#include "parsers/core/out.h"

/* Octets at the front of text that can stand in base64 of this length; text.len if it is base64
   throughout. The empty text is. */
size_t base64_valid_len(struct span text);

/* Writes the octets that valid base64 stands for. */
void base64_decode(struct out *o, struct span text);

void base64_encode(struct out *o, struct span octets);

#endif
