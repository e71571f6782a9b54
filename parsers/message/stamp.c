/* SPDX-License-Identifier: MIT */
#include "parsers/message/stamp.h"

#include "parsers/message/lexer.h"

static enum parse_rc fail(struct parse *p, const char *expected)
{
    return parse_fail(p, RULE_MESSAGE_STAMP, expected);
}

/* A clause's name and host: "from mx.example (mx.example [192.0.2.1])". */
static enum parse_rc parse_host_clause(struct parse *p, struct span name, const char *expected,
                                       struct smtp_host *out)
{
    if (!parse_text(p, name)) {
        return fail(p, expected);
    }
    size_t start = p->pos;
    enum parse_rc rc = message_skip_cfws(p, NULL);
    if (rc != PARSE_OK || p->pos == start || smtp_parse_host(p, out) != PARSE_OK) {
        return fail(p, "a space, then a domain or an address literal");
    }
    start = p->pos;
    rc = message_skip_cfws(p, NULL);
    return rc == PARSE_OK && p->pos == start && !parse_at_end(p) && parse_peek(p) != ';'
               ? fail(p, "white space")
               : rc;
}

/* The value of a clause: up to white space, a comment or the semicolon, quoted strings as one. */
static enum parse_rc take_value(struct parse *p, struct span *out)
{
    size_t start = p->pos;
    while (!parse_at_end(p)) {
        int octet = parse_peek(p);
        struct span quoted = {0};
        if (octet == '"') {
            if (message_parse_quoted_string(p, &quoted) != PARSE_OK) {
                return PARSE_BAD;
            }
        } else if (octet <= ' ' || octet == ';' || octet == '(') {
            break;
        } else {
            p->pos++;
        }
    }
    *out = parse_since(p, start);
    return out->len == 0 ? fail(p, "a value") : PARSE_OK;
}

static bool is_path(struct span text)
{
    struct parse p;
    struct smtp_path path;
    struct smtp_mailbox mailbox;
    parse_init(&p, text, 0, NULL);
    enum parse_rc rc =
        text.ptr[0] == '<' ? smtp_parse_forward_path(&p, &path) : smtp_parse_mailbox(&p, &mailbox);
    return rc == PARSE_OK && parse_at_end(&p);
}

/* Opt-info: "via TCP with ESMTP id 4711 for <alice@example.test>", and registered clauses. */
static enum parse_rc parse_clauses(struct parse *p, struct message_stamp *out)
{
    while (!parse_at_end(p) && parse_peek(p) != ';') {
        struct span name = {0};
        struct span value = {0};
        size_t start = p->pos;
        if (message_parse_word(p, &name) != PARSE_OK || message_skip_cfws(p, NULL) != PARSE_OK) {
            return fail(p, "a clause or a semicolon");
        }
        size_t value_start = p->pos;
        enum parse_rc rc = take_value(p, &value);
        if (rc != PARSE_OK) {
            return rc;
        }
        if (span_is(name, "for")) {
            if (out->recipient.len > 0) {
                return parse_fail_at(p, start, RULE_MESSAGE_STAMP, "one clause \"for\"");
            }
            if (!is_path(value)) {
                return parse_fail_at(p, value_start, RULE_MESSAGE_STAMP, "one path or mailbox");
            }
            out->recipient = value;
        } else if (span_is(name, "with")) {
            out->with = value;
        }
        rc = message_skip_cfws(p, NULL);
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    return PARSE_OK;
}

enum parse_rc message_parse_stamp(struct parse *p, struct message_stamp *out)
{
    *out = (struct message_stamp){0};
    enum parse_rc rc = message_skip_cfws(p, NULL);
    if (rc == PARSE_OK) {
        rc = parse_host_clause(p, SPAN_LIT("from"), "the clause \"from\"", &out->from);
    }
    if (rc == PARSE_OK) {
        rc = parse_host_clause(p, SPAN_LIT("by"), "the clause \"by\"", &out->by);
    }
    if (rc == PARSE_OK) {
        rc = parse_clauses(p, out);
    }
    if (rc != PARSE_OK) {
        return PARSE_BAD;
    }
    if (!parse_octet(p, ';')) {
        return fail(p, "a semicolon and a date");
    }
    size_t date = p->pos;
    rc = message_skip_cfws(p, NULL);
    if (rc != PARSE_OK || message_parse_date_time(p, &out->date) != PARSE_OK) {
        return parse_fail_at(p, date, RULE_MESSAGE_STAMP, "a date");
    }
    return out->date.obsolete
               ? parse_fail_at(p, date, RULE_MESSAGE_STAMP,
                               "a date with a year of four digits and a numeric zone")
               : PARSE_OK;
}
