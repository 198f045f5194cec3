// The client's side of TLS: whom it trusts, who it says it is, and how connections come about.
//
//   auto client = leat::net::tls_client::create().value();
//   auto conn = client.wrap(leat::net::dial_tcp("example.org:https").value(), "example.org").value();
//   if (auto shaken = conn.handshake(); !shaken) std::cerr << shaken.error().message();
//
// Versions and ciphers are as for tls_server. The server must show a certificate for the name that was asked
// for, which leads to a root that is trusted; or the very certificate that is pinned.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <leat/net/tls_conn.hpp>

namespace leat::net {

struct tls_client_config {
  /// Trust the roots that the system trusts: those of SSL_CERT_FILE and SSL_CERT_DIR if they are set, else
  /// where distributions keep them. They are read once for all clients of the process.
  bool system_roots = true;
  /// PEM with certificates to trust besides: an authority of one's own, or a server's self-signed one.
  std::string authorities{};
  /// If there are any, the server's certificate must be one of these, and that is enough: neither issuer, nor
  /// name, nor dates are looked at. For servers whose fingerprint came another way.
  std::vector<tls_fingerprint> pinned{};
  /// Talk to whoever answers. Then anybody between us and the server can read and change everything, and
  /// nobody will notice: for looking at a server that is broken.
  bool accept_any_certificate_and_be_open_to_interception = false;
  /// Who we are, for servers that ask.
  std::optional<tls_identity> identity{};
  /// Application protocols that we speak, the preferred one first (ALPN, RFC 7301).
  std::vector<std::string> protocols{};
  tls_version least_version = tls_version::tls_1_2;
  tls_version greatest_version = tls_version::tls_1_3;
  /// How long a handshake may take; from when it is begun, not from when the connection was made.
  std::chrono::nanoseconds handshake_timeout = std::chrono::seconds(10);
  /// How many sessions are kept to be resumed, for all hosts; the oldest goes first. 0: none.
  std::size_t kept_sessions = 256;
};

/// A handle: cheap to copy, shared, usable from any goroutine or thread. Connections made by one client share
/// its sessions.
class tls_client {
 public:
  /// The goroutine is parked while the system's roots are read, at the first time. Errors: tls_errc::no_roots
  /// (nothing to trust, and nothing pinned), no_certificate (`authorities` holds none), bad_protocol, and
  /// what OpenSSL says of certificates that it refuses.
  static result<tls_client> create(const tls_client_config& config = {});

  /// A connection over `below`, which it owns from then on, to a server that must prove to be `host`: a host
  /// name in ASCII, as in "example.org", or an IP address, as in "192.0.2.1", "2001:db8::1". Nothing is sent
  /// or awaited yet. Errors: tls_errc::bad_name; `below` is closed then. Throws std::bad_alloc.
  result<tls_conn> wrap(std::unique_ptr<stream> below, std::string_view host) const;

  template <std::derived_from<stream> Stream>
  result<tls_conn> wrap(Stream below, std::string_view host) const {
    return wrap(std::unique_ptr<stream>(std::make_unique<Stream>(std::move(below))), host);
  }

 private:
  struct shared;
  struct connection;

  explicit tls_client(std::shared_ptr<shared> state) noexcept : shared_(std::move(state)) {}

  std::shared_ptr<shared> shared_;
};

}  // namespace leat::net
