"""Checks what no compiler does: length of files, header guards, and words that have no place in the project."""
import re
import sys

import sources

LIMIT_LINES = 800
CODE = (".cpp", ".hpp", ".c", ".h", ".py", ".go", ".ts", ".tsx")
BINARY = (".png", ".ico", ".woff2", ".gz", ".db")
WORDS = [
    (re.compile(r"(?<![\w.$}])/(?:work|farm|root)/\w"), "a path of one machine"),
    (re.compile(r"(?:deb\.debian|registry\.npmjs|proxy\.golang|pypi|crates)\.(?:org|io)\b"), "a registry's host name"),
    (re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b"), "work left undone: do it, or say what is so"),
    (re.compile(r"^(?:<{7}|>{7}) "), "a merge conflict"),
    (re.compile(r"[ \t]+$"), "white space at the end of the line"),
]


def faults(name):
    body = sources.text(name)
    lines = body.splitlines()
    if name.endswith(CODE) and len(lines) > LIMIT_LINES:
        yield f"{name}: {len(lines)} lines, more than {LIMIT_LINES}: it holds two concepts"
    if name.endswith(".hpp") and "#pragma once" not in lines:
        yield f"{name}: no #pragma once"
    if body and not body.endswith("\n"):
        yield f"{name}: no newline at the end"
    for number, line in enumerate(lines, 1):
        for pattern, what in WORDS:
            if pattern.search(line):
                yield f"{name}:{number}: {what}"


def main():
    found = []
    for name in sources.files():
        if not name.endswith(BINARY) and "/corpus/" not in name:
            found += faults(name)
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


sys.exit(main())
