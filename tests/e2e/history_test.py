"""History on request, who may read it, and what is read: over restarts, kill -9 and the change of nicks."""
import base64
import re

import harness
from websocket_test import TEXT, by_hand, frame

CAPABILITIES = ("batch", "server-time", "message-tags", "labeled-response", "draft/chathistory", "draft/read-marker")


class history(harness.case):
    def page(self, client, request):
        """What CHATHISTORY answers: (id, text) of each message."""
        client.send(f"@label=p CHATHISTORY {request}")
        start = client.expect(lambda said: said.tags.get("label") == "p", "the start of a batch")
        self.assertEqual((start.verb, start.parameters[1]), ("BATCH", "chathistory"))
        name = start.parameters[0][1:]
        found = []
        while True:
            line = client.expect(lambda said: said.tags.get("batch") == name or said.parameters[:1] == (f"-{name}",), "the batch")
            if line.verb == "BATCH":
                return found
            found.append((line.tags["msgid"], line.text))

    def browser(self, server, nick, cookie="", origin=None):
        """A connection as a browser makes it, with the cookie that it was given, if any; registered."""
        conn = by_hand(server.port, f"Origin: {origin or 'http://' + server.address}\r\n" + (f"Cookie: {cookie}\r\n" if cookie else ""))
        self.addCleanup(conn.socket.close)
        self.assertEqual(conn.status, 101, conn.head)
        given = re.search(r"^Set-Cookie: (leat-owner=[0-9a-f]{32}); Path=/irc; Max-Age=\d+; HttpOnly; SameSite=Strict\r$",
                          conn.head, re.MULTILINE)
        conn.cookie = given and given[1]
        conn.send(frame(TEXT, b"CAP REQ :batch draft/chathistory draft/read-marker"), frame(TEXT, b"CAP END"))
        conn.introduce(nick)
        return conn

    def private_page(self, conn, other):
        conn.send(frame(TEXT, f"CHATHISTORY LATEST {other} * 50".encode()))
        texts = []
        while True:
            line = conn.expect_text(b"").decode()
            if " BATCH -" in line or " FAIL " in line:
                return texts if " BATCH -" in line else line
            if " PRIVMSG " in line:
                texts.append(line.rpartition(" :")[2].rpartition("] ")[2])

    def test_pages_are_the_same_after_a_kill_as_they_were_said_before(self):
        server = self.serve()
        ann = self.irc(server, "ann", CAPABILITIES + ("echo-message",))
        ann.join("#mill")
        for count in range(30):
            ann.say("#mill", f"message {count}")
        said = []
        while len(said) < 30:
            echo = ann.expect(lambda line: line.verb == "PRIVMSG", "an echo")
            said.append((echo.tags["msgid"], echo.text))
        server.kill()
        server = self.serve(name="server2")
        bob = self.irc(server, "bob", CAPABILITIES)
        bob.send("@label=p CHATHISTORY LATEST #mill * 5")
        self.assertEqual(bob.expect(lambda line: line.verb == "FAIL", "a refusal").parameters[:4],
                         ("CHATHISTORY", "INVALID_TARGET", "LATEST", "#mill"))
        bob.join("#mill")
        self.assertEqual(self.page(bob, "LATEST #mill * 7"), said[-7:])
        self.assertEqual(self.page(bob, f"BEFORE #mill msgid={said[-7][0]} 7"), said[-14:-7])
        self.assertEqual(self.page(bob, f"AFTER #mill msgid={said[0][0]} 3"), said[1:4])
        self.assertEqual(self.page(bob, f"BETWEEN #mill msgid={said[9][0]} msgid={said[4][0]} 9"), said[5:9])
        self.assertEqual(self.page(bob, f"AROUND #mill msgid={said[10][0]} 5"), said[8:13])
        self.assertEqual(self.page(bob, "BEFORE #mill timestamp=2000-01-01T00:00:00.000Z 9"), [])

    def test_private_messages_belong_to_the_browser_and_not_to_the_nick(self):
        server = self.serve()
        ann = self.browser(server, "ann")
        bob = self.irc(server, "bob")
        ann.send(frame(TEXT, b"PRIVMSG bob :psst"))
        bob.expect(lambda line: line.text == "psst", "a private message")
        bob.say("ann", "what")
        ann.expect_text(b":what")
        cookie = ann.cookie
        self.assertTrue(cookie)
        ann.socket.close()
        server.kill()
        server = self.serve(name="server2")
        impostor = self.browser(server, "ann")
        self.assertNotEqual(impostor.cookie, cookie)
        self.assertEqual(self.private_page(impostor, "bob"), [])
        stranger = self.irc(server, "bob")
        stranger.send("CHATHISTORY LATEST ann * 50")
        stranger.expect(lambda line: line.verb == "FAIL" and line.parameters[1] == "INVALID_TARGET", "a refusal")
        again = self.browser(server, "annie", cookie)
        self.assertEqual(again.cookie, cookie)  # kept for longer
        self.assertEqual(self.private_page(again, "bob"), ["psst", "what"])
        self.assertEqual(self.private_page(again, "carol"), [])
        again.send(frame(TEXT, b"CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2999-01-01T00:00:00.000Z 9"))
        self.assertIn(b"CHATHISTORY TARGETS bob 2", again.expect_text(b"TARGETS"))

    def test_a_page_of_others_is_a_stranger_even_with_our_cookie(self):
        server = self.serve({"server.origins": ["*"]})
        ann = self.browser(server, "ann")
        ann.send(frame(TEXT, b"PRIVMSG ann :note to self"))
        ann.expect_text(b":note to self")
        self.assertEqual(self.private_page(ann, "ann"), ["note to self"])
        foreign = self.browser(server, "eve", ann.cookie, origin=f"http://127.0.0.1:{server.port + 1}")
        self.assertIsNone(foreign.cookie)
        self.assertIn("INVALID_TARGET", self.private_page(foreign, "ann"))

    def test_a_room_is_told_who_shared_a_file(self):
        server = self.serve()
        bob = self.irc(server, "bob")
        bob.join("#mill")
        ann = self.browser(server, "ann")
        ann.send(frame(TEXT, b"JOIN #mill"))
        ann.expect_text(b" 366 ")
        room = base64.b64encode(b"#mill").decode()
        for name, cookie, who in (("a.txt", ann.cookie, "ann"), ("b.txt", "leat-owner=" + "0" * 32, "someone")):
            done = self.curl("-X", "POST", "-H", "Tus-Resumable: 1.0.0", "-H", "Upload-Length: 3", "-H", f"Cookie: {cookie}",
                             "-H", f"Upload-Metadata: filename {base64.b64encode(name.encode()).decode()},room {room}",
                             "-H", "Content-Type: application/offset+octet-stream", "--data-binary", "abc", server.url("/uploads"))
            self.assertEqual(done.status, 201, done.body)
            bob.expect(lambda said: said.verb == "PRIVMSG" and said.text.startswith(f"{who} shared {name} (3 B): "), name)  # pylint: disable=cell-var-from-loop

    def test_what_is_read_is_known_to_the_browser_after_a_restart(self):
        server = self.serve()
        ann = self.browser(server, "ann")
        mark = "timestamp=2024-01-02T03:04:05.678Z"
        ann.send(frame(TEXT, f"MARKREAD #mill {mark}".encode()))
        ann.expect_text(f"MARKREAD #mill {mark}".encode())
        tab = self.browser(server, "ann2", ann.cookie)
        tab.send(frame(TEXT, b"JOIN #mill"))
        tab.expect_text(f"MARKREAD #mill {mark}".encode())
        later = mark.replace("03:04", "04:04")
        ann.send(frame(TEXT, f"MARKREAD #mill {later}".encode()))
        tab.expect_text(f"MARKREAD #mill {later}".encode())
        server.kill()
        server = self.serve(name="server2")
        again = self.browser(server, "ann", ann.cookie)
        again.send(frame(TEXT, b"MARKREAD #mill"))
        again.expect_text(f"MARKREAD #mill {later}".encode())
        other = self.browser(server, "bob")
        other.send(frame(TEXT, b"MARKREAD #mill"))
        other.expect_text(b"MARKREAD #mill *")


if __name__ == "__main__":
    harness.main()
