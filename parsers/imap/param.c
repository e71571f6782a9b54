/* SPDX-License-Identifier: MIT */
#include "parsers/imap/param.h"

typedef enum parse_rc string_rule(struct parse *p, struct imap_string *out);

/* name SP value; the value may be missing before ")". */
static enum parse_rc pair(struct parse *p, string_rule *value, struct imap_param *out)
{
    enum parse_rc rc = imap_parse_some_string(p, &out->name);
    if (rc == PARSE_OK && parse_peek(p) == ')') {
        return parse_quirk(p, QUIRK_IMAP_PARAM_ODD, p->pos, 0, "SP and the value");
    }
    rc = rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_PARAM, "SP") : rc;
    return rc == PARSE_OK ? value(p, &out->value) : rc;
}

/* "(" … ")" or NIL. */
static enum parse_rc params(struct parse *p, string_rule *value, struct imap_params *out)
{
    size_t start = p->pos;
    *out = (struct imap_params){0};
    if (PARSE_TEXT(p, "NIL")) {
        out->nil = parse_since(p, start);
        return PARSE_OK;
    }
    if (!parse_octet(p, '(')) {
        return PARSE_NOMATCH;
    }
    out->list = true;
    const struct imap_param **tail = &out->first;
    for (;;) {
        bool end = false;
        enum parse_rc rc = imap_parse_list_next(p, out->count, RULE_IMAP_PARAM, &end);
        if (rc != PARSE_OK || end) {
            return rc;
        }
        struct imap_param *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = pair(p, value, node);
        if (rc != PARSE_OK) {
            return rc;
        }
        *tail = node;
        tail = &node->next;
        out->count++;
    }
}

/* RFC 9051 section 9: body-fld-param = "(" string SP string *(SP string SP string) ")" / nil */
enum parse_rc imap_parse_body_fld_param(struct parse *p, struct imap_params *out)
{
    size_t start = p->pos;
    enum parse_rc rc = params(p, imap_parse_some_string, out);
    if (rc == PARSE_OK && out->list && out->count == 0) {
        rc = parse_quirk(p, QUIRK_IMAP_PARAM_EMPTY, start + 1, p->pos - start - 1,
                         "a parameter, or NIL instead of \"()\"");
    }
    return rc;
}

/* RFC 2971 section 4: id_params_list ::= "(" #(string SPACE nstring) ")" / nil */
enum parse_rc imap_parse_id_params_list(struct parse *p, struct imap_params *out)
{
    return params(p, imap_parse_some_nstring, out);
}

void imap_emit_params(struct out *o, const struct imap_params *params)
{
    if (!params->list) {
        imap_emit_keyword(o, params->nil, "NIL");
        return;
    }
    out_octet(o, '(');
    for (const struct imap_param *param = params->first; param != NULL; param = param->next) {
        imap_emit_string(o, &param->name);
        out_octet(o, ' ');
        imap_emit_string(o, &param->value);
        if (param->next != NULL) {
            out_octet(o, ' ');
        }
    }
    out_octet(o, ')');
}
