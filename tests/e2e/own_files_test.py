"""leat put, get and ls, also through connections that break."""
import contextlib
import json
import socket
import threading
import urllib.parse

import harness
from harness import MIB, random_file, sha256_of, text_of
from waiting import PATIENCE_S, until


class brittle_line:
    """A line to the server that carries so many bytes each way, and then stands still."""

    def __init__(self, server, up_bytes=1 << 40, down_bytes=1 << 40):
        self.server = server
        self.carried = {"up": 0, "down": 0}
        self.limits = {"up": up_bytes, "down": down_bytes}
        self.stalled = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = [self.listener]
        self.threads = []
        self.run(self.accept)

    def run(self, function, *arguments):
        def until_closed():
            with contextlib.suppress(OSError):
                function(*arguments)
        self.threads.append(threading.Thread(target=until_closed))
        self.threads[-1].start()

    def accept(self):
        while True:
            here, _ = self.listener.accept()
            there = socket.create_connection(("127.0.0.1", self.server.port))
            self.open += [here, there]
            self.run(self.carry, "up", here, there)
            self.run(self.carry, "down", there, here)

    def carry(self, way, source, target):
        while data := source.recv(min(1 << 16, self.limits[way] - self.carried[way])):
            target.sendall(data)
            self.carried[way] += len(data)
            if self.carried[way] == self.limits[way]:
                self.stalled.set()
                return
        target.shutdown(socket.SHUT_WR)

    def close(self):
        for each in self.open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for each in self.threads:
            each.join()
        for each in self.open:
            each.close()


class own_files(harness.case):
    def line(self, server, **limits):
        opened = brittle_line(server, **limits)
        self.addCleanup(opened.close)
        return opened

    def run_leat(self, *arguments):
        return self.run_tool(harness.PROGRAM, *arguments)

    def done_well(self, *arguments):
        done = self.run_leat(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_put_and_get_bring_the_same_bytes_back(self):
        server = self.serve()
        here = self.folder / "here"
        here.mkdir()
        names = ["empty", "Grüße & Küsse 100%.bin", "large"]
        for name, size in zip(names, (0, 70_001, 5 * MIB + 1)):
            random_file(here / name, size)
        put = self.done_well("put", *(here / name for name in names), "--to", server.address)
        urls = put.stdout.splitlines()
        self.assertEqual(urls, [server.url("/files/" + urllib.parse.quote(name, safe="")) for name in names])
        there = self.folder / "there"
        there.mkdir()
        self.done_well("get", names[0], names[1], urls[2], "--server", server.address, "--output", there)
        for name in names:
            self.assertEqual(sha256_of(there / name), sha256_of(here / name), name)
        self.assertFalse(list(there.glob("*.part")))
        listed = self.done_well("ls", "--names", "--server", server.address).stdout.splitlines()
        self.assertEqual(sorted(listed), sorted(names))

    def test_put_into_a_room_tells_the_room(self):
        server = self.serve()
        member = self.irc(server, "mara")
        member.join("#mill")
        sent = random_file(self.folder / "plan.bin", 2048)
        self.done_well("put", sent, "--to", server.address, "--room", "mill")
        member.expect(lambda said: said.parameters[:1] == ("#mill",) and "plan.bin" in said.text, "the news")
        rows = json.loads(self.done_well("ls", "mill", "--json", "--server", server.address).stdout)
        self.assertEqual([(row["name"], row["size"]) for row in rows], [("plan.bin", 2048)])
        self.assertIn("plan.bin", self.done_well("ls", "mill", "--server", server.address).stdout)
        self.done_well("get", "plan.bin", "--room", "mill", "--server", server.address, "--output", self.folder / "got")
        self.assertEqual(sha256_of(self.folder / "got"), sha256_of(sent))

    def test_get_goes_on_after_kill_9(self):
        server = self.serve()
        sent = random_file(self.folder / "sent", 32 * MIB)
        self.upload(sent, server.url("/files/film"))
        line = self.line(server, down_bytes=20 * MIB)
        broken = self.leat("broken", "get", "film", "--server", line.address)
        self.assertTrue(line.stalled.wait(PATIENCE_S))
        part = self.folder / "film.part"
        until(lambda: part.exists() and part.stat().st_size > 4 * MIB, "a good part of it is on the disk")
        broken.kill()
        self.assertFalse((self.folder / "film").exists())
        kept = part.stat().st_size

        rest = self.line(server)
        resumed = self.leat("resumed", "get", "-c", "film", "--server", rest.address)
        self.assertEqual(resumed.exit_code(), 0, text_of(resumed.err))
        self.assertEqual(sha256_of(self.folder / "film"), sha256_of(sent))
        self.assertFalse(part.exists())
        came = rest.carried["down"]
        print(f"{kept} bytes were there, {came} came to complete {sent.stat().st_size}")
        self.assertLess(came, sent.stat().st_size - kept + MIB)

    def test_get_does_not_mix_two_versions_of_a_file(self):
        server = self.serve()
        self.upload(random_file(self.folder / "old", 32 * MIB), server.url("/files/film"))
        line = self.line(server, down_bytes=20 * MIB)
        broken = self.leat("broken", "get", "film", "--server", line.address)
        self.assertTrue(line.stalled.wait(PATIENCE_S))
        broken.kill()
        new = random_file(self.folder / "new", 31 * MIB)
        self.upload(new, server.url("/files/film"))
        self.done_well("get", "-c", "film", "--server", server.address)
        self.assertEqual(sha256_of(self.folder / "film"), sha256_of(new))

    def test_put_that_is_killed_leaves_the_old_file_and_can_be_done_again(self):
        server = self.serve()
        sent = random_file(self.folder / "film", 32 * MIB)
        self.curl("-T", "-", server.url("/files/film"), feed=b"the old one")
        line = self.line(server, up_bytes=20 * MIB)
        broken = self.leat("broken", "put", sent, "--to", line.address)
        self.assertTrue(line.stalled.wait(PATIENCE_S))
        broken.kill()
        line.close()
        self.assertEqual(self.curl(server.url("/files/film")).body, "the old one")
        self.done_well("put", sent, "--to", server.address)
        self.done_well("get", "film", "--force", "--server", server.address, "--output", self.folder / "got")
        self.assertEqual(sha256_of(self.folder / "got"), sha256_of(sent))

    def test_what_goes_wrong_is_said_and_shows_in_the_exit_code(self):
        server = self.serve()
        for arguments, code, told in ((["get", "nowhere", "--server", server.address], 1, "nowhere"),
                                      (["put", self.folder / "missing", "--to", server.address], 1, "missing"),
                                      (["get"], 2, "NAME"), (["put"], 2, "FILE"), (["frobnicate"], 2, "frobnicate")):
            with self.subTest(arguments=[str(part) for part in arguments]):
                done = self.run_leat(*arguments)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(told, done.stderr)
        (self.folder / "precious").write_text("precious")
        self.curl("-T", "-", server.url("/files/precious"), feed=b"other")
        done = self.run_leat("get", "precious", "--server", server.address)
        self.assertEqual((done.returncode, text_of(self.folder / "precious")), (1, "precious"), "without --force")


if __name__ == "__main__":
    harness.main()
