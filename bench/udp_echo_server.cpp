// A UDP echo server, one datagram at a time or by the batch. Prints "listening on HOST:PORT" once it is
// ready.
//
// usage: udp_echo_server single | batch | offload     (offload: a batch, with coalesced reads)
#include <array>
#include <cstdio>
#include <string_view>

#include <leat/leat.hpp>
#include <leat/net/udp.hpp>

namespace {

constexpr std::size_t datagrams = 64;
constexpr std::size_t datagram_bytes = 2048;

void echo_one_by_one(leat::net::udp_socket& socket) {
  std::array<std::byte, datagram_bytes> buffer;
  while (auto got = socket.read_from(buffer)) {
    if (!socket.write_to(std::span(buffer).first(got->size), got->from)) break;
  }
}

void echo_batches(leat::net::udp_socket& socket) {
  leat::net::udp_batch batch(datagrams, datagram_bytes);
  while (socket.read_batch(batch)) {
    if (!socket.write_batch(batch)) break;
  }
}

int serve(std::string_view mode) {
  // "batch" makes the calls that recvmmsg(2) and sendmmsg(2) would, and no others.
  const bool offload = mode == "offload";
  auto socket =
      leat::net::listen_udp("127.0.0.1:0", {.coalesced_reads = offload, .segmented_writes = offload});
  if (!socket) {
    std::fprintf(stderr, "cannot listen on 127.0.0.1: %s\n", socket.error().message().c_str());
    return 1;
  }
  std::printf("listening on %s\n", socket->local_address().to_string().c_str());
  std::fflush(stdout);
  if (mode == "single") {
    echo_one_by_one(*socket);
  } else {
    echo_batches(*socket);
  }
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 2 ? argv[1] : "";
  if (mode != "single" && mode != "batch" && mode != "offload") {
    std::fputs("usage: udp_echo_server single | batch | offload\n", stderr);
    return 2;
  }
  return leat::run([mode] { return serve(mode); });
}
