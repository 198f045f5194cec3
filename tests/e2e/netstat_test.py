"""Who is connected, as `leat netstat` tells it."""
import json
import socket

import harness
from harness import PROGRAM


class netstat(harness.case):
    def rows(self, port):
        """(state, local, remote, process) of each connection at a port."""
        done = self.run_tool(PROGRAM, "netstat", "--port", port)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        head, *lines = (line.split() for line in done.stdout.splitlines())
        self.assertEqual(head, ["STATE", "LOCAL", "REMOTE", "UNREAD", "UNSENT", "PROCESS"])
        return [(state, local, remote, process) for state, local, remote, _, _, process in lines]

    def test_a_listener_and_its_connections_are_told_with_their_process(self):
        server = self.serve()
        listening = [("LISTEN", f"127.0.0.1:{server.port}", "*", f"{server.pid}/leat")]
        self.assertEqual(self.rows(server.port), listening)
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            near = f"127.0.0.1:{client.getsockname()[1]}"
            rows = {(state, local, remote) for state, local, remote, _ in self.rows(server.port)}
            self.assertIn(("ESTABLISHED", near, f"127.0.0.1:{server.port}"), rows)
            told = json.loads(self.run_tool(PROGRAM, "netstat", "--port", server.port, "--json").stdout)
            self.assertIn(near, {one["local"] for one in told})

    def test_nonsense_is_wrong_usage(self):
        for port in ("0", "65536", "http"):
            self.assertEqual(self.run_tool(PROGRAM, "netstat", "--port", port).returncode, 2)


if __name__ == "__main__":
    harness.main()
