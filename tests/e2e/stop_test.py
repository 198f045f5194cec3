"""An orderly stop tells everyone, loses nothing and is quick."""
import signal
import socket
import time

import harness
from harness import MIB, random_file, sha256_of

STOP_WITHIN_S = 5


class stopping(harness.case):
    def test_everyone_is_told_and_the_server_ends_well(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number.name):
                server = self.serve(name=f"server-{number.name}")
                clients = [self.irc(server, f"c{i}") for i in range(20)]
                for each in clients:
                    each.join("#mill")
                with socket.create_connection(("127.0.0.1", server.port)) as unregistered, \
                        socket.create_connection(("127.0.0.1", server.port)) as web:
                    unregistered.sendall(b"NICK half\r\n")
                    web.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
                    self.assertTrue(web.recv(1000).startswith(b"HTTP/1.1 200 "))
                    began = time.monotonic()
                    server.process.send_signal(number)
                    self.assertEqual(server.exit_code(STOP_WITHIN_S), 0)
                    print(f"{number.name}: ended after {time.monotonic() - began:.2f} s")
                for each in clients:
                    each.expect_verb("ERROR")
                    each.expect_close()

    def test_who_does_not_read_delays_the_stop_no_more_than_the_limit(self):
        server = self.serve({"server.stop_timeout": "1s", "irc.flood_lines_per_second": 0, "irc.flood_bytes_per_second": 0,
                             "irc.sendq_limit_bytes": 64 << 20})
        deaf = self.irc(server, "deaf", receive_buffer_bytes=4096)
        deaf.join("#mill")
        speaker = self.irc(server, "sue")
        speaker.join("#mill")
        for _ in range(200):  # 8 MiB: more than the sockets' buffers hold
            speaker.send(*["PRIVMSG #mill :" + "x" * 400] * 100)
        speaker.settle()
        self.assertEqual(server.stop(STOP_WITHIN_S), 0)

    def test_a_download_under_way_does_not_keep_the_server_alive(self):
        server = self.serve({"server.stop_timeout": "1s"})
        self.upload(random_file(self.folder / "large", 24 * MIB), server.url("/files/large"))
        with socket.create_connection(("127.0.0.1", server.port)) as idler:
            idler.sendall(b"GET /files/large HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(idler.recv(1000).startswith(b"HTTP/1.1 200 "))
            self.assertEqual(server.stop(STOP_WITHIN_S), 0)

    def test_topic_modes_history_and_files_are_there_again(self):
        server = self.serve()
        founder = self.irc(server, "fay", ["echo-message"])
        founder.join("#mill")
        founder.send("TOPIC #mill :grain, water & Mühlsteine", "MODE #mill +tm")
        founder.say("#mill", "kept")
        founder.expect_said("fay", "#mill", "kept")
        sent = random_file(self.folder / "sent", MIB)
        self.upload(sent, server.url("/rooms/mill/files/sent"))
        founder.settle()
        self.assertEqual(server.stop(STOP_WITHIN_S), 0)

        server = self.serve(name="server-again")
        newcomer = self.irc(server, "nina")
        newcomer.send("JOIN #mill")
        topic = newcomer.expect_verb("332")
        self.assertEqual(topic.text, "grain, water & Mühlsteine")
        newcomer.expect(lambda said: said.verb == "PRIVMSG" and said.nick == "fay" and said.text.endswith("kept"), "history")
        newcomer.send("MODE #mill")
        self.assertLessEqual(set("tm"), set(newcomer.expect_verb("324").parameters[2]))
        done = self.curl("-o", "got", server.url("/rooms/mill/files/sent"))
        self.assertEqual((done.status, sha256_of(self.folder / "got")), (200, sha256_of(sent)))

    def test_the_same_data_is_not_served_twice_at_once(self):
        self.serve()
        second = self.leat("second", "serve", "--listen", "127.0.0.1:0", "--data", self.folder / "data")
        self.assertEqual(second.exit_code(), 1)
        self.assertIn("data", harness.text_of(second.err))

    def test_a_port_that_is_taken_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            refused = self.leat("refused", "serve", "--listen", f"127.0.0.1:{port}", "--data", self.folder / "data")
            self.assertEqual(refused.exit_code(), 1)
        self.assertIn(f"127.0.0.1:{port}", harness.text_of(refused.err))

    def test_an_address_that_is_none_is_named_before_anything_is_made(self):
        refused = self.leat("refused", "serve", "--listen", "nowhere", "--data", self.folder / "data")
        self.assertEqual(refused.exit_code(), 2)
        self.assertIn('--listen: "nowhere" is not HOST:PORT', harness.text_of(refused.err))
        self.assertFalse((self.folder / "data").exists())


if __name__ == "__main__":
    harness.main()
