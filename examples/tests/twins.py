"""Every example beside the same program in Go: how long both are, and whether Go's does the same."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from .lesson import SOURCES

GO = SOURCES / "go"
GO_MINOR_LEAST = 25  # sync.WaitGroup.Go
LINES_MOST = 80


def count(path):
    """The lines of a program that are neither blank nor a comment; the same for both languages."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return sum(1 for line in lines if line and not line.startswith("//"))


def lengths():
    """By the name of the example: our lines and Go's; none where there is no twin."""
    found = {}
    for ours in sorted(SOURCES.glob("*.cpp")):
        twin = GO / f"{ours.stem}.go"
        found[ours.stem] = (count(ours), count(twin) if twin.exists() else None)
    return found


class twins(unittest.TestCase):
    def test_no_example_is_longer_than_its_twin_in_go(self):
        for name, (ours, theirs) in lengths().items():
            with self.subTest(example=name):
                self.assertIsNotNone(theirs, f"go/{name}.go is missing")
                self.assertLessEqual(ours, theirs)
                self.assertLessEqual(ours, LINES_MOST)

    def test_no_twin_is_alone(self):
        self.assertEqual({path.stem for path in GO.glob("*.go")}, {path.stem for path in SOURCES.glob("*.cpp")})

    def test_the_twins_are_good_go_and_pass_the_tests_of_the_examples(self):
        go = self.toolchain()
        with tempfile.TemporaryDirectory(prefix="leat-twins-") as made:
            environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off", "LEAT_EXAMPLES": made}
            twins_in_order = sorted(GO.glob("*.go"))
            form = subprocess.run([go.with_name("gofmt"), "-l", *twins_in_order], capture_output=True, check=True)
            self.assertEqual(form.stdout, b"", "gofmt would write these otherwise")
            for twin in twins_in_order:
                for step in (("vet",), ("build", "-o", f"{made}/example_{twin.stem}")):
                    done = subprocess.run([go, *step, twin], env=environment, capture_output=True, check=False)
                    self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))
            names = [twin.stem for twin in twins_in_order]
            tested = subprocess.run([sys.executable, "-B", SOURCES / "examples_test.py", *names], env=environment,
                                    capture_output=True, check=False)
            self.assertEqual(tested.returncode, 0, tested.stderr.decode())

    def toolchain(self):
        """The go command, if there is one that is new enough."""
        found = shutil.which("go")
        if not found:
            self.skipTest("no Go toolchain here: the twins are counted, but not run")
        version = subprocess.run([found, "env", "GOVERSION"], env={**os.environ, "GOTOOLCHAIN": "local"},
                                 capture_output=True, check=True).stdout.decode().strip()
        minor = re.match(r"go1\.(\d+)", version)
        if minor and int(minor[1]) < GO_MINOR_LEAST:
            self.skipTest(f"{version} is older than go1.{GO_MINOR_LEAST}: the twins are counted, but not run")
        return pathlib.Path(found).resolve()
