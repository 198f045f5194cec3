// Endpoints as the system's calls want them, for those who make such calls themselves.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <optional>

#include <leat/net/address.hpp>

namespace leat::net {

/// Room for any socket address, and how much of it is used.
struct socket_address {
  sockaddr_storage storage;  // not cleared: the kernel fills it, up to `size`
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// The socket address of `where`, in AF_INET or AF_INET6 as its address says.
socket_address to_socket_address(const endpoint& where) noexcept;

/// The endpoint that a socket address of `size` bytes names. Errors: as below.
result<endpoint> to_endpoint(const sockaddr* from, socklen_t size) noexcept;

/// The endpoint that a socket address names. Errors: EAFNOSUPPORT for families other than AF_INET and
/// AF_INET6, EINVAL when `from.size` is too small for its family.
result<endpoint> to_endpoint(const socket_address& from) noexcept;

/// The address in what C interfaces call a sockaddr, of `size` bytes; nothing for families that are not IP.
std::optional<ip_address> read_address(const sockaddr* raw, std::size_t size) noexcept;

}  // namespace leat::net
