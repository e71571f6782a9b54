/* SPDX-License-Identifier: MIT */
#include "parsers/pop3/command.h"

#include "parsers/core/utf8.h"
#include "parsers/pop3/line_end.h"

static const char *const verb_texts[POP3_VERB_COUNT] = {
    [POP3_UNKNOWN] = "",  [POP3_USER] = "USER", [POP3_PASS] = "PASS", [POP3_APOP] = "APOP",
    [POP3_AUTH] = "AUTH", [POP3_STLS] = "STLS", [POP3_CAPA] = "CAPA", [POP3_UTF8] = "UTF8",
    [POP3_LANG] = "LANG", [POP3_QUIT] = "QUIT", [POP3_STAT] = "STAT", [POP3_LIST] = "LIST",
    [POP3_RETR] = "RETR", [POP3_DELE] = "DELE", [POP3_NOOP] = "NOOP", [POP3_RSET] = "RSET",
    [POP3_TOP] = "TOP",   [POP3_UIDL] = "UIDL",
};

const char *pop3_verb_text(enum pop3_verb verb)
{
    return verb_texts[verb < POP3_VERB_COUNT ? verb : POP3_UNKNOWN];
}

enum pop3_verb pop3_verb_of(struct span keyword)
{
    for (unsigned verb = 1; verb < POP3_VERB_COUNT; verb++) {
        if (span_is(keyword, verb_texts[verb])) {
            return (enum pop3_verb)verb;
        }
    }
    return POP3_UNKNOWN;
}

/* SP and another argument follow: go there, over additional spaces. NOMATCH at the end. */
static enum parse_rc next_argument(struct parse *p, size_t end)
{
    if (p->pos >= end) {
        return PARSE_NOMATCH;
    }
    p->pos++;
    size_t start = p->pos;
    while (p->pos < end && p->in.ptr[p->pos] == ' ') {
        p->pos++;
    }
    if (p->pos == end) {
        enum parse_rc rc = parse_quirk(p, QUIRK_POP3_COMMAND_SPACES, start - 1, end - start + 1,
                                       "no space at the end");
        return rc == PARSE_OK ? PARSE_NOMATCH : rc;
    }
    return p->pos == start
               ? PARSE_OK
               : parse_quirk(p, QUIRK_POP3_COMMAND_SPACES, start, p->pos - start, "a single space");
}

/* Behind the last argument stands nothing but, with the quirk, spaces. */
static enum parse_rc no_more(struct parse *p, size_t end)
{
    size_t start = p->pos;
    enum parse_rc rc = next_argument(p, end);
    if (rc == PARSE_OK) {
        return parse_fail_at(p, start, RULE_POP3_ARGUMENT_NONE, "no more arguments");
    }
    return rc == PARSE_NOMATCH ? PARSE_OK : rc;
}

static enum parse_rc parse_message(struct parse *p, size_t end, struct pop3_command *out)
{
    size_t start = p->pos;
    struct span word = pop3_take_word(p, end);
    p->pos = start;
    enum parse_rc rc = parse_number(p, UINT64_MAX, RULE_POP3_ARGUMENT_MESSAGE, &out->number);
    if (rc == PARSE_BAD) {
        return rc;
    }
    if (rc == PARSE_NOMATCH || p->pos != start + word.len) {
        return parse_fail(p, RULE_POP3_ARGUMENT_MESSAGE, "a message-number");
    }
    out->has_number = true;
    return out->number > 0
               ? PARSE_OK
               : parse_quirk(p, QUIRK_POP3_MESSAGE_ZERO, start, 1, "a message-number from 1 on");
}

/* RFC 1939 section 9: RETR msg / DELE msg / TOP msg n / LIST [msg] / UIDL [msg] */
static enum parse_rc parse_numbers(struct parse *p, size_t end, struct pop3_command *out)
{
    enum parse_rc rc = next_argument(p, end);
    if (rc == PARSE_NOMATCH) {
        return out->verb == POP3_LIST || out->verb == POP3_UIDL
                   ? PARSE_OK
                   : parse_fail_at(p, end, RULE_POP3_ARGUMENT_MESSAGE, "a message-number");
    }
    rc = rc == PARSE_OK ? parse_message(p, end, out) : rc;
    if (rc != PARSE_OK || out->verb != POP3_TOP) {
        return rc == PARSE_OK ? no_more(p, end) : rc;
    }
    rc = next_argument(p, end);
    if (rc == PARSE_OK) {
        rc = parse_number(p, UINT64_MAX, RULE_POP3_ARGUMENT_LINES, &out->lines);
    }
    if (rc == PARSE_NOMATCH || (rc == PARSE_OK && p->pos < end && p->in.ptr[p->pos] != ' ')) {
        return parse_fail(p, RULE_POP3_ARGUMENT_LINES, "a number of lines");
    }
    return rc == PARSE_OK ? no_more(p, end) : rc;
}

/* RFC 1939 section 9: USER name / PASS string. A password, and by custom a name, may hold spaces:
   "a POP3 server may treat spaces in the argument as part of the password". */
static enum parse_rc parse_string(struct parse *p, size_t end, struct pop3_command *out)
{
    if (p->pos + 1 >= end) {
        return parse_fail_at(p, end, RULE_POP3_ARGUMENT_STRING, "an argument");
    }
    p->pos++;
    size_t start = p->pos;
    if (out->verb == POP3_PASS) {
        p->pos = end;
    } else {
        (void)pop3_take_word(p, end);
    }
    out->name = parse_since(p, start);
    if (p->pos < end) {
        enum parse_rc rc =
            parse_quirk(p, QUIRK_POP3_COMMAND_SPACES, p->pos, end - p->pos, "a single argument");
        if (rc != PARSE_OK) {
            return rc;
        }
        p->pos = end;
        out->name = parse_since(p, start);
    }
    return PARSE_OK;
}

/* RFC 1939 section 7: the digest is a 16-octet value in hexadecimal, lower case. */
static enum parse_rc parse_digest(struct parse *p, size_t end, struct pop3_command *out)
{
    size_t start = p->pos;
    size_t upper = SIZE_MAX;
    out->digest = pop3_take_word(p, end);
    for (size_t i = 0; i < out->digest.len && i < 32; i++) {
        uint8_t octet = out->digest.ptr[i];
        if (!octet_is(octet, CLASS_HEXDIG)) {
            return parse_fail_at(p, start + i, RULE_POP3_APOP_DIGEST, "a hexadecimal digit");
        }
        if (octet >= 'A' && octet <= 'F' && upper == SIZE_MAX) {
            upper = start + i;
        }
    }
    if (out->digest.len != 32) {
        size_t pos = start + (out->digest.len < 32 ? out->digest.len : 32);
        return parse_fail_at(p, pos, RULE_POP3_APOP_DIGEST, "32 hexadecimal digits");
    }
    return upper == SIZE_MAX
               ? PARSE_OK
               : parse_quirk(p, QUIRK_POP3_DIGEST_CASE, upper, 1, "lower-case hexadecimal");
}

/* RFC 1939 section 9: APOP name digest */
static enum parse_rc parse_apop(struct parse *p, size_t end, struct pop3_command *out)
{
    enum parse_rc rc = next_argument(p, end);
    if (rc == PARSE_OK) {
        out->name = pop3_take_word(p, end);
        rc = next_argument(p, end);
    }
    if (rc == PARSE_NOMATCH) {
        return parse_fail_at(p, end, RULE_POP3_ARGUMENT_STRING, "a name and a digest");
    }
    rc = rc == PARSE_OK ? parse_digest(p, end, out) : rc;
    return rc == PARSE_OK ? no_more(p, end) : rc;
}

/* RFC 5034 section 5: auth-command = "AUTH" SP sasl-mech [SP initial-response] … CRLF */
static enum parse_rc parse_auth(struct parse *p, size_t end, struct pop3_command *out)
{
    enum parse_rc rc = next_argument(p, end);
    if (rc == PARSE_NOMATCH) {
        return parse_fail_at(p, end, RULE_POP3_AUTH_COMMAND, "a mechanism");
    }
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t start = p->pos;
    out->name = pop3_take_word(p, end);
    for (size_t i = 0; i < out->name.len; i++) {
        if (i == 20 || !octet_is(out->name.ptr[i], CLASS_SASL_MECH)) {
            return parse_fail_at(p, start + i, RULE_POP3_AUTH_COMMAND, "a mechanism's name");
        }
    }
    rc = next_argument(p, end);
    if (rc != PARSE_OK) {
        return rc == PARSE_NOMATCH ? PARSE_OK : rc;
    }
    out->has_initial = true;
    out->initial = pop3_take_word(p, end);
    if (!span_is(out->initial, "=")) {
        rc = pop3_check_base64(p, out->initial, QUIRK_POP3_INITIAL_BASE64);
    }
    return rc == PARSE_OK ? no_more(p, end) : rc;
}

/* RFC 4647 section 2.1: language-range = (1*8ALPHA *("-" 1*8alphanum)) / "*" */
static enum parse_rc parse_lang(struct parse *p, size_t end, struct pop3_command *out)
{
    enum parse_rc rc = next_argument(p, end);
    if (rc != PARSE_OK) {
        return rc == PARSE_NOMATCH ? PARSE_OK : rc;
    }
    size_t start = p->pos;
    out->name = pop3_take_word(p, end);
    size_t run = 0;
    bool star = span_is(out->name, "*");
    uint32_t classes = CLASS_ALPHA;
    for (size_t i = 0; i < out->name.len && !star; i++) {
        uint8_t octet = out->name.ptr[i];
        bool dash = octet == '-' && run > 0 && i + 1 < out->name.len;
        if (!dash && (run == 8 || !octet_is(octet, classes))) {
            return parse_fail_at(p, start + i, RULE_POP3_LANG_RANGE, "a language range");
        }
        run = dash ? 0 : run + 1;
        classes = dash ? CLASS_ALPHA | CLASS_DIGIT : classes;
    }
    return no_more(p, end);
}

/* Only printable ASCII, or UTF-8 where that is legal; spaces are judged elsewhere. */
static enum parse_rc check_octets(struct parse *p, size_t end, bool utf8)
{
    for (size_t i = 0; i < end; i++) {
        uint8_t octet = p->in.ptr[i];
        if (octet_is(octet, CLASS_VCHAR) || octet == ' ') {
            continue;
        }
        size_t len = utf8 && octet >= 0x80 ? utf8_sequence_len(span_sub(p->in, i, end - i)) : 0;
        if (len == 0) {
            return parse_quirk(p, QUIRK_POP3_COMMAND_OCTETS, i, 1, "printable ASCII");
        }
        i += len - 1;
    }
    return PARSE_OK;
}

static enum parse_rc check_length(struct parse *p, const struct pop3_command *command)
{
    if (p->in.len <= POP3_COMMAND_LIMIT) {
        return PARSE_OK;
    }
    bool initial = command->verb == POP3_AUTH && command->has_initial;
    return parse_quirk(p, initial ? QUIRK_POP3_INITIAL_LONG : QUIRK_POP3_COMMAND_LONG,
                       POP3_COMMAND_LIMIT, p->in.len - POP3_COMMAND_LIMIT, "255 octets at most");
}

static enum parse_rc parse_arguments(struct parse *p, size_t end, struct pop3_command *out)
{
    switch (out->verb) {
    case POP3_USER:
    case POP3_PASS:
        return parse_string(p, end, out);
    case POP3_APOP:
        return parse_apop(p, end, out);
    case POP3_AUTH:
        return parse_auth(p, end, out);
    case POP3_LANG:
        return parse_lang(p, end, out);
    case POP3_LIST:
    case POP3_UIDL:
    case POP3_RETR:
    case POP3_DELE:
    case POP3_TOP:
        return parse_numbers(p, end, out);
    case POP3_STLS:
    case POP3_CAPA:
    case POP3_UTF8:
    case POP3_QUIT:
    case POP3_STAT:
    case POP3_NOOP:
    case POP3_RSET:
        return no_more(p, end);
    case POP3_UNKNOWN:
    case POP3_VERB_COUNT:
        break;
    }
    return PARSE_OK;
}

/* RFC 2449 section 3: command = keyword *(SP param) CRLF ;255 octets maximum */
enum parse_rc pop3_parse_command(struct parse *p, bool utf8, struct pop3_command *out)
{
    *out = (struct pop3_command){0};
    size_t end = 0;
    enum parse_rc rc = pop3_line_end(p, RULE_POP3_COMMAND_CRLF, QUIRK_POP3_COMMAND_LF, &end);
    out->keyword = pop3_take_word(p, end);
    out->verb = pop3_verb_of(out->keyword);
    out->arguments =
        p->pos < end ? span_sub(p->in, p->pos + 1, end - p->pos - 1) : (struct span){0};
    bool login = out->verb == POP3_USER || out->verb == POP3_PASS || out->verb == POP3_APOP;
    if (rc == PARSE_OK) {
        rc = check_octets(p, end, utf8 && login);
    }
    /* RFC 2449 section 3: keyword = 3*4VCHAR */
    if (rc == PARSE_OK && out->keyword.len == 0) {
        rc = parse_fail(p, RULE_POP3_KEYWORD, "a keyword");
    }
    if (rc == PARSE_OK && (out->keyword.len < 3 || out->keyword.len > 4)) {
        rc = parse_quirk(p, QUIRK_POP3_KEYWORD_LENGTH, out->keyword.len < 3 ? out->keyword.len : 4,
                         out->keyword.len < 3 ? 0 : out->keyword.len - 4, "three or four octets");
    }
    rc = rc == PARSE_OK ? parse_arguments(p, end, out) : rc;
    rc = rc == PARSE_OK ? check_length(p, out) : rc;
    p->pos = rc == PARSE_OK ? p->in.len : p->pos;
    return rc;
}

static void emit_fields(struct out *o, const struct pop3_command *command)
{
    if (command->name.ptr != NULL) {
        out_octet(o, ' ');
        out_bytes(o, command->name);
    }
    if (command->digest.ptr != NULL) {
        out_octet(o, ' ');
        out_bytes(o, command->digest);
    }
    if (command->has_initial) {
        out_octet(o, ' ');
        out_bytes(o, command->initial);
    }
    if (command->has_number) {
        out_octet(o, ' ');
        out_number(o, command->number);
    }
    if (command->verb == POP3_TOP) {
        out_octet(o, ' ');
        out_number(o, command->lines);
    }
}

void pop3_emit_command(struct out *o, const struct pop3_command *command)
{
    if (command->keyword.len > 0) {
        out_bytes(o, command->keyword);
    } else {
        out_text(o, pop3_verb_text(command->verb));
    }
    if (command->arguments.ptr != NULL) {
        out_octet(o, ' ');
        out_bytes(o, command->arguments);
    } else {
        emit_fields(o, command);
    }
    out_text(o, "\r\n");
}

/* RFC 5034 section 5: *(CRLF [base64]) [CRLF cancel-response] CRLF, one line of it. */
enum parse_rc pop3_parse_sasl_response(struct parse *p, struct pop3_sasl_response *out)
{
    *out = (struct pop3_sasl_response){0};
    size_t end = 0;
    enum parse_rc rc = pop3_line_end(p, RULE_POP3_COMMAND_CRLF, QUIRK_POP3_COMMAND_LF, &end);
    if (rc != PARSE_OK) {
        return rc;
    }
    out->base64 = span_sub(p->in, 0, end);
    out->cancel = span_is(out->base64, "*");
    if (!out->cancel) {
        rc = pop3_check_base64(p, out->base64, QUIRK_POP3_RESPONSE_BASE64);
    }
    p->pos = rc == PARSE_OK ? p->in.len : p->pos;
    return rc;
}

void pop3_emit_sasl_response(struct out *o, const struct pop3_sasl_response *response)
{
    if (response->cancel) {
        out_octet(o, '*');
    } else {
        out_bytes(o, response->base64);
    }
    out_text(o, "\r\n");
}
