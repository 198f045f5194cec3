"""Short TCP connections (connect, one echo, close) to the servers of the area echo."""
import json

import harness
from echo import ONE_CORE, SERVERS

METRICS = [("connections_per_s", "connections", "1/s", "higher"),
           ("cpu_us_per_connection", "server CPU a connection", "us", "lower")]


def main(rounds):
    commands = harness.present(SERVERS)
    area = harness.area("churn", commands, rounds)
    with harness.servers(commands, ONE_CORE) as running:

        def measure(contender):
            pid, port = running[contender]
            answer = json.loads(harness.ask([harness.PROGRAMS / "churn_load", "--port", str(port), "--pid", str(pid)]))
            for key, what, unit, better in METRICS:
                area.add(f"connect, echo 64 B, close: {what}", unit, better, contender, answer[key])

        area.in_rounds(measure)
    area.finish()
