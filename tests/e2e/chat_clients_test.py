"""ii, irssi and WeeChat in one room, in private, and coming back to what was said meanwhile."""
import fcntl
import os
import pty
import re
import select
import struct
import termios
import threading

import harness
from harness import text_of, tool
from waiting import until

ROOM = "#mill"


class ii:
    """A folder of pipes: each conversation has one for what is typed and a file of what was said."""
    nick = "ida"
    FIRST_THINGS_IN_2023 = r"<saskia> \[2023-11-14 22:13\] first things first"  # as the server wrote it

    def __init__(self, test, server):
        self.folder = test.folder / "ii" / "127.0.0.1"
        test.start("ii", tool("ii"), "-s", "127.0.0.1", "-p", server.port, "-n", self.nick, "-i", test.folder / "ii")
        until(lambda: re.search(r"\b(376|422)\b|End of|MOTD", text_of(self.folder / "out")), "ii is registered")

    def enter(self, conversation, text):
        pipe = self.folder / conversation / "in"
        until(pipe.exists, f"ii has {pipe}")
        with open(pipe, "w", encoding="utf-8") as typed:
            typed.write(text + "\n")

    def join(self):
        self.enter("", f"/j {ROOM}")
        until((self.folder / ROOM / "in").exists, "ii is in the room")

    def say(self, text):
        self.enter(ROOM, text)

    def tell(self, nick, text):
        if (self.folder / nick / "in").exists():
            self.enter(nick, text)
        else:
            self.enter("", f"/j {nick} {text}")

    def log(self, conversation):
        return text_of(self.folder / conversation / "out")


IRSSI_CONFIG = """
servers = ( {{ address = "127.0.0.1"; port = "{port}"; chatnet = "leat"; autoconnect = "yes"; }} );
chatnets = {{ leat = {{ type = "IRC"; }}; }};
settings = {{
  core = {{ nick = "{nick}"; user_name = "{nick}"; real_name = "{nick}"; }};
  "irc/core" = {{ cmds_max_at_once = "100"; cmd_queue_speed = "10msec"; }};
  "fe-common/core" = {{ autolog = "yes"; autolog_path = "{home}/$0.log"; autolog_level = "all"; show_server_time = "yes";
                        theme = "default"; }};
}};
"""


class irssi:
    """Keys go to its terminal; what it shows, it also logs, a file for each window."""
    nick = "ingrid"
    FIRST_THINGS_IN_2023 = r"Nov 14 2023\n22:13 < saskia> first things first"  # from server-time

    def __init__(self, test, server):
        self.home = test.folder / "irssi"
        self.home.mkdir()
        (self.home / "config").write_text(IRSSI_CONFIG.format(port=server.port, nick=self.nick, home=self.home))
        self.terminal, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.screen = b""
        environment = {**harness.ENVIRONMENT, "TERM": "xterm"}
        program = test.start("irssi", tool("irssi"), "--home", self.home, stdin=inner, stdout=inner, env=environment)
        os.close(inner)
        reader = threading.Thread(target=self.read_screen)
        reader.start()
        test.addCleanup(os.close, self.terminal)
        test.addCleanup(reader.join)  # comes first, once the program is gone
        test.addCleanup(program.close)
        until(lambda: re.search(rb"End of /?MOTD|MOTD File", self.screen), "irssi is registered")

    def read_screen(self):
        while True:
            select.select([self.terminal], [], [])
            try:
                self.screen += os.read(self.terminal, 1 << 16)
            except OSError:  # nobody holds the other side any more
                return

    def enter(self, text):
        os.write(self.terminal, text.encode() + b"\r")

    def join(self):
        self.enter(f"/join {ROOM}")
        until(lambda: f"{self.nick} " in self.log(ROOM), "irssi is in the room")

    def say(self, text):
        self.enter(f"/msg {ROOM} {text}")

    def tell(self, nick, text):
        self.enter(f"/msg {nick} {text}")

    def log(self, conversation):
        return text_of(self.home / f"{conversation}.log")


class weechat:
    """Commands go to its pipe (the fifo plugin); each conversation has a log."""
    nick = "wanda"
    FIRST_THINGS_IN_2023 = r"2023-11-14 22:13:20\tsaskia\tfirst things first"  # from server-time
    SETTINGS = {"logger.file.flush_delay": "0", "logger.file.auto_log": "on", "irc.server_default.autojoin_dynamic": "off",
                "irc.server_default.anti_flood_prio_high": "0",
                "irc.server_default.anti_flood_prio_low": "0", "fifo.file.enabled": "on"}

    def __init__(self, test, server):
        self.home = test.folder / "weechat"
        commands = [f"/set {name} {value}" for name, value in self.SETTINGS.items()]
        commands += [f"/server add leat 127.0.0.1/{server.port} -notls -nicks={self.nick}", "/connect leat"]
        test.start("weechat", tool("weechat-headless"), "--dir", self.home, "--stdout",
                   *(part for command in commands for part in ("--run-command", command)))
        self.pipe = until(lambda: next(self.home.glob("weechat_fifo_*"), None),
                          "WeeChat has a pipe (the fifo plugin is in Debian's weechat-plugins)")
        until(lambda: re.search(r"End of /?MOTD|MOTD File", text_of(self.home / "logs" / "irc.server.leat.weechatlog")),
              "WeeChat is registered")

    def enter(self, command):
        with open(self.pipe, "w", encoding="utf-8") as typed:
            typed.write(f"irc.server.leat *{command}\n")

    def join(self):
        self.enter(f"/join {ROOM}")
        until(lambda: f"{self.nick} " in self.log(ROOM), "WeeChat is in the room")

    def say(self, text):
        self.enter(f"/msg {ROOM} {text}")

    def tell(self, nick, text):
        self.enter(f"/msg {nick} {text}")

    def log(self, conversation):
        return text_of(self.home / "logs" / f"irc.leat.{conversation}.weechatlog")


PROGRAMS = (ii, irssi, weechat)


class chat_clients(harness.case):
    def heard(self, listener, conversation, text):
        until(lambda: text in listener.log(conversation),
              f"{listener.nick} hears {text!r}; its log of {conversation}: {listener.log(conversation)[-1000:]}")

    def three_in_the_room(self, server):
        three = [program(self, server) for program in PROGRAMS]
        for each in three:
            each.join()
        return three

    def test_everyone_in_a_room_hears_everyone(self):
        server = self.serve()
        three = self.three_in_the_room(server)
        for speaker in three:
            speaker.say(f"hello from {speaker.nick}, grüß Gott")
            for listener in three:
                self.heard(listener, ROOM, f"hello from {speaker.nick}, grüß Gott")
        for listener in three:
            for speaker in three:
                self.assertEqual(listener.log(ROOM).count(f"hello from {speaker.nick}"), 1, listener.log(ROOM))

    def test_private_messages_reach_their_reader_and_nobody_else(self):
        server = self.serve()
        three = self.three_in_the_room(server)
        for speaker in three:
            for listener in three:
                if listener is not speaker:
                    speaker.tell(listener.nick, f"only for {listener.nick} from {speaker.nick}")
        for speaker in three:
            for listener in three:
                if listener is not speaker:
                    self.heard(listener, speaker.nick, f"only for {listener.nick} from {speaker.nick}")
        three[0].say("in the room again")  # whatever went astray has come by now
        for listener in three:
            self.heard(listener, ROOM, "in the room again")
            self.assertNotIn("only for", listener.log(ROOM))
            for speaker in three:
                others = [f"only for {other.nick}" for other in three if other not in (speaker, listener)]
                self.assertNotIn(others[0], listener.log(speaker.nick))

    def test_a_newcomer_is_shown_what_was_said_and_when(self):
        server = self.serve()
        speaker = self.irc(server, "saskia", ["echo-message"])
        speaker.join(ROOM)
        for text in ("first things first", "second thoughts"):
            speaker.say(ROOM, text)
            speaker.expect_said("saskia", ROOM, text)
        speaker.close()
        self.assertEqual(server.stop(), 0)
        # As if it had been said on another day.
        server.change_rows("UPDATE message SET time_ms = ?", 1_700_000_000_000)  # 2023-11-14 22:13:20 UTC
        server.change_rows("UPDATE room SET history_from_ms = 0, created_ms = 0")
        server = self.serve(name="server-next-day")
        for newcomer in self.three_in_the_room(server):
            self.heard(newcomer, ROOM, "second thoughts")
            log = newcomer.log(ROOM)
            self.assertLess(log.index("first things first"), log.index("second thoughts"))
            self.assertRegex(log, newcomer.FIRST_THINGS_IN_2023)


if __name__ == "__main__":
    harness.main()
