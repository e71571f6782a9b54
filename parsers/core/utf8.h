/* SPDX-License-Identifier: MIT */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef PARSERS_CORE_UTF8_H
#define PARSERS_CORE_UTF8_H

#include "parsers/core/out.h"

/* Octets of the well-formed sequence that s begins with, 1 for ASCII; 0: there is none. */
size_t utf8_sequence_len(struct span s);

/* Octets at the front of s that are well-formed UTF-8; s.len if all are. */
size_t utf8_valid_len(struct span s);

/* The character that the well-formed sequence stands for. */
uint32_t utf8_character(struct span sequence);

/* Writes one character. */
void utf8_encode(struct out *o, uint32_t character);

#endif
