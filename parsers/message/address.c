/* SPDX-License-Identifier: MIT */
#include "parsers/message/address.h"

#include "parsers/message/header.h"
#include "parsers/message/lexer.h"

/* A run of words and dots with CFWS between them: a phrase, a local-part, or the begin of either.
 */
struct words {
    size_t start;
    size_t end;        /* behind the last word or dot */
    size_t not_local;  /* where it stops to be a local-part; SIZE_MAX: nowhere */
    size_t not_phrase; /* where it is no phrase: a dot at the start */
};

/* RFC 5322 section 4.1: obs-phrase = word *(word / "." / CFWS)
   RFC 5322 section 4.4: obs-local-part = word *("." word) */
static enum parse_rc take_words(struct parse *p, struct words *out)
{
    enum parse_rc rc = message_skip_cfws(p, NULL);
    *out = (struct words){p->pos, p->pos, SIZE_MAX, SIZE_MAX};
    bool word_next = true;
    while (rc == PARSE_OK) {
        size_t pos = p->pos;
        struct span word;
        bool dot = parse_octet(p, '.');
        rc = dot ? PARSE_OK : message_parse_word(p, &word);
        if (rc != PARSE_OK) {
            break;
        }
        if (dot == word_next && out->not_local == SIZE_MAX) {
            out->not_local = pos;
        }
        if (dot && pos == out->start) {
            out->not_phrase = pos;
        }
        word_next = dot;
        out->end = p->pos;
        rc = message_skip_cfws(p, NULL);
    }
    if (word_next && out->not_local == SIZE_MAX) {
        out->not_local = out->end;
    }
    return rc == PARSE_NOMATCH ? PARSE_OK : rc;
}

static enum parse_rc fail(struct parse *p, const char *expected)
{
    return parse_fail(p, RULE_MESSAGE_ADDRESS, expected);
}

/* RFC 5322 section 3.4.1: domain-literal = [CFWS] "[" *([FWS] dtext) [FWS] "]" [CFWS] */
static enum parse_rc parse_domain_literal(struct parse *p, struct span *out)
{
    size_t start = p->pos++;
    while (!parse_at_end(p) && parse_peek(p) != ']') {
        if (parse_peek(p) == '[') {
            return fail(p, "]");
        }
        p->pos += parse_peek(p) == '\\' && p->pos + 1 < p->in.len ? 2 : 1;
    }
    enum parse_rc rc = parse_expect(p, ']', RULE_MESSAGE_ADDRESS, "]");
    *out = parse_since(p, start);
    return rc;
}

/* RFC 5322 section 4.4: obs-domain = atom *("." atom). comment: what stands behind it. */
static enum parse_rc parse_domain(struct parse *p, struct span *out, struct span *comment)
{
    enum parse_rc rc = message_skip_cfws(p, NULL);
    if (rc == PARSE_OK && parse_peek(p) == '[') {
        rc = parse_domain_literal(p, out);
        return rc == PARSE_OK ? message_skip_cfws(p, comment) : rc;
    }
    size_t start = p->pos;
    for (bool more = true; rc == PARSE_OK && more;) {
        if (parse_run(p, CLASS_ATEXT | CLASS_HIGH).len == 0) {
            return fail(p, "a domain");
        }
        *out = parse_since(p, start);
        rc = message_skip_cfws(p, comment);
        more = rc == PARSE_OK && parse_octet(p, '.');
        rc = more ? message_skip_cfws(p, NULL) : rc;
    }
    return rc;
}

/* RFC 5322 section 4.4: obs-route = obs-domain-list ":"; obs-domain-list = *(CFWS / ",") "@" domain
 *("," [CFWS] ["@" domain]); the first "@" or "," stands at the cursor. */
static enum parse_rc parse_route(struct parse *p, struct span *out)
{
    size_t start = p->pos;
    bool comma = true; /* a domain may begin here */
    bool domains = false;
    enum parse_rc rc = PARSE_OK;
    while (rc == PARSE_OK && (parse_peek(p) == ',' || (comma && parse_peek(p) == '@'))) {
        struct span domain;
        comma = parse_octet(p, ',');
        domains = domains || !comma;
        if (comma) {
            rc = message_skip_cfws(p, NULL);
        } else {
            p->pos++;
            rc = parse_domain(p, &domain, NULL);
        }
    }
    *out = parse_since(p, start);
    if (rc == PARSE_OK && !domains) {
        return fail(p, "@");
    }
    return rc == PARSE_OK ? parse_expect(p, ':', RULE_MESSAGE_ADDRESS, ":") : rc;
}

/* The words were a local-part: "@" and the domain follow. */
static enum parse_rc parse_at_domain(struct parse *p, const struct words *words,
                                     struct address *address, struct span *comment)
{
    if (words->not_local != SIZE_MAX) {
        return parse_fail_at(p, words->not_local, RULE_MESSAGE_ADDRESS, "a local-part");
    }
    address->local = message_between(p, words->start, words->end);
    if (parse_octet(p, '@')) {
        return parse_domain(p, &address->domain, comment);
    }
    return parse_quirk(p, QUIRK_MESSAGE_NO_DOMAIN, p->pos, 0, "@");
}

/* RFC 5322 section 3.4: angle-addr = [CFWS] "<" addr-spec ">" [CFWS] / obs-angle-addr */
static enum parse_rc parse_angle_addr(struct parse *p, struct address *address)
{
    p->pos++;
    enum parse_rc rc = message_skip_cfws(p, NULL);
    if (rc == PARSE_OK && (parse_peek(p) == '@' || parse_peek(p) == ',')) {
        rc = parse_route(p, &address->route);
    }
    struct words words = {0};
    rc = rc == PARSE_OK ? take_words(p, &words) : rc;
    rc = rc == PARSE_OK ? parse_at_domain(p, &words, address, NULL) : rc;
    rc = rc == PARSE_OK ? parse_expect(p, '>', RULE_MESSAGE_ADDRESS, ">") : rc;
    return rc == PARSE_OK ? message_skip_cfws(p, NULL) : rc;
}

/* RFC 5322 section 3.4: address = mailbox / group; up to the delimiter behind it. For a group only
   its name and colon. */
static enum parse_rc parse_address(struct parse *p, bool in_group, struct address *address)
{
    struct words words;
    struct span comment = {0};
    enum parse_rc rc = take_words(p, &words);
    bool named = words.end > words.start;
    struct span name = message_between(p, words.start, words.end);
    if (rc != PARSE_OK) {
        return rc;
    }
    if (words.not_phrase != SIZE_MAX) {
        return parse_fail_at(p, words.not_phrase, RULE_MESSAGE_ADDRESS, "a word");
    }
    if (parse_peek(p) == '<') {
        address->name = named ? name : (struct span){0};
        return parse_angle_addr(p, address);
    }
    if (!named) {
        return fail(p, "an address");
    }
    if (parse_peek(p) == ':' && !in_group) {
        p->pos++;
        address->kind = ADDRESS_GROUP;
        address->name = name;
        return PARSE_OK;
    }
    rc = parse_at_domain(p, &words, address, &comment);
    address->name = comment;
    return rc;
}

struct list {
    struct address *first;
    struct address **tail;
};

static enum parse_rc append(struct parse *p, struct list *list, struct address **out)
{
    *out = parse_take(p, sizeof **out);
    if (*out == NULL) {
        return PARSE_BAD;
    }
    *list->tail = *out;
    list->tail = &(*out)->next;
    return PARSE_OK;
}

/* RFC 5322 section 3.4: group = display-name ":" [group-list] ";" [CFWS]
   RFC 5322 section 4.4: obs-addr-list = *([CFWS] ",") address *("," [address / CFWS]) */
static enum parse_rc parse_list(struct parse *p, struct list *list)
{
    bool in_group = false;
    bool comma = true; /* an address may begin here */
    for (;;) {
        struct address *address = NULL;
        enum parse_rc rc = message_skip_cfws(p, NULL);
        if (rc == PARSE_OK && parse_octet(p, ',')) {
            comma = true;
            continue;
        }
        if (rc == PARSE_OK && in_group && parse_octet(p, ';')) {
            rc = append(p, list, &address);
            if (address != NULL) {
                address->kind = ADDRESS_GROUP_END;
            }
            in_group = false;
            comma = false;
        } else if (rc == PARSE_OK && parse_at_end(p)) {
            return in_group ? fail(p, ";") : PARSE_OK;
        } else if (rc == PARSE_OK && !comma) {
            return fail(p, in_group ? ", or ;" : ",");
        } else if (rc == PARSE_OK) {
            rc = append(p, list, &address);
            rc = rc == PARSE_OK ? parse_address(p, in_group, address) : rc;
            comma = rc == PARSE_OK && address->kind == ADDRESS_GROUP;
            in_group = in_group || comma;
        }
        if (rc != PARSE_OK) {
            return rc;
        }
    }
}

enum parse_rc message_parse_address_list(struct parse *p, struct address **out)
{
    struct list list = {.tail = &list.first};
    enum parse_rc rc = parse_list(p, &list);
    *out = list.first;
    if (rc == PARSE_OK && list.first == NULL) {
        return fail(p, "an address");
    }
    return rc;
}

/* RFC 5322 section 3.6.4: id-left = dot-atom-text / obs-id-left; id-right = dot-atom-text /
   no-fold-literal / obs-id-right */
enum parse_rc message_parse_msg_id(struct parse *p, struct span *out)
{
    struct words words;
    struct span domain;
    enum parse_rc rc = message_skip_cfws(p, NULL);
    size_t start = p->pos;
    rc = rc == PARSE_OK ? parse_expect(p, '<', RULE_MESSAGE_MSG_ID, "<") : rc;
    rc = rc == PARSE_OK ? take_words(p, &words) : rc;
    if (rc == PARSE_OK && words.not_local != SIZE_MAX) {
        rc = parse_fail_at(p, words.not_local, RULE_MESSAGE_MSG_ID, "a word or dot");
    }
    rc = rc == PARSE_OK ? parse_expect(p, '@', RULE_MESSAGE_MSG_ID, "@") : rc;
    rc = rc == PARSE_OK ? parse_domain(p, &domain, NULL) : rc;
    rc = rc == PARSE_OK ? parse_expect(p, '>', RULE_MESSAGE_MSG_ID, ">") : rc;
    *out = parse_since(p, start);
    return rc == PARSE_OK ? message_skip_cfws(p, NULL) : rc;
}

void address_text(struct out *o, struct span part)
{
    struct parse p;
    parse_init(&p, part, 0, NULL);
    while (!parse_at_end(&p)) {
        size_t start = p.pos;
        struct span word;
        if (message_skip_cfws(&p, NULL) != PARSE_OK) {
            p.pos = start;
        }
        start = p.pos;
        if (message_parse_quoted_string(&p, &word) == PARSE_OK) {
            message_plain_text(o, word);
        } else if (start < part.len) {
            out_octet(o, part.ptr[start]);
            p.pos = start + 1;
        }
    }
}
