/* SPDX-License-Identifier: MIT */
#include "cli/serve_misbehave.h"

#include "cli/fault_name.h"
#include "parsers/imap/command.h"
#include "parsers/pop3/capability.h"
#include "parsers/pop3/command.h"
#include "parsers/smtp/command.h"
#include "parsers/smtp/ehlo.h"

/* Names of commands or of capabilities. */
struct names {
    const char *list[192];
    size_t count;
};

static void add_name(struct names *names, const char *name)
{
    if (names->count < sizeof names->list / sizeof *names->list) {
        names->list[names->count++] = name;
    }
}

static bool has_name(const struct names *names, const char *word)
{
    for (size_t i = 0; i < names->count; i++) {
        if (span_is(span_text(word), names->list[i])) {
            return true;
        }
    }
    return false;
}

static bool is_served(const struct serve_options *options, enum protocol protocol)
{
    for (size_t i = 0; i < options->config.address_count; i++) {
        enum protocol other = options->config.addresses[i].protocol;
        bool smtp = other == PROTOCOL_SUBMISSION || other == PROTOCOL_LMTP;
        if (other == protocol || (smtp && protocol == PROTOCOL_SMTP)) {
            return true;
        }
    }
    return false;
}

static struct names commands_of(const struct serve_options *options)
{
    struct names names = {.count = 0};
    add_name(&names, "GREETING");
    if (is_served(options, PROTOCOL_SMTP)) {
        add_name(&names, ".");
        for (unsigned i = SMTP_UNKNOWN + 1; i < SMTP_VERB_COUNT; i++) {
            add_name(&names, smtp_verb_text((enum smtp_verb)i));
        }
    }
    if (is_served(options, PROTOCOL_POP3)) {
        for (unsigned i = POP3_UNKNOWN + 1; i < POP3_VERB_COUNT; i++) {
            add_name(&names, pop3_verb_text((enum pop3_verb)i));
        }
    }
    if (is_served(options, PROTOCOL_IMAP)) {
        for (unsigned i = IMAP_COMMAND_UNKNOWN + 1; i < IMAP_COMMAND_COUNT; i++) {
            add_name(&names, imap_command_name((enum imap_command_type)i));
        }
    }
    return names;
}

static struct names capabilities_of(const struct serve_options *options)
{
    struct names names = {.count = 0};
    if (is_served(options, PROTOCOL_SMTP)) {
        for (unsigned i = SMTP_EXT_UNKNOWN + 1; i < SMTP_EXT_COUNT; i++) {
            add_name(&names, smtp_extension_text((enum smtp_extension)i));
        }
    }
    if (is_served(options, PROTOCOL_POP3)) {
        for (unsigned i = POP3_CAPA_UNKNOWN + 1; i < POP3_CAPA_COUNT; i++) {
            add_name(&names, pop3_capa_text((enum pop3_capa)i));
        }
    }
    if (is_served(options, PROTOCOL_IMAP)) {
        const char *name = NULL;
        for (size_t i = 0; (name = imap_service_capability(i)) != NULL; i++) {
            add_name(&names, name);
        }
    }
    return names;
}

/* A message for a word that is no name, with the name that is most like it. */
static int unknown_name(const struct command *command, const char *option, const char *word,
                        const char *what, const struct names *names)
{
    const char *near = nearest_word(word, names->list, names->count);
    return near == NULL
               ? usage_error(command, "--%s: \"%s\" is no %s of what is served", option, word, what)
               : usage_error(command, "--%s: \"%s\" is no %s of what is served; did you mean %s?",
                             option, word, what, near);
}

/* RFC 5321 section 4.1.5: names that begin with X are anybody's. */
static int check_verb(const struct arguments *arguments, const struct serve_options *options,
                      const char *option, const char *word)
{
    const struct names names = commands_of(options);
    return octet_lower((uint8_t)word[0]) == 'x' || has_name(&names, word)
               ? EXIT_NOTHING
               : unknown_name(arguments->command, option, word, "command", &names);
}

static int check_hidden(const struct arguments *arguments, const struct serve_options *options,
                        const char *word)
{
    const struct names names = capabilities_of(options);
    bool mechanism =
        is_served(options, PROTOCOL_IMAP) && span_is(span_sub(span_text(word), 0, 5), "AUTH=");
    return mechanism || has_name(&names, word)
               ? EXIT_NOTHING
               : unknown_name(arguments->command, "hide", word, "capability", &names);
}

/* Comma-separated words of all values of an option. */
static int read_words(const struct arguments *arguments, const char *name,
                      struct serve_options *options, const char **list)
{
    size_t position = 0;
    size_t count = 0;
    const char *value = NULL;
    while ((value = arguments_next(arguments, name, &position)) != NULL) {
        for (struct span rest = span_text(value);;) {
            size_t comma = serve_find_octet(rest, ',');
            if (comma == 0) {
                return usage_error(arguments->command, "--%s: \"%s\" has an empty word", name,
                                   value);
            }
            if (count == SERVE_LIST_MAX) {
                return serve_too_many(arguments, name);
            }
            list[count++] = serve_keep(options, span_sub(rest, 0, comma));
            if (comma == rest.len) {
                break;
            }
            rest = span_from(rest, comma + 1);
        }
    }
    return EXIT_NOTHING;
}

static int read_faults(const struct arguments *arguments, struct serve_options *options)
{
    const char *names[SERVE_LIST_MAX + 1] = {NULL};
    int code = read_words(arguments, "fault", options, names);
    for (size_t i = 0; code == EXIT_NOTHING && names[i] != NULL; i++) {
        enum fault fault = fault_by_name(span_text(names[i]));
        if (fault == FAULT_COUNT) {
            return fault_name_unknown(arguments->command, names[i]);
        }
        fault_set_add(&options->config.service.faults, fault);
    }
    return code;
}

/* "RCPT bob@*: 451 4.7.1 later": the verb, perhaps a glob, a colon and a space, the reply. */
static int read_overrides(const struct arguments *arguments, struct serve_options *options)
{
    size_t position = 0;
    size_t count = 0;
    const char *value = NULL;
    while ((value = arguments_next(arguments, "reply", &position)) != NULL) {
        struct span text = span_text(value);
        size_t colon = 0;
        while (colon < text.len && !span_equal(span_sub(text, colon, 2), SPAN_LIT(": "))) {
            colon++;
        }
        struct span head = span_sub(text, 0, colon);
        size_t space = serve_find_octet(head, ' ');
        if (colon == text.len || space == 0) {
            return usage_error(arguments->command,
                               "--reply: \"%s\": expected COMMAND [GLOB]: REPLY, as in "
                               "\"RCPT bob@*: 451 4.7.1 later\"",
                               value);
        }
        if (count == SERVE_LIST_MAX) {
            return serve_too_many(arguments, "reply");
        }
        struct reply_override *o = &options->overrides[count++];
        *o = (struct reply_override){
            .verb = serve_keep(options, span_sub(head, 0, space)),
            .argument = space < head.len ? serve_keep(options, span_from(head, space + 1)) : NULL,
            .reply = serve_keep(options, span_from(text, colon + 2))};
        int code = check_verb(arguments, options, "reply", o->verb);
        if (code != EXIT_NOTHING) {
            return code;
        }
    }
    options->config.service.overrides = options->overrides;
    return EXIT_NOTHING;
}

/* "5s", "200ms" */
static bool read_time(struct span text, uint64_t *ms)
{
    bool short_unit = text.len > 2 && span_is(span_from(text, text.len - 2), "ms");
    bool seconds = !short_unit && text.len > 1 && text.ptr[text.len - 1] == 's';
    text.len -= short_unit ? 2 : seconds ? 1 : 0;
    if ((!short_unit && !seconds) || !serve_read_number(text, seconds ? 86400 : 86400000, ms)) {
        return false;
    }
    *ms *= seconds ? 1000 : 1;
    return true;
}

static int read_delays(const struct arguments *arguments, struct serve_options *options)
{
    size_t position = 0;
    size_t count = 0;
    const char *value = NULL;
    while ((value = arguments_next(arguments, "delay", &position)) != NULL) {
        struct span text = span_text(value);
        size_t equals = serve_find_octet(text, '=');
        uint64_t ms = 0;
        if (equals == 0 || !read_time(span_from(text, equals + 1), &ms)) {
            return usage_error(arguments->command,
                               "--delay: \"%s\": expected COMMAND=TIME, as in DATA=5s or DATA=200ms"
                               ", at most a day",
                               value);
        }
        if (count == SERVE_LIST_MAX) {
            return serve_too_many(arguments, "delay");
        }
        struct reply_delay *delay = &options->delays[count++];
        *delay = (struct reply_delay){serve_keep(options, span_sub(text, 0, equals)), ms};
        int code = check_verb(arguments, options, "delay", delay->verb);
        if (code != EXIT_NOTHING) {
            return code;
        }
    }
    options->config.service.delays = options->delays;
    return EXIT_NOTHING;
}

static int read_drops(const struct arguments *arguments, struct serve_options *options)
{
    int code = read_words(arguments, "drop-after", options, options->drop_after);
    for (size_t i = 0; code == EXIT_NOTHING && options->drop_after[i] != NULL; i++) {
        code = check_verb(arguments, options, "drop-after", options->drop_after[i]);
    }
    options->config.service.drop_after = options->drop_after;
    return code;
}

static int read_hidden(const struct arguments *arguments, struct serve_options *options)
{
    int code = read_words(arguments, "hide", options, options->hide);
    for (size_t i = 0; code == EXIT_NOTHING && options->hide[i] != NULL; i++) {
        code = check_hidden(arguments, options, options->hide[i]);
    }
    options->config.service.hide = options->hide;
    return code;
}

static int read_offered(const struct arguments *arguments, struct serve_options *options)
{
    int code = read_words(arguments, "offer", options, options->offer);
    for (size_t i = 0; code == EXIT_NOTHING && options->offer[i] != NULL; i++) {
        const char *word = options->offer[i];
        const char *c = word;
        while ((*c > ' ' && *c <= '~') || (*c == ' ' && c != word)) {
            c++;
        }
        if (*c != '\0') {
            code = usage_error(arguments->command,
                               "--offer: \"%s\" is no capability: expected printable ASCII", word);
        }
    }
    options->config.service.offer = options->offer;
    return code;
}

int serve_misbehave_read(const struct arguments *arguments, struct serve_options *options)
{
    static int (*const readers[])(const struct arguments *, struct serve_options *) = {
        read_drops, read_hidden, read_offered, read_overrides, read_delays, read_faults};
    int code = EXIT_NOTHING;
    for (size_t i = 0; code == EXIT_NOTHING && i < sizeof readers / sizeof *readers; i++) {
        code = readers[i](arguments, options);
    }
    return code;
}
