/* SPDX-License-Identifier: MIT */
/* What the files of the IMAP session share; not for others. */
#ifndef SESSION_IMAP_JUDGE_H
#define SESSION_IMAP_JUDGE_H

#include "session/session.h"

/* Codes of untagged OK responses that SELECT is judged by. */
enum imap_seen_code {
    IMAP_SEEN_UIDVALIDITY = 1U << 0,
    IMAP_SEEN_UIDNEXT = 1U << 1,
    IMAP_SEEN_PERMANENTFLAGS = 1U << 2,
    IMAP_SEEN_MODSEQ = 1U << 3,
    IMAP_SEEN_CLOSED = 1U << 4,
    IMAP_SEEN_MAILBOXID = 1U << 5,
    IMAP_SEEN_COPYUID = 1U << 6, /* MOVE */
};

/* One server unit under judgement. */
struct imap_judge {
    struct session *s;
    struct imap_session *imap;
    const struct frame_unit *unit;
    const struct imap_response *r;
};

/* imap_state.c */
uint32_t imap_hash(struct span octets);
/* The same for names whose case says nothing. */
uint32_t imap_name_hash(struct span name);
/* Of a mailbox name: INBOX in any case is one name. */
uint32_t imap_mailbox_hash(const struct imap_mailbox *mailbox);
void imap_names_set(struct imap_names *names, const struct imap_capabilities *list);
void imap_names_add(struct imap_names *names, const struct imap_capabilities *list);
/* The command may be used in the present state; true where the state is not known. */
bool imap_state_allows(const struct imap_session *imap, enum imap_command_type type);
/* The capability that the command belongs to is announced; true where that is not known. */
bool imap_state_announced(const struct imap_session *imap, const struct imap_command *command);
/* A capability is known not to be there. */
bool imap_lacks(const struct imap_session *imap, struct span name);
/* The server speaks IMAP4rev2, by capability or because it was enabled. */
bool imap_has_rev2(const struct imap_session *imap);
/* Moves the state on after the tagged reply. */
void imap_state_completed(struct session *s, const struct imap_pending *pending,
                          const struct imap_response *reply);
uint32_t imap_section_hash(const struct imap_section *section);

/* imap_client.c */
void imap_client_unit(struct session *s, struct session_event *event);
/* The oldest command that waits is a SELECT: the view is that of the new mailbox from now on. */
void imap_begin_select(struct session *s);
/* What the grammar must be told (enum imap_profile). */
uint32_t imap_profile(const struct imap_session *imap);

/* imap_values.c */
void imap_judge_arguments(struct session *s, const struct frame_unit *unit,
                          const struct imap_command *c);
/* ACL, LISTRIGHTS, MYRIGHTS. */
void imap_judge_acl(const struct imap_judge *j);
void imap_judge_limits(const struct imap_judge *j, const struct imap_capabilities *list);

/* imap_server.c */
void imap_server_unit(struct session *s, struct session_event *event);
void imap_report(const struct imap_judge *j, enum rule rule, const char *text);
struct imap_pending *imap_pending_by_tag(struct imap_session *imap, struct span tag);
/* A command of this type is in progress. */
const struct imap_pending *imap_in_progress(const struct imap_session *imap,
                                            enum imap_command_type type);

/* imap_reply.c */
void imap_judge_tagged(const struct imap_judge *j, struct imap_pending *pending);
/* COPYUID and APPENDUID, of the tagged reply or (MOVE) before it. */
void imap_judge_uids(const struct imap_judge *j, const struct imap_pending *p);

/* imap_view.c */
void imap_view_reset(struct session *s);
void imap_view_exists(const struct imap_judge *j, uint64_t count);
void imap_view_expunge(const struct imap_judge *j, uint64_t number);
/* The command's set has "*", and the last message may be one that has come since it was sent, or
   that was the last but one before. */
bool imap_star_moved(const struct imap_pending *p);
void imap_view_vanished(const struct imap_judge *j);
struct imap_message *imap_view_message(struct imap_view *view, uint64_t number);

/* imap_fetch.c */
void imap_judge_fetch(const struct imap_judge *j);

/* imap_search.c */
/* SEARCH, SORT, THREAD. */
void imap_judge_numbers(const struct imap_judge *j);

/* imap_flags.c */
void imap_judge_flags(const struct imap_judge *j);
void imap_flags_permanent(struct imap_session *imap, const struct imap_flags *flags);
/* PERMANENTFLAGS names only what FLAGS does. */
bool imap_flags_agree(const struct imap_view *view);
/* The FLAGS and MODSEQ of a FETCH response against what is known; message may be NULL. */
void imap_judge_message_flags(const struct imap_judge *j, struct imap_message *message);
/* The flags that are known when STORE has ended well. */
void imap_judge_store(const struct imap_judge *j, const struct imap_pending *p);

/* imap_content.c */
/* Items of one FETCH response against one another and against what is known. */
void imap_judge_content(const struct imap_judge *j, struct imap_message *message);
void imap_judge_static(const struct imap_judge *j, uint32_t *known, uint32_t now);
uint64_t imap_string_size(const struct imap_string *string);

/* imap_data.c */
void imap_judge_list(const struct imap_judge *j);
void imap_judge_status(const struct imap_judge *j);
void imap_judge_esearch(const struct imap_judge *j);

/* imap_extension.c */
/* Responses of extensions against their own limits and the commands that they answer. */
void imap_judge_extension(const struct imap_judge *j);
/* EMAILID, THREADID, SAVEDATE and PREVIEW of a FETCH response; message may be NULL. */
void imap_judge_ids(const struct imap_judge *j, struct imap_message *message);
/* MODSEQ of a FETCH response against CHANGEDSINCE. */
void imap_judge_changed(const struct imap_judge *j);
void imap_judge_rights_capability(const struct imap_judge *j, const struct imap_capabilities *list);

/* imap_known.c */
/* The entry of a mailbox, made if need be. */
struct imap_known *imap_known_find(struct imap_session *imap, uint32_t name_hash);
void imap_known_forget(struct imap_session *imap);
/* UIDVALIDITY, UIDNEXT and HIGHESTMODSEQ (0: not told) of a mailbox, judged and kept. */
void imap_known_told(const struct imap_judge *j, uint32_t name_hash, uint64_t uidvalidity,
                     uint64_t uidnext, uint64_t modseq);
/* MAILBOXID (a hash; 0: not told) of the mailbox that has this UIDVALIDITY. */
void imap_known_id(const struct imap_judge *j, uint32_t name_hash, uint64_t uidvalidity,
                   uint32_t id);
/* A message with this UID came into the mailbox. */
void imap_known_added(const struct imap_judge *j, uint32_t name_hash, uint64_t uidvalidity,
                      const struct imap_set *uids);

#endif
