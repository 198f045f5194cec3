"""Whoever reads slowly, talks too much or says nothing at all costs only itself."""
import socket
import time

import harness
from harness import MIB
from waiting import PATIENCE_S

UNLIMITED = {"irc.flood_lines_per_second": 0, "irc.flood_bytes_per_second": 0}
ROOM = "#mill"


class limits(harness.case):
    def test_a_slow_reader_is_dropped_and_delays_nobody(self):
        server = self.serve(UNLIMITED | {"irc.sendq_limit_bytes": 64 << 10})
        slow = self.irc(server, "slow", receive_buffer_bytes=4096)
        slow.join(ROOM)
        witness = self.irc(server, "will")
        witness.join(ROOM)
        speaker = self.irc(server, "sue", ["echo-message"])
        speaker.join(ROOM)
        slowest = 0.0
        sent = 0
        before = server.memory_bytes()

        def dropped():
            return any((said.verb, said.nick) == ("QUIT", "slow") for said in witness.messages)
        # At most a few times what the sockets' buffers hold (net.ipv4.tcp_wmem: 4 MiB).
        while not dropped() and sent < 40_000:
            began = time.monotonic()
            for _ in range(20):
                speaker.say(ROOM, f"{sent} " + "x" * 380)
                sent += 1
            for listener in (speaker, witness):
                listener.expect(lambda said: said.verb == "PRIVMSG" and said.text.startswith(f"{sent - 1} "), "the last one")
            slowest = max(slowest, time.monotonic() - began)
        witness.seen = 0
        gone = witness.expect(lambda said: (said.verb, said.nick) == ("QUIT", "slow"), "QUIT of the slow one")
        self.assertIn("SendQ exceeded", gone.text)
        numbers = [int(said.text.split()[0]) for said in witness.messages if said.verb == "PRIVMSG"]
        self.assertEqual(numbers, list(range(sent)))
        print(f"dropped after {sent} messages; the others waited at most {slowest * 1000:.0f} ms for 20 of them")
        self.assertLess(slowest, 2.0)
        self.assertLess(server.memory_bytes() - before, 32 * MIB)
        slow.expect_close()

    def test_who_talks_too_much_is_slowed_down_alone(self):
        server = self.serve({"irc.flood_burst_lines": 10, "irc.flood_lines_per_second": 20})
        flooder = self.irc(server, "flo")
        calm = self.irc(server, "carl")
        flooder.settle()
        began = time.monotonic()
        flooder.send(*[f"PING {number}" for number in range(60)])
        calm.settle()
        self.assertLess(time.monotonic() - began, 1.0, "what the calm one waited")
        for number in range(60):
            flooder.expect(lambda said, number=number: said.verb == "PONG" and said.text == str(number), f"PONG {number}")
        took = time.monotonic() - began
        self.assertGreater(took, (60 - 10) / 20 * 0.9)
        self.assertLess(took, PATIENCE_S)

    def test_who_does_not_register_in_time_is_sent_away(self):
        server = self.serve({"irc.registration_timeout": "300ms", "server.first_byte_timeout": "300ms"})
        half = self.irc(server)
        half.send("NICK half")
        error = half.expect_verb("ERROR")
        self.assertIn("egistration", error.text)
        half.expect_close()
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as silent:
            while silent.recv(1000):
                pass  # whatever it is told, it is closed
        done = self.irc(server, "done")
        done.settle()  # who is registered stays

    def test_who_does_not_answer_PING_is_sent_away(self):
        server = self.serve({"irc.ping_interval": "200ms", "irc.ping_timeout": "300ms"})
        there = self.irc(server, "theo")
        there.join(ROOM)
        dead = self.irc(server, "dora")
        dead.join(ROOM)
        # Receiving answers the server's PING; nobody receives for dora.
        gone = there.expect(lambda said: (said.verb, said.nick) == ("QUIT", "dora"), "QUIT of the dead one")
        self.assertIn("Ping timeout", gone.text)

    def test_an_endless_line_costs_neither_time_nor_memory(self):
        server = self.serve(UNLIMITED)
        endless = self.irc(server, "enid")
        endless.settle()
        memory, ticks = server.memory_bytes(), server.cpu_ticks()
        piece, pieces = b"x" * MIB, 64
        for _ in range(pieces):
            endless.send_bytes(piece)
        endless.send_bytes(b"\n")
        endless.expect_verb("417")
        endless.settle()
        spent = server.cpu_ticks() - ticks
        grown = server.memory_bytes("VmHWM") - memory
        print(f"a line of {pieces} MiB: {spent} ticks of {harness.TICKS_PER_SECOND} a second, {grown / MIB:.1f} MiB")
        self.assertLess(spent, harness.TICKS_PER_SECOND)
        self.assertLess(grown, 4 * MIB)

    def test_a_line_that_has_not_ended_keeps_no_core_busy(self):
        server = self.serve()
        unfinished = self.irc(server, "una")
        unfinished.send_bytes(b"x" * 703)
        hello = self.irc(server)
        hello.send_bytes(bytes.fromhex("160301020001000001fc0303") + b"\x00" * 691)  # a TLS hello, and silence
        other = self.irc(server, "otto")
        other.settle()
        ticks = server.cpu_ticks()
        time.sleep(2)  # not for an order of events: this is how long the use of the processor is measured
        self.assertLessEqual(server.cpu_ticks() - ticks, 2)
        unfinished.send("")
        unfinished.expect_verb("417")

    def test_a_line_too_long_is_417_and_what_follows_counts(self):
        server = self.serve()
        member = self.irc(server, "mara", ["echo-message"])
        member.join(ROOM)
        longest = "x" * (510 - len(f"PRIVMSG {ROOM} :"))
        member.say(ROOM, longest + "x")
        member.expect_verb("417")
        member.say(ROOM, longest)
        said = member.expect_verb("PRIVMSG")  # with its source before it, it takes more than one line
        text = said.text
        while len(text) < len(longest):
            text += member.expect_verb("PRIVMSG").text
        self.assertEqual(text, longest)

    def test_what_is_no_UTF_8_is_refused_and_reaches_nobody(self):
        server = self.serve()
        member = self.irc(server, "mara", ["echo-message"])
        member.join(ROOM)
        member.send_bytes(f"PRIVMSG {ROOM} :".encode() + b"caf\xe9\r\n")
        refused = member.expect(lambda said: said.verb in ("FAIL", "NOTICE", "ERROR"), "the refusal")
        self.assertIn("UTF", " ".join(refused.parameters).upper().replace("INVALID_UTF8", "UTF"))
        member.say(ROOM, "café")
        self.assertEqual(member.expect_verb("PRIVMSG").text, "café")

    def test_a_browser_cannot_be_made_to_speak_IRC(self):
        server = self.serve()
        done = self.curl("--data-binary", "NICK evil\r\nUSER evil 0 * :evil\r\n", server.url("/"))
        self.assertIn(done.status, (400, 403, 404, 405), done.body)
        member = self.irc(server, "mara")
        member.send("ISON evil")
        self.assertNotIn("evil", member.expect_verb("303").text)


if __name__ == "__main__":
    harness.main()
