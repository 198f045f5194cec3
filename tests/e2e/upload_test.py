"""curl uploads, lists and deletes; what is hostile is refused and harms nothing."""
import json
import os
import socket
import urllib.parse

import harness
from harness import MIB, random_file, sha256_of, text_of

NAMES_IN_ANY_SCRIPT = ("Grüße & Küsse.txt", "水車小屋 100%.txt", "a b+c#d?e.txt", "🦦.txt", "ж" * 127, "con", "a:b*c.txt", "'\";$(x)")
HOSTILE_NAMES = {
    "a way up": "..%2Fescaped",
    "a way up, twice encoded away": "%2e%2e%2fescaped",
    "the folder itself": "%2e",
    "the folder above": "%2e%2e",
    "an absolute path": "%2Fetc%2Fescaped",
    "a NUL": "a%00b",
    "a line end": "a%0d%0aSet-Cookie:%20x",
    "a terminal escape": "a%1b%5b31mred",
    "a C1 control character": "a%c2%9bred",
    "a right-to-left override": "a%e2%80%aegpj.exe",
    "no valid UTF-8": "a%ff",
    "an overlong slash": "..%c0%afescaped",
    "a backslash": "..%5cescaped",
    "a hidden file": ".profile",
    "256 bytes": "n" * 256,
    "300 bytes": "n" * 300,
    "a broken escape": "a%2",
    "an escape of no digits": "a%zz",
}


class uploads(harness.case):
    def get(self, url):
        target = self.folder / "got"
        done = self.curl("-o", target, url)
        self.assertEqual(done.status, 200, text_of(target))
        return target

    def listed(self, server, folder="/files"):
        """The names in a listing."""
        return [row["name"] for row in json.loads(self.curl(server.url(folder + "?format=json")).body)["files"]]

    def test_what_was_uploaded_comes_back_the_same(self):
        server = self.serve()
        for size in (0, 1, 4095, 65537, 3 * MIB + 7):
            with self.subTest(size=size):
                sent = random_file(self.folder / "sent", size)
                self.assertEqual(self.upload(sent, server.url(f"/files/f{size}")).status, 201)
                self.assertEqual(sha256_of(self.get(server.url(f"/files/f{size}"))), sha256_of(sent))

    def test_an_upload_of_unknown_length_is_taken(self):
        server = self.serve()
        content = os.urandom(2 * MIB + 3)
        done = self.curl("-T", "-", server.url("/files/piped"), feed=content)  # chunked
        self.assertEqual(done.status, 201, done.body)
        self.assertEqual(self.get(server.url("/files/piped")).read_bytes(), content)

    def test_an_upload_replaces_and_has_another_tag(self):
        server = self.serve()
        tags = []
        for content, statuses in ((b"first", [201]), (b"second", [200, 204])):
            done = self.curl("-T", "-", server.url("/files/twice"), feed=content)
            self.assertIn(done.status, statuses, done.body)
            self.assertEqual(self.get(server.url("/files/twice")).read_bytes(), content)
            head = self.curl("-I", server.url("/files/twice")).body
            tags += [line for line in head.splitlines() if line.lower().startswith("etag:")]
        self.assertEqual(len(set(tags)), 2, tags)

    def test_names_in_any_script_survive_the_way_there_and_back(self):
        server = self.serve()
        for name in NAMES_IN_ANY_SCRIPT:
            with self.subTest(name=name):
                url = server.url("/files/" + urllib.parse.quote(name, safe=""))
                self.assertEqual(self.curl("-T", "-", url, feed=name.encode()).status, 201)
                self.assertEqual(self.get(url).read_text(encoding="utf-8"), name)
                self.assertIn(name, self.listed(server))
        # curl -OJ takes the name from Content-Disposition, in its plain form.
        self.assertEqual(self.curl("-OJ", server.url("/files/" + urllib.parse.quote("con"))).status, 200)
        self.assertEqual(text_of(self.folder / "con"), "con")

    def test_hostile_names_are_refused_with_a_reason_and_reach_nothing(self):
        server = self.serve()
        before = self.all_files(outside=server.data)
        for what, name in HOSTILE_NAMES.items():
            for place in ("/files/", "/rooms/mill/files/"):
                with self.subTest(name=what, place=place):
                    done = self.curl("--path-as-is", "-T", "-", server.url(place + name), feed=b"escaped")
                    self.assertIn(done.status, (400, 404, 414), done.body)
                    self.assertGreater(len(done.body.strip()), 10, "a reason")
                    self.assertFalse(set(done.body) & set("\x1b\u202e\x00"), "the reason shows nothing hostile")
        for path in ("/files/../../escaped", "/../escaped", "//escaped", "/files/a/b", "/rooms/../files/x"):
            with self.subTest(path=path):
                done = self.curl("--path-as-is", "-T", "-", server.url(path), feed=b"escaped")
                self.assertIn(done.status, (400, 404, 405), done.body)
        self.assertEqual(self.all_files(outside=server.data), before)
        self.assertFalse([path for path in server.data.rglob("*") if "escaped" in path.name])
        self.assertEqual(self.listed(server), [])

    def all_files(self, outside):
        return sorted(path for path in self.folder.rglob("*") if outside not in path.parents)

    def test_a_link_planted_in_the_store_leads_nowhere(self):
        server = self.serve()
        self.curl("-T", "-", server.url("/files/plain"), feed=b"plain")
        stored, = (path for path in server.data.rglob("plain") if path.is_file())
        secret = self.folder / "secret"
        secret.write_text("secret")
        (stored.parent / "link").symlink_to(secret)
        self.assertIn(self.curl(server.url("/files/link")).status, (403, 404))
        self.curl("-T", "-", server.url("/files/link"), feed=b"overwritten")
        self.assertEqual(secret.read_text(), "secret")

    def test_an_upload_that_breaks_off_leaves_nothing_to_be_seen(self):
        server = self.serve()
        with socket.create_connection(("127.0.0.1", server.port)) as broken:
            broken.sendall(b"PUT /files/half HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 400_000)
            broken.shutdown(socket.SHUT_WR)
            broken.recv(1)  # an error, or nothing: the server is done with it
        self.assertEqual(self.curl(server.url("/files/half")).status, 404)
        self.assertEqual(self.listed(server), [])

    def test_deleting_makes_it_gone(self):
        server = self.serve()
        self.curl("-T", "-", server.url("/files/brief"), feed=b"brief")
        self.assertIn(self.curl("-X", "DELETE", server.url("/files/brief")).status, (200, 204))
        self.assertEqual(self.curl(server.url("/files/brief")).status, 404)
        self.assertEqual(self.curl("-X", "DELETE", server.url("/files/brief")).status, 404)

    def test_listings_are_for_people_and_for_programs(self):
        server = self.serve()
        for name in ("b.txt", "a.txt"):
            self.curl("-T", "-", server.url(f"/files/{name}"), feed=b"12345")
        self.curl("-T", "-", server.url("/rooms/mill/files/c.txt"), feed=b"in the room")
        plain = self.curl(server.url("/files")).body
        self.assertLess(plain.index("a.txt"), plain.index("b.txt"))
        self.assertNotIn("c.txt", plain)
        self.assertIn("c.txt", self.curl(server.url("/rooms/mill/files")).body)
        for ask in (["-H", "Accept: application/json", server.url("/files")], [server.url("/files?format=json")]):
            rows = json.loads(self.curl(*ask).body)["files"]
            self.assertEqual([(row["name"], row["size"]) for row in rows], [("a.txt", 5), ("b.txt", 5)])

    def test_an_upload_into_a_room_is_said_there(self):
        server = self.serve()
        member = self.irc(server, "mara")
        member.join("#mill")
        sent = random_file(self.folder / "Plan für alle.bin", 3 * MIB // 2)
        url = server.url("/rooms/mill/files/" + urllib.parse.quote(sent.name))
        self.assertEqual(self.upload(sent, url).status, 201)
        said = member.expect(lambda said: said.verb in ("PRIVMSG", "NOTICE") and said.parameters[0] == "#mill", "the news")
        self.assertIn(sent.name, said.text)
        self.assertIn("1.5", said.text)
        self.assertIn("/rooms/mill/files/Plan%20f%C3%BCr%20alle.bin", said.text)
        self.assertEqual(sha256_of(self.get(url)), sha256_of(sent))
        # It is part of the history, as what people say is.
        self.assertEqual(server.stop(), 0)
        newcomer = self.irc(self.serve(name="server-again"), "nina")
        newcomer.join("#mill")
        newcomer.expect(lambda later: said.text in later.text, "the news in the history")

    def test_a_file_that_is_too_large_is_refused_before_it_is_sent(self):
        server = self.serve({"files.file_bytes": 1 << 20})
        large = random_file(self.folder / "large", 2 * MIB)
        done = self.curl("-T", large, "-w", "\n%{size_upload}\n%{http_code}", server.url("/files/large"))
        self.assertEqual(done.status, 413, done.body)
        self.assertEqual(done.body.splitlines()[-1], "0", "bytes that curl sent in vain")
        done = self.curl("-T", "-", server.url("/files/large"), feed=large.read_bytes())
        self.assertEqual(done.status, 413, done.body)
        self.assertEqual(self.listed(server), [])

    def test_memory_does_not_grow_with_an_upload(self):
        server = self.serve()
        before = server.memory_bytes()
        large = self.folder / "large"
        with open(large, "wb") as file:
            file.truncate(256 * MIB)
        self.upload(large, server.url("/files/large"))
        grown = server.memory_bytes("VmHWM") - before
        print(f"memory grew by at most {grown / MIB:.1f} MiB while 256 MiB came in")
        self.assertLess(grown, 24 * MIB)


if __name__ == "__main__":
    harness.main()
