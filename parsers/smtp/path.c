/* SPDX-License-Identifier: MIT */
#include "parsers/smtp/path.h"

#include "parsers/core/utf8.h"

/* Octets of these classes and well-formed UTF-8 (RFC 6531 section 3.3); BAD at other octets above
   127. */
static enum parse_rc parse_run_utf8(struct parse *p, uint32_t classes, bool *utf8)
{
    for (;;) {
        (void)parse_run(p, classes);
        int c = parse_peek(p);
        if (c < 0x80) {
            return PARSE_OK;
        }
        size_t len = utf8_sequence_len(span_from(p->in, p->pos));
        if (len == 0) {
            return parse_fail(p, RULE_SMTP_UTF8, "well-formed UTF-8");
        }
        *utf8 = true;
        p->pos += len;
    }
}

/* RFC 5321 section 4.1.2: Quoted-string = DQUOTE *QcontentSMTP DQUOTE
   QcontentSMTP = qtextSMTP / quoted-pairSMTP; quoted-pairSMTP = %d92 %d32-126
   RFC 6531 section 3.3: qtextSMTP =/ UTF8-non-ascii */
static enum parse_rc parse_quoted_string(struct parse *p, bool *utf8)
{
    if (!parse_octet(p, '"')) {
        return PARSE_NOMATCH;
    }
    for (;;) {
        enum parse_rc rc = parse_run_utf8(p, CLASS_QTEXT, utf8);
        if (rc != PARSE_OK) {
            return rc;
        }
        if (parse_octet(p, '"')) {
            return PARSE_OK;
        }
        if (!parse_octet(p, '\\')) {
            return parse_fail(p, RULE_SMTP_QUOTED_STRING, "the closing quote");
        }
        if (parse_peek(p) < 32 || parse_peek(p) > 126) {
            return parse_fail(p, RULE_SMTP_QUOTED_STRING, "a printable octet behind \"\\\"");
        }
        p->pos++;
    }
}

/* RFC 5321 section 4.1.2: Dot-string = Atom *("." Atom)
   RFC 6531 section 3.3: atext =/ UTF8-non-ascii
   Misplaced dots only under QUIRK_SMTP_LOCAL_PART. */
static enum parse_rc parse_dot_string(struct parse *p, bool *utf8)
{
    int c = parse_peek(p);
    if (c < 0 || (c < 0x80 && c != '.' && !octet_is((uint8_t)c, CLASS_ATEXT))) {
        return PARSE_NOMATCH;
    }
    do {
        size_t start = p->pos;
        enum parse_rc rc = parse_run_utf8(p, CLASS_ATEXT, utf8);
        if (rc == PARSE_OK && p->pos == start) {
            rc = parse_quirk(p, QUIRK_SMTP_LOCAL_PART, start, 0, "an atom");
        }
        if (rc != PARSE_OK) {
            return rc;
        }
    } while (parse_octet(p, '.'));
    return PARSE_OK;
}

enum parse_rc smtp_parse_local_part(struct parse *p, struct smtp_mailbox *out)
{
    size_t start = p->pos;
    enum parse_rc rc = parse_quoted_string(p, &out->utf8);
    out->quoted = rc == PARSE_OK;
    if (rc == PARSE_NOMATCH) {
        rc = parse_dot_string(p, &out->utf8);
    }
    out->local_part = parse_since(p, start);
    return rc;
}

/* RFC 5321 section 4.1.2: Mailbox = Local-part "@" ( Domain / address-literal )
   Without a domain only under QUIRK_SMTP_MAILBOX. */
enum parse_rc smtp_parse_mailbox(struct parse *p, struct smtp_mailbox *out)
{
    *out = (struct smtp_mailbox){0};
    enum parse_rc rc = smtp_parse_local_part(p, out);
    if (rc != PARSE_OK) {
        return rc;
    }
    if (!parse_octet(p, '@')) {
        return parse_quirk(p, QUIRK_SMTP_MAILBOX, p->pos, 0, "\"@\" and a domain");
    }
    rc = smtp_parse_host(p, &out->host);
    out->utf8 = out->utf8 || out->host.utf8;
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_SMTP_DOMAIN, "a domain or address literal")
                               : rc;
}

/* RFC 5321 section 4.1.2: A-d-l = At-domain *( "," At-domain ), with the colon behind it.
   At-domain = "@" Domain */
static enum parse_rc parse_a_d_l(struct parse *p, struct smtp_path *out)
{
    size_t start = p->pos;
    if (parse_peek(p) != '@') {
        return PARSE_NOMATCH;
    }
    do {
        struct smtp_host host;
        if (!parse_octet(p, '@')) {
            return parse_fail(p, RULE_SMTP_PATH, "\"@\" of the source route");
        }
        enum parse_rc rc = smtp_parse_domain(p, &host);
        if (rc != PARSE_OK) {
            return rc == PARSE_BAD ? rc : parse_fail(p, RULE_SMTP_DOMAIN, "a domain");
        }
        out->mailbox.utf8 = out->mailbox.utf8 || host.utf8;
    } while (parse_octet(p, ','));
    if (!parse_octet(p, ':')) {
        return parse_fail(p, RULE_SMTP_PATH, "\":\" behind the source route");
    }
    out->route = parse_since(p, start);
    return PARSE_OK;
}

/* What stands in the angle brackets, up to the closing one. */
static enum parse_rc parse_path_content(struct parse *p, struct smtp_path *out)
{
    if (parse_a_d_l(p, out) == PARSE_BAD) {
        return PARSE_BAD;
    }
    bool utf8 = out->mailbox.utf8;
    enum parse_rc rc = smtp_parse_mailbox(p, &out->mailbox);
    out->kind = SMTP_PATH_MAILBOX;
    out->mailbox.utf8 = out->mailbox.utf8 || utf8;
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_SMTP_MAILBOX, "a mailbox") : rc;
}

/* RFC 5321 section 4.1.2: Path = "<" [ A-d-l ":" ] Mailbox ">"
   Without the brackets only under QUIRK_SMTP_PATH_BRACKETS. */
static enum parse_rc parse_path(struct parse *p, struct smtp_path *out)
{
    size_t start = p->pos;
    bool bracket = parse_octet(p, '<');
    if (!bracket) {
        enum parse_rc rc = parse_quirk(p, QUIRK_SMTP_PATH_BRACKETS, p->pos, 0, "\"<\"");
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    enum parse_rc rc = parse_path_content(p, out);
    if (rc == PARSE_OK && bracket) {
        rc = parse_expect(p, '>', RULE_SMTP_PATH, "\">\"");
    }
    out->text = parse_since(p, start);
    return rc;
}

enum parse_rc smtp_parse_reverse_path(struct parse *p, struct smtp_path *out)
{
    size_t start = p->pos;
    *out = (struct smtp_path){0};
    if (PARSE_TEXT(p, "<>")) {
        out->kind = SMTP_PATH_NULL;
        out->text = parse_since(p, start);
        return PARSE_OK;
    }
    return parse_path(p, out);
}

enum parse_rc smtp_parse_forward_path(struct parse *p, struct smtp_path *out)
{
    size_t start = p->pos;
    *out = (struct smtp_path){0};
    if (PARSE_TEXT(p, "<Postmaster>")) {
        out->kind = SMTP_PATH_POSTMASTER;
        out->text = parse_since(p, start);
        out->mailbox.local_part = span_sub(out->text, 1, out->text.len - 2);
        return PARSE_OK;
    }
    return parse_path(p, out);
}

void smtp_emit_mailbox(struct out *o, const struct smtp_mailbox *mailbox)
{
    out_bytes(o, mailbox->local_part);
    if (mailbox->host.kind != SMTP_HOST_NONE) {
        out_octet(o, '@');
        smtp_emit_host(o, &mailbox->host);
    }
}

void smtp_emit_path(struct out *o, const struct smtp_path *path)
{
    out_octet(o, '<');
    out_bytes(o, path->route);
    smtp_emit_mailbox(o, &path->mailbox);
    out_octet(o, '>');
}
