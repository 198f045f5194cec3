// What the contexts of servers and clients have in common. Not for users.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <leat/net/tls_details.hpp>
#include <leat/net/tls_identity_parts.hpp>

namespace leat::net {

enum class tls_side : bool { client, server };

/// A context with what never differs: which versions, which ciphers, and what is switched off.
result<ssl_context_handle> make_tls_context(tls_side side, tls_version least, tls_version greatest);

/// Shows this certificate, besides those with other kinds of keys that were given before.
result<void> use_identity(SSL_CTX* context, const tls_identity::parts& identity);

/// The names as ALPN sends them (RFC 7301, section 3.1). Errors: tls_errc::bad_protocol.
result<std::vector<unsigned char>> protocols_on_the_wire(std::span<const std::string> names);

/// Certificates to trust: those of a PEM text, and the system's roots if wanted. Reads files on the calling
/// thread the first time. Errors: tls_errc::no_roots, tls_errc::no_certificate.
result<store_handle> make_store(std::string_view authorities_pem, bool system_roots);

/// Lets the context trust those in the store, be they roots or not.
result<void> trust(SSL_CTX* context, X509_STORE* store) noexcept;

}  // namespace leat::net
