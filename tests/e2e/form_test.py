"""Forms with files: curl -F, and what a browser sends, byte by byte."""
import json
import os
import urllib.parse

import harness
from harness import MIB, random_file, sha256_of


class forms(harness.case):
    def listed(self, server, folder="/files"):
        return [row["name"] for row in json.loads(self.curl(server.url(folder + "?format=json")).body)["files"]]

    def get(self, url):
        target = self.folder / "got"
        self.assertEqual(self.curl("-o", target, url).status, 200)
        return target

    def test_what_curl_sends_as_a_form_comes_back_the_same(self):
        server = self.serve()
        for size in (0, 1, 65537, 5 * MIB + 3):
            with self.subTest(size=size):
                sent = random_file(self.folder / f"f{size}", size)
                done = self.curl("-F", f"file=@{sent}", server.url("/files/"))
                self.assertEqual(done.status, 201, done.body + done.stderr)
                self.assertIn(f"({size} bytes, SHA-256 {sha256_of(sent)})", done.body)
                self.assertEqual(sha256_of(self.get(server.url(f"/files/f{size}"))), sha256_of(sent))

    def test_several_files_into_a_room_are_all_said_there(self):
        server = self.serve()
        member = self.irc(server, "mara")
        member.join("#mill")
        for name in ("one", "two"):
            random_file(self.folder / name, 1000)
        done = self.curl("-F", "note=hello", "-F", f"a=@{self.folder / 'one'}", "-F", f"b=@{self.folder / 'two'}",
                         server.url("/rooms/mill/files/"))
        self.assertEqual(done.status, 201, done.body)
        for name in ("one", "two"):
            member.expect(lambda said, name=name: f"/rooms/mill/files/{name}" in said.text, f"the news of {name}")
        self.assertEqual(self.listed(server, "/rooms/mill/files"), ["one", "two"])

    def test_names_with_quotes_survive_both_of_the_ways_in_which_curl_writes_them(self):
        server = self.serve()
        for escape in ([], ["--form-escape"]):
            with self.subTest(escape=escape):
                name = f'say "hi" 100% 水{len(escape)}.txt'
                sent = self.folder / name
                sent.write_text(name)
                done = self.curl(*escape, "-F", 'file=@"' + str(sent).replace('"', '\\"') + '"', server.url("/files"))
                self.assertEqual(done.status, 201, done.body + done.stderr)
                self.assertIn(name, self.listed(server))
                self.assertEqual(self.get(server.url("/files/" + urllib.parse.quote(name))).read_text(), name)

    def test_a_name_that_is_taken_gets_a_number(self):
        server = self.serve()
        for content, name in ((b"1", "a.txt"), (b"2", "a (2).txt"), (b"3", "a (3).txt")):
            done = self.curl("-F", "file=@-;filename=a.txt", server.url("/files"), feed=content)
            self.assertEqual(done.status, 201, done.body)
            self.assertEqual(self.get(server.url("/files/" + urllib.parse.quote(name))).read_bytes(), content)

    def test_hostile_names_in_a_form_reach_nothing(self):
        server = self.serve()
        for name in ("../escaped", "/escaped", "..", "C:\\\\escaped", ".escaped", "esc\x1b[31maped"):
            with self.subTest(name=name):
                done = self.curl("-F", f'file=@-;filename="{name}"', server.url("/files"), feed=b"escaped")
                self.assertEqual(done.status, 400, done.body)
        self.assertFalse([path for path in self.folder.rglob("*") if "escaped" in path.name])
        self.assertEqual(self.listed(server), [])

    def test_memory_does_not_grow_with_a_form(self):
        server = self.serve()
        before = server.memory_bytes()
        large = self.folder / "large"
        with open(large, "wb") as file:
            for _ in range(128):
                file.write(os.urandom(MIB))
        self.assertEqual(self.curl("-F", f"file=@{large}", server.url("/files")).status, 201)
        grown = server.memory_bytes("VmHWM") - before
        print(f"memory grew by at most {grown / MIB:.1f} MiB while 128 MiB came in")
        self.assertLess(grown, 24 * MIB)


if __name__ == "__main__":
    harness.main()
