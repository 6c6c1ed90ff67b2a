"""Adds up what the stages of tests/run came to; the last line is the sum.

    python3 sum_results.py STAGES.tsv

Each line of the file is a stage: name, exit code, how it counts, and a file with its output or
nothing. It counts as `one` test, as `setup`, which counts only if it failed, or by the tests in an
XML file (GoogleTest's or JUnit's).
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


#: Of each failure, here; all of it stands where it happened.
MOST_LINES, MOST_BYTES = 40, 4000
PLACE = re.compile(r"^\S+:\d+: ?\w*$", re.M)


def reason_of(wrong):
    """wrong: a case's element that says what went wrong and, by pytest, where. Returns more lines"""
    lines = (wrong.get("message") or "")[:MOST_BYTES].splitlines()[:MOST_LINES]
    lines += PLACE.findall(wrong.text or "")[-1:]
    return indented(lines)


def last_words(path):
    """path: a stage's output, or empty. Returns more lines: its end (of a fuzz target, the input)"""
    if not path:
        return ""
    try:
        text = Path(path).read_text(errors="replace")
    except OSError as error:
        text = str(error)
    return indented(text[-MOST_BYTES:].splitlines()[-MOST_LINES:])


def indented(lines):
    return "".join(f"\n         {line}" for line in lines)


class Sum:
    def __init__(self):
        self.passed = 0
        self.failures = []
        self.skips = []

    def add_stage(self, name, code, counts, output):
        before = len(self.failures)
        if counts == "one":
            self.passed += code == 0
        elif counts != "setup":
            self.add_file(name, counts)
        if code != 0 and len(self.failures) == before:
            self.failures.append(f"{name}: ended with exit code {code}{last_words(output)}")

    def add_file(self, name, xml):
        try:
            self.add_cases(name, ElementTree.parse(xml))
        except (OSError, ElementTree.ParseError) as error:
            self.failures.append(f"{name}: wrote no result: {error}")

    def add_cases(self, name, tree):
        for case in tree.iter("testcase"):
            title = f"{name}: {case.get('classname')}.{case.get('name')}"
            skip = case.find("skipped")
            wrong = [*case.findall("failure"), *case.findall("error")]
            if wrong:
                self.failures.append(title + "".join(map(reason_of, wrong)))
            elif skip is not None or case.get("status") == "notrun":
                reason = skip.get("message") if skip is not None else "disabled"
                self.skips.append(f"{title}: {reason}")
            else:
                self.passed += 1

    def show(self):
        for text in self.skips:
            print(f"SKIPPED  {text}")
        for text in self.failures:
            print(f"FAILED   {text}")
        print(f"{self.passed} passed, {len(self.failures)} failed")
        return 0 if self.passed and not self.failures else 1


def main(path):
    total = Sum()
    lines = Path(path).read_text().splitlines() if Path(path).exists() else []
    for line in lines:
        name, code, counts, output = line.split("\t")
        total.add_stage(name, int(code), counts, output)
    return total.show()


sys.exit(main(sys.argv[1]))
