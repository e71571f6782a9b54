/* SPDX-License-Identifier: MIT */
#include "parsers/imap/mailbox.h"

#include "parsers/imap/utf7.h"

/* A literal is the only form that carries octets above 127 which nothing has judged yet. */
static enum parse_rc check_8bit(struct parse *p, const struct imap_string *name)
{
    size_t start = (size_t)(name->text.ptr - p->in.ptr);
    for (size_t i = 0; i < name->text.len; i++) {
        if (name->text.ptr[i] >= 0x80) {
            return parse_quirk(p, QUIRK_IMAP_MAILBOX_8BIT, start + i, name->text.len - i,
                               "modified UTF-7");
        }
    }
    return PARSE_OK;
}

enum parse_rc imap_mailbox_check(struct parse *p, const struct imap_string *name)
{
    if (name->text.len == 0 || imap_profile_has(p, IMAP_PROFILE_UTF8)) {
        return PARSE_OK;
    }
    if (name->form == IMAP_LITERAL) {
        enum parse_rc rc = check_8bit(p, name);
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    if (name->escaped || memchr(name->text.ptr, '&', name->text.len) == NULL) {
        return PARSE_OK;
    }
    size_t bad = 0;
    if (utf7_is_valid(name->text, &bad) || (bad < name->text.len && name->text.ptr[bad] >= 0x80)) {
        return PARSE_OK;
    }
    return parse_quirk(p, QUIRK_IMAP_MAILBOX_UTF7, (size_t)(name->text.ptr - p->in.ptr) + bad,
                       bad < name->text.len, "modified UTF-7");
}

/* RFC 9051 section 9: mailbox = "INBOX" / astring */
enum parse_rc imap_parse_mailbox(struct parse *p, struct imap_mailbox *out)
{
    *out = (struct imap_mailbox){0};
    enum parse_rc rc = imap_parse_astring(p, &out->name);
    if (rc == PARSE_OK) {
        out->inbox = imap_string_is(&out->name, SPAN_LIT("INBOX"));
        rc = imap_mailbox_check(p, &out->name);
    }
    return rc;
}

/* What comes next stands here, or behind one SP. */
static bool next_is(const struct parse *p, uint8_t next)
{
    struct parse ahead = *p;
    while (next != '\r' && (parse_octet(&ahead, ' ') || parse_octet(&ahead, '\t'))) {
    }
    int octet = parse_peek(&ahead);
    return octet == next || octet < 0 ||
           (next == '\r' && (octet == '\n' || imap_at_trailing_sp(p)));
}

/* A bare name goes on up to what must come next. */
static enum parse_rc rest_of_name(struct parse *p, size_t start, uint8_t next,
                                  struct imap_mailbox *out)
{
    size_t bad = p->pos;
    while (parse_peek(p) >= 0 && parse_peek(p) != '\r' && parse_peek(p) != '\n' &&
           !(parse_peek(p) == ' ' && next_is(p, next))) {
        p->pos++;
    }
    if (p->pos == bad || (next != '\r' && !next_is(p, next))) {
        p->pos = bad;
        return parse_fail(p, RULE_IMAP_MAILBOX, "end of the mailbox name");
    }
    out->name = (struct imap_string){.form = IMAP_ATOM, .text = parse_since(p, start)};
    return parse_quirk(p, QUIRK_IMAP_MAILBOX_UNQUOTED, bad, p->pos - bad, "a quoted name");
}

enum parse_rc imap_parse_mailbox_before(struct parse *p, uint8_t next, struct imap_mailbox *out)
{
    size_t start = p->pos;
    enum parse_rc rc = imap_parse_mailbox(p, out);
    bool bare = rc == PARSE_NOMATCH || (rc == PARSE_OK && out->name.form == IMAP_ATOM);
    if (bare && !(rc == PARSE_OK && next_is(p, next))) {
        rc = rest_of_name(p, start, next, out);
    }
    return rc;
}

void imap_emit_mailbox(struct out *o, const struct imap_mailbox *mailbox)
{
    imap_emit_string(o, &mailbox->name);
}

struct imap_mailbox imap_mailbox_make(struct span name)
{
    return (struct imap_mailbox){imap_string_make(name), span_is(name, "INBOX")};
}
