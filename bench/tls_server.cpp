// A TLS server in straight blocking code, to be measured: a goroutine a connection, which does what the
// client's first nine bytes say. Prints "listening on HOST:PORT" once it is ready.
//
//   tls_server CERTIFICATE KEY       PEM files; made if they are not there
//
//   'd' and a count (8 bytes, most significant first): sends so many bytes, and ends
//   'u' and a count: takes so many bytes, answers with one, and ends
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <utility>

#include <leat/leat.hpp>
#include <leat/net/tcp.hpp>
#include <leat/net/tls.hpp>

namespace {

using leat::net::tls_conn;

constexpr std::size_t buffer_bytes = 65536;

struct request {
  char what = 0;
  std::uint64_t count = 0;
};

leat::result<request> read_request(tls_conn& conn) {
  std::array<std::byte, 9> bytes;
  for (std::size_t got = 0; got < bytes.size();) {
    const auto count = conn.read(std::span(bytes).subspan(got));
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return leat::fail(leat::errc::unexpected_end);
    got += *count;
  }
  request wanted{.what = static_cast<char>(bytes[0])};
  for (const std::byte one : std::span(bytes).subspan(1))
    wanted.count = wanted.count << 8 | std::to_integer<std::uint64_t>(one);
  return wanted;
}

void serve(tls_conn conn) {
  const auto wanted = read_request(conn);
  if (!wanted) return;
  std::uint64_t left = wanted->count;
  if (wanted->what == 'd' && left == 1) {
    static_cast<void>(conn.write("."));
    return;
  }
  const auto buffer = std::make_unique<std::byte[]>(buffer_bytes);
  const std::span all(buffer.get(), buffer_bytes);
  while (wanted->what == 'd' && left > 0) {
    const std::size_t part = std::min<std::uint64_t>(left, all.size());
    if (!conn.write(all.first(part))) return;
    left -= part;
  }
  while (wanted->what == 'u' && left > 0) {
    const auto count = conn.read(all);
    if (!count || *count == 0) return;
    left -= std::min<std::uint64_t>(left, *count);
  }
  if (wanted->what == 'u') static_cast<void>(conn.write("."));
}

int fail(const char* what, const std::error_code& error) {
  std::fprintf(stderr, "%s: %s\n", what, error.message().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: tls_server CERTIFICATE KEY\n");
    return 2;
  }
  return leat::run([=] {
    const auto identity = leat::net::tls_identity::load_or_create(argv[1], argv[2]);
    if (!identity) return fail(argv[1], identity.error());
    const auto server = leat::net::tls_server::create({.identities = {*identity}});
    if (!server) return fail(argv[1], server.error());
    auto listener = leat::net::listen_tcp("127.0.0.1:0");
    if (!listener) return fail("127.0.0.1", listener.error());
    std::printf("listening on %s\n", listener->local_address().to_string().c_str());
    std::fflush(stdout);
    while (auto tcp = listener->accept())
      leat::go([conn = server->wrap(std::move(*tcp))]() mutable { serve(std::move(conn)); });
    return 1;
  });
}
