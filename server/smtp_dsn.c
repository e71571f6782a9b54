/* SPDX-License-Identifier: MIT */
#include "server/smtp_dsn.h"

#include "net/memory.h"
#include "parsers/message/header.h"
#include "server/date_text.h"

/* New text of what the xtext stands for; it must be printable, as it goes into a header. */
static char *decoded(struct span xtext)
{
    char *text = memory_alloc(xtext.len + 1);
    struct out o;
    out_init(&o, text, xtext.len);
    smtp_xtext_decode(&o, xtext);
    size_t len = out_span(&o).len;
    for (size_t i = 0; i < len; i++) {
        unsigned char octet = (unsigned char)text[i];
        text[i] = octet < ' ' || octet == 0x7f ? '?' : text[i];
    }
    text[len] = '\0';
    return text;
}

void smtp_dsn_take_mail(struct smtp_service *smtp, const struct smtp_param *params)
{
    const struct smtp_param *envid = smtp_param_find(params, SMTP_PARAM_ENVID);
    const struct smtp_param *ret = smtp_param_find(params, SMTP_PARAM_RET);
    smtp->envelope_id = envid == NULL ? NULL : decoded(envid->text);
    smtp->returns_full = ret == NULL || ret->number == SMTP_RET_FULL;
}

void smtp_dsn_take_rcpt(struct smtp_recipient *recipient, const struct smtp_param *params)
{
    const struct smtp_param *notify = smtp_param_find(params, SMTP_PARAM_NOTIFY);
    const struct smtp_param *original = smtp_param_find(params, SMTP_PARAM_ORCPT);
    /* RFC 3461 section 4.1: without NOTIFY a server may tell of failures, as ever. */
    recipient->notify = notify == NULL ? SMTP_NOTIFY_FAILURE : (unsigned)notify->number;
    if (original != NULL) {
        char *text = decoded(original->text);
        char *type = memory_text(original->type);
        recipient->original = memory_format("%s;%s", type, text);
        memory_free(type);
        memory_free(text);
    }
}

bool smtp_dsn_covers(const struct smtp_service *smtp, const struct smtp_recipient *recipient)
{
    bool wanted = (recipient->notify & SMTP_NOTIFY_FAILURE) != 0;
    bool null_sender = smtp->reverse_path == NULL || strcmp(smtp->reverse_path, "<>") == 0;
    return smtp->sender != NULL || !wanted || null_sender;
}

/* The recipient's outcome is one that its NOTIFY asks for, and no reply has told it. */
static bool is_due(const struct smtp_service *smtp, const struct smtp_recipient *recipient)
{
    const struct service *service = &smtp->service;
    if (recipient->outcome == STORE_OK) {
        return service_has_fault(service, FAULT_SMTP_DSN_UNASKED) ||
               ((recipient->notify & SMTP_NOTIFY_SUCCESS) != 0 &&
                !service_has_fault(service, FAULT_SMTP_DSN_MISSING));
    }
    bool told = smtp->service.protocol == PROTOCOL_LMTP;
    return !told && (recipient->notify & SMTP_NOTIFY_FAILURE) != 0;
}

static void add_line(struct buffer *out, const char *name, const char *value)
{
    buffer_text(out, name);
    buffer_text(out, value);
    buffer_text(out, "\r\n");
}

static struct span without_brackets(const char *path)
{
    struct span text = span_text(path);
    return text.len >= 2 && text.ptr[0] == '<' ? span_sub(text, 1, text.len - 2) : text;
}

static void add_recipient(const struct smtp_service *smtp, struct buffer *out,
                          const struct smtp_recipient *recipient)
{
    bool ok = recipient->outcome == STORE_OK;
    buffer_text(out, "\r\n");
    if (recipient->original != NULL) {
        add_line(out, "Original-Recipient: ", recipient->original);
    }
    buffer_text(out, smtp->utf8 ? "Final-Recipient: utf-8;" : "Final-Recipient: rfc822;");
    buffer_append(out, without_brackets(recipient->path));
    add_line(out, "\r\nAction: ", ok ? "delivered" : "failed");
    add_line(out, "Status: ",
             ok                                    ? "2.0.0"
             : recipient->outcome == STORE_TOO_BIG ? "5.3.4"
                                                   : "5.2.2");
}

static bool has_8bit(struct span octets)
{
    bool found = false;
    for (size_t i = 0; i < octets.len; i++) {
        found = found || octets.ptr[i] >= 0x80;
    }
    return found;
}

/* A boundary that stands nowhere in the message. */
static char *boundary_for(const struct store *store, struct span message)
{
    for (unsigned i = 0;; i++) {
        char *boundary = memory_format("=_%lld.%u", (long long)store_now(store), i);
        size_t len = strlen(boundary);
        bool used = false;
        for (size_t at = 0; at + len <= message.len && !used; at++) {
            used = memcmp(message.ptr + at, boundary, len) == 0;
        }
        if (!used) {
            return boundary;
        }
        memory_free(boundary);
    }
}

static void add_head(const struct smtp_service *smtp, struct buffer *out, bool failed,
                     const char *boundary)
{
    const struct store *store = smtp->service.config->store;
    const char *host = service_host_name(&smtp->service);
    bool sender = service_has_fault(&smtp->service, FAULT_SMTP_DSN_SENDER);
    add_line(out, "Return-Path: ", sender ? smtp->reverse_path : "<>");
    buffer_text(out, "Date: ");
    date_text_append(out, store_now(store));
    char *from =
        memory_format("\r\nFrom: Mail Delivery System <postmaster@%s>\r\n", store_domain(store));
    buffer_text(out, from);
    memory_free(from);
    add_line(out, "To: ", smtp->reverse_path);
    add_line(out, "Subject: ",
             failed ? "Your message was not delivered to all recipients"
                    : "Your message was delivered");
    char *rest = memory_format(
        "Message-ID: <dsn.%llu@%s>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=%s;\r\n\tboundary=\"%s\"\r\n\r\n",
        (unsigned long long)store_next_id(smtp->service.config->store), host,
        smtp->utf8 ? "global-delivery-status" : "delivery-status", boundary);
    buffer_text(out, rest);
    memory_free(rest);
}

static void begin_part(struct buffer *out, const char *boundary, const char *type, bool eight)
{
    buffer_text(out, "--");
    buffer_text(out, boundary);
    add_line(out, "\r\nContent-Type: ", type);
    if (eight) {
        add_line(out, "Content-Transfer-Encoding: ", "8bit");
    }
    buffer_text(out, "\r\n");
}

static void add_text_part(const struct smtp_service *smtp, struct buffer *out)
{
    for (size_t i = 0; i < smtp->recipient_count; i++) {
        const struct smtp_recipient *recipient = &smtp->recipients[i];
        if (is_due(smtp, recipient)) {
            buffer_text(out, recipient->path);
            buffer_text(out, recipient->outcome == STORE_OK ? ": delivered\r\n"
                             : recipient->outcome == STORE_TOO_BIG
                                 ? ": not delivered: the message is too big\r\n"
                                 : ": not delivered: the mailbox is full\r\n");
        }
    }
    buffer_text(out, "\r\n");
}

static void add_status_part(const struct smtp_service *smtp, struct buffer *out)
{
    if (smtp->envelope_id != NULL &&
        !service_has_fault(&smtp->service, FAULT_SMTP_DSN_ENVID_LOST)) {
        add_line(out, "Original-Envelope-Id: ", smtp->envelope_id);
    }
    add_line(out, "Reporting-MTA: dns; ", service_host_name(&smtp->service));
    buffer_text(out, "Arrival-Date: ");
    date_text_append(out, store_now(smtp->service.config->store));
    buffer_text(out, "\r\n");
    for (size_t i = 0; i < smtp->recipient_count; i++) {
        if (is_due(smtp, &smtp->recipients[i])) {
            add_recipient(smtp, out, &smtp->recipients[i]);
        }
    }
    buffer_text(out, "\r\n");
}

void smtp_dsn_send(struct smtp_service *smtp, struct span message)
{
    bool due = false;
    bool failed = false;
    for (size_t i = 0; i < smtp->recipient_count; i++) {
        const struct smtp_recipient *recipient = &smtp->recipients[i];
        due = due || is_due(smtp, recipient);
        failed = failed || (is_due(smtp, recipient) && recipient->outcome != STORE_OK);
    }
    if (!due || smtp->sender == NULL) {
        return;
    }
    /* RFC 3461 section 4.3: RET is about failures; the rest get the header only. */
    bool full = failed && smtp->returns_full && smtp->body != SMTP_BODY_BINARYMIME;
    struct span original = full ? message : message_header(message);
    char *boundary = boundary_for(smtp->service.config->store, message);
    bool utf8 = smtp->utf8;
    struct buffer out = {0};
    add_head(smtp, &out, failed, boundary);
    begin_part(&out, boundary, utf8 ? "text/plain; charset=utf-8" : "text/plain", utf8);
    add_text_part(smtp, &out);
    begin_part(&out, boundary, utf8 ? "message/global-delivery-status" : "message/delivery-status",
               utf8);
    add_status_part(smtp, &out);
    const char *type = full ? (utf8 ? "message/global" : "message/rfc822")
                            : (utf8 ? "message/global-headers" : "text/rfc822-headers");
    begin_part(&out, boundary, type, has_8bit(original));
    buffer_append(&out, original);
    char *end = memory_format("\r\n--%s--\r\n", boundary);
    buffer_text(&out, end);
    const struct message_source source = {.octets = buffer_span(&out)};
    /* What the sender has no room for is lost: there is nobody else to tell. */
    enum store_rc ignored = mailbox_append(user_inbox(smtp->sender), &source, NULL);
    (void)ignored;
    memory_free(end);
    memory_free(boundary);
    buffer_fini(&out);
}
