/* SPDX-License-Identifier: MIT */
/* Parameters, lengths and addresses of MAIL and RCPT, against what the server has offered. */
#include "session/smtp_internal.h"

/* Which command a parameter belongs to, and which extension brings it. */
static const struct {
    const char *keyword;
    enum smtp_verb verb;
    enum smtp_extension extension;
    enum rule twice;
} params[] = {
    {"SIZE", SMTP_MAIL, SMTP_EXT_SIZE, RULE_SMTP_SIZE_TWICE},
    {"BODY", SMTP_MAIL, SMTP_EXT_8BITMIME, RULE_SMTP_BODY_TWICE},
    {"RET", SMTP_MAIL, SMTP_EXT_DSN, RULE_SMTP_DSN_TWICE},
    {"ENVID", SMTP_MAIL, SMTP_EXT_DSN, RULE_SMTP_DSN_TWICE},
    {"NOTIFY", SMTP_RCPT, SMTP_EXT_DSN, RULE_SMTP_DSN_TWICE},
    {"ORCPT", SMTP_RCPT, SMTP_EXT_DSN, RULE_SMTP_DSN_TWICE},
    {"AUTH", SMTP_MAIL, SMTP_EXT_AUTH, RULE_NONE},
    {"SMTPUTF8", SMTP_MAIL, SMTP_EXT_SMTPUTF8, RULE_NONE},
    {"MT-PRIORITY", SMTP_MAIL, SMTP_EXT_MT_PRIORITY, RULE_NONE},
    {"REQUIRETLS", SMTP_MAIL, SMTP_EXT_REQUIRETLS, RULE_NONE},
    {"HOLDFOR", SMTP_MAIL, SMTP_EXT_FUTURERELEASE, RULE_NONE},
    {"HOLDUNTIL", SMTP_MAIL, SMTP_EXT_FUTURERELEASE, RULE_NONE},
    {"BY", SMTP_MAIL, SMTP_EXT_DELIVERBY, RULE_NONE},
    {"SOLICIT", SMTP_MAIL, SMTP_EXT_NO_SOLICITING, RULE_NONE},
    {"RRVS", SMTP_RCPT, SMTP_EXT_RRVS, RULE_NONE},
};

enum { PARAM_COUNT = sizeof params / sizeof params[0] };

/* The row of a keyword, PARAM_COUNT if there is none. */
static size_t row_of(struct span keyword)
{
    size_t row = 0;
    while (row < PARAM_COUNT && !span_is(keyword, params[row].keyword)) {
        row++;
    }
    return row;
}

static void report(struct session *s, const struct frame_unit *unit, const struct smtp_param *param,
                   enum rule rule, const char *text)
{
    session_report(s, SIDE_CLIENT, unit, param->off, param->keyword.len, rule, text);
}

/* BODY=BINARYMIME is a value of its own extension (RFC 3030 section 3). */
static bool is_offered(const struct smtp_session *m, const struct smtp_param *param, size_t row)
{
    if (row == PARAM_COUNT) {
        /* Which parameters belong to an unknown extension cannot be known. */
        return m->capabilities.extended;
    }
    if (param->kind == SMTP_PARAM_BODY && param->number == SMTP_BODY_BINARYMIME) {
        return smtp_session_offers(m, SMTP_EXT_BINARYMIME);
    }
    return smtp_session_offers(m, params[row].extension);
}

/* The first octet of the xtext that stands for no printable one; its length where there is none. */
static size_t find_unprintable(struct span xtext)
{
    size_t pos = 0;
    while (pos < xtext.len) {
        uint8_t octet = 0;
        struct out o;
        struct span one = span_sub(xtext, pos, xtext.ptr[pos] == '+' ? 3 : 1);
        out_init(&o, &octet, 1);
        smtp_xtext_decode(&o, one);
        if ((octet < ' ' && octet != '\t') || octet > '~') {
            break;
        }
        pos += one.len;
    }
    return pos;
}

/* RFC 3461 sections 4.2 and 4.4: how long the values are, and what they stand for. */
static void judge_dsn(struct session *s, const struct frame_unit *unit,
                      const struct smtp_param *param)
{
    enum { ENVID_MOST = 100, ORCPT_MOST = 500 };
    if (param->kind == SMTP_PARAM_ENVID && param->value.len > ENVID_MOST) {
        report(s, unit, param, RULE_SMTP_ENVID_LENGTH, "at most 100 characters");
    } else if (param->kind == SMTP_PARAM_ORCPT && param->value.len > ORCPT_MOST) {
        report(s, unit, param, RULE_SMTP_ORCPT_LENGTH, "at most 500 characters");
    }
    bool dsn = param->kind == SMTP_PARAM_ENVID ||
               (param->kind == SMTP_PARAM_ORCPT && !span_is(param->type, "utf-8"));
    size_t bad = dsn ? find_unprintable(param->text) : param->text.len;
    if (bad < param->text.len) {
        size_t pos = (size_t)(param->text.ptr - unit->octets.ptr) + bad;
        session_report(s, SIDE_CLIENT, unit, unit->off + pos, 1, RULE_SMTP_DSN_PRINTABLE,
                       "printable ASCII");
    }
}

static void judge_param(struct session *s, const struct frame_unit *unit,
                        const struct smtp_command *command, const struct smtp_param *param)
{
    struct smtp_session *m = &s->as.smtp;
    size_t row = row_of(param->keyword);
    if (row < PARAM_COUNT && params[row].verb != command->verb) {
        report(s, unit, param, RULE_SMTP_PARAM_NOT_OFFERED, "a parameter of the other command");
    } else if (m->capabilities.known && !is_offered(m, param, row)) {
        report(s, unit, param, RULE_SMTP_PARAM_NOT_OFFERED,
               row < PARAM_COUNT ? smtp_extension_text(params[row].extension) : "no extensions");
    }
    if (row == PARAM_COUNT || params[row].twice == RULE_NONE) {
        return;
    }
    for (const struct smtp_param *before = command->params; before != param;
         before = before->next) {
        if (span_equal_nocase(before->keyword, param->keyword)) {
            report(s, unit, param, params[row].twice, "only once");
            return;
        }
    }
}

static void judge_utf8(struct session *s, const struct frame_unit *unit,
                       const struct smtp_command *command)
{
    struct smtp_session *m = &s->as.smtp;
    bool declared = command->verb == SMTP_MAIL
                        ? smtp_param_find(command->params, SMTP_PARAM_SMTPUTF8) != NULL
                        : m->sent_utf8 || !m->sent_mail;
    if (command->path.mailbox.utf8 && !declared) {
        size_t pos = (size_t)(command->path.text.ptr - unit->octets.ptr);
        while (pos < unit->octets.len && unit->octets.ptr[pos] < 0x80) {
            pos++;
        }
        session_report(s, SIDE_CLIENT, unit, unit->off + pos, 1, RULE_SMTP_UTF8_WITHOUT_PARAM,
                       "SMTPUTF8 with MAIL");
    }
}

static void judge_length(struct session *s, const struct frame_unit *unit,
                         const struct smtp_command *command)
{
    struct smtp_session *m = &s->as.smtp;
    if (unit->octets.len <= SMTP_COMMAND_LIMIT) {
        return;
    }
    size_t limit = smtp_command_limit(m, command->verb);
    if (unit->octets.len > limit && m->state != SMTP_STATE_UNKNOWN &&
        !(command->verb == SMTP_AUTH && command->has_initial)) {
        session_report(s, SIDE_CLIENT, unit, unit->off + limit, unit->octets.len - limit,
                       RULE_SMTP_COMMAND_LENGTH, "a shorter line");
    }
}

void smtp_judge_envelope(struct session *s, const struct frame_unit *unit,
                         const struct smtp_command *command)
{
    judge_length(s, unit, command);
    if (command->verb != SMTP_MAIL && command->verb != SMTP_RCPT) {
        return;
    }
    if (command->path.text.len > 256) {
        size_t pos = (size_t)(command->path.text.ptr - unit->octets.ptr);
        session_report(s, SIDE_CLIENT, unit, unit->off + pos + 256, command->path.text.len - 256,
                       RULE_SMTP_PATH_LENGTH, "at most 256 octets");
    }
    judge_utf8(s, unit, command);
    for (const struct smtp_param *param = command->params; param != NULL; param = param->next) {
        judge_param(s, unit, command, param);
        judge_dsn(s, unit, param);
    }
}
