/* SPDX-License-Identifier: MIT */
/* Octet classes of the mail grammars: one table, one bit for each class, named after the ABNF rule.
 */
#ifndef PARSERS_CORE_ASCII_H
#define PARSERS_CORE_ASCII_H

#include <stdbool.h>
#include <stdint.h>

enum octet_class {
    CLASS_ALPHA = 1U << 0,         /* RFC 5234: ALPHA */
    CLASS_DIGIT = 1U << 1,         /* RFC 5234: DIGIT */
    CLASS_HEXDIG = 1U << 2,        /* RFC 5234: HEXDIG, lower case too */
    CLASS_ATEXT = 1U << 3,         /* RFC 5322 section 3.2.3: atext */
    CLASS_QTEXT = 1U << 4,         /* RFC 5321 section 4.1.2: qtextSMTP */
    CLASS_DCONTENT = 1U << 5,      /* RFC 5321 section 4.1.3: dcontent */
    CLASS_ESMTP_KEYWORD = 1U << 6, /* RFC 5321 section 4.1.2: ALPHA / DIGIT / "-" */
    CLASS_ESMTP_VALUE = 1U << 7,   /* RFC 5321 section 4.1.2: %d33-60 / %d62-126 */
    CLASS_XCHAR = 1U << 8,         /* RFC 3461 section 4: xchar */
    CLASS_TEXTSTRING = 1U << 9,    /* RFC 5321 section 4.2: %d09 / %d32-126 */
    CLASS_VCHAR = 1U << 10,        /* RFC 5234: %x21-7E */
    CLASS_BASE64 = 1U << 11,       /* RFC 4648 section 4, without "=" */
    CLASS_ATOM = 1U << 12,         /* RFC 9051 section 9: ATOM-CHAR */
    CLASS_ASTRING = 1U << 13,      /* RFC 9051 section 9: ASTRING-CHAR */
    CLASS_TAG = 1U << 14,          /* RFC 9051 section 9: ASTRING-CHAR except "+" */
    CLASS_LIST = 1U << 15,         /* RFC 9051 section 9: list-char, wildcards included */
    CLASS_TEXT = 1U << 16,         /* RFC 9051 section 9: TEXT-CHAR (%x01-7F but CR, LF) */
    CLASS_QUOTED_SAFE = 1U << 17,  /* RFC 9051 section 9: TEXT-CHAR except quoted-specials */
    CLASS_FTEXT = 1U << 18,        /* RFC 5322 section 2.2: field name, %d33-57 / %d59-126 */
    CLASS_MIME_TOKEN = 1U << 19,   /* RFC 2045 section 5.1: token */
    CLASS_HIGH = 1U << 20,         /* %x80-FF: the octets of UTF8-2, UTF8-3, UTF8-4 */
    CLASS_SASL_MECH = 1U << 21,    /* RFC 4422 section 3.1: mech-char, lower case too */
    CLASS_ATT_NAME = 1U << 22,     /* RFC 9051 section 9: ATOM-CHAR except "[" */
};

extern const uint32_t octet_classes[256];

/* The octet belongs to one of these classes (CLASS_… bits). */
static inline bool octet_is(uint8_t octet, uint32_t classes)
{
    return (octet_classes[octet] & classes) != 0;
}

#endif
