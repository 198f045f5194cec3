"""Runs every example as its first lines say and talks to it: by sockets of our own, by nc, by another example.

By hand: LEAT_EXAMPLES=build/release/examples python3 examples/examples_test.py [NAME...]
"""
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SOURCES = pathlib.Path(__file__).resolve().parent
PROGRAMS = pathlib.Path(os.environ.get("LEAT_EXAMPLES", SOURCES.parent / "build/release/examples")).resolve()
PATIENCE_S = 60  # what takes longer is broken, however busy the machine is
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}


class running:
    """A program beside the test. It lives no longer than the test's patience, so nobody waits for it for ever."""

    def __init__(self, test, *command):
        # The process is the test's to end: see close().
        self.process = subprocess.Popen([str(part) for part in command],  # pylint: disable=consider-using-with
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=ENVIRONMENT)
        self.guard = threading.Timer(PATIENCE_S, self.process.kill)
        self.guard.start()
        test.addCleanup(self.close)

    def line(self):
        """The next line of its output."""
        return self.process.stdout.readline().decode()

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
                stream.close()
            except BrokenPipeError:
                pass  # typed, but never read


class lesson(unittest.TestCase):
    """The test of the example that has the class's name."""

    def start(self, *arguments, name=None):
        return running(self, PROGRAMS / f"example_{name or type(self).__name__}", *arguments)

    def serve(self, *arguments, name=None):
        """Starts a server on a port that the kernel chooses, and returns the address."""
        said = self.start(*arguments, name=name).line()
        found = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", said)
        self.assertTrue(found, f"{said!r} does not say where it listens")
        return "127.0.0.1", int(found[1])

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

    def folder(self):
        made = tempfile.TemporaryDirectory(prefix="leat-examples-")  # pylint: disable=consider-using-with
        self.addCleanup(made.cleanup)
        return pathlib.Path(made.name)

    def expect_run(self, *arguments, code=0, out="", err="", feed=b""):
        self.assertEqual(self.start(*arguments).finish(feed), (code, out, err))

    def expect_bytes(self, conn, wanted):
        """What is read next, exactly."""
        got = b""
        while len(got) < len(wanted):
            part = conn.recv(len(wanted) - len(got))
            if not part:
                break
            got += part
        self.assertEqual(got, wanted)

    def wait_until_empty(self, folder):
        deadline = time.monotonic() + PATIENCE_S
        while found := [*folder.iterdir()]:
            self.assertLess(time.monotonic(), deadline, f"{found} stays")
            time.sleep(0.01)

    def expect_end(self, conn):
        self.assertEqual(conn.recv(1), b"")


def text(where):
    return f"{where[0]}:{where[1]}"


def reset(conn):
    """Closes so that the peer is told of a failure instead of an end."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()


class first(lesson):
    def test_all_eggs_are_eaten(self):
        self.expect_run(out="300 eggs eaten\n")


class producer_consumer(lesson):
    def test_every_item_is_consumed_once(self):
        self.expect_run(out="1 to 1: 100 items, sum 4950\n"
                            "1 to 3: 100 items, sum 4950\n"
                            "3 to 1: 300 items, sum 44850\n"
                            "3 to 3: 300 items, sum 44850\n")


class pipeline(lesson):
    def test_the_odd_squares_come_out_in_order(self):
        self.expect_run(out="1\n9\n25\n49\n81\n")


class worker_pool(lesson):
    def test_the_results_are_in_the_order_of_the_jobs(self):
        steps = {1: 0, 2: 1, 3: 7, 7: 16, 9: 19, 25: 23, 27: 111, 97: 118, 871: 178, 6171: 261, 77031: 350,
                 837799: 524}
        self.expect_run(out="".join(f"{number}: {count} steps\n" for number, count in steps.items()))


class prime_sieve(lesson):
    def test_the_primes_come_in_order(self):
        primes = [n for n in range(2, 542) if all(n % d for d in range(2, n))]
        self.assertEqual(len(primes), 100)
        self.expect_run(out="".join(f"{prime}\n" for prime in primes[:10]))
        self.expect_run(100, out="".join(f"{prime}\n" for prime in primes))

    def test_a_number_that_makes_no_sense_is_wrong_usage(self):
        for bad in ("0", "-1", "x", "5001"):
            code, out, err = self.start(bad).finish()
            self.assertEqual((code, out), (2, ""))
            self.assertIn("usage: ", err)


class select_timeout(lesson):
    def test_each_select_does_the_one_case_that_is_ready(self):
        self.expect_run(out="look: nothing yet\n"
                            "ask: no answer in time\n"
                            "look: forty-two\n"
                            "ask: late, but in time\n"
                            "ask: nobody will answer any more\n"
                            "sum of both: 210\n")


class parallel_sum(lesson):
    def test_one_bad_feed_ends_the_wait_for_the_silent_one(self):
        self.expect_run(out="three good feeds: 136\n"
                            "a bad one and a silent one: Numerical argument out of domain\n")


class echo_server(lesson):
    def test_clients_at_once_each_get_back_what_they_send(self):
        where = self.serve()
        ann, bob = self.dial(where), self.dial(where)
        for conn, line in ((ann, b"from ann"), (bob, b"from bob"), (ann, b"ann again")):
            conn.sendall(line)
            self.expect_bytes(conn, line)
        for conn in (ann, bob):
            conn.shutdown(socket.SHUT_WR)
            self.expect_end(conn)

    def test_nc_gets_back_all_of_a_long_input(self):
        where = self.serve()
        feed = b"".join(b"line %d\n" % i for i in range(20000))
        self.assertEqual(self.netcat(where, "-N").finish(feed), (0, feed.decode(), ""))

    def test_a_client_that_resets_harms_no_other(self):
        where = self.serve()
        rude, polite = self.dial(where), self.dial(where)
        rude.sendall(b"never read")
        reset(rude)
        polite.sendall(b"still there?")
        self.expect_bytes(polite, b"still there?")

    def test_an_address_that_cannot_be_had_is_named(self):
        taken = text(self.listen().getsockname())
        self.expect_run(taken, code=1, err=f"cannot listen on {taken}: Address already in use\n")
        self.expect_run("nonsense", code=1, err="cannot listen on nonsense: malformed address\n")


class echo_client(lesson):
    def test_all_that_was_sent_comes_back_before_it_ends(self):
        server = text(self.serve(name="echo_server"))
        feed = b"".join(b"line %d\n" % i for i in range(50000))
        self.assertEqual(self.start(server).finish(feed), (0, feed.decode(), ""))

    def test_it_still_hears_the_server_after_its_own_end(self):
        peer = self.listen()
        peer.listen()
        client = self.start(text(peer.getsockname()))
        conn, _ = peer.accept()
        with conn:
            conn.settimeout(PATIENCE_S)
            client.type("question\n")
            client.process.stdin.close()
            self.expect_bytes(conn, b"question\n")
            self.expect_end(conn)
            conn.sendall(b"answer\n")
        self.assertEqual(client.line(), "answer\n")
        self.assertEqual(client.process.wait(), 0)

    def test_it_ends_with_the_server_though_its_input_is_open(self):
        peer = self.listen()
        peer.listen()
        client = self.start(text(peer.getsockname()))
        conn, _ = peer.accept()
        conn.sendall(b"go away\n")
        conn.close()
        self.assertEqual(client.line(), "go away\n")
        self.assertEqual(client.process.wait(), 0)

    def test_failures_are_named(self):
        peer = self.listen()  # bound, and not listening yet
        where = text(peer.getsockname())
        self.expect_run(where, code=1, err=f"cannot connect to {where}: Connection refused\n")
        peer.listen()
        client = self.start(where)
        conn, _ = peer.accept()
        conn.sendall(b"hello\n")
        self.assertEqual(client.line(), "hello\n")  # so it has noticed that it is connected
        reset(conn)
        self.assertEqual(client.finish(), (1, "", "connection lost: Connection reset by peer\n"))


class udp_echo(lesson):
    def test_every_datagram_comes_back_whole(self):
        where = self.serve()
        peer = self.listen(socket.SOCK_DGRAM)
        for datagram in (b"hello", b"", b"x" * 65507):
            peer.sendto(datagram, where)
            self.assertEqual(peer.recvfrom(65535), (datagram, where))

    def test_nc_is_answered(self):
        nc = self.netcat(self.serve(), "-u")
        nc.type("hello\n")
        self.assertEqual(nc.line(), "hello\n")

    def test_the_client_prints_the_answers(self):
        where = text(self.serve())
        self.expect_run(where, "first", "second", "and third", out="first\nsecond\nand third\n")

    def test_the_client_asks_again_and_passes_over_other_answers(self):
        peer = self.listen(socket.SOCK_DGRAM)
        client = self.start(text(peer.getsockname()), "question")
        self.assertEqual(peer.recv(100), b"question")  # and let it be lost
        again, sender = peer.recvfrom(100)
        self.assertEqual(again, b"question")
        peer.sendto(b"an answer to something else", sender)
        peer.sendto(b"question", sender)
        self.assertEqual(client.finish(), (0, "question\n", ""))

    def test_the_client_is_told_when_nobody_listens(self):
        port = self.listen(socket.SOCK_DGRAM).getsockname()[1]
        nobody = f"127.0.0.2:{port}"  # the port is taken on 127.0.0.1, so no other program gets it everywhere
        self.expect_run(nobody, "hello?", code=1, err=f"no answer from {nobody}: Connection refused\n")


class framing(lesson):
    MESSAGES = [b"hello", b"", b"how are you", b"#" + b"x" * 999]
    CODES = {"marker": lambda body: body + b"##",
             "prefix": lambda body: struct.pack(">I", len(body)) + body,
             "text": lambda body: b"Y %d %b" % (len(body), body)}

    def answer(self, where, parts):
        conn = self.dial(where)
        for part in parts:
            conn.sendall(part)
        conn.shutdown(socket.SHUT_WR)
        with conn.makefile("rb") as stream:
            return stream.read()

    def test_messages_are_found_however_the_bytes_are_cut(self):
        wanted = b"".join(b"%d bytes: %b\n" % (len(body), body) for body in self.MESSAGES)
        for name, encode in self.CODES.items():
            where = self.serve(name)
            stream = b"".join(map(encode, self.MESSAGES))
            for size in (1, 7, len(stream)):
                with self.subTest(cure=name, size=size):
                    parts = [stream[i:i + size] for i in range(0, len(stream), size)]
                    self.assertEqual(self.answer(where, parts), wanted)

    def test_what_can_never_become_a_message_is_refused(self):
        too_long = b"refused: longer than its limit\n"
        cut_off = b"refused: unexpected end of stream\n"
        malformed = b"refused: malformed input\n"
        for name, stream, wanted in (("marker", b"x" * 1001, too_long), ("marker", b"x" * 1000 + b"#", cut_off),
                                     ("marker", b"hello#", cut_off), ("prefix", b"\0\0\x03\xe9", too_long),
                                     ("prefix", b"\xff\xff\xff\xff", too_long), ("prefix", b"\0\0", cut_off),
                                     ("prefix", b"\0\0\0\5hell", cut_off), ("text", b"Y 1001 ", too_long),
                                     ("text", b"Y 18 abcd", cut_off), ("text", b"Y  5 hello", malformed),
                                     ("text", b"hello", malformed), ("text", b"Y -1 ", malformed),
                                     ("text", b"Y 000000", malformed)):
            with self.subTest(cure=name, stream=stream):
                self.assertEqual(self.answer(self.serve(name), [stream]), wanted)

    def test_an_unknown_cure_is_wrong_usage(self):
        code, out, err = self.start("magic").finish()
        self.assertEqual((code, out), (2, ""))
        self.assertIn("usage: ", err)


class chat_server(lesson):
    def enter(self, where, *others):
        """Somebody comes in, and all hear of it."""
        guest = self.dial(where)
        for who in (guest, *others):
            self.expect_bytes(who, f"* {text(guest.getsockname())} is here\n".encode())
        return guest

    def test_what_one_says_all_read(self):
        where = self.serve()
        ann = self.enter(where)
        bob = self.enter(where, ann)
        name = text(ann.getsockname())
        ann.sendall(b"hel")
        ann.sendall(b"lo\nhow are you?\n")
        for who in (ann, bob):
            self.expect_bytes(who, f"{name}: hello\n{name}: how are you?\n".encode())
        ann.shutdown(socket.SHUT_WR)
        self.expect_bytes(bob, f"* {name} has left\n".encode())
        self.expect_end(ann)

    def test_nc_takes_part(self):
        where = self.serve()
        ann = self.enter(where)
        nc = self.netcat(where, "-N")
        coming = nc.line()
        name = re.fullmatch(r"\* (127\.0\.0\.1:\d+) is here\n", coming)[1]
        self.expect_bytes(ann, coming.encode())
        nc.type("good morning\n")
        self.expect_bytes(ann, f"{name}: good morning\n".encode())
        ann.sendall(b"hello, nc\n")
        answer = f"{text(ann.getsockname())}: hello, nc\n"
        self.expect_bytes(ann, answer.encode())
        self.assertEqual([nc.line(), nc.line()], [f"{name}: good morning\n", answer])
        self.assertEqual(nc.finish()[0], 0)
        self.expect_bytes(ann, f"* {name} has left\n".encode())

    def test_a_line_without_end_ends_the_visit(self):
        where = self.serve()
        ann = self.enter(where)
        bob = self.enter(where, ann)
        bob.sendall(b"x" * 2000)
        self.expect_bytes(ann, f"* {text(bob.getsockname())} has left\n".encode())

    def test_who_does_not_read_delays_nobody(self):
        where = self.serve()
        ann = self.enter(where)
        self.enter(where, ann)  # and never reads again
        name = text(ann.getsockname())
        for number in range(5000):
            line = f"{number} {'x' * 900}\n"
            ann.sendall(line.encode())
            self.expect_bytes(ann, f"{name}: {line}".encode())


class file_server(lesson):
    def test_nc_can_send(self):
        folder = self.folder()
        nc = self.netcat(self.serve(folder), "-N")
        self.assertEqual(nc.finish(b"notes.txt\nfirst\nsecond\n"), (0, "ok\n13 bytes kept\n", ""))
        self.assertEqual((folder / "notes.txt").read_bytes(), b"first\nsecond\n")

    def test_many_can_send_at_once(self):
        folder = self.folder()
        where = self.serve(folder)
        senders = [self.dial(where) for _ in range(20)]
        for number, conn in enumerate(senders):
            conn.sendall(b"file%d\n" % number)
            self.expect_bytes(conn, b"ok\n")
        for number, conn in enumerate(senders):
            conn.sendall(b"%d" % number * 1000)
        for number, conn in enumerate(senders):
            conn.shutdown(socket.SHUT_WR)
            self.expect_bytes(conn, b"%d bytes kept\n" % (len(str(number)) * 1000))
            self.expect_end(conn)
            self.assertEqual((folder / f"file{number}").read_bytes(), b"%d" % number * 1000)

    def test_names_are_no_paths(self):
        folder = self.folder()
        inside = folder / "in"
        inside.mkdir()
        where = self.serve(inside)
        for name in (b"../evil", bytes(folder / "evil"), b"a/b", b".hidden", b".", b"..", b"", b"nul\0nul", b"x" * 256):
            with self.subTest(name=name):
                conn = self.dial(where)
                conn.sendall(name + b"\n")
                self.expect_bytes(conn, b"refused: that is not the plain name of a file\n")
                self.expect_end(conn)
        self.assertEqual([*folder.rglob("*")], [inside])

    def test_a_file_is_never_replaced(self):
        folder = self.folder()
        (folder / "notes.txt").write_text("old")
        conn = self.dial(self.serve(folder))
        conn.sendall(b"notes.txt\n")
        self.expect_bytes(conn, b"refused: such a file is here already, or cannot be made\n")
        self.assertEqual((folder / "notes.txt").read_text(), "old")

    def test_a_broken_upload_leaves_nothing(self):
        folder = self.folder()
        conn = self.dial(self.serve(folder))
        conn.sendall(b"notes.txt\n")
        self.expect_bytes(conn, b"ok\n")
        self.assertTrue((folder / "notes.txt").exists())
        conn.sendall(b"half of it")
        reset(conn)
        self.wait_until_empty(folder)


class file_client(lesson):
    def test_all_files_arrive_and_the_result_of_each_is_told(self):
        here, there = self.folder(), self.folder()
        contents = {"empty": b"", "notes.txt": b"hello\n", "big": os.urandom(3_000_000)}
        for name, content in contents.items():
            (here / name).write_bytes(content)
        server = text(self.serve(there, name="file_server"))
        paths = [here / name for name in contents]
        self.expect_run(server, *paths, out=f"{paths[0]}: 0 bytes kept\n{paths[1]}: 6 bytes kept\n"
                                            f"{paths[2]}: 3000000 bytes kept\n")
        self.assertEqual({path.name: path.read_bytes() for path in there.iterdir()}, contents)
        again = "refused: such a file is here already, or cannot be made"
        missing = here / "missing"
        self.expect_run(server, paths[1], missing, code=1,
                        out=f"{paths[1]}: {again}\n{missing}: No such file or directory\n")

    def test_what_cannot_be_read_is_not_kept_as_an_empty_file(self):
        here, there = self.folder(), self.folder()
        server = text(self.serve(there, name="file_server"))
        self.expect_run(server, here, code=1, out=f"{here}: Invalid argument\n")
        self.wait_until_empty(there)

    def test_a_server_that_goes_away_is_no_success(self):
        peer = self.listen()
        where = text(peer.getsockname())
        file = self.folder() / "notes.txt"
        file.write_text("hello\n")
        self.expect_run(where, file, code=1, out=f"{file}: Connection refused\n")
        peer.listen()
        client = self.start(where, file)
        conn, _ = peer.accept()
        with conn:
            self.expect_bytes(conn, b"notes.txt\n")
            conn.sendall(b"ok\n")
            self.expect_bytes(conn, b"hello\n")
            self.expect_end(conn)
        self.assertEqual(client.finish(), (1, f"{file}: unexpected end of stream\n", ""))


class tcp_states(lesson):
    def test_both_ends_pass_through_their_states(self):
        rows = [("", "client", "server"), ("connected", "ESTABLISHED", "ESTABLISHED"),
                ("the client ends its direction", "FIN_WAIT_2", "CLOSE_WAIT"),
                ("the server ends its direction, too", "TIME_WAIT", "CLOSED"),
                ("the client ends behind unread bytes", "FIN_WAIT_1", "ESTABLISHED"),
                ("the client resets", "CLOSED", "CLOSED")]
        self.expect_run(out="".join(f"{what:<42} {client:<12} {server}\n" for what, client, server in rows))


class ping(lesson):
    def test_this_machine_answers_or_it_is_said_that_asking_is_forbidden(self):
        code, out, err = self.start("127.0.0.1", "2").finish()
        if "CAP_NET_RAW" in err:
            self.assertEqual((code, out), (1, ""))
            self.assertIn("net.ipv4.ping_group_range", err)
            self.skipTest("ICMP is not permitted here")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"\A(56 bytes from 127\.0\.0\.1: \d+\.\d{3} ms\n){2}\Z")

    def test_a_name_without_addresses_is_an_error(self):
        self.expect_run("no such host", code=1, err="cannot find no such host: unknown host\n")

    def test_nonsense_is_refused(self):
        for arguments in ((), ("localhost", "0"), ("localhost", "x"), ("localhost", "1", "2")):
            self.assertEqual(self.start(*arguments).finish()[0], 2, arguments)


class readme(unittest.TestCase):
    def test_every_example_is_listed_once(self):
        listed = re.findall(r"^\| \[(\w+)\]\(\1\.cpp\) \|", (SOURCES / "README.md").read_text(), re.MULTILINE)
        self.assertEqual(sorted(listed), sorted(path.stem for path in SOURCES.glob("*.cpp")))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "--verbose", *sys.argv[1:]])
