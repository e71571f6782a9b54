/* SPDX-License-Identifier: MIT */
#include "parsers/smtp/command.h"

static void emit_text(struct out *o, struct span text)
{
    if (text.len > 0) {
        out_octet(o, ' ');
        out_bytes(o, text);
    }
}

/* The path of MAIL and RCPT with its lead. */
static void emit_path_argument(struct out *o, const struct smtp_command *command)
{
    out_octet(o, ' ');
    if (command->lead.len > 0) {
        out_bytes(o, command->lead);
    } else {
        out_text(o, command->verb == SMTP_MAIL ? "FROM:" : "TO:");
    }
    smtp_emit_path(o, &command->path);
}

static void emit_last(struct out *o, const struct smtp_command *command)
{
    if (command->last) {
        emit_text(o, command->last_text.len > 0 ? command->last_text : SPAN_LIT("LAST"));
    }
}

static void emit_argument(struct out *o, const struct smtp_command *command)
{
    switch (command->verb) {
    case SMTP_UNKNOWN:
        if (command->has_argument) {
            out_octet(o, ' ');
            out_bytes(o, command->argument);
        }
        break;
    case SMTP_EHLO:
    case SMTP_HELO:
    case SMTP_LHLO:
        emit_text(o, command->host.text);
        break;
    case SMTP_MAIL:
    case SMTP_RCPT:
        emit_path_argument(o, command);
        break;
    case SMTP_VRFY:
    case SMTP_EXPN:
    case SMTP_HELP:
    case SMTP_NOOP:
        emit_text(o, command->text);
        break;
    case SMTP_AUTH:
        emit_text(o, command->mechanism);
        if (command->has_initial) {
            emit_text(o, command->initial.len > 0 ? command->initial : SPAN_LIT("="));
        }
        break;
    case SMTP_BDAT:
        out_octet(o, ' ');
        if (command->size_text.len > 0) {
            out_bytes(o, command->size_text);
        } else {
            out_number(o, command->size);
        }
        emit_last(o, command);
        break;
    case SMTP_BURL:
        emit_text(o, command->url);
        emit_last(o, command);
        break;
    case SMTP_ETRN:
        out_octet(o, ' ');
        if (command->option != 0) {
            out_octet(o, command->option);
        }
        out_bytes(o, command->node);
        break;
    case SMTP_DATA:
    case SMTP_RSET:
    case SMTP_QUIT:
    case SMTP_STARTTLS:
    case SMTP_VERB_COUNT:
        break;
    }
}

void smtp_emit_command(struct out *o, const struct smtp_command *command)
{
    if (command->word.len > 0) {
        out_bytes(o, command->word);
    } else {
        out_text(o, smtp_verb_text(command->verb));
    }
    emit_argument(o, command);
    for (const struct smtp_param *param = command->params; param != NULL; param = param->next) {
        out_octet(o, ' ');
        smtp_emit_esmtp_param(o, param);
    }
    out_text(o, "\r\n");
}
