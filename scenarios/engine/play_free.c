/* SPDX-License-Identifier: MIT */
/* Lines whose answer is free (C[free]): the session says when the server has spoken to its end. */
#include "scenarios/engine/play.h"

/* After octets of which nobody knows what they ask for: so long a silence is an end. Milliseconds.
 */
enum { QUIET_MS = 200 };

void play_free_begin(struct play *play, const struct step *step, struct channel *c)
{
    /* Behind a line that ended in LF alone nobody knows what the server takes for a line: what it
       answers late would be held against it. */
    c->adrift = c->adrift || c->peer->session.unsure;
    if ((c->peer->eof && !c->peer->failed) || c->adrift) {
        return;
    }
    play->wait = WAIT_FREE;
    play->step = step;
    play->waits_for = c;
    play->hurried = false;
    play_set_deadline(play, play_time(play, NULL, play_patience(play, c)));
    play_free_send(play, step, c);
}

/* It said that it would close. */
static bool said_goodbye(const struct session *s)
{
    switch (s->config.protocol) {
    case PROTOCOL_IMAP:
        return s->as.imap.bye;
    case PROTOCOL_POP3:
        return false;
    case PROTOCOL_SMTP:
    case PROTOCOL_SUBMISSION:
    case PROTOCOL_LMTP:
        break;
    }
    return s->as.smtp.state == SMTP_STATE_CLOSED || s->as.smtp.goodbye;
}

/* When the silence is long enough, in ms of the loop. */
static uint64_t quiet_at(const struct play *play, const struct peer *peer)
{
    return (peer->received > play->begun ? peer->received : play->begun) + QUIET_MS;
}

bool play_free_check(struct play *play, bool timeout)
{
    struct channel *c = play->waits_for;
    struct peer *peer = c->peer;
    const struct unit *unit = NULL;
    while ((unit = peer_unit(peer)) != NULL) {
        bool go_on = unit->kind == EVENT_CONTINUE;
        peer_take(peer);
        if (go_on) {
            channel_go_on(c);
        }
    }
    bool owes = session_owes(&peer->session);
    c->doubtful = c->doubtful || peer->session.lost || peer->session.unsure;
    uint64_t now = loop_now(play->config.loop);
    uint64_t end = c->doubtful ? quiet_at(play, peer) : play->deadline;
    if (!peer->eof && !timeout && owes && now < end) {
        loop_timer_start(play->timer, end - now);
        return false;
    }
    play->wait = WAIT_NOTHING;
    channel_forget(c);
    if (owes && !c->doubtful && !said_goodbye(&peer->session)) {
        play_fail(play, play->step, NULL, peer->eof ? FAILURE_CLOSED : FAILURE_TIMEOUT, "a reply",
                  !peer->eof            ? "no reply"
                  : peer->error != NULL ? peer->error
                  : peer->flooded       ? "endless data; the connection was cut off"
                  : peer->reset         ? "the server reset the connection"
                                        : "the server closed the connection");
    }
    return true;
}
