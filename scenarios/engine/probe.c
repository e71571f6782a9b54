/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/probe.h"

#include "net/memory.h"
#include "parsers/core/ascii.h"
#include "reports/visible.h"

enum { GREETING_MAX = 400 };

#define HEAD(protocol) "@suite probe\n@protocol " protocol "\n@case probe\n@kind probe\n"

#define SMTP_PLAIN(protocol, hello)                                                                \
    HEAD(protocol)                                                                                 \
    "S: 2xx\nC: " hello " ${self}\nS: 250\nC: MAIL FROM:<>\nS: 2xx|4xx|5xx\nC: QUIT\nS: 221\n"

#define SMTP_TLS(protocol, hello)                                                                  \
    HEAD(protocol)                                                                                 \
    "S: 220\nC: " hello " ${self}\nS: 250\nC: STARTTLS\nS: 220\nC: <tls>\n"                        \
    "C: " hello " ${self}\nS: 250\nC: MAIL FROM:<>\nS: 2xx|4xx|5xx\nC: QUIT\nS: 221\n"

#define POP3_LOGIN                                                                                 \
    "C: USER ${alice.login}\nS: +OK\nC: PASS ${alice.password}\nS: +OK\n"                          \
    "C: CAPA\nS: +OK|-ERR\nC: QUIT\nS: +OK\n"

#define IMAP_LOGIN                                                                                 \
    "C: p2 LOGIN \"${alice.login}\" \"${alice.password}\"\nS: p2 OK\nC: p3 CAPABILITY\n"           \
    "S: * CAPABILITY\nS: p3 OK\nC: p5 NAMESPACE\nS: p5 OK|NO|BAD\nC: p6 LIST \"\" \"\"\n"          \
    "S: p6 OK\nC: p4 LOGOUT\nS: p4 OK\n"

#define IMAP_CAPABILITY "C: p1 CAPABILITY\nS: * CAPABILITY\nS: p1 OK\n"

const char *probe_script(enum protocol protocol)
{
    switch (protocol) {
    case PROTOCOL_SMTP:
    case PROTOCOL_SUBMISSION:
        return SMTP_PLAIN("smtp", "EHLO");
    case PROTOCOL_LMTP:
        return SMTP_PLAIN("lmtp", "LHLO");
    case PROTOCOL_POP3:
        return HEAD("pop3") "S: +OK\nC: CAPA\nS: +OK|-ERR\nC: QUIT\nS: +OK\n";
    case PROTOCOL_IMAP:
        break;
    }
    return HEAD("imap") "S: * OK|PREAUTH\n" IMAP_CAPABILITY "C: p4 LOGOUT\nS: p4 OK\n";
}

const char *probe_login_script(enum protocol protocol)
{
    return protocol == PROTOCOL_POP3   ? HEAD("pop3") "S: +OK\n" POP3_LOGIN
           : protocol == PROTOCOL_IMAP ? HEAD("imap") "S: * OK|PREAUTH\n" IMAP_LOGIN
                                       : NULL;
}

const char *probe_tls_script(enum protocol protocol, bool with_user)
{
    switch (protocol) {
    case PROTOCOL_SMTP:
    case PROTOCOL_SUBMISSION:
        return SMTP_TLS("smtp", "EHLO");
    case PROTOCOL_LMTP:
        return SMTP_TLS("lmtp", "LHLO");
    case PROTOCOL_POP3:
        return with_user ? HEAD("pop3") "S: +OK\nC: STLS\nS: +OK\nC: <tls>\nC: CAPA\n"
                                        "S: +OK|-ERR\n" POP3_LOGIN
                         : HEAD("pop3") "S: +OK\nC: STLS\nS: +OK\nC: <tls>\nC: CAPA\n"
                                        "S: +OK|-ERR\nC: QUIT\nS: +OK\n";
    case PROTOCOL_IMAP:
        break;
    }
    return with_user ? HEAD("imap") "S: * OK\nC: p7 STARTTLS\nS: p7 OK\nC: <tls>\n" IMAP_CAPABILITY
                           IMAP_LOGIN
                     : HEAD("imap") "S: * OK\nC: p7 STARTTLS\nS: p7 OK\nC: <tls>\n" IMAP_CAPABILITY
                                    "C: p4 LOGOUT\nS: p4 OK\n";
}

const char *recipient_script(void)
{
    return HEAD("smtp") "S: 220\nC: EHLO ${self}\nS: 250\nC: MAIL FROM:<>\nS: 250\n"
                        "C: RCPT TO:<Postmaster>\nS: 250|251\nC: RSET\nS: 250\nC: QUIT\nS: 221\n";
}

/* The rest of the line AUTH of the reply to EHLO. */
static struct span mechanisms(char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (span_starts_nocase(span_text(lines[i]), SPAN_LIT("AUTH "))) {
            return span_from(span_text(lines[i]), 5);
        }
    }
    return (struct span){0};
}

static bool has_word(struct span words, const char *word)
{
    while (words.len > 0) {
        size_t len = 0;
        while (len < words.len && words.ptr[len] != ' ') {
            len++;
        }
        if (span_equal_nocase(span_sub(words, 0, len), span_text(word))) {
            return true;
        }
        words = span_from(words, len + 1);
    }
    return false;
}

char *probe_auth_script(struct probe *p)
{
    static const char *const known[] = {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256",
                                        "SCRAM-SHA-1"};
    bool required = p->url->starttls == URL_STARTTLS_REQUIRE;
    struct span outside = mechanisms(p->plain, p->plain_count);
    struct span inside = mechanisms(p->tls, p->tls_count);
    bool helps = p->url->starttls == URL_STARTTLS_TRY && (p->needs_tls || outside.len == 0);
    bool tls = !p->url->tls && (required || helps);
    struct span offered = tls ? inside : outside;
    const char *mechanism = offered.len > 0 ? p->url->auth : NULL;
    for (size_t i = 0; mechanism == NULL && i < sizeof known / sizeof known[0]; i++) {
        mechanism = has_word(offered, known[i]) ? known[i] : NULL;
    }
    if (mechanism == NULL) {
        return NULL;
    }
    memory_free(p->mechanism);
    p->mechanism = memory_text(span_text(mechanism));
    p->login_in_tls = tls;
    return memory_format(HEAD("smtp") "S: 220\nC: EHLO ${self}\nS: 250\n%s"
                                      "C: <auth %s alice>\nS: 235\nC: QUIT\nS: 221\n",
                         tls ? "C: STARTTLS\nS: 220\nC: <tls>\nC: EHLO ${self}\nS: 250\n" : "",
                         mechanism);
}

const char *canary_script(enum protocol protocol)
{
    switch (protocol) {
    case PROTOCOL_SMTP:
    case PROTOCOL_SUBMISSION:
        return HEAD("smtp") "S: 2xx|3xx|4xx|5xx\nC: QUIT\nS: 221\n";
    case PROTOCOL_LMTP:
        return HEAD("lmtp") "S: 2xx|3xx|4xx|5xx\nC: QUIT\nS: 221\n";
    case PROTOCOL_POP3:
        return HEAD("pop3") "S: +OK\nC: QUIT\nS: +OK\n";
    case PROTOCOL_IMAP:
        break;
    }
    return HEAD("imap") "S: * OK|PREAUTH\nC: p1 LOGOUT\nS: p1 OK\n";
}

static void add(struct probe *p, bool tls, struct span text)
{
    char ***list = tls ? &p->tls : &p->plain;
    size_t *count = tls ? &p->tls_count : &p->plain_count;
    while (text.len > 0 && (text.ptr[text.len - 1] == '\r' || text.ptr[text.len - 1] == '\n')) {
        text.len--;
    }
    for (size_t i = 0; i < *count; i++) {
        if (span_is(text, (*list)[i])) {
            return;
        }
    }
    if (text.len > 0) {
        *list = memory_resize(*list, *count + 1, sizeof **list);
        (*list)[(*count)++] = memory_text(text);
    }
}

static struct span line_at(struct span s, size_t pos)
{
    size_t end = pos;
    while (end < s.len && s.ptr[end] != '\n') {
        end++;
    }
    return span_sub(s, pos, end - pos + 1);
}

static void add_words(struct probe *p, bool tls, struct span line)
{
    size_t pos = 0;
    while (pos < line.len) {
        size_t end = pos;
        while (end < line.len && line.ptr[end] != ' ' && line.ptr[end] != '\r' &&
               line.ptr[end] != ']') {
            end++;
        }
        add(p, tls, span_sub(line, pos, end - pos));
        pos = end + 1;
    }
}

static bool text_has(struct span text, const char *part)
{
    struct span p = span_text(part);
    for (; text.len >= p.len; text = span_from(text, 1)) {
        if (span_starts_nocase(text, p)) {
            return true;
        }
    }
    return false;
}

/* The string at this quote, or NULL. */
static char *quoted_at(struct span s)
{
    size_t end = 1;
    if (s.len < 2 || s.ptr[0] != '"') {
        return NULL;
    }
    while (end < s.len && s.ptr[end] != '"') {
        end += s.ptr[end] == '\\' ? 2 : 1;
    }
    if (end >= s.len) {
        return NULL;
    }
    char *out = memory_text(span_sub(s, 1, end - 1));
    if (strcmp(out, "\\\\") == 0) {
        out[1] = '\0';
    }
    return out;
}

static void set(char **slot, char *text)
{
    if (text != NULL) {
        memory_free(*slot);
        *slot = text;
    }
}

/* RFC 2342: * NAMESPACE (("INBOX." ".")) …; RFC 3501: * LIST (\Noselect) "." "" */
static void read_names(struct probe *p, struct span data)
{
    if (span_starts_nocase(data, SPAN_LIT("* NAMESPACE (("))) {
        struct span at = span_from(data, 14);
        char *prefix = quoted_at(at);
        if (prefix != NULL) {
            at = span_from(at, strlen(prefix) + 3);
            set(&p->delimiter, quoted_at(at));
        }
        set(&p->prefix, prefix);
    } else if (span_starts_nocase(data, SPAN_LIT("* LIST ("))) {
        size_t end = 0;
        while (end < data.len && data.ptr[end] != ')') {
            end++;
        }
        set(&p->delimiter, quoted_at(span_from(data, end + 2)));
    }
}

enum asked { ASKED_NOTHING, ASKED_EHLO, ASKED_CAPA, ASKED_MAIL, ASKED_LOGIN };

static enum asked question(enum asked before, struct span line)
{
    return span_starts_nocase(line, SPAN_LIT("***")) ? before /* goes on with AUTH */
           : span_starts_nocase(line, SPAN_LIT("EHLO")) ||
                   span_starts_nocase(line, SPAN_LIT("LHLO"))
               ? ASKED_EHLO
           : span_starts_nocase(line, SPAN_LIT("CAPA\r"))   ? ASKED_CAPA
           : span_starts_nocase(line, SPAN_LIT("MAIL"))     ? ASKED_MAIL
           : span_starts_nocase(line, SPAN_LIT("USER"))     ? ASKED_LOGIN
           : span_starts_nocase(line, SPAN_LIT("PASS"))     ? ASKED_LOGIN
           : span_starts_nocase(line, SPAN_LIT("AUTH "))    ? ASKED_LOGIN
           : span_starts_nocase(line, SPAN_LIT("p2 LOGIN")) ? ASKED_LOGIN
                                                            : ASKED_NOTHING;
}

static void read_reply(struct probe *p, enum asked asked, bool tls, struct span data,
                       struct probe_look *look)
{
    if (p->protocol == PROTOCOL_IMAP && span_starts_nocase(data, SPAN_LIT("* "))) {
        if (span_starts_nocase(data, SPAN_LIT("* CAPABILITY "))) {
            add_words(p, tls, span_from(data, 13));
        }
        read_names(p, data);
    } else if (asked == ASKED_EHLO) {
        size_t pos = line_at(data, 0).len;
        while (pos < data.len) {
            struct span line = line_at(data, pos);
            add(p, tls, span_from(line, 4));
            pos += line.len;
        }
    } else if (asked == ASKED_CAPA && data.len > 0 && data.ptr[0] != '+' && data.ptr[0] != '-' &&
               data.ptr[0] != '.') {
        add(p, tls, data);
    } else if (asked == ASKED_MAIL) {
        bool refused = span_starts_nocase(data, SPAN_LIT("530"));
        bool about_tls = refused && !tls && text_has(data, "TLS");
        p->needs_tls = p->needs_tls || about_tls;
        p->needs_login = p->needs_login || (refused && !about_tls);
    } else if (asked == ASKED_LOGIN) {
        bool taken = span_starts_nocase(data, SPAN_LIT("+OK")) ||
                     span_starts_nocase(data, SPAN_LIT("p2 OK")) ||
                     span_starts_nocase(data, SPAN_LIT("235"));
        bool refused = span_starts_nocase(data, SPAN_LIT("-ERR")) ||
                       span_starts_nocase(data, SPAN_LIT("p2 NO")) ||
                       span_starts_nocase(data, SPAN_LIT("535"));
        look->login = taken ? LOGIN_TAKEN : refused ? LOGIN_REFUSED : LOGIN_NOT_TRIED;
        look->reply = data;
    }
}

static bool is_greeting(enum protocol protocol, struct span line)
{
    static const char *const imap[] = {"* OK", "* PREAUTH", "* BYE"};
    switch (protocol) {
    case PROTOCOL_SMTP:
    case PROTOCOL_SUBMISSION:
    case PROTOCOL_LMTP:
        return line.len >= 3 && octet_is(line.ptr[0], CLASS_DIGIT) &&
               octet_is(line.ptr[1], CLASS_DIGIT) && octet_is(line.ptr[2], CLASS_DIGIT);
    case PROTOCOL_POP3:
        return span_starts_nocase(line, SPAN_LIT("+OK")) ||
               span_starts_nocase(line, SPAN_LIT("-ERR"));
    case PROTOCOL_IMAP:
        break;
    }
    for (size_t i = 0; i < sizeof imap / sizeof *imap; i++) {
        if (span_starts_nocase(line, span_text(imap[i]))) {
            return true;
        }
    }
    return false;
}

/* Why a server that begins so cannot be talked to; NULL: it can. */
static char *read_greeting(struct probe *p, struct span line)
{
    static const char *const names[] = {"SMTP", "SMTP", "LMTP", "POP3", "IMAP"};
    bool mail = p->protocol != PROTOCOL_POP3 && p->protocol != PROTOCOL_IMAP;
    p->misgreets = !is_greeting(p->protocol, line);
    if (p->misgreets) {
        return memory_format("what the server begins with is no %s greeting: %.100s",
                             names[p->protocol], p->greeting);
    }
    bool refuses = mail ? line.ptr[0] == '4' || line.ptr[0] == '5'
                        : line.ptr[0] == '-' || span_starts_nocase(line, SPAN_LIT("* BYE"));
    return refuses ? memory_format("the server greets by refusing its service: %.200s", p->greeting)
                   : NULL;
}

struct probe_look probe_read(struct probe *p, const struct play *play)
{
    struct probe_look look = {0};
    enum asked asked = ASKED_NOTHING;
    for (size_t i = 0; i < play->transcript.count; i++) {
        const struct transcript_line *t = &play->transcript.lines[i];
        struct span data = {t->data, t->len};
        if (t->dir == 'C') {
            asked = question(asked, data);
            look.login = asked == ASKED_LOGIN && play->timed_out ? LOGIN_UNANSWERED : look.login;
        } else if (t->dir == 'S' && !look.greeted) {
            struct span line = line_at(data, 0);
            while (line.len > 0 && strchr(" \r\n", line.ptr[line.len - 1]) != NULL &&
                   line.ptr[line.len - 1] != '\0') {
                line.len--;
            }
            line = span_sub(line, 0, GREETING_MAX);
            set(&p->greeting, visible_text(line));
            memory_free(p->unwelcome);
            p->unwelcome = read_greeting(p, line);
            p->reachable = true;
            double ms = t->ms - play->begun_ms;
            p->greeting_ms = ms > 0 ? (uint64_t)ms : 0;
            look.greeted = true;
        } else if (t->dir == 'S') {
            read_reply(p, asked, t->tls && !p->url->tls, data, &look);
        }
    }
    if (play->result.actual != NULL && !p->reachable) {
        set(&p->error, memory_text(span_text(play->result.actual)));
    }
    if (play->result.actual != NULL && strstr(play->result.actual, "certificate is refused")) {
        const char *why = strncmp(play->result.actual, "set-up failed: ", 15) == 0
                              ? play->result.actual + 15
                              : play->result.actual;
        set(&p->refused, memory_format("%s; add ?verify=no, ?ca=FILE or ?verify=pin&pin=SHA256 to "
                                       "the URL",
                                       why));
        set(&p->error, p->reachable ? NULL : memory_text(span_text(p->refused)));
    }
    return look;
}

void probe_fini(struct probe *p)
{
    for (size_t i = 0; i < p->plain_count; i++) {
        memory_free(p->plain[i]);
    }
    for (size_t i = 0; i < p->tls_count; i++) {
        memory_free(p->tls[i]);
    }
    memory_free(p->plain);
    memory_free(p->tls);
    memory_free(p->greeting);
    memory_free(p->error);
    memory_free(p->unwelcome);
    memory_free(p->refused);
    memory_free(p->login_refused);
    memory_free(p->mechanism);
    memory_free(p->prefix);
    memory_free(p->delimiter);
    *p = (struct probe){0};
}
