"""TCP echo beside Go's net package and a bare epoll loop, one core for the server and one for the load."""
import contextlib
import json

import harness

LOADS = [(1, 64, 1), (50, 64, 1), (50, 64, 16), (1000, 64, 1)]  # connections, bytes, messages on their way
SERVERS = {"leat": harness.PROGRAMS / "echo_server", "epoll": harness.PROGRAMS / "epoll_echo",
           "go": harness.PEERS / "go_echo"}
METRICS = [("requests_per_s", "requests", "1/s", "higher"), ("p99_us", "99th percentile", "us", "lower"),
           ("cpu_us_per_request", "server CPU a request", "us", "lower")]
ONE_CORE = {"LEAT_WORKERS": "1", "GOMAXPROCS": "1"}


def main(rounds):
    present = {name: program for name, program in SERVERS.items() if program.exists()}
    area = harness.area("echo", present, rounds)
    with contextlib.ExitStack() as stack:
        processes = {name: stack.enter_context(harness.server([program], ONE_CORE)) for name, program in present.items()}
        ports = {name: harness.announced_port(process) for name, process in processes.items()}

        def measure(contender):
            for connections, size, depth in LOADS:
                answer = json.loads(harness.ask([
                    harness.PROGRAMS / "echo_load", "--port", str(ports[contender]),
                    "--pid", str(processes[contender].pid), "--connections", str(connections), "--size", str(size),
                    "--depth", str(depth)]))
                title = f"{connections} connection{'s' if connections > 1 else ''}, {size} B, {depth} on the way"
                for key, what, unit, better in METRICS:
                    area.add(f"{title}: {what}", unit, better, contender, answer[key])

        area.in_rounds(measure)
    area.finish()
