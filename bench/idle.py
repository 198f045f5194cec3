"""Memory of 10,000 idle connections after one echo on each, in the servers of the area echo: those that hold a buffer of
4 KiB for each while they wait, and those that hold none."""
import json

import harness
from echo import ONE_CORE, SERVERS

CONNECTIONS = 10_000
HOLDING = {"leat": "small", "asio callbacks": "4096", "asio coroutines": "4096", "go": "4096"}  # what tells them so
WITHOUT = {"leat": None, "epoll": None, "io_uring": None, "libuv": None}
CASES = {"4 KiB of buffer each": HOLDING, "no buffer while idle": WITHOUT}


def main(rounds):
    commands = harness.present(SERVERS)
    area = harness.area("idle", commands, rounds)

    def measure(contender):
        for title, ways in CASES.items():
            if contender not in ways:
                continue
            command = [*commands[contender], *filter(None, [ways[contender]])]
            with harness.servers({contender: command}, ONE_CORE) as running:  # a fresh one: what it keeps is not counted
                pid, port = running[contender]
                answer = json.loads(harness.ask([harness.PROGRAMS / "idle_load", "--port", str(port), "--pid", str(pid),
                                                 "--connections", str(CONNECTIONS)]))
            area.add(f"{CONNECTIONS:,} idle connections, {title}: memory each", "bytes", "lower", contender,
                     answer["bytes_per_connection"])

    area.in_rounds(measure)
    area.finish()
