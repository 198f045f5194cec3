"""Goroutines and channels beside Go's: the same programs (bench/runtime_bench.cpp, bench/peers/go/runtime)."""
import harness

CASES = ["ping_pong", "buffered_128", "spawn_one", "spawn_batch_1000", "select_2"]
TITLES = {
    "ping_pong": "unbuffered round trip",
    "buffered_128": "buffered (128), one to one, each item",
    "spawn_one": "spawn and wait, one by one",
    "spawn_batch_1000": "spawn and wait, in batches of 1000",
    "select_2": "select of 2, each item",
}
PROGRAM = {"leat": harness.PROGRAMS / "runtime_bench", "go": harness.PEERS / "go_runtime"}


def run(contender, case, workers):
    environment = {"LEAT_WORKERS": str(workers), "GOMAXPROCS": str(workers)}
    # With one worker on one core; with more, wherever the system puts them.
    return float(harness.ask([PROGRAM[contender], case], core=0 if workers == 1 else None, environment=environment))


def main(rounds):
    area = harness.area("runtime", [name for name, program in PROGRAM.items() if program.exists()], rounds)
    workers_tried = [1, 2] if len(harness.CORES) > 1 else [1]

    def measure(contender):
        for case in CASES:
            for workers in workers_tried:
                title = f"{TITLES[case]}, {workers} worker{'s' if workers > 1 else ''}"
                area.add(title, "ns", "lower", contender, run(contender, case, workers))
        area.add("memory of each of 1,000,000 parked", "bytes", "lower", contender, run(contender, "parked_million", 1))

    area.in_rounds(measure)
    area.finish()
