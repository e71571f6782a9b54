/* SPDX-License-Identifier: MIT */
/* What the client sends: command lines and the responses of an AUTH exchange. Its rules are judged
   by what it has sent itself and by the replies it can have seen. */
#include "parsers/core/base64.h"
#include "parsers/sasl/sasl.h"
#include "session/smtp_internal.h"

static void report(struct session *s, const struct frame_unit *unit, enum rule rule,
                   const char *text)
{
    session_report_unit(s, SIDE_CLIENT, unit, rule, text);
}

/* A command while others wait for their replies. */
static void judge_pipelining(struct session *s, const struct frame_unit *unit)
{
    struct smtp_session *m = &s->as.smtp;
    const struct smtp_pending *last = smtp_pending_last(m);
    if (last == NULL || m->state == SMTP_STATE_UNKNOWN) {
        return;
    }
    if (!smtp_session_offers(m, SMTP_EXT_PIPELINING)) {
        report(s, unit, RULE_SMTP_PIPELINING,
               m->capabilities.known ? "PIPELINING was not offered" : "nothing was offered yet");
    } else if (smtp_rules_of(last->verb)->last_in_group && !last->final_dot) {
        /* Message data may be the first in a group (RFC 2920 section 3.1). */
        report(s, unit, smtp_rules_of(last->verb)->group_rule, smtp_verb_text(last->verb));
    }
}

static void judge_hello(struct session *s, const struct frame_unit *unit,
                        const struct smtp_command *command)
{
    bool lmtp = s->config.protocol == PROTOCOL_LMTP;
    if (lmtp && command->verb != SMTP_LHLO) {
        report(s, unit, RULE_SMTP_LMTP_HELLO, "LHLO");
    }
    if (command->host.utf8) {
        report(s, unit, RULE_SMTP_UTF8_EHLO, "an A-label");
    }
}

static void judge_mail(struct session *s, const struct frame_unit *unit,
                       const struct smtp_command *command)
{
    struct smtp_session *m = &s->as.smtp;
    if (m->state == SMTP_STATE_UNKNOWN) {
        return;
    }
    if (!m->sent_hello) {
        report(s, unit, RULE_SMTP_MAIL_BEFORE_EHLO, "EHLO or HELO first");
    }
    if (m->sent_mail && !m->chunk_failed) {
        report(s, unit, RULE_SMTP_NESTED_MAIL, "a transaction is open");
    }
    /* STARTTLS is offered where there is no TLS yet. */
    if (smtp_param_find(command->params, SMTP_PARAM_REQUIRETLS) != NULL && !s->tls &&
        smtp_session_offers(m, SMTP_EXT_STARTTLS)) {
        report(s, unit, RULE_SMTP_REQUIRETLS_PLAIN, "the connection is not encrypted");
    }
}

static void judge_auth(struct session *s, const struct frame_unit *unit,
                       const struct smtp_command *command)
{
    struct smtp_session *m = &s->as.smtp;
    if (m->authenticated) {
        report(s, unit, RULE_SMTP_AUTH_TWICE, "the session is authenticated");
    }
    if (m->sent_mail) {
        report(s, unit, RULE_SMTP_AUTH_IN_MAIL, "a transaction is open");
    }
    if (command->has_initial && unit->octets.len > 512) {
        report(s, unit, RULE_SMTP_AUTH_TOO_LONG, "at most 512 octets");
    }
}

/* DATA, BDAT and BURL within one transaction. */
static void judge_message(struct session *s, const struct frame_unit *unit,
                          const struct smtp_command *command)
{
    struct smtp_session *m = &s->as.smtp;
    if (command->verb == SMTP_DATA && m->sent_chunk) {
        report(s, unit, RULE_SMTP_DATA_AFTER_BDAT, "BDAT was used in this transaction");
    }
    if (command->verb == SMTP_DATA && m->sent_mail && m->sent_body == SMTP_BODY_BINARYMIME) {
        report(s, unit, RULE_SMTP_DATA_BINARYMIME, "BDAT");
    }
    if (command->verb == SMTP_BDAT && m->after_last && !m->sent_mail) {
        report(s, unit, RULE_SMTP_BDAT_AFTER_LAST, "the last chunk was sent");
    }
}

/* The order of a mail transaction (RFC 5321 section 3.3). */
static void judge_order(struct session *s, const struct frame_unit *unit,
                        const struct smtp_command *command)
{
    struct smtp_session *m = &s->as.smtp;
    const struct smtp_rules *rules = smtp_rules_of(command->verb);
    bool after_last = command->verb == SMTP_BDAT && m->after_last;
    if (m->state == SMTP_STATE_UNKNOWN || after_last) {
        return;
    }
    if (rules->needs_mail && !m->sent_mail) {
        report(s, unit, RULE_SMTP_ORDER, "MAIL first");
    } else if (rules->needs_recipient && !m->sent_recipient) {
        report(s, unit, RULE_SMTP_ORDER, "RCPT first");
    }
}

static void judge_chunk_failure(struct session *s, const struct frame_unit *unit,
                                const struct smtp_command *command)
{
    struct smtp_session *m = &s->as.smtp;
    if (!m->chunk_failed || m->pending_count > 0 || smtp_rules_of(command->verb)->clears_chunk) {
        return;
    }
    bool chunk = command->verb == SMTP_BDAT || command->verb == SMTP_BURL;
    report(s, unit, chunk ? RULE_SMTP_BDAT_AFTER_FAILURE : RULE_SMTP_RSET_AFTER_CHUNK,
           "RSET first");
}

/* Commands of extensions must have been offered. */
static void judge_offered(struct session *s, const struct frame_unit *unit,
                          const struct smtp_command *command)
{
    struct smtp_session *m = &s->as.smtp;
    enum smtp_extension extension = smtp_rules_of(command->verb)->extension;
    bool optional = command->verb == SMTP_EXPN || command->verb == SMTP_HELP;
    if (command->verb == SMTP_STARTTLS && s->tls) {
        report(s, unit, RULE_SMTP_STARTTLS_ACTIVE, "TLS is active");
    } else if (extension != SMTP_EXT_UNKNOWN && !optional && m->capabilities.known &&
               !smtp_names_extension(m, extension)) {
        report(s, unit, RULE_SMTP_NOT_OFFERED, smtp_extension_text(extension));
    }
}

static void judge_command(struct session *s, const struct frame_unit *unit,
                          const struct smtp_command *command)
{
    struct smtp_session *m = &s->as.smtp;
    if (m->state == SMTP_STATE_CONNECTED) {
        report(s, unit, RULE_SMTP_BEFORE_GREETING, "the greeting has not come");
    }
    if (m->sent_quit) {
        report(s, unit, RULE_SMTP_AFTER_QUIT, "nothing behind QUIT");
    }
    judge_pipelining(s, unit);
    bool hello =
        command->verb == SMTP_EHLO || command->verb == SMTP_HELO || command->verb == SMTP_LHLO;
    if (m->tls_first && !hello && command->verb != SMTP_QUIT) {
        report(s, unit, RULE_SMTP_EHLO_AFTER_TLS, "EHLO");
    }
    judge_offered(s, unit, command);
    judge_order(s, unit, command);
    judge_message(s, unit, command);
    judge_chunk_failure(s, unit, command);
    if (hello) {
        judge_hello(s, unit, command);
    } else if (command->verb == SMTP_MAIL) {
        judge_mail(s, unit, command);
    } else if (command->verb == SMTP_AUTH) {
        judge_auth(s, unit, command);
    }
    smtp_judge_envelope(s, unit, command);
}

static uint8_t body_of(const struct smtp_command *command)
{
    const struct smtp_param *param = smtp_param_find(command->params, SMTP_PARAM_BODY);
    return param == NULL ? SMTP_BODY_7BIT : (uint8_t)param->number;
}

/* What was sent moves on, whatever the replies will be. */
static void move_sent(struct session *s, const struct smtp_command *command)
{
    struct smtp_session *m = &s->as.smtp;
    m->tls_first = false;
    switch (command->verb) {
    case SMTP_EHLO:
    case SMTP_HELO:
    case SMTP_LHLO:
    case SMTP_RSET:
        m->sent_hello = m->sent_hello || command->verb != SMTP_RSET;
        m->sent_mail = false;
        m->sent_recipient = false;
        m->sent_chunk = false;
        m->after_last = false;
        break;
    case SMTP_MAIL:
        m->sent_mail = true;
        m->sent_recipient = false;
        m->sent_chunk = false;
        m->after_last = false;
        m->sent_body = body_of(command);
        m->sent_utf8 = smtp_param_find(command->params, SMTP_PARAM_SMTPUTF8) != NULL;
        smtp_data_begin(s);
        break;
    case SMTP_RCPT:
        m->sent_recipient = true;
        break;
    case SMTP_BDAT:
    case SMTP_BURL:
        m->sent_chunk = !command->last;
        m->after_last = command->last && m->sent_mail;
        m->sent_mail = m->sent_mail && !command->last;
        break;
    case SMTP_QUIT:
        m->sent_quit = true;
        break;
    case SMTP_UNKNOWN:
    case SMTP_DATA:
    case SMTP_VRFY:
    case SMTP_EXPN:
    case SMTP_HELP:
    case SMTP_NOOP:
    case SMTP_STARTTLS:
    case SMTP_AUTH:
    case SMTP_ETRN:
    case SMTP_VERB_COUNT:
        break;
    }
}

static void push(struct session *s, const struct smtp_command *command, bool garbled, bool broken)
{
    struct smtp_session *m = &s->as.smtp;
    const struct smtp_pending pending = {
        .command = s->commands,
        .verb = command->verb,
        .body = body_of(command),
        .last = command->last,
        .garbled = garbled,
        .broken = broken,
        .utf8 = smtp_param_find(command->params, SMTP_PARAM_SMTPUTF8) != NULL,
        .parameter = command->verb == SMTP_NOOP && command->has_argument,
        .client_first = command->verb == SMTP_AUTH && !command->has_initial &&
                        sasl_client_first(sasl_mechanism_of(command->mechanism)),
        .bad_base64 = command->has_initial && !span_is(command->initial, "=") &&
                      base64_valid_len(command->initial) != command->initial.len,
    };
    (void)smtp_pending_push(m, &pending);
    m->command = s->commands;
}

/* The chunk behind BDAT comes whatever the reply will be. */
static void begin_chunk(struct session *s, const struct smtp_command *command)
{
    struct smtp_session *m = &s->as.smtp;
    if (!m->sent_mail && !m->after_last) {
        smtp_data_begin(s);
    }
    m->in_chunk = true;
    frame_set_mode(&s->frame[SIDE_CLIENT], FRAME_MODE_COUNT);
    s->frame[SIDE_CLIENT].counted = command->size;
}

/* A response of an AUTH exchange (RFC 4954 section 4): base64, perhaps empty, or "*". */
static void sasl_unit(struct session *s, struct session_event *event)
{
    struct smtp_session *m = &s->as.smtp;
    const struct frame_unit *unit = &event->unit;
    struct smtp_pending *auth = smtp_pending_last(m);
    struct parse p;
    session_parse_init(s, SIDE_CLIENT, unit, &p);
    struct span text = parse_run(&p, CLASS_VCHAR);
    enum parse_rc rc = smtp_parse_line_end(&p, RULE_SMTP_BASE64);
    size_t valid = base64_valid_len(text);
    session_report_parse(s, SIDE_CLIENT, unit, &p, rc);
    event->kind = EVENT_SASL;
    event->command = m->command;
    m->in_auth = false;
    m->spoken = false;
    if (auth == NULL) {
        return;
    }
    auth->cancelled = span_is(text, "*");
    auth->bad_base64 = !auth->cancelled && (valid != text.len || rc != PARSE_OK);
    if (auth->bad_base64 && rc == PARSE_OK) {
        session_report(s, SIDE_CLIENT, unit, unit->off + valid, text.len - valid, RULE_SMTP_BASE64,
                       "base64 or \"*\"");
    }
}

/* An excerpt may begin anywhere: what is no command yet is not judged. */
static bool is_unsynced(struct session *s, enum parse_rc rc, const struct smtp_command *command)
{
    struct smtp_session *m = &s->as.smtp;
    if (!s->config.excerpt || m->synced) {
        return false;
    }
    m->synced = rc == PARSE_OK && command->verb != SMTP_UNKNOWN;
    return !m->synced;
}

/* The server may refuse this command whatever it says: the line is longer than it must read, or
   came before the last reply though pipelining was not offered (it may then refuse that one). */
static bool is_unfit(struct session *s, const struct frame_unit *unit,
                     const struct smtp_command *command)
{
    struct smtp_session *m = &s->as.smtp;
    struct smtp_pending *last = smtp_pending_last(m);
    bool pipelined = last != NULL && m->state != SMTP_STATE_UNKNOWN &&
                     !smtp_session_offers(m, SMTP_EXT_PIPELINING);
    if (pipelined) {
        last->broken = true;
    }
    return pipelined || (unit->octets.len > SMTP_COMMAND_LIMIT &&
                         unit->octets.len > smtp_command_limit(m, command->verb));
}

void smtp_client_unit(struct session *s, struct session_event *event)
{
    struct smtp_session *m = &s->as.smtp;
    const struct frame_unit *unit = &event->unit;
    if (m->in_auth) {
        sasl_unit(s, event);
        return;
    }
    struct parse p;
    session_parse_init(s, SIDE_CLIENT, unit, &p);
    struct smtp_command local = {0};
    struct smtp_command *command = parse_take(&p, sizeof *command);
    command = command == NULL ? &local : command;
    enum parse_rc rc = smtp_parse_command(&p, command);
    if (is_unsynced(s, rc, command)) {
        return;
    }
    /* The next reply may be to a line before this command. */
    bool late = s->lost && m->spoken && m->pending_count > 0;
    if ((s->lost && m->spoken) || s->afresh) {
        m->pending_count = 0;
    }
    /* Nor is it known which commands the server has seen. */
    m->state = s->afresh ? SMTP_STATE_UNKNOWN : m->state;
    s->lost = s->lost && (rc != PARSE_OK || command->verb == SMTP_UNKNOWN);
    m->spoken = false;
    s->commands++;
    event->kind = rc == PARSE_OK ? EVENT_COMMAND : EVENT_BROKEN;
    event->command = s->commands;
    event->value.smtp_command = rc == PARSE_OK && command != &local ? command : NULL;
    session_report_parse(s, SIDE_CLIENT, unit, &p, rc);
    bool garbled = rc != PARSE_OK || p.deviations != NULL;
    bool unfit = is_unfit(s, unit, command);
    judge_command(s, unit, command);
    push(s, command, garbled, garbled || unfit || late || s->findings > 0);
    if (rc != PARSE_OK && (command->verb == SMTP_UNKNOWN || command->verb == SMTP_BDAT)) {
        s->lost = true;
        return;
    }
    if (command->verb == SMTP_BDAT) {
        begin_chunk(s, command);
    }
    move_sent(s, command);
}
