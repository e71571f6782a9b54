/* SPDX-License-Identifier: MIT */
#include "parsers/imap/command.h"

#include "parsers/core/frame.h"
#include "parsers/imap/command_shape.h"
#include "parsers/imap/value.h"

static const struct {
    const char *name;
    struct span span;
    const char *shape;
} commands[IMAP_COMMAND_COUNT] = {
    [IMAP_COMMAND_UNKNOWN] = {"", {NULL, 0}, ""},
#define IMAP_COMMAND(id, name, shape) [IMAP_COMMAND_##id] = {name, SPAN_INIT(name), shape},
#include "parsers/imap/command.def"
#undef IMAP_COMMAND
};

enum imap_command_type imap_command_by_name(struct span name)
{
    /* All names end in a letter; most tags, which are looked up here too, in a digit. */
    if (name.len == 0 || !octet_is(name.ptr[name.len - 1], CLASS_ALPHA)) {
        return IMAP_COMMAND_UNKNOWN;
    }
    for (unsigned i = IMAP_COMMAND_UNKNOWN + 1; i < IMAP_COMMAND_COUNT; i++) {
        if (span_equal_nocase(name, commands[i].span)) {
            return (enum imap_command_type)i;
        }
    }
    return IMAP_COMMAND_UNKNOWN;
}

const char *imap_command_name(enum imap_command_type type)
{
    return commands[type < IMAP_COMMAND_COUNT ? type : IMAP_COMMAND_UNKNOWN].name;
}

/* The word at the cursor, up to a space or the end of the line. */
static struct span word_at(const struct parse *p, size_t pos)
{
    size_t end = pos;
    while (end < p->in.len && p->in.ptr[end] > ' ') {
        end++;
    }
    return span_sub(p->in, pos, end - pos);
}

static bool is_command(struct span word)
{
    return span_is(word, "UID") || imap_command_by_name(word) != IMAP_COMMAND_UNKNOWN;
}

/* RFC 9051 section 9: tag = 1*<any ASTRING-CHAR except "+">, and the SP behind it. A line that
   begins with the name of a command, and does not have one in second place, has no tag. */
static enum parse_rc command_tag(struct parse *p, struct span *out)
{
    struct span first = word_at(p, p->pos);
    size_t behind = p->pos + first.len;
    bool space = behind < p->in.len && p->in.ptr[behind] == ' ';
    if (first.len > 0 && is_command(first) && !(space && is_command(word_at(p, behind + 1)))) {
        return parse_quirk(p, QUIRK_IMAP_COMMAND_TAG_MISSING, p->pos, 0,
                           "a tag before the command");
    }
    size_t start = p->pos;
    enum parse_rc rc = imap_parse_tag(p, out);
    size_t bad = p->pos;
    if (bad < behind) {
        p->pos = behind;
        *out = first;
        rc = parse_quirk(p, QUIRK_IMAP_COMMAND_TAG_CHAR, bad, behind - bad,
                         "an octet that may stand in a tag");
    }
    if (rc == PARSE_NOMATCH) {
        p->pos = start;
        return parse_fail(p, RULE_IMAP_COMMAND_TAG, "tag");
    }
    return rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_COMMAND, "SP and a command") : rc;
}

/* RFC 9051 section 9: uid = "UID" SP (copy / move / fetch / search / store / uid-expunge), and the
   same before SORT, THREAD and REPLACE. */
static enum parse_rc command_name(struct parse *p, struct imap_command *out)
{
    size_t start = p->pos;
    if (IMAP_KEYWORD(p, "UID")) {
        out->uid = parse_since(p, start);
        enum parse_rc rc = imap_parse_sp(p, RULE_IMAP_COMMAND, "SP and a command");
        if (rc != PARSE_OK) {
            return rc;
        }
        start = p->pos;
    }
    enum parse_rc rc = imap_need(p, imap_parse_atom(p, &out->name), RULE_IMAP_COMMAND, "command");
    if (rc != PARSE_OK) {
        return rc;
    }
    out->type = imap_command_by_name(out->name);
    if (out->uid.len > 0 && span_is(out->name, "UID")) {
        return parse_fail_at(p, start, RULE_IMAP_COMMAND, "a command that has a UID form");
    }
    if (out->uid.len > 0 && out->type != IMAP_COMMAND_COPY && out->type != IMAP_COMMAND_MOVE &&
        out->type != IMAP_COMMAND_FETCH && out->type != IMAP_COMMAND_STORE &&
        out->type != IMAP_COMMAND_SEARCH && out->type != IMAP_COMMAND_EXPUNGE &&
        out->type != IMAP_COMMAND_SORT && out->type != IMAP_COMMAND_THREAD &&
        out->type != IMAP_COMMAND_REPLACE && out->type != IMAP_COMMAND_UNKNOWN) {
        return parse_fail_at(p, start, RULE_IMAP_COMMAND, "a command that has a UID form");
    }
    return PARSE_OK;
}

static const char *shape_of(const struct imap_command *c)
{
    bool uid_expunge = c->type == IMAP_COMMAND_EXPUNGE && c->uid.len > 0;
    return uid_expunge ? "s" : commands[c->type].shape;
}

/* Where the line ends: before CRLF, or before a lone LF. */
static size_t line_end(const struct parse *p)
{
    size_t end = p->in.len;
    if (end > p->pos && p->in.ptr[end - 1] == '\n') {
        end--;
        if (end > p->pos && p->in.ptr[end - 1] == '\r') {
            end--;
        }
    }
    return end;
}

/* The unit has more than one line before the cursor, so a literal may end there. */
static bool has_literal(const struct parse *p)
{
    return p->pos > 0 && memchr(p->in.ptr, '\n', p->pos) != NULL;
}

/* What stands behind the last argument and does not belong there. */
static enum parse_rc leftovers(struct parse *p, bool ends_in_literal)
{
    size_t end = line_end(p);
    size_t start = p->pos;
    if (start >= end) {
        return PARSE_OK;
    }
    struct span rest = span_sub(p->in, start, end - start);
    enum quirk quirk = QUIRK_IMAP_COMMAND_EXTRA;
    const char *text = "the end of the command";
    if (p->in.ptr[start] == ')') {
        quirk = QUIRK_IMAP_COMMAND_PARENTHESIS;
    } else if (p->in.ptr[start] == ' ') {
        size_t spaces = 0;
        while (spaces < rest.len && p->in.ptr[start + spaces] == ' ') {
            spaces++;
        }
        quirk = spaces == rest.len ? QUIRK_IMAP_COMMAND_TRAILING_SPACE : quirk;
    } else {
        return parse_fail(p, ends_in_literal ? RULE_IMAP_LITERAL_COUNT : RULE_IMAP_COMMAND_ARGUMENT,
                          "SP, or the end of the command");
    }
    p->pos = end;
    return parse_quirk(p, quirk, start, rest.len, text);
}

/* RFC 3501 section 9: x-command = "X" atom <experimental command arguments>: anything, but literals
   must be whole. */
static enum parse_rc unknown_arguments(struct parse *p, struct imap_command *out)
{
    size_t start = p->pos;
    size_t end = line_end(p);
    if (start < end && p->in.ptr[start] != ' ') {
        return parse_fail(p, RULE_IMAP_COMMAND, "SP or the end of the command");
    }
    size_t line = start;
    struct literal_head head;
    for (size_t i = start; p->gap_count == 0 && i < p->in.len; i++) {
        if (p->in.ptr[i] != '\n') {
            continue;
        }
        if (!frame_literal_head(span_sub(p->in, line, i + 1 - line), &head)) {
            if (i + 1 < p->in.len) {
                return parse_fail_at(p, i + 1, RULE_IMAP_COMMAND_CRLF, "end of the command");
            }
            break;
        }
        if (head.len >= p->in.len - i - 1) {
            return parse_fail_at(p, p->in.len, RULE_IMAP_LITERAL_SHORT, "the rest of the command");
        }
        i += (size_t)head.len;
        line = i + 1;
    }
    enum parse_rc rc = imap_parse_rest(p);
    out->rest = parse_since(p, start);
    return rc;
}

/* RFC 9051 section 9: CRLF = <Defined in RFC 5234> */
static enum parse_rc command_end(struct parse *p)
{
    if (parse_peek(p) == '\n') {
        enum parse_rc rc = parse_quirk(p, QUIRK_IMAP_COMMAND_LF, p->pos, 1, "CR before LF");
        p->pos++;
        if (rc == PARSE_OK && !parse_at_end(p)) {
            rc = parse_fail(p, RULE_IMAP_COMMAND_CRLF, "end of the command");
        }
        return rc;
    }
    return parse_expect_crlf(p, RULE_IMAP_COMMAND_CRLF);
}

enum parse_rc imap_parse_command(struct parse *p, struct imap_command *out)
{
    *out = (struct imap_command){0};
    enum parse_rc rc = command_tag(p, &out->tag);
    if (rc == PARSE_OK) {
        rc = command_name(p, out);
    }
    if (rc != PARSE_OK) {
        return rc;
    }
    if (out->type == IMAP_COMMAND_UNKNOWN) {
        rc = unknown_arguments(p, out);
        return rc == PARSE_OK ? command_end(p) : rc;
    }
    rc = imap_parse_arguments(p, shape_of(out), out);
    if (rc == PARSE_OK) {
        rc = leftovers(p, has_literal(p));
    }
    return rc == PARSE_OK ? command_end(p) : rc;
}

void imap_emit_command(struct out *o, const struct imap_command *c)
{
    out_bytes(o, c->tag);
    out_octet(o, ' ');
    if (c->uid.len > 0) {
        out_bytes(o, c->uid);
        out_octet(o, ' ');
    }
    imap_emit_keyword(o, c->name, commands[c->type].name);
    if (c->type == IMAP_COMMAND_UNKNOWN) {
        out_bytes(o, c->rest);
    } else {
        imap_emit_arguments(o, shape_of(c), c);
    }
    out_text(o, "\r\n");
}

enum parse_rc imap_parse_done(struct parse *p)
{
    if (!IMAP_KEYWORD(p, "DONE")) {
        return parse_fail(p, RULE_IMAP_DONE, "DONE");
    }
    enum parse_rc rc = leftovers(p, false);
    return rc == PARSE_OK ? command_end(p) : rc;
}

enum parse_rc imap_parse_authenticate_line(struct parse *p, struct span *out)
{
    size_t start = p->pos;
    enum parse_rc rc = PARSE_OK;
    if (!parse_octet(p, '*')) {
        struct span base64;
        rc = imap_parse_base64(p, &base64);
    }
    *out = parse_since(p, start);
    if (rc == PARSE_OK && parse_peek(p) != '\r' && parse_peek(p) != '\n') {
        rc = parse_fail(p, RULE_IMAP_AUTHENTICATE, "base64 and the end of the line");
    }
    return rc == PARSE_OK ? command_end(p) : rc;
}
