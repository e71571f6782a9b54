/* SPDX-License-Identifier: MIT */
/* The IMAP4rev1 and IMAP4rev2 conversation: which tag belongs to which command, what the state is,
   what was announced and enabled, and what is known of the selected mailbox. The structs are open
   to readers (runner, tracer, tests); only session/imap*.c writes them. */
#ifndef SESSION_IMAP_H
#define SESSION_IMAP_H

#include "parsers/core/frame.h"
#include "parsers/imap/command.h"
#include "parsers/imap/response.h"
#include "session/finding.h"

struct session;
struct session_event;

enum imap_state {
    IMAP_STATE_GREETING = 0, /* it has not come */
    IMAP_STATE_NOT_AUTHENTICATED,
    IMAP_STATE_AUTHENTICATED,
    IMAP_STATE_SELECTED,
    IMAP_STATE_LOGOUT,  /* BYE was sent */
    IMAP_STATE_UNKNOWN, /* an excerpt that began in the middle */
};

enum {
    IMAP_MAX_PENDING = 64,
    IMAP_TAG_TEXT = 64,
    IMAP_CAPABILITY_TEXT = 4096,
    IMAP_NAME_TEXT = 512,
    IMAP_SET_TEXT = 256,
    IMAP_MAX_SECTIONS = 8,
    IMAP_MAX_FLAGS = 64,
    IMAP_MAX_KNOWN = 16,
    IMAP_LISTED = 1024,
};

/* Names in one text, each with a space behind it. */
struct imap_names {
    bool known;
    bool stale; /* they may have changed: login, TLS */
    bool cut;   /* there were more */
    bool rev2;  /* IMAP4rev2 is among them */
    size_t len;
    uint8_t text[IMAP_CAPABILITY_TEXT];
};

/* A section that a FETCH asks for. */
struct imap_asked_section {
    uint32_t hash;
    bool binary;
    bool peek;
    bool partial;
    bool part;     /* of a part that need not be there */
    bool answered; /* it came, for any message */
    uint64_t origin;
    uint64_t count;
};

/* A command that waits for its tagged reply. */
struct imap_pending {
    uint32_t command; /* number, from 1 */
    enum imap_command_type type;
    bool uid;
    bool broken;    /* it did not parse */
    bool faulty;    /* not legal: an untagged BAD may be the reply to it */
    bool optional;  /* it may have no reply of its own, or none any more */
    bool disturbed; /* a unit that may have answered it could not be read */
    uint64_t off;   /* in the client's stream */
    size_t tag_len;
    uint8_t tag[IMAP_TAG_TEXT];
    uint64_t seen;      /* untagged responses since it was sent: bits of enum imap_response_type */
    uint32_t codes;     /* of untagged OK: enum imap_seen_code */
    bool unclosed;      /* SELECT: data of the new mailbox came before CLOSED */
    uint32_t name_hash; /* mailbox */
    uint32_t asked;     /* FETCH: bits of enum imap_att_type; STATUS: of enum imap_status_kind */
    uint32_t answered;  /* the same, of what came */
    bool condition;     /* FETCH: modifiers; SEARCH: RETURN; LANGUAGE: one is asked for */
    bool save;          /* SEARCH: RETURN (SAVE) alone */
    bool modseq_key;    /* SEARCH: MODSEQ is among the keys */
    bool lazy;          /* FETCH: PREVIEW (LAZY) */
    bool recursive;     /* LIST: RECURSIVEMATCH */
    bool special;       /* LIST (SPECIAL-USE) */
    uint64_t since;     /* FETCH: CHANGEDSINCE; UINT64_MAX: none */
    bool qresync;       /* SELECT */
    bool condstore;     /* it enables CONDSTORE */
    uint32_t exists;    /* messages when it was sent */
    uint32_t answers;   /* CAPABILITY, STATUS, ESEARCH: untagged responses that were the answer */
    uint32_t returns;   /* SEARCH RETURN: bits of enum imap_esearch_kind */
    bool closes;        /* SELECT: another mailbox was selected */
    bool store;         /* STORE: flags are changed without a condition, and the result is told */
    char sign;          /* STORE: '+', '-', or 0 */
    uint32_t flags;     /* STORE: bits 1 << enum imap_flag_kind */
    uint32_t messages;  /* APPEND: messages */
    uint32_t section_count;
    bool sections_cut; /* there were more */
    struct imap_asked_section sections[IMAP_MAX_SECTIONS];
    size_t set_len; /* of set, of the one pattern of LIST and LSUB, of the arguments of ENABLE, of
                       the range of SEARCH RETURN (PARTIAL); 0: none, or too long to keep */
    uint8_t set[IMAP_SET_TEXT];
    enum { IMAP_AUTH_NONE, IMAP_AUTH_SERVER, IMAP_AUTH_CLIENT } auth; /* who speaks next */
    bool cancelled; /* AUTHENTICATE: "*" was sent */
    bool done;      /* IDLE: DONE was sent */
    bool begun;     /* SELECT: what comes now is about the new mailbox */
};

/* What is known of one message; all zero: nothing. Of a size that the arena hands out without a gap
   behind it. */
struct imap_message {
    _Alignas(ARENA_ALIGN) uint32_t uid;
    uint32_t flags; /* bits 1 << enum imap_flag_kind; IMAP_MESSAGE_… */
    uint64_t size;
    uint32_t envelope; /* hashes */
    uint32_t date;
    uint32_t structure;
    uint32_t email_id;
    uint32_t thread_id;
    uint32_t save_date;
    uint32_t keywords; /* hash of those among the flags */
    uint32_t heard;    /* number of the newest command when a FETCH response came */
    uint64_t modseq;   /* the highest that was told */
};

#define IMAP_MESSAGE_PAIRED (1U << 29) /* modseq came with these flags */
#define IMAP_MESSAGE_FLAGS (1U << 30)  /* flags are known */
#define IMAP_MESSAGE_SIZE (1U << 31)   /* size is known */

/* Flags that a FLAGS or PERMANENTFLAGS list names. */
struct imap_flag_set {
    bool known;
    bool any;        /* "\*" */
    bool cut;        /* there were more */
    uint32_t system; /* bits 1 << enum imap_flag_kind */
    uint32_t count;
    uint32_t others[IMAP_MAX_FLAGS]; /* hashes of keywords and extensions */
};

/* What was told of a mailbox, selected or not; it outlives the selection. */
struct imap_known {
    uint32_t name_hash;
    uint32_t uidvalidity; /* 0: not known */
    uint32_t uidnext;     /* 0: not known; the highest value */
    uint64_t modseq;      /* HIGHESTMODSEQ, the highest value */
    uint32_t id;          /* hash of MAILBOXID; 0: not known */
};

/* The selected mailbox, as far as responses have shown it. */
struct imap_view {
    size_t name_len; /* decoded; cut at IMAP_NAME_TEXT */
    uint8_t name[IMAP_NAME_TEXT];
    uint32_t name_hash;
    bool read_only;
    bool has_exists;
    bool blurred; /* the messages are not followed any more: out of memory, or out of step */
    uint32_t exists;
    uint32_t uidvalidity; /* 0: not known */
    uint32_t uidnext;     /* 0: not known; as it was at SELECT */
    uint32_t old_exists;  /* messages when UIDNEXT was told, those expunged since taken off */
    uint32_t all_exists;  /* messages when SELECT ended, those expunged since taken off */
    uint32_t recent;      /* RECENT */
    bool recent_fresh;    /* RECENT came, and no EXPUNGE since */
    uint32_t unseen;      /* code UNSEEN of SELECT; 0: none */
    uint32_t id;          /* hash of code MAILBOXID; 0: none */
    bool no_modseq;       /* code NOMODSEQ */
    uint64_t highestmodseq;
    struct imap_flag_set flags;
    struct imap_flag_set permanent;
    struct imap_message *messages; /* exists entries, unless blurred */
    size_t room;                   /* entries that are in memory */
};

struct imap_session {
    enum imap_state state;
    bool greeting_seen;
    bool excerpt_synced; /* a tagged reply to a command that was seen */
    bool bye;
    bool compress; /* COMPRESS=DEFLATE is active */
    bool compress_pending;
    bool tls_pending;
    bool rev2;    /* ENABLE IMAP4rev2 */
    bool utf8;    /* ENABLE UTF8=ACCEPT or IMAP4rev2 */
    bool qresync; /* ENABLE QRESYNC */
    bool condstore;
    bool notify;   /* NOTIFY SET: events may come at any time */
    bool contexts; /* SEARCH RETURN (UPDATE) or CONTEXT: ESEARCH may come at any time */
    bool language;
    bool lists_extended;               /* an extended LIST was sent */
    uint64_t listed[IMAP_LISTED / 64]; /* since the last LIST or SEARCH: a bit for each name's hash,
                                          for each low number */
    uint32_t last_listed; /* hash of the last LIST response's name since then; 0: none */
    struct imap_names capabilities;
    uint32_t offered;   /* sum of the names' hashes in the last CAPABILITY response */
    bool enabled_since; /* ENABLE was obeyed behind it */
    struct imap_names enabled;
    struct imap_pending pending[IMAP_MAX_PENDING]; /* in the order sent */
    uint32_t pending_count;
    bool pending_lost; /* there were more */
    bool client_gone;  /* it has closed: the server need not say goodbye to nobody */
    bool idle_cut;     /* the server ended IDLE, and DONE may still come */
    bool inside;       /* an excerpt that began in a client's literal: this is still in it */
    bool idle_late;    /* that DONE came: the server may take it for the tag of a command */
    bool split;        /* a command was broken before its literal: a server that gave up there takes
                          what follows the count for commands of their own */
    bool early;        /* octets of a literal were there before "+" */
    bool refused;      /* the command that is coming was answered before it was complete */
    bool accepted;     /* the same, with OK: its literals were read without "+" */
    size_t refused_len; /* its tag */
    uint8_t refused_tag[IMAP_TAG_TEXT];
    struct imap_view view;
    struct imap_known known[IMAP_MAX_KNOWN]; /* a ring */
    uint32_t known_count;                    /* entries ever made */
    union {
        struct imap_command command;
        struct imap_response response;
    } value; /* of the last event */
};

/* The server announced it (or enabled it), in any case. False where nothing is known. */
bool imap_names_has(const struct imap_names *names, struct span name);

/* It announced a name that begins so ("THREAD="). */
bool imap_names_has_prefix(const struct imap_names *names, struct span prefix);

/* Takes the next name from the rest (at first: the text). */
bool imap_names_next(struct span *rest, struct span *out);

/* The message with this sequence number, or NULL where it is not followed. */
const struct imap_message *imap_view_find(const struct imap_view *view, uint64_t number);

/* The sequence number of this UID, 0 if it is not known. */
uint32_t imap_view_number(const struct imap_view *view, uint64_t uid);

void imap_session_init(struct session *s);
/* Sets the framing of the side's next unit in s->frame[from] and returns SESSION_EVENT (go on), or
   SESSION_WAIT, SESSION_TLS, SESSION_COMPRESS (an enum session_rc) where that is not possible. */
MUST_USE int imap_session_mode(struct session *s, enum side from);
/* Parses and judges one unit, moves the state on, sets the event's kind, command and value. */
void imap_session_unit(struct session *s, enum side from, struct session_event *event);
void imap_session_end(struct session *s, enum side from, struct span rest);
void imap_session_tls(struct session *s, bool ok);
bool imap_session_owes(const struct session *s);

#endif
