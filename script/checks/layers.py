"""Checks who may include whom: only downwards, cli > hub > leat/net > leat > leat/runtime."""
import sys

import sources

# From the top down; the longest matching prefix counts. A file may include its own layer and those below.
LAYERS = [("cli/", 5), ("hub/", 4), ("leat/testing/", 4), ("leat/net/", 3), ("leat/", 2), ("leat/runtime/", 1)]
# Belong to no layer: errors are every layer's vocabulary, and the umbrella header includes all that is public.
VOCABULARY = {"leat/error.hpp"}
UMBRELLA = {"leat/leat.hpp"}


def layer(path):
    best = max((entry for entry in LAYERS if path.startswith(entry[0])), key=lambda entry: len(entry[0]), default=None)
    return best[1] if best else None


def public(path):
    inside = path.startswith(("leat/runtime/", "leat/testing/")) or path.endswith("_test.hpp")
    return path.startswith("leat/") and path.endswith(".hpp") and not inside


def allowed_upwards(name, path):
    """Tests may use leat/testing; a source of the runtime sees the public header whose functions it defines."""
    if name.endswith("_test.cpp"):
        return path.startswith("leat/testing/") or (layer(name) < 3 and layer(path) < 3)
    return name.startswith("leat/runtime/") and name.endswith(".cpp") and layer(path) == 2


def faults(name, installed):
    own = layer(name)
    for quote, path, line in sources.includes(name):
        where = f"{name}:{line}"
        if not (sources.ROOT / path).is_file():
            if quote == '"':
                yield f'{where}: "{path}": write includes from the root, as <folder/file.hpp>'
            continue
        if quote == '"':
            yield f'{where}: "{path}": write <{path}>'
        theirs = layer(path)
        if own and theirs and theirs > own and path not in VOCABULARY and name not in UMBRELLA:
            if not allowed_upwards(name, path):
                yield f"{where}: includes {path}, which is above it (cli > hub > leat/net > leat > leat/runtime)"
        if name.startswith("hub/chat/") and path.startswith("hub/") and not path.startswith("hub/chat/"):
            yield f"{where}: includes {path}, but hub/chat includes nothing of hub"
        if path.startswith("leat/runtime/") and path not in installed and (public(name) or name in installed):
            yield f"{where}: includes {path}, which is not installed (cmake/installed_runtime_headers.txt)"
        if path.startswith("leat/runtime/") and name.startswith(("hub/", "cli/", "examples/")):
            yield f"{where}: includes {path}, but only the library may see its inside"


def main():
    listed = sources.text("cmake/installed_runtime_headers.txt").splitlines()
    installed = {line for line in listed if line.startswith("leat/")}
    found = [f"cmake/installed_runtime_headers.txt: {path} does not exist"
             for path in sorted(installed) if not (sources.ROOT / path).is_file()]
    for name in sources.files("*.hpp", "*.cpp", "*.h", "*.c"):
        found += faults(name, installed)
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


sys.exit(main())
