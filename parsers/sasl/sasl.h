/* SPDX-License-Identifier: MIT */
/* SASL messages as seen on the wire, after base64: whether a client's or a server's message has the
   form that its mechanism demands. It knows no secrets and proves nothing. Unknown mechanisms and
   those with opaque tokens (GSSAPI, NTLM) are never judged. */
#ifndef PARSERS_SASL_SASL_H
#define PARSERS_SASL_SASL_H

#include "parsers/core/parse.h"

enum sasl_mechanism {
    SASL_UNKNOWN = 0,
    SASL_PLAIN,       /* RFC 4616 */
    SASL_LOGIN,       /* never standardised: two prompts, two answers */
    SASL_CRAM_MD5,    /* RFC 2195 */
    SASL_SCRAM,       /* RFC 5802, 7677: all hashes, without and with channel binding */
    SASL_OAUTHBEARER, /* RFC 7628 */
    SASL_XOAUTH2,     /* Google's and Microsoft's forerunner of OAUTHBEARER */
    SASL_EXTERNAL,    /* RFC 4422 appendix A */
    SASL_ANONYMOUS,   /* RFC 4505 */
};

enum sasl_side { SASL_CLIENT, SASL_SERVER };

enum sasl_mechanism sasl_mechanism_of(struct span name);

/* The mechanism's client speaks first, so an initial response may be sent, and an empty challenge
   comes where it was not. */
bool sasl_client_first(enum sasl_mechanism mechanism);

/* A client's message of this mechanism shows the password to who reads along. */
bool sasl_is_plaintext(enum sasl_mechanism mechanism);

/* Judges one message. step counts the messages of that side in this exchange, from 0; the empty
   challenge that stands for a missing initial response is not counted. p holds the decoded
   octets, its base is 0: an error's offset is in them. */
MUST_USE enum parse_rc sasl_judge(struct parse *p, enum sasl_mechanism mechanism, unsigned step,
                                  enum sasl_side side);

#endif
