/* SPDX-License-Identifier: MIT */
#include "parsers/imap/thread.h"

static struct imap_thread *take(struct parse *p)
{
    return parse_take(p, sizeof(struct imap_thread));
}

static enum parse_rc thread_list(struct parse *p, struct imap_thread *out);

/* RFC 5256 section 5: thread-nested = 2*thread-list */
static enum parse_rc thread_lists(struct parse *p, size_t least, const struct imap_thread **out)
{
    const struct imap_thread **tail = out;
    size_t start = p->pos;
    size_t count = 0;
    while (parse_peek(p) == '(') {
        struct imap_thread *node = take(p);
        if (node == NULL) {
            return PARSE_BAD;
        }
        enum parse_rc rc = thread_list(p, node);
        if (rc != PARSE_OK) {
            return rc;
        }
        *tail = node;
        tail = &node->next;
        count++;
        if (parse_left(p) > 1 && p->in.ptr[p->pos] == ' ' && p->in.ptr[p->pos + 1] == '(') {
            p->pos++;
            rc = parse_quirk(p, QUIRK_IMAP_SP_BETWEEN_LISTS, p->pos - 1, 1, "\"(\"");
            if (rc != PARSE_OK) {
                return rc;
            }
        }
    }
    if (count < least) {
        return count == 0 ? parse_fail(p, RULE_IMAP_THREAD, "\"(\"")
                          : parse_quirk(p, QUIRK_IMAP_THREAD_SINGLE, start, p->pos - start,
                                        "two threads or more");
    }
    return PARSE_OK;
}

/* RFC 5256 section 5: thread-members = nz-number *(SP nz-number) [SP thread-nested] */
static enum parse_rc thread_members(struct parse *p, struct imap_thread *out)
{
    struct imap_thread *last = out;
    enum parse_rc rc = imap_parse_nz_number_or(p, QUIRK_IMAP_SEARCH_ZERO, &out->number);
    while (rc == PARSE_OK && parse_peek(p) == ' ') {
        rc = imap_parse_sp(p, RULE_IMAP_THREAD, "SP");
        if (rc == PARSE_OK && parse_peek(p) == '(') {
            return thread_lists(p, 2, &last->nested);
        }
        struct imap_thread *node = take(p);
        if (rc != PARSE_OK || node == NULL) {
            return PARSE_BAD;
        }
        last->reply = node;
        last = node;
        rc = imap_parse_nz_number_or(p, QUIRK_IMAP_SEARCH_ZERO, &node->number);
    }
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_THREAD, "nz-number or \"(\"") : rc;
}

/* RFC 5256 section 5: thread-list = "(" (thread-members / thread-nested) ")" */
static enum parse_rc thread_list(struct parse *p, struct imap_thread *out)
{
    enum parse_rc rc = parse_enter(p);
    if (rc != PARSE_OK) {
        return rc;
    }
    p->pos++;
    rc = parse_peek(p) == '(' ? thread_lists(p, 2, &out->nested) : thread_members(p, out);
    parse_leave(p);
    return rc == PARSE_OK ? parse_expect(p, ')', RULE_IMAP_THREAD, "SP or \")\"") : rc;
}

/* RFC 5256 section 5: thread-data = "THREAD" [SP 1*thread-list] */
enum parse_rc imap_parse_thread_data(struct parse *p, const struct imap_thread **out)
{
    *out = NULL;
    if (parse_peek(p) != ' ' || imap_at_trailing_sp(p)) {
        return PARSE_OK;
    }
    enum parse_rc rc = imap_parse_sp(p, RULE_IMAP_THREAD, "SP");
    return rc == PARSE_OK ? thread_lists(p, 1, out) : rc;
}

static void emit_lists(struct out *o, const struct imap_thread *first)
{
    for (const struct imap_thread *thread = first; thread != NULL; thread = thread->next) {
        out_octet(o, '(');
        const struct imap_thread *message = thread;
        if (thread->number > 0) {
            out_number(o, thread->number);
            for (; message->reply != NULL; message = message->reply) {
                out_octet(o, ' ');
                out_number(o, message->reply->number);
            }
            if (message->nested != NULL) {
                out_octet(o, ' ');
            }
        }
        emit_lists(o, message->nested);
        out_octet(o, ')');
    }
}

void imap_emit_thread_data(struct out *o, const struct imap_thread *threads)
{
    if (threads != NULL) {
        out_octet(o, ' ');
        emit_lists(o, threads);
    }
}
