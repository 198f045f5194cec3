"""Compiles each part of misuse.cpp alone: all but the first must be refused, in the words that stand below its name.

usage: misuse_test.py ROOT COMPILER [OPTION...]
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PART = re.compile(r"^#(?:el)?if defined\((\w+)\)\n\s*// says: (.+)$", re.MULTILINE)
RIGHT = "nothing"


def precompile(command, folder):
    """The headers are the same for every part: the options that include them as they were compiled once."""
    header = pathlib.Path(folder, "leat.hpp")
    header.write_text("#include <leat/leat.hpp>\n", encoding="utf-8")
    subprocess.run([*command, "-x", "c++-header", header, "-o", f"{header}.gch"], check=True)
    return ["-include", header]


def compile_part(command, source, name):
    """The exit code and the errors."""
    done = subprocess.run([*command, "-fsyntax-only", f"-D{name}", source], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"})
    errors = [line for line in done.stderr.splitlines() if " error: " in line]
    return done.returncode, "\n".join(errors)


def fault(name, words, code, errors):
    if name == RIGHT:
        return f"{name}: must compile, but:\n{errors}" if code != 0 else None
    if code == 0:
        return f"{name}: compiles, but must not"
    if not re.search(words, errors):
        return f"{name}: no error says \"{words}\", but:\n{errors}"
    return None


def main():
    root, *command = sys.argv[1:]
    source = pathlib.Path(__file__).with_name("misuse.cpp")
    text = source.read_text(encoding="utf-8")
    parts = PART.findall(text)
    if len(parts) != len(re.findall(r"^#\w+ defined", text, re.MULTILINE)) or parts[0][0] != RIGHT:
        sys.exit(f"{source}: not every part has a line of what it says")
    command += ["-std=c++23", "-I", root]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        command += precompile(command, folder)
        results = pool.map(lambda part: (*part, *compile_part(command, source, part[0])), parts)
        faults = [found for result in results if (found := fault(*result))]
    print(*faults, f"{len(parts)} parts, {len(faults)} faults", sep="\n")
    sys.exit(1 if faults else 0)


main()
