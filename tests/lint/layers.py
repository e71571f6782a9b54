#!/usr/bin/env python3
"""Holds include lines against the table of rooms in docs/design.md."""
import re

from libsource import Report, files, read

FREESTANDING = {"stdbool.h", "stddef.h", "stdint.h", "string.h", "limits.h", "assert.h", "stdalign.h"}

# room: the rooms whose headers it may include; the first one that fits a file is its room.
ROOMS = {
    "parsers/": ["parsers/", "session/rule.def"],
    "session/": ["session/", "parsers/"],
    "net/": ["net/", "parsers/core/"],
    "reports/": ["reports/", "parsers/", "session/", "net/memory.h"],
    "server/": ["server/", "parsers/", "session/", "net/"],
    "scenarios/engine/": ["scenarios/engine/", "parsers/", "session/", "net/", "reports/"],
    "trace/": ["trace/", "parsers/", "session/", "net/", "reports/"],
    "fuzz/abnf/": ["fuzz/abnf/", "parsers/", "session/"],
    "fuzz/mutator/": ["fuzz/mutator/", "fuzz/abnf/", "parsers/", "session/"],
    "fuzz/live/": ["fuzz/live/", "fuzz/mutator/", "fuzz/abnf/", "parsers/", "session/", "net/"],
    "fuzz/": ["fuzz/", "parsers/", "session/", "server/", "trace/", "net/buffer.h"],
    "cli/": ["cli/", "parsers/", "session/", "net/", "reports/", "server/", "scenarios/engine/",
             "trace/", "fuzz/live/", "fuzz/mutator/", "fuzz/abnf/"],
    "tests/": [""],
}

# Libraries: who may include their headers.
LIBRARIES = {
    r"openssl/": r"net/tls[a-z_0-9]*\.[ch]",
    r"uv\.h": r"net/.*",
    r"zlib\.h": r"net/.*",
    r"gsasl\.h": r"(net|server|scenarios/engine)/.*",
    r"idn2\.h": r"net/.*",
    r"jansson\.h": r"(reports|trace|cli)/.*",
    r"libxml/": r"reports/.*",
    r"pcap": r"trace/.*",
    r"cmocka\.h": r"tests/.*",
}

report = Report("layers")
names = files(".c", ".h", ".def")
for name in names:
    room = next((room for room in ROOMS if name.startswith(room)), None)
    if room is None:
        report.add(name, 1, "lies in no room of the table")
        continue
    for number, line in enumerate(read(name).splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if include is None:
            continue
        header = include.group(2)
        if include.group(1) == '"':
            if not header.startswith(tuple(ROOMS[room])):
                report.add(name, number, "%s must not include %s" % (room, header))
        elif room in ("parsers/", "session/") and header not in FREESTANDING:
            report.add(name, number, "%s is pure: no <%s>" % (room, header))
        else:
            for library, users in LIBRARIES.items():
                if re.match(library, header) and not name.startswith("tests/") and \
                        not re.fullmatch(users, name):
                    report.add(name, number, "<%s> belongs to %s" % (header, users))
report.finish("%d files" % len(names))
