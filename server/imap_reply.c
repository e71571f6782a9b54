/* SPDX-License-Identifier: MIT */
/* IMAP responses, made of the emit functions. */
#include "server/imap.h"

/* Faults of what was written, whose last octets are CRLF; its length from then on. */
static size_t break_grammar(const struct imap_service *imap, const struct imap_response *response,
                            struct out *o)
{
    bool unclosed = response->kind == IMAP_UNTAGGED && response->type == IMAP_RESPONSE_FETCH &&
                    imap_has_fault(imap, FAULT_IMAP_FETCH_UNCLOSED);
    if (unclosed) {
        o->ptr[o->len - 3] = '\r';
        o->ptr[o->len - 2] = '\n';
        o->len--;
    }
    if (response->kind == IMAP_UNTAGGED && response->type == IMAP_RESPONSE_FLAGS &&
        imap_has_fault(imap, FAULT_IMAP_FLAGS_COMMAS)) {
        for (size_t i = sizeof "* FLAGS "; i < o->len; i++) {
            o->ptr[i] = o->ptr[i] == ' ' ? ',' : o->ptr[i];
        }
    }
    return o->len;
}

void imap_send(struct imap_service *imap, const struct imap_response *response)
{
    struct out o;
    out_init(&o, NULL, 0);
    imap_emit_response(&o, response);
    size_t len = o.len;
    out_init(&o, buffer_room(&imap->service.out, len), len);
    imap_emit_response(&o, response);
    len = break_grammar(imap, response, &o);
    bool lf = response->kind != IMAP_CONTINUE && imap_has_fault(imap, FAULT_IMAP_LINE_LF);
    if (lf) {
        o.ptr[len - 2] = '\n';
    }
    buffer_grew(&imap->service.out, lf ? len - 1 : len);
}

void imap_answer_code(struct imap_service *imap, enum imap_response_type type,
                      const struct imap_code *code, const char *text)
{
    struct imap_response response = {.kind = IMAP_TAGGED, .type = type, .tag = imap->tag};
    if (imap_has_fault(imap, FAULT_IMAP_TAG_LOST)) {
        response.kind = IMAP_UNTAGGED;
    } else if (imap_has_fault(imap, FAULT_IMAP_TAG_OTHER)) {
        response.tag = SPAN_LIT("x9999");
    }
    response.as.text.code = *code;
    response.as.text.text = span_text(text);
    imap_send(imap, &response);
}

void imap_answer(struct imap_service *imap, enum imap_response_type type, enum imap_code_kind code,
                 const char *text)
{
    imap_answer_code(imap, type, &(struct imap_code){.kind = code}, text);
}

void imap_bad(struct imap_service *imap, const char *text)
{
    unsigned max = imap->service.config->errors_max;
    if (imap->tag.len == 0) {
        imap_untagged(imap, IMAP_RESPONSE_BAD, &(struct imap_code){0}, text);
    } else {
        imap_answer(
            imap, imap_has_fault(imap, FAULT_IMAP_BAD_AS_OK) ? IMAP_RESPONSE_OK : IMAP_RESPONSE_BAD,
            IMAP_CODE_NONE, text);
    }
    if (++imap->errors >= (max == 0 ? IMAP_ERRORS_MAX : max)) {
        imap_bye(imap, IMAP_CODE_CLIENTBUG, "Too many bad commands");
    }
}

void imap_refuse(struct imap_service *imap, enum store_rc rc)
{
    static const struct {
        enum imap_code_kind code;
        const char *text;
    } answers[] = {
        [STORE_OK] = {IMAP_CODE_NONE, "Done"},
        [STORE_EXISTS] = {IMAP_CODE_ALREADYEXISTS, "There is such a mailbox already"},
        [STORE_NONEXISTENT] = {IMAP_CODE_NONEXISTENT, "There is no such mailbox"},
        [STORE_BAD_NAME] = {IMAP_CODE_CANNOT, "This cannot be done with this name"},
        [STORE_NO_SELECT] = {IMAP_CODE_CANNOT, "The mailbox holds no messages"},
        [STORE_HAS_CHILDREN] = {IMAP_CODE_HASCHILDREN, "The mailbox has children"},
        [STORE_TOO_BIG] = {IMAP_CODE_TOOBIG, "The message is too big"},
        [STORE_OVER_QUOTA] = {IMAP_CODE_OVERQUOTA, "There is no more room"},
    };
    imap_no(imap, answers[rc].code, answers[rc].text);
}

void imap_untagged(struct imap_service *imap, enum imap_response_type type,
                   const struct imap_code *code, const char *text)
{
    struct imap_response response = {.kind = IMAP_UNTAGGED, .type = type};
    response.as.text.code = *code;
    response.as.text.text = span_text(text);
    imap_send(imap, &response);
}

void imap_number(struct imap_service *imap, enum imap_response_type type, uint64_t number)
{
    struct imap_response response = {
        .kind = IMAP_UNTAGGED, .type = type, .numbered = true, .number = {number, 0}};
    imap_send(imap, &response);
}

void imap_continue(struct imap_service *imap, const char *text)
{
    if (imap_has_fault(imap, FAULT_IMAP_CONTINUE_BARE)) {
        buffer_text(&imap->service.out, "+\r\n");
        return;
    }
    buffer_text(&imap->service.out, "+ ");
    buffer_text(&imap->service.out, text);
    buffer_text(&imap->service.out, "\r\n");
}

void imap_bye(struct imap_service *imap, enum imap_code_kind code, const char *text)
{
    imap_untagged(imap, IMAP_RESPONSE_BYE, &(struct imap_code){.kind = code}, text);
    imap->service.next = SERVICE_CLOSE;
}

/* --- flags -------------------------------------------------------------------------------------
 */

static const struct {
    uint32_t bit;
    enum imap_flag_kind kind;
    const char *name;
} system_flags[] = {
    {FLAG_ANSWERED, IMAP_FLAG_ANSWERED, "\\Answered"},
    {FLAG_FLAGGED, IMAP_FLAG_FLAGGED, "\\Flagged"},
    {FLAG_DELETED, IMAP_FLAG_DELETED, "\\Deleted"},
    {FLAG_SEEN, IMAP_FLAG_SEEN, "\\Seen"},
    {FLAG_DRAFT, IMAP_FLAG_DRAFT, "\\Draft"},
};
enum { SYSTEM_COUNT = sizeof system_flags / sizeof system_flags[0] };

static void add_flag(struct imap_service *imap, struct imap_flags *list, struct imap_flag **last,
                     const char *text)
{
    struct imap_flag *flag = scratch_take(&imap->scratch, sizeof *flag);
    flag->text = span_text(text);
    flag->kind = imap_flag_kind_of(flag->text);
    if (*last == NULL) {
        list->first = flag;
    } else {
        (*last)->next = flag;
    }
    *last = flag;
    list->count++;
}

struct imap_flags imap_flags_of(struct imap_service *imap, struct flags flags, bool recent,
                                bool any)
{
    struct imap_flags list = {0};
    struct imap_flag *last = NULL;
    for (size_t i = 0; i < SYSTEM_COUNT; i++) {
        if ((flags.system & system_flags[i].bit) != 0) {
            add_flag(imap, &list, &last, system_flags[i].name);
        }
    }
    for (size_t i = 0; i < imap->user->keyword_count; i++) {
        if ((flags.keywords >> i & 1) != 0) {
            add_flag(imap, &list, &last, imap->user->keywords[i]);
        }
    }
    if (recent) {
        add_flag(imap, &list, &last, "\\Recent");
    }
    if (any) {
        add_flag(imap, &list, &last, "\\*");
    }
    return list;
}

bool imap_flags_read(struct imap_service *imap, const struct imap_flags *list, bool create,
                     struct flags *out)
{
    *out = (struct flags){0};
    for (const struct imap_flag *flag = list->first; flag != NULL; flag = flag->next) {
        for (size_t i = 0; i < SYSTEM_COUNT; i++) {
            out->system |= flag->kind == system_flags[i].kind ? system_flags[i].bit : 0;
        }
        if (flag->kind == IMAP_FLAG_KEYWORD) {
            uint64_t bit = user_keyword(imap->user, flag->text, create);
            if (bit == 0 && create) {
                return false;
            }
            out->keywords |= bit;
        }
    }
    return true;
}
