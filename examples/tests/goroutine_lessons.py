"""Lessons on goroutines, channels, select and time: programs that talk to nobody."""
import re

from .lesson import lesson


class first(lesson):
    def test_all_eggs_are_eaten(self):
        self.expect_run(out="300 eggs eaten\n")


class goroutines(lesson):
    def test_all_work_at_once_and_main_waits_for_them(self):
        code, out, err = self.start().finish()
        self.assertEqual((code, err), (0, ""))
        lines = out.splitlines()
        self.assertEqual(lines.pop(), "dinner is served")
        self.assertEqual(sorted(lines), [f"cook {i} {what}" for i in range(1, 6) for what in ("begins", "is done")])
        for cook in range(1, 6):
            self.assertLess(lines.index(f"cook {cook} begins"), lines.index(f"cook {cook} is done"))


class tickets(lesson):
    def test_every_ticket_is_sold_once(self):
        code, out, err = self.start().finish()
        self.assertEqual((code, err), (0, ""))
        sold = re.findall(r"^window ([1-4]) has sold (\d+)$", out, re.MULTILINE)
        self.assertEqual([window for window, _ in sold], ["1", "2", "3", "4"])
        self.assertEqual(sum(int(count) for _, count in sold), 100)
        self.assertTrue(out.endswith("\n100 tickets in all\n"))


class channels(lesson):
    def test_one_meets_and_the_other_stores(self):
        self.expect_run(out="in person: with nobody there, a send would wait\n"
                            "in person: the receiver comes\n"
                            "in person: the sender knows that it was taken\n"
                            "letter box: 2 of 2 in it, another send would wait\n"
                            "letter box: out comes the letter\n"
                            "letter box: out comes the card\n"
                            "letter box: out comes the parcel\n")


class close_and_range(lesson):
    def test_what_was_sent_is_received_before_the_end(self):
        code, out, err = self.start().finish()
        self.assertEqual((code, err), (0, ""))
        days = ("Monday", "Tuesday", "Wednesday")
        *received, sending, closing = out.splitlines()
        self.assertEqual(received, [*(f"received, ok: {day}" for day in days), "received, not ok: closed and empty",
                                    *(f"in range: {day}" for day in days)])
        self.assertRegex(sending, "^sending: .*send on (a )?closed channel$")
        self.assertRegex(closing, "^closing: .*close of (a )?closed channel$")


class one_way(lesson):
    def test_the_squares_come_in_order(self):
        self.expect_run(out="1\n4\n9\n16\n25\n")


class hens_and_eaters(lesson):
    def test_every_egg_is_eaten_once(self):
        self.expect_run(out="hens 1, eaters 1: 100 eggs eaten, sum 4950\n"
                            "hens 1, eaters 3: 100 eggs eaten, sum 4950\n"
                            "hens 3, eaters 1: 300 eggs eaten, sum 44850\n"
                            "hens 3, eaters 3: 300 eggs eaten, sum 44850\n")


class pipeline(lesson):
    def test_the_odd_squares_come_out_in_order(self):
        self.expect_run(out="1\n9\n25\n49\n81\n")


class worker_pool(lesson):
    def test_the_results_are_in_the_order_of_the_jobs(self):
        steps = {1: 0, 2: 1, 3: 7, 7: 16, 9: 19, 25: 23, 27: 111, 97: 118, 871: 178, 6171: 261, 77031: 350,
                 837799: 524}
        self.expect_run(out="".join(f"{number}: {count} steps\n" for number, count in steps.items()))


class prime_sieve(lesson):
    def test_the_primes_come_in_order(self):
        primes = [n for n in range(2, 542) if all(n % d for d in range(2, n))]
        self.assertEqual(len(primes), 100)
        self.expect_run(out="".join(f"{prime}\n" for prime in primes[:10]))
        self.expect_run(100, out="".join(f"{prime}\n" for prime in primes))

    def test_a_number_that_makes_no_sense_is_wrong_usage(self):
        for bad in ("0", "-1", "x", "5001"):
            self.expect_usage(bad)


class timers(lesson):
    def test_nothing_comes_before_its_time(self):
        code, out, err = self.start().finish()
        self.assertEqual((code, err), (0, ""))
        passed = [int(ms) for ms in re.findall(r": at least (\d+) ms$", out, re.MULTILINE)]
        self.assertEqual(len(passed), 3)
        for at_least, took in zip((20, 30, 30), passed):
            self.assertGreaterEqual(took, at_least)
        self.assertIn("a timer is stopped before it fires: yes\n", out)
        self.assertTrue(out.endswith("timeout: no answer in 20 ms\n"))


class select_ready(lesson):
    def test_all_that_are_ready_have_the_same_chance(self):
        code, out, err = self.start().finish()
        self.assertEqual((code, err), (0, ""))
        found = re.fullmatch(r"of 3000: (\d+) apples, (\d+) pears, (\d+) plums\n"
                             r"of 3000: 3000 urgent ones, which were looked for first\n", out)
        self.assertTrue(found, out)
        counts = [int(count) for count in found.groups()]
        self.assertEqual(sum(counts), 3000)
        for count in counts:  # 1000 with a standard deviation of 26
            self.assertTrue(800 < count < 1200, counts)


class select_timeout(lesson):
    def test_each_select_does_the_one_case_that_is_ready(self):
        self.expect_run(out="look: nothing yet\n"
                            "ask: no answer in time\n"
                            "look: forty-two\n"
                            "ask: late, but in time\n"
                            "ask: nobody will answer any more\n"
                            "sum of both: 210\n")


class parallel_sum(lesson):
    def test_one_bad_feed_ends_the_wait_for_the_silent_one(self):
        self.expect_run(out="three good feeds: 136\n"
                            "a bad one and a silent one: Numerical argument out of domain\n")
