/* SPDX-License-Identifier: MIT */
/* What clients say and are answered; see imap_test.c. The mailbox has three messages. */
#ifndef TESTS_UNIT_SERVER_IMAP_ROWS_H
#define TESTS_UNIT_SERVER_IMAP_ROWS_H

#define CAPS                                                                                       \
    "[CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE UIDPLUS MOVE "      \
    "UNSELECT CHILDREN SPECIAL-USE LIST-EXTENDED LIST-STATUS STATUS=SIZE ESEARCH SEARCHRES SORT "  \
    "THREAD=ORDEREDSUBJECT THREAD=REFERENCES CONDSTORE QRESYNC UTF8=ACCEPT BINARY MULTIAPPEND "    \
    "WITHIN OBJECTID SAVEDATE PREVIEW QUOTA "                                                      \
    "QUOTA=RES-STORAGE ACL RIGHTS=kxte LIST-MYRIGHTS METADATA COMPRESS=DEFLATE] Welcome\n"
#define IN_A "A|l LOGIN alice secret1\na|l OK " CAPS
#define IN_B "B|l LOGIN alice secret1\nb|l OK " CAPS
#define FLAGS                                                                                      \
    "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\n"                                    \
    "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] All flags are "     \
    "kept\n"
#define BEHIND(modseq)                                                                             \
    "* OK [UNSEEN 1] The first unseen message\n* OK [UIDVALIDITY 86400] UIDs are valid\n"          \
    "* OK [UIDNEXT 4] The next UID\n* OK [HIGHESTMODSEQ " modseq "] The latest change\n"           \
    "* OK [MAILBOXID (F1)] The mailbox's identifier\n"
#define SELECT_A                                                                                   \
    IN_A "A|s SELECT INBOX\na|" FLAGS                                                              \
         "* 3 EXISTS\n* 3 RECENT\n" BEHIND("4") "s OK [READ-WRITE] Selected\n"
#define SELECT_B                                                                                   \
    IN_B "B|s SELECT INBOX\nb|" FLAGS                                                              \
         "* 3 EXISTS\n* 0 RECENT\n" BEHIND("4") "s OK [READ-WRITE] Selected\n"

struct script_row {
    const char *name;
    const char *script;
};

static const struct script_row script_rows[] = {
    {"NOOP and LOGOUT", "A|a NOOP\nb LOGOUT\na|a OK Done\n* BYE Goodbye\nb OK Logged out\n"},
    {"a wrong password",
     "A|a LOGIN alice x\na|a NO [AUTHENTICATIONFAILED] Wrong name or password\n"},
    {"a password in a literal", "A|a LOGIN {5}\nA|alice {7+}\nsecret1\na|+ go ahead\na OK " CAPS},
    {"AUTHENTICATE PLAIN with an initial response",
     "A|a AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldDE=\na|a OK " CAPS},
    {"AUTHENTICATE PLAIN, cancelled",
     "A|a AUTHENTICATE PLAIN\na|+ \nA|*\na|a BAD Authentication cancelled\n"},
    {"commands of other states",
     "A|a SELECT INBOX\na|a BAD Authenticate first\n" IN_A
     "A|b FETCH 1 FLAGS\nc LOGIN alice secret1\na|b BAD Select a mailbox first\n"
     "c BAD You are authenticated already\n"},
    {"an unknown command", "A|a XYZZY now\na|a BAD Unknown command\n"},
    {"no tag", "A|\na|* BAD Syntax error at octet 1, expected: tag\n"},
    {"SELECT", SELECT_A},
    {"recent in one session only", SELECT_A SELECT_B},
    {"EXAMINE changes nothing",
     IN_A "A|e EXAMINE INBOX\nf STORE 1 FLAGS (\\Seen)\ng EXPUNGE\na|"
          "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\n"
          "* OK [PERMANENTFLAGS ()] Nothing can be changed here\n* 3 EXISTS\n* 3 RECENT\n" BEHIND(
              "4") "e OK [READ-ONLY] Examined\nf NO The mailbox is read-only\n"
                   "g NO The mailbox is read-only\n"},
    {"a failed SELECT leaves nothing selected",
     SELECT_A "A|a SELECT none\nb CHECK\na|* OK [CLOSED] The previous mailbox is closed\n"
              "a NO [NONEXISTENT] There is no such mailbox\nb BAD Select a mailbox first\n"},
    {"message numbers that there are not",
     SELECT_A "A|a FETCH 4 FLAGS\nb FETCH 1:9 FLAGS\nc UID FETCH 9 FLAGS\nd SEARCH 4\na|"
              "a BAD There is no message of this number\nb BAD There is no message of this number\n"
              "c OK Fetched\nd BAD There is no message of this number\n"},
    {"the star among UIDs", SELECT_A "A|a UID FETCH 9:* UID\na|* 3 FETCH (UID 3)\na OK Fetched\n"},
    {"bodies set \\Seen, PEEK and headers do not",
     SELECT_A "A|a FETCH 1 BODY[TEXT]<1.3>\nb FETCH 2 BODY.PEEK[1]\nc FETCH 3 RFC822.HEADER\na|"
              "* 1 FETCH (BODY[TEXT]<1> {3}\nirs FLAGS (\\Seen \\Recent))\na OK Fetched\n"
              "* 2 FETCH (BODY[1] {3}\none)\nb OK Fetched\n"
              "* 3 FETCH (RFC822.HEADER {18}\nSubject: Re: x\n\n)\nc OK Fetched\n"},
    {"a partial behind the end", SELECT_A "A|a FETCH 1 BODY.PEEK[TEXT]<99.9>\na|"
                                          "* 1 FETCH (BODY[TEXT]<99> \"\")\na OK Fetched\n"},
    {"parts of parts",
     SELECT_A "A|a FETCH 2 (BODY.PEEK[2.HEADER] BODY.PEEK[2.1] BODY.PEEK[3.MIME] BODY.PEEK[4])\n"
              "b FETCH 2 (BINARY.PEEK[3] BINARY.SIZE[3])\na|"
              "* 2 FETCH (BODY[2.HEADER] {15}\nSubject: in\n\n BODY[2.1] {3}\ntwo BODY[3.MIME] "
              "{37}\nContent-Transfer-Encoding: base64\n\n BODY[4] NIL)\na OK Fetched\n"
              "* 2 FETCH (BINARY[3] {2}\nhi BINARY.SIZE[3] 2)\nb OK Fetched\n"},
    {"ENVELOPE",
     SELECT_A "A|a FETCH 1 ENVELOPE\na|* 1 FETCH (ENVELOPE (\"Fri, 21 Nov 1997 09:55:06 -0600\" "
              "\"=?utf-8?q?gr=C3=BC=C3=9Fe?=\" ((\"A B\" NIL \"a\" \"b.example\")) "
              "((\"A B\" NIL \"a\" \"b.example\")) ((\"A B\" NIL \"a\" \"b.example\")) NIL NIL NIL "
              "NIL NIL))\na OK Fetched\n"},
    {"STORE", SELECT_A "A|a STORE 1:2 +FLAGS (\\Deleted $x)\nb STORE 2 -FLAGS.SILENT \\Deleted\n"
                       "c STORE 2 FLAGS ()\na|"
                       "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $x)\n"
                       "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $x "
                       "\\*)] All flags are kept\n"
                       "* 1 FETCH (FLAGS (\\Deleted $x \\Recent))\n"
                       "* 2 FETCH (FLAGS (\\Deleted $x \\Recent))\na OK Stored\nb OK Stored\n"
                       "* 2 FETCH (FLAGS (\\Recent))\nc OK Stored\n"},
    {"EXPUNGE counts down",
     SELECT_A "A|a STORE 1:3 +FLAGS.SILENT (\\Deleted)\nb EXPUNGE\na|a OK Stored\n"
              "* 1 EXPUNGE\n* 1 EXPUNGE\n* 1 EXPUNGE\n* 0 RECENT\nb OK Expunged\n"},
    {"UID EXPUNGE", SELECT_A "A|a STORE 1:3 +FLAGS.SILENT (\\Deleted)\nb UID EXPUNGE 2\na|"
                             "a OK Stored\n* 2 EXPUNGE\n* 2 RECENT\nb OK Expunged\n"},
    {"CLOSE expunges without a word", SELECT_A
     "A|a STORE 1 +FLAGS.SILENT (\\Deleted)\nb CLOSE\nc STATUS INBOX (MESSAGES)\na|"
     "a OK Stored\nb OK Closed\n* STATUS \"INBOX\" (MESSAGES 2)\nc OK That is the status\n"},
    {"no expunge is told during FETCH, STORE, SEARCH", SELECT_A SELECT_B
     "A|a STORE 2 +FLAGS.SILENT (\\Deleted)\nb EXPUNGE\na|a OK Stored\n* 2 EXPUNGE\n* 2 RECENT\n"
     "b OK Expunged\n"
     "B|a FETCH 3 UID\nb STORE 3 +FLAGS (\\Seen)\nc SEARCH ALL\nd NOOP\nb|"
     "* 3 FETCH (UID 3)\na OK Fetched\n* 3 FETCH (FLAGS (\\Seen))\nb OK Stored\n"
     "* SEARCH 1 2 3\nc OK Searched\n* 2 EXPUNGE\nd OK Done\n"},
    {"a message that another session has expunged", SELECT_A SELECT_B
     "A|a STORE 2 +FLAGS.SILENT (\\Deleted)\nb EXPUNGE\na|a OK Stored\n* 2 EXPUNGE\n* 2 RECENT\n"
     "b OK Expunged\n"
     "B|a STORE 2 +FLAGS (\\Seen)\nb COPY 2 Trash\nb|"
     "a NO [EXPUNGEISSUED] Some of the messages no longer exist\n* 2 EXPUNGE\n"
     "b NO [EXPUNGEISSUED] Some of the messages no longer exist\n"},
    {"others' changes during IDLE", SELECT_A SELECT_B
     "B|i IDLE\nb|+ idling\nA|a STORE 1 +FLAGS (\\Seen)\nb APPEND INBOX {5+}\nxyz\n"
     "\na|* 1 FETCH (FLAGS (\\Seen \\Recent))\na OK Stored\n* 4 EXISTS\n"
     "* 4 RECENT\nb OK [APPENDUID 86400 4] Appended\n"
     "b|* 4 EXISTS\n* 1 FETCH (FLAGS (\\Seen))\nB|DONE\nb|i OK Idled\n"},
    {"COPY and MOVE",
     SELECT_A "A|a COPY 1:2 Trash\nb MOVE 2 Trash\nc COPY 1 none\na|"
              "a OK [COPYUID 86405 1:2 1:2] Copied\n* OK [COPYUID 86405 2 3] Moved\n* 2 EXPUNGE\n"
              "* 2 RECENT\nb OK Moved\nc NO [TRYCREATE] There is no such mailbox\n"},
    {"SEARCH", SELECT_A
     "A|a SEARCH NOT SEEN SUBJECT x\nb SEARCH OR TEXT two BODY first\nc UID SEARCH SENTON "
     "21-Nov-1997\nd SEARCH CHARSET UTF-8 SUBJECT {7+}\ngr\303\234\303\237e\ne SEARCH CHARSET "
     "X-FOO ALL\nf SEARCH DELETED\na|"
     "* SEARCH 3\na OK Searched\n* SEARCH 1 2\nb OK Searched\n* SEARCH 1\nc OK Searched\n"
     "* SEARCH 1\nd OK Searched\ne NO [BADCHARSET (US-ASCII UTF-8)] This charset is not "
     "known\n* SEARCH\nf OK Searched\n"},
    {"ESEARCH and the saved result",
     SELECT_A "A|a SEARCH RETURN (MIN COUNT SAVE) ALL\nb UID SEARCH RETURN () 2:3\nc SEARCH RETURN "
              "(SAVE) 2\nd FETCH $ UID\na|"
              "* ESEARCH (TAG \"a\") MIN 1 COUNT 3\na OK Searched\n"
              "* ESEARCH (TAG \"b\") UID ALL 2:3\nb OK Searched\nc OK Searched\n"
              "* 2 FETCH (UID 2)\nd OK Fetched\n"},
    {"THREAD REFERENCES", IN_A
     "A|c CREATE T\nt APPEND T {35+}\n"
     "Message-ID: <a@x>\nSubject: one\n\n {58+}\n"
     "Message-ID: <b@x>\nReferences: <a@x>\nSubject: Re: one\n\n {49+}\n"
     "Message-ID: <c@x>\nReferences: <a@x> no <b@x>\n\n {49+}\n"
     "Message-ID: <d@x>\nIn-Reply-To: <\"a\"@x> by me\n\n {57+}\n"
     "Message-ID: <e@x>\nReferences: <gone@x>\nSubject: two\n\n {59+}\n"
     "Message-ID: <f@x>\nReferences: <gone@x>\nSubject: three\n\n {21+}\n"
     "Subject: Re: four\n\n {17+}\n"
     "Subject: four\n\n {22+}\n"
     "Subject: Fwd: FOUR\n\n\nS SELECT T\nr THREAD REFERENCES UTF-8 ALL\n"
     "x THREAD REFERENCES UTF-8 2:3\n"
     "a|c OK [MAILBOXID (F10)] Created\nt OK [APPENDUID 86406 1:9] Appended\n" FLAGS
     "* 9 EXISTS\n* 9 RECENT\n* OK [UNSEEN 1] The first unseen message\n* OK [UIDVALIDITY 86406] "
     "UIDs are valid\n* OK [UIDNEXT 10] The next UID\n* OK [HIGHESTMODSEQ 10] The latest change\n"
     "* OK [MAILBOXID (F10)] The mailbox's identifier\nS "
     "OK [READ-WRITE] Selected\n"
     "* THREAD (1 (2 3)(4))((5)(6))(8 (7)(9))\nr OK Threaded\n* THREAD (2 3)\nx OK Threaded\n"},
    {"SORT and THREAD", SELECT_A
     "A|a SORT (SIZE) UTF-8 ALL\nb UID SORT (REVERSE SIZE) UTF-8 ALL\nc THREAD "
     "ORDEREDSUBJECT UTF-8 1\na|"
     "* SORT 3 1 2\na OK Searched\n* SORT 2 1 3\nb OK Searched\n* THREAD (1)\nc OK Threaded\n"},
    {"a date with the wrong day of the week is a date", SELECT_A
     "A|a APPEND INBOX {40+}\nDate: Mon, 2 Jan 2020 10:00:00 +0000\n\n\n"
     "b SEARCH SENTON 2-Jan-2020\na|* 4 EXISTS\n* 4 RECENT\na OK [APPENDUID 86400 4] Appended\n"
     "* SEARCH 4\nb OK Searched\n"},
    {"mailboxes", IN_A
     "A|a CREATE x/y\nb DELETE x\nc LIST \"\" x*\nd DELETE x\ne CREATE x/y\nf RENAME x z\n"
     "g LIST \"\" %\nh DELETE INBOX\na|"
     "a OK [MAILBOXID (F11)] Created\nb OK Deleted\n* LIST (\\Noselect \\HasChildren) \"/\" \"x\"\n"
     "* LIST (\\HasNoChildren) \"/\" \"x/y\"\nc OK That is the list\n"
     "d NO [HASCHILDREN] The mailbox has children\n"
     "e NO [ALREADYEXISTS] There is such a mailbox already\nf OK Renamed\n"
     "* LIST (\\HasNoChildren \\Archive) \"/\" \"Archive\"\n"
     "* LIST (\\HasNoChildren \\Drafts) \"/\" \"Drafts\"\n"
     "* LIST (\\HasNoChildren) \"/\" \"INBOX\"\n"
     "* LIST (\\HasNoChildren \\Junk) \"/\" \"Junk\"\n"
     "* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\"\n"
     "* LIST (\\HasNoChildren \\Trash) \"/\" \"Trash\"\n"
     "* LIST (\\Noselect \\HasChildren) \"/\" \"z\"\ng OK That is the list\n"
     "h NO [CANNOT] This cannot be done with this name\n"},
    {"parameters of extensions that are not offered", IN_A
     "A|a CREATE x (USE (\\Archive))\nb RENAME Trash T (x)\nc SELECT INBOX (x)\nd LIST \"\" x\na|"
     "a BAD There is a parameter that is not known\nb BAD There is a parameter that is not known\n"
     "c BAD There is a parameter that is not known or not enabled\nd OK That is the list\n"},
    {"the root of the hierarchy", IN_A "A|a LIST \"\" \"\"\na|* LIST (\\Noselect) \"/\" \"\"\n"
                                       "a OK That is the list\n"},
    {"LSUB shows what is above", IN_A "A|a SUBSCRIBE p/q\nb LSUB \"\" %\nc LSUB \"\" *\na|"
                                      "a OK Subscribed\n* LSUB (\\Noselect) \"/\" \"p\"\n"
                                      "b OK That is the list\n"
                                      "* LSUB (\\Noselect) \"/\" \"p/q\"\nc OK That is the list\n"},
    {"RENAME INBOX leaves it empty",
     IN_A "A|a RENAME INBOX old\nb STATUS INBOX (MESSAGES UIDNEXT)\nc STATUS old (MESSAGES)\na|"
          "a OK Renamed\n* STATUS \"INBOX\" (MESSAGES 0 UIDNEXT 4)\nb OK That is the status\n"
          "* STATUS \"old\" (MESSAGES 3)\nc OK That is the status\n"},
    {"APPEND",
     IN_A "A|a APPEND INBOX (\\Seen) \" 1-Jan-2020 10:00:00 +0100\" {5}\nA|xyz\n\nb APPEND "
          "none {5+}\nxyz\n\na|+ go ahead\na OK [APPENDUID 86400 4] Appended\n"
          "b NO [TRYCREATE] There is no such mailbox\n"},
    {"MULTIAPPEND is all or nothing", IN_A "A|a APPEND INBOX {3+}\na\n {3+}\nb\n\na|"
                                           "a OK [APPENDUID 86400 4:5] Appended\n"},
    {"modified UTF-7 and UTF-8",
     IN_A "A|a CREATE &AOQ-\nb ENABLE UTF8=ACCEPT\nc LIST \"\" \"\303\244\"\na|a OK [MAILBOXID "
          "(F10)] Created\n"
          "* ENABLED UTF8=ACCEPT\nb OK Enabled what I know\n"
          "* LIST (\\HasNoChildren) \"/\" \"\303\244\"\nc OK That is the list\n"},
    {"CONDSTORE",
     SELECT_A "A|a FETCH 1 MODSEQ\nb STORE 1,2 (UNCHANGEDSINCE 2) +FLAGS (\\Seen)\nc FETCH 1:* "
              "(FLAGS) (CHANGEDSINCE 4)\na|"
              "* 1 FETCH (MODSEQ (2))\na OK Fetched\n"
              "* 1 FETCH (FLAGS (\\Seen \\Recent) UID 1 MODSEQ (5))\n"
              "b OK [MODIFIED 2] Some were changed by others\n"
              "* 1 FETCH (FLAGS (\\Seen \\Recent) MODSEQ (5))\nc OK Fetched\n"},
    {"QRESYNC",
     IN_A "A|a ENABLE QRESYNC\nb SELECT INBOX\nc UID STORE 2 +FLAGS.SILENT (\\Deleted)\nd EXPUNGE\n"
          "e CLOSE\nf SELECT INBOX (QRESYNC (86400 4 1:3))\na|* ENABLED QRESYNC\n"
          "a OK Enabled what I know\n" FLAGS "* 3 EXISTS\n* 3 RECENT\n" BEHIND(
              "4") "b OK [READ-WRITE] Selected\n* 2 FETCH (UID 2 MODSEQ (5))\nc OK Stored\n"
                   "* VANISHED 2\n* 2 RECENT\nd OK [HIGHESTMODSEQ 6] Expunged\n"
                   "e OK Closed\n" FLAGS "* 2 EXISTS\n* 0 RECENT\n" BEHIND(
                       "6") "* VANISHED (EARLIER) 2\nf OK [READ-WRITE] Selected\n"},
    {"IMAP4rev2", IN_A
     "A|a ENABLE IMAP4rev2\nb SELECT INBOX\nc SEARCH ALL\na|* ENABLED IMAP4rev2\n"
     "a OK Enabled what I know\n" FLAGS "* 3 EXISTS\n* LIST (\\HasNoChildren) \"/\" \"INBOX\"\n"
     "* OK [UIDVALIDITY 86400] UIDs are valid\n* OK [UIDNEXT 4] The next UID\n"
     "* OK [HIGHESTMODSEQ 4] The latest change\n"
     "* OK [MAILBOXID (F1)] The mailbox's identifier\nb OK [READ-WRITE] Selected\n"
     "* ESEARCH (TAG \"c\") ALL 1:3\nc OK Searched\n"},
    {"ACL", IN_A
     "A|a GETACL INBOX\nb SETACL INBOX bob lrc\nc SETACL INBOX bob +d-\nd SETACL INBOX bob +d\n"
     "e SETACL INBOX bob -lr\nf GETACL INBOX\ng DELETEACL INBOX bob\nh GETACL INBOX\n"
     "i LISTRIGHTS INBOX alice\nj LISTRIGHTS INBOX bob\nk SETACL INBOX alice lr\n"
     "a|* ACL \"INBOX\" \"alice\" \"lrswipkxteacd\"\na OK Those are the rights\nb OK Granted\n"
     "c BAD There is no such right\nd OK Granted\ne OK Granted\n"
     "* ACL \"INBOX\" \"alice\" \"lrswipkxteacd\" \"bob\" \"kxtecd\"\nf OK Those are the rights\n"
     "g OK Revoked\n* ACL \"INBOX\" \"alice\" \"lrswipkxteacd\"\nh OK Those are the rights\n"
     "* LISTRIGHTS \"INBOX\" alice \"lrswipkxteacd\"\ni OK Those can be granted\n"
     "* LISTRIGHTS \"INBOX\" bob \"\" \"l\" \"r\" \"s\" \"w\" \"i\" \"p\" \"k\" \"x\" \"t\" "
     "\"e\" \"a\" \"c\" \"d\"\nj OK Those can be granted\n"
     "k NO [NOPERM] The owner keeps all rights\n"},
    {"METADATA",
     IN_A "A|a SETMETADATA INBOX (/private/comment \"one\" /shared/comment \"two three\")\n"
          "b GETMETADATA INBOX (/private/comment /shared/none)\n"
          "c GETMETADATA (MAXSIZE 4) INBOX (/private/comment /shared/comment)\n"
          "d SETMETADATA INBOX (/private/comment NIL)\ne GETMETADATA INBOX /private/comment\n"
          "f GETMETADATA (DEPTH infinity) INBOX /shared\ng SETMETADATA INBOX (/comment \"x\")\n"
          "h SETMETADATA \"\" (/private/a/b \"x\")\ni GETMETADATA (DEPTH 1) \"\" /private/a\n"
          "a|a OK The values are kept\n* METADATA INBOX (\"/private/comment\" \"one\")\n"
          "b OK Those are the values\n* METADATA INBOX (\"/private/comment\" \"one\")\n"
          "c OK [METADATA LONGENTRIES 9] Those are the values\nd OK The values are kept\n"
          "e OK Those are the values\n* METADATA INBOX (\"/shared/comment\" \"two three\")\n"
          "f OK Those are the values\ng BAD That is not the name of an entry\n"
          "h OK The values are kept\n* METADATA \"\" (\"/private/a/b\" \"x\")\n"
          "i OK Those are the values\n"},
    {"QUOTA", IN_A "A|a GETQUOTAROOT INBOX\na|* QUOTAROOT \"INBOX\" \"\"\n"
                   "* QUOTA \"\" (STORAGE 1 1048576)\na OK That is the quota\n"},
    {"COMPRESS twice", IN_A "A|a COMPRESS NONE\na|a BAD This algorithm is not known\n"},
};

#endif
