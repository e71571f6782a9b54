/* SPDX-License-Identifier: MIT */
/* The IMAP server: framing, states, dispatch. */
#include "server/imap.h"

#include "net/memory.h"

enum { BLOCK_MIN = 32 * 1024, BLOCK_KEEP = 256 * 1024, TAIL = 64 };

static struct imap_service *of(struct service *service)
{
    return (struct imap_service *)(void *)service;
}

/* --- commands ----------------------------------------------------------------------------------
 */

static void do_logout(struct imap_service *imap, const struct imap_command *command)
{
    (void)command;
    if (!imap_has_fault(imap, FAULT_IMAP_LOGOUT_NO_BYE)) {
        imap_untagged(imap, IMAP_RESPONSE_BYE, &(struct imap_code){0}, "Goodbye");
    }
    imap_ok(imap, "Logged out");
    if (!imap_has_fault(imap, FAULT_IMAP_LOGOUT_STAYS)) {
        imap->service.next = SERVICE_CLOSE;
    }
}

static void do_id(struct imap_service *imap, const struct imap_command *command)
{
    (void)command;
    static const struct imap_param version = {
        .name = {.form = IMAP_QUOTED, .text = SPAN_INIT("name")},
        .value = {.form = IMAP_QUOTED, .text = SPAN_INIT("postel")}};
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = IMAP_RESPONSE_ID};
    response.as.params = (struct imap_params){.first = &version, .count = 1, .list = true};
    imap_send(imap, &response);
    imap_ok(imap, "That is who I am");
}

static void do_idle(struct imap_service *imap, const struct imap_command *command)
{
    (void)command;
    buffer_append(&imap->kept, imap->tag);
    imap->mode = IMAP_MODE_IDLE;
    mail_view_sync(imap, true);
    imap_continue(imap, "idling");
}

static void do_compress(struct imap_service *imap, const struct imap_command *command)
{
    if (!span_is(command->arguments->atom, "DEFLATE")) {
        imap_bad(imap, "This algorithm is not known");
    } else if (imap->compressed) {
        imap_no(imap, IMAP_CODE_COMPRESSIONACTIVE, "DEFLATE is active already");
    } else {
        imap_ok(imap, "DEFLATE active");
        imap->compressed = true;
        imap->service.next = SERVICE_DEFLATE;
    }
}

static void do_capability(struct imap_service *imap, const struct imap_command *command)
{
    (void)command;
    imap_send_capabilities(imap);
    imap_ok(imap, "Those are my capabilities");
}

/* NOOP and CHECK. */
static void do_noop(struct imap_service *imap, const struct imap_command *command)
{
    (void)command;
    mail_view_sync(imap, true);
    imap_ok(imap, "Done");
}

enum place { NOWHERE, ANYWHERE, GUEST, USER, SELECTED };

/* RFC 3501 section 6: where a command may be given. Those that are not here are not known. */
static const struct {
    enum place place;
    void (*execute)(struct imap_service *imap, const struct imap_command *command);
} commands[IMAP_COMMAND_COUNT] = {
    [IMAP_COMMAND_CAPABILITY] = {ANYWHERE, do_capability},
    [IMAP_COMMAND_NOOP] = {ANYWHERE, do_noop},
    [IMAP_COMMAND_LOGOUT] = {ANYWHERE, do_logout},
    [IMAP_COMMAND_ID] = {ANYWHERE, do_id},
    [IMAP_COMMAND_STARTTLS] = {GUEST, imap_do_starttls},
    [IMAP_COMMAND_AUTHENTICATE] = {GUEST, imap_do_authenticate},
    [IMAP_COMMAND_LOGIN] = {GUEST, imap_do_login},
    [IMAP_COMMAND_ENABLE] = {USER, imap_do_enable},
    [IMAP_COMMAND_SELECT] = {USER, imap_do_select},
    [IMAP_COMMAND_EXAMINE] = {USER, imap_do_select},
    [IMAP_COMMAND_CREATE] = {USER, imap_do_create},
    [IMAP_COMMAND_DELETE] = {USER, imap_do_delete},
    [IMAP_COMMAND_RENAME] = {USER, imap_do_rename},
    [IMAP_COMMAND_SUBSCRIBE] = {USER, imap_do_subscribe},
    [IMAP_COMMAND_UNSUBSCRIBE] = {USER, imap_do_subscribe},
    [IMAP_COMMAND_LIST] = {USER, imap_do_list},
    [IMAP_COMMAND_LSUB] = {USER, imap_do_list},
    [IMAP_COMMAND_STATUS] = {USER, imap_do_status},
    [IMAP_COMMAND_APPEND] = {USER, imap_do_append},
    [IMAP_COMMAND_NAMESPACE] = {USER, imap_do_namespace},
    [IMAP_COMMAND_IDLE] = {USER, do_idle},
    [IMAP_COMMAND_GETQUOTA] = {USER, imap_do_quota},
    [IMAP_COMMAND_GETQUOTAROOT] = {USER, imap_do_quota},
    [IMAP_COMMAND_SETQUOTA] = {USER, imap_do_quota},
    [IMAP_COMMAND_SETACL] = {USER, imap_do_acl},
    [IMAP_COMMAND_DELETEACL] = {USER, imap_do_acl},
    [IMAP_COMMAND_GETACL] = {USER, imap_do_acl},
    [IMAP_COMMAND_LISTRIGHTS] = {USER, imap_do_acl},
    [IMAP_COMMAND_MYRIGHTS] = {USER, imap_do_acl},
    [IMAP_COMMAND_GETMETADATA] = {USER, imap_do_get_metadata},
    [IMAP_COMMAND_SETMETADATA] = {USER, imap_do_set_metadata},
    [IMAP_COMMAND_COMPRESS] = {USER, do_compress},
    [IMAP_COMMAND_CHECK] = {SELECTED, do_noop},
    [IMAP_COMMAND_CLOSE] = {SELECTED, imap_do_close},
    [IMAP_COMMAND_UNSELECT] = {SELECTED, imap_do_close},
    [IMAP_COMMAND_EXPUNGE] = {SELECTED, imap_do_expunge},
    [IMAP_COMMAND_SEARCH] = {SELECTED, imap_do_search},
    [IMAP_COMMAND_SORT] = {SELECTED, imap_do_search},
    [IMAP_COMMAND_THREAD] = {SELECTED, imap_do_thread},
    [IMAP_COMMAND_FETCH] = {SELECTED, imap_do_fetch},
    [IMAP_COMMAND_STORE] = {SELECTED, imap_do_store},
    [IMAP_COMMAND_COPY] = {SELECTED, imap_do_copy},
    [IMAP_COMMAND_MOVE] = {SELECTED, imap_do_copy},
};

/* NULL: the command may be given now. */
static const char *misplaced(const struct imap_service *imap, const struct imap_command *command)
{
    enum place place = commands[command->type].place;
    if (place == NOWHERE) {
        return "Unknown command";
    }
    if (place == GUEST && imap->phase != IMAP_PHASE_GUEST &&
        !imap_has_fault(imap, FAULT_IMAP_LOGIN_TWICE)) {
        return "You are authenticated already";
    }
    if ((place == USER || place == SELECTED) && imap->phase == IMAP_PHASE_GUEST) {
        return "Authenticate first";
    }
    bool check =
        command->type == IMAP_COMMAND_CHECK && imap_has_fault(imap, FAULT_IMAP_CHECK_UNSELECTED);
    if (place == SELECTED && imap->phase != IMAP_PHASE_SELECTED && !check) {
        return "Select a mailbox first";
    }
    return NULL;
}

void imap_execute(struct imap_service *imap, const struct imap_command *command)
{
    const char *why = misplaced(imap, command);
    if (why != NULL) {
        imap_bad(imap, why);
    } else {
        commands[command->type].execute(imap, command);
    }
}

/* --- units -------------------------------------------------------------------------------------
 */

static void set_block(struct imap_service *imap, size_t cap)
{
    if (imap->block != NULL && imap->arena.cap == cap) {
        imap->arena.used = 0;
        return;
    }
    memory_free(imap->block);
    imap->block = memory_alloc(cap);
    arena_init(&imap->arena, imap->block, cap);
}

/* A command with long lists gets a larger arena. */
static enum parse_rc parse(struct imap_service *imap, struct span unit, struct parse *p,
                           struct imap_command *command)
{
    size_t cap = BLOCK_MIN;
    for (;;) {
        set_block(imap, cap);
        parse_init(p, unit, 0, &imap->arena);
        p->profile = IMAP_PROFILE_REV2 | (imap->utf8 ? (uint32_t)IMAP_PROFILE_UTF8 : 0);
        enum parse_rc rc = imap_parse_command(p, command);
        if (rc != PARSE_BAD || p->err.rule != RULE_LIMIT_ARENA || cap >= IMAP_ARENA_MAX) {
            return rc;
        }
        cap *= 4;
    }
}

/* The tag of a line that is otherwise wrong. */
static struct span tag_of(struct span line)
{
    struct parse p;
    struct span tag = {0};
    parse_init(&p, line, 0, NULL);
    bool ok = imap_parse_tag(&p, &tag) == PARSE_OK && parse_peek(&p) == ' ';
    return ok ? tag : (struct span){0};
}

/* Each line that has no tag of its own gets this one, "*" for the greeting. */
static void send_override(struct service *service, struct span tag, const char *reply)
{
    struct buffer *out = &service->out;
    for (struct span rest = span_text(reply); rest.len != 0;) {
        const uint8_t *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end == NULL ? rest.len : (size_t)(end - rest.ptr);
        if (rest.ptr[0] != '*' && rest.ptr[0] != '+') {
            buffer_append(out, tag);
            buffer_text(out, " ");
        }
        buffer_append(out, span_sub(rest, 0, len));
        buffer_text(out, "\r\n");
        rest = span_from(rest, end == NULL ? len : len + 1);
    }
}

static void execute_parsed(struct imap_service *imap, const struct imap_command *command,
                           const char *reply)
{
    if (reply != NULL) {
        send_override(&imap->service, imap->tag, reply);
        return;
    }
    imap_execute(imap, command);
}

/* What stands behind the name of the command, in its first line. */
static struct span arguments_of(struct span unit, struct span verb)
{
    size_t start = verb.len == 0 ? unit.len : (size_t)(verb.ptr - unit.ptr) + verb.len + 1;
    struct span rest = span_from(unit, start);
    size_t len = service_line(rest);
    return span_sub(rest, 0, len == 0 ? 0 : len - 2);
}

static void feed_unit(struct imap_service *imap, struct span unit)
{
    struct service *service = &imap->service;
    struct imap_command command;
    struct parse p;
    char text[160];
    enum parse_rc rc = parse(imap, unit, &p, &command);
    imap->tag = rc == PARSE_OK ? command.tag : tag_of(unit);
    imap->command = rc == PARSE_OK ? &command : NULL;
    struct span verb = command.name;
    const char *reply = service_override(service, verb, arguments_of(unit, verb));
    service_note_command(service, verb);
    bool octets = rc == PARSE_BAD && p.err.rule == RULE_IMAP_QUOTED_8BIT && imap->utf8;
    if (octets && imap_has_fault(imap, FAULT_IMAP_UTF8_INVALID)) {
        imap_ok(imap, "Done");
    } else if (rc == PARSE_OK || reply != NULL) {
        execute_parsed(imap, &command, reply);
    } else if (p.err.rule == RULE_LIMIT_ARENA || p.err.rule == RULE_LIMIT_DEPTH) {
        imap_no(imap, IMAP_CODE_LIMIT, "The command is too long or too deep");
    } else {
        struct out o;
        out_init(&o, text, sizeof text - 1);
        out_text(&o, "Syntax error at octet ");
        out_number(&o, p.err.off + 1);
        out_text(&o, ", expected: ");
        out_text(&o, p.err.expected == NULL ? "" : p.err.expected);
        text[out_span(&o).len] = '\0';
        imap_bad(imap, text);
    }
    service_answered(service, verb);
    imap->command = NULL;
    imap->tag = (struct span){0};
    scratch_clear(&imap->scratch);
    if (imap->arena.cap > BLOCK_KEEP) {
        set_block(imap, BLOCK_MIN);
    }
}

/* --- lines and literals ------------------------------------------------------------------------
 */

static void input_reset(struct imap_service *imap)
{
    struct imap_input *input = &imap->input;
    buffer_drop(&input->unit, input->unit.len);
    if (input->unit.cap > BLOCK_KEEP) {
        buffer_fini(&input->unit);
    }
    input->line_start = 0;
    input->literal_left = 0;
    input->refused = false;
    input->too_big = false;
}

static void refuse_unit(struct imap_service *imap)
{
    imap->tag = tag_of(buffer_span(&imap->input.unit));
    if (imap->input.too_big && imap->tag.len != 0) {
        imap_no(imap, IMAP_CODE_TOOBIG, "The message is too big");
    } else {
        imap_bad(imap, "The command is too long");
    }
    imap->tag = (struct span){0};
    input_reset(imap);
}

/* APPEND may bring whole messages; other commands not. */
static bool is_append(const struct imap_service *imap)
{
    struct span unit = buffer_span(&imap->input.unit);
    size_t tag = 0;
    while (tag < unit.len && unit.ptr[tag] != ' ') {
        tag++;
    }
    return imap->phase != IMAP_PHASE_GUEST && span_is(span_sub(unit, tag + 1, 7), "APPEND ");
}

static size_t unit_max(const struct imap_service *imap)
{
    size_t line = imap->service.config->line_max;
    if (imap_has_fault(imap, FAULT_IMAP_LINE_SHORT)) {
        return IMAP_FAULTY_LINE_MAX;
    }
    line = line != 0 ? line : imap->phase == IMAP_PHASE_GUEST ? IMAP_EARLY_MAX : IMAP_LINE_MAX;
    return line;
}

/* The literal that a line announces: kept if there is room. */
static void begin_literal(struct imap_service *imap, const struct literal_head *head)
{
    struct imap_input *input = &imap->input;
    bool append = is_append(imap);
    uint64_t most = append ? store_message_octets_max(imap->service.config->store) : unit_max(imap);
    uint64_t all = append ? most * 2 : most;
    if (!input->refused && (head->len > most || input->unit.len > all - head->len)) {
        input->refused = true;
        input->too_big = append;
    }
    if (head->nonsync && !imap_has_fault(imap, FAULT_IMAP_LITERAL_MINUS_WAITS)) {
        input->literal_left = head->len;
    } else if (input->refused) {
        refuse_unit(imap);
    } else {
        input->literal_left = head->len;
        imap_continue(imap, "go ahead");
    }
}

static size_t feed_literal(struct imap_input *input, struct span in)
{
    size_t len = in.len < input->literal_left ? in.len : (size_t)input->literal_left;
    if (!input->refused) {
        buffer_append(&input->unit, span_sub(in, 0, len));
    }
    input->literal_left -= len;
    input->line_start = input->unit.len;
    return len;
}

/* A line of an exchange that is not a command: of AUTHENTICATE or IDLE. */
static size_t feed_other(struct imap_service *imap, struct span in)
{
    size_t len = service_line(in);
    struct parse p;
    if (len == 0 && in.len <= IMAP_LINE_MAX) {
        return 0;
    }
    imap->tag = buffer_span(&imap->kept);
    if (len == 0) {
        imap_bye(imap, IMAP_CODE_NONE, "Line too long");
        len = in.len;
    } else if (imap->mode == IMAP_MODE_SASL) {
        imap_feed_sasl(imap, span_sub(in, 0, len - 2));
    } else {
        imap->mode = IMAP_MODE_COMMAND;
        parse_init(&p, span_sub(in, 0, len), 0, NULL);
        if (imap_parse_done(&p) == PARSE_OK) {
            mail_view_sync(imap, true);
            imap_ok(imap, "Idled");
        } else {
            imap_bad(imap, "DONE was expected");
        }
    }
    imap->tag = (struct span){0};
    if (imap->mode == IMAP_MODE_COMMAND) {
        buffer_fini(&imap->kept);
    }
    scratch_clear(&imap->scratch);
    return len;
}

static size_t feed_command_line(struct imap_service *imap, struct span in)
{
    struct imap_input *input = &imap->input;
    struct literal_head head;
    size_t len = service_line(in);
    size_t before = input->unit.len - input->line_start;
    if (len == 0 && in.len + before <= unit_max(imap)) {
        return 0;
    }
    if (!input->refused && (len == 0 ? in.len : len) + before > unit_max(imap)) {
        buffer_append(&input->unit, span_sub(in, 0, TAIL));
        input->refused = true;
    }
    if (len == 0) {
        return in.len - (in.len < TAIL ? in.len : TAIL);
    }
    if (!input->refused) {
        buffer_append(&input->unit, span_sub(in, 0, len));
    }
    if (frame_literal_head(span_sub(in, 0, len), &head)) {
        begin_literal(imap, &head);
    } else if (input->refused) {
        refuse_unit(imap);
    } else {
        feed_unit(imap, buffer_span(&input->unit));
        input_reset(imap);
    }
    return len;
}

static size_t feed(struct service *service, struct span in)
{
    struct imap_service *imap = of(service);
    size_t taken = 0;
    while (service_may_go_on(service)) {
        struct span rest = span_from(in, taken);
        size_t len = 0;
        if (imap->input.literal_left != 0) {
            len = feed_literal(&imap->input, rest);
        } else if (imap->mode != IMAP_MODE_COMMAND) {
            len = feed_other(imap, rest);
        } else {
            len = feed_command_line(imap, rest);
        }
        taken += len;
        if (len == 0) {
            break;
        }
    }
    return taken;
}

/* --- the conversation --------------------------------------------------------------------------
 */

static void open_imap(struct service *service)
{
    struct imap_service *imap = of(service);
    const char *reply = service_override(service, SPAN_LIT("GREETING"), (struct span){0});
    service_note_command(service, SPAN_LIT("GREETING"));
    struct imap_code code = imap_capability_code(imap);
    if (reply != NULL) {
        send_override(service, SPAN_LIT("*"), reply);
    } else if (imap_has_fault(imap, FAULT_IMAP_GREETING_PREAUTH_LESS)) {
        service_print(service, "OK IMAP4rev1 ready\r\n");
    } else {
        imap_untagged(imap, IMAP_RESPONSE_OK, &code, "The IMAP server is ready");
    }
    service_answered(service, SPAN_LIT("GREETING"));
    scratch_clear(&imap->scratch);
}

/* RFC 3501 section 6.2.1: what was learnt before TLS is forgotten. */
static void tls_started(struct service *service)
{
    input_reset(of(service));
}

/* Only IDLE permits to speak unasked about everything; other changes wait for a command. */
static void tell_changes(struct service *service)
{
    struct imap_service *imap = of(service);
    if (imap->mode == IMAP_MODE_IDLE) {
        mail_view_sync(imap, true);
        scratch_clear(&imap->scratch);
    }
}

/* RFC 3501 section 3.4 */
static void farewell(struct service *service, enum service_end why)
{
    imap_bye(of(service), IMAP_CODE_NONE,
             why == SERVICE_IDLE ? "Autologout; idle for too long" : "The server shuts down");
}

static void free_imap(struct service *service)
{
    struct imap_service *imap = of(service);
    mail_view_close(imap);
    sasl_server_free(&imap->sasl);
    buffer_fini(&imap->input.unit);
    buffer_fini(&imap->kept);
    scratch_clear(&imap->scratch);
    memory_free(imap->block);
    memory_free(imap);
}

struct service *imap_service_new(void)
{
    static const struct service_type type = {
        .open = open_imap,
        .feed = feed,
        .tls_started = tls_started,
        .changed = tell_changes,
        .farewell = farewell,
        .free = free_imap,
        .idle_ms = 30 * 60 * 1000, /* RFC 3501 section 5.4 */
    };
    struct imap_service *imap = memory_zero(1, sizeof *imap);
    imap->service.type = &type;
    return &imap->service;
}
