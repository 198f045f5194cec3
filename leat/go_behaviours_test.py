"""Checks that every test that docs/go_behaviours.md names exists in the file that stands beside it, runs over 1,
2 and 4 workers unless the document says why not, and that no file is named in vain.

usage: go_behaviours_test.py ROOT
"""
import pathlib
import re
import sys

DOCUMENT = "docs/go_behaviours.md"
DEFINITION = re.compile(r"^TEST(?:_P|_F)?\(\s*(\w+),\s*(\w+)\)", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
OVER_WORKERS = re.compile(r"LEAT_TEST_ON_WORKERS\((\w+)\)|"
                          r"INSTANTIATE_TEST_SUITE_P\(\w+, (\w+), ::testing::Values\(1u, 2u, 4u\)")
OVER_STREAMS = re.compile(r"INSTANTIATE_TEST_SUITE_P\(\w+, (\w+), contract_over\(")  # and over 1, 2 and 4 workers
STREAMS = "leat/net/stream_contract_test.cpp"  # where the suites of contract_*_test.cpp meet their streams
EXCEPTION = re.compile(r"^- `([a-z_0-9]+)`: ", re.MULTILINE)
TEST = re.compile(r"^[a-z_0-9]+\.[a-z_0-9]+$")
ROWS_MIN = 300  # fewer mean that the table is not read as it is written


def rows(text):
    """(line number, Go's names, cell of tests, cell of files) of each row that holds a behaviour."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|") or line.startswith(("|--", "| in Go ")):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        yield number, *cells


def tests_in(path):
    return {f"{suite}.{name}" for suite, name in DEFINITION.findall(path.read_text(encoding="utf-8"))}


def suites_over_workers(path):
    return {name for pair in OVER_WORKERS.findall(path.read_text(encoding="utf-8")) for name in pair if name}


def suites_over_streams(root):
    return set(OVER_STREAMS.findall((root / STREAMS).read_text(encoding="utf-8")))


def faults(root, exceptions, where, go, tests, files):
    if tests.startswith("not applicable:"):
        return
    named = [name for name in CODE.findall(tests) if TEST.match(name)]
    paths = [root / name for name in CODE.findall(files)]
    if not paths:
        yield f"{where}: {go} names no file"
    for path in paths:
        if not path.is_file():
            yield f"{where}: there is no {path.relative_to(root)}"
            return
    known = {path: tests_in(path) for path in paths}
    for name in named:
        if not any(name in tests for tests in known.values()):
            yield f"{where}: {name}, for {go}, is in none of {', '.join(str(path.relative_to(root)) for path in paths)}"
        suite = name.split(".")[0]
        if suite not in exceptions and not any(suite in suites_over_workers(path) for path in paths):
            yield f"{where}: {suite} does not run over 1, 2 and 4 workers, and is no exception"
    for path, tests_there in known.items():
        if path.suffix == ".cpp" and not tests_there.intersection(named):
            yield f"{where}: {path.relative_to(root)} holds none of the tests for {go}"


def main():
    root = pathlib.Path(sys.argv[1])
    text = (root / DOCUMENT).read_text(encoding="utf-8")
    table = list(rows(text))
    exceptions = set(EXCEPTION.findall(text)) | suites_over_streams(root)
    found = [fault for number, *cells in table
             for fault in faults(root, exceptions, f"{DOCUMENT}:{number}", *cells)]
    if len(table) < ROWS_MIN:
        found.append(f"{DOCUMENT}: only {len(table)} rows can be read")
    print(*found, f"{len(table)} behaviours, {len(found)} faults", sep="\n")
    sys.exit(1 if found else 0)


main()
