/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "net/memory.h"
#include "parsers/core/ascii.h"
#include "scenarios/engine/play.h"
#include "scenarios/engine/words.h"

/* --- tags ------------------------------------------------------------------------------------- */

/* "a1", "x12": letters, then digits. */
static bool is_tag(struct span s)
{
    size_t letters = 0;
    while (letters < s.len && octet_is(s.ptr[letters], CLASS_ALPHA)) {
        letters++;
    }
    size_t end = letters;
    while (end < s.len && octet_is(s.ptr[end], CLASS_DIGIT)) {
        end++;
    }
    return letters > 0 && end == s.len;
}

const char *play_tag(struct play *play, struct channel *channel, struct span name, bool sending)
{
    struct tag_name *t = channel->tags;
    while (t != NULL && !span_equal(span_text(t->name), name)) {
        t = t->next;
    }
    if (!sending) {
        return t != NULL ? t->wire : pool_text(&play->pool, name);
    }
    struct tag_name *fresh = pool_take(&play->pool, sizeof *fresh);
    fresh->name = pool_text(&play->pool, name);
    fresh->wire = t == NULL ? fresh->name
                            : pool_format(&play->pool, "%s-%u", fresh->name, ++channel->tag_serial);
    fresh->next = channel->tags;
    channel->tags = fresh;
    return fresh->wire;
}

/* --- messages --------------------------------------------------------------------------------- */

bool play_message(struct play *play, const char *name, struct bytes *out)
{
    const struct message *m = play->config.scenario->body->messages;
    while (m != NULL && strcmp(m->name, name) != 0) {
        m = m->next;
    }
    if (m == NULL) {
        return false;
    }
    struct expansion e = {.pool = &play->pool, .lookup = play_lookup, .context = play};
    struct bytes text = {0};
    bool ok = expand(&e, (struct span){(const uint8_t *)m->text, m->len}, EXPAND_PLAIN, &text);
    const char *eol = strcmp(m->eol, "lf") == 0 ? "\n" : strcmp(m->eol, "cr") == 0 ? "\r" : "\r\n";
    for (size_t pos = 0; ok && pos < text.len;) {
        size_t end = pos;
        while (end < text.len && text.ptr[end] != '\n') {
            end++;
        }
        size_t len = end - pos;
        if (len > 0 && text.ptr[end - 1] == '\r' && end < text.len) {
            len--;
        }
        bytes_add(out, (struct span){text.ptr + pos, len});
        if (end < text.len) {
            bytes_add_text(out, eol);
        }
        pos = end + 1;
    }
    bytes_fini(&text);
    return ok;
}

/* RFC 5321 section 4.5.2: a dot is put before each line that begins with one; then the end. */
static void add_stuffed(struct bytes *out, struct span message)
{
    bool start = true;
    for (size_t i = 0; i < message.len; i++) {
        if (start && message.ptr[i] == '.') {
            bytes_add_text(out, ".");
        }
        bytes_add(out, span_sub(message, i, 1));
        start = message.ptr[i] == '\n';
    }
    if (message.len < 2 || memcmp(message.ptr + message.len - 2, "\r\n", 2) != 0) {
        bytes_add_text(out, "\r\n");
    }
    bytes_add_text(out, ".\r\n");
}

/* --- lines ------------------------------------------------------------------------------------ */

void channel_go_on(struct channel *c)
{
    if (c->held_count > 0) {
        peer_send(c->peer, bytes_span(&c->held[0]), 0, 0, NULL);
        bytes_fini(&c->held[0]);
        memmove(c->held, c->held + 1, --c->held_count * sizeof *c->held);
    }
}

void channel_forget(struct channel *c)
{
    while (c->held_count > 0) {
        bytes_fini(&c->held[--c->held_count]);
    }
}

static void hold(struct channel *c, struct span octets)
{
    c->held = memory_resize(c->held, c->held_count + 1, sizeof *c->held);
    c->held[c->held_count] = (struct bytes){0};
    bytes_add(&c->held[c->held_count++], octets);
}

/* A line with its literals: what stands behind a synchronising one is held back. */
static bool add_line(struct play *play, struct channel *c, struct span line, const char *eol)
{
    struct bytes out = {0};
    bool first = true;
    bool ok = true;
    size_t pos = 0;
    while (ok && pos < line.len) {
        struct span rest = span_from(line, pos);
        if (!span_starts_nocase(rest, SPAN_LIT("<literal"))) {
            bytes_add(&out, span_sub(rest, 0, 1));
            pos++;
            continue;
        }
        bool plus = rest.len > 8 && rest.ptr[8] == '+';
        size_t name = 8 + (plus ? 1 : 0) + 1;
        size_t end = name;
        while (end < rest.len && rest.ptr[end] != '>') {
            end++;
        }
        struct bytes message = {0};
        char head[40];
        ok = play_message(play, pool_text(&play->pool, span_sub(rest, name, end - name)), &message);
        (void)snprintf(head, sizeof head, "{%zu%s}\r\n", message.len, plus ? "+" : "");
        bytes_add_text(&out, head);
        if (!plus) {
            if (first) {
                bytes_add(&c->batch, bytes_span(&out));
            } else {
                hold(c, bytes_span(&out));
            }
            out.len = 0;
            first = false;
        }
        bytes_add(&out, bytes_span(&message));
        bytes_fini(&message);
        pos += end + 1;
    }
    bytes_add_text(&out, eol);
    if (first) {
        bytes_add(&c->batch, bytes_span(&out));
    } else {
        hold(c, bytes_span(&out));
    }
    bytes_fini(&out);
    return ok;
}

/* C[raw]: "…" "…" */
static bool add_raw(struct play *play, struct channel *c, const char *payload)
{
    char *text = play_expand(play, payload, EXPAND_QUOTED);
    size_t pos = 0;
    struct span t = span_text(text);
    if (text == NULL) {
        return false;
    }
    while (pos < t.len) {
        while (pos < t.len && t.ptr[pos] != '"') {
            pos++;
        }
        size_t end = pos + 1;
        while (end < t.len && t.ptr[end] != '"') {
            end += t.ptr[end] == '\\' ? 2 : 1;
        }
        if (pos < t.len && end < t.len) {
            bytes_add(&c->batch, text_unescape(&play->pool, span_sub(t, pos + 1, end - pos - 1)));
        }
        pos = end + 1;
    }
    return true;
}

static char *imap_line(struct play *play, struct channel *c, char *text)
{
    struct span line = span_text(text);
    size_t len = 0;
    while (len < line.len && line.ptr[len] != ' ') {
        len++;
    }
    struct span tag = span_sub(line, 0, len);
    if (c->connect->protocol != PROTOCOL_IMAP || len == line.len || !is_tag(tag)) {
        return text;
    }
    return pool_format(&play->pool, "%s%s", play_tag(play, c, tag, true), text + len);
}

/* Does the server look at a password behind this line? */
static bool is_login(const char *payload)
{
    return strstr(payload, "AUTH") != NULL || strstr(payload, "LOGIN") != NULL ||
           strstr(payload, "PASS") != NULL || strstr(payload, "APOP") != NULL;
}

void play_send_step(struct play *play, const struct step *step, struct channel *c)
{
    c->hello = c->hello || span_starts_nocase(span_text(step->payload), SPAN_LIT("EHLO"));
    /* A server may end sessions whose mailbox is deleted (RFC 2180): the case's own must not be. */
    for (struct channel *i = play->channels; i != NULL && c->connect->last; i = i->next) {
        if (!i->connect->last) {
            channel_close(i);
        }
    }
    bool ok = true;
    c->data = step->event == WORD_MESSAGE || step->event == WORD_BDAT;
    c->authenticating = step->event == WORD_NONE && (c->authenticating || is_login(step->payload));
    if (step->event == WORD_MESSAGE || step->event == WORD_BDAT) {
        struct bytes message = {0};
        ok = play_message(play, step->event_args->text, &message);
        if (ok && step->event == WORD_MESSAGE) {
            add_stuffed(&c->batch, bytes_span(&message));
        } else if (ok) {
            const struct word *more = step->event_args->next;
            char head[48];
            (void)snprintf(head, sizeof head, "BDAT %zu%s\r\n", message.len,
                           more != NULL && strcmp(more->text, "more") == 0 ? "" : " LAST");
            bytes_add_text(&c->batch, head);
            bytes_add(&c->batch, bytes_span(&message));
        }
        bytes_fini(&message);
    } else if (step->event == WORD_CONNECT) {
        return;
    } else if (step->raw) {
        ok = add_raw(play, c, step->payload);
    } else {
        const char *eol = step->eol == NULL                ? "\r\n"
                          : strcmp(step->eol, "lf") == 0   ? "\n"
                          : strcmp(step->eol, "none") == 0 ? ""
                                                           : "\r";
        char *text = play_expand(play, step->payload, EXPAND_PLAIN);
        ok = text != NULL && add_line(play, c, span_text(imap_line(play, c, text)), eol);
    }
    if (!ok) {
        play_fail(play, step, NULL, FAILURE_OURS, NULL, "a value of this line is not bound");
    }
}

void play_flush(struct play *play, struct channel *c, const struct step *step)
{
    char *size = step->write != NULL ? play_expand(play, step->write, EXPAND_PLAIN) : NULL;
    size_t slice = size != NULL ? strtoul(size, NULL, 10) : 0;
    uint64_t gap = step->gap != NULL ? play_time(play, step->gap, 0) : 0;
    /* However short the waits are, the pieces must not be put together again. */
    gap += step->gap != NULL && gap == 0 ? 1 : 0;
    if (c->peer != NULL) {
        peer_send(c->peer, bytes_span(&c->batch), slice, gap, NULL);
    }
    c->batch.len = 0;
}

/* Up to the count of the next synchronising literal; the literal that they begin with, of *literal
   octets, is passed over. */
static struct span free_piece(struct span octets, uint64_t *literal)
{
    size_t pos = *literal < octets.len ? (size_t)*literal : octets.len;
    *literal = 0;
    while (pos < octets.len) {
        struct literal_head head;
        size_t end = pos;
        while (end < octets.len && octets.ptr[end] != '\n') {
            end++;
        }
        end += end < octets.len ? 1 : 0;
        bool found = frame_literal_head(span_sub(octets, pos, end - pos), &head);
        pos = end;
        if (found && !head.nonsync) {
            *literal = head.len;
            break;
        }
        pos += found && head.len < octets.len - pos ? (size_t)head.len : 0;
    }
    return span_sub(octets, 0, pos);
}

void play_free_send(struct play *play, const struct step *step, struct channel *c)
{
    if (!add_raw(play, c, step->payload)) {
        play_fail(play, step, NULL, FAILURE_OURS, NULL, "a value of this line is not bound");
        return;
    }
    struct bytes line = c->batch;
    struct span rest = bytes_span(&line);
    uint64_t literal = 0;
    c->batch = (struct bytes){0};
    c->authenticating = is_login(step->payload);
    while (rest.len > 0) {
        struct span piece = c->protocol == PROTOCOL_IMAP ? free_piece(rest, &literal) : rest;
        hold(c, piece);
        rest = span_from(rest, piece.len);
    }
    channel_go_on(c);
    bytes_fini(&line);
}
