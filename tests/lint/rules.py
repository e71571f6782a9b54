#!/usr/bin/env python3
"""Holds the rules against the RFCs: each quote stands in the RFC that is cited, each requirement is
in its register, each section that is named exists; each function that is named after an ABNF rule
says which RFC's. What has no text under scenarios/requirements/rfc is left out and counted."""
import ast
import functools
import os
import re

from libsource import ROOT, Report, files, read

FOLDER = "scenarios/requirements"
report = Report("rules")


@functools.lru_cache(None)
def text(rfc):
    """The RFC without page breaks; None where it is not there."""
    name = "%s/rfc/rfc%s.txt" % (FOLDER, rfc)
    if not os.path.exists(os.path.join(ROOT, name)):
        return None
    lines = read(name).replace("\r", "").split("\n")
    out = []
    for i, line in enumerate(lines):
        near = lines[max(0, i - 4):i + 5]
        footer = re.search(r"\[Page \w+\]\s*$", line)
        header = re.match(r"\f?RFC %s\b.*\d{4}\s*$" % rfc, line) and any("[Page" in n or "\f" in n for n in near)
        if not footer and not header:
            out.append(line.replace("\f", ""))
    return "\n".join(out)


def fold(words):
    """White space folded; none behind a hyphen, which may have stood at a line's end."""
    return re.sub(r"(\w-) ", r"\1", re.sub(r"\s+", " ", words)).strip()


@functools.lru_cache(None)
def folded(rfc):
    return fold(text(rfc))


@functools.lru_cache(None)
def sections(rfc):
    return set(re.findall(r"^ {0,3}(?:Appendix )?([A-Z0-9]+(?:\.\d+)*)\.?:? {1,12}\S", text(rfc), re.M))


@functools.lru_cache(None)
def register():
    ids = set()
    for name in files(".req"):
        if name.startswith(FOLDER):
            ids |= set(re.findall(r"\brfc\d+:[A-Za-z0-9.]+-\w+", read(name)))
    return ids


@functools.lru_cache(None)
def abnf(folder):
    """The names of ABNF rules in the RFCs that the code of a folder cites, as in function names."""
    cited = {rfc for name in files(".c", ".h", ".def") if name.startswith(folder)
             for rfc in re.findall(r"RFC (\d+)", read(name)) if text(rfc) is not None}
    return {name.lower().replace("-", "_") for rfc in cited
            for name in re.findall(r"^ *([A-Za-z][A-Za-z0-9-]*) +=/?[ \n]", text(rfc), re.M)}


def check_section(name, line, rfc, section):
    if text(rfc) is not None and section not in sections(rfc):
        report.add(name, line, "RFC %s has no section %s" % (rfc, section))


STRING = r'"(?:[^"\\]|\\.)*"'
RULE = re.compile(r"^RULE\(\s*(\w+),\s*(%s),\s*(%s),\s*(\w+),\s*(\w+),\s*(%s),\s*((?:%s\s*)+),\s*((?:%s\s*)+)\)"
                  % ((STRING,) * 5), re.M)


def value(literals):
    """C strings as one Python string."""
    octets = b"".join(ast.literal_eval("b" + part) for part in
                      (re.sub(r"\\x([0-9A-Fa-f]{1,2})", r"\\x\1", p) for p in re.findall(STRING, literals))
                      ) if literals.isascii() else b""
    return octets.decode("utf-8", "replace") if literals.isascii() else \
        "".join(part[1:-1].replace('\\"', '"').replace("\\\\", "\\") for part in re.findall(STRING, literals))


rules = left_out = 0
seen = {}
for name in files("rule.def"):
    source = read(name)
    starts = len(re.findall(r"^RULE\(", source, re.M))
    found = list(RULE.finditer(source))
    if starts != len(found):
        report.add(name, 1, "%d of %d rules are not in the usual form" % (starts - len(found), starts))
    for rule in found:
        rules += 1
        line = source.count("\n", 0, rule.start()) + 1
        ident, rule_name, cite, level, _, requirement, quote, _ = rule.groups()
        rule_name, cite, requirement, quote = map(value, (rule_name, cite, requirement, quote))
        if rule_name in seen:
            report.add(name, line, "%s is already in %s" % (rule_name, seen[rule_name]))
        seen[rule_name] = name
        if level == "LEVEL_LIMIT" and not cite.startswith("RFC"):
            continue
        cited = re.findall(r"RFC (\d+)(?: (?:section|appendix) ([A-Za-z0-9.]*[A-Za-z0-9]))?", cite)
        if not cited:
            report.add(name, line, "%s cites no RFC: %s" % (ident, cite))
            continue
        texts = [rfc for rfc, _ in cited if text(rfc) is not None]
        for rfc, section in cited:
            if section:
                check_section(name, line, rfc, section)
        if texts and quote and not any(fold(quote) in folded(rfc) for rfc in texts):
            report.add(name, line, "%s: not in %s: %s" % (ident, cite, quote))
        left_out += not texts
        if requirement and register() and requirement not in register():
            report.add(name, line, "%s: no requirement %s" % (ident, requirement))

grammar = without = 0
CITE = re.compile(r"RFC (\d+) section ([A-Za-z0-9.]*[A-Za-z0-9])")
FUNCTION = re.compile(r"^(?:MUST_USE |static )*enum parse_rc (\w+_parse_\w+)\(", re.M)
COMMENT = re.compile(r"/\*.*?\*/\n", re.S)
declared = {}
for name in files(".c", ".h"):
    source = read(name)
    for cite in CITE.finditer(source):
        check_section(name, source.count("\n", 0, cite.start()) + 1, *cite.groups())
    if not name.startswith("parsers/"):
        continue
    for function in FUNCTION.finditer(source):
        # The paragraph above it; in a header the comment at its head will do for all.
        before = source[:function.start()]
        above = before[before.rfind("\n\n") + 1:] + ("".join(COMMENT.findall(source)[:2]) if name.endswith(".h") else "")
        declared.setdefault(function.group(1), []).append((name, source.count("\n", 0, function.start()) + 1,
                                                           "RFC " in above))
for function, places in sorted(declared.items()):
    if function.split("_parse_")[1] not in abnf(os.path.dirname(places[0][0]) + "/"):
        continue
    grammar += 1
    defined = any(name.endswith(".c") for name, _, _ in places)
    if defined and not any(cited for _, _, cited in places):
        report.add(places[0][0], places[0][1], "%s does not say which RFC's rule it is" % function)
if text("5321") is None:
    print("%s/rfc is not there: quotes and sections were not checked" % FOLDER)
report.finish("%d rules (%d without text) and %d grammar functions" % (rules, left_out, grammar))
