"""Runs clang-tidy on the sources in a compilation database, but for those that passed as they are now.

usage: tidy.py BUILD_TREE [FILE...]
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

import sources

TIDY = "clang-tidy-19"


def units(tree):
    """Source file -> compile command, for the project's own files."""
    own = set(sources.files("*.cpp"))
    found = {}
    for entry in json.loads((tree / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if path.is_relative_to(sources.ROOT) and str(path.relative_to(sources.ROOT)) in own:
            found[str(path.relative_to(sources.ROOT))] = entry["command"]
    return found


def fingerprint(name, command, version):
    """Changes whenever clang-tidy might find something else: the rules, the command, or any file of ours included."""
    digest = hashlib.sha256()
    for part in (version, sources.text(".clang-tidy"), command.replace(str(sources.ROOT), "")):
        digest.update(part.encode() + b"\0")
    for path in sorted(sources.closure(name)):
        digest.update(path.encode() + b"\0" + sources.text(path).encode() + b"\0")
    return digest.hexdigest()


def passed_before():
    """Where the fingerprints of what passed are kept: every checkout and every tree of this user's shares them."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    folder = cache / "leat" / "tidy-passed"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def check(tree, name):
    start = time.monotonic()
    run = subprocess.run([TIDY, "--quiet", "-p", str(tree), name], cwd=sources.ROOT, capture_output=True, text=True)
    said = [line for line in run.stderr.splitlines(keepends=True) if "warnings generated" not in line]
    return run.returncode, run.stdout + ("".join(said) if run.returncode else ""), time.monotonic() - start


def main():
    tree = pathlib.Path(sys.argv[1]).resolve()
    commands = units(tree)
    wanted = sys.argv[2:] or sorted(commands)
    for name in wanted:
        if name not in commands:
            print(f"{name}: no target compiles it, so clang-tidy cannot check it", file=sys.stderr)
    version = subprocess.run([TIDY, "--version"], check=True, capture_output=True, text=True).stdout
    passed = passed_before()
    marks = {name: passed / fingerprint(name, commands[name], version) for name in wanted if name in commands}
    changed = [name for name, mark in marks.items() if not mark.exists()]

    failed, slowest = 0, (0.0, "")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(check, tree, name): name for name in changed}
        for done in concurrent.futures.as_completed(running):
            name = running[done]
            code, output, seconds = done.result()
            slowest = max(slowest, (seconds, name))
            if code == 0:
                marks[name].touch()
            else:
                failed += 1
                print(output, end="", flush=True)
    longest = f"; the slowest, {slowest[1]}, took {slowest[0]:.0f} s" if changed else ""
    print(f"clang-tidy: {len(marks)} files, {len(marks) - len(changed)} unchanged since they passed, {failed} failed{longest}")
    return 1 if failed else 0


sys.exit(main())
