"""What the tests of the examples share: programs that run beside the test, and sockets to talk to them by."""
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

SOURCES = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = pathlib.Path(os.environ.get("LEAT_EXAMPLES", SOURCES.parent / "build/release/examples")).resolve()
PATIENCE_S = 60  # what takes longer is broken, however busy the machine is
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}


class running:
    """A program beside the test. It lives no longer than the test's patience, so nobody waits for it for ever."""

    def __init__(self, test, *command, stdin=subprocess.PIPE):
        # The process is the test's to end: see close().
        self.process = subprocess.Popen([str(part) for part in command],  # pylint: disable=consider-using-with
                                        stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        bufsize=0,  # so that finish() finds what line() has not asked for
                                        env=ENVIRONMENT)
        self.guard = threading.Timer(PATIENCE_S, self.process.kill)
        self.guard.start()
        test.addCleanup(self.close)

    def line(self):
        """The next line of its output."""
        return self.process.stdout.readline().decode()

    def show(self, text):
        """What comes next on its output, as long as `text`, which may end inside a line."""
        shown = b""
        while len(shown) < len(text) and (part := self.process.stdout.read(len(text) - len(shown))):
            shown += part
        return shown.decode()

    def type(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def finish(self, feed=b""):
        """Ends its input after `feed`, waits for its end, and returns its exit code, output and errors."""
        out, err = self.process.communicate(feed)
        return self.process.returncode, out.decode(), err.decode()

    def close(self):
        self.guard.cancel()
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                if stream:
                    stream.close()
            except BrokenPipeError:
                pass  # typed, but never read


class lesson(unittest.TestCase):
    """The test of the example that has the class's name, and of its twin in Go."""

    def start(self, *arguments, name=None, **how):
        return running(self, PROGRAMS / f"example_{name or type(self).__name__}", *arguments, **how)

    def heard_by(self, program):
        """Where a server that was started listens, as it says."""
        said = program.line()
        found = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", said)
        self.assertTrue(found, f"{said!r} does not say where it listens")
        return "127.0.0.1", int(found[1])

    def serve(self, *arguments, name=None):
        """Starts a server on a port that the kernel chooses, and returns the address."""
        return self.heard_by(self.start(*arguments, name=name))

    def netcat(self, where, *options):
        program = shutil.which("nc")
        self.assertTrue(program, "nc is missing (script/install test installs it)")
        return running(self, program, *options, *where)

    def dial(self, where):
        conn = socket.create_connection(where, timeout=PATIENCE_S)
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.addCleanup(conn.close)
        return conn

    def listen(self, kind=socket.SOCK_STREAM):
        """A socket for the example to talk to."""
        peer = socket.socket(socket.AF_INET, kind)
        peer.settimeout(PATIENCE_S)
        self.addCleanup(peer.close)
        peer.bind(("127.0.0.1", 0))
        return peer

    def accept(self, peer):
        conn, _ = peer.accept()
        conn.settimeout(PATIENCE_S)
        self.addCleanup(conn.close)
        return conn

    def folder(self):
        made = tempfile.TemporaryDirectory(prefix="leat-examples-")  # pylint: disable=consider-using-with
        self.addCleanup(made.cleanup)
        return pathlib.Path(made.name)

    def expect_run(self, *arguments, code=0, out="", err="", feed=b""):
        self.assertEqual(self.start(*arguments).finish(feed), (code, out, err))

    def expect_failure(self, *arguments, said, why, code=1):
        """Nothing but an error that begins as `said` and goes on with a reason, in the words of one or the other."""
        got, out, err = self.start(*arguments).finish()
        self.assertEqual((got, out), (code, ""))
        self.assertTrue(err.startswith(said), err)
        self.assertRegex(err[len(said):].lower(), why)

    def expect_usage(self, *arguments):
        code, out, err = self.start(*arguments).finish()
        self.assertEqual((code, out), (2, ""))
        self.assertRegex(err, r"^usage: ")

    def expect_refused_addresses(self, *before):
        """A server says which address it cannot listen on, and why."""
        taken = text(self.listen().getsockname())
        self.expect_failure(*before, taken, said=f"cannot listen on {taken}: ", why="address already in use")
        self.expect_failure(*before, "nonsense", said="cannot listen on nonsense: ", why="malformed|missing port")

    def expect_bytes(self, conn, wanted):
        """What is read next, exactly."""
        got = b""
        while len(got) < len(wanted):
            part = conn.recv(len(wanted) - len(got))
            if not part:
                break
            got += part
        self.assertEqual(got, wanted)

    def expect_end(self, conn):
        self.assertEqual(conn.recv(1), b"")

    def wait_until(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.01)

    def wait_until_empty(self, folder):
        self.wait_until(lambda: not any(folder.iterdir()), f"something stays in {folder}")


def text(where):
    return f"{where[0]}:{where[1]}"


def reset(conn):
    """Closes so that the peer is told of a failure instead of an end."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()
