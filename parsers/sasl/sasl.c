/* SPDX-License-Identifier: MIT */
#include "parsers/sasl/sasl.h"

#include "parsers/core/utf8.h"
#include "parsers/sasl/scram.h"

static const struct {
    const char *name;
    enum sasl_mechanism mechanism;
    bool client_first;
    bool plaintext;
} mechanisms[] = {
    {"PLAIN", SASL_PLAIN, true, true},          {"LOGIN", SASL_LOGIN, false, true},
    {"CRAM-MD5", SASL_CRAM_MD5, false, false},  {"OAUTHBEARER", SASL_OAUTHBEARER, true, true},
    {"XOAUTH2", SASL_XOAUTH2, true, true},      {"EXTERNAL", SASL_EXTERNAL, true, false},
    {"ANONYMOUS", SASL_ANONYMOUS, true, false}, {"SCRAM-", SASL_SCRAM, true, false},
};

enum sasl_mechanism sasl_mechanism_of(struct span name)
{
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
        bool scram = mechanisms[i].mechanism == SASL_SCRAM;
        if (scram ? span_starts_nocase(name, span_text(mechanisms[i].name))
                  : span_is(name, mechanisms[i].name)) {
            return mechanisms[i].mechanism;
        }
    }
    return SASL_UNKNOWN;
}

bool sasl_client_first(enum sasl_mechanism mechanism)
{
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
        if (mechanisms[i].mechanism == mechanism) {
            return mechanisms[i].client_first;
        }
    }
    return false;
}

bool sasl_is_plaintext(enum sasl_mechanism mechanism)
{
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
        if (mechanisms[i].mechanism == mechanism) {
            return mechanisms[i].plaintext;
        }
    }
    return false;
}

/* UTF-8 without NUL up to the end or a NUL: how many octets. */
static size_t safe_len(struct span text)
{
    size_t len = 0;
    while (len < text.len && text.ptr[len] != 0) {
        size_t character = utf8_sequence_len(span_from(text, len));
        if (character == 0) {
            break;
        }
        len += character;
    }
    return len;
}

/* All of the message is UTF-8 without NUL. */
static enum parse_rc judge_text(struct parse *p, enum rule rule)
{
    p->pos += safe_len(span_from(p->in, p->pos));
    return parse_at_end(p) ? PARSE_OK : parse_fail(p, rule, "UTF-8 without NUL");
}

/* RFC 4616 section 2: message = [authzid] UTF8NUL authcid UTF8NUL passwd; each but the first has at
   least one octet. */
static enum parse_rc judge_plain(struct parse *p)
{
    for (unsigned part = 0; part < 3; part++) {
        size_t len = safe_len(span_from(p->in, p->pos));
        p->pos += len;
        if (part > 0 && len == 0) {
            return parse_fail(p, RULE_SASL_PLAIN, part == 1 ? "a user" : "a password");
        }
        if (part < 2 && !parse_octet(p, 0)) {
            return parse_fail(p, RULE_SASL_PLAIN, "NUL");
        }
    }
    return parse_at_end(p) ? PARSE_OK : parse_fail(p, RULE_SASL_PLAIN, "UTF-8 without NUL");
}

/* RFC 2195 section 2: a challenge is a msg-id: "<" … "@" … ">". */
static enum parse_rc judge_cram_challenge(struct parse *p)
{
    if (!parse_octet(p, '<')) {
        return parse_fail(p, RULE_SASL_CRAM_MD5_CHALLENGE, "<");
    }
    size_t at = 0;
    while (!parse_at_end(p) && parse_peek(p) != '>') {
        if (!octet_is(p->in.ptr[p->pos], CLASS_VCHAR)) {
            return parse_fail(p, RULE_SASL_CRAM_MD5_CHALLENGE, "a msg-id");
        }
        at = p->in.ptr[p->pos] == '@' ? p->pos : at;
        p->pos++;
    }
    if (at < 2 || at + 1 == p->pos) {
        return parse_fail(p, RULE_SASL_CRAM_MD5_CHALLENGE, "@ between two words");
    }
    return parse_octet(p, '>') && parse_at_end(p)
               ? PARSE_OK
               : parse_fail(p, RULE_SASL_CRAM_MD5_CHALLENGE, "> at the end");
}

/* RFC 2195 section 2: the user name, a space, and a digest of 32 lower-case hexadecimal digits. */
static enum parse_rc judge_cram_response(struct parse *p)
{
    size_t space = p->in.len;
    while (space > 0 && p->in.ptr[space - 1] != ' ') {
        space--;
    }
    if (space < 2) {
        return parse_fail_at(p, p->in.len, RULE_SASL_CRAM_MD5_RESPONSE, "a user and a space");
    }
    p->pos = space;
    while (!parse_at_end(p) && p->pos - space < 32) {
        uint8_t octet = p->in.ptr[p->pos];
        if (!octet_is(octet, CLASS_DIGIT) && (octet < 'a' || octet > 'f')) {
            break;
        }
        p->pos++;
    }
    return parse_at_end(p) && p->pos - space == 32
               ? PARSE_OK
               : parse_fail(p, RULE_SASL_CRAM_MD5_RESPONSE, "32 lower-case hexadecimal digits");
}

/* RFC 7628 section 3.1: kvpair = key "=" value kvsep; key = 1*(ALPHA). */
static enum parse_rc judge_kvpairs(struct parse *p, bool *auth)
{
    while (!parse_at_end(p) && parse_peek(p) != 1) {
        struct span key = parse_run(p, CLASS_ALPHA);
        if (key.len == 0 || !parse_octet(p, '=')) {
            return parse_fail(p, RULE_SASL_OAUTHBEARER, "key=");
        }
        *auth = *auth || span_is(key, "auth");
        while (!parse_at_end(p) && (octet_is(p->in.ptr[p->pos], CLASS_VCHAR) ||
                                    memchr(" \t\r\n", p->in.ptr[p->pos], 4) != NULL)) {
            p->pos++;
        }
        if (!parse_octet(p, 1)) {
            return parse_fail(p, RULE_SASL_OAUTHBEARER, "Control-A behind each value");
        }
    }
    return PARSE_OK;
}

/* RFC 7628 section 3.1: client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep. The second form
   answers an error. */
static enum parse_rc judge_oauthbearer(struct parse *p, unsigned step)
{
    bool auth = false;
    if (step > 0) {
        return parse_octet(p, 1) && parse_at_end(p)
                   ? PARSE_OK
                   : parse_fail(p, RULE_SASL_OAUTHBEARER, "a single Control-A");
    }
    enum parse_rc rc = sasl_parse_gs2_header(p, RULE_SASL_OAUTHBEARER);
    if (rc == PARSE_OK && !parse_octet(p, 1)) {
        rc = parse_fail(p, RULE_SASL_OAUTHBEARER, "Control-A behind the header");
    }
    rc = rc == PARSE_OK ? judge_kvpairs(p, &auth) : rc;
    if (rc != PARSE_OK) {
        return rc;
    }
    if (!auth || !parse_octet(p, 1) || !parse_at_end(p)) {
        return parse_fail(p, RULE_SASL_OAUTHBEARER, auth ? "Control-A at the end" : "auth=");
    }
    return PARSE_OK;
}

static enum parse_rc judge_client(struct parse *p, enum sasl_mechanism mechanism, unsigned step)
{
    switch (mechanism) {
    case SASL_PLAIN:
        return step == 0 ? judge_plain(p) : PARSE_OK;
    case SASL_CRAM_MD5:
        return step == 0 ? judge_cram_response(p) : PARSE_OK;
    case SASL_SCRAM:
        return sasl_judge_scram(p, step, SASL_CLIENT);
    case SASL_OAUTHBEARER:
        return judge_oauthbearer(p, step);
    case SASL_EXTERNAL:
        return judge_text(p, RULE_SASL_EXTERNAL);
    case SASL_ANONYMOUS:
        return judge_text(p, RULE_SASL_ANONYMOUS);
    case SASL_LOGIN:
    case SASL_XOAUTH2:
    case SASL_UNKNOWN:
        break;
    }
    /* LOGIN and XOAUTH2 have no specification that could be broken. */
    return PARSE_OK;
}

enum parse_rc sasl_judge(struct parse *p, enum sasl_mechanism mechanism, unsigned step,
                         enum sasl_side side)
{
    if (side == SASL_CLIENT) {
        return judge_client(p, mechanism, step);
    }
    if (mechanism == SASL_CRAM_MD5 && step == 0) {
        return judge_cram_challenge(p);
    }
    return mechanism == SASL_SCRAM ? sasl_judge_scram(p, step, side) : PARSE_OK;
}
