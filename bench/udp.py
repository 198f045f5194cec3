"""UDP echo beside bare C with the same system calls and Go's net package, one core for the server and one for the load."""
import contextlib
import json

import harness

LOADS = [(1, 64), (64, 64), (256, 64), (64, 1200)]  # datagrams on their way, bytes
MODES = ["single", "batch", "offload"]  # system calls for one datagram each, for many, and with segmentation offload
SERVERS = {"leat": harness.PROGRAMS / "udp_echo_server", "c": harness.PROGRAMS / "udp_echo",
           "go": harness.PEERS / "go_udp_echo"}
METRICS = [("requests_per_s", "round trips", "1/s", "higher"), ("p99_us", "99th percentile", "us", "lower"),
           ("cpu_us_per_request", "server CPU a round trip", "us", "lower")]
ONE_CORE = {"LEAT_WORKERS": "1", "GOMAXPROCS": "1"}


def command(contender, program, mode):
    """None where a contender has no such mode: Go's standard library sends and receives one by one."""
    if contender == "go":
        return [program] if mode == "single" else None
    return [program, mode]


def main(rounds):
    present = {name: program for name, program in SERVERS.items() if program.exists()}
    area = harness.area("udp", present, rounds)
    with contextlib.ExitStack() as stack:
        processes = {}
        for contender, program in present.items():
            for mode in MODES:
                if words := command(contender, program, mode):
                    processes[contender, mode] = stack.enter_context(harness.server(words, ONE_CORE))
        ports = {which: harness.announced_port(process) for which, process in processes.items()}

        def measure(contender):
            for mode in MODES:
                if (contender, mode) not in processes:
                    continue
                for window, size in LOADS:
                    answer = json.loads(harness.ask([
                        harness.PROGRAMS / "udp_load", "--port", str(ports[contender, mode]),
                        "--pid", str(processes[contender, mode].pid), "--window", str(window), "--size", str(size)]))
                    for key, what, unit, better in METRICS:
                        area.add(f"{mode}: {window} on the way, {size} B: {what}", unit, better, contender, answer[key])

        area.in_rounds(measure)
    area.finish()
