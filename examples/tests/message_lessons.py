"""Lessons on messages: datagrams, and borders within a stream."""
import socket
import struct

from .lesson import lesson, text


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
        self.expect_failure(nobody, "hello?", said=f"no answer from {nobody}: ", why="connection refused")

    def test_an_address_that_cannot_be_had_is_named(self):
        taken = text(self.listen(socket.SOCK_DGRAM).getsockname())
        self.expect_failure(taken, said=f"cannot listen on {taken}: ", why="address already in use")


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
        too_long = b"refused: (longer than its limit|a message has at most 1000 bytes)\n"
        cut_off = b"refused: (unexpected end of stream|the stream ended inside a message)\n"
        malformed = b"refused: (malformed input|not a letter, a space, a length and a space).*\n"
        for name, stream, wanted in (("marker", b"x" * 1001, too_long), ("marker", b"x" * 1000 + b"#", cut_off),
                                     ("marker", b"hello#", cut_off), ("prefix", b"\0\0\x03\xe9", too_long),
                                     ("prefix", b"\xff\xff\xff\xff", too_long), ("prefix", b"\0\0", cut_off),
                                     ("prefix", b"\0\0\0\5hell", cut_off), ("text", b"Y 1001 ", too_long),
                                     ("text", b"Y 18 abcd", cut_off), ("text", b"Y  5 hello", malformed),
                                     ("text", b"hello", malformed), ("text", b"Y -1 ", malformed),
                                     ("text", b"Y 0000000", malformed)):
            with self.subTest(cure=name, stream=stream):
                self.assertRegex(self.answer(self.serve(name), [stream]), wanted)

    def test_an_unknown_cure_is_wrong_usage(self):
        self.expect_usage("magic")


class udp_server(lesson):
    def ask(self, where, question):
        client = self.listen(socket.SOCK_DGRAM)
        client.connect(where)
        client.send(question)
        return client

    def test_each_is_answered_after_its_own_time(self):
        where = self.serve()
        slow = self.ask(where, b"1500\n")
        quick = self.ask(where, b"0\n")
        self.assertEqual(quick.recv(100), b"waited 0 ms\n")
        slow.setblocking(False)
        with self.assertRaises(BlockingIOError):  # the later question was answered first
            slow.recv(100)
        slow.settimeout(60)
        self.assertEqual(slow.recv(100), b"waited 1500 ms\n")

    def test_what_is_no_number_of_milliseconds_takes_none(self):
        where = self.serve()
        for question in (b"", b"-5", b"soon", b"0x7", b"\xff" * 1000):
            self.assertEqual(self.ask(where, question).recv(100), b"waited 0 ms\n")

    def test_nc_is_answered(self):
        nc = self.netcat(self.serve(), "-u")
        nc.type("1\n")
        self.assertEqual(nc.line(), "waited 1 ms\n")

    def test_what_is_too_much_is_dropped_and_counted(self):
        server = self.start()
        where = self.heard_by(server)
        client = self.ask(where, b"9999\n")
        for _ in range(200):  # four are worked on, 64 wait
            client.send(b"9999\n")
        self.assertRegex(server.process.stderr.readline(), b"^too busy: 1 dropped\n$")

    def test_an_address_that_cannot_be_had_is_named(self):
        taken = text(self.listen(socket.SOCK_DGRAM).getsockname())
        self.expect_failure(taken, said=f"cannot listen on {taken}: ", why="address already in use")
