// What a TLS handshake has agreed on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <leat/net/tls_certificate.hpp>

namespace leat::net {

/// The versions that are spoken; older ones are refused (RFC 8996).
enum class tls_version : std::uint16_t {
  tls_1_2 = 0x0303,
  tls_1_3 = 0x0304,
};

struct tls_details {
  tls_version version = tls_version::tls_1_3;
  std::string cipher;       ///< the standard's name: "TLS_AES_128_GCM_SHA256"
  std::string protocol;     ///< the application protocol (ALPN, RFC 7301); empty if none was agreed on
  std::string server_name;  ///< the host name that the client asked for (SNI, RFC 6066); empty if none
  bool resumed = false;     ///< the handshake went on from an earlier session, and showed no certificates
  /// Who the peer is. A server's is always known; a client's if it was asked for and sent. After a resumed
  /// handshake it is the one that was shown first.
  std::optional<tls_certificate> peer;
};

}  // namespace leat::net
