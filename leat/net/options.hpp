// Socket options, all in one place: what the system can be told of one socket, and asked.
//
//   auto conn = leat::net::dial_tcp("example.org:http").value();
//   conn.options().set_user_timeout(20s).value();
//   conn.options().set_congestion_control("bbr").value();
//
//   // Before bind and connect, for those that must be set by then:
//   leat::net::dial_tcp("example.org:http", {.control = [](socket_options options, const endpoint&) {
//     return options.set_mark(7);
//   }});
//
// Every function fails with errc::closed once the socket is closed, with ENOPROTOOPT or EOPNOTSUPP where the
// system or the kind of the socket knows no such option, and with EINVAL for values out of range; what else
// can go wrong is said with each. None of them blocks. A value is what the system made of it when it is read
// back: sizes are doubled, times rounded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <leat/error.hpp>
#include <leat/net/address.hpp>

namespace leat::runtime {
class descriptor;
}

namespace leat::net {

/// How the system finds out that a silent peer is gone: after `idle` without traffic it asks every
/// `interval`, and gives up after `count` questions without an answer; reads then fail with ETIMEDOUT.
/// Seconds, 1 to 32767; count 1 to 127.
struct keep_alive {
  std::chrono::seconds idle{15};
  std::chrono::seconds interval{15};
  int count = 9;

  friend bool operator==(const keep_alive&, const keep_alive&) = default;
};

/// What close() does with bytes that were written and are not yet acknowledged.
enum class linger : std::uint8_t {
  deliver,  ///< the system goes on sending them, in the background (the default)
  reset,    ///< drops them and resets the connection: the peer's reads fail with ECONNRESET. Leaves no
            ///< TIME_WAIT
};

/// The options of a socket that somebody else owns, and that must exist as long as this is used.
class socket_options {
 public:
  /// Of an open descriptor, or of none: then everything is errc::closed. Sockets make these by options().
  explicit socket_options(runtime::descriptor* entry) noexcept : entry_(entry) {}
  explicit socket_options(int fd) noexcept : fd_(fd) {}

  // Of every socket (socket(7)).

  /// Room for what has come and is not yet read, and for what is written and not yet sent, in bytes. The
  /// system doubles the number, caps it at net.core.rmem_max and wmem_max, and no longer tunes it by itself.
  result<void> set_read_buffer(std::size_t bytes) noexcept;
  result<std::size_t> read_buffer() const noexcept;
  result<void> set_write_buffer(std::size_t bytes) noexcept;
  result<std::size_t> write_buffer() const noexcept;

  /// Bind also where connections of an earlier socket are in TIME_WAIT; share a port with sockets that want
  /// it, too. To be set before bind: listen_options and udp_options do.
  result<void> set_reuse_address(bool on) noexcept;
  result<bool> reuse_address() const noexcept;
  result<void> set_reuse_port(bool on) noexcept;
  result<bool> reuse_port() const noexcept;

  /// The mark that routing and filter rules see on its packets (SO_MARK). Errors: EPERM without
  /// CAP_NET_ADMIN (or CAP_NET_RAW).
  result<void> set_mark(std::uint32_t mark) noexcept;
  result<std::uint32_t> mark() const noexcept;

  /// The interface that it is confined to; "" for all (SO_BINDTODEVICE). Errors: ENODEV when there is none of
  /// that name; EPERM without CAP_NET_RAW, to change it.
  result<void> set_device(std::string_view interface) noexcept;
  result<std::string> device() const;

  // Of IP (ip(7), ipv6(7)), in the family of the socket; a dual-stack socket sets both.

  /// How many routers a packet may pass: the time to live of IPv4, the hop limit of IPv6; 1 to 255.
  result<void> set_hop_limit(int hops) noexcept;
  result<int> hop_limit() const noexcept;

  /// The byte that carries the differentiated services code point in its upper six bits (RFC 2474), 0 to 255:
  /// IPv4's type of service, IPv6's traffic class. The system keeps the lower two of TCP for itself (RFC
  /// 3168).
  result<void> set_traffic_class(int byte) noexcept;
  result<int> traffic_class() const noexcept;

  // Of TCP (tcp(7)). Set on a listener, they pass to the connections that it accepts.

  /// Sends small writes at once instead of gathering them. On unless turned off.
  result<void> set_no_delay(bool on) noexcept;
  result<bool> no_delay() const noexcept;

  /// On from the start with the defaults of `keep_alive`. Reading gives nothing when it is off.
  result<void> set_keep_alive(const keep_alive& how) noexcept;
  result<void> disable_keep_alive() noexcept;
  result<std::optional<keep_alive>> keep_alive_times() const noexcept;

  result<void> set_linger(linger mode) noexcept;
  result<linger> linger_mode() const noexcept;

  /// How long written bytes may stay unacknowledged before the connection fails with ETIMEDOUT (RFC 5482,
  /// section 4, without telling the peer); 0: as long as the system goes on trying, some 15 minutes.
  /// Milliseconds, up to 2^31 - 1.
  result<void> set_user_timeout(std::chrono::milliseconds longest) noexcept;
  result<std::chrono::milliseconds> user_timeout() const noexcept;

  /// The algorithm that decides how much is sent at once: "cubic", "reno", "bbr". Errors: ENOENT when the
  /// kernel has none of that name (net.ipv4.tcp_available_congestion_control), EPERM for one that needs
  /// CAP_NET_ADMIN (tcp_allowed_congestion_control lists those that do not).
  result<void> set_congestion_control(std::string_view algorithm) noexcept;
  result<std::string> congestion_control() const;

  /// Of a listener: takes data with the first segment of a peer that has been here before (RFC 7413), at most
  /// `waiting` such connections at a time; 0: no more. A segment may come twice: only for what may be done
  /// twice. The system must allow it: bit 2 of net.ipv4.tcp_fastopen.
  result<void> set_fast_open(int waiting) noexcept;
  result<int> fast_open() const noexcept;

  /// For options that are not here: calls `use(fd)` while the number is sure to stay the socket's. `use` must
  /// neither block, nor close it, nor change its flags.
  result<void> with_fd(const std::function<result<void>(int fd)>& use) const;

 private:
  template <typename Use>
  auto on_fd(Use&& use) const -> decltype(use(0));

  result<void> set(int level, int name, int value) const noexcept;
  result<int> get(int level, int name) const noexcept;
  result<void> set_text(int level, int name, std::string_view text, std::size_t limit_bytes) const noexcept;
  result<std::string> get_text(int level, int name) const;

  runtime::descriptor* entry_ = nullptr;
  int fd_ = -1;  // if there is no entry
};

/// Called with a new socket before it is bound and connected, or listens, and with the address that is to be
/// dialled or listened on. An error of it ends the dialling of that address, or the listening.
using socket_control = std::function<result<void>(socket_options options, const endpoint& where)>;

}  // namespace leat::net
