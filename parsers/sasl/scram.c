/* SPDX-License-Identifier: MIT */
#include "parsers/sasl/scram.h"

#include "parsers/core/base64.h"
#include "parsers/core/utf8.h"

/* RFC 5802 section 7: value-char, as a run: UTF-8 without NUL and ",". */
static struct span take_value(struct parse *p)
{
    size_t start = p->pos;
    while (!parse_at_end(p) && parse_peek(p) != ',' && parse_peek(p) != 0) {
        size_t len = utf8_sequence_len(span_from(p->in, p->pos));
        if (len == 0) {
            break;
        }
        p->pos += len;
    }
    return parse_since(p, start);
}

/* RFC 5802 section 7: saslname = 1*(value-safe-char / "=2C" / "=3D") */
static enum parse_rc parse_saslname(struct parse *p, enum rule rule)
{
    size_t start = p->pos;
    struct span name = take_value(p);
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '=' && !span_equal(span_sub(name, i, 3), SPAN_LIT("=2C")) &&
            !span_equal(span_sub(name, i, 3), SPAN_LIT("=3D"))) {
            return parse_fail_at(p, start + i, rule, "=2C or =3D");
        }
    }
    return name.len > 0 ? PARSE_OK : parse_fail(p, rule, "a name");
}

/* This attribute's "x=" stands here. */
static enum parse_rc parse_attribute(struct parse *p, uint8_t name, enum rule rule)
{
    size_t start = p->pos;
    if (parse_octet(p, name) && parse_octet(p, '=')) {
        return PARSE_OK;
    }
    return parse_fail_at(p, start, rule, "another attribute");
}

/* RFC 5802 section 7: gs2-header = gs2-cbind-flag "," [ authzid ] ","
   RFC 5802 section 7: gs2-cbind-flag = ("p=" cb-name) / "n" / "y" */
enum parse_rc sasl_parse_gs2_header(struct parse *p, enum rule rule)
{
    if (parse_octet(p, 'p')) {
        size_t start = p->pos;
        bool named = parse_octet(p, '=');
        while (!parse_at_end(p) && (octet_is(p->in.ptr[p->pos], CLASS_ALPHA | CLASS_DIGIT) ||
                                    parse_peek(p) == '.' || parse_peek(p) == '-')) {
            p->pos++;
        }
        if (!named || p->pos < start + 2) {
            return parse_fail(p, rule, "a channel binding's name");
        }
    } else if (!parse_octet(p, 'n') && !parse_octet(p, 'y')) {
        return parse_fail(p, rule, "n, y or p=");
    }
    enum parse_rc rc = parse_expect(p, ',', rule, ",");
    if (rc == PARSE_OK && parse_peek(p) != ',') {
        rc = parse_attribute(p, 'a', rule);
        rc = rc == PARSE_OK ? parse_saslname(p, rule) : rc;
    }
    return rc == PARSE_OK ? parse_expect(p, ',', rule, ",") : rc;
}

/* RFC 5802 section 7: extensions = attr-val *("," attr-val); up to stop ('p' before the proof) or
   the end. */
static enum parse_rc parse_extensions(struct parse *p, int stop, enum rule rule)
{
    while (parse_peek(p) == ',') {
        if (stop >= 0 && p->pos + 2 < p->in.len && p->in.ptr[p->pos + 1] == stop &&
            p->in.ptr[p->pos + 2] == '=') {
            return PARSE_OK;
        }
        p->pos++;
        if (parse_run(p, CLASS_ALPHA).len != 1 || !parse_octet(p, '=') || take_value(p).len == 0) {
            return parse_fail(p, rule, "an attribute with a value");
        }
    }
    return parse_at_end(p) || stop >= 0 ? PARSE_OK : parse_fail(p, rule, "the end");
}

/* RFC 5802 section 7: nonce = "r=" c-nonce [s-nonce]; printable = %x21-2B / %x2D-7E. The rule
   prints one printable for each part; all its examples have more. */
static enum parse_rc parse_nonce(struct parse *p, enum rule rule)
{
    enum parse_rc rc = parse_attribute(p, 'r', rule);
    size_t start = p->pos;
    while (rc == PARSE_OK && !parse_at_end(p) && parse_peek(p) != ',' &&
           octet_is(p->in.ptr[p->pos], CLASS_VCHAR)) {
        p->pos++;
    }
    return rc == PARSE_OK && p->pos == start ? parse_fail(p, rule, "a nonce") : rc;
}

/* "x=" base64, for c, p, s and v. */
static enum parse_rc parse_base64_attribute(struct parse *p, uint8_t name, enum rule rule)
{
    enum parse_rc rc = parse_attribute(p, name, rule);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t start = p->pos;
    struct span text = take_value(p);
    size_t valid = base64_valid_len(text);
    return valid == text.len && text.len > 0 ? PARSE_OK
                                             : parse_fail_at(p, start + valid, rule, "base64");
}

/* RFC 5802 section 7: client-first-message = gs2-header [reserved-mext ","] username "," nonce
   ["," extensions] */
static enum parse_rc judge_client_first(struct parse *p)
{
    const enum rule rule = RULE_SASL_SCRAM_CLIENT_FIRST;
    enum parse_rc rc = sasl_parse_gs2_header(p, rule);
    rc = rc == PARSE_OK ? parse_attribute(p, 'n', rule) : rc;
    rc = rc == PARSE_OK ? parse_saslname(p, rule) : rc;
    rc = rc == PARSE_OK ? parse_expect(p, ',', rule, ",") : rc;
    rc = rc == PARSE_OK ? parse_nonce(p, rule) : rc;
    return rc == PARSE_OK ? parse_extensions(p, -1, rule) : rc;
}

/* RFC 5802 section 7: server-first-message = [reserved-mext ","] nonce "," salt ","
   iteration-count ["," extensions]; posit-number = %x31-39 *DIGIT */
static enum parse_rc judge_server_first(struct parse *p)
{
    const enum rule rule = RULE_SASL_SCRAM_SERVER_FIRST;
    enum parse_rc rc = parse_nonce(p, rule);
    rc = rc == PARSE_OK ? parse_expect(p, ',', rule, ",") : rc;
    rc = rc == PARSE_OK ? parse_base64_attribute(p, 's', rule) : rc;
    rc = rc == PARSE_OK ? parse_expect(p, ',', rule, ",") : rc;
    rc = rc == PARSE_OK ? parse_attribute(p, 'i', rule) : rc;
    if (rc == PARSE_OK && (parse_peek(p) == '0' || parse_run(p, CLASS_DIGIT).len == 0)) {
        rc = parse_fail(p, rule, "a positive number");
    }
    return rc == PARSE_OK ? parse_extensions(p, -1, rule) : rc;
}

/* RFC 5802 section 7: client-final-message = channel-binding "," nonce ["," extensions] "," proof
 */
static enum parse_rc judge_client_final(struct parse *p)
{
    const enum rule rule = RULE_SASL_SCRAM_CLIENT_FINAL;
    enum parse_rc rc = parse_base64_attribute(p, 'c', rule);
    rc = rc == PARSE_OK ? parse_expect(p, ',', rule, ",") : rc;
    rc = rc == PARSE_OK ? parse_nonce(p, rule) : rc;
    rc = rc == PARSE_OK ? parse_extensions(p, 'p', rule) : rc;
    rc = rc == PARSE_OK ? parse_expect(p, ',', rule, ",p=") : rc;
    rc = rc == PARSE_OK ? parse_base64_attribute(p, 'p', rule) : rc;
    return rc == PARSE_OK && !parse_at_end(p) ? parse_fail(p, rule, "the end") : rc;
}

/* RFC 5802 section 7: server-final-message = (server-error / verifier) ["," extensions] */
static enum parse_rc judge_server_final(struct parse *p)
{
    const enum rule rule = RULE_SASL_SCRAM_SERVER_FINAL;
    enum parse_rc rc = PARSE_OK;
    if (PARSE_TEXT(p, "e=")) {
        rc = take_value(p).len > 0 ? PARSE_OK : parse_fail(p, rule, "an error");
    } else {
        rc = parse_base64_attribute(p, 'v', rule);
    }
    return rc == PARSE_OK ? parse_extensions(p, -1, rule) : rc;
}

enum parse_rc sasl_judge_scram(struct parse *p, unsigned step, enum sasl_side side)
{
    if (step > 1) {
        return side == SASL_SERVER || parse_at_end(p)
                   ? PARSE_OK
                   : parse_fail(p, RULE_SASL_SCRAM_CLIENT_FINAL, "an empty message");
    }
    if (side == SASL_CLIENT) {
        return step == 0 ? judge_client_first(p) : judge_client_final(p);
    }
    return step == 0 ? judge_server_first(p) : judge_server_final(p);
}
