"""kill -9 under load: what any client has seen is in the history, once, in the same order."""
import collections

import harness
import irc

ROOM = "#log"
SPEAKERS = 6
IN_FLIGHT = 16
MESSAGES_A_ROUND = 1500
ROUNDS = 3
REPLAY = 200
UNLIMITED = {"irc.flood_lines_per_second": 0, "irc.flood_bytes_per_second": 0, "irc.history_replay": REPLAY,
             "irc.sendq_limit_bytes": 16 << 20}


class speaker(irc.client):
    """Says numbered messages in the room and to a confidant, so many at a time, and hears its own."""

    def __init__(self, port, number, first, confidant):
        super().__init__(port, f"s{number}", ["echo-message", "server-time", "batch"])
        self.first = first
        self.confidant = confidant
        self.said = 0
        self.join(ROOM)

    def heard(self, target):
        """The texts of the messages that came live, in order."""
        return [said.text for said in self.messages if said.verb == "PRIVMSG" and "batch" not in said.tags and
                said.parameters[0] == target]

    def speak(self):
        own = sum(said.verb == "PRIVMSG" and said.nick == self.nick for said in self.messages[self.seen:])
        self.seen = len(self.messages)
        self.said -= own
        texts = []
        while self.said < IN_FLIGHT:
            self.first += 1
            self.said += 1
            target = self.confidant if self.first % 8 == 0 else ROOM
            texts.append(f"PRIVMSG {target} :{self.nick} says {self.first}")
        if texts:
            self.send(*texts)


class durability(harness.case):
    def kill_under_load(self, server, round_number):
        """Kills the server while everybody talks. Returns the speakers, with all that reached them."""
        speakers = []
        for number in range(SPEAKERS):
            speakers.append(speaker(server.port, number, round_number * 1_000_000, f"s{(number + 1) % SPEAKERS}"))
        for each in speakers:
            each.settle()  # now all are in the room
            each.seen = len(each.messages)

        def enough():
            for each in speakers:
                each.speak()
            return len(speakers[0].heard(ROOM)) > MESSAGES_A_ROUND
        irc.pump(speakers, enough, f"{MESSAGES_A_ROUND} messages")
        server.kill()
        # What the kernel has of the server's words still reaches the clients, and counts as seen.
        irc.pump(speakers, lambda: all(each.closed for each in speakers), "the end of all connections")
        for each in speakers:
            each.close()
        return speakers

    def check_room(self, speakers, before, stored):
        """Everyone was in the room all along, so each heard the log from where it was, without a gap."""
        texts = [text for _, _, text in stored]
        self.assertEqual(texts[:len(before)], before, "what was there before the kill")
        for each in speakers:
            heard = each.heard(ROOM)
            self.assertEqual(heard, texts[len(before):len(before) + len(heard)], f"what {each.nick} heard")

    def check_private(self, speakers, server):
        kept = collections.Counter(text for text, in server.rows("SELECT text FROM message WHERE target NOT LIKE '#%'"))
        self.assertLessEqual(set(kept.values()), {1}, "messages stored twice")
        for each in speakers:
            for nick in (each.nick, each.confidant):
                for text in each.heard(nick):
                    self.assertEqual(kept[text], 1, f"{text!r}, which {each.nick} has seen")

    def check_replay(self, server, stored):
        newcomer = self.irc(server, "nina", ["server-time", "batch"])
        newcomer.join(ROOM)
        newcomer.settle()
        replayed = [(said.tags["time"], said.text) for said in newcomer.messages if said.verb == "PRIVMSG"]
        self.assertEqual([text for _, text in replayed], [text for _, _, text in stored[-REPLAY:]])
        self.assertEqual([time for time, _ in replayed], sorted(time for time, _ in replayed))
        newcomer.close()

    def survive(self, durability):
        settings = UNLIMITED | {"store.durability": durability}
        server = self.serve(settings, "server-0")
        stored = []
        for round_number in range(ROUNDS):
            with self.subTest(round=round_number):
                speakers = self.kill_under_load(server, round_number)
                before = [text for _, _, text in stored]
                stored = server.rows("SELECT id, time_ms, text FROM message WHERE conversation = ? ORDER BY id", ROOM)
                self.assertEqual(len({text for _, _, text in stored}), len(stored), "messages stored twice")
                self.assertEqual([time for _, time, _ in stored], sorted(time for _, time, _ in stored))
                self.check_room(speakers, before, stored)
                self.check_private(speakers, server)
                server = self.serve(settings, f"server-{round_number + 1}")
                self.check_replay(server, stored)
        print(f"{durability}: {len(stored)} messages kept over {ROUNDS} kills")

    def test_nothing_that_was_seen_is_lost_by_kill_9(self):
        self.survive("process")

    def test_nothing_that_was_seen_is_lost_by_kill_9_with_a_flush_for_each_group(self):
        self.survive("power")


if __name__ == "__main__":
    harness.main()
