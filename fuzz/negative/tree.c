/* SPDX-License-Identifier: MIT */
/* Wrong parts, pieces and stores, for check_parts(), check_pieces(, true) and check_store(). */
#include "fuzz/check/tree.h"
#include "fuzz/check/check.h"
#include "fuzz/check/server.h"
#include "fuzz/negative/negative.h"

struct part_bug {
    void (*change)(struct mime_part *part);
};

struct piece_bug {
    void (*change)(struct conversation *c);
};

struct store_bug {
    void (*change)(struct mailbox *mailbox);
};

static void run_part(const struct negative *negative, bool planted)
{
    static _Alignas(16) uint8_t block[64 * 1024];
    const struct part_bug *bug = negative->bug;
    const struct span message = span_text(negative->input);
    struct arena arena;
    struct parse p;
    struct mime_part *part = NULL;
    arena_init(&arena, block, sizeof block);
    parse_init(&p, message, 0, &arena);
    CHECK(mime_parse_structure(&p, &part) == PARSE_OK, "the message has no parts");
    if (planted) {
        bug->change(part);
    }
    check_parts(part, message);
}

static void part_longer(struct mime_part *part)
{
    part->children->next->body.len += 100;
}

static void part_apart(struct mime_part *part)
{
    part->children->body = span_from(part->children->body, 1);
}

static void part_lines(struct mime_part *part)
{
    part->children->lines++;
}

static void part_param(struct mime_part *part)
{
    part->type.params->value = part->body;
}

static void run_piece(const struct negative *negative, bool planted)
{
    const struct piece_bug *bug = negative->bug;
    const struct piece where = {.line = 7};
    struct recording recording;
    recording_init(&recording, "planted");
    struct conversation *c = recording_conversation(&recording, span_text(""));
    conversation_add(c, SIDE_SERVER, span_text(negative->input), &where);
    conversation_add(c, SIDE_SERVER, span_text(negative->input), &where);
    conversation_add_hole_at_end(c, SIDE_SERVER, 1, false);
    if (planted) {
        bug->change(c);
    }
    check_pieces(c, true);
    recording_fini(&recording);
}

static void piece_overlap(struct conversation *c)
{
    c->pieces[1].off--;
}

static void piece_lost(struct conversation *c)
{
    c->piece_count--;
}

static void piece_line(struct conversation *c)
{
    c->pieces[1].line--;
}

static void piece_hole(struct conversation *c)
{
    c->stream[SIDE_SERVER].holes[0].len++;
}

static void run_store(const struct negative *negative, bool planted)
{
    const struct store_bug *bug = negative->bug;
    const struct store_config config = {.domain = NULL};
    struct store *store = store_new(&config);
    const struct message_source source = {.octets = span_text(negative->input)};
    struct mailbox *inbox = user_inbox(store_add_user(store, "a", "p"));
    for (size_t i = 0; i < 2; i++) {
        CHECK(mailbox_append(inbox, &source, NULL) == STORE_OK, "no room");
    }
    if (planted) {
        bug->change(inbox);
    }
    check_store(store, true);
    store_free(&store);
}

static void store_octets(struct mailbox *mailbox)
{
    mailbox->octets++;
}

static void store_uid(struct mailbox *mailbox)
{
    mailbox->messages[1]->uid = mailbox->messages[0]->uid;
}

static void store_uid_next(struct mailbox *mailbox)
{
    mailbox->uid_next--;
}

static void store_modseq(struct mailbox *mailbox)
{
    mailbox->messages[0]->modseq = mailbox->modseq + 1;
}

static void store_reference(struct mailbox *mailbox)
{
    mailbox->messages[0]->references++;
}

static void store_expunged(struct mailbox *mailbox)
{
    mailbox->messages[0]->expunged = true;
}

#define PART(name, caught, change)                                                                 \
    {                                                                                              \
        name, caught, run_part, &(const struct part_bug){change},                                  \
            "Content-Type: multipart/mixed; "                                                      \
            "boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n"                               \
            "--b--\r\n"                                                                            \
    }
#define PIECE(name, caught, change)                                                                \
    {                                                                                              \
        name, caught, run_piece, &(const struct piece_bug){change}, "+OK\r\n"                      \
    }
#define STORE(name, caught, change)                                                                \
    {                                                                                              \
        name, caught, run_store, &(const struct store_bug){change}, "Subject: s\r\n\r\nx\r\n"      \
    }

static const struct negative rows[] = {
    PART("part behind its multipart", "a span lies outside of its unit", part_longer),
    PART("part with a hole", "the body does not follow the header", part_apart),
    PART("lines miscounted", "the lines are others", part_lines),
    PART("parameter of the body", "a span lies outside of its unit", part_param),
    PIECE("pieces overlap", "a piece does not follow the one before", piece_overlap),
    PIECE("piece lost", "the pieces are not the whole stream", piece_lost),
    PIECE("line goes back", "lines do not ascend", piece_line),
    PIECE("hole behind the stream", "a hole lies behind the stream", piece_hole),
    STORE("octets miscounted", "the octets of a mailbox are miscounted", store_octets),
    STORE("UID twice", "UIDs do not ascend", store_uid),
    STORE("UIDNEXT too small", "a UID is out of range", store_uid_next),
    STORE("MODSEQ too large", "a MODSEQ is over the mailbox's", store_modseq),
    STORE("reference too many", "a message's references are miscounted", store_reference),
    STORE("expunged message kept", "an expunged message is still there", store_expunged),
};

const struct negative_group negative_trees = {rows, sizeof rows / sizeof *rows};
