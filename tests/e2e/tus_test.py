"""Resumable uploads by tus 1.0: by hand, by tus-js-client and by tuspy, and with a server that is killed in between."""
import base64
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import unittest

import harness
from harness import MIB, ROOT, random_file, sha256_of
from waiting import until

VERSION = {"Tus-Resumable": "1.0.0"}
NPM = ROOT / "tests/npm"
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that Debian's packages belong to

TUSPY_UPLOAD = """
import sys
from tusclient import client
endpoint, path, name, url = sys.argv[1:]
metadata = {"filename": name} if name else {}
uploader = client.TusClient(endpoint).uploader(path, url=url or None, chunk_size=1 << 20, metadata=metadata,
                                               upload_checksum=True)
uploader.upload(stop_at=None if url else 3 << 20)
print(uploader.url)
"""


def has_tuspy():
    return subprocess.run([SYSTEM_PYTHON, "-c", "import tusclient"], capture_output=True, check=False).returncode == 0


class tus(harness.case):
    def ask(self, server, method, target, body=b"", **fields):
        """One exchange; fields as content_type="...". Returns the answer, with its body read."""
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.addCleanup(connection.close)
        headers = VERSION | {name.replace("_", "-"): str(value) for name, value in fields.items()}
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        answer.body = answer.read()
        return answer

    def create(self, server, length, name, room=""):
        metadata = "filename " + base64.b64encode(name.encode()).decode()
        if room:
            metadata += ",room " + base64.b64encode(room.encode()).decode()
        answer = self.ask(server, "POST", "/uploads", upload_length=length, upload_metadata=metadata)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.headers["Location"]

    def patch(self, server, where, offset, body, **fields):
        return self.ask(server, "PATCH", where, body, content_type="application/offset+octet-stream", upload_offset=offset,
                        **fields)

    def offset(self, server, where):
        answer = self.ask(server, "HEAD", where)
        self.assertEqual(answer.status, 200)
        return int(answer.headers["Upload-Offset"])

    def get(self, server, path):
        target = self.folder / "got"
        self.assertEqual(self.curl("-o", target, server.url(path)).status, 200)
        return target

    def test_what_was_confirmed_or_has_arrived_survives_kill_9(self):
        server = self.serve()
        content = os.urandom(24 * MIB)
        where = self.create(server, len(content), "big.bin")
        self.assertEqual(self.patch(server, where, 0, content[:3 * MIB]).status, 204)
        server.kill()
        server = self.serve(name="server-2", port=server.port)
        self.assertEqual(self.offset(server, where), 3 * MIB)

        data, = server.data.glob("uploads/*.data")
        with socket.create_connection(("127.0.0.1", server.port)) as broken:
            head = (f"PATCH {where} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {3 * MIB}\r\n"
                    f"Content-Type: application/offset+octet-stream\r\nContent-Length: {21 * MIB}\r\n\r\n")
            broken.sendall(head.encode() + content[3 * MIB:16 * MIB])
            until(lambda: data.stat().st_size >= 12 * MIB, "most of the bytes are stored")
            server.kill()
        server = self.serve(name="server-3", port=server.port)
        held = self.offset(server, where)
        print(f"after kill -9 in the middle of a PATCH {held} bytes are here")
        self.assertGreaterEqual(held, 12 * MIB)
        self.assertEqual(held, data.stat().st_size)
        self.assertEqual(data.read_bytes(), content[:held])
        last = self.patch(server, where, held, content[held:])
        self.assertEqual((last.status, last.headers["Content-Location"]), (204, "/files/big.bin"))
        self.assertEqual(sha256_of(self.get(server, "/files/big.bin")), hashlib.sha256(content).hexdigest())
        server.kill()
        server = self.serve(name="server-4", port=server.port)
        self.assertEqual(self.offset(server, where), len(content), "who missed the last answer is told again")

    def test_what_was_to_be_verified_when_the_server_was_killed_is_not_kept(self):
        server = self.serve()
        where = self.create(server, 8 * MIB, "a")
        with socket.create_connection(("127.0.0.1", server.port)) as broken:
            head = (f"PATCH {where} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
                    "Upload-Checksum: sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=\r\n"
                    f"Content-Type: application/offset+octet-stream\r\nContent-Length: {8 * MIB}\r\n\r\n")
            broken.sendall(head.encode() + bytes(4 * MIB))
            data, = server.data.glob("uploads/*.data")
            until(lambda: data.stat().st_size >= 2 * MIB, "some of the bytes are stored")
            server.kill()
        server = self.serve(name="server-again", port=server.port)
        self.assertEqual(self.offset(server, where), 0)

    def test_an_upload_into_a_room_is_said_there_with_its_final_name(self):
        server = self.serve()
        member = self.irc(server, "mara")
        member.join("#mill")
        for name in ("plan.txt", "plan%20%282%29.txt"):
            answer = self.patch(server, self.create(server, 5, "plan.txt", "mill"), 0, b"wheel")
            self.assertEqual(answer.headers["Content-Location"], f"/rooms/mill/files/{name}")
            member.expect(lambda said, name=name: f"/rooms/mill/files/{name}" in said.text, "the news")

    def test_what_is_left_unfinished_is_removed_in_time(self):
        server = self.serve({"files.partial_lifetime": "1s"})
        where = self.create(server, 10, "a")
        self.assertEqual(self.patch(server, where, 0, b"01234").status, 204)
        until(lambda: self.ask(server, "HEAD", where).status == 404, "the upload expires")
        self.assertEqual(list(server.data.glob("uploads/*")), [])

    def test_an_upload_can_be_many_and_large_without_memory(self):
        server = self.serve()
        before = server.memory_bytes()
        piece = os.urandom(16 * MIB)
        where = self.create(server, 8 * len(piece), "big")
        for number in range(8):
            self.assertEqual(self.patch(server, where, number * len(piece), piece).status, 204)
        grown = server.memory_bytes("VmHWM") - before
        print(f"memory grew by at most {grown / MIB:.1f} MiB while 128 MiB came in")
        self.assertLess(grown, 24 * MIB)
        self.assertEqual(sha256_of(self.get(server, "/files/big")), hashlib.sha256(8 * piece).hexdigest())

    @unittest.skipUnless(has_tuspy(), "python3-tuspy is missing (script/install test installs it)")
    def test_tuspy_uploads_and_goes_on(self):
        server = self.serve()
        sent = random_file(self.folder / "sent", 5 * MIB + 17)
        for name, stored in (("ж wheel.bin", "%D0%B6%20wheel.bin"), ("", "upload")):
            with self.subTest(name=name):
                command = [SYSTEM_PYTHON, "-c", TUSPY_UPLOAD, server.url("/uploads"), sent, name]
                part = self.run_tool(*command, "")
                self.assertEqual(part.returncode, 0, part.stderr)
                where = part.stdout.strip()
                self.assertEqual(self.offset(server, where.removeprefix(server.url(""))), 3 * MIB)
                rest = self.run_tool(*command, where)
                self.assertEqual(rest.returncode, 0, rest.stderr)
                self.assertEqual(sha256_of(self.get(server, f"/files/{stored}")), sha256_of(sent))


@unittest.skipUnless(shutil.which("node") and pathlib.Path(NPM, "node_modules/tus-js-client").exists(),
                     "node or tus-js-client is missing (script/install test installs them)")
class tus_js_client(harness.case):
    def start_client(self, server, sent, name="client", **options):
        command = ["node", NPM / "tus_client.mjs", server.url("/uploads"), sent]
        return self.start(name, *command, json.dumps({"metadata": {"filename": sent.name}} | options))

    def upload(self, server, sent, name="client", **options):
        """Runs the client to its end; what it said."""
        client = self.start_client(server, sent, name, **options)
        self.assertEqual(client.exit_code(), 0, client.said())
        return [json.loads(line) for line in harness.text_of(client.out).splitlines()]

    def check(self, server, path, sent):
        target = self.folder / "got"
        self.assertEqual(self.curl("-o", target, server.url(path)).status, 200)
        self.assertEqual(sha256_of(target), sha256_of(sent))

    def test_uploads_come_in_every_way_that_it_knows(self):
        server = self.serve()
        for name, options in {"whole": {}, "in-chunks": {"chunkSize": MIB}, "at-once": {"uploadDataDuringCreation": True},
                              "by-post": {"overridePatchMethod": True, "chunkSize": 2 * MIB},
                              "of-unknown-length": {"uploadLengthDeferred": True, "chunkSize": MIB}}.items():
            with self.subTest(name=name):
                sent = random_file(self.folder / name, 5 * MIB + 17)
                said = self.upload(server, sent, f"client-{name}", **options)
                self.assertTrue(said[-1].get("success"), said)
                self.assertIn(f"/files/{name}", [each.get("file") for each in said])
                self.check(server, f"/files/{name}", sent)
        empty = random_file(self.folder / "empty", 0)
        self.assertTrue(self.upload(server, empty, "client-empty")[-1].get("success"))
        self.check(server, "/files/empty", empty)

    def test_a_paused_upload_goes_on_after_a_restart(self):
        server = self.serve()
        sent = random_file(self.folder / "wheel.bin", 24 * MIB)
        paused = self.upload(server, sent, chunkSize=4 * MIB, stopAt=10 * MIB)[-1]
        self.assertIn("stopped", paused)
        self.assertEqual(server.stop(), 0)
        server = self.serve(name="server-again", port=server.port)
        said = self.upload(server, sent, "client-again", uploadUrl=paused["url"])
        self.assertEqual(said[0]["method"], "HEAD")
        self.assertGreaterEqual(int(said[0]["offset"]), 8 * MIB)
        self.check(server, "/files/wheel.bin", sent)

    def test_it_goes_on_by_itself_when_the_server_was_killed(self):
        server = self.serve()
        sent = random_file(self.folder / "wheel.bin", 96 * MIB)
        client = self.start_client(server, sent, chunkSize=4 * MIB, retryDelays=[100] * 100)
        client.wait_for_output('"PATCH"')
        server.kill()
        server = self.serve(name="server-again", port=server.port)
        self.assertEqual(client.exit_code(), 0, client.said())
        said = client.said()
        self.assertIn('"HEAD"', said)
        self.check(server, "/files/wheel.bin", sent)
        self.assertEqual(list(server.data.glob("files/*")), [server.data / "files/wheel.bin"], "once")

    def test_an_upload_that_it_gives_up_is_gone(self):
        server = self.serve()
        sent = random_file(self.folder / "wheel.bin", 24 * MIB)
        given_up = self.upload(server, sent, chunkSize=MIB, stopAt=4 * MIB, giveUp=True, retryDelays=[100] * 20)
        self.assertIn("stopped", given_up[-1])
        self.assertEqual(list(server.data.glob("uploads/*")), [])
        self.assertEqual(list(server.data.glob("files/*")), [])


if __name__ == "__main__":
    harness.main()
