/* SPDX-License-Identifier: MIT */
#include "session/smtp_internal.h"

#define GROUP RULE_SMTP_PIPELINING_GROUP

/* RFC 5321 section 4.3.2 and 4.1.4, RFC 2920 section 3.1, and each extension's own document. */
static const struct smtp_rules table[SMTP_VERB_COUNT] = {
    [SMTP_UNKNOWN] = {.clears_chunk = true},
    [SMTP_EHLO] = {.codes = {250},
                   .required = true,
                   .last_in_group = true,
                   .clears_chunk = true,
                   .group_rule = GROUP},
    [SMTP_HELO] = {.codes = {250}, .required = true, .clears_chunk = true},
    [SMTP_LHLO] = {.codes = {250},
                   .last_in_group = true,
                   .clears_chunk = true,
                   .group_rule = GROUP},
    [SMTP_MAIL] = {.codes = {250}, .required = true},
    [SMTP_RCPT] = {.codes = {250, 251}, .required = true, .needs_mail = true},
    [SMTP_DATA] = {.codes = {354},
                   .required = true,
                   .last_in_group = true,
                   .waits = true,
                   .needs_mail = true,
                   .needs_recipient = true,
                   .group_rule = GROUP},
    [SMTP_RSET] = {.codes = {250}, .required = true, .clears_chunk = true},
    [SMTP_VRFY] = {.codes = {250, 251, 252},
                   .last_in_group = true,
                   .clears_chunk = true,
                   .group_rule = GROUP},
    [SMTP_EXPN] = {.codes = {250, 252},
                   .extension = SMTP_EXT_EXPN,
                   .last_in_group = true,
                   .clears_chunk = true,
                   .group_rule = GROUP},
    [SMTP_HELP] = {.codes = {211, 214}, .extension = SMTP_EXT_HELP, .clears_chunk = true},
    [SMTP_NOOP] = {.codes = {250},
                   .required = true,
                   .last_in_group = true,
                   .clears_chunk = true,
                   .group_rule = GROUP},
    [SMTP_QUIT] = {.codes = {221},
                   .required = true,
                   .last_in_group = true,
                   .clears_chunk = true,
                   .group_rule = GROUP},
    [SMTP_STARTTLS] = {.codes = {220},
                       .extension = SMTP_EXT_STARTTLS,
                       .last_in_group = true,
                       .waits = true,
                       .group_rule = RULE_SMTP_STARTTLS_GROUP},
    [SMTP_AUTH] = {.codes = {235, 334},
                   .extension = SMTP_EXT_AUTH,
                   .last_in_group = true,
                   .waits = true,
                   .group_rule = RULE_SMTP_AUTH_GROUP},
    [SMTP_BDAT] = {.codes = {250},
                   .extension = SMTP_EXT_CHUNKING,
                   .needs_mail = true,
                   .needs_recipient = true},
    [SMTP_BURL] = {.codes = {250},
                   .extension = SMTP_EXT_BURL,
                   .needs_mail = true,
                   .needs_recipient = true},
    [SMTP_ETRN] = {.codes = {250, 251, 252, 253},
                   .extension = SMTP_EXT_ETRN,
                   .last_in_group = true,
                   .group_rule = GROUP},
};

const struct smtp_rules *smtp_rules_of(enum smtp_verb verb)
{
    return &table[verb];
}

/* What each extension adds to the length of a command line. */
static const struct {
    enum smtp_verb verb;
    enum smtp_extension extension;
    size_t len;
} additions[] = {
    {SMTP_MAIL, SMTP_EXT_SIZE, 26},        {SMTP_MAIL, SMTP_EXT_8BITMIME, 17},
    {SMTP_MAIL, SMTP_EXT_BINARYMIME, 16},  {SMTP_MAIL, SMTP_EXT_DSN, 116},
    {SMTP_MAIL, SMTP_EXT_AUTH, 500},       {SMTP_MAIL, SMTP_EXT_SMTPUTF8, 10},
    {SMTP_MAIL, SMTP_EXT_MT_PRIORITY, 15}, {SMTP_MAIL, SMTP_EXT_REQUIRETLS, 11},
    {SMTP_RCPT, SMTP_EXT_DSN, 530},        {SMTP_MAIL, SMTP_EXT_FUTURERELEASE, 34},
    {SMTP_MAIL, SMTP_EXT_DELIVERBY, 17},   {SMTP_MAIL, SMTP_EXT_NO_SOLICITING, 1000},
    {SMTP_RCPT, SMTP_EXT_RRVS, 33},        {SMTP_VRFY, SMTP_EXT_SMTPUTF8, 9},
    {SMTP_EXPN, SMTP_EXT_SMTPUTF8, 9},     {SMTP_BURL, SMTP_EXT_BURL, 4096},
};

size_t smtp_command_limit(const struct smtp_session *m, enum smtp_verb verb)
{
    size_t limit = SMTP_COMMAND_LIMIT;
    for (size_t i = 0; i < sizeof additions / sizeof additions[0]; i++) {
        if (additions[i].verb == verb && smtp_session_offers(m, additions[i].extension)) {
            limit += additions[i].len;
        }
    }
    return limit;
}

struct smtp_pending *smtp_pending_first(struct smtp_session *m)
{
    return m->pending_count == 0 ? NULL : &m->pending[m->pending_first];
}

struct smtp_pending *smtp_pending_last(struct smtp_session *m)
{
    uint32_t last = (m->pending_first + m->pending_count + SMTP_MAX_PENDING - 1) % SMTP_MAX_PENDING;
    return m->pending_count == 0 ? NULL : &m->pending[last];
}

struct smtp_pending *smtp_pending_push(struct smtp_session *m, const struct smtp_pending *pending)
{
    uint32_t at = (m->pending_first + m->pending_count) % SMTP_MAX_PENDING;
    m->pending[at] = *pending;
    m->pending_count++;
    return &m->pending[at];
}

void smtp_pending_pop(struct smtp_session *m)
{
    m->pending_first = (m->pending_first + 1) % SMTP_MAX_PENDING;
    m->pending_count--;
}

bool smtp_in_transaction(const struct smtp_session *m)
{
    return m->state == SMTP_STATE_MAIL || m->state == SMTP_STATE_RCPT ||
           m->state == SMTP_STATE_DATA;
}
