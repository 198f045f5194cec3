"""A person with nothing but nc, whose lines end in LF alone."""
import harness
from harness import tool


class netcat(harness.case):
    def register(self, server, name, *options, end):
        nc = self.start(name, tool("nc"), *options, "127.0.0.1", server.port)
        nc.type(f"NICK {name}", f"USER {name} 0 * :just {name}", "JOIN #mill", end=end)
        nc.wait_for_output(" 366 ")
        return nc

    def test_nc_registers_and_talks_both_ways(self):
        server = self.serve()
        friend = self.irc(server, "fiona")
        friend.join("#mill")
        for name, options, end in (("lf", [], "\n"), ("crlf", ["-C"], "\n"), ("both", [], "\r\n")):
            with self.subTest(lines=name):
                nc = self.register(server, name, *options, end=end)
                nc.type(f"PRIVMSG #mill :hello by {name}", end=end)
                friend.expect_said(name, "#mill", f"hello by {name}")
                friend.say("#mill", f"hello {name}")
                nc.wait_for_output(f"PRIVMSG #mill :hello {name}\r\n")
                friend.say(name, f"psst, {name}")
                nc.wait_for_output(f"PRIVMSG {name} :psst, {name}\r\n")
                nc.type("QUIT :bye", end=end)
                friend.expect(lambda said, name=name: (said.verb, said.nick) == ("QUIT", name), f"QUIT of {name}")
                nc.end_input()  # nc holds on until both directions have ended
                self.assertEqual(nc.exit_code(), 0)
                self.assertIn("ERROR :", nc.wait_for_output("ERROR"))

    def test_input_that_ends_after_QUIT_still_gets_every_answer(self):
        server = self.serve()
        lines = b"NICK piped\nUSER piped 0 * :piped\nJOIN #mill\nPRIVMSG #mill :said by a pipe\nQUIT :done\n"
        done = self.run_tool(tool("nc"), "-N", "127.0.0.1", server.port, feed=lines)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(" 001 piped ", done.stdout)
        self.assertIn("ERROR :", done.stdout)
        newcomer = self.irc(server, "nina", ["server-time"])
        newcomer.join("#mill")
        newcomer.expect_said("piped", "#mill", "said by a pipe")


if __name__ == "__main__":
    harness.main()
