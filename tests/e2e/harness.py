"""What the end-to-end tests share: the server, other programs beside it, and waiting for what they do.

A test runs `leat` as a user would, on loopback, on a port that the kernel chose, with a folder of its own. When it
fails, the folder with every program's output stays, and the end of the server's log is shown.

By hand: LEAT_PROGRAM=build/release/leat PYTHONPATH=tests/e2e python3 tests/e2e/upload_test.py
"""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest

import irc
from waiting import PATIENCE_S, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("LEAT_PROGRAM", ROOT / "build/release/leat")).resolve()
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
MIB = 1 << 20
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def tool(name):
    """The path of a program that we did not write. A missing one is a failure: every one of them must be tried."""
    found = shutil.which(name)
    if not found:
        raise AssertionError(f"{name} is missing (script/install test installs it)")
    return found


def text_of(path):
    """What a file holds by now; nothing if it is not there yet."""
    try:
        return pathlib.Path(path).read_bytes().decode(errors="replace")  # read_text() would change line ends
    except (FileNotFoundError, NotADirectoryError):
        return ""


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def random_file(path, size):
    with open(path, "wb") as file:
        for start in range(0, size, MIB):
            file.write(os.urandom(min(MIB, size - start)))
    return path


class child:
    """A program that runs beside the test. Its output goes to files; it does not outlive the test."""

    def __init__(self, command, folder, name, **options):
        self.name = name
        self.out, self.err = pathlib.Path(folder, f"{name}.out"), pathlib.Path(folder, f"{name}.err")
        guarded = ["setpriv", "--pdeathsig", "KILL", *map(str, command)]
        with open(self.out, "ab") as out, open(self.err, "ab") as err:
            options = {"stdin": subprocess.PIPE, "stdout": out, "stderr": err, "env": ENVIRONMENT} | options
            self.process = subprocess.Popen(guarded, **options)  # pylint: disable=consider-using-with
        self.pid = self.process.pid

    def type(self, *lines, end="\n"):
        """Lines for its standard input."""
        self.process.stdin.write("".join(line + end for line in lines).encode())
        self.process.stdin.flush()

    def end_input(self):
        self.process.stdin.close()

    def said(self):
        """All its output so far: standard output, then standard error."""
        return text_of(self.out) + text_of(self.err)

    def wait_for_output(self, text, said=None):
        """Waits until standard output (or what `said` gives) holds the text, and returns all of it."""
        said = said or (lambda: text_of(self.out))

        def check():
            ended = self.process.poll() is not None  # asked first, so that no last word is missed
            output = said()
            if text in output:
                return output
            if ended:
                raise AssertionError(f"{self.name} ended with {self.process.returncode} and never said {text!r}, "
                                     f"but {self.said()!r}")
            return None
        return until(check, f"{self.name} says {text!r}; see {self.out} and {self.err}")

    def exit_code(self, within=PATIENCE_S):
        """Waits for its end."""
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {within} s") from None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.kill()
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass  # typed, but never read


class server(child):
    """`leat serve` over a data folder, ready to be talked to once it is constructed."""

    def __init__(self, folder, settings, name="server", port=0):
        self.data = pathlib.Path(folder, "data")
        self.database = self.data / "leat.db"
        config = pathlib.Path(folder, "leat.toml")
        # JSON's strings, numbers and lists are TOML's, too.
        config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
        super().__init__([PROGRAM, "serve", "--listen", f"127.0.0.1:{port}", "--data", self.data, "--config", config],
                         folder, name, stdin=subprocess.DEVNULL)
        said = self.wait_for_output("\n")
        self.port = int(re.search(r"^listening on 127\.0\.0\.1:(\d+)$", said, re.MULTILINE)[1])

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def url(self, path):
        return f"http://{self.address}{path}"

    def stop(self, within=PATIENCE_S):
        """Asks it to end, and returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.exit_code(within)

    def cpu_ticks(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])  # user and system, proc(5)

    def memory_bytes(self, which="VmRSS"):
        """VmRSS: what is resident now; VmHWM: the most that ever was."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{which}:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024

    def rows(self, query, *values):
        """Reads the database of a server that has ended, from a copy: opening it would already repair it."""
        with tempfile.TemporaryDirectory(prefix="leat-e2e-") as copy:
            for path in self.data.glob(self.database.name + "*"):
                if not path.name.endswith("-shm"):
                    shutil.copy(path, copy)
            with contextlib.closing(sqlite3.connect(pathlib.Path(copy, self.database.name))) as connection:
                return connection.execute(query, values).fetchall()

    def change_rows(self, statement, *values):
        """Changes the database of a server that has ended."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(statement, values)


class case(unittest.TestCase):
    """A test with a folder of its own, and all the programs that it starts."""

    def run(self, result=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="leat-e2e-"))
        bad_before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > bad_before:
            for log in sorted(self.folder.glob("server*.err")):
                print(f"--- the end of {log.name}:\n{text_of(log)[-4000:]}", file=sys.stderr)
            print(f"--- all files of {self.id()} are kept in {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder)
        return result

    def start(self, name, *command, **options):
        """Runs a program beside the test, in the test's folder."""
        started = child(command, self.folder, name, cwd=self.folder, **options)
        self.addCleanup(started.close)
        return started

    def leat(self, name, *arguments):
        return self.start(name, PROGRAM, *arguments)

    def serve(self, settings=None, name="server", port=0):
        """Starts the server; another time, over the same data, and perhaps on the port that it had."""
        started = server(self.folder, settings or {}, name, port)
        self.addCleanup(started.close)
        return started

    def irc(self, server, nick=None, capabilities=(), **options):
        """An IRC client; registered if it is given a nick."""
        client = irc.client(server.port, nick, capabilities, **options)
        self.addCleanup(client.close)
        return client

    def run_tool(self, *command, within=PATIENCE_S, feed=b""):
        """Runs a program to its end, in the test's folder; output is text."""
        done = subprocess.run([str(part) for part in command], cwd=self.folder, input=feed, capture_output=True,
                              timeout=within, env=ENVIRONMENT, check=False)
        done.stdout, done.stderr = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
        return done

    def curl(self, *arguments, feed=b""):
        """Runs curl to its end. `status` is the last HTTP status, `body` what came (if no -o took it)."""
        done = self.run_tool(tool("curl"), "--silent", "--show-error", "--max-time", PATIENCE_S, "--write-out",
                             "\n%{http_code}", *arguments, feed=feed)
        done.body, _, status = done.stdout.rpartition("\n")
        done.status = int(status)
        return done

    def upload(self, path, url):
        """Uploads a file by curl, which must succeed."""
        done = self.curl("-T", path, url)
        self.assertEqual((done.returncode, done.status // 100), (0, 2), done.body + done.stderr)
        return done


def main():
    if not PROGRAM.exists():
        sys.exit(f"{PROGRAM} is not there: build it, or name another in LEAT_PROGRAM")
    unittest.main(verbosity=2)
