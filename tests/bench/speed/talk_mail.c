/* SPDX-License-Identifier: MIT */
/* SMTP and POP3. */
#include "tests/bench/speed/talk.h"

static void ehlo(struct talk *t)
{
    talk_say(t, SIDE_CLIENT, "EHLO client.example.org\r\n");
    talk_say(t, SIDE_SERVER,
             "250-mail.example.com at your service\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n"
             "250-8BITMIME\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n"
             "250-AUTH PLAIN LOGIN SCRAM-SHA-256\r\n250 SMTPUTF8\r\n");
}

static void recipient(struct talk *t)
{
    unsigned number = talk_random(t, 100000);
    unsigned kind = talk_random(t, 4);
    if (kind == 0) {
        talk_say(t, SIDE_CLIENT,
                 "RCPT TO:<user%u@example.net> NOTIFY=SUCCESS,FAILURE "
                 "ORCPT=rfc822;user%u@example.net\r\n",
                 number, number);
    } else if (kind == 1) {
        talk_say(t, SIDE_CLIENT, "RCPT TO:<\"John %u Doe\"@[192.0.2.%u]>\r\n", number,
                 number % 256);
    } else {
        talk_say(t, SIDE_CLIENT, "RCPT TO:<first.last+tag%u@mail-%u.dept.example.com>\r\n", number,
                 number);
    }
    static const char *const replies[] = {
        "250 2.1.5 Ok\r\n",
        "250 2.1.5 <user@example.net> recipient ok, will queue for delivery\r\n",
        "550 5.1.1 <user@example.net>: Recipient address rejected: User unknown in table\r\n",
        "452-4.2.2 The email account that you tried to reach is over quota. Please direct\r\n"
        "452-4.2.2 the recipient to the page about storage and\r\n"
        "452 4.2.2 try again later.\r\n",
    };
    talk_say(t, SIDE_SERVER, "%s", replies[talk_random(t, 4)]);
}

static void transaction(struct talk *t)
{
    unsigned number = talk_random(t, 100000);
    talk_say(t, SIDE_CLIENT,
             "MAIL FROM:<bounce-%u=user@lists.example.org> SIZE=%u BODY=8BITMIME%s\r\n", number,
             number, number % 2 == 0 ? " RET=HDRS ENVID=QQ314159" : "");
    talk_say(t, SIDE_SERVER, "250 2.1.0 Sender <bounce-%u=user@lists.example.org> ok\r\n", number);
    for (unsigned count = 1 + talk_random(t, 3); count > 0; count--) {
        recipient(t);
    }
}

void talk_smtp(struct talk *t, size_t len)
{
    talk_say(t, SIDE_SERVER, "220 mail.example.com ESMTP ready\r\n");
    ehlo(t);
    for (unsigned i = 1; t->side[SIDE_CLIENT].len < len; i++) {
        transaction(t);
        talk_say(t, SIDE_CLIENT, "RSET\r\n");
        talk_say(t, SIDE_SERVER, "250 2.0.0 Flushed\r\n");
        if (i % 10 == 0) {
            ehlo(t);
        }
    }
    talk_say(t, SIDE_CLIENT, "QUIT\r\n");
    talk_say(t, SIDE_SERVER, "221 2.0.0 Bye\r\n");
}

void talk_smtp_body(struct talk *t, size_t len)
{
    talk_say(t, SIDE_SERVER, "220 mail.example.com ESMTP ready\r\n");
    ehlo(t);
    while (t->side[SIDE_CLIENT].len < len) {
        talk_say(t, SIDE_CLIENT, "MAIL FROM:<a@example.org>\r\n");
        talk_say(t, SIDE_SERVER, "250 2.1.0 Ok\r\n");
        talk_say(t, SIDE_CLIENT, "RCPT TO:<b@example.com>\r\n");
        talk_say(t, SIDE_SERVER, "250 2.1.5 Ok\r\n");
        talk_say(t, SIDE_CLIENT, "DATA\r\n");
        talk_say(t, SIDE_SERVER, "354 go ahead\r\n");
        talk_say(t, SIDE_CLIENT,
                 "Date: Mon, 5 Feb 2024 10:11:12 +0100\r\nFrom: <a@example.org>\r\n"
                 "Message-ID: <1@example.org>\r\n\r\n");
        talk_message(t, SIDE_CLIENT, 5000 + talk_random(t, 200000), true);
        talk_say(t, SIDE_CLIENT, ".\r\n");
        talk_say(t, SIDE_SERVER, "250 2.0.0 Ok: queued as 4T3\r\n");
    }
    talk_say(t, SIDE_CLIENT, "QUIT\r\n");
    talk_say(t, SIDE_SERVER, "221 2.0.0 Bye\r\n");
}

void talk_pop3_body(struct talk *t, size_t len)
{
    talk_say(t, SIDE_SERVER, "+OK ready\r\n");
    talk_say(t, SIDE_CLIENT, "USER alice\r\n");
    talk_say(t, SIDE_SERVER, "+OK\r\n");
    talk_say(t, SIDE_CLIENT, "PASS secret\r\n");
    talk_say(t, SIDE_SERVER, "+OK logged in\r\n");
    for (unsigned number = 1; t->side[SIDE_SERVER].len < len; number++) {
        talk_say(t, SIDE_CLIENT, "RETR %u\r\n", number);
        talk_say(t, SIDE_SERVER,
                 "+OK message follows\r\nDate: Mon, 5 Feb 2024 10:11:12 +0100\r\n"
                 "From: <a@example.org>\r\n\r\n");
        talk_message(t, SIDE_SERVER, 5000 + talk_random(t, 200000), true);
        talk_say(t, SIDE_SERVER, ".\r\n");
    }
    talk_say(t, SIDE_CLIENT, "QUIT\r\n");
    talk_say(t, SIDE_SERVER, "+OK bye\r\n");
}
