#!/usr/bin/env python3
"""Looks at goroutines with gdb, in a live process and in a core file.

    gdb_test.py GDB PROGRAM

Exits with 77, which ctest takes for skipped, where gdb may not attach to processes.
"""

import glob
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import unittest

GDB, PROGRAM = sys.argv[1], os.path.abspath(sys.argv[2])
SKIPPED = 77


def run_gdb(*arguments):
    """What gdb says to commands, once it has loaded the script that the program carries."""
    trust = "add-auto-load-safe-path " + os.path.dirname(PROGRAM)
    settings = ["-ex", "set width 0", "-ex", "set pagination off", "-ex", "set debuginfod enabled off"]
    done = subprocess.run([GDB, "-nx", "-batch", "-iex", trust, *settings, *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    return done.stdout


BEGIN = "-- what was asked for --"


def look_with_gdb(arguments, lines):
    """What gdb says to the commands alone, without what it says of the process first."""
    asked = [word for line in (f"echo {BEGIN}\\n", *lines) for word in ("-ex", line)]
    return run_gdb(*arguments, *asked).partition(BEGIN + "\n")[2]


class OneProcess:
    """The program, when all its goroutines have got where they stay."""

    def __init__(self, folder=None):
        self.folder = folder  # where it is to leave a core file; None: nowhere

    def __enter__(self):
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        self.process = subprocess.Popen([PROGRAM], stdout=subprocess.PIPE, text=True, cwd=self.folder, preexec_fn=lambda: (
            resource.setrlimit(resource.RLIMIT_CORE, (hard if self.folder else 0, hard))))
        if self.process.stdout.readline() != "parked\n":
            raise RuntimeError("the program did not come to its places")
        return self.process

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Looks:
    """What must hold for every way to look; `look(*lines)` runs commands."""

    def numbers(self, doing):
        """The numbers of the goroutines that do this, as `leat goroutines` lists them."""
        listed = self.look("leat goroutines")
        found = re.findall(r"^[* ] (\d+) +%s +(\S.*)$" % doing, listed, re.MULTILINE)
        self.assertTrue(found, listed)
        return [number for number, _ in found]

    def test_lists_every_goroutine_with_what_it_does_and_where_it_started(self):
        listed = self.look("leat goroutines")
        self.assertEqual(len(re.findall(r"^[* ] \d+ ", listed, re.MULTILINE)), 5, listed)
        self.assertRegex(listed, r"(?m)^[* ] 1 +chan receive +\S*parked_program.cpp:\d+ \(.*\)$")
        self.assertRegex(listed, r"(?m)^[* ] \d+ +mutex +\S*parked_program.cpp:\d+ \(.*\)$")
        self.assertRegex(listed, r"(?m)^[* ] \d+ +running in thread \d+ +\S*parked_program.cpp:\d+ "
                                 r"\(void kitchen::start_grinding\(.{100,}\)\)$")
        self.assertEqual(len(self.numbers("chan receive")), 3)  # main, and one each with a usual and a large stack

    def test_shows_the_stack_of_one_that_waits(self):
        for number in self.numbers("chan receive")[1:]:
            text = self.look("leat bt " + number)
            self.assertRegex(text, r"(?ms)^#0 .*kitchen::wait_for_eggs.*kitchen::breakfast.*leat_goroutine_main")
            self.assertRegex(text, r"parked_program.cpp:\d+")
            self.assertNotIn("epoll", text)  # which is what the thread does that had to be borrowed
            self.assertNotIn("corrupt stack", text)

    def test_shows_the_stack_of_one_that_runs(self):
        text = self.look("leat bt " + self.numbers(r"running in thread \d+")[0])
        self.assertRegex(text, r"(?s)#0 .*kitchen::grind_pepper.*leat_goroutine_main")

    def test_passes_arguments_on_to_bt(self):
        text = self.look("leat bt %s -2" % self.numbers("mutex")[0])
        self.assertIn("leat_goroutine_entry", text)
        self.assertNotIn("kitchen::wash_up", text)

    def test_shows_all_stacks(self):
        text = self.look("leat bt all")
        for words in ("goroutine 1 [chan receive], started at ", "kitchen::wash_up", "kitchen::breakfast",
                      "kitchen::grind_pepper"):
            self.assertIn(words, text)
        self.assertEqual(text.count("[chan receive], started at "), 3, text)

    def test_runs_a_command_where_one_stands(self):
        number = self.numbers("mutex")[0]
        self.assertRegex(self.look("leat goroutine %s info symbol $pc" % number), "leat::runtime::")
        self.assertRegex(self.look("leat goroutine %s bt" % number), r"(?s)#0 .*kitchen::wash_up")

    def test_shows_a_goroutine_while_a_thread_in_inlined_code_is_selected(self):
        listed = self.look("leat goroutines")
        thread = re.search(r"running in thread (\d+)", listed)[1]
        number = self.numbers("mutex")[0]
        text = self.look("thread " + thread, "echo there\\n", "leat bt %s 2" % number,
                         "leat goroutine %s info symbol $pc" % number).partition("there\n")[2]
        self.assertRegex(text, r"(?m)^#0 .*leat::runtime::\w+ \(.*\n#1 .*leat::.*\n(\(More stack frames.*\n)?leat::runtime::")
        self.assertNotIn("hold_the_mill", text)
        self.assertNotIn("grind_pepper", text)

    def test_leaves_everything_as_it_was(self):
        number = self.numbers("mutex")[0]
        text = self.look("echo before\\n", "bt 1", "leat bt " + number, "echo after\\n", "bt 1")
        before = re.search(r"before\n(#0.*)", text)
        after = re.search(r"after\n(#0.*)", text)
        self.assertEqual(before[1], after[1], text)

    def test_says_what_was_wrong(self):
        self.assertIn("leat: there is no goroutine 4711; `leat goroutines` lists them", self.look("leat bt 4711"))
        self.assertIn("leat: 'x' is not the number of a goroutine", self.look("leat bt x"))
        self.assertIn("leat: which one? leat bt N, or leat bt all", self.look("leat bt"))
        self.assertIn("leat: say which, and what to do there: leat goroutine N COMMAND", self.look("leat goroutine 1"))


class LiveProcess(Looks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.running = OneProcess()
        cls.process = cls.running.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.running.__exit__()

    def look(self, *lines):
        return look_with_gdb(["-p", str(self.process.pid)], lines)


class CoreFile(Looks, unittest.TestCase):
    """The kernel's, of a program that aborts. Not one of gdb's own generate-core-file: up to gdb 13, that gives up
    a mapping at its first guard page (Linux 6.13), and with it the stacks."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        with OneProcess(cls.folder.name) as process:
            process.send_signal(signal.SIGABRT)
            process.wait()
        cores = glob.glob(os.path.join(cls.folder.name, "core*"))
        if not cores:
            raise unittest.SkipTest("the kernel keeps core files elsewhere (see /proc/sys/kernel/core_pattern)")
        cls.core = cores[0]

    def look(self, *lines):
        return look_with_gdb([PROGRAM, self.core], lines)


class NoProcess(unittest.TestCase):
    def test_says_that_there_is_none(self):
        self.assertIn("leat: there is no process", look_with_gdb([PROGRAM], ["leat goroutines"]))


def may_attach():
    with OneProcess() as process:
        return "ptrace:" not in run_gdb("-p", str(process.pid))


if __name__ == "__main__":
    if not may_attach():
        print("gdb may not attach to processes here")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], verbosity=2)
