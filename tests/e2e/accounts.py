#!/usr/bin/env python3
"""Cases that run at the same time take different accounts where the target file declares several; a
pair of users comes from one set; an account whose password is wrong is not used."""
import tempfile
import threading
import time

import libserver as server
from libcheck import Run, expect, failures, finish, require_check

TARGET = """[target]
pop3 = pop3://127.0.0.1:%d
[user alice]
password = a
%s
"""
CASE = """@case  e2e.case%d
@req   rfc1939:4-1
@needs user alice
@safe
@use   login(alice)
C: STAT
S: +OK
C: QUIT
S: +OK
"""
PAIR = """@connect a pop3 as alice
@connect b pop3 as bob
@case  e2e.pair%d
@req   rfc1939:4-1
@needs user alice bob
@safe
@use   login(alice, a)
@use   login(bob, b)
a.C: QUIT
b.C: QUIT
a.S: +OK
b.S: +OK
"""
HEAD = """@protocol pop3
@def login(user, c=)
c.S: +OK
c.C: USER ${user.login}
c.S: +OK
c.C: PASS ${user.password}
c.S: +OK
@end
"""


class Maildrops:
    """Lets in who says the password that the name begins with; holds a maildrop for its session."""

    def __init__(self, wrong=()):
        self.lock = threading.Lock()
        self.names = {}
        self.open = {}
        self.logins = []
        self.most = 0
        self.clashes = 0
        self.wrong = wrong

    def fault(self, connection, _protocol, moment, line, _stop):
        word, _, rest = line.strip().partition(b" ")
        if moment != "command":
            return False
        with self.lock:
            if word == b"USER":
                self.names[connection] = rest.decode()
            elif word == b"PASS":
                name = self.names[connection]
                if name in self.wrong or rest.decode() != name[:1]:
                    connection.sendall(b"-ERR wrong\r\n")
                    return True
                self.clashes += name in self.open.values()
                self.open[connection] = name
                self.logins.append(name)
                self.most = max(self.most, len(set(self.open.values())))
            elif word == b"QUIT":
                self.open.pop(connection, None)
        if word == b"STAT":
            time.sleep(0.05)
        return False


def play(name, cases, users, drops, codes, *options, contains=()):
    with tempfile.TemporaryDirectory() as folder, server.Server("pop3", drops.fault) as pop3:
        with open(folder + "/cases.scn", "w", encoding="ascii") as file:
            file.write(HEAD + cases)
        with open(folder + "/target.ini", "w", encoding="ascii") as file:
            file.write(TARGET % (pop3.port, users))
        run = Run(["check", "-t", folder + "/target.ini", folder + "/cases.scn", *options], 60)
        expect(name, run, codes, contains=contains)
    return run


def want(what, is_so):
    if not is_so:
        print("    not so: " + what)
        failures.append(what)


require_check()
single = "".join(CASE % i for i in range(12))

one = Maildrops()
run = play("one account", single, "", one, (0,))
want("one account: one after the other", one.clashes == 0 and one.most == 1)

four = Maildrops()
run = play("four accounts", single, "[user alice 2-4]\nlogin = alice${n}\n", four, (0,))
want("four accounts: no maildrop is used twice at a time", four.clashes == 0)
want("four accounts: several at a time", four.most >= 3)
want("four accounts: all of them", set(four.logins) == {"alice", "alice2", "alice3", "alice4"})

two = Maildrops()
run = play("more jobs than accounts", single, "[user alice 2]\nlogin = alice2\n", two, (0,), "-j", "8")
want("more jobs than accounts: no maildrop is used twice at a time", two.clashes == 0)

bad = Maildrops(wrong=("alice3",))
run = play("a wrong password", single, "[user alice 2-4]\nlogin = alice${n}\n", bad, (0,),
           contains=["the login of alice3 is refused: -ERR wrong"])
want("a wrong password: the others are used", {"alice", "alice2", "alice4"} == set(bad.logins))

pairs = Maildrops()
run = play("pairs", PAIR.replace("%d", "1"), "[user bob]\npassword = b\n[user alice 2]\n"
           "login = alice2\n[user bob 2]\nlogin = bob2\n", pairs, (0,), "--repeat", "8")
want("pairs: no maildrop is used twice at a time", pairs.clashes == 0)
want("pairs: both sets", {"alice", "alice2", "bob", "bob2"} == set(pairs.logins))

lone = Maildrops(wrong=("bob",))
run = play("the second user is refused", PAIR.replace("%d", "1"), "[user bob]\npassword = b\n", lone,
           (4,), contains=["the login of bob is refused: -ERR wrong"])
want("the second user is refused: blocked", [r["status"] for r in run.report["results"]] == ["blocked"])
finish()
