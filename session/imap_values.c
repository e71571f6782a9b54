/* SPDX-License-Identifier: MIT */
/* What an RFC says of a value beyond its ABNF: rights, entry names, limits, modifiers that need one
   another. */
#include "session/imap_judge.h"

/* RFC 4314 section 7: rights = astring ;; only lowercase ASCII letters and digits are allowed */
static bool are_rights(struct span rights)
{
    for (size_t i = 0; i < rights.len; i++) {
        uint8_t octet = rights.ptr[i];
        if (!(octet >= 'a' && octet <= 'z') && !octet_is(octet, CLASS_DIGIT)) {
            return false;
        }
    }
    return true;
}

/* Without the sign of mod-rights. */
static struct span without_sign(struct span rights)
{
    bool sign = rights.len > 0 && (rights.ptr[0] == '+' || rights.ptr[0] == '-');
    return span_from(rights, sign);
}

/* RFC 5464 section 3.2: what no name of an entry may have. */
static bool is_entry_name(struct span name)
{
    bool slash = false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t octet = name.ptr[i];
        if (octet == '*' || octet == '%' || octet < 0x1A || octet >= 0x80 ||
            (slash && octet == '/')) {
            return false;
        }
        slash = octet == '/';
    }
    return !slash;
}

static const struct imap_string *string_of(const struct imap_item *item)
{
    return item->form == IMAP_ITEM_STRING ? &item->string : NULL;
}

/* The names among the arguments of GETMETADATA, or every second one of SETMETADATA. */
static bool are_entries(const struct imap_item *items, bool pairs)
{
    const struct imap_item *item = items;
    item = item != NULL && item->form == IMAP_ITEM_LIST ? item->list : item;
    while (item != NULL) {
        const struct imap_string *name = string_of(item);
        if (name != NULL && !name->escaped && !is_entry_name(name->text)) {
            return false;
        }
        item = pairs && item->next != NULL ? item->next->next : item->next;
    }
    return true;
}

static void judge_modifiers(struct session *s, const struct frame_unit *unit,
                            const struct imap_command *c)
{
    bool vanished = imap_item_find(c->params, "VANISHED") != NULL;
    if (vanished && (c->uid.len == 0 || imap_item_find(c->params, "CHANGEDSINCE") == NULL)) {
        session_report_unit(s, SIDE_CLIENT, unit, RULE_IMAP_FETCH_VANISHED,
                            c->uid.len > 0 ? "CHANGEDSINCE beside VANISHED" : "UID FETCH");
    }
}

static void judge_rights(struct session *s, const struct frame_unit *unit,
                         const struct imap_command *c)
{
    const struct imap_item *identifier = c->arguments;
    const struct imap_item *rights = identifier == NULL ? NULL : identifier->next;
    const struct imap_string *text = rights == NULL ? NULL : string_of(rights);
    if (text != NULL && !text->escaped && !are_rights(without_sign(text->text))) {
        session_report_unit(s, SIDE_CLIENT, unit, RULE_IMAP_RIGHTS, "letters a to z and digits");
    }
}

/* RFC 5465 section 5: the message events that go together, of one event group. */
static bool are_paired(const struct imap_item *group)
{
    const struct imap_item *events = NULL;
    for (const struct imap_item *i = group->list; i != NULL; i = i->next) {
        events = i->form == IMAP_ITEM_LIST ? i : events;
    }
    bool added = imap_item_find(events, "MessageNew") != NULL;
    bool gone = imap_item_find(events, "MessageExpunge") != NULL;
    bool changed = imap_item_find(events, "FlagChange") != NULL ||
                   imap_item_find(events, "AnnotationChange") != NULL;
    return added == gone && (!changed || added);
}

/* What a FETCH of each new message should bring, is asked for in a mailbox that is not selected. */
static bool is_fetched_elsewhere(const struct imap_item *group)
{
    const struct imap_item *filter = group->list;
    bool selected = filter == NULL || span_is(filter->atom, "selected") ||
                    span_is(filter->atom, "selected-delayed");
    bool fetch = false;
    for (const struct imap_item *i = filter; i != NULL; i = i->next) {
        const struct imap_item *event = i->form == IMAP_ITEM_LIST ? i->list : NULL;
        for (; event != NULL; event = event->next) {
            fetch = fetch || event->form == IMAP_ITEM_FETCH;
        }
    }
    return fetch && !selected;
}

static void judge_notify(struct session *s, const struct frame_unit *unit,
                         const struct imap_command *c)
{
    for (const struct imap_item *i = c->arguments; i != NULL; i = i->next) {
        if (i->form == IMAP_ITEM_LIST && !are_paired(i)) {
            session_report_unit(s, SIDE_CLIENT, unit, RULE_IMAP_NOTIFY_PAIR,
                                "MessageNew and MessageExpunge, both");
            return;
        }
        if (i->form == IMAP_ITEM_LIST && is_fetched_elsewhere(i)) {
            session_report_unit(s, SIDE_CLIENT, unit, RULE_IMAP_NOTIFY_FETCH,
                                "attributes for SELECTED only");
            return;
        }
    }
}

/* RFC 9394 section 3.1: one PARTIAL or ALL at most. */
static void judge_return(struct session *s, const struct frame_unit *unit,
                         const struct imap_command *c)
{
    unsigned count = 0;
    const struct imap_item *options = c->search.options;
    options = options != NULL && options->form == IMAP_ITEM_LIST ? options->list : options;
    for (const struct imap_item *i = options; i != NULL; i = i->next) {
        bool atom = i->form == IMAP_ITEM_ATOM;
        count += atom && (span_is(i->atom, "PARTIAL") || span_is(i->atom, "ALL"));
    }
    if (count > 1) {
        session_report_unit(s, SIDE_CLIENT, unit, RULE_IMAP_PARTIAL_ALL, "either PARTIAL or ALL");
    }
}

void imap_judge_arguments(struct session *s, const struct frame_unit *unit,
                          const struct imap_command *c)
{
    bool get = c->type == IMAP_COMMAND_GETMETADATA;
    bool set = c->type == IMAP_COMMAND_SETMETADATA;
    if (c->type == IMAP_COMMAND_SEARCH && c->search.charset_word.len > 0 &&
        imap_names_has(&s->as.imap.enabled, SPAN_LIT("UTF8=ACCEPT"))) {
        session_report_unit(s, SIDE_CLIENT, unit, RULE_IMAP_UTF8_CHARSET, "SEARCH without CHARSET");
    }
    if (c->type == IMAP_COMMAND_FETCH) {
        judge_modifiers(s, unit, c);
    } else if (c->type == IMAP_COMMAND_NOTIFY) {
        judge_notify(s, unit, c);
    } else if (c->search.options != NULL) {
        judge_return(s, unit, c);
    } else if (c->type == IMAP_COMMAND_SETACL) {
        judge_rights(s, unit, c);
    } else if ((get || set) && !are_entries(c->arguments, set)) {
        session_report_unit(s, SIDE_CLIENT, unit, RULE_IMAP_ENTRY_NAME,
                            "another name of the entry");
    }
}

void imap_judge_acl(const struct imap_judge *j)
{
    const struct imap_acl *acl = &j->r->as.acl;
    bool right = are_rights(acl->rights.text);
    for (const struct imap_acl_entry *e = acl->first; e != NULL; e = e->next) {
        right = right && are_rights(e->rights.text);
    }
    for (const struct imap_string_list *o = acl->optional.first; o != NULL; o = o->next) {
        right = right && are_rights(o->value.text);
    }
    if (!right) {
        imap_report(j, RULE_IMAP_RIGHTS, "letters a to z and digits");
    }
}

/* RFC 7889 section 2, RFC 9738 section 5: a value that is no number. */
void imap_judge_limits(const struct imap_judge *j, const struct imap_capabilities *list)
{
    for (const struct imap_capability *c = list->first; c != NULL; c = c->next) {
        struct parse p;
        parse_init(&p, c->name, 0, NULL);
        bool append = parse_text(&p, SPAN_LIT("APPENDLIMIT="));
        bool messages = !append && (parse_text(&p, SPAN_LIT("MESSAGELIMIT=")) ||
                                    parse_text(&p, SPAN_LIT("SAVELIMIT=")));
        struct span number = parse_run(&p, CLASS_DIGIT);
        bool wrong = number.len == 0 || !parse_at_end(&p);
        if (append && wrong) {
            imap_report(j, RULE_IMAP_APPENDLIMIT, "APPENDLIMIT= and a number");
        } else if (messages && (wrong || number.ptr[0] == '0')) {
            imap_report(j, RULE_IMAP_MESSAGELIMIT, "a number that is not 0");
        }
    }
    if (imap_capabilities_has(list, SPAN_LIT("UTF8=ONLY")) &&
        imap_capabilities_has(list, SPAN_LIT("UTF8=ACCEPT"))) {
        imap_report(j, RULE_IMAP_UTF8_BOTH, "UTF8=ONLY alone");
    }
}
