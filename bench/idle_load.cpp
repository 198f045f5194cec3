// Idle connections to an echo server: each says one message, gets it back, and then nothing more. Prints as
// one line of JSON what the server's memory has grown by for each.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#include <CLI/CLI.hpp>
#include <bench/load.hpp>

int main(int argc, char** argv) {
  std::uint16_t port = 0;
  int pid = 0;
  std::size_t connections = 10'000;
  CLI::App app("Idle connections to an echo server on 127.0.0.1.");
  app.add_option("--port", port, "port of the server")->required();
  app.add_option("--pid", pid, "process of the server, to read its memory")->required();
  app.add_option("--connections", connections)->check(CLI::Range(1, 18'000))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  bench::raise_descriptor_limit();

  const auto before = bench::process_resident_bytes(pid);
  std::vector<int> open;
  open.reserve(connections);
  for (std::size_t i = 0; i < connections; ++i) {
    open.push_back(bench::connect_loopback(port, bench::blocking::yes));
    bench::echo_once(open.back());
  }
  const auto grown = bench::process_resident_bytes(pid) - before;
  std::printf("{\"bytes_per_connection\": %.1f}\n", double(grown) / double(connections));
  for (const int fd : open)
    bench::close_with_reset(fd);
}
