/* SPDX-License-Identifier: MIT */
#include "parsers/imap/response.h"

#include "parsers/imap/response_data.h"

static enum parse_rc sp(struct parse *p)
{
    return imap_parse_sp(p, RULE_IMAP_RESPONSE, "SP");
}

/* The number before EXISTS, FETCH and the like. */
static enum parse_rc leading_number(struct parse *p, struct imap_response *out)
{
    size_t start = p->pos;
    while (!parse_at_end(p) && octet_is(p->in.ptr[p->pos], CLASS_DIGIT)) {
        p->pos++;
    }
    out->numbered = p->pos > start && parse_peek(p) == ' ';
    p->pos = start;
    if (!out->numbered) {
        return PARSE_OK;
    }
    enum parse_rc rc = imap_parse_number(p, &out->number);
    return rc == PARSE_OK ? sp(p) : rc;
}

/* FETCH and EXPUNGE have nz-number, the others number. */
static enum parse_rc check_number(struct parse *p, size_t start, const struct imap_response *out)
{
    bool nz = out->type == IMAP_RESPONSE_FETCH || out->type == IMAP_RESPONSE_EXPUNGE;
    if (nz && p->in.ptr[start] == '0') {
        return parse_quirk(p, QUIRK_IMAP_MESSAGE_ZERO, start, 1, "a message number from 1");
    }
    return PARSE_OK;
}

/* Behind "* ": "[" and a code that we know, where the status word is missing. */
static enum parse_rc missing_status(struct parse *p, enum quirk quirk, size_t pos,
                                    struct imap_response *out)
{
    out->kind = IMAP_UNTAGGED;
    out->type = IMAP_RESPONSE_OK;
    enum parse_rc rc = parse_quirk(p, quirk, pos, 1, "OK, NO or BAD");
    return rc == PARSE_OK ? imap_parse_resp_text(p, &out->as.text) : rc;
}

static bool at_code(const struct parse *p)
{
    struct parse ahead = *p;
    return parse_octet(&ahead, '[') && imap_code_starts(&ahead);
}

/* RFC 9051 section 9: response-data = "*" SP (resp-cond-state / resp-cond-bye / mailbox-data /
   message-data / capability-data / enable-data) CRLF */
static enum parse_rc response_data(struct parse *p, struct imap_response *out)
{
    out->kind = IMAP_UNTAGGED;
    enum parse_rc rc = sp(p);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t start = p->pos;
    if (at_code(p)) {
        return missing_status(p, QUIRK_IMAP_STATUS_MISSING, p->pos, out);
    }
    rc = leading_number(p, out);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t keyword = p->pos;
    out->keyword = parse_run(p, CLASS_ATOM);
    if (out->keyword.len == 0) {
        return parse_fail(p, RULE_IMAP_RESPONSE, "the keyword of a response");
    }
    out->type = imap_response_type_of(out->keyword, out->numbered);
    if (out->type == IMAP_RESPONSE_UNKNOWN && out->numbered &&
        imap_response_type_of(out->keyword, false) != IMAP_RESPONSE_UNKNOWN) {
        return parse_fail_at(p, keyword, RULE_IMAP_RESPONSE, "EXISTS, RECENT, EXPUNGE or FETCH");
    }
    if (out->type == IMAP_RESPONSE_UNKNOWN && !out->numbered &&
        imap_response_type_of(out->keyword, true) != IMAP_RESPONSE_UNKNOWN) {
        return parse_fail_at(p, keyword, RULE_IMAP_RESPONSE, "a number before the keyword");
    }
    rc = check_number(p, start, out);
    return rc == PARSE_OK ? imap_parse_response_data(p, out) : rc;
}

/* RFC 9051 section 9: continue-req = "+" SP (resp-text / base64) CRLF. A quirk goes without SP. */
static enum parse_rc continue_req(struct parse *p, struct imap_response *out)
{
    out->kind = IMAP_CONTINUE;
    out->type = IMAP_RESPONSE_CONTINUE;
    if (!parse_octet(p, ' ')) {
        enum parse_rc rc = parse_quirk(p, QUIRK_IMAP_CONTINUE_SP, p->pos, 0, "SP behind \"+\"");
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    struct parse ahead = *p;
    ahead.quirks = QUIRKS_STRICT;
    if (imap_parse_base64(&ahead, &out->base64) == PARSE_OK &&
        (parse_peek(&ahead) == '\r' || parse_peek(&ahead) == '\n')) {
        p->pos = ahead.pos;
        out->as.text.text = out->base64;
        return PARSE_OK;
    }
    out->base64 = (struct span){0};
    return imap_parse_resp_text(p, &out->as.text);
}

/* RFC 9051 section 9: response-tagged = tag SP resp-cond-state CRLF */
static enum parse_rc response_tagged(struct parse *p, struct imap_response *out)
{
    out->kind = IMAP_TAGGED;
    if (at_code(p)) {
        return missing_status(p, QUIRK_IMAP_UNTAGGED_MISSING, p->pos, out);
    }
    enum parse_rc rc = imap_parse_tag(p, &out->tag);
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, RULE_IMAP_RESPONSE, "\"*\", \"+\" or a tag");
    }
    rc = sp(p);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t start = p->pos;
    out->keyword = parse_run(p, CLASS_ATOM);
    out->type = imap_response_type_of(out->keyword, false);
    if (out->type != IMAP_RESPONSE_OK && out->type != IMAP_RESPONSE_NO &&
        out->type != IMAP_RESPONSE_BAD) {
        out->type = IMAP_RESPONSE_UNKNOWN;
        return parse_fail_at(p, start, RULE_IMAP_RESP_COND, "OK, NO or BAD");
    }
    return imap_parse_response_data(p, out);
}

/* RFC 9051 section 9: response = *(continue-req / response-data) response-done */
enum parse_rc imap_parse_response(struct parse *p, struct imap_response *out)
{
    *out = (struct imap_response){0};
    p->profile |= IMAP_PROFILE_SERVER;
    enum parse_rc rc = PARSE_OK;
    if (parse_octet(p, '*')) {
        rc = response_data(p, out);
    } else if (parse_octet(p, '+')) {
        rc = continue_req(p, out);
    } else {
        rc = response_tagged(p, out);
    }
    if (rc == PARSE_NOMATCH) {
        rc = parse_fail(p, RULE_IMAP_RESPONSE, "the data of the response");
    }
    return rc == PARSE_OK ? imap_parse_crlf(p) : rc;
}

/* RFC 9051 section 9: greeting = "*" SP (resp-cond-auth / resp-cond-bye) CRLF */
enum parse_rc imap_parse_greeting(struct parse *p, struct imap_response *out)
{
    *out = (struct imap_response){0};
    if (parse_peek(p) != '*') {
        return parse_fail(p, RULE_IMAP_GREETING, "\"*\"");
    }
    enum parse_rc rc = imap_parse_response(p, out);
    if (rc != PARSE_OK || out->type == IMAP_RESPONSE_OK || out->type == IMAP_RESPONSE_PREAUTH ||
        out->type == IMAP_RESPONSE_BYE) {
        return rc;
    }
    return parse_quirk(p, QUIRK_IMAP_GREETING, (size_t)(out->keyword.ptr - p->in.ptr),
                       out->keyword.len, "OK, PREAUTH or BYE");
}

bool imap_response_may_have_literal(struct span unit)
{
    struct parse p;
    parse_init(&p, unit, 0, NULL);
    if (parse_octet(&p, '+')) {
        return false;
    }
    bool untagged = parse_octet(&p, '*');
    if (!untagged) {
        (void)parse_run(&p, CLASS_TAG);
    }
    if (!parse_octet(&p, ' ')) {
        return untagged;
    }
    enum imap_response_type type = imap_response_type_of(parse_run(&p, CLASS_ATOM), false);
    bool status = type >= IMAP_RESPONSE_OK && type <= IMAP_RESPONSE_BYE;
    if (!untagged && !status) {
        return true;
    }
    if (!status) {
        return true;
    }
    /* Only inside a response code a literal may stand. */
    return PARSE_TEXT(&p, " [") && memchr(unit.ptr + p.pos, ']', unit.len - p.pos) == NULL;
}

void imap_emit_response(struct out *o, const struct imap_response *response)
{
    if (response->kind == IMAP_CONTINUE) {
        out_octet(o, '+');
    } else {
        if (response->kind == IMAP_TAGGED) {
            out_bytes(o, response->tag);
        } else {
            out_octet(o, '*');
        }
        out_octet(o, ' ');
        if (response->numbered) {
            imap_emit_number(o, response->number);
            out_octet(o, ' ');
        }
        imap_emit_keyword(o, response->keyword, imap_response_name(response->type));
    }
    imap_emit_response_data(o, response);
    out_text(o, "\r\n");
}
