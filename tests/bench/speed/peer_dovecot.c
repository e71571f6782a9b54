/* SPDX-License-Identifier: MIT */
/* Dovecot's lib-imap and lib-smtp. */
#include <lib.h>

#include <array.h>
#include <imap-bodystructure.h>
#include <imap-envelope.h>
#include <imap-parser.h>
#include <istream-dot.h>
#include <istream.h>
#include <smtp-address.h>
#include <smtp-command-parser.h>
#include <smtp-params.h>
#include <smtp-reply-parser.h>

#include "tests/bench/speed/contender.h"

static void prepare(void)
{
    static bool done = FALSE;
    if (!done) {
        lib_init();
        done = TRUE;
    }
}

/* ENVELOPE and BODYSTRUCTURE of a FETCH; false when one of them is wrong. */
static bool fetch_data(const struct imap_arg *args, pool_t pool)
{
    const char *name;
    const struct imap_arg *list;
    const char *error;
    for (; imap_arg_get_atom(&args[0], &name); args += 2) {
        if (args[1].type == IMAP_ARG_EOL) {
            return TRUE;
        }
        struct message_part_envelope *envelope = NULL;
        struct message_part *parts = NULL;
        if (strcasecmp(name, "ENVELOPE") == 0 &&
            (!imap_arg_get_list(&args[1], &list) ||
             !imap_envelope_parse_args(list, pool, &envelope, &error))) {
            return FALSE;
        }
        if (strcasecmp(name, "BODYSTRUCTURE") == 0 &&
            (!imap_arg_get_list(&args[1], &list) ||
             imap_bodystructure_parse_args(list, pool, &parts, &error) < 0)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void skip_line_end(struct istream *input)
{
    size_t len;
    const unsigned char *data = i_stream_get_data(input, &len);
    size_t skip = len > 0 && data[0] == '\r' ? 1 : 0;
    skip += len > skip && data[skip] == '\n' ? 1 : 0;
    i_stream_skip(input, skip);
}

static size_t imap(const struct octet_stream *stream, bool full)
{
    struct istream *input = i_stream_create_from_data(stream->octets, stream->len);
    struct imap_parser *parser = imap_parser_create(input, NULL, SIZE_MAX, NULL);
    pool_t pool = pool_alloconly_create("bench", 16384);
    bool response = stream->kind == STREAM_IMAP_RESPONSE;
    enum imap_parser_flags flags = response ? IMAP_PARSE_FLAG_SERVER_TEXT : 0;
    size_t units = 0;
    (void)i_stream_read(input);
    while (i_stream_get_data_size(input) > 0) {
        const struct imap_arg *args;
        const struct imap_arg *list;
        if (imap_parser_read_word(parser) == NULL ||
            (!response && imap_parser_read_word(parser) == NULL)) {
            units = 0;
            break;
        }
        if (imap_parser_read_args(parser, 0, flags, &args) < 0) {
            units = 0;
            break;
        }
        if (response && full && args[0].type == IMAP_ARG_ATOM && args[1].type == IMAP_ARG_ATOM &&
            imap_arg_get_list(&args[2], &list) && !fetch_data(list, pool)) {
            units = 0;
            break;
        }
        p_clear(pool);
        skip_line_end(input);
        imap_parser_reset(parser);
        units++;
    }
    imap_parser_unref(&parser);
    i_stream_unref(&input);
    pool_unref(&pool);
    return units;
}

static size_t smtp_replies(const struct octet_stream *stream)
{
    struct istream *input = i_stream_create_from_data(stream->octets, stream->len);
    struct smtp_reply_parser *parser = smtp_reply_parser_init(input, SIZE_MAX);
    size_t units = 0;
    struct smtp_reply *reply;
    const char *error;
    while (smtp_reply_parse_next(parser, TRUE, &reply, &error) > 0) {
        units++;
    }
    smtp_reply_parser_deinit(&parser);
    i_stream_unref(&input);
    return units;
}

/* The path and the parameters of MAIL and RCPT; false when they are wrong. */
static bool smtp_arguments(const char *name, const char *params, pool_t pool)
{
    struct smtp_address *address;
    const char *error;
    const char *rest;
    enum smtp_param_parse_error code;
    bool mail = strcasecmp(name, "MAIL") == 0;
    if (!mail && strcasecmp(name, "RCPT") != 0) {
        return TRUE;
    }
    params += mail ? strlen("FROM:") : strlen("TO:");
    if (smtp_address_parse_path_full(pool, params, SMTP_ADDRESS_PARSE_FLAG_ALLOW_EMPTY, &address,
                                     &error, &rest) < 0) {
        return FALSE;
    }
    rest += *rest == ' ' ? 1 : 0;
    if (mail) {
        struct smtp_params_mail out;
        return smtp_params_mail_parse(pool, rest, SMTP_CAPABILITY__ORCPT | 0xFFFF, NULL, NULL, &out,
                                      &code, &error) >= 0;
    }
    struct smtp_params_rcpt out;
    return smtp_params_rcpt_parse(pool, rest, 0, 0xFFFF, NULL, &out, &code, &error) >= 0;
}

static size_t smtp_commands(const struct octet_stream *stream)
{
    struct istream *input = i_stream_create_from_data(stream->octets, stream->len);
    struct smtp_command_limits limits = {.max_data_size = stream->len + 1};
    struct smtp_command_parser *parser = smtp_command_parser_init(input, &limits);
    pool_t pool = pool_alloconly_create("bench", 16384);
    size_t units = 0;
    const char *name;
    const char *params;
    const char *error;
    enum smtp_command_parse_error code;
    while (smtp_command_parse_next(parser, &name, &params, &code, &error) > 0) {
        units++;
        if (!smtp_arguments(name, params, pool)) {
            units = 0;
            break;
        }
        p_clear(pool);
        if (strcasecmp(name, "DATA") == 0) {
            struct istream *data = smtp_command_parse_data_with_dot(parser);
            const unsigned char *octets;
            size_t len;
            while (i_stream_read_more(data, &octets, &len) > 0) {
                i_stream_skip(data, len);
            }
            i_stream_unref(&data);
        }
    }
    smtp_command_parser_deinit(&parser);
    i_stream_unref(&input);
    pool_unref(&pool);
    return units;
}

static size_t run(const struct octet_stream *stream, bool full)
{
    size_t units = 0;
    prepare();
    T_BEGIN
    {
        switch (stream->kind) {
        case STREAM_IMAP_RESPONSE:
            units = imap(stream, full);
            break;
        case STREAM_IMAP_COMMAND:
            units = full ? imap(stream, FALSE) : 0;
            break;
        case STREAM_SMTP_REPLY:
            units = full ? smtp_replies(stream) : 0;
            break;
        case STREAM_SMTP_COMMAND:
            units = full ? smtp_commands(stream) : 0;
            break;
        case STREAM_POP3_REPLY:
            break;
        }
    }
    T_END;
    return units;
}

static size_t run_full(const struct octet_stream *stream)
{
    return run(stream, TRUE);
}

static size_t run_tokens(const struct octet_stream *stream)
{
    return run(stream, FALSE);
}

const struct contender contenders[] = {
    {"dovecot", run_full}, {"dovecot tokens", run_tokens}, {NULL, NULL}};
