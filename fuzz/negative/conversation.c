/* SPDX-License-Identifier: MIT */
/* Bugs in the session, for check_split_invariance_of(). The input is one server record, of 24 units
   of 5 octets: pieces of any length end where one of them does. */
#include "fuzz/check/check.h"
#include "fuzz/negative/negative.h"

struct conversation_bug {
    split_step_fn *step;
};

static void run(const struct negative *negative, bool planted)
{
    const struct conversation_bug *bug = negative->bug;
    check_split_invariance_of(planted ? bug->step : session_step, PROTOCOL_POP3,
                              span_text(negative->input));
}

/* Judges what stands behind the unit, too. */
static enum session_rc step_judging_ahead(struct session *s, enum side from, struct span buffer,
                                          struct session_event *out)
{
    enum session_rc rc = session_step(s, from, buffer, out);
    if (rc == SESSION_EVENT && buffer.len > out->unit.octets.len) {
        session_report_unit(s, from, &out->unit, RULE_LIMIT_UNIT, "a planted bug");
    }
    return rc;
}

static enum session_rc step_counting_ahead(struct session *s, enum side from, struct span buffer,
                                           struct session_event *out)
{
    enum session_rc rc = session_step(s, from, buffer, out);
    out->command += rc == SESSION_EVENT && buffer.len > out->unit.octets.len;
    return rc;
}

static enum session_rc step_outside(struct session *s, enum side from, struct span buffer,
                                    struct session_event *out)
{
    enum session_rc rc = session_step(s, from, buffer, out);
    out->unit.octets.len = rc == SESSION_EVENT ? buffer.len + 1 : 0;
    return rc;
}

static enum session_rc step_without_rule(struct session *s, enum side from, struct span buffer,
                                         struct session_event *out)
{
    enum session_rc rc = session_step(s, from, buffer, out);
    if (rc == SESSION_EVENT) {
        session_report_unit(s, from, &out->unit, RULE_NONE, "a planted bug");
    }
    return rc;
}

static enum session_rc step_early_finding(struct session *s, enum side from, struct span buffer,
                                          struct session_event *out)
{
    enum session_rc rc = session_step(s, from, buffer, out);
    if (rc == SESSION_EVENT) {
        out->unit.off++;
        session_report(s, from, &out->unit, out->unit.off - 1, 1, RULE_LIMIT_UNIT, "a planted bug");
    }
    return rc;
}

static enum session_rc step_without_end(struct session *s, enum side from, struct span buffer,
                                        struct session_event *out)
{
    enum session_rc rc = session_step(s, from, buffer, out);
    if (rc == SESSION_MORE) {
        out->unit.octets = (struct span){buffer.ptr, 0};
        rc = SESSION_EVENT;
    }
    return rc;
}

static enum session_rc step_discarding(struct session *s, enum side from, struct span buffer,
                                       struct session_event *out)
{
    enum session_rc rc = session_step(s, from, buffer, out);
    if (rc == SESSION_EVENT) {
        s->frame[from].discard_pos = 0;
        s->frame[from].discard = buffer.len + 1;
        rc = SESSION_DISCARD;
    }
    return rc;
}

#define SIX "+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n"
#define CONVERSATION(name, caught, step)                                                           \
    {                                                                                              \
        name, caught, run, &(const struct conversation_bug){step}, "\xF8" SIX SIX SIX SIX          \
    }

static const struct negative rows[] = {
    CONVERSATION("session judges ahead", "findings depend on how the input is cut",
                 step_judging_ahead),
    CONVERSATION("session counts ahead", "events depend on how the input is cut",
                 step_counting_ahead),
    CONVERSATION("event behind the buffer", "a span lies outside of its unit", step_outside),
    CONVERSATION("finding without rule", "a finding names no rule", step_without_rule),
    CONVERSATION("finding before its unit", "a finding lies before its unit", step_early_finding),
    CONVERSATION("session without end", "the session goes on without octets", step_without_end),
    CONVERSATION("too much left out", "a unit is longer than its buffer", step_discarding),
};

const struct negative_group negative_conversations = {rows, sizeof rows / sizeof *rows};
