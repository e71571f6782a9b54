/* SPDX-License-Identifier: MIT */
/* AUTH: RFC 4954. */
#include "net/memory.h"
#include "server/smtp.h"

static void finish(struct smtp_service *smtp, bool ok)
{
    if (ok) {
        memory_free(smtp->user);
        smtp->user = memory_text(span_text(sasl_server_user(smtp->sasl)));
        smtp_reply(smtp, service_has_fault(&smtp->service, FAULT_SMTP_AUTH_CODE) ? 250 : 235,
                   "2.7.0", "Authentication succeeded");
    } else {
        smtp_refuse(smtp, 535, "5.7.8", "Authentication credentials invalid");
    }
    sasl_server_free(&smtp->sasl);
    smtp->sasl_done = false;
    smtp->phase = SMTP_PHASE_COMMAND;
}

static void step(struct smtp_service *smtp, bool has_in, struct span in)
{
    struct span out = {0};
    if (smtp->sasl_done) {
        finish(smtp, in.len == 0);
        return;
    }
    enum sasl_rc rc = sasl_server_step(smtp->sasl, has_in, in, &out);
    bool any = service_has_fault(&smtp->service, FAULT_SMTP_AUTH_ANY_PASSWORD);
    if (rc == SASL_FAILED || (rc == SASL_OK && out.len == 0)) {
        finish(smtp, rc == SASL_OK || any);
        return;
    }
    smtp->sasl_done = rc == SASL_OK;
    smtp->phase = SMTP_PHASE_AUTH;
    service_challenge(&smtp->service, "334 ", out);
}

static void cancel(struct smtp_service *smtp, enum fault fault, const char *enhanced,
                   const char *text)
{
    sasl_server_free(&smtp->sasl);
    smtp->sasl_done = false;
    smtp->phase = SMTP_PHASE_COMMAND;
    smtp_refuse(smtp, service_has_fault(&smtp->service, fault) ? 535 : 501, enhanced, text);
}

/* Decodes and goes on; a response that is no base64 ends the exchange. */
static void step_base64(struct smtp_service *smtp, struct span text)
{
    uint8_t *octets = NULL;
    size_t len = 0;
    if (!service_decode(text, &octets, &len)) {
        cancel(smtp, FAULT_SMTP_AUTH_BASE64_CODE, "5.5.2", "That is not base64");
        return;
    }
    step(smtp, true, (struct span){octets, len});
    memory_wipe(octets, len);
    memory_free(octets);
}

void smtp_do_auth(struct smtp_service *smtp, const struct smtp_command *command)
{
    struct service *service = &smtp->service;
    if (service->protocol == PROTOCOL_LMTP) {
        smtp_refuse(smtp, 502, "5.5.1", "AUTH is not available");
        return;
    }
    bool inside = smtp->has_mail && !service_has_fault(service, FAULT_SMTP_AUTH_IN_TRANSACTION);
    if (!smtp->extended || inside ||
        (smtp->user != NULL && !service_has_fault(service, FAULT_SMTP_AUTH_TWICE))) {
        smtp_refuse(smtp, 503, "5.5.1", "AUTH is not allowed now");
        return;
    }
    bool server_first = span_is(command->mechanism, "CRAM-MD5");
    if (server_first && command->has_initial) {
        smtp_refuse(smtp, 501, "5.7.0", "This mechanism has no initial response");
        return;
    }
    bool small = command->mechanism.len != 0 && command->mechanism.ptr[0] >= 'a';
    if (!small || !service_has_fault(service, FAULT_SMTP_AUTH_CASE)) {
        smtp->sasl = service_sasl_new(service, "smtp", command->mechanism);
    }
    if (smtp->sasl == NULL) {
        smtp_refuse(smtp, service_has_fault(service, FAULT_SMTP_AUTH_MECHANISM_CODE) ? 535 : 504,
                    "5.5.4", "Mechanism not available");
    } else if (!command->has_initial) {
        step(smtp, false, (struct span){0});
    } else {
        step_base64(smtp, service_initial(command->initial));
    }
}

void smtp_feed_auth(struct smtp_service *smtp, struct span line)
{
    if (span_is(line, "*")) {
        cancel(smtp, FAULT_SMTP_AUTH_CANCEL_CODE, "5.7.0", "Authentication cancelled");
        return;
    }
    enum { SHORT_LINE = 512 };
    if (line.len > SHORT_LINE && service_has_fault(&smtp->service, FAULT_SMTP_AUTH_LINE_SHORT)) {
        cancel(smtp, FAULT_SMTP_AUTH_BASE64_CODE, "5.5.6", "Too long");
        return;
    }
    step_base64(smtp, line);
}
