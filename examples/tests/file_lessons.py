"""Lessons on files: sent, received, resumed, downloaded, many at once."""
import os
import socket

from .lesson import lesson, reset, text


class file_receiver(lesson):
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

    def test_failures_are_named(self):
        self.expect_usage()
        self.expect_refused_addresses(self.folder())


class file_sender(lesson):
    def test_all_files_arrive_and_the_result_of_each_is_told(self):
        here, there = self.folder(), self.folder()
        contents = {"empty": b"", "notes.txt": b"hello\n", "big": os.urandom(3_000_000)}
        for name, content in contents.items():
            (here / name).write_bytes(content)
        server = text(self.serve(there, name="file_receiver"))
        paths = [here / name for name in contents]
        self.expect_run(server, *paths, out=f"{paths[0]}: 0 bytes kept\n{paths[1]}: 6 bytes kept\n"
                                            f"{paths[2]}: 3000000 bytes kept\n")
        self.assertEqual({path.name: path.read_bytes() for path in there.iterdir()}, contents)
        missing = here / "missing"
        code, out, err = self.start(server, paths[1], missing).finish()
        self.assertEqual((code, err), (1, ""))
        refused, failed = out.splitlines()
        self.assertEqual(refused, f"{paths[1]}: refused: such a file is here already, or cannot be made")
        self.assertRegex(failed.lower(), f"^{missing}: .*no such file or directory$")

    def test_what_is_no_file_is_not_sent(self):
        here, there = self.folder(), self.folder()
        server = text(self.serve(there, name="file_receiver"))
        self.expect_run(server, here, code=1, out=f"{here}: not a file\n")
        self.assertEqual([*there.iterdir()], [])

    def test_a_server_that_goes_away_is_no_success(self):
        peer = self.listen()
        where = text(peer.getsockname())
        file = self.folder() / "notes.txt"
        file.write_text("hello\n")
        code, out, _ = self.start(where, file).finish()
        self.assertEqual(code, 1)
        self.assertRegex(out.lower(), "connection refused\n$")
        peer.listen()
        client = self.start(where, file)
        conn = self.accept(peer)
        self.expect_bytes(conn, b"notes.txt\n")
        conn.sendall(b"ok\n")
        self.expect_bytes(conn, b"hello\n")
        self.expect_end(conn)
        conn.close()
        code, out, _ = client.finish()
        self.assertEqual(code, 1)
        self.assertRegex(out.lower(), f"^{file}: (unexpected )?end of stream|eof\n$")

    def test_wrong_usage_is_told(self):
        self.expect_usage()
        self.expect_usage("127.0.0.1:1")


class picture_upload(lesson):
    def test_the_picture_arrives(self):
        here, there = self.folder(), self.folder()
        picture = here / "photo.jpg"
        picture.write_bytes(os.urandom(1_000_000))
        server = text(self.serve(there, name="file_receiver"))
        code, out, err = self.start(server, picture).finish()
        self.assertEqual((code, out), (0, f"{picture}: 1000000 bytes kept\n"))
        self.assertTrue(err.endswith("\rsent 1000000 bytes\n"), err)
        self.assertEqual((there / "photo.jpg").read_bytes(), picture.read_bytes())

    def test_what_was_read_is_sent_before_the_rest_can_be_read(self):
        peer = self.listen()
        peer.listen()
        camera = self.folder() / "camera"  # a picture that is still being taken
        os.mkfifo(camera)
        client = self.start(text(peer.getsockname()), camera)
        conn = self.accept(peer)
        self.expect_bytes(conn, b"camera\n")
        conn.sendall(b"ok\n")
        with open(camera, "wb", buffering=0) as lens:
            for part in (b"upper half", b"lower half"):
                lens.write(part)
                self.expect_bytes(conn, part)
        self.expect_end(conn)
        conn.sendall(b"20 bytes kept\n")
        self.assertEqual(client.finish()[:2], (0, f"{camera}: 20 bytes kept\n"))

    def test_what_cannot_be_read_is_not_kept_as_an_empty_picture(self):
        here, there = self.folder(), self.folder()
        server = text(self.serve(there, name="file_receiver"))
        for path, why in ((here / "missing", "no such file or directory"), (here, "is a directory")):
            code, out, _ = self.start(server, path).finish()
            self.assertEqual(code, 1)
            self.assertRegex(out.lower(), f"{why}\n$")
        self.wait_until_empty(there)

    def test_wrong_usage_is_told(self):
        self.expect_usage("127.0.0.1:1")


class resume_receiver(lesson):
    def offer(self, where, head):
        conn = self.dial(where)
        conn.sendall(head)
        return conn

    def test_who_comes_again_is_told_from_where(self):
        folder = self.folder()
        where = self.serve(folder)
        conn = self.offer(where, b"11 a b.txt\n")
        self.expect_bytes(conn, b"from 0\n")
        conn.sendall(b"hel")
        self.wait_until(lambda: (folder / "a b.txt.part").read_bytes() == b"hel", "nothing is kept")
        reset(conn)
        conn = self.offer(where, b"11 a b.txt\n")
        self.expect_bytes(conn, b"from 3\n")
        conn.sendall(b"lo")
        conn.shutdown(socket.SHUT_WR)
        self.expect_bytes(conn, b"the rest is missing\n")
        conn = self.offer(where, b"11 a b.txt\n")
        self.expect_bytes(conn, b"from 5\n")
        conn.sendall(b" again")
        self.expect_bytes(conn, b"complete\n")  # and the end of the connection is not needed for it
        self.assertEqual([(path.name, path.read_bytes()) for path in folder.iterdir()], [("a b.txt", b"hello again")])

    def test_an_empty_file_is_complete_at_once(self):
        folder = self.folder()
        self.expect_bytes(self.offer(self.serve(folder), b"0 empty\n"), b"from 0\ncomplete\n")
        self.assertEqual((folder / "empty").read_bytes(), b"")

    def test_what_is_here_is_not_replaced(self):
        folder = self.folder()
        (folder / "notes.txt").write_text("old")
        self.expect_bytes(self.offer(self.serve(folder), b"3 notes.txt\n"), b"refused: it is here already\n")

    def test_what_makes_no_sense_is_refused(self):
        folder = self.folder()
        where = self.serve(folder)
        for head in (b"\n", b"5\n", b"name\n", b"5 ../evil\n", b"5 .hidden\n", b"5 /etc/evil\n", b"5 nul\0\n", b"5 a.part\n",
                     b"5 " + b"x" * 251 + b"\n", b"x" * 400):
            with self.subTest(head=head):
                conn = self.offer(where, head)
                self.expect_bytes(conn, b"refused\n")
        self.assertEqual([*folder.iterdir()], [])

    def test_a_folder_that_is_not_there_fails_one_sender_after_the_other(self):
        where = self.serve(self.folder() / "missing")
        for _ in range(2):
            self.expect_bytes(self.offer(where, b"5 notes.txt\n"), b"failed\n")

    def test_failures_are_named(self):
        self.expect_usage()
        self.expect_refused_addresses(self.folder())


class resume_sender(lesson):
    def test_only_the_rest_travels(self):
        here, there = self.folder(), self.folder()
        file = here / "big file.iso"
        file.write_bytes(os.urandom(2_000_000))
        (there / "big file.iso.part").write_bytes(file.read_bytes()[:1_234_567])
        server = text(self.serve(there, name="resume_receiver"))
        self.expect_run(server, file, out=f"sending from byte 1234567 of 2000000\n{file}: complete\n")
        self.assertEqual((there / file.name).read_bytes(), file.read_bytes())
        self.expect_run(server, file, code=1, out=f"{file}: refused: it is here already\n")

    def test_a_receiver_that_goes_away_is_no_success(self):
        peer = self.listen()
        peer.listen()
        file = self.folder() / "notes.txt"
        file.write_text("hello\n")
        client = self.start(text(peer.getsockname()), file)
        conn = self.accept(peer)
        self.expect_bytes(conn, b"6 notes.txt\n")
        conn.sendall(b"from 2\n")
        self.expect_bytes(conn, b"llo\n")
        conn.close()
        code, out, _ = client.finish()
        self.assertEqual(code, 1)
        self.assertRegex(out.lower(), r"^sending from byte 2 of 6\n.*: (unexpected )?(end of stream|eof)\n$")

    def test_failures_are_named(self):
        self.expect_usage("127.0.0.1:1")
        missing = self.folder() / "missing"
        code, out, _ = self.start("127.0.0.1:1", missing).finish()
        self.assertEqual(code, 1)
        self.assertRegex(out.lower(), "no such file or directory\n$")


class download_server(lesson):
    def shelf(self, **contents):
        folder = self.folder()
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        return folder

    def test_nc_can_ask_for_one_after_the_other(self):
        where = self.serve(self.shelf(notes=b"hello\n", empty=b""))
        nc = self.netcat(where, "-N")
        self.assertEqual(nc.finish(b"notes\nempty\nmissing\nnotes\n"),
                         (0, "6\nhello\n0\nthere is no missing here\n6\nhello\n", ""))

    def test_many_can_ask_at_once_and_a_slow_one_delays_nobody(self):
        big = os.urandom(5_000_000)
        where = self.serve(self.shelf(big=big, small=b"x"))
        slow = self.dial(where)
        slow.sendall(b"big\n")  # and does not read it yet
        for _ in range(20):
            quick = self.dial(where)
            quick.sendall(b"small\n")
            self.expect_bytes(quick, b"1\nx")
        self.expect_bytes(slow, b"5000000\n" + big)

    def test_names_are_no_paths(self):
        folder = self.folder()
        (folder / "secret").write_bytes(b"!")
        inside = folder / "in"
        inside.mkdir()
        (inside / ".hidden").write_bytes(b"!")
        (inside / "folder").mkdir()
        conn = self.dial(self.serve(inside))
        for name in (b"../secret", bytes(folder / "secret"), b".hidden", b".", b"..", b"", b"folder"):
            conn.sendall(name + b"\n")
            self.expect_bytes(conn, b"there is no " + name + b" here\n")

    def test_failures_are_named(self):
        self.expect_usage()
        self.expect_refused_addresses(self.folder())


class downloads(lesson):
    def test_all_arrive_whole(self):
        there, here = self.folder(), self.folder()
        for number in range(20):
            (there / f"file{number}").write_bytes(os.urandom(number * 10_000))
        server = text(self.serve(there, name="download_server"))
        names = [path.name for path in there.iterdir()]
        code, out, err = self.start(server, here, *names).finish()
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(sorted(out.splitlines()), sorted(f"file{i}: {i * 10_000} bytes" for i in range(20)))
        for name in names:
            self.assertEqual((here / name).read_bytes(), (there / name).read_bytes())

    def test_never_more_than_four_at_once(self):
        peer = self.listen()
        peer.listen(16)
        here = self.folder()
        client = self.start(text(peer.getsockname()), here, *(f"file{i}" for i in range(6)))
        conns = [self.accept(peer) for _ in range(4)]
        for conn in conns:
            self.assertRegex(conn.recv(100), rb"^file\d\n$")
        peer.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            peer.accept()
        peer.settimeout(60)
        for conn in conns[:2]:
            conn.sendall(b"1\nx")
            late = self.accept(peer)
            self.assertRegex(late.recv(100), rb"^file\d\n$")
            late.sendall(b"1\nx")
        for conn in conns[2:]:
            conn.sendall(b"1\nx")
        self.assertEqual(client.finish()[0], 0)
        self.assertEqual(len([*here.iterdir()]), 6)

    def test_one_that_fails_harms_no_other_and_is_told(self):
        there, here = self.folder(), self.folder()
        (there / "notes.txt").write_bytes(b"hello\n")
        server = text(self.serve(there, name="download_server"))
        code, out, err = self.start(server, here, "missing", "notes.txt").finish()
        self.assertEqual((code, err), (1, ""))
        self.assertEqual(sorted(line.split(":")[0] for line in out.splitlines()), ["missing", "notes.txt"])
        self.assertIn("notes.txt: 6 bytes\n", out)
        self.assertEqual([path.name for path in here.iterdir()], ["notes.txt"])

    def test_a_part_is_no_success(self):
        peer = self.listen()
        peer.listen()
        client = self.start(text(peer.getsockname()), self.folder(), "notes.txt")
        conn = self.accept(peer)
        self.expect_bytes(conn, b"notes.txt\n")
        conn.sendall(b"10\nhalf")
        conn.close()
        code, out, _ = client.finish()
        self.assertEqual(code, 1)
        self.assertRegex(out.lower(), "^notes.txt: (unexpected end of stream|unexpected eof|eof)\n$")

    def test_wrong_usage_is_told(self):
        self.expect_usage("127.0.0.1:1", "folder")
