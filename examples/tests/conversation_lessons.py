"""Lessons on TCP: echoes, conversations between people, and what becomes of a connection."""
import os
import pty
import re
import socket

from .lesson import lesson, reset, text


class echo_server(lesson):
    def test_clients_at_once_each_get_back_what_they_send(self):
        where = self.serve()
        ann, bob = self.dial(where), self.dial(where)
        for conn, line in ((ann, b"from ann"), (bob, b"from bob"), (ann, b"ann again")):
            conn.sendall(line)
            self.expect_bytes(conn, line)
        for conn in (ann, bob):
            conn.shutdown(socket.SHUT_WR)
            self.expect_end(conn)

    def test_nc_gets_back_all_of_a_long_input(self):
        where = self.serve()
        feed = b"".join(b"line %d\n" % i for i in range(20000))
        self.assertEqual(self.netcat(where, "-N").finish(feed), (0, feed.decode(), ""))

    def test_a_client_that_resets_harms_no_other(self):
        where = self.serve()
        rude, polite = self.dial(where), self.dial(where)
        rude.sendall(b"never read")
        reset(rude)
        polite.sendall(b"still there?")
        self.expect_bytes(polite, b"still there?")

    def test_an_address_that_cannot_be_had_is_named(self):
        self.expect_refused_addresses()


class echo_client(lesson):
    def test_all_that_was_sent_comes_back_before_it_ends(self):
        server = text(self.serve(name="echo_server"))
        feed = b"".join(b"line %d\n" % i for i in range(50000))
        self.assertEqual(self.start(server).finish(feed), (0, feed.decode(), ""))

    def test_it_still_hears_the_server_after_its_own_end(self):
        peer = self.listen()
        peer.listen()
        client = self.start(text(peer.getsockname()))
        conn = self.accept(peer)
        client.type("question\n")
        client.process.stdin.close()
        self.expect_bytes(conn, b"question\n")
        self.expect_end(conn)
        conn.sendall(b"answer\n")
        conn.close()
        self.assertEqual(client.line(), "answer\n")
        self.assertEqual(client.process.wait(), 0)

    def test_it_ends_with_the_server_though_its_input_is_open(self):
        peer = self.listen()
        peer.listen()
        client = self.start(text(peer.getsockname()))
        conn = self.accept(peer)
        conn.sendall(b"go away\n")
        conn.close()
        self.assertEqual(client.line(), "go away\n")
        self.assertEqual(client.process.wait(), 0)

    def test_failures_are_named(self):
        peer = self.listen()  # bound, and not listening yet
        where = text(peer.getsockname())
        self.expect_failure(where, said=f"cannot connect to {where}: ", why="connection refused")
        peer.listen()
        client = self.start(where)
        conn = self.accept(peer)
        conn.sendall(b"hello\n")
        self.assertEqual(client.line(), "hello\n")  # so it has noticed that it is connected
        reset(conn)
        code, out, err = client.finish()
        self.assertEqual((code, out), (1, ""))
        self.assertRegex(err.lower(), "^connection lost: .*connection reset by peer\n$")


class echo_lines(lesson):
    def test_each_line_is_answered_however_it_comes(self):
        where = self.serve()
        ann, bob = self.dial(where), self.dial(where)
        ann.sendall(b"hel")
        bob.sendall(b"one\ntwo\r\n")
        self.expect_bytes(bob, b"ECHO: one\nECHO: two\n")
        ann.sendall(b"lo\n")
        self.expect_bytes(ann, b"ECHO: hello\n")
        ann.shutdown(socket.SHUT_WR)
        self.expect_end(ann)

    def test_nc_is_answered_line_by_line(self):
        nc = self.netcat(self.serve(), "-N")
        for line in ("first\n", "\n", "third\n"):
            nc.type(line)
            self.assertEqual(nc.line(), "ECHO: " + line)
        self.assertEqual(nc.finish(), (0, "", ""))

    def test_a_line_without_end_is_the_end(self):
        conn = self.dial(self.serve())
        conn.sendall(b"x" * 5000)
        try:
            self.expect_end(conn)
        except ConnectionResetError:
            pass  # the rest of it was never read

    def test_an_address_that_cannot_be_had_is_named(self):
        self.expect_refused_addresses()


class talk_by_turns(lesson):
    def meet(self):
        callee = self.start("listen", "127.0.0.1:0")
        return callee, self.start(text(self.heard_by(callee)))

    def test_each_speaks_when_it_is_their_turn(self):
        callee, caller = self.meet()
        self.assertEqual(caller.show("you: "), "you: ")
        caller.type("good morning\n")
        self.assertEqual(callee.line(), "they: good morning\n")
        self.assertEqual(callee.show("you: "), "you: ")
        callee.type("hello\n")
        self.assertEqual(caller.line(), "they: hello\n")
        self.assertEqual(caller.show("you: "), "you: ")
        caller.type("##\n")
        for one in (caller, callee):
            self.assertEqual(one.finish(), (0, "the conversation is over\n", ""))

    def test_it_is_over_when_the_other_has_gone(self):
        callee, caller = self.meet()
        self.assertEqual(caller.show("you: "), "you: ")
        caller.type("and off\n")
        self.assertEqual(callee.line(), "they: and off\n")
        caller.process.kill()
        self.assertEqual(callee.finish(b"are you there?\n"), (0, "you: the conversation is over\n", ""))

    def test_a_terminal_is_read_line_by_line(self):
        keyboard, terminal = pty.openpty()
        self.addCleanup(os.close, keyboard)
        peer = self.listen()
        peer.listen()
        caller = self.start(text(peer.getsockname()), stdin=terminal)
        os.close(terminal)
        conn = self.accept(peer)
        self.assertEqual(caller.show("you: "), "you: ")
        os.write(keyboard, b"typed\n")
        self.expect_bytes(conn, b"typed\n")

    def test_failures_are_named(self):
        self.expect_usage()
        self.expect_usage("hear", "127.0.0.1:0")
        where = text(self.listen().getsockname())
        self.expect_failure(where, said=f"cannot meet at {where}: ", why="connection refused")
        self.expect_failure("listen", where, said=f"cannot meet at {where}: ", why="address already in use")


class talk(lesson):
    def test_both_may_speak_at_any_time(self):
        callee = self.start("listen", "127.0.0.1:0")
        caller = self.start(text(self.heard_by(callee)))
        for round_number in range(3):  # one of them speaks twice in a row, and neither waits for the other
            caller.type(f"{round_number}\n")
            caller.type("and more\n")
            self.assertEqual([callee.line(), callee.line()], [f"{round_number}\n", "and more\n"])
            callee.type("yes\n")
            self.assertEqual(caller.line(), "yes\n")
        callee.type("##\n")
        for one in (caller, callee):
            self.assertEqual(one.finish(), (0, "the conversation is over\n", ""))

    def test_it_is_over_when_the_other_has_gone_though_the_keyboard_is_open(self):
        peer = self.listen()
        peer.listen()
        client = self.start(text(peer.getsockname()))
        conn = self.accept(peer)
        conn.sendall(b"bye\n")
        conn.close()
        self.assertEqual([client.line(), client.line()], ["bye\n", "the conversation is over\n"])
        self.assertEqual(client.process.wait(), 0)

    def test_failures_are_named(self):
        self.expect_usage()
        where = text(self.listen().getsockname())
        self.expect_failure(where, said=f"cannot meet at {where}: ", why="connection refused")


class talk_server(lesson):
    CALL = "-- somebody calls\n"
    OVER = "-- the conversation is over; who is next?\n"

    def test_it_takes_the_next_caller_when_a_conversation_has_ended(self):
        server = self.start()
        where = self.heard_by(server)
        for number in range(3):
            ann = self.start(text(where), name="talk")
            self.assertEqual(server.line(), self.CALL)
            ann.type(f"hello from {number}\n")
            self.assertEqual(server.line(), f"hello from {number}\n")
            server.type("good day\n")
            self.assertEqual(ann.line(), "good day\n")
            (ann if number == 0 else server).type("##\n")
            self.assertEqual(server.line(), self.OVER)
            self.assertEqual(ann.finish(), (0, "the conversation is over\n", ""))

    def test_one_that_vanishes_is_the_end_of_its_conversation_only(self):
        server = self.start()
        where = self.heard_by(server)
        rude, polite = self.dial(where), self.dial(where)
        self.assertEqual(server.line(), self.CALL)
        reset(rude)
        self.assertEqual([server.line(), server.line()], [self.OVER, self.CALL])
        polite.sendall(b"still there?\n")
        self.assertEqual(server.line(), "still there?\n")

    def test_without_a_keyboard_it_listens(self):
        server = self.start()
        server.process.stdin.close()
        conn = self.dial(self.heard_by(server))
        conn.sendall(b"hello\n##\n")
        self.assertEqual([server.line() for _ in range(3)], [self.CALL, "hello\n", self.OVER])
        self.expect_end(conn)

    def test_an_address_that_cannot_be_had_is_named(self):
        self.expect_refused_addresses()


class chat_server(lesson):
    def enter(self, where, *others):
        """Somebody comes in, and all hear of it."""
        guest = self.dial(where)
        for who in (guest, *others):
            self.expect_bytes(who, f"* {text(guest.getsockname())} is here\n".encode())
        return guest

    def test_what_one_says_all_read(self):
        where = self.serve()
        ann = self.enter(where)
        bob = self.enter(where, ann)
        name = text(ann.getsockname())
        ann.sendall(b"hel")
        ann.sendall(b"lo\nhow are you?\n")
        for who in (ann, bob):
            self.expect_bytes(who, f"{name}: hello\n{name}: how are you?\n".encode())
        ann.shutdown(socket.SHUT_WR)
        self.expect_bytes(bob, f"* {name} has left\n".encode())
        self.expect_end(ann)

    def test_nc_takes_part(self):
        where = self.serve()
        ann = self.enter(where)
        nc = self.netcat(where, "-N")
        coming = nc.line()
        name = re.fullmatch(r"\* (127\.0\.0\.1:\d+) is here\n", coming)[1]
        self.expect_bytes(ann, coming.encode())
        nc.type("good morning\n")
        self.expect_bytes(ann, f"{name}: good morning\n".encode())
        ann.sendall(b"hello, nc\n")
        answer = f"{text(ann.getsockname())}: hello, nc\n"
        self.expect_bytes(ann, answer.encode())
        self.assertEqual([nc.line(), nc.line()], [f"{name}: good morning\n", answer])
        self.assertEqual(nc.finish()[0], 0)
        self.expect_bytes(ann, f"* {name} has left\n".encode())

    def test_a_line_without_end_ends_the_visit(self):
        where = self.serve()
        ann = self.enter(where)
        bob = self.enter(where, ann)
        bob.sendall(b"x" * 2000)
        self.expect_bytes(ann, f"* {text(bob.getsockname())} has left\n".encode())

    def test_who_does_not_read_delays_nobody(self):
        where = self.serve()
        ann = self.enter(where)
        self.enter(where, ann)  # and never reads again
        name = text(ann.getsockname())
        for number in range(5000):
            line = f"{number} {'x' * 900}\n"
            ann.sendall(line.encode())
            self.expect_bytes(ann, f"{name}: {line}".encode())


class private_chat(lesson):
    def enter(self, where, name):
        guest = self.dial(where)
        self.expect_bytes(guest, b"your name?\n")
        guest.sendall(name + b"\n")
        self.expect_bytes(guest, b"welcome, " + name + b"\n")
        return guest

    def test_only_the_one_who_is_meant_reads_it(self):
        where = self.serve()
        ann, bob, eve = (self.enter(where, name) for name in (b"ann", b"bob", b"eve"))
        ann.sendall(b"bob how are you?\n")
        self.expect_bytes(bob, b"ann: how are you?\n")
        bob.sendall(b"ann fine, thank you\n")
        self.expect_bytes(ann, b"bob: fine, thank you\n")
        ann.sendall(b"eve and you?\n")
        self.expect_bytes(eve, b"ann: and you?\n")  # the first thing that eve has heard

    def test_who_is_not_there_hears_nothing_and_the_sender_is_told(self):
        where = self.serve()
        ann = self.enter(where, b"ann")
        ann.sendall(b"bob are you there?\n")
        self.expect_bytes(ann, b"bob does not hear you\n")
        ann.sendall(b"ann a note to myself\n")
        self.expect_bytes(ann, b"ann: a note to myself\n")

    def test_a_name_belongs_to_one_and_is_free_again_afterwards(self):
        where = self.serve()
        ann = self.enter(where, b"ann")
        for bad in (b"ann", b"", b"two words", b"x" * 21):
            with self.subTest(name=bad):
                other = self.dial(where)
                other.sendall(bad + b"\n")
                self.expect_bytes(other, b"your name?\nthat is nobody's name, or somebody else's\n")
                self.expect_end(other)
        ann.shutdown(socket.SHUT_WR)
        self.expect_end(ann)
        self.enter(where, b"ann")


class broken_pipe(lesson):
    def test_it_is_an_error_value_and_the_program_goes_on(self):
        code, out, err = self.start().finish()
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out.lower(), r"^the first write to nobody: no error\n"
                                      r"a later one: .*broken pipe\n"
                                      r"is it epipe\? yes\n"
                                      r"the next client hears: still here\n$")


class sticky_packets(lesson):
    def test_what_was_written_apart_is_read_together(self):
        code, out, err = self.start().finish()
        self.assertEqual((code, err), (0, ""))
        lines = out.splitlines()
        self.assertEqual(lines[:3], ['five short writes: a read returns "onetwothreefourfive"',
                                     "five short writes: 19 bytes in one read",
                                     "a long write: 100000 bytes in several reads"])
        # On a busy machine the pause is not enough, which is the lesson, too.
        self.assertRegex(lines[-1], "^two with a pause: 6 bytes in (one read|several reads)$")


class tcp_states(lesson):
    def test_both_ends_pass_through_their_states(self):
        rows = [("", "client", "server"), ("connected", "ESTABLISHED", "ESTABLISHED"),
                ("the client ends its direction", "FIN_WAIT_2", "CLOSE_WAIT"),
                ("the server ends its direction, too", "TIME_WAIT", "CLOSED"),
                ("the client ends behind unread bytes", "FIN_WAIT_1", "ESTABLISHED"),
                ("the client resets", "CLOSED", "CLOSED")]
        self.expect_run(out="".join(f"{what:<42} {client:<12} {server}\n" for what, client, server in rows))


class lookups(lesson):
    def test_names_become_numbers(self):
        code, out, err = self.start().finish()
        self.assertEqual((code, err), (0, ""))
        self.assertIn("localhost is at 127.0.0.1\n", out)
        self.assertIn("mysql is port 3306\n", out)
        self.assertIn(f"this machine is {socket.gethostname()}\n", out)
        self.assertIn("lo has 127.0.0.1/8\n", out)

    def test_what_is_unknown_is_named(self):
        self.expect_failure("no such host", said="cannot look up no such host: ", why="unknown|no such host|not known")
        code, _, err = self.start("127.0.0.1", "no-such-service").finish()
        self.assertEqual(code, 1)
        self.assertRegex(err, "^cannot look up no-such-service: .*unknown")


class who_is_on_port(lesson):
    def rows(self, port):
        code, out, err = self.start(port).finish()
        self.assertEqual((code, err), (0, ""))
        return out.splitlines()

    def test_a_listener_and_its_connections_are_shown_with_who_has_them_open(self):
        server = self.listen()
        port = server.getsockname()[1]
        server.listen()
        self.assertEqual(len(self.rows(port)), 1)
        self.assertRegex(self.rows(port)[0], f"^LISTEN      127.0.0.1:{port} - 0.0.0.0:0 .*\\({os.getpid()}\\)$")
        client = self.dial(server.getsockname())
        self.accept(server)
        there = f"127.0.0.1:{client.getsockname()[1]}"
        rows = [row for row in self.rows(port) if row.startswith("ESTABLISHED ")]
        self.assertEqual(len(rows), 2, rows)  # one for each end
        for row, ends in zip(sorted(rows), sorted([f"127.0.0.1:{port} - {there}", f"{there} - 127.0.0.1:{port}"])):
            self.assertRegex(row, f"^ESTABLISHED {ends} .*\\({os.getpid()}\\)$")

    def test_a_port_where_nobody_is_has_no_rows(self):
        self.assertEqual(self.rows(1), ["nobody is on port 1"])

    def test_wrong_usage_is_told(self):
        self.expect_usage()
        self.expect_usage("no-such-service")
        self.expect_usage("65536")


class ping(lesson):
    def test_this_machine_answers_or_it_is_said_that_asking_is_forbidden(self):
        code, out, err = self.start("127.0.0.1", "2").finish()
        if "CAP_NET_RAW" in err:
            self.assertEqual((code, out), (1, ""))
            self.assertIn("net.ipv4.ping_group_range", err)
            self.skipTest("ICMP is not permitted here")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"\A(56 bytes from 127\.0\.0\.1: \d+\.\d{3} ms\n){2}\Z")

    def test_a_name_without_addresses_is_an_error(self):
        self.expect_failure("no such host", said="cannot find no such host: ", why="unknown host|no such host")

    def test_wrong_usage_is_told(self):
        for arguments in ((), ("localhost", "0"), ("localhost", "x"), ("localhost", "1", "2")):
            self.expect_usage(*arguments)
