/* SPDX-License-Identifier: MIT */
/* POP3's TRANSACTION state. */
#include "net/memory.h"
#include "server/pop3.h"

static bool fault(const struct pop3_service *pop3, enum fault fault)
{
    return service_has_fault(&pop3->service, fault);
}

static bool ends_in_crlf(struct span octets)
{
    return octets.len >= 2 && octets.ptr[octets.len - 2] == '\r' &&
           octets.ptr[octets.len - 1] == '\n';
}

/* As it is sent: with a CRLF behind a last line that has none. */
static uint64_t size_of(const struct pop3_service *pop3, const struct pop3_entry *m)
{
    struct span octets = message_octets(m->message);
    uint64_t size = octets.len + (octets.len == 0 || ends_in_crlf(octets) ? 0 : 2);
    if (fault(pop3, FAULT_POP3_SIZE_LINES_AS_LF)) {
        for (size_t i = 0; i < octets.len; i++) {
            size -= octets.ptr[i] == '\n';
        }
    }
    return size;
}

/* The message of a command, or NULL after having said why not. */
static struct pop3_entry *message_of(struct pop3_service *pop3, uint64_t number)
{
    if ((number == 0 || number > pop3->count) && fault(pop3, FAULT_POP3_MISSING_ACCEPTED)) {
        pop3_ok(pop3, "0 0");
        return NULL;
    }
    if (number == 0 || number > pop3->count) {
        pop3_err(pop3, "There is no such message");
        return NULL;
    }
    struct pop3_entry *m = &pop3->messages[number - 1];
    if (m->deleted && !fault(pop3, FAULT_POP3_DELETED_STILL_THERE)) {
        pop3_err(pop3, "The message is deleted");
        return NULL;
    }
    return m;
}

static void do_stat(struct pop3_service *pop3)
{
    if (fault(pop3, FAULT_POP3_STAT_REFUSED)) {
        pop3_err(pop3, "Not now");
        return;
    }
    size_t count = 0;
    uint64_t size = 0;
    for (size_t i = 0; i < pop3->count; i++) {
        if (!pop3->messages[i].deleted || fault(pop3, FAULT_POP3_STAT_COUNTS_DELETED)) {
            count++;
            size += size_of(pop3, &pop3->messages[i]);
        }
    }
    char *text =
        memory_format("%zu%s%llu", count, fault(pop3, FAULT_POP3_STAT_TWO_SPACES) ? "  " : " ",
                      (unsigned long long)size);
    pop3_ok(pop3, text);
    memory_free(text);
}

/* "1 200" or "1 00000001-00000007" */
static char *listing(struct pop3_service *pop3, enum pop3_verb verb, size_t index)
{
    const struct pop3_entry *m = &pop3->messages[index];
    size_t number = fault(pop3, FAULT_POP3_NUMBERS_FROM_ZERO) ? index : index + 1;
    if (verb == POP3_LIST) {
        return memory_format("%zu %llu", number,
                             (unsigned long long)(fault(pop3, FAULT_POP3_LIST_SIZE)
                                                      ? size_of(pop3, m) + 1
                                                      : size_of(pop3, m)));
    }
    uint32_t uid = fault(pop3, FAULT_POP3_UIDL_SAME) ? 1 : m->message->uid;
    return memory_format("%zu %08x%s%08x", number, (unsigned)pop3->maildrop->uid_validity,
                         fault(pop3, FAULT_POP3_UIDL_SPACE) ? " " : "", (unsigned)uid);
}

static void do_listing(struct pop3_service *pop3, const struct pop3_command *command)
{
    if (command->has_number) {
        const struct pop3_entry *m = message_of(pop3, command->number);
        if (m != NULL) {
            char *text = listing(pop3, command->verb, (size_t)(m - pop3->messages));
            pop3_ok(pop3, text);
            memory_free(text);
        }
        return;
    }
    pop3_ok(pop3, "Listing follows");
    for (size_t i = 0; i < pop3->count; i++) {
        if (!pop3->messages[i].deleted || fault(pop3, FAULT_POP3_LIST_SHOWS_DELETED)) {
            char *text = listing(pop3, command->verb, i);
            service_print(&pop3->service, "%s\r\n", text);
            memory_free(text);
        }
    }
    if (!fault(pop3, FAULT_POP3_LIST_UNENDED)) {
        service_print(&pop3->service, ".\r\n");
    }
}

/* Lines with the dots stuffed, up to so many behind the first empty one. */
static void send_lines(struct pop3_service *pop3, struct span octets, uint64_t body_lines)
{
    struct buffer *out = &pop3->service.out;
    bool body = false;
    while (octets.len != 0) {
        const uint8_t *lf = memchr(octets.ptr, '\n', octets.len);
        size_t len = lf == NULL ? octets.len : (size_t)(lf - octets.ptr) + 1;
        if (body && body_lines-- == 0) {
            return;
        }
        body = body || (len == 2 && octets.ptr[0] == '\r');
        if (octets.ptr[0] == '.' && !fault(pop3, FAULT_POP3_NO_DOT_STUFFING)) {
            buffer_text(out, ".");
        }
        buffer_append(out, span_sub(octets, 0, len));
        octets = span_from(octets, len);
    }
}

static void send_message(struct pop3_service *pop3, const struct pop3_entry *m, uint64_t lines)
{
    struct span octets = message_octets(m->message);
    if (fault(pop3, FAULT_POP3_RETR_LOSES_LINE)) {
        const uint8_t *lf = octets.len == 0 ? NULL : memchr(octets.ptr, '\n', octets.len);
        octets = span_from(octets, lf == NULL ? 0 : (size_t)(lf - octets.ptr) + 1);
    }
    send_lines(pop3, octets, lines);
    struct span sent = buffer_span(&pop3->service.out);
    if (!ends_in_crlf(sent)) {
        service_print(&pop3->service, "\r\n");
    }
    service_print(&pop3->service, ".\r\n");
}

/* RFC 6532: octets above 127 in the message's header. */
static bool has_utf8_header(struct span octets)
{
    for (size_t i = 0; i < octets.len; i++) {
        if (octets.ptr[i] >= 0x80) {
            return true;
        }
        if (octets.ptr[i] == '\n' && span_equal(span_sub(octets, i + 1, 2), SPAN_LIT("\r\n"))) {
            break;
        }
    }
    return false;
}

static void do_retr(struct pop3_service *pop3, const struct pop3_command *command)
{
    const struct pop3_entry *m = message_of(pop3, command->number);
    if (m == NULL) {
        return;
    }
    /* RFC 6856 section 2.1: without UTF8 such a message is not sent as it is. */
    if (!pop3->utf8 && has_utf8_header(message_octets(m->message)) &&
        !fault(pop3, FAULT_POP3_UTF8_AS_IS)) {
        pop3_err(pop3, "[UTF8] The message's header is in UTF-8; say UTF8 before login");
        return;
    }
    bool top = command->verb == POP3_TOP;
    char *text = top ? memory_text(SPAN_LIT("The top follows"))
                     : memory_format("%llu octets", (unsigned long long)size_of(pop3, m));
    pop3_ok(pop3, text);
    memory_free(text);
    uint64_t lines = fault(pop3, FAULT_POP3_TOP_ONE_MORE) ? command->lines + 1 : command->lines;
    send_message(pop3, m, top && !fault(pop3, FAULT_POP3_TOP_SENDS_ALL) ? lines : UINT64_MAX);
    if (!top && fault(pop3, FAULT_POP3_RETR_DELETES)) {
        pop3->messages[command->number - 1].deleted = true;
    }
}

static void do_dele(struct pop3_service *pop3, const struct pop3_command *command)
{
    struct pop3_entry *m = message_of(pop3, command->number);
    if (m == NULL) {
        return;
    }
    m->deleted = true;
    if (fault(pop3, FAULT_POP3_DELE_AT_ONCE)) {
        mailbox_expunge(pop3->maildrop, m->message);
    }
    pop3_ok(pop3, "The message is marked as deleted");
}

static void do_rset(struct pop3_service *pop3)
{
    for (size_t i = 0; i < pop3->count && !fault(pop3, FAULT_POP3_RSET_KEEPS_DELETED); i++) {
        pop3->messages[i].deleted = false;
    }
    pop3_ok(pop3, "No message is marked as deleted");
}

void pop3_transact(struct pop3_service *pop3, const struct pop3_command *command)
{
    if (command->verb == POP3_STAT) {
        do_stat(pop3);
    } else if (command->verb == POP3_LIST || command->verb == POP3_UIDL) {
        do_listing(pop3, command);
    } else if (command->verb == POP3_DELE) {
        do_dele(pop3, command);
    } else if (command->verb == POP3_RSET) {
        do_rset(pop3);
    } else {
        do_retr(pop3, command);
    }
}
