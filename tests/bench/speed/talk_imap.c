/* SPDX-License-Identifier: MIT */
#include "tests/bench/speed/talk.h"

#define PICK(t, list) ((list)[talk_random((t), sizeof(list) / sizeof((list)[0]))])

static const char *const names[] = {"Terry Gray",      "John Klensin",   "Zoe \\\"Z\\\" Quinn",
                                    "Anna Schmidt",    "Li Wei",         "=?utf-8?q?J=C3=B6rg?=",
                                    "Build Robot",     "Mailing List",   "Accounts Receivable",
                                    "Francesca Rossi", "Grace M. Hopper"};
static const char *const boxes[] = {"gray",  "klensin",      "zoe.quinn",  "anna",   "li.wei",
                                    "joerg", "robot+builds", "list-owner", "billing"};
static const char *const hosts[] = {"cac.washington.edu", "example.com",
                                    "mail.example.org",   "mit.edu",
                                    "a.example.net",      "lists.example.com"};
static const char *const subjects[] = {
    "IMAP4rev1 WG mtg summary and minutes",
    "Re: [list] 200 OK, but not what I asked for",
    "=?utf-8?B?UmVjaG51bmcgMjAyNC0wMTI=?= =?utf-8?B?M8OkcnogMjAyNA==?=",
    "Fwd: Invoice 4711 for order \\\"A-17\\\"",
    "lunch?",
    "Build #20417 of main failed: 3 of 1841 tests",
};

static void imap_begin(struct talk *t, unsigned exists)
{
    talk_say(t, SIDE_SERVER,
             "* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ "
             "AUTH=PLAIN] ready\r\n");
    talk_say(t, SIDE_CLIENT, "a1 LOGIN \"alice@example.com\" \"secret word\"\r\n");
    talk_say(t, SIDE_SERVER,
             "a1 OK [CAPABILITY IMAP4rev1 SASL-IR ID ENABLE IDLE LITERAL+ UIDPLUS MOVE NAMESPACE "
             "CONDSTORE ESEARCH SORT UNSELECT SPECIAL-USE LIST-EXTENDED LIST-STATUS] in\r\n");
    talk_say(t, SIDE_CLIENT, "a2 SELECT INBOX\r\n");
    talk_say(t, SIDE_SERVER,
             "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk)\r\n"
             "* OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] limited\r\n"
             "* %u EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1706000000] UIDs valid\r\n"
             "* OK [UIDNEXT 4000000000] predicted\r\na2 OK [READ-WRITE] selected\r\n",
             exists);
}

static void imap_end(struct talk *t)
{
    talk_say(t, SIDE_CLIENT, "z9 LOGOUT\r\n");
    talk_say(t, SIDE_SERVER, "* BYE logging out\r\nz9 OK done\r\n");
}

static void address_list(struct talk *t, unsigned count)
{
    talk_say(t, SIDE_SERVER, count == 0 ? "NIL " : "(");
    for (unsigned i = 0; i < count; i++) {
        if (talk_random(t, 4) == 0) {
            talk_say(t, SIDE_SERVER, "(NIL NIL \"%s\" \"%s\")", PICK(t, boxes), PICK(t, hosts));
        } else {
            talk_say(t, SIDE_SERVER, "(\"%s\" NIL \"%s\" \"%s\")", PICK(t, names), PICK(t, boxes),
                     PICK(t, hosts));
        }
    }
    if (count > 0) {
        talk_say(t, SIDE_SERVER, ") ");
    }
}

static void envelope(struct talk *t, unsigned number)
{
    static const char *const months[] = {"Jan", "Mar", "Jul", "Nov"};
    talk_say(t, SIDE_SERVER, "ENVELOPE (\"Wed, %u %s 2024 %02u:23:25 -0700 (PDT)\" \"%s\" ",
             1 + talk_random(t, 28), PICK(t, months), talk_random(t, 24), PICK(t, subjects));
    address_list(t, 1);
    address_list(t, 1);
    address_list(t, 1);
    address_list(t, 1 + talk_random(t, 4));
    address_list(t, talk_random(t, 3));
    address_list(t, 0);
    if (talk_random(t, 2) == 0) {
        talk_say(t, SIDE_SERVER, "NIL ");
    } else {
        talk_say(t, SIDE_SERVER, "\"<%u.%u@%s>\" ", talk_random(t, 1000000), number,
                 PICK(t, hosts));
    }
    talk_say(t, SIDE_SERVER, "\"<B27397-%07u.%u@%s>\")", talk_random(t, 1000000), number,
             PICK(t, hosts));
}

static void text_part(struct talk *t, const char *subtype)
{
    talk_say(t, SIDE_SERVER,
             "(\"TEXT\" \"%s\" (\"CHARSET\" \"UTF-8\") NIL NIL \"QUOTED-PRINTABLE\" %u %u NIL NIL "
             "NIL NIL)",
             subtype, 1 + talk_random(t, 60000), 1 + talk_random(t, 900));
}

static void structure(struct talk *t)
{
    talk_say(t, SIDE_SERVER, "BODYSTRUCTURE ");
    unsigned kind = talk_random(t, 3);
    if (kind == 0) {
        text_part(t, "PLAIN");
        return;
    }
    talk_say(t, SIDE_SERVER, kind == 1 ? "(" : "((");
    text_part(t, "PLAIN");
    text_part(t, "HTML");
    talk_say(t, SIDE_SERVER,
             " \"ALTERNATIVE\" (\"BOUNDARY\" \"--==_mimepart_%08x%08x\") NIL NIL "
             "NIL)",
             talk_random(t, UINT32_MAX), talk_random(t, UINT32_MAX));
    if (kind == 2) {
        talk_say(t, SIDE_SERVER,
                 "(\"APPLICATION\" \"PDF\" (\"NAME\" \"invoice-%u.pdf\") \"<part%u@example.com>\" "
                 "NIL \"BASE64\" %u NIL (\"ATTACHMENT\" (\"FILENAME\" \"invoice.pdf\" \"SIZE\" "
                 "\"81920\")) NIL NIL) \"MIXED\" (\"BOUNDARY\" \"=_%08x\") NIL (\"EN\" \"DE\") "
                 "NIL)",
                 talk_random(t, 9999), talk_random(t, 9999), talk_random(t, 9999999),
                 talk_random(t, UINT32_MAX));
    }
}

static void metadata(struct talk *t, unsigned number)
{
    static const char *const flags[] = {"\\Seen", "\\Seen \\Answered", "",
                                        "\\Flagged \\Seen $Junk"};
    talk_say(t, SIDE_SERVER,
             "* %u FETCH (UID %u FLAGS (%s) INTERNALDATE \"%02u-Jul-2023 02:44:25 -0700\" "
             "RFC822.SIZE %u ",
             number, number * 3, PICK(t, flags), 1 + talk_random(t, 28),
             100 + talk_random(t, 90000));
    envelope(t, number);
    talk_say(t, SIDE_SERVER, " ");
    structure(t);
}

void talk_imap_fetch(struct talk *t, size_t len)
{
    enum { OCTETS_EACH = 700 };
    imap_begin(t, (unsigned)(len / OCTETS_EACH) + 1000);
    talk_say(t, SIDE_CLIENT,
             "a3 FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)\r\n");
    for (unsigned number = 1; t->side[SIDE_SERVER].len < len; number++) {
        metadata(t, number);
        talk_say(t, SIDE_SERVER, ")\r\n");
    }
    talk_say(t, SIDE_SERVER, "a3 OK done\r\n");
    imap_end(t);
}

void talk_imap_literal(struct talk *t, size_t len, size_t literal)
{
    imap_begin(t, (unsigned)(len / literal) + 1000);
    talk_say(t, SIDE_CLIENT,
             "a3 FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE "
             "BODY.PEEK[1])\r\n");
    for (unsigned number = 1; t->side[SIDE_SERVER].len < len; number++) {
        metadata(t, number);
        talk_say(t, SIDE_SERVER, " BODY[1] {%zu}\r\n", literal);
        talk_message(t, SIDE_SERVER, literal, false);
        talk_say(t, SIDE_SERVER, ")\r\n");
    }
    talk_say(t, SIDE_SERVER, "a3 OK done\r\n");
    imap_end(t);
}

static void one_command(struct talk *t, unsigned tag)
{
    unsigned number = 1 + talk_random(t, 50);
    switch (talk_random(t, 8)) {
    case 0:
        talk_say(t, SIDE_CLIENT, "c%u NOOP\r\n", tag);
        break;
    case 1:
        talk_say(t, SIDE_CLIENT,
                 "c%u UID FETCH %u:%u (FLAGS BODY.PEEK[HEADER.FIELDS (DATE FROM SUBJECT)])\r\n",
                 tag, number, number + 20);
        break;
    case 2:
        talk_say(t, SIDE_CLIENT, "c%u UID STORE %u,%u,%u:%u +FLAGS.SILENT (\\Seen $Junk)\r\n", tag,
                 number, number + 2, number + 5, number + 9);
        break;
    case 3:
        talk_say(t, SIDE_CLIENT,
                 "c%u SEARCH OR FROM \"%s\" (SINCE 1-Feb-2024 NOT SEEN) UID %u:*\r\n", tag,
                 PICK(t, boxes), number);
        talk_say(t, SIDE_SERVER, "* SEARCH 2 84 882\r\n");
        break;
    case 4:
        talk_say(t, SIDE_CLIENT, "c%u STATUS \"Archive/%u\" (MESSAGES UIDNEXT UNSEEN)\r\n", tag,
                 number);
        talk_say(t, SIDE_SERVER, "* STATUS \"Archive/%u\" (MESSAGES 3 UIDNEXT 9 UNSEEN 1)\r\n",
                 number);
        break;
    case 5:
        talk_say(t, SIDE_CLIENT, "c%u LIST \"\" \"Archive/%u/%%\"\r\n", tag, number);
        talk_say(t, SIDE_SERVER, "* LIST (\\HasNoChildren) \"/\" \"Archive/%u/sent\"\r\n", number);
        break;
    case 6:
        talk_say(t, SIDE_CLIENT, "c%u UID COPY %u:%u \"Sent Items\"\r\n", tag, number, number + 3);
        break;
    default:
        talk_say(t, SIDE_CLIENT,
                 "c%u APPEND Drafts (\\Seen \\Draft) \"17-Jul-2023 02:44:25 -0700\" {%u+}\r\n", tag,
                 200 + number);
        talk_message(t, SIDE_CLIENT, 200 + number, false);
        talk_say(t, SIDE_CLIENT, "\r\n");
        break;
    }
    talk_say(t, SIDE_SERVER, "c%u OK done\r\n", tag);
}

void talk_imap_command(struct talk *t, size_t len)
{
    imap_begin(t, 1000);
    for (unsigned tag = 1; t->side[SIDE_CLIENT].len < len; tag++) {
        one_command(t, tag);
    }
    imap_end(t);
}
