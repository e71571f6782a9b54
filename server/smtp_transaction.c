/* SPDX-License-Identifier: MIT */
/* The mail transaction: MAIL, RCPT and the message data by DATA and BDAT. */
#include "net/memory.h"
#include "parsers/message/header.h"
#include "server/date_text.h"
#include "server/smtp_dsn.h"

/* --- MAIL ---------------------------------------------------------------------------------------
 */

struct refusal {
    unsigned code;
    const char *enhanced;
    const char *text;
};

static bool is_repeated(const struct smtp_param *params, const struct smtp_param *param)
{
    for (; params != param; params = params->next) {
        if (span_equal_nocase(params->keyword, param->keyword)) {
            return true;
        }
    }
    return false;
}

/* RFC 6710 section 4.1: unauthenticated sources get no priority above 0. Who speaks LMTP is a
   server itself. */
static bool may_hurry(const struct smtp_service *smtp)
{
    return smtp->user != NULL || smtp->service.protocol == PROTOCOL_LMTP;
}

/* What a parameter means for the transaction; code 0 when it is fine. */
static struct refusal take_mail_param(struct smtp_service *smtp, const struct smtp_param *param)
{
    const struct service *service = &smtp->service;
    uint64_t max = store_message_octets_max(service->config->store);
    switch (param->kind) {
    case SMTP_PARAM_SIZE:
        smtp->size = param->number;
        if (param->number > max || service_has_fault(service, FAULT_SMTP_SIZE_ALWAYS)) {
            return (struct refusal){service_has_fault(service, FAULT_SMTP_SIZE_CODE) ? 550 : 552,
                                    "5.3.4", "Message is too big"};
        }
        return (struct refusal){0};
    case SMTP_PARAM_BODY:
        smtp->body = (enum smtp_body)param->number;
        return (struct refusal){0};
    case SMTP_PARAM_SMTPUTF8:
        smtp->utf8 = true;
        return (struct refusal){0};
    case SMTP_PARAM_MT_PRIORITY:
        if (service_has_fault(service, FAULT_SMTP_PRIORITY_REFUSED)) {
            break;
        }
        smtp->has_priority = true;
        smtp->priority = may_hurry(smtp) || param->priority < 0 ? param->priority : 0;
        return (struct refusal){0};
    case SMTP_PARAM_RET:
    case SMTP_PARAM_ENVID:
    case SMTP_PARAM_AUTH:
        return (struct refusal){0};
    case SMTP_PARAM_NOTIFY:
    case SMTP_PARAM_ORCPT:
    case SMTP_PARAM_REQUIRETLS:
    case SMTP_PARAM_UNKNOWN:
    case SMTP_PARAM_COUNT:
        break;
    }
    return (struct refusal){555, "5.5.4", "Unknown parameter"};
}

static struct refusal take_mail_params(struct smtp_service *smtp, const struct smtp_param *params)
{
    struct refusal refusal = {0};
    for (const struct smtp_param *p = params; p != NULL && refusal.code == 0; p = p->next) {
        if (!smtp->extended) {
            refusal = (struct refusal){555, "5.5.4", "Parameters need EHLO"};
        } else if (is_repeated(params, p)) {
            refusal = (struct refusal){501, "5.5.4", "Parameter given twice"};
        } else {
            refusal = take_mail_param(smtp, p);
        }
        if (service_has_fault(&smtp->service, FAULT_SMTP_UNKNOWN_PARAM_ACCEPTED) &&
            refusal.code == 555) {
            refusal.code = 0;
        }
    }
    return refusal;
}

/* Who a notification about the message would go to. */
static struct user *local_sender(const struct smtp_service *smtp, const struct smtp_path *path)
{
    const struct store *store = smtp->service.config->store;
    bool ours =
        path->kind == SMTP_PATH_MAILBOX && store_is_local_domain(store, path->mailbox.host.text);
    return ours ? store_user_of(store, path->mailbox.local_part) : NULL;
}

void smtp_do_mail(struct smtp_service *smtp, const struct smtp_command *command)
{
    struct service *service = &smtp->service;
    if (!smtp->greeted) {
        smtp_refuse(smtp, service_has_fault(service, FAULT_SMTP_HELLO_MISSING_CODE) ? 550 : 503,
                    "5.5.1", "Say hello first");
        return;
    }
    if (smtp->messages != 0 && service_has_fault(service, FAULT_SMTP_SECOND_MESSAGE)) {
        smtp_refuse(smtp, 503, "5.5.1", "One message is enough");
        return;
    }
    if (service->protocol == PROTOCOL_SUBMISSION && smtp->user == NULL &&
        !service_has_fault(service, FAULT_SMTP_SUBMISSION_WITHOUT_AUTH)) {
        smtp_refuse(smtp, 530, "5.7.0", "Authentication required");
        return;
    }
    if (smtp->has_mail && !service_has_fault(service, FAULT_SMTP_NESTED_MAIL)) {
        if (service_has_fault(service, FAULT_SMTP_REFUSED_RESETS)) {
            smtp_reset(smtp);
        }
        smtp_refuse(smtp, 503, "5.5.1", "A transaction is open already");
        return;
    }
    smtp_reset(smtp);
    struct refusal refusal = take_mail_params(smtp, command->params);
    if (refusal.code == 0 && command->path.mailbox.utf8 &&
        (!smtp->utf8 || service_has_fault(service, FAULT_SMTP_SMTPUTF8_REFUSED))) {
        refusal = (struct refusal){553, "5.6.7", "The address needs SMTPUTF8"};
    }
    if (refusal.code != 0) {
        smtp_reset(smtp);
        smtp_refuse(smtp, refusal.code, refusal.enhanced, refusal.text);
        return;
    }
    if (command->path.kind == SMTP_PATH_NULL &&
        service_has_fault(service, FAULT_SMTP_NULL_SENDER_REFUSED)) {
        smtp_refuse(smtp, 550, "5.1.7", "Sender refused");
        return;
    }
    smtp->has_mail = true;
    smtp->reverse_path = memory_text(command->path.text);
    smtp->sender = local_sender(smtp, &command->path);
    smtp_dsn_take_mail(smtp, command->params);
    const struct smtp_param *priority = smtp_param_find(command->params, SMTP_PARAM_MT_PRIORITY);
    if (priority != NULL && smtp->has_priority && priority->priority != smtp->priority) {
        smtp_reply(smtp, 250, "2.3.6", "0 is the priority without authentication");
        return;
    }
    smtp_reply(smtp, 250, service_has_fault(service, FAULT_SMTP_ENHANCED_CLASS) ? "5.1.0" : "2.1.0",
               "Sender OK");
}

/* --- RCPT ---------------------------------------------------------------------------------------
 */

/* The local user, or NULL with the refusal set. */
static struct user *local_user(const struct smtp_service *smtp, const struct smtp_path *path,
                               struct refusal *refusal)
{
    const struct store *store = smtp->service.config->store;
    if (path->kind == SMTP_PATH_POSTMASTER &&
        service_has_fault(&smtp->service, FAULT_SMTP_POSTMASTER_REFUSED)) {
        *refusal = (struct refusal){550, "5.1.1", "No such user here"};
        return NULL;
    }
    if (path->kind == SMTP_PATH_POSTMASTER) {
        return store_user_of(store, SPAN_LIT("postmaster"));
    }
    struct span domain = path->mailbox.host.text;
    bool capitals = false;
    for (size_t i = 0; i < domain.len; i++) {
        capitals = capitals || (domain.ptr[i] >= 'A' && domain.ptr[i] <= 'Z');
    }
    if ((capitals && service_has_fault(&smtp->service, FAULT_SMTP_DOMAIN_CASE)) ||
        (path->mailbox.quoted && service_has_fault(&smtp->service, FAULT_SMTP_QUOTED_DIFFERS))) {
        *refusal = (struct refusal){550, "5.1.1", "No such user here"};
        return NULL;
    }
    bool postmaster = span_is(path->mailbox.local_part, "postmaster") &&
                      span_is(domain, service_host_name(&smtp->service));
    if (!postmaster && !store_is_local_domain(store, domain)) {
        *refusal = (struct refusal){550, "5.7.1", "Relaying denied"};
        return NULL;
    }
    *refusal = (struct refusal){550, "5.1.1", "No such user here"};
    return store_user_of(store, path->mailbox.local_part);
}

static struct refusal judge_rcpt_params(const struct smtp_service *smtp,
                                        const struct smtp_param *params)
{
    for (const struct smtp_param *p = params; p != NULL; p = p->next) {
        if (!smtp->extended) {
            return (struct refusal){555, "5.5.4", "Parameters need EHLO"};
        }
        if (is_repeated(params, p)) {
            return (struct refusal){501, "5.5.4", "Parameter given twice"};
        }
        if (p->kind != SMTP_PARAM_NOTIFY && p->kind != SMTP_PARAM_ORCPT &&
            !service_has_fault(&smtp->service, FAULT_SMTP_UNKNOWN_PARAM_ACCEPTED)) {
            return (struct refusal){555, "5.5.4", "Unknown parameter"};
        }
    }
    return (struct refusal){0};
}

static bool is_full(const struct smtp_service *smtp, const struct user *user)
{
    uint64_t max = store_user_octets_max(user->store);
    return user->octets >= max || smtp->size > max - user->octets;
}

static struct refusal judge_rcpt(struct smtp_service *smtp, const struct smtp_command *command,
                                 struct user **out)
{
    const struct service *service = &smtp->service;
    bool few = service_has_fault(service, FAULT_SMTP_RECIPIENTS_FEW);
    size_t max = few ? 10 : service->config->recipients_max;
    if (!smtp->has_mail && !service_has_fault(service, FAULT_SMTP_RCPT_BEFORE_MAIL)) {
        return (struct refusal){503, "5.5.1", "Say MAIL first"};
    }
    if (smtp->chunking) {
        return (struct refusal){503, "5.5.1", "The message has begun already"};
    }
    struct refusal refusal = judge_rcpt_params(smtp, command->params);
    if (refusal.code != 0) {
        return refusal;
    }
    if (command->path.mailbox.utf8 && !smtp->utf8) {
        if (service_has_fault(service, FAULT_SMTP_UTF8_UNASKED)) {
            *out = store_user_at(service->config->store, 0);
            return (struct refusal){0};
        }
        return (struct refusal){553, "5.6.7", "The address needs SMTPUTF8"};
    }
    *out = local_user(smtp, &command->path, &refusal);
    if (*out == NULL) {
        return refusal;
    }
    if (smtp->recipient_count >= (max == 0 ? SMTP_RECIPIENTS_MAX : max)) {
        return (struct refusal){452, "4.5.3", "Too many recipients"};
    }
    return is_full(smtp, *out) ? (struct refusal){452, "4.2.2", "The mailbox is full"}
                               : (struct refusal){0};
}

void smtp_do_rcpt(struct smtp_service *smtp, const struct smtp_command *command)
{
    struct service *service = &smtp->service;
    struct user *user = NULL;
    struct refusal refusal = judge_rcpt(smtp, command, &user);
    bool unknown = refusal.code == 550;
    if (unknown && service_has_fault(service, FAULT_SMTP_UNKNOWN_RCPT_ACCEPTED)) {
        smtp_reply(smtp, 250, "2.1.5", "Recipient OK");
        return;
    }
    if (unknown && service_has_fault(service, FAULT_SMTP_UNKNOWN_RCPT_CODE)) {
        refusal.code = 503;
    }
    if (refusal.code != 0) {
        smtp_refuse(smtp, refusal.code, refusal.enhanced, refusal.text);
        return;
    }
    smtp->recipients =
        memory_resize(smtp->recipients, smtp->recipient_count + 1, sizeof(struct smtp_recipient));
    struct smtp_recipient *recipient = &smtp->recipients[smtp->recipient_count++];
    *recipient = (struct smtp_recipient){.user = user, .path = memory_text(command->path.text)};
    smtp_dsn_take_rcpt(recipient, command->params);
    smtp_reply(smtp, service_has_fault(service, FAULT_SMTP_RCPT_CODE) ? 220 : 250, "2.1.5",
               "Recipient OK");
}

/* --- delivery -----------------------------------------------------------------------------------
 */

/* RFC 5321 section 4.1.3: " ([192.0.2.1])" of the client, or nothing where it has no address. */
static void add_address(const struct service *service, struct buffer *head)
{
    struct span peer = span_text(service->peer);
    size_t end = peer.len;
    while (end != 0 && peer.ptr[end - 1] != ':') {
        end--;
    }
    if (end == 0 || peer.ptr[0] == '/') {
        return;
    }
    bool six = peer.ptr[0] == '[';
    buffer_text(head, six ? " ([IPv6:" : " ([");
    buffer_append(head, six ? span_sub(peer, 1, end - 3) : span_sub(peer, 0, end - 1));
    buffer_text(head, "])");
}

/* RFC 5321 section 4.4: the return path and the trace line of the last hop. */
static void add_trace(struct smtp_service *smtp, struct buffer *head)
{
    const struct service *service = &smtp->service;
    bool lmtp = service->protocol == PROTOCOL_LMTP;
    if (!service_has_fault(service, FAULT_SMTP_NO_RETURN_PATH)) {
        buffer_text(head, "Return-Path: ");
        struct span sender = span_text(smtp->reverse_path == NULL ? "<>" : smtp->reverse_path);
        for (size_t i = 0; i < sender.len; i++) {
            bool lower = service_has_fault(service, FAULT_SMTP_SENDER_CASE);
            uint8_t octet = lower ? octet_lower(sender.ptr[i]) : sender.ptr[i];
            buffer_append(head, (struct span){&octet, 1});
        }
        buffer_text(head, "\r\n");
    }
    if (service_has_fault(service, FAULT_SMTP_NO_RECEIVED)) {
        return;
    }
    /* RFC 3848: the protocol's name tells of TLS and of authentication. */
    char *with = memory_format("%s%s%s", smtp->extended ? (lmtp ? "LMTP" : "ESMTP") : "SMTP",
                               smtp->extended && service->tls ? "S" : "",
                               smtp->extended && smtp->user != NULL ? "A" : "");
    buffer_text(head, "Received: from ");
    buffer_text(head, smtp->peer_name == NULL ? "unknown" : smtp->peer_name);
    add_address(service, head);
    const char *by = service_has_fault(service, FAULT_SMTP_RECEIVED_CLAUSE) ? "" : "by ";
    char *line = memory_format("\r\n\t%s%s with %s", by, service_host_name(service), with);
    buffer_text(head, line);
    bool all = service_has_fault(service, FAULT_SMTP_RECEIVED_ALL);
    for (size_t i = 0; i < smtp->recipient_count && (smtp->recipient_count == 1 || all); i++) {
        buffer_text(head, i == 0 ? "\r\n\tfor " : ",");
        buffer_text(head, smtp->recipients[i].path);
    }
    if (smtp->has_priority && !service_has_fault(service, FAULT_SMTP_PRIORITY_UNSTAMPED)) {
        char *priority = memory_format("\r\n\tPRIORITY %d", smtp->priority);
        buffer_text(head, priority);
        memory_free(priority);
    }
    buffer_text(head, "; ");
    date_text_append(head, store_now(service->config->store));
    if (service_has_fault(service, FAULT_SMTP_RECEIVED_DATE)) {
        buffer_cut(head, head->len - strlen("+0000"), strlen("+0000"));
        buffer_text(head, "GMT");
    }
    buffer_text(head, "\r\n");
    memory_free(with);
    memory_free(line);
}

/* The header without the Received fields that came with it. */
static void remove_trace(struct buffer *message, size_t head)
{
    struct buffer kept = {0};
    struct message_field field;
    struct span rest = span_from(buffer_span(message), head);
    buffer_append(&kept, span_sub(buffer_span(message), 0, head));
    while (message_header_next(&rest, &field)) {
        if (!span_is(field.name, "Received")) {
            buffer_append(&kept, field.whole);
        }
    }
    buffer_append(&kept, rest);
    buffer_fini(message);
    *message = kept;
}

/* What a fault makes of the message, just before it is kept. */
static void damage(struct smtp_service *smtp, struct buffer *message)
{
    const struct service *service = &smtp->service;
    if (service_has_fault(service, FAULT_SMTP_LOSES_LAST_OCTET) && message->len > 2) {
        message->len--;
    }
    if (service_has_fault(service, FAULT_SMTP_STRIPS_EIGHTH_BIT)) {
        uint8_t *octets = message->block + message->start;
        for (size_t i = 0; i < message->len; i++) {
            octets[i] &= 0x7f;
        }
    }
}

/* Each user gets it once, however many of the recipients it is. */
static enum store_rc deliver_to(struct smtp_service *smtp, size_t index, struct blob **shared,
                                struct span octets)
{
    struct user *user = smtp->recipients[index].user;
    for (size_t i = 0; i < index; i++) {
        if (smtp->recipients[i].user == user) {
            return smtp->recipients[i].outcome;
        }
    }
    struct message_source source = {.octets = octets, .blob = *shared};
    struct message *message = NULL;
    enum store_rc rc = mailbox_append(user_inbox(user), &source, &message);
    if (rc == STORE_OK && *shared == NULL) {
        *shared = blob_hold(message->blob);
    }
    return rc;
}

static void reply_delivered(struct smtp_service *smtp, enum store_rc rc)
{
    if (rc == STORE_OK) {
        char *text = memory_format("Message %llu accepted", (unsigned long long)smtp->messages);
        smtp_reply(smtp, service_has_fault(&smtp->service, FAULT_SMTP_MESSAGE_CODE) ? 220 : 250,
                   "2.0.0", text);
        memory_free(text);
    } else if (rc == STORE_TOO_BIG) {
        smtp_reply(smtp, 552, "5.3.4", "Message is too big");
    } else {
        smtp_reply(smtp, 452, "4.2.2", "The mailbox is full");
    }
}

/* What SMTP answers for all recipients. RFC 5321 section 6.1: a server that has accepted a message
   has to deliver it or to tell the sender; so it may accept one that reached only some of them when
   the sender can be told of the others. */
static enum store_rc outcome_of(const struct smtp_service *smtp)
{
    enum store_rc worst = STORE_OK;
    bool any = false;
    bool covered = true;
    for (size_t i = 0; i < smtp->recipient_count; i++) {
        const struct smtp_recipient *recipient = &smtp->recipients[i];
        any = any || recipient->outcome == STORE_OK;
        if (recipient->outcome != STORE_OK) {
            worst = recipient->outcome;
            covered = covered && smtp_dsn_covers(smtp, recipient);
        }
    }
    return any && covered ? STORE_OK : worst;
}

/* RFC 5321 section 4.1.1.4; RFC 2033 section 4.2: LMTP answers for each accepted recipient. */
static void deliver(struct smtp_service *smtp)
{
    struct buffer message = {0};
    struct blob *shared = NULL;
    bool lmtp = smtp->service.protocol == PROTOCOL_LMTP &&
                !service_has_fault(&smtp->service, FAULT_LMTP_ONE_REPLY);
    bool lost = service_has_fault(&smtp->service, FAULT_SMTP_LOSES_MESSAGE);
    smtp->messages++;
    add_trace(smtp, &message);
    size_t head = message.len;
    buffer_append(&message, buffer_span(&smtp->content.octets));
    if (service_has_fault(&smtp->service, FAULT_SMTP_TRACE_REMOVED)) {
        remove_trace(&message, head);
    }
    damage(smtp, &message);
    for (size_t i = 0; i < smtp->recipient_count; i++) {
        struct smtp_recipient *recipient = &smtp->recipients[i];
        recipient->outcome = lost ? STORE_OK : deliver_to(smtp, i, &shared, buffer_span(&message));
        if (lmtp) {
            reply_delivered(smtp, recipient->outcome);
        }
    }
    enum store_rc rc = outcome_of(smtp);
    if (!lmtp) {
        reply_delivered(smtp, rc);
    }
    if (lmtp || rc == STORE_OK) {
        smtp_dsn_send(smtp, buffer_span(&message));
    }
    blob_release(&shared);
    buffer_fini(&message);
}

/* RFC 2033 section 4.2: in LMTP one reply for each recipient. */
static size_t reply_count(const struct smtp_service *smtp)
{
    return smtp->service.protocol == PROTOCOL_LMTP ? smtp->recipient_count : 1;
}

static void refuse_message(struct smtp_service *smtp, unsigned code, const char *enhanced,
                           const char *text)
{
    for (size_t i = 0; i < reply_count(smtp); i++) {
        smtp_reply(smtp, code, enhanced, text);
    }
}

/* The message is complete. */
static void end_message(struct smtp_service *smtp)
{
    struct service *service = &smtp->service;
    const char *reply = service_override(service, SPAN_LIT("."), (struct span){0});
    service_note_command(service, SPAN_LIT("."));
    bool tolerant = smtp->body == SMTP_BODY_BINARYMIME;
    if (reply != NULL) {
        for (size_t i = 0; i < reply_count(smtp); i++) {
            service_print(service, "%s\r\n", reply);
        }
    } else if (smtp->content.too_big) {
        refuse_message(smtp, 552, "5.3.4", "Message is too big");
    } else if (smtp->content.bare && !tolerant) {
        refuse_message(smtp, 554, "5.6.0", "Bare CR or LF is not allowed in a message");
    } else if (smtp_mistrusts(smtp)) {
        refuse_message(smtp, 554, "5.6.0", "The message is refused");
    } else {
        deliver(smtp);
    }
    smtp->phase = SMTP_PHASE_COMMAND;
    if (service_has_fault(service, FAULT_SMTP_DATA_KEEPS_TRANSACTION)) {
        buffer_fini(&smtp->content.octets);
    } else {
        smtp_reset(smtp);
    }
    service_answered(service, SPAN_LIT("."));
}

/* --- DATA ---------------------------------------------------------------------------------------
 */

void smtp_do_data(struct smtp_service *smtp)
{
    struct service *service = &smtp->service;
    bool mixed = (smtp->chunking || smtp->chunk_failed) &&
                 !service_has_fault(service, FAULT_SMTP_BDAT_MIXED);
    if (!smtp->has_mail || mixed) {
        smtp_refuse(smtp, 503, "5.5.1", mixed ? "Go on with BDAT" : "Say MAIL and RCPT first");
    } else if (smtp->recipient_count == 0 &&
               !service_has_fault(service, FAULT_SMTP_DATA_WITHOUT_RCPT)) {
        smtp_refuse(smtp, 503, "5.5.1", "No valid recipients");
    } else if (smtp->body == SMTP_BODY_BINARYMIME &&
               !service_has_fault(service, FAULT_SMTP_DATA_FOR_BINARYMIME)) {
        smtp_refuse(smtp, 503, "5.5.1", "BINARYMIME needs BDAT");
    } else {
        smtp->phase = SMTP_PHASE_DATA;
        buffer_fini(&smtp->content.octets);
        smtp->content = (struct smtp_content){.line_start = true};
        smtp_reply(smtp, service_has_fault(service, FAULT_SMTP_DATA_CODE) ? 250 : 354, NULL,
                   "End data with <CR><LF>.<CR><LF>");
    }
}

/* Keeps octets of the message, as many as it may have. */
static void keep(struct smtp_service *smtp, struct span octets)
{
    struct smtp_content *content = &smtp->content;
    uint64_t max = store_message_octets_max(smtp->service.config->store);
    content->len += octets.len;
    if (content->len > max) {
        content->too_big = true;
        buffer_fini(&content->octets);
    } else {
        buffer_append(&content->octets, octets);
    }
}

/* Octets up to and with the next LF, or all: notes bare CR and LF, and whether a line begins. */
static size_t scan_line(struct smtp_content *content, struct span in)
{
    size_t pos = 0;
    content->line_start = false;
    while (pos < in.len) {
        uint8_t octet = in.ptr[pos++];
        bool after_cr = content->last == '\r';
        content->last = octet;
        content->bare = content->bare || after_cr != (octet == '\n');
        if (octet == '\n') {
            content->line_start = after_cr;
            break;
        }
        /* A run without CR and LF needs no look at each octet. */
        while (octet != '\r' && pos < in.len && in.ptr[pos] != '\r' && in.ptr[pos] != '\n') {
            content->last = in.ptr[pos++];
        }
    }
    return pos;
}

size_t smtp_feed_data(struct smtp_service *smtp, struct span in)
{
    struct smtp_content *content = &smtp->content;
    static const uint8_t end[3] = {'.', '\r', '\n'};
    size_t pos = 0;
    bool lenient = service_has_fault(&smtp->service, FAULT_SMTP_LF_DOT_LF_ENDS);
    bool stuffed = service_has_fault(&smtp->service, FAULT_SMTP_KEEPS_DOT_STUFFING);
    bool counts = service_has_fault(&smtp->service, FAULT_SMTP_SIZE_ENDS_DATA) && smtp->size != 0;
    while (pos < in.len) {
        struct span rest = span_from(in, pos);
        if (counts && content->line_start && content->len >= smtp->size) {
            end_message(smtp);
            return pos;
        }
        bool fresh = content->line_start || (lenient && content->last == '\n');
        if (fresh && rest.ptr[0] == '.') {
            if (lenient && rest.len >= 2 && rest.ptr[1] == '\n') {
                end_message(smtp);
                return pos + 2;
            }
            if (rest.len >= 4 && memcmp(rest.ptr + 1, end, sizeof end) == 0 &&
                service_has_fault(&smtp->service, FAULT_SMTP_DOT_DOT_ENDS)) {
                end_message(smtp);
                return pos + 4;
            }
            size_t len = rest.len < 3 ? rest.len : 3;
            bool whole = len == 3 || !service_has_fault(&smtp->service, FAULT_SMTP_CUT_END);
            if (whole && memcmp(rest.ptr, end, len) == 0) {
                if (len < 3) {
                    break;
                }
                end_message(smtp);
                bool rest_lost = service_has_fault(&smtp->service, FAULT_SMTP_DATA_DROPS_REST);
                return rest_lost ? in.len : pos + 3;
            }
            content->line_start = false;
            content->last = '.';
            pos++;
            if (stuffed) {
                keep(smtp, span_sub(rest, 0, 1));
            }
            continue;
        }
        size_t len = scan_line(content, rest);
        keep(smtp, span_sub(rest, 0, len));
        pos += len;
    }
    return pos;
}

/* --- BDAT ---------------------------------------------------------------------------------------
 */

void smtp_do_bdat(struct smtp_service *smtp, const struct smtp_command *command)
{
    smtp->phase = SMTP_PHASE_BDAT;
    smtp->chunk_left = command->size;
    smtp->chunk_last = command->last;
    /* RFC 3030 section 2: the octets follow whatever the server thinks of the command. */
    smtp->chunk_refused = !smtp->has_mail || smtp->recipient_count == 0 || !smtp->extended;
    smtp->chunk_failed = smtp->chunk_failed || (smtp->chunk_refused && smtp->has_mail);
    if (smtp->chunk_refused && service_has_fault(&smtp->service, FAULT_SMTP_BDAT_EARLY)) {
        smtp_refuse(smtp, 503, "5.5.1", "Say MAIL and RCPT first");
    }
    if (smtp->chunk_refused && service_has_fault(&smtp->service, FAULT_SMTP_BDAT_REST_OBEYED)) {
        smtp->chunk_left = 0;
    }
    if (!smtp->chunk_refused && !smtp->chunking) {
        smtp->chunking = true;
        smtp->content = (struct smtp_content){0};
    }
    if (smtp->chunk_left == 0) {
        (void)smtp_feed_bdat(smtp, (struct span){0});
    }
}

static void end_chunk(struct smtp_service *smtp)
{
    smtp->phase = SMTP_PHASE_COMMAND;
    bool nobody = smtp->chunk_last && smtp->has_mail && smtp->recipient_count == 0;
    if (nobody && smtp->service.protocol == PROTOCOL_LMTP &&
        !service_has_fault(&smtp->service, FAULT_LMTP_CHUNK_REFUSED)) {
        smtp_reset(smtp); /* RFC 2033 section 4.3: zero replies */
        if (service_has_fault(&smtp->service, FAULT_LMTP_CHUNK_TAKEN)) {
            smtp_reply(smtp, 250, "2.0.0", "OK");
        }
    } else if (smtp->chunk_refused) {
        if (!service_has_fault(&smtp->service, FAULT_SMTP_BDAT_EARLY)) {
            smtp_refuse(smtp, 503, "5.5.1", "Say MAIL and RCPT first");
        }
    } else if (smtp->content.too_big) {
        refuse_message(smtp, 552, "5.3.4", "Message is too big");
        smtp_reset(smtp);
    } else if (smtp->chunk_last && service_has_fault(&smtp->service, FAULT_SMTP_BDAT_LAST_CODE)) {
        smtp_reply(smtp, 354, NULL, "Go on");
    } else if (smtp->chunk_last) {
        smtp->content.bare = smtp->content.bare || smtp->content.last == '\r';
        end_message(smtp);
    } else if (service_has_fault(&smtp->service, FAULT_SMTP_BDAT_SILENT)) {
        return;
    } else {
        if (service_has_fault(&smtp->service, FAULT_SMTP_BDAT_SEAM)) {
            keep(smtp, SPAN_LIT("\r\n"));
        }
        char *text = memory_format("%llu octets received", (unsigned long long)smtp->content.len);
        bool each = service_has_fault(&smtp->service, FAULT_LMTP_CHUNK_EACH);
        for (size_t i = 0; i < (each ? reply_count(smtp) : 1); i++) {
            smtp_reply(smtp, 250, "2.0.0", text);
        }
        memory_free(text);
    }
}

size_t smtp_feed_bdat(struct smtp_service *smtp, struct span in)
{
    size_t taken = in.len < smtp->chunk_left ? in.len : (size_t)smtp->chunk_left;
    struct span octets = span_sub(in, 0, taken);
    smtp->chunk_left -= taken;
    if (!smtp->chunk_refused) {
        for (size_t pos = 0; pos < taken;) {
            pos += scan_line(&smtp->content, span_from(octets, pos));
        }
        keep(smtp, octets);
    }
    if (smtp->chunk_left == 0) {
        end_chunk(smtp);
    }
    return taken;
}
