"""curl, wget and aria2c download, resume, and many at once."""
import contextlib
import socket
import subprocess

import harness
from harness import MIB, random_file, sha256_of, tool

MANY = 50
MANY_SIZE = 64 * MIB


class downloads(harness.case):
    def setUp(self):
        self.server = self.serve()
        self.sent = random_file(self.folder / "sent", 8 * MIB + 11)
        self.content = self.sent.read_bytes()
        self.url = self.server.url("/files/sent.bin")
        self.upload(self.sent, self.url)
        self.got = self.folder / "sent.bin"

    def headers(self, *arguments, status):
        """The headers of an answer, by their names in small letters."""
        done = self.curl("-D", "headers", "-o", "body", *arguments)
        self.assertEqual(done.status, status)
        lines = (self.folder / "headers").read_text().splitlines()[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def test_curl_resumes_what_is_incomplete(self):
        self.got.write_bytes(self.content[:1_000_000])
        done = self.curl("-C", "-", "-o", self.got, self.url)
        self.assertEqual((done.returncode, done.status), (0, 206), done.stderr)
        self.assertEqual(self.got.read_bytes(), self.content)

    def test_curl_resuming_what_is_complete_is_content(self):
        self.got.write_bytes(self.content)
        done = self.curl("-C", "-", "-o", self.got, self.url)
        self.assertEqual((done.returncode, done.status), (0, 416), done.stderr)
        self.assertEqual(self.got.read_bytes(), self.content)
        told = self.headers("-r", f"{len(self.content)}-", self.url, status=416)
        self.assertEqual(told["content-range"], f"bytes */{len(self.content)}")

    def test_ranges_are_what_was_asked_for(self):
        size = len(self.content)
        for asked, part in (("0-0", self.content[:1]), ("1000-1999", self.content[1000:2000]),
                            (f"{size - 5}-", self.content[-5:]), ("-7", self.content[-7:]),
                            (f"{size - 3}-{size + 100}", self.content[-3:]), (f"-{size * 2}", self.content)):
            with self.subTest(range=asked):
                done = self.curl("-r", asked, "-o", "part", self.url)
                self.assertEqual(done.status, 206)
                self.assertEqual((self.folder / "part").read_bytes(), part)
        for asked in (f"{size}-", f"{1 << 63}-", "99999999999999999999999-"):
            with self.subTest(range=asked):
                self.assertEqual(self.curl("-r", asked, "-o", "part", self.url).status, 416)

    def test_several_ranges_come_as_parts_or_as_the_whole(self):
        told = self.headers("-r", "0-9,100-109", self.url, status=206)
        self.assertTrue(told["content-type"].startswith("multipart/byteranges"), told)
        body = (self.folder / "body").read_bytes()
        self.assertIn(self.content[:10], body)
        self.assertIn(self.content[100:110], body)
        self.headers("-r", ",".join(f"{i}-{i}" for i in range(0, 2000, 2)), self.url, status=200)

    def test_who_has_the_file_already_gets_none_of_it(self):
        tag = self.headers(self.url, status=200)["etag"]
        self.assertRegex(tag, r'^"[^"]+"$', "a strong one")
        self.headers("-H", f"If-None-Match: {tag}", self.url, status=304)
        self.assertEqual((self.folder / "body").read_bytes() if (self.folder / "body").exists() else b"", self.content)
        self.headers("-H", 'If-None-Match: "other"', self.url, status=200)
        self.headers("-H", 'If-Match: "other"', self.url, status=412)
        (self.folder / "tag").write_text(tag)
        self.assertEqual(self.curl("--etag-compare", "tag", "-o", "again", self.url).status, 304)

    def test_a_range_of_a_file_that_has_changed_is_the_whole_new_one(self):
        tag = self.headers(self.url, status=200)["etag"]
        self.headers("-r", "0-9", "-H", f"If-Range: {tag}", self.url, status=206)
        self.curl("-T", "-", self.url, feed=b"all new")
        self.headers("-r", "0-3", "-H", f"If-Range: {tag}", self.url, status=200)
        self.assertEqual((self.folder / "body").read_bytes(), b"all new")

    def test_HEAD_tells_what_GET_would(self):
        told = self.headers(self.url, status=200)
        head = self.headers("-I", self.url, status=200)
        for name in ("content-length", "etag", "last-modified", "content-type", "accept-ranges"):
            self.assertEqual(head[name], told[name])
        self.assertEqual(head["content-length"], str(len(self.content)))
        self.assertEqual(head["accept-ranges"], "bytes")

    def test_a_name_in_any_script_is_told_to_browsers(self):
        self.curl("-T", "-", self.server.url("/files/M%C3%BChle.bin"), feed=b"x")
        told = self.headers(self.server.url("/files/M%C3%BChle.bin"), status=200)
        self.assertIn("filename*=UTF-8''M%C3%BChle.bin", told["content-disposition"])

    def test_pages_among_the_files_run_no_script_of_ours(self):
        self.curl("-T", "-", self.server.url("/files/page.html"), feed=b"<script>alert(1)</script>")
        told = self.headers(self.server.url("/files/page.html"), status=200)
        self.assertEqual(told["x-content-type-options"], "nosniff")
        harmless = told["content-disposition"].startswith("attachment") or "sandbox" in told.get("content-security-policy", "")
        self.assertTrue(harmless or not told["content-type"].startswith("text/html"), told)

    def test_wget_resumes_and_is_content_when_complete(self):
        self.got.write_bytes(self.content[:3_000_000])
        for attempt in ("resumed", "complete"):
            with self.subTest(attempt):
                done = self.run_tool(tool("wget"), "--no-verbose", "--continue", "--tries", 1, self.url)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.got.read_bytes(), self.content)

    def test_aria2_takes_four_ranges_at_once_and_verifies_the_whole(self):
        command = [tool("aria2c"), "--no-conf", "-x4", "-s4", "-k1M", "--file-allocation=none", "--console-log-level=info",
                   "--summary-interval=0"]
        done = self.run_tool(*command, self.url)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.got.read_bytes(), self.content)
        self.assertGreaterEqual(done.stdout.count("Range: bytes="), 3, "not in ranges")
        self.assertIn("Verification finished successfully", done.stdout)

    def test_fifty_downloads_at_once_are_all_whole(self):
        size = MANY_SIZE
        large = random_file(self.folder / "large", size)
        wanted = sha256_of(large)
        url = self.server.url("/files/large")
        self.upload(large, url)
        before = self.server.memory_bytes()
        # Fifty files of this size would fill small disks: what comes is hashed on its way.
        command = f"{tool('curl')} --silent --show-error --fail {url} | sha256sum"
        with contextlib.ExitStack() as stack:
            running = [stack.enter_context(subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, text=True))
                       for _ in range(MANY)]
            hashes = [each.communicate(timeout=150)[0].split()[0] for each in running]
        self.assertEqual(hashes, [wanted] * MANY)
        grown = self.server.memory_bytes("VmHWM") - before
        print(f"memory grew by at most {grown / MIB:.1f} MiB during {MANY} downloads of {size // MIB} MiB at once")
        self.assertLess(grown, 64 * MIB)

    def test_who_stops_reading_holds_up_nobody_else(self):
        # Larger than what the sockets' buffers may hold, so that the server has to wait for its reader.
        large = random_file(self.folder / "large", 24 * MIB)
        self.upload(large, self.server.url("/files/large"))
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                idler = stack.enter_context(socket.create_connection(("127.0.0.1", self.server.port)))
                idler.sendall(b"GET /files/large HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertTrue(idler.recv(1000).startswith(b"HTTP/1.1 200 "))
            done = self.curl("-o", self.got, self.url)
            self.assertEqual(done.status, 200)
            self.assertEqual(self.got.read_bytes(), self.content)


if __name__ == "__main__":
    harness.main()
