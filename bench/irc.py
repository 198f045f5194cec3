"""Fan-out of messages in one room beside ngIRCd and InspIRCd, and the memory of their clients."""
import contextlib
import getpass
import json
import os
import pathlib
import socket
import string
import tempfile
import time

import harness

PROGRAM = harness.PROGRAMS.parent / "leat"
ROOMS = [(100, 0, 300_000), (1000, 2000, 600_000)]  # members, idle clients beside them, deliveries a run
# InspIRCd ends registrations once a second, however many there are; ngIRCd's backlog holds ten.
HANDSHAKES = {"leat": 64, "ngircd": 8, "inspircd": 500}
METRICS = [("cpu_s_per_million", "server CPU for a million deliveries", "s", "lower"),
           ("deliveries_per_s", "deliveries", "1/s", "higher"),
           ("fan_out_p50_us", "until the last member has it, median", "us", "lower")]


def wait_for(port, process):
    for _ in range(100):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"{process.args[-1]} does not listen on port {port}")


def configured(name, place, **values):
    text = (harness.ROOT / "bench" / "peers" / name).read_text()
    path = pathlib.Path(place, name)
    path.write_text(string.Template(text).substitute(values))
    return path


@contextlib.contextmanager
def running(name):
    """A fresh server: yields its process and its port."""
    libraries = next(harness.PEERS.glob("usr/lib/*-linux-gnu"), harness.PEERS)
    with tempfile.TemporaryDirectory(prefix="leat-bench-") as folder, open(f"{folder}/log", "w", encoding="utf-8") as log:
        if name == "leat":
            config = configured("leat.toml", folder)
            command = [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", folder + "/data",
                       "--config", config]
            with harness.server(command, {"LEAT_WORKERS": "1"}, log) as process:
                yield process, harness.announced_port(process)
            return
        port = harness.free_port()
        if name == "ngircd":
            config = configured(f"{name}.conf", folder, port=port, user=getpass.getuser())
            command = [harness.PEERS / "usr/sbin/ngircd", "--nodaemon", "--config", config]
        else:
            config = configured(f"{name}.conf", folder, port=port, folder=folder, modules=harness.PEERS / "usr/lib/inspircd/modules")
            command = [harness.PEERS / "usr/sbin/inspircd", "--nofork", "--config", config]
            command += ["--runasroot"] if os.getuid() == 0 else []
        with harness.server(command, {"LD_LIBRARY_PATH": str(libraries)}, log, announces=False) as process:
            wait_for(port, process)
            yield process, port


def main(rounds):
    programs = {"leat": PROGRAM, "ngircd": harness.PEERS / "usr/sbin/ngircd",
                "inspircd": harness.PEERS / "usr/sbin/inspircd"}
    area = harness.area("irc", [name for name, program in programs.items() if program.exists()], rounds)

    def measure(contender):
        for members, idle, deliveries in ROOMS:
            with running(contender) as (process, port):
                answer = json.loads(harness.ask([
                    harness.PROGRAMS / "irc_load", "--port", str(port), "--pid", str(process.pid), "--members", str(members),
                    "--idle", str(idle), "--deliveries", str(deliveries), "--handshakes", str(HANDSHAKES[contender])]))
            title = f"room of {members}" + (f" beside {idle} idle" if idle else "")
            for run in answer["runs"]:
                for key, what, unit, better in METRICS:
                    area.add(f"{title}, {run['in_flight']} in flight: {what}", unit, better, contender, run[key])
            if idle:
                area.add(f"{title}: memory of an idle client", "bytes", "lower", contender, answer["idle_bytes"])
                area.add(f"{title}: memory of a member", "bytes", "lower", contender, answer["member_bytes"])

    area.in_rounds(measure)
    area.finish()
