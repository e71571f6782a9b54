/* SPDX-License-Identifier: MIT */
/* Each log format: which one is guessed, who said what, and on which line of the input. */
#include "trace/log.h"

#include "net/memory.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *text;
    const char *format; /* NULL: none is recognised */
    const char *said;   /* "1C octets|" for each piece: input line, side; NULL: not looked at */
};

static const struct row rows[] = {
    {"plain: C and S", "S: 220 hi\nC: EHLO x\n", "plain", "1S 220 hi\\r\\n|2C EHLO x\\r\\n|"},
    {"plain: a line wrapped inside parentheses",
     "C: a FETCH 1 FULL\nS: * 1 FETCH (FLAGS ()\n      UID 4)\nS: a OK done\n", "plain",
     "1C a FETCH 1 FULL\\r\\n|2S * 1 FETCH (FLAGS ()|3S  |3S UID 4)\\r\\n|4S a OK done\\r\\n|"},
    {"plain: a remark between the lines is nobody's",
     "C: a NOOP\nThen it waits for ten seconds.\nS: a OK done\n", "plain",
     "1C a NOOP\\r\\n|3S a OK done\\r\\n|"},
    {"plain: a set of numbers that was wrapped", "C: a FETCH 1,2,\n3 FLAGS\nS: a OK x\n", "plain",
     "1C a FETCH 1,2,|2C 3 FLAGS\\r\\n|3S a OK x\\r\\n|"},
    {"session: what a program draws around its lines",
     "\xE2\x94\x94\xE2\x94\x80\xE2\x94\x80"
     "220 hi\nCLIENT 1:\n\xE2\x94\x94\xE2\x94\x80"
     "EHLO x\n"
     "\xE2\x94\x94"
     "250-x\n   250 DSN\n",
     "session", "1S 220 hi\\r\\n|3C EHLO x\\r\\n|4S 250-x\\r\\n|5S 250 DSN\\r\\n|"},
    {"session: a mark for each response", "[^]* 2 EXISTS\n", "session", "1S * 2 EXISTS\\r\\n|"},
    {"session: an empty literal", "a FETCH 1 BODY[2]\n* 1 FETCH (BODY[2] {0}\n)\na OK x\n",
     "session",
     "1C a FETCH 1 BODY[2]\\r\\n|2S * 1 FETCH (BODY[2] {0}\\r\\n|3S )\\r\\n|4S a OK x\\r\\n|"},
    {"session: a literal with a quote",
     "a LIST \"\" *\n* LIST () \"/\" {3}\nx\"y\n* LIST () \"/\" z\na OK x\n", "session",
     "1C a LIST \"\" *\\r\\n|2S * LIST () \"/\" {3}\\r\\n|3S x\"y\\r\\n|4S * LIST () \"/\" z\\r\\n|"
     "5S a OK x\\r\\n|"},
    {"imapflow: its own command has the server's side",
     "{\"src\":\"s\",\"msg\":\"2 ID NIL\",\"cid\":\"k\"}\n"
     "{\"src\":\"s\",\"msg\":\"2 BAD no\",\"cid\":\"k\"}\n",
     "imapflow", "1C 2 ID NIL\\r\\n|2S 2 BAD no\\r\\n|"},
    {"session: blanks that may have been lost",
     "220 hi\nEHLO x\n250 AUTH PLAIN\nAUTH PLAIN\n334\nAGIAcA==\n235 ok\n", "session",
     "1S 220 hi\\r\\n|2C EHLO x\\r\\n|3S 250 AUTH PLAIN\\r\\n|4C AUTH PLAIN\\r\\n|5S 334 \\r\\n|"
     "6C AGIAcA==\\r\\n|7S 235 ok\\r\\n|"},
    {"session: blanks that were kept",
     "220 hi \nEHLO x\n250 AUTH PLAIN\nAUTH PLAIN\n334\nAGIAcA==\n235 ok\n", "session",
     "1S 220 hi \\r\\n|2C EHLO x\\r\\n|3S 250 AUTH PLAIN\\r\\n|4C AUTH PLAIN\\r\\n|5S 334\\r\\n|"
     "6C AGIAcA==\\r\\n|7S 235 ok\\r\\n|"},
    {"session: data that has lost its asterisk", "1 NOOP\n4 FETCH (UID 7)\n1 OK x\n", "session",
     "1C 1 NOOP\\r\\n|3S 1 OK x\\r\\n|"},
    {"plain: lines of a literal without marks",
     "C: a APPEND x {6}\nS: + go\nC: ab\ncd\nS: a OK done\n", "plain",
     "1C a APPEND x {6}\\r\\n|2S + go\\r\\n|3C ab\\r\\n|4C cd\\r\\n|5S a OK done\\r\\n|"},
    {"plain: time stamps", "2024-01-02T10:00:00Z S: * OK hi\n2024-01-02T10:00:01Z C: a NOOP\n",
     "plain", "1S * OK hi\\r\\n|2C a NOOP\\r\\n|"},
    {"python: smtplib",
     "connect: to ('x', 25)\nsend: 'ehlo x\\r\\n'\nreply: b'250 x\\r\\n'\n"
     "reply: retcode (250); Msg: b'x'\n",
     "python", "2C ehlo x\\r\\n|3S 250 x\\r\\n|"},
    {"python: imaplib", "  10:00.1 < b'* OK hi'\n  10:00.2 > b'A1 NOOP'\n  10:00.3 < b'A1 OK x'\n",
     "python", "1S * OK hi\\r\\n|2C A1 NOOP\\r\\n|3S A1 OK x\\r\\n|"},
    {"python: poplib in detail hides the sums",
     "*put* b'NOOP'\n*get* b'+OK\\r\\n'\n*resp* b'+OK'\n", "python", "1C NOOP\\r\\n|2S +OK\\r\\n|"},
    {"thunderbird: IMAP",
     "[1: IMAP]: I/IMAP 1f2:imap.x:NA:CreateNewLineFromSocket: * OK hi\n"
     "[1: IMAP]: I/IMAP 1f2:imap.x:NA:SendData: 1 capability\n",
     "thunderbird", "1S * OK hi\\r\\n|2C 1 capability\\r\\n|"},
    {"thunderbird: a suppressed line is a hole",
     "[1: IMAP]: I/IMAP 1f2:imap.x:NA:SendData: 2 login\n"
     "[1: IMAP]: I/IMAP 1f2:imap.x:NA:SendData: Logging suppressed for this command\n",
     "thunderbird", "1C 2 login\\r\\n|2C ********\\r\\n|"},
    {"mutt",
     "[2024-01-01 10:00:00]<2> f() 7> a0000 CAPABILITY\n"
     "[2024-01-01 10:00:00]<5> f() 7< a0000 OK done\n",
     "mutt", "1C a0000 CAPABILITY\\r\\n|2S a0000 OK done\\r\\n|"},
    {"postfix: smtpd",
     "Jan 1 h postfix/smtpd[12]: connect from a[1.2.3.4]\n"
     "Jan 1 h postfix/smtpd[12]: > a[1.2.3.4]: 220 h\n"
     "Jan 1 h postfix/smtpd[12]: < a[1.2.3.4]: EHLO x\n",
     "postfix", "2S 220 h\\r\\n|3C EHLO x\\r\\n|"},
    {"postfix: smtp is the client",
     "Jan 1 h postfix/smtp[12]: < a[1.2.3.4]:25: 220 h\n"
     "Jan 1 h postfix/smtp[12]: > a[1.2.3.4]:25: EHLO x\n",
     "postfix", "1S 220 h\\r\\n|2C EHLO x\\r\\n|"},
    {"swaks", "=== Connected to x.\n<-  220 h\n -> EHLO x\n<** 550 no\n", "swaks",
     "2S 220 h\\r\\n|3C EHLO x\\r\\n|4S 550 no\\r\\n|"},
    {"curl", "* Connected to x\n< 220 h\n> EHLO x\n< 250 h\n* info\n", "curl",
     "2S 220 h\\r\\n|3C EHLO x\\r\\n|4S 250 h\\r\\n|"},
    {"rawlog", "1612345678.123456 I: a NOOP\n1612345678.123457 O: a OK done\n", "rawlog",
     "1C a NOOP\\r\\n|2S a OK done\\r\\n|"},
    {"mbsync", "Connecting...\n* OK hi\n>>> 1 CAPABILITY\n* CAPABILITY IMAP4rev1\n1 OK done\n",
     "mbsync",
     "2S * OK hi\\r\\n|3C 1 CAPABILITY\\r\\n|4S * CAPABILITY IMAP4rev1\\r\\n|5S 1 OK done\\r\\n|"},
    {"postel", "# postel trace 1\n0.5 1 open\n0.6 1 S \"+OK\\r\\n\"\n0.7 1 C \"QUIT\\r\\n\"\n",
     "postel", "3S +OK\\r\\n|4C QUIT\\r\\n|"},
    {"session: JavaMail",
     "DEBUG: setDebug\n* OK hi\nA0 CAPABILITY\n* CAPABILITY IMAP4rev1\nA0 OK x\n", "session",
     "2S * OK hi\\r\\n|3C A0 CAPABILITY\\r\\n|4S * CAPABILITY IMAP4rev1\\r\\n|5S A0 OK x\\r\\n|"},
    {"plain: quoted, indented, with ^M", "> \n>   S: 220 hi^M\n>   C: EHLO x\n", "plain",
     "2S 220 hi\\r\\n|3C EHLO x\\r\\n|"},
    {"plain: in quotes, with escaped line ends",
     "Server: '+OK hi\\r\\n'\nClient: 'QUIT\\r\\n'\nServer: \"+OK bye\\r\\n\"\n", "plain",
     "1S +OK hi\\r\\n|2C QUIT\\r\\n|3S +OK bye\\r\\n|"},
    {"plain: the rest of a reply without marks", "C: EHLO x\nS: 250-h\n   250-SIZE\n   250 DSN\n",
     "plain", "1C EHLO x\\r\\n|2S 250-h\\r\\n|3S 250-SIZE\\r\\n|4S 250 DSN\\r\\n|"},
    {"plain: a response that is not shown", "C: AUTH LOGIN\nS: 334 VXNlcg==\nS: 535 no\n", "plain",
     "1C AUTH LOGIN\\r\\n|2S 334 VXNlcg==\\r\\n|3C \\r\\n|3S 535 no\\r\\n|"},
    {"plain: a chunk that is not shown", "C: BDAT 3 LAST\nS: 250 ok\n", "plain",
     "1C BDAT 3 LAST\\r\\n|2C ...|2S 250 ok\\r\\n|"},
    {"plain: a chunk that is shown", "C: BDAT 4 LAST\nC: hi\nS: 250 ok\n", "plain",
     "1C BDAT 4 LAST\\r\\n|2C hi\\r\\n|3S 250 ok\\r\\n|"},
    {"plain: message data that is named only", "C: DATA\nS: 354 go\nC: <40 octets>\nS: 250 ok\n",
     "plain", "1C DATA\\r\\n|2S 354 go\\r\\n|4C .\\r\\n|4S 250 ok\\r\\n|"},
    {"plain: a message that is not shown", "C: RETR 1\nS: +OK 5 octets\nC: QUIT\nS: +OK\n", "plain",
     "1C RETR 1\\r\\n|2S +OK 5 octets\\r\\n|3S .\\r\\n|3C QUIT\\r\\n|4S +OK\\r\\n|"},
    {"python: smtplib repeats the greeting",
     "connect: ('x', 25)\nreply: b'220 x\\r\\n'\nconnect: b'x'\nsend: 'ehlo y\\r\\n'\n", "python",
     "2S 220 x\\r\\n|4C ehlo y\\r\\n|"},
    {"swaks: its own words",
     "=== Connected to x.\n<-  220 h\n -> QUIT\n<** Timeout (30 secs) waiting for server "
     "response\n",
     "swaks", "2S 220 h\\r\\n|3C QUIT\\r\\n|"},
    {"marked: PHPMailer",
     "2024-01-02 10:00:00\tSERVER -> CLIENT: 220 h\n2024-01-02 10:00:00\tCLIENT -> SERVER: EHLO x\n"
     "2024-01-02 10:00:00\tSERVER -> CLIENT: 250-h\n                   \t    250 SIZE\n"
     "2024-01-02 10:00:00\tSMTP ERROR: Password command failed: 535 no\n",
     "marked", "1S 220 h\\r\\n|2C EHLO x\\r\\n|3S 250-h\\r\\n|4S 250 SIZE\\r\\n|"},
    {"marked: PHPMailer with escaped line ends and a tail",
     "SMTP (level 1): CLIENT -> SERVER: EHLO x\\r\\n, referer: http://h/\n"
     "SMTP (level 2): SERVER -> CLIENT: 250-h\\r\\n250 SIZE\\r\\n, referer: http://h/\n",
     "marked", "1C EHLO x\\r\\n|2S 250-h\\r\\n|2S 250 SIZE\\r\\n|"},
    {"marked: fetchmail",
     "fetchmail: POP3< +OK hi\nfetchmail: POP3> CAPA\nfetchmail: POP3< +OK\nfetchmail: POP3< TOP\n"
     "fetchmail: POP3< USER\nfetchmail: POP3< UIDL\nfetchmail: POP3< .\nfetchmail: POP3> QUIT\n",
     "marked",
     "1S +OK hi\\r\\n|2C CAPA\\r\\n|3S +OK\\r\\n|4S TOP\\r\\n|5S USER\\r\\n|6S UIDL\\r\\n|7S "
     ".\\r\\n|"
     "8C QUIT\\r\\n|"},
    {"marked: fetchmail's end of data",
     "fetchmail: SMTP> DATA\nfetchmail: SMTP< 354 go\n#***\nfetchmail: SMTP>. (EOM)\n"
     "fetchmail: SMTP< 250 ok\n",
     "marked", "1C DATA\\r\\n|2S 354 go\\r\\n|4C .\\r\\n|5S 250 ok\\r\\n|"},
    {"marked: Exim",
     "  SMTP<< 220 h\n  SMTP|> EHLO x\ncmd buf flush 8 bytes\n  SMTP<< 250-h\n         250 DSN\n"
     "  SMTP>> DATA\n  SMTP<< 354 go\n  SMTP>> writing message and terminating \".\"\n"
     "  SMTP<< 250 ok\n  SMTP(close)>>\n",
     "marked",
     "1S 220 h\\r\\n|2C EHLO x\\r\\n|4S 250-h\\r\\n|5S 250 DSN\\r\\n|6C DATA\\r\\n|7S 354 go\\r\\n|"
     "9C .\\r\\n|9S 250 ok\\r\\n|"},
    {"marked: arrows of a server's log",
     "05: [17] Session 17\n03: [17] --> 220 h\n02: [17] <-- EHLO x\n03: [17] --> 250 h\n", "marked",
     "2S 220 h\\r\\n|3C EHLO x\\r\\n|4S 250 h\\r\\n|"},
    {"marked: arrows behind a name",
     "Net::SMTP=GLOB(0x5)<<< 220 h\nNet::SMTP=GLOB(0x5)>>> EHLO x\nNet::SMTP=GLOB(0x5)<<< 250 h\n",
     "marked", "1S 220 h\\r\\n|2C EHLO x\\r\\n|3S 250 h\\r\\n|"},
    {"marked: the arrow tells, not the letter",
     "DEBUG: C <-- S: 220 h\nDEBUG: C --> S: EHLO x\nDEBUG: C <-- S: 250 h\n", "marked",
     "1S 220 h\\r\\n|2C EHLO x\\r\\n|3S 250 h\\r\\n|"},
    {"marked: quoted strings",
     "-> \"220 h\\r\\n\"\n<- \"EHLO x\\r\\n\"\n-> \"250-h\\r\\n\"\n-> \"250 DSN\\r\\n\"\n",
     "marked", "1S 220 h\\r\\n|2C EHLO x\\r\\n|3S 250-h\\r\\n|4S 250 DSN\\r\\n|"},
    {"marked: marks on lines of their own",
     "request:\nEHLO x\n\nresponse:\n250-h\n250 DSN\n\n[*] a remark\nrequest:\nQUIT\n", "marked",
     "2C EHLO x\\r\\n|5S 250-h\\r\\n|6S 250 DSN\\r\\n|10C QUIT\\r\\n|"},
    {"marked: a header line for each piece",
     "READ Nov 21 10:00:00 -- host:h\n220 h\n\nWROTE Nov 21 10:00:01 -- host:h\nEHLO x\n\n",
     "marked", "2S 220 h\\r\\n|5C EHLO x\\r\\n|"},
    {"marked: a table",
     "2024-01-02T10:00:00Z,EX,0A,2,h:25,c:9,>,\"220 h\",\n2024-01-02T10:00:00Z,EX,0A,3,h:25,c:9,<,"
     "EHLO x,\n2024-01-02T10:00:00Z,EX,0A,4,h:25,c:9,>,250  h Hello [c] SIZE 9 DSN,\n",
     "marked",
     "1S 220 h\\r\\n|2C EHLO x\\r\\n|3S 250-h Hello [c]\\r\\n|3S 250-SIZE 9\\r\\n|3S 250 "
     "DSN\\r\\n|"},
    {"marked: one mark for both sides",
     "IP a.25 > b.9: length 9: SMTP: 220 h\nIP b.9 > a.25: length 9: SMTP: EHLO x\n"
     "IP a.25 > b.9: length 9: SMTP: 250 h\n",
     "marked", "1S 220 h\\r\\n|2C EHLO x\\r\\n|3S 250 h\\r\\n|"},
    {"marked: nodemailer",
     "[2024-01-02 10:00:00] DEBUG [oB5d] S: 220 h\n[2024-01-02 10:00:00] DEBUG [oB5d] C: DATA\n"
     "[2024-01-02 10:00:00] DEBUG [oB5d] S: 354 go\n[2024-01-02 10:00:00] INFO  <334 bytes>\n"
     "[2024-01-02 10:00:00] DEBUG [oB5d] C: <334 bytes>\n"
     "[2024-01-02 10:00:00] DEBUG [oB5d] S: 250 ok\n",
     "marked", "1S 220 h\\r\\n|2C DATA\\r\\n|3S 354 go\\r\\n|6C .\\r\\n|6S 250 ok\\r\\n|"},
    {"marked: what the program did not read is nobody's",
     "SERVER -> CLIENT: 220 h\nCLIENT -> SERVER: EHLO x\nSERVER -> CLIENT:\n", "marked",
     "1S 220 h\\r\\n|2C EHLO x\\r\\n|"},
    {"session: a reply that looks like a command with a tag",
     "EHLO x\n250-AUTH LOGIN\n250 STARTTLS\n", "session",
     "1C EHLO x\\r\\n|2S 250-AUTH LOGIN\\r\\n|3S 250 STARTTLS\\r\\n|"},
    {"session: a line that the server does not know",
     "220 h\n\n500 what?\nNOOPE\n502 what?\nQUIT\n221 bye\n", "session",
     "1S 220 h\\r\\n|2C \\r\\n|3S 500 what?\\r\\n|4C NOOPE\\r\\n|5S 502 what?\\r\\n|6C QUIT\\r\\n|"
     "7S 221 bye\\r\\n|"},
    {"session: responses of an exchange",
     "AUTH LOGIN\n334 VXNlcg==\neDk5\n334 UGFzcw==\nc2Vj\n235 ok\n", "session",
     "1C AUTH LOGIN\\r\\n|2S 334 VXNlcg==\\r\\n|3C eDk5\\r\\n|4S 334 UGFzcw==\\r\\n|5C c2Vj\\r\\n|"
     "6S 235 ok\\r\\n|"},
    {"session: behind the name of a container", "app  | 220 h\napp  | EHLO x\napp  | 250 h\n",
     "session", "1S 220 h\\r\\n|2C EHLO x\\r\\n|3S 250 h\\r\\n|"},
    {"session: bullets and words of prose are nobody's",
     "* The server says\n* OK hi\nthe UID FETCH command fails\n1 NOOP\na list of things\n1 OK x\n"
     "That is BAD news\n",
     "session", "2S * OK hi\\r\\n|4C 1 NOOP\\r\\n|6S 1 OK x\\r\\n|"},
    {"session: a tag without a digit that is answered", "a LOGOUT\n* BYE x\na OK x\n", "session",
     "1C a LOGOUT\\r\\n|2S * BYE x\\r\\n|3S a OK x\\r\\n|"},
    {"session: a code block is indented", "    A1 NOOP\n    A1 OK x\n", "session",
     "1C A1 NOOP\\r\\n|2S A1 OK x\\r\\n|"},
    {"session: a response that was wrapped and indented",
     "A1 FETCH 1 ENVELOPE\n* 1 FETCH (ENVELOPE (NIL NIL\n    NIL (NIL)\n    NIL))\nA1 OK x\n",
     "session",
     "1C A1 FETCH 1 ENVELOPE\\r\\n|2S * 1 FETCH (ENVELOPE (NIL NIL|3S  |3S NIL (NIL)|4S  |4S "
     "NIL))\\r\\n|"
     "5S A1 OK x\\r\\n|"},
    {"session: prose behind a response that is not closed",
     "A1 FETCH 1 UID\n* 1 FETCH (UID 4\n\nThat is wrong.\nA1 OK x\n", "session",
     "1C A1 FETCH 1 UID\\r\\n|2S * 1 FETCH (UID 4\\r\\n|5S A1 OK x\\r\\n|"},
    {"session: lines filled with blanks", "1 NOOP        \n+        \n1 OK x        \n", "session",
     "1C 1 NOOP\\r\\n|2S + \\r\\n|3S 1 OK x\\r\\n|"},
    {"session: a command without its tag", "* OK hi\nlogin me secret\nlogin BAD what\n", "session",
     "1S * OK hi\\r\\n|2C login me secret\\r\\n|3S login BAD what\\r\\n|"},
    {"session: MailCore repeats what it could not read",
     "2024-01-02 10:00:00.1 M[1:2] Logger event logged: 1 withData: 1 NOOP\n"
     "2024-01-02 10:00:00.2 M[1:2] Logger event logged: 0 withData: 1 OK x\n"
     "2024-01-02 10:00:00.2 M[1:2] Logger event logged: 3 withData: 1 OK x\n",
     "session", "1C 1 NOOP\\r\\n|2S 1 OK x\\r\\n|"},
    {"session: another thread's words are no tag",
     "2024-01-02 10:00:00.1 M[1:2] 1 NOOP\n2024-01-02 10:00:00.2 M[1:3] status 5\n"
     "2024-01-02 10:00:00.3 M[1:2] 1 OK x\n",
     "session", "1C 1 NOOP\\r\\n|3S 1 OK x\\r\\n|"},
    {"plain: a response code that was wrapped",
     "S: * OK [CAPABILITY IMAP4rev1\n    IDLE] hi\nC: a NOOP\n", "plain",
     "1S * OK [CAPABILITY IMAP4rev1|2S  |2S IDLE] hi\\r\\n|3C a NOOP\\r\\n|"},
    {"plain: remarks on what is said",
     "S: * OK hi\nC: a NOOP          nothing new\nS: a OK x  ; really\nC: <the client goes>\n",
     "plain", "1S * OK hi\\r\\n|2C a NOOP\\r\\n|3S a OK x\\r\\n|"},
    {"session: a literal of which less is shown",
     "A1 FETCH 1 BODY[]\n* 1 FETCH (BODY[] {4096}\nsome text\n)\nA1 OK x\nA2 NOOP\nA2 OK x\n",
     "session", NULL},
    {"marked: any prefix",
     "[01-Feb-2024 10:00:00 +0100]: <ab> [1F2] C: 1 NOOP\n"
     "[01-Feb-2024 10:00:01 +0100]: <ab> [1F2] S: 1 OK x\n",
     "marked", "1C 1 NOOP\\r\\n|2S 1 OK x\\r\\n|"},
    {"plain: node-imap's quotes and escapes",
     "<= '* OK hi'\n=> 'A0 NOOP'\n<= '* FLAGS (\\\\Seen)'\n<= 'A0 OK x'\n", "plain",
     "1S * OK hi\\r\\n|2C A0 NOOP\\r\\n|3S * FLAGS (\\Seen)\\r\\n|4S A0 OK x\\r\\n|"},
    {"marked: imapsync", "Sending: 2 NOOP\nSent 8 bytes\nRead: \t2 OK x\n", "marked",
     "1C 2 NOOP\\r\\n|3S 2 OK x\\r\\n|"},
    {"plain: DQUOTE with a backslash each", "S: * LIST () \\\"/\\\" \\\"a b\\\"\nS: a OK x\n",
     "plain", "1S * LIST () \"/\" \"a b\"\\r\\n|2S a OK x\\r\\n|"},
    {"plain: entities of HTML",
     "C: a ID (&quot;name&quot; &quot;x&quot;)\nS: * ID NIL\nS: a OK &lt;done&gt;\n", "plain",
     "1C a ID (\"name\" \"x\")\\r\\n|2S * ID NIL\\r\\n|3S a OK <done>\\r\\n|"},
    {"plain: a quoted reply to a mail", "> C: a NOOP\n> S: a OK x\n", "plain",
     "1C a NOOP\\r\\n|2S a OK x\\r\\n|"},
    {"plain: code marks of one line", "`C: a NOOP`\nand it says\n`S: a OK x`\n", "plain",
     "1C a NOOP\\r\\n|3S a OK x\\r\\n|"},
    {"imapflow",
     "{\"src\":\"s\",\"msg\":\"* OK \\\"hi\\\"\",\"cid\":\"x\"}\n{\"msg\":\"Connection "
     "established\"}\n"
     "{\"src\":\"c\",\"msg\":\"1 NOOP\",\"cid\":\"x\"}\n",
     "imapflow", "1S * OK \"hi\"\\r\\n|3C 1 NOOP\\r\\n|"},
    {"no format", "once upon a time\nthere was a server\n", NULL, ""},
    {"marked: the quotes of a table, and the line ends within a reply",
     "\"P\"\t1\t\"SENT: EHLO x\"\n\"P\"\t1\t\"RECEIVED: 250-h[nl]250-ETRN[nl]250 DSN\"\n"
     "\"P\"\t1\t\"SENT: QUIT\"\n",
     "marked", "1C EHLO x\\r\\n|2S 250-h\\r\\n|2S 250-ETRN\\r\\n|2S 250 DSN\\r\\n|3C QUIT\\r\\n|"},
    {"marked: emphasis",
     "**a SENT: CAPA\na RECEIVED: -ERR no**\na SENT: USER b\na RECEIVED: +OK\na SENT: PASS ****\n",
     "marked", "1C CAPA\\r\\n|2S -ERR no\\r\\n|3C USER b\\r\\n|4S +OK\\r\\n|5C PASS ****\\r\\n|"},
    {"marked: behind what is quoted the log goes on",
     "SEND:\n\"EHLO x\\r\\n\"\nRECEIVE:\n\"554 no\\r\\n\"\n--> mail error: 554 no\n", "marked",
     "2C EHLO x\\r\\n|4S 554 no\\r\\n|"},
    {"marked: arrows around it all",
     "Sending a mail.\n>>>>>Sending data EHLO x<<<<<<\n>>>>>Sending data HELO "
     "x<<<<<<\n>>>>>Sending data "
     "QUIT<<<<<<\n",
     "marked", "2C EHLO x\\r\\n|3C HELO x\\r\\n|4C QUIT\\r\\n|"},
    {"marked: only the server is marked", "UIDL\n<<< +OK\n<<< 1 a\n<<< .\nQUIT\n<<< +OK\n",
     "marked", "1C UIDL\\r\\n|2S +OK\\r\\n|3S 1 a\\r\\n|4S .\\r\\n|5C QUIT\\r\\n|6S +OK\\r\\n|"},
    {"marked: the line ends of message data are written, too",
     "l: CLIENT -> SERVER: RCPT TO:<a>\\r\\n, referer: u\nl: SERVER -> CLIENT: 250 ok\\r\\n, "
     "referer: u\nl: CLIENT -> SERVER: DATA\\r\\n, referer: u\nl: SERVER -> CLIENT: 354 go\\r\\n, "
     "referer: u\n"
     "l: CLIENT -> SERVER: To: x\\r\\n, referer: u\nl: CLIENT -> SERVER: .\\r\\n, referer: u\n"
     "l: SERVER -> CLIENT: 250 ok\\r\\n, referer: u\n",
     "marked",
     "1C RCPT TO:<a>\\r\\n|2S 250 ok\\r\\n|3C DATA\\r\\n|4S 354 go\\r\\n|5C To: x\\r\\n|"
     "6C .\\r\\n|7S 250 ok\\r\\n|"},
    {"marked: as HTML",
     "SERVER -&gt; CLIENT: 220 h<br>\nCLIENT -&gt; SERVER: EHLO x<br />\n"
     "SERVER -&gt; CLIENT: 250 h<br>\n",
     "marked", "1S 220 h\\r\\n|2C EHLO x\\r\\n|3S 250 h\\r\\n|"},
    {"marked: message data that the server did not ask for",
     "x <<< DATA\nx >>> 503 no\nx <<< To: y\nSubject: z\nx >>> 500 what\nx <<< QUIT\n", "marked",
     "1C DATA\\r\\n|2S 503 no\\r\\n|3C To: y\\r\\n|4C Subject: z\\r\\n|5S 500 what\\r\\n|"
     "6C QUIT\\r\\n|"},
    {"marked: the rest of the message is left out",
     "x: C: DATA\nx: S: 354 go\nx: C: To: y\nx: S: 250 ok\nx: C: QUIT\n", "marked",
     "1C DATA\\r\\n|2S 354 go\\r\\n|3C To: y\\r\\n|4C .\\r\\n|4S 250 ok\\r\\n|5C QUIT\\r\\n|"},
    {"plain: what telnet says is not the server's",
     "S: Trying 192.0.2.1...\nS: Connected to h.\nS: Escape character is '^]'.\nS: 220 h\nC: QUIT\n"
     "S: 221 h\nS: Connection closed by foreign host.\n",
     "plain", "4S 220 h\\r\\n|5C QUIT\\r\\n|6S 221 h\\r\\n|"},
    {"session: the key that sends the line", "AUTH PLAIN<ENTER>\n334 \nAGEAYg==<ENTER>\n235 ok\n",
     "session", "1C AUTH PLAIN\\r\\n|2S 334 \\r\\n|3C AGEAYg==\\r\\n|4S 235 ok\\r\\n|"},
    {"session: a keyword without its code is the server's",
     "220 h ready\nEHLO x\n250 h\nSIZE\nQUIT\n221 h\n", "session",
     "1S 220 h ready\\r\\n|2C EHLO x\\r\\n|3S 250 h\\r\\n|4S SIZE\\r\\n|5C QUIT\\r\\n|6S 221 "
     "h\\r\\n|"},
    {"thunderbird: a POP3 command that is left out",
     "[1]: I/POP3 SEND: USER b\n[1]: I/POP3 RECV: +OK\n[1]: I/POP3 Logging suppressed for this "
     "command (it probably contained authentication information)\n[1]: I/POP3 RECV: +OK\n",
     "thunderbird", "1C USER b\\r\\n|2S +OK\\r\\n|3C ********\\r\\n|4S +OK\\r\\n|"},
};

static void add(char *text, size_t cap, const char *more)
{
    size_t len = strlen(text);
    size_t room = cap - len - 1;
    size_t taken = strlen(more) < room ? strlen(more) : room;
    memcpy(text + len, more, taken);
    text[len + taken] = '\0';
}

static void check(void **state)
{
    const struct row *row = *state;
    struct span text = span_text(row->text);
    const struct log_format *format = log_format_guess(text);
    if (row->format == NULL) {
        assert_null(format);
        return;
    }
    assert_non_null(format);
    assert_string_equal(format->name, row->format);
    struct recording recording;
    recording_init(&recording, "x");
    log_read(&recording, format, text);
    assert_int_equal(recording.count, 1);
    const struct conversation *c = &recording.conversations[0];
    char said[2048] = "";
    for (size_t i = 0; i < c->piece_count; i++) {
        const struct piece *piece = &c->pieces[i];
        char start[32];
        (void)snprintf(start, sizeof start, "%u%c ", (unsigned)piece->line,
                       piece->side == SIDE_CLIENT ? 'C' : 'S');
        add(said, sizeof said, start);
        for (size_t pos = 0; pos < piece->len; pos++) {
            uint8_t octet = c->stream[piece->side].octets[piece->off + pos];
            char one[3] = {(char)octet, '\0', '\0'};
            add(said, sizeof said, octet == '\r' ? "\\r" : octet == '\n' ? "\\n" : one);
        }
        add(said, sizeof said, "|");
    }
    if (row->said != NULL) {
        assert_string_equal(said, row->said);
    }
    recording_fini(&recording);
}

static void finds_the_piece_of_an_offset(void **state)
{
    (void)state;
    struct recording recording;
    recording_init(&recording, "x");
    log_read(&recording, log_format_find("plain"),
             SPAN_LIT("C: a\nS: bb\nC: ccc\nS: dddd\nC: e\n"));
    const struct conversation *c = &recording.conversations[0];
    static const uint64_t lines[] = {1, 1, 1, 3, 3, 3, 3, 3, 5, 5, 5};
    for (uint64_t off = 0; off < 11; off++) {
        assert_int_equal(conversation_piece(c, SIDE_CLIENT, off)->line, lines[off]);
    }
    recording_fini(&recording);
}

/* What is shown of a literal is not what its count says: which octets the server's stream has then,
   "#" for those that the log does not show. */
static void settles_literals(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        const char *text;
        const char *server;
    } cases[] = {
        {"plain", "S: * 1 FETCH (BODY[] {12}\nS: abc\nS: )\nS: a OK x\n",
         "* 1 FETCH (BODY[] {12}\r\n############)\r\na OK x\r\n"},
        {"plain", "S: * 1 FETCH (BODY[] {9}\nS: 0123456789012\nS: 4567)\nS: * 2 EXISTS\n",
         "* 1 FETCH (BODY[] {9}\r\n#########)\r\n* 2 EXISTS\r\n"},
        {"plain", "S: * 1 FETCH (BODY[] {3}\nS: abcde)\nS: a OK x\n",
         "* 1 FETCH (BODY[] {3}\r\nabcde)\r\na OK x\r\n"},
        {"plain", "S: * 1 FETCH (BODY[] {4}\nS: ***\nS: )\nS: a OK x\n",
         "* 1 FETCH (BODY[] {4}\r\n####)\r\na OK x\r\n"},
        {"plain", "S: * 1 FETCH (BODY[] {6}\nS: ...\nS: a OK x\n",
         "* 1 FETCH (BODY[] {6}\r\n########a OK x\r\n"},
        {"plain", "C: a FETCH 1 BODY[]\nS: * 1 FETCH (UID 4 BODY[] {6}\n",
         "* 1 FETCH (UID 4 BODY[] {6}\r\n########"},
        {"plain", "S: text\nS: more)\nS: * 2 EXISTS\nC: a NOOP\n", "* 2 EXISTS\r\n"},
        {"mbsync", "Logging in\n>>> 1 UID FETCH 4 BODY[]\n* 1 FETCH (BODY[] {3}\n UID 4)\n1 OK x\n",
         "* 1 FETCH (BODY[] {3}\r\n### UID 4)\r\n1 OK x\r\n"},
        {"mbsync",
         "Logging in\n>>> 1 UID FETCH 4 BODY[]\n* 1 FETCH (BODY[] "
         "{4}\n=========\nab\n=========\n)\n1 OK x\n",
         "* 1 FETCH (BODY[] {4}\r\nab\r\n)\r\n1 OK x\r\n"},
        {"session", "A1 FETCH 1 RFC822\n* 1 FETCH (RFC822 {19}\ntext\n)\nA1 OK x\n",
         "* 1 FETCH (RFC822 {19}\r\n###################)\r\nA1 OK x\r\n"},
        {"plain",
         "S: * 1 FETCH (BODY[1] {6}\nS: ab\nS: cd BODY[2] {3}\nS: abc)\nS: * 2 EXISTS\nS: a OK x\n",
         "* 1 FETCH (BODY[1] {6}\r\nab\r\ncd BODY[2] {3}\r\nabc)\r\n* 2 EXISTS\r\na OK x\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct recording recording;
        recording_init(&recording, "x");
        log_read(&recording, log_format_find(cases[i].format), span_text(cases[i].text));
        struct stream *s = &recording.conversations[0].stream[SIDE_SERVER];
        for (size_t k = 0; k < s->hole_count; k++) {
            memset(s->octets + s->holes[k].off, '#', s->holes[k].len);
        }
        assert_int_equal(s->len, strlen(cases[i].server));
        assert_memory_equal(s->octets, cases[i].server, s->len);
        recording_fini(&recording);
    }
}

/* A mark inside a string hides the string only; elsewhere nothing behind it is known. */
static void marks_what_is_hidden(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t off;
        size_t len;
        bool inside;
    } cases[] = {
        {"C: a LOGIN x ********\nS: a OK x\n", 10, 8, false},
        {"C: a LOGIN \"x***y\" b\nS: a OK x\n", 10, 4, true},
        {"C: a LOGIN xxxxxxxx@y z\nS: a OK x\n", 8, 10, true},
        {"C: a LIST [...]\nS: a OK x\n", 7, 5, false},
        {"C: a UID FETCH **7** FLAGS\nS: a OK x\n", 12, 11, false},
        {"C: a LOGIN x \\*\\*\\*\nS: a OK x\n", 10, 6, false},
        {"C: a LOGIN x {the password}\nS: a OK x\n", 10, 14, true},
        {"C: a NOOP\nS: * 1 FETCH (UID 4 BODY[]      )\n", 23, 7, false},
        {"C: a LOGIN <the user> x\nS: a OK x\n", 8, 10, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct recording recording;
        recording_init(&recording, "x");
        log_read(&recording, log_format_find("plain"), span_text(cases[i].text));
        const struct conversation *c = &recording.conversations[0];
        enum side side = c->stream[SIDE_CLIENT].hole_count > 0 ? SIDE_CLIENT : SIDE_SERVER;
        assert_int_equal(c->stream[side].hole_count, 1);
        const struct hole *hole = &c->stream[side].holes[0];
        assert_int_equal(hole->off, cases[i].off);
        assert_int_equal(hole->len, cases[i].len);
        assert_int_equal(hole->inside, cases[i].inside);
        assert_ptr_equal(conversation_hole(c, side, hole->off + hole->len - 1, 9), hole);
        assert_null(conversation_hole(c, side, hole->off + hole->len, 9));
        recording_fini(&recording);
    }
}

static void guesses_the_protocol(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum protocol protocol;
        bool from_start;
    } cases[] = {
        {"S: 220 x\nC: EHLO y\n", PROTOCOL_SMTP, true},
        {"S: 250 ok\nC: RCPT TO:<a@b>\n", PROTOCOL_SMTP, false},
        {"S: 220 x LMTP\nC: LHLO y\n", PROTOCOL_LMTP, true},
        {"S: +OK\nC: USER x\n", PROTOCOL_POP3, true},
        {"S: +OK 2 320\nC: RETR 1\n", PROTOCOL_POP3, false},
        {"S: * OK hi\nC: a1 LOGIN x y\n", PROTOCOL_IMAP, true},
        {"Connected to imap://x/\nS: 421 busy\n", PROTOCOL_IMAP, true},
        {"S: * OK [UIDNEXT 4] x\nS: a1 OK [READ-WRITE] x\n", PROTOCOL_IMAP, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct recording recording;
        recording_init(&recording, "x");
        log_read(&recording, log_format_find("plain"), span_text(cases[i].text));
        struct conversation *c = &recording.conversations[0];
        assert_true(conversation_guess_protocol(c));
        assert_int_equal(c->protocol, cases[i].protocol);
        assert_int_equal(c->from_start, cases[i].from_start);
        recording_fini(&recording);
    }
}

static void begins_anew(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "S: 220 a\nC: QUIT\nS: 221 b\nS: 220 c\nC: EHLO x\nS: 250 c\n",
        "S: +OK a\nC: USER x\nS: +OK\nC: QUIT\nS: +OK b\nS: +OK c\nC: CAPA\n",
        "[1] --> 220 a\n[2] --> 220 b\n[1] <-- EHLO x\n[2] <-- EHLO y\n[1] --> 250 a\n",
        "f: POP3< +OK a\nf: SMTP< 220 b\nf: SMTP> EHLO x\nf: POP3> QUIT\nf: POP3< +OK c\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct recording recording;
        recording_init(&recording, "x");
        log_read(&recording, log_format_guess(span_text(texts[i])), span_text(texts[i]));
        assert_int_equal(recording.count, 2);
        recording_fini(&recording);
    }
}

/* A command that the log does not have begins another excerpt. */
static void notices_hidden_commands(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t conversations;
    } cases[] = {
        {"S: * OK x\nC: A1 NOOP\nS: A1 OK x\nC: A2 NOOP\nS: A2 OK x\n", 1},
        {"S: * OK x\nC: A1 NOOP\nS: A1 OK x\nC: A3 NOOP\nS: A3 OK x\n", 2},
        {"S: * OK x\nC: A1 NOOP\nS: A1 OK x\nS: A2 OK x\nC: A3 NOOP\n", 2},
        {"S: * OK x\nC: A1 NOOP\nS: A2 OK x\nC: A2 NOOP\n", 1},
        {"S: * OK x\nC: A1 NOOP\nS: A1 OK x\nC: B7 NOOP\nS: B7 OK x\n", 1},
        {"```\nC: A1 NOOP\nS: A1 OK x\n```\nand\n```\nC: A1 NOOP\nS: A1 OK x\n```\n", 2},
        {"```\nC: A1 NOOP\n```\nand\n```\nS: A1 OK x\n```\n", 1},
        {"C: A1 NOOP\nS: A1 OK x\nS: ...\nC: A1 NOOP\n", 2},
        {"C: EHLO x\nS: 250-h\nS: 250-DSN\nC: QUIT\nS: 221 h\n", 2},
        {"C: EHLO x\nS: 250-h\nS: 250 DSN\nC: QUIT\nS: 221 h\n", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct recording recording;
        recording_init(&recording, "x");
        log_read(&recording, log_format_find("plain"), span_text(cases[i].text));
        assert_int_equal(recording.count, cases[i].conversations);
        recording_fini(&recording);
    }
}

static void marks_what_is_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t holes;
    } cases[] = {
        {"C: PASS [credentials hidden]\n", 1},
        {"C: EHLO [xx.xx.xxx.xxx]\n", 1},
        {"C: MAIL FROM:\nS: 250 ok\n", 1},
        {"C: MAIL FROM:\nC: RCPT TO:<a@b>\n", 0},
        {"C: PASS secret\n", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct recording recording;
        recording_init(&recording, "x");
        log_read(&recording, log_format_find("plain"), span_text(cases[i].text));
        assert_int_equal(recording.conversations[0].stream[SIDE_CLIENT].hole_count +
                             recording.conversations[0].stream[SIDE_SERVER].hole_count,
                         cases[i].holes);
        recording_fini(&recording);
    }
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(finds_the_piece_of_an_offset);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(notices_hidden_commands);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(settles_literals);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(marks_what_is_hidden);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(guesses_the_protocol);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(begins_anew);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(marks_what_is_left_out);
    return table_run("trace/log", tests, count);
}
