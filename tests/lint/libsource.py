"""The tracked sources of the tree, for the checks in this folder."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def files(*endings):
    """Paths from the root, of all tracked files (or all files, outside git) with these endings."""
    try:
        names = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
                               text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = [os.path.relpath(os.path.join(folder, name), ROOT)
                 for folder, _, inside in os.walk(ROOT) for name in inside]
        names = [name for name in names if not name.startswith(("build/", ".git/"))]
    return sorted(name for name in names
                  if name.endswith(endings) and os.path.exists(os.path.join(ROOT, name)))


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


LEXEME = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.S)


def without_text(source):
    """Comments and literals blanked out; line numbers stay."""
    return LEXEME.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), source)


class Report:
    """Collects complaints in the form of compilers; exit code at the end."""

    def __init__(self, what):
        self.what = what
        self.count = 0

    def add(self, name, line, text):
        self.count += 1
        print("%s:%d: %s" % (name, line, text))

    def finish(self, checked):
        print("%s: %s checked, %d complaints" % (self.what, checked, self.count))
        sys.exit(self.count > 0)
