/* SPDX-License-Identifier: MIT */
/* The IMAP conversation (RFC 3501, RFC 9051 and extensions): what its files share. */
#ifndef SERVER_IMAP_H
#define SERVER_IMAP_H

#include "parsers/imap/command.h"
#include "parsers/imap/response.h"
#include "parsers/message/mime.h"
#include "server/scratch.h"
#include "server/service.h"

enum {
    IMAP_LINE_MAX = 64 * 1024, /* octets of a command without the message of APPEND */
    IMAP_EARLY_MAX = 8 * 1024, /* the same before authentication */
    IMAP_FAULTY_LINE_MAX = 2000,
    IMAP_ERRORS_MAX = 1000,
    IMAP_ARENA_MAX = 64 * 1024 * 1024,
};

enum imap_phase { IMAP_PHASE_GUEST, IMAP_PHASE_USER, IMAP_PHASE_SELECTED };
enum imap_mode { IMAP_MODE_COMMAND, IMAP_MODE_SASL, IMAP_MODE_IDLE };

/* A message as the client knows it: its place is its number. */
struct imap_entry {
    struct message *message; /* held */
    bool recent;
    struct flags told; /* what the client knows of its flags */
    uint64_t told_modseq;
};

/* The selected mailbox as the client knows it. */
struct mail_view {
    struct mailbox *mailbox; /* held; NULL: none */
    bool read_only;
    struct imap_entry *entries;
    size_t count;
    size_t cap;
    uint32_t uid_next; /* messages from this UID on are not in the view yet */
    size_t told_recent;
    size_t told_keywords;
    struct watcher watcher;
    uint32_t *saved; /* UIDs of the saved search result, ascending */
    size_t saved_count;
};

/* The unit that is coming in: lines and literals. */
struct imap_input {
    struct buffer unit;
    size_t line_start;
    uint64_t literal_left;
    bool refused; /* it is not kept: only its end is looked for */
    bool too_big; /* refused for a message's size */
};

struct imap_service {
    struct service service;
    enum imap_phase phase;
    enum imap_mode mode;
    unsigned errors;
    struct user *user;
    struct mail_view view;
    struct imap_input input;
    void *block; /* of the arena */
    struct arena arena;
    struct scratch scratch; /* of the present answer */
    const struct imap_command *command;
    struct span tag;    /* of the present command */
    struct buffer kept; /* the tag of AUTHENTICATE and IDLE */
    struct sasl_server *sasl;
    bool sasl_done;
    bool condstore;
    bool qresync;
    bool utf8;
    bool rev2;
    bool compressed;
};

static inline bool imap_has_fault(const struct imap_service *imap, enum fault fault)
{
    return service_has_fault(&imap->service, fault);
}

/* --- answers: imap_reply.c ---------------------------------------------------------------------
 */

void imap_send(struct imap_service *imap, const struct imap_response *response);

/* The tagged answer: IMAP_RESPONSE_OK, _NO, _BAD. */
void imap_answer(struct imap_service *imap, enum imap_response_type type, enum imap_code_kind code,
                 const char *text);
void imap_answer_code(struct imap_service *imap, enum imap_response_type type,
                      const struct imap_code *code, const char *text);
static inline void imap_ok(struct imap_service *imap, const char *text)
{
    imap_answer(imap, IMAP_RESPONSE_OK, IMAP_CODE_NONE, text);
}
static inline void imap_no(struct imap_service *imap, enum imap_code_kind code, const char *text)
{
    imap_answer(imap, IMAP_RESPONSE_NO, code, text);
}
/* A command that is wrong as such; after too many of them the conversation ends with BYE. */
void imap_bad(struct imap_service *imap, const char *text);
/* NO with what the store has to say. */
void imap_refuse(struct imap_service *imap, enum store_rc rc);

void imap_untagged(struct imap_service *imap, enum imap_response_type type,
                   const struct imap_code *code, const char *text);
void imap_number(struct imap_service *imap, enum imap_response_type type, uint64_t number);
void imap_continue(struct imap_service *imap, const char *text);
void imap_bye(struct imap_service *imap, enum imap_code_kind code, const char *text);

/* Flags as a list in the scratch; recent and any add "\Recent" and "\*". */
struct imap_flags imap_flags_of(struct imap_service *imap, struct flags flags, bool recent,
                                bool any);
/* The flags of a list; keywords are made if create is set. False: there is no room for more. */
MUST_USE bool imap_flags_read(struct imap_service *imap, const struct imap_flags *list, bool create,
                              struct flags *out);

/* --- names: imap_name.c ------------------------------------------------------------------------
 */

/* What a string means, and a mailbox name in UTF-8, in the scratch. */
struct span imap_text_of(struct imap_service *imap, const struct imap_string *string);
struct span imap_name_of(struct imap_service *imap, const struct imap_string *name);
/* An id of the store as an objectid (RFC 8474): the letter and the number. */
struct span imap_id_write(struct imap_service *imap, char letter, uint64_t id);
/* The name as it is written in this conversation. */
struct imap_mailbox imap_name_write(struct imap_service *imap, struct span name);
/* The mailbox of this name; NULL when there is none. */
struct mailbox *imap_mailbox_of(struct imap_service *imap, const struct imap_mailbox *name);
/* A set of ascending numbers as text ("1:3,5"), in the scratch. */
struct imap_set imap_set_write(struct imap_service *imap, const uint32_t *numbers, size_t count);
/* What the digits of an atom say. */
uint64_t imap_item_number(const struct imap_item *item);

/* --- the view: imap_view.c ---------------------------------------------------------------------
 */

void mail_view_open(struct imap_service *imap, struct mailbox *mailbox, bool read_only);
void mail_view_close(struct imap_service *imap);
/* Tells the client what has changed; expunges only where they are permitted. */
void mail_view_sync(struct imap_service *imap, bool expunge);
/* The number of the message with this UID, 0 when it is not in the view. */
size_t mail_view_number(const struct mail_view *view, uint32_t uid);
void mail_view_tell_keywords(struct imap_service *imap);
/* The same, where there are keywords that were not told. */
void mail_view_tell_new_keywords(struct imap_service *imap);

void mail_view_send_vanished(struct imap_service *imap, uint64_t since,
                             const struct imap_set *uids);

/* The messages that a command's set names: marks[i] for entries[i], in the scratch. False: it has a
   number that there is not, and BAD was answered. */
MUST_USE bool mail_view_mark(struct imap_service *imap, const struct imap_set *set, bool uid,
                             bool **marks);
/* Sends FETCH with the flags of an entry, which the client knows from then on. */
void mail_view_tell(struct imap_service *imap, size_t index, bool flags, bool uid);
bool mail_view_has_news(const struct mail_view *view, size_t index, bool condstore);

/* --- commands ----------------------------------------------------------------------------------
 */

void imap_execute(struct imap_service *imap, const struct imap_command *command);

void imap_send_capabilities(struct imap_service *imap);
struct imap_code imap_capability_code(struct imap_service *imap);
void imap_do_login(struct imap_service *imap, const struct imap_command *command);
void imap_do_authenticate(struct imap_service *imap, const struct imap_command *command);
void imap_feed_sasl(struct imap_service *imap, struct span line);
void imap_do_starttls(struct imap_service *imap, const struct imap_command *command);
void imap_do_enable(struct imap_service *imap, const struct imap_command *command);

void imap_do_select(struct imap_service *imap, const struct imap_command *command);
void imap_do_close(struct imap_service *imap, const struct imap_command *command);
void imap_do_create(struct imap_service *imap, const struct imap_command *command);
void imap_do_delete(struct imap_service *imap, const struct imap_command *command);
void imap_do_rename(struct imap_service *imap, const struct imap_command *command);
void imap_do_subscribe(struct imap_service *imap, const struct imap_command *command);
void imap_do_status(struct imap_service *imap, const struct imap_command *command);
void imap_send_status(struct imap_service *imap, const struct mailbox *mailbox,
                      const struct imap_item *items);
/* All items name status data. */
bool imap_status_known(const struct imap_item *items);
void imap_do_namespace(struct imap_service *imap, const struct imap_command *command);
void imap_do_quota(struct imap_service *imap, const struct imap_command *command);
void imap_do_acl(struct imap_service *imap, const struct imap_command *command);
void imap_send_my_rights(struct imap_service *imap, const struct mailbox *mailbox);
void imap_do_get_metadata(struct imap_service *imap, const struct imap_command *command);
void imap_do_set_metadata(struct imap_service *imap, const struct imap_command *command);
void imap_do_list(struct imap_service *imap, const struct imap_command *command);
void imap_send_list(struct imap_service *imap, const struct mailbox *mailbox);

void imap_do_append(struct imap_service *imap, const struct imap_command *command);
void imap_do_copy(struct imap_service *imap, const struct imap_command *command);
void imap_do_store(struct imap_service *imap, const struct imap_command *command);
void imap_do_expunge(struct imap_service *imap, const struct imap_command *command);
void imap_do_fetch(struct imap_service *imap, const struct imap_command *command);
void imap_do_search(struct imap_service *imap, const struct imap_command *command);
void imap_do_thread(struct imap_service *imap, const struct imap_command *command);

/* --- the content of messages: imap_content.c, imap_structure.c ---------------------------------
 */

/* What was made of a message's octets, kept with them. */
struct imap_content {
    struct arena arena;
    const struct mime_part *root;
    struct mime_part flat; /* the root of what cannot be taken apart */
};
const struct imap_content *imap_content_of(struct message *message);

/* The octets that a section names; false: there is no such part. */
MUST_USE bool imap_content_section(struct imap_service *imap, struct message *message,
                                   const struct imap_section *section, struct span *out);
/* The part of this number; NULL: there is none. */
const struct mime_part *imap_content_part(const struct imap_content *content, struct span number);

/* The octets of a part without its content transfer encoding, in the scratch; false: unknown. */
MUST_USE bool imap_content_decode(struct scratch *scratch, const struct mime_part *part,
                                  struct span *out);

/* A text part as UTF-8; false: it cannot be decoded. */
MUST_USE bool imap_content_text(struct scratch *scratch, const struct mime_part *part,
                                struct span *out);

/* RFC 8970: the beginning of the text, in the scratch; empty where there is none. */
struct span imap_preview_of(struct imap_service *imap, const struct mime_part *root);

const struct imap_envelope *imap_envelope_of(struct imap_service *imap, struct span header);
struct imap_body *imap_body_of(struct imap_service *imap, const struct mime_part *part,
                               bool extensible);

#endif
