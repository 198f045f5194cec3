// Load of short connections for an echo server, one after the other: connect, send, get it back, close.
// Prints one line of JSON.
//
// The close is a reset: it leaves no TIME_WAIT behind, of which the ports of one address would be used up
// within two seconds.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <bench/load.hpp>

namespace {

struct options {
  std::uint16_t port = 0;
  int pid = 0;
  std::size_t warm_up = 500;
  std::size_t connections = 10'000;
};

void churn(std::uint16_t port, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const int fd = bench::connect_loopback(port, bench::blocking::yes);
    bench::echo_once(fd);
    bench::close_with_reset(fd);
  }
}

}  // namespace

int main(int argc, char** argv) {
  options wanted;
  CLI::App app("Short connections to an echo server on 127.0.0.1.");
  app.add_option("--port", wanted.port, "port of the server")->required();
  app.add_option("--pid", wanted.pid, "process of the server, to read its processor time")->required();
  app.add_option("--warm-up", wanted.warm_up, "connections before those that count")->capture_default_str();
  app.add_option("--connections", wanted.connections)
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  churn(wanted.port, wanted.warm_up);
  const auto cpu_before = bench::process_cpu_ns(wanted.pid);
  const auto begin = bench::clock::now();
  churn(wanted.port, wanted.connections);
  const std::chrono::duration<double> took = bench::clock::now() - begin;
  const auto cpu_us = double(bench::process_cpu_ns(wanted.pid) - cpu_before) / 1000;
  std::printf("{\"connections_per_s\": %.1f, \"cpu_us_per_connection\": %.4f}\n",
              double(wanted.connections) / took.count(), cpu_us / double(wanted.connections));
}
