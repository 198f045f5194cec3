"""IRC over WebSocket: by Python's websockets and npm's ws as browsers do it, and frame by frame as they never would."""
import asyncio
import base64
import json
import os
import pathlib
import shutil
import socket
import struct
import sys
import unittest

import harness
from waiting import PATIENCE_S, until

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's, also for a Python that is not
import websockets  # pylint: disable=wrong-import-position

NPM = harness.ROOT / "tests/npm"
TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


def frame(kind, payload=b"", final=True, masked=True, reserved=0):
    length = len(payload)
    size = bytes([length]) if length < 126 else b"\x7e" + struct.pack(">H", length) if length < 65536 else \
        b"\x7f" + struct.pack(">Q", length)
    size = bytes([size[0] | (0x80 if masked else 0)]) + size[1:]
    key = os.urandom(4) if masked else b""
    hidden = bytes(byte ^ key[at % 4] for at, byte in enumerate(payload)) if masked else payload
    return bytes([(0x80 if final else 0) | reserved << 4 | kind]) + size + key + hidden


class by_hand:
    """A connection of which every byte is ours."""

    def __init__(self, port, fields="", path="/irc", early=b"", version=13):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: {version}\r\n{fields}\r\n").encode() + early)
        self.rest = b""
        head = self.take_until(b"\r\n\r\n").decode()
        self.status, self.head = int(head.split()[1]), head

    def more(self):
        data = self.socket.recv(1 << 16)
        self.rest += data
        return bool(data)

    def take_until(self, end):
        while end not in self.rest:
            if not self.more():
                raise AssertionError(f"the connection ended before {end!r}: {self.rest!r}")
        taken, self.rest = self.rest.split(end, 1)
        return taken

    def take(self, count):
        while len(self.rest) < count:
            if not self.more():
                raise EOFError
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def next_frame(self):
        first, second = self.take(2)
        length = second
        if length == 126:
            length = struct.unpack(">H", self.take(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self.take(8))[0]
        return first, self.take(length)

    def send(self, *frames):
        self.socket.sendall(b"".join(frames))

    def expect_frame(self, wanted, what):
        while True:
            first, payload = self.next_frame()
            if wanted(first, payload):
                return payload
            if first & 15 == CLOSE:
                raise AssertionError(f"closed with {payload!r} before {what}")

    def expect_text(self, part):
        return self.expect_frame(lambda first, payload: first & 15 == TEXT and part in payload, part)

    def expect_close(self):
        """The code with which the server ends it; and that it does."""
        code = struct.unpack(">H", self.expect_frame(lambda first, _: first & 15 == CLOSE, "a close frame")[:2])[0]
        while self.more():
            pass
        return code

    def introduce(self, nick):
        self.send(frame(TEXT, f"NICK {nick}".encode()), frame(TEXT, f"USER {nick} 0 * :{nick}".encode()))
        self.expect_text(b" 422 ")


class websocket(harness.case):
    def open(self, server, fields="", **options):
        conn = by_hand(server.port, fields, **options)
        self.addCleanup(conn.socket.close)
        return conn

    def speak(self, server, nick, **options):
        """Opens a connection with the package, and runs the coroutine that it is given with it."""
        async def run(conversation):
            async with websockets.connect(f"ws://{server.address}/irc", open_timeout=PATIENCE_S, **options) as conn:
                await conn.send(f"NICK {nick}")
                await conn.send(f"USER {nick} 0 * :{nick}")
                await self.hear(conn, " 422 ")
                await conversation(conn)
        return lambda conversation: asyncio.run(run(conversation))

    @staticmethod
    async def hear(conn, part):
        while True:
            line = await asyncio.wait_for(conn.recv(), PATIENCE_S)
            line = line.decode() if isinstance(line, bytes) else line
            if "\n" in line or "\r" in line:
                raise AssertionError(f"a line end in {line!r}")
            if part in line:
                return line

    def test_talks_both_ways_with_each_dialect_and_with_and_without_compression(self):
        server = self.serve()
        friend = self.irc(server, "fiona")
        friend.join("#mill")
        ways = ((["text.ircv3.net"], "deflate", "text.ircv3.net", str), (["text.ircv3.net"], None, "text.ircv3.net", str),
                (["binary.ircv3.net"], "deflate", "binary.ircv3.net", bytes), (None, None, None, str),
                (["chat.example", "binary.ircv3.net", "text.ircv3.net"], "deflate", "binary.ircv3.net", bytes))
        for number, (dialects, compression, chosen, kind) in enumerate(ways):
            with self.subTest(dialects=dialects, compression=compression):
                nick = f"web{number}"
                long = "a line that is long enough to be compressed, " * 8

                async def talk(conn, nick=nick, chosen=chosen, kind=kind, long=long):
                    self.assertEqual(conn.subprotocol, chosen)
                    await conn.send("JOIN #mill")
                    await self.hear(conn, " 366 ")
                    await conn.send(f"PRIVMSG #mill :h\u00e9llo by {nick}")
                    friend.expect_said(nick, "#mill", f"h\u00e9llo by {nick}")
                    for text in (f"hello {nick}", long, long):
                        friend.say("#mill", text)
                        self.assertTrue((await self.hear(conn, f"PRIVMSG #mill :{text}")).startswith(":fiona!"))
                    await conn.send(f"PRIVMSG #mill :{long}\r\n")
                    friend.expect_said(nick, "#mill", long)
                    friend.say(nick, "last")
                    while True:
                        got = await asyncio.wait_for(conn.recv(), PATIENCE_S)
                        self.assertIsInstance(got, kind)
                        if "last" in (got if kind is str else got.decode()):
                            break
                self.speak(server, nick, subprotocols=dialects, compression=compression)(talk)
                friend.expect(lambda said, nick=nick: (said.verb, said.nick) == ("QUIT", nick), f"QUIT of {nick}")

    def test_what_comes_right_behind_the_handshake_is_heard(self):
        early = frame(TEXT, b"NICK early") + frame(TEXT, b"USER early 0 * :early")
        conn = self.open(self.serve(), early=early)
        self.assertEqual(conn.status, 101)
        conn.expect_text(b" 001 early ")

    def test_a_message_in_pieces_is_a_line_and_pings_may_come_between_them(self):
        conn = self.open(self.serve())
        conn.introduce("pat")
        for byte in frame(TEXT, b"PING :byte by byte"):
            conn.send(bytes([byte]))
        conn.expect_text(b"byte by byte")
        conn.send(frame(TEXT, b"PING :one ", final=False), frame(PING, b"are you there"), frame(CONTINUATION, b"", final=False),
                  frame(PONG, b"nobody asked"), frame(CONTINUATION, b"line"))
        self.assertEqual(conn.expect_frame(lambda first, _: first == 0x80 | PONG, "a pong"), b"are you there")
        conn.expect_text(b"one line")

    def test_each_fault_ends_the_connection_with_the_code_that_names_it(self):
        server = self.serve()
        faults = {"two lines in a message": (1008, [frame(TEXT, b"PING a\r\nPING b")]),
                  "too long": (1009, [frame(TEXT, b"PING " + b"x" * 9000)]),
                  "too long in pieces": (1009, [frame(TEXT, b"x" * 5000, final=False)] + [frame(CONTINUATION, b"x" * 5000)]),
                  "a length of 2^63": (1009, [b"\x81\xff\x80" + bytes(7) + b"mask"]),
                  "not UTF-8": (1007, [frame(TEXT, b"PRIVMSG #a :\xff\xfe")]),
                  "not masked": (1002, [frame(TEXT, b"PING a", masked=False)]),
                  "reserved bits": (1002, [frame(TEXT, b"PING a", reserved=2)]),
                  "compressed though that was not agreed": (1002, [frame(TEXT, b"PING a", reserved=4)]),
                  "an unknown kind": (1002, [frame(3, b"PING a")]),
                  "a long ping": (1002, [frame(PING, b"x" * 126)]),
                  "a ping in pieces": (1002, [frame(PING, b"x", final=False)]),
                  "a continuation of nothing": (1002, [frame(CONTINUATION, b"PING a")]),
                  "a message within a message": (1002, [frame(TEXT, b"PING a", final=False), frame(TEXT, b"PING b")]),
                  "a close code that is none": (1002, [frame(CLOSE, b"\x00\x01")])}
        for name, (code, frames) in faults.items():
            with self.subTest(name):
                conn = self.open(server)
                conn.introduce("pat")
                conn.send(*frames)
                self.assertEqual(conn.expect_close(), code)
        self.irc(server, "pat")  # the nick is free again, and the server well

    def test_a_close_is_answered_with_its_code(self):
        conn = self.open(self.serve())
        conn.introduce("pat")
        conn.send(frame(CLOSE, struct.pack(">H", 1001) + b"away"))
        self.assertEqual(conn.expect_close(), 1001)

    def test_QUIT_gets_the_last_word_and_a_close(self):
        conn = self.open(self.serve())
        conn.introduce("pat")
        conn.send(frame(TEXT, b"QUIT :bye"))
        conn.expect_text(b"ERROR :Closing Link")
        first, payload = conn.next_frame()
        self.assertEqual((first, payload), (0x80 | CLOSE, struct.pack(">H", 1000)))

    def test_pages_of_other_origins_are_refused_unless_they_are_named(self):
        server = self.serve({"server.origins": ["https://chat.example.org"], "server.public_url": "https://our.example.org"})
        for origin, status in ((f"http://{server.address}", 101), ("https://chat.example.org", 101),
                               ("https://our.example.org", 101), ("http://evil.example", 403), ("null", 403),
                               (f"http://127.0.0.1:{server.port}1", 403), ("https://chat.example.org.evil.example", 403)):
            with self.subTest(origin):
                self.assertEqual(self.open(server, f"Origin: {origin}\r\n").status, status)

    def test_what_is_no_sound_handshake_is_told_why(self):
        server = self.serve()
        self.assertEqual(self.open(server, version=8).status, 426)
        self.assertIn("Sec-WebSocket-Version: 13", self.open(server, version=8).head)
        self.assertEqual(self.open(server, "Content-Length: 3\r\n", early=b"abc").status, 400)
        self.assertEqual(self.open(server, path="/files").status, 200)  # a listing, whatever it would upgrade to
        curl = self.run_tool(harness.tool("curl"), "-s", "-i", server.url("/irc"))
        self.assertIn("426 Upgrade Required", curl.stdout)
        self.assertIn("WebSocket", curl.stdout)

    def test_pings_that_nobody_takes_the_answers_of_cost_nothing(self):
        server = self.serve()
        conn = self.open(server)
        conn.introduce("pat")
        conn.send(*[frame(PING, b"x" * 125)] * 1500)
        conn.send(frame(TEXT, b"PING :still here"))
        conn.expect_text(b"still here")

    def test_a_stop_says_goodbye(self):
        server = self.serve()
        conn = self.open(server)
        conn.introduce("pat")
        server.process.terminate()
        conn.expect_text(b"Server shutting down")
        self.assertEqual(conn.expect_close(), 1000)
        self.assertEqual(server.exit_code(), 0)


@unittest.skipUnless(shutil.which("node") and pathlib.Path(NPM, "node_modules/ws").exists(),
                     "node or ws is missing (script/install test installs them)")
class ws(harness.case):
    def open(self, server, name, **options):
        client = self.start(name, "node", NPM / "ws_client.mjs", f"ws://{server.address}/irc", json.dumps(options))
        return client, self.hear(client, lambda said: "open" in said)

    @staticmethod
    def heard(client):
        return [json.loads(line) for line in harness.text_of(client.out).splitlines(keepends=True) if line.endswith("\n")]

    def hear(self, client, wanted):
        return until(lambda: next(filter(wanted, self.heard(client)), None), f"{client.name} hears it: {client.said()}")

    def do(self, client, **what):
        client.type(json.dumps(what))

    def line(self, client, part):
        return self.hear(client, lambda said: part in said.get("line", ""))

    def register(self, client, nick):
        self.do(client, send=f"NICK {nick}")
        self.do(client, send=f"USER {nick} 0 * :{nick}")
        self.line(client, " 422 ")

    def test_talks_compressed_and_not_as_text_and_as_bytes(self):
        server = self.serve()
        friend = self.irc(server, "fiona")
        friend.join("#mill")
        long = "a line that is long enough to be compressed, " * 8
        for number, (dialect, deflate, context) in enumerate((("text.ircv3.net", True, True), ("text.ircv3.net", True, False),
                                                              ("binary.ircv3.net", True, True), ("binary.ircv3.net", False, True))):
            with self.subTest(dialect=dialect, deflate=deflate, context=context):
                nick = f"w{number}"
                options = {} if context else {"clientNoContextTakeover": True, "serverNoContextTakeover": True}
                client, opened = self.open(server, f"ws-{number}", protocols=[dialect],
                                           perMessageDeflate={"threshold": 0, **options} if deflate else False)
                self.assertEqual(opened["open"], dialect)
                self.assertEqual("permessage-deflate" in opened["extensions"], deflate)
                self.register(client, nick)
                self.do(client, send="JOIN #mill")
                self.line(client, f" 366 {nick} ")
                for text in (f"h\u00e9llo by {nick}", long):
                    self.do(client, send=f"PRIVMSG #mill :{text}")
                    friend.expect_said(nick, "#mill", text)
                    friend.say(nick, f"{text} too")
                    said = self.line(client, f"PRIVMSG {nick} :{text} too")
                    self.assertEqual(said["binary"], dialect == "binary.ircv3.net")
                    self.assertNotIn("\n", said["line"])
                self.do(client, ping="are you there")
                self.assertEqual(self.hear(client, lambda said: "pong" in said)["pong"], "are you there")
                self.do(client, close=1000, reason="bye")
                self.assertEqual(self.hear(client, lambda said: "closed" in said)["closed"], 1000)
                self.assertEqual(client.exit_code(), 0)
                friend.expect(lambda said, nick=nick: (said.verb, said.nick) == ("QUIT", nick), f"QUIT of {nick}")

    def test_is_told_by_a_code_why_a_connection_ends(self):
        server = self.serve()
        client, _ = self.open(server, "quits", protocols=["text.ircv3.net"])
        self.register(client, "quinn")
        self.do(client, send="QUIT :bye")
        self.assertEqual(self.hear(client, lambda said: "closed" in said)["closed"], 1000)
        self.line(client, "ERROR :Closing Link")
        talker, _ = self.open(server, "talks-too-long", protocols=["text.ircv3.net"])
        self.do(talker, send="PRIVMSG #mill :" + "x" * (1 << 20))
        self.assertEqual(self.hear(talker, lambda said: "closed" in said)["closed"], 1009)
        self.assertNotIn("error", "".join(str(said) for said in self.heard(client)))


if __name__ == "__main__":
    harness.main()
