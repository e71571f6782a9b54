/* SPDX-License-Identifier: MIT */
#include "fuzz/mutator/kind.h"

enum {
    IMAP_COMMAND,
    IMAP_RESPONSE,
    POP3_COMMAND,
    POP3_RESPONSE,
    SMTP_COMMAND,
    SMTP_REPLY,
    IMAP4REV1_COMMAND,
    IMAP4REV1_RESPONSE,
};

const struct kind kinds[KINDS] = {
    {"imap:command", "imap-command", "command", TREE_IMAP, true, IMAP_COMMAND},
    {"imap:response", "imap-response", "response", TREE_IMAP, false, IMAP_RESPONSE},
    {"pop3:command", "pop3", "command", TREE_COMMAND, true, POP3_COMMAND},
    {"pop3:response", "pop3", "response", TREE_COMMAND, false, POP3_RESPONSE},
    {"smtp:command", "smtp", "command", TREE_COMMAND, true, SMTP_COMMAND},
    {"smtp:reply", "smtp", "reply", TREE_REPLY, false, SMTP_REPLY},
    {"imap4rev1:command", "imap4rev1", "command", TREE_IMAP, true, IMAP4REV1_COMMAND},
    {"imap4rev1:response", "imap4rev1", "response", TREE_IMAP, false, IMAP4REV1_RESPONSE},
};

const struct kind *kind_find(struct span name)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (span_is(name, kinds[i].name)) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* The next word of the line; in is what stands behind it. */
static struct span next_word(struct span *in)
{
    size_t len = 0;
    while (len < in->len && in->ptr[len] > ' ') {
        len++;
    }
    struct span word = span_sub(*in, 0, len);
    *in = span_from(*in, len + (len < in->len && in->ptr[len] == ' '));
    return word;
}

static bool is_one_of(struct span word, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (span_is(word, *list)) {
            return true;
        }
    }
    return false;
}

static bool is_code(struct span word)
{
    for (size_t i = 0; i < 3; i++) {
        if (i >= word.len || word.ptr[i] < '0' || word.ptr[i] > '9') {
            return false;
        }
    }
    return word.len == 3 || word.ptr[3] == '-';
}

const struct kind *kind_guess(struct span in)
{
    static const char *const smtp[] = {"EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT",
                                       "VRFY", "EXPN", "HELP", "ETRN", "ATRN", "BURL", NULL};
    static const char *const pop3[] = {"USER", "PASS", "STAT", "LIST", "RETR", "DELE", "UIDL",
                                       "TOP",  "APOP", "CAPA", "STLS", "LANG", "UTF8", NULL};
    static const char *const status[] = {"+OK", "-ERR", NULL};
    static const char *const untagged[] = {"*", "+", NULL};
    static const char *const tagged[] = {"OK", "NO", "BAD", NULL};
    struct span rest = in;
    struct span first = next_word(&rest);
    struct span second = next_word(&rest);
    size_t index = IMAP_COMMAND;
    if (is_code(first)) {
        index = SMTP_REPLY;
    } else if (is_one_of(first, status)) {
        index = POP3_RESPONSE;
    } else if (in.len == 0 || is_one_of(first, untagged) || is_one_of(second, tagged)) {
        index = IMAP_RESPONSE;
    } else if (is_one_of(first, smtp)) {
        index = SMTP_COMMAND;
    } else if (is_one_of(first, pop3)) {
        index = POP3_COMMAND;
    }
    return &kinds[index];
}
