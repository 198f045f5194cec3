"""Goroutines and channels beside Go's, Boost.Fiber's, and what POSIX threads have of it: programs that do the same
(bench/runtime_bench.cpp)."""
import harness

PROGRAM = {"leat": harness.PROGRAMS / "runtime_bench", "go": harness.PEERS / "go_runtime",
           "boost.fiber": harness.PROGRAMS / "fiber_bench", "threads": harness.PROGRAMS / "threads_bench"}

# case: title, unit, numbers of workers, and whether Boost.Fiber (on one worker) has it
CASES = {
    "ping_pong": ("unbuffered round trip", "ns", [1, 2], True),
    "unbuffered": ("unbuffered, one to one, each item", "ns", [1, 2], True),
    "buffered_128": ("buffered (128), one to one, each item", "ns", [1, 2], True),
    "send_and_receive": ("buffered send and receive without a switch", "ns", [1], True),
    "select_2": ("select of 2, unbuffered, each item", "ns", [1, 2], False),
    "select_8": ("select of 8, unbuffered, each item", "ns", [1, 2], False),
    "select_ready_2": ("send, and select of 2, one ready", "ns", [1], False),
    "select_ready_8": ("send, and select of 8, one ready", "ns", [1], False),
    "select_default": ("select with default, nothing ready", "ns", [1], False),
    "yield_2": ("yield between two", "ns", [1, 2], True),
    "spawn_one": ("spawn and wait, one by one", "ns", [1, 2], True),
    "spawn_batch_1000": ("spawn and wait, in batches of 1000", "ns", [1, 2], True),
    "mutex_1": ("mutex, alone", "ns", [1], True),
    "mutex_8": ("mutex, 8 goroutines", "ns", [1, 2], True),
    "mutex_8_yield": ("mutex, 8 goroutines that yield inside", "ns", [1, 2], True),
    "timer_start_stop": ("timer, new and stop", "ns", [1], False),
    "timers_beside 100000": ("timer, new and stop, with 100,000 pending", "ns", [1], False),
    "timer_reset": ("timer, reset", "ns", [1], False),
    "sleep_10k": ("10,000 sleep 1 ms over and over, each sleep", "ns", [1, 2], True),
    "parked_create": ("1,000,000 parked: create, each", "ns", [1], False),
    "parked_bytes": ("1,000,000 parked: memory each, with page tables", "bytes", [1], False),
    "skynet": ("skynet, 1,000,000 leaves", "ms", [1, 2], True),
    "sieve": ("prime sieve, first 2000", "ms", [1, 2], True),
    "idle_cpu": ("processor time while 100,000 are parked", "%", [2], False),
}
# What bare C has: a "worker" more is a core more.
OF_THREADS = {"ping_pong", "yield_2", "spawn_one", "mutex_1", "mutex_8", "timer_reset"}
# What must not grow with the number of the others; leat alone is measured.
GROWTH = {
    "ping_pong_beside": ("unbuffered round trip beside {:,} parked", [10, 1_000, 100_000, 1_000_000]),
    "spawn_one_beside": ("spawn and wait beside {:,} parked", [10, 1_000, 100_000, 1_000_000]),
    "timers_beside": ("timer, new and stop, with {:,} pending", [10, 1_000, 100_000, 1_000_000]),
}


def run(contender, case, workers):
    environment = {"LEAT_WORKERS": str(workers), "GOMAXPROCS": str(workers)}
    # With one worker on one core; with more, wherever the system puts them.
    command = [PROGRAM[contender], *case.split()]
    return float(harness.ask(command, core=0 if workers == 1 else None, environment=environment))


def takes_part(contender, case, workers):
    if contender == "boost.fiber":
        return workers == 1 and CASES[case][3]
    return contender != "threads" or case in OF_THREADS


def measure(area, contender):
    for case, (title, unit, all_workers, _) in CASES.items():
        for workers in all_workers:
            if workers > len(harness.CORES) or not takes_part(contender, case, workers):
                continue
            name = f"{title}, {workers} worker{'s' if workers > 1 else ''}"
            area.add(name, unit, "lower", contender, run(contender, case, workers))
    if contender == "leat":
        for case, (title, sizes) in GROWTH.items():
            for size in sizes:
                area.add(title.format(size), "ns", "lower", contender, run(contender, f"{case} {size}", 1))


def main(rounds):
    area = harness.area("runtime", [name for name, program in PROGRAM.items() if program.exists()], rounds)
    area.in_rounds(lambda contender: measure(area, contender))
    area.finish()
