"""One connection that carries 2 GiB from a file, or into one, beside bare system calls and Go. Files are in memory (tmpfs),
so that no disk is measured.

The congestion control is cubic, or reno where cubic is not allowed, which is the same without losses. Not bbr, the default
of some machines: it paces loopback to less than half, which hides what the server costs.
"""
import contextlib
import json
import os
import pathlib
import shutil
import tempfile

import harness
from echo import ONE_CORE

BYTES = 2 << 30
BLOCK = 1 << 20
LEAT = harness.PROGRAMS / "bulk_server"
BARE = harness.PROGRAMS / "bulk"
GO = harness.PEERS / "go_bulk"
SERVERS = {  # name: the ways in which it sends and receives
    "leat": (LEAT, "script/bench builds it", {"file to connection": "send", "connection to file": "receive"}),
    "bare sendfile, splice": (BARE, "script/bench builds it", {"file to connection": "send", "connection to file": "splice"}),
    "bare recv and write": (BARE, "script/bench builds it", {"connection to file": "receive"}),
    "go": (GO, "Debian's package is golang-go", {"file to connection": "send", "connection to file": "receive"}),
}
METRICS = [("both_cpu_s", "CPU of both ends", "s", "lower"), ("server_cpu_s", "server CPU", "s", "lower"),
           ("gb_per_s", "rate", "GB/s", "higher")]


@contextlib.contextmanager
def folder_for_files():
    """A folder that holds two files of BYTES; in memory if that has room."""
    memory = pathlib.Path("/dev/shm")
    place = memory
    if not memory.is_dir() or shutil.disk_usage(memory).free < 3 * BYTES:
        place = harness.OUT
        place.mkdir(parents=True, exist_ok=True)
        harness.say(f"/dev/shm lacks room for {3 * BYTES >> 30} GiB: the files are on the disk of {place}, and its pace is measured, too")
    with tempfile.TemporaryDirectory(prefix="leat-bench-", dir=place) as folder:
        yield pathlib.Path(folder)


def fill(path):
    block = os.urandom(BLOCK)
    with path.open("wb") as file:
        for _ in range(BYTES // BLOCK):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


def main(rounds):
    harness.use_network_of_its_own(["cubic", "reno"])
    commands = harness.present({name: ([program], origin) for name, (program, origin, _) in SERVERS.items()})
    area = harness.area("bulk", commands, rounds)
    with folder_for_files() as folder:
        source, target = folder / "source", folder / "target"
        fill(source)
        fill(target)  # memory that a virtual machine has never touched costs far more, and whoever came first would pay
        target.unlink()

        def measure(contender):
            for title, way in SERVERS[contender][2].items():
                sends = way == "send"
                command = [*commands[contender], way, source if sends else target]
                with harness.servers({contender: command}, ONE_CORE) as running:
                    pid, port = running[contender]
                    load = [harness.PROGRAMS / "bulk_load", "--port", str(port), "--pid", str(pid)]
                    answer = json.loads(harness.ask(load if sends else [*load, "--send", source]))
                moved = answer["bytes"] if sends else target.stat().st_size
                target.unlink(missing_ok=True)
                if moved != BYTES:
                    raise RuntimeError(f"{contender} moved {moved} of {BYTES} bytes ({title})")
                for key, what, unit, better in METRICS:
                    area.add(f"{title}, {BYTES >> 30} GiB: {what}", unit, better, contender, answer[key])

        area.in_rounds(measure)
    area.finish()
