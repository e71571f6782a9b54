/* SPDX-License-Identifier: MIT */
#include "parsers/imap/text.h"

#include "parsers/core/utf8.h"

/* The bracket may be no code but the beginning of the text: then the cursor goes back. */
static enum parse_rc bracket(struct parse *p, struct imap_resp_text *out)
{
    size_t start = p->pos;
    struct parse_err before = p->err;
    p->pos++;
    bool known = imap_code_starts(p);
    enum parse_rc rc = imap_parse_resp_text_code(p, &out->code);
    if (rc == PARSE_OK) {
        p->pos++;
        return PARSE_OK;
    }
    out->code = (struct imap_code){0};
    if (rc == PARSE_BAD && p->err.rule == RULE_IMAP_TEXT_8BIT) {
        return rc;
    }
    if (known) {
        rc = parse_recover(p, QUIRK_IMAP_CODE_ARGUMENTS, &before);
    } else if (p->err.rule != RULE_LIMIT_ARENA) {
        p->err = before;
        rc = parse_quirk(p, QUIRK_IMAP_RESP_TEXT_BRACKET, p->pos, parse_left(p) > 0,
                         "a response code");
    }
    p->pos = start;
    return rc;
}

/* Octets above 127 in the text. */
static enum parse_rc high(struct parse *p, bool *noted)
{
    size_t start = p->pos;
    struct span run = parse_run(p, CLASS_HIGH);
    size_t valid = utf8_valid_len(run);
    if (*noted ||
        (valid == run.len && imap_profile_has(p, IMAP_PROFILE_UTF8 | IMAP_PROFILE_UTF8_TEXT))) {
        return PARSE_OK;
    }
    *noted = true;
    if (valid < run.len) {
        return parse_quirk(p, QUIRK_IMAP_TEXT_8BIT, start + valid, run.len - valid,
                           "US-ASCII or valid UTF-8");
    }
    return parse_quirk(p, QUIRK_IMAP_TEXT_UTF8, start, run.len, "US-ASCII");
}

/* RFC 9051 section 9: text = 1*(TEXT-CHAR / UTF8-2 / UTF8-3 / UTF8-4) */
static enum parse_rc text(struct parse *p, struct span *out)
{
    size_t start = p->pos;
    bool noted = false;
    bool nul = false;
    enum parse_rc rc = PARSE_OK;
    for (;;) {
        parse_printable(p);
        (void)parse_run(p, CLASS_TEXT);
        int octet = parse_peek(p);
        if (octet >= 0x80) {
            rc = high(p, &noted);
        } else if (octet == 0) {
            p->pos++;
            rc = nul ? PARSE_OK : parse_quirk(p, QUIRK_IMAP_NUL, p->pos - 1, 1, "no NUL");
            nul = true;
        } else if (octet == '\r' && parse_left(p) > 2) {
            p->pos++;
            rc = parse_quirk(p, QUIRK_IMAP_BARE_CR, p->pos - 1, 1, "no CR alone");
        } else {
            break;
        }
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    *out = parse_since(p, start);
    return PARSE_OK;
}

/* RFC 9051 section 9: resp-text = ["[" resp-text-code "]" SP] [text]
   RFC 3501 section 9: resp-text = ["[" resp-text-code "]" SP] text */
enum parse_rc imap_parse_resp_text(struct parse *p, struct imap_resp_text *out)
{
    *out = (struct imap_resp_text){0};
    enum parse_rc rc = PARSE_OK;
    if (parse_peek(p) == '[') {
        rc = bracket(p, out);
        if (rc == PARSE_OK && out->code.kind != IMAP_CODE_NONE && !parse_octet(p, ' ')) {
            rc = parse_quirk(p, QUIRK_IMAP_RESP_TEXT_SP, p->pos, 0, "SP behind \"]\"");
            if (rc == PARSE_OK && (parse_peek(p) == '\r' || parse_peek(p) == '\n')) {
                return rc;
            }
        }
    }
    rc = rc == PARSE_OK ? text(p, &out->text) : rc;
    if (rc == PARSE_OK && out->text.len == 0 && !imap_profile_has(p, IMAP_PROFILE_REV2)) {
        rc = parse_quirk(p, QUIRK_IMAP_RESP_TEXT_EMPTY, p->pos, 0, "text");
    }
    return rc;
}

void imap_emit_resp_text(struct out *o, const struct imap_resp_text *text)
{
    if (text->code.kind != IMAP_CODE_NONE) {
        out_octet(o, '[');
        imap_emit_resp_text_code(o, &text->code);
        out_text(o, "] ");
    }
    out_bytes(o, text->text);
}
