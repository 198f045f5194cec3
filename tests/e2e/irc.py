"""An IRC client for tests: every line that came is kept, and waiting is for lines, never for time."""
import collections
import re
import selectors
import socket
import time

from waiting import PATIENCE_S

LINE = re.compile(r"(?:@(?P<tags>\S*) )?(?::(?P<source>\S*) )?(?P<verb>\S+)(?P<rest>.*)", re.DOTALL)


class message(collections.namedtuple("message", "tags source verb parameters")):
    """One line from the server."""

    @property
    def nick(self):
        return self.source.partition("!")[0]

    @property
    def text(self):
        """The last parameter."""
        return self.parameters[-1] if self.parameters else ""


def parse(line):
    found = LINE.fullmatch(line)
    middle, colon, trailing = found["rest"].partition(" :")
    tags = dict(tag.partition("=")[::2] for tag in (found["tags"] or "").split(";") if tag)
    return message(tags, found["source"] or "", found["verb"], tuple(middle.split()) + ((trailing,) if colon else ()))


class client:
    """A connection to the server; registered at once if it is given a nick."""

    def __init__(self, port, nick=None, capabilities=(), receive_buffer_bytes=None):
        self.socket = socket.socket()
        if receive_buffer_bytes:  # before the connection is made, or it has no effect on the window
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(("127.0.0.1", port))
        self.nick = nick or "(none)"
        self.messages = []  # all that came
        self.seen = 0       # so many of them were looked at by expect()
        self.rest = b""
        self.settled = 0    # so many times
        self.closed = False
        if nick:
            self.introduce(nick, capabilities)

    def introduce(self, nick, capabilities=()):
        if capabilities:
            self.send("CAP REQ :" + " ".join(capabilities))
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick} of the tests")
        if capabilities:
            self.send("CAP END")
        self.expect(lambda said: said.verb in ("376", "422"), "the end of the welcome")

    def send(self, *lines):
        self.send_bytes("".join(line + "\r\n" for line in lines).encode())

    def send_bytes(self, data):
        self.socket.sendall(data)

    def say(self, target, text):
        self.send(f"PRIVMSG {target} :{text}")

    def join(self, room):
        """Joins, and waits for the list of members: what the room says after that is heard live."""
        self.send(f"JOIN {room}")
        self.expect(lambda said: said.verb == "366" and said.parameters[1] == room, f"the members of {room}")

    def receive(self):
        """Takes what has come; waits if nothing has."""
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        self.closed = not data
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            said = parse(line.decode().rstrip("\r"))
            if said.verb == "PING":
                self.send(f"PONG :{said.text}")
            self.messages.append(said)

    def expect(self, wanted, what):
        """Waits for the next line that is wanted, passing over others, and returns it."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            while self.seen < len(self.messages):
                self.seen += 1
                if wanted(self.messages[self.seen - 1]):
                    return self.messages[self.seen - 1]
            left = deadline - time.monotonic()
            if self.closed or left <= 0:
                last = "\n  ".join(str(said) for said in self.messages[-5:])
                raise AssertionError(f"{self.nick} did not get {what} "
                                     f"({'the connection is closed' if self.closed else f'in {PATIENCE_S} s'}); last came\n  {last}")
            self.socket.settimeout(left)
            try:
                self.receive()
            except TimeoutError:
                pass

    def expect_verb(self, verb):
        return self.expect(lambda said: said.verb == verb, verb)

    def expect_said(self, nick, target, text):
        """Waits for a message with exactly this text."""
        return self.expect(lambda said: said.verb == "PRIVMSG" and (said.nick, *said.parameters) == (nick, target, text),
                           f"{text!r} of {nick} to {target}")

    def expect_close(self):
        """Waits until the server has closed the connection."""
        pump([self], lambda: self.closed, f"the end of the connection of {self.nick}")

    def settle(self):
        """Returns once the server has answered everything that was sent before."""
        self.settled += 1
        token = f"settled-{self.settled}"
        self.send(f"PING {token}")
        self.expect(lambda said: said.verb == "PONG" and said.text == token, "an answer to PING")

    def close(self):
        self.socket.close()


def pump(clients, done, what):
    """Receives for all the clients until done()."""
    deadline = time.monotonic() + PATIENCE_S
    with selectors.DefaultSelector() as selector:
        for each in clients:
            if not each.closed:
                selector.register(each.socket, selectors.EVENT_READ, each)
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"not within {PATIENCE_S} s: {what}")
            if not selector.get_map():
                raise AssertionError(f"all connections are closed, without: {what}")
            for key, _ in selector.select(left):
                key.data.receive()
                if key.data.closed:
                    selector.unregister(key.fileobj)
