#!/usr/bin/env python3
"""Runs the transcripts of tests/vectors through `postel judge` and compares line, side and level of
every finding with the marks in the files. In tests/vectors/logs the format is told by the content, and a
mark is "!C|" or "!S|" before the log's line. usage: vectors.py POSTEL FILE..."""
import json
import re
import subprocess
import sys

MUST = {"MUST", "MUST NOT"}


def cases(path):
    """Yields (name, number of its first line, lines)."""
    name, first, lines = None, 0, []
    heading = "==== " if "/logs/" in path else "=== "  # swaks has lines with "=== "
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().split("\n"), 1):
            if line.startswith(heading):
                if name:
                    yield name, first, lines
                name, first, lines = line[len(heading):].split(" ")[0], number + 1, []
            elif name:
                lines.append(line)
    if name:
        yield name, first, lines


def judge(postel, lines, *options, guess=False):
    text = "\n".join(lines) + "\n"
    kind = "postel" if lines[0].startswith("# postel trace") else "plain"
    kind = [] if guess else ["--format", kind]
    done = subprocess.run([postel, "judge", *kind, *options, "-"], timeout=60,
                          input=text.encode(), capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{postel} judge: exit {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def marks(lines):
    """The lines without their marks, and the set of (line, side, mark)."""
    while lines and not lines[-1].strip():
        lines.pop()
    expected = set()
    clean = []
    for number, line in enumerate(lines, 1):
        mark = re.match(r"([!?])(?:[\d.]+ \d+ )?([CS*])(\|?)", line)
        if mark:
            expected.add((number, "client" if mark[2] == "C" else "server", mark[1]))
            line = line[3 if mark[3] else 1:]
        clean.append(line)
    return clean, expected


def check(postel, path, name, first, lines):
    clean, expected = marks(lines)
    seen = {}
    guess = "/logs/" in path
    for finding in map(json.loads, judge(postel, clean, "--json", guess=guess).splitlines()):
        mark = "!" if finding["level"] in MUST else "?"
        seen.setdefault((finding["line"], finding["side"], mark), []).append(finding)
    ok = True
    for key in sorted(expected - set(seen)):
        print(f"{path}:{first + key[0] - 1}: {name}: not found: {key[1]} breaks {key[2]}: {lines[key[0] - 1]}")
        ok = False
    for key in sorted(set(seen) - expected):
        finding = seen[key][0]
        print(f"{path}:{first + key[0] - 1}: {name}: found {key[2]}: {key[1]} {finding['rule']} "
              f"({finding['level']}): {finding['text']}: {clean[key[0] - 1] if key[0] else ''}")
        ok = False
    return ok


def main():
    passed = failed = 0
    for path in sys.argv[2:]:
        for name, first, lines in cases(path):
            if check(sys.argv[1], path, name, first, lines):
                passed += 1
            else:
                failed += 1
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
