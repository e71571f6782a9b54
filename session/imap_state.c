/* SPDX-License-Identifier: MIT */
#include "session/imap_judge.h"

#include "parsers/core/word.h"

enum {
    N = 1U << 0, /* not authenticated */
    A = 1U << 1, /* authenticated */
    S = 1U << 2, /* selected */
};

/* RFC 9051 section 6 and the extensions: in which states a command may be used, and the capability
   that it belongs to (of the base protocol: none; rev2: IMAP4rev2 has it too; a name that ends in
   "=" is the beginning of one). */
static const struct {
    uint8_t states;
    bool rev2;
    const char *capability;
} table[IMAP_COMMAND_COUNT] = {
    [IMAP_COMMAND_UNKNOWN] = {N | A | S, false, NULL},
    [IMAP_COMMAND_CAPABILITY] = {N | A | S, false, NULL},
    [IMAP_COMMAND_LOGOUT] = {N | A | S, false, NULL},
    [IMAP_COMMAND_NOOP] = {N | A | S, false, NULL},
    [IMAP_COMMAND_ID] = {N | A | S, false, "ID"},
    [IMAP_COMMAND_STARTTLS] = {N, false, "STARTTLS"},
    [IMAP_COMMAND_AUTHENTICATE] = {N, false, NULL},
    [IMAP_COMMAND_LOGIN] = {N, false, NULL},
    [IMAP_COMMAND_ENABLE] = {A | S, true, "ENABLE"},
    [IMAP_COMMAND_SELECT] = {A | S, false, NULL},
    [IMAP_COMMAND_EXAMINE] = {A | S, false, NULL},
    [IMAP_COMMAND_CREATE] = {A | S, false, NULL},
    [IMAP_COMMAND_DELETE] = {A | S, false, NULL},
    [IMAP_COMMAND_RENAME] = {A | S, false, NULL},
    [IMAP_COMMAND_SUBSCRIBE] = {A | S, false, NULL},
    [IMAP_COMMAND_UNSUBSCRIBE] = {A | S, false, NULL},
    [IMAP_COMMAND_LIST] = {A | S, false, NULL},
    [IMAP_COMMAND_LSUB] = {A | S, false, NULL},
    [IMAP_COMMAND_XLIST] = {A | S, false, "XLIST"},
    [IMAP_COMMAND_RLIST] = {A | S, false, "MAILBOX-REFERRALS"},
    [IMAP_COMMAND_RLSUB] = {A | S, false, "MAILBOX-REFERRALS"},
    [IMAP_COMMAND_NAMESPACE] = {A | S, true, "NAMESPACE"},
    [IMAP_COMMAND_STATUS] = {A | S, false, NULL},
    [IMAP_COMMAND_APPEND] = {A | S, false, NULL},
    [IMAP_COMMAND_IDLE] = {A | S, true, "IDLE"},
    [IMAP_COMMAND_CHECK] = {S, false, NULL},
    [IMAP_COMMAND_CLOSE] = {S, false, NULL},
    [IMAP_COMMAND_UNSELECT] = {S, true, "UNSELECT"},
    [IMAP_COMMAND_EXPUNGE] = {S, false, NULL},
    [IMAP_COMMAND_SEARCH] = {S, false, NULL},
    [IMAP_COMMAND_FETCH] = {S, false, NULL},
    [IMAP_COMMAND_STORE] = {S, false, NULL},
    [IMAP_COMMAND_COPY] = {S, false, NULL},
    [IMAP_COMMAND_MOVE] = {S, true, "MOVE"},
    [IMAP_COMMAND_SORT] = {S, false, "SORT"},
    [IMAP_COMMAND_THREAD] = {S, false, "THREAD="},
    [IMAP_COMMAND_REPLACE] = {S, false, "REPLACE"},
    [IMAP_COMMAND_ESEARCH] = {A | S, false, "MULTISEARCH"},
    [IMAP_COMMAND_CANCELUPDATE] = {S, false, "CONTEXT="},
    [IMAP_COMMAND_SETACL] = {A | S, false, "ACL"},
    [IMAP_COMMAND_DELETEACL] = {A | S, false, "ACL"},
    [IMAP_COMMAND_GETACL] = {A | S, false, "ACL"},
    [IMAP_COMMAND_LISTRIGHTS] = {A | S, false, "ACL"},
    [IMAP_COMMAND_MYRIGHTS] = {A | S, false, "ACL"},
    [IMAP_COMMAND_GETQUOTA] = {A | S, false, "QUOTA"},
    [IMAP_COMMAND_GETQUOTAROOT] = {A | S, false, "QUOTA"},
    [IMAP_COMMAND_SETQUOTA] = {A | S, false, "QUOTA"},
    [IMAP_COMMAND_GETMETADATA] = {A | S, false, "METADATA"},
    [IMAP_COMMAND_SETMETADATA] = {A | S, false, "METADATA"},
    [IMAP_COMMAND_NOTIFY] = {A | S, false, "NOTIFY"},
    [IMAP_COMMAND_COMPRESS] = {A | S, false, "COMPRESS="},
    [IMAP_COMMAND_LANGUAGE] = {N | A | S, false, "LANGUAGE"},
    [IMAP_COMMAND_COMPARATOR] = {A | S, false, "I18NLEVEL=2"},
    [IMAP_COMMAND_GENURLAUTH] = {A | S, false, "URLAUTH"},
    [IMAP_COMMAND_RESETKEY] = {A | S, false, "URLAUTH"},
    [IMAP_COMMAND_URLFETCH] = {A | S, false, "URLAUTH"},
    [IMAP_COMMAND_UNAUTHENTICATE] = {A | S, false, "UNAUTHENTICATE"},
};

uint32_t imap_hash(struct span octets)
{
    static const uint64_t factor = 0x9E3779B97F4A7C15U;
    uint64_t hash = octets.len;
    size_t i = 0;
    for (; i + WORD_LEN <= octets.len; i += WORD_LEN) {
        hash = (hash ^ word_load(octets.ptr + i)) * factor;
        hash ^= hash >> 32;
    }
    for (; i < octets.len; i++) {
        hash = (hash ^ octets.ptr[i]) * factor;
    }
    hash ^= hash >> 32;
    return (uint32_t)hash == 0 ? 1 : (uint32_t)hash;
}

uint32_t imap_name_hash(struct span name)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ octet_lower(name.ptr[i])) * 16777619U;
    }
    return hash;
}

uint32_t imap_mailbox_hash(const struct imap_mailbox *mailbox)
{
    uint8_t text[IMAP_NAME_TEXT];
    struct out out;
    out_init(&out, text, sizeof text);
    imap_string_decode(&mailbox->name, &out);
    return mailbox->inbox ? imap_hash(SPAN_LIT("INBOX")) : imap_hash(out_span(&out));
}

bool imap_names_next(struct span *rest, struct span *out)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != ' ') {
        len++;
    }
    *out = span_sub(*rest, 0, len);
    *rest = span_from(*rest, len + 1);
    return len > 0;
}

static bool names_find(const struct imap_names *names, struct span wanted, bool prefix)
{
    struct span rest = {names->text, names->len};
    struct span name;
    while (imap_names_next(&rest, &name)) {
        if (prefix ? span_starts_nocase(name, wanted) : span_equal_nocase(name, wanted)) {
            return true;
        }
    }
    return false;
}

bool imap_names_has(const struct imap_names *names, struct span name)
{
    return names_find(names, name, false);
}

bool imap_names_has_prefix(const struct imap_names *names, struct span prefix)
{
    return names_find(names, prefix, true);
}

void imap_names_add(struct imap_names *names, const struct imap_capabilities *list)
{
    names->known = true;
    for (const struct imap_capability *c = list->first; c != NULL; c = c->next) {
        if (imap_names_has(names, c->name)) {
            continue;
        }
        /* Examples are shortened so. */
        names->cut = names->cut || span_is(c->name, "...");
        if (c->name.len + 1 > sizeof names->text - names->len) {
            names->cut = true;
            return;
        }
        memcpy(names->text + names->len, c->name.ptr, c->name.len);
        names->len += c->name.len;
        names->text[names->len++] = ' ';
        names->rev2 = names->rev2 || span_is(c->name, "IMAP4rev2");
    }
}

void imap_names_set(struct imap_names *names, const struct imap_capabilities *list)
{
    names->len = 0;
    names->stale = false;
    names->cut = false;
    names->rev2 = false;
    imap_names_add(names, list);
}

bool imap_lacks(const struct imap_session *imap, struct span name)
{
    const struct imap_names *names = &imap->capabilities;
    bool prefix = name.len > 0 && name.ptr[name.len - 1] == '=';
    return names->known && !names->stale && !names->cut && !names_find(names, name, prefix);
}

bool imap_has_rev2(const struct imap_session *imap)
{
    return imap->rev2 || imap->capabilities.rev2;
}

static uint8_t state_bit(enum imap_state state)
{
    static const uint8_t bits[] = {
        [IMAP_STATE_GREETING] = N,       [IMAP_STATE_NOT_AUTHENTICATED] = N,
        [IMAP_STATE_AUTHENTICATED] = A,  [IMAP_STATE_SELECTED] = S,
        [IMAP_STATE_LOGOUT] = N | A | S, [IMAP_STATE_UNKNOWN] = N | A | S,
    };
    return bits[state];
}

bool imap_state_allows(const struct imap_session *imap, enum imap_command_type type)
{
    return (table[type].states & state_bit(imap->state)) != 0;
}

bool imap_state_announced(const struct imap_session *imap, const struct imap_command *command)
{
    const char *capability = table[command->type].capability;
    bool rev2 = table[command->type].rev2;
    if (command->type == IMAP_COMMAND_EXPUNGE && command->uid.len > 0) {
        capability = "UIDPLUS";
        rev2 = true;
    }
    if (capability == NULL || (rev2 && imap_has_rev2(imap))) {
        return true;
    }
    bool metadata =
        command->type == IMAP_COMMAND_GETMETADATA || command->type == IMAP_COMMAND_SETMETADATA;
    return !imap_lacks(imap, span_text(capability)) ||
           (metadata && !imap_lacks(imap, SPAN_LIT("METADATA-SERVER")));
}

static void logged_in(struct session *s)
{
    struct imap_session *imap = &s->as.imap;
    imap->state = IMAP_STATE_AUTHENTICATED;
    imap->capabilities.stale = true;
    imap->offered = 0;
    imap->enabled_since = false;
}

static void unauthenticated(struct session *s)
{
    struct imap_session *imap = &s->as.imap;
    imap_view_reset(s);
    imap->state = IMAP_STATE_NOT_AUTHENTICATED;
    imap->capabilities.stale = true;
    imap->offered = 0;
    imap->enabled_since = false;
    imap->enabled = (struct imap_names){0};
    imap->rev2 = imap->utf8 = imap->qresync = imap->condstore = imap->notify = false;
}

static void selected(struct session *s, const struct imap_pending *pending, bool ok,
                     const struct imap_code *code)
{
    struct imap_session *imap = &s->as.imap;
    if (!ok) {
        /* The mailbox that was selected before is not any more, but for BAD, which changes
           nothing. */
        imap_view_reset(s);
        imap->state = IMAP_STATE_AUTHENTICATED;
        return;
    }
    imap->state = IMAP_STATE_SELECTED;
    imap->view.name_hash = pending->name_hash;
    imap->view.read_only =
        pending->type == IMAP_COMMAND_EXAMINE || code->kind == IMAP_CODE_READ_ONLY;
    imap->view.all_exists = imap->view.exists;
}

static void completed_ok(struct session *s, const struct imap_pending *pending,
                         const struct imap_response *reply)
{
    struct imap_session *imap = &s->as.imap;
    enum imap_command_type type = pending->type;
    if (type == IMAP_COMMAND_LOGIN || type == IMAP_COMMAND_AUTHENTICATE) {
        logged_in(s);
    } else if (type == IMAP_COMMAND_SELECT || type == IMAP_COMMAND_EXAMINE) {
        selected(s, pending, true, &reply->as.text.code);
    } else if (type == IMAP_COMMAND_CLOSE || type == IMAP_COMMAND_UNSELECT) {
        imap_view_reset(s);
        imap->state = IMAP_STATE_AUTHENTICATED;
    } else if (type == IMAP_COMMAND_UNAUTHENTICATE) {
        unauthenticated(s);
    } else if (type == IMAP_COMMAND_LOGOUT) {
        imap->state = IMAP_STATE_LOGOUT;
    }
    imap->tls_pending = type == IMAP_COMMAND_STARTTLS;
    imap->compress_pending = type == IMAP_COMMAND_COMPRESS;
    imap->enabled_since =
        (imap->enabled_since && !imap->compress_pending) || type == IMAP_COMMAND_ENABLE;
    imap->language = imap->language || type == IMAP_COMMAND_LANGUAGE;
    imap->condstore = imap->condstore || pending->condstore;
    if (type == IMAP_COMMAND_DELETE || type == IMAP_COMMAND_RENAME) {
        imap_known_forget(imap);
    }
    /* In an excerpt a command that worked tells the state. */
    if (imap->state == IMAP_STATE_UNKNOWN && table[type].states == S) {
        imap->state = IMAP_STATE_SELECTED;
    } else if (imap->state == IMAP_STATE_UNKNOWN && table[type].states == N) {
        imap->state = IMAP_STATE_NOT_AUTHENTICATED;
    }
}

void imap_state_completed(struct session *s, const struct imap_pending *pending,
                          const struct imap_response *reply)
{
    bool select = pending->type == IMAP_COMMAND_SELECT || pending->type == IMAP_COMMAND_EXAMINE;
    if (reply->type == IMAP_RESPONSE_OK) {
        completed_ok(s, pending, reply);
    } else if (reply->type == IMAP_RESPONSE_NO && select) {
        selected(s, pending, false, &reply->as.text.code);
    } else if (select) {
        s->as.imap.view.blurred = true;
    }
}

uint32_t imap_section_hash(const struct imap_section *section)
{
    uint32_t hash = imap_hash(section->part) ^ (uint32_t)section->text;
    for (const struct imap_string_list *h = section->headers.first; h != NULL; h = h->next) {
        hash += imap_name_hash(h->value.text);
    }
    return hash;
}
