/* SPDX-License-Identifier: MIT */
/* Capabilities, LOGIN, AUTHENTICATE, STARTTLS, ENABLE. */
#include "net/memory.h"
#include "server/imap.h"

enum when {
    WHEN_LATE,   /* after authentication */
    WHEN_ALWAYS, /* before it, too */
    WHEN_TLS,    /* before it, where TLS may begin */
    WHEN_CLOSED, /* before it, where passwords in the clear are not taken */
};

/* In the order in which they are announced. */
static const struct {
    const char *name;
    enum when when;
} capabilities[] = {
    {"IMAP4rev1", WHEN_ALWAYS},
    {"IMAP4rev2", WHEN_ALWAYS},
    {"LITERAL+", WHEN_ALWAYS},
    {"SASL-IR", WHEN_ALWAYS},
    {"ID", WHEN_ALWAYS},
    {"ENABLE", WHEN_ALWAYS},
    {"IDLE", WHEN_ALWAYS},
    {"NAMESPACE", WHEN_LATE},
    {"UIDPLUS", WHEN_LATE},
    {"MOVE", WHEN_LATE},
    {"UNSELECT", WHEN_LATE},
    {"CHILDREN", WHEN_LATE},
    {"SPECIAL-USE", WHEN_LATE},
    {"LIST-EXTENDED", WHEN_LATE},
    {"LIST-STATUS", WHEN_LATE},
    {"STATUS=SIZE", WHEN_LATE},
    {"ESEARCH", WHEN_LATE},
    {"SEARCHRES", WHEN_LATE},
    {"SORT", WHEN_LATE},
    {"THREAD=ORDEREDSUBJECT", WHEN_LATE},
    {"THREAD=REFERENCES", WHEN_LATE},
    {"CONDSTORE", WHEN_LATE},
    {"QRESYNC", WHEN_LATE},
    {"UTF8=ACCEPT", WHEN_LATE},
    {"BINARY", WHEN_LATE},
    {"MULTIAPPEND", WHEN_LATE},
    {"WITHIN", WHEN_LATE},
    {"OBJECTID", WHEN_LATE},
    {"SAVEDATE", WHEN_LATE},
    {"PREVIEW", WHEN_LATE},
    {"QUOTA", WHEN_LATE},
    {"QUOTA=RES-STORAGE", WHEN_LATE},
    {"ACL", WHEN_LATE},
    {"RIGHTS=kxte", WHEN_LATE},
    {"LIST-MYRIGHTS", WHEN_LATE},
    {"METADATA", WHEN_LATE},
    {"COMPRESS=DEFLATE", WHEN_LATE},
    {"STARTTLS", WHEN_TLS},
    {"LOGINDISABLED", WHEN_CLOSED},
};
enum { CAPABILITY_COUNT = sizeof capabilities / sizeof capabilities[0] };

const char *imap_service_capability(size_t index)
{
    return index < CAPABILITY_COUNT ? capabilities[index].name : NULL;
}

struct capability_list {
    struct imap_service *imap;
    struct imap_capabilities list;
    struct imap_capability *last;
};

static void add(struct capability_list *all, const char *name)
{
    if (!service_shows(&all->imap->service, name)) {
        return;
    }
    struct imap_capability *c = scratch_take(&all->imap->scratch, sizeof *c);
    c->name = span_text(name);
    if (all->last == NULL) {
        all->list.first = c;
    } else {
        all->last->next = c;
    }
    all->last = c;
    all->list.count++;
}

static void add_mechanisms(struct capability_list *all)
{
    struct span rest = span_text(service_mechanisms(&all->imap->service));
    while (rest.len != 0) {
        size_t len = 0;
        while (len < rest.len && rest.ptr[len] != ' ') {
            len++;
        }
        uint8_t *name = scratch_take(&all->imap->scratch, len + sizeof "AUTH=");
        memcpy(name, "AUTH=", 5);
        memcpy(name + 5, rest.ptr, len);
        add(all, (const char *)name);
        rest = span_from(rest, len + 1);
    }
}

static bool is_time(struct imap_service *imap, enum when when)
{
    const struct service *service = &imap->service;
    bool guest = imap->phase == IMAP_PHASE_GUEST;
    switch (when) {
    case WHEN_LATE:
        return !guest;
    case WHEN_ALWAYS:
        break;
    case WHEN_TLS:
        return guest && service->config->tls_offered &&
               (!service->tls || imap_has_fault(imap, FAULT_IMAP_STARTTLS_INSIDE));
    case WHEN_CLOSED:
        return guest && service->config->secure_only && !service->tls;
    }
    return true;
}

static struct imap_capabilities list_of(struct imap_service *imap)
{
    struct capability_list all = {.imap = imap};
    const struct service_config *config = imap->service.config;
    bool guest = imap->phase == IMAP_PHASE_GUEST;
    for (size_t i = 0; i < CAPABILITY_COUNT; i++) {
        if (is_time(imap, capabilities[i].when) &&
            !(i == 0 && imap_has_fault(imap, FAULT_IMAP_CAPABILITY_NO_REV))) {
            bool minus = imap_has_fault(imap, FAULT_IMAP_LITERAL_MINUS_WAITS) &&
                         strcmp(capabilities[i].name, "LITERAL+") == 0;
            add(&all, minus ? "LITERAL-" : capabilities[i].name);
        }
    }
    if (guest) {
        add_mechanisms(&all);
    }
    for (const char *const *more = config->offer; more != NULL && *more != NULL; more++) {
        add(&all, *more);
    }
    return all.list;
}

struct imap_code imap_capability_code(struct imap_service *imap)
{
    struct imap_code code = {.kind = IMAP_CODE_CAPABILITY};
    code.as.capabilities = list_of(imap);
    return code;
}

void imap_send_capabilities(struct imap_service *imap)
{
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = IMAP_RESPONSE_CAPABILITY};
    response.as.capabilities = list_of(imap);
    imap_send(imap, &response);
}

static void enter(struct imap_service *imap, struct user *user)
{
    imap->user = user;
    imap->phase = IMAP_PHASE_USER;
    struct imap_code code = imap_capability_code(imap);
    imap_answer_code(imap, IMAP_RESPONSE_OK, &code, "Welcome");
}

static bool is_secure(const struct imap_service *imap)
{
    return imap->service.tls || !imap->service.config->secure_only;
}

void imap_do_login(struct imap_service *imap, const struct imap_command *command)
{
    struct span name = imap_text_of(imap, &command->arguments->string);
    struct span password = imap_text_of(imap, &command->arguments->next->string);
    struct user *user = store_user(imap->service.config->store, name);
    bool any = imap_has_fault(imap, FAULT_IMAP_ANY_PASSWORD);
    if (user == NULL && any) {
        user = store_user_at(imap->service.config->store, 0);
    }
    if (!is_secure(imap)) {
        imap_no(imap, IMAP_CODE_PRIVACYREQUIRED, "Passwords are only taken inside TLS");
    } else if (user == NULL || (!any && !span_equal(password, span_text(user->password)))) {
        imap_no(imap, IMAP_CODE_AUTHENTICATIONFAILED, "Wrong name or password");
    } else {
        enter(imap, user);
    }
}

/* --- AUTHENTICATE ------------------------------------------------------------------------------
 */

static void leave_sasl(struct imap_service *imap)
{
    sasl_server_free(&imap->sasl);
    imap->sasl_done = false;
    imap->mode = IMAP_MODE_COMMAND;
}

static void finish(struct imap_service *imap, bool ok)
{
    struct user *user =
        ok ? store_user(imap->service.config->store, span_text(sasl_server_user(imap->sasl)))
           : NULL;
    leave_sasl(imap);
    if (user == NULL) {
        imap_no(imap, IMAP_CODE_AUTHENTICATIONFAILED, "Authentication failed");
    } else {
        enter(imap, user);
    }
}

static void step(struct imap_service *imap, bool has_in, struct span in)
{
    struct span out = {0};
    if (imap->sasl_done) {
        finish(imap, in.len == 0);
        return;
    }
    enum sasl_rc rc = sasl_server_step(imap->sasl, has_in, in, &out);
    if (rc == SASL_FAILED || (rc == SASL_OK && out.len == 0)) {
        finish(imap, rc == SASL_OK);
        return;
    }
    imap->sasl_done = rc == SASL_OK;
    if (imap->mode != IMAP_MODE_SASL) {
        buffer_append(&imap->kept, imap->tag);
        imap->mode = IMAP_MODE_SASL;
    }
    service_challenge(&imap->service, "+ ", out);
}

static void step_base64(struct imap_service *imap, struct span text)
{
    uint8_t *octets = NULL;
    size_t len = 0;
    if (!service_decode(text, &octets, &len)) {
        leave_sasl(imap);
        imap_bad(imap, "That is not base64");
        return;
    }
    step(imap, true, (struct span){octets, len});
    memory_wipe(octets, len);
    memory_free(octets);
}

void imap_feed_sasl(struct imap_service *imap, struct span line)
{
    if (span_is(line, "*")) {
        leave_sasl(imap);
        if (imap_has_fault(imap, FAULT_IMAP_CANCEL_NO)) {
            imap_no(imap, IMAP_CODE_NONE, "Authentication cancelled");
        } else {
            imap_bad(imap, "Authentication cancelled");
        }
    } else {
        step_base64(imap, line);
    }
}

void imap_do_authenticate(struct imap_service *imap, const struct imap_command *command)
{
    const struct imap_item *initial = command->arguments->next;
    imap->sasl = service_sasl_new(&imap->service, "imap", command->arguments->atom);
    if (imap->sasl == NULL) {
        imap_no(imap, IMAP_CODE_NONE, "This mechanism is not available");
    } else if (initial == NULL) {
        step(imap, false, (struct span){0});
    } else {
        step_base64(imap, service_initial(initial->atom));
    }
}

/* --- STARTTLS, ENABLE --------------------------------------------------------------------------
 */

void imap_do_starttls(struct imap_service *imap, const struct imap_command *command)
{
    (void)command;
    struct service *service = &imap->service;
    if (!service->config->tls_offered || !service_shows(service, "STARTTLS")) {
        imap_bad(imap, "TLS is not available");
    } else if (service->tls) {
        imap_bad(imap, "TLS is already active");
    } else {
        imap_ok(imap, "Begin TLS negotiation now");
        service->keep_plain = imap_has_fault(imap, FAULT_IMAP_STARTTLS_INJECTION);
        service->next = SERVICE_TLS;
    }
}

static bool enable(struct imap_service *imap, struct span name)
{
    if (span_is(name, "CONDSTORE")) {
        imap->condstore = true;
    } else if (span_is(name, "QRESYNC")) {
        imap->condstore = imap->qresync = true;
    } else if (span_is(name, "UTF8=ACCEPT")) {
        imap->utf8 = true;
    } else if (span_is(name, "IMAP4rev2")) {
        imap->utf8 = imap->rev2 = true;
    } else {
        return false;
    }
    return true;
}

/* RFC 5161 section 3.1: what is not known, or needs no ENABLE, is ignored. */
void imap_do_enable(struct imap_service *imap, const struct imap_command *command)
{
    struct capability_list all = {.imap = imap};
    if (imap->phase == IMAP_PHASE_SELECTED) {
        imap_bad(imap, "ENABLE comes ahead of SELECT");
        return;
    }
    for (const struct imap_item *item = command->arguments; item != NULL; item = item->next) {
        uint8_t *name = scratch_take(&imap->scratch, item->atom.len + 1);
        memcpy(name, item->atom.ptr, item->atom.len);
        if (service_shows(&imap->service, (const char *)name) && enable(imap, item->atom)) {
            add(&all, (const char *)name);
        }
    }
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = IMAP_RESPONSE_ENABLED};
    response.as.capabilities = all.list;
    imap_send(imap, &response);
    imap_ok(imap, "Enabled what I know");
}
