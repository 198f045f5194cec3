"""SIGQUIT makes the server tell what each of its goroutines does, and it goes on."""
import signal

import harness
from waiting import until


class asking_what_the_server_does(harness.case):
    def test_tells_of_every_connection_and_goes_on(self):
        server = self.serve()
        clients = [self.irc(server, f"c{i}") for i in range(3)]
        for each in clients:
            each.join("#mill")
        server.process.send_signal(signal.SIGQUIT)
        until(lambda: "hub::irc::session" in server.said(), "the server tells of the sessions")
        said = server.said()
        self.assertRegex(said, r"leat: SIGQUIT: \d+ goroutines on \d+ worker")
        self.assertRegex(said, r"goroutine 1 \[chan receive, for .*\], started at \S*cli/main.cpp:\d+ ")
        self.assertRegex(said, r"goroutine \d+ and 2 more at the same place \[network read, for .*\], started at \S*hub/")
        clients[0].say("#mill", "still there")
        clients[1].expect_said("c0", "#mill", "still there")
        self.assertEqual(server.stop(5), 0)


if __name__ == "__main__":
    harness.main()
