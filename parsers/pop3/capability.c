/* SPDX-License-Identifier: MIT */
#include "parsers/pop3/capability.h"

/* What may stand behind each tag. */
enum arguments {
    ARGUMENTS_ANY,
    ARGUMENTS_NONE,
    ARGUMENTS_SOME,
    ARGUMENTS_NUMBER,
    ARGUMENTS_USER,
    ARGUMENTS_MECHANISMS,
};

static const struct {
    const char *text;
    enum arguments arguments;
} tags[POP3_CAPA_COUNT] = {
    [POP3_CAPA_UNKNOWN] = {"", ARGUMENTS_ANY},
    [POP3_CAPA_TOP] = {"TOP", ARGUMENTS_NONE},
    [POP3_CAPA_USER] = {"USER", ARGUMENTS_NONE},
    /* Servers that offer no mechanism before STLS send SASL alone: the list is empty, and RFC 5034
       section 3 does not say that it may not be. */
    [POP3_CAPA_SASL] = {"SASL", ARGUMENTS_MECHANISMS},
    [POP3_CAPA_RESP_CODES] = {"RESP-CODES", ARGUMENTS_NONE},
    [POP3_CAPA_LOGIN_DELAY] = {"LOGIN-DELAY", ARGUMENTS_NUMBER},
    [POP3_CAPA_PIPELINING] = {"PIPELINING", ARGUMENTS_NONE},
    [POP3_CAPA_EXPIRE] = {"EXPIRE", ARGUMENTS_NUMBER},
    [POP3_CAPA_UIDL] = {"UIDL", ARGUMENTS_NONE},
    [POP3_CAPA_IMPLEMENTATION] = {"IMPLEMENTATION", ARGUMENTS_SOME},
    [POP3_CAPA_STLS] = {"STLS", ARGUMENTS_NONE},
    [POP3_CAPA_AUTH_RESP_CODE] = {"AUTH-RESP-CODE", ARGUMENTS_NONE},
    [POP3_CAPA_UTF8] = {"UTF8", ARGUMENTS_USER},
    [POP3_CAPA_LANG] = {"LANG", ARGUMENTS_NONE},
};

const char *pop3_capa_text(enum pop3_capa tag)
{
    return tags[tag < POP3_CAPA_COUNT ? tag : POP3_CAPA_UNKNOWN].text;
}

enum pop3_capa pop3_capa_of(struct span name)
{
    for (unsigned tag = 1; tag < POP3_CAPA_COUNT; tag++) {
        if (span_is(name, tags[tag].text)) {
            return (enum pop3_capa)tag;
        }
    }
    return POP3_CAPA_UNKNOWN;
}

bool pop3_parameter_next(struct span *rest, struct span *out)
{
    size_t start = 0;
    while (start < rest->len && rest->ptr[start] == ' ') {
        start++;
    }
    size_t end = start;
    while (end < rest->len && rest->ptr[end] != ' ') {
        end++;
    }
    *out = span_sub(*rest, start, end - start);
    *rest = span_from(*rest, end);
    return out->len > 0;
}

/* RFC 2449 section 3: *(SP param), param = 1*VCHAR. Their form, not their meaning. */
static enum parse_rc check_parameters(struct parse *p)
{
    while (parse_peek(p) == ' ') {
        size_t space = p->pos++;
        if (parse_run(p, CLASS_VCHAR).len > 0) {
            continue;
        }
        if (parse_peek(p) != ' ' && !parse_at_end(p) && parse_peek(p) != '\r' &&
            parse_peek(p) != '\n') {
            break;
        }
        enum parse_rc rc = parse_quirk(p, QUIRK_POP3_CAPA_SPACES, space, 1, "a single space");
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    return PARSE_OK;
}

/* RFC 2449 sections 6.5 and 6.7: LOGIN-DELAY seconds [USER], EXPIRE days / NEVER [USER]. */
static bool read_number(struct pop3_capability *out, struct span *rest)
{
    struct span word;
    if (!pop3_parameter_next(rest, &word)) {
        return false;
    }
    out->never = out->tag == POP3_CAPA_EXPIRE && span_is(word, "NEVER");
    struct parse number;
    parse_init(&number, word, 0, NULL);
    return out->never || (parse_number(&number, UINT64_MAX, RULE_POP3_CAPABILITY_ARGUMENT,
                                       &out->number) == PARSE_OK &&
                          parse_at_end(&number));
}

/* RFC 4422 section 3.1: sasl-mech = 1*20mech-char, mech-char = UPPER-ALPHA / DIGIT / HYPHEN /
   UNDERSCORE. */
static bool read_mechanisms(struct span rest)
{
    enum { MECHANISM_MAX = 20 };
    struct span word;
    while (pop3_parameter_next(&rest, &word)) {
        for (size_t i = 0; i < word.len; i++) {
            bool small = word.ptr[i] >= 'a' && word.ptr[i] <= 'z';
            if (i == MECHANISM_MAX || small || !octet_is(word.ptr[i], CLASS_SASL_MECH)) {
                return false;
            }
        }
    }
    return true;
}

/* The parameters are what this tag has. */
static bool read_arguments(struct pop3_capability *out)
{
    struct span rest = out->parameters;
    struct span word;
    switch (tags[out->tag].arguments) {
    case ARGUMENTS_ANY:
        return true;
    case ARGUMENTS_SOME:
        return pop3_parameter_next(&rest, &word);
    case ARGUMENTS_MECHANISMS:
        return read_mechanisms(rest);
    case ARGUMENTS_NUMBER:
        if (!read_number(out, &rest)) {
            return false;
        }
        break;
    case ARGUMENTS_NONE:
    case ARGUMENTS_USER:
        break;
    }
    if (!pop3_parameter_next(&rest, &word)) {
        return true;
    }
    out->user = tags[out->tag].arguments != ARGUMENTS_NONE && span_is(word, "USER");
    return out->user && !pop3_parameter_next(&rest, &word);
}

/* RFC 2449 section 3: capability = capa-tag *(SP param) CRLF ;512 octets maximum
   RFC 2449 section 3: capa-tag = 1*cchar, cchar = %x21-2D / %x2F-7F */
enum parse_rc pop3_parse_capability(struct parse *p, struct pop3_capability *out)
{
    *out = (struct pop3_capability){0};
    size_t start = p->pos;
    while (!parse_at_end(p) && parse_peek(p) != '.' &&
           (octet_is(p->in.ptr[p->pos], CLASS_VCHAR) || parse_peek(p) == 0x7F)) {
        p->pos++;
    }
    out->name = parse_since(p, start);
    out->tag = pop3_capa_of(out->name);
    if (out->name.len == 0) {
        return parse_fail(p, RULE_POP3_CAPABILITY, "a capability's tag");
    }
    size_t space = p->pos;
    enum parse_rc rc = check_parameters(p);
    if (rc != PARSE_OK) {
        return rc;
    }
    if (p->pos > space) {
        out->parameters = span_sub(p->in, space + 1, p->pos - space - 1);
    }
    if (!parse_at_end(p) && parse_peek(p) != '\r' && parse_peek(p) != '\n') {
        return parse_fail(p, RULE_POP3_CAPABILITY, "a printable octet");
    }
    return read_arguments(out) ? PARSE_OK
                               : parse_quirk(p, QUIRK_POP3_CAPA_ARGUMENT, space, p->pos - space,
                                             "this capability's argument");
}

void pop3_emit_capability(struct out *o, const struct pop3_capability *capability)
{
    if (capability->name.len > 0) {
        out_bytes(o, capability->name);
    } else {
        out_text(o, pop3_capa_text(capability->tag));
    }
    if (capability->parameters.ptr != NULL) {
        out_octet(o, ' ');
        out_bytes(o, capability->parameters);
        return;
    }
    if (capability->never) {
        out_text(o, " NEVER");
    } else if (tags[capability->tag].arguments == ARGUMENTS_NUMBER) {
        out_octet(o, ' ');
        out_number(o, capability->number);
    }
    out_text(o, capability->user ? " USER" : "");
}
