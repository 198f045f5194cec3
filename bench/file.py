"""Files by leat/file.hpp, beside the same system calls in leat::blocking, in io_uring whatever leat would take, and bare."""
import itertools
import json

import harness

PROGRAM = harness.PROGRAMS / "file_bench"
MEANS = ["leat", "blocking", "ring", "bare"]
OPERATIONS = {"cached": "read what is cached", "uncached": "read what is not", "write": "write in place",
              "sync": "write and sync"}
SIZES = {4096: "4 KiB", 1 << 20: "1 MiB"}
AT_ONCE = [1, 64]


def main(rounds):
    area = harness.area("file", MEANS, rounds)
    data = harness.OUT / "file_bench.data"
    harness.OUT.mkdir(parents=True, exist_ok=True)

    def measure(operation, size, at_once, contender):
        if contender == "bare" and at_once > 1:
            return  # the calls of several would only follow each other
        answer = json.loads(harness.ask([PROGRAM, contender, operation, str(size), str(at_once), data], core=None,
                                        environment={"LEAT_WORKERS": "1", "LEAT_POLLER": "auto"}))
        case = f"{OPERATIONS[operation]}, {SIZES[size]}, {at_once} at once"
        area.add(f"{case}: time", "us", "lower", contender, answer["us"])
        area.add(f"{case}: CPU", "us", "lower", contender, answer["cpu_us"])

    try:
        for operation, size, at_once in itertools.product(OPERATIONS, SIZES, AT_ONCE):
            harness.say(f"{OPERATIONS[operation]}, {SIZES[size]}, {at_once} at once:")
            area.in_rounds(lambda contender: measure(operation, size, at_once, contender))
    finally:
        data.unlink(missing_ok=True)
    area.finish()
