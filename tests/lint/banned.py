#!/usr/bin/env python3
"""Functions, headers and forms that this project does without, and how files begin and end."""
import re

from libsource import Report, files, read, without_text

EVERYWHERE = ["strcpy", "strcat", "sprintf", "vsprintf", "strtok", "strncpy", "strncat", "gets",
              "scanf", "sscanf", "fscanf", "atoi", "atol", "atoll", "strtol", "alloca",
              "setjmp", "longjmp", "system", "tmpnam", "mktemp"]
OUTPUT = ["printf", "vprintf", "puts", "putchar"]
MEMORY = ["malloc", "calloc", "realloc", "strdup", "strndup", "asprintf", "vasprintf"]
HEADERS = ["ctype.h", "locale.h", "setjmp.h", "alloca.h"]
LONGEST = 700

report = Report("banned")


def calls(code, words):
    return re.finditer(r"(?<![\w.>])(%s)\s*\(" % "|".join(words), code)


def line_of(code, pos):
    return code.count("\n", 0, pos) + 1


names = files(".c", ".h")
for name in names:
    source = read(name)
    code = without_text(source)
    tests = name.startswith("tests/")
    words = list(EVERYWHERE)
    if not tests and not name.startswith(("reports/", "cli/", "fuzz/standalone_main.c")):
        words += OUTPUT
    if not tests and not name.startswith(("net/memory.", "fuzz/standalone_main.c", "fuzz/check/",
                                          "fuzz/targets/", "fuzz/mutator/afl.c")):
        words += MEMORY
    for call in calls(code, words):
        report.add(name, line_of(code, call.start()), "%s is banned here" % call.group(1))
    for header in re.finditer(r"#\s*include\s*<(%s)>" % "|".join(HEADERS), source):
        if not tests and not name.startswith("fuzz/examples/"):
            report.add(name, line_of(source, header.start()), "<%s> is banned" % header.group(1))
    bare = re.sub(r'"(?:[^"\\\n]|\\.)*"|/\*.*?\*/',
                  lambda m: re.sub(r"[^\n]", " ", m.group(0)), source, flags=re.S)
    for number, line in enumerate(bare.splitlines(), 1):
        if "//" in line:
            report.add(name, number, "comments are /* */")
    for number, line in enumerate(source.splitlines(), 1):
        if "\t" in line:
            report.add(name, number, "TAB")
        if re.search(r"(?<!# )\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b", line):
            report.add(name, number, "unfinished: %s" % line.strip())
    if not source.startswith("/* SPDX-License-Identifier: MIT */\n"):
        report.add(name, 1, "the first line is not the SPDX line")
    if not source.endswith("\n") or source.endswith("\n\n"):
        report.add(name, source.count("\n"), "does not end in one line end")
    if source.count("\n") > LONGEST:
        report.add(name, LONGEST, "longer than %d lines: probably two nouns" % LONGEST)
    guard = re.sub(r"[^A-Z0-9]", "_", name.upper())
    if name.endswith(".h") and "#ifndef %s\n#define %s\n" % (guard, guard) not in source:
        report.add(name, 1, "the include guard is not %s" % guard)
report.finish("%d files" % len(names))
