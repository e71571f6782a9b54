/* SPDX-License-Identifier: MIT */
/* RFC 2047: encoded-words in unstructured text, phrases and comments. */
#ifndef PARSERS_MESSAGE_ENCODED_WORD_H
#define PARSERS_MESSAGE_ENCODED_WORD_H

#include "parsers/core/out.h"
#include "parsers/core/span.h"

struct encoded_word {
    struct span whole;
    struct span charset; /* without an RFC 2231 language */
    struct span language;
    uint8_t encoding; /* 'B' or 'Q' */
    struct span text;
};

/* The first encoded-word in the text. RFC 2047 section 2: at most 75 octets, no white space. */
bool encoded_word_find(struct span text, struct encoded_word *out);

/* The octets it stands for, in its charset; false: the text is not of its encoding. */
bool encoded_word_decode(struct out *o, const struct encoded_word *word);

#endif
