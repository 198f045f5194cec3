"""TCP echo beside bare epoll and io_uring, Asio, libuv and Go's net package, one core for the server and one for the load."""
import json

import harness

LOADS = [(1, 64, 1), (50, 64, 1), (50, 64, 16), (1000, 64, 1), (1000, 16384, 1)]  # connections, bytes, messages on their way
SERVERS = {  # name: command, and what brings it where it is missing
    "leat": ([harness.PROGRAMS / "echo_server"], "script/bench builds it"),
    "epoll": ([harness.PROGRAMS / "epoll_echo"], "script/bench builds it"),
    "io_uring": ([harness.PROGRAMS / "uring_echo"], "Debian's package is liburing-dev"),
    "asio callbacks": ([harness.PROGRAMS / "asio_callbacks_echo"], "Debian's package is libboost1.81-dev"),
    "asio coroutines": ([harness.PROGRAMS / "asio_coroutines_echo"], "Debian's package is libboost1.81-dev"),
    "libuv": ([harness.PROGRAMS / "uv_echo"], "Debian's package is libuv1-dev"),
    "go": ([harness.PEERS / "go_echo"], "Debian's package is golang-go"),
}
# The same with a buffer of 16 KiB for each connection.
READING = {"leat reading": ([harness.PROGRAMS / "echo_server", "read"], "script/bench builds it")}
METRICS = [("requests_per_s", "requests", "1/s", "higher"), ("p99_us", "99th percentile", "us", "lower"),
           ("cpu_us_per_request", "server CPU a request", "us", "lower")]
ONE_CORE = {"LEAT_WORKERS": "1", "GOMAXPROCS": "1"}


def main(rounds):
    commands = harness.present(SERVERS | READING)
    area = harness.area("echo", commands, rounds)
    with harness.servers(commands, ONE_CORE) as running:

        def measure(contender):
            pid, port = running[contender]
            for connections, size, depth in LOADS:
                answer = json.loads(harness.ask([
                    harness.PROGRAMS / "echo_load", "--port", str(port), "--pid", str(pid),
                    "--connections", str(connections), "--size", str(size), "--depth", str(depth)]))
                title = f"{connections} connection{'s' if connections > 1 else ''}, {size} B, {depth} on the way"
                for key, what, unit, better in METRICS:
                    area.add(f"{title}: {what}", unit, better, contender, answer[key])

        area.in_rounds(measure)
    area.finish()
