"""What the checks share: the project's files, and who includes whom."""
import functools
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


@functools.cache
def files(*patterns):
    """Paths, relative to the root, of the files that are the project's: tracked, or new and not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted({name for name in names if name and (ROOT / name).is_file()})


@functools.cache
def text(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


@functools.cache
def includes(name):
    """What the file includes: (quote, path, line number) for each."""
    body = text(name)
    return [(found[1], found[2], body.count("\n", 0, found.start(2)) + 1) for found in INCLUDE.finditer(body)]


@functools.cache
def closure(name):
    """The file and every file of the project that it includes, directly or not."""
    seen, waiting = {name}, [name]
    while waiting:
        for _, path, _ in includes(waiting.pop()):
            if path not in seen and (ROOT / path).is_file():
                seen.add(path)
                waiting.append(path)
    return seen
