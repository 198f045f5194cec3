// The server's side of TLS: which certificates it shows, whom it lets in, and how connections come about.
//
//   auto own = leat::net::tls_identity::load("server.crt", "server.key").value();
//   auto server = leat::net::tls_server::create({.identities = {own}, .protocols = {"http/1.1"}}).value();
//   while (auto tcp = listener.accept())
//     leat::go([conn = server.wrap(std::move(*tcp))]() mutable { serve(conn); });
//
// Versions 1.2 and 1.3, with forward secrecy and authenticated ciphers only (RFC 9325); no renegotiation, no
// compression, no early data. Sessions are resumed by tickets, whose keys change every 12 hours and live for
// 24 at most.
#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <leat/net/tls_conn.hpp>

namespace leat::net {

/// What a server wants to know of its clients.
enum class tls_client_auth : std::uint8_t {
  none,     ///< they are not asked for a certificate
  request,  ///< they are asked; one that is sent must lead to an authority that is trusted
  require,  ///< they must send one, which must lead to an authority that is trusted
  /// They are asked, and whatever they send is taken, if only they have its key: for a server that knows its
  /// users by the fingerprint of their certificate. Nothing is checked but that.
  request_any,
};

struct tls_server_config {
  /// The certificates; which one is shown depends on the host name that the client asks for (SNI), and on
  /// what kinds of key it knows. The first is for clients that ask for no name, or for another.
  std::vector<tls_identity> identities;
  /// Application protocols in the order in which we want them (ALPN, RFC 7301): "h2", "http/1.1", "irc". A
  /// client that names protocols and none of these is refused.
  std::vector<std::string> protocols{};
  tls_client_auth client_auth = tls_client_auth::none;
  /// PEM with the authorities that sign clients' certificates. Needed for `request` and `require`.
  std::string client_authorities{};
  tls_version least_version = tls_version::tls_1_2;
  tls_version greatest_version = tls_version::tls_1_3;
  /// How long a handshake may take; from when it is begun, not from when the connection was made.
  std::chrono::nanoseconds handshake_timeout = std::chrono::seconds(10);
  /// Give clients tickets, with which they come back for less work on both sides (RFC 8446, section 2.2).
  bool resumption = true;
};

/// A handle: cheap to copy, shared, usable from any goroutine or thread.
class tls_server {
 public:
  /// The goroutine is parked while OpenSSL reads its configuration, at the first time. Errors:
  /// tls_errc::no_identity, bad_protocol, no_roots (client_authorities is missing), no_certificate (it holds
  /// none), and what OpenSSL says of certificates that it refuses ("ee key too small").
  static result<tls_server> create(const tls_server_config& config);

  /// A connection over `below`, which it owns from then on. Nothing is sent or awaited yet. Throws
  /// std::bad_alloc.
  tls_conn wrap(std::unique_ptr<stream> below) const;

  template <std::derived_from<stream> Stream>
  tls_conn wrap(Stream below) const {
    return wrap(std::unique_ptr<stream>(std::make_unique<Stream>(std::move(below))));
  }

  /// From now on new connections are shown these certificates; those that exist go on with theirs, and
  /// tickets stay good. Errors: as create(), and then all stays as it was.
  result<void> replace(const std::vector<tls_identity>& identities) const;

  /// Reads the files again that identities were loaded from, and replaces all of them, or none. The goroutine
  /// is parked meanwhile. Errors: as tls_identity::load() and create(), and then all stays as it was.
  result<void> reload() const;

  /// Those that are shown now.
  std::vector<tls_identity> identities() const;

 private:
  struct shared;
  struct generation;

  explicit tls_server(std::shared_ptr<shared> state) noexcept : shared_(std::move(state)) {}

  std::shared_ptr<shared> shared_;
};

}  // namespace leat::net
