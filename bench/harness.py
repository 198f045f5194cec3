"""What every area of the benchmarks shares: interleaved rounds, paired ratios, the table and the JSON.

Machines drift by a quarter over seconds, so nothing is compared across time: each round runs every contender once, in
an order that turns, and a ratio is the median over rounds of leat's value to the peer's in the same round.
"""
import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
OUT = ROOT / "build" / "bench"
PROGRAMS = pathlib.Path(os.environ.get("LEAT_BENCH_PROGRAMS", ROOT / "build" / "release" / "bench"))
PEERS = OUT / "peers"
CORES = sorted(os.sched_getaffinity(0))


def say(text):
    print(text, file=sys.stderr, flush=True)


def pinned(command, core):
    """The command, kept to one core if there are two to tell apart: 0 for what is measured, 1 for its load."""
    if len(CORES) < 2 or not shutil.which("taskset"):
        return list(command)
    return ["taskset", "-c", str(CORES[core]), *command]


def present(programs):
    """Of {name: (command, what brings it)} those whose program is there, as {name: command}; says which are skipped."""
    found = {}
    for name, (command, origin) in programs.items():
        if pathlib.Path(command[0]).exists():
            found[name] = command
        else:
            say(f"skipped: {name} (no {pathlib.Path(command[0]).name}; {origin})")
    return found


def use_network_of_its_own(congestion_controls):
    """Moves this process, and what it starts from now on, into a network with nothing but loopback, where TCP uses the
    first of the congestion controls that may be used. Without the right to do so, says so and stays."""
    new_network, interface_up = 0x40000000, 0x1  # CLONE_NEWNET, IFF_UP
    get_flags, set_flags = 0x8913, 0x8914        # SIOCGIFFLAGS, SIOCSIFFLAGS
    default = pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(new_network) != 0:
        say(f"a network of its own needs root (unshare: {os.strerror(ctypes.get_errno())}); here TCP's congestion control "
            f"is {default.read_text().strip()}, and what is measured depends on it")
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        _, flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, get_flags, request))
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh22x", b"lo", flags | interface_up))
    for name in congestion_controls:
        with contextlib.suppress(OSError):  # absent, or not allowed outside the machine's first network
            default.write_text(name)
            break
    say(f"TCP's congestion control: {default.read_text().strip()}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(command, environment=None, log=subprocess.DEVNULL, announces=True):
    """Runs a server on the first core until the block ends. Its output is kept for announced_port(), or goes to the log."""
    process = subprocess.Popen(pinned(command, 0), stdout=subprocess.PIPE if announces else log, stderr=log, text=True,
                               env={**os.environ, **(environment or {})})
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def announced_port(process):
    """The port of a server that prints "listening on HOST:PORT"."""
    for line in process.stdout:
        if found := re.search(r"listening on \S*:(\d+)", line):
            return int(found[1])
    raise RuntimeError(f"{process.args} ended with {process.wait()} and never listened")


@contextlib.contextmanager
def servers(commands, environment=None):
    """Runs a server for each of {name: command} and yields {name: (process id, port)}."""
    with contextlib.ExitStack() as stack:
        processes = {name: stack.enter_context(server(command, environment)) for name, command in commands.items()}
        yield {name: (process.pid, announced_port(process)) for name, process in processes.items()}


def ask(command, timeout=300, core=1, environment=None):
    """Runs a program on a core (None: any) and returns what it printed."""
    run = subprocess.run(command if core is None else pinned(command, core), capture_output=True, text=True,
                         timeout=timeout, env={**os.environ, **(environment or {})}, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} failed: {run.stderr.strip()}")
    return run.stdout


class area:
    """Values of cases, by contender and round; the contender "leat" is what the others are compared with."""

    def __init__(self, name, contenders, rounds):
        self.name, self.contenders, self.rounds = name, list(contenders), rounds
        self.cases = {}   # name -> (unit, better)
        self.values = {}  # (case, contender) -> one value a round

    def add(self, case, unit, better, contender, value):
        self.cases.setdefault(case, (unit, better))
        self.values.setdefault((case, contender), []).append(value)

    def in_rounds(self, measure):
        """Calls measure(contender) for every contender in every round, the first one turning."""
        for number in range(self.rounds):
            turn = number % len(self.contenders)
            for contender in self.contenders[turn:] + self.contenders[:turn]:
                say(f"{self.name}: round {number + 1} of {self.rounds}, {contender}")
                measure(contender)

    def peers_of(self, case):
        return [peer for peer in self.contenders if peer != "leat" and (case, peer) in self.values]

    def ratios(self, case, peer):
        return [own / theirs for own, theirs in zip(self.values[case, "leat"], self.values[case, peer]) if theirs]

    def table(self):
        rows = [["case", "unit", "leat [min-max]", "peer", "median [min-max]", "leat / peer [min-max]", ""]]
        for case, (unit, better) in self.cases.items():
            own = self.values.get((case, "leat"))
            for peer in self.peers_of(case) or [None]:
                row = [case, f"{unit}, {better} is better", spread(own), "", "", "", ""]
                if peer:
                    row[3:5] = peer, spread(self.values[case, peer])
                if peer and own and (ratios := self.ratios(case, peer)):
                    row[5:7] = spread(ratios), verdict(ratios, better)
                rows.append(row)
        return markdown(rows)

    def finish(self):
        OUT.mkdir(parents=True, exist_ok=True)
        entries = [{"case": case, "unit": unit, "better": better,
                    "leat": median(self.values.get((case, "leat"))),
                    "peers": {peer: median(self.values[case, peer]) for peer in self.peers_of(case)},
                    "rounds": self.rounds} for case, (unit, better) in self.cases.items()]
        (OUT / f"{self.name}.json").write_text(json.dumps(entries, indent=1) + "\n")
        (OUT / f"{self.name}.md").write_text(self.table())
        print(self.table(), end="")
        say(f"next: the figures are in build/bench/{self.name}.json, the table in build/bench/{self.name}.md")


def median(values):
    return statistics.median(values) if values else None


def number(value):
    return f"{value:.0f}" if value >= 1000 else f"{value:.4g}"


def spread(values):
    if not values:
        return "-"
    return f"{number(median(values))} [{number(min(values))}-{number(max(values))}]"


def verdict(ratios, better):
    """Says who is ahead only where all rounds agree."""
    wins = [ratio < 1 if better == "lower" else ratio > 1 for ratio in ratios]
    return "ahead" if all(wins) else "behind" if not any(wins) else "even"


def markdown(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"
