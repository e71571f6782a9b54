/* SPDX-License-Identifier: MIT */
#include "session/imap.h"

#include "session/imap_judge.h"

void imap_session_init(struct session *s)
{
    struct imap_session *imap = &s->as.imap;
    *imap = (struct imap_session){0};
    imap->state = s->config.excerpt ? IMAP_STATE_UNKNOWN : IMAP_STATE_GREETING;
    imap->view.blurred = s->config.excerpt;
    s->frame[SIDE_CLIENT].sync_stop = true;
    s->frame[SIDE_SERVER].is_literal = imap_response_may_have_literal;
}

/* The last command that takes lines of its own from the client, or NULL. */
static const struct imap_pending *talking(const struct imap_session *imap)
{
    const struct imap_pending *last =
        imap->pending_count > 0 ? &imap->pending[imap->pending_count - 1] : NULL;
    if (last != NULL && !last->broken &&
        (last->type == IMAP_COMMAND_AUTHENTICATE ||
         (last->type == IMAP_COMMAND_IDLE && !last->done) || last->type == IMAP_COMMAND_STARTTLS ||
         last->type == IMAP_COMMAND_COMPRESS)) {
        return last;
    }
    return NULL;
}

static int client_mode(struct session *s)
{
    const struct imap_pending *pending = talking(&s->as.imap);
    if (s->frame[SIDE_CLIENT].sync == FRAME_SYNC_WAIT) {
        return SESSION_WAIT;
    }
    if (pending != NULL) {
        if (pending->auth != IMAP_AUTH_CLIENT) {
            return SESSION_WAIT;
        }
        frame_set_mode(&s->frame[SIDE_CLIENT], FRAME_MODE_LINE);
        return SESSION_EVENT;
    }
    frame_set_mode(&s->frame[SIDE_CLIENT], FRAME_MODE_IMAP);
    return SESSION_EVENT;
}

int imap_session_mode(struct session *s, enum side from)
{
    const struct imap_session *imap = &s->as.imap;
    if (imap->tls_pending) {
        return SESSION_TLS;
    }
    if (imap->compress_pending && !imap->compress) {
        return SESSION_COMPRESS;
    }
    if (from == SIDE_CLIENT) {
        return client_mode(s);
    }
    frame_set_mode(&s->frame[SIDE_SERVER], s->lost ? FRAME_MODE_LINE : FRAME_MODE_IMAP);
    return SESSION_EVENT;
}

void imap_session_unit(struct session *s, enum side from, struct session_event *event)
{
    if (from == SIDE_CLIENT) {
        imap_client_unit(s, event);
    } else {
        imap_server_unit(s, event);
    }
}

void imap_session_end(struct session *s, enum side from, struct span rest)
{
    struct imap_session *imap = &s->as.imap;
    const struct frame_unit unit = {.octets = rest, .off = s->frame[from].off};
    imap->client_gone = imap->client_gone || from == SIDE_CLIENT;
    if (s->config.excerpt) {
        return;
    }
    if (from == SIDE_SERVER && imap->greeting_seen && !imap->bye && !imap->tls_pending &&
        !imap->client_gone) {
        session_report(s, SIDE_SERVER, &unit, unit.off, 0, RULE_IMAP_CLOSE_BYE,
                       "BYE before the end of the connection");
    }
}

void imap_session_tls(struct session *s, bool ok)
{
    struct imap_session *imap = &s->as.imap;
    imap->tls_pending = false;
    if (ok) {
        imap->capabilities = (struct imap_names){0};
    }
}

bool imap_session_owes(const struct session *s)
{
    const struct imap_session *imap = &s->as.imap;
    bool owes = imap->state == IMAP_STATE_GREETING || s->frame[SIDE_CLIENT].sync == FRAME_SYNC_WAIT;
    for (uint32_t i = 0; i < imap->pending_count && !owes; i++) {
        const struct imap_pending *p = &imap->pending[i];
        /* With a tag that is in use already nobody knows whose reply comes. */
        bool unclear = p->broken && p->type != IMAP_COMMAND_UNKNOWN;
        owes =
            !p->optional && !unclear && p->tag_len > 0 && (p->auth != IMAP_AUTH_CLIENT || p->done);
    }
    return owes;
}
