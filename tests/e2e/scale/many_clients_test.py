"""Two thousand idle clients beside a room of a thousand: everyone gets every message, in order. Prints what it costs."""
import re
import resource
import selectors
import socket
import time

import harness

IDLE = 2000
MEMBERS = 1000
HANDSHAKES = 64  # at a time, as a listener's backlog is not endless
SPEAKERS = 4
MESSAGES = 200
IN_FLIGHT = 16
STEP_S = 60  # for one phase of the test
ROOM = "#hall"
SAID = re.compile(rb"^:s\d+!\S+ PRIVMSG #hall :(\d+) ", re.MULTILINE)
WELCOMED = re.compile(rb"^:\S+ (?:376|422) ", re.MULTILINE)
JOINED = re.compile(rb"^:\S+ 366 ", re.MULTILINE)


class crowd_member:
    """A connection that counts what it waits for instead of keeping it."""

    def __init__(self, port, nick):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.nick = nick
        self.rest = b""
        self.numbers = []  # of the messages that came
        self.socket.send(f"NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n".encode())

    def receive(self):
        """Whole lines that have come."""
        data = self.socket.recv(1 << 17)
        if not data:
            raise AssertionError(f"the server closed the connection of {self.nick}: {self.rest!r}")
        whole, newline, self.rest = (self.rest + data).rpartition(b"\n")
        return whole + newline


class many_clients(harness.case):
    def setUp(self):
        wanted = IDLE + MEMBERS + 100
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < wanted:
            self.fail(f"this needs {wanted} file descriptors, and at most {hard} are allowed here (ulimit -n)")
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        self.poller = selectors.EpollSelector()
        self.addCleanup(self.poller.close)
        self.clients = []
        self.server = self.serve({"irc.flood_lines_per_second": 0, "irc.flood_bytes_per_second": 0,
                                  "irc.sendq_limit_bytes": 4 << 20})

    def come(self, nick):
        client = crowd_member(self.server.port, nick)
        self.addCleanup(client.socket.close)
        self.poller.register(client.socket, selectors.EVENT_READ, client)
        self.clients.append(client)

    def receive(self, take):
        """Gives what has come to take(client, lines); waits if nothing has."""
        ready = self.poller.select(harness.PATIENCE_S)
        if not ready:
            raise AssertionError(f"nothing came for {harness.PATIENCE_S} s")
        for key, _ in ready:
            take(key.data, key.data.receive())

    def for_each(self, count, act, answer):
        """Acts for each of so many, a few at a time, until all have had their answer."""
        started = answered = 0
        deadline = time.monotonic() + STEP_S

        def take(_, lines):
            nonlocal answered
            answered += len(answer.findall(lines))
        while answered < count:
            while started < count and started - answered < HANDSHAKES:
                act(started)
                started += 1
            self.receive(take)
            self.assertLess(time.monotonic(), deadline, f"{answered} of {count} were answered")

    def test_everyone_in_a_room_of_a_thousand_gets_every_message_in_order(self):
        empty = self.server.memory_bytes()
        self.for_each(IDLE, lambda i: self.come(f"idle{i}"), WELCOMED)
        with_idle = self.server.memory_bytes()
        began = time.monotonic()
        self.for_each(MEMBERS, lambda i: self.come(f"s{i}"), WELCOMED)
        members = self.clients[IDLE:]
        with_all = self.server.memory_bytes()
        self.for_each(MEMBERS, lambda i: members[i].socket.send(f"JOIN {ROOM}\r\n".encode()), JOINED)
        self.settle(members)
        in_room = self.server.memory_bytes()
        print(f"{MEMBERS} clients came into the room in {time.monotonic() - began:.1f} s")

        ticks, began = self.server.cpu_ticks(), time.monotonic()
        self.speak(members)
        took, spent = time.monotonic() - began, (self.server.cpu_ticks() - ticks) / harness.TICKS_PER_SECOND
        deliveries = MESSAGES * (MEMBERS - 1)
        spoken = self.server.memory_bytes()
        print(f"{deliveries} deliveries in {took:.2f} s; the server's processor time for a million: "
              f"{spent * 1e6 / deliveries:.2f} s")
        print(f"server memory for each client, in bytes: idle {(with_idle - empty) // IDLE}, registered later "
              f"{(with_all - with_idle) // MEMBERS}, in the room {(in_room - with_idle) // MEMBERS}, after "
              f"{MESSAGES} messages {(spoken - with_idle) // MEMBERS}; the server alone: {empty}")

        order = members[-1].numbers
        self.assertEqual(sorted(order), list(range(MESSAGES)))
        for number in range(SPEAKERS):
            own = [said for said in order if said % SPEAKERS == number]
            self.assertEqual(own, sorted(own), f"what s{number} said, in order")
        for member in members:
            if member not in members[:SPEAKERS]:
                self.assertEqual(member.numbers, order, f"what {member.nick} heard")
        for number, speaker in enumerate(members[:SPEAKERS]):
            self.assertEqual(speaker.numbers, [said for said in order if said % SPEAKERS != number])

    def settle(self, members):
        """Returns once every member has read all that was sent to it so far."""
        waiting = {member.nick for member in members}
        for member in members:
            member.socket.send(b"PING settled\r\n")

        def take(client, lines):
            if b"PONG" in lines:
                waiting.discard(client.nick)
        while waiting:
            self.receive(take)

    def speak(self, members):
        """So many messages by turns, so many on their way at a time, until everyone has them all."""
        heard = sent = 0
        speakers = members[:SPEAKERS]
        wanted = MESSAGES * (MEMBERS - 1)
        deadline = time.monotonic() + STEP_S

        def take(client, lines):
            nonlocal heard
            numbers = [int(number) for number in SAID.findall(lines)]
            client.numbers += numbers
            heard += len(numbers)
        while heard < wanted:
            while sent < MESSAGES and sent - heard // (MEMBERS - 1) < IN_FLIGHT:
                text = f"PRIVMSG {ROOM} :{sent} {'x' * 60}\r\n"
                speakers[sent % SPEAKERS].socket.send(text.encode())
                sent += 1
            self.receive(take)
            self.assertLess(time.monotonic(), deadline, f"{heard} of {wanted} deliveries")


if __name__ == "__main__":
    harness.main()
