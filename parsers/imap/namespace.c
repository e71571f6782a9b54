/* SPDX-License-Identifier: MIT */
#include "parsers/imap/namespace.h"

#include "parsers/imap/list.h"

static enum parse_rc sp(struct parse *p)
{
    return imap_parse_sp(p, RULE_IMAP_NAMESPACE, "SP");
}

/* RFC 9051 section 9: namespace-response-extension = SP string SP "(" string *(SP string) ")" */
static enum parse_rc extension(struct parse *p, struct imap_namespace_extension *out)
{
    struct imap_string_builder builder = {0};
    enum parse_rc rc = sp(p);
    rc = rc == PARSE_OK ? imap_parse_some_string(p, &out->name) : rc;
    rc = rc == PARSE_OK ? sp(p) : rc;
    rc = rc == PARSE_OK ? parse_expect(p, '(', RULE_IMAP_NAMESPACE, "\"(\"") : rc;
    for (bool end = false; rc == PARSE_OK && !end;) {
        struct imap_string string;
        rc = imap_parse_some_string(p, &string);
        rc = rc == PARSE_OK ? imap_strings_append(p, &builder, &string) : rc;
        rc = rc == PARSE_OK ? imap_parse_list_next(p, 1, RULE_IMAP_NAMESPACE, &end) : rc;
    }
    out->values = builder.list;
    return rc;
}

/* RFC 9051 section 9: namespace-descr = "(" string SP (DQUOTE QUOTED-CHAR DQUOTE / nil)
   [namespace-response-extensions] ")" */
static enum parse_rc namespace_descr(struct parse *p, struct imap_namespace_descr *out)
{
    const struct imap_namespace_extension **tail = &out->extensions;
    p->pos++;
    enum parse_rc rc = imap_parse_some_string(p, &out->prefix);
    rc = rc == PARSE_OK ? sp(p) : rc;
    rc = rc == PARSE_OK ? imap_parse_delimiter(p, &out->delimiter) : rc;
    while (rc == PARSE_OK && parse_peek(p) == ' ') {
        struct imap_namespace_extension *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = extension(p, node);
        *tail = node;
        tail = &node->next;
    }
    return rc == PARSE_OK ? parse_expect(p, ')', RULE_IMAP_NAMESPACE, "\")\"") : rc;
}

/* RFC 9051 section 9: namespace = nil / "(" 1*namespace-descr ")" */
static enum parse_rc namespace(struct parse *p, struct imap_namespace *out) {
    size_t start = p->pos;
    if (PARSE_TEXT(p, "NIL")){out->nil = parse_since(p, start); return PARSE_OK;}
const struct imap_namespace_descr **tail = &out->first;
enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_NAMESPACE, "\"(\" or NIL");
if (rc == PARSE_OK && parse_octet(p, ')')) {
    return parse_quirk(p, QUIRK_IMAP_NAMESPACE_EMPTY, start + 1, 1,
                       "a namespace, or NIL instead of \"()\"");
}
while (rc == PARSE_OK && !parse_octet(p, ')')) {
    struct imap_namespace_descr *node = parse_take(p, sizeof *node);
    if (node == NULL) {
        return PARSE_BAD;
    }
    if (out->first != NULL && parse_octet(p, ' ')) {
        rc = parse_quirk(p, QUIRK_IMAP_SP_BETWEEN_LISTS, p->pos - 1, 1, "\"(\" or \")\"");
    }
    if (rc == PARSE_OK && parse_peek(p) != '(') {
        rc = parse_fail(p, RULE_IMAP_NAMESPACE, "\"(\" or \")\"");
    }
    rc = rc == PARSE_OK ? namespace_descr(p, node) : rc;
    *tail = node;
    tail = &node->next;
}
return rc;
}

/* RFC 9051 section 9: namespace-response = "NAMESPACE" SP namespace SP namespace SP namespace */
enum parse_rc imap_parse_namespace_response(struct parse *p, struct imap_namespaces *out)
{
    *out = (struct imap_namespaces){0};
    enum parse_rc rc = PARSE_OK;
    for (size_t i = 0; i < 3 && rc == PARSE_OK; i++) {
        rc = i > 0 ? sp(p) : rc;
        rc = rc == PARSE_OK ? namespace(p, &out->of[i]) : rc;
    }
    return rc;
}

static void emit_descr(struct out *o, const struct imap_namespace_descr *descr)
{
    out_octet(o, '(');
    imap_emit_string(o, &descr->prefix);
    out_octet(o, ' ');
    imap_emit_string(o, &descr->delimiter);
    for (const struct imap_namespace_extension *e = descr->extensions; e != NULL; e = e->next) {
        out_octet(o, ' ');
        imap_emit_string(o, &e->name);
        out_text(o, " (");
        for (const struct imap_string_list *s = e->values.first; s != NULL; s = s->next) {
            imap_emit_string(o, &s->value);
            if (s->next != NULL) {
                out_octet(o, ' ');
            }
        }
        out_octet(o, ')');
    }
    out_octet(o, ')');
}

void imap_emit_namespace_response(struct out *o, const struct imap_namespaces *namespaces)
{
    for (size_t i = 0; i < 3; i++) {
        const struct imap_namespace *space = &namespaces->of[i];
        if (i > 0) {
            out_octet(o, ' ');
        }
        if (space->first == NULL) {
            imap_emit_keyword(o, space->nil, "NIL");
            continue;
        }
        out_octet(o, '(');
        for (const struct imap_namespace_descr *d = space->first; d != NULL; d = d->next) {
            emit_descr(o, d);
        }
        out_octet(o, ')');
    }
}
