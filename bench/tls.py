"""TLS beside OpenSSL in a bare blocking loop and Go's crypto/tls: handshakes and bulk data for a second of the server's
processor time. The key is ECDSA over P-256, the cipher AES-128-GCM, the exchange X25519, and the client the same for all."""
import json
import tempfile

import harness
from echo import ONE_CORE

SERVERS = {"leat": ([harness.PROGRAMS / "tls_server"], "script/bench builds it"),
           "bare OpenSSL": ([harness.PROGRAMS / "tls"], "script/bench builds it"),
           "go": ([harness.PEERS / "go_tls"], "Debian's package is golang-go")}
HANDSHAKES = 2000
MEGABYTES = 2000
CASES = [  # title, unit, arguments of the load
    ("full handshakes, TLS 1.3", "handshakes", ["--way", "full", "--version", "1.3", "--count", HANDSHAKES]),
    ("resumed handshakes, TLS 1.3", "handshakes", ["--way", "resumed", "--version", "1.3", "--count", HANDSHAKES]),
    ("full handshakes, TLS 1.2", "handshakes", ["--way", "full", "--version", "1.2", "--count", HANDSHAKES]),
    ("resumed handshakes, TLS 1.2", "handshakes", ["--way", "resumed", "--version", "1.2", "--count", HANDSHAKES]),
    ("download", "MB", ["--way", "download", "--megabytes", MEGABYTES]),
    ("upload", "MB", ["--way", "upload", "--megabytes", MEGABYTES]),
]


def main(rounds):
    harness.use_network_of_its_own(["cubic", "reno"])
    present = harness.present(SERVERS)
    area = harness.area("tls", present, rounds)
    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/certificate.pem", f"{folder}/key.pem"]
        commands = {name: [*command, *files] for name, command in present.items()}
        # leat's comes first, and makes the certificate that all show.
        own = {name: commands.pop(name) for name in ["leat"] if name in commands}
        with harness.servers(own, ONE_CORE) as first, harness.servers(commands, ONE_CORE) as others:
            running = {**first, **others}

            def measure(contender):
                pid, port = running[contender]
                for title, unit, arguments in CASES:
                    answer = json.loads(harness.ask([harness.PROGRAMS / "tls_load", "--port", str(port), "--pid", str(pid),
                                                     *map(str, arguments)]))
                    area.add(f"{title}: {unit} for a second of server CPU", "1/s", "higher", contender, answer["per_cpu_s"])
                    area.add(f"{title}: {unit}", "1/s", "higher", contender, answer["per_s"])

            area.in_rounds(measure)
    area.finish()
