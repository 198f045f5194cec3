"""leat's own clients for talking: chat, talk and echo, with nc and each other on the other side."""
import re
import socket

import harness
from harness import text_of, tool
from waiting import until


class own_chat(harness.case):
    def chat(self, server, nick, *more):
        return self.leat(nick, "chat", *more, "--server", server.address, "--nick", nick)

    def test_two_shells_talk_through_pipes(self):
        server = self.serve()
        ada = self.chat(server, "ada", "mill")
        ada.type("is anybody here?")
        ada.wait_for_output("is anybody here?")
        bob = self.chat(server, "bob", "#mill")
        bob.wait_for_output("is anybody here?")  # what was said before
        bob.type("I am, grüß dich", "/me waves", "/msg ada only for you")
        for text in ("<bob> I am, grüß dich", "* bob waves", "only for you"):
            ada.wait_for_output(text)
        for each in (ada, bob):
            each.end_input()
            self.assertEqual(each.exit_code(), 0, text_of(each.err))
        self.assertEqual(text_of(bob.out).count("is anybody here?"), 1)
        self.assertFalse(re.search(r"\x1b", text_of(ada.out) + text_of(bob.out)), "colours in a pipe")

    def test_what_is_piped_in_is_all_said_before_it_leaves(self):
        server = self.serve({"irc.flood_lines_per_second": 200, "irc.history_replay": 500})
        listener = self.irc(server, "lena")
        listener.join("#mill")
        lines = [f"line {number}" for number in range(200)]
        done = self.run_tool(harness.PROGRAM, "chat", "mill", "-s", server.address, "-n", "piper",
                             feed="\n".join(lines).encode())
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in lines:
            listener.expect_said("piper", "#mill", line)

    def test_commands_that_are_piped_in_wait_for_the_connection(self):
        server = self.serve()
        listener = self.irc(server, "lena")
        listener.join("#mill")
        done = self.run_tool(harness.PROGRAM, "chat", "mill", "-s", server.address, "-n", "piper",
                             feed=b"/me waves\nhello\n/names\n/quit bye\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("lena", done.stdout)
        listener.expect_said("piper", "#mill", "hello")
        listener.expect(lambda said: said.verb == "QUIT" and "bye" in said.text, "its goodbye")

    def test_after_a_restart_it_is_back_and_shows_what_was_missed(self):
        server = self.serve()
        ada = self.chat(server, "ada", "mill")
        ada.type("before")
        ada.wait_for_output("<ada> before")
        server.kill()
        ada.wait_for_output("connection lost")
        again = self.serve(name="server-again", port=server.port)
        bob = self.irc(again, "bob")
        bob.join("#mill")
        bob.say("#mill", "while you were away, or soon after")
        ada.wait_for_output("<bob> while you were away")
        bob.seen = 0
        ada.type("I am back")
        bob.expect_said("ada", "#mill", "I am back")
        self.assertEqual(text_of(ada.out).count("<ada> before"), 1, text_of(ada.out))

    def test_a_server_that_is_not_there_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        done = self.run_tool(harness.PROGRAM, "chat", "mill", "-s", f"127.0.0.1:{port}")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"127.0.0.1:{port}", done.stderr)


class own_talk(harness.case):
    def listener(self):
        talk = self.leat("talk", "talk", "--listen", "127.0.0.1:0")
        # Announcements may go to either output.
        said = talk.wait_for_output("\n", talk.said)
        return talk, re.search(r"listening on 127\.0\.0\.1:(\d+)", said)[1]

    def test_talk_listens_for_nc_and_two_hashes_end_it_for_the_next_caller(self):
        talk, port = self.listener()
        for caller in ("first", "second"):
            nc = self.start(caller, tool("nc"), "127.0.0.1", port)
            nc.type(f"hello from the {caller}")
            talk.wait_for_output(f"hello from the {caller}\n")
            talk.type(f"hello {caller}")
            nc.wait_for_output(f"hello {caller}\n")
            if caller == "first":
                nc.type("##")
            else:
                talk.type("##")
            nc.end_input()  # nc holds on until both directions have ended
            self.assertEqual(nc.exit_code(), 0)

    def test_talk_calls_nc_and_leaves_with_it(self):
        nc, port = self.waiting_netcat()
        talk = self.leat("talk", "talk", f"127.0.0.1:{port}")
        talk.type("from leat")
        nc.wait_for_output("from leat\n")
        nc.type("from nc")
        talk.wait_for_output("from nc\n")
        talk.type("##")
        self.assertEqual(talk.exit_code(), 0)
        self.assertEqual(nc.exit_code(), 0)

    def test_the_end_of_input_ends_one_direction_only(self):
        talk, port = self.listener()
        nc = self.start("nc", tool("nc"), "127.0.0.1", port)
        talk.type("my last words")
        talk.end_input()
        nc.wait_for_output("my last words\n")
        nc.type("I go on")
        talk.wait_for_output("I go on\n")
        nc.type("##")
        self.assertEqual(talk.exit_code(), 0)

    def waiting_netcat(self):
        """nc that listens, and its port: one that was free a moment ago, so it may take another try."""
        def listens():
            with socket.create_server(("127.0.0.1", 0)) as probe:
                port = probe.getsockname()[1]
            nc = self.start(f"nc-{port}", tool("nc"), "-n", "-v", "-l", "127.0.0.1", port)
            until(lambda: "Listening" in text_of(nc.err) or nc.process.poll() is not None, "nc listens, or not")
            return (nc, port) if nc.process.poll() is None else None
        return until(listens, "nc listens")

    def test_two_of_ours_talk(self):
        listening, port = self.listener()
        calling = self.leat("calling", "talk", f"127.0.0.1:{port}")
        calling.type("moin", "## is not the end in a line")
        listening.wait_for_output("moin\n")
        listening.wait_for_output("## is not the end in a line\n")
        listening.type("moin moin")
        calling.wait_for_output("moin moin\n")
        calling.type("##")
        self.assertEqual(calling.exit_code(), 0)
        self.assertIsNone(listening.process.poll())


class own_echo(harness.case):
    def echo(self, *options):
        server = self.leat("echo", "echo", "--listen", "127.0.0.1:0", *options)
        return re.search(r"listening on 127\.0\.0\.1:(\d+)", server.wait_for_output("\n"))[1]

    def test_lines_come_back_to_nc_over_TCP(self):
        done = self.run_tool(tool("nc"), "-N", "127.0.0.1", self.echo(), feed="one\ntwö\nthe end".encode())
        self.assertEqual(done.stdout, "ECHO: one\nECHO: twö\nECHO: the end")

    def test_datagrams_come_back_to_nc_over_UDP(self):
        nc = self.start("nc", tool("nc"), "-u", "127.0.0.1", self.echo())
        nc.type("one")
        nc.wait_for_output("ECHO: one\n")
        nc.type("two")
        nc.wait_for_output("ECHO: two\n")

    def test_raw_is_byte_for_byte(self):
        content = bytes(range(256)) * 4000
        with socket.create_connection(("127.0.0.1", int(self.echo("--raw")))) as raw:
            raw.sendall(content[:700_000])
            got = raw.recv(700_000, socket.MSG_WAITALL)
            self.assertEqual(got, content[:700_000])


if __name__ == "__main__":
    harness.main()
