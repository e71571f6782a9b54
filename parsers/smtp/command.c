/* SPDX-License-Identifier: MIT */
#include "parsers/smtp/command.h"

#include "parsers/core/base64.h"
#include "parsers/smtp/reply.h"

/* Where the line's content ends: before the CRs and LF at its end. */
static size_t content_end(const struct parse *p)
{
    size_t end = p->in.len;
    if (end > 0 && p->in.ptr[end - 1] == '\n') {
        end--;
        while (end > 0 && p->in.ptr[end - 1] == '\r') {
            end--;
        }
    }
    return end;
}

static struct span blanks(const struct parse *p)
{
    size_t pos = p->pos;
    while (pos < p->in.len && (p->in.ptr[pos] == ' ' || p->in.ptr[pos] == '\t')) {
        pos++;
    }
    return span_sub(p->in, p->pos, pos - p->pos);
}

/* Nothing but white space stands up to the line's end. */
static bool at_line_end(const struct parse *p)
{
    return p->pos + blanks(p).len >= content_end(p);
}

/* The space between two parts; several and HT under QUIRK_SMTP_EXTRA_SPACE. */
static enum parse_rc parse_space(struct parse *p, enum rule rule)
{
    struct span space = blanks(p);
    if (space.len == 0) {
        return parse_fail(p, rule, "a space");
    }
    size_t start = p->pos;
    p->pos += space.len;
    if (space.len == 1 && space.ptr[0] == ' ') {
        return PARSE_OK;
    }
    size_t bad = space.ptr[0] == ' ' ? 1 : 0;
    return parse_quirk(p, QUIRK_SMTP_EXTRA_SPACE, start + bad, space.len - bad, "one space");
}

/* White space before it under QUIRK_SMTP_TRAILING_SPACE; then the unit must be used up. */
static enum parse_rc parse_command_end(struct parse *p, enum rule rule)
{
    struct span space = blanks(p);
    enum parse_rc rc = PARSE_OK;
    if (space.len > 0 && p->pos + space.len == content_end(p)) {
        rc = parse_quirk(p, QUIRK_SMTP_TRAILING_SPACE, p->pos, space.len, "CRLF");
        p->pos += space.len;
    }
    if (rc == PARSE_OK) {
        rc = smtp_parse_line_end(p, rule);
    }
    return rc == PARSE_OK && !parse_at_end(p) ? parse_fail(p, rule, "the end of the line") : rc;
}

/* All up to the end of the content. */
static struct span parse_rest(struct parse *p)
{
    size_t start = p->pos;
    size_t end = content_end(p);
    p->pos = end > start ? end : start;
    return parse_since(p, start);
}

/* RFC 5321 section 4.1.1.1: ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
   RFC 2033 section 4.1: LHLO has the syntax of EHLO. Any text under QUIRK_SMTP_HELLO_HOST. */
static enum parse_rc parse_hello_host(struct parse *p, enum rule rule, struct smtp_command *out)
{
    enum parse_rc rc =
        at_line_end(p) ? parse_fail(p, rule, "the client's name") : parse_space(p, rule);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t start = p->pos;
    rc = smtp_parse_host(p, &out->host);
    if (rc == PARSE_OK && at_line_end(p)) {
        return PARSE_OK;
    }
    if (rc == PARSE_BAD && !quirks_has(&p->quirks, QUIRK_SMTP_HELLO_HOST)) {
        return rc;
    }
    size_t bad = rc == PARSE_BAD ? (size_t)(p->err.off - p->base) : p->pos;
    p->pos = start;
    out->host = (struct smtp_host){.text = parse_rest(p)};
    bad = bad < p->pos ? bad : p->pos;
    return parse_quirk(p, QUIRK_SMTP_HELLO_HOST, bad, p->pos - bad, "a domain or address literal");
}

static enum parse_rc parse_ehlo(struct parse *p, struct smtp_command *out)
{
    return parse_hello_host(p, out->verb == SMTP_LHLO ? RULE_SMTP_LHLO : RULE_SMTP_EHLO, out);
}

/* RFC 5321 section 4.1.1.1: helo = "HELO" SP Domain CRLF
   An address literal under QUIRK_SMTP_HELO_LITERAL. */
static enum parse_rc parse_helo(struct parse *p, struct smtp_command *out)
{
    enum parse_rc rc = parse_hello_host(p, RULE_SMTP_HELO, out);
    if (rc == PARSE_OK && out->host.kind > SMTP_HOST_DOMAIN) {
        size_t start = p->pos - out->host.text.len;
        rc = parse_quirk(p, QUIRK_SMTP_HELO_LITERAL, start, out->host.text.len, "a domain");
    }
    return rc;
}

/* "FROM:" or "TO:"; spaces about the colon under QUIRK_SMTP_COLON_SPACE. */
static enum parse_rc parse_lead(struct parse *p, struct span word, enum rule rule,
                                struct smtp_command *out)
{
    size_t start = p->pos;
    if (!parse_text(p, word)) {
        return parse_fail(p, rule, word.ptr[0] == 'F' ? "\"FROM:\"" : "\"TO:\"");
    }
    size_t bad = p->pos;
    size_t count = blanks(p).len;
    p->pos += count;
    enum parse_rc rc = parse_expect(p, ':', rule, "\":\"");
    if (rc != PARSE_OK) {
        return rc;
    }
    out->lead = parse_since(p, start);
    size_t behind = blanks(p).len;
    bad = count > 0 ? bad : p->pos;
    p->pos += behind;
    return count + behind == 0 ? PARSE_OK
                               : parse_quirk(p, QUIRK_SMTP_COLON_SPACE, bad,
                                             count > 0 ? count : behind, "no space at the colon");
}

/* RFC 5321 section 4.1.2: Mail-parameters = esmtp-param *(SP esmtp-param)
   Rcpt-parameters = esmtp-param *(SP esmtp-param) */
static enum parse_rc parse_params(struct parse *p, enum rule rule, const struct smtp_param **out)
{
    const struct smtp_param **tail = out;
    while (!at_line_end(p)) {
        enum parse_rc rc = parse_space(p, rule);
        struct smtp_param *param = rc == PARSE_OK ? parse_take(p, sizeof *param) : NULL;
        if (param == NULL) {
            return PARSE_BAD;
        }
        rc = smtp_parse_esmtp_param(p, param);
        if (rc != PARSE_OK) {
            return rc;
        }
        *tail = param;
        tail = &param->next;
    }
    return PARSE_OK;
}

/* RFC 5321 section 4.1.1.2: mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF */
static enum parse_rc parse_mail(struct parse *p, struct smtp_command *out)
{
    enum parse_rc rc = parse_space(p, RULE_SMTP_MAIL);
    if (rc == PARSE_OK) {
        rc = parse_lead(p, SPAN_LIT("FROM"), RULE_SMTP_MAIL, out);
    }
    if (rc == PARSE_OK) {
        rc = smtp_parse_reverse_path(p, &out->path);
    }
    return rc == PARSE_OK ? parse_params(p, RULE_SMTP_MAIL, &out->params) : rc;
}

/* RFC 5321 section 4.1.1.3: rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" /
   Forward-path ) [SP Rcpt-parameters] CRLF */
static enum parse_rc parse_rcpt(struct parse *p, struct smtp_command *out)
{
    enum parse_rc rc = parse_space(p, RULE_SMTP_RCPT);
    if (rc == PARSE_OK) {
        rc = parse_lead(p, SPAN_LIT("TO"), RULE_SMTP_RCPT, out);
    }
    if (rc == PARSE_OK) {
        rc = smtp_parse_forward_path(p, &out->path);
    }
    return rc == PARSE_OK ? parse_params(p, RULE_SMTP_RCPT, &out->params) : rc;
}

/* RFC 5321 section 4.1.1.4: data = "DATA" CRLF; 4.1.1.5: rset = "RSET" CRLF;
   4.1.1.10: quit = "QUIT" CRLF. An argument under QUIRK_SMTP_ARGUMENT. */
static enum parse_rc parse_alone(struct parse *p, struct smtp_command *out)
{
    (void)out;
    if (at_line_end(p)) {
        return PARSE_OK;
    }
    size_t start = p->pos;
    (void)parse_rest(p);
    return parse_quirk(p, QUIRK_SMTP_ARGUMENT, start, p->pos - start, "no argument");
}

/* RFC 5321 section 4.1.2: String = Atom / Quoted-string. A dot-string and a whole mailbox are user
   names too (section 3.5.1). Any text under QUIRK_SMTP_STRING. */
static enum parse_rc parse_string(struct parse *p, bool user, struct span *out)
{
    size_t start = p->pos;
    struct parse probe = *p;
    probe.quirks = QUIRKS_STRICT;
    probe.err = (struct parse_err){0};
    struct smtp_mailbox mailbox = {0};
    bool good = smtp_parse_local_part(&probe, &mailbox) == PARSE_OK;
    size_t len = mailbox.local_part.len;
    if (good && user && parse_peek(&probe) == '@') {
        probe.pos = start;
        good = smtp_parse_mailbox(&probe, &mailbox) == PARSE_OK;
        len = good ? probe.pos - start : len;
    }
    bool dots = !user && !mailbox.quoted && len > 0 &&
                memchr(mailbox.local_part.ptr, '.', mailbox.local_part.len) != NULL;
    p->pos = start + len;
    bool utf8 = user && PARSE_TEXT(p, " SMTPUTF8");
    bool ended = at_line_end(p);
    p->pos = start + len;
    if (good && !dots && (ended || utf8)) {
        *out = parse_since(p, start);
        return PARSE_OK;
    }
    p->pos = start;
    *out = parse_rest(p);
    return parse_quirk(p, QUIRK_SMTP_STRING, start + (dots ? 0 : len), out->len - (dots ? 0 : len),
                       "an atom or quoted string");
}

/* RFC 6531 section 3.7.4.2: vrfy = "VRFY" SP String [ SP "SMTPUTF8" ] CRLF
   expn = "EXPN" SP String [ SP "SMTPUTF8" ] CRLF */
static enum parse_rc parse_vrfy(struct parse *p, struct smtp_command *out)
{
    enum parse_rc rc = at_line_end(p) ? parse_fail(p, RULE_SMTP_STRING, "a name")
                                      : parse_space(p, RULE_SMTP_STRING);
    if (rc == PARSE_OK) {
        rc = parse_string(p, true, &out->text);
    }
    size_t start = p->pos;
    rc = rc == PARSE_OK ? parse_params(p, RULE_SMTP_STRING, &out->params) : rc;
    const struct smtp_param *first = out->params;
    if (rc == PARSE_OK && first != NULL &&
        (first->kind != SMTP_PARAM_SMTPUTF8 || first->next != NULL)) {
        size_t bad = first->kind == SMTP_PARAM_SMTPUTF8 ? first->keyword.len : 0;
        return parse_fail_at(p, start + 1 + bad, RULE_SMTP_STRING, "SMTPUTF8 or CRLF");
    }
    return rc;
}

/* RFC 5321 section 4.1.1.8: help = "HELP" [ SP String ] CRLF
   RFC 5321 section 4.1.1.9: noop = "NOOP" [ SP String ] CRLF */
static enum parse_rc parse_noop(struct parse *p, struct smtp_command *out)
{
    if (at_line_end(p)) {
        return PARSE_OK;
    }
    enum parse_rc rc = parse_space(p, RULE_SMTP_STRING);
    return rc == PARSE_OK ? parse_string(p, false, &out->text) : rc;
}

/* RFC 4954 section 8: initial-response = base64 / "="
   Anything printable under QUIRK_SMTP_AUTH_INITIAL. */
static enum parse_rc parse_initial_response(struct parse *p, struct smtp_command *out)
{
    size_t start = p->pos;
    out->has_initial = true;
    out->initial = parse_run(p, CLASS_VCHAR);
    size_t valid = base64_valid_len(out->initial);
    if (span_is(out->initial, "=") || (valid == out->initial.len && valid > 0)) {
        return PARSE_OK;
    }
    return parse_quirk(p, QUIRK_SMTP_AUTH_INITIAL, start + valid, out->initial.len - valid,
                       "base64 or \"=\"");
}

/* RFC 4954 section 8: auth-command = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64])
   [CRLF cancel-response] CRLF; the first line.
   RFC 4422 section 3.1: sasl-mech = 1*20mech-char; in SMTP case does not matter. */
static enum parse_rc parse_auth(struct parse *p, struct smtp_command *out)
{
    enum parse_rc rc = at_line_end(p) ? parse_fail(p, RULE_SMTP_AUTH, "a mechanism")
                                      : parse_space(p, RULE_SMTP_AUTH);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t start = p->pos;
    out->mechanism = parse_run(p, CLASS_SASL_MECH);
    if (out->mechanism.len == 0) {
        return parse_fail(p, RULE_SMTP_AUTH, "a mechanism");
    }
    if (out->mechanism.len > 20) {
        return parse_fail_at(p, start + 20, RULE_SMTP_AUTH, "at most 20 octets");
    }
    if (at_line_end(p)) {
        return PARSE_OK;
    }
    rc = parse_space(p, RULE_SMTP_AUTH);
    return rc == PARSE_OK ? parse_initial_response(p, out) : rc;
}

/* RFC 3030 section 2, RFC 4468 section 4: [SP end-marker]; end-marker = "LAST" */
static enum parse_rc parse_end_marker(struct parse *p, enum rule rule, struct smtp_command *out)
{
    if (at_line_end(p)) {
        return PARSE_OK;
    }
    enum parse_rc rc = parse_space(p, rule);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t start = p->pos;
    if (!PARSE_TEXT(p, "LAST")) {
        return parse_fail(p, rule, "\"LAST\"");
    }
    out->last = true;
    out->last_text = parse_since(p, start);
    return PARSE_OK;
}

/* RFC 3030 section 2: bdat-cmd ::= "BDAT" SP chunk-size [ SP end-marker ] CR LF
   chunk-size ::= 1*DIGIT */
static enum parse_rc parse_bdat(struct parse *p, struct smtp_command *out)
{
    enum parse_rc rc = parse_space(p, RULE_SMTP_BDAT);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t start = p->pos;
    rc = parse_number(p, INT64_MAX, RULE_SMTP_BDAT, &out->size);
    out->size_text = parse_since(p, start);
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, RULE_SMTP_BDAT, "the chunk's size");
    }
    return rc == PARSE_OK ? parse_end_marker(p, RULE_SMTP_BDAT, out) : rc;
}

/* RFC 4468 section 4: burl-cmd = "BURL" SP absolute-URI [SP end-marker] CRLF
   Of the URI only the scheme is looked at (RFC 3986 section 3.1). */
static enum parse_rc parse_burl(struct parse *p, struct smtp_command *out)
{
    enum parse_rc rc = parse_space(p, RULE_SMTP_BURL);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t start = p->pos;
    if (parse_run(p, CLASS_ALPHA).len == 0) {
        return parse_fail(p, RULE_SMTP_BURL, "a URI");
    }
    while (parse_run(p, CLASS_ESMTP_KEYWORD).len > 0 || parse_octet(p, '+') ||
           parse_octet(p, '.')) {
    }
    if (!parse_octet(p, ':') || parse_run(p, CLASS_VCHAR).len == 0) {
        return parse_fail(p, RULE_SMTP_BURL, "a URI");
    }
    out->url = parse_since(p, start);
    return parse_end_marker(p, RULE_SMTP_BURL, out);
}

/* RFC 1985 section 5: ETRN [<option character>]<node name><CR><LF>
   Behind "#" stands a queue's name (section 5.3); otherwise any text under QUIRK_SMTP_ETRN. */
static enum parse_rc parse_etrn(struct parse *p, struct smtp_command *out)
{
    enum parse_rc rc = at_line_end(p) ? parse_fail(p, RULE_SMTP_ETRN, "a node name")
                                      : parse_space(p, RULE_SMTP_ETRN);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t start = p->pos;
    if (parse_octet(p, '@') || parse_octet(p, '#')) {
        out->option = p->in.ptr[start];
        start++;
    }
    if (out->option == '#') {
        out->node = parse_run(p, CLASS_VCHAR);
        return out->node.len > 0 ? PARSE_OK : parse_fail(p, RULE_SMTP_ETRN, "a queue's name");
    }
    struct smtp_host host;
    rc = smtp_parse_domain(p, &host);
    out->node = host.text;
    if (rc == PARSE_OK && at_line_end(p)) {
        return PARSE_OK;
    }
    size_t bad = p->pos;
    p->pos = start;
    out->node = parse_rest(p);
    return parse_quirk(p, QUIRK_SMTP_ETRN, bad, p->pos - bad, "a domain");
}

/* A verb that is not known here: any text behind it. */
static enum parse_rc parse_unknown(struct parse *p, struct smtp_command *out)
{
    (void)out;
    if (parse_peek(p) == '\t') {
        return parse_fail(p, RULE_SMTP_COMMAND, "a space or CRLF");
    }
    while (p->pos < content_end(p)) {
        uint8_t c = p->in.ptr[p->pos];
        if (c == '\r' || c == '\n' || c == '\0') {
            return parse_fail(p, RULE_SMTP_COMMAND, "text");
        }
        p->pos++;
    }
    return PARSE_OK;
}

static const struct {
    const char *text;
    enum parse_rc (*parse)(struct parse *p, struct smtp_command *out);
    enum rule rule; /* of what stands where the line should end */
} verbs[SMTP_VERB_COUNT] = {
    [SMTP_UNKNOWN] = {"", parse_unknown, RULE_SMTP_COMMAND},
    [SMTP_EHLO] = {"EHLO", parse_ehlo, RULE_SMTP_EHLO},
    [SMTP_HELO] = {"HELO", parse_helo, RULE_SMTP_HELO},
    [SMTP_LHLO] = {"LHLO", parse_ehlo, RULE_SMTP_LHLO},
    [SMTP_MAIL] = {"MAIL", parse_mail, RULE_SMTP_MAIL},
    [SMTP_RCPT] = {"RCPT", parse_rcpt, RULE_SMTP_RCPT},
    [SMTP_DATA] = {"DATA", parse_alone, RULE_SMTP_COMMAND},
    [SMTP_RSET] = {"RSET", parse_alone, RULE_SMTP_COMMAND},
    [SMTP_VRFY] = {"VRFY", parse_vrfy, RULE_SMTP_STRING},
    [SMTP_EXPN] = {"EXPN", parse_vrfy, RULE_SMTP_STRING},
    [SMTP_HELP] = {"HELP", parse_noop, RULE_SMTP_STRING},
    [SMTP_NOOP] = {"NOOP", parse_noop, RULE_SMTP_STRING},
    [SMTP_QUIT] = {"QUIT", parse_alone, RULE_SMTP_COMMAND},
    [SMTP_STARTTLS] = {"STARTTLS", parse_alone, RULE_SMTP_COMMAND},
    [SMTP_AUTH] = {"AUTH", parse_auth, RULE_SMTP_AUTH},
    [SMTP_BDAT] = {"BDAT", parse_bdat, RULE_SMTP_BDAT},
    [SMTP_BURL] = {"BURL", parse_burl, RULE_SMTP_BURL},
    [SMTP_ETRN] = {"ETRN", parse_etrn, RULE_SMTP_ETRN},
};

const char *smtp_verb_text(enum smtp_verb verb)
{
    return verbs[verb].text;
}

enum smtp_verb smtp_verb_by_name(struct span word)
{
    for (unsigned verb = 1; verb < SMTP_VERB_COUNT; verb++) {
        if (span_is(word, verbs[verb].text)) {
            return (enum smtp_verb)verb;
        }
    }
    return SMTP_UNKNOWN;
}

/* RFC 5321 section 4.1.1: commands are alphabetic characters terminated by SP or CRLF. Unknown
   ones may hold digits and hyphens behind the first letter: private verbs do. */
static enum parse_rc parse_verb(struct parse *p, struct smtp_command *out)
{
    int c = parse_peek(p);
    if (c < 0 || !octet_is((uint8_t)c, CLASS_ALPHA)) {
        return parse_fail(p, RULE_SMTP_COMMAND, "a command");
    }
    out->word = parse_run(p, CLASS_ESMTP_KEYWORD);
    out->verb = smtp_verb_by_name(out->word);
    c = parse_peek(p);
    bool ended = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    return ended ? PARSE_OK : parse_fail(p, RULE_SMTP_COMMAND, "a space or CRLF");
}

/* RFC 5321 section 4.1.1: a verb, SP and what it takes, CRLF; the syntax of each stands above. */
enum parse_rc smtp_parse_command(struct parse *p, struct smtp_command *out)
{
    *out = (struct smtp_command){0};
    enum parse_rc rc = parse_verb(p, out);
    if (rc != PARSE_OK) {
        return rc;
    }
    if (parse_peek(p) == ' ') {
        out->has_argument = true;
        size_t end = content_end(p);
        out->argument = span_sub(p->in, p->pos + 1, end > p->pos ? end - p->pos - 1 : 0);
    }
    rc = verbs[out->verb].parse(p, out);
    return rc == PARSE_OK ? parse_command_end(p, verbs[out->verb].rule) : rc;
}
