/* SPDX-License-Identifier: MIT */
/* LIST, LSUB and their options (RFC 3501, 5258, 5819, 6154, RFC 9051 section 6.3.9). */
#include "server/imap.h"

enum { PATTERN_MAX = 2000 };

static const struct {
    uint32_t bit;
    const char *name;
} uses[] = {
    {SPECIAL_ALL, "\\All"},         {SPECIAL_ARCHIVE, "\\Archive"}, {SPECIAL_DRAFTS, "\\Drafts"},
    {SPECIAL_FLAGGED, "\\Flagged"}, {SPECIAL_JUNK, "\\Junk"},       {SPECIAL_SENT, "\\Sent"},
    {SPECIAL_TRASH, "\\Trash"},
};

struct listing {
    struct imap_service *imap;
    bool lsub;
    bool subscribed; /* only those */
    bool special;    /* only those with a special use */
    bool recursive;
    bool show_subscribed;
    bool rights; /* MYRIGHTS behind each */
    const struct imap_item *status;
    const struct span *patterns;
    size_t pattern_count;
};

/* --- patterns ----------------------------------------------------------------------------------
 */

/* RFC 3501 section 6.3.8: "*" stands for any octets, "%" for any but the separator. row[j]: the
   pattern so far matches the first j octets. */
static bool matches(struct span pattern, struct span name, bool across)
{
    bool row[STORE_NAME_MAX + 1] = {true};
    bool nocase = span_is(name, "INBOX");
    for (size_t i = 0; i < pattern.len; i++) {
        uint8_t p = pattern.ptr[i];
        if (p == '*' || p == '%') {
            for (size_t j = 1; j <= name.len; j++) {
                row[j] = row[j] || (row[j - 1] && (p == '*' || across || name.ptr[j - 1] != '/'));
            }
            continue;
        }
        for (size_t j = name.len; j > 0; j--) {
            uint8_t n = name.ptr[j - 1];
            row[j] = row[j - 1] && (n == p || (nocase && octet_lower(n) == octet_lower(p)));
        }
        row[0] = false;
    }
    return row[name.len];
}

static bool matches_any(const struct listing *l, struct span name)
{
    bool across = imap_has_fault(l->imap, FAULT_IMAP_LIST_PERCENT);
    for (size_t i = 0; i < l->pattern_count; i++) {
        if (name.len <= STORE_NAME_MAX && matches(l->patterns[i], name, across)) {
            return true;
        }
    }
    return false;
}

/* --- one name ----------------------------------------------------------------------------------
 */

static void add_flag(struct imap_service *imap, struct imap_list *list, const char *text)
{
    struct imap_list_flag *flag = scratch_take(&imap->scratch, sizeof *flag);
    flag->text = span_text(text);
    flag->next = list->flags;
    list->flags = flag;
    list->flag_count++;
}

static void add_attributes(struct imap_service *imap, struct imap_list *list,
                           const struct mailbox *mailbox)
{
    bool wrong = imap_has_fault(imap, FAULT_IMAP_CHILDREN_WRONG);
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        if ((mailbox->special_use & uses[i].bit) != 0 &&
            !imap_has_fault(imap, FAULT_IMAP_SPECIAL_USE_LOST)) {
            add_flag(imap, list, uses[i].name);
        }
    }
    add_flag(imap, list,
             mailbox_has_children(mailbox) != wrong ? "\\HasChildren" : "\\HasNoChildren");
    if (mailbox->no_select && !imap_has_fault(imap, FAULT_IMAP_NOSELECT_HIDDEN)) {
        add_flag(imap, list, "\\Noselect");
    }
}

static void send_name(struct imap_service *imap, bool lsub, struct imap_list *list,
                      struct span name)
{
    struct imap_response response = {.kind = IMAP_UNTAGGED,
                                     .type = lsub ? IMAP_RESPONSE_LSUB : IMAP_RESPONSE_LIST};
    list->delimiter = (struct imap_string){.form = IMAP_QUOTED, .text = SPAN_LIT("/")};
    if (imap_has_fault(imap, FAULT_IMAP_LIST_DELIMITER)) {
        list->delimiter.text = SPAN_LIT("//");
    }
    list->mailbox = imap_name_write(imap, name);
    response.as.list = *list;
    imap_send(imap, &response);
}

void imap_send_list(struct imap_service *imap, const struct mailbox *mailbox)
{
    struct imap_list list = {0};
    add_attributes(imap, &list, mailbox);
    send_name(imap, false, &list, span_text(mailbox->name));
}

static bool is_below(struct span name, struct span parent)
{
    return name.len > parent.len && name.ptr[parent.len] == '/' &&
           span_equal(span_sub(name, 0, parent.len), parent);
}

/* A subscribed name below this one that the patterns do not show by itself. */
static bool has_hidden_child(const struct listing *l, struct span name)
{
    const struct user *user = l->imap->user;
    for (size_t i = 0; i < user->subscription_count; i++) {
        struct span other = span_text(user->subscriptions[i]);
        if (is_below(other, name) && !matches_any(l, other)) {
            return true;
        }
    }
    return false;
}

static void show(const struct listing *l, struct span name)
{
    struct imap_service *imap = l->imap;
    const struct mailbox *mailbox = user_mailbox(imap->user, name);
    bool subscribed = user_is_subscribed(imap->user, name);
    bool child = l->recursive && has_hidden_child(l, name);
    struct imap_list list = {0};
    if (!matches_any(l, name) || (l->subscribed && !subscribed && !child) ||
        (l->special && (mailbox == NULL || mailbox->special_use == 0)) ||
        (mailbox == NULL && !l->subscribed)) {
        return;
    }
    if (mailbox == NULL) {
        add_flag(imap, &list, l->lsub ? "\\Noselect" : "\\NonExistent");
    } else {
        add_attributes(imap, &list, mailbox);
    }
    if (subscribed && l->show_subscribed && !l->lsub) {
        add_flag(imap, &list, "\\Subscribed");
    }
    struct imap_value word = {.string = {.form = IMAP_QUOTED, .text = SPAN_LIT("SUBSCRIBED")}};
    struct imap_list_item info = {.tag = {.form = IMAP_QUOTED, .text = SPAN_LIT("CHILDINFO")},
                                  .value = {.list = true, .first = &word}};
    list.extended = child;
    list.items = child ? &info : NULL;
    bool early = imap_has_fault(imap, FAULT_IMAP_MYRIGHTS_EARLY);
    if (l->rights && mailbox != NULL && early) {
        imap_send_my_rights(imap, mailbox);
    }
    send_name(imap, l->lsub, &list, name);
    if (l->rights && mailbox != NULL && !early) {
        imap_send_my_rights(imap, mailbox);
    }
    if (l->status != NULL && mailbox != NULL && !mailbox->no_select) {
        imap_send_status(imap, mailbox, l->status);
    }
}

/* RFC 3501 section 6.3.9: "%" shows a name that is not subscribed, for what is below it. */
static void show_lsub_parents(const struct listing *l)
{
    const struct user *user = l->imap->user;
    struct span last = {0};
    for (size_t i = 0; i < user->subscription_count; i++) {
        struct span name = span_text(user->subscriptions[i]);
        for (size_t end = 1; end < name.len; end++) {
            struct span parent = span_sub(name, 0, end);
            struct imap_list list = {0};
            if (name.ptr[end] != '/' || span_equal(parent, last) || is_below(last, parent) ||
                user_is_subscribed(user, parent) || !matches_any(l, parent) ||
                matches_any(l, name)) {
                continue;
            }
            last = parent;
            add_flag(l->imap, &list, "\\Noselect");
            send_name(l->imap, true, &list, parent);
        }
    }
}

/* Mailboxes and, where they are asked for, subscriptions, each name once. */
static void show_all(const struct listing *l)
{
    const struct user *user = l->imap->user;
    for (size_t i = 0; i < user->mailbox_count; i++) {
        show(l, span_text(user->mailboxes[i]->name));
    }
    for (size_t i = 0; l->subscribed && i < user->subscription_count; i++) {
        struct span name = span_text(user->subscriptions[i]);
        if (user_mailbox(user, name) == NULL) {
            show(l, name);
        }
    }
}

/* --- the command -------------------------------------------------------------------------------
 */

static struct span join(struct imap_service *imap, struct span reference,
                        const struct imap_string *pattern)
{
    struct span tail = imap_name_of(imap, pattern);
    uint8_t *text = scratch_take(&imap->scratch, reference.len + tail.len + 1);
    if (reference.len != 0) {
        memcpy(text, reference.ptr, reference.len);
    }
    if (tail.len != 0) {
        memcpy(text + reference.len, tail.ptr, tail.len);
    }
    return (struct span){text, reference.len + tail.len};
}

/* All atoms of the list are among these words. */
static bool are_known(const struct imap_item *list, const char *const *words, size_t count)
{
    const struct imap_item *item = list == NULL ? NULL : list->list;
    for (; item != NULL; item = item->next) {
        bool found = item->form != IMAP_ITEM_ATOM;
        for (size_t i = 0; i < count; i++) {
            found = found || span_is(item->atom, words[i]);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static bool read_options(struct listing *l, const struct imap_list_command *list)
{
    static const char *const selects[] = {"SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"};
    static const char *const returns[] = {"SUBSCRIBED", "CHILDREN", "STATUS", "SPECIAL-USE",
                                          "MYRIGHTS"};
    const struct imap_item *select = list->select;
    const struct imap_item *options = list->options;
    l->subscribed = imap_item_find(select, "SUBSCRIBED") != NULL;
    l->special = imap_item_find(select, "SPECIAL-USE") != NULL;
    l->recursive = imap_item_find(select, "RECURSIVEMATCH") != NULL;
    l->show_subscribed = l->subscribed || imap_item_find(options, "SUBSCRIBED") != NULL;
    l->rights = imap_item_find(options, "MYRIGHTS") != NULL;
    const struct imap_item *status = imap_item_find(options, "STATUS");
    l->status = status == NULL || status->next == NULL ? NULL : status->next->list;
    if (!are_known(select, selects, sizeof selects / sizeof selects[0]) ||
        !are_known(options, returns, sizeof returns / sizeof returns[0]) ||
        (l->status != NULL && !imap_status_known(l->status))) {
        return false;
    }
    /* RFC 5258 section 3.5: RECURSIVEMATCH wants another criterion that is not REMOTE. */
    return !l->recursive || l->subscribed || l->special;
}

/* RFC 3501 section 6.3.8: an empty pattern asks for the separator and the root. */
static void show_root(struct imap_service *imap, bool lsub)
{
    struct imap_list list = {0};
    add_flag(imap, &list, "\\Noselect");
    send_name(imap, lsub, &list, (struct span){0});
}

static void list_patterns(struct listing *l, struct span reference,
                          const struct imap_strings *strings)
{
    struct span *patterns =
        scratch_take(&l->imap->scratch, sizeof *patterns * (strings->count + 1));
    const struct imap_string_list *s = strings->first;
    for (; s != NULL; s = s->next) {
        struct span pattern = join(l->imap, reference, &s->value);
        if (pattern.len <= PATTERN_MAX) {
            patterns[l->pattern_count++] = pattern;
        }
    }
    l->patterns = patterns;
    show_all(l);
}

void imap_do_list(struct imap_service *imap, const struct imap_command *command)
{
    struct listing l = {.imap = imap, .lsub = command->type == IMAP_COMMAND_LSUB};
    struct imap_string_list one = {0};
    struct imap_strings strings = command->list.patterns;
    const struct imap_mailbox *reference = &command->list.reference;
    bool plain = l.lsub || (command->list.select == NULL && !command->list.pattern_list);
    if (l.lsub) {
        one.value = command->arguments->string;
        strings = (struct imap_strings){.first = &one, .count = 1};
        reference = &command->mailbox;
        l.subscribed = !imap_has_fault(imap, FAULT_IMAP_LSUB_ALL);
    } else if (!read_options(&l, &command->list)) {
        imap_bad(imap, "Options that are not known or do not go together");
        return;
    }
    struct span prefix = imap_name_of(imap, &reference->name);
    if (plain && strings.count == 1 && strings.first->value.text.len == 0) {
        show_root(imap, l.lsub);
    } else {
        list_patterns(&l, prefix, &strings);
        if (l.lsub) {
            show_lsub_parents(&l);
        }
    }
    mail_view_sync(imap, true);
    imap_ok(imap, "That is the list");
}
