/* SPDX-License-Identifier: MIT */
#include "parsers/message/lexer.h"
#include "parsers/message/mime.h"

const struct mime_param *mime_param_find(const struct mime_param *params, const char *name)
{
    while (params != NULL && !span_is(params->name, name)) {
        params = params->next;
    }
    return params;
}

/* A token with CFWS round it. */
static enum parse_rc parse_token(struct parse *p, enum rule rule, const char *expected,
                                 struct span *out)
{
    enum parse_rc rc = message_skip_cfws(p, NULL);
    if (rc != PARSE_OK) {
        return rc;
    }
    *out = message_take_token(p);
    return out->len > 0 ? message_skip_cfws(p, NULL) : parse_fail(p, rule, expected);
}

/* RFC 2045 section 5.1: parameter := attribute "=" value; value := token / quoted-string
   RFC 2231 section 7: extended-other-values := *(ext-octet / attribute-char), behind a name with
   "*" at its end */
static enum parse_rc parse_parameter(struct parse *p, enum rule rule, struct mime_param *out)
{
    enum parse_rc rc = parse_token(p, rule, "a parameter's name", &out->name);
    rc = rc == PARSE_OK ? parse_expect(p, '=', rule, "=") : rc;
    rc = rc == PARSE_OK ? message_skip_cfws(p, NULL) : rc;
    bool extended = out->name.len > 0 && out->name.ptr[out->name.len - 1] == '*';
    if (rc == PARSE_OK && extended && (parse_peek(p) == ';' || parse_at_end(p))) {
        out->value = parse_since(p, p->pos);
        return PARSE_OK;
    }
    if (rc == PARSE_OK && parse_peek(p) != '"') {
        return parse_token(p, rule, "a value", &out->value);
    }
    rc = rc == PARSE_OK ? message_parse_quoted_string(p, &out->value) : rc;
    return rc == PARSE_OK ? message_skip_cfws(p, NULL) : rc;
}

/* *(";" parameter), up to the end. */
static enum parse_rc parse_parameters(struct parse *p, enum rule rule, struct mime_param **out)
{
    struct mime_param **tail = out;
    while (!parse_at_end(p)) {
        size_t semicolon = p->pos;
        enum parse_rc rc = parse_expect(p, ';', rule, ";");
        rc = rc == PARSE_OK ? message_skip_cfws(p, NULL) : rc;
        if (rc == PARSE_OK && parse_at_end(p)) {
            return parse_quirk(p, QUIRK_MESSAGE_PARAMETER_END, semicolon, 1, "a parameter");
        }
        struct mime_param *param = rc == PARSE_OK ? parse_take(p, sizeof *param) : NULL;
        if (param == NULL || parse_parameter(p, rule, param) != PARSE_OK) {
            return PARSE_BAD;
        }
        *tail = param;
        tail = &param->next;
    }
    return PARSE_OK;
}

/* RFC 2045 section 5.1: content := "Content-Type" ":" type "/" subtype *(";" parameter) */
enum parse_rc message_parse_content_type(struct parse *p, struct mime_value *out)
{
    const enum rule rule = RULE_MESSAGE_CONTENT_TYPE;
    *out = (struct mime_value){0};
    enum parse_rc rc = parse_token(p, rule, "a type", &out->type);
    rc = rc == PARSE_OK ? parse_expect(p, '/', rule, "/") : rc;
    rc = rc == PARSE_OK ? parse_token(p, rule, "a subtype", &out->subtype) : rc;
    return rc == PARSE_OK ? parse_parameters(p, rule, &out->params) : rc;
}

/* RFC 2183 section 2: disposition := "Content-Disposition" ":" disposition-type
 *(";" disposition-parm) */
enum parse_rc message_parse_content_disposition(struct parse *p, struct mime_value *out)
{
    const enum rule rule = RULE_MESSAGE_CONTENT_DISPOSITION;
    *out = (struct mime_value){0};
    enum parse_rc rc = parse_token(p, rule, "a disposition", &out->type);
    return rc == PARSE_OK ? parse_parameters(p, rule, &out->params) : rc;
}

/* RFC 2045 section 6.1: mechanism := "7bit" / "8bit" / "binary" / "quoted-printable" / "base64" /
   ietf-token / x-token */
enum parse_rc message_parse_content_transfer_encoding(struct parse *p, struct span *out)
{
    const enum rule rule = RULE_MESSAGE_CONTENT_TRANSFER_ENCODING;
    enum parse_rc rc = parse_token(p, rule, "an encoding", out);
    return rc == PARSE_OK && !parse_at_end(p) ? parse_fail(p, rule, "the end") : rc;
}
